//! A socket for packets (packet(7)), for a process that has no right to make one.

use std::io::{IoSlice, stdin};
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    AddressFamily, ControlMessage, MsgFlags, SockFlag, SockType, sendmsg, socket,
};

/// Opens a socket, bound to no interface and of no protocol, so that nothing arrives at it yet, and sends it by
/// standard input. Whoever holds it may bind it to any interface: that is the right that was given with the helper's.
pub fn hand_over() -> nix::Result<()> {
    let packets = socket(
        AddressFamily::Packet,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        None,
    )?;
    let rights = [packets.as_raw_fd()];
    let message = [ControlMessage::ScmRights(&rights)];
    let sent = sendmsg::<()>(
        stdin().as_raw_fd(),
        &[IoSlice::new(b"p")],
        &message,
        MsgFlags::MSG_NOSIGNAL,
        None,
    );
    sent.map(drop)
}
