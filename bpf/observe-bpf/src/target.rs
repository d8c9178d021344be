//! Whom to watch, and whom not.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::libc;
use nix::sys::statfs::{CGROUP2_SUPER_MAGIC, fstatfs};
use nix::unistd::getuid;

/// Whose calls are handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Threads in the network namespace with this inode number.
    Net(u32, Pin),
    /// Threads in this cgroup or below.
    Cgroup {
        /// The cgroup's number: its folder's inode.
        id: u64,
        /// How far below the root it is: 1 for a child of the root.
        level: u32,
        /// As /proc/PID/cgroup shows it, from the root: `/a/b`.
        path: String,
    },
}

/// Keeps a namespace in being for as long as it is watched: the kernel gives the number of one that
/// is gone to the next one that somebody makes.
#[derive(Debug, Clone)]
pub struct Pin(#[expect(dead_code, reason = "held open, never used")] Arc<File>);

impl PartialEq for Pin {
    /// The number beside it says which namespace it is.
    fn eq(&self, _: &Pin) -> bool {
        true
    }
}

impl Eq for Pin {}

/// Why somebody is not watched.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// One's own, or everybody's.
    #[error("{0} is not watched: it holds more than one audited app")]
    TooWide(String),
    /// Nobody is there.
    #[error("no process is in network namespace {0}")]
    Nobody(u32),
    /// Somebody else's, and the caller is not root.
    #[error("{what} belongs to user {owner}, and the caller is user {caller}")]
    NotYours {
        /// What was asked for.
        what: String,
        /// Who made it.
        owner: u32,
        /// Who asks.
        caller: u32,
    },
    /// It cannot be looked at.
    #[error("failed to {0}")]
    Io(String),
}

mod ioctl {
    //! `<linux/nsfs.h>`
    const NSIO: u8 = 0xb7;
    nix::ioctl_none!(ns_get_userns, NSIO, 0x1);
    nix::ioctl_read_bad!(
        ns_get_owner_uid,
        nix::request_code_none!(NSIO, 0x4),
        libc::uid_t
    );
    use nix::libc;
}

impl Target {
    /// The network namespace with this inode number.
    ///
    /// With file capabilities anybody may start the helper: then the namespace must have been made
    /// by the same person.
    pub fn net(inode: u32) -> Result<Target, Refused> {
        let what = || format!("network namespace {inode}");
        let own = net_of(Path::new("/proc/self").to_owned());
        let own = own.ok_or_else(|| Refused::Io("read /proc/self/ns/net".to_owned()))?;
        if own == inode {
            return Err(Refused::TooWide(format!("{}, the helper's own,", what())));
        }
        if initial_nets().any(|initial| initial == inode) {
            return Err(Refused::TooWide(format!("{}, the initial one,", what())));
        }
        // What is asked is asked of the very namespace that is then held open.
        let is_it = |file: &File| file.metadata().is_ok_and(|m| m.ino() == u64::from(inode));
        let pin = processes()
            .filter_map(|process| File::open(process.join("ns/net")).ok())
            .find(is_it)
            .ok_or(Refused::Nobody(inode))?;
        let caller = getuid().as_raw();
        if caller != 0 {
            let owner = owner_of(&pin)
                .map_err(|e| Refused::Io(format!("find out who made {}: {e}", what())))?;
            yours(what(), owner, caller)?;
        }
        Ok(Target::Net(inode, Pin(Arc::new(pin))))
    }

    /// The cgroup (version 2) of this folder.
    pub fn cgroup(folder: &Path) -> Result<Target, Refused> {
        let io = |e: std::io::Error| Refused::Io(format!("look at {}: {e}", folder.display()));
        let folder = folder.canonicalize().map_err(io)?;
        // One descriptor for all that is asked: a name could lead elsewhere the next time.
        let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
        let open = OpenOptions::new()
            .read(true)
            .custom_flags(flags)
            .open(&folder)
            .map_err(io)?;
        let kind = fstatfs(&open).map_err(|e| io(e.into()))?.filesystem_type();
        if kind != CGROUP2_SUPER_MAGIC {
            let no = format!("{} is not a cgroup (version 2) folder", folder.display());
            return Err(Refused::Io(format!("look at it: {no}")));
        }
        // The root of what can be seen is the mount's: further up there are no cgroup files.
        let above = folder.ancestors().skip(1);
        let below_root = above.take_while(|a| a.join("cgroup.controllers").is_file());
        let seen_root = below_root.last().map(Path::to_path_buf);
        let Some(seen_root) = seen_root else {
            return Err(Refused::TooWide("the root cgroup".to_owned()));
        };
        let path = folder.strip_prefix(&seen_root).unwrap_or(&folder);
        let path = format!("/{}", path.display());
        let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let own = own.lines().find_map(|line| line.strip_prefix("0::"));
        if own.is_some_and(|own| is_below(own, &path)) {
            return Err(Refused::TooWide(format!(
                "{path}, the helper's own cgroup,"
            )));
        }
        let meta = open.metadata().map_err(io)?;
        // A person's own cgroup also holds what runs with other rights (sudo, su).
        let caller = getuid().as_raw();
        if caller != 0 {
            yours(path.clone(), 0, caller)?;
        }
        Ok(Target::Cgroup {
            id: meta.ino(),
            level: path.split('/').filter(|part| !part.is_empty()).count() as u32,
            path,
        })
    }

