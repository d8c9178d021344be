//! Ways through the kernel: calls, settings, devices, other processes.

use std::ffi::CString;
use std::fs::{self, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Attempt, learned};

pub const ATTEMPTS: &[Attempt] = &[
    ("the session's keys", session_keyring),
    ("BPF programs", || {
        call("a map", libc::SYS_bpf, [0, ARRAY.as_ptr() as i64, 48, 0, 0])
    }),
    ("performance counters", performance),
    ("page faults of its own", || {
        call("them", libc::SYS_userfaultfd, [1 | 0o4000, 0, 0, 0, 0])
    }),
    ("calls by a ring", ring),
    ("who opens which file", || {
        call("a watch", libc::SYS_fanotify_init, [0x200, 0, 0, 0, 0])
    }),
    ("files by number", file_by_handle),
    ("a kernel module", || {
        allowed(libc::SYS_finit_module, [-1, c"".as_ptr() as i64, 0, 0, 0])
    }),
    ("another kernel", || {
        allowed(libc::SYS_kexec_load, [0, 0, 0, 1 << 20, 0])
    }),
    ("the kernel's log", kernel_log),
    ("settings of the kernel", || {
        writable("/proc/sys/kernel/core_pattern")
    }),
    ("requests to the kernel", || writable("/proc/sysrq-trigger")),
    ("settings of devices", settings_of_devices),
    ("groups of processes", cgroups),
    ("traces of the kernel", || {
        listed(&[
            "/sys/kernel/tracing/events",
            "/sys/kernel/debug/tracing/events",
        ])
    }),
    ("a device of its own", device),
    ("rights of a program that lends them", lent_rights),
    ("processes of the stage", foreign_processes),
    ("memory of other processes", foreign_memory),
    ("memory of other processes, by a call", memory_by_call),
    ("a trace of other processes", trace),
    ("descriptors of other processes", foreign_descriptors),
    ("files through other processes", foreign_roots),
    ("variables of other processes", foreign_variables),
    ("shared memory of others", shared_memory),
];

/// `union bpf_attr` for an array with one entry, bpf(2): type, key, value, entries.
static ARRAY: [u32; 12] = [2, 4, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0];

/// A call with five arguments, and 0 for the sixth; what it returned.
fn raw(number: libc::c_long, args: [i64; 5]) -> io::Result<i64> {
    let [a, b, c, d, e] = args;
    // SAFETY: pointers among the arguments lead to memory that lives longer than the call.
    match unsafe { libc::syscall(number, a, b, c, d, e, 0_i64) } {
        -1 => Err(io::Error::last_os_error()),
        n => Ok(n),
    }
}

/// A call that gives a descriptor.
fn call(what: &str, number: libc::c_long, args: [i64; 5]) -> Result<String, String> {
    let fd = raw(number, args).map_err(|e| e.to_string())?;
    // SAFETY: a descriptor that was just opened.
    unsafe { libc::close(fd as i32) };
    Ok(what.to_owned())
}

/// A call with arguments that make no sense: whoever may not make it is told so first.
fn allowed(number: libc::c_long, args: [i64; 5]) -> Result<String, String> {
    match raw(number, args) {
        Err(e) if [Some(libc::EPERM), Some(libc::ENOSYS)].contains(&e.raw_os_error()) => {
            Err(e.to_string())
        }
        _ => Ok("it is let do so".to_owned()),
    }
}

fn session_keyring() -> Result<String, String> {
    // KEYCTL_GET_KEYRING_ID of KEY_SPEC_SESSION_KEYRING.
    let id = raw(libc::SYS_keyctl, [0, -3, 0, 0, 0]).map_err(|e| e.to_string())?;
    Ok(format!("keyring {id}"))
}

fn performance() -> Result<String, String> {
    // `struct perf_event_attr`: a software counter (type 1) of the processor's time, of itself.
    let mut attr = [0_u32; 32];
    (attr[0], attr[1]) = (1, 128);
    call(
        "a counter",
        libc::SYS_perf_event_open,
        [attr.as_ptr() as i64, 0, -1, -1, 0],
    )
}

fn ring() -> Result<String, String> {
    let mut params = [0_u32; 64];
    call(
        "a ring",
        libc::SYS_io_uring_setup,
        [8, params.as_mut_ptr() as i64, 0, 0, 0],
    )
}

