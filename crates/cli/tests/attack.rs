//! `muteproof attack` and `muteproof sounds`, as typed.

mod common;

use record::Body;
use simulate::{Microphone, Sends, scene};

use common::run;

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Twice the same figures; in German the same as in English.
#[test]
fn telemetry_that_nobody_sends_yet_is_tried() {
    let words = [
        "attack",
        "simulate",
        "--every",
        "0.02",
        "--statistic",
        "rms",
    ];
    let few = ["--window", "10", "--sittings", "3"];
    let typed = [&words[..], &few[..]].concat();
    let one = run(&typed);
    assert_eq!((one.code, &*one.err), (Some(0), ""));
    let said = flat(&one.out);
    assert!(
        said.contains("rms of the level every 0.02 s, in steps of 1 dB"),
        "{said}"
    );
    assert!(said.contains("THESE SOUNDS ARE SYNTHETIC"), "{said}");
    assert!(said.contains("chance 16.7 %"), "{said}");
    assert!(said.contains("this gives activities away"), "{said}");
    assert!(said.contains("Warning: split by window"), "{said}");
    let place = tempfile::tempdir().unwrap();
    let picture = place.path().join("named.svg").display().to_string();
    let json = run(&[&typed[..], &["--json", "--picture", &picture]].concat());
    assert!(
        std::fs::read_to_string(&picture)
            .unwrap()
            .contains("typing")
    );
    let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let named = format!(
        "{:.1} %",
        value["accuracy"]["value"].as_f64().unwrap() * 100.0
    );
    assert!(said.contains(&named), "{named}: {said}");
    assert_eq!(value["confusion"].as_array().unwrap().len(), 6);
}

#[test]
fn a_library_is_made_listed_checked_and_attacked() {
    let place = tempfile::tempdir().unwrap();
    let library = place.path().join("sounds").display().to_string();
    let made = run(&["sounds", "synthetic", &library]);
    assert_eq!((made.code, &*made.err), (Some(0), ""));
    assert!(
        flat(&made.out).contains("typing 8 files of 8 recordings"),
        "{}",
        made.out
    );
    assert_eq!(run(&["sounds", "list", &library]).out, made.out);
    let german = run(&["sounds", "check", &library, "--lang", "de"]);
    assert!(
        german.out.contains("Alle Dateien sind lesbar"),
        "{}",
        german.out
    );
    // A library in its form is also a folder of labelled folders.
    let copy = place.path().join("copy").display().to_string();
    let origin = [
        "--licence",
        "MIT",
        "--origin",
        "generated",
        "--recording",
        "file",
    ];
    let import = ["sounds", "import", &library, &copy, "--strokes", "typing"];
    let copied = run(&[&import[..], &origin[..]].concat());
    assert_eq!((copied.code, &*copied.err), (Some(0), ""));
    let simulate = [
        "attack",
        "simulate",
        "--every",
        "1",
        "--window",
        "20",
        "--sittings",
        "2",
    ];
    let said = run(&[&simulate[..], &["--sounds", &copy, "--lang", "de"]].concat());
    assert_eq!((said.code, &*said.err), (Some(0), ""));
    assert!(
        flat(&said.out).contains("nannte ein Angreifer die Tätigkeit"),
        "{}",
        said.out
    );
    // Its list says no longer that it is synthetic: that rests on whoever imported it.
    assert!(!said.out.contains("KÜNSTLICH"));
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let place = tempfile::tempdir().unwrap();
    let nothing = place.path().display().to_string();
    let cases: [(&[&str], &str); 9] = [
        (&["attack", "bundle", &nothing], ""),
        (
            &["attack", "simulate", "--every", "0"],
            "--every 0: it goes from 0.02",
        ),
        (
            &["attack", "simulate", "--window", "-1"],
            "unexpected argument",
        ),
        (
            &["attack", "simulate", "--statistic", "median"],
            "there is no statistic `median`",
        ),
        (
            &["attack", "simulate", "--sounds", &nothing],
            "there is no sounds.toml",
        ),
        (
            &["audit", "specimen-listener", "--sounds", &nothing],
            "there is no sounds.toml",
        ),
        (&["sounds", "list", &nothing], "there is no sounds.toml"),
        (
            &["sounds", "synthetic", &nothing],
            "a library is written into a folder of its own",
        ),
        (
            &["sounds", "import-esc", &nothing, "/nowhere/x"],
            "no sounds in it",
        ),
    ];
    for (typed, expected) in cases {
        let said = run(typed);
        assert_eq!(said.code, Some(3), "{typed:?}");
        assert!(said.err.contains(expected), "{typed:?}: {}", said.err);
        if !expected.starts_with("unexpected") {
            assert_eq!(said.err.lines().count(), 1, "{}", said.err);
        }
    }
}

/// A second of a tone, 16 bits at 16 kHz.
fn wav(path: &std::path::Path, hz: f64) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let samples = (0..16_000).map(|i| (f64::from(i) * hz / 2_546.0).sin() * 9_000.0);
    let data: Vec<u8> = samples.flat_map(|s| (s as i16).to_le_bytes()).collect();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    std::fs::write(path, bytes).unwrap();
}

