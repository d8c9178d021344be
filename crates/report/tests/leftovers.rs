//! What listened and what stayed, as it is printed.

mod common;

use std::collections::BTreeSet;

use common::*;
use dataflow::Leftovers;
use report::{Html, Lang, Render, Text};

/// A report's lines from a title to the next.
fn section(page: &str, title: &str) -> String {
    let lines = page.lines().skip_while(|line| *line != title);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

fn text(leftovers: &Leftovers, lang: Lang) -> String {
    let (manifest, judgement) = (manifest(), no_leak_seen());
    let mut report = report(&manifest, &judgement);
    report.leftovers = Some(leftovers);
    let page = Text { colour: false }.render(&report, lang).unwrap();
    let title = match lang {
        Lang::En => "What listens, and what stays",
        Lang::De => "Was lauscht, und was bleibt",
    };
    section(&String::from_utf8(page).unwrap(), title)
}

#[test]
fn each_answer_has_its_words_in_every_language() {
    for lang in Lang::ALL {
        let said = text(&leftovers(), lang);
        let items: Vec<&str> = said.split("\n  - ").skip(1).collect();
        // Six listeners, who still runs, how was asked; and what could not be removed, a sum, and ten files.
        assert_eq!(items.len(), 8 + 12 + 1, "{said}");
        // Whom every website commands comes first, and what it said twice is said once.
        assert!(items[0].starts_with("tcp 127.0.0.1:47000 · "), "{said}");
        let answers: BTreeSet<&str> = items[..6]
            .iter()
            .filter_map(|item| item.split(" · ").last())
            .collect();
        assert_eq!(answers.len(), 6, "{said}");
        assert!(items[6].contains("helper-0, helper-0"), "{said}");
    }
}

#[test]
fn of_an_app_that_leaves_nothing_that_is_said_and_of_one_that_was_not_looked_at_no_more() {
    let nothing = Leftovers {
        looked_after_quit: true,
        listeners: Vec::new(),
        stayed: Vec::new(),
        removal: None,
    };
    let said = text(&nothing, Lang::En);
    assert!(said.contains("Nothing of the app waits"), "{said}");
    assert!(!said.contains("was not looked at"), "{said}");
    let blind = Leftovers {
        looked_after_quit: false,
        ..nothing
    };
    let said = text(&blind, Lang::En);
    assert!(said.contains("was not looked at"), "{said}");
}

/// An app chooses its name; a page is not steered by it.
#[test]
fn a_name_is_escaped_in_a_page() {
    let mut leftovers = leftovers();
    leftovers.stayed = vec!["<b>\u{1b}[31m".into()];
    let (manifest, judgement) = (manifest(), no_leak_seen());
    let mut report = report(&manifest, &judgement);
    report.leftovers = Some(&leftovers);
    let page = String::from_utf8(Html.render(&report, Lang::En).unwrap()).unwrap();
    assert!(page.contains("&lt;b&gt;"), "not escaped");
    assert!(!page.contains("<b>") && !page.contains('\u{1b}'));
}
