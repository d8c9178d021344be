//! One side of the stage: the audited app, or its peer.
//!
//! A side is a user, mount, PID, IPC and UTS namespace below the stage's, with a network namespace
//! that the *stage* owns. What runs there is an ordinary user (uid 1000) without any capability,
//! sees a root file system put together from a short list of read-only folders, its own home,
//! runtime folder and `/tmp`, and no process but its own. Bundle, seed, player and sham server do
//! not exist in that view.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use files::Door;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{ForkResult, fork, pivot_root};
use serde::{Deserialize, Serialize};

use crate::etc::{self, Identity};
use crate::installed::{Installed, PROGRAMS};
use crate::ns::{self, NsError, STAGE_DIR, doing};
use crate::os_path;
use crate::seccomp::{Filter, Mounts};
use crate::sysfs;
use crate::system_bus::FOLDER as BUS;
use crate::trust::Trusted;

/// The user that everything on a side runs as, in the side's own view.
pub const SIDE_UID: u32 = 1000;

/// Home folder in the side's view.
pub const SIDE_HOME: &str = "/home/user";

/// `XDG_RUNTIME_DIR` in the side's view.
pub const SIDE_RUN: &str = "/run/user/1000";

/// What a side is made of.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SideSpec {
    /// `app` or `peer`.
    pub name: String,
    /// Folders and files to show read-only: (on the stage, in the side's view).
    #[serde(with = "os_path::pairs")]
    pub show: Vec<(PathBuf, PathBuf)>,
    /// The name server that its programs ask; absent where there is none.
    pub resolver: Option<String>,
    /// Whether its programs may make a sandbox with mounts in it.
    #[serde(default)]
    pub nested: bool,
    /// What it is shown of the machine's `/etc` beside what every side is ([`recipe::may_show_of_etc`]).
    pub etc: Vec<String>,
    /// Whose machine it seems to be.
    pub identity: Identity,
    /// An authority that its programs trust beside those of the machine.
    pub trusted: Option<Trusted>,
    /// What is installed there for this session alone.
    pub installed: Option<Installed>,
}

impl SideSpec {
    /// The side's folder on the stage.
    fn dir(&self) -> PathBuf {
        Path::new(STAGE_DIR).join(&self.name)
    }

    fn filter(&self) -> Filter {
        Filter::new(match self.nested {
            true => Mounts::Nested,
            false => Mounts::Shut,
        })
    }
}

/// A side that is up.
#[derive(Debug)]
pub struct Side {
    spec: SideSpec,
    holder: Child,
    /// Stands for the side's PID 1, and so for its namespaces.
    pidfd: Arc<OwnedFd>,
    pid: i32,
    env: BTreeMap<String, String>,
    servants: Vec<i32>,
}

/// Name of the hidden command that [`run_holder`] is behind.
pub const HOLDER_COMMAND: &str = "__side";

impl Side {
    /// Sets up a side; its network namespace is still empty.
    pub fn new(spec: SideSpec) -> Result<Side, NsError> {
        let dir = spec.dir();
        for sub in ["home", "run", "run/pulse"] {
            let path = dir.join(sub);
            doing("make the side's folders", fs::create_dir_all(&path))?;
            let private = fs::Permissions::from_mode(0o700);
            doing(
                "close the side's folders",
                fs::set_permissions(&path, private),
            )?;
        }
        let json = serde_json::to_string(&spec).expect("plain data");
        let mut holder = doing(
            "start the side's first process",
            Command::new("/proc/self/exe")
                .args([HOLDER_COMMAND, &json])
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .spawn(),
        )?;
        let mut said = String::new();
        let mut out = holder.stdout.take().expect("piped");
        doing(
            "hear from the side's first process",
            out.read_to_string(&mut said),
        )?;
        let pid: i32 = said.trim().parse().map_err(|_| {
            NsError::io(
                format!("set up the {} side", spec.name),
                io::Error::other(said.trim().to_owned()),
            )
        })?;
        let pidfd = Arc::new(doing("hold on to the side", ns::pidfd(pid))?);
        let env = BTreeMap::from(
            [
                ("HOME", SIDE_HOME),
                ("USER", "user"),
                ("LOGNAME", "user"),
                ("LANG", "C.UTF-8"),
                (
                    "PATH",
                    "/usr/local/bin:/usr/bin:/bin:/usr/games:/usr/sbin:/sbin",
                ),
                ("XDG_RUNTIME_DIR", SIDE_RUN),
                ("PULSE_SERVER", "unix:/run/user/1000/pulse/native"),
                ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1000/bus"),
            ]
            .map(|(k, v)| (k.to_owned(), v.to_owned())),
        );
        Ok(Side {
            spec,
            holder,
            pidfd,
            pid,
            env,
            servants: Vec::new(),
        })
    }

