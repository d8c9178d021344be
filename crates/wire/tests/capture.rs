//! Captures of any program: read alike in whatever pieces they come, and told where they are damaged.

use proptest::prelude::*;
use wire::capture::{Captured, Format, Other, PcapError, Reader, Take};
use wire::link::{ETHERNET, LINUX_SLL, LINUX_SLL2, NULL, PPP, RAW, datagram_on, sender};
use wire::pcapng::{Section, Writer};
use wire::{NoDatagram, Transport};

/// Number, time, bytes and length on the wire of each packet.
type Row = (u64, Option<u64>, Vec<u8>, u32);

#[derive(Default)]
struct Seen {
    rows: Vec<Row>,
    processes: Vec<Option<u32>>,
    keys: Vec<u8>,
}

impl<'b> Take<'b> for Seen {
    fn packet(&mut self, p: Captured<'b>) {
        self.rows
            .push((p.number, p.realtime_ns, p.data.to_vec(), p.orig_len));
        self.processes.push(p.process());
    }

    fn other(&mut self, other: Other<'b>) {
        if let Other::TlsKeys { lines, .. } = other {
            self.keys.extend_from_slice(lines);
        }
    }
}

/// A pcap file by hand, in either byte order and resolution.
fn pcap(big_endian: bool, nano: bool, link_type: u32, packets: &[(u32, u32, &[u8])]) -> Vec<u8> {
    let word = |n: u32| match big_endian {
        true => n.to_be_bytes(),
        false => n.to_le_bytes(),
    };
    let version = match big_endian {
        true => [0, 2, 0, 4],
        false => [2, 0, 4, 0],
    };
    let magic = if nano { 0xA1B2_3C4D } else { 0xA1B2_C3D4 };
    let mut out = [
        word(magic),
        version,
        [0; 4],
        [0; 4],
        word(65_535),
        word(link_type),
    ]
    .concat();
    for (seconds, fraction, data) in packets {
        let len = data.len() as u32;
        out.extend([word(*seconds), word(*fraction), word(len), word(len + 4)].concat());
        out.extend_from_slice(data);
    }
    out
}

/// All of a file, handed in with `piece` bytes more each time.
fn in_pieces(bytes: &[u8], piece: usize) -> (Seen, Result<u64, PcapError>) {
    let (mut reader, mut seen) = (Reader::default(), Seen::default());
    let (mut from, mut to) = (0, 0);
    while to < bytes.len() {
        to = (to + piece).min(bytes.len());
        match reader.read(&bytes[from..to], &mut seen) {
            Ok(used) => from += used,
            Err(e) => return (seen, Err(e)),
        }
        assert_eq!(reader.offset(), from as u64);
    }
    (seen, Ok(reader.offset()))
}

#[test]
fn both_orders_and_both_resolutions_say_the_same() {
    for big_endian in [false, true] {
        for nano in [false, true] {
            let fraction = if nano { 250_000_000 } else { 250_000 };
            let bytes = pcap(big_endian, nano, 1, &[(7, fraction, b"one"), (8, 0, b"")]);
            let (seen, end) = in_pieces(&bytes, bytes.len());
            assert_eq!(end, Ok(bytes.len() as u64));
            assert_eq!(
                seen.rows,
                [
                    (1, Some(7_250_000_000), b"one".to_vec(), 7),
                    (2, Some(8_000_000_000), Vec::new(), 4)
                ]
            );
        }
    }
}

fn pcapng() -> Vec<u8> {
    let mut writer = Writer::new(&Section::default());
    let first = writer.interface("a", ETHERNET, 0);
    writer.tls_keys(b"some keys\n");
    for i in 0..9u64 {
        writer.packet(first, i, 100, &vec![i as u8; i as usize * 5]);
    }
    writer.statistics(first, 9, 9, 0);
    // A second section, whose interfaces count from 0 again.
    let mut bytes = writer.take();
    let mut second = Writer::new(&Section::default());
    let interface = second.interface("b", LINUX_SLL, 0);
    second.packet(interface, 77, 3, b"end");
    bytes.extend(second.take());
    bytes
}

