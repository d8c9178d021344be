//! `muteproof bundle redact`: a copy without contents that gives the same verdict.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use verdict::Judgement;

use crate::analyze::judged;
use crate::args::{BundleVerb, OnBundle};
use crate::fail::{Fail, print};

/// `muteproof bundle`.
pub fn run(args: &OnBundle) -> Result<ExitCode, Fail> {
    let (bundle, out) = match &args.what {
        BundleVerb::Redact { bundle, out } => (bundle, out),
        BundleVerb::Schedule { bundle, out } => return schedule(bundle, out),
    };
    let whole = judged(bundle, false)?;
    if whole.bundle.kept.is_some() {
        return Err(Fail::text(format!(
            "{} is redacted already",
            bundle.display()
        )));
    }
    if whole.bundle.seal.is_none() {
        let why = "was never sealed: what it says cannot be vouched for";
        return Err(Fail::text(format!("{} {why}", bundle.display())));
    }
    let packets = whole.bundle.packets();
    let session = whole.bundle.session(&packets);
    let kept = verdict::keep(&session, whole.bundle.seed(), &whole.judgement);
    let kept = serde_json::to_vec(&kept).map_err(Fail::text)?;
    bundle::fresh_folder(out).map_err(Fail::text)?;
    let written = bundle::redact(&whole.bundle, out, &kept).map_err(Fail::text);
    if let Err(why) = written.and_then(|_| same_verdict(&whole.judgement, out)) {
        // Half a copy is none.
        let _ = fs::remove_dir_all(out);
        return Err(why);
    }
    print(format!("{}\n", out.display()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// `muteproof bundle schedule`.
fn schedule(bundle: &Path, out: &Path) -> Result<ExitCode, Fail> {
    let bundle = crate::analyze::open(bundle)?;
    let schedule = import::Schedule::of(&bundle);
    schedule.write(out, bundle.seed()).map_err(Fail::text)?;
    print(format!("{}\n", out.display()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Everything but the remarks has to be as it was.
fn same_verdict(whole: &Judgement, out: &Path) -> Result<(), Fail> {
    let without_notes = |judgement: &Judgement| Judgement {
        notes: Vec::new(),
        ..judgement.clone()
    };
    let redacted = judged(out, false)?;
    match without_notes(&redacted.judgement) == without_notes(whole) {
        true => Ok(()),
        false => Err(Fail::text(
            "the redacted bundle would be judged differently; it was not kept",
        )),
    }
}
