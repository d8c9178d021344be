//! Running audits, some side by side, and reading what they came to.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

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
    /// Load of the machine at the audit's end, over five minutes; of a kept one as it was then.
    pub load: Option<f64>,
    /// How long it took.
    pub minutes: Option<f64>,
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
        let began = Instant::now();
        let mut command = Command::new(muteproof);
        command
            .args(["audit", &wanted.recipe, "--quiet"])
            .args(&wanted.options);
        // The exit code is a verdict; what matters is read from the report.
        match command.arg("--out").arg(dir).output() {
            Ok(output) => said = String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(e) => said = format!("muteproof did not start: {e}"),
        }
        // A run that left nothing is an attempt all the same.
        let _ = fs::create_dir_all(dir);
        let circumstances = Circumstances {
            recipe: wanted.recipe.clone(),
            load: load().unwrap_or(f64::NAN),
            minutes: began.elapsed().as_secs_f64() / 60.0,
        };
        circumstances.write(dir);
    }
    let report = fs::read(&path)
        .map_err(|_| said.lines().last().unwrap_or("no report").to_owned())
        .and_then(|json| serde_json::from_slice(&json).map_err(|e| e.to_string()));
    let circumstances = Circumstances::read(dir);
    Done {
        wanted: wanted.clone(),
        report,
        load: circumstances.as_ref().map(|c| c.load),
        minutes: circumstances.as_ref().map(|c| c.minutes),
    }
}

/// What the report does not say: one line beside it.
struct Circumstances {
    recipe: String,
    load: f64,
    minutes: f64,
}

impl Circumstances {
    fn write(&self, dir: &Path) {
        let line = format!("{} {:.2} {:.2}\n", self.recipe, self.load, self.minutes);
        // Without it the row has two empty cells.
        let _ = fs::write(dir.join("circumstances"), line);
    }

    fn read(dir: &Path) -> Option<Circumstances> {
        let line = fs::read_to_string(dir.join("circumstances")).ok()?;
        let mut words = line.split_whitespace();
        Some(Circumstances {
            recipe: words.next()?.to_owned(),
            load: words.next()?.parse().ok()?,
            minutes: words.next()?.parse().ok()?,
        })
    }
}

fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split_whitespace().nth(1)?.parse().ok()
}

/// The attempts at a recipe that lie in `out`, by name.
pub fn kept(out: &Path, prefix: &str, recipe: &str) -> Result<Vec<Done>, String> {
    let entries = fs::read_dir(out).map_err(|e| format!("{}: {e}", out.display()))?;
    let mut dirs: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|dir| {
            let name = dir.file_name().unwrap_or_default().to_string_lossy();
            let of_recipe = || Circumstances::read(dir).is_some_and(|c| c.recipe == recipe);
            name.starts_with(&format!("{prefix}-")) && of_recipe()
        })
        .collect();
    dirs.sort();
    let done = dirs.into_iter().map(|dir| {
        let report = fs::read(dir.join("report.json"))
            .map_err(|e| format!("no report: {e}"))
            .and_then(|json| serde_json::from_slice(&json).map_err(|e| e.to_string()));
        let circumstances = Circumstances::read(&dir);
        Done {
            wanted: Wanted {
                name: dir
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                recipe: recipe.to_owned(),
                options: Vec::new(),
            },
            report,
            load: circumstances
                .as_ref()
                .map(|c| c.load)
                .filter(|l| l.is_finite()),
            minutes: circumstances
                .as_ref()
                .map(|c| c.minutes)
                .filter(|m| m.is_finite()),
        }
    });
    Ok(done.collect())
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

/// A line of a Markdown table.
pub fn line(cells: &[String]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
    format!("| {} |", cells.join(" | "))
}
