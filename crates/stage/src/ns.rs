//! The stage's own namespaces, and how a process gets into them.
//!
//! Three steps, each a fresh single-threaded process of the same binary, because a user namespace
//! can only be entered by a process with one thread:
//!
//! 1. [`become_stage`]: user, mount, PID, network, IPC and UTS namespaces; no root needed.
//! 2. its child is PID 1 there ([`init_stage`]) and runs the session; when it ends, for whatever
//!    reason, the kernel ends everything that lives on the stage.
//! 3. each side (app, peer) is a further user, mount, PID, IPC namespace below ([`crate::side`]),
//!    without capabilities over the stage.
//!
//! Sources: user_namespaces(7), pid_namespaces(7), mount_namespaces(7).

use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

use nix::fcntl::{OFlag, open};
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::stat::Mode;
use nix::unistd::{getegid, geteuid};

pub use crate::error::NsError;
pub(crate) use crate::error::{doing, forbidden};
use crate::user;

/// Where the stage keeps its files: a tmpfs that nobody outside can see and that dies with it.
pub const STAGE_DIR: &str = "/run/muteproof";

/// How far sound is raised over everything else: PulseAudio's own default.
const NICE: u64 = 11;
const NICE_TEXT: &CStr = c"-11";

/// Step 1: moves this process into the stage's namespaces and runs `inner` as PID 1 there.
///
/// Must be called while the process has one thread. Returns `inner`'s exit code.
///
/// Files and folders of `wanted` are opened on the way, in the stage's mounts but with the caller's eyes: what
/// root shows may lie where the user that root lends could not go. `inner` gets the numbers of their
/// descriptors as arguments, -1 where there is none; see [`show`].
pub fn become_stage(mut inner: Command, wanted: &[PathBuf]) -> Result<ExitCode, NsError> {
    let (uid, gid) = (geteuid(), getegid());
    forget_the_person();
    // Where it is allowed (as root), sound goes before everything else on a busy machine: this
    // process by its own priority, PulseAudio, which sets its own, by a limit that lets it.
    let nice = libc::rlimit {
        rlim_cur: 20 + NICE,
        rlim_max: 20 + NICE,
    };
    // SAFETY: plain system calls; the structure outlives the call.
    unsafe {
        libc::setrlimit(libc::RLIMIT_NICE, &nice);
        libc::setpriority(libc::PRIO_PROCESS, 0, -(NICE as libc::c_int));
        raise_session();
    }
    let lent = user::lent();
    match lent {
        Some(lent) => user::unshare_as(lent)?,
        None => {
            unshare(CloneFlags::CLONE_NEWUSER).map_err(forbidden)?;
            map_ids(0, uid.as_raw(), 0, gid.as_raw())?;
        }
    }
    unshare(CloneFlags::CLONE_NEWNS).map_err(forbidden)?;
    let held: Vec<Option<OwnedFd>> = wanted.iter().map(|path| hold(path)).collect();
    if lent.is_some() {
        user::become_lent()?;
    }
    for (path, held) in wanted.iter().zip(held) {
        // Root without its rights may not look where the caller may.
        let fd = held.or_else(|| hold(path)).map(IntoRawFd::into_raw_fd);
        inner.arg(fd.unwrap_or(-1).to_string());
    }
    let rest = CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    // Ubuntu's AppArmor lets the user namespace be made and takes its capabilities away.
    unshare(rest).map_err(forbidden)?;
    // SIGKILL at the end of this process, which a person may signal by itself.
    // SAFETY: between fork and exec, async-signal-safe system calls.
    unsafe {
        inner.pre_exec(
            || match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            },
        );
    }
    let status = doing("start the session on the stage", inner.status())?;
    Ok(exit_code(status))
}

/// Nothing of the person's comes along: not their terminal, into which anything on the stage could write and
/// type, and not the keys of their session.
fn forget_the_person() {
    // SAFETY: plain system calls. The first fails for the leader of a group, which then has been given a
    // session of its own; the second where the kernel knows no keys.
    unsafe {
        libc::setsid();
        new_keyring();
    }
}

