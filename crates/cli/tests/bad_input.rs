//! What the outside world can do wrong: each failure has its exit code, says in a line what
//! happened and what to do, and keeps what was recorded.

mod common;

use std::fs;
use std::path::Path;
use std::process::Command;

use common::{
    Audited, Family, Machine, Running, Said, audit, copy, descendant, muteproof, program, run,
    said, skip, specimens, test_recipe,
};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// The one line about a failure, which has all of `parts`, and exit code 3.
fn refused(said: &Said, parts: &[&str]) {
    let lines = said.complaints();
    assert_eq!(lines.len(), 1, "{}", said.err);
    for part in parts {
        assert!(lines[0].contains(part), "{part:?} is not in {:?}", lines[0]);
    }
    assert_eq!(said.code, Some(3), "{}", said.err);
}

fn analyze(path: &Path) -> Said {
    run(&["analyze", &path.display().to_string()])
}

/// The judgement of a bundle, and the exit code.
fn judgement(path: &Path) -> (Value, Option<i32>) {
    let said = run(&["analyze", "--json", &path.display().to_string()]);
    let report: Value = serde_json::from_str(&said.out)
        .unwrap_or_else(|e| panic!("{e}: {} {}", said.out, said.err));
    (report["judgement"].clone(), said.code)
}

fn failure(judgement: &Value) -> Option<&str> {
    let reasons = judgement["verdict"]["reasons"].as_array()?;
    let failed = reasons.iter().find(|r| r["is"] == "run_failed")?;
    failed["failure"].as_str()
}

/// A bundle of a run that failed: kept, sealed, judged again to the same.
fn kept_and_sealed(audited: &Audited) {
    assert!(audited.bundle().join("seal.json").is_file());
    audited.judged_again_is_the_same();
}

// Usage and input.

#[test]
fn an_unknown_recipe_is_answered_with_a_near_one() {
    let said = run(&["audit", "specimen-onest"]);
    refused(
        &said,
        &["`specimen-onest`", "did you mean `specimen-honest`?"],
    );
}

#[test]
fn a_recipe_with_a_mistake_is_answered_with_file_and_line() {
    let path = test_recipe("broken");
    for said in [run(&["audit", &path]), run(&["recipe", "check", &path])] {
        let place = format!("{path}/recipe.toml: line 11, column 1");
        refused(&said, &[&place, "`stdinn`", "did you mean `stdin`?"]);
    }
}

#[test]
fn text_that_is_no_toml_is_answered_with_file_and_line() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("recipe.toml");
    fs::write(&path, "title = \"x\"\n[app\n").unwrap();
    let said = run(&["audit", &dir.path().display().to_string()]);
    refused(&said, &[&path.display().to_string(), "line 2"]);
}

#[test]
fn a_missing_program_is_answered_with_how_to_install_it() {
    let said = run(&["audit", &test_recipe("missing-program")]);
    let name = "an-app-that-is-not-installed";
    refused(&said, &["is missing; install it: sudo ", name]);
}

#[test]
fn an_unknown_profile_is_answered_with_the_known_ones() {
    let said = run(&["audit", "specimen-honest", "--profile", "smok"]);
    refused(&said, &["`smok`", "smoke, quick, standard, full"]);
}

#[test]
fn a_folder_that_exists_is_not_written_to() {
    specimens();
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().display().to_string();
    let said = run(&["audit", "specimen-honest", "--out", &out]);
    refused(&said, &[&out, "exists already", "--out"]);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    specimens();
    let out = "/proc/nowhere/audit";
    let said = run(&["audit", "specimen-honest", "--out", out]);
    refused(&said, &["failed to make", "/proc/nowhere"]);
}

#[test]
fn what_is_no_bundle_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    refused(&analyze(dir.path()), &["is not a bundle"]);
    let absent = dir.path().join("absent");
    refused(&analyze(&absent), &["absent", "is not a bundle"]);
}

