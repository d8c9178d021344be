//! What the page keeps of an attempt: these few figures, so that the study can go on elsewhere and no
//! attempt is dropped, and, since bundles are kept without contents, what it takes to judge it again.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audits::{Done, named, word};

/// An attempt: one audit of one recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Its folder's name: recipe, profile, sound server, number.
    pub name: String,
    /// The recipe.
    pub recipe: String,
    /// What it came to, or in one line why there is no report.
    pub result: Result<Figures, String>,
    /// Load of the machine at the audit's end, over five minutes.
    pub load: Option<f64>,
    /// How long it took.
    pub minutes: Option<f64>,
    /// Read back from an earlier edition of the page: figures as rounded there, and `log10_w` taken
    /// to be the largest that was reached.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_page: bool,
    /// Whether its bundle lies, without contents, in `testdata/study`. The figures of others are those of
    /// the code that judged them then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
}

/// The figures of a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// System, kernel, architecture.
    pub machine: String,
    /// The app's version.
    pub version: String,
    pub profile: String,
    /// The sound server, with its version.
    pub sound_server: Option<String>,
    /// The microphone while muted, as the report's word.
    pub microphone: String,
    /// Reads a second while muted, by the busiest library.
    pub reads_per_s: Option<f64>,
    /// Mean bytes a second of muted blocks in which the microphone heard sound, and of the others.
    pub out: Option<(f64, f64)>,
    /// The report's word for the verdict.
    pub verdict: String,
    /// Kind of leak, scope, or reasons why there is no answer.
    pub detail: String,
    /// Largest evidence of the control.
    pub control_log10_w_max: Option<f64>,
    /// Largest evidence while muted, and that at the end; none where no muted block was judged.
    pub muted_log10_w_max: Option<f64>,
    pub muted_log10_w: Option<f64>,
    /// Upper bound, bit a block.
    pub bound: Option<f64>,
    /// How many series were named, and the one with the shortest name.
    pub named: usize,
    pub field: Option<String>,
    /// Opaque bytes a minute.
    pub opaque: Option<f64>,
    /// Who hears it, as the report's words: others, server, third parties.
    pub hears: [String; 3],
    /// Who can read the call.
    pub read_by: String,
}

impl Row {
    /// The row of an audit.
    pub fn of(done: &Done) -> Row {
        Row {
            name: done.wanted.name.clone(),
            recipe: done.wanted.recipe.clone(),
            result: done.report.as_ref().map(figures).map_err(Clone::clone),
            load: done.load,
            minutes: done.minutes,
            from_page: false,
            kept: false,
        }
    }

    /// Takes in what its bundle was judged to be by the present code.
    pub fn judged_again(&mut self, report: &Value) {
        let mut judged = figures(report);
        // What ran where is of the whole bundle.
        if let Ok(was) = &self.result {
            judged.machine.clone_from(&was.machine);
            judged.version.clone_from(&was.version);
            judged.profile.clone_from(&was.profile);
            judged.sound_server.clone_from(&was.sound_server);
        }
        self.result = Ok(judged);
    }

    /// The figures, where there is a report.
    pub fn figures(&self) -> Option<&Figures> {
        self.result.as_ref().ok()
    }
}

fn figures(report: &Value) -> Figures {
    let judgement = &report["judgement"];
    let verdict = &judgement["verdict"];
    let reasons = verdict["reasons"].as_array().into_iter().flatten();
    let reasons: Vec<String> = reasons.map(|r| plain(&r["is"])).collect();
    let detail = match verdict["is"].as_str() {
        Some("leaks") => plain(&verdict["kind"]),
        Some("no_leak_seen") => plain(&verdict["scope"]),
        _ => reasons.join(", "),
    };
    let names = named(judgement);
    let hears = |who: &str| plain(&judgement["hears"][who]);
    Figures {
        machine: host(report, &["system", "kernel", "architecture"]).join(", "),
        version: word(&report["manifest"]["subject"]["version"]),
        profile: word(&report["manifest"]["profile"]),
        sound_server: host(report, &["sound server"]).pop(),
        microphone: plain(&judgement["microphone"]),
        reads_per_s: judgement["reads"][0]["calls_per_s"].as_f64(),
        out: egress(judgement),
        verdict: plain(&verdict["is"]),
        detail,
        control_log10_w_max: judgement["control"]["log10_w_max"].as_f64(),
        muted_log10_w_max: judgement["muted"]["log10_w_max"].as_f64(),
        muted_log10_w: judgement["muted"]["log10_w"]
            .as_f64()
            .filter(|_| judgement["muted"]["blocks"].as_u64() > Some(0)),
        bound: judgement["bound"]["bits_per_block_at_most"].as_f64(),
        named: names.len(),
        field: names.into_iter().min_by_key(String::len),
        opaque: judgement["opaque_bytes_per_min"].as_f64(),
        hears: [
            hears("other_participants"),
            hears("operator_server"),
            hears("third_parties"),
        ],
        read_by: plain(&judgement["call"]["read_by"]),
    }
}

