//! The packets of a device whose way out is this machine: an interface, the device behind it, and a capture of what
//! it alone sends and receives. Nothing here changes the network.

mod capture;
mod device;
mod interface;

pub use capture::{Capture, Captured};
pub use device::{Asked, Device, Nobody, Seen};
pub use interface::{Interface, NoInterface};

use std::io::{self, IoSliceMut, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};

/// A socket for packets, by this process's own right to one.
pub fn packet_socket() -> io::Result<OwnedFd> {
    crate::ring::packet_socket()
}

/// A socket for packets that the privileged helper opens and hands over.
pub fn packet_socket_of(helper: &Path) -> io::Result<OwnedFd> {
    let (ours, theirs) = UnixStream::pair()?;
    let mut child = Command::new(helper)
        .arg("--packets")
        .stdin(OwnedFd::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    // The command that held the other end is gone with this statement's end: a helper that says nothing is not
    // waited for longer than it lives.
    let handed = received(&ours);
    let mut said = String::new();
    if let Some(mut err) = child.stderr.take() {
        err.read_to_string(&mut said)?;
    }
    child.wait()?;
    handed?.ok_or_else(|| {
        let line = said.lines().next().unwrap_or("it handed nothing over");
        io::Error::other(line.to_owned())
    })
}

/// What came by a socket's control messages.
fn received(from: &UnixStream) -> io::Result<Option<OwnedFd>> {
    let mut byte = [0];
    let mut space = nix::cmsg_space!([i32; 1]);
    let mut parts = [IoSliceMut::new(&mut byte)];
    let flags = MsgFlags::MSG_CMSG_CLOEXEC;
    let message = recvmsg::<()>(from.as_raw_fd(), &mut parts, Some(&mut space), flags)?;
    for part in message.cmsgs()? {
        if let ControlMessageOwned::ScmRights(fds) = part
            && let [fd] = fds[..]
        {
            // SAFETY: the kernel has just made this descriptor for us; nobody else knows of it.
            return Ok(Some(unsafe { OwnedFd::from_raw_fd(fd) }));
        }
    }
    Ok(None)
}