/// Opens the root folder by its number on the disk, which no view hides.
fn file_by_handle() -> Result<String, String> {
    // `struct file_handle`: room, kind, bytes.
    let mut handle = [0_u32; 34];
    handle[0] = 128;
    let mut mount = 0_i32;
    let (at, mount) = (handle.as_mut_ptr() as i64, &raw mut mount);
    let root = c"/usr".as_ptr() as i64;
    raw(
        libc::SYS_name_to_handle_at,
        [libc::AT_FDCWD.into(), root, at, mount as i64, 0],
    )
    .map_err(|e| e.to_string())?;
    let folder = fs::File::open("/usr").map_err(|e| e.to_string())?;
    let fd = std::os::fd::AsRawFd::as_raw_fd(&folder);
    call(
        "the folder's own descriptor",
        libc::SYS_open_by_handle_at,
        [fd.into(), at, 0, 0, 0],
    )
}

fn kernel_log() -> Result<String, String> {
    if let Ok(text) = fs::File::open("/dev/kmsg") {
        return Ok(format!("{text:?}"));
    }
    let mut bytes = [0_u8; 256];
    // SYSLOG_ACTION_READ_ALL, syslog(2).
    let n = raw(libc::SYS_syslog, [3, bytes.as_mut_ptr() as i64, 256, 0, 0])
        .map_err(|e| e.to_string())?;
    Ok(format!("{n} bytes"))
}

/// Opening says whether writing is let; nothing is written.
fn writable(file: &str) -> Result<String, String> {
    let open = OpenOptions::new().write(true).open(file);
    open.map(|_| file.to_owned()).map_err(|e| e.to_string())
}

fn settings_of_devices() -> Result<String, String> {
    let files = [
        "/sys/kernel/uevent_helper",
        "/sys/module/kernel/parameters/panic",
        "/sys/power/state",
    ];
    files
        .iter()
        .map(|file| writable(file))
        .find(Result::is_ok)
        .unwrap_or(Err("none can be written".to_owned()))
}

fn cgroups() -> Result<String, String> {
    let mut found = Vec::new();
    super::walk(Path::new("/sys/fs/cgroup"), 4, &mut |path| {
        if path.ends_with("cgroup.procs") && OpenOptions::new().write(true).open(path).is_ok() {
            found.push(path.display().to_string());
        }
    });
    learned(found, "none in sight")
}

fn listed(folders: &[&str]) -> Result<String, String> {
    let found = folders
        .iter()
        .filter(|at| fs::read_dir(at).is_ok_and(|mut within| within.next().is_some()));
    learned(found.map(|at| (*at).to_owned()).collect(), "none in sight")
}

/// The device of the kernel's messages, by its number.
fn device() -> Result<String, String> {
    let at = std::env::temp_dir().join(format!("snoop-device-{}", std::process::id()));
    let name = CString::new(at.as_os_str().as_encoded_bytes()).map_err(|e| e.to_string())?;
    // SAFETY: a path that ends with NUL.
    if unsafe { libc::mknod(name.as_ptr(), libc::S_IFCHR | 0o600, libc::makedev(1, 11)) } != 0 {
        return Err(io::Error::last_os_error().to_string());
    }
    let open = fs::File::open(&at);
    let _ = fs::remove_file(&at);
    open.map(|_| "made and opened".to_owned())
        .map_err(|e| e.to_string())
}

/// Whether `su` and the like would get the rights that their files lend.
fn lent_rights() -> Result<String, String> {
    let status = fs::read_to_string("/proc/self/status").map_err(|e| e.to_string())?;
    match status.lines().any(|line| line == "NoNewPrivs:\t1") {
        true => Err("no new privileges".to_owned()),
        false => Ok("they are lent".to_owned()),
    }
}

/// Processes that are neither the app's own nor those that every side has: folder in `/proc`, name.
fn foreign() -> Vec<(PathBuf, String)> {
    let known = [
        "exe",
        "dbus-daemon",
        "muteproof-speci",
        "pactl",
        "pw-cli",
        "timeout",
        "unshare",
    ];
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let named = entries.filter_map(|e| {
        let name = fs::read_to_string(e.path().join("comm")).ok()?;
        Some((e.path(), name.trim().to_owned()))
    });
    named
        .filter(|(_, name)| !known.contains(&&**name))
        .collect()
}

