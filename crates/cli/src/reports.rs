//! `muteproof report`: a bundle's report in any format and language, and the package for an app's maker.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bundle::RECIPE_DIR;
use clap::Args as ClapArgs;

use crate::fail::{Fail, print};
use crate::judged::write;
use crate::options::Lang;
use analysis::{Judged, judged};

/// Arguments of `report`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The bundle, or the folder that an audit made.
    pub bundle: PathBuf,
    /// Format: text, json or html.
    #[arg(long, default_value = "text")]
    pub format: String,
    /// Language.
    #[arg(long, value_enum, default_value = "en")]
    pub lang: Lang,
    /// A file with the maker's statement, printed in the report.
    #[arg(long)]
    pub statement: Option<PathBuf>,
    /// Write the package for the app's maker into this folder instead: letter, reports, recipe.
    #[arg(long, value_name = "FOLDER")]
    pub disclosure: Option<PathBuf>,
}

/// `muteproof report`.
pub fn run(args: &Args) -> Result<ExitCode, Fail> {
    let judged = judged(&args.bundle, false)?;
    let statement = match &args.statement {
        None => None,
        Some(path) => Some(fs::read_to_string(path).map_err(|e| Fail::file("read", path, &e))?),
    };
    let statement = statement.as_deref();
    if let Some(folder) = &args.disclosure {
        return disclose(&judged, args, folder, statement);
    }
    let format = report::format(&args.format).ok_or_else(|| {
        let names: Vec<&str> = report::FORMATS.iter().map(|f| f.name()).collect();
        let (asked, known) = (&args.format, names.join(", "));
        Fail::text(format!("there is no format `{asked}`; there are {known}"))
    })?;
    print(&judged.render(format, args.lang.into(), statement, false)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The package for the app's maker: a letter, the reports, the recipe that repeats the audit.
fn disclose(
    judged: &Judged,
    args: &Args,
    folder: &Path,
    statement: Option<&str>,
) -> Result<ExitCode, Fail> {
    let make = |path: &Path| fs::create_dir_all(path).map_err(|e| Fail::file("make", path, &e));
    make(folder)?;
    let letter =
        judged.with_report(statement, true, |r| report::disclosure(r, args.lang.into()))?;
    write(&folder.join("letter.md"), letter.as_bytes())?;
    for format in ["json", "html"] {
        let renderer = report::format(format).expect("a format of ours");
        let bytes = judged.render(renderer, args.lang.into(), statement, true)?;
        write(&folder.join(format!("report.{format}")), &bytes)?;
    }
    let (from, to) = (
        judged.bundle.dir().join(RECIPE_DIR),
        folder.join(RECIPE_DIR),
    );
    make(&to)?;
    for entry in fs::read_dir(&from).into_iter().flatten().flatten() {
        let copied: PathBuf = to.join(entry.file_name());
        fs::copy(entry.path(), &copied).map_err(|e| Fail::file("write", &copied, &e))?;
    }
    print(format!("{}\n", folder.join("letter.md").display()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
