//! What a client sent over TLS is read again, from recorded connections and from real programs.

mod common;

use common::{Recorded, SAMPLES, content, openssl};
use proptest::prelude::*;
use wire::tls::{Keys, Piece, Session, Side, Unread};

fn sample(name: &str) -> Recorded {
    let found = SAMPLES.iter().find(|(n, _)| *n == name);
    Recorded::parse(found.unwrap().1)
}

/// What the samples say.
fn lines() -> [String; 2] {
    let request = "POST /v1/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 21\r\n\r\n";
    [
        format!("{request}\n"),
        "{\"level\": [1, 2, 3]}\n".to_owned(),
    ]
}

const CIPHERS: [(&str, &str); 7] = [
    ("13-aes128", "-tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256"),
    (
        "13-aes256",
        "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384 -record_padding 64",
    ),
    (
        "13-chacha20",
        "-tls1_3 -ciphersuites TLS_CHACHA20_POLY1305_SHA256",
    ),
    ("13-update", "-tls1_3"),
    ("12-aes128", "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256"),
    ("12-aes256", "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384"),
    (
        "12-chacha20",
        "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305",
    ),
];

fn made(name: &str, options: &str) -> Recorded {
    let mut lines = lines().to_vec();
    if name == "13-update" {
        // A key update of one side, then one that wants the other to follow.
        lines.splice(1..1, ["k\n".into(), "between\n".into(), "K\n".into()]);
    }
    openssl::record(options, &lines, "Q\n")
}

#[test]
#[ignore = "writes the samples in tests/data anew"]
fn write_samples() {
    for (name, options) in CIPHERS {
        let path = format!("{}/tests/data/tls-{name}.txt", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, made(name, options).to_text()).unwrap();
    }
}

fn check(name: &str, recorded: &Recorded) {
    let (pieces, session) = recorded.pieces(&recorded.keys());
    let read = String::from_utf8(content(&pieces)).unwrap();
    let plain = String::from_utf8(recorded.plain.clone()).unwrap();
    assert_eq!(read.trim_end(), plain.trim_end(), "{name}");
    assert!(read.starts_with("POST /v1/metrics HTTP/1.1\r\n"), "{name}");
    let len: usize = pieces.iter().map(Piece::len).sum();
    assert_eq!(len, recorded.client().len(), "{name}");
    let facts = session.facts();
    assert_eq!(facts.server_name.as_deref(), Some("localhost"), "{name}");
    assert_eq!(facts.alpn_offered, ["h2", "http/1.1"], "{name}");
    assert_eq!(facts.unread, None, "{name}");
    let version = if name.starts_with("13") {
        0x0304
    } else {
        0x0303
    };
    assert_eq!(facts.version, Some(version), "{name}");
    let chosen = (version == 0x0303).then_some("http/1.1");
    assert_eq!(facts.alpn.as_deref(), chosen, "{name}");
}

#[test]
fn recorded_connections_are_read() {
    for (name, text) in SAMPLES {
        check(name, &Recorded::parse(text));
    }
}

#[test]
fn real_programs_are_read() {
    if !openssl::installed("openssl", "version") {
        return;
    }
    for (name, options) in CIPHERS {
        check(name, &made(name, options));
    }
}

#[test]
fn what_could_say_something_by_itself_is_not_called_read() {
    let of = |name| {
        let recorded = sample(name);
        let (pieces, _) = recorded.pieces(&recorded.keys());
        pieces
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Content {
                    nonce,
                    padding,
                    content,
                    ..
                } => Some((nonce, padding, content.len())),
                Piece::Unread { .. } => None,
            })
            .collect::<Vec<_>>()
    };
    for (nonce, padding, content) in of("13-aes256") {
        // Padded to 64 bytes with the byte that says the type.
        assert_eq!((nonce, (padding + content + 1) % 64), (0, 0));
        assert!(padding > 20);
    }
    for name in ["12-aes128", "12-chacha20"] {
        // Each nonce is one more than the one before it, that of the handshake's last message.
        assert!(
            of(name)
                .iter()
                .all(|(nonce, padding, _)| nonce + padding == 0)
        );
    }
}

#[test]
fn without_its_key_a_connection_is_only_told_about() {
    for (name, text) in SAMPLES {
        let recorded = Recorded::parse(text);
        let (pieces, session) = recorded.pieces(&Keys::default());
        assert!(content(&pieces).is_empty(), "{name}");
        let facts = session.facts();
        assert_eq!(facts.unread, Some(Unread::NoKey), "{name}");
        assert_eq!(facts.server_name.as_deref(), Some("localhost"), "{name}");
    }
}

