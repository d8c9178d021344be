//! Keys from secrets, and records opened with them.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes128Gcm, Aes256Gcm};
use chacha20poly1305::ChaCha20Poly1305;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Sha256, Sha384};

use super::keylog::{Random, Secret};

/// Bytes of the tag behind each record.
pub(super) const TAG_LEN: usize = 16;

/// How records are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aead {
    /// AES with keys of 128 bits in Galois/Counter Mode.
    Aes128Gcm,
    /// AES with keys of 256 bits in Galois/Counter Mode.
    Aes256Gcm,
    /// ChaCha20 and Poly1305.
    ChaCha20Poly1305,
}

impl Aead {
    /// What a cipher suite encrypts with; `None` if it is one that is not read (CBC, CCM, stream
    /// ciphers). RFC 8446 appendix B.4; RFC 5288, 5289, 5487, 7905, 8442.
    pub fn of_suite(suite: u16) -> Option<Aead> {
        Some(match suite {
            0x1301 | 0x009C | 0x009E | 0x00A2 | 0x00A8 | 0x00AA | 0x00AC | 0xC02B | 0xC02D
            | 0xC02F | 0xC031 | 0xD001 => Aead::Aes128Gcm,
            0x1302 | 0x009D | 0x009F | 0x00A3 | 0x00A9 | 0x00AB | 0x00AD | 0xC02C | 0xC02E
            | 0xC030 | 0xC032 | 0xD002 => Aead::Aes256Gcm,
            0x1303 | 0xCCA8..=0xCCAE => Aead::ChaCha20Poly1305,
            _ => return None,
        })
    }

    /// Those that a secret of this length may belong to.
    pub(super) fn of_secret(secret: &Secret) -> &'static [Aead] {
        match secret.bytes().len() {
            48 => &[Aead::Aes256Gcm],
            _ => &[Aead::Aes128Gcm, Aead::ChaCha20Poly1305],
        }
    }

    fn key_len(self) -> usize {
        match self {
            Aead::Aes128Gcm => 16,
            Aead::Aes256Gcm | Aead::ChaCha20Poly1305 => 32,
        }
    }
}

enum Key {
    Aes128Gcm(Box<Aes128Gcm>),
    Aes256Gcm(Box<Aes256Gcm>),
    ChaCha20Poly1305(Box<ChaCha20Poly1305>),
}

impl Key {
    fn new(aead: Aead, key: &[u8]) -> Option<Key> {
        Some(match aead {
            Aead::Aes128Gcm => Key::Aes128Gcm(Box::new(Aes128Gcm::new_from_slice(key).ok()?)),
            Aead::Aes256Gcm => Key::Aes256Gcm(Box::new(Aes256Gcm::new_from_slice(key).ok()?)),
            Aead::ChaCha20Poly1305 => {
                let key = ChaCha20Poly1305::new_from_slice(key).ok()?;
                Key::ChaCha20Poly1305(Box::new(key))
            }
        })
    }

    /// Decrypts in place; `false` if the tag does not fit.
    fn open(&self, nonce: [u8; 12], aad: &[u8], buffer: &mut [u8], tag: [u8; TAG_LEN]) -> bool {
        let (nonce, tag) = (&nonce.into(), &tag.into());
        let buffer = buffer.into();
        match self {
            Key::Aes128Gcm(key) => key.decrypt_inout_detached(nonce, aad, buffer, tag),
            Key::Aes256Gcm(key) => key.decrypt_inout_detached(nonce, aad, buffer, tag),
            Key::ChaCha20Poly1305(key) => key.decrypt_inout_detached(nonce, aad, buffer, tag),
        }
        .is_ok()
    }
}

/// What opens records of one direction.
pub(super) struct Opener {
    key: Key,
    iv: [u8; 12],
    /// Bytes of the nonce that each record brings along (TLS 1.2 with GCM); the rest is in `iv`.
    explicit: usize,
    is_13: bool,
}

/// A record that was opened. What it holds lies between `head` and `tail` bytes that are not
/// content.
pub(super) struct Opened {
    /// Type of the content.
    pub kind: u8,
    pub content: Vec<u8>,
    /// The nonce that the record brought along; 0 where it brings none.
    pub nonce: u64,
    /// Bytes of that nonce.
    pub nonce_len: usize,
    /// Zeros behind the content.
    pub padding: usize,
}

impl Opener {
    /// TLS 1.3: RFC 8446, section 7.3.
    pub fn new_13(aead: Aead, secret: &Secret) -> Option<Opener> {
        let mut key = [0; 32];
        let key = key.get_mut(..aead.key_len())?;
        expand_label(secret, b"key", key)?;
        let mut iv = [0; 12];
        expand_label(secret, b"iv", &mut iv)?;
        Some(Opener {
            key: Key::new(aead, key)?,
            iv,
            explicit: 0,
            is_13: true,
        })
    }