/// A word of the report as a table shows it.
fn plain(value: &Value) -> String {
    word(value).replace('_', " ")
}

fn host(report: &Value, wanted: &[&str]) -> Vec<String> {
    let facts = report["manifest"]["host"].as_array();
    let facts = facts.into_iter().flatten().filter_map(|pair| {
        let name = pair[0].as_str()?;
        wanted.contains(&name).then(|| word(&pair[1]))
    });
    facts.collect()
}

fn egress(judgement: &Value) -> Option<(f64, f64)> {
    let mean = |loud: bool| {
        let blocks = judgement["blocks"].as_array().into_iter().flatten();
        let of = blocks
            .filter(|b| b["phase"] == "muted" && (b["symbol"].as_u64() > Some(0)) == loud)
            .filter_map(|b| b["bytes_out"].as_f64());
        let bytes: Vec<f64> = of.collect();
        (!bytes.is_empty()).then(|| bytes.iter().sum::<f64>() / bytes.len() as f64)
    };
    Some((mean(true)?, mean(false)?))
}

/// The rows that are committed, by name; none where there is no such file yet.
pub fn read(path: &Path) -> Result<BTreeMap<String, Row>, String> {
    if !path.exists() {
        return Ok(BTreeMap::new());
    }
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let rows = text.lines().enumerate().map(|(n, line)| {
        let row: Row = serde_json::from_str(line)
            .map_err(|e| format!("{}, line {}: {e}", path.display(), n + 1))?;
        Ok((row.name.clone(), row))
    });
    rows.collect()
}

/// Writes them, a line each, in the order of their names.
pub fn write(path: &Path, rows: &BTreeMap<String, Row>) -> Result<(), String> {
    let mut text = String::new();
    for row in rows.values() {
        text += &serde_json::to_string(row).map_err(|e| format!("{}: {e}", row.name))?;
        text.push('\n');
    }
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::audits::Wanted;

    fn row() -> Row {
        let report = json!({
            "manifest": {
                "host": [["system", "Debian"], ["kernel", "Linux 6"], ["sound server", "pulseaudio 16.1"]],
                "profile": "quick",
                "subject": { "version": "1.2" },
            },
            "judgement": {
                "verdict": { "is": "inconclusive", "reasons": [{ "is": "control_silent" }, { "is": "edges_off" }] },
                "microphone": "still_read",
                "blocks": [
                    { "phase": "muted", "symbol": 1, "bytes_out": 30 },
                    { "phase": "muted", "symbol": 0, "bytes_out": 10 },
                    { "phase": "control", "symbol": 0, "bytes_out": 99 },
                ],
                "muted": { "log10_w_max": 0.25, "log10_w": -1.5, "blocks": 2 },
                "findings": [{ "series": "a long name", "named": true }, { "series": "size", "named": true }],
            },
        });
        Row::of(&Done {
            wanted: Wanted {
                name: "app-quick-0".into(),
                recipe: "app".into(),
                options: vec![],
            },
            report: Ok(report),
            load: Some(1.5),
            minutes: None,
        })
    }

    #[test]
    fn a_row_holds_what_the_page_shows() {
        let row = row();
        let figures = row.figures().expect("there is a report");
        assert_eq!(figures.machine, "Debian, Linux 6");
        assert_eq!(figures.sound_server.as_deref(), Some("pulseaudio 16.1"));
        assert_eq!(figures.out, Some((30.0, 10.0)));
        assert_eq!(figures.detail, "control silent, edges off");
        assert_eq!((figures.named, figures.field.as_deref()), (2, Some("size")));
        assert_eq!(figures.muted_log10_w, Some(-1.5));
    }

    #[test]
    fn rows_come_back_as_they_were_written() {
        let path = std::env::temp_dir().join(format!("muteproof-rows-{}", std::process::id()));
        let mut failed = row();
        failed.name = "app-quick-1".into();
        failed.result = Err("the app ended".into());
        let rows: BTreeMap<String, Row> = [row(), failed]
            .map(|row| (row.name.clone(), row))
            .into_iter()
            .collect();
        write(&path, &rows).expect("a file");
        let back = read(&path);
        fs::write(&path, "{}\n").expect("a file");
        let bad = read(&path).expect_err("no row");
        fs::remove_file(&path).expect("it is there");
        assert_eq!(back, Ok(rows));
        assert!(bad.contains("line 1"), "{bad}");
    }
}
