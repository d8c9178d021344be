//! `muteproof plan`: what it says, what it refuses, and what it makes of a finished run.

mod common;

use std::path::Path;

use bundle::Writer;
use common::run;
use record::Body;
use serde_json::Value;
use simulate::{Microphone, Sends, scene};

fn json(args: &[&str]) -> Value {
    let said = run(&[&["plan", "--json"], args].concat());
    assert_eq!(said.code, Some(0), "{args:?}: {}", said.err);
    serde_json::from_str(&said.out).unwrap()
}

/// The known leaker: a value a minute takes the slow code, and more than half an hour among many
/// series.
#[test]
fn a_value_once_a_minute_takes_the_slow_code() {
    let plan = json(&["--every", "60", "--d", "4"]);
    let codes = plan["codes"].as_array().unwrap();
    let names: Vec<&str> = codes.iter().map(|c| c["code"].as_str().unwrap()).collect();
    assert_eq!(names, ["fast", "medium", "slow"]);
    let slow = &codes[2];
    assert!((slow["bits_per_block"].as_f64().unwrap() - 0.913).abs() < 5e-4);
    // (log2 1000 + log2 600 + 3) / 0.913 = 24.3.
    assert!((slow["formula_blocks"].as_f64().unwrap() - 24.31).abs() < 0.05);
    let median = slow["simulated"]["median_s"].as_f64().unwrap();
    let p95 = slow["simulated"]["p95_s"].as_f64().unwrap();
    assert!((0.6..1.6).contains(&(median / (24.31 * 60.0))), "{median}");
    assert!(p95 > median);
    assert_eq!(codes[0]["simulated"], Value::Null);
    assert_eq!(plan["recommended"]["code"], "slow");
    let recommended = plan["recommended"]["profile"].as_str().unwrap();
    let muted_s = match recommended {
        "standard" => 1_800.0,
        "full" => 3_600.0,
        other => panic!("{other} plays no slow code"),
    };
    assert!(p95 <= muted_s);
    // Only the slow code can find any such value.
    for limit in plan["limits"].as_array().unwrap() {
        assert_eq!(
            limit["code"] == "slow",
            limit["d_at_least"].is_f64(),
            "{limit}"
        );
    }
    let said = run(&["plan", "--every", "60", "--d", "4"]);
    let out = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        out.contains("seen by the fast code in one block of 60 only"),
        "{}",
        said.out
    );
    assert!(
        out.contains(&format!("Recommended: --profile {recommended}")),
        "{}",
        said.out
    );
}

/// A loudness in each packet is found in a minute, and more time finds less.
#[test]
fn a_loudness_in_each_packet_is_found_by_the_shortest_profile() {
    let plan = json(&["--every", "0.02", "--noise-db", "20"]);
    let expected = serde_json::json!({ "profile": "smoke", "code": "fast" });
    assert_eq!(plan["recommended"], expected);
    let fast: Vec<f64> = plan["limits"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|l| l["code"] == "fast")
        .map(|l| l["bytes_at_least"].as_f64().unwrap())
        .collect();
    assert_eq!(fast.len(), 4);
    assert!(fast.windows(2).all(|w| w[1] < w[0]), "{fast:?}");
}

