//! Packets as people capture them: several times, carried by relays and tunnels, keys among the sound.

use etherparse::PacketBuilder;
use inspect::{Inspection, Inspector, What};
use wire::capture::Reader;
use wire::pcapng::{LINK_ETHERNET, Section, Writer};

/// Puts a frame into another.
type Wrap<'a> = dyn Fn(&[u8]) -> Vec<u8> + 'a;

const MS: u64 = 1_000_000;
const BEGAN_NS: u64 = 1_790_000_000_000 * MS;

/// What these frames show, each captured so many nanoseconds behind the first.
fn inspected(link_type: u16, frames: &[(u64, Vec<u8>)]) -> Inspection {
    let mut writer = Writer::new(&Section::default());
    let interface = writer.interface("veth0", link_type, 0);
    for (t, frame) in frames {
        writer.packet(interface, BEGAN_NS + t, frame.len() as u32, frame);
    }
    let bytes = writer.take();
    let mut inspector = Inspector::default();
    Reader::default().read(&bytes, &mut inspector).unwrap();
    inspector.flush(&bytes);
    inspector.finish()
}

fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2([1; 6], [2; 6])
        .ipv4([10, 0, 0, 2], [203, 0, 113, 7], 64)
        .udp(40_000, port)
        .write(&mut frame, payload)
        .unwrap();
    frame
}

fn tcp(seq: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2([1; 6], [2; 6])
        .ipv4([10, 0, 0, 2], [203, 0, 113, 7], 64)
        .tcp(40_000, 3_478, seq, 1_000)
        .write(&mut frame, payload)
        .unwrap();
    frame
}

fn rtp(payload_type: u8, sequence: u16, timestamp: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80, payload_type];
    bytes.extend(sequence.to_be_bytes());
    bytes.extend(timestamp.to_be_bytes());
    bytes.extend([0, 0, 0, 9]);
    bytes.extend(payload);
    bytes
}

/// The n-th packet of 20 ms of PCMA, whose bytes change.
fn sound(n: u16) -> Vec<u8> {
    let payload: Vec<u8> = (0..160u8).map(|i| i.wrapping_mul(31) ^ n as u8).collect();
    rtp(8, n, 160 * u32::from(n), &payload)
}

const PACKETS: u16 = 40;

fn at(n: u16) -> u64 {
    u64::from(n) * 20 * MS
}

/// Seconds of sound that can be decoded, and how many packets have it.
fn plain(found: &Inspection) -> Option<(f64, u64)> {
    found
        .findings
        .iter()
        .find_map(|finding| match finding.what {
            What::PlainSound { seconds, .. } => Some((seconds, finding.n)),
            _ => None,
        })
}

#[test]
fn packets_that_were_captured_several_times_are_counted_once() {
    let once: Vec<_> = (0..PACKETS)
        .map(|n| (at(n), udp(5_004, &sound(n))))
        .collect();
    let found = inspected(LINK_ETHERNET, &once);
    let expected = plain(&found).expect("sound in the open");
    assert_eq!((found.repeated, expected.1), (0, u64::from(PACKETS)));
    for copies in [2, 3] {
        let several: Vec<_> = once
            .iter()
            .flat_map(|(t, frame)| (0..copies).map(move |copy| (t + copy * 50_000, frame.clone())))
            .collect();
        let found = inspected(LINK_ETHERNET, &several);
        assert_eq!(plain(&found), Some(expected), "{copies}");
        assert_eq!(found.repeated, (copies - 1) * u64::from(PACKETS));
        assert_eq!(
            (found.packets, found.counts.udp),
            (copies * u64::from(PACKETS), u64::from(PACKETS))
        );
    }
}

