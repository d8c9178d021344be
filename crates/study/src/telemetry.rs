//! How soon is telemetry of the study's kind found, and is it named rightly? The specimen and the
//! slow code both at a tenth of their time, again and again.

use std::fs;
use std::path::Path;

use crate::audits::{Done, Wanted, named, power, run};

const RUNS: usize = 20;

/// The fields that follow the sound, and no other.
const FIELDS: [&str; 3] = ["audioMaxGain", "audioMeanGain", "audioMinGain"];

/// Slow blocks within which nineteen of twenty have to be found.
const WITHIN: f64 = 30.0;

/// Seconds of a slow block of the profile `tenth`.
const SLOW_BLOCK_S: f64 = 6.0;

pub fn telemetry(root: &Path, runs: Option<usize>, abreast: usize) -> Result<(), String> {
    let out = root.join("target/telemetry");
    let recipe = root.join("testdata/recipes/minute-telemetry-tenth");
    let wanted: Vec<Wanted> = (0..runs.unwrap_or(RUNS))
        .map(|run| Wanted {
            name: format!("{run:02}"),
            recipe: recipe.display().to_string(),
            options: ["--profile", "tenth"].map(str::to_owned).into(),
        })
        .collect();
    fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let done = run(&wanted, &out, abreast)?;
    println!("run  verdict         kind   crossed after  named");
    let mut blocks: Vec<f64> = Vec::new();
    let mut wrong = Vec::new();
    for made in &done {
        let judgement = made.judgement();
        let crossed = crossed_blocks(made);
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

fn crossed_blocks(made: &Done) -> Option<f64> {
    Some(made.judgement()["muted"]["crossed_after_s"].as_f64()? / SLOW_BLOCK_S)
}
