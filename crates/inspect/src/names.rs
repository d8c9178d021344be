//! Names of addresses, from answers of DNS that were seen (RFC 1035, section 4.1).

use std::collections::HashMap;
use std::net::IpAddr;

use crate::open::text;

/// Addresses whose names are kept.
const NAMES_MAX: usize = 8_192;
/// Pointers in a name that are followed.
const POINTERS_MAX: u32 = 16;

/// Names by address.
#[derive(Debug, Default)]
pub(crate) struct Names {
    names: HashMap<IpAddr, String>,
    pub n_left_out: u64,
}

impl Names {
    pub(crate) fn add(&mut self, address: IpAddr, name: String) {
        if self.names.len() >= NAMES_MAX && !self.names.contains_key(&address) {
            self.n_left_out += 1;
            return;
        }
        self.names.entry(address).or_insert(name);
    }

    pub(crate) fn get(&self, address: &IpAddr) -> Option<&String> {
        self.names.get(address)
    }

    /// Takes a message of DNS; those that are no answers say nothing.
    pub(crate) fn answer(&mut self, bytes: &[u8]) {
        self.read(bytes);
    }

    fn read(&mut self, bytes: &[u8]) -> Option<()> {
        let word = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
        if word(2)? & 0x8000 == 0 {
            return None;
        }
        let (questions, answers) = (word(4)?, word(6)?);
        let mut at = 12;
        let mut asked = None;
        for _ in 0..questions.min(16) {
            let (name, end) = name(bytes, at)?;
            asked.get_or_insert(name);
            at = end + 4;
        }
        for _ in 0..answers.min(64) {
            let (name, end) = name(bytes, at)?;
            let (kind, len) = (word(end)?, usize::from(word(end + 8)?));
            let data = bytes.get(end + 10..end + 10 + len)?;
            let address = match (kind, data) {
                (1, [a, b, c, d]) => Some(IpAddr::from([*a, *b, *c, *d])),
                (28, data) => <[u8; 16]>::try_from(data).ok().map(IpAddr::from),
                _ => None,
            };
            if let Some(address) = address {
                // What was asked for says more than what it was led to.
                self.add(address, asked.clone().unwrap_or(name));
            }
            at = end + 10 + len;
        }
        Some(())
    }
}

/// A name, and where what follows it begins.
fn name(bytes: &[u8], from: usize) -> Option<(String, usize)> {
    let (mut at, mut end, mut out) = (from, None, String::new());
    for _ in 0..POINTERS_MAX * 8 {
        let len = usize::from(*bytes.get(at)?);
        match len {
            0 => return Some((text(&out), end.unwrap_or(at + 1))),
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
        let mut names = Names::default();
        names.answer(&message);
        let address = IpAddr::from([10, 0, 0, 7]);
        assert_eq!(names.get(&address).unwrap(), "media.example");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_left(bytes: Vec<u8>) {
            Names::default().answer(&bytes);
        }
    }
}
