//! Secrets that are known by what they look like, whatever they are called.

use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::Regex;

/// The secret is what the first group holds.
const SHAPES: [&str; 13] = [
    // Signed tokens (RFC 7519).
    r"(?-u)\b(eyJ[A-Za-z0-9_\-]{4,}\.[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*)*)",
    // Credentials of HTTP outside of its headers (RFC 9110, section 11.4).
    r"(?i-u)\b(?:Bearer|Basic|Negotiate|NTLM)(?:[ \t]|%20|\+)+([A-Za-z0-9\-._~+/]{12,}=*)",
    // Keys of clouds and forges, by the beginnings that these give them so that they are found.
    r"(?-u)\b((?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,})",
    r"(?-u)\b((?:gh[opsur]_|github_pat_|glpat-|npm_|pypi-|hf_|dop_v1_|shpat_|xox[a-z]-|xapp-)[A-Za-z0-9_\-]{8,})",
    r"(?-u)\b((?:[srp]k_(?:live|test)_|sk-|whsec_|AIza|ya29\.|1//|SG\.|hvs\.)[A-Za-z0-9_\-./+]{16,}=*)",
    // Name and password in an address (RFC 3986, section 3.2.1).
    r#"(?-u)://([^/\s"'<>?#@\\]+)@"#,
    r#"(?i-u)\bsips?:[^:@\s"'<>]+:([^@\s"'<>]+)@"#,
    // Keys of SRTP (RFC 4568), of older SDP (RFC 8866, section 5.12), passwords of ICE (RFC 8839).
    r"(?i-u)\binline:([A-Za-z0-9+/]{16,}={0,2})",
    r#"(?im-u)^k=(?:base64|clear|uri):([^\s\\"]+)"#,
    r#"(?i-u)\bice-pwd:[ \t]*([^\s\\"'<>&]+)"#,
    // Private keys (RFC 7468); in JSON their line ends are written.
    r"(?s-u)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(.*?)(?:-----END|\z)",
    // Storage of Azure, hooks of chats: who has the address is let in.
    r"(?i-u)\bhooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_\-]+)",
    r"(?i-u)\bdiscord(?:app)?\.com/api/webhooks/([A-Za-z0-9/_\-]+)",
];

static ALL: LazyLock<[Regex; SHAPES.len()]> =
    LazyLock::new(|| SHAPES.map(|pattern| Regex::new(pattern).expect("a pattern")));

pub(super) fn values(data: &[u8]) -> Vec<Range<usize>> {
    let all = ALL.iter().flat_map(|regex| regex.captures_iter(data));
    all.filter_map(|found| found.get(1).map(|m| m.range()))
        .collect()
}