fn foreign_processes() -> Result<String, String> {
    learned(
        foreign().into_iter().map(|(_, name)| name).collect(),
        "none in sight",
    )
}

/// Whom it tries: those in sight, and the first one; on a stage there is at least the one that made the view.
fn others() -> impl Iterator<Item = PathBuf> {
    let seen = foreign().into_iter().map(|(dir, _)| dir);
    seen.chain([PathBuf::from("/proc/1")])
}

/// The first of the others for whom `attempt` goes well.
fn of_others(attempt: impl Fn(&Path) -> io::Result<String>) -> Result<String, String> {
    let mut why = "none in sight".to_owned();
    for other in others() {
        match attempt(&other) {
            Ok(found) => return Ok(format!("{found} of {}", other.display())),
            Err(e) => why = format!("{}: {e}", other.display()),
        }
    }
    Err(why)
}

fn pid(process: &Path) -> i64 {
    let name = process
        .file_name()
        .and_then(|name| name.to_str()?.parse().ok());
    name.unwrap_or(1)
}

/// Where some memory of a process lies.
fn mapped(process: &Path) -> io::Result<u64> {
    let maps = fs::read_to_string(process.join("maps"))?;
    let start = maps
        .split('-')
        .next()
        .and_then(|hex| u64::from_str_radix(hex, 16).ok());
    start.ok_or_else(|| io::Error::other("no mapping in sight"))
}

fn foreign_memory() -> Result<String, String> {
    of_others(|process| {
        let mut bytes = [0; 16];
        let start = mapped(process)?;
        let n = fs::File::open(process.join("mem"))?.read_at(&mut bytes, start)?;
        Ok(format!("{n} bytes"))
    })
}

fn memory_by_call() -> Result<String, String> {
    of_others(|process| {
        // Where its code lies is not told: the call says EPERM before it looks, EFAULT after.
        let mut bytes = [0_u8; 16];
        let own = libc::iovec {
            iov_base: bytes.as_mut_ptr().cast(),
            iov_len: bytes.len(),
        };
        let at = mapped(process).unwrap_or(0x40_0000);
        let its = libc::iovec {
            iov_base: at as *mut _,
            iov_len: bytes.len(),
        };
        let args = [
            pid(process),
            &raw const own as i64,
            1,
            &raw const its as i64,
            1,
        ];
        match raw(libc::SYS_process_vm_readv, args) {
            Err(e) if e.raw_os_error() != Some(libc::EFAULT) => Err(e),
            _ => Ok("memory".to_owned()),
        }
    })
}

/// Ends with the specimen: a process is let go when its tracer ends.
fn trace() -> Result<String, String> {
    const PTRACE_SEIZE: i64 = 0x4206;
    of_others(|process| {
        let args = [PTRACE_SEIZE, pid(process), 0, 0, 0];
        raw(libc::SYS_ptrace, args).map(|_| "a trace".to_owned())
    })
}

fn foreign_descriptors() -> Result<String, String> {
    of_others(|process| {
        let handle = raw(libc::SYS_pidfd_open, [pid(process), 0, 0, 0, 0])?;
        let taken = raw(libc::SYS_pidfd_getfd, [handle, 0, 0, 0, 0]);
        // SAFETY: a descriptor that was just opened.
        unsafe { libc::close(handle as i32) };
        taken.map(|fd| format!("descriptor {fd}"))
    })
}

fn foreign_roots() -> Result<String, String> {
    of_others(|process| {
        let n = fs::read_dir(process.join("root"))?.count();
        Ok(format!("{n} files"))
    })
}

fn foreign_variables() -> Result<String, String> {
    of_others(|process| {
        let n = fs::read(process.join("environ"))?.len();
        Ok(format!("{n} bytes"))
    })
}

/// Segments that somebody made, System V's and in the folder for shared memory; the app makes none.
fn shared_memory() -> Result<String, String> {
    let lines = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
    let segments = lines.lines().skip(1).map(|line| line.trim().to_owned());
    let out = Command::new("ls").args(["-A", "/dev/mqueue"]).output();
    let queues = out
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned())
        .unwrap_or_default();
    let queues = Some(queues).filter(|text| !text.is_empty());
    learned(segments.chain(queues).collect(), "none in sight")
}
