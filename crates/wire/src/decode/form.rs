//! `application/x-www-form-urlencoded` (WHATWG URL, section 5): form bodies and query strings.

use super::{Answer, Out, Part};

/// Longest name of a field that is believed, bytes.
const KEY_MAX: usize = 64;

/// A body that nobody declared: all of it has to look like `a=b&c=d`.
pub(super) fn sniffed(bytes: &[u8], out: &mut Out) -> Answer {
    // Most are told by their beginning.
    let begins = |pair: &[u8]| {
        pair.first().is_some_and(u8::is_ascii_alphabetic)
            && pair.iter().take(KEY_MAX + 1).any(|&b| b == b'=')
    };
    let pairs = || bytes.split(|&b| b == b'&');
    if !begins(bytes) || !pairs().all(begins) || !bytes.iter().all(in_form) {
        return Answer::NotMine;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Answer::Unsure(fields(text, out)),
        Err(_) => Answer::NotMine,
    }
}

fn in_form(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%+*&=[]".contains(byte)
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
