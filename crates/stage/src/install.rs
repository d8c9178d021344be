//! A program that is installed for one session: its files lie over the machine's own folders, which stay as they
//! are, and nobody sees them but the app's side.
//!
//! It is installed and removed by its own means, whose scripts are foreign programs. They run in namespaces of their
//! own, as root of nothing but these: without network, sound, display or anybody's files, and they are ended before
//! the app's side is there (and again before what stays is looked for).
//!
//! The folders are put together by overlayfs (Linux 5.11 without root). Its upper folder is given the machine's tree
//! of folders first, empty: a folder that only the machine's has belongs to nobody here, so nothing could be
//! written into it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::mount::{MntFlags, umount2};
use nix::sched::{CloneFlags, unshare};
use nix::unistd::{ForkResult, fork, pivot_root};
use serde::{Deserialize, Serialize};

use crate::etc;
use crate::installed::{Installed, PROGRAMS, copy, overlay};
use crate::ns::{self, NsError, STAGE_DIR, doing};
use crate::os_path;
use crate::seccomp::{Filter, Mounts};
use crate::side::{SIDE_HOME, make_dev};

/// Name of the hidden command that [`run_installer`] is behind.
pub const INSTALL_COMMAND: &str = "__install";

/// Folders of a package manager, of which a copy is made.
const DATABASES: [&str; 1] = ["var/lib/dpkg"];

/// What packages' scripts look up in `/etc` beside what every side is shown.
const ETC: [&str; 9] = [
    "adduser.conf",
    "debconf.conf",
    "default",
    "deluser.conf",
    "dpkg",
    "ld.so.conf",
    "ld.so.conf.d",
    "login.defs",
    "shells",
];

/// Where Flatpak has its apps that all users have: those of the machine, whose runtimes an app may need.
pub const FLATPAKS: &str = "/var/lib/flatpak";

/// An installation of Flatpak's beside the machine's, in a folder that can be shown to the app (flatpak-installation(5)).
const INSTALLATION: &str = "[Installation \"installed\"]\nPath=/opt/flatpak\n";

/// Folders of a tree, at most: a tree with more is no system's.
const FOLDERS_MAX: usize = 400_000;

/// Bytes of what an installer says that are looked at, and lines that are told.
const SAID_MAX: u64 = 64 << 10;
const SAID_LINES: usize = 3;

/// Time that a package has to be installed or removed, and how often is looked whether it is.
const WITHIN: Duration = Duration::from_secs(300);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// How a package is installed and removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Means {
    /// Debian's `dpkg`.
    Deb,
    /// An archive, unpacked into a folder of `/opt`; removed with that folder.
    Tar,
    /// One file, put into `/opt`; removed with it.
    AppImage,
    /// A bundle of `flatpak`'s, in an installation of this session's own ([`FLATPAKS`]).
    Flatpak,
}

impl Means {
    /// By a file's name; nothing for what cannot be installed.
    pub fn of(name: &str) -> Option<Means> {
        let name = name.to_ascii_lowercase();
        let tar = [".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst", ".tar.bz2"];
        match () {
            _ if name.ends_with(".deb") => Some(Means::Deb),
            _ if name.ends_with(".appimage") => Some(Means::AppImage),
            _ if name.ends_with(".flatpak") => Some(Means::Flatpak),
            _ if tar.iter().any(|end| name.ends_with(end)) => Some(Means::Tar),
            _ => None,
        }
    }