#[test]
fn pieces_of_any_size_give_the_same_packets() {
    let little = pcap(false, false, 1, &[(1, 2, &[9; 40]), (3, 4, &[8; 3])]);
    for bytes in [little, pcapng()] {
        let (whole, end) = in_pieces(&bytes, bytes.len());
        assert_eq!(end, Ok(bytes.len() as u64));
        for piece in [1, 2, 3, 7, 64, 1_000] {
            let (seen, end) = in_pieces(&bytes, piece);
            assert_eq!(
                (seen.rows, end),
                (whole.rows.clone(), Ok(bytes.len() as u64))
            );
            assert_eq!(seen.keys, whole.keys);
        }
    }
    let mut reader = Reader::default();
    reader.read(&pcapng(), &mut Seen::default()).unwrap();
    let names: Vec<&str> = reader.interfaces().iter().map(|i| &*i.name).collect();
    assert_eq!(
        (names, reader.format()),
        (vec!["a", "b"], Some(Format::Pcapng))
    );
}

#[test]
fn a_cut_file_gives_what_was_whole_and_says_where_it_ends() {
    let bytes = pcap(false, false, 1, &[(1, 2, &[9; 40]), (3, 4, &[8; 3])]);
    for len in 0..bytes.len() {
        let (mut reader, mut seen) = (Reader::default(), Seen::default());
        let used = reader.read(&bytes[..len], &mut seen).unwrap();
        let whole = [24, 24 + 56].iter().filter(|end| **end <= len).count();
        assert_eq!(seen.rows.len(), whole.saturating_sub(1), "{len}");
        assert_eq!(used, [0, 24, 80][whole], "{len}");
        assert!(used == len || reader.needed() > len - used, "{len}");
    }
}

#[test]
fn damage_is_told_with_its_place_and_the_rest_is_found() {
    // A length that is not true, in the second of four records.
    let packets: [(u32, u32, &[u8]); 4] = [
        (1, 0, &[1; 40]),
        (2, 0, &[2; 40]),
        (3, 0, &[3; 40]),
        (4, 0, &[4; 40]),
    ];
    let mut bytes = pcap(false, false, 1, &packets);
    let second = 24 + 56;
    bytes[second + 11] = 0xFF;
    let (mut reader, mut seen) = (Reader::default(), Seen::default());
    let error = reader.read(&bytes, &mut seen).unwrap_err();
    assert_eq!(error.offset, second as u64 + 8);
    let at = reader.offset() as usize;
    assert_eq!(at, second);
    let skipped = reader.resync(&bytes[at..]).unwrap();
    reader.read(&bytes[at + skipped..], &mut seen).unwrap();
    let firsts: Vec<u8> = seen.rows.iter().map(|row| row.2[0]).collect();
    assert_eq!(firsts, [1, 3, 4]);

    // Two files behind one another, as by `cat`.
    let bytes = [pcap(true, true, 1, &packets), pcap(true, true, 1, &packets)].concat();
    let (mut reader, mut seen) = (Reader::default(), Seen::default());
    let error = reader.read(&bytes, &mut seen).unwrap_err();
    assert_eq!(error.offset, bytes.len() as u64 / 2);
    assert!(error.why.contains("another capture's header"), "{error}");
    let at = reader.offset() as usize;
    assert_eq!(reader.resync(&bytes[at..]), Ok(24));
    reader.read(&bytes[at + 24..], &mut seen).unwrap();
    assert_eq!(seen.rows.len(), 8);

    let mut bytes = pcapng();
    let third = bytes.windows(10).position(|w| w == [2; 10]).unwrap();
    bytes[third - 24] = 3;
    let (mut reader, mut seen) = (Reader::default(), Seen::default());
    let error = reader.read(&bytes, &mut seen).unwrap_err();
    assert!(error.why.contains("multiple of 4"), "{error}");
    let at = reader.offset() as usize;
    let skipped = reader.resync(&bytes[at..]).unwrap();
    reader.read(&bytes[at + skipped..], &mut seen).unwrap();
    assert_eq!(seen.rows.len(), 9);
}

