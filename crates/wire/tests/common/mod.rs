//! Recorded TLS connections, and real programs that make new ones.
#![allow(dead_code, reason = "each test takes what it needs")]

pub mod openssl;
pub mod tshark;

use wire::tls::{Keys, Piece, Session, Side};

/// What both sides sent, in the order in which it came, and the key log.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    pub sent: Vec<(Side, Vec<u8>)>,
    pub keylog: String,
    /// What the server's program was handed.
    pub plain: Vec<u8>,
}

impl Recorded {
    /// One line each: `C` and `S` what was sent, `K` the key log, `P` what the server understood.
    pub fn parse(text: &str) -> Recorded {
        let mut recorded = Recorded::default();
        for line in text.lines() {
            let (kind, rest) = line.split_once(' ').unwrap();
            match kind {
                "K" => recorded.keylog.extend([rest, "\n"]),
                "P" => recorded.plain.extend(hex::decode(rest).unwrap()),
                "C" => recorded
                    .sent
                    .push((Side::Client, hex::decode(rest).unwrap())),
                _ => recorded
                    .sent
                    .push((Side::Server, hex::decode(rest).unwrap())),
            }
        }
        recorded
    }

    pub fn to_text(&self) -> String {
        let sent = self.sent.iter().map(|(side, bytes)| {
            let side = if *side == Side::Client { "C" } else { "S" };
            format!("{side} {}\n", hex::encode(bytes))
        });
        let keys = self.keylog.lines().map(|line| format!("K {line}\n"));
        let plain = format!("P {}\n", hex::encode(&self.plain));
        sent.chain(keys).chain([plain]).collect()
    }

    pub fn keys(&self) -> Keys {
        Keys::parse(self.keylog.as_bytes())
    }

    pub fn client(&self) -> Vec<u8> {
        let client = self.sent.iter().filter(|(side, _)| *side == Side::Client);
        client.flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    pub fn pieces(&self, keys: &Keys) -> (Vec<Piece>, Session) {
        let mut session = Session::default();
        let mut pieces = Vec::new();
        for (side, bytes) in &self.sent {
            session.push(*side, bytes, keys, &mut |piece| pieces.push(piece));
        }
        session.finish(keys, &mut |piece| pieces.push(piece));
        (pieces, session)
    }
}

/// What was read, in one.
pub fn content(pieces: &[Piece]) -> Vec<u8> {
    let contents = pieces.iter().filter_map(|piece| match piece {
        Piece::Content { content, .. } => Some(content.clone()),
        Piece::Unread { .. } => None,
    });
    contents.collect::<Vec<_>>().concat()
}

/// The samples in `tests/data`, by cipher.
pub const SAMPLES: [(&str, &str); 7] = [
    ("13-aes128", include_str!("../data/tls-13-aes128.txt")),
    ("13-aes256", include_str!("../data/tls-13-aes256.txt")),
    ("13-chacha20", include_str!("../data/tls-13-chacha20.txt")),
    ("13-update", include_str!("../data/tls-13-update.txt")),
    ("12-aes128", include_str!("../data/tls-12-aes128.txt")),
    ("12-aes256", include_str!("../data/tls-12-aes256.txt")),
    ("12-chacha20", include_str!("../data/tls-12-chacha20.txt")),
];
