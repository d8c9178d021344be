//! What anybody may put into a bundle, and a reader's memory.

use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;

use bundle::{Bundle, Writer};
use etherparse::PacketBuilder;
use record::{Body, Bytes, MonotonicNs, Source, Span};
use simulate::scene;

/// A bundle that is being written, of the manifest of a scene.
fn begun(dir: &Path) -> Writer {
    let recording = scene(1).blocks(1, 1).record();
    let mut writer = Writer::create(dir, &recording.manifest, &recording.seed).unwrap();
    let pair = Body::ClockPair {
        realtime_ns: 0,
        bracket_ns: 0,
    };
    writer.push(MonotonicNs(0), Source::Clock, pair).unwrap();
    writer
}

fn udp(to: Ipv4Addr, port: u16, payload: &[u8]) -> Vec<u8> {
    let builder = PacketBuilder::ethernet2([2; 6], [4; 6])
        .ipv4([10, 77, 0, 2], to.octets(), 64)
        .udp(40_000, port);
    let mut frame = Vec::new();
    builder.write(&mut frame, payload).unwrap();
    frame
}

fn gaps(bundle: &Bundle, of: Source) -> Vec<(Span, u64)> {
    let gap = |r: &record::Record| match r.body {
        Body::Gap { span, lost, .. } if r.source == of => Some((span, lost?)),
        _ => None,
    };
    bundle.records.iter().filter_map(gap).collect()
}

/// A file that is not kept in memory holds what one that is kept would: all packets, by their times.
#[test]
fn a_file_that_is_not_kept_in_memory_says_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let writer = begun(dir.path());
    let mut capture = writer.capture_file("eth0", 65_535, "test").unwrap();
    // Every tenth comes late, and some are long.
    let t = |n: u64| if n % 10 == 3 { n - 3 } else { n };
    let packet = |n: u64| {
        let len = if n % 1_000 == 7 { 60_000 } else { 700 };
        let payload: Vec<u8> = (0..len).map(|i| (n + i) as u8).collect();
        (t(n), udp([10, 77, 0, 1].into(), 5_004, &payload))
    };
    const N: u64 = 50_000;
    for n in 0..N {
        let (t, frame) = packet(n);
        capture.packet(t, frame.len() as u32, &frame).unwrap();
    }
    capture.flush().unwrap();
    writer.seal().unwrap();
    assert!(
        fs::metadata(dir.path().join("packets.pcapng"))
            .unwrap()
            .len()
            > 32 << 20
    );
    let bundle = Bundle::open(dir.path()).unwrap();
    let mut expected: Vec<u64> = (0..N).collect();
    expected.sort_by_key(|n| t(*n));
    let packets = bundle.packets();
    assert_eq!(packets.len(), expected.len());
    packets.each(0..packets.len(), &mut |index, seen| {
        let (t, frame) = packet(expected[index]);
        assert_eq!((seen.t, &seen.data[..]), (MonotonicNs(t), &frame[..]));
        assert_eq!(packets.t(index), seen.t);
    });
    let (from, to) = (
        packets.first_at(MonotonicNs(20)),
        packets.first_at(MonotonicNs(30)),
    );
    assert_eq!((from, to), (20, 30));
    bundle.check_read().unwrap();
}

/// Something is remembered of each pair of ends. Beyond so many all that follows is lost, not only what is new.
#[test]
fn packets_between_too_many_ends_are_a_loss() {
    let dir = tempfile::tempdir().unwrap();
    let writer = begun(dir.path());
    let mut capture = writer.capture_file("eth0", 65_535, "test").unwrap();
    const ENDS: u64 = 1 << 16;
    let known = udp([10, 78, 0, 0].into(), 9, b"x");
    for n in 0..ENDS + 100 {
        let to = Ipv4Addr::from_bits(0x0A4E_0000 + n as u32);
        let frame = udp(to, 9, b"x");
        capture.packet(n, frame.len() as u32, &frame).unwrap();
    }
    capture
        .packet(ENDS + 100, known.len() as u32, &known)
        .unwrap();
    capture.flush().unwrap();
    writer.seal().unwrap();
    let bundle = Bundle::open(dir.path()).unwrap();
    assert_eq!(bundle.packets().len() as u64, ENDS);
    let span = Span {
        from: MonotonicNs(ENDS),
        to: MonotonicNs(ENDS + 101),
    };
    assert_eq!(gaps(&bundle, Source::Packets), [(span, 101)]);
}

