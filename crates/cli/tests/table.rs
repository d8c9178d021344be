//! A table of telemetry in the place of packets: judged by the schedule that was played.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use common::run;
use record::{Body, Source};
use serde_json::Value;
use simulate::{Microphone, Sends, scene};

/// What a muted Webex client sent once a minute (Yang et al., PoPETs 2022).
fn study(file: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let path = root.join("shared/data/webex-telemetry").join(file);
    if !path.exists() {
        eprintln!("skipped: the study's data is not here ({file})");
        return None;
    }
    Some(path)
}

/// A minute of the study.
const MINUTE_S: u64 = 60;

fn is_gain(name: &str) -> bool {
    name.contains("levels.audio") && name.ends_with("Gain")
}

/// When each row is sent, and the mean power that the schedule has in the "minute" before it.
fn minutes(schedule: &Path, phase_s: u64) -> Vec<(u64, f64)> {
    let schedule: Value = serde_json::from_slice(&fs::read(schedule).unwrap()).unwrap();
    let records: Vec<record::Record> = serde_json::from_value(schedule["records"].clone()).unwrap();
    let mut powers: BTreeMap<u64, (f64, u32)> = BTreeMap::new();
    let begin = records[0].t;
    for record in records.iter().filter(|r| r.source == Source::Mic) {
        let Body::Levels {
            hop_ns, rms_dbfs, ..
        } = &record.body
        else {
            continue;
        };
        for (i, level) in rms_dbfs.iter().enumerate() {
            let at = record.t.since(begin) as u64 + i as u64 * hop_ns;
            let minute = (at / 1_000_000_000 + MINUTE_S - phase_s) / MINUTE_S;
            let (sum, n) = powers.entry(minute).or_default();
            (*sum, *n) = (*sum + 10f64.powf(f64::from(*level) / 10.0), *n + 1);
        }
    }
    let sent = |(minute, (sum, n))| (minute * MINUTE_S + phase_s, sum / f64::from(n));
    powers.into_iter().map(sent).collect()
}

/// The study's rows in their order, so with all that drifts in them; the three gains are those of a
/// row that was recorded under a sound as loud, among all its rows, as the minute is among all played.
fn replay(rows: &Path, schedule: &Path, phase_s: u64) -> String {
    let mut reader = csv::Reader::from_path(rows).unwrap();
    let names = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let gains: Vec<usize> = (0..names.len()).filter(|&i| is_gain(&names[i])).collect();
    assert_eq!(gains.len(), 3);
    let mean = gains.iter().find(|&&i| names[i].contains("Mean")).unwrap();
    let mut by_gain: Vec<&csv::StringRecord> = rows.iter().collect();
    // A high gain is a quiet room.
    by_gain.sort_by(|a, b| {
        let gain = |row: &csv::StringRecord| row[*mean].parse::<f64>().unwrap();
        gain(b).total_cmp(&gain(a))
    });
    let minutes = minutes(schedule, phase_s);
    let mut table = format!(
        "t_s,{}\n",
        names.iter().skip(1).collect::<Vec<_>>().join(",")
    );
    for ((t, power), row) in minutes.iter().zip(&rows) {
        let quieter = minutes.iter().filter(|(_, other)| other < power).count();
        let like = by_gain[quieter * by_gain.len() / minutes.len()];
        write!(table, "{t}").unwrap();
        for i in 1..names.len() {
            let from = if gains.contains(&i) { like } else { row };
            write!(table, ",{}", &from[i]).unwrap();
        }
        table.push('\n');
    }
    table
}

/// The schedule of a session of an hour that was made up, and its folder: what is played, by whose
/// seed, is as in a real one.
fn schedule(seed: u64) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let recording = scene(seed)
        .blocks(45, 60 * 60)
        .all_codes()
        .muted(Sends::KeepAlive, Microphone::Running)
        .record();
    let bundle = dir.path().join("bundle");
    let mut writer = bundle::Writer::create(&bundle, &recording.manifest, &recording.seed).unwrap();
    for record in recording.records {
        writer.push(record.t, record.source, record.body).unwrap();
    }
    writer.seal().unwrap();
    let schedule = dir.path().join("schedule.json");
    let [from, to] = [&bundle, &schedule].map(|path| path.display().to_string());
    let said = run(&["bundle", "schedule", &from, &to]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    (dir, schedule)
}

