//! CBOR (RFC 8949): a map or an array of definite length, all of the slice.

use super::{Answer, Out, Value};

/// A map is told by its text keys; an array by fitting exactly. Always unsure.
pub(super) fn cbor(bytes: &[u8], out: &mut Out) -> Answer {
    let is_container = bytes
        .first()
        .is_some_and(|b| matches!(b >> 5, 4 | 5) && b & 31 != 0);
    if !is_container || bytes.len() < 4 {
        return Answer::NotMine;
    }
    out.format("cbor");
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

    /// Major type, additional information and argument (section 3).
    fn head(&mut self) -> Option<(u8, u8, u64)> {
        let first = self.take(1)?[0];
        let info = first & 31;
        let argument = match info {
            0..=23 => u64::from(info),
            24..=27 => {
                let bytes = self.take(1 << (info - 24))?.iter();
                bytes.fold(0, |sum, &b| sum << 8 | u64::from(b))
            }
            // Indefinite lengths are rare in messages, and a random byte is one too often.
            _ => return None,
        };
        Some((first >> 5, info, argument))
    }

    fn value(&mut self, out: &mut Out) -> Option<()> {
        let (major, info, argument) = self.head()?;
        match (major, info) {
            (0, _) => out.number(argument as f64),
            (1, _) => out.number(-1.0 - argument as f64),
            (2, _) => {
                let bytes = self.take(usize::try_from(argument).ok()?)?;
                self.opaque += out.content(bytes);
            }
            (3, _) => {
                let text = std::str::from_utf8(self.take(usize::try_from(argument).ok()?)?).ok()?;
                self.opaque += out.text(text);
            }
            (4 | 5, _) => self.items(major == 5, argument, out)?,
            // A tag says what the next value means.
            (6, _) => out.deeper(|out| self.value(out))??,
            (_, 20 | 21) => out.leaf(Value::Bool(info == 21)),
            (_, 22 | 23) => {}
            (_, 25) => out.number(half(argument as u16)),
            (_, 26) => out.number(f64::from(f32::from_bits(argument as u32))),
            (_, 27) => out.number(f64::from_bits(argument)),
            _ => return None,
        }
        Some(())
    }

    fn items(&mut self, keyed: bool, n: u64, out: &mut Out) -> Option<()> {
        out.deeper(|out| {
            for index in 0..n {
                let at = out.path.len();
                match keyed {
                    true => {
                        let key = self.key()?;
                        out.push(".");
                        out.push(key);
                    }
                    false => out.push_index(usize::try_from(index).ok()?),
                }
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
        let (3, _, len) = self.head()? else {
            return None;
        };
        let key = std::str::from_utf8(self.take(usize::try_from(len).ok()?)?).ok()?;
        (!key.is_empty() && !key.contains(char::is_control)).then_some(key)
    }
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
