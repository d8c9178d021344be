//! System calls that no app needs and that lead to the kernel's less trodden paths: shut for the sides.
//!
//! A filter for seccomp(2), made by hand, because a few comparisons are all there is. It is made before the
//! fork, and installed between fork and exec. What apps use for sandboxes of their own stays: user namespaces
//! by `clone` and `unshare`, `chroot`, `seccomp` itself. `clone3` hides its flags from a filter, so it is said not
//! to exist, and every libc goes back to `clone`.

use std::io;

use libc::{BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JUMP, BPF_K, BPF_LD, BPF_RET, BPF_STMT, BPF_W};
use libc::{c_long, sock_filter};

/// What an app may do with mounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mounts {
    /// Nothing, and no Landlock either.
    Shut,
    /// What its own sandbox needs (Flatpak's, bubblewrap's).
    Nested,
}

/// Refused with EPERM: keys of the person's, tracing of the kernel, loading into it, its clock and its logs.
const DENIED: [c_long; 27] = [
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_vhangup,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_lookup_dcookie,
    libc::SYS_move_pages,
    libc::SYS_migrate_pages,
];

/// Said not to exist: programs have another way for these.
const ABSENT: [c_long; 4] = [
    libc::SYS_clone3,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

/// Refused unless an app makes a sandbox with mounts in it.
const MOUNTS: [c_long; 10] = [
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
];

/// Said not to exist unless an app makes a sandbox of its own.
const LANDLOCK: [c_long; 3] = [
    libc::SYS_landlock_create_ruleset,
    libc::SYS_landlock_add_rule,
    libc::SYS_landlock_restrict_self,
];

/// Types into a terminal (ioctl_tty(2)), and pastes into the console.
const TERMINAL: [u32; 2] = [libc::TIOCSTI as u32, 0x541C];

/// Families of sockets that a side has: its own network, and sockets of its own folders. Others know no network
/// namespaces (vsock(7) leads from any of them to the machine that runs this one), and no packet of theirs
/// would be seen.
const FAMILIES: [i32; 5] = [
    libc::AF_UNIX,
    libc::AF_INET,
    libc::AF_INET6,
    libc::AF_NETLINK,
    libc::AF_PACKET,
];

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;

/// From here on numbers are of x32, whose calls are the same by other numbers.
const X32: u32 = 0x4000_0000;

/// Offsets in `seccomp_data`.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
/// Low halves of the first and the second argument.
const FIRST: u32 = 16;
const SECOND: u32 = 24;

/// A filter that is ready to be installed.
#[derive(Debug, Clone)]
pub struct Filter(Vec<sock_filter>);

impl Filter {
    /// The filter for a side.
    pub fn new(mounts: Mounts) -> Filter {
        let eperm = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;
        let enosys = libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32;
        let load = |at| statement(BPF_LD | BPF_W | BPF_ABS, at);
        let answer = |with| statement(BPF_RET | BPF_K, with);
        let mut program = vec![load(ARCH)];
        // Programs of another architecture would name the same calls by other numbers: none runs here.
        program.extend([jump(BPF_JEQ, ARCHITECTURE, 1, 0), answer(enosys)]);
        program.push(load(NUMBER));
        program.extend([jump(BPF_JGE, X32, 0, 1), answer(enosys)]);
        let mut refuse = |calls: &[c_long], with: u32| {
            for call in calls {
                program.extend([jump(BPF_JEQ, *call as u32, 0, 1), answer(with)]);
            }
        };
        refuse(&DENIED, eperm);
        refuse(&ABSENT, enosys);
        if mounts == Mounts::Shut {
            refuse(&MOUNTS, eperm);
            refuse(&LANDLOCK, enosys);
        }
        let allow = || answer(libc::SECCOMP_RET_ALLOW);
        let mut terminal = vec![load(SECOND)];
        for request in TERMINAL {
            terminal.extend([jump(BPF_JEQ, request, 0, 1), answer(eperm)]);
        }
        terminal.push(allow());
        let mut family = vec![load(FIRST)];
        for known in FAMILIES {
            family.extend([jump(BPF_JEQ, known as u32, 0, 1), allow()]);
        }
        let unknown = libc::SECCOMP_RET_ERRNO | libc::EAFNOSUPPORT as u32;
        family.push(answer(unknown));
        for (call, asked) in [(libc::SYS_ioctl, terminal), (libc::SYS_socket, family)] {
            program.push(jump(BPF_JEQ, call as u32, 0, asked.len() as u8));
            program.extend(asked);
        }
        program.push(allow());
        Filter(program)
    }

    /// Binds the calling process and all that it starts. `no_new_privs` has to be set.
    ///
    /// Only async-signal-safe work: it is called between fork and exec.
    pub(crate) fn install(&self) -> io::Result<()> {
        let program = libc::sock_fprog {
            len: self.0.len() as u16,
            filter: self.0.as_ptr().cast_mut(),
        };
        // SAFETY: the program has the stated length, outlives the call and is only read.
        let done = unsafe {
            libc::prctl(
                libc::PR_SET_SECCOMP,
                libc::SECCOMP_MODE_FILTER,
                &program,
                0,
                0,
            )
        };
        match done {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

fn statement(code: u32, k: u32) -> sock_filter {
    // SAFETY: only fills in a structure.
    unsafe { BPF_STMT(code as u16, k) }
}

fn jump(test: u32, k: u32, yes: u8, no: u8) -> sock_filter {
    // SAFETY: only fills in a structure.
    unsafe { BPF_JUMP((BPF_JMP | test | BPF_K) as u16, k, yes, no) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the filter answers to a call with this argument, as the first and as the second.
    fn asked(filter: &Filter, number: c_long, argument: u32) -> u32 {
        let mut data = [0u8; 64];
        data[..4].copy_from_slice(&(number as u32).to_le_bytes());
        data[4..8].copy_from_slice(&ARCHITECTURE.to_le_bytes());
        data[16..20].copy_from_slice(&argument.to_le_bytes());
        data[24..28].copy_from_slice(&argument.to_le_bytes());
        run(filter, &data)
    }

    fn run(filter: &Filter, data: &[u8; 64]) -> u32 {
        let (mut at, mut a) = (0, 0u32);
        loop {
            let line = &filter.0[at];
            let code = u32::from(line.code);
            at += 1;
            if code == BPF_LD | BPF_W | BPF_ABS {
                let k = line.k as usize;
                a = u32::from_le_bytes(data[k..k + 4].try_into().unwrap());
            } else if code == BPF_RET | BPF_K {
                return line.k;
            } else {
                let yes = match code & 0xF0 {
                    BPF_JEQ => a == line.k,
                    BPF_JGE => a >= line.k,
                    other => panic!("{other}"),
                };
                at += usize::from(if yes { line.jt } else { line.jf });
            }
        }
    }

    #[test]
    fn every_call_has_the_answer_that_it_should_have() {
        let (shut, nested) = (Filter::new(Mounts::Shut), Filter::new(Mounts::Nested));
        let errno = |e: i32| libc::SECCOMP_RET_ERRNO | e as u32;
        for filter in [&shut, &nested] {
            for call in DENIED {
                assert_eq!(asked(filter, call, 0), errno(libc::EPERM), "{call}");
            }
            for call in ABSENT {
                assert_eq!(asked(filter, call, 0), errno(libc::ENOSYS), "{call}");
            }
            for call in [
                libc::SYS_clone,
                libc::SYS_unshare,
                libc::SYS_chroot,
                libc::SYS_read,
            ] {
                assert_eq!(asked(filter, call, 0), libc::SECCOMP_RET_ALLOW, "{call}");
            }
            let ioctl = |what| asked(filter, libc::SYS_ioctl, what);
            assert_eq!(ioctl(libc::TIOCSTI as u32), errno(libc::EPERM));
            assert_eq!(ioctl(0x541C), errno(libc::EPERM));
            assert_eq!(ioctl(libc::TIOCGWINSZ as u32), libc::SECCOMP_RET_ALLOW);
            let socket = |family: i32| asked(filter, libc::SYS_socket, family as u32);
            for family in FAMILIES {
                assert_eq!(socket(family), libc::SECCOMP_RET_ALLOW, "{family}");
            }
            for family in [libc::AF_VSOCK, libc::AF_BLUETOOTH, libc::AF_ALG] {
                assert_eq!(socket(family), errno(libc::EAFNOSUPPORT), "{family}");
            }
            assert_eq!(asked(filter, X32 as c_long, 0), errno(libc::ENOSYS));
            assert_eq!(
                run(filter, &[0; 64]),
                errno(libc::ENOSYS),
                "another architecture"
            );
        }
        assert_eq!(asked(&shut, libc::SYS_mount, 0), errno(libc::EPERM));
        assert_eq!(asked(&nested, libc::SYS_mount, 0), libc::SECCOMP_RET_ALLOW);
    }
}