    /// The programs that it takes.
    pub fn programs(self) -> &'static [&'static str] {
        match self {
            Means::Deb => &["dpkg", "dpkg-deb"],
            Means::Tar => &["tar"],
            Means::AppImage => &["install"],
            Means::Flatpak => &["flatpak", "bwrap"],
        }
    }

    /// A script whose `$1` is the file.
    fn script(self, action: Action) -> &'static str {
        match (self, action) {
            // What other packages do when one comes is not this one's doing.
            (Means::Deb, Action::Install) => {
                "dpkg --no-triggers --force-unsafe-io --install \"$1\""
            }
            (Means::Deb, Action::Remove) => {
                "name=$(dpkg-deb --field \"$1\" Package) && dpkg --no-triggers --remove \"$name\" \
                 && dpkg --no-triggers --purge \"$name\""
            }
            (Means::Tar, Action::Install) => {
                "mkdir -p \"/opt/$2\" && tar --extract --no-same-owner --file \"$1\" --directory \"/opt/$2\""
            }
            (Means::AppImage, Action::Install) => "install -m 0755 \"$1\" \"/opt/$2\"",
            (Means::Tar | Means::AppImage, Action::Remove) => "rm -rf \"/opt/$2\"",
            // A bundle's name does not say what is in it: what is listed then, and was not before, is.
            (Means::Flatpak, Action::Install) => {
                "all() { flatpak --installation=installed list --columns=ref | sort; }; \
                 mkdir -p /tmp/none /opt/flatpak/bundles && export FLATPAK_TRIGGERSDIR=/tmp/none \
                 && all > /tmp/before \
                 && flatpak --installation=installed install --noninteractive --bundle \"$1\" \
                 && all | comm -13 /tmp/before - > \"/opt/flatpak/bundles/$2\""
            }
            (Means::Flatpak, Action::Remove) => {
                "mkdir -p /tmp/none && export FLATPAK_TRIGGERSDIR=/tmp/none && xargs -r \
                 flatpak --installation=installed uninstall --noninteractive < \"/opt/flatpak/bundles/$2\" \
                 && rm \"/opt/flatpak/bundles/$2\""
            }
        }
    }
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// It comes.
    Install,
    /// It goes.
    Remove,
}

/// A package: its file on the stage, and the name that it had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Where it is.
    #[serde(with = "os_path")]
    pub file: PathBuf,
    /// Its file's name.
    pub name: String,
    /// How it is installed.
    pub means: Means,
}

impl Package {
    /// Its name in `/opt`, where something goes there: the file's, of an archive up to its ending.
    fn stem(&self) -> &str {
        match self.means {
            Means::AppImage | Means::Flatpak => &self.name,
            _ => self.name.split('.').next().unwrap_or(&self.name),
        }
    }
}

/// What the installer's process is told.
#[derive(Serialize, Deserialize)]
struct Job {
    installed: Installed,
    package: Package,
    action: Action,
    #[serde(with = "os_path::option")]
    home: Option<PathBuf>,
}

/// Makes the place for these; nothing is installed yet.
pub fn prepare(packages: &[Package]) -> Result<Installed, NsError> {
    let dir = Path::new(STAGE_DIR).join("installed");
    let mut left = FOLDERS_MAX;
    for name in PROGRAMS {
        let real = Path::new("/").join(name);
        if !fs::symlink_metadata(&real).is_ok_and(|m| m.is_dir()) {
            continue;
        }
        let what = || format!("copy the folders of /{name}");
        let (upper, work) = (dir.join("upper").join(name), dir.join("work").join(name));
        doing(what(), copy_folders(&real, &upper, &mut left))?;
        doing(what(), fs::create_dir_all(&work))?;
    }
    for name in DATABASES {
        let real = Path::new("/").join(name);
        if real.is_dir() {
            let copied = copy(&real, &dir.join(name));
            doing(format!("copy /{name}"), copied)?;
        }
    }
    // It names users and groups that are not on a stage.
    let overrides = dir.join("var/lib/dpkg/statoverride");
    if overrides.exists() {
        doing(
            "empty a list of the package manager's",
            fs::write(overrides, ""),
        )?;
    }
    let (etc, root) = (dir.join("etc"), dir.join("root"));
    doing("make a folder on the stage", fs::create_dir_all(&etc))?;
    doing("make a folder on the stage", fs::create_dir_all(root))?;
    for name in etc::OF_THE_MACHINE.iter().chain(&ETC) {
        let real = Path::new("/etc").join(name);
        // What this user may not read, the scripts need not either.
        let _ = copy(&real, &etc.join(name));
    }
    if packages
        .iter()
        .any(|package| package.means == Means::Flatpak)
    {
        let what = || "tell flatpak of an installation".to_owned();
        let known = etc.join("flatpak/installations.d");
        doing(what(), fs::create_dir_all(&known))?;
        doing(
            what(),
            fs::write(known.join("installed.conf"), INSTALLATION),
        )?;
    }
    for (name, text) in etc::accounts("user") {
        doing(
            format!("write /etc/{name}"),
            fs::write(etc.join(name), text),
        )?;
    }
    Ok(Installed { dir })
}

