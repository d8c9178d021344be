//! Segments in any order give the same stream, and streams give the same messages however cut.

use std::net::SocketAddr;

use proptest::prelude::*;
use wire::stream::{Message, Stream};
use wire::tcp::{Event, Segment, Table};

fn key(port: u16) -> (SocketAddr, SocketAddr) {
    let at = |text: &str| -> SocketAddr { text.parse().unwrap() };
    let mut from = at("10.77.0.2:1");
    from.set_port(port);
    (from, at("10.77.0.1:80"))
}

fn segment(seq: u32, syn: bool, payload: &[u8]) -> Segment<'_> {
    Segment {
        key: key(1),
        seq,
        syn,
        payload,
        cut: 0,
    }
}

/// The stream's bytes, `?` for each missing one, with the tag of each.
#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    tags: Vec<u32>,
    starts: usize,
}

impl Seen {
    fn take(&mut self, event: Event) {
        match event {
            Event::Start => self.starts += 1,
            Event::Data { tag, bytes } => {
                self.tags.extend(bytes.iter().map(|_| tag));
                self.bytes.extend(bytes);
            }
            Event::Gap { bytes } => self.bytes.extend((0..bytes).map(|_| b'?')),
            Event::End => {}
        }
    }
}

fn run(segments: &[Segment]) -> Seen {
    let mut seen = Seen::default();
    let mut table = Table::default();
    for (tag, segment) in segments.iter().enumerate() {
        table.push(segment, tag as u32, &mut |_, event| seen.take(event));
    }
    table.finish(&mut |_, event| seen.take(event));
    seen
}

#[test]
fn sent_again_is_handed_on_once() {
    let seen = run(&[
        segment(99, true, b""),
        segment(100, false, b"abc"),
        segment(100, false, b"abcde"),
        segment(101, false, b"bc"),
        segment(105, false, b"f"),
    ]);
    assert_eq!(
        (&seen.bytes[..], &seen.tags[..]),
        (&b"abcdef"[..], &[1, 1, 1, 2, 2, 4][..])
    );
}

#[test]
fn a_hole_that_stays_is_told() {
    let seen = run(&[
        segment(0, false, b"ab"),
        segment(5, false, b"fg"),
        segment(9, false, b"j"),
    ]);
    assert_eq!(seen.bytes, b"ab???fg??j");
    let cut = Segment {
        cut: 3,
        ..segment(0, false, b"ab")
    };
    assert_eq!(run(&[cut, segment(5, false, b"fg")]).bytes, b"ab???fg");
}

#[test]
fn what_waits_is_bounded() {
    let mut seen = Seen::default();
    let mut table = Table::default();
    table.push(&segment(0, true, b""), 0, &mut |_, event| seen.take(event));
    let chunk = vec![7; 1_400];
    for n in 1..400u32 {
        table.push(
            &segment(1 + n * 1_400, false, &chunk),
            n,
            &mut |_, event| seen.take(event),
        );
    }
    // The first segment never came: it was given up, and the rest went on.
    assert_eq!(seen.bytes.len(), 400 * 1_400);
    assert!(seen.bytes[..1_400].iter().all(|&b| b == b'?'));
}

#[test]
fn a_connection_may_begin_anew_and_the_oldest_gives_way() {
    let seen = run(&[
        segment(10, true, b""),
        segment(11, false, b"a"),
        segment(5_000, true, b""),
        segment(5_001, false, b"b"),
    ]);
    assert_eq!((seen.starts, &seen.bytes[..]), (2, &b"ab"[..]));
    let mut table = Table::default();
    let mut ended = Vec::new();
    for port in 1..=wire::tcp::FLOWS_MAX as u16 + 2 {
        let segment = Segment {
            key: key(port),
            ..segment(1, true, b"")
        };
        table.push(&segment, 0, &mut |key, event| {
            if event == Event::End {
                ended.push(key.0.port());
            }
        });
    }
    assert_eq!((table.n_evicted(), ended), (2, vec![1, 2]));
}

