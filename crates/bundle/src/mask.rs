//! What leaves every bundle before it is sealed: secrets that stand in the open.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;

use wire::{Transport, pcapng, secrets};

/// Masks secrets that stand in the open in a packet file, in place; returns how many values. A TCP
/// stream is looked at as one text, in the order of its packets, so that a value that two segments
/// share is masked in both. Checksums are left as they were sent: they no longer fit. A file that
/// cannot be read is left alone.
pub fn mask_packets(file: &mut [u8]) -> usize {
    let Ok(capture) = pcapng::parse(file) else {
        return 0;
    };
    let mut streams: BTreeMap<(SocketAddr, SocketAddr), Vec<Range<usize>>> = BTreeMap::new();
    let mut texts: Vec<Vec<Range<usize>>> = Vec::new();
    for packet in &capture.packets {
        let Ok(datagram) = wire::datagram(&file[packet.data.clone()]) else {
            continue;
        };
        let start = packet.data.start;
        let payload = start + datagram.payload.start..start + datagram.payload.end;
        match datagram.transport {
            Transport::Tcp => {
                let stream = streams.entry((datagram.src, datagram.dst)).or_default();
                stream.push(payload);
            }
            _ => texts.push(vec![payload]),
        }
    }
    texts.extend(streams.into_values());
    texts.iter().map(|text| mask(file, text)).sum()
}

fn mask(file: &mut [u8], ranges: &[Range<usize>]) -> usize {
    let mut text: Vec<u8> = Vec::new();
    for range in ranges {
        text.extend(&file[range.clone()]);
    }
    let masked = secrets::mask(&mut text);
    let mut at = 0;
    for range in ranges {
        file[range.clone()].copy_from_slice(&text[at..at + range.len()]);
        at += range.len();
    }
    masked
}