/// Installs or removes a package; what its means said where they failed. `home`: the user's, for scripts that
/// clean up there.
pub fn carry_out(
    installed: &Installed,
    package: &Package,
    action: Action,
    home: Option<&Path>,
) -> Result<(), String> {
    let job = Job {
        installed: installed.clone(),
        package: package.clone(),
        action,
        home: home.map(Path::to_owned),
    };
    let json = serde_json::to_string(&job).expect("plain data");
    let mut child = Command::new("/proc/self/exe")
        .args([INSTALL_COMMAND, &json])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| e.to_string())?;
    let stderr = child.stderr.take();
    let said = thread::spawn(move || {
        let mut said = Vec::new();
        if let Some(mut stderr) = stderr {
            let _ = stderr.by_ref().take(SAID_MAX).read_to_end(&mut said);
            // It may say more than anybody wants to know, and would wait for who does not listen.
            let _ = io::copy(&mut stderr, &mut io::sink());
        }
        said
    });
    let deadline = Instant::now() + WITHIN;
    let status = loop {
        match child.try_wait().map_err(|e| e.to_string())? {
            Some(status) => break Some(status),
            None if Instant::now() >= deadline => {
                let _ = child.kill();
                let _ = child.wait();
                break None;
            }
            None => thread::sleep(LOOK_EVERY),
        }
    };
    let said = said.join().unwrap_or_default();
    match status {
        Some(status) if status.success() => Ok(()),
        None => Err(format!("it was not done within {} s", WITHIN.as_secs())),
        Some(_) => {
            let said = String::from_utf8_lossy(&said);
            let lines = said.lines().map(str::trim).filter(|l| !l.is_empty());
            // Flatpak's warnings come before its error, and do not say why.
            let lines = lines.filter(|line| !line.starts_with("F: "));
            let first: Vec<&str> = lines.take(SAID_LINES).collect();
            Err(first.join("; "))
        }
    }
}

/// Makes all folders of a tree elsewhere, empty. Links are no folders.
fn copy_folders(from: &Path, to: &Path, left: &mut usize) -> io::Result<()> {
    *left = left
        .checked_sub(1)
        .ok_or_else(|| io::Error::other(format!("there are more than {FOLDERS_MAX} folders")))?;
    fs::create_dir_all(to)?;
    let Ok(entries) = fs::read_dir(from) else {
        // Closed to this user: so it is to what is installed.
        return Ok(());
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            copy_folders(&entry.path(), &to.join(entry.file_name()), left)?;
        }
    }
    Ok(())
}

/// The installer's first process (hidden command [`INSTALL_COMMAND`]): makes the namespaces, runs the package's own
/// means as root of these alone, and ends as they do. Returns an error text.
pub fn run_installer(json: &str) -> Result<i32, NsError> {
    let job: Job = serde_json::from_str(json)
        .map_err(|e| NsError::io("read what is to be installed", io::Error::other(e)))?;
    doing("make a user namespace", unshare(CloneFlags::CLONE_NEWUSER))?;
    ns::map_ids(0, 0, 0, 0)?;
    let rest = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    doing("make the installer's namespaces", unshare(rest))?;
    ns::close_all_but(&[]);
    // SAFETY: this process has one thread.
    match doing("fork", unsafe { fork() })? {
        ForkResult::Child => {
            // SAFETY: constant arguments.
            unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0) };
            build_view(&job)?;
            let failed = exec(&job);
            Err(NsError::io("start the installer", failed))
        }
        ForkResult::Parent { child } => {
            use nix::sys::wait::{WaitStatus, waitpid};
            match doing("wait for the installer", waitpid(child, None))? {
                WaitStatus::Exited(_, code) => Ok(code),
                _ => Ok(1),
            }
        }
    }
}

