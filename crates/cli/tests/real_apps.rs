//! Two real calls in the smoke profile: the cheap part of the study. Mumble is in the truth table;
//! `cargo xtask study` audits the rest.

mod common;

use common::{helper, installed, skip, with_helper};
use serde_json::Value;

/// Audits a recipe, traced where that is possible, if its programs are here.
fn audit(recipe: &str, programs: &[&str]) -> Option<Value> {
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
    Some(judgement)
}

fn control_fired(judgement: &Value) {
    let control = judgement["control"]["log10_w"].as_f64();
    assert!(control.is_some_and(|w| w >= 3.0), "control: {control:?}");
}

/// Packets of one size whatever is said: the control fires by what G.711 decodes to.
#[test]
fn baresip_with_pcmu_goes_on_listening_and_nothing_of_it_is_found() {
    let Some(judgement) = audit("baresip-pcmu", &["baresip"]) else {
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
    let Some(judgement) = audit("janus", &["janus", "chromium", "Xvfb", "openbox"]) else {
        return;
    };
    control_fired(&judgement);
    let verdict = &judgement["verdict"];
    assert_eq!(verdict["is"], "leaks");
    assert_eq!(verdict["kind"], "audio");
    assert_eq!(judgement["hears"]["operator_server"], "yes");
    assert_eq!(judgement["hears"]["other_participants"], "nothing_found");
}
