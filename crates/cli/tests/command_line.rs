//! What a person types, and what a script relies on.

mod common;

use std::process::{Command, Stdio};

use common::{installed, muteproof, program, repository, run, said, specimens, test_recipe};

/// Every command with the words that lead to it.
const COMMANDS: [&[&str]; 14] = [
    &["audit"],
    &["analyze"],
    &["combine"],
    &["report"],
    &["plan"],
    &["mic"],
    &["mic", "off"],
    &["mic", "watch"],
    &["recipe"],
    &["recipe", "list"],
    &["recipe", "check"],
    &["doctor"],
    &["completions"],
    &["man"],
];

#[test]
fn the_help_has_examples_and_exit_codes() {
    let said = run(&["--help"]);
    assert_eq!(said.code, Some(0));
    assert!(said.out.contains("Examples:\n  muteproof "), "{}", said.out);
    assert!(
        said.out.contains("Exit codes:\n  0  no leak seen"),
        "{}",
        said.out
    );
    let said = run(&["audit", "--help"]);
    assert!(
        said.out.contains("Examples:\n  muteproof audit mumble"),
        "{}",
        said.out
    );
}

#[test]
fn every_command_has_a_help_text_that_fits_a_terminal() {
    for command in COMMANDS {
        let said = run(&[command, &["--help"]].concat());
        assert_eq!(said.code, Some(0), "{command:?}");
        assert!(said.out.contains("Usage: muteproof"), "{}", said.out);
        let long = said.out.lines().find(|l| l.chars().count() > 100);
        assert_eq!(long, None, "{command:?}");
    }
}

#[test]
fn a_mistyped_command_is_a_usage_error() {
    for wrong in [
        &["adit"][..],
        &["audit"],
        &["audit", "x", "--loud"],
        &["mic"],
    ] {
        let said = run(wrong);
        assert_eq!(said.code, Some(3), "{wrong:?}: {}", said.err);
        assert!(!said.err.is_empty());
    }
    let said = run(&["adit"]);
    assert!(said.err.contains("'audit'"), "{}", said.err);
}

#[test]
fn one_option_sets_the_language_of_every_command_and_its_failures() {
    for wrong in [
        ["--lang", "de", "recipe", "check", "mumbel"],
        ["recipe", "check", "mumbel", "--lang", "de"],
    ] {
        let said = run(&wrong);
        assert_eq!((said.code, said.complaints().len()), (Some(3), 1));
        assert!(said.err.contains("meinten Sie `mumble`?"), "{}", said.err);
    }
    let said = run(&["plan", "--alpha", "2", "--lang", "de"]);
    assert!(said.err.contains("--alpha will eine Zahl"), "{}", said.err);
    for (args, words) in [
        (&["plan"][..], "Was ein beendeter Lauf in 95 % findet"),
        (&["recipe", "check", "mumble"], "ein gültiges Rezept mit"),
    ] {
        let said = run(&[args, &["--lang", "de"]].concat());
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(said.out.contains(words), "{}", said.out);
    }
}

#[test]
fn the_hidden_commands_are_hidden() {
    let said = run(&["--help"]);
    assert!(!said.out.contains("__"), "{}", said.out);
    // A job that is none: refused in a line, on a stage that goes away again.
    let said = run(&["__stage"]);
    assert_eq!(said.code, Some(3));
    assert!(said.err.contains("bad job"), "{}", said.err);
}

#[test]
fn completions_name_the_commands_in_every_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let said = run(&["completions", shell]);
        assert_eq!(said.code, Some(0));
        for word in ["audit", "analyze", "doctor", "profile"] {
            assert!(said.out.contains(word), "{shell}: {word}");
        }
    }
    // A shell that is there can read them.
    for shell in ["bash", "zsh", "fish"].into_iter().filter(|s| installed(s)) {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("completions");
        std::fs::write(&file, run(&["completions", shell]).out).unwrap();
        let read = said(Command::new(shell).arg("-n").arg(&file));
        assert_eq!(read.code, Some(0), "{shell}: {}", read.err);
    }
}

#[test]
fn the_manual_page_is_roff() {
    let said = run(&["man"]);
    assert_eq!(said.code, Some(0));
    assert!(said.out.contains(".TH muteproof 1"), "{}", said.out);
    assert!(said.out.contains(".SH SYNOPSIS"));
}

