//! What leaves every bundle before it is sealed: secrets that stand in the open. What they look like is known in
//! one place ([`wire::secrets`]); here is where they may stand in a bundle.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::Range;

use record::{Body, WebReply};
use wire::{Transport, pcapng, secrets};

/// Masks secrets that stand in the open in a packet file, in place; returns how many values. A TCP
/// stream is looked at as one text, in the order of its packets, so that a value that two segments
/// share is masked in both. What is in `planted` is no secret. Checksums are left as they were sent: they no longer fit. A file that
/// cannot be read is left alone.
pub fn mask_packets(file: &mut [u8], planted: &[&[u8]]) -> usize {
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
    texts.iter().map(|text| mask(file, text, planted)).sum()
}

fn mask(file: &mut [u8], ranges: &[Range<usize>], planted: &[&[u8]]) -> usize {
    let mut text: Vec<u8> = Vec::new();
    for range in ranges {
        text.extend(&file[range.clone()]);
    }
    // Nothing stands in the open in TLS, and a chance hit would spoil a record that the keys open.
    if text.starts_with(&TLS_HANDSHAKE) {
        return 0;
    }
    let masked = secrets::mask(&mut text, planted);
    if masked == 0 {
        return 0;
    }
    let mut at = 0;
    for range in ranges {
        file[range.clone()].copy_from_slice(&text[at..at + range.len()]);
        at += range.len();
    }
    masked
}

/// How a connection by TLS begins: a record of the handshake (RFC 8446, section 5.1).
const TLS_HANDSHAKE: [u8; 2] = [22, 3];

/// A record without the secrets that stand in the open in what programs said.
pub(crate) fn masked(mut body: Body) -> Body {
    if let Body::WebAsked { answers, .. } = &mut body {
        for answer in answers {
            if let WebReply::Other { first, .. } | WebReply::Http { first, .. } = &mut answer.reply
            {
                secrets::mask(&mut first.0, &[]);
            }
        }
    }
    let texts: Vec<&mut String> = match &mut body {
        Body::Unavailable { why }
        | Body::Gap { why, .. }
        | Body::Decided { why }
        | Body::Failed { why, .. } => vec![why],
        Body::Detached { why } => why.iter_mut().collect(),
        Body::Step { step, failed, .. } => [step].into_iter().chain(failed).collect(),
        Body::MuteSaid { said, .. } => vec![said],
        Body::Asked { what, .. } => vec![what],
        Body::BusCall { error, .. } => error.iter_mut().collect(),
        Body::Exited { how, .. } => vec![how],
        // Plaintext was masked where it was taken; the rest are names and numbers.
        _ => Vec::new(),
    };
    for text in texts {
        let mut bytes = std::mem::take(text).into_bytes();
        secrets::mask(&mut bytes, &[]);
        *text = String::from_utf8_lossy(&bytes).into_owned();
    }
    body
}

/// What a program printed, without the secrets that stand in the open.
pub(crate) fn mask_log(text: &mut [u8]) -> usize {
    secrets::mask(text, &[])
}
