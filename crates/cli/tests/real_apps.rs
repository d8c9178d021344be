//! Two real calls in the smoke profile: the cheap part of the study. Mumble is in the truth table;
//! `cargo xtask study` audits the rest.

mod common;

use std::fs;

use common::{Audited, helper, installed, run, skip, with_helper};
use serde_json::Value;

/// Audits a recipe, traced where that is possible, if its programs are here.
fn audit(recipe: &str, programs: &[&str]) -> Option<(Audited, Value)> {
    if let Some(missing) = programs.iter().find(|program| !installed(program)) {
        skip(&format!("{missing} is not installed"));
        return None;
    }
    let helper = helper();
    let running = common::Running::start_with(recipe, |command| {
        if let Some(helper) = &helper {
            with_helper(command, helper);
        }
    });
    let audited = running.end();
    audited.judged_again_is_the_same();
    let judgement = audited.judgement();
    println!("{recipe}: {}", judgement["verdict"]);
    Some((audited, judgement))
}

fn control_fired(judgement: &Value) {
    let control = judgement["control"]["log10_w"].as_f64();
    assert!(control.is_some_and(|w| w >= 3.0), "control: {control:?}");
}

/// Packets of one size whatever is said: the control fires by what G.711 decodes to.
#[test]
fn baresip_with_pcmu_goes_on_listening_and_nothing_of_it_is_found() {
    let Some((_, judgement)) = audit("baresip-pcmu", &["baresip"]) else {
        return;
    };
    control_fired(&judgement);
    assert_eq!(judgement["verdict"]["is"], "partly_seen");
    let microphone = judgement["microphone"].as_str();
    assert!(
        matches!(microphone, Some("still_read" | "open_running")),
        "{microphone:?}"
    );
    assert_eq!(judgement["call"]["read_by"], "anyone_on_the_way");
}

/// The page's Mute button asks the server to mute; the whole audio goes on leaving.
#[test]
fn the_audiobridge_page_leaks_its_audio_to_the_server_and_not_to_the_others() {
    let Some((audited, judgement)) = audit("janus", &["janus", "chromium", "Xvfb", "openbox"])
    else {
        return;
    };
    control_fired(&judgement);
    let verdict = &judgement["verdict"];
    assert_eq!(verdict["is"], "leaks");
    assert_eq!(verdict["kind"], "audio");
    assert_eq!(judgement["hears"]["operator_server"], "yes");
    assert_eq!(judgement["hears"]["other_participants"], "nothing_found");
    its_packets_alone_say_the_same_by_another_clock(&audited);
}

/// The packets as another machine would have captured them, its clock 3.7 s ahead and 50 parts in a
/// million too quick, laid on the schedule that was played: judged as the bundle's packets alone are.
fn its_packets_alone_say_the_same_by_another_clock(audited: &Audited) {
    let file = |name: &str| audited.out.join(name).display().to_string();
    let mut packets = fs::read(audited.out.join("bundle/packets.pcapng")).expect("packets");
    by_another_clock(&mut packets);
    fs::write(file("other.pcapng"), packets).expect("a file");
    let out = audited.out.display().to_string();
    let said = run(&["bundle", "schedule", &out, &file("schedule.json")]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let (capture, schedule) = (file("other.pcapng"), file("schedule.json"));
    let laid = [
        "analyze",
        "--json",
        "--capture",
        &capture,
        "--schedule",
        &schedule,
    ];
    let device = ["--device", "10.77.0.2", "--out", &file("laid")];
    let verdict = |said: common::Said| -> Value {
        let report: Value = serde_json::from_str(&said.out).expect(&said.err);
        let judgement = &report["judgement"];
        let verdict = &judgement["verdict"];
        serde_json::json!([verdict["is"], verdict["kind"], judgement["hears"]])
    };
    let elsewhere = verdict(run(&[&laid[..], &device[..]].concat()));
    let here = verdict(run(&["analyze", "--json", "--packets-only", &out]));
    println!("{elsewhere}");
    assert_eq!(elsewhere[0], "leaks");
    assert_eq!(elsewhere, here);
}

/// Stamps the packets of a pcapng file (enhanced packet blocks, nanoseconds) by a clock that is ahead and
/// too quick.
fn by_another_clock(file: &mut [u8]) {
    let word = |file: &[u8], at: usize| {
        u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"))
    };
    let (mut at, mut first) = (0, None);
    while at + 12 <= file.len() {
        if word(file, at) == 6 {
            let (high, low) = (word(file, at + 12), word(file, at + 16));
            let t_ns = u64::from(high) << 32 | u64::from(low);
            let since = t_ns - *first.get_or_insert(t_ns);
            let t_ns = t_ns + since / 20_000 + 3_700_000_000;
            file[at + 12..at + 16].copy_from_slice(&((t_ns >> 32) as u32).to_le_bytes());
            file[at + 16..at + 20].copy_from_slice(&(t_ns as u32).to_le_bytes());
        }
        at += word(file, at + 4) as usize;
    }
}