#[test]
fn the_list_has_every_recipe_of_the_repository() {
    let said = run(&["recipe", "list"]);
    assert_eq!(said.code, Some(0));
    let listed: Vec<&str> = said
        .out
        .lines()
        .filter_map(|l| l.split_whitespace().next())
        // Variants are lines of their own behind their recipe's.
        .filter(|name| !name.contains(':'))
        .collect();
    let folders = std::fs::read_dir(repository().join("recipes")).unwrap();
    let mut there: Vec<String> = folders
        .flatten()
        .map(|e| e.file_name().to_string_lossy().into_owned())
        .collect();
    there.sort();
    assert_eq!(listed, there);
    assert!(said.out.lines().all(|l| l.split_whitespace().count() > 2));
}

#[test]
fn good_recipes_are_valid_by_name_by_folder_and_by_file() {
    let folder = test_recipe("crasher");
    let file = format!("{folder}/recipe.toml");
    for recipe in ["mumble", "specimen-honest", &folder, &file] {
        let said = run(&["recipe", "check", recipe]);
        assert_eq!(said.code, Some(0), "{}", said.err);
        assert!(said.out.contains("a valid recipe with"), "{}", said.out);
    }
}

#[test]
fn every_mistake_of_a_recipe_is_named_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("recipe.toml");
    let good = std::fs::read_to_string(format!("{}/recipe.toml", test_recipe("crasher"))).unwrap();
    let bad = good
        .replace("stdin = \"mute\"", "on = \"app\"")
        .replace("stdin = \"quit\"", "start = []");
    std::fs::write(&file, bad).unwrap();
    let said = run(&["recipe", "check", &dir.path().display().to_string()]);
    assert_eq!(said.code, Some(3));
    let complaints = said.complaints();
    assert_eq!(complaints.len(), 2, "{}", said.err);
    let place = format!("muteproof: {}: line ", file.display());
    assert!(
        complaints.iter().all(|l| l.starts_with(&place)),
        "{complaints:?}"
    );
    let said = run(&["recipe", "check", "mumbel"]);
    assert!(said.err.contains("did you mean `mumble`?"), "{}", said.err);
    // What is allowed, and still a mistake.
    let slip = good.replace("\"--to\", \"${peer}:", "\"--to\", \"${pear}:");
    std::fs::write(&file, slip).unwrap();
    let said = run(&["recipe", "check", &dir.path().display().to_string()]);
    assert_eq!(said.code, Some(3));
    let wanted = "nothing defines the variable `${pear}`; did you mean `peer`?";
    let complaints = said.complaints();
    assert!(!complaints.is_empty());
    assert!(
        complaints
            .iter()
            .all(|l| l.starts_with(&place) && l.ends_with(wanted)),
        "{complaints:?}"
    );
}

#[test]
fn the_doctor_finds_this_machine_able() {
    specimens();
    let said = run(&["doctor", "specimen-honest"]);
    assert_eq!(said.code, Some(0), "{}", said.out);
    assert!(
        said.out.ends_with("This machine can audit.\n"),
        "{}",
        said.out
    );
    assert!(
        said.out.contains("ok       a stage without root"),
        "{}",
        said.out
    );
}

#[test]
fn the_doctor_says_what_a_recipe_lacks() {
    let recipe = test_recipe("missing-program");
    let said = run(&["doctor", &recipe]);
    assert_eq!(said.code, Some(3), "{}", said.out);
    assert!(said.out.contains("MISSING"), "{}", said.out);
    let said = run(&["doctor", "--packages", &recipe]);
    assert_eq!(said.code, Some(0));
    assert!(
        said.out
            .lines()
            .any(|l| l == "an-app-that-is-not-installed")
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for args in [
        &["--help"][..],
        &["recipe", "list"],
        &["completions", "bash"],
        &["man"],
    ] {
        // The reading end is closed before the first byte.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = muteproof(args);
        command.stdout(writer).stderr(Stdio::piped());
        let said = said(&mut command);
        assert_eq!(said.code, Some(0), "{args:?}");
        assert_eq!(said.err, "", "{args:?}");
    }
}

#[test]
fn the_version_is_printed() {
    let said = said(Command::new(program()).arg("--version"));
    assert!(said.out.starts_with("muteproof "), "{}", said.out);
    assert_eq!(said.code, Some(0));
}
