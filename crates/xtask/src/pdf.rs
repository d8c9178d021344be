//! `cargo xtask pdf`: reports and reviews of real audits as PDF, in both languages, held against the rules of PDF/A-2a
//! and PDF/UA-1, and made twice.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::run::{Done, cargo, programs, run, target, unpacked, use_development_build};

/// Audits that are told of: a leak, and one where nothing was found.
const BUNDLES: [&str; 2] = ["janus-quick-0", "specimen-honest"];

/// Tests the crate, then makes the documents.
pub fn pdf() -> Done {
    use_development_build();
    let own = |first: &[&str]| {
        let mut command = cargo(first);
        command.args(["--manifest-path", "pdf/Cargo.toml", "--target-dir"]);
        command.arg(target());
        command
    };
    run(&mut own(&["test"]))?;
    run(&mut cargo(&["build", "-p", "cli", "--features", "pdf"]))?;
    let work = target().join("pdf");
    let _ = fs::remove_dir_all(&work);
    fs::create_dir_all(&work).map_err(|e| format!("{}: {e}", work.display()))?;
    let mut made = Vec::new();
    let mut services = Vec::new();
    for name in BUNDLES {
        let bundle = unpacked(&work, name)?;
        let service = work.join(format!("{name}.toml"));
        let says = format!("service = \"{name}\"\nevidence = [\"{name}\"]\n");
        fs::write(&service, says).map_err(|e| format!("{}: {e}", service.display()))?;
        services.push(service.display().to_string());
        for lang in ["en", "de"] {
            let to = work.join(format!("{name}-report-{lang}.pdf"));
            made.push(twice(&to, lang, &["report", &bundle])?);
            let to = work.join(format!("{name}-review-{lang}.pdf"));
            made.push(twice(&to, lang, &["review", name, "--evidence", &bundle])?);
        }
    }
    for lang in ["en", "de"] {
        let mut words = vec!["review"];
        words.extend(services.iter().map(String::as_str));
        let to = work.join(format!("side-by-side-{lang}.pdf"));
        made.push(twice(&to, lang, &words)?);
    }
    let mut held = own(&["run", "--quiet", "--example", "conforms"]);
    run(held.arg("--").args(&made))
}

/// Writes the document, and sees that it is the same again.
fn twice(to: &Path, lang: &str, words: &[&str]) -> Result<PathBuf, String> {
    let begun = Instant::now();
    let first = said(lang, words)?;
    let took = begun.elapsed().as_secs_f64();
    if said(lang, words)? != first {
        return Err(format!("{}: other bytes the second time", to.display()));
    }
    println!(
        "{}: {} bytes, {took:.1} s with its judgement; the same bytes twice",
        to.display(),
        first.len()
    );
    fs::write(to, first).map_err(|e| format!("{}: {e}", to.display()))?;
    Ok(to.to_owned())
}

fn said(lang: &str, words: &[&str]) -> Result<Vec<u8>, String> {
    let mut command = Command::new(programs().join("muteproof"));
    command.args(["--lang", lang]).args(words);
    let said = command.args(["--format", "pdf"]).output();
    let said = said.map_err(|e| e.to_string())?;
    // What it finds is no failure; 3 is.
    match said.status.code() {
        Some(0..=2) if said.stdout.starts_with(b"%PDF") => Ok(said.stdout),
        _ => Err(String::from_utf8_lossy(&said.stderr).into_owned()),
    }
}
