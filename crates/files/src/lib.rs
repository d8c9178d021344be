//! Files and folders that somebody else may have made: a recipe's, a bundle's, an app's runtime folder.
//!
//! What stands behind a name can be a FIFO that never answers, a device that never ends, a link to somebody's
//! private key. So a name is first looked up without being opened, what it is is asked of the descriptor, and
//! only that is opened: nothing can take its place in between.

mod confine;

pub use confine::confine;

use std::ffi::{CString, OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// Why a file is not read. Found again behind an [`io::Error`] by [`refused`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A FIFO, a device, a socket or a folder.
    #[error("it is no regular file")]
    NoFile,
    /// A link where none may be.
    #[error("it is a link, or lies behind one")]
    Link,
    /// Longer than such a file ever is.
    #[error("it is longer than {0} bytes")]
    Long(u64),
    /// More files in a folder than there ever are.
    #[error("there are more than {0} files in it")]
    Many(usize),
}

impl From<Refused> for io::Error {
    fn from(why: Refused) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidInput, why)
    }
}

/// Why it was refused, where it was refused here.
pub fn refused(e: &io::Error) -> Option<Refused> {
    e.get_ref()?.downcast_ref::<Refused>().copied()
}

/// Opens a regular file for reading. The name is a person's: links are followed, but not to anything else.
pub fn open(path: &Path) -> io::Result<File> {
    reopen(lookup(libc::AT_FDCWD, path.as_os_str(), 0)?)
}

/// Reads a whole regular file, which may have `max` bytes.
pub fn read(path: &Path, max: u64) -> io::Result<Vec<u8>> {
    read_all(open(path)?, max)
}