/// Raises this process's session as processes are raised, where that is allowed. The kernel weighs sessions
/// against each other before it looks at processes, whose priorities count within a session alone (sched(7),
/// "The autogroup feature"). Async-signal-safe.
pub(crate) unsafe fn raise_session() {
    /// One session at a time, ten in a second, whoever asks.
    const TRIES: u32 = 5;
    const WAIT: libc::timespec = libc::timespec {
        tv_sec: 0,
        tv_nsec: 100_000_000,
    };
    let nice = NICE_TEXT.to_bytes();
    // SAFETY: system calls; path and text are constants, and the descriptor is ours.
    unsafe {
        // The leader of a group gets no session of its own, and the caller's may have a build in it.
        if libc::getsid(0) != libc::getpid() {
            return;
        }
        let fd = libc::open(
            c"/proc/self/autogroup".as_ptr(),
            libc::O_WRONLY | libc::O_CLOEXEC,
        );
        for _ in 0..TRIES {
            if libc::write(fd, nice.as_ptr().cast(), nice.len()) >= 0
                || *libc::__errno_location() != libc::EAGAIN
            {
                break;
            }
            libc::nanosleep(&WAIT, std::ptr::null_mut());
        }
        libc::close(fd);
    }
}

/// A session keyring of its own, empty (keyctl(2)). Async-signal-safe.
pub(crate) unsafe fn new_keyring() {
    const KEYCTL_JOIN_SESSION_KEYRING: libc::c_int = 1;
    let anonymous: *const libc::c_char = std::ptr::null();
    // SAFETY: no name is given; the kernel reads no memory of ours.
    unsafe { libc::syscall(libc::SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, anonymous) };
}

/// Closes every descriptor from 3 on but for `kept`: what the caller's shell had open is no business of the
/// stage's. Must be called before anything here opens one.
pub fn close_all_but(kept: &[RawFd]) {
    let mut kept: Vec<u32> = kept.iter().filter_map(|fd| (*fd).try_into().ok()).collect();
    kept.sort_unstable();
    let mut from = 3;
    let ends = kept.iter().copied().filter(|fd| *fd >= 3);
    for end in ends.chain([u32::MAX]) {
        if from < end {
            let to = if end == u32::MAX { end } else { end - 1 };
            // SAFETY: nothing of this process is open in that range but what it was started with.
            unsafe { libc::syscall(libc::SYS_close_range, from, to, 0) };
        }
        from = end.saturating_add(1).max(from);
    }
}

/// A descriptor that stands for a path, and that is still there after an exec.
fn hold(path: &Path) -> Option<OwnedFd> {
    open(path, OFlag::O_PATH, Mode::empty()).ok()
}

/// Shows at [`STAGE_DIR`] what [`become_stage`] opened under this number; where it is now. `from` is where it
/// was, for what could not be opened.
pub fn show(fd: RawFd, from: &Path, name: &str) -> Result<PathBuf, NsError> {
    if fd < 0 {
        let missing = io::Error::from(io::ErrorKind::NotFound);
        return Err(NsError::io(format!("open {}", from.display()), missing));
    }
    let behind = PathBuf::from(format!("/proc/self/fd/{fd}"));
    let at = Path::new(STAGE_DIR).join(name);
    match behind.is_dir() {
        true => doing("make a folder on the stage", fs::create_dir_all(&at))?,
        false => doing("make a file on the stage", fs::write(&at, ""))?,
    }
    bind(&behind, &at)?;
    Ok(at)
}

/// Shows the working folder at [`STAGE_DIR`] under this name: the way to it need not be open to the stage.
pub fn show_here(name: &str) -> Result<PathBuf, NsError> {
    let at = Path::new(STAGE_DIR).join(name);
    doing("make a folder on the stage", fs::create_dir_all(&at))?;
    bind(Path::new("."), &at)?;
    doing("leave the folder", std::env::set_current_dir("/"))?;
    Ok(at)
}

