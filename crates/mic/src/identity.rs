//! Which process is at the other end of a connection, from the kernel: sock_diag(7) tells the other end
//! of each socket, and `/proc` who holds that. A client has no say in either.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};
use nix::sys::stat::fstat;
use procfs::process::{FDTarget, Process};
use switch::Link;

/// A socket of the kernel's list (linux/unix_diag.h).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    inode: u64,
    name: Vec<u8>,
    peer: Option<u64>,
}

/// Who is at the other ends of the sockets of a server.
#[derive(Debug, Clone, Default)]
pub struct Peers {
    /// Processes of the server.
    pub server: BTreeSet<i32>,
    /// Its connections but the one that asked.
    pub links: Vec<Link>,
}

/// Looks at the server that `ours` is connected to.
pub fn peers(ours: &UnixStream) -> io::Result<Peers> {
    let own = fstat(ours)?.st_ino;
    let entries = entries()?;
    let holders = holders();
    let held_by = |inode: u64| holders.get(&inode).cloned().unwrap_or_default();
    let find = |inode: u64| entries.iter().find(|entry| entry.inode == inode);
    let other = find(own)
        .and_then(|entry| find(entry.peer?))
        .ok_or_else(|| io::Error::other("the kernel does not list our own connection"))?;
    let server = held_by(other.inode);
    let links = entries.iter().filter(|entry| {
        let same_server = held_by(entry.inode).iter().any(|pid| server.contains(pid));
        entry.name == other.name && same_server && entry.inode != other.inode
    });
    let links = links.filter_map(|entry| {
        Some(Link {
            inode: entry.inode,
            pids: held_by(entry.peer?),
        })
    });
    Ok(Peers {
        links: links.collect(),
        server,
    })
}

/// Socket inode → processes that hold it. Processes of other people cannot be looked into.
fn holders() -> BTreeMap<u64, BTreeSet<i32>> {
    let mut holders: BTreeMap<u64, BTreeSet<i32>> = BTreeMap::new();
    let all = procfs::process::all_processes().into_iter().flatten();
    for process in all.flatten() {
        let Ok(fds) = process.fd() else { continue };
        for fd in fds.flatten() {
            if let FDTarget::Socket(inode) = fd.target {
                holders.entry(inode).or_default().insert(process.pid);
            }
        }
    }
    holders
}

/// The program of a process, by the kernel.
pub fn program(pid: i32) -> String {
    let process = Process::new(pid);
    let exe = process.as_ref().ok().and_then(|p| p.exe().ok());
    let comm = || fs::read_to_string(format!("/proc/{pid}/comm")).ok();
    exe.map(|path| path.display().to_string())
        .or_else(|| comm().map(|name| name.trim().to_owned()))
        .unwrap_or_default()
}

/// Whether a process runs this very file. Its name alone says nothing: in a mount namespace of its own a
/// program can have any.
pub fn runs(pid: i32, file: &Path) -> bool {
    let same = || {
        let (running, file) = (
            fs::metadata(format!("/proc/{pid}/exe")).ok()?,
            fs::metadata(file).ok()?,
        );
        Some((running.dev(), running.ino()) == (file.dev(), file.ino()))
    };
    same().unwrap_or(false)
}

/// Whether `claimed` is a number of process `pid`: also one in a PID namespace of its own (proc_pid_status(5),
/// NSpid), as in a sandbox.
pub fn is_number_of(claimed: i32, pid: i32) -> bool {
    let nested = || {
        let status = Process::new(pid).ok()?.status().ok()?;
        Some(status.nspid?.contains(&claimed))
    };
    claimed == pid || nested().unwrap_or(false)
}

const NETLINK_HEADER: usize = 16;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const DUMP_REQUEST: u16 = 0x301;
const SHOW_NAME_AND_PEER: u32 = 0x5;
const ATTRIBUTE_NAME: u16 = 0;
const ATTRIBUTE_PEER: u16 = 2;
const MESSAGE_ERROR: u16 = 2;
const MESSAGE_DONE: u16 = 3;

fn entries() -> io::Result<Vec<Entry>> {
    let netlink: OwnedFd = socket(
        AddressFamily::Netlink,
        SockType::Datagram,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkSockDiag,
    )?;
    send(netlink.as_raw_fd(), &request(), MsgFlags::empty())?;
    let mut found = Vec::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = recv(netlink.as_raw_fd(), &mut buffer, MsgFlags::empty())?;
        if read(&buffer[..n], &mut found)? {
            return Ok(found);
        }
    }
}