    /// TLS 1.2, what the client sends: RFC 5246, section 6.3; RFC 5288, section 3; RFC 7905.
    pub fn new_12(aead: Aead, master: &Secret, client: &Random, server: &Random) -> Option<Opener> {
        let (fixed, explicit) = match aead {
            Aead::ChaCha20Poly1305 => (12, 0),
            Aead::Aes128Gcm | Aead::Aes256Gcm => (4, 8),
        };
        let seed = [b"key expansion", &server[..], client].concat();
        let mut block = [0; 2 * 32 + 2 * 12];
        let block = block.get_mut(..2 * aead.key_len() + 2 * fixed)?;
        match aead {
            Aead::Aes256Gcm => prf::<Hmac<Sha384>>(master.bytes(), &seed, block)?,
            _ => prf::<Hmac<Sha256>>(master.bytes(), &seed, block)?,
        }
        let mut iv = [0; 12];
        let from = 2 * aead.key_len();
        iv.get_mut(..fixed)?
            .copy_from_slice(block.get(from..from + fixed)?);
        Some(Opener {
            key: Key::new(aead, block.get(..aead.key_len())?)?,
            iv,
            explicit,
            is_13: false,
        })
    }

    /// Opens the record with this number; `None` if it is another one, or of another key.
    pub fn open(&self, seq: u64, header: [u8; 5], body: &[u8]) -> Option<Opened> {
        let (explicit, body) = body.split_at_checked(self.explicit)?;
        let (content, tag) = body.split_last_chunk::<TAG_LEN>()?;
        let mut nonce = self.iv;
        match explicit.is_empty() {
            true => {
                let low = nonce.iter_mut().skip(4);
                low.zip(seq.to_be_bytes()).for_each(|(n, s)| *n ^= s);
            }
            false => nonce.get_mut(4..)?.copy_from_slice(explicit),
        }
        let mut content = content.to_vec();
        let opened = match self.is_13 {
            true => self.key.open(nonce, &header, &mut content, *tag),
            false => {
                let [kind, major, minor, ..] = header;
                let [high, low] = u16::try_from(content.len()).ok()?.to_be_bytes();
                let mut aad = [0; 13];
                let (number, rest) = aad.split_at_mut(8);
                number.copy_from_slice(&seq.to_be_bytes());
                rest.copy_from_slice(&[kind, major, minor, high, low]);
                self.key.open(nonce, &aad, &mut content, *tag)
            }
        };
        if !opened {
            return None;
        }
        let (mut kind, mut padding) = (header[0], 0);
        if self.is_13 {
            // The type is the last byte that is not zero (RFC 8446, section 5.4).
            let end = content.iter().rposition(|&b| b != 0)?;
            padding = content.len() - end - 1;
            kind = *content.get(end)?;
            content.truncate(end);
        }
        let nonce = explicit.iter().fold(0, |n, &b| n << 8 | u64::from(b));
        Some(Opened {
            kind,
            content,
            nonce,
            nonce_len: explicit.len(),
            padding,
        })
    }
}

/// The secret after a key update (RFC 8446, section 7.2).
pub(super) fn updated(secret: &Secret) -> Option<Secret> {
    let mut next = [0; 48];
    let next = next.get_mut(..secret.bytes().len())?;
    expand_label(secret, b"traffic upd", next)?;
    Secret::new(next)
}

/// HKDF-Expand-Label without context (RFC 8446, section 7.1); the hash is as long as the secret.
fn expand_label(secret: &Secret, label: &[u8], out: &mut [u8]) -> Option<()> {
    let [high, low] = u16::try_from(out.len()).ok()?.to_be_bytes();
    let len = 6 + u8::try_from(label.len()).ok()?;
    let info = [&[high, low, len], &b"tls13 "[..], label, &[0]].concat();
    let secret = secret.bytes();
    match secret.len() {
        48 => Hkdf::<Sha384>::from_prk(secret).ok()?.expand(&info, out),
        _ => Hkdf::<Sha256>::from_prk(secret).ok()?.expand(&info, out),
    }
    .ok()
}

/// TLS 1.2's pseudo-random function (RFC 5246, section 5); the seed includes the label.
fn prf<M: Mac + hmac::KeyInit + Clone>(secret: &[u8], seed: &[u8], out: &mut [u8]) -> Option<()> {
    let mac = <M as hmac::KeyInit>::new_from_slice(secret).ok()?;
    let of = |parts: &[&[u8]]| {
        let mut mac = mac.clone();
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().to_vec()
    };
    let mut a = of(&[seed]);
    let mut out = out.iter_mut();
    while out.len() > 0 {
        of(&[&a, seed])
            .iter()
            .zip(&mut out)
            .for_each(|(b, o)| *o = *b);
        a = of(&[&a]);
    }
    Some(())
}
