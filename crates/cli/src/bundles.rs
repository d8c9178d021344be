//! `muteproof bundle`: a copy without contents that gives the same verdict, or the schedule that was played.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bundle::Names;
use clap::{Args as ClapArgs, Subcommand};
use verdict::{Judgement, Kept, Reason, Verdict};

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
    /// Write a copy that can be shown to others: numbers, sizes and times alone. In the place of each name
    /// and address stands a pseudonym, made with a key that stays beside the bundle and never goes with a
    /// copy. It gives the same verdict.
    #[command(
        after_help = "Example:\n  muteproof bundle redact muteproof-mumble-20260101-120000 redacted"
    )]
    Redact {
        /// The bundle, or the folder that an audit made.
        bundle: PathBuf,
        /// Folder for the copy; must not exist.
        out: PathBuf,
        /// File with the key of the pseudonyms, made if it is not there; beside the bundle unless given. By
        /// one key a name has the same pseudonym in the copies of several bundles.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
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
    let (bundle, out, key) = match &args.what {
        Verb::Redact { bundle, out, key } => (bundle, out, key),
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
    let session = whole.bundle.session();
    let kept = verdict::keep(&session, whole.bundle.seed(), &whole.judgement);
    whole.bundle.check_read().map_err(analysis::Error::from)?;
    let names = match key {
        Some(file) => Names::of_file(file)?,
        None => Names::beside(whole.bundle.dir())?,
    };
    bundle::fresh_folder(out)?;
    let kind = kept.kind;
    let of_left = |features| serde_json::to_vec(&Kept { features, kind });
    let written = bundle::redact(&whole.bundle, out, &names, kept.features, of_left);
    let written = written.map_err(Fail::from);
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

/// Every number and every answer has to be as it was. Names are others, and remarks are about names.
fn same_verdict(whole: &Judgement, out: &Path) -> Result<(), Fail> {
    let redacted = judged(out, false)?;
    match without_names(&redacted.judgement) == without_names(whole) {
        true => Ok(()),
        false => Err(Fail::JudgedDifferently),
    }
}

fn without_names(judgement: &Judgement) -> Judgement {
    let mut left = judgement.clone();
    left.notes.clear();
    left.call.at = left.call.at.map(|_| String::new());
    left.findings.iter_mut().for_each(|f| f.series.clear());
    if let Some(opinion) = &mut left.second_opinion {
        opinion.series = opinion.series.take().map(|_| String::new());
    }
    for class in &mut left.fields {
        class.fields.iter_mut().for_each(String::clear);
    }
    for destination in &mut left.destinations {
        destination.remote.clear();
        destination.name = destination.name.take().map(|_| String::new());
        let processes = destination.processes.iter_mut();
        processes.for_each(|process| process.command.clear());
    }
    for read in left.reads.iter_mut().flatten() {
        read.command.clear();
    }
    for state in &mut left.microphone_over_time {
        state.who.iter_mut().for_each(String::clear);
    }
    if let Verdict::Inconclusive { reasons } | Verdict::NotRun { reasons } = &mut left.verdict {
        for reason in reasons {
            if let Reason::RunFailed { why, .. } = reason {
                why.clear();
            }
        }
    }
    left
}
