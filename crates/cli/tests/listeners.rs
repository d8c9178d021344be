//! A server that an app leaves behind and that any website commands is found, and an honest one is not accused.

mod common;

use std::fs;

use common::{Audited, audit_in_time, run};
use serde_json::Value;

fn leftovers(audited: &Audited) -> Value {
    let json = fs::read(audited.out.join("report.json")).expect("a report");
    let report: Value = serde_json::from_slice(&json).expect("JSON");
    eprintln!("{:#}", report["leftovers"]);
    report["leftovers"].clone()
}

fn flows(audited: &Audited) -> String {
    let said = run(&["flows", &audited.out.display().to_string()]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    said.out
}

#[test]
fn a_server_that_outlives_its_app_and_obeys_every_website_is_found() {
    let audited = audit_in_time("specimen-leftover-server");
    let found = leftovers(&audited);
    assert_eq!(found["looked_after_quit"], true);
    let listeners = found["listeners"].as_array().expect("a list");
    let tcp = |l: &&Value| l["protocol"] == "tcp";
    let server: Vec<&Value> = listeners.iter().filter(tcp).collect();
    assert_eq!(server.len(), 1, "{listeners:#?}");
    let server = server[0];
    assert_eq!(server["address"], "127.0.0.1:47411");
    assert_eq!(server["reach"], "machine");
    assert_eq!(
        (&server["running"], &server["after_quit"]),
        (&true.into(), &true.into())
    );
    for at in [0, 1] {
        let website = &server["website"][at];
        assert_eq!(website["is"], "yes", "{website}");
        let by = website["by"].as_array().expect("a list");
        for reason in ["simple_request", "image", "rebound"] {
            assert!(by.iter().any(|b| b == reason), "{by:?} without {reason}");
        }
    }
    let stayed = found["stayed"].as_array().expect("a list");
    assert_eq!(stayed.len(), 1, "{stayed:?}");
    let page = flows(&audited);
    assert!(page.contains("any website can command it"), "{page}");
    // Its mute is honest, and that is not mixed up with what it leaves behind.
    assert_eq!(audited.judgement()["verdict"]["is"], "no_leak_seen");
}

#[test]
fn a_server_that_refuses_websites_and_ends_with_its_app_is_not_accused() {
    let audited = audit_in_time("specimen-tidy-server");
    let found = leftovers(&audited);
    assert_eq!(found["looked_after_quit"], true);
    assert_eq!(found["stayed"], Value::Array(Vec::new()));
    let listeners = found["listeners"].as_array().expect("a list");
    assert_eq!(listeners.len(), 1, "{listeners:#?}");
    let server = &listeners[0];
    assert_eq!(server["address"], "127.0.0.1:47411");
    assert_eq!(
        (&server["running"], &server["after_quit"]),
        (&true.into(), &false.into())
    );
    assert_eq!(server["website"][0]["is"], "no");
    assert_eq!(server["website"][1], Value::Null);
    let page = flows(&audited);
    assert!(!page.contains("any website can command it"), "{page}");
}