    /// Whether the process behind a folder of /proc belongs to it.
    pub fn holds(&self, process: &Path) -> bool {
        match self {
            Target::Net(inode, _) => net_of(process.to_owned()) == Some(*inode),
            Target::Cgroup { path, .. } => fs::read_to_string(process.join("cgroup"))
                .unwrap_or_default()
                .lines()
                .find_map(|line| line.strip_prefix("0::"))
                .is_some_and(|at| is_below(at, path)),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self {
            Target::Net(inode, _) => write!(f, "network namespace {inode}"),
            Target::Cgroup { path, .. } => write!(f, "cgroup {path}"),
        }
    }
}

/// Folders of all processes.
pub fn processes() -> impl Iterator<Item = PathBuf> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let number = name.to_str()?.parse::<u32>();
            number.is_ok().then(|| entry.path())
        })
}

/// Numbers that the initial network namespace may have: that of the first process (which some
/// containers hide), that of the kernel's own threads, and the one that is fixed since Linux 6.18
/// (`NET_NS_INIT_INO` in <linux/nsfs.h>).
fn initial_nets() -> impl Iterator<Item = u32> {
    let of = |pid| net_of(Path::new("/proc").join(pid));
    [of("1"), of("2"), Some(0xEFFF_FFF9)].into_iter().flatten()
}

fn net_of(process: PathBuf) -> Option<u32> {
    u32::try_from(fs::metadata(process.join("ns/net")).ok()?.ino()).ok()
}

fn is_below(path: &str, top: &str) -> bool {
    path.strip_prefix(top)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn yours(what: String, owner: u32, caller: u32) -> Result<(), Refused> {
    match owner == caller {
        true => Ok(()),
        false => Err(Refused::NotYours {
            what,
            owner,
            caller,
        }),
    }
}

/// Who made the user namespace that a network namespace belongs to.
fn owner_of(ns: &File) -> std::io::Result<u32> {
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
    let mut owner = u32::MAX;
    // SAFETY: the descriptor is open; the call takes no pointer.
    let user_ns = unsafe { ioctl::ns_get_userns(ns.as_raw_fd()) }?;
    // SAFETY: the kernel has just handed us this descriptor.
    let user_ns = unsafe { OwnedFd::from_raw_fd(user_ns) };
    // SAFETY: the descriptor is open, and the pointer leads to an integer that outlives the call.
    unsafe { ioctl::ns_get_owner_uid(user_ns.as_raw_fd(), &mut owner) }?;
    Ok(owner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_and_initial_namespaces_are_refused() {
        let own = net_of("/proc/self".into()).unwrap();
        for inode in initial_nets().chain([own]) {
            assert!(matches!(Target::net(inode), Err(Refused::TooWide(_))));
        }
    }

    #[test]
    fn only_one_s_own_may_be_watched() {
        assert!(yours("x".into(), 1000, 1000).is_ok());
        let refused = yours("x".into(), 0, 1000).unwrap_err().to_string();
        assert_eq!(refused, "x belongs to user 0, and the caller is user 1000");
        // The initial network namespace was made by root.
        let own = File::open("/proc/self/ns/net").unwrap();
        if let Ok(owner) = owner_of(&own) {
            println!("own network namespace: made by user {owner}");
        }
    }

    /// A folder that calls its files as those of a cgroup are called, on any other filesystem.
    #[test]
    fn only_the_kernel_s_own_folders_are_cgroups() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        for at in [folder.path(), &inner] {
            fs::write(at.join("cgroup.controllers"), "").unwrap();
        }
        let refused = Target::cgroup(&inner).unwrap_err().to_string();
        assert!(refused.contains("is not a cgroup"), "{refused}");
    }

    #[test]
    fn below_means_folders() {
        assert!(is_below("/a/b", "/a") && is_below("/a", "/a"));
        assert!(!is_below("/ab", "/a") && !is_below("/", "/a"));
    }
}
