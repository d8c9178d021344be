//! The other end of a call.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread;

use crate::app::TELEMETRY_PORT;
use crate::https;
use crate::sound::{Loudspeaker, RATE_HZ};

/// Answers `hello`, and plays RTP with G.711 µ-law where it is asked to. Takes posts on TCP, same
/// port.
pub fn run(listen: SocketAddr, play: bool) -> io::Result<()> {
    let socket = UdpSocket::bind(listen)?;
    let posts = TcpListener::bind(listen)?;
    https::serve(TcpListener::bind((listen.ip(), TELEMETRY_PORT))?)?;
    thread::spawn(move || {
        for stream in posts.incoming().flatten() {
            thread::spawn(move || answer(stream));
        }
    });
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

/// Thanks for every request of a connection and looks at none: each comes in one piece.
fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0u8; 4096];
    while stream.read(&mut request)? > 0 {
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
    Ok(())
}
