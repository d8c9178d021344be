//! Names and values that stand beside each other as two texts: headers in a list of pairs, in HAR
//! (`{"name": …, "value": …}`, either way round), in the flows that proxies write down (each with its length).

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::names::{is_secret, is_secret_header};
use super::quote::Quote;

/// The name is the first group; behind the whole the value begins, with the mark that closes it.
static BEFORE: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    [
        r#"(?i-u)"(?:name|key|header|field)"\s*:\s*"([^"\\]{1,64})"\s*,\s*"value"\s*:\s*""#,
        r#"(?-u)\[\s*"([^"\\]{1,64})"\s*,\s*""#,
    ]
    .map(|pattern| Regex::new(pattern).expect("a pattern"))
});

/// The value is the first group, the name the second.
static BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"(?i-u)"value"\s*:\s*"((?:[^"\\]|\\.)*)"\s*,\s*"(?:name|key|header|field)"\s*:\s*"([^"\\]{1,64})""#;
    Regex::new(pattern).expect("a pattern")
});

/// `13:authorization,` and the length of what follows.
static COUNTED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?-u)\b[0-9]{1,3}:([A-Za-z0-9_\-]{2,64}),([0-9]{1,6}):";
    Regex::new(pattern).expect("a pattern")
});

pub(super) fn values(data: &[u8]) -> Vec<Range<usize>> {
    let secret = |name: &[u8]| is_secret_header(name) || is_secret(name);
    let mut found = Vec::new();
    for pair in BEFORE.iter().flat_map(|regex| regex.captures_iter(data)) {
        let (Some(whole), Some(name)) = (pair.get(0), pair.get(1)) else {
            continue;
        };
        let open = Quote::at(data, whole.end() - 1).filter(|_| secret(name.as_bytes()));
        if let Some(open) = open {
            let end = open.end(data, whole.end()).unwrap_or(data.len());
            found.push(whole.end()..end);
        }
    }
    for pair in BEHIND.captures_iter(data) {
        if let (Some(value), Some(name)) = (pair.get(1), pair.get(2))
            && secret(name.as_bytes())
        {
            found.push(value.range());
        }
    }
    for pair in COUNTED.captures_iter(data) {
        let length = pair
            .get(2)
            .and_then(|m| std::str::from_utf8(m.as_bytes()).ok());
        let length = length.and_then(|text| text.parse::<usize>().ok());
        if let (Some(whole), Some(name), Some(length)) = (pair.get(0), pair.get(1), length)
            && secret(name.as_bytes())
        {
            found.push(whole.end()..data.len().min(whole.end() + length));
        }
    }
    found
}
