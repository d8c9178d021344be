//! MessagePack (msgpack.org, "spec.md"): a map or an array, all of the slice.

use super::{Answer, Out, Value};

/// A map is told by its text keys; an array by fitting exactly. Always unsure.
pub(super) fn msgpack(bytes: &[u8], out: &mut Out) -> Answer {
    if !matches!(bytes.first(), Some(0x81..=0x8F | 0x91..=0x9F | 0xDC..=0xDF)) || bytes.len() < 4 {
        return Answer::NotMine;
    }
    out.format("msgpack");
    out.start("$");
    let mut reader = Reader {
        rest: bytes,
        opaque: 0,
    };
    match reader.value(out) {
        Some(()) if reader.rest.is_empty() => Answer::Unsure(reader.opaque),
        _ => Answer::NotMine,
    }
}

struct Reader<'b> {
    rest: &'b [u8],
    opaque: usize,
}

impl<'b> Reader<'b> {
    fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(head)
    }

    /// A big-endian number of so many bytes.
    fn uint(&mut self, n: usize) -> Option<u64> {
        let bytes = self.take(n)?.iter();
        Some(bytes.fold(0, |sum, &b| sum << 8 | u64::from(b)))
    }

    fn value(&mut self, out: &mut Out) -> Option<()> {
        let head = self.take(1)?[0];
        match head {
            0x00..=0x7F => out.number(f64::from(head)),
            0xE0..=0xFF => out.number(f64::from(head as i8)),
            0x80..=0x8F => self.map(u64::from(head & 15), out)?,
            0x90..=0x9F => self.array(u64::from(head & 15), out)?,
            0xA0..=0xBF => self.text(u64::from(head & 31), out)?,
            0xC0 => {}
            0xC1 => return None,
            0xC2 | 0xC3 => out.leaf(Value::Bool(head == 0xC3)),
            0xC4..=0xC6 => {
                let len = self.uint(1 << (head - 0xC4))?;
                self.bytes(len, out)?;
            }
            0xC7..=0xC9 => {
                let len = self.uint(1 << (head - 0xC7))?;
                self.bytes(len.checked_add(1)?, out)?;
            }
            0xCA => out.number(f64::from(f32::from_bits(self.uint(4)? as u32))),
            0xCB => out.number(f64::from_bits(self.uint(8)?)),
            0xCC..=0xCF => {
                let value = self.uint(1 << (head - 0xCC))?;
                out.number(value as f64);
            }
            0xD0..=0xD3 => {
                let n = 1 << (head - 0xD0);
                let shift = 64 - 8 * n as u32;
                out.number(((self.uint(n)? << shift) as i64 >> shift) as f64);
            }
            0xD4..=0xD8 => self.bytes(1 + (1 << (head - 0xD4)), out)?,
            0xD9..=0xDB => {
                let len = self.uint(1 << (head - 0xD9))?;
                self.text(len, out)?;
            }
            0xDC | 0xDD => {
                let n = self.uint(2 << (head - 0xDC))?;
                self.array(n, out)?;
            }
            0xDE | 0xDF => {
                let n = self.uint(2 << (head - 0xDE))?;
                self.map(n, out)?;
            }
        }
        Some(())
    }

    fn text(&mut self, len: u64, out: &mut Out) -> Option<()> {
        let text = std::str::from_utf8(self.take(usize::try_from(len).ok()?)?).ok()?;
        self.opaque += out.text(text);
        Some(())
    }

    fn bytes(&mut self, len: u64, out: &mut Out) -> Option<()> {
        let bytes = self.take(usize::try_from(len).ok()?)?;
        self.opaque += out.content(bytes);
        Some(())
    }

    fn array(&mut self, n: u64, out: &mut Out) -> Option<()> {
        // Each item takes a byte at least, so a made-up count ends soon.
        out.deeper(|out| {
            for index in 0..n {
                let at = out.path.len();
                out.push_index(usize::try_from(index).ok()?);
                self.value(out)?;
                out.path.truncate(at);
                if out.limit.is_some() {
                    return None;
                }
            }
            Some(())
        })?
    }

    fn map(&mut self, n: u64, out: &mut Out) -> Option<()> {
        out.deeper(|out| {
            for _ in 0..n {
                let key = self.key()?;
                let at = out.path.len();
                out.push(".");
                out.push(key);
                self.value(out)?;
                out.path.truncate(at);
                if out.limit.is_some() {
                    return None;
                }
            }
            Some(())
        })?
    }

    fn key(&mut self) -> Option<&'b str> {
        let len = match self.take(1)?[0] {
            head @ 0xA1..=0xBF => u64::from(head & 31),
            0xD9 => self.uint(1)?,
            _ => return None,
        };
        let key = std::str::from_utf8(self.take(usize::try_from(len).ok()?)?).ok()?;
        (!key.contains(char::is_control)).then_some(key)
    }
}