#[test]
fn gains_of_the_study_are_named_where_coins_chose_the_sound() {
    let Some(rows) = study("muted-telemetry-per-minute.csv") else {
        return;
    };
    // The muted phase begins at 49 s. A row tells of the minute before it: these two lie mostly in one
    // block; where rows straddle two, an hour is not always enough (docs/capture.md).
    for (seed, phase_s) in [(61, 35), (62, 45)] {
        let (dir, schedule) = schedule(seed);
        let table = dir.path().join("telemetry.csv");
        fs::write(&table, replay(&rows, &schedule, phase_s)).unwrap();
        let [table, schedule, out] =
            [table, schedule, dir.path().join("out")].map(|path| path.display().to_string());
        let said = run(&[
            "analyze",
            "--json",
            "--table",
            &table,
            "--schedule",
            &schedule,
            "--out",
            &out,
        ]);
        assert_eq!(said.code, Some(1), "{} {:.2000}", said.err, said.out);
        let report: Value = serde_json::from_str(&said.out).unwrap();
        let findings = report["judgement"]["findings"].as_array().unwrap();
        let named = findings.iter().filter(|f| f["named"] == true);
        let names: Vec<&str> = named.filter_map(|f| f["series"].as_str()).collect();
        eprintln!("seed {seed}, rows at {phase_s} s: {} named", names.len());
        for gain in ["audioMaxGain", "audioMeanGain", "audioMinGain"] {
            assert!(names.iter().any(|name| name.ends_with(gain)), "{names:#?}");
        }
        assert!(names.iter().all(|name| is_gain(name)), "{names:#?}");
    }
}

#[test]
fn an_order_that_no_coin_chose_is_not_judged() {
    let (Some(rows), Some(played)) = (
        study("muted-telemetry-per-minute.csv"),
        study("sounds-played.json"),
    ) else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let [rows, played, out] =
        [rows, played, dir.path().join("out")].map(|path| path.display().to_string());
    let said = run(&[
        "analyze",
        "--table",
        &rows,
        "--schedule",
        &played,
        "--out",
        &out,
    ]);
    assert_eq!(said.code, Some(3), "{}", said.err);
    assert!(said.err.contains("no coin chose the order"), "{}", said.err);
    assert!(!Path::new(&out).exists());
}

#[test]
fn tables_that_cannot_be_read_are_refused_with_their_line() {
    let (dir, schedule) = schedule(1);
    let [path, schedule, out] = [
        dir.path().join("table.csv"),
        schedule,
        dir.path().join("out"),
    ]
    .map(|path| path.display().to_string());
    for (table, said) in [
        ("t,a\n1,2\n2\n", "line 3: it has 1 fields and not 2"),
        ("t,a\nnoon,2\n", "line 2: `noon` is no time"),
        ("t,a\n1,x\n", "no column but the first holds numbers"),
        ("t,a\n1,x\n2,3\n", "column `a` holds numbers and 1 texts"),
        ("t,a\n100000,3\n", "no row of"),
        ("", "no column but the first holds numbers"),
    ] {
        fs::write(&path, table).unwrap();
        let got = run(&[
            "analyze",
            "--table",
            &path,
            "--schedule",
            &schedule,
            "--out",
            &out,
        ]);
        assert_eq!(got.code, Some(3), "{table:?}: {}", got.err);
        assert!(got.err.contains(said), "{table:?}: {}", got.err);
        assert_eq!(got.err.trim_end().lines().count(), 1, "{}", got.err);
        assert!(!Path::new(&out).exists());
    }
}
