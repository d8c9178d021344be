//! What the documents say is what the table says.

use std::fs;
use std::path::Path;

fn document(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let text = fs::read_to_string(root.join("docs").join(name)).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Accuracy and interval of a row that begins with `start`.
fn figures(table: &str, start: &str) -> [f64; 3] {
    let row = table
        .split(start)
        .nth(1)
        .unwrap_or_else(|| panic!("{start}"));
    let cell = row.split("**").nth(1).unwrap();
    let numbers = cell.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    let numbers: Vec<f64> = numbers.filter_map(|n| n.parse().ok()).collect();
    numbers.try_into().unwrap()
}

#[test]
fn attack_md_says_what_was_measured() {
    let (table, text) = (document("attack-table.md"), document("attack.md"));
    for start in [
        "| min, mean, max a minute | 1 min |",
        "| a level a second | 1 min |",
        "| RFC 6464 level a packet | 1 min |",
        "| Opus VBR sizes | 1 min |",
        "| Opus VBR sizes with DTX | 1 min |",
    ] {
        let [value, low, high] = figures(&table, start);
        let interval = format!("({low:.0} to {high:.0}");
        let said = text
            .split(&interval)
            .next()
            .filter(|before| before.len() < text.len());
        let said = said.unwrap_or_else(|| panic!("{start}: no {interval}"));
        let percent = format!("in {value:.0} %");
        let near = said.char_indices().rev().nth(40).map_or(0, |(i, _)| i);
        assert!(said[near..].contains(&percent), "{start}: {percent}");
    }
}

#[test]
fn claims_md_says_what_was_measured() {
    let (table, claims) = (document("attack-table.md"), document("CLAIMS.md"));
    let study = table.split("## The study's own telemetry").nth(1).unwrap();
    let [value, low, high] = figures(study, "| 3 min |");
    let said = format!("in {value:.1} % of the cases ({low:.1} to {high:.1};");
    assert!(claims.contains(&said), "{said}");
}