    /// `app` or `peer`.
    pub fn name(&self) -> &str {
        &self.spec.name
    }

    /// The side's runtime folder as the stage sees it.
    pub fn run_dir(&self) -> PathBuf {
        self.spec.dir().join("run")
    }

    /// The side's home as the stage sees it.
    pub fn home_dir(&self) -> PathBuf {
        self.spec.dir().join("home")
    }

    /// The side's PID 1, as the stage counts.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Adds `name=value` to the environment of everything started from now on.
    pub fn set_env(&mut self, name: &str, value: &str) {
        self.env.insert(name.to_owned(), value.to_owned());
    }

    /// Whether what is started there finds an X display.
    pub fn has_x11(&self) -> bool {
        self.env.contains_key("DISPLAY")
    }

    /// Whether something lies at this path of the side's view. Links lead where they lead there.
    pub fn has(&self, path: &str) -> bool {
        let root = PathBuf::from(format!("/proc/{}/root", self.pid));
        files::exists_in_root(&root, Path::new(path))
    }

    /// The session bus's socket, in a folder where the app may put what it likes.
    pub fn bus(&self) -> io::Result<Door> {
        Door::new(&self.run_dir(), "bus")
    }

    /// Says that a process of the stage's started something on this side for its own ends.
    pub fn serves(&mut self, pid: i32) {
        self.servants.push(pid);
    }

    /// Whether that process did.
    pub fn is_served_by(&self, pid: i32) -> bool {
        self.servants.contains(&pid)
    }

    /// A command that runs as the side's user, in the side's view, without capabilities.
    ///
    /// The process that [`Command::spawn`] returns stays on the stage and waits for the real one,
    /// which it takes with it when it is killed.
    pub fn command(&self, argv: &[String]) -> Command {
        self.command_with(argv, Priority::Usual)
    }

    /// Likewise, with the stage's own priority: for what serves sound.
    pub fn server_command(&self, argv: &[String]) -> Command {
        self.command_with(argv, Priority::OfTheStage)
    }

    fn command_with(&self, argv: &[String], priority: Priority) -> Command {
        let mut command = Command::new(&argv[0]);
        command.args(&argv[1..]).env_clear().envs(&self.env);
        let pidfd = self.pidfd.clone();
        let filter = self.spec.filter();
        // SAFETY: between fork and exec only system calls are made (see `enter_side`): no
        // allocation, no locks.
        unsafe {
            command.pre_exec(move || enter_side(&pidfd, priority, &filter));
        }
        command
    }

    /// A command that runs on the stage itself but in the side's network.
    pub fn net_command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let pidfd = self.pidfd.clone();
        // SAFETY: as above, one system call.
        unsafe {
            command.pre_exec(move || ns::enter(&pidfd, libc::CLONE_NEWNET));
        }
        command
    }

    /// Runs `f` on a thread of its own in the side's network: sockets made there stay there.
    pub fn in_net<R: Send>(&self, f: impl FnOnce() -> R + Send) -> io::Result<R> {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                ns::enter(&self.pidfd, libc::CLONE_NEWNET)?;
                Ok(f())
            });
            thread
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("the thread panicked")))
        })
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // The holder's end ends the side's PID 1 (it dies with its parent), and that the side.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// Which priority a program on a side has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Priority {
    /// Everybody's: what is audited has this, and no right to another.
    Usual,
    /// The one that the stage gave itself.
    OfTheStage,
}

