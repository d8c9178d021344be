use std::path::Path;

use bundle::{Writer, fresh_folder};
use record::{Manifest, Record};
use stimulus::Seed;

use crate::error::ImportError;

/// A bundle with these facts in the order of time; not sealed yet.
pub(crate) fn begin_bundle(
    out: &Path,
    manifest: &Manifest,
    seed: &Seed,
    mut records: Vec<Record>,
) -> Result<Writer, ImportError> {
    records.sort_by_key(|record| record.t);
    fresh_folder(out)?;
    let failed = |source| ImportError::Write {
        path: out.to_owned(),
        source,
    };
    let mut writer = Writer::create(out, manifest, seed).map_err(failed)?;
    for record in records {
        writer
            .push(record.t, record.source, record.body)
            .map_err(failed)?;
    }
    Ok(writer)
}
