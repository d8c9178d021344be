//! A message of protocol buffers without its schema: field numbers as names.
//!
//! What is length-delimited is a message where it can be read as one, else text. So the short text `id` may
//! come out as a message: adapters that name a path know which it is.

use std::collections::BTreeMap;

use crate::value::{Object, Value, number_text};

/// Deeper messages than this are taken as text.
const DEPTH_MAX: usize = 64;

/// Reads all of `bytes` as one message; None where it is none.
pub(super) fn message(bytes: &[u8]) -> Option<Value> {
    nested(bytes, 0)
}

fn nested(mut bytes: &[u8], depth: usize) -> Option<Value> {
    if depth > DEPTH_MAX {
        return None;
    }
    // Field numbers are whole and not below zero, and so are ordered as their bits are.
    let mut fields: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
    while !bytes.is_empty() {
        let (tag, rest) = varint(bytes)?;
        bytes = rest;
        let number = (tag / 8.0).floor();
        let value = match tag as u64 % 8 {
            0 => {
                let (value, rest) = varint(bytes)?;
                bytes = rest;
                Value::Number(value)
            }
            1 => {
                let (value, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                Value::Number(u64::from_le_bytes(*value) as f64)
            }
            2 => {
                let (length, rest) = varint(bytes)?;
                if length > rest.len() as f64 {
                    return None;
                }
                let (inner, rest) = rest.split_at(length as usize);
                bytes = rest;
                nested(inner, depth + 1).unwrap_or_else(|| Value::Bytes(inner.to_vec()))
            }
            5 => {
                let (value, rest) = bytes.split_first_chunk()?;
                bytes = rest;
                Value::Number(f64::from(u32::from_le_bytes(*value)))
            }
            _ => return None,
        };
        fields.entry(number.to_bits()).or_default().push(value);
    }
    let members = fields.into_iter().map(|(number, mut values)| {
        let value = match values.len() {
            1 => values.remove(0),
            _ => Value::List(values),
        };
        (number_text(f64::from_bits(number)), value)
    });
    Some(Value::Object(Object::new(members)))
}

/// A number and what is behind it. Numbers that take more than 53 bits are rounded, as they are in
/// JavaScript.
fn varint(bytes: &[u8]) -> Option<(f64, &[u8])> {
    let length = 1 + bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = bytes.split_at(length);
    if length > 10 {
        return None;
    }
    let sum = number.iter().enumerate().map(|(n, byte)| {
        let shift = i32::try_from(7 * n).unwrap_or(i32::MAX);
        f64::from(byte & 0x7f) * 2f64.powi(shift)
    });
    Some((sum.sum(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_encoding_page() {
        // https://protobuf.dev/programming-guides/encoding/: Test1 {a: 150}, Test2 {b: "testing"},
        // Test3 {c: {a: 150}}.
        assert_eq!(
            message(b"\x08\x96\x01").unwrap().to_string(),
            r#"{"1":150}"#
        );
        assert_eq!(
            message(b"\x12\x07testing").unwrap().to_string(),
            r#"{"2":"testing"}"#
        );
        assert_eq!(
            message(b"\x1a\x03\x08\x96\x01").unwrap().to_string(),
            r#"{"3":{"1":150}}"#
        );
        assert_eq!(
            message(b"\x08\x01\x08\x02\x0d\x01\0\0\0")
                .unwrap()
                .to_string(),
            r#"{"1":[1,2,1]}"#
        );
    }

    #[test]
    fn what_is_cut_or_of_no_type_is_none() {
        for bytes in [
            &b"\x08"[..],
            b"\x08\x96",
            b"\x12\x08testing",
            b"\x0b",
            b"\x09\x01",
            b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
        ] {
            assert_eq!(message(bytes), None, "{bytes:x?}");
        }
    }
}
