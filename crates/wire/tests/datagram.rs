//! Frames by another implementation (etherparse) and damaged ones.

use etherparse::PacketBuilder;
use proptest::prelude::*;
use wire::{NoDatagram, Transport, datagram};

fn udp4(payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    PacketBuilder::ethernet2([1; 6], [2; 6])
        .ipv4([10, 77, 0, 2], [10, 77, 0, 1], 64)
        .udp(40_000, 5_004)
        .write(&mut out, payload)
        .unwrap();
    out
}

#[test]
fn udp_over_ipv4() {
    let frame = udp4(b"hello");
    let seen = datagram(&frame).unwrap();
    assert_eq!(seen.src.to_string(), "10.77.0.2:40000");
    assert_eq!(seen.dst.to_string(), "10.77.0.1:5004");
    assert_eq!((seen.transport, seen.ip_len), (Transport::Udp, 33));
    assert_eq!(&frame[seen.payload], b"hello");
}

#[test]
fn tcp_over_ipv6_behind_a_vlan_tag() {
    let mut frame = Vec::new();
    PacketBuilder::ethernet2([1; 6], [2; 6])
        .single_vlan(etherparse::VlanId::try_new(7).unwrap())
        .ipv6([1; 16], [2; 16], 64)
        .tcp(1, 2, 3, 4)
        .write(&mut frame, b"abc")
        .unwrap();
    let seen = datagram(&frame).unwrap();
    assert_eq!(
        (seen.transport, seen.dst.port(), seen.ip_len),
        (Transport::Tcp, 2, 63)
    );
    assert_eq!(&frame[seen.payload], b"abc");
}

#[test]
fn trailing_padding_is_no_payload() {
    let mut frame = udp4(b"x");
    frame.resize(60, 0);
    let seen = datagram(&frame).unwrap();
    assert_eq!(&frame[seen.payload], b"x");
}

#[test]
fn a_later_fragment_has_no_ports() {
    let mut frame = udp4(&[7; 40]);
    frame[14 + 7] = 5;
    let seen = datagram(&frame).unwrap();
    assert_eq!(
        (seen.transport, seen.dst.port(), seen.payload.len()),
        (Transport::Udp, 0, 48)
    );
}

#[test]
fn a_frame_cut_by_the_capture_keeps_its_length_on_the_wire() {
    let frame = udp4(&[7; 100]);
    let seen = datagram(&frame[..60]).unwrap();
    assert_eq!((seen.ip_len, seen.payload.len()), (128, 60 - 42));
}

#[test]
fn arp_is_not_ip() {
    let mut frame = vec![0; 60];
    frame[12..14].copy_from_slice(&[8, 6]);
    assert_eq!(
        datagram(&frame),
        Err(NoDatagram::NotIp { ether_type: 0x0806 })
    );
}

#[test]
fn every_shorter_frame_is_refused_or_read_without_panic() {
    let frame = udp4(b"hello");
    for len in 0..42 {
        assert!(
            matches!(datagram(&frame[..len]), Err(NoDatagram::Malformed { .. })),
            "{len}"
        );
    }
}

proptest! {
    #[test]
    fn any_frame_gives_a_payload_within_it_or_an_error(
        kind in prop::sample::select(vec![[8u8, 0], [0x86, 0xDD], [0x81, 0], [8, 6]]),
        head: [u8; 12],
        first in prop::sample::select(vec![0x45u8, 0x46, 0x60, 0x00, 0x4F]),
        rest: Vec<u8>,
    ) {
        let mut frame = head.to_vec();
        frame.extend(kind);
        frame.push(first);
        frame.extend(rest);
        if let Ok(seen) = datagram(&frame) {
            prop_assert!(seen.payload.start <= seen.payload.end);
            prop_assert!(seen.payload.end <= frame.len());
        }
    }

    #[test]
    fn agrees_with_etherparse_on_damaged_frames(at in 14usize..42, with: u8) {
        let mut frame = udp4(b"some payload");
        frame[at] = with;
        let Ok(ours) = datagram(&frame) else { return Ok(()) };
        let Ok(theirs) = etherparse::SlicedPacket::from_ethernet(&frame) else { return Ok(()) };
        if let Some(etherparse::TransportSlice::Udp(udp)) = theirs.transport {
            prop_assert_eq!(ours.dst.port(), udp.destination_port());
            prop_assert_eq!(&frame[ours.payload], udp.payload());
        }
    }
}
