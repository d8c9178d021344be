//! `muteproof compare`: what changed in an app's mute from one version to the next.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args as ClapArgs;
use report::{Compared, Lang};
use serde_json::Value;

use crate::fail::{Fail, print};
use analysis::judged;

/// Help's examples.
pub const EXAMPLES: &str = "\
Examples:
  muteproof compare muteproof-mumble-old muteproof-mumble-new
  muteproof compare --json release-1.4/report.json release-1.5/report.json

Exit codes:
  0  nothing got worse
  1  something got worse: more leaves, more is open, or more can read it
  2  one of the two has no answer, so there is nothing to compare
  3  usage or input error";

/// Arguments of `compare`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The older bundle, the folder that its audit made, or its JSON report.
    pub old: PathBuf,
    /// The newer one.
    pub new: PathBuf,
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}

/// `muteproof compare`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let (old, new) = (report_of(&args.old)?, report_of(&args.new)?);
    let recipe = |report: &Value| text(&report["manifest"]["subject"]["recipe"]);
    if recipe(&old) != recipe(&new) {
        return Err(Fail::DifferentRecipes {
            old: args.old.clone(),
            was: recipe(&old),
            new: args.new.clone(),
            is: recipe(&new),
        });
    }
    let answered = |report: &Value| {
        let is = text(&report["judgement"]["verdict"]["is"]);
        !["inconclusive", "not_run"].contains(&is.as_str())
    };
    let both = answered(&old) && answered(&new);
    let changes = report::changes(&old, &new);
    let version = |report: &Value| text(&report["manifest"]["subject"]["version"]);
    let subject = &new["manifest"]["subject"];
    // What is for programs is the same in every language.
    let called = subject["called"][lang.tag()]["title"].as_str();
    let called = called.filter(|_| !args.json).map(str::to_owned);
    let compared = Compared {
        recipe: recipe(&new),
        title: called.unwrap_or_else(|| text(&subject["title"])),
        old: version(&old),
        new: version(&new),
        changes,
        comparable: both,
    };
    let code = match (both, compared.worse()) {
        (false, _) => 2,
        (true, true) => 1,
        (true, false) => 0,
    };
    let out = match args.json {
        true => report::compared_json(&compared)?,
        false => report::compared(&compared, lang)?,
    };
    print(out.as_bytes())?;
    Ok(ExitCode::from(code))
}

/// Bytes of a report, which has a line for each block.
const REPORT_MAX: u64 = 256 << 20;

/// The JSON report of a bundle, judged by this version, or as it lies in a file.
fn report_of(path: &Path) -> Result<Value, Fail> {
    if path.is_file() {
        let bytes = files::read(path, REPORT_MAX).map_err(|e| Fail::file("read", path, &e))?;
        let report: Value = serde_json::from_slice(&bytes).map_err(|source| Fail::NotJson {
            path: path.to_owned(),
            source,
        })?;
        if report["judgement"]["verdict"]["is"].is_null() {
            let path = path.to_owned();
            return Err(Fail::NoVerdict { path });
        }
        return Ok(report);
    }
    let bytes = judged(path, false)?.json()?;
    serde_json::from_slice(&bytes).map_err(Fail::system)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("unknown").to_owned()
}