#[test]
fn what_is_no_capture_is_refused() {
    let (_, end) = in_pieces(b"just some text", 14);
    let error = end.unwrap_err();
    assert!(error.offset == 0 && error.why.contains("magic number"));
}

#[test]
fn a_process_is_read_from_the_option_that_holds_it() {
    let mut bytes = Vec::new();
    let block = |kind: u32, body: &[u8], out: &mut Vec<u8>| {
        let len = (body.len() as u32 + 12).to_le_bytes();
        out.extend([&kind.to_le_bytes()[..], &len, body, &len].concat());
    };
    block(
        0x0A0D_0D0A,
        &[&0x1A2B_3C4Du32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xFF; 8]].concat(),
        &mut bytes,
    );
    block(1, &[1, 0, 0, 0, 0, 0, 0, 0], &mut bytes);
    let fixed = [0, 0, 0, 5, 2, 2].map(u32::to_le_bytes).concat();
    let option = [&[8, 0, 8, 0][..], &4_242u32.to_le_bytes(), &[9; 4], &[0; 4]].concat();
    // Interface 0, a time, two bytes, padded.
    let body = [
        &fixed[..8],
        &fixed[12..16],
        &fixed[16..20],
        &fixed[20..24],
        b"ab\0\0",
        &option,
    ]
    .concat();
    block(6, &body, &mut bytes);
    let (seen, end) = in_pieces(&bytes, bytes.len());
    assert_eq!(end, Ok(bytes.len() as u64));
    assert_eq!(seen.processes, [Some(4_242)]);
}

/// An IPv4 packet with UDP and a payload, without a link layer.
fn ip(payload: &[u8], from: u16, to: u16) -> Vec<u8> {
    let mut out = Vec::new();
    etherparse::PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 9)
        .udp(from, to)
        .write(&mut out, payload)
        .unwrap();
    out
}

#[test]
fn every_link_layer_leads_to_the_same_datagram() {
    let ip = ip(b"hello", 1_000, 2_000);
    let ether = |kind: &[u8]| [&[1; 12][..], kind, &ip].concat();
    let frames = [
        (ETHERNET, ether(&[8, 0])),
        (ETHERNET, ether(&[0x81, 0, 0, 7, 8, 0])),
        (ETHERNET, ether(&[0x88, 0xA8, 0, 7, 0x81, 0, 0, 8, 8, 0])),
        (LINUX_SLL, [&[0; 14][..], &[8, 0], &ip].concat()),
        (LINUX_SLL2, [&[8, 0][..], &[0; 18], &ip].concat()),
        (PPP, [&[0, 0x21][..], &ip].concat()),
        (PPP, [&[0xFF, 3, 0, 0x21][..], &ip].concat()),
        (NULL, [&[2, 0, 0, 0][..], &ip].concat()),
        (NULL, [&[0, 0, 0, 2][..], &ip].concat()),
        (RAW[0], ip.clone()),
    ];
    for (link_type, frame) in frames {
        let (datagram, tunnels) = datagram_on(link_type, &frame).unwrap();
        assert_eq!((datagram.src.port(), tunnels), (1_000, 0), "{link_type}");
        assert_eq!(&frame[datagram.payload], b"hello");
    }
    let refused = datagram_on(105, &ip).unwrap_err();
    assert_eq!(refused, NoDatagram::LinkType { link_type: 105 });
}

