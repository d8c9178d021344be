use std::io;
use std::path::{Path, PathBuf};

use features::{Packets, Session};
use files::Folder;
use record::{BUNDLE_FORMAT, Body, Manifest, MonotonicNs, Record, Source};
use stimulus::Seed;
use wire::tls::Keys;

use crate::log::{ReadLogError, push_gap, read_log};
use crate::names::{KEPT, LOG, MANIFEST, PACKETS, SEAL, SEED};
use crate::packets::{Found, LeftOut, OnRaw, PacketsError, StoredPackets};
use crate::seal::{Seal, SealError};

/// Bytes of a file of a bundle that is read whole.
const WHOLE_MAX: u64 = 64 << 20;

/// A bundle that was opened and, where it is sealed, found unchanged.
#[derive(Debug)]
pub struct Bundle {
    dir: PathBuf,
    /// What the bundle says of itself.
    pub manifest: Manifest,
    /// The session log.
    pub records: Vec<Record>,
    /// The seal; `None` if recording was cut off before it.
    pub seal: Option<Seal>,
    /// What was kept when payloads were dropped, as JSON; nothing in a bundle that has them.
    pub kept: Option<Vec<u8>>,
    /// Bytes at the log's end that were no whole record.
    pub log_cut_bytes: u64,
    /// Bytes at the packet file's end that were no whole block.
    pub packets_cut_bytes: u64,
    seed: Seed,
    packets: StoredPackets,
    keys: Keys,
}

/// Why a bundle could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// There is no bundle here.
    #[error("{0} is not a bundle: it has no {MANIFEST}")]
    NoBundle(PathBuf),
    /// A file cannot be read.
    #[error("failed to read {file}: {source}")]
    Io {
        /// Name inside the bundle.
        file: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not say what it should.
    #[error("{file}: {why}")]
    Bad {
        /// Name inside the bundle.
        file: &'static str,
        /// What is wrong, with the place.
        why: String,
    },
    /// The bundle was changed after it was sealed.
    #[error("{0}")]
    Seal(#[from] SealError),
}

impl Bundle {
    /// Opens a bundle, verifying its seal if it has one.
    pub fn open(dir: &Path) -> Result<Bundle, BundleError> {
        if !dir.join(MANIFEST).is_file() {
            return Err(BundleError::NoBundle(dir.to_owned()));
        }
        let seal = match part(dir, SEAL) {
            Ok(json) => {
                let seal: Seal = serde_json::from_slice(&json)
                    .map_err(|e| SealError::Unreadable(e.to_string()))?;
                seal.verify(dir)?;
                Some(seal)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(BundleError::Io { file: SEAL, source }),
        };
        let manifest = read_manifest(dir)?;
        let seed = read_seed(dir, &manifest)?;
        let log = Folder::open(dir).and_then(|dir| dir.file(Path::new(LOG)));
        let log = log.map_err(ReadLogError::from).and_then(read_log);
        let (mut records, log_cut_bytes) = log.map_err(|e| match e {
            ReadLogError::Io(source) => BundleError::Io { file: LOG, source },
            ReadLogError::Bad(why) => BundleError::Bad { file: LOG, why },
        })?;
        let clock = clock(&records);
        let (packets, found) = packets(dir, |realtime_ns| monotonic(&clock, realtime_ns))?;
        if let Some(LeftOut { span, packets, why }) = found.left_out {
            push_gap(&mut records, Source::Packets, span, packets, why);
        }
        let kept = match part(dir, KEPT) {
            Ok(json) => Some(json),
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(BundleError::Io { file: KEPT, source }),
        };
        Ok(Bundle {
            dir: dir.to_owned(),
            manifest,
            records,
            seal,
            kept,
            log_cut_bytes,
            packets_cut_bytes: found.cut_bytes,
            seed,
            packets,
            keys: found.keys,
        })
    }

    /// Where the bundle lies.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The seed; it fits the commitment in the manifest.
    pub fn seed(&self) -> &Seed {
        &self.seed
    }

    /// Hands on the packets as they were taken.
    pub(crate) fn raw_packets(&self, on: &mut OnRaw) -> io::Result<()> {
        self.packets.raw(on).map_err(|e| match e {
            PacketsError::Io(e) => e,
            PacketsError::Bad(e) => io::Error::new(io::ErrorKind::InvalidData, e),
        })
    }

    /// Keys to TLS connections among the packets; `None` if there are none.
    pub fn keys(&self) -> Option<&Keys> {
        Some(&self.keys).filter(|keys| !keys.is_empty())
    }

    /// The session: what is judged.
    pub fn session(&self) -> Session<'_> {
        Session {
            manifest: &self.manifest,
            records: &self.records,
            packets: &self.packets,
            keys: self.keys(),
        }
    }

    /// The packets on the session's clock, in time order. They are read when they are looked at.
    pub fn packets(&self) -> &dyn Packets {
        &self.packets
    }

    /// Whether all packets could be read whenever they were looked at: else nothing that was made of them counts.
    pub fn check_read(&self) -> Result<(), BundleError> {
        match self.packets.failed() {
            None => Ok(()),
            Some(e) => Err(BundleError::Io {
                file: PACKETS,
                source: io::Error::new(e.kind(), e.to_string()),
            }),
        }
    }
}

/// The packets, which a session that failed early does not have.
fn packets(
    dir: &Path,
    clock: impl Fn(u64) -> MonotonicNs,
) -> Result<(StoredPackets, Found), BundleError> {
    let failed = |source| BundleError::Io {
        file: PACKETS,
        source,
    };
    match Folder::open(dir).and_then(|dir| dir.file(Path::new(PACKETS))) {
        Ok(file) => StoredPackets::open(file, clock).map_err(|e| match e {
            PacketsError::Io(source) => failed(source),
            PacketsError::Bad(e) => BundleError::Bad {
                file: PACKETS,
                why: e.to_string(),
            },
        }),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            Ok((StoredPackets::none(), Found::default()))
        }
        Err(e) => Err(failed(e)),
    }
}

