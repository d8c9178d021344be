//! As many datagrams as the machine can carry.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::app::datagrams;

/// Nobody listens there (RFC 863 would have it dropped).
const DISCARD_PORT: u16 = 9;

/// Datagrams that are handed over at once, and bytes of each.
const AT_ONCE: usize = 64;
const BYTES: usize = 1_400;

/// Sends from here on, in a thread of its own, until the process ends; counts what was sent.
pub fn begin(to: SocketAddr) -> io::Result<Arc<AtomicU64>> {
    let sent = Arc::new(AtomicU64::new(0));
    let counted = sent.clone();
    let socket = datagrams(to)?;
    socket.connect((to.ip(), DISCARD_PORT))?;
    thread::spawn(move || {
        let mut payload = [0u8; BYTES];
        let mut part = libc::iovec {
            iov_base: payload.as_mut_ptr().cast(),
            iov_len: BYTES,
        };
        let message = libc::mmsghdr {
            msg_hdr: libc::msghdr {
                msg_name: null_mut(),
                msg_namelen: 0,
                msg_iov: &mut part,
                msg_iovlen: 1,
                msg_control: null_mut(),
                msg_controllen: 0,
                msg_flags: 0,
            },
            msg_len: 0,
        };
        let mut messages = [message; AT_ONCE];
        loop {
            // SAFETY: the messages are as many as is said; they, their one part and its bytes outlive the call.
            // That nobody listens, and that a queue is full, ends nothing.
            let n = unsafe {
                libc::sendmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), AT_ONCE as u32, 0)
            };
            counted.fetch_add(u64::try_from(n).unwrap_or(0), Ordering::Relaxed);
        }
    });
    Ok(sent)
}
