//! How a text or some bytes are written: plain, escaped, or encoded.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// A way to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Script {
    /// UTF-8, nothing escaped.
    Plain,
    /// `%40` (RFC 3986, section 2.1), hexadecimal digits in either case, a space also as `+` (WHATWG URL,
    /// section 5).
    Percent,
    /// The same twice, `%2540`.
    PercentTwice,
    /// `\u00e9`, `\/` (RFC 8259, section 7).
    Json,
    /// `&amp;`, `&#233;`, `&#xe9;` (XML 1.0, sections 4.1 and 4.6).
    Xml,
    /// UTF-16 in either byte order, without an outer zero: plain letters are the same in both.
    Utf16,
    /// Two hexadecimal digits a byte, in either case.
    Hex,
    /// RFC 4648, section 4, wherever it lay among other bytes.
    Base64,
    /// RFC 4648, section 5, where that is something else.
    Base64Url,
    /// Bytes as they are.
    Raw,
    /// A number in decimal digits.
    Decimal,
}

impl Script {
    /// Its word in reports.
    pub fn id(self) -> &'static str {
        match self {
            Script::Plain => "plain",
            Script::Percent => "percent",
            Script::PercentTwice => "percent twice",
            Script::Json => "json escapes",
            Script::Xml => "xml escapes",
            Script::Utf16 => "utf-16",
            Script::Hex => "hex",
            Script::Base64 => "base64",
            Script::Base64Url => "base64url",
            Script::Raw => "raw",
            Script::Decimal => "decimal",
        }
    }
}

/// All ways to write a text; the same bytes may come twice, the simpler way first.
pub(super) fn of_text(text: &str) -> Vec<(Script, Vec<u8>)> {
    let mut all = vec![(Script::Plain, text.as_bytes().to_vec())];
    let mut add = |script, bytes: Vec<u8>| all.push((script, bytes));
    for percent in percents(text) {
        add(Script::Percent, percent.into_bytes());
    }
    for percent in percents(text) {
        add(
            Script::PercentTwice,
            percents(&percent).swap_remove(0).into(),
        );
    }
    for json in jsons(text) {
        add(Script::Json, json.into_bytes());
    }
    for xml in xmls(text) {
        add(Script::Xml, xml.into_bytes());
    }
    for bytes in utf16(text) {
        add(Script::Utf16, bytes);
    }
    all.extend(hex_and_base64(text.as_bytes()));
    all
}

/// All ways to write bytes that are no text.
pub(super) fn of_bytes(bytes: &[u8]) -> Vec<(Script, Vec<u8>)> {
    let mut all = vec![(Script::Raw, bytes.to_vec())];
    all.extend(hex_and_base64(bytes));
    all
}

/// All ways to write a hash. In base64 it stands by itself, so its last letter is known.
pub(super) fn of_hash(hash: &[u8]) -> Vec<(Script, Vec<u8>)> {
    let mut all = vec![
        (Script::Hex, hex::encode(hash).into_bytes()),
        (Script::Hex, hex::encode_upper(hash).into_bytes()),
    ];
    if let Some(&crc) = hash.first_chunk::<4>()
        && hash.len() == 4
    {
        let decimal = u32::from_be_bytes(crc).to_string();
        all.push((Script::Decimal, decimal.into_bytes()));
        return all;
    }
    all.push((Script::Raw, hash.to_vec()));
    for (script, engine) in [(Script::Base64, &STANDARD), (Script::Base64Url, &URL_SAFE)] {
        let padded = engine.encode(hash);
        all.push((script, padded.trim_end_matches('=').into()));
    }
    all
}

fn hex_and_base64(bytes: &[u8]) -> Vec<(Script, Vec<u8>)> {
    let mut all = vec![
        (Script::Hex, hex::encode(bytes).into_bytes()),
        (Script::Hex, hex::encode_upper(bytes).into_bytes()),
    ];
    for (script, engine) in [(Script::Base64, &STANDARD), (Script::Base64Url, &URL_SAFE)] {
        for before in 0..3 {
            let encoded = engine.encode([&[0; 2][..before], bytes].concat());
            // Letters that hold bits of what stands before or behind are not known.
            let from = (8 * before).div_ceil(6);
            let to = 8 * (before + bytes.len()) / 6;
            all.push((script, encoded.as_bytes()[from..to.max(from)].to_vec()));
        }
    }
    all
}

fn percents(text: &str) -> Vec<String> {
    // RFC 3986's unreserved; what `encodeURIComponent` leaves (ECMA-262, 19.2.6); what a path may hold.
    let kept = [
        "-._~",
        "-._~!'()*",
        "-._~!$&'()*+,;=:@",
        "-._~!$&'()*+,;=:@/",
    ];
    let mut all = Vec::new();
    for kept in kept {
        for space in ["%20", "+"] {
            for upper in [true, false] {
                let mut out = String::new();
                for byte in text.bytes() {
                    let c = char::from(byte);
                    // Writing to a `String` does not fail.
                    let _ = match c {
                        ' ' => write!(out, "{space}"),
                        c if c.is_ascii_alphanumeric() || kept.contains(c) => write!(out, "{c}"),
                        _ if upper => write!(out, "%{byte:02X}"),
                        _ => write!(out, "%{byte:02x}"),
                    };
                }
                all.push(out);
            }
        }
    }
    all
}

/// `\uXXXX` for each unit of UTF-16.
fn json_units(c: char, upper: bool, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        let _ = match upper {
            true => write!(out, "\\u{unit:04X}"),
            false => write!(out, "\\u{unit:04x}"),
        };
    }
}

