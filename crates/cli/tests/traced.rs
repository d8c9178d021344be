//! An audit with its calls traced: whose a flow is, and what of it was read before TLS.

mod common;

use common::{helper, installed, skip, with_helper};
use serde_json::Value;

#[test]
fn flows_have_their_processes_and_requests_are_read_before_tls() {
    let Some(helper) = helper() else { return };
    for needed in ["curl", "wget", "openssl", "python3"] {
        if !installed(needed) {
            return skip(&format!("{needed} is not installed"));
        }
    }
    let recipe = common::test_recipe("posters");
    // There is no camera here: any file is one to whoever only opens it.
    let camera = tempfile::NamedTempFile::new().expect("a file");
    // Called as root, the stage runs as somebody who bears no name.
    let for_all = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    std::fs::set_permissions(camera.path(), for_all).expect("ours");
    let running = common::Running::start_with(&recipe, |command| {
        with_helper(command, &helper);
        command.arg("--camera").arg(camera.path());
    });
    let audited = running.end();
    let report = audited.report();
    let notes = report["judgement"]["notes"].as_array().expect("a list");
    assert!(
        notes.iter().any(|note| note["is"] == "camera_released"),
        "{notes:#?}"
    );
    let destinations = report["judgement"]["destinations"]
        .as_array()
        .expect("a list");
    let to = |port: &str| -> &Value {
        let here = |d: &&Value| d["remote"].as_str().is_some_and(|r| r.ends_with(port));
        let found = destinations.iter().find(here);
        found.unwrap_or_else(|| panic!("nothing went to {port}: {destinations:#?}"))
    };
    for (port, command) in [(":4433", "curl"), (":4434", "wget"), (":4435", "poster")] {
        let flow = to(port);
        let processes = flow["processes"].as_array().expect("a list");
        assert!(
            !processes.is_empty() && processes.iter().all(|p| p["command"] == command),
            "{flow:#}"
        );
        let share = |key: &str| flow[key].as_f64().expect("a share");
        let (read, before) = (share("read_share"), share("read_before_encryption_share"));
        println!(
            "{command}: {:.2} % of the bytes read, {:.2} % before TLS",
            100.0 * read,
            100.0 * before
        );
        // What is not read is the handshake: of one connection, long past, or of each request's.
        let expected = if command == "poster" { 1.0 } else { 0.75 };
        // What the keys that programs write down have opened is not counted again before TLS.
        assert!(read >= expected, "{flow:#}");
    }
    let specimen = &to(":5004")["processes"];
    assert_eq!(specimen[0]["command"], "muteproof-speci", "{specimen}");
    let text = common::run(&["analyze", &audited.out.display().to_string()]).out;
    println!("{text}");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("% of the bytes read") && text.contains("by curl ("),
        "{text}"
    );
    audited.judged_again_is_the_same();
}

/// Browsers encrypt by libraries of their own, and write down their keys: every byte of what they post
/// to a server by TLS 1.3 is read.
#[test]
fn what_browsers_post_is_read_by_their_keys() {
    let needed = [
        "chromium",
        "firefox-esr",
        "openssl",
        "python3",
        "Xvfb",
        "openbox",
    ];
    if let Some(missing) = needed.into_iter().find(|needed| !installed(needed)) {
        return skip(&format!("{missing} is not installed"));
    }
    let audited = common::audit(&common::test_recipe("browser-posters"));
    let report = audited.report();
    let destinations = report["judgement"]["destinations"].as_array();
    for (port, browser) in [(":4433", "chromium"), (":4434", "firefox")] {
        let here = |d: &&Value| d["remote"].as_str().is_some_and(|r| r.ends_with(port));
        let flow = destinations.and_then(|all| all.iter().find(here));
        let flow = flow.unwrap_or_else(|| panic!("{browser} sent nothing: {destinations:#?}"));
        let read = flow["read_share"].as_f64().expect("a share");
        println!("{browser}: {:.2} % of the bytes read", 100.0 * read);
        assert!(read > 0.99, "{flow:#}");
        assert_eq!(flow["read_before_encryption_share"], 0.0, "{flow:#}");
    }
    audited.judged_again_is_the_same();
}
