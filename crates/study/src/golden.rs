//! Small bundles of real audits for the tests, packed: of real apps without contents, of specimens whole.

use std::path::Path;
use std::process::Command;

use crate::audits::programs;
use crate::bundles::{emptied, pack, pack_redacted, succeeded};

/// Packs the bundles of these audits into `testdata/bundles`: folders in `target/study`, whose contents are
/// dropped, or in `target/truth-table`, where all that was recorded is our own.
pub fn golden(root: &Path, names: &[String]) -> Result<(), String> {
    let to = root.join("testdata/bundles");
    let work = root.join("target/golden");
    let muteproof = programs()?.join("muteproof");
    for name in names {
        let of_an_app = root.join("target/study").join(name);
        if of_an_app.is_dir() {
            pack_redacted(&muteproof, &of_an_app, name, &work, &to)?;
        } else {
            let specimen = root.join("target/truth-table").join(name).join("bundle");
            let mut copy = Command::new("cp");
            copy.arg("-r").arg(specimen).arg(emptied(&work, name)?);
            succeeded(&mut copy)?;
            pack(&work, name, &to)?;
        }
    }
    Ok(())
}