/// Maps one user and one group of the parent namespace to `inner_*`, for the calling process.
pub(crate) fn map_ids(
    inner_uid: u32,
    outer_uid: u32,
    inner_gid: u32,
    outer_gid: u32,
) -> Result<(), NsError> {
    // An unprivileged process may map its group only after it gave up setgroups(2).
    doing(
        "give up setgroups",
        fs::write("/proc/self/setgroups", "deny"),
    )?;
    let uid_map = format!("{inner_uid} {outer_uid} 1");
    let gid_map = format!("{inner_gid} {outer_gid} 1");
    doing("map the user", fs::write("/proc/self/uid_map", uid_map))?;
    doing("map the group", fs::write("/proc/self/gid_map", gid_map))
}

fn exit_code(status: ExitStatus) -> ExitCode {
    match status.code() {
        Some(code) => ExitCode::from(code.clamp(0, 255) as u8),
        None => ExitCode::from(255),
    }
}

/// Step 2, as PID 1: private mounts, an own `/proc`, and a tmpfs at [`STAGE_DIR`].
///
/// `/run` is covered as a whole: the stage shall not find the person's own sound server there. What
/// is `kept` of it appears under its new name at [`STAGE_DIR`].
pub fn init_stage(kept: Option<(&Path, &str)>) -> Result<(), NsError> {
    private_mounts()?;
    mount_fresh_proc(Path::new("/proc"))?;
    let kept = kept.map(|(from, name)| {
        let opened = open(from, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty());
        doing(format!("find {}", from.display()), opened).map(|fd| (fd, name))
    });
    let kept = kept.transpose()?;
    let resolver = Resolver::read();
    mount_tmpfs(Path::new("/run"), "mode=0755")?;
    resolver.put_back()?;
    doing("make the stage's folder", fs::create_dir_all(STAGE_DIR))?;
    if let Some((fd, name)) = kept {
        let at = Path::new(STAGE_DIR).join(name);
        doing("make a file on the stage", fs::write(&at, ""))?;
        bind(Path::new(&format!("/proc/self/fd/{}", fd.as_raw_fd())), &at)?;
    }
    // What this process holds (the seed) is nobody's business: no core file, no ptrace.
    // SAFETY: prctl with these constant arguments touches no memory of ours.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
    Ok(())
}

/// The machine's name servers, whose file may lie where the stage covers everything (systemd-resolved
/// has it so). The sides never see it; pasta asks there for them.
struct Resolver(Option<(PathBuf, Vec<u8>)>);

impl Resolver {
    fn read() -> Resolver {
        let file = fs::canonicalize("/etc/resolv.conf").ok();
        let file = file.filter(|file| file.starts_with("/run"));
        Resolver(file.and_then(|file| Some((file.clone(), fs::read(&file).ok()?))))
    }

    fn put_back(self) -> Result<(), NsError> {
        let Some((file, text)) = self.0 else {
            return Ok(());
        };
        let folder = file.parent().unwrap_or(Path::new("/run"));
        doing("make a folder in /run", fs::create_dir_all(folder))?;
        doing("put resolv.conf back", fs::write(&file, text))
    }
}

/// Ends this process, and with it the whole stage, when standard input is closed; until then each
/// line is handed to `told`.
///
/// The other end is held by the process that a person started, so that a SIGKILL there leaves
/// nothing behind.
pub fn die_with_stdin(told: impl Fn(String) + Send + 'static) {
    std::thread::spawn(move || {
        io::stdin().lines().map_while(Result::ok).for_each(told);
        std::process::exit(130);
    });
}

pub(crate) fn private_mounts() -> Result<(), NsError> {
    let flags = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    doing(
        "make the mounts private",
        mount(None::<&str>, "/", None::<&str>, flags, None::<&str>),
    )
}

pub(crate) fn mount_fresh_proc(at: &Path) -> Result<(), NsError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    doing(
        "mount a /proc of its own (a container that masks parts of /proc forbids it)",
        mount(Some("proc"), at, Some("proc"), flags, None::<&str>),
    )
}

