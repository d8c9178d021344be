//! What is written is read back; what is cut or damaged is told.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use wire::pcapng::{Capture, LINK_ETHERNET, PACKET_MAX_BYTES, Section, Tail, Writer, parse};

fn sample(n: u64) -> Vec<u8> {
    let mut writer = Writer::new(&Section {
        application: "muteproof".into(),
        os: "Linux".into(),
        comments: vec!["one".into(), "ü".repeat(40_000)],
    });
    let interface = writer.interface("veth-peer", LINK_ETHERNET, 0);
    for i in 0..n {
        let data = vec![i as u8; i as usize * 7 % 64];
        writer.packet(interface, 1_700_000_000_000_000_000 + i, 1_500, &data);
    }
    writer.tls_keys(b"CLIENT_RANDOM 00 00\n");
    writer.statistics(interface, 1_700_000_000_000_000_999, n, 3);
    writer.take()
}

#[test]
fn what_is_written_is_read_back() {
    let bytes = sample(20);
    let capture = parse(&bytes).unwrap();
    assert_eq!(capture.tail, Tail::Whole);
    assert_eq!(capture.interfaces[0].name, "veth-peer");
    assert_eq!(capture.interfaces[0].link_type, LINK_ETHERNET);
    assert_eq!(capture.packets.len(), 20);
    for (i, packet) in capture.packets.iter().enumerate() {
        assert_eq!(packet.realtime_ns, 1_700_000_000_000_000_000 + i as u64);
        assert_eq!(packet.orig_len, 1_500);
        assert_eq!(bytes[packet.data.clone()], vec![i as u8; i * 7 % 64]);
    }
    let statistics = &capture.statistics[0];
    assert_eq!(
        (statistics.received, statistics.dropped),
        (Some(20), Some(3))
    );
}