#[test]
fn the_servers_hello_may_come_late_and_is_not_needed_for_13() {
    for (name, text) in SAMPLES {
        let mut recorded = Recorded::parse(text);
        let keys = recorded.keys();
        let read = content(&recorded.pieces(&keys).0);
        recorded.sent.sort_by_key(|(side, _)| *side == Side::Server);
        assert_eq!(content(&recorded.pieces(&keys).0), read, "{name}: late");
        recorded.sent.retain(|(side, _)| *side == Side::Client);
        let alone = content(&recorded.pieces(&keys).0);
        let expected = if name.starts_with("13") { read } else { vec![] };
        assert_eq!(alone, expected, "{name}: alone");
    }
}

#[test]
fn suites_that_are_not_read_are_told() {
    // The server chose CBC (0xC009) in place of what it did choose.
    let mut recorded = sample("12-aes128");
    let (_, bytes) = recorded
        .sent
        .iter_mut()
        .find(|(side, _)| *side == Side::Server)
        .unwrap();
    let at = bytes.windows(2).position(|w| w == [0xC0, 0x2B]).unwrap();
    bytes[at + 1] = 0x09;
    let (pieces, session) = recorded.pieces(&recorded.keys());
    assert!(content(&pieces).is_empty());
    assert_eq!(session.facts().unread, Some(Unread::Cipher));
}

/// Where the client's records lie.
fn records(client: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut at, mut out) = (0, Vec::new());
    while at < client.len() {
        let len = usize::from(u16::from_be_bytes([client[at + 3], client[at + 4]]));
        out.push(at..at + 5 + len);
        at += 5 + len;
    }
    out
}

/// The client's bytes without those in `hole`, which is told.
fn with_hole(recorded: &Recorded, hole: std::ops::Range<usize>) -> (Vec<Piece>, Session) {
    let keys = recorded.keys();
    let mut session = Session::default();
    let mut pieces = Vec::new();
    let mut on = |piece| pieces.push(piece);
    let mut at = 0;
    for (side, bytes) in &recorded.sent {
        if *side == Side::Server {
            session.push(*side, bytes, &keys, &mut on);
            continue;
        }
        let (from, to) = (at, at + bytes.len());
        let place = |at: usize| at.clamp(from, to) - from;
        let before = &bytes[..place(hole.start)];
        let after = &bytes[place(hole.end)..];
        session.push(*side, before, &keys, &mut on);
        if (from..to).contains(&hole.start) {
            session.gap(*side, hole.len() as u64, &keys, &mut on);
        }
        session.push(*side, after, &keys, &mut on);
        at = to;
    }
    session.finish(&keys, &mut on);
    (pieces, session)
}

#[test]
fn behind_a_hole_the_next_record_is_read() {
    for name in ["13-aes128", "13-chacha20", "12-aes256", "12-chacha20"] {
        let recorded = sample(name);
        let client = recorded.client();
        let records = records(&client);
        // The last three: two of data, and the farewell.
        let [.., first, second, _] = &records[..] else {
            panic!()
        };
        let [a, b] = lines().map(|l| l.len());
        assert_eq!(content(&recorded.pieces(&recorded.keys()).0).len(), a + b);
        let inside = first.start + 8..first.end - 3;
        let whole = first.clone();
        let over_the_edge = first.start - 4..first.end;
        let into_the_next = first.end - 3..second.start + 2;
        for (hole, left) in [
            (inside, b),
            (whole, b),
            (over_the_edge, b),
            (into_the_next, 0),
        ] {
            let (pieces, _) = with_hole(&recorded, hole.clone());
            assert_eq!(content(&pieces).len(), left, "{name} {hole:?}");
            let len: usize = pieces.iter().map(Piece::len).sum();
            assert_eq!(len, client.len() - hole.len(), "{name} {hole:?}");
        }
    }
}

