//! Typed netstrings, as mitmproxy writes its flows: `LENGTH:BYTES` and a character for the type.

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'b> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// Bytes (`,`) or text (`;`).
    Bytes(&'b [u8]),
    List(Vec<Value<'b>>),
    /// Keys and values, in the file's order.
    Dict(Vec<(&'b [u8], Value<'b>)>),
}

/// Values inside each other.
const DEPTH_MAX: u32 = 32;

/// Where a value could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Damage {
    pub at: usize,
    pub why: &'static str,
}

impl<'b> Value<'b> {
    pub(super) fn get(&self, key: &str) -> Option<&Value<'b>> {
        let Value::Dict(all) = self else {
            return None;
        };
        let found = all.iter().find(|(name, _)| *name == key.as_bytes());
        found.map(|(_, value)| value)
    }

    pub(super) fn text(&self) -> Option<&'b str> {
        match self {
            Value::Bytes(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    pub(super) fn bytes(&self) -> Option<&'b [u8]> {
        match self {
            Value::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Value::Int(n) => Some(*n as f64),
            Value::Float(n) => Some(*n),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&[Value<'b>]> {
        match self {
            Value::List(all) => Some(all),
            _ => None,
        }
    }
}

/// Whether bytes begin like a dictionary, which each flow is.
pub(super) fn begins(bytes: &[u8]) -> bool {
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let inside = bytes.get(digits + 1..).unwrap_or_default();
    let key = inside.iter().take_while(|b| b.is_ascii_digit()).count();
    (1..=12).contains(&digits)
        && bytes.get(digits) == Some(&b':')
        && (1..=4).contains(&key)
        && inside.get(key) == Some(&b':')
}

/// The value at `at` in `bytes`, and where what follows it begins.
pub(super) fn value(bytes: &[u8], at: usize) -> Result<(Value<'_>, usize), Damage> {
    nested(bytes, at, bytes.len(), 0)
}

fn nested(bytes: &[u8], at: usize, end: usize, depth: u32) -> Result<(Value<'_>, usize), Damage> {
    let damage = |why| Damage { at, why };
    let rest = bytes.get(at..end).unwrap_or_default();
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let len = rest.get(..digits).filter(|d| (1..=12).contains(&d.len()));
    let len = len.and_then(|d| std::str::from_utf8(d).ok()?.parse::<usize>().ok());
    let (Some(len), Some(b':')) = (len, rest.get(digits)) else {
        return Err(damage("no length in front of a value"));
    };
    let from = at + digits + 1;
    let to = from + len;
    let (Some(inside), Some(kind), true) = (bytes.get(from..to), bytes.get(to), to < end) else {
        return Err(damage("a value that is longer than what holds it"));
    };
    let text = || std::str::from_utf8(inside).ok();
    let value = match kind {
        b'~' => Value::Null,
        b'!' => Value::Bool(inside == b"true"),
        b'#' => Value::Int(
            text()
                .and_then(|text| text.parse().ok())
                .ok_or(damage("a whole number that is none"))?,
        ),
        b'^' => Value::Float(
            text()
                .and_then(|text| text.parse().ok())
                .ok_or(damage("a number that is none"))?,
        ),
        b',' | b';' => Value::Bytes(inside),
        b']' | b'}' if depth == DEPTH_MAX => {
            return Err(damage("too many values inside each other"));
        }
        b']' => {
            let (mut all, mut at) = (Vec::new(), from);
            while at < to {
                let (value, next) = nested(bytes, at, to, depth + 1)?;
                all.push(value);
                at = next;
            }
            Value::List(all)
        }
        b'}' => {
            let (mut all, mut at) = (Vec::new(), from);
            while at < to {
                let (key, next) = nested(bytes, at, to, depth + 1)?;
                let Value::Bytes(key) = key else {
                    return Err(Damage {
                        at,
                        why: "a key that is no text",
                    });
                };
                let (value, next) = nested(bytes, next, to, depth + 1)?;
                all.push((key, value));
                at = next;
            }
            Value::Dict(all)
        }
        _ => return Err(damage("a value of an unknown type")),
    };
    Ok((value, to + 1))
}