pub(crate) fn mount_tmpfs(at: &Path, options: &str) -> Result<(), NsError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    doing(
        format!("mount a tmpfs at {}", at.display()),
        mount(Some("tmpfs"), at, Some("tmpfs"), flags, Some(options)),
    )
}

/// Binds `from` with all that is mounted below it to `to`, read-only.
pub(crate) fn bind_read_only(from: &Path, to: &Path) -> Result<(), NsError> {
    bind(from, to)?;
    set_read_only(to)
}

/// Binds `from` with all that is mounted below it to `to`.
pub(crate) fn bind(from: &Path, to: &Path) -> Result<(), NsError> {
    doing(
        format!("show {} at {}", from.display(), to.display()),
        mount(
            Some(from),
            to,
            None::<&str>,
            MsFlags::MS_BIND | MsFlags::MS_REC,
            None::<&str>,
        ),
    )
}

/// `mount_setattr(2)` over the whole tree: a plain remount would only reach the top.
pub(crate) fn set_read_only(at: &Path) -> Result<(), NsError> {
    let path = CString::new(at.as_os_str().as_encoded_bytes())
        .map_err(|_| NsError::io("name a mount", io::Error::from_raw_os_error(libc::EINVAL)))?;
    let attr = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID | libc::MOUNT_ATTR_NODEV,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: `path` is a C string and `attr` a struct of the stated size; both outlive the call.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_RECURSIVE,
            &attr,
            size_of::<libc::mount_attr>(),
        )
    };
    match done {
        0 => Ok(()),
        _ => Err(NsError::io(
            format!("make {} read-only (needs Linux 5.12)", at.display()),
            io::Error::last_os_error(),
        )),
    }
}

/// Opens a descriptor that stands for process `pid` (pidfd_open(2)).
pub(crate) fn pidfd(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: plain system call with integer arguments.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just handed us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as RawFd) })
}

/// Moves the calling thread into the namespaces `flags` of the process behind `pidfd`.
///
/// Only async-signal-safe work: it is called between fork and exec.
pub(crate) fn enter(pidfd: &OwnedFd, flags: libc::c_int) -> io::Result<()> {
    // SAFETY: plain system call; the descriptor is open.
    match unsafe { libc::setns(pidfd.as_raw_fd(), flags) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// One more fork on the way to exec: a PID namespace is only entered by children. The parent waits
/// for the child, which it takes with it when it is killed, and ends as it did.
///
/// Only async-signal-safe work: it is called between fork and exec.
pub(crate) fn fork_and_wait() -> io::Result<()> {
    // SAFETY: we are the only thread of a just forked process; both branches only make system calls.
    unsafe {
        match libc::fork() {
            -1 => Err(io::Error::last_os_error()),
            0 => {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
                Ok(())
            }
            child => {
                // Hold nothing open: pipes must close when the real process ends.
                libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0);
                let mut status = 0;
                while libc::waitpid(child, &mut status, 0) == -1 {
                    if *libc::__errno_location() != libc::EINTR {
                        libc::_exit(125);
                    }
                }
                if libc::WIFSIGNALED(status) {
                    // As a shell reports it.
                    libc::_exit(128 + libc::WTERMSIG(status));
                }
                libc::_exit(libc::WEXITSTATUS(status));
            }
        }
    }
}

/// The session's process, as the process counts that started [`become_stage`] as `stage`.
pub fn session_of(stage: u32) -> Option<i32> {
    let entries = fs::read_dir("/proc").ok()?.flatten();
    let mut pids = entries.filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
    pids.find(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // The name may hold anything: the parent is the second field behind its closing bracket.
        let behind = stat.rsplit_once(')').map(|(_, behind)| behind);
        let parent = behind.and_then(|b| b.split_whitespace().nth(1)?.parse().ok());
        parent == Some(stage)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_what_was_being_done() {
        let err = NsError::io(
            "mount a tmpfs at /run",
            io::Error::from_raw_os_error(libc::EPERM),
        );
        let text = err.to_string();
        assert!(
            text.starts_with("failed to mount a tmpfs at /run: "),
            "{text}"
        );
    }
}