#[test]
fn tunnels_are_looked_through() {
    let inside = ip(b"hello", 1_000, 2_000);
    let around = |protocol: u8, body: &[u8]| {
        let mut out = Vec::new();
        let number = etherparse::IpNumber(protocol);
        etherparse::PacketBuilder::ipv4([1; 4], [2; 4], 9)
            .write(&mut out, number, body)
            .unwrap();
        out
    };
    let ethernet = [&[1; 12][..], &[8, 0], &inside].concat();
    let gre = |head: &[u8], body: &[u8]| around(47, &[head, body].concat());
    let tunnels = [
        around(4, &inside),
        gre(&[0, 0, 8, 0], &inside),
        gre(&[0x20, 0, 0x65, 0x58, 0, 0, 0, 7], &ethernet),
        ip(
            &[&[8, 0, 0, 0, 0, 0, 7, 0][..], &ethernet].concat(),
            5,
            4_789,
        ),
        ip(
            &[&[0x30, 255, 0, 33, 0, 0, 0, 1][..], &inside].concat(),
            2_152,
            2_152,
        ),
        ip(
            &[&[0x32, 255, 0, 37, 0, 0, 0, 1, 0, 5, 0, 0][..], &inside].concat(),
            2_152,
            2_152,
        ),
    ];
    for (n, frame) in tunnels.iter().enumerate() {
        let (datagram, depth) = datagram_on(RAW[0], frame).unwrap();
        assert_eq!((datagram.dst.port(), depth), (2_000, 1), "{n}");
        assert_eq!(&frame[datagram.payload], b"hello");
    }
    // What only looks like one is left as it is.
    let frame = ip(b"not a tunnel at all", 1, 4_789);
    let (datagram, depth) = datagram_on(RAW[0], &frame).unwrap();
    assert_eq!((datagram.transport, depth), (Transport::Udp, 0));
}

proptest! {
    /// The fuzz target's entry point.
    #[test]
    fn any_bytes_in_any_pieces_are_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        which in 0..4usize,
        piece in 1..200usize,
    ) {
        let begin: [&[u8]; 4] = [&[], &[0xD4, 0xC3, 0xB2, 0xA1], &[0xA1, 0xB2, 0x3C, 0x4D], &pcapng()];
        let all = [begin[which], &bytes].concat();
        let (whole, end) = in_pieces(&all, all.len());
        let (seen, same) = in_pieces(&all, piece);
        prop_assert_eq!((&whole.rows, &end), (&seen.rows, &same));
        for row in &whole.rows {
            for link_type in [0, 1, 101, 113, 276] {
                if let Ok((datagram, _)) = datagram_on(link_type, &row.2) {
                    prop_assert!(datagram.payload.end <= row.2.len());
                }
            }
        }
    }

    #[test]
    fn damage_anywhere_never_stops_the_search(at: prop::sample::Index, with: u8, cut: prop::sample::Index) {
        for mut bytes in [pcapng(), pcap(true, true, 1, &[(1, 2, &[9; 40]), (3, 4, &[8; 30])])] {
            let at = at.index(bytes.len());
            bytes[at] = with;
            bytes.truncate(cut.index(bytes.len() + 1));
            let (mut reader, mut seen) = (Reader::default(), Seen::default());
            let mut from = 0;
            while let Err(e) = reader.read(&bytes[from..], &mut seen) {
                prop_assert!(e.offset <= bytes.len() as u64);
                let at = reader.offset() as usize;
                match reader.resync(&bytes[at..]) {
                    Ok(skipped) => {
                        prop_assert!(skipped > 0);
                        from = at + skipped;
                    }
                    Err(_) => break,
                }
            }
        }
    }
}

#[test]
fn who_sent_a_frame_stands_in_its_link_layer() {
    let mac = [2, 0, 0, 0, 0, 5];
    let ethernet = [&[9; 6][..], &mac, &[8, 0]].concat();
    let sll = [&[0, 0, 0, 1, 0, 6][..], &mac, &[0, 0, 8, 0]].concat();
    let sll2 = [&[8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6][..], &mac, &[0, 0]].concat();
    for (link_type, frame) in [
        (ETHERNET, &ethernet),
        (LINUX_SLL, &sll),
        (LINUX_SLL2, &sll2),
    ] {
        assert_eq!(sender(link_type, frame), Some(mac));
        // Cut anywhere, it is that one or none.
        for len in 0..frame.len() {
            let cut = sender(link_type, &frame[..len]);
            assert!(cut.is_none() || cut == Some(mac), "{link_type} {len}");
        }
    }
    // The loopback has none, nor has a tunnel's interface, whose addresses are shorter.
    assert_eq!(sender(ETHERNET, &[0; 14]), None);
    let short = [&[0, 0, 2, 0, 0, 4][..], &mac, &[0, 0, 8, 0]].concat();
    assert_eq!(sender(LINUX_SLL, &short), None);
    assert_eq!(sender(RAW[0], &ethernet), None);
}
