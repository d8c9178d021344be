//! How soon is telemetry of the study's kind found, and is it named rightly? The specimen and the slow code, both at a
//! tenth of their time or at their own, again and again.

use std::fs;
use std::path::Path;

use crate::audits::{Done, Wanted, named, power, run};

/// One way to try it.
struct Way {
    /// Folder below `target`.
    out: &'static str,
    recipe: &'static str,
    options: &'static [&'static str],
    runs: usize,
    /// Seconds of a slow block.
    slow_block_s: f64,
}

const TENTH: Way = Way {
    out: "target/telemetry",
    recipe: "testdata/recipes/minute-telemetry-tenth",
    options: &["--profile", "tenth"],
    runs: 20,
    slow_block_s: 6.0,
};

/// Half an hour each, or until it is found. When the app begins its minute nobody chooses.
const STANDARD: Way = Way {
    out: "target/telemetry-standard",
    recipe: "recipes/specimen-minute-telemetry",
    options: &["--profile", "standard", "--stop-early"],
    runs: 10,
    slow_block_s: 60.0,
};

/// The fields that follow the sound, and no other.
const FIELDS: [&str; 3] = ["audioMaxGain", "audioMeanGain", "audioMinGain"];

/// Slow blocks within which nineteen of twenty have to be found.
const WITHIN: f64 = 30.0;

pub fn telemetry(
    root: &Path,
    standard: bool,
    runs: Option<usize>,
    abreast: usize,
) -> Result<(), String> {
    let way = if standard { STANDARD } else { TENTH };
    let (out, recipe) = (root.join(way.out), root.join(way.recipe));
    let wanted: Vec<Wanted> = (0..runs.unwrap_or(way.runs))
        .map(|run| Wanted {
            name: format!("{run:02}"),
            recipe: recipe.display().to_string(),
            options: way.options.iter().map(|word| (*word).to_owned()).collect(),
        })
        .collect();
    fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let done = run(&wanted, &out, abreast)?;
    println!("run  verdict         kind   crossed after  named");
    let mut blocks: Vec<f64> = Vec::new();
    let mut wrong = Vec::new();
    for made in &done {
        let judgement = made.judgement();
        let crossed = crossed_blocks(made, way.slow_block_s);
        blocks.push(crossed.unwrap_or(f64::INFINITY));
        let names = named(judgement);
        let right = |name: &String| FIELDS.iter().any(|field| name.contains(field));
        let all = FIELDS
            .iter()
            .all(|field| names.iter().any(|name| name.contains(field)));
        println!(
            "{:>3}  {:14}  {:5}  {:>13}  {} of 3{}; control {}",
            made.wanted.name,
            crate::audits::word(&judgement["verdict"]["is"]),
            crate::audits::word(&judgement["verdict"]["kind"]),
            crossed.map_or("–".to_owned(), |b| format!("{b:.1} blocks")),
            FIELDS
                .iter()
                .filter(|f| names.iter().any(|n| n.contains(**f)))
                .count(),
            if names.iter().all(right) {
                ""
            } else {
                " AND OTHERS"
            },
            power(&judgement["control"]["log10_w"]),
        );
        if !all || !names.iter().all(right) || judgement["verdict"]["kind"] != "level" {
            wrong.push(made.wanted.name.clone());
        }
    }
    blocks.sort_by(f64::total_cmp);
    let at = ((0.95 * blocks.len() as f64).ceil() as usize).clamp(1, blocks.len()) - 1;
    let median = blocks[(blocks.len() - 1) / 2];
    println!(
        "\nslow blocks until found: median {median:.1}, 95 % {:.1} (at most {WITHIN})",
        blocks[at]
    );
    println!(
        "named otherwise than the three fields, or of another kind: {}",
        wrong.len()
    );
    match blocks[at] <= WITHIN && wrong.is_empty() {
        true => Ok(()),
        false => Err(format!("too late, or named wrongly: {}", wrong.join(", "))),
    }
}

fn crossed_blocks(made: &Done, slow_block_s: f64) -> Option<f64> {
    Some(made.judgement()["muted"]["crossed_after_s"].as_f64()? / slow_block_s)
}
