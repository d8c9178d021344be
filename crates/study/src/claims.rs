//! `cargo xtask claims`: docs/CLAIMS.md, made of the file of claims.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use review::{Claim, Claims, Page};

/// The file, and the page that is made of it.
const FILE: &str = "review/claims/mute-study.toml";
const PAGE: &str = "docs/CLAIMS.md";

/// Columns of a quotation.
const COLUMNS: usize = 98;

/// Writes the page.
pub fn claims(root: &Path) -> Result<(), String> {
    let page = page(root)?;
    fs::write(root.join(PAGE), page).map_err(|e| format!("{PAGE}: {e}"))?;
    println!("{PAGE}");
    Ok(())
}

fn page(root: &Path) -> Result<String, String> {
    let text = fs::read_to_string(root.join(FILE)).map_err(|e| format!("{FILE}: {e}"))?;
    let claims = Claims::parse(FILE, &text).map_err(|e| e.to_string())?;
    let paged = |claim: &Claim| claim.page.clone().map(|page| (claim.clone(), page));
    let all: Vec<(Claim, Page)> = claims.claims.iter().filter_map(paged).collect();
    let mut out = format!(
        "# Claims\n\nGenerated from [{FILE}](../{FILE}) by `cargo xtask claims`; do not edit.\n\n{}\n\n\
         | claim | here |\n|---|---|\n",
        claims.head.as_deref().unwrap_or_default().trim()
    );
    for (n, (_, page)) in (1..).zip(&all) {
        let title = format!("{n}. {}", page.title);
        let _ = writeln!(out, "| [{title}](#{}) | {} |", anchor(&title), page.short);
    }
    for (n, (claim, page)) in (1..).zip(&all) {
        let _ = write!(out, "\n## {n}. {}\n\n", page.title);
        let quote = quotation(&format!("“{}”", claim.quote));
        let _ = write!(out, "{quote}\n{}\n", page.said.trim());
        for part in [&page.study, &page.here] {
            if !part.is_empty() {
                let _ = write!(out, "\n{}\n", part.trim());
            }
        }
        if !page.commands.is_empty() {
            let _ = write!(out, "\n```sh\n{}\n```\n", page.commands.join("\n"));
        }
        let _ = write!(out, "\n{}\n", page.so.trim());
    }
    Ok(out)
}

/// A heading's anchor, as forges make it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || " -".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// A quotation, its lines as long as a page's.
fn quotation(text: &str) -> String {
    let mut out = String::new();
    let mut line = String::from(">");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > COLUMNS {
            let _ = writeln!(out, "{line}");
            line = String::from(">");
        }
        line.push(' ');
        line.push_str(word);
    }
    let _ = writeln!(out, "{line}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_made_of_the_file() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let page = page(&root).unwrap();
        let there = fs::read_to_string(root.join(PAGE)).unwrap();
        assert!(
            page == there,
            "{PAGE} is another: cargo xtask claims makes it"
        );
    }

    #[test]
    fn anchors_are_a_forge_s() {
        let title = "2. One app sends loudness once a minute, muted or not";
        assert_eq!(
            anchor(title),
            "2-one-app-sends-loudness-once-a-minute-muted-or-not"
        );
    }
}