/// Between fork and exec: into the side's namespaces, then one more fork (a PID namespace is only
/// entered by children), a session of its own without terminal, keys or descriptors of anybody's, no new
/// privileges, and no system calls that it does not need.
fn enter_side(pidfd: &OwnedFd, priority: Priority, filter: &Filter) -> io::Result<()> {
    let flags = libc::CLONE_NEWUSER
        | libc::CLONE_NEWNS
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUTS;
    ns::enter(pidfd, flags)?;
    ns::fork_and_wait()?;
    // SAFETY: we are the only thread of a just forked process; only system calls are made.
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        libc::setsid();
        match priority {
            Priority::Usual => {
                libc::setpriority(libc::PRIO_PROCESS, 0, 0);
            }
            Priority::OfTheStage => ns::raise_session(),
        }
        let nice = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        libc::setrlimit(libc::RLIMIT_NICE, &nice);
        // Undo what the stage may have blocked or ignored.
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        ns::new_keyring();
        // At exec, not now: by one of them an exec that failed is told.
        let cloexec = libc::CLOSE_RANGE_CLOEXEC as libc::c_int;
        libc::syscall(libc::SYS_close_range, 3, u32::MAX, cloexec);
        if libc::chdir(c"/home/user".as_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    filter.install()
}

/// Lets a network that is made from here on have a table of connections of its own, with few places (Linux 6.1,
/// `tcp_child_ehash_entries` in its networking/ip-sysctl). Else it shares the machine's, of hundreds of thousands, all of
/// which are walked through whenever the app's sockets are looked at. Where this cannot be done that costs more
/// of the processor, and sees the same.
fn small_connection_table() {
    let _ = fs::write("/proc/sys/net/ipv4/tcp_child_ehash_entries", "1024");
}

/// The side's first process (hidden command [`HOLDER_COMMAND`]): makes the namespaces, says its
/// PID on standard output and then only reaps. Returns an error text for standard output.
pub fn run_holder(json: &str) -> Result<(), NsError> {
    let spec: SideSpec = serde_json::from_str(json)
        .map_err(|e| NsError::io("read the side's description", io::Error::other(e)))?;
    small_connection_table();
    // The network first, while we are still of the stage: so the stage owns it, not the side.
    doing(
        "make a network namespace",
        unshare(CloneFlags::CLONE_NEWNET),
    )?;
    doing("make a user namespace", unshare(CloneFlags::CLONE_NEWUSER))?;
    ns::map_ids(SIDE_UID, 0, SIDE_UID, 0)?;
    let rest = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    doing("make the side's namespaces", unshare(rest))?;
    ns::close_all_but(&[]);
    let (mut told, mut tell) = doing("make a pipe", io::pipe())?;
    // SAFETY: this process has one thread.
    match doing("fork", unsafe { fork() })? {
        ForkResult::Child => {
            drop(told);
            // SAFETY: constant arguments, and standard output is not used by this process; its
            // reader waits for the end of file.
            unsafe {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0);
                libc::close(1);
            }
            let outcome = nix::unistd::sethostname(&spec.identity.host_name)
                .map_err(|e| NsError::io("name the side's machine", io::Error::from(e)))
                .and_then(|()| build_view(&spec));
            let said = outcome
                .as_ref()
                .err()
                .map(NsError::to_string)
                .unwrap_or_default();
            doing("tell the outcome", tell.write_all(said.as_bytes()))?;
            drop(tell);
            outcome?;
            drop_capabilities();
            // Nor may the app look into this process, whose user it is.
            // SAFETY: constant arguments.
            unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
            // Ignoring SIGCHLD makes the kernel reap whatever is left to this process.
            // SAFETY: no handler of ours runs.
            unsafe { libc::signal(libc::SIGCHLD, libc::SIG_IGN) };
            loop {
                nix::unistd::pause();
            }
        }
        ForkResult::Parent { child } => {
            drop(tell);
            let mut error = String::new();
            doing("hear the outcome", told.read_to_string(&mut error))?;
            print!(
                "{}",
                if error.is_empty() {
                    child.to_string()
                } else {
                    error
                }
            );
            let _ = io::stdout().flush();
            // SAFETY: standard output is not used again; its reader waits for the end of file.
            unsafe { libc::close(1) };
            let _ = nix::sys::wait::waitpid(child, None);
            Ok(())
        }
    }
}

/// The first process needs nothing any more; what is entered later loses its capabilities at
/// exec, being an ordinary user there.
fn drop_capabilities() {
    #[repr(C)]
    struct Header {
        version: u32,
        pid: i32,
    }
    // _LINUX_CAPABILITY_VERSION_3, capget(2).
    let header = Header {
        version: 0x2008_0522,
        pid: 0,
    };
    let none = [[0u32; 3]; 2];
    // SAFETY: header and data have the layout that capset(2) states for version 3.
    unsafe { libc::syscall(libc::SYS_capset, &header, &none) };
}