/// An app that says very much before it is encrypted fills no memory with it; what the stage itself did stays.
#[test]
fn a_log_that_an_app_fills_has_an_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = begun(dir.path());
    const N: u64 = 50;
    for n in 1..=N {
        let said = Body::Plaintext {
            library: "SSL_write".to_owned(),
            command: "app".to_owned(),
            pid: 1,
            connection: 1,
            bytes: 1 << 20,
            data: Bytes(vec![b'x'; 1 << 20]),
            masked: 0,
            carried: None,
        };
        writer
            .push(MonotonicNs(n), Source::Plaintext, said)
            .unwrap();
    }
    writer
        .push(MonotonicNs(N + 1), Source::Stage, Body::Finished)
        .unwrap();
    writer.seal().unwrap();
    let bundle = Bundle::open(dir.path()).unwrap();
    let kept = bundle
        .records
        .iter()
        .filter(|r| matches!(r.body, Body::Plaintext { .. }))
        .count();
    let [(span, lost)] = gaps(&bundle, Source::Plaintext)[..] else {
        panic!("{:?}", gaps(&bundle, Source::Plaintext));
    };
    assert_eq!((kept as u64 + lost, span.to), (N, MonotonicNs(N + 1)));
    assert_eq!(span.from, MonotonicNs(kept as u64 + 1));
    assert!(
        bundle
            .records
            .iter()
            .any(|r| matches!(r.body, Body::Finished))
    );
}

/// A long connection is masked in pieces: a secret that lies across two of them is one all the same.
#[test]
fn secrets_are_masked_in_a_connection_of_any_length() {
    let dir = tempfile::tempdir().unwrap();
    let writer = begun(dir.path());
    let mut capture = writer.capture_file("eth0", 65_535, "test").unwrap();
    const SECRET: &[u8] = b"a-secret-that-stands-in-the-open";
    let request = [
        b"GET / HTTP/1.1\r\nAuthorization: Bearer ",
        SECRET,
        b"\r\n\r\n",
    ]
    .concat();
    let filler = b"GET /of/no/interest HTTP/1.1\r\nHost: example.org\r\n\r\n";
    let mut text = Vec::new();
    // One lies across every boundary that a piece may have.
    while text.len() < 9 << 20 {
        text.extend_from_slice(&request);
        while text.len() % 10_007 < 9_900 {
            text.extend_from_slice(filler);
        }
    }
    for (n, segment) in text.chunks(1_400).enumerate() {
        let sequence = (n * 1_400) as u32;
        let mut frame = Vec::new();
        PacketBuilder::ethernet2([2; 6], [4; 6])
            .ipv4([10, 77, 0, 2], [10, 77, 0, 1], 64)
            .tcp(40_000, 80, sequence, 65_535)
            .write(&mut frame, segment)
            .unwrap();
        capture
            .packet(n as u64, frame.len() as u32, &frame)
            .unwrap();
    }
    capture.flush().unwrap();
    writer.seal().unwrap();
    let bundle = Bundle::open(dir.path()).unwrap();
    let mut sent = Vec::new();
    let packets = bundle.packets();
    packets.each(0..packets.len(), &mut |_, packet| {
        let datagram = wire::datagram(&packet.data).unwrap();
        sent.extend_from_slice(&packet.data[datagram.payload]);
    });
    assert_eq!(sent.len(), text.len());
    let has = |part: &[u8]| sent.windows(part.len()).any(|at| at == part);
    assert!(has(filler));
    assert!(!has(SECRET) && !has(&SECRET[..20]) && !has(&SECRET[12..]));
}
