//! `muteproof schema`: the shape of every JSON document, for whoever reads them.

use std::process::ExitCode;

use clap::Args as ClapArgs;
use report::{SCHEMAS, Shape, shape};

use crate::fail::{Fail, print};

/// Help's examples.
pub const EXAMPLES: &str = "\
Examples:
  muteproof schema            the names
  muteproof schema report     what audit, analyze and report print";

/// Arguments of `schema`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// Which document; without it the names are printed.
    pub document: Option<String>,
}

/// What is printed by this crate's neighbours alone.
const OWN: [(&str, Shape); 1] = [("mic-watch", shape::<mic::Line<'static, mic::watch::Seen>>)];

/// Prints it.
pub fn run(args: &Args) -> Result<ExitCode, Fail> {
    let mut all: Vec<(&str, Shape)> = SCHEMAS.into_iter().chain(OWN).collect();
    all.sort_by_key(|(name, _)| *name);
    let Some(asked) = &args.document else {
        let names: String = all.iter().map(|(name, _)| format!("{name}\n")).collect();
        print(names.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    };
    let Some((_, shape)) = all.iter().find(|(name, _)| name == asked) else {
        let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        return Err(Fail::NoSchema {
            name: asked.clone(),
            known: names.join(", "),
        });
    };
    print(report::safe_json(&format!("{:#}\n", shape())).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
