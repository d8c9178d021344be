//! What was heard, kept encrypted in a file, so that a run can be resumed. Embeddings are biometric data:
//! without such a file they stay in memory and end with the program.
//!
//! The file: eight bytes that name the format, sixteen of salt, then one record for each recording: its
//! length as four bytes, a nonce of 24, and by XChaCha20-Poly1305 the SHA-256 of the recording's bytes and
//! what was heard. The key is made of the passphrase by Argon2id. Records are appended as recordings are
//! heard; one that was not written to its end is passed over.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use argon2::Argon2;
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use voices::{DIMENSIONS, Embedding, Heard, Piece};

use crate::Error;

const MAGIC: &[u8; 8] = b"MPHEARD1";
const SALT: usize = 16;
const NONCE: usize = 24;
const HASH: usize = 32;
/// Longest record: 16 MB of sound is an hour or two, some thousand pieces.
const MOST: usize = 4 << 20;

/// Recordings that were heard before, and where those are kept that are heard now.
pub struct Cache {
    path: PathBuf,
    cipher: XChaCha20Poly1305,
    known: HashMap<[u8; HASH], Heard>,
    file: Mutex<File>,
    failed: Mutex<Option<io::Error>>,
}

impl Cache {
    /// Opens a cache, or makes one; the passphrase has to be the one that it was made with.
    pub fn open(path: &Path, passphrase: &str) -> Result<Cache, Error> {
        let failed = |source| Error::Cache {
            path: path.to_owned(),
            source,
        };
        let mut bytes = Vec::new();
        match File::open(path) {
            Ok(mut file) => file.read_to_end(&mut bytes).map(drop).map_err(failed)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(failed(e)),
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let salt = match bytes.len() {
            0 => {
                let mut salt = [0; SALT];
                random(&mut salt).map_err(failed)?;
                bytes = [&MAGIC[..], &salt].concat();
                let mut file = options.open(path).map_err(failed)?;
                file.write_all(&bytes).map_err(failed)?;
                salt
            }
            _ => {
                let front = bytes
                    .strip_prefix(MAGIC)
                    .and_then(|rest| rest.first_chunk::<SALT>());
                *front.ok_or_else(|| Error::NoCache(path.to_owned()))?
            }
        };
        let mut key = [0; 32];
        Argon2::default()
            .hash_password_into(passphrase.as_bytes(), &salt, &mut key)
            .map_err(|e| failed(io::Error::other(e.to_string())))?;
        let cipher = XChaCha20Poly1305::new(&key.into());
        let mut known = HashMap::new();
        let (mut rest, mut whole) = (&bytes[MAGIC.len() + SALT..], MAGIC.len() + SALT);
        while let Some((record, after)) = record(rest) {
            let opened = opened(&cipher, record);
            // The first record shows whether the passphrase is right.
            if opened.is_none() && known.is_empty() {
                return Err(Error::Passphrase(path.to_owned()));
            }
            known.extend(opened);
            whole += rest.len() - after.len();
            rest = after;
        }
        let file = options.open(path).map_err(failed)?;
        // What was not written to its end would hide what is appended behind it.
        file.set_len(whole as u64).map_err(failed)?;
        Ok(Cache {
            path: path.to_owned(),
            cipher,
            known,
            file: Mutex::new(file),
            failed: Mutex::default(),
        })
    }

    /// How many recordings it has.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// What was heard in a recording of these bytes.
    pub fn known(&self, bytes: &[u8]) -> Option<Heard> {
        self.known.get(&hash(bytes)).cloned()
    }

    /// Keeps what was heard in a recording of these bytes.
    pub fn keep(&self, bytes: &[u8], heard: &Heard) {
        if let Err(e) = self.written(bytes, heard) {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.get_or_insert(e);
        }
    }

    fn written(&self, bytes: &[u8], heard: &Heard) -> io::Result<()> {
        let mut nonce = [0; NONCE];
        random(&mut nonce)?;
        let plain = [&hash(bytes)[..], &packed(heard)].concat();
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), &plain[..])
            .map_err(|e| io::Error::other(e.to_string()))?;
        let length = (NONCE + sealed.len()) as u32;
        let record = [&length.to_le_bytes()[..], &nonce, &sealed].concat();
        self.file
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write_all(&record)
    }

    /// Whether all could be kept.
    pub fn done(self) -> Result<(), Error> {
        let failed = self
            .failed
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        match failed {
            Some(source) => Err(Error::Cache {
                path: self.path,
                source,
            }),
            None => Ok(()),
        }
    }
}