#[test]
fn forbidden_user_namespaces_are_named_with_the_command_that_allows_them() {
    specimens();
    let dir = tempfile::tempdir().unwrap();
    let forbidden = |args: &str| {
        let script = format!("echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" {args}");
        let mut command = Command::new("unshare");
        command.args(["-Ur", "sh", "-c", &script]).arg(program());
        said(&mut command)
    };
    let mend = "sudo sysctl user.max_user_namespaces=15000";
    let out = dir.path().join("audit");
    let said = forbidden(&format!(
        "audit specimen-honest --quiet --out '{}'",
        out.display()
    ));
    refused(&said, &["user namespaces are forbidden", mend]);
    assert!(!out.exists(), "nothing was recorded, so nothing is left");
    let said = forbidden("doctor");
    assert!(
        said.out.contains("user namespaces are forbidden"),
        "{said:?}"
    );
    assert!(said.out.contains(mend), "{said:?}");
    assert_eq!(said.code, Some(3));
}

// The app.

#[test]
fn an_app_that_crashes_while_muted_leaves_a_bundle_and_no_verdict() {
    let audited = audit(&test_recipe("crasher"));
    let judgement = audited.judgement();
    assert_eq!(audited.said.code, Some(2), "{}", audited.said.err);
    assert_eq!(judgement["verdict"]["is"], "inconclusive");
    assert_eq!(failure(&judgement), Some("app_ended"));
    assert!(
        audited.said.err.contains("the app ended: signal 6"),
        "{}",
        audited.said.err
    );
    kept_and_sealed(&audited);
}

#[test]
fn an_app_that_never_joins_was_not_audited() {
    let audited = audit(&test_recipe("never-joins"));
    let judgement = audited.judgement();
    refused(
        &audited.said,
        &["join", "did not say \"joined\" within 3 s"],
    );
    assert_eq!(judgement["verdict"]["is"], "not_run");
    assert_eq!(failure(&judgement), Some("not_joined"));
    kept_and_sealed(&audited);
}

#[test]
fn an_app_that_does_not_confirm_its_mute_gets_no_verdict() {
    let audited = audit(&test_recipe("deaf-mute"));
    let judgement = audited.judgement();
    assert_eq!(audited.said.code, Some(2), "{}", audited.said.err);
    assert_eq!(failure(&judgement), Some("not_muted"));
    assert!(audited.said.err.contains("did not confirm its mute"));
    kept_and_sealed(&audited);
}

#[test]
fn an_app_that_is_killed_early_leaves_a_bundle_and_no_verdict() {
    let mut running = Running::start("specimen-listener");
    running.until_control();
    // The app's process proper: the one that waits for it has the same command, but is nobody's
    // business.
    let all = common::descendants(running.child.id());
    let apps: Vec<_> = all
        .iter()
        .filter(|p| p.command.contains("muteproof-specimen app"))
        .collect();
    let app = apps.iter().max_by_key(|p| p.pid).expect("the app runs");
    kill(Pid::from_raw(app.pid), Signal::SIGKILL).unwrap();
    let audited = running.end();
    assert_eq!(audited.said.code, Some(2), "{}", audited.said.err);
    assert_eq!(failure(&audited.judgement()), Some("app_ended"));
    assert!(
        audited.said.err.contains("the app ended: signal 9"),
        "{}",
        audited.said.err
    );
    kept_and_sealed(&audited);
}

// The machine.

#[test]
fn a_sound_server_that_dies_ends_the_run_and_keeps_the_bundle() {
    let mut running = Running::start("specimen-listener");
    running.until_control();
    let server = descendant(&running, &["pulseaudio", "sound-app"]);
    kill(Pid::from_raw(server.pid), Signal::SIGKILL).unwrap();
    let audited = running.end();
    assert_eq!(audited.said.code, Some(2), "{}", audited.said.err);
    assert_eq!(failure(&audited.judgement()), Some("sound_ended"));
    kept_and_sealed(&audited);
}

#[test]
fn a_full_disk_is_one_line_and_what_was_written_opens() {
    specimens();
    let dir = tempfile::tempdir().unwrap();
    let (disk, saved) = (dir.path().join("disk"), dir.path().join("saved"));
    fs::create_dir(&disk).unwrap();
    let script = "mount -t tmpfs -o size=200k none \"$1\" || exit 99
        \"$0\" audit specimen-window-mute --profile smoke --quiet --out \"$1/audit\"
        code=$?
        cp -r \"$1/audit\" \"$2\" || exit 98
        exit $code";
    let mut command = Command::new("unshare");
    command.args(["-Urm", "sh", "-c", script]).arg(program());
    let said = said(command.arg(&disk).arg(&saved));
    let no_space = "No space left on device";
    refused(
        &said,
        &["the bundle cannot be written", no_space, "not sealed"],
    );

    assert!(!saved.join("bundle/seal.json").exists());
    let (judgement, code) = judgement(&saved);
    assert!(matches!(code, Some(2 | 3)), "{code:?}");
    assert_eq!(judgement["verdict"]["is"], "not_run");
    assert!(!judgement["blocks"].as_array().unwrap().is_empty());
    let text = analyze(&saved);
    assert!(text.out.contains("never sealed"), "{}", text.out);
}

#[test]
fn after_sigkill_nothing_is_left_but_a_bundle_that_opens() {
    let machine = Machine::look();
    let mut running = Running::start("specimen-window-mute");
    running.until_control();
    let family = Family::of(&running);
    running.signal(Signal::SIGKILL);
    let audited = running.end();
    assert_eq!(audited.said.code, None);
    family.is_gone();
    machine.nothing_new();

    let (judgement, code) = judgement(&audited.out);
    assert_eq!(judgement["verdict"]["is"], "not_run");
    assert_eq!(code, Some(3));
    let text = analyze(&audited.out);
    assert!(text.out.contains("never sealed"), "{}", text.out);
    cut_packets(&audited.bundle());
}

/// The packet file of an unsealed bundle, cut: opened up to its last whole block, with a note.
fn cut_packets(bundle: &Path) {
    let packets = bundle.join("packets.pcapng");
    let bytes = fs::read(&packets).unwrap();
    assert!(bytes.len() > 2000, "{} bytes of packets", bytes.len());
    fs::write(&packets, &bytes[..bytes.len() - 7]).unwrap();
    let (judgement, _) = judgement(bundle);
    let notes = judgement["notes"].as_array().unwrap();
    assert!(notes.iter().any(|n| n["is"] == "packets_cut"), "{notes:?}");

    let log = bundle.join("session.jsonl");
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() - 7]).unwrap();
    let (judgement, _) = self::judgement(bundle);
    let notes = judgement["notes"].as_array().unwrap();
    assert!(notes.iter().any(|n| n["is"] == "log_cut"), "{notes:?}");
}

