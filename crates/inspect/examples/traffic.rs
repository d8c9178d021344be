//! Makes captures to measure by: the same bytes for the same seed, size and mix.
//!
//! `traffic mixed|audio|many MEGABYTES SEED > FILE`; `many` is `mixed` of more calls.

use std::io::{self, Write};

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.word() % n
    }
}

/// A call: one flow of each kind, to a server of its own.
struct Call {
    index: u32,
    sound: Source,
    picture: Source,
}

/// A source of RTP: what its next packet has.
struct Source {
    payload_type: u8,
    sequence: u16,
    timestamp: u32,
}

impl Source {
    fn new(payload_type: u8, dice: &mut Dice) -> Source {
        Source {
            payload_type,
            sequence: dice.word() as u16,
            timestamp: dice.word() as u32,
        }
    }
}

/// Ticks of 20 ms at 48 kHz.
const SOUND_TICKS: u32 = 960;
/// Ticks of a thirtieth of a second at 90 kHz, and how many packets a picture has.
const PICTURE_TICKS: u32 = 3_000;
const PICTURE_PACKETS: u16 = 8;

const CALLS: u32 = 64;
const MANY_CALLS: u32 = 4_096;
/// Random bytes that payloads are cut from.
const NOISE: usize = 1 << 16;

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (mix, size, seed) = match args.as_slice() {
        [mix, size, seed] => (mix.as_str(), number(size)?, number(seed)?),
        _ => {
            return Err(io::Error::other(
                "traffic mixed|audio|many MEGABYTES SEED > FILE",
            ));
        }
    };
    let mut dice = Dice(seed);
    let noise: Vec<u8> = (0..NOISE / 8)
        .flat_map(|_| dice.word().to_le_bytes())
        .collect();
    let n_calls = match mix {
        "many" => MANY_CALLS,
        _ => CALLS,
    };
    let mut calls: Vec<Call> = (0..n_calls)
        .map(|index| Call {
            index,
            sound: Source::new(111, &mut dice),
            picture: Source::new(96, &mut dice),
        })
        .collect();
    let mut out = io::BufWriter::with_capacity(1 << 20, io::stdout().lock());
    // pcap, microseconds, Ethernet.
    for word in [0xA1B2_C3D4u32, 0x0004_0002, 0, 0, 65_535, 1] {
        out.write_all(&word.to_le_bytes())?;
    }
    let (mut written, mut t_us) = (24, 1_700_000_000_000_000u64);
    let mut payload = Vec::with_capacity(2_048);
    while written < size * 1_000_000 {
        let call = &mut calls[dice.below(u64::from(n_calls)) as usize];
        t_us += dice.below(200);
        payload.clear();
        let port = kind(mix, call, &mut dice, &noise, &mut payload);
        written += packet(&mut out, t_us, call, port, &payload)?;
    }
    out.flush()
}

fn number(text: &str) -> io::Result<u64> {
    text.parse().map_err(io::Error::other)
}

/// What the port says of the transport.
enum Port {
    Udp(u16),
    Tcp(u16),
}

