//! `muteproof analyze`: a recorded bundle, or a capture from elsewhere, judged.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args as ClapArgs;
use report::Lang;

use crate::elsewhere::{self, Elsewhere};
use crate::fail::Fail;
use crate::judged::show;
use crate::options::Judging;
use analysis::{judged_of, open};

/// Arguments of `analyze`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The bundle, or the folder that an audit made.
    #[arg(required_unless_present = "elsewhere", conflicts_with = "elsewhere")]
    pub bundle: Option<PathBuf>,
    /// A capture that was made elsewhere.
    #[command(flatten)]
    pub elsewhere: Elsewhere,
    /// Leave out plaintext that was seen before encryption, or by a proxy: what would packets alone have shown?
    #[arg(long)]
    pub packets_only: bool,
    /// How the verdict is shown.
    #[command(flatten)]
    pub judging: Judging,
}

/// `muteproof analyze`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let bundle = match &args.bundle {
        Some(path) => open(path)?,
        None => elsewhere::import(&args.elsewhere)?,
    };
    let judged = judged_of(bundle, args.judging.require_plaintext, args.packets_only)?;
    show(&judged, &args.judging, lang)?;
    Ok(ExitCode::from(judged.code(args.judging.strict)))
}
