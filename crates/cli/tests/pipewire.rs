//! The same apps on a stage whose sound server is PipeWire.

mod common;

use std::fs;

use common::{
    Audited, Family, Machine, Running, audit_in_time_with, installed, run, skip, test_recipe,
};
use nix::sys::signal::Signal;

const ON_PIPEWIRE: [&str; 2] = ["--sound", "pipewire"];

/// Whether such a stage can be made here; says so where it cannot.
fn there() -> bool {
    let needed = ["pipewire", "wireplumber", "pipewire-pulse", "pw-dump"];
    let lacking: Vec<&str> = needed.into_iter().filter(|p| !installed(p)).collect();
    if !lacking.is_empty() {
        skip(&format!("not installed: {}", lacking.join(", ")));
    }
    lacking.is_empty()
}

fn audit(recipe: &str) -> Audited {
    let audited = audit_in_time_with(recipe, &ON_PIPEWIRE);
    eprintln!("{}", audited.judgement()["verdict"]);
    eprintln!("{}", audited.judgement()["sound"]);
    audited
}

#[test]
fn a_mute_that_is_only_in_the_window_leaks_audio_to_the_others() {
    if !there() {
        return;
    }
    let audited = audit("specimen-window-mute");
    let judgement = audited.judgement();
    assert_eq!(audited.said.code, Some(1), "{}", audited.said.out);
    assert_eq!(judgement["verdict"]["is"], "leaks");
    assert_eq!(judgement["verdict"]["kind"], "audio");
    let receivers = judgement["verdict"]["receivers"].as_array();
    let others = receivers.is_some_and(|all| all.iter().any(|r| r == "other_participants"));
    assert!(others, "{receivers:?}");
    assert_eq!(judgement["microphone"], "open_running");
    let manifest = fs::read_to_string(audited.bundle().join("manifest.json")).expect("a manifest");
    assert!(manifest.contains("PipeWire ") && manifest.contains("WirePlumber "));
    audited.judged_again_is_the_same();
}

#[test]
fn what_listens_and_sends_noise_is_partly_seen() {
    if !there() {
        return;
    }
    let audited = audit("specimen-listener");
    let judgement = audited.judgement();
    assert_eq!(judgement["verdict"]["is"], "partly_seen");
    assert_eq!(judgement["microphone"], "open_running");
}

#[test]
fn an_app_that_closes_the_microphone_is_cleared_and_learns_nothing_by_snooping() {
    if !there() {
        return;
    }
    let audited = audit("specimen-snoop");
    let judgement = audited.judgement();
    assert_eq!(judgement["verdict"]["is"], "no_leak_seen");
    assert_eq!(judgement["microphone"], "closed");
    assert_eq!(audited.said.code, Some(0), "{}", audited.said.out);
    let log = fs::read_to_string(audited.bundle().join("logs/app.txt")).expect("a log of the app");
    let lines: Vec<&str> = log.lines().filter(|l| l.starts_with("snoop:")).collect();
    assert_eq!(lines.last(), Some(&"snoop: done"), "{lines:#?}");
    let mut learned = lines[..lines.len() - 1].iter();
    assert!(learned.all(|l| l.contains(": denied")), "{lines:#?}");
}

#[test]
fn nothing_is_left_after_sigkill() {
    if !there() {
        return;
    }
    let machine = Machine::look();
    let mut running = Running::start_with("specimen-honest", |command| {
        command.args(ON_PIPEWIRE);
    });
    running.until_control();
    let family = Family::of(&running);
    running.signal(Signal::SIGKILL);
    running.end();
    family.is_gone();
    machine.nothing_new();
}

#[test]
fn a_recipe_that_needs_the_other_server_says_so() {
    let recipe = test_recipe("needs-pipewire");
    let said = run(&["audit", &recipe, "--sound", "pulseaudio"]);
    assert_eq!(said.code, Some(3));
    assert!(
        said.err.contains("the recipe needs PipeWire"),
        "{}",
        said.err
    );
}
