//! What a report says of a capture that was taken elsewhere: nothing of what only a stage could know.

use std::fs;
use std::path::{Path, PathBuf};

use analysis::judged;
use import::{CaptureOptions, Drift, Options, Schedule};
use record::{Body, MonotonicNs, Phase, Player, Record, Source};
use report::Lang;
use simulate::{Microphone, Recording, Scene, Sends, scene};

/// Imports a scene as a capture with the schedule that a loudspeaker's side of it would have, and gives its
/// report as text.
fn text(scene: Scene, lang: Lang) -> String {
    text_with(scene, lang, |_| None)
}

/// Likewise, with a log of the microphone: made by when the muted part begins, in seconds since 1970.
fn text_with(scene: Scene, lang: Lang, log: impl Fn(u64) -> Option<String>) -> String {
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
    let muted = records.iter().find_map(|r| match r.body {
        Body::PhaseBegin {
            player: Player::Mic,
            phase: Phase::Muted,
            ..
        } => Some(r.t.0),
        _ => None,
    });
    let device_side = [
        Source::Sham,
        Source::Peer,
        Source::Streams,
        Source::Packets,
        Source::Plaintext,
    ];
    let here = records.into_iter();
    let here = here.filter(|r| !device_side.contains(&r.source) && !of_sham(&r.body));
    // As `play` writes it.
    let beside = [Source::Sham, Source::Peer, Source::Streams].map(|source| Record {
        t: MonotonicNs(0),
        source,
        seq: 0,
        body: Body::Unavailable {
            why: "not on the device's side of the room".to_owned(),
        },
    });
    let here = beside.into_iter().chain(here);
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
    let log = log((muted.unwrap() + wall) / 1_000_000_000).map(|text| {
        fs::write(name("log.txt"), text).unwrap();
        name("log.txt")
    });
    said(&capture, &schedule, &name("out"), 15, lang, log)
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

fn said(
    capture: &Path,
    schedule: &Path,
    out: &Path,
    search_s: u32,
    lang: Lang,
    log: Option<PathBuf>,
) -> String {
    let of = CaptureOptions {
        captures: vec![capture.to_owned()],
        keylog: None,
        device: Vec::new(),
        domains: Vec::new(),
        search_s,
        drift: Drift::Known(0.0),
        here: None,
    };
    let options = Options {
        schedule: schedule.to_owned(),
        out: out.to_owned(),
        mic_logs: log.into_iter().collect(),
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
            &[
                "stage",
                "Sham",
                "sound the app cannot hear",
                "harness",
                "recorder",
                "side of the room",
            ][..],
        ),
        (
            &german,
            &[
                "Prüfbühne",
                "Gegenprobe",
                "unhörbar",
                "Tonserver",
                "Aufnahme bei der",
                "Aufnahmeströme",
                "side of the room",
            ],
        ),
    ] {
        for word in words {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
    assert!(english.contains("No door to the microphone was watched"));
}

/// Bytes of a constant rate say nothing of the clock, and the sound in them does.
#[test]
fn plain_sound_of_a_constant_rate_is_found() {
    let pcmu = running(54, Sends::Pcmu).unmuted(Sends::Pcmu);
    let text = text(pcmu, Lang::En);
    assert!(
        text.contains("Sending [x] follows the microphone"),
        "{text}"
    );
}

/// What `dumpsys audio` prints (Android 14's form), with an app that had the microphone over these minutes of the
/// log's own clock, which is `east_h` hours ahead.
fn dumpsys(muted_s: u64, east_h: i64, minutes: [i64; 2], days: i64) -> String {
    let at = |minute: i64| {
        let s = muted_s as i64 + minute * 60 + east_h * 3_600 - days * 86_400;
        jiff::Timestamp::from_second(s).unwrap()
    };
    let line = |minute: i64, what: &str| {
        let at = at(minute).strftime("%m-%d %H:%M:%S:000");
        format!(
            "{at} rec {what} riid:63 uid:10116 session:877 src:VOICE_COMMUNICATION not silenced \
             pack:org.example.call\n"
        )
    };
    let [from, to] = minutes;
    format!(
        "RecordActivityMonitor dump time: {}\n\n\nEvents log: recording activity received by AudioService\n{}{}",
        at(to + 1).strftime("%H:%M:%S"),
        line(from, "start"),
        line(to, "stop"),
    )
}

/// A log says something of the time that it reaches to, and nothing of any other.
#[test]
fn a_log_that_does_not_reach_to_the_muted_time_clears_nobody() {
    let text = |east_h: i64, days: i64| {
        let log = move |muted_s| Some(dumpsys(muted_s, east_h, [-3, 6], days));
        text_with(running(55, Sends::KeepAlive), Lang::En, log)
    };
    let had = "says that org.example.call had the microphone";
    let reaches_not = "does not reach to the muted time";
    let (same, two_hours, other_day) = (text(0, 0), text(2, 0), text(0, 2));
    assert!(same.contains(had), "{same}");
    assert!(!same.contains(reaches_not), "{same}");
    assert!(
        two_hours.contains("With --utc-offset +02:00 it would reach"),
        "{two_hours}"
    );
    for text in [two_hours, other_day] {
        assert!(text.contains(reaches_not), "{text}");
        assert!(
            !text.contains(had) && !text.contains("names no app"),
            "{text}"
        );
    }
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
    let out = dir.path().join("out");
    let text = said(&capture, &schedule, &out, 0, Lang::En, None);
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
