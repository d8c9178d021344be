//! Names of addresses, from answers of DNS (RFC 1035, section 4.1).

use std::net::IpAddr;

/// The port on which DNS is spoken in the clear.
pub const PORT: u16 = 53;

/// Questions and answers of a message that are looked at.
const QUESTIONS_MAX: u16 = 16;
const ANSWERS_MAX: u16 = 64;

/// Labels and pointers of a name that are followed.
const STEPS_MAX: u32 = 128;

/// The addresses of an answer, each with the name that was asked for: that says more than the one it was
/// led to. Empty for what is no answer; of a message that is cut, those before the cut.
pub fn answers(message: &[u8]) -> Vec<(IpAddr, String)> {
    let mut found = Vec::new();
    // What could be read until then is all that there is.
    let _ = read(message, &mut found);
    found
}

/// The first name that a message asks for, or answers; nothing for what is no message of DNS.
pub fn question(message: &[u8]) -> Option<String> {
    let word = |at: usize| Some(u16::from_be_bytes(*message.get(at..)?.first_chunk()?));
    // An opcode that is in use (RFC 6895, section 2.2), and something that is asked.
    let is_message =
        matches!(word(2)? >> 11 & 15, 0..=6) && (1..=QUESTIONS_MAX).contains(&word(4)?);
    let (name, end) = name(message, 12)?;
    message.get(end..end + 4)?;
    (is_message && !name.is_empty()).then_some(name)
}

fn read(bytes: &[u8], found: &mut Vec<(IpAddr, String)>) -> Option<()> {
    let word = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    if word(2)? & 0x8000 == 0 {
        return None;
    }
    let (questions, answers) = (word(4)?, word(6)?);
    let mut at = 12;
    let mut asked = None;
    for _ in 0..questions.min(QUESTIONS_MAX) {
        let (name, end) = name(bytes, at)?;
        asked.get_or_insert(name);
        at = end + 4;
    }
    for _ in 0..answers.min(ANSWERS_MAX) {
        let (name, end) = name(bytes, at)?;
        let (kind, len) = (word(end)?, usize::from(word(end + 8)?));
        let data = bytes.get(end + 10..end + 10 + len)?;
        let address = match (kind, data) {
            (1, [a, b, c, d]) => Some(IpAddr::from([*a, *b, *c, *d])),
            (28, data) => <[u8; 16]>::try_from(data).ok().map(IpAddr::from),
            _ => None,
        };
        if let Some(address) = address {
            found.push((address, asked.clone().unwrap_or(name)));
        }
        at = end + 10 + len;
    }
    Some(())
}

/// A name, and where what follows it begins.
fn name(bytes: &[u8], from: usize) -> Option<(String, usize)> {
    let (mut at, mut end, mut out) = (from, None, String::new());
    for _ in 0..STEPS_MAX {
        let len = usize::from(*bytes.get(at)?);
        match len {
            0 => return Some((out, end.unwrap_or(at + 1))),
            1..=63 => {
                if !out.is_empty() {
                    out.push('.');
                }
                let label = bytes.get(at + 1..at + 1 + len)?;
                out.push_str(&String::from_utf8_lossy(label));
                at += 1 + len;
            }
            192.. => {
                end.get_or_insert(at + 2);
                at = (len & 63) << 8 | usize::from(*bytes.get(at + 1)?);
            }
            _ => return None,
        }
    }
    None
}

/// Whether a name is a domain or lies below it; DNS knows no capitals (RFC 4343).
///
/// ```
/// assert!(wire::dns::is_within("Media.example.org", "example.org"));
/// assert!(!wire::dns::is_within("notexample.org", "example.org"));
/// ```
pub fn is_within(name: &str, domain: &str) -> bool {
    let lower = |text: &str| text.trim_end_matches('.').to_ascii_lowercase();
    let (name, domain) = (lower(name), lower(domain));
    !domain.is_empty()
        && name
            .strip_suffix(&domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_address_gets_the_name_that_was_asked_for() {
        let mut message = vec![0, 7, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0];
        message.extend(b"\x05media\x07example\x00\x00\x01\x00\x01");
        // An alias, then the alias's address; both names by pointers.
        message.extend(b"\xC0\x0C\x00\x05\x00\x01\x00\x00\x00\x09\x00\x04\x01a\xC0\x12");
        message.extend(b"\xC0\x29\x00\x01\x00\x01\x00\x00\x00\x09\x00\x04\x0A\x00\x00\x07");
        let address = IpAddr::from([10, 0, 0, 7]);
        assert_eq!(answers(&message), [(address, "media.example".to_owned())]);
        assert_eq!(question(&message).as_deref(), Some("media.example"));
        assert_eq!(question(&message[..20]), None);
        // A question alone says nothing.
        message[2] = 1;
        assert_eq!(answers(&message), []);
    }

    #[test]
    fn a_domain_holds_what_lies_below_it() {
        assert!(is_within("example.org", "Example.org."));
        assert!(is_within("a.b.example.org", "example.org"));
        for (name, domain) in [
            ("example.org.evil", "example.org"),
            ("org", "example.org"),
            ("a", ""),
        ] {
            assert!(!is_within(name, domain), "{name} {domain}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_left(bytes: Vec<u8>) {
            let _ = answers(&bytes);
            let _ = question(&bytes);
        }
    }
}
