//! A judgement as a person is shown it.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use analysis::{Judged, judged};
use bundle::BUNDLE_DIR;
use report::Text;

use crate::fail::{Fail, print};
use crate::options::Judging;

/// Judges what an audit has just recorded and writes the reports beside the bundle.
pub fn after_audit(out: &Path, judging: &Judging) -> Result<ExitCode, Fail> {
    let judged = judged(out, judging.require_plaintext)?;
    for format in ["json", "html"] {
        let renderer = report::format(format).expect("a format of ours");
        let bytes = judged.render(renderer, judging.lang.into(), None, false)?;
        write(&out.join(format!("report.{format}")), &bytes)?;
    }
    show(&judged, judging)?;
    if !judging.quiet && !judging.json {
        let paths = format!(
            "\nReport:  {}\nBundle:  {}\nAgain:   muteproof analyze {}\n",
            out.join("report.html").display(),
            out.join(BUNDLE_DIR).display(),
            out.display()
        );
        print(paths.as_bytes())?;
    }
    Ok(ExitCode::from(judged.code(judging.strict)))
}

pub fn show(judged: &Judged, judging: &Judging) -> Result<(), Fail> {
    if judging.quiet {
        return Ok(());
    }
    let colour = std::io::IsTerminal::is_terminal(&std::io::stdout())
        && std::env::var_os("NO_COLOR").is_none();
    let bytes = match judging.json {
        true => judged.render(&report::Json, judging.lang.into(), None, false)?,
        false => judged.render(&Text { colour }, judging.lang.into(), None, false)?,
    };
    print(&bytes)
}

pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Fail> {
    fs::write(path, bytes).map_err(|e| Fail::file("write", path, &e))
}
