//! MessagePack (msgpack.org, "spec.md"): a map or an array, all of the slice.

use super::binary::{Reader, whole};
use super::{Answer, Out, Value};

/// A map is told by its text keys; an array by fitting exactly. Always unsure.
pub(super) fn msgpack(bytes: &[u8], out: &mut Out) -> Answer {
    if !matches!(bytes.first(), Some(0x81..=0x8F | 0x91..=0x9F | 0xDC..=0xDF)) || bytes.len() < 4 {
        return Answer::NotMine;
    }
    whole("msgpack", bytes, out, value)
}

fn value(reader: &mut Reader, out: &mut Out) -> Option<()> {
    let head = reader.byte()?;
    match head {
        0x00..=0x7F => out.number(f64::from(head)),
        0xE0..=0xFF => out.number(f64::from(head as i8)),
        0x80..=0x8F => reader.items(u64::from(head & 15), Some(key), value, out)?,
        0x90..=0x9F => reader.items(u64::from(head & 15), None, value, out)?,
        0xA0..=0xBF => reader.text(u64::from(head & 31), out)?,
        0xC0 => {}
        0xC1 => return None,
        0xC2 | 0xC3 => out.leaf(Value::Bool(head == 0xC3)),
        0xC4..=0xC6 => {
            let len = reader.uint(1 << (head - 0xC4))?;
            reader.bytes(len, out)?;
        }
        0xC7..=0xC9 => {
            let len = reader.uint(1 << (head - 0xC7))?;
            reader.bytes(len.checked_add(1)?, out)?;
        }
        0xCA => out.number(f64::from(f32::from_bits(reader.uint(4)? as u32))),
        0xCB => out.number(f64::from_bits(reader.uint(8)?)),
        0xCC..=0xCF => {
            let value = reader.uint(1 << (head - 0xCC))?;
            out.number(value as f64);
        }
        0xD0..=0xD3 => {
            let n = 1 << (head - 0xD0);
            let shift = 64 - 8 * n as u32;
            out.number(((reader.uint(n)? << shift) as i64 >> shift) as f64);
        }
        0xD4..=0xD8 => reader.bytes(1 + (1 << (head - 0xD4)), out)?,
        0xD9..=0xDB => {
            let len = reader.uint(1 << (head - 0xD9))?;
            reader.text(len, out)?;
        }
        0xDC | 0xDD => {
            let n = reader.uint(2 << (head - 0xDC))?;
            reader.items(n, None, value, out)?;
        }
        0xDE | 0xDF => {
            let n = reader.uint(2 << (head - 0xDE))?;
            reader.items(n, Some(key), value, out)?;
        }
    }
    Some(())
}

fn key<'b>(reader: &mut Reader<'b>) -> Option<&'b str> {
    let len = match reader.byte()? {
        head @ 0xA1..=0xBF => u64::from(head & 31),
        0xD9 => reader.uint(1)?,
        _ => return None,
    };
    reader.key(len)
}
