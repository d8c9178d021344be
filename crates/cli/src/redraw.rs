//! `muteproof redraw`: how often chance alone would be called a leak.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;

use crate::fail::{Fail, print};
use analysis::judged;

/// Arguments of `redraw`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The bundle, or the folder that an audit made.
    pub bundle: PathBuf,
    /// How many schedules to draw.
    #[arg(long, default_value_t = 1000)]
    pub times: u32,
}

/// `muteproof redraw`. The dice are fixed, so the same bundle gives the same line.
pub fn run(args: &Args) -> Result<ExitCode, Fail> {
    let judged = judged(&args.bundle, false)?;
    if judged.bundle.kept.is_some() {
        return Err(Fail::RedactedRedraw);
    }
    let session = judged.bundle.session();
    let dice = stimulus::Seed([0x5a; 32]);
    let redrawn = verdict::repeats(&session, &dice, args.times);
    judged.bundle.check_read().map_err(analysis::Error::from)?;
    let line = format!(
        "{} {:.3} {:.3} {} {}\n",
        judged.judgement.verdict.name(),
        judged.judgement.control.log10_w,
        judged.judgement.muted.log10_w_max,
        redrawn.log10_w_max.len(),
        redrawn.n_accused
    );
    print(line.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
