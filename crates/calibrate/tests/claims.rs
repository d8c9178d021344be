//! docs/CLAIMS.md says what the calibration says.

use std::fs;
use std::path::Path;

fn document(name: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    fs::read_to_string(docs.join(name)).unwrap()
}

/// Numbers with a sign and three digits, as correlations are written.
fn correlations(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_ascii_digit() || "+-±.".contains(c)));
    let words = words.map(|word| word.trim_end_matches('.'));
    let is = |word: &&str| {
        let digits = word.trim_start_matches(['+', '-', '±']);
        digits.len() < word.len() && digits.len() == 5 && digits.starts_with("0.")
    };
    words.filter(is).collect()
}

#[test]
fn every_correlation_stands_in_the_calibration() {
    let (claims, calibration) = (document("CLAIMS.md"), document("calibration.md"));
    let known = correlations(&calibration);
    let said = correlations(&claims);
    assert!(said.len() > 5, "{said:?}");
    for number in said {
        assert!(known.contains(&number), "{number} is not in calibration.md");
    }
}

/// "Of 153 pairs 113 lie at least 4 apart, and 5 less than 1."
#[test]
fn the_pairs_are_those_of_the_calibration() {
    let calibration = document("calibration.md");
    let aligned: Vec<(String, u32)> = calibration
        .lines()
        .filter_map(|line| line.strip_prefix("| aligned, 1 min | "))
        .filter_map(|rest| {
            // The pairs stand in the rows of each span; once is enough.
            let mut cells = rest.split(" | ");
            let range = cells.next().unwrap().to_owned();
            let span = cells.next().unwrap();
            (span == "1").then(|| (range, cells.next().unwrap().parse().unwrap()))
        })
        .collect();
    let all: u32 = aligned.iter().map(|(_, pairs)| pairs).sum();
    let of = |range: &str| aligned.iter().find(|(r, _)| r == range).unwrap().1;
    let claims = document("CLAIMS.md");
    let claims = claims.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        format!("of {all} pairs of labelled recordings"),
        format!(
            "{} lie at least 4 standard deviations apart",
            of("at least 4")
        ),
        format!("and {} less than 1", of("0 to 1")),
    ] {
        assert!(claims.contains(&expected), "{expected}");
    }
}

/// Each claim has a quotation or says that it has none, and an answer.
#[test]
fn every_claim_has_a_quotation_and_an_answer() {
    let claims = document("CLAIMS.md");
    let sections: Vec<&str> = claims.split("\n## ").skip(1).collect();
    assert!(sections.len() >= 8);
    for section in sections {
        let title = section.lines().next().unwrap();
        assert!(section.contains("\n> "), "{title}: no quotation");
        let answers = ["**Confirmed**", "**Refuted**", "**Untested"];
        let n = answers.iter().filter(|a| section.contains(**a)).count();
        assert_eq!(n, 1, "{title}: one answer");
        // An answer from here comes with the command that makes it again.
        let by_us = !section.contains("**Untested");
        assert!(!by_us || section.contains("```sh"), "{title}: no command");
    }
}