fn jsons(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for slash in ["/", "\\/"] {
        // What is escaped without need: nothing, what is not ASCII, what has a meaning in HTML too, all.
        for needless in [
            |_: char| false,
            |c: char| !c.is_ascii(),
            |c: char| "<>&'=+".contains(c),
            |c: char| !c.is_ascii() || "<>&'=+".contains(c),
            |_: char| true,
        ] {
            for upper in [false, true] {
                let mut out = String::new();
                for c in text.chars() {
                    match c {
                        c if needless(c) => json_units(c, upper, &mut out),
                        '"' => out.push_str("\\\""),
                        '\\' => out.push_str("\\\\"),
                        '/' => out.push_str(slash),
                        '\n' => out.push_str("\\n"),
                        '\r' => out.push_str("\\r"),
                        '\t' => out.push_str("\\t"),
                        c if c.is_control() => json_units(c, upper, &mut out),
                        c => out.push(c),
                    }
                }
                all.push(out);
            }
        }
    }
    all
}

fn xmls(text: &str) -> Vec<String> {
    type Escape = fn(char) -> Option<String>;
    let named: Escape = |c| {
        let name = match c {
            '<' => "lt",
            '>' => "gt",
            '&' => "amp",
            '"' => "quot",
            '\'' => "apos",
            _ => return None,
        };
        Some(format!("&{name};"))
    };
    // Quotes need it in attributes alone.
    let named_in_text: Escape = |c| match c {
        '<' => Some("&lt;".into()),
        '>' => Some("&gt;".into()),
        '&' => Some("&amp;".into()),
        _ => None,
    };
    let decimal: Escape = |c| Some(format!("&#{};", u32::from(c)));
    let lower: Escape = |c| Some(format!("&#x{:x};", u32::from(c)));
    let upper: Escape = |c| Some(format!("&#x{:X};", u32::from(c)));
    let mut all = Vec::new();
    for special in [named, named_in_text, decimal, lower, upper] {
        for foreign in [|_| None, decimal, lower, upper] {
            let mut out = String::new();
            for c in text.chars() {
                let escaped = match c {
                    '<' | '>' | '&' | '"' | '\'' => special(c),
                    c if !c.is_ascii() => foreign(c),
                    _ => None,
                };
                match escaped {
                    Some(escaped) => out.push_str(&escaped),
                    None => out.push(c),
                }
            }
            all.push(out);
        }
    }
    all
}

fn utf16(text: &str) -> [Vec<u8>; 2] {
    let mut little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    little.pop_if(|last| *last == 0);
    if big.first() == Some(&0) {
        big.remove(0);
    }
    [little, big]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, script: Script, bytes: &[u8]) -> bool {
        of_text(text).contains(&(script, bytes.to_vec()))
    }

    #[test]
    fn escapes_as_programs_write_them() {
        for (text, script, written) in [
            ("a b@c.d", Script::Percent, "a%20b%40c.d"),
            ("a b@c.d", Script::Percent, "a+b%40c.d"),
            ("a b@c.d", Script::Percent, "a%20b@c.d"),
            ("é/", Script::Percent, "%C3%A9%2F"),
            ("é/", Script::Percent, "%c3%a9%2f"),
            ("it's", Script::Percent, "it's"),
            ("it's", Script::Percent, "it%27s"),
            ("a@b", Script::PercentTwice, "a%2540b"),
            ("Europe/Berlin", Script::Json, "Europe\\/Berlin"),
            ("é\"", Script::Json, "\\u00e9\\\""),
            ("É", Script::Json, "\\u00C9"),
            ("😀", Script::Json, "\\ud83d\\ude00"),
            ("a'b", Script::Json, "a\\u0027b"),
            ("<é'&", Script::Xml, "&lt;é'&amp;"),
            ("<é'&", Script::Xml, "&lt;&#233;&apos;&amp;"),
            ("é'", Script::Xml, "&#xe9;&#39;"),
            ("ab", Script::Hex, "6162"),
            ("jk", Script::Hex, "6A6B"),
        ] {
            assert!(has(text, script, written.as_bytes()), "{text} {written}");
        }
    }

    #[test]
    fn plain_letters_are_the_same_in_both_byte_orders() {
        assert_eq!(utf16("ab"), [b"a\0b".to_vec(), b"a\0b".to_vec()]);
        assert_eq!(utf16("Ж"), [vec![0x16, 4], vec![4, 0x16]]);
    }

    #[test]
    fn base64_wherever_it_lies() {
        for before in 0..7 {
            for behind in 0..4 {
                let around = [vec![b'x'; before], b"canary?>".to_vec(), vec![0xFF; behind]];
                let whole = STANDARD.encode(around.concat());
                let found = of_text("canary?>")
                    .into_iter()
                    .filter(|(script, _)| *script == Script::Base64)
                    .any(|(_, form)| whole.contains(std::str::from_utf8(&form).unwrap()));
                assert!(found, "{before} {behind} {whole}");
            }
        }
    }

    #[test]
    fn hashes_have_no_padding_and_a_checksum_has_digits() {
        let md5 = of_hash(&[0xFB; 16]);
        assert!(md5.contains(&(Script::Base64Url, b"-_v7-_v7-_v7-_v7-_v7-w".to_vec())));
        assert_eq!(md5.len(), 5);
        assert!(of_hash(&[0, 0, 1, 0]).contains(&(Script::Decimal, b"256".to_vec())));
    }
}
