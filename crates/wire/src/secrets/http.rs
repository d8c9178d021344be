//! Headers as HTTP/1, SIP, RTSP and mail have them, and lines of older protocols that log in.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::names::is_secret_header;

/// Values of headers that hold secrets, wherever a message may begin in `data`. One goes on in lines that
/// begin with a blank (RFC 9112, section 5.2).
pub(super) fn headers(data: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    let mut open = false;
    for line in data.split_inclusive(|&b| b == b'\n') {
        let start = at;
        at += line.len();
        let folded = matches!(line.first(), Some(b' ' | b'\t')) && !blank(line);
        if folded && open {
            if let Some(last) = found.last_mut() {
                last.end = trimmed(data, start..at).end.max(last.end);
            }
            continue;
        }
        let colon = line.iter().position(|&b| b == b':');
        open = colon.is_some_and(|colon| {
            let name = line[..colon].trim_ascii();
            is_name(name) && is_secret_header(name)
        });
        if let (true, Some(colon)) = (open, colon) {
            found.push(trimmed(data, start + colon + 1..at));
        }
    }
    found
}

/// Whether it may be the name of a header: signs of a token (RFC 9110, section 5.6.2), and not too many.
fn is_name(name: &[u8]) -> bool {
    let sign = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
    name.len() <= 64 && name.iter().all(sign)
}

/// The part of a range that begins and ends with something to see.
pub(super) fn trimmed(data: &[u8], range: Range<usize>) -> Range<usize> {
    let text = &data[range.clone()];
    let before = text.len() - text.trim_ascii_start().len();
    let behind = text.len() - text.trim_ascii_end().len();
    match blank(text) {
        true => range.start..range.start,
        false => range.start + before..range.end - behind,
    }
}

fn blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}

/// POP, FTP and IRC (`PASS`), SMTP and IMAP (`AUTH`, `AUTHENTICATE`), IMAP (`LOGIN` behind its tag).
static LINES: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [
        r"(?im-u)^(?:PASS|(?:[!-~]{1,16}[ \t]+)?AUTH(?:ENTICATE)?[ \t]+[A-Z0-9_\-]+)[ \t]+([!-~][^\r\n]*)",
        r"(?im-u)^[!-~]{1,16}[ \t]+LOGIN[ \t]+([!-~][^\r\n]*)",
    ]
    .map(|pattern| Regex::new(pattern).expect("a pattern"))
});

/// What stands behind the commands of older protocols that log in.
pub(super) fn lines(data: &[u8]) -> Vec<Range<usize>> {
    let all = LINES.iter().flat_map(|regex| regex.captures_iter(data));
    all.filter_map(|found| found.get(1).map(|m| m.range()))
        .collect()
}