fn random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(|e| io::Error::other(e.to_string()))
}

fn hash(bytes: &[u8]) -> [u8; HASH] {
    Sha256::digest(bytes).into()
}

/// The next record and what follows it; nothing where it is not whole.
fn record(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = u32::from_le_bytes(*length) as usize;
    (length <= MOST).then(|| rest.split_at_checked(length))?
}

fn opened(cipher: &XChaCha20Poly1305, record: &[u8]) -> Option<([u8; HASH], Heard)> {
    let (nonce, sealed) = record.split_first_chunk::<NONCE>()?;
    let plain = cipher.decrypt(&XNonce::from(*nonce), sealed).ok()?;
    let (hash, heard) = plain.split_first_chunk::<HASH>()?;
    Some((*hash, unpacked(heard)?))
}

/// Seconds, speech, and for each piece where it begins, its speech and its voice.
fn packed(heard: &Heard) -> Vec<u8> {
    let mut out = heard.seconds.to_le_bytes().to_vec();
    out.extend(heard.speech_s.to_le_bytes());
    for piece in &heard.pieces {
        out.extend(piece.at_s.to_le_bytes());
        out.extend(piece.speech_s.to_le_bytes());
        out.extend(
            piece
                .voice
                .as_ref()
                .map_or([0; DIMENSIONS], Embedding::bytes),
        );
    }
    out
}

fn unpacked(bytes: &[u8]) -> Option<Heard> {
    let (seconds, rest) = bytes.split_first_chunk::<8>()?;
    let (speech_s, rest) = rest.split_first_chunk::<8>()?;
    let each = rest.chunks(8 + DIMENSIONS).map(|piece| {
        let (at_s, rest) = piece.split_first_chunk::<4>()?;
        let (speech_s, voice) = rest.split_first_chunk::<4>()?;
        Some(Piece {
            at_s: f32::from_le_bytes(*at_s),
            speech_s: f32::from_le_bytes(*speech_s),
            voice: Embedding::from_bytes(voice),
        })
    });
    Some(Heard {
        seconds: f64::from_le_bytes(*seconds),
        speech_s: f64::from_le_bytes(*speech_s),
        pieces: each.collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard() -> Heard {
        let mut values = [0.0; DIMENSIONS];
        values[7] = 1.0;
        let voice = Embedding::new(&values);
        let piece = |voice| Piece {
            at_s: 0.5,
            speech_s: 2.0,
            voice,
        };
        Heard {
            seconds: 3.0,
            speech_s: 2.0,
            pieces: vec![piece(voice), piece(None)],
        }
    }

    #[test]
    fn what_was_kept_is_known_with_the_passphrase_and_only_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let cache = Cache::open(&path, "one").unwrap();
        cache.keep(b"bytes", &heard());
        cache.keep(b"others", &Heard::default());
        cache.done().unwrap();
        let again = Cache::open(&path, "one").unwrap();
        assert_eq!(again.len(), 2);
        assert_eq!(again.known(b"bytes"), Some(heard()));
        assert_eq!(again.known(b"unheard"), None);
        assert!(matches!(
            Cache::open(&path, "two"),
            Err(Error::Passphrase(_))
        ));
        let bytes = std::fs::read(&path).unwrap();
        let plain = packed(&heard());
        assert!(!bytes.windows(24).any(|w| w == &plain[..24]));
    }

    #[test]
    fn what_broke_off_is_passed_over_and_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        let cache = Cache::open(&path, "one").unwrap();
        cache.keep(b"bytes", &heard());
        cache.keep(b"others", &heard());
        drop(cache);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 5]).unwrap();
        let cache = Cache::open(&path, "one").unwrap();
        assert_eq!(cache.len(), 1);
        cache.keep(b"others", &heard());
        drop(cache);
        assert_eq!(Cache::open(&path, "one").unwrap().len(), 2);
        std::fs::write(&path, b"something else that is no cache").unwrap();
        assert!(matches!(Cache::open(&path, "one"), Err(Error::NoCache(_))));
    }
}
