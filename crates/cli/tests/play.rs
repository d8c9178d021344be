//! `play` on an output: a person at a terminal, a sound server of the test's own, and an app that tells
//! once a second how loud it was.

mod common;

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};

use common::terminal::Terminal;
use common::{installed, muteproof, run, skip, until};
use record::{Body, Phase, Record, Source};
use serde_json::Value;
use stage::pulse::PulseAudio;

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn records(schedule: &Path) -> Vec<Record> {
    let schedule: Value = serde_json::from_slice(&fs::read(schedule).unwrap()).unwrap();
    serde_json::from_value(schedule["records"].clone()).unwrap()
}

/// What was heard, once a second: the app's telemetry.
fn table(records: &[Record]) -> String {
    let mut table = "t_s,level,count\n".to_owned();
    let begin = records[0].t;
    for (n, record) in records.iter().enumerate() {
        if let (Source::Mic, Body::Levels { rms_dbfs, .. }) = (record.source, &record.body) {
            let power = |db: &f32| 10f32.powf(db / 10.0);
            let mean = rms_dbfs.iter().map(power).sum::<f32>() / rms_dbfs.len() as f32;
            let t = record.t.since(begin) as f64 / 1e9 + 0.5;
            writeln!(table, "{t},{},{n}", 10.0 * mean.log10()).unwrap();
        }
    }
    table
}

#[test]
fn what_was_played_and_said_becomes_a_schedule_to_judge_by() {
    if !installed("pulseaudio") {
        return skip("pulseaudio is not installed");
    }
    let dir = tempfile::tempdir().unwrap();
    let pulse = PulseAudio::new(dir.path().join("pulse"), stage::sound::OUTPUT).unwrap();
    let mut command = pulse.command();
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let _server = Server(command.spawn().unwrap());
    until("the sound server", || pulse.socket().exists().then_some(()));
    let name = |file: &str| dir.path().join(file).display().to_string();
    let (schedule, socket) = (name("schedule.json"), pulse.socket().display().to_string());
    let play = [
        "play",
        "--profile",
        "smoke",
        "--schedule",
        &schedule,
        "--server",
        &socket,
        "--output",
        "spk",
    ];
    let mut person = Terminal::start(&muteproof(&play));
    person.reads("Join the call");
    person.types("\r");
    person.reads("microphone on");
    person.reads("Press mute");
    person.types("\r");
    person.reads("while muted");
    person.reads("all the time");
    person.types("yes\r");
    assert_eq!(person.ends(), Some(0), "{}", person.screen());

    let records = records(Path::new(&schedule));
    for phase in [Phase::Control, Phase::Muted] {
        let ended = |r: &&Record| matches!(r.body, Body::PhaseEnd { phase: of, .. } if of == phase);
        assert_eq!(records.iter().filter(ended).count(), 1, "{phase:?}");
    }
    fs::write(name("table.csv"), table(&records)).unwrap();
    let said = run(&[
        "analyze",
        "--json",
        "--table",
        &name("table.csv"),
        "--schedule",
        &schedule,
        "--out",
        &name("out"),
    ]);
    let report: Value =
        serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e} {}", said.err));
    let judgement = &report["judgement"];
    assert_eq!(said.code, Some(1), "{}", judgement["verdict"]);
    let strongest = judgement["findings"][0]["series"].as_str();
    assert!(
        strongest.is_some_and(|name| name.starts_with("level")),
        "{strongest:?}"
    );
    // It was the loudspeaker that was recorded, and every block of it was confirmed by the person.
    let rows = judgement["blocks"].as_array().unwrap();
    let muted = rows.iter().filter(|row| row["phase"] == "muted");
    assert!(muted.clone().count() > 50 && muted.clone().all(|row| row["mute_confirmed"] == true));
    for (symbol, is) in [(1, (-35.0, 0.0)), (0, (-130.0, -35.0))] {
        let of = rows.iter().filter(|row| row["symbol"] == symbol);
        let levels: Vec<f64> = of.filter_map(|row| row["heard_dbfs"].as_f64()).collect();
        let within = levels
            .iter()
            .filter(|level| (is.0..is.1).contains(*level))
            .count();
        assert!(within * 10 >= levels.len() * 9, "{symbol}: {levels:?}");
    }
}

#[test]
fn without_a_server_or_with_a_file_in_the_way_one_line_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let there = dir.path().join("there.json").display().to_string();
    fs::write(&there, "").unwrap();
    let said = run(&["play", "--schedule", &there]);
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("exists already"), "{}", said.err);
    let new = dir.path().join("new.json").display().to_string();
    let mut command = muteproof(&["play", "--schedule", &new]);
    command
        .env_remove("PULSE_SERVER")
        .env("XDG_RUNTIME_DIR", dir.path());
    let said = common::said(&mut command);
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(
        said.err.contains("no sound server of yours"),
        "{}",
        said.err
    );
    assert_eq!(said.err.trim_end().lines().count(), 1, "{}", said.err);
}
