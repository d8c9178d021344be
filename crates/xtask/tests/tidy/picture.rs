//! The crates, their products and their arrows, drawn in docs/ARCHITECTURE.md from `cargo metadata`.
//!
//! `cargo xtask crates` writes it; without that the test only compares.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const BEGIN: &str = "<!-- crates: begin, made by `cargo xtask crates` -->\n";
const END: &str = "<!-- crates: end -->\n";

/// Crates and the crates of ours that each needs to be built; tests' needs aside.
pub fn arrows(root: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let out = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "cargo metadata: {text}");
    let metadata: Value = serde_json::from_slice(&out.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |package: &Value| package["name"].as_str().unwrap().to_owned();
    let all: BTreeSet<String> = packages.iter().map(name).collect();
    let needs = |package: &Value| {
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let built = dependencies.filter(|d| d["kind"].is_null());
        built.map(name).filter(|d| all.contains(d)).collect()
    };
    packages.iter().map(|p| (name(p), needs(p))).collect()
}

/// Products and their crates, from the table at the page's beginning.
pub fn products(page: &str) -> Vec<(String, Vec<String>)> {
    let rows = page
        .lines()
        .skip_while(|line| !line.starts_with("| product |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let crates = cells[1].split('`').skip(1).step_by(2);
        (cells[0].to_owned(), crates.map(str::to_owned).collect())
    };
    rows.map(row).collect()
}

/// Arrows that no longer way says as well.
fn direct(arrows: &BTreeMap<String, BTreeSet<String>>) -> Vec<(String, String)> {
    fn reaches(arrows: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
        arrows[from]
            .iter()
            .any(|next| next == to || reaches(arrows, next, to))
    }
    let mut direct = Vec::new();
    for (from, to) in arrows {
        for one in to {
            if !to
                .iter()
                .any(|other| other != one && reaches(arrows, other, one))
            {
                direct.push((from.clone(), one.clone()));
            }
        }
    }
    direct
}

fn drawn(
    arrows: &BTreeMap<String, BTreeSet<String>>,
    products: &[(String, Vec<String>)],
) -> String {
    let mut out = String::from("```mermaid\nflowchart TD\n");
    for (n, (product, crates)) in products.iter().enumerate() {
        let inside: Vec<&String> = crates.iter().filter(|c| arrows.contains_key(*c)).collect();
        if inside.is_empty() {
            continue;
        }
        out.push_str(&format!("  subgraph p{n}[\"{product}\"]\n"));
        for name in inside {
            out.push_str(&format!("    {name}\n"));
        }
        out.push_str("  end\n");
    }
    for (from, to) in direct(arrows) {
        out.push_str(&format!("  {from} --> {to}\n"));
    }
    out.push_str("```\n\n| crate | needs |\n|---|---|\n");
    for (name, needs) in arrows {
        let needs: Vec<String> = needs.iter().map(|n| format!("`{n}`")).collect();
        let needs = match needs.is_empty() {
            true => "–".to_owned(),
            false => needs.join(" "),
        };
        out.push_str(&format!("| `{name}` | {needs} |\n"));
    }
    out
}

#[test]
fn the_picture_of_the_crates_is_what_they_are() {
    let root = crate::root();
    let path = root.join("docs/ARCHITECTURE.md");
    let page = fs::read_to_string(&path).unwrap();
    let arrows = arrows(&root);
    let products = products(&page);
    let mut housed: Vec<&String> = products.iter().flat_map(|(_, crates)| crates).collect();
    housed.sort();
    for name in arrows.keys() {
        let n = housed.iter().filter(|housed| **housed == name).count();
        assert_eq!(n, 1, "{name} stands in {n} rows of the table of products");
    }
    let (before, rest) = page.split_once(BEGIN).expect("the picture's beginning");
    let (_, after) = rest.split_once(END).expect("the picture's end");
    let made = format!("{before}{BEGIN}{}{END}{after}", drawn(&arrows, &products));
    if std::env::var_os("MUTEPROOF_WRITE").is_some() {
        fs::write(&path, made).unwrap();
    } else {
        assert!(
            made == page,
            "docs/ARCHITECTURE.md is behind: `cargo xtask crates`"
        );
    }
}