#[test]
fn keys_may_come_at_any_place() {
    let mut writer = Writer::new(&Section::default());
    writer.tls_keys(b"first\n");
    let interface = writer.interface("a", LINK_ETHERNET, 0);
    writer.packet(interface, 5, 4, b"four");
    writer.tls_keys(b"second");
    writer.tls_keys(&vec![b'k'; PACKET_MAX_BYTES + 9]);
    let mut bytes = writer.take();
    let capture = parse(&bytes).unwrap();
    assert_eq!((capture.packets.len(), capture.tls_keys.len()), (1, 3));
    assert_eq!(&bytes[capture.tls_keys[1].clone()], b"second");
    assert_eq!(capture.tls_keys[2].len(), PACKET_MAX_BYTES);
    // Secrets of another type are passed over, and too many are not read.
    let at = bytes.windows(4).position(|w| w == b"KSLT").unwrap();
    bytes[at] = b'X';
    let capture = parse(&bytes).unwrap();
    assert_eq!((capture.tls_keys.len(), capture.n_secrets_left_out), (2, 1));
    let mut writer = Writer::new(&Section::default());
    (0..5).for_each(|_| writer.tls_keys(&vec![b'k'; PACKET_MAX_BYTES]));
    let capture = parse(&writer.take()).unwrap();
    assert_eq!((capture.tls_keys.len(), capture.n_secrets_left_out), (4, 1));
    // A length that is not true.
    bytes[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(parse(&bytes).is_err());
}

#[test]
fn the_writer_hands_out_whole_blocks() {
    let mut writer = Writer::new(&Section::default());
    let mut bytes = writer.take();
    let interface = writer.interface("a", LINK_ETHERNET, 96);
    bytes.extend(writer.take());
    assert_eq!(parse(&bytes).unwrap().interfaces[0].snaplen, 96);
    writer.packet(interface, 5, 4, b"four");
    assert!(writer.pending() > 0);
    bytes.extend(writer.take());
    assert_eq!(parse(&bytes).unwrap().packets.len(), 1);
}

#[test]
fn a_capture_cut_at_any_length_opens_up_to_its_last_whole_block() {
    let bytes = sample(6);
    let whole = parse(&bytes).unwrap();
    let mut n_whole = 0;
    for len in (0..64).chain(bytes.len() - 600..bytes.len()) {
        let capture = parse(&bytes[..len]).unwrap_or_else(|e| panic!("{len}: {e}"));
        match capture.tail {
            Tail::Whole => n_whole += 1,
            Tail::Cut { offset, bytes } => assert_eq!(offset + bytes, len as u64),
        }
        assert!(whole.packets.starts_with(&capture.packets), "{len}");
    }
    // Between two blocks a cut cannot be seen: interface, six packets, keys (statistics is whole only at
    // the end) give as many such places.
    assert!((1..=9).contains(&n_whole), "{n_whole}");
}

#[test]
fn damage_is_an_error_with_its_place() {
    let good = sample(3);
    let second = u32::from_le_bytes(good[4..8].try_into().unwrap()) as usize;
    let damaged = |at: usize, with: u8| {
        let mut bytes = good.clone();
        bytes[at] = with;
        parse(&bytes).unwrap_err()
    };
    assert_eq!(damaged(0, 1).offset, 0);
    assert_eq!(damaged(8, 1).offset, 8);
    assert_eq!(damaged(second + 4, 13).offset, second as u64 + 4);
    assert_eq!(damaged(second + 7, 0x7F).offset, second as u64 + 4);
    assert!(
        parse(b"\xd4\xc3\xb2\xa1 a classic pcap file")
            .unwrap_err()
            .why
            .contains("pcapng")
    );
}

/// A file in the other byte order, by hand: microseconds by default, a second resolution of 2^-10
/// with an offset, and a simple packet that has no time.
#[test]
fn big_endian_and_other_resolutions() {
    fn block(kind: u32, body: &[u8], out: &mut Vec<u8>) {
        let len = body.len() as u32 + 12;
        for part in [
            &kind.to_be_bytes(),
            &len.to_be_bytes(),
            body,
            &len.to_be_bytes(),
        ] {
            out.extend_from_slice(part);
        }
    }
    let mut bytes = Vec::new();
    let section = [&0x1A2B_3C4Du32.to_be_bytes()[..], &[0, 1, 0, 0], &[0xFF; 8]].concat();
    block(0x0A0D_0D0A, &section, &mut bytes);
    block(1, &[0, 1, 0, 0, 0, 0, 0, 0], &mut bytes);
    let options = [
        &[0, 1, 0, 0, 0, 0, 0, 0][..],
        &[0, 9, 0, 1, 0x8A, 0, 0, 0],
        &[0, 14, 0, 8, 0, 0, 0, 0, 0, 0, 0, 100],
        &[0; 4],
    ];
    block(1, &options.concat(), &mut bytes);
    let packet = |interface: u8, ticks: u32| {
        let head = [
            [0, 0, 0, interface],
            [0; 4],
            ticks.to_be_bytes(),
            [0, 0, 0, 2],
            [0, 0, 0, 9],
        ];
        [&head.concat()[..], &[7, 7, 0, 0]].concat()
    };
    block(6, &packet(0, 5), &mut bytes);
    block(6, &packet(1, 512), &mut bytes);
    block(3, &[0, 0, 0, 1, 9, 0, 0, 0], &mut bytes);
    let capture = parse(&bytes).unwrap();
    let times: Vec<u64> = capture.packets.iter().map(|p| p.realtime_ns).collect();
    assert_eq!(times, [5_000, 100_500_000_000]);
    assert_eq!(
        (capture.packets[0].orig_len, capture.packets[0].data.len()),
        (9, 2)
    );
    assert_eq!(capture.n_without_time, 1);
}

fn within(capture: &Capture, len: usize) -> bool {
    capture
        .packets
        .iter()
        .all(|p| p.data.start <= p.data.end && p.data.end <= len)
}

proptest! {
    /// The fuzz target's entry point.
    #[test]
    fn any_bytes_give_a_capture_or_an_error(bytes: Vec<u8>) {
        let _ = parse(&bytes);
    }

    #[test]
    fn a_damaged_capture_never_panics(at: prop::sample::Index, with: u8, len: prop::sample::Index) {
        let mut writer = Writer::new(&Section::default());
        let interface = writer.interface("a", LINK_ETHERNET, 0);
        for i in 0..8 {
            writer.packet(interface, i, 64, &[0; 32]);
        }
        writer.statistics(interface, 9, 8, 0);
        let mut bytes = writer.take();
        let at = at.index(bytes.len());
        bytes[at] = with;
        let bytes = &bytes[..len.index(bytes.len() + 1)];
        if let Ok(capture) = parse(bytes) {
            prop_assert!(within(&capture, bytes.len()));
        }
    }
}

/// Captures made by others. They are not part of the project: without them this says so and passes.
#[test]
fn captures_made_by_others_open() {
    let root = match std::env::var_os("MUTEPROOF_SHARED") {
        Some(root) => PathBuf::from(root),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let folder = root.join("data/pcaps");
    let Ok(sources) = std::fs::read_dir(&folder) else {
        println!(
            "skipped: no captures at {} (set MUTEPROOF_SHARED)",
            folder.display()
        );
        return;
    };
    let (mut n_files, mut n_packets, mut n_datagrams) = (0, 0, 0);
    for source in sources.flatten() {
        for file in std::fs::read_dir(source.path())
            .into_iter()
            .flatten()
            .flatten()
        {
            let bytes = std::fs::read(file.path()).unwrap();
            if !bytes.starts_with(&[0x0A, 0x0D, 0x0D, 0x0A]) {
                continue;
            }
            let capture = parse(&bytes).unwrap_or_else(|e| panic!("{:?}: {e}", file.path()));
            assert!(within(&capture, bytes.len()));
            n_files += 1;
            n_packets += capture.packets.len();
            for packet in &capture.packets {
                if capture.interfaces[packet.interface].link_type == LINK_ETHERNET {
                    n_datagrams += usize::from(wire::datagram(&bytes[packet.data.clone()]).is_ok());
                }
            }
        }
    }
    println!("{n_files} files, {n_packets} packets, {n_datagrams} datagrams");
    assert!(n_files > 0 && n_packets > 0 && n_datagrams > 0);
}
