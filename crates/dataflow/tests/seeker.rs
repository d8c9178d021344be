//! Canaries in captures: over segments, in what keys open, and not in what comes in.

use dataflow::canary::{Canary, CanaryKind, Needles};
use dataflow::{Escaped, Finds, Frame, Origin, Seeker, Watcher};
use etherparse::PacketBuilder;

const DEVICE: ([u8; 4], u16) = ([192, 168, 1, 7], 40_000);
const SERVER: ([u8; 4], u16) = ([203, 0, 113, 9], 443);

/// A connection of the device's: what each side sends, in turn.
struct Connection {
    frames: Vec<Vec<u8>>,
    next: [u32; 2],
}

impl Connection {
    fn new() -> Connection {
        Connection {
            frames: Vec::new(),
            next: [1_000, 2_000],
        }
    }

    fn say(&mut self, from_device: bool, bytes: &[u8]) {
        let (from, to) = if from_device {
            (DEVICE, SERVER)
        } else {
            (SERVER, DEVICE)
        };
        let next = &mut self.next[usize::from(!from_device)];
        let builder = PacketBuilder::ethernet2([1; 6], [2; 6]).ipv4(from.0, to.0, 64);
        let mut frame = Vec::new();
        let builder = builder.tcp(from.1, to.1, *next, 1_000).ack(1);
        builder.write(&mut frame, bytes).unwrap();
        *next += bytes.len() as u32;
        self.frames.push(frame);
    }

    fn finds(&self, keys: &str, value: &str) -> Finds {
        let canary = Canary {
            name: "it".to_owned(),
            kind: CanaryKind::Other,
            value: value.to_owned(),
        };
        let needles = Needles::new(&[canary]).unwrap();
        let mut seeker = Seeker::new(&needles);
        let mut watcher = Watcher::new([DEVICE.0.into()]);
        seeker.keys(keys.as_bytes());
        for data in &self.frames {
            let frame = Frame {
                t_ns: None,
                link_type: wire::link::ETHERNET,
                data,
                orig_len: data.len() as u32,
                moment: None,
            };
            watcher.push(&frame, None);
            seeker.push(&frame);
        }
        seeker.finish(&watcher.finish(Origin::Capture))
    }
}

fn only(finds: Finds) -> (Escaped, u64) {
    assert_eq!(finds.len(), 1, "{finds:#?}");
    finds.into_iter().next().unwrap()
}

#[test]
fn a_message_in_three_segments_is_searched_as_one_and_answers_are_not() {
    let mut connection = Connection::new();
    let request = b"POST /v1 HTTP/1.1\r\nHost: t.example.net\r\nContent-Length: 27\r\n\r\n{\"serial\":\"QX-7781-abcdef\"}";
    for part in request.chunks(36) {
        connection.say(true, part);
    }
    connection.say(false, b"HTTP/1.1 200 OK\r\nX: QX-7781-abcdef\r\n\r\n");
    let (found, n) = only(connection.finds("", "QX-7781-abcdef"));
    assert_eq!(
        (found.path.as_str(), n),
        ("POST t.example.net/v1 $.serial", 1)
    );
    assert_eq!(found.receiver.as_deref(), Some("t.example.net"));
    assert_eq!((found.sure, found.clear), (true, Some(true)));
    assert!(connection.finds("", "QX-7781-abcdeg").is_empty());
}

/// A connection that was recorded with its keys (`crates/wire/tests/tls.rs` makes it anew).
#[test]
fn what_the_keys_in_the_capture_open_is_searched() {
    let recorded = include_str!("../../wire/tests/data/tls-13-aes128.txt");
    let mut connection = Connection::new();
    let mut keys = String::new();
    for line in recorded.lines() {
        match line.split_once(' ').unwrap() {
            ("C", bytes) => connection.say(true, &hex::decode(bytes).unwrap()),
            ("S", bytes) => connection.say(false, &hex::decode(bytes).unwrap()),
            ("K", line) => keys += &format!("{line}\n"),
            _ => {}
        }
    }
    let (found, _) = only(connection.finds(&keys, "v1/metrics"));
    assert_eq!(found.clear, Some(false));
    assert!(found.path.starts_with("POST localhost"), "{found:?}");
    // Without the keys it is not read.
    assert!(connection.finds("", "v1/metrics").is_empty());
}
