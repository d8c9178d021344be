//! Running audits, some side by side, and reading what they came to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

/// One audit that is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Name of its folder, and of its row.
    pub name: String,
    /// A recipe's name or folder.
    pub recipe: String,
    /// Profile and other options.
    pub options: Vec<String>,
}

/// What an audit came to.
#[derive(Debug, Clone)]
pub struct Done {
    /// Which.
    pub wanted: Wanted,
    /// The report, as JSON; nothing where the audit could not be made, and why.
    pub report: Result<Value, String>,
}

impl Done {
    /// The judgement in the report; null where there is none.
    pub fn judgement(&self) -> &Value {
        match &self.report {
            Ok(report) => &report["judgement"],
            Err(_) => &Value::Null,
        }
    }
}

/// The folder in which this program lies, and the others beside it.
pub fn programs() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|e| format!("where am I? {e}"))?;
    own.parent()
        .map(Path::to_owned)
        .ok_or_else(|| "this program lies in no folder".to_owned())
}

/// Makes all audits, so many side by side; those whose report is there already are not made again.
/// In the order of `wanted`.
pub fn run(wanted: &[Wanted], out: &Path, abreast: usize) -> Result<Vec<Done>, String> {
    let muteproof = programs()?.join("muteproof");
    fs::create_dir_all(out).map_err(|e| format!("{}: {e}", out.display()))?;
    let queue = Mutex::new(wanted.iter().enumerate());
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..abreast {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(|e| e.into_inner()).next();
                    let Some((place, wanted)) = next else { return };
                    let made = audit(&muteproof, wanted, &out.join(&wanted.name));
                    eprintln!("{}: {}", wanted.name, in_a_word(&made));
                    done.lock()
                        .unwrap_or_else(|e| e.into_inner())
                        .push((place, made));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|e| e.into_inner());
    done.sort_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, made)| made).collect())
}

fn audit(muteproof: &Path, wanted: &Wanted, dir: &Path) -> Done {
    let path = dir.join("report.json");
    let mut said = String::new();
    if !path.exists() {
        let _ = fs::remove_dir_all(dir);
        let mut command = Command::new(muteproof);
        command
            .args(["audit", &wanted.recipe, "--quiet"])
            .args(&wanted.options);
        // The exit code is a verdict; what matters is read from the report.
        match command.arg("--out").arg(dir).output() {
            Ok(output) => said = String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(e) => said = format!("muteproof did not start: {e}"),
        }
    }
    let report = fs::read(&path)
        .map_err(|_| said.lines().last().unwrap_or("no report").to_owned())
        .and_then(|json| serde_json::from_slice(&json).map_err(|e| e.to_string()));
    Done {
        wanted: wanted.clone(),
        report,
    }
}

fn in_a_word(done: &Done) -> String {
    match &done.report {
        Ok(_) => word(&done.judgement()["verdict"]["is"]),
        Err(why) => why.clone(),
    }
}

/// A JSON string without its quotes; `–` for anything else.
pub fn word(value: &Value) -> String {
    value.as_str().unwrap_or("–").to_owned()
}

/// A power of ten as a table shows it.
pub fn power(value: &Value) -> String {
    value
        .as_f64()
        .map_or("–".to_owned(), |log10| format!("10^{log10:.1}"))
}

/// Names of the series that the test named, without what comes before the field of a message.
pub fn named(judgement: &Value) -> Vec<String> {
    let findings = judgement["findings"].as_array();
    let named = findings
        .into_iter()
        .flatten()
        .filter(|f| f["named"] == true);
    let mut names: Vec<String> = named.map(|f| word(&f["series"])).collect();
    names.sort();
    names.dedup();
    names
}
