//! Apps whose truth is known, audited for real: each gets the verdict that it deserves.

mod common;

use std::fs;

use common::{Audited, audit_in_time, installed, skip};
use serde_json::Value;

/// Evidence of the unmuted control, as a power of ten.
fn control(judgement: &Value) -> f64 {
    judgement["control"]["log10_w"].as_f64().expect("a number")
}

fn has(list: &Value, word: &str) -> bool {
    list.as_array().is_some_and(|l| l.iter().any(|v| v == word))
}

fn verdict(audited: &Audited) -> Value {
    let judgement = audited.judgement();
    eprintln!("{}", judgement["verdict"]);
    eprintln!("control: evidence 10^{:.1}", control(&judgement));
    judgement
}

#[test]
fn a_mute_that_is_only_in_the_window_leaks_audio_to_the_others() {
    let audited = audit_in_time("specimen-window-mute");
    let judgement = verdict(&audited);
    assert_eq!(audited.said.code, Some(1), "{}", audited.said.out);
    assert_eq!(judgement["verdict"]["is"], "leaks");
    assert_eq!(judgement["verdict"]["kind"], "audio");
    assert!(has(
        &judgement["verdict"]["receivers"],
        "other_participants"
    ));
    assert_eq!(judgement["hears"]["other_participants"], "yes");
    let crossed = judgement["muted"]["crossed_after_s"].as_f64();
    assert!(crossed.is_some_and(|s| s < 120.0), "{crossed:?}");
    assert_eq!(judgement["microphone"], "open_running");
    audited.judged_again_is_the_same();
}

#[test]
fn packet_sizes_that_follow_the_loudness_leak_the_level_to_the_server() {
    let audited = audit_in_time("specimen-size-leak");
    let judgement = verdict(&audited);
    assert_eq!(audited.said.code, Some(1), "{}", audited.said.out);
    assert_eq!(judgement["verdict"]["is"], "leaks");
    assert_eq!(judgement["verdict"]["kind"], "level");
    assert!(has(&judgement["verdict"]["receivers"], "operator_server"));
    audited.judged_again_is_the_same();
}

#[test]
fn a_level_in_a_header_extension_is_named() {
    let audited = audit_in_time("specimen-level-header");
    let judgement = verdict(&audited);
    assert_eq!(audited.said.code, Some(1), "{}", audited.said.out);
    assert_eq!(judgement["verdict"]["is"], "leaks");
    let findings = judgement["findings"].as_array().expect("findings");
    let named = findings.iter().filter(|f| f["named"] == true);
    let names: Vec<&str> = named.filter_map(|f| f["series"].as_str()).collect();
    assert!(
        names
            .iter()
            .any(|name| name.contains("rtp extension 1 level")),
        "{names:?}"
    );
    audited.judged_again_is_the_same();
}

#[test]
fn an_app_that_closes_the_microphone_is_cleared() {
    let audited = audit_in_time("specimen-honest");
    let judgement = verdict(&audited);
    assert_eq!(audited.said.code, Some(0), "{}", audited.said.out);
    assert_eq!(judgement["verdict"]["is"], "no_leak_seen");
    assert_eq!(judgement["verdict"]["scope"], "no_reads");
    assert_eq!(judgement["microphone"], "closed");
    audited.judged_again_is_the_same();
}

#[test]
fn an_app_that_listens_and_drops_is_partly_seen() {
    let audited = audit_in_time("specimen-listener");
    let judgement = verdict(&audited);
    assert_eq!(audited.said.code, Some(4), "{}", audited.said.out);
    assert_eq!(judgement["verdict"]["is"], "partly_seen");
    assert_eq!(judgement["microphone"], "open_running");
    assert!(control(&judgement) >= 3.0);
    let strict = ["analyze", "--strict", &audited.out.display().to_string()].map(str::to_owned);
    let strict = common::run(&strict.each_ref().map(String::as_str));
    assert_eq!(strict.code, Some(5), "{}", strict.err);
    audited.judged_again_is_the_same();
}

#[test]
fn traffic_that_wanders_by_itself_is_not_accused() {
    let audited = audit_in_time("specimen-drifter");
    let judgement = verdict(&audited);
    assert_eq!(audited.said.code, Some(4), "{}", audited.said.out);
    assert_eq!(judgement["verdict"]["is"], "partly_seen");
    assert!(control(&judgement) >= 3.0);
    audited.judged_again_is_the_same();
}

#[test]
fn an_app_that_snoops_learns_nothing_of_the_schedule() {
    let audited = audit_in_time("specimen-snoop");
    let judgement = verdict(&audited);
    assert_ne!(judgement["verdict"]["is"], "leaks");
    let log = fs::read_to_string(audited.bundle().join("logs/app.txt")).expect("a log of the app");
    let lines: Vec<&str> = log.lines().filter(|l| l.starts_with("snoop:")).collect();
    assert_eq!(lines.last(), Some(&"snoop: done"), "{lines:#?}");
    let learned: Vec<&&str> = lines[..lines.len() - 1]
        .iter()
        .filter(|l| !l.contains(": denied"))
        .collect();
    assert!(lines.len() >= 10 && learned.is_empty(), "{learned:#?}");
    audited.judged_again_is_the_same();
}

/// Whether Mumble can be audited here.
fn mumble() -> bool {
    let lacks: Vec<&str> = ["mumble", "murmurd", "Xvfb", "openbox", "openssl", "sqlite3"]
        .into_iter()
        .filter(|p| !installed(p))
        .collect();
    if !lacks.is_empty() {
        skip(&format!("not installed: {}", lacks.join(", ")));
    }
    lacks.is_empty()
}

#[test]
fn mumble_by_voice_listens_while_muted_and_nothing_of_it_is_found() {
    if !mumble() {
        return;
    }
    let audited = audit_in_time("mumble");
    let judgement = verdict(&audited);
    assert_eq!(audited.said.code, Some(4), "{}", audited.said.out);
    assert_eq!(judgement["verdict"]["is"], "partly_seen");
    assert_eq!(judgement["microphone"], "open_running");
    assert_eq!(judgement["hears"]["other_participants"], "nothing_found");
    assert!(control(&judgement) >= 3.0);
    audited.judged_again_is_the_same();
}

/// Sending all the time at a constant rate, its packets tell the instrument nothing even when it
/// is not muted: of an open microphone nothing may be said then.
#[test]
fn mumble_sending_all_the_time_blinds_the_instrument_and_is_not_cleared() {
    if !mumble() {
        return;
    }
    let audited = audit_in_time("mumble-continuous");
    let judgement = verdict(&audited);
    assert_eq!(audited.said.code, Some(2), "{}", audited.said.out);
    assert_eq!(judgement["verdict"]["is"], "inconclusive");
    let reasons = judgement["verdict"]["reasons"].as_array();
    let silent = |reason: &Value| reason["is"] == "control_silent";
    assert!(reasons.is_some_and(|r| r.iter().any(silent)), "{reasons:?}");
    audited.judged_again_is_the_same();
}
