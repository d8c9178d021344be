//! `muteproof bundle`: a copy without contents that gives the same verdict, or the schedule that was played.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};
use verdict::Judgement;

use crate::fail::{Fail, print};
use analysis::{judged, open};

/// Arguments of `bundle`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub what: Verb,
}

/// What can be done with a bundle besides judging it.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write a copy that can be shown to others: without payloads, plaintext, keys and what programs
    /// printed. It keeps the numbers that were computed from them, and gives the same verdict.
    #[command(
        after_help = "Example:\n  muteproof bundle redact muteproof-mumble-20260101-120000 redacted"
    )]
    Redact {
        /// The bundle, or the folder that an audit made.
        bundle: PathBuf,
        /// Folder for the copy; must not exist.
        out: PathBuf,
    },
    /// Write what a bundle's session played as a schedule, to judge another capture of it by.
    #[command(
        after_help = "Example:\n  muteproof bundle schedule muteproof-mumble-20260101-120000 schedule.json"
    )]
    Schedule {
        /// The bundle, or the folder that an audit made.
        bundle: PathBuf,
        /// File for the schedule; its key is written beside it. Neither may exist.
        out: PathBuf,
    },
}

/// `muteproof bundle`.
pub fn run(args: &Args) -> Result<ExitCode, Fail> {
    let (bundle, out) = match &args.what {
        Verb::Redact { bundle, out } => (bundle, out),
        Verb::Schedule { bundle, out } => {
            return schedule(bundle, out);
        }
    };
    let whole = judged(bundle, false)?;
    if whole.bundle.kept.is_some() {
        let path = bundle.clone();
        return Err(Fail::RedactedAlready { path });
    }
    if whole.bundle.seal.is_none() {
        let path = bundle.clone();
        return Err(Fail::NeverSealed { path });
    }
    let packets = whole.bundle.packets();
    let session = whole.bundle.session(&packets);
    let kept = verdict::keep(&session, whole.bundle.seed(), &whole.judgement);
    let kept = serde_json::to_vec(&kept).map_err(Fail::system)?;
    bundle::fresh_folder(out)?;
    let written = bundle::redact(&whole.bundle, out, &kept).map_err(Fail::from);
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
    let bundle = open(bundle)?;
    import::Schedule::of(&bundle).write(out, bundle.seed())?;
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
        false => Err(Fail::JudgedDifferently),
    }
}
