//! What an app's window tells whoever speaks while muted.

mod common;

use common::{audit_in_time_with, installed, skip, specimens};
use serde_json::Value;

/// Whether this machine can show the specimen's window; says why not.
fn able() -> bool {
    match ["Xvfb", "openbox"]
        .into_iter()
        .find(|name| !installed(name))
    {
        None => {
            specimens();
            true
        }
        Some(name) => {
            skip(&format!("{name} is not installed"));
            false
        }
    }
}

/// It listens while muted to say so, and sends nothing of it: a use on the machine, and no leak.
#[test]
fn a_notice_that_follows_the_sound_is_used_locally() {
    if !able() {
        return;
    }
    let audited = audit_in_time_with("specimen-button:notice", &[]);
    let judgement = audited.judgement();
    assert_ne!(
        judgement["verdict"]["is"], "leaks",
        "{}",
        judgement["verdict"]
    );
    let notes = judgement["notes"].as_array().expect("a list");
    let follows: Vec<&Value> = notes
        .iter()
        .filter(|note| note["is"] == "window_follows")
        .collect();
    assert_eq!(follows.len(), 1, "{notes:?}");
    assert_eq!(follows[0]["shows"], "You are muted", "{}", follows[0]);
    let said = &audited.said.out;
    assert!(
        said.contains("Used locally: while muted, “You are muted”"),
        "{said}"
    );
}
