//! A judgement as a person is shown it.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use analysis::{Judged, judged};
use bundle::BUNDLE_DIR;
use report::{Lang, Maker, Reader, Running, Text};

use crate::fail::{Fail, print};
use crate::options::Judging;
use crate::printer;

/// Judges what an audit has just recorded and writes the reports beside the bundle.
pub fn after_audit(out: &Path, judging: &Judging, lang: Lang) -> Result<ExitCode, Fail> {
    let judged = judged(out, judging.require_plaintext)?;
    let mut for_person = out.to_owned();
    for format in report::after_audit() {
        let bytes = judged.render(format, lang, Maker::default())?;
        let path = out.join(format.file);
        write(&path, &bytes)?;
        if format.after_audit == Some(Reader::Person) {
            for_person = path;
        }
    }
    show(&judged, judging, lang)?;
    if !judging.quiet && !judging.json {
        let written = Running::Written {
            report: &for_person,
            bundle: &out.join(BUNDLE_DIR),
            out,
        };
        let said = report::running(lang, &written)?;
        print(format!("\n{said}\n").as_bytes())?;
    }
    Ok(ExitCode::from(judged.code(judging.strict)))
}

pub fn show(judged: &Judged, judging: &Judging, lang: Lang) -> Result<(), Fail> {
    if judging.quiet {
        return Ok(());
    }
    let colour = printer::out_is_terminal() && std::env::var_os("NO_COLOR").is_none();
    if judging.json {
        return print(&judged.render(&report::Json, lang, Maker::default())?);
    }
    let bytes = judged.render(&Text { colour }, lang, Maker::default())?;
    match colour {
        true => printer::out_in_colour(&bytes).map_err(Fail::system),
        false => print(&bytes),
    }
}

/// Writes a file, which is its owner's alone until they hand it on.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Fail> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(bytes));
    written.map_err(|e| Fail::file("write", path, &e))
}
