//! The other end of a call.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use crate::sound::{Loudspeaker, RATE_HZ};

/// Answers `hello`, and plays RTP with G.711 µ-law where it is asked to.
pub fn run(listen: SocketAddr, play: bool) -> io::Result<()> {
    let socket = UdpSocket::bind(listen)?;
    let loudspeaker = if play {
        Some(Loudspeaker::open()?)
    } else {
        None
    };
    println!("listening");
    let mut packet = [0u8; 2048];
    loop {
        let (n, from) = socket.recv_from(&mut packet)?;
        let packet = &packet[..n];
        if packet == b"hello" {
            socket.send_to(b"welcome", from)?;
            continue;
        }
        if let (Some(loudspeaker), Some((0x80, _))) = (&loudspeaker, packet.split_first())
            && packet.len() == 172
        {
            let repeat = (RATE_HZ / 8000) as usize;
            let samples = packet[12..].iter().flat_map(|&code| {
                let sample = wire::g711::MU_LAW[usize::from(code)];
                std::iter::repeat_n(sample, repeat)
            });
            loudspeaker.play(samples);
        }
    }
}