#[test]
fn a_sealed_bundle_that_was_changed_is_refused_by_name() {
    // The shortest run that is sealed.
    let audited = audit(&test_recipe("never-joins"));
    let dir = tempfile::tempdir().unwrap();
    let damaged = |file: &str, damage: &dyn Fn(&Path)| {
        let bundle = dir.path().join(file.replace('/', "-"));
        copy(&audited.bundle(), &bundle);
        damage(&bundle.join(file));
        refused(&analyze(&bundle), &[file]);
    };
    let cut = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        fs::write(path, &bytes[..bytes.len() - 5]).unwrap();
    };
    let flip = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    for file in [
        "manifest.json",
        "session.jsonl",
        "seed",
        "recipe/recipe.toml",
    ] {
        damaged(file, &flip);
    }
    damaged("packets.pcapng", &cut);
    damaged("logs/app.txt", &|path| fs::remove_file(path).unwrap());
    damaged("logs/more.txt", &|path| fs::write(path, "x").unwrap());
}

// The person.

/// Sent while the control plays: a sealed bundle that says so, exit code 2, nothing left.
fn stopped_by(signal: Signal) {
    let mut running = Running::start("specimen-window-mute");
    running.until_control();
    let family = Family::of(&running);
    running.signal(signal);
    let audited = running.end();
    assert_eq!(audited.said.code, Some(2), "{}", audited.said.err);
    let complaints = audited.said.complaints();
    assert_eq!(complaints.len(), 1, "{}", audited.said.err);
    let word = format!("stopped by {signal}");
    assert!(complaints[0].contains(&word), "{}", complaints[0]);
    assert_eq!(failure(&audited.judgement()), Some("stopped"));
    family.is_gone();
    kept_and_sealed(&audited);
}

