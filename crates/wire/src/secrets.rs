//! Masking secrets in plaintext before it is written down.
//!
//! What is masked becomes as many stars: lengths stay, as they may tell something. Only what stands
//! in the open is found: a secret inside something compressed or encoded is not, and no list of names
//! is complete.

use std::ops::Range;

/// Headers of HTTP whose values let somebody in (RFC 9110, section 11; RFC 6265).
const HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "x-auth-token",
    "x-csrf-token",
];

/// Parts of names (of JSON members and form fields) whose values are secrets.
const NAMES: [&str; 10] = [
    "pwd",
    "jwt",
    "passw",
    "secret",
    "token",
    "api_key",
    "apikey",
    "session",
    "credential",
    "authorization",
];

/// Replaces secrets by stars of the same number; returns how many values it masked.
pub fn mask(data: &mut [u8]) -> usize {
    let mut found = headers(data);
    found.extend(members(data));
    found.extend(fields(data));
    for range in &found {
        data[range.clone()].fill(b'*');
    }
    found.len()
}

/// Values of the headers of requests, wherever a request may begin in `data`.
fn headers(data: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in data.split_inclusive(|&b| b == b'\n') {
        let start = at;
        at += line.len();
        let Some(colon) = line.iter().position(|&b| b == b':') else {
            continue;
        };
        let name = line[..colon].to_ascii_lowercase();
        if HEADERS.iter().any(|header| header.as_bytes() == name) {
            let end = line.iter().rposition(|b| !b.is_ascii_whitespace());
            let from = start + colon + 1;
            found.push(from..(start + end.map_or(0, |e| e + 1)).max(from));
        }
    }
    found
}

fn is_secret(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    NAMES.iter().any(|part| name.contains(part))
}

/// Strings and numbers of JSON members with a telling name.
fn members(data: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = position(data, at, b'"') {
        let Some(close) = string_end(data, open) else {
            return found;
        };
        at = close + 1;
        let mut value = at;
        let skip = |mut i: usize| {
            while data.get(i).is_some_and(u8::is_ascii_whitespace) {
                i += 1;
            }
            i
        };
        value = skip(value);
        if data.get(value) != Some(&b':') {
            // No name. Where the data begins inside a string, what closes it looks like what opens
            // one: look again from there.
            at = close;
            continue;
        }
        if !is_secret(&data[open + 1..close]) {
            continue;
        }
        value = skip(value + 1);
        match data.get(value) {
            Some(b'"') => {
                // A string that is cut off is a secret as well.
                let end = string_end(data, value).unwrap_or(data.len());
                found.push(value + 1..end);
                at = (end + 1).min(data.len());
            }
            Some(b) if b.is_ascii_digit() || *b == b'-' => {
                let number = data[value..].iter();
                let n = number.take_while(|b| b.is_ascii_alphanumeric() || b"-+.".contains(b));
                found.push(value..value + n.count());
            }
            _ => {}
        }
    }
    found
}

fn position(data: &[u8], from: usize, byte: u8) -> Option<usize> {
    let rest = data.get(from..)?;
    Some(from + rest.iter().position(|&b| b == byte)?)
}

/// Where the string that opens at `open` ends.
fn string_end(data: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    while let Some(&byte) = data.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// Values of form fields and of queries: `name=value` between `?`, `&`, white space and the ends.
fn fields(data: &[u8]) -> Vec<Range<usize>> {
    let is_end = |b: &u8| b.is_ascii_whitespace() || b"?&;\"".contains(b);
    let mut found = Vec::new();
    let mut at = 0;
    for piece in data.split(|b| is_end(b)) {
        let start = at;
        at += piece.len() + 1;
        if let Some(equals) = piece.iter().position(|&b| b == b'=')
            && is_secret(&piece[..equals])
        {
            found.push(start + equals + 1..start + piece.len());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn masked(text: &str) -> String {
        let mut data = text.as_bytes().to_vec();
        mask(&mut data);
        String::from_utf8(data).unwrap()
    }

    #[test]
    fn secrets_become_stars_and_nothing_else_does() {
        assert_eq!(
            masked(
                "POST /a?token=abc&x=1 HTTP/1.1\r\nAuthorization: Bearer xyz\r\nHost: h\r\n\r\n"
            ),
            "POST /a?token=***&x=1 HTTP/1.1\r\nAuthorization:***********\r\nHost: h\r\n\r\n"
        );
        assert_eq!(
            masked(r#"{"user": "me", "Password" : "a\"b", "n": 5, "sessionId": 12.5}"#),
            r#"{"user": "me", "Password" : "****", "n": 5, "sessionId": ****}"#
        );
        assert_eq!(masked("user=me&passwd=secret1"), "user=me&passwd=*******");
        // Begun in the middle.
        assert_eq!(
            masked(r#"rest","password":"abc"}"#),
            r#"rest","password":"***"}"#
        );
        // Cut off in the middle.
        assert_eq!(masked(r#"{"password": "abc"#), r#"{"password": "***"#);
        assert_eq!(masked("levels=1,2,3"), "levels=1,2,3");
    }

    proptest! {
        #[test]
        fn any_bytes_keep_their_length(mut data in proptest::collection::vec(any::<u8>(), 0..200)) {
            let before = data.len();
            mask(&mut data);
            prop_assert_eq!(data.len(), before);
        }
    }
}
