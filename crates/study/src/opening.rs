//! What a reader wants first: each program with a sentence on what its mute does.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::apps::LEFT_OUT;
use crate::audits::line;
use crate::page::Attempt;
use crate::row::Figures;

/// A row for each program; ways of muting that come to the same share a sentence.
pub fn opening(attempts: &[Attempt]) -> String {
    let mut page = String::from(
        "## What a press of mute does\n\n\
         | program | what was found | audits with an answer |\n\
         |---|---|---|\n",
    );
    let mut programs: Vec<&str> = Vec::new();
    for attempt in attempts {
        if !programs.contains(&attempt.app.program) {
            programs.push(attempt.app.program);
        }
    }
    for program in programs {
        let of_program = || attempts.iter().filter(|a| a.app.program == program);
        let mut sentences: Vec<(String, Vec<&str>)> = Vec::new();
        for attempt in of_program() {
            let of_app = of_program().filter(|a| a.app.recipe == attempt.app.recipe);
            let says = sentence(of_app.filter_map(Attempt::figures));
            let way = attempt.app.way;
            match sentences.iter_mut().find(|(said, _)| *said == says) {
                Some((_, ways)) if ways.contains(&way) => {}
                Some((_, ways)) => ways.push(way),
                None => sentences.push((says, vec![way])),
            }
        }
        let each = sentences
            .iter()
            .map(|(says, ways)| format!("By {}: {says}", ways.join(" or ")));
        let mut found = each.collect::<Vec<_>>().join(" ");
        let mut remarks: Vec<&str> = of_program().map(|attempt| attempt.app.remark).collect();
        remarks.retain(|remark| !remark.is_empty());
        remarks.dedup();
        for remark in remarks {
            found.push(' ');
            found.push_str(remark);
        }
        if sentences.len() > 1 {
            found.insert_str(0, "**Ways of muting differ.** ");
        }
        let answered = of_program().filter_map(Attempt::figures).filter(answers);
        let cells = [program.to_owned(), found, answered.count().to_string()];
        let _ = writeln!(page, "{}", line(&cells));
    }
    page.push_str("\nWithout a row, and why:\n\n");
    for (program, why) in LEFT_OUT {
        let _ = writeln!(page, "- {program}: {why}");
    }
    page.push('\n');
    page
}

fn answers(figures: &&Figures) -> bool {
    !matches!(figures.verdict.as_str(), "inconclusive" | "not run")
}

/// What all audits of one way say together; a leak that was found once was found.
fn sentence<'f>(all: impl Iterator<Item = &'f Figures>) -> String {
    let answered: Vec<&Figures> = all.filter(answers).collect();
    if answered.is_empty() {
        return "no answer.".to_owned();
    }
    let leaks: Vec<&Figures> = answered
        .iter()
        .filter(|figures| figures.verdict == "leaks")
        .copied()
        .collect();
    if !leaks.is_empty() {
        let who = ["the others", "the operator's server", "third parties"];
        let heard: Vec<&str> = who
            .into_iter()
            .enumerate()
            .filter(|(at, _)| leaks.iter().any(|figures| figures.hears[*at] == "yes"))
            .map(|(_, who)| who)
            .collect();
        let heard = match heard.is_empty() {
            true => "whom, was not told".to_owned(),
            false => heard.join(" and "),
        };
        let kinds: BTreeSet<&str> = leaks.iter().map(|figures| &*figures.detail).collect();
        let kinds = Vec::from_iter(kinds).join(", ");
        return format!("**what the microphone hears goes on leaving** ({kinds}), to {heard}.");
    }
    let is = |figures: &Figures, words: &[&str]| words.contains(&&*figures.microphone);
    let microphone = match &answered[..] {
        all if all.iter().all(|of| is(of, &["closed"])) => "the microphone is closed",
        all if all.iter().any(|of| is(of, &["unknown", "closed"])) => {
            "the microphone stays open in some audits, or that is not known"
        }
        _ => "the microphone stays open",
    };
    let found = match answered
        .iter()
        .all(|figures| figures.verdict == "no leak seen")
    {
        true => "nothing that follows the sound leaves",
        false => "nothing that follows the sound was found in what could be read",
    };
    format!("{microphone}; {found}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apps::APPS;
    use crate::row::Row;

    fn row(recipe: &str, verdict: &str, microphone: &str, hears: [&str; 3]) -> Row {
        let figures = Figures {
            machine: String::new(),
            version: "1".to_owned(),
            profile: "quick".to_owned(),
            sound_server: None,
            microphone: microphone.to_owned(),
            reads_per_s: None,
            out: None,
            verdict: verdict.to_owned(),
            detail: "audio".to_owned(),
            control_log10_w_max: None,
            muted_log10_w_max: None,
            muted_log10_w: None,
            bound: None,
            named: 0,
            field: None,
            opaque: None,
            hears: hears.map(str::to_owned),
            read_by: String::new(),
        };
        Row {
            name: recipe.to_owned(),
            recipe: recipe.to_owned(),
            result: Ok(figures),
            load: None,
            minutes: None,
            from_page: false,
            kept: false,
        }
    }

    #[test]
    fn a_leak_that_was_found_once_is_what_the_sentence_says_and_ways_that_differ_are_told() {
        let nobody = ["nothing found"; 3];
        let server = ["nothing found", "yes", "nothing sent"];
        let rows = [
            row("janus", "partly seen", "still read", nobody),
            row("janus", "leaks", "still read", server),
            row("firefox", "partly seen", "still read", nobody),
            row("firefox:stop", "no leak seen", "closed", nobody),
            row("firefox:stopreplace", "no leak seen", "closed", nobody),
            row("twinkle", "partly seen", "unknown", nobody),
            row("jami", "inconclusive", "still read", nobody),
        ];
        let attempt = |row| {
            let row: &Row = row;
            let app = APPS.iter().find(|app| app.recipe == row.recipe)?;
            Some(Attempt {
                app,
                row: Some(row),
            })
        };
        let attempts: Vec<Attempt> = rows.iter().filter_map(attempt).collect();
        let page = opening(&attempts);
        let rows = page.lines().skip(4);
        let lines: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
        assert_eq!(page.matches("\n- ").count(), LEFT_OUT.len());
        assert_eq!(
            lines,
            [
                "| Janus, page of the audio bridge (Chromium) | By page's Mute button: **what the microphone hears goes \
                 on leaving** (audio), to the operator's server. | 2 |",
                "| WebRTC in Firefox | **Ways of muting differ.** By track.enabled = false: the microphone stays open; \
                 nothing that follows the sound was found in what could be read. By track.stop() or replaceTrack(null), \
                 track.stop(): the microphone is closed; nothing that follows the sound leaves. | 3 |",
                "| Twinkle, in the console | By command mute: the microphone stays open in some audits, or that is not \
                 known; nothing that follows the sound was found in what could be read. | 1 |",
                "| Jami's daemon | By muteLocalMedia: no answer. | 0 |",
            ]
        );
    }
}
