//! `muteproof report`: a bundle's report in any format and language, and the package for an app's maker.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bundle::RECIPE_DIR;
use clap::Args as ClapArgs;

use crate::fail::{Fail, print};
use crate::judged::write;
use crate::pdf;
use analysis::{Judged, judged};
use jiff::civil::Date;
use report::{Days, Lang, Maker, Reader};

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
    /// Who writes to the maker: name and address, in the letter.
    #[arg(long, value_name = "TEXT")]
    pub from: Option<String>,
    /// The day on which the maker was told, as 2026-03-01.
    #[arg(long, value_name = "DAY")]
    pub sent: Option<Date>,
    /// The day on which the maker answered.
    #[arg(long, value_name = "DAY")]
    pub answered: Option<Date>,
    /// The day on which what was found is published, whether the maker answers or not.
    #[arg(long, value_name = "DAY")]
    pub publication: Option<Date>,
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

/// The letter to the maker, which the package begins with.
const LETTER: &str = "letter.md";

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
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let (sent, answered, publication) = (day(args.sent), day(args.answered), day(args.publication));
    let maker = Maker {
        disclosure: args.disclosure.is_some(),
        from: args.from.as_deref(),
        days: Days {
            sent: sent.as_deref(),
            answered: answered.as_deref(),
            publication: publication.as_deref(),
        },
        statement: statement.as_deref(),
    };
    if let Some(folder) = &args.disclosure {
        return disclose(&judged, lang, folder, maker);
    }
    if args.format == PDF {
        let document = judged.with_report(maker, |r| report::audited(r, lang))?;
        pdf::print(&document)?;
        return Ok(ExitCode::SUCCESS);
    }
    let format = report::format(&args.format).ok_or_else(|| {
        let (format, known) = (args.format.clone(), names().join(", "));
        Fail::NoFormat { format, known }
    })?;
    print(&judged.render(format, lang, maker)?)?;
    Ok(ExitCode::SUCCESS)
}

/// The package for the app's maker: a letter and a report in every language, the recipe that repeats the audit.
fn disclose(judged: &Judged, lang: Lang, folder: &Path, maker: Maker) -> Result<ExitCode, Fail> {
    // The maker gets it from its owner, and nobody else does.
    let make = |path: &Path| {
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path);
        made.map_err(|e| Fail::file("make", path, &e))
    };
    make(folder)?;
    // In the language that was asked for first; whoever reads it may speak another.
    for spoken in Lang::ALL {
        let name = |file: &str| match (spoken == lang, file.split_once('.')) {
            (false, Some((stem, end))) => format!("{stem}.{}.{end}", spoken.tag()),
            _ => file.to_owned(),
        };
        let letter = judged.with_report(maker, |r| report::disclosure(r, spoken))?;
        write(&folder.join(name(LETTER)), letter.as_bytes())?;
        // What programs read is in no language.
        let formats = report::after_audit();
        let formats = formats.filter(|f| spoken == lang || f.after_audit == Some(Reader::Person));
        for format in formats {
            let bytes = judged.render(format, spoken, maker)?;
            write(&folder.join(name(format.file)), &bytes)?;
        }
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
    print(format!("{}\n", folder.join(LETTER).display()).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
