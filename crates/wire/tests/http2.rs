//! HTTP/2: requests put together from mixed frames, header fields, and that no byte is lost.

use proptest::prelude::*;
use wire::decode::Value;
use wire::http2::hpack::{Decoder, LIST_MAX};
use wire::http2::{PREFACE, REQUESTS_MAX};
use wire::stream::{Message, Stream};

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = (payload.len() as u32).to_be_bytes();
    let mut bytes = vec![a, b, c, kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// A literal that is not kept, as it is.
fn field(name: &str, value: &str) -> Vec<u8> {
    let mut bytes = vec![0, name.len() as u8];
    bytes.extend(name.bytes());
    bytes.push(value.len() as u8);
    bytes.extend(value.bytes());
    bytes
}

/// `POST https://h/r` and more.
fn head(more: &[u8]) -> Vec<u8> {
    [
        &[0x83, 0x87][..],
        &field(":authority", "h"),
        &field(":path", "/r?q=7"),
        more,
    ]
    .concat()
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

/// Two requests whose frames are mixed, padding, a split header block, and what goes around them.
fn conversation() -> Vec<u8> {
    let first = head(&field("content-type", "application/json"));
    let (a, b) = first.split_at(9);
    let padded = [&[3][..], br#""b":2}"#, &[0; 3]].concat();
    [
        PREFACE.to_vec(),
        frame(4, 0, 0, &[0, 4, 0, 1, 0, 0]),
        frame(8, 0, 0, &[0, 0, 1, 0]),
        frame(1, 0, 1, a),
        frame(9, 4, 1, b),
        frame(1, 4, 3, &head(&[])),
        frame(0, 0, 1, br#"{"a":1,"#),
        frame(0, 1, 3, br#"{"c":[3]}"#),
        frame(6, 0, 0, b"12345678"),
        frame(0, 1 | 8, 1, &padded),
        frame(0x0A, 0, 0, b"grease"),
        frame(1, 1 | 4, 5, &[0x82, 0x84, 0x87]),
    ]
    .concat()
}

fn value(all: &[Message], path: &str) -> Vec<Value> {
    let leaves = all.iter().flat_map(|m| &m.decoded.leaves);
    leaves.filter(|l| l.path == path).map(|l| l.value).collect()
}

#[test]
fn mixed_requests_are_put_together() {
    let all = messages(&conversation(), &[]);
    let number = |path: &str| value(&all, path);
    assert_eq!(number("POST h/r $.a"), [Value::Number(1.0)]);
    assert_eq!(number("POST h/r $.b"), [Value::Number(2.0)]);
    assert_eq!(number("POST h/r $.c[0]"), [Value::Number(3.0)]);
    assert_eq!(number("POST h/r &q").len(), 2);
    assert_eq!(number("POST h/r header content-type").len(), 1);
    assert_eq!(number("http2 setting 4"), [Value::Number(65_536.0)]);
    assert_eq!(number("http2 window"), [Value::Number(256.0)]);
    // Unread: three bytes of padding and the one that says so, a ping, a frame of unknown type.
    let opaque: Vec<usize> = all
        .iter()
        .map(|m| m.decoded.opaque)
        .filter(|n| *n > 0)
        .collect();
    assert_eq!(opaque, [8, 4, 15]);
    let request = all
        .iter()
        .find(|m| !value(&[(*m).clone()], "POST h/r $.a").is_empty());
    assert_eq!(
        request.unwrap().runs.len(),
        3,
        "two requests lie between each other"
    );
}

#[test]
fn every_byte_is_in_one_run() {
    for bytes in [conversation(), conversation()[..150].to_vec()] {
        check(&bytes, &messages(&bytes, &[])).unwrap();
    }
}

fn check(bytes: &[u8], all: &[Message]) -> Result<(), TestCaseError> {
    let mut seen = vec![0; bytes.len()];
    for message in all {
        let mut len = 0;
        for run in &message.runs {
            prop_assert!(run.start < run.end);
            for place in &mut seen[run.start as usize..run.end as usize] {
                *place += 1;
            }
            len += run.end - run.start;
        }
        prop_assert_eq!(len, message.len as u64);
        prop_assert!(message.decoded.opaque <= message.len);
    }
    prop_assert!(seen.iter().all(|n| *n == 1), "{seen:?}");
    Ok(())
}

#[test]
fn what_is_left_out_is_unread() {
    // A request that is reset, one that never ends, one too many, and one that is too long.
    let reset = [
        frame(1, 4, 1, &head(&[])),
        frame(0, 0, 1, b"half"),
        frame(3, 0, 1, &[0, 0, 0, 8]),
        frame(0, 1, 1, b"late"),
    ];
    let open = frame(1, 4, 3, &head(&[]));
    let many = (0..REQUESTS_MAX as u32 + 2).flat_map(|n| frame(1, 4, 5 + 2 * n, &[0x83]));
    let bytes = [PREFACE.to_vec(), reset.concat(), open, many.collect()].concat();
    let all = messages(&bytes, &[]);
    check(&bytes, &all).unwrap();
    assert!(all.iter().all(|m| !m.decoded.formats.contains(&"http")));
    let long = vec![b'x'; 200 << 10];
    let bytes = [
        PREFACE.to_vec(),
        frame(1, 4, 1, &head(&[])),
        frame(0, 0, 1, &long),
        frame(0, 0, 1, &long),
        frame(0, 1, 1, &long),
        frame(1, 5, 3, &head(&[])),
    ]
    .concat();
    let all = messages(&bytes, &[]);
    check(&bytes, &all).unwrap();
    assert_eq!(value(&all, "POST h/r &q").len(), 1);
    let opaque: usize = all.iter().map(|m| m.decoded.opaque).sum();
    assert!(opaque > 3 * long.len());
}

#[test]
fn a_damaged_connection_is_unread_from_there() {
    for broken in [
        frame(0, 1, 0, b"data of no request"),
        frame(1, 4, 3, &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
        frame(9, 4, 3, &[]),
        frame(1, 4 | 8, 3, &[200, 1, 2]),
    ] {
        let after = frame(1, 5, 9, &head(&[]));
        let bytes = [conversation(), broken, after].concat();
        let all = messages(&bytes, &[]);
        check(&bytes, &all).unwrap();
        assert_eq!(value(&all, "POST h/r &q").len(), 2);
    }
}

#[test]
fn fields_of_the_rfc() {
    // RFC 7541, appendix C.4: three requests, Huffman coded, one table.
    let mut decoder = Decoder::default();
    let mut read = |hex: &str| -> Vec<(String, bool)> {
        let list = decoder.decode(&hex::decode(hex).unwrap()).unwrap();
        let fields = list.fields.iter();
        fields
            .map(|f| {
                let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
                (format!("{} {}", text(&f.name), text(&f.value)), f.again)
            })
            .collect()
    };
    let first = read("828684418cf1e3c2e5f23a6ba0ab90f4ff");
    assert_eq!(first[3], (":authority www.example.com".to_owned(), false));
    let second = read("828684be5886a8eb10649cbf");
    assert_eq!(second[3], (":authority www.example.com".to_owned(), true));
    assert_eq!(second[4].0, "cache-control no-cache");
    let third = read("828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf");
    assert_eq!(third[2].0, ":path /index.html");
    assert_eq!(third[4].0, "custom-key custom-value");
}

#[test]
fn a_bomb_of_fields_is_cut() {
    let mut block = vec![0x40, 1, b'a', 0x7F, 0xA1, 0x1E];
    block.extend(vec![b'v'; 4_000]);
    block.extend(vec![0xBE; 60_000]);
    let list = Decoder::default().decode(&block).unwrap();
    assert!(list.cut);
    let size: usize = list
        .fields
        .iter()
        .map(|f| f.name.len() + f.value.len() + 32)
        .sum();
    assert!(size <= LIST_MAX);
    // A table larger than anybody needs.
    assert_eq!(
        Decoder::default().decode(&[0x3F, 0xFF, 0xFF, 0xFF, 0x7F]),
        None
    );
}

proptest! {
    #[test]
    fn any_bytes_behind_the_preface(rest: Vec<u8>) {
        let bytes = [PREFACE, &rest].concat();
        check(&bytes, &messages(&bytes, &[]))?;
    }

    #[test]
    fn any_frames(
        frames in prop::collection::vec((0u8..12, any::<u8>(), 0u32..4, prop::collection::vec(any::<u8>(), 0..12)), 0..12),
    ) {
        let frames = frames.iter().map(|(kind, flags, stream, payload)| frame(*kind, *flags, *stream, payload));
        let bytes = [PREFACE.to_vec(), frames.collect::<Vec<_>>().concat()].concat();
        check(&bytes, &messages(&bytes, &[]))?;
    }

    #[test]
    fn damaged_conversations(at: prop::sample::Index, with: u8, cut in any::<bool>()) {
        let mut bytes = conversation();
        let at = at.index(bytes.len());
        bytes[at] = with;
        if cut {
            bytes.truncate(at + 1);
        }
        check(&bytes, &messages(&bytes, &[]))?;
    }

    #[test]
    fn the_cuts_do_not_matter(mut cuts in prop::collection::vec(0usize..400, 0..20)) {
        let bytes = conversation();
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(bytes.len()));
        cuts.sort_unstable();
        prop_assert_eq!(messages(&bytes, &cuts), messages(&bytes, &[]));
    }

    #[test]
    fn any_header_block(blocks in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
        let mut decoder = Decoder::default();
        for block in blocks {
            let _ = decoder.decode(&block);
        }
    }
}

#[test]
fn a_stream_keeps_the_pieces_of_its_requests() {
    let mut stream = Stream::keeping();
    let mut values = Vec::new();
    stream.push(&conversation(), &mut |message: Message| {
        let pieces = message.decoded.pieces.unwrap_or_default();
        values.extend(pieces.iter().map(|piece| {
            let bytes = String::from_utf8_lossy(piece.bytes);
            format!("{} {:?} {bytes}", piece.path, piece.part)
        }));
    });
    for piece in [
        "POST h/r &q Value 7",
        "POST h/r $.b Value 2",
        "POST h/r $ Name b",
    ] {
        assert!(values.iter().any(|v| v == piece), "{piece} in {values:?}");
    }
    let plain = messages(&conversation(), &[]);
    assert!(plain.iter().all(|message| message.decoded.pieces.is_none()));
}