fn channel_data(payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = [&[0x40, 0x01], &len[..], payload].concat();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// A message of STUN with one attribute.
fn stun(kind: u16, attribute: u16, value: &[u8]) -> Vec<u8> {
    let mut body = attribute.to_be_bytes().to_vec();
    body.extend((value.len() as u16).to_be_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
    let mut bytes = kind.to_be_bytes().to_vec();
    bytes.extend((body.len() as u16).to_be_bytes());
    bytes.extend([0x21, 0x12, 0xA4, 0x42]);
    bytes.extend([7; 12]);
    bytes.extend(body);
    bytes
}

const SEND: u16 = 0x0016;
const ALLOCATE: u16 = 0x0003;
const DATA: u16 = 0x0013;
const REQUESTED_TRANSPORT: u16 = 0x0019;

#[test]
fn what_a_relay_carries_is_read_as_what_it_is() {
    let direct: Vec<_> = (0..PACKETS)
        .map(|n| (at(n), udp(5_004, &sound(n))))
        .collect();
    let expected = plain(&inspected(LINK_ETHERNET, &direct)).unwrap();
    let ways: [fn(u16) -> Vec<u8>; 3] = [
        |n| udp(3_478, &channel_data(&sound(n))),
        |n| udp(3_478, &stun(SEND, DATA, &sound(n))),
        |n| tcp(1_000 * u32::from(n), &channel_data(&sound(n))),
    ];
    for way in ways {
        let frames: Vec<_> = (0..PACKETS).map(|n| (at(n), way(n))).collect();
        let found = inspected(LINK_ETHERNET, &frames);
        assert_eq!(plain(&found), Some(expected));
        assert_eq!(
            (found.relayed, found.left_out.carriers),
            (u64::from(PACKETS), 0)
        );
    }
    // Two messages in a segment.
    let pairs: Vec<_> = (0..PACKETS / 2)
        .map(|n| {
            let both = [channel_data(&sound(2 * n)), channel_data(&sound(2 * n + 1))];
            (2 * at(n), tcp(1_000 * u32::from(n), &both.concat()))
        })
        .collect();
    assert_eq!(plain(&inspected(LINK_ETHERNET, &pairs)), Some(expected));
}

#[test]
fn pieces_of_what_a_relay_carries_over_tcp_are_counted() {
    let stream: Vec<u8> = (0..PACKETS).flat_map(|n| channel_data(&sound(n))).collect();
    let mut frames = vec![(
        0,
        tcp(0, &stun(ALLOCATE, REQUESTED_TRANSPORT, &[17, 0, 0, 0])),
    )];
    // Segments that end inside of messages.
    for (i, piece) in stream.chunks(1_000).enumerate() {
        frames.push(((i as u64 + 1) * MS, tcp(1_000 + i as u32 * 1_000, piece)));
    }
    let found = inspected(LINK_ETHERNET, &frames);
    assert!(found.left_out.carriers > 0 && found.left_out.not_looked_into() > 0);
    assert_eq!(found.left_out.carriers_first, 2);
    // The same bytes of somebody who is no relay: nothing says what they are.
    let found = inspected(LINK_ETHERNET, &[(0, tcp(0, &stream[100..1_100]))]);
    assert_eq!((found.relayed, found.left_out.carriers), (0, 0));
}

#[test]
fn short_headers_of_quic_are_no_channels() {
    // As long as a channel's message would be, and nothing known in it.
    let payload = channel_data(&[0x55; 60]);
    let found = inspected(LINK_ETHERNET, &[(0, udp(443, &payload))]);
    assert_eq!(found.relayed, 0);
    let allocate = stun(ALLOCATE, REQUESTED_TRANSPORT, &[17, 0, 0, 0]);
    let relay = [(0, udp(443, &allocate)), (MS, udp(443, &payload))];
    assert_eq!(inspected(LINK_ETHERNET, &relay).relayed, 1);
}

/// A key: so many packets of one instant, then its end three times.
fn key(event: u8, sequence: &mut u16, timestamp: u32, ends_count_up: bool) -> Vec<(u64, Vec<u8>)> {
    let mut frames = Vec::new();
    let begin = u64::from(timestamp) / 8 * MS;
    for i in 0..7u16 {
        let [high, low] = (160 * (i + 1)).to_be_bytes();
        let payload = rtp(101, *sequence, timestamp, &[event, 10, high, low]);
        frames.push((begin + at(i), udp(5_004, &payload)));
        *sequence += 1;
    }
    for i in 0..3 {
        let payload = rtp(101, *sequence, timestamp, &[event, 0x8A, 5, 0]);
        // Another identification of IP: no copy of the one before.
        let mut frame = udp(5_004, &payload);
        frame[19] = i;
        frames.push((begin + at(7) + u64::from(i) * 40_000, frame));
        *sequence += u16::from(ends_count_up);
    }
    *sequence += u16::from(!ends_count_up);
    frames
}

#[test]
fn keys_are_counted_however_their_ends_are_numbered() {
    for ends_count_up in [true, false] {
        for keys in [1, 4] {
            let mut sequence = 100;
            let frames: Vec<_> = (1..=keys)
                .flat_map(|n| key(n as u8, &mut sequence, 5_120 * n, ends_count_up))
                .collect();
            let found = inspected(LINK_ETHERNET, &frames);
            let pressed = found
                .findings
                .iter()
                .find_map(|finding| match finding.what {
                    What::TelephoneEvents { keys, .. } => Some(keys),
                    _ => None,
                });
            assert_eq!(pressed, Some(keys), "{ends_count_up}: {:?}", found.findings);
        }
    }
}

/// The header that Apple's systems put in front of a packet of raw IP.
fn pktap(ip: &[u8]) -> Vec<u8> {
    let words = [108u32, 1, 12].map(u32::to_le_bytes).concat();
    let mut frame = words;
    frame.extend(b"pdp_ip0");
    frame.resize(108, 0);
    frame.extend(ip);
    frame
}

#[test]
fn packets_of_apples_systems_are_read() {
    let direct: Vec<_> = (0..PACKETS)
        .map(|n| (at(n), udp(5_004, &sound(n))))
        .collect();
    let expected = plain(&inspected(LINK_ETHERNET, &direct));
    let frames: Vec<_> = direct
        .iter()
        .map(|(t, frame)| (*t, pktap(&frame[14..])))
        .collect();
    for link_type in [wire::link::PKTAP, wire::link::USER_2] {
        assert_eq!(plain(&inspected(link_type, &frames)), expected);
    }
    // Somebody else's use of the same number.
    let found = inspected(
        wire::link::USER_2,
        &[(0, b"something else altogether".to_vec())],
    );
    assert_eq!(
        (found.left_out.link_layer, found.left_out.link_type),
        (1, 149)
    );
}

/// An Ethernet frame of this type around these bytes.
fn ethernet(ether_type: u16, body: &[u8]) -> Vec<u8> {
    [&[1; 6], &[2; 6], &ether_type.to_be_bytes()[..], body].concat()
}

#[test]
fn what_lies_between_ethernet_and_ip_is_passed_over() {
    let expected = {
        let direct: Vec<_> = (0..PACKETS)
            .map(|n| (at(n), udp(5_004, &sound(n))))
            .collect();
        plain(&inspected(LINK_ETHERNET, &direct))
    };
    let labels = [[0, 1, 0x00, 64], [0, 2, 0x01, 64]].concat();
    let geneve = |inner: &[u8]| [&[1, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 0][..], inner].concat();
    let gre = |protocol: u16, head: &[u8], inner: &[u8]| {
        let flags = if head.len() >= 12 { [0x10, 0] } else { [0, 0] };
        let mut frame = Vec::new();
        PacketBuilder::ethernet2([1; 6], [2; 6])
            .ipv4([10, 0, 0, 8], [10, 0, 0, 9], 64)
            .write(
                &mut frame,
                etherparse::IpNumber(47),
                &[&flags, &protocol.to_be_bytes()[..], head, inner].concat(),
            )
            .unwrap();
        frame
    };
    let ways: [&Wrap<'_>; 8] = [
        &|frame| ethernet(0x8847, &[&labels, &frame[14..]].concat()),
        // Ethernet behind the labels, with labels of its own.
        &|frame| {
            let inner = ethernet(0x8848, &[&labels[4..], &frame[14..]].concat());
            ethernet(0x8847, &[&labels, &[0; 4][..], &inner].concat())
        },
        &|frame| {
            ethernet(
                0x8864,
                &[&[0x11, 0, 0, 1, 0, 99, 0, 0x21], &frame[14..]].concat(),
            )
        },
        &|frame| ethernet(0x8909, &[&[1, 1, 0, 1, 0, 5, 8, 0], &frame[14..]].concat()),
        &|frame| udp(6_081, &geneve(frame)),
        &|frame| udp(8_472, &[&[8, 0, 0, 0, 0, 0, 7, 0], frame].concat()),
        // A mirror's frames: a sequence number, and eight bytes of the mirror's own.
        &|frame| gre(0x88BE, &[0; 12], frame),
        &|frame| gre(0x8847, &labels, &frame[14..]),
    ];
    for (i, way) in ways.iter().enumerate() {
        let frames: Vec<_> = (0..PACKETS)
            .map(|n| (at(n), way(&udp(5_004, &sound(n)))))
            .collect();
        let found = inspected(LINK_ETHERNET, &frames);
        assert_eq!(
            (plain(&found), found.left_out.carriers),
            (expected, 0),
            "way {i}"
        );
    }
}

/// The two fragments of an Ethernet frame of UDP over IPv4, the first with so many bytes behind its header.
fn fragments(frame: &[u8], id: u16, first: usize) -> [Vec<u8>; 2] {
    let (head, body) = frame.split_at(34);
    let piece = |place: u16, part: &[u8]| {
        let mut out = head.to_vec();
        out[16..18].copy_from_slice(&(part.len() as u16 + 20).to_be_bytes());
        out[18..20].copy_from_slice(&id.to_be_bytes());
        out[20..22].copy_from_slice(&place.to_be_bytes());
        out.extend(part);
        out
    };
    let place = (first / 8) as u16;
    [piece(0x2000, &body[..first]), piece(place, &body[first..])]
}

#[test]
fn fragments_are_put_together() {
    let whole: Vec<_> = (0..PACKETS)
        .map(|n| (at(n), udp(5_004, &sound(n))))
        .collect();
    let expected = inspected(LINK_ETHERNET, &whole);
    let cut = |behind_first: bool, lacks: u16| {
        let all = whole.iter().zip(0..).flat_map(|((t, frame), n)| {
            let [first, second] = fragments(frame, n, 96);
            let both = match behind_first {
                true => vec![(*t, first), (t + MS, second)],
                false => vec![(*t, second), (t + MS, first)],
            };
            both.into_iter().take(if n < lacks { 1 } else { 2 })
        });
        inspected(LINK_ETHERNET, &all.collect::<Vec<_>>())
    };
    for behind_first in [true, false] {
        let found = cut(behind_first, 0);
        assert_eq!(plain(&found), plain(&expected));
        assert_eq!(
            (found.packets, found.counts.udp, found.left_out.fragments),
            (2 * u64::from(PACKETS), u64::from(PACKETS), 0)
        );
    }
    // What never comes is counted; sound that is there in part is sound all the same.
    let found = cut(true, 3);
    assert_eq!(plain(&found).map(|(_, n)| n), Some(u64::from(PACKETS)));
    assert_eq!(found.left_out.fragments, 3);
    let found = cut(false, 3);
    assert_eq!(plain(&found).map(|(_, n)| n), Some(u64::from(PACKETS) - 3));
    assert_eq!(found.left_out.not_looked_into(), 3);
}

/// A call's description is longer than a packet as a rule: its second half names the key of the sound.
#[test]
fn a_text_that_came_in_fragments_is_read_to_its_end() {
    let mut text =
        "INVITE sip:b@203.0.113.7 SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.2\r\nCSeq: 1 INVITE\r\n\
         Content-Type: application/sdp\r\n\r\nv=0\r\n"
            .to_owned();
    for n in 0..60 {
        text += &format!("a=rtpmap:{n} specimen/8000\r\n");
    }
    text += "m=audio 5004 RTP/SAVP 0\r\n\
        a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\n";
    let keys = |frames: &[(u64, Vec<u8>)]| {
        let found = inspected(LINK_ETHERNET, frames);
        let is_key = |finding: &&inspect::Finding| matches!(finding.what, What::KeysInSignalling);
        found.findings.iter().filter(is_key).count()
    };
    let frame = udp(5_060, text.as_bytes());
    assert_eq!(keys(&[(0, frame.clone())]), 1);
    let [first, second] = fragments(&frame, 5, 1_400);
    assert_eq!(keys(&[(0, first.clone())]), 0);
    assert_eq!(keys(&[(0, first), (MS, second)]), 1);
}

#[test]
fn what_carries_packets_and_is_not_read_is_counted() {
    let ip = |protocol: u8| {
        let mut frame = Vec::new();
        PacketBuilder::ethernet2([1; 6], [2; 6])
            .ipv4([10, 0, 0, 8], [10, 0, 0, 9], 64)
            .write(&mut frame, etherparse::IpNumber(protocol), &[0xEE; 40])
            .unwrap();
        frame
    };
    let unread = [
        ethernet(0x88E7, &[0; 40]),
        ethernet(0x8847, &[0xFF; 60]),
        udp(1_701, &[0; 40]),
        udp(4_789, &[0; 40]),
        udp(
            2_152,
            &[0x30, 255, 0, 4, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF],
        ),
        ip(47),
        ip(97),
        ip(115),
    ];
    for (i, frame) in unread.iter().enumerate() {
        let found = inspected(LINK_ETHERNET, &[(0, frame.clone())]);
        let left_out = found.left_out;
        assert_eq!(
            (left_out.carriers, left_out.carriers_first),
            (1, 1),
            "frame {i}"
        );
        assert_eq!(left_out.not_looked_into(), 1);
    }
    // Who asks for an address carries nothing, and what is encrypted nobody can read.
    for frame in [
        ethernet(0x0806, &[0; 28]),
        ethernet(0x0026, &[0; 46]),
        ip(50),
    ] {
        assert_eq!(
            inspected(LINK_ETHERNET, &[(0, frame)])
                .left_out
                .not_looked_into(),
            0
        );
    }
}