/// Whoever is given a library that nothing can be learnt from says why, in one line, before anything is
/// played or simulated.
#[test]
fn a_library_that_is_no_good_is_refused_in_one_line() {
    type Break = fn(&std::path::Path);
    let cases: [(&str, Break, &str); 6] = [
        (
            "one source",
            |p| std::fs::remove_file(p.join("b/2-A.wav")).unwrap(),
            "class `b` has 1 source",
        ),
        (
            "text",
            |p| std::fs::write(p.join("b/2-A.wav"), "text").unwrap(),
            "no sound can be read from it",
        ),
        (
            "empty",
            |p| std::fs::write(p.join("b/2-A.wav"), "").unwrap(),
            "no sound can be read from it",
        ),
        (
            "one file in two folders",
            |p| {
                std::fs::copy(p.join("b/2-A.wav"), p.join("a/9-A.wav")).unwrap();
            },
            "are the same file with different labels",
        ),
        (
            "one folder",
            |p| std::fs::remove_dir_all(p.join("b")).unwrap(),
            "only the class `a`",
        ),
        (
            "three folders",
            |p| {
                wav(&p.join("c/5-A.wav"), 700.0);
                wav(&p.join("c/6-A.wav"), 800.0);
            },
            "an even number of labels from 4 to 32",
        ),
    ];
    for (name, damage, expected) in cases {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("in");
        for (i, file) in ["a/3-A.wav", "a/4-A.wav", "b/1-A.wav", "b/2-A.wav"]
            .iter()
            .enumerate()
        {
            wav(&folder.join(file), 300.0 + 100.0 * i as f64);
        }
        damage(&folder);
        let (from, to) = (
            folder.display().to_string(),
            place.path().join("lib").display().to_string(),
        );
        let import = [
            "sounds",
            "import",
            &from,
            &to,
            "--licence",
            "MIT",
            "--origin",
            "made",
        ];
        assert_eq!(run(&import).code, Some(0), "{name}");
        let out = place.path().join("out").display().to_string();
        let audit = [
            "audit",
            "specimen-listener",
            "--profile",
            "activities",
            "--sounds",
            &to,
            "--out",
            &out,
        ];
        let simulate = [
            "attack", "simulate", "--every", "1", "--window", "10", "--sounds", &to,
        ];
        // Whether a file can be decoded is seen where it is played.
        let typed: &[&[&str]] = match name {
            "text" | "empty" => &[&simulate],
            "three folders" => &[&audit],
            _ => &[&simulate, &audit],
        };
        for typed in typed {
            let said = run(typed);
            assert_eq!(said.code, Some(3), "{name}: {typed:?}");
            assert!(said.err.contains(expected), "{name}: {}", said.err);
            assert_eq!(said.err.lines().count(), 1, "{name}: {}", said.err);
        }
        assert!(!std::path::Path::new(&out).exists(), "{name}");
    }
}

/// Writes a made-up session down as a bundle.
fn written(recording: simulate::Recording, path: &std::path::Path) {
    let mut writer = bundle::Writer::create(path, &recording.manifest, &recording.seed).unwrap();
    let mut capture = writer.capture_file("eth0", 65_535, "test").unwrap();
    let wall = recording.records.iter().find_map(|r| match r.body {
        Body::ClockPair { realtime_ns, .. } => Some(realtime_ns - r.t.0),
        _ => None,
    });
    for (t, frame) in &recording.packets {
        capture
            .packet(t.0 + wall.unwrap(), frame.len() as u32, frame)
            .unwrap();
    }
    capture.flush().unwrap();
    for record in recording.records {
        writer.push(record.t, record.source, record.body).unwrap();
    }
    writer.seal().unwrap();
}

/// A session with activities is judged, and what an attacker makes of it stands below, in every format;
/// twice the same bytes. What an honest app sent is guessed at, and what a report of the level would have
/// given stands beside it.
#[test]
fn below_a_verdict_stands_what_an_attacker_named() {
    for (number, sends, named) in [(71, Sends::Level, true), (72, Sends::KeepAlive, false)] {
        let dir = tempfile::tempdir().unwrap();
        let recording = scene(number)
            .blocks(30, 60)
            .activities(60)
            .muted(sends, Microphone::Running)
            .record();
        let path = dir.path().join("bundle");
        written(recording, &path);
        let path = path.display().to_string();
        let said = run(&["analyze", &path]);
        let text = flat(&said.out);
        assert!(text.contains("an attacker named the activity"), "{text}");
        let above = text.contains("Even the lower end is above chance");
        assert_eq!(above, named, "{text}");
        let html = run(&["report", &path, "--format", "html", "--lang", "de"]);
        assert!(html.out.contains("nannte ein Angreifer die Tätigkeit"));
        assert!(html.out.contains("<figure class=\"confusion\">"));
        let json = run(&["report", &path, "--format", "json"]);
        assert_eq!(json.out, run(&["report", &path, "--format", "json"]).out);
        let value: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        let attack = &value["attack"];
        let low = attack["accuracy"]["low"].as_f64().unwrap();
        assert_eq!((low > 0.25, &attack["windows"]), (named, &60.into()));
        // Four generators, each at a level of its own.
        let study = attack["study_kind"]["accuracy"]["low"].as_f64().unwrap();
        assert!(study > 0.9, "{}", attack["study_kind"]);
    }
}

/// A session that was ended before its activities says so, and has no figure.
#[test]
fn a_session_without_enough_of_them_says_why_there_is_no_figure() {
    let dir = tempfile::tempdir().unwrap();
    let recording = scene(73)
        .blocks(30, 60)
        .activities(60)
        .decided_after(50)
        .muted(Sends::Level, Microphone::Running)
        .record();
    let path = dir.path().join("bundle");
    written(recording, &path);
    let said = run(&["analyze", &path.display().to_string()]);
    assert!(
        flat(&said.out).contains("There is no figure: the session ended before"),
        "{}",
        said.out
    );
}
