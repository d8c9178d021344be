//! Fields of clear-text messages: the one that leaks is named, honest ones are not accused, and
//! what could not be read is counted.

use record::{Body, Bytes, Guided, Record, Requested, Source};
use simulate::{Microphone, Recording, Scene, Sends, scene};
use verdict::{ClearText, Judgement, Note, Options, Scope, Sealed, Verdict, judge};

fn judged(scene: Scene) -> Judgement {
    judged_of(&scene.record())
}

fn judged_of(recording: &Recording) -> Judgement {
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    judge(
        &session,
        &recording.seed,
        Sealed::Unchanged,
        &Options::default(),
    )
}

/// Paths that e-BH named.
fn named(judgement: &Judgement) -> Vec<&str> {
    let named = judgement.findings.iter().filter(|f| f.named);
    named.map(|f| &f.series[..]).collect()
}

fn says_clear(judgement: &Judgement, clear: ClearText) -> bool {
    let is = |note: &Note| matches!(note, Note::ClearText { what, .. } if *what == clear);
    judgement.notes.iter().any(is)
}

#[test]
fn the_leaking_field_is_named_and_no_other() {
    for (sends, clear, path) in [
        (
            Sends::Json { leaks: true },
            ClearText::Data,
            "udp 10.77.0.1:5004 $.levels.meanGain",
        ),
        (
            Sends::Http { leaks: true },
            ClearText::Http,
            "POST metrics.example/v1/metrics $.levels.meanGain",
        ),
    ] {
        for seed in 40..44 {
            let judgement = judged(scene(seed).muted(sends, Microphone::Running));
            println!(
                "{sends:?} {seed}: W 1e{:.1} after {:?} s of {} series, {:?}",
                judgement.muted.log10_w_max,
                judgement.muted.crossed_after_s,
                judgement.muted.series,
                named(&judgement)
            );
            assert!(
                matches!(judgement.verdict, Verdict::Leaks { .. }),
                "{:?}",
                judgement.verdict
            );
            let named = named(&judgement);
            assert!(named.contains(&path), "{named:?}");
            assert!(named.iter().all(|name| name.starts_with(path)), "{named:?}");
            assert!(says_clear(&judgement, clear));
        }
    }
}

#[test]
fn a_level_in_a_header_extension_is_named() {
    let sends = Sends::LevelHeader;
    let judgement = judged(scene(50).unmuted(sends).muted(sends, Microphone::Running));
    let named = named(&judgement);
    let path = "udp 10.77.0.1:5004 rtp extension 1 ";
    assert!(
        named.contains(&&*format!("{path}level (mean)")),
        "{named:?}"
    );
    assert!(named.iter().all(|name| name.starts_with(path)), "{named:?}");
    assert!(!says_clear(&judgement, ClearText::Sound));
    // 50 packets a second with 120 encrypted bytes; the header and its extension were read.
    let expected = 50.0 * 60.0 * 120.0;
    let opaque = judgement.opaque_bytes_per_min;
    assert!((opaque / expected - 1.0).abs() < 0.01, "{opaque}");
}

#[test]
fn an_app_all_of_whose_bytes_were_read_passes() {
    for sends in [Sends::Json { leaks: false }, Sends::Http { leaks: false }] {
        let judgement = judged(scene(60).blocks(45, 150).muted(sends, Microphone::Running));
        let passes = Verdict::NoLeakSeen {
            scope: Scope::Plaintext,
        };
        assert_eq!(
            (judgement.verdict, judgement.opaque_bytes_per_min),
            (passes, 0.0)
        );
    }
}

/// Keep-alives of 40 encrypted bytes a second cannot be read: never cleared by them.
#[test]
fn encrypted_bytes_stay_opaque() {
    let judgement = judged(scene(61).muted(Sends::KeepAlive, Microphone::Running));
    let Verdict::PartlySeen {
        opaque_bytes_per_min,
    } = judgement.verdict
    else {
        panic!("{:?}", judgement.verdict);
    };
    assert!(
        (opaque_bytes_per_min / 2_400.0 - 1.0).abs() < 0.05,
        "{opaque_bytes_per_min}"
    );
    assert!(
        !judgement
            .notes
            .iter()
            .any(|n| matches!(n, Note::ClearText { .. }))
    );
}

