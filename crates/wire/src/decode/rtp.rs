//! RTP: fields of the header, header extensions, and whether a payload is G.711 that can be heard.

use super::{Answer, Decoded, Out, Value};
use crate::rtp;

/// Longest extension element that is read as a number, bytes.
const NUMBER_MAX: usize = 8;

/// A payload's codes, spread evenly over G.711's eight segments, give 7 on average and more than
/// this in fewer than one of a million cases; sound stays in a few of them. So what is encrypted
/// and only claims to be PCMU is not taken for readable.
const SEGMENTS_CHI2: f64 = 40.0;

/// Reads one packet of a flow that is known to be RTP ([`rtp::Plausibility`]); `None` if this one is
/// not (STUN, DTLS and RTCP share its port, RFC 7983).
///
/// Header extensions are in clear even under SRTP. An element of one byte may be an RFC 6464 level
/// (which number means what is agreed upon elsewhere): `level` is its lower seven bits, in -dBov,
/// `voice` its highest.
pub fn rtp(bytes: &[u8]) -> Option<Decoded> {
    let header = rtp::parse(bytes).ok()?;
    let mut out = Out::new("rtp", false);
    out.format("rtp");
    let field = |out: &mut Out, name: &str, value| out.under(name, |out| out.leaf(value));
    field(&mut out, " marker", Value::Bool(header.marker));
    field(
        &mut out,
        " payload type",
        Value::Number(f64::from(header.payload_type)),
    );
    field(
        &mut out,
        " timestamp",
        Value::Number(f64::from(header.timestamp)),
    );
    field(&mut out, " source", Value::Number(f64::from(header.ssrc)));
    // Contributing sources and padding are nobody's business here, and not read.
    let mut opaque = 4 * usize::from(header.csrc_count) + bytes.len() - header.payload.end;
    if let Some(extension) = &header.extension {
        opaque += elements(
            extension.profile,
            bytes.get(extension.data.clone())?,
            &mut out,
        );
    }
    let payload = bytes.get(header.payload.clone())?;
    let codes = matches!(header.payload_type, 0 | 8).then_some(payload);
    match codes.is_some_and(is_sound) {
        true => out.format("g711"),
        false => opaque += payload.len(),
    }
    Some(out.done(bytes.len(), opaque))
}

/// The elements of RFC 8285's two forms; gives the unread bytes.
fn elements(profile: u16, data: &[u8], out: &mut Out) -> usize {
    let two_byte = match profile {
        0xBEDE => false,
        0x1000..=0x100F => true,
        // Cryptex (RFC 9335): the elements are encrypted.
        0xC0DE | 0xC2DE => {
            out.format("cryptex");
            return data.len();
        }
        _ => return out.under(" extension", |out| out.bytes(data)),
    };
    let mut rest = data;
    let mut opaque = 0;
    while let Some((&head, after)) = rest.split_first() {
        if head == 0 {
            rest = after;
            continue;
        }
        let (id, len, body) = match (two_byte, after.split_first()) {
            (false, _) if head >> 4 == 15 => return opaque + rest.len(),
            (false, _) => (head >> 4, usize::from(head & 15) + 1, after),
            (true, Some((&len, body))) => (head, usize::from(len), body),
            (true, None) => return opaque + rest.len(),
        };
        let Some((element, next)) = body.split_at_checked(len) else {
            return opaque + rest.len();
        };
        opaque += out.under(&format!(" extension {id}"), |out| {
            self::element(element, out)
        });
        rest = next;
    }
    opaque
}

fn element(element: &[u8], out: &mut Out) -> usize {
    match element {
        [] => 0,
        &[byte] => {
            out.under(" level", |out| out.number(f64::from(byte & 127)));
            out.under(" voice", |out| out.leaf(Value::Bool(byte & 128 != 0)));
            0
        }
        _ if element.len() <= NUMBER_MAX => {
            let value = element.iter().fold(0, |sum, &b| sum << 8 | u64::from(b));
            out.number(value as f64);
            0
        }
        _ => out.bytes(element),
    }
}

fn is_sound(codes: &[u8]) -> bool {
    let mut counts = [0u32; 8];
    for code in codes {
        counts[usize::from(code >> 4 & 7)] += 1;
    }
    let expected = codes.len() as f64 / 8.0;
    let chi2: f64 = counts
        .iter()
        .map(|&n| (f64::from(n) - expected).powi(2) / expected.max(1e-9))
        .sum();
    chi2 > SEGMENTS_CHI2
}

/// RTCP (RFC 3550, section 6.4): recognised, not read.
pub(super) fn rtcp(bytes: &[u8], out: &mut Out) -> Answer {
    match bytes {
        [first, 200..=207, high, low, ..]
            if first >> 6 == 2
                && 4 + 4 * usize::from(u16::from_be_bytes([*high, *low])) <= bytes.len() =>
        {
            out.format("rtcp");
            Answer::Unsure(bytes.len())
        }
        _ => Answer::NotMine,
    }
}
