//! Which key and which number a record of the client has.

use super::cipher::{Aead, Opened, Opener, TAG_LEN, updated};
use super::keylog::{Random, Secret, Secrets};
use super::{APPLICATION_DATA, HANDSHAKE};

/// Bytes that may be decrypted in vain, for one connection, to find the way again behind a hole.
const TRIAL_BYTES_MAX: usize = 8 << 20;

/// Shortest record: header, a byte that says its type, tag.
const RECORD_MIN: u64 = 5 + 1 + TAG_LEN as u64;

/// Opens the client's records one after another.
pub(super) struct Records {
    now: Option<Now>,
    /// TLS 1.3: secrets whose turn comes yet, last first.
    later: Vec<Secret>,
    /// What the server chose; all that fit the secret if its hello was not seen.
    aeads: Vec<Aead>,
    /// Nonce of the last record that brought one along.
    nonce: Option<u64>,
    /// So many records may be missing here.
    lost: u64,
    /// Records passed over that may have been the next key's.
    passed: u64,
    /// Bytes decrypted in vain.
    trials: usize,
    has_opened: bool,
    is_13: bool,
}

/// The key in use.
struct Now {
    opener: Opener,
    /// TLS 1.3: it can be followed by another.
    secret: Option<Secret>,
    seq: u64,
}

impl Records {
    /// `None` if the secrets are not there.
    pub fn new_12(
        aead: Aead,
        secrets: &Secrets,
        client: &Random,
        server: &Random,
    ) -> Option<Records> {
        let opener = Opener::new_12(aead, &secrets.master?, client, server)?;
        let now = Now {
            opener,
            secret: None,
            seq: 0,
        };
        Some(Records {
            now: Some(now),
            ..Records::empty(vec![aead], false)
        })
    }

    /// `None` if the secrets are not there.
    pub fn new_13(aead: Option<Aead>, secrets: &Secrets) -> Option<Records> {
        let traffic = secrets.client_traffic?;
        let aeads = match aead {
            Some(aead) => vec![aead],
            None => Aead::of_secret(&traffic).to_vec(),
        };
        let later = [Some(traffic), secrets.client_handshake];
        Some(Records {
            later: later.into_iter().flatten().collect(),
            ..Records::empty(aeads, true)
        })
    }

    fn empty(aeads: Vec<Aead>, is_13: bool) -> Records {
        Records {
            now: None,
            later: Vec::new(),
            aeads,
            nonce: None,
            lost: 0,
            passed: 0,
            trials: 0,
            has_opened: false,
            is_13,
        }
    }

    /// A record that could not be looked at was one of this key.
    pub fn pass(&mut self) {
        if let Some(now) = &mut self.now {
            now.seq += 1;
        }
        self.passed += u64::from(!self.later.is_empty());
    }

    /// So many bytes are missing, and nobody knows how many records.
    pub fn lose(&mut self, bytes: u64) {
        self.lost = self.lost.saturating_add(1 + bytes / RECORD_MIN);
    }

    /// Records may be missing before the next one.
    pub fn is_lost(&self) -> bool {
        self.lost > 0
    }

    /// TLS 1.3, whatever the hellos said.
    pub fn is_13(&self) -> bool {
        self.is_13
    }

    /// A record was opened at all.
    pub fn has_opened(&self) -> bool {
        self.has_opened
    }

    /// Too much was tried: the way is not looked for any longer.
    pub fn is_exhausted(&self) -> bool {
        self.trials > TRIAL_BYTES_MAX
    }

    /// Opens the next record; says how many bytes of its nonce could not be foretold.
    pub fn open(&mut self, header: [u8; 5], body: &[u8]) -> Option<(Opened, usize)> {
        let opened = self.with_this_key(self.lost, header, body);
        let opened = match opened {
            Some(opened) => opened,
            None => self.with_next_key(header, body)?,
        };
        (self.lost, self.passed) = (0, 0);
        self.has_opened = true;
        let seq = self.now.as_ref().map_or(0, |now| now.seq);
        let foretold = opened.nonce == seq || self.nonce.is_some_and(|n| n + 1 == opened.nonce);
        self.nonce = Some(opened.nonce).filter(|n| *n < u64::MAX);
        let unread = if foretold { 0 } else { opened.nonce_len };
        if let Some(now) = &mut self.now {
            now.seq += 1;
        }
        if opened.kind == HANDSHAKE && is_key_update(&opened.content) {
            self.update();
        }
        Some((opened, unread))
    }

    /// Tries this record's number and so many above it.
    fn with_this_key(&mut self, most: u64, header: [u8; 5], body: &[u8]) -> Option<Opened> {
        let now = self.now.as_mut()?;
        for skipped in 0..=most {
            let seq = now.seq.checked_add(skipped)?;
            if let Some(opened) = now.opener.open(seq, header, body) {
                now.seq = seq;
                return Some(opened);
            }
            self.trials += body.len();
            if self.trials > TRIAL_BYTES_MAX {
                return None;
            }
        }
        None
    }

    /// TLS 1.3: the handshake is over, or keys were changed where records are missing.
    fn with_next_key(&mut self, header: [u8; 5], body: &[u8]) -> Option<Opened> {
        if header[0] != APPLICATION_DATA {
            return None;
        }
        let most = self.lost.saturating_add(self.passed);
        let current = self.now.as_ref().and_then(|now| now.secret);
        let update = match self.later.is_empty() && self.lost > 0 {
            true => current.and_then(|secret| updated(&secret)),
            false => None,
        };
        let candidates: Vec<Secret> = self.later.iter().rev().copied().chain(update).collect();
        for (n, secret) in candidates.iter().enumerate() {
            for aead in self.aeads.clone() {
                let Some(opener) = Opener::new_13(aead, secret) else {
                    continue;
                };
                let now = Now {
                    opener,
                    secret: Some(*secret),
                    seq: 0,
                };
                let before = self.now.replace(now);
                if let Some(opened) = self.with_this_key(most, header, body) {
                    self.aeads = vec![aead];
                    let left = self.later.len().saturating_sub(n + 1);
                    self.later.truncate(left);
                    return Some(opened);
                }
                self.now = before;
            }
        }
        None
    }

    fn update(&mut self) {
        let now = self.now.as_ref().and_then(|now| now.secret);
        let next = now.as_ref().and_then(updated).and_then(|secret| {
            let opener = Opener::new_13(*self.aeads.first()?, &secret)?;
            Some(Now {
                opener,
                secret: Some(secret),
                seq: 0,
            })
        });
        self.now = next;
    }
}

/// A key update ends its record (RFC 8446, section 5.1).
fn is_key_update(content: &[u8]) -> bool {
    matches!(content, [.., 24, 0, 0, 1, 0 | 1])
}