fn request() -> Vec<u8> {
    let mut bytes = Vec::new();
    let length = (NETLINK_HEADER + 24) as u32;
    bytes.extend(length.to_ne_bytes());
    bytes.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    bytes.extend(DUMP_REQUEST.to_ne_bytes());
    bytes.extend([0; 8]);
    // unix_diag_req: family, protocol, padding, states, inode, what to show, cookie.
    bytes.extend([AddressFamily::Unix as u8, 0, 0, 0]);
    bytes.extend(u32::MAX.to_ne_bytes());
    bytes.extend([0; 4]);
    bytes.extend(SHOW_NAME_AND_PEER.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes
}

/// Reads one datagram of the list; true at its end.
fn read(mut bytes: &[u8], found: &mut Vec<Entry>) -> io::Result<bool> {
    while let Some(length) = u32_at(bytes, 0) {
        let length = (length as usize).min(bytes.len());
        if length < NETLINK_HEADER {
            break;
        }
        let (message, rest) = bytes.split_at(length);
        match u16_at(message, 4) {
            Some(MESSAGE_DONE) => return Ok(true),
            Some(MESSAGE_ERROR) => {
                return Err(io::Error::other("the kernel does not list sockets"));
            }
            _ => found.extend(entry(&message[NETLINK_HEADER..])),
        }
        bytes = &rest[(aligned(length) - length).min(rest.len())..];
    }
    Ok(false)
}

fn entry(message: &[u8]) -> Option<Entry> {
    // unix_diag_msg: family, type, state, padding, inode, cookie; attributes follow.
    let inode = u32_at(message, 4)?.into();
    let (mut name, mut peer) = (Vec::new(), None);
    let mut rest = message.get(16..)?;
    while let (Some(length), Some(kind)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let length = usize::from(length).clamp(4, rest.len());
        let value = &rest[4..length];
        match kind {
            ATTRIBUTE_NAME => name = value.to_vec(),
            ATTRIBUTE_PEER => peer = u32_at(value, 0).map(u64::from).filter(|peer| *peer != 0),
            _ => {}
        }
        rest = &rest[aligned(length).min(rest.len())..];
    }
    Some(Entry { inode, name, peer })
}

fn aligned(length: usize) -> usize {
    length.next_multiple_of(4)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let bytes = bytes.get(at..at + 2)?;
    Some(u16::from_ne_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn the_other_end_is_found_whatever_it_says() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        let ours = UnixStream::connect(&path).unwrap();
        let (_accepted, _) = listener.accept().unwrap();
        // Another client, which is a process of its own: its standard input is the connection.
        let theirs = UnixStream::connect(&path).unwrap();
        let (kept, _) = listener.accept().unwrap();
        let mut child = std::process::Command::new("cat")
            .stdin(std::process::Stdio::from(OwnedFd::from(theirs)))
            .spawn()
            .unwrap();
        let found = peers(&ours).unwrap();
        let own = std::process::id() as i32;
        assert_eq!(found.server, [own].into());
        let inode = fstat(&kept).unwrap().st_ino;
        let link = found.links.iter().find(|link| link.inode == inode).unwrap();
        assert_eq!(link.pids, [child.id() as i32].into());
        assert!(program(child.id() as i32).ends_with("cat"));
        drop(kept);
        child.wait().unwrap();
    }

    #[test]
    fn damaged_lists_are_read_as_far_as_they_go() {
        let mut bytes = request();
        for n in 0..bytes.len() {
            let _ = read(&bytes[..n], &mut Vec::new());
            bytes[n] ^= 0xff;
            let _ = read(&bytes, &mut Vec::new());
        }
    }

    #[test]
    fn a_process_is_known_by_its_file_and_not_by_the_name_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let own = std::process::id() as i32;
        let program = std::env::current_exe().unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&program, &link).unwrap();
        assert!(runs(own, &program) && runs(own, &link));
        let copy = dir.path().join("copy");
        fs::copy(&program, &copy).unwrap();
        assert!(!runs(own, &copy));
        assert!(!runs(own, Path::new("/nowhere")));
    }

    #[test]
    fn numbers_of_a_process() {
        let own = std::process::id() as i32;
        assert!(is_number_of(own, own));
        assert!(!is_number_of(own + 1, own));
    }
}
