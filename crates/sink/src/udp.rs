//! Names and the time, over UDP. Nothing else is answered there: what speaks QUIC goes back to TCP.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::SystemTime;

use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrIn, recvmsg, sendmsg, setsockopt,
    sockopt,
};

use crate::dns;
use crate::event::Event;
use crate::names::Names;
use crate::ntp;
use crate::out::{Out, now_ns};

/// Longest question.
const DATAGRAM_MAX: usize = 4 << 10;

/// Ports of DNS and of NTP.
pub(crate) const DNS: u16 = 53;
const NTP: u16 = 123;

/// Answers on both ports from now on. Questions of `app` alone are told. Returns ports that are taken.
pub(crate) fn start(app: Ipv4Addr, names: &Arc<Mutex<Names>>, out: &Out) -> io::Result<Vec<u16>> {
    let mut taken = Vec::new();
    let (asked, told) = (names.clone(), out.clone());
    let of_dns = move |from: Ipv4Addr, question: &[u8]| {
        let answered = {
            let mut names = asked.lock().unwrap_or_else(PoisonError::into_inner);
            dns::answer(question, &mut names)?
        };
        if from == app {
            told.tell(&Event::Name {
                t: now_ns(),
                name: answered.name,
                kind: answered.kind,
            });
        }
        Some(answered.answer)
    };
    let of_ntp = |_: Ipv4Addr, question: &[u8]| {
        ntp::answer(question, SystemTime::now()).map(|answer| answer.to_vec())
    };
    if !serve(DNS, of_dns)? {
        taken.push(DNS);
    }
    if !serve(NTP, of_ntp)? {
        taken.push(NTP);
    }
    Ok(taken)
}

/// Answers what comes to a port, from the address that was called; whether the port was free.
fn serve(
    port: u16,
    mut answer: impl FnMut(Ipv4Addr, &[u8]) -> Option<Vec<u8>> + Send + 'static,
) -> io::Result<bool> {
    let socket = match UdpSocket::bind(SocketAddr::from(([0, 0, 0, 0], port))) {
        Ok(socket) => socket,
        Err(e) if e.kind() == io::ErrorKind::AddrInUse => return Ok(false),
        Err(e) => return Err(e),
    };
    setsockopt(&socket, sockopt::Ipv4PacketInfo, &true)?;
    thread::spawn(move || {
        let mut datagram = vec![0; DATAGRAM_MAX];
        loop {
            // An unreachable end of an earlier answer is told here, and is no reason to stop.
            let Ok(Some((from, called, len))) = receive(&socket, &mut datagram) else {
                continue;
            };
            if let Some(said) = answer(*from.ip(), &datagram[..len]) {
                let _ = send(&socket, from, called, &said);
            }
        }
    });
    Ok(true)
}

/// Who asked, which address they called, and how long the question is.
fn receive(
    socket: &UdpSocket,
    datagram: &mut [u8],
) -> io::Result<Option<(SocketAddrV4, Ipv4Addr, usize)>> {
    let mut parts = [IoSliceMut::new(datagram)];
    let mut space = nix::cmsg_space!(libc::in_pktinfo);
    let fd = socket.as_raw_fd();
    let got = recvmsg::<SockaddrIn>(fd, &mut parts, Some(&mut space), MsgFlags::empty())?;
    let called = got.cmsgs()?.find_map(|message| match message {
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            Some(Ipv4Addr::from_bits(u32::from_be(info.ipi_addr.s_addr)))
        }
        _ => None,
    });
    let from = got
        .address
        .map(|from| SocketAddrV4::new(from.ip(), from.port()));
    Ok(from
        .zip(called)
        .map(|(from, called)| (from, called, got.bytes)))
}

fn send(socket: &UdpSocket, to: SocketAddrV4, from: Ipv4Addr, bytes: &[u8]) -> io::Result<()> {
    let info = libc::in_pktinfo {
        ipi_ifindex: 0,
        ipi_spec_dst: libc::in_addr {
            s_addr: from.to_bits().to_be(),
        },
        ipi_addr: libc::in_addr { s_addr: 0 },
    };
    let control = [ControlMessage::Ipv4PacketInfo(&info)];
    let (fd, parts) = (socket.as_raw_fd(), [IoSlice::new(bytes)]);
    sendmsg(
        fd,
        &parts,
        &control,
        MsgFlags::empty(),
        Some(&SockaddrIn::from(to)),
    )?;
    Ok(())
}
