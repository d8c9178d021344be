//! `cargo xtask pdf`: reports and reviews of real audits as PDF, in both languages, held against the rules of PDF/A-2a
//! and PDF/UA-1, made twice, drawn, and asked what an officer asks.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::run::{
    Done, cargo, flag, muteproof, put_between, run, said, target, unpacked, use_development_build,
};
use crate::setup;

/// Services that are reviewed, the audits in the repository that they are reviewed by, and a statement of the kind
/// that policies make.
const SERVICES: [(&str, &str); 2] = [("Janus", "janus-quick-0"), ("Mumble", "mumble-quick-0")];

/// An audit where nothing was found.
const HONEST: &str = "specimen-honest";

/// Statements that stand in the review as claims: what they say is the study's sentence about web clients, and a plain
/// one.
const CLAIMS: &str = r#"
[[claim]]
id = "web"
quote = "All of the web-based apps we studied used the browser's software mute feature."
source = "https://hcy.dannield.com/item?id=31018268"
date = "2022-04-14"
language = "en"
implies = ["mute_holds", "server_hears_nothing"]

[[claim]]
id = "closed"
quote = "The microphone is off while you are muted."
source = "https://example.org/privacy"
date = "2026-03-01"
language = "en"
implies = ["microphone_closed"]
"#;

/// What an officer asks, and the words that begin the answer in the English document.
const QUESTIONS: [(&str, &str); 7] = [
    ("May it be used as it is?", "[×] Janus: excluded."),
    (
        "Does the mute button mute?",
        "While muted, nothing that leaves",
    ),
    (
        "Is the microphone off?",
        "While muted, the microphone is closed",
    ),
    (
        "Who can read the call?",
        "Nobody but the participants can read",
    ),
    (
        "Does anybody else receive anything?",
        "No third party is told anything",
    ),
    (
        "Is what the service says of itself so?",
        "“The microphone is off while you are muted.”",
    ),
    (
        "What does this rest on, and is it unchanged?",
        "• janus-quick-0: SHA-256",
    ),
];

/// What stands between these in docs/review.md is made here.
const MARKS: [&str; 2] = [
    "<!-- questions: begin, made by `cargo xtask pdf --write` -->",
    "<!-- questions: end -->",
];

/// Tests the crate, then makes the documents; `--write` writes where questions are answered into docs/review.md.
pub fn pdf(args: &[String]) -> Done {
    use_development_build();
    for (program, package) in [("pdftotext", "poppler-utils"), ("minisign", "minisign")] {
        if said(Command::new(program).arg("-v")).is_err() {
            setup::install(&[package])?;
        }
    }
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
    let write = |name: &str, text: &str| {
        let path = work.join(name);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok::<String, String>(path.display().to_string())
    };
    let mut made = Vec::new();
    let mut services = Vec::new();
    let bundle = unpacked(&work, HONEST)?;
    for lang in ["en", "de"] {
        let to = work.join(format!("{HONEST}-report-{lang}.pdf"));
        made.push(twice(&to, lang, &["report", &bundle])?);
    }
    for (service, name) in SERVICES {
        let bundle = unpacked(&work, name)?;
        let named = format!("service = \"{service}\"\n");
        write(&format!("{name}-claims.toml"), &format!("{named}{CLAIMS}"))?;
        let rest = format!("evidence = [\"{name}\"]\nclaims = \"{name}-claims.toml\"\n");
        let file = write(&format!("{name}.toml"), &format!("{named}{rest}"))?;
        for lang in ["en", "de"] {
            let to = work.join(format!("{name}-report-{lang}.pdf"));
            made.push(twice(&to, lang, &["report", &bundle])?);
            let to = work.join(format!("{name}-review-{lang}.pdf"));
            made.push(twice(&to, lang, &["review", &file])?);
        }
        services.push(file);
    }
    for lang in ["en", "de"] {
        let mut words = vec!["review"];
        words.extend(services.iter().map(String::as_str));
        let to = work.join(format!("side-by-side-{lang}.pdf"));
        made.push(twice(&to, lang, &words)?);
    }
    for file in &made {
        let mut draw = Command::new("pdftoppm");
        draw.args(["-r", "60", "-png"]).arg(file);
        run(draw.arg(file.with_extension("")))?;
    }
    println!("their pages as pictures: {}", work.display());
    signed(&work.join("side-by-side-en.pdf"))?;
    let answered = answers(&work.join("side-by-side-en.pdf"))?;
    print!("{answered}");
    let mut held = own(&["run", "--quiet", "--example", "conforms"]);
    run(held.arg("--").args(&made))?;
    match flag(args, "--write") {
        true => put_between("review.md", MARKS, &answered),
        false => Ok(()),
    }
}