/// Reads a whole file as text.
pub fn read_text(path: &Path, max: u64) -> io::Result<String> {
    String::from_utf8(read(path, max)?).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

/// The bytes of an opened file, which may be `max`. A file that grows while it is read is cut there.
fn read_all(file: File, max: u64) -> io::Result<Vec<u8>> {
    if file.metadata()?.len() > max {
        return Err(Refused::Long(max).into());
    }
    let mut bytes = Vec::new();
    // Files of /proc and their like say that they are empty.
    file.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > max {
        true => Err(Refused::Long(max).into()),
        false => Ok(bytes),
    }
}

/// A folder that was opened: what is looked up in it lies beneath it, whatever links say.
#[derive(Debug)]
pub struct Folder(OwnedFd);

impl Folder {
    /// Opens a folder by a name that is trusted.
    pub fn open(path: &Path) -> io::Result<Folder> {
        let flags = libc::O_PATH | libc::O_DIRECTORY;
        lookup(libc::AT_FDCWD, path.as_os_str(), flags).map(Folder)
    }

    /// Names of what lies in it, at most `max`.
    pub fn names(&self, max: usize) -> io::Result<Vec<OsString>> {
        let entries = std::fs::read_dir(by_descriptor(self.0.as_fd()))?;
        let mut names = Vec::new();
        for entry in entries {
            if names.len() == max {
                return Err(Refused::Many(max).into());
            }
            names.push(entry?.file_name());
        }
        names.sort();
        Ok(names)
    }

    /// What lies there, not opened (`O_PATH`): no link and no `..` leads out, and none is followed.
    pub fn find(&self, name: &Path) -> io::Result<OwnedFd> {
        beneath(self.0.as_fd(), name, libc::O_PATH, 0)
    }

    /// Whether something lies there, of any kind.
    pub fn has(&self, name: &Path) -> bool {
        self.find(name).is_ok()
    }

    /// Opens a regular file that lies there, for reading.
    pub fn file(&self, name: &Path) -> io::Result<File> {
        reopen(self.find(name)?)
    }

    /// Reads a regular file that lies there.
    pub fn read(&self, name: &Path, max: u64) -> io::Result<Vec<u8>> {
        read_all(self.file(name)?, max)
    }

    /// What lies there: regular file, folder, link.
    pub fn metadata(&self, name: &Path) -> io::Result<Metadata> {
        File::from(self.find(name)?).metadata()
    }
}

/// Whether something lies at `path` as a process sees it whose root is `root`: links are followed as it would
/// follow them, and lead nowhere else.
pub fn exists_in_root(root: &Path, path: &Path) -> bool {
    let found = Folder::open(root).and_then(|root| {
        let resolve = libc::RESOLVE_IN_ROOT | libc::RESOLVE_NO_MAGICLINKS;
        open_how(root.as_fd(), path, libc::O_PATH, 0, resolve)
    });
    found.is_ok()
}

/// A socket in a folder into which somebody else writes.
#[derive(Debug)]
pub struct Door {
    folder: Folder,
    name: OsString,
}

impl Door {
    /// The socket `name` in `folder`; it need not be there yet.
    pub fn new(folder: &Path, name: &str) -> io::Result<Door> {
        Ok(Door {
            folder: Folder::open(folder)?,
            name: name.into(),
        })
    }

    /// Whether something is there by now.
    pub fn is_there(&self) -> bool {
        self.folder.has(Path::new(&self.name))
    }

    /// Connects: to a socket that lies there, and to nothing that a link leads to.
    pub fn connect(&self) -> io::Result<UnixStream> {
        let found = self.folder.find(Path::new(&self.name))?;
        UnixStream::connect(by_descriptor(found.as_fd()))
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Opens `name` beneath `dir`, following no link on the way (openat2(2), Linux 5.6).
pub fn beneath(dir: BorrowedFd<'_>, name: &Path, flags: i32, mode: u32) -> io::Result<OwnedFd> {
    let resolve = libc::RESOLVE_BENEATH | libc::RESOLVE_NO_SYMLINKS | libc::RESOLVE_NO_MAGICLINKS;
    open_how(dir, name, flags, mode, resolve)
}

fn open_how(
    dir: BorrowedFd<'_>,
    name: &Path,
    flags: i32,
    mode: u32,
    resolve: u64,
) -> io::Result<OwnedFd> {
    let name = c_string(name.as_os_str())?;
    // SAFETY: all-zero is a valid value of this plain structure.
    let mut how: libc::open_how = unsafe { std::mem::zeroed() };
    how.flags = (flags | libc::O_CLOEXEC) as u64;
    how.mode = mode.into();
    how.resolve = resolve;
    // SAFETY: the name is a C string and the structure has the stated size; both outlive the call.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_openat2,
            dir.as_raw_fd(),
            name.as_ptr(),
            &how,
            size_of::<libc::open_how>(),
        )
    };
    descriptor(fd).map_err(|e| match e.raw_os_error() {
        Some(libc::ELOOP) => Refused::Link.into(),
        _ => e,
    })
}

/// A path by which `fd` can be opened anew.
pub fn by_descriptor(fd: BorrowedFd<'_>) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}

fn lookup(dir: i32, path: &OsStr, flags: i32) -> io::Result<OwnedFd> {
    let path = c_string(path)?;
    let flags = flags | libc::O_PATH | libc::O_CLOEXEC;
    // SAFETY: the path is a C string that outlives the call.
    descriptor(unsafe { libc::openat(dir, path.as_ptr(), flags) }.into())
}

/// Opens for reading what was only looked up, if it is a regular file.
fn reopen(found: OwnedFd) -> io::Result<File> {
    let found = File::from(found);
    let kind = found.metadata()?.file_type();
    if kind.is_symlink() {
        return Err(Refused::Link.into());
    }
    if !kind.is_file() {
        return Err(Refused::NoFile.into());
    }
    File::open(by_descriptor(found.as_fd()))
}

fn descriptor(fd: i64) -> io::Result<OwnedFd> {
    match i32::try_from(fd) {
        // SAFETY: the kernel has just handed us this descriptor.
        Ok(fd @ 0..) => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        _ => Err(io::Error::last_os_error()),
    }
}

fn c_string(name: &OsStr) -> io::Result<CString> {
    CString::new(name.as_bytes()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn fifo(at: &Path) {
        let at = c_string(at.as_os_str()).unwrap();
        // SAFETY: a C string that outlives the call.
        assert_eq!(unsafe { libc::mkfifo(at.as_ptr(), 0o600) }, 0);
    }

    /// Each of these would never end, or never begin.
    #[test]
    fn only_regular_files_are_opened_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("file"), "text").unwrap();
        symlink("file", at("link")).unwrap();
        fifo(&at("fifo"));
        symlink("fifo", at("to-fifo")).unwrap();
        assert_eq!(read(&at("file"), 4).unwrap(), b"text");
        assert_eq!(read(&at("link"), 4).unwrap(), b"text");
        for name in [
            "/dev/zero".into(),
            dir.path().into(),
            at("fifo"),
            at("to-fifo"),
        ] {
            // Who opens a FIFO waits for who writes.
            let (done, is_done) = std::sync::mpsc::channel();
            let opened = name.clone();
            std::thread::spawn(move || done.send(read(&opened, 4)));
            let read = is_done.recv_timeout(std::time::Duration::from_secs(30));
            let why = read.expect("nothing is waited for").unwrap_err();
            assert_eq!(refused(&why), Some(Refused::NoFile), "{name:?}");
        }
        let long = read(&at("file"), 3).unwrap_err();
        assert_eq!(refused(&long), Some(Refused::Long(3)));
        let missing = read(&at("none"), 3).unwrap_err();
        assert_eq!(missing.kind(), io::ErrorKind::NotFound);
        // Says that it has no bytes, and has some.
        assert!(read(Path::new("/proc/self/status"), 5).is_err());
    }

    #[test]
    fn nothing_leads_out_of_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("inside");
        fs::create_dir_all(inside.join("sub")).unwrap();
        fs::write(dir.path().join("secret"), "s").unwrap();
        fs::write(inside.join("sub/file"), "f").unwrap();
        symlink("../secret", inside.join("link")).unwrap();
        symlink("sub/file", inside.join("near")).unwrap();
        symlink("..", inside.join("up")).unwrap();
        symlink(dir.path().join("secret"), inside.join("whole")).unwrap();
        fifo(&inside.join("fifo"));
        let folder = Folder::open(&inside).unwrap();
        let read = |name: &str| folder.read(Path::new(name), 10);
        assert_eq!(read("sub/file").unwrap(), b"f");
        for name in ["link", "near", "whole", "up/secret"] {
            assert_eq!(
                refused(&read(name).unwrap_err()),
                Some(Refused::Link),
                "{name}"
            );
        }
        assert_eq!(refused(&read("fifo").unwrap_err()), Some(Refused::NoFile));
        assert!(read("../secret").is_err() && read("/etc/passwd").is_err());
        assert!(folder.has(Path::new("fifo")) && !folder.has(Path::new("../secret")));
        assert_eq!(folder.names(9).unwrap().len(), 6);
        assert!(folder.names(5).is_err());
    }

    /// An app that puts a link in the place of its bus.
    #[test]
    fn a_door_is_a_socket_that_lies_there() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("inside");
        fs::create_dir(&inside).unwrap();
        let _outside = UnixListener::bind(dir.path().join("bus")).unwrap();
        let door = Door::new(&inside, "bus").unwrap();
        assert!(!door.is_there());
        symlink("../bus", inside.join("bus")).unwrap();
        assert_eq!(refused(&door.connect().unwrap_err()), Some(Refused::Link));
        fs::remove_file(inside.join("bus")).unwrap();
        let _listener = UnixListener::bind(inside.join("bus")).unwrap();
        assert!(door.is_there());
        door.connect().unwrap();
    }

    #[test]
    fn a_root_is_not_left_by_links() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("file"), "").unwrap();
        symlink("/file", dir.path().join("own")).unwrap();
        symlink("/etc/passwd", dir.path().join("foreign")).unwrap();
        let has = |name: &str| exists_in_root(dir.path(), Path::new(name));
        assert!(has("/file") && has("own"));
        assert!(!has("foreign") && !has("../../../../etc/passwd"));
    }
}
