//! Values that stand beside a telling name: `"name": "value"`, `name=value`, `name: value`,
//! `<name>value</name>`, whatever they lie in.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::names::{PARTS, WHOLE, is_secret};
use super::quote::Quote;
use super::{Secret, http};

/// Longest rest of a name behind its telling part, and longest tag, bytes.
const NAME_MAX: usize = 64;
const TAG_MAX: usize = 512;

/// Where a telling part of a name stands, or a whole one.
static NAMES: LazyLock<Regex> = LazyLock::new(|| {
    let parts = PARTS.join("|");
    let whole = WHOLE.join("|");
    let pattern = format!("(?i-u)(?:{parts}|\\b(?:{whole})\\b)");
    Regex::new(&pattern).expect("words and nothing else")
});

/// All of them.
pub(super) fn values(data: &[u8]) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(name) = NAMES.find_at(data, from) {
        from = name.end();
        let end = name_end(data, name.end());
        let start = name_start(data, name.start());
        if is_whole(name.as_bytes()) && !is_secret(&data[start..end]) {
            // It is a part of another name.
            continue;
        }
        let n_before = found.len();
        value(data, start..end, &mut found);
        // Names inside of the value are none.
        from = found[n_before..]
            .iter()
            .map(|secret| secret.at.end)
            .fold(from, usize::max);
    }
    found
}

/// Whether it is one of the names that must be the whole.
fn is_whole(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    WHOLE.contains(&&*name)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.$[]".contains(&byte)
}

fn name_end(data: &[u8], from: usize) -> usize {
    let mut at = from;
    while at < data.len() && at - from < NAME_MAX {
        match &data[at..] {
            [b'%', b'5', b'B' | b'b' | b'D' | b'd', ..] => at += 3,
            [byte, ..] if is_name(*byte) => at += 1,
            _ => break,
        }
    }
    at
}

fn name_start(data: &[u8], from: usize) -> usize {
    let before = data[..from].iter().rev().take(NAME_MAX);
    from - before.take_while(|&&b| is_name(b)).count()
}

fn skip(data: &[u8], mut at: usize, what: impl Fn(u8) -> bool) -> usize {
    while data.get(at).is_some_and(|&b| what(b)) {
        at += 1;
    }
    at
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// The value of a name, if one stands there.
fn value(data: &[u8], name: Range<usize>, found: &mut Vec<Secret>) {
    if let Some(text) = element(data, &name) {
        found.push(Secret::text(text));
        return;
    }
    let quote = Quote::at(data, name.end);
    let mut at = name.end + quote.map_or(0, |quote| quote.len);
    let space = |byte: u8| match quote {
        Some(_) => byte.is_ascii_whitespace(),
        None => is_blank(byte),
    };
    at = skip(data, at, space);
    let rest = &data[at..];
    let sign = [&b"=>"[..], b"=", b":", b"%3D", b"%3d", b"%3A", b"%3a"]
        .into_iter()
        .find(|sign| rest.starts_with(sign));
    let Some(sign) = sign else {
        return;
    };
    at = skip(data, at + sign.len(), space);
    let colon = matches!(sign[sign.len() - 1], b':' | b'A' | b'a');
    if let Some(open) = Quote::at(data, at) {
        let from = at + open.len;
        // A string that is cut off is a secret as well.
        let end = open.end(data, from).unwrap_or(data.len());
        found.push(Secret::text(from..end));
    } else if matches!(data.get(at), Some(b'{' | b'[')) && (quote.is_some() || colon) {
        below(data, at, found);
    } else if quote.is_some() && colon {
        number(data, at, found);
    } else if colon && to_line_end(data, &name) {
        let end = skip(data, at, |b| !b"\r\n\\\"<".contains(&b));
        found.push(Secret::text(http::trimmed(data, at..end)));
    } else {
        let stops: &[u8] = match colon {
            true => b",;&}\"'<>\\",
            false => b"&;\"'<>\\",
        };
        let end = skip(data, at, |b| {
            !b.is_ascii_whitespace() && !stops.contains(&b)
        });
        found.push(Secret::text(at..end));
    }
}

/// Whether the value of `name: …` goes on to the end of the line: one may have blanks in it, and many do.
fn to_line_end(data: &[u8], name: &Range<usize>) -> bool {
    let mut before = data[..name.start].iter().rev();
    let first = before.find(|&&b| !is_blank(b));
    let lower = String::from_utf8_lossy(&data[name.clone()]).to_ascii_lowercase();
    let words = ["passw", "passphrase", "secret", "kennwort"];
    first.is_none_or(|&b| b == b'\n') && words.iter().any(|word| lower.contains(word))
}

/// The text of an XML element of that name.
fn element(data: &[u8], name: &Range<usize>) -> Option<Range<usize>> {
    let before = data[..name.start].iter().rev();
    let prefix = before.clone().take(NAME_MAX);
    let prefix = prefix.take_while(|&&b| is_name(b) || b == b':').count();
    if name.start.checked_sub(prefix + 1).map(|at| data[at]) != Some(b'<') {
        return None;
    }
    let tag = &data[name.end..data.len().min(name.end + TAG_MAX)];
    let close = tag.iter().position(|&b| b == b'>')?;
    if close > 0 && tag[close - 1] == b'/' {
        return None;
    }
    let from = name.end + close + 1;
    Some(from..skip(data, from, |b| b != b'<'))
}

/// A number of JSON.
fn number(data: &[u8], at: usize, found: &mut Vec<Secret>) -> usize {
    let begins = |b: &u8| b.is_ascii_digit() || *b == b'-';
    if !data.get(at).is_some_and(begins) {
        return at;
    }
    let end = skip(data, at, |b| {
        b.is_ascii_alphanumeric() || b"-+.".contains(&b)
    });
    found.push(Secret::number(at..end));
    end
}

/// Every string and number in an object or a list of JSON, but for the names.
fn below(data: &[u8], open: usize, found: &mut Vec<Secret>) {
    let mut at = open;
    let mut depth = 0u32;
    while let Some(&byte) = data.get(at) {
        if let Some(quote) = Quote::at(data, at) {
            let from = at + quote.len;
            let end = quote.end(data, from).unwrap_or(data.len());
            at = (end + quote.len).min(data.len());
            let behind = skip(data, at, |b| b.is_ascii_whitespace());
            if data.get(behind) != Some(&b':') {
                found.push(Secret::text(from..end));
            }
            continue;
        }
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return;
                }
            }
            b'0'..=b'9' | b'-' => {
                at = number(data, at, found);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}