#[test]
fn nonsense_is_refused_in_a_line() {
    for (wrong, expected) in [
        (&["--d", "4"][..], "--every"),
        (&["--every", "60"], "--d and --noise-db"),
        (
            &["--every", "60", "--d", "4", "--noise-db", "3"],
            "one of --d and --noise-db",
        ),
        (
            &["--every", "0", "--d", "4"],
            "--every wants a number above 0",
        ),
        (
            &["--every", "60", "--d", "-1"],
            "--d wants a number above 0",
        ),
        (
            &["--every", "60", "--d", "nan"],
            "--d wants a number above 0",
        ),
        (&["--every", "60", "--noise-db", "inf"], "--noise-db wants"),
        (&["--bytes", "0"], "--bytes wants"),
        (&["--bytes", "1", "--size-sd", "0"], "--size-sd wants"),
        (
            &["--bytes", "1", "--packets-per-s", "-3"],
            "--packets-per-s wants",
        ),
        (
            &["--bytes", "1", "--flag-wrong", "0.1"],
            "one signal at a time",
        ),
        (&["--flag-wrong", "0.5"], "--flag-wrong wants"),
        (&["--alpha", "0"], "--alpha wants"),
        (&["--alpha", "1"], "--alpha wants"),
        (&["--series", "0"], "--series wants"),
        (&["--after", "/nonexistent"], "/nonexistent"),
    ] {
        let said = run(&[&["plan"], wrong].concat());
        assert_eq!(said.code, Some(3), "{wrong:?}: {}", said.err);
        assert_eq!(said.out, "", "{wrong:?}");
        assert_eq!(said.err.lines().count(), 1, "{wrong:?}: {}", said.err);
        assert!(
            said.complaints()[0].contains(expected),
            "{wrong:?}: {}",
            said.err
        );
    }
    for wrong in [
        &["--every", "soon", "--d", "4"][..],
        &["--moment"],
        &["--loud"],
    ] {
        let said = run(&[&["plan"], wrong].concat());
        assert_eq!(said.code, Some(3), "{wrong:?}: {}", said.err);
    }
}

#[test]
fn the_help_has_examples() {
    let said = run(&["plan", "--help"]);
    assert_eq!(said.code, Some(0));
    assert!(
        said.out.contains("muteproof plan --every 60 --d 4"),
        "{}",
        said.out
    );
}

/// A minute of an app that follows nothing.
fn written(dir: &Path) {
    let recording = scene(5).muted(Sends::Drift, Microphone::Running).record();
    let mut writer = Writer::create(dir, &recording.manifest, &recording.seed).unwrap();
    let offset_ns = recording.records.iter().find_map(|r| match r.body {
        Body::ClockPair { realtime_ns, .. } => Some(realtime_ns - r.t.0),
        _ => None,
    });
    let mut capture = writer.capture_file("eth0", 65_535, "test").unwrap();
    for (t, frame) in &recording.packets {
        let wall_ns = t.0 + offset_ns.unwrap();
        capture.packet(wall_ns, frame.len() as u32, frame).unwrap();
    }
    capture.flush().unwrap();
    for record in recording.records {
        writer.push(record.t, record.source, record.body).unwrap();
    }
    writer.seal().unwrap();
}

#[test]
fn a_finished_run_says_what_it_could_not_have_found() {
    let dir = tempfile::tempdir().unwrap();
    let bundle = dir.path().join("bundle");
    written(&bundle);
    let bundle = bundle.display().to_string();
    let after = json(&["--after", &bundle]);
    let after = &after["after"];
    let fast = &after["codes"][0];
    assert_eq!(
        (&fast["code"], &fast["blocks"], &fast["block_s"]),
        (&"fast".into(), &60.into(), &1.0.into())
    );
    // As the judgement says it.
    let report: Value = serde_json::from_str(&run(&["analyze", "--json", &bundle]).out).unwrap();
    let planted = report["judgement"]["detects"]["planted"]
        .as_array()
        .unwrap();
    assert_eq!(planted, after["detects"].as_array().unwrap());
    assert!(fast["block_d_at_least"].as_f64().unwrap() > 1.0);
    // Values sent once a minute are none of a minute's business.
    assert_eq!(after["d_at_least"], Value::Null);
    let said = run(&["plan", "--after", &bundle]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(
        said.out.contains("a value every 60 s, however clear"),
        "{}",
        said.out
    );
    let often = json(&["--after", &bundle, "--every", "0.02"]);
    assert!(often["after"]["d_at_least"].as_f64().unwrap() > 0.1);
}
