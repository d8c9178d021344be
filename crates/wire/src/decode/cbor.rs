//! CBOR (RFC 8949): a map or an array of definite length, all of the slice.

use super::binary::{Reader, whole};
use super::{Answer, Out, Value};

/// A map is told by its text keys; an array by fitting exactly. Always unsure.
pub(super) fn cbor(bytes: &[u8], out: &mut Out) -> Answer {
    let is_container = bytes
        .first()
        .is_some_and(|b| matches!(b >> 5, 4 | 5) && b & 31 != 0);
    if !is_container || bytes.len() < 4 {
        return Answer::NotMine;
    }
    whole("cbor", bytes, out, value)
}

/// Major type, additional information and argument (section 3).
fn head(reader: &mut Reader) -> Option<(u8, u8, u64)> {
    let first = reader.byte()?;
    let info = first & 31;
    let argument = match info {
        0..=23 => u64::from(info),
        24..=27 => reader.uint(1 << (info - 24))?,
        // Indefinite lengths are rare in messages, and a random byte is one too often.
        _ => return None,
    };
    Some((first >> 5, info, argument))
}

fn value(reader: &mut Reader, out: &mut Out) -> Option<()> {
    let (major, info, argument) = head(reader)?;
    match (major, info) {
        (0, _) => out.number(argument as f64),
        (1, _) => out.number(-1.0 - argument as f64),
        (2, _) => reader.bytes(argument, out)?,
        (3, _) => reader.text(argument, out)?,
        (4, _) => reader.items(argument, None, value, out)?,
        (5, _) => reader.items(argument, Some(key), value, out)?,
        // A tag says what the next value means.
        (6, _) => out.deeper(|out| value(reader, out))??,
        (_, 20 | 21) => out.leaf(Value::Bool(info == 21)),
        (_, 22 | 23) => {}
        (_, 25) => out.number(half(argument as u16)),
        (_, 26) => out.number(f64::from(f32::from_bits(argument as u32))),
        (_, 27) => out.number(f64::from_bits(argument)),
        _ => return None,
    }
    Some(())
}

fn key<'b>(reader: &mut Reader<'b>) -> Option<&'b str> {
    let (3, _, len) = head(reader)? else {
        return None;
    };
    reader.key(len).filter(|key| !key.is_empty())
}

/// IEEE 754 binary16 (appendix D).
fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = (i32::from(bits >> 10 & 31), f64::from(bits & 0x3FF));
    let value = match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 => f64::NAN,
        _ => (mantissa + 1_024.0) * 2f64.powi(exponent - 25),
    };
    if bits & 0x8000 != 0 { -value } else { value }
}