fn kind(mix: &str, call: &mut Call, dice: &mut Dice, noise: &[u8], out: &mut Vec<u8>) -> Port {
    let random = |out: &mut Vec<u8>, n: u64, dice: &mut Dice| {
        let at = dice.below(NOISE as u64 - 2_048) as usize;
        out.extend_from_slice(&noise[at..at + n as usize]);
    };
    match (mix, dice.below(1_000)) {
        ("audio", _) => {
            rtp(call.index, &mut call.sound, dice.below(64) as u8, out);
            let n = 40 + dice.below(80);
            random(out, n, dice);
            Port::Udp(5_000)
        }
        (_, 0..=249) => {
            rtp(call.index, &mut call.sound, dice.below(64) as u8, out);
            let n = 60 + dice.below(120);
            random(out, n, dice);
            Port::Udp(5_000)
        }
        (_, 250..=799) => {
            rtp(call.index, &mut call.picture, 0, out);
            let n = 900 + dice.below(250);
            random(out, n, dice);
            Port::Udp(5_002)
        }
        (_, 800..=819) => {
            out.extend([0, 1, 0, 88, 0x21, 0x12, 0xA4, 0x42]);
            random(out, 100, dice);
            Port::Udp(5_000)
        }
        (_, 820..=829) => {
            out.extend([23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 7, 0, 200]);
            random(out, 200, dice);
            Port::Udp(5_000)
        }
        (_, 830..=909) => {
            match dice.below(50) {
                0 => out.extend([0xC3, 0, 0, 0, 1, 8]),
                _ => out.push(0x43),
            }
            let n = 600 + dice.below(600);
            random(out, n, dice);
            Port::Udp(443)
        }
        (_, 910..=989) => {
            let n = 200 + dice.below(1_000);
            out.extend([23, 3, 3, (n >> 8) as u8, n as u8]);
            random(out, n, dice);
            Port::Tcp(443)
        }
        _ => {
            out.extend([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
            out.extend(b"\x05media\x07example\x00\x00\x01\x00\x01");
            Port::Udp(53)
        }
    }
}

/// A header with an extension: a level, and a number of three bytes.
fn rtp(call: u32, source: &mut Source, level: u8, out: &mut Vec<u8>) {
    let is_last = source.sequence % PICTURE_PACKETS == PICTURE_PACKETS - 1;
    let is_picture = source.payload_type == 96;
    let marker = u8::from(is_picture && is_last) << 7;
    out.extend([0x90, marker | source.payload_type]);
    out.extend(source.sequence.to_be_bytes());
    out.extend(source.timestamp.to_be_bytes());
    out.extend((call << 8 | u32::from(source.payload_type)).to_be_bytes());
    out.extend([0xBE, 0xDE, 0, 2, 0x10, 0x80 | level, 0x22, 1, 2, 3, 0, 0]);
    source.sequence = source.sequence.wrapping_add(1);
    let ticks = match (is_picture, is_last) {
        (false, _) => SOUND_TICKS,
        (true, true) => PICTURE_TICKS,
        (true, false) => 0,
    };
    source.timestamp = source.timestamp.wrapping_add(ticks);
}

fn packet(
    out: &mut impl Write,
    t_us: u64,
    call: &Call,
    port: Port,
    payload: &[u8],
) -> io::Result<u64> {
    let (protocol, head, port) = match port {
        Port::Udp(port) => (17, 8, port),
        Port::Tcp(port) => (6, 20, port),
    };
    let len = 14 + 20 + head + payload.len();
    let mut frame = [0u8; 54];
    frame[..14].copy_from_slice(&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0]);
    frame[14] = 0x45;
    frame[16..18].copy_from_slice(&((len - 14) as u16).to_be_bytes());
    frame[22..24].copy_from_slice(&[64, protocol]);
    let [.., high, low] = call.index.to_be_bytes();
    frame[26..30].copy_from_slice(&[10, 0, high, low]);
    // Addresses for documentation (RFC 5737), and where they do not suffice, for measurements (RFC 2544).
    let [second, third] = if high == 0 { [51, 100] } else { [18, high] };
    frame[30..34].copy_from_slice(&[198, second, third, low]);
    frame[34..36].copy_from_slice(&(40_000 + call.index as u16).to_be_bytes());
    frame[36..38].copy_from_slice(&port.to_be_bytes());
    match protocol {
        17 => frame[38..40].copy_from_slice(&((8 + payload.len()) as u16).to_be_bytes()),
        _ => frame[46..48].copy_from_slice(&[0x50, 0x10]),
    }
    for word in [
        (t_us / 1_000_000) as u32,
        (t_us % 1_000_000) as u32,
        len as u32,
        len as u32,
    ] {
        out.write_all(&word.to_le_bytes())?;
    }
    out.write_all(&frame[..34 + head])?;
    out.write_all(payload)?;
    Ok(16 + len as u64)
}