/// Signs the document by a key made for it as docs/review.md says, and sees that one changed byte is noticed.
fn signed(document: &Path) -> Done {
    let key = |end: &str| document.with_extension(end).display().to_string();
    let (public, secret, file) = (key("pub"), key("key"), document.display().to_string());
    let minisign = |words: &[&str]| said(Command::new("minisign").args(words));
    minisign(&["-G", "-W", "-f", "-p", &public, "-s", &secret])?;
    minisign(&["-S", "-s", &secret, "-m", &file])?;
    let verified = || minisign(&["-V", "-p", &public, "-m", &file]);
    verified()?;
    let wrong = |e: std::io::Error| format!("{file}: {e}");
    let whole = fs::read(document).map_err(wrong)?;
    let mut changed = whole.clone();
    if let Some(byte) = changed.last_mut() {
        *byte ^= 1;
    }
    fs::write(document, changed).map_err(wrong)?;
    let noticed = verified().is_err();
    fs::write(document, whole).map_err(wrong)?;
    match noticed {
        true => Ok(()),
        false => Err(format!("{file}: minisign verifies a changed document")),
    }
}

/// Where in the document each question is answered: a table.
fn answers(document: &Path) -> Result<String, String> {
    let mut read = Command::new("pdftotext");
    let text = said(
        read.args(["-layout", "-enc", "UTF-8"])
            .arg(document)
            .arg("-"),
    )?;
    let mut table = "| asked | page | line | what stands there |\n|---|---|---|---|\n".to_owned();
    for (question, begins) in QUESTIONS {
        let (page, line, found) = place(&text, begins)
            .ok_or_else(|| format!("{}: nothing answers {question:?}", document.display()))?;
        table += &format!("| {question} | {page} | {line} | {found} |\n");
    }
    Ok(table)
}

/// Page and line, from 1, of the words, and the row of the page's layout that they begin. Words of a narrow column go
/// on in the lines below.
fn place(text: &str, words: &str) -> Option<(usize, usize, String)> {
    let columns = |line: &str| -> Vec<String> {
        let parts = line.trim_start().split("  ").map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    for (page, lines) in text.split('\u{c}').enumerate() {
        let lines: Vec<&str> = lines
            .lines()
            .filter(|line| !line.trim().is_empty())
            .collect();
        for (k, line) in lines.iter().enumerate() {
            let below = lines.iter().skip(k).take(6);
            let first: Vec<String> = below
                .filter_map(|l| columns(l).into_iter().next())
                .collect();
            if first.join(" ").starts_with(words) {
                return Some((page + 1, k + 1, columns(line).join(" · ")));
            }
        }
    }
    None
}

/// Writes the document, and sees that it is the same again.
fn twice(to: &Path, lang: &str, words: &[&str]) -> Result<PathBuf, String> {
    let begun = Instant::now();
    let first = printed(lang, words)?;
    let took = begun.elapsed().as_secs_f64();
    if printed(lang, words)? != first {
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

fn printed(lang: &str, words: &[&str]) -> Result<Vec<u8>, String> {
    let printed = muteproof(&[&["--lang", lang], words, &["--format", "pdf"]].concat())?;
    match printed.starts_with(b"%PDF") {
        true => Ok(printed),
        false => Err(format!("{} is no PDF", words.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn words_of_a_narrow_column_are_found_where_they_begin() {
        let text = "Title\n\n  One\u{c}What ought     Janus\n\nWhile muted,   No\nnothing leaves  Audit 1\n";
        let found = place(text, "While muted, nothing");
        assert_eq!(found, Some((2, 2, "While muted, · No".to_owned())));
        assert_eq!(place(text, "While muted, something"), None);
    }
}
