//! What is left of a bundle that is shown to others, on request: numbers, sizes, times, words of our own, and
//! pseudonyms.
//!
//! Nothing is copied because no rule forbids it. A copy is put together anew: each field of each record, of the
//! manifest and of what was computed is named here, and is either a number, a word of a list, or a pseudonym
//! ([`Names`]). A field that is added to one of these types does not compile before it is decided about.
//! Packets are zeros but for the numbers that are named in [`frames`]. Recipe, program output, sound, keys and
//! payloads stay behind.

mod features;
mod frames;
mod key;
mod manifest;
mod names;
mod records;

use std::path::Path;

use ::features::Derived;

pub use key::KeyError;
pub use names::Names;

use crate::names::PACKETS;
use crate::read::Bundle;
use crate::seal::{Seal, SealError};
use crate::write::Writer;

/// Writes what is left of `bundle` into `out`, a new folder. `derived` is what was computed from what is gone;
/// `kept` makes the contents of the file for it from what is left of that.
pub fn redact(
    bundle: &Bundle,
    out: &Path,
    names: &Names,
    derived: Derived,
    kept: impl FnOnce(Derived) -> serde_json::Result<Vec<u8>>,
) -> Result<Seal, SealError> {
    let failed = |source| SealError::Write {
        file: out.display().to_string(),
        source,
    };
    let derived = derived.map(|of_blocks| features::redacted(of_blocks, names));
    let manifest = manifest::redacted(&bundle.manifest, &derived, names);
    let mut writer = Writer::create(out, &manifest, bundle.seed()).map_err(failed)?;
    let copy = || {
        for record in &bundle.records {
            let body = records::redacted(&record.body, names);
            writer.push(record.t, record.source, body)?;
        }
        if bundle.dir().join(PACKETS).is_file() {
            let mut capture = writer.capture_file("redacted", 65_535, &manifest.tool)?;
            bundle.raw_packets(&mut |realtime_ns, orig_len, data| {
                capture.packet(realtime_ns, orig_len, &frames::redacted(data, names))
            })?;
            capture.flush()?;
        }
        writer.kept(&kept(derived)?)
    };
    copy().map_err(failed)?;
    writer.seal()
}
