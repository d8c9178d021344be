//! Parts of a form (RFC 7578) whose name says that they are secrets.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::names::is_secret;

/// So far the end of a part is looked for, bytes: without it whoever sent many parts would have each of them
/// looked through to the end.
const VALUE_MAX: usize = 64 << 10;

/// The headers of a part: its name, and where they end.
static PART: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?i-u)content-disposition:[^\r\n]*\bname="?([^";\r\n]*)"?[^\r\n]*(?:\r?\n[^\r\n]+)*\r?\n\r?\n"#;
    Regex::new(pattern).expect("a pattern")
});

pub(super) fn values(data: &[u8]) -> Vec<Range<usize>> {
    let secret =
        |part: &regex::bytes::Captures| part.get(1).is_some_and(|m| is_secret(m.as_bytes()));
    let parts = PART.captures_iter(data).filter(secret);
    let value = |part: regex::bytes::Captures| {
        let from = part.get(0)?.end();
        let rest = &data[from..data.len().min(from + VALUE_MAX)];
        let end = rest.windows(3).position(|w| w == b"\n--");
        let end = from + end.unwrap_or(rest.len());
        let cr = end > from && end < from + rest.len() && data[end - 1] == b'\r';
        Some(from..end - usize::from(cr))
    };
    parts.filter_map(value).collect()
}
