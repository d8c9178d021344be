//! Hashes of a value, with and without salt.

use std::fmt;
use std::sync::Arc;

use md5::Digest as _;

/// Salts that are tried. The first is one that a tracker was seen to append to an e-mail address before
/// SHA-256 (the detector of "Leaky Forms", USENIX Security 2022, repository leaky-forms/leaky-forms,
/// `sha_salted_1`); the second stands in examples. Which others an app uses, its package's name for one, only the
/// caller knows.
pub const SALTS: [&str; 2] = ["QX4QkKEU", "salt"];

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hash {
    /// RFC 1321.
    Md5,
    /// FIPS 180-4.
    Sha1,
    /// FIPS 180-4.
    Sha256,
    /// The CRC of IEEE 802.3, as in gzip: 32 bits, so always weak.
    Crc32,
}

/// What stood before or behind the value when it was hashed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Salt {
    /// Nothing.
    None,
    /// salt + value.
    Before(Arc<str>),
    /// value + salt.
    After(Arc<str>),
}

/// How a value was hashed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest {
    /// With which function.
    pub hash: Hash,
    /// Together with what.
    pub salt: Salt,
}

impl Digest {
    /// The hash of a value; CRC32 as a big-endian number.
    pub fn of(&self, value: &[u8]) -> Vec<u8> {
        let (before, after) = match &self.salt {
            Salt::None => ("", ""),
            Salt::Before(salt) => (&**salt, ""),
            Salt::After(salt) => ("", &**salt),
        };
        let salted = [before.as_bytes(), value, after.as_bytes()].concat();
        match self.hash {
            Hash::Md5 => md5::Md5::digest(salted).to_vec(),
            Hash::Sha1 => sha1::Sha1::digest(salted).to_vec(),
            Hash::Sha256 => sha2::Sha256::digest(salted).to_vec(),
            Hash::Crc32 => crc32fast::hash(&salted).to_be_bytes().to_vec(),
        }
    }

    /// All that are tried: each salt on either side, for the hashes that are used with one.
    pub(super) fn all(salts: &[&str]) -> Vec<Digest> {
        let mut all: Vec<Digest> = [Hash::Md5, Hash::Sha1, Hash::Sha256, Hash::Crc32]
            .map(|hash| Digest {
                hash,
                salt: Salt::None,
            })
            .into();
        for salt in salts.iter().filter(|salt| !salt.is_empty()) {
            let salt: Arc<str> = Arc::from(*salt);
            for hash in [Hash::Md5, Hash::Sha1, Hash::Sha256] {
                for salt in [Salt::Before(salt.clone()), Salt::After(salt.clone())] {
                    all.push(Digest { hash, salt });
                }
            }
        }
        all
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self.hash {
            Hash::Md5 => "md5",
            Hash::Sha1 => "sha1",
            Hash::Sha256 => "sha256",
            Hash::Crc32 => "crc32",
        })?;
        match &self.salt {
            Salt::None => Ok(()),
            Salt::Before(salt) => write!(f, " of {salt:?}+value"),
            Salt::After(salt) => write!(f, " of value+{salt:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(hash: Hash, salt: Salt, value: &str) -> String {
        hex::encode(Digest { hash, salt }.of(value.as_bytes()))
    }

    #[test]
    fn known_answers() {
        // RFC 1321, A.5; FIPS 180-4's examples; the check value of CRC-32.
        let none = || Salt::None;
        assert_eq!(
            hex(Hash::Md5, none(), "abc"),
            "900150983cd24fb0d6963f7d28e17f72"
        );
        assert_eq!(
            hex(Hash::Sha1, none(), "abc"),
            "a9993e364706816aba3e25717850c26c9cd0d89d"
        );
        assert_eq!(
            hex(Hash::Sha256, none(), "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hex(Hash::Crc32, none(), "123456789"), "cbf43926");
    }

    #[test]
    fn salt_on_either_side() {
        let whole = hex(Hash::Sha1, Salt::None, "abc");
        assert_eq!(hex(Hash::Sha1, Salt::Before("a".into()), "bc"), whole);
        assert_eq!(hex(Hash::Sha1, Salt::After("c".into()), "ab"), whole);
        assert_eq!(Digest::all(&["x", ""]).len(), 4 + 6);
    }
}