/// What only the installer sees: programs with what is installed over them, its own `/etc` and `/var`.
fn build_view(job: &Job) -> Result<(), NsError> {
    ns::private_mounts()?;
    let dir = &job.installed.dir;
    let root = dir.join("root");
    ns::mount_tmpfs(&root, "mode=0755")?;
    let mkdir = |path: &str| -> Result<PathBuf, NsError> {
        let at = root.join(path.trim_start_matches('/'));
        doing(
            format!("make {path} for the installer"),
            fs::create_dir_all(&at),
        )?;
        Ok(at)
    };
    for name in PROGRAMS {
        let real = Path::new("/").join(name);
        let Ok(meta) = fs::symlink_metadata(&real) else {
            continue;
        };
        if meta.is_symlink() {
            let to = doing("read a link", fs::read_link(&real))?;
            doing("make a link", symlink(to, root.join(name)))?;
            continue;
        }
        let (upper, work) = (dir.join("upper").join(name), dir.join("work").join(name));
        let options = format!(
            "lowerdir=/{name},upperdir={},workdir={}",
            upper.display(),
            work.display()
        );
        overlay(&mkdir(name)?, &options)?;
    }
    for name in ["var/log", "var/tmp", "var/cache", "var/lib/systemd"] {
        let at = dir.join(name);
        doing("make a folder on the stage", fs::create_dir_all(at))?;
    }
    ns::bind(&dir.join("etc"), &mkdir("etc")?)?;
    ns::bind(&dir.join("var"), &mkdir("var")?)?;
    if job.package.means == Means::Flatpak && Path::new(FLATPAKS).is_dir() {
        ns::bind_read_only(Path::new(FLATPAKS), &mkdir(FLATPAKS)?)?;
    }
    make_dev(&mkdir("dev")?)?;
    ns::mount_fresh_proc(&mkdir("proc")?)?;
    ns::mount_tmpfs(&mkdir("tmp")?, "mode=1777")?;
    ns::mount_tmpfs(&mkdir("run")?, "mode=0755")?;
    mkdir("root")?;
    let home = mkdir(SIDE_HOME)?;
    if let Some(of_the_side) = &job.home {
        ns::bind(of_the_side, &home)?;
    }
    let package = mkdir("package")?.join(&job.package.name);
    doing("make a file for the package", File::create(&package))?;
    ns::bind_read_only(&job.package.file, &package)?;
    doing(
        "move to the installer's root",
        std::env::set_current_dir(&root),
    )?;
    doing("change the root", pivot_root(".", "."))?;
    doing("let go of the old root", umount2(".", MntFlags::MNT_DETACH))?;
    doing("move to /", std::env::set_current_dir("/"))
}

/// Never returns but with an error.
fn exec(job: &Job) -> io::Error {
    let filter = Filter::new(Mounts::Shut);
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", job.package.means.script(job.action), "sh"])
        .arg(Path::new("/package").join(&job.package.name))
        .arg(job.package.stem())
        .env_clear()
        .env(
            "PATH",
            "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        )
        .env("HOME", "/root")
        .env("LANG", "C.UTF-8")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdin(Stdio::null());
    // SAFETY: nobody else uses this process between here and the exec, and only system calls are made.
    unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        command.pre_exec(move || filter.install());
    }
    let error = command.exec();
    let _ = io::stderr().flush();
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_known_by_its_name() {
        for (name, means) in [
            ("app_1.2_amd64.deb", Some(Means::Deb)),
            ("App-1.2.AppImage", Some(Means::AppImage)),
            ("app.tar.gz", Some(Means::Tar)),
            ("app.tgz", Some(Means::Tar)),
            ("org.example.App.flatpak", Some(Means::Flatpak)),
            ("app.flatpakref", None),
            ("app.deb.txt", None),
            ("", None),
        ] {
            assert_eq!(Means::of(name), means, "{name}");
        }
    }

    #[test]
    fn only_folders_are_copied_where_only_folders_are_wanted() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::create_dir_all(from.join("a/b")).unwrap();
        fs::write(from.join("a/file"), "x").unwrap();
        symlink("a", from.join("link")).unwrap();
        let mut left = 10;
        copy_folders(&from, &to, &mut left).unwrap();
        assert!(to.join("a/b").is_dir() && !to.join("a/file").exists());
        assert!(fs::symlink_metadata(to.join("link")).is_err());
        let mut left = 2;
        assert!(copy_folders(&from, &dir.path().join("again"), &mut left).is_err());
    }
}
