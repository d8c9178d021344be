//! Protocol Buffers without a schema: field numbers instead of names
//! (protobuf.dev, "Encoding").
//!
//! A number may be meant as unsigned, zigzag or bits of a float; which cannot be told without the
//! schema. Varints are read as they are, four and eight bytes as floats where that gives an
//! ordinary number.

use super::{Answer, Out};

/// Real schemas stay far below; random bytes do not.
const FIELD_MAX: u64 = 2_048;

/// All bytes are fields, at least two of them. Always unsure.
pub(super) fn protobuf(bytes: &[u8], out: &mut Out) -> Answer {
    let mut n = 0;
    let mut opaque = 0;
    out.format("protobuf");
    let read = message(bytes, &mut n, &mut opaque, out);
    match read.is_some() && n >= 2 {
        true => Answer::Unsure(opaque),
        false => Answer::NotMine,
    }
}

fn message(bytes: &[u8], n: &mut usize, opaque: &mut usize, out: &mut Out) -> Option<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let field = tag >> 3;
        if !(1..=FIELD_MAX).contains(&field) || out.limit.is_some() {
            return None;
        }
        *n += 1;
        let at = out.path.len();
        out.start(&format!("#{field}"));
        match tag & 7 {
            0 => out.number(varint(&mut rest)? as f64),
            1 => out.number(float(
                f64::from_le_bytes(take(&mut rest)?),
                f64::MIN_POSITIVE,
            )?),
            5 => {
                let value = f32::from_le_bytes(take(&mut rest)?);
                out.number(float(f64::from(value), f64::from(f32::MIN_POSITIVE))?);
            }
            2 => {
                let len = usize::try_from(varint(&mut rest)?).ok()?;
                let (field, after) = rest.split_at_checked(len)?;
                rest = after;
                *opaque += nested(field, out);
            }
            _ => return None,
        }
        out.path.truncate(at);
    }
    Some(())
}

/// Bytes of a field: text, another message, or something else.
fn nested(field: &[u8], out: &mut Out) -> usize {
    if let Ok(text) = std::str::from_utf8(field)
        && !text.contains(char::is_control)
    {
        return out.text(text);
    }
    out.content(field)
}

/// Ordinary: finite, and not a denormal, as whole numbers are when taken for a float.
fn float(value: f64, least: f64) -> Option<f64> {
    (value == 0.0 || value.is_finite() && value.abs() >= least).then_some(value)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*head)
}