/// Puts the side's root file system together and moves into it.
fn build_view(spec: &SideSpec) -> Result<(), NsError> {
    ns::private_mounts()?;
    let root = Path::new(STAGE_DIR).join("root");
    doing("make the side's root", fs::create_dir_all(&root))?;
    ns::mount_tmpfs(&root, "mode=0755")?;
    let mkdir = |path: &str| -> Result<PathBuf, NsError> {
        let dir = root.join(path.trim_start_matches('/'));
        doing(format!("make {path} on the side"), fs::create_dir_all(&dir))?;
        Ok(dir)
    };

    for name in PROGRAMS.into_iter().chain(["sys"]) {
        let real = Path::new("/").join(name);
        let Ok(meta) = fs::symlink_metadata(&real) else {
            continue;
        };
        if meta.is_symlink() {
            let to = doing("read a link", fs::read_link(&real))?;
            doing("make a link", symlink(to, root.join(name)))?;
        } else if let Some(installed) = &spec.installed {
            installed.show(name, &mkdir(name)?)?;
        } else {
            ns::bind_read_only(&real, &mkdir(name)?)?;
        }
    }
    // An address that answers at once that there is no name server: nobody listens at the side's loopback.
    // The machine's own one cannot be reached from here, and apps would wait for it.
    let resolver = spec.resolver.as_deref().unwrap_or("127.0.0.1");
    let trusted = spec.trusted.as_ref();
    let installed = spec.installed.as_ref();
    let identity = &spec.identity;
    etc::make(&root, identity, resolver, &spec.etc, trusted, installed)?;
    let dev = mkdir("dev")?;
    make_dev(&dev)?;
    if let Some(serial) = &identity.disk_serial {
        etc::disk(&dev, serial)?;
    }
    sysfs::hide(&root, &spec.dir().join("sys"), identity)?;
    if let Some(mac) = &identity.mac {
        etc::interfaces(&root, mac)?;
    }
    ns::mount_fresh_proc(&mkdir("proc")?)?;
    ns::mount_tmpfs(&mkdir("tmp")?, "mode=1777")?;
    for dir in [
        "var/tmp",
        "var/lib",
        "var/cache",
        "var/log",
        "run/lock",
        BUS,
    ] {
        mkdir(dir)?;
    }
    // Where programs look that are older than /run.
    let old = symlink("/run", root.join("var/run"));
    doing("make a link on the side", old)?;
    ns::bind(&spec.dir().join("home"), &mkdir(SIDE_HOME)?)?;
    ns::bind(&spec.dir().join("run"), &mkdir(SIDE_RUN)?)?;
    for (from, to) in &spec.show {
        let at = root.join(to.strip_prefix("/").unwrap_or(to));
        if from.is_dir() {
            doing("make a folder on the side", fs::create_dir_all(&at))?;
        } else {
            let parent = at.parent().unwrap_or(&root);
            doing("make a folder on the side", fs::create_dir_all(parent))?;
            if !at.exists() {
                doing("make a file on the side", fs::write(&at, ""))?;
            }
        }
        ns::bind_read_only(from, &at)?;
    }

    doing("move to the side's root", std::env::set_current_dir(&root))?;
    doing("change the root", pivot_root(".", "."))?;
    doing("let go of the old root", umount2(".", MntFlags::MNT_DETACH))?;
    doing("move to /", std::env::set_current_dir("/"))
}

/// A small `/dev`: the harmless devices, shared memory and pseudo-terminals; no `/dev/snd`, so the
/// person's microphone does not exist here.
pub(crate) fn make_dev(dev: &Path) -> Result<(), NsError> {
    ns::mount_tmpfs(dev, "mode=0755")?;
    for name in ["null", "zero", "full", "random", "urandom", "tty"] {
        let at = dev.join(name);
        doing("make a device file", fs::write(&at, ""))?;
        ns::bind(&Path::new("/dev").join(name), &at)?;
    }
    let shm = dev.join("shm");
    doing("make /dev/shm", fs::create_dir(&shm))?;
    ns::mount_tmpfs(&shm, "mode=1777")?;
    let pts = dev.join("pts");
    doing("make /dev/pts", fs::create_dir(&pts))?;
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NOEXEC;
    let options = "newinstance,ptmxmode=0666,mode=0620";
    doing(
        "mount /dev/pts",
        mount(Some("devpts"), &pts, Some("devpts"), flags, Some(options)),
    )?;
    let links = [
        ("pts/ptmx", "ptmx"),
        ("/proc/self/fd", "fd"),
        ("/proc/self/fd/0", "stdin"),
        ("/proc/self/fd/1", "stdout"),
        ("/proc/self/fd/2", "stderr"),
    ];
    for (to, name) in links {
        doing("make a link in /dev", symlink(to, dev.join(name)))?;
    }
    Ok(())
}
