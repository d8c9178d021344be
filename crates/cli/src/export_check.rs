//! `muteproof export-check`: is every recording in this data export the requester's own?

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use export::{Gathering, Question, check, gather};
use report::Lang;
use voices::Models;

use crate::fail::{Fail, print};

/// Arguments of `export-check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Exports: folders, ZIP archives, tar archives (also packed by gzip or zstd), single recordings.
    #[arg(required = true, value_name = "EXPORT")]
    pub exports: Vec<PathBuf>,
    /// Print JSON, one document a line and export, instead of text.
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

/// Examples of `export-check`.
pub const EXAMPLES: &str = "Examples:
  muteproof export-check my-data.zip
  muteproof export-check my-data.zip --json

Exit codes:
  0  nothing foreign found, down to the size that is said
  1  foreign recordings found
  2  nothing can be said
  3  usage or input error
  4  nothing foreign found in what could be read, and not all could";

/// `muteproof export-check`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let ears = Models::new().map_err(export::Error::from)?;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let question = Question::default();
    let mut worst = 0;
    for (index, path) in args.exports.iter().enumerate() {
        let with = Gathering {
            ears: &ears,
            threads,
            known: &|_, _| None,
            keep: &|_, _| {},
            told: &|_| true,
        };
        let gathered = gather(path, &mut |_| None, &with)?;
        let checked = check(&name(path), &gathered, &question);
        let bytes = match args.json {
            true => report::export_json(&checked)?,
            false => report::export_text(&checked, lang)?,
        };
        if index > 0 && !args.json {
            print(b"\n")?;
        }
        print(&bytes)?;
        worst = worse(worst, checked.answer.code());
    }
    Ok(ExitCode::from(worst))
}

/// The last part of a path.
fn name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Of two exit codes the one that matters more: foreign, cannot say, partly read, nothing found.
fn worse(one: u8, other: u8) -> u8 {
    let rank = |code: &u8| [0, 4, 2, 1, 3].iter().position(|of| of == code);
    if rank(&one) >= rank(&other) { one } else { other }
}
