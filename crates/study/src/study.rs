//! The study: audits all recipes, writes the page and its picture. What was audited already is kept.

use std::fs;
use std::path::Path;

use crate::apps::{APPS, App};
use crate::audits::{Wanted, kept, programs, run};
use crate::bundles::{judge_again, pack_redacted};
use crate::page::{Attempt, page};
use crate::picture::picture;
use crate::pressed;
use crate::row::{self, Row};

/// How it is done.
pub struct Plan {
    /// Profile of the main rows, and of the variants.
    pub main: String,
    pub variants: String,
    /// The sound server, where not the usual one.
    pub sound: Option<String>,
    /// Attempts of each main row, and of what was asked for by name.
    pub attempts: usize,
    /// Side by side, of those that bear it.
    pub abreast: usize,
    /// Only these recipes are audited anew; the page shows all.
    pub only: Vec<String>,
    /// Only the page, of what is there.
    pub page_only: bool,
    /// As that, with every bundle that is kept judged again first.
    pub judge_again: bool,
}

/// Audits what `docs/study.jsonl` does not hold yet, adds it there, and writes `docs/STUDY.md` and
/// `docs/study.svg` from it.
pub fn study(root: &Path, plan: &Plan) -> Result<(), String> {
    let out = root.join("target/study");
    let docs = root.join("docs");
    let record = docs.join("study.jsonl");
    let mut rows = row::read(&record)?;
    fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let bundles = root.join("testdata/study");
    let muteproof = programs()?.join("muteproof");
    if plan.judge_again {
        for row in rows.values_mut().filter(|row| row.kept) {
            let work = root.join("target/study-again");
            row.judged_again(&judge_again(&muteproof, &bundles, &row.name, &work)?);
        }
    } else if !plan.page_only {
        for alone in [false, true] {
            let wanted: Vec<Wanted> = APPS
                .iter()
                .filter(|app| app.alone == alone)
                .filter(|app| plan.only.is_empty() || plan.only.iter().any(|o| o == app.recipe))
                .flat_map(|app| of_app(app, plan))
                .filter(|wanted| !rows.contains_key(&wanted.name))
                .collect();
            run(&wanted, &out, if alone { 1 } else { plan.abreast })?;
        }
    }
    for app in APPS {
        for done in kept(&out, &app.recipe.replace(':', "-"), app.recipe)? {
            let name = &done.wanted.name;
            if rows.contains_key(name) {
                continue;
            }
            let mut row = Row::of(&done);
            if row.result.is_ok() {
                let work = root.join("target/study-packed");
                pack_redacted(&muteproof, &out.join(name), name, &work, &bundles)?;
                row.kept = true;
            }
            rows.insert(name.clone(), row);
        }
    }
    row::write(&record, &rows)?;
    let mut attempts = Vec::new();
    for app in APPS {
        let of_app = rows.values().filter(|row| row.recipe == app.recipe);
        let before = attempts.len();
        attempts.extend(of_app.map(|row| Attempt {
            app,
            row: Some(row),
        }));
        if attempts.len() == before {
            attempts.push(Attempt { app, row: None });
        }
    }
    let write = |name: &str, text: String| {
        let path = docs.join(name);
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
    };
    write("study.svg", picture(&attempts))?;
    write("STUDY.md", page(&attempts, &pressed::section(&docs)))
}

fn of_app(app: &App, plan: &Plan) -> Vec<Wanted> {
    let (profile, attempts) = match app.main {
        true => (&plan.main, plan.attempts),
        false if plan.only.is_empty() => (&plan.variants, 1),
        false => (&plan.variants, plan.attempts),
    };
    (0..attempts)
        .map(|attempt| app.wanted(profile, plan.sound.as_deref(), attempt))
        .collect()
}
