//! What a report says of a capture that was taken elsewhere: nothing of what only a stage could know.

use std::fs;
use std::path::{Path, PathBuf};

use analysis::judged;
use import::{CaptureOptions, Drift, Options, Schedule};
use record::{Body, Player, Source};
use report::Lang;
use simulate::{Microphone, Recording, Scene, Sends, scene};

/// Imports a scene as a capture with the schedule that a loudspeaker's side of it would have, and gives its
/// report as text.
fn text(scene: Scene, lang: Lang) -> String {
    let dir = tempfile::tempdir().unwrap();
    let Recording {
        seed,
        manifest,
        records,
        packets,
    } = scene.record();
    let wall = records.iter().find_map(|r| match r.body {
        Body::ClockPair { realtime_ns, .. } => Some(realtime_ns - r.t.0),
        _ => None,
    });
    let wall = wall.unwrap();
    let device_side = [
        Source::Sham,
        Source::Peer,
        Source::Streams,
        Source::Packets,
        Source::Plaintext,
    ];
    let here = records.into_iter();
    let here = here.filter(|r| !device_side.contains(&r.source) && !of_sham(&r.body));
    let schedule = dir.path().join("schedule.json");
    Schedule::new(manifest, here.collect())
        .write(&schedule, &seed)
        .unwrap();
    let capture = dir.path().join("capture.pcap");
    fs::write(
        &capture,
        pcap(packets.iter().map(|(t, f)| (t.0 + wall, &f[..]))),
    )
    .unwrap();
    let name = |name: &str| dir.path().join(name);
    said(&capture, &schedule, &name("out"), 15, lang)
}

/// Beside a device there is one player.
fn of_sham(body: &Body) -> bool {
    let player = match body {
        Body::PhaseBegin { player, .. }
        | Body::PhaseEnd { player, .. }
        | Body::Played { player, .. } => *player,
        _ => return false,
    };
    player == Player::Sham
}

fn said(capture: &Path, schedule: &Path, out: &Path, search_s: u32, lang: Lang) -> String {
    let of = CaptureOptions {
        captures: vec![capture.to_owned()],
        keylog: None,
        device: Vec::new(),
        domains: Vec::new(),
        search_s,
        drift: Drift::Known(0.0),
    };
    let options = Options {
        schedule: schedule.to_owned(),
        out: out.to_owned(),
        ..Options::default()
    };
    import::capture(&of, &options).unwrap();
    let judged = judged(out, false).unwrap();
    let format = report::format("text").unwrap();
    let bytes = judged
        .render(format, lang, report::Maker::default())
        .unwrap();
    // Lines are broken to fit a terminal.
    let text = String::from_utf8(bytes).unwrap();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn pcap<'f>(packets: impl Iterator<Item = (u64, &'f [u8])>) -> Vec<u8> {
    let head = [0xA1B2_C3D4u32, 0x0004_0002, 0, 0, 65_535, 1];
    let mut out = head.map(u32::to_le_bytes).concat();
    for (t, frame) in packets {
        let len = frame.len() as u32;
        let (s, us) = ((t / 1_000_000_000) as u32, (t / 1_000 % 1_000_000) as u32);
        out.extend([s, us, len, len].map(u32::to_le_bytes).concat());
        out.extend_from_slice(frame);
    }
    out
}

fn running(seed: u64, sends: Sends) -> Scene {
    scene(seed).muted(sends, Microphone::Running)
}

#[test]
fn nothing_is_said_of_a_stage_that_was_not_there() {
    let english = text(running(50, Sends::KeepAlive), Lang::En);
    let german = text(running(50, Sends::KeepAlive), Lang::De);
    for (text, words) in [
        (
            &english,
            ["stage", "Sham", "sound the app cannot hear", "harness"],
        ),
        (
            &german,
            ["Prüfbühne", "Gegenprobe", "unhörbar", "Tonserver"],
        ),
    ] {
        for word in words {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
    assert!(english.contains("No door to the microphone was watched"));
}

/// What the control needed is what stands beside its evidence, all offsets that were tried counted in.
#[test]
fn needed_is_what_was_needed() {
    let text = text(
        running(51, Sends::KeepAlive).unmuted(Sends::Constant),
        Lang::En,
    );
    let needed = |before: &str| {
        let (_, behind) = text
            .split_once(before)
            .unwrap_or_else(|| panic!("{before}: {text}"));
        let (_, needed) = behind.split_once("needed ").unwrap();
        let until = |c: char| c == ')' || c == '–' || c == 'M';
        needed.split(until).next().unwrap().trim().to_owned()
    };
    let reason = needed("Even unmuted");
    assert_eq!(reason, needed("in what left alone"));
    assert_ne!(reason, "W\u{a0}=\u{a0}1000");
}

#[test]
fn a_device_that_sent_nothing_is_not_one_that_could_be_read() {
    let text = text(running(52, Sends::Nothing), Lang::En);
    assert!(
        text.contains("no IP packet of it was seen to leave"),
        "{text}"
    );
    assert!(text.contains("No IP packet was seen to leave while muted"));
    for wrong in [" 0 bytes", "could be read", "readable"] {
        assert!(!text.contains(wrong), "{wrong}: {text}");
    }
}

#[test]
fn that_all_was_read_is_said_of_what_was_looked_at() {
    let json = running(53, Sends::Json { leaks: false }).unmuted(Sends::Level);
    let text = text(json, Lang::En);
    assert!(text.contains("The contents of all packets"), "{text}");
    assert!(!text.contains("All outgoing bytes"), "{text}");
}

/// Constant packets beside what an audit heard at the peer, where that capture is.
#[test]
fn a_recorded_case_answers_for_the_participants() {
    let cases =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/cases/verdict");
    let (capture, schedule) = (
        cases.join("constant-srtp.pcap"),
        cases.join("mumble-schedule.json"),
    );
    if !capture.is_file() {
        println!("skipped: {} is not here", capture.display());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let text = said(&capture, &schedule, &dir.path().join("out"), 0, Lang::En);
    assert!(text.contains("Other participants Nothing found"), "{text}");
    assert!(text.contains("in what the other participants would have heard, nothing was found"));
    // The reason and the line of the evidence tell one number.
    let text = text.replace('\u{a0}', " ");
    let number = |before: &str| {
        let (_, behind) = text
            .split_once(before)
            .unwrap_or_else(|| panic!("{before}: {text}"));
        behind.split([',', ' ']).next().unwrap().to_owned()
    };
    assert_eq!(number("evidence W = "), number("in what left alone W = "));
}