#[test]
fn lines_of_a_key_log() {
    use wire::tls::{Label, line};
    let text = |label: &str, random: usize, secret: usize| {
        format!("{label} {} {}", "ab".repeat(random), "cd".repeat(secret))
    };
    let label = |text: &str| line(text).map(|l| l.label);
    let of = |l, r, s| label(&text(l, r, s));
    assert_eq!(of("CLIENT_RANDOM", 32, 48), Some(Label::Master));
    assert_eq!(of("CLIENT_RANDOM", 32, 32), None);
    assert_eq!(of("CLIENT_RANDOM", 31, 48), None);
    assert_eq!(
        of("CLIENT_TRAFFIC_SECRET_7", 32, 32),
        Some(Label::ClientTraffic(7))
    );
    assert_eq!(
        of("SERVER_TRAFFIC_SECRET_0", 32, 48),
        Some(Label::ServerTraffic(0))
    );
    assert_eq!(
        of("CLIENT_EARLY_TRAFFIC_SECRET", 32, 48),
        Some(Label::ClientEarly)
    );
    assert_eq!(of("EXPORTER_SECRET", 32, 48), None);
    assert_eq!(of("CLIENT_TRAFFIC_SECRET_x", 32, 48), None);
    assert_eq!(label("# comment"), None);
    assert_eq!(
        label(&format!("{}\r", text("CLIENT_RANDOM", 32, 48))),
        Some(Label::Master)
    );
    assert_eq!(
        label(&format!("{} more", text("CLIENT_RANDOM", 32, 48))),
        None
    );
    let secret = line(&text("CLIENT_RANDOM", 32, 48)).unwrap();
    assert!(!format!("{secret:?}").contains("205"), "{secret:?}");
}

#[test]
fn keys_are_bounded() {
    let mut log = String::new();
    for n in 0..wire::tls::CONNECTIONS_MAX + 3 {
        log.push_str(&format!("CLIENT_RANDOM {n:064x} {}\n", "00".repeat(48)));
    }
    let keys = Keys::parse(log.as_bytes());
    assert_eq!(
        (keys.len(), keys.n_left_out()),
        (wire::tls::CONNECTIONS_MAX, 3)
    );
}

fn every_byte_once(recorded: &Recorded, gaps: &[u64]) -> Result<(), TestCaseError> {
    let keys = recorded.keys();
    let mut session = Session::default();
    let mut len = 0;
    let mut on = |piece: Piece| len += piece.len();
    for (n, (side, bytes)) in recorded.sent.iter().enumerate() {
        session.push(*side, bytes, &keys, &mut on);
        if let Some(gap) = gaps.get(n).filter(|gap| **gap > 0) {
            session.gap(*side, *gap, &keys, &mut on);
        }
    }
    session.finish(&keys, &mut on);
    prop_assert_eq!(len, recorded.client().len());
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes_of_both_sides(
        sent in prop::collection::vec((any::<bool>(), any::<Vec<u8>>()), 0..8),
        keylog: String,
        gaps in prop::collection::vec(0u64..3, 0..8),
    ) {
        let side = |client| if client { Side::Client } else { Side::Server };
        let sent = sent.into_iter().map(|(client, bytes)| (side(client), bytes)).collect();
        every_byte_once(&Recorded { sent, keylog, plain: Vec::new() }, &gaps)?;
    }

    #[test]
    fn damaged_connections(
        (_, text) in prop::sample::select(&SAMPLES[..]),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in prop::option::of((any::<prop::sample::Index>(), any::<prop::sample::Index>())),
        gaps in prop::collection::vec(prop_oneof![Just(0u64), 0u64..5_000], 0..12),
    ) {
        let mut recorded = Recorded::parse(text);
        for (which, at, with) in damage {
            let bytes = which.get(&recorded.sent).1.len();
            let which = which.index(recorded.sent.len());
            recorded.sent[which].1[at.index(bytes)] = with;
        }
        if let Some((which, at)) = cut {
            let which = which.index(recorded.sent.len());
            let len = recorded.sent[which].1.len();
            recorded.sent[which].1.truncate(at.index(len));
        }
        every_byte_once(&recorded, &gaps)?;
    }

    #[test]
    fn the_cuts_do_not_matter(
        (_, text) in prop::sample::select(&SAMPLES[..]),
        at in prop::collection::vec(1usize..400, 1..20),
    ) {
        let recorded = Recorded::parse(text);
        let keys = recorded.keys();
        let mut cut = recorded.clone();
        cut.sent = Vec::new();
        let mut lens = at.iter().cycle();
        for (side, bytes) in &recorded.sent {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (head, after) = rest.split_at(rest.len().min(*lens.next().unwrap()));
                cut.sent.push((*side, head.to_vec()));
                rest = after;
            }
        }
        prop_assert_eq!(content(&cut.pieces(&keys).0), content(&recorded.pieces(&keys).0));
    }
}