#[test]
fn plain_sound_is_read() {
    let sends = Sends::Pcmu;
    let judgement = judged(scene(62).unmuted(sends).muted(sends, Microphone::Running));
    assert!(matches!(judgement.verdict, Verdict::Leaks { .. }));
    assert!(says_clear(&judgement, ClearText::Sound));
    assert_eq!(judgement.opaque_bytes_per_min, 0.0);
}

#[test]
fn honest_fields_are_accused_at_most_as_declared() {
    const ALPHA: f64 = 0.05;
    const REPS: u64 = 20;
    let mut leaks = 0;
    for seed in 0..REPS {
        for sends in [Sends::Json { leaks: false }, Sends::Http { leaks: false }] {
            let scene = scene(3_000 + seed).blocks(40, 40).alpha(ALPHA);
            let judgement = judged(scene.muted(sends, Microphone::Running));
            match judgement.verdict {
                Verdict::Leaks { .. } => leaks += 1,
                // Too short to clear anybody, and all of it was read.
                Verdict::PartlySeen {
                    opaque_bytes_per_min: 0.0,
                } => {}
                other => panic!("seed {seed}, {sends:?}: {other:?}"),
            }
        }
    }
    let n = 2.0 * REPS as f64;
    let limit = n * ALPHA + 2.33 * (n * ALPHA * (1.0 - ALPHA)).sqrt() + 0.5;
    println!("{leaks} of {n} accused at {ALPHA}, 99 % limit {limit:.1}");
    assert!(f64::from(leaks) <= limit, "{leaks}");
}

/// The same app behind TLS, with a proxy between it and its server that tells of each request.
fn intercepted(recording: &mut Recording) {
    recording.manifest.guided = Some(Guided {
        status: None,
        outside: None,
        domains: Vec::new(),
    });
    for (t, frame) in &mut recording.packets {
        let Some(at) = frame.windows(5).position(|bytes| bytes == b"POST ") else {
            continue;
        };
        let text = String::from_utf8(frame[at..].to_vec()).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let Ok(datagram) = wire::datagram(frame) else {
            panic!("no packet: {text}")
        };
        let requested = Requested {
            local: datagram.src.to_string(),
            remote: datagram.dst.to_string(),
            tls: Some(0x0304),
            method: "POST".into(),
            scheme: "https".into(),
            host: "metrics.example".into(),
            path_and_query: head.split(' ').nth(1).unwrap().into(),
            headers: Vec::new(),
            bytes: body.len() as u64,
            data: Bytes(body.as_bytes().to_vec()),
        };
        recording.records.push(Record {
            t: *t,
            source: Source::Sink,
            seq: 0,
            body: Body::Requested(Box::new(requested)),
        });
        let sealed = frame.len() - at - 5;
        let noise = (0..sealed).map(|i| (i * i * 77 + (t.0 / 1_000) as usize) as u8);
        let head = [23, 3, 3, (sealed >> 8) as u8, sealed as u8];
        frame.splice(at.., head.into_iter().chain(noise));
    }
    recording.records.sort_by_key(|record| record.t);
}

#[test]
fn a_field_that_a_proxy_told_leaks_and_is_named() {
    for leaks in [true, false] {
        let sends = Sends::Http { leaks };
        let mut recording = scene(44).muted(sends, Microphone::Running).record();
        intercepted(&mut recording);
        let judgement = judged_of(&recording);
        // Its last value in a block, and its mean.
        let path = "POST metrics.example/v1/metrics $.levels.meanGain";
        let is_told = |name: &str| name.starts_with(path) && name.ends_with("(by the proxy)");
        let told = |note: &Note| matches!(note, Note::Intercepted { requests, refused: 0 } if *requests > 60);
        assert!(judgement.notes.iter().any(told), "{:?}", judgement.notes);
        // The proxy is believed in what it told, and not in that it told all.
        assert!(judgement.opaque_bytes_per_min > 0.0);
        match leaks {
            true => {
                assert!(matches!(judgement.verdict, Verdict::Leaks { .. }));
                let named = named(&judgement);
                assert!(
                    !named.is_empty() && named.iter().all(|name| is_told(name)),
                    "{named:?}"
                );
            }
            false => assert!(
                matches!(judgement.verdict, Verdict::PartlySeen { .. }),
                "{:?}",
                judgement.verdict
            ),
        }
    }
}