fn read(dir: &Path, file: &'static str) -> Result<Vec<u8>, BundleError> {
    part(dir, file).map_err(|source| BundleError::Io { file, source })
}

/// A regular file of the bundle, which may come from anybody: no link leads out of it, and none of its files
/// waits or never ends.
fn part(dir: &Path, file: &str) -> io::Result<Vec<u8>> {
    Folder::open(dir)?.read(Path::new(file), WHOLE_MAX)
}

fn read_manifest(dir: &Path) -> Result<Manifest, BundleError> {
    let bad = |why: String| BundleError::Bad {
        file: MANIFEST,
        why,
    };
    let json: serde_json::Value =
        serde_json::from_slice(&read(dir, MANIFEST)?).map_err(|e| bad(e.to_string()))?;
    // The version first: a newer manifest may be of another shape.
    match json.get("format").and_then(serde_json::Value::as_u64) {
        Some(format) if format > u64::from(BUNDLE_FORMAT) => {
            let why = format!(
                "format {format} is newer than this muteproof ({BUNDLE_FORMAT}); update it"
            );
            return Err(bad(why));
        }
        Some(_) => {}
        None => return Err(bad("it has no `format`".to_owned())),
    }
    serde_json::from_value(json).map_err(|e| bad(e.to_string()))
}

fn read_seed(dir: &Path, manifest: &Manifest) -> Result<Seed, BundleError> {
    let bad = |why: String| BundleError::Bad { file: SEED, why };
    let text = String::from_utf8_lossy(&read(dir, SEED)?).trim().to_owned();
    let seed = Seed::from_hex(&text).map_err(|e| bad(e.to_string()))?;
    match seed.sha256_hex() == manifest.seed_sha256 {
        true => Ok(seed),
        false => Err(bad(
            "it is not the seed that the manifest is bound to".to_owned()
        )),
    }
}

/// The clock pairs: wall time (nanoseconds) to session time, in order of wall time.
fn clock(records: &[Record]) -> Vec<(u64, MonotonicNs)> {
    let mut pairs: Vec<_> = records
        .iter()
        .filter_map(|r| match r.body {
            Body::ClockPair { realtime_ns, .. } => Some((realtime_ns, r.t)),
            _ => None,
        })
        .collect();
    pairs.sort();
    pairs
}

/// Wall time to session time by the nearest clock pair at or before it (else the first one).
///
/// Pairs are a second apart, so what the clocks drift in between (at most some hundred parts in a
/// million while wall time is slewed) stays under a millisecond.
fn monotonic(clock: &[(u64, MonotonicNs)], realtime_ns: u64) -> MonotonicNs {
    let after = clock.partition_point(|(wall, _)| *wall <= realtime_ns);
    match clock.get(after.saturating_sub(1)) {
        Some((wall, t)) => t.offset(realtime_ns as i64 - *wall as i64),
        None => MonotonicNs(realtime_ns),
    }
}
