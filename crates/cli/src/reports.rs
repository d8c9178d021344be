//! `muteproof report`: a bundle's report in any format and language, and the package for an app's maker.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bundle::RECIPE_DIR;
use clap::Args as ClapArgs;

use crate::fail::{Fail, print};
use crate::judged::write;
use crate::pdf::pdf;
use analysis::{Judged, judged};
use report::Lang;

/// Arguments of `report`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    /// The bundle, or the folder that an audit made.
    pub bundle: PathBuf,
    // The names are those of the table.
    #[arg(long, default_value = report::FORMATS[0].name, help = known_formats())]
    pub format: String,
    /// A file with the maker's statement, printed in the report.
    #[arg(long)]
    pub statement: Option<PathBuf>,
    /// Write the package for the app's maker into this folder instead: letter, reports, recipe.
    #[arg(long, value_name = "FOLDER")]
    pub disclosure: Option<PathBuf>,
}

/// The format that is made of a document.
const PDF: &str = "pdf";

/// The names of all formats.
fn names() -> Vec<&'static str> {
    let names = report::FORMATS.iter().map(|f| f.name);
    names.chain([PDF]).collect()
}

/// The help text of `--format`.
fn known_formats() -> String {
    let names = names();
    let (last, before) = names.split_last().expect("there are formats");
    format!("Format: {} or {last}", before.join(", "))
}

/// Bytes of a statement: some pages.
const STATEMENT_MAX: u64 = 1 << 20;

/// `muteproof report`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let judged = judged(&args.bundle, false)?;
    let statement = match &args.statement {
        None => None,
        Some(path) => {
            Some(files::read_text(path, STATEMENT_MAX).map_err(|e| Fail::file("read", path, &e))?)
        }
    };
    let statement = statement.as_deref();
    if let Some(folder) = &args.disclosure {
        return disclose(&judged, lang, folder, statement);
    }
    if args.format == PDF {
        let document = judged.with_report(statement, false, |r| report::audited(r, lang))?;
        print(&pdf(&document)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let format = report::format(&args.format).ok_or_else(|| {
        let (format, known) = (args.format.clone(), names().join(", "));
        Fail::NoFormat { format, known }
    })?;
    print(&judged.render(format, lang, statement, false)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The package for the app's maker: a letter, the reports, the recipe that repeats the audit.
fn disclose(
    judged: &Judged,
    lang: Lang,
    folder: &Path,
    statement: Option<&str>,
) -> Result<ExitCode, Fail> {
    // The maker gets it from its owner, and nobody else does.
    let make = |path: &Path| {
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path);
        made.map_err(|e| Fail::file("make", path, &e))
    };
    make(folder)?;
    let letter = judged.with_report(statement, true, |r| report::disclosure(r, lang))?;
    write(&folder.join("letter.md"), letter.as_bytes())?;
    for format in report::after_audit() {
        let bytes = judged.render(format, lang, statement, true)?;
        write(&folder.join(format.file), &bytes)?;
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
