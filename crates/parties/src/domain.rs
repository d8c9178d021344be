//! Names of hosts: what somebody registered, and what lies within it.

/// Characters of a host name (RFC 1035, 2.3.4); what is longer is none.
const NAME_MAX: usize = 253;

/// The part of a host name that somebody registered, by the public suffix list: `example.co.uk` of
/// `www.example.co.uk`. None for addresses, for suffixes themselves, and for names of no known suffix such as
/// `printer.local`.
#[must_use]
pub fn registrable(host: &str) -> Option<&str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let labels = host.split('.').all(|label| !label.is_empty());
    if !labels || host.contains([':', '/']) {
        return None;
    }
    // The list knows names in lower case only.
    let name = normal(host)?;
    let suffix = psl::suffix(name.as_bytes())?;
    if !suffix.is_known() {
        return None;
    }
    let domain = psl::domain(name.as_bytes())?;
    host.get(host.len().checked_sub(domain.as_bytes().len())?..)
}

/// Whether a host is a domain or lies within it: `a.example.org` lies within `example.org`, `anexample.org`
/// does not. Case and a dot at the end make no difference.
#[must_use]
pub fn within(host: &str, domain: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
    let domain = domain.strip_suffix('.').unwrap_or(domain).as_bytes();
    let Some(before) = host.len().checked_sub(domain.len()) else {
        return false;
    };
    let ends = !domain.is_empty() && host[before..].eq_ignore_ascii_case(domain);
    ends && (before == 0 || host[before - 1] == b'.')
}

/// The host in lower case and without the dot at its end; None where it is too long to be one.
pub(crate) fn normal(host: &str) -> Option<String> {
    let host = host.strip_suffix('.').unwrap_or(host);
    (host.len() <= NAME_MAX).then(|| host.to_ascii_lowercase())
}

/// The name and all that it lies within: `a.b.c`, `b.c`, `c`.
pub(crate) fn and_above(host: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(host), |name| Some(name.split_once('.')?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registrable_follows_the_public_suffix_list() {
        for (host, wanted) in [
            ("www.example.co.uk", Some("example.co.uk")),
            ("region1.app-measurement.com", Some("app-measurement.com")),
            ("a.b.github.io", Some("b.github.io")),
            ("WWW.Example.ORG.", Some("Example.ORG")),
            ("co.uk", None),
            ("localhost", None),
            ("printer.local", None),
            ("192.0.2.1", None),
            ("2001:db8::1", None),
            ("a..example.org", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(registrable(host), wanted, "{host}");
        }
    }

    #[test]
    fn within_is_by_whole_labels() {
        assert!(within("a.example.org", "example.org"));
        assert!(within("Example.org.", "example.org"));
        assert!(!within("anexample.org", "example.org"));
        assert!(!within("org", "example.org"));
        assert!(!within("example.org", ""));
    }
}