#[test]
fn ctrl_c_stops_the_run_and_seals_what_there_is() {
    stopped_by(Signal::SIGINT);
}

#[test]
fn sigterm_stops_the_run_and_seals_what_there_is() {
    stopped_by(Signal::SIGTERM);
}

#[test]
fn a_second_ctrl_c_ends_the_run_at_once() {
    let mut running = Running::start(&test_recipe("never-joins"));
    // While a step waits, the stage does not hear of the first one.
    running.until_logged(&["start app"]);
    let family = Family::of(&running);
    running.signal(Signal::SIGINT);
    // Signals of the same number that wait to be delivered are one: let the first arrive.
    running.signal(Signal::SIGTERM);
    let audited = running.end();
    assert_eq!(audited.said.code, Some(130), "{}", audited.said.err);
    family.is_gone();
    assert_eq!(judgement(&audited.out).1, Some(3));
}

#[test]
fn a_stage_whose_outer_process_is_ended_leaves_nothing() {
    let mut running = Running::start("specimen-window-mute");
    running.until_control();
    let family = Family::of(&running);
    let stage = descendant(&running, &["__stage"]);
    kill(Pid::from_raw(stage.pid), Signal::SIGTERM).unwrap();
    let audited = running.end();
    assert_eq!(audited.said.code, Some(3), "{}", audited.said.err);
    assert_eq!(audited.said.complaints().len(), 1, "{}", audited.said.err);
    family.is_gone();
    assert_eq!(judgement(&audited.out).1, Some(3));
}

#[test]
fn a_bundle_of_a_newer_muteproof_is_refused() {
    if !Path::new("/usr/bin/pulseaudio").exists() {
        skip("pulseaudio is not installed");
        return;
    }
    let audited = audit(&test_recipe("never-joins"));
    let bundle = audited.bundle();
    fs::remove_file(bundle.join("seal.json")).unwrap();
    let manifest = fs::read_to_string(bundle.join("manifest.json")).unwrap();
    let newer = manifest.replacen("\"format\": 1", "\"format\": 99", 1);
    assert_ne!(manifest, newer);
    fs::write(bundle.join("manifest.json"), newer).unwrap();
    let said = said(&mut muteproof(&["analyze", &bundle.display().to_string()]));
    refused(&said, &["manifest.json", "newer", "update"]);
}

/// A folder's name is bytes: one that is no UTF-8 is taken like any other, by every process of an audit.
#[test]
fn a_path_that_is_not_utf8_is_a_path_like_any_other() {
    use std::os::unix::ffi::OsStrExt;
    common::specimens();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let out = dir.path().join(std::ffi::OsStr::from_bytes(b"audit-\xff"));
    let mut audit = common::muteproof(&["audit", &test_recipe("never-joins")]);
    audit.args(["--profile", "smoke", "--out"]).arg(&out);
    let said = common::said(&mut audit);
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("did not say \"joined\""), "{}", said.err);
    assert!(out.join("bundle/seal.json").is_file());
    let mut again = common::muteproof(&["analyze"]);
    let again = common::said(again.arg(&out));
    assert_eq!(again.code, Some(3), "{}", again.err);

    let mut wrong = common::muteproof(&["audit"]);
    let wrong = common::said(wrong.arg(std::ffi::OsStr::from_bytes(b"no-such-\xff")));
    assert_eq!(wrong.code, Some(3), "{}", wrong.err);
    assert!(!wrong.err.contains("panicked"), "{}", wrong.err);
}