/// Three requests, then WebSocket frames with a mask, cut anywhere.
fn conversation() -> Vec<u8> {
    let mut bytes = Vec::new();
    for n in 0..3 {
        let body = format!("{{\"n\":{n},\"level\":-{n}.5}}");
        bytes.extend(
            format!(
                "POST /r HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .bytes(),
        );
    }
    bytes.extend(b"GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n");
    for (first, text) in [
        (0x81u8, "{\"a\":1}"),
        (0x01, "{\"a\""),
        (0x89, ""),
        (0x80, ":2}"),
    ] {
        bytes.extend([first, 0x80 | text.len() as u8, 1, 2, 3, 4]);
        bytes.extend(
            text.bytes()
                .zip([1, 2, 3, 4].iter().cycle())
                .map(|(b, m)| b ^ m),
        );
    }
    bytes
}

fn messages(bytes: &[u8], cuts: &[usize]) -> Vec<Message> {
    let mut stream = Stream::default();
    let mut out = Vec::new();
    let mut from = 0;
    for &to in cuts.iter().chain([&bytes.len()]) {
        stream.push(&bytes[from..to.max(from)], &mut |m| out.push(m));
        from = to.max(from);
    }
    stream.finish(&mut |m| out.push(m));
    out
}

#[test]
fn a_conversation_is_read_whole() {
    let bytes = conversation();
    let all = messages(&bytes, &[]);
    assert_eq!(all.iter().map(|m| m.len).sum::<usize>(), bytes.len());
    assert!(all.iter().all(|m| m.decoded.opaque == 0), "{all:?}");
    let paths: Vec<&str> = all
        .iter()
        .flat_map(|m| &m.decoded.leaves)
        .map(|l| &l.path[..])
        .collect();
    assert_eq!(
        paths.iter().filter(|p| **p == "POST h/r $.level").count(),
        3
    );
    assert_eq!(paths.iter().filter(|p| **p == "ws h/ws $.a").count(), 2);
}

#[test]
fn after_a_hole_the_next_request_is_read() {
    let request = b"POST /r HTTP/1.1\r\nHost: h\r\nContent-Length: 7\r\n\r\n{\"n\":1}";
    let mut stream = Stream::default();
    let mut out = Vec::new();
    stream.push(&request[..30], &mut |m| out.push(m));
    stream.gap(&mut |m| out.push(m));
    stream.push(b"rest of a body", &mut |m| out.push(m));
    stream.push(request, &mut |m| out.push(m));
    let lens: Vec<(usize, usize)> = out.iter().map(|m| (m.len, m.decoded.opaque)).collect();
    assert_eq!(lens, [(30, 30), (14, 14), (request.len(), 0)]);
}

proptest! {
    #[test]
    fn any_segmentation_and_order_give_the_same_stream(
        bytes in prop::collection::vec(any::<u8>(), 1..400),
        pieces in prop::collection::vec((0usize..400, 1usize..80), 1..60),
        isn: u32,
        order in any::<u64>(),
    ) {
        // Pieces that overlap as they like, and a last run that leaves no hole.
        let mut parts: Vec<(usize, usize)> = pieces
            .into_iter()
            .map(|(at, len)| (at % bytes.len(), len))
            .chain((0..bytes.len()).step_by(37).map(|at| (at, 37)))
            .collect();
        parts.sort_by_key(|(at, len)| (*at as u64 * 31 + *len as u64).wrapping_mul(order | 1));
        let mut segments = vec![segment(isn, true, b"")];
        segments.extend(parts.iter().map(|&(at, len)| {
            let seq = isn.wrapping_add(1 + at as u32);
            segment(seq, false, &bytes[at..bytes.len().min(at + len)])
        }));
        prop_assert_eq!(run(&segments).bytes, bytes);
    }

    #[test]
    fn messages_do_not_depend_on_the_cuts(mut cuts in prop::collection::vec(0usize..420, 0..30)) {
        let bytes = conversation();
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(bytes.len()));
        cuts.sort_unstable();
        prop_assert_eq!(messages(&bytes, &cuts), messages(&bytes, &[]));
    }

    #[test]
    fn every_byte_of_any_stream_is_in_one_message(
        start in prop::sample::select(vec!["", "POST / HTTP/1.1\r\n", "{", "GET /w HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"]),
        rest: Vec<u8>,
        cut in 0usize..40,
    ) {
        let bytes = [start.as_bytes(), &rest].concat();
        let all = messages(&bytes, &[cut.min(bytes.len())]);
        prop_assert_eq!(all.iter().map(|m| m.len).sum::<usize>(), bytes.len());
        prop_assert!(all.iter().all(|m| m.decoded.opaque <= m.len));
    }
}
