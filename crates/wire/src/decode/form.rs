//! `application/x-www-form-urlencoded` (WHATWG URL, section 5): form bodies and query strings.

use super::{Answer, Out, Part};

/// A body that nobody declared: all of it has to look like `a=b&c=d`.
pub(super) fn sniffed(bytes: &[u8], out: &mut Out) -> Answer {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Answer::NotMine;
    };
    let in_form = |b: u8| b.is_ascii_alphanumeric() || b"-._~%+*&=[]".contains(&b);
    let pair = |pair: &str| pair.split_once('=').is_some_and(|(key, _)| is_key(key));
    if !text.bytes().all(in_form) || !text.split('&').all(pair) {
        return Answer::NotMine;
    }
    Answer::Unsure(fields(text, out))
}

fn is_key(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.len() <= 64
}

/// The fields of a form; gives the unread bytes.
pub(super) fn fields(text: &str, out: &mut Out) -> usize {
    out.format("form");
    let mut opaque = 0;
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = unescaped(key);
        out.keep(Part::Name, &key);
        let at = out.path.len();
        out.start("&");
        out.push(&String::from_utf8_lossy(&key));
        let value = unescaped(value);
        opaque += match std::str::from_utf8(&value) {
            Ok(text) => out.text(text),
            Err(_) => out.content(&value),
        };
        out.path.truncate(at);
    }
    opaque.min(text.len())
}

/// `%41` and `+`; what is no escape stays.
fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let escaped = match (byte, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        rest = match escaped {
            Some((high, low)) => {
                out.push(high << 4 | low);
                &after[2..]
            }
            None => {
                out.push(if byte == b'+' { b' ' } else { byte });
                after
            }
        };
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|d| d as u8)
}
