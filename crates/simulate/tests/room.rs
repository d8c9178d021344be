//! This machine's own microphone, which listens along beside a device.

use record::{Body, MonotonicNs, Phase, Record, Source};
use simulate::{Microphone, Recording, Sends, scene};
use verdict::{Judgement, Note, Options, Reason, Sealed, Verdict, judge};

/// Noise of a quiet room, dBFS.
const NOISE_DBFS: f32 = -60.0;

/// A session in which the room hears what is played so much later, weaker by so much, in each phase.
fn heard(late_ns: i64, weaker_db: [f32; 2]) -> Judgement {
    let recording = scene(5).muted(Sends::Drift, Microphone::Running).record();
    let Recording {
        manifest,
        mut records,
        seed,
        ..
    } = recording.clone();
    let muted = records.iter().find_map(|r| match r.body {
        Body::PhaseBegin {
            phase: Phase::Muted,
            ..
        } => Some(r.t),
        _ => None,
    });
    let muted = muted.unwrap();
    let room = |record: &Record| match &record.body {
        Body::Levels {
            hop_ns, rms_dbfs, ..
        } if record.source == Source::Mic => {
            let at = |i: usize| MonotonicNs(record.t.0 + i as u64 * hop_ns);
            let weaker = |i: usize| weaker_db[usize::from(at(i) >= muted)];
            let levels = rms_dbfs.iter().enumerate();
            let levels = levels.map(|(i, level)| (level - weaker(i)).max(NOISE_DBFS));
            Some(Record {
                t: record.t.offset(late_ns),
                source: Source::Room,
                seq: 0,
                body: Body::Levels {
                    hop_ns: *hop_ns,
                    rms_dbfs: levels.collect(),
                    peak_dbfs: 0.0,
                },
            })
        }
        _ => None,
    };
    let room: Vec<Record> = records.iter().filter_map(room).collect();
    records.extend(room);
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &manifest,
        records: &records,
        packets: &packets,
        keys: None,
    };
    judge(&session, &seed, Sealed::Unchanged, &Options::default())
}

fn noted(judgement: &Judgement) -> Option<&Note> {
    let is = |note: &&Note| matches!(note, Note::RoomHeard { .. } | Note::RoomDeaf { .. });
    judgement.notes.iter().find(is)
}

#[test]
fn what_the_room_heard_stands_beside_the_verdict_with_its_delay() {
    for (late, is_late_wanted) in [(60_000_000, false), (400_000_000, true)] {
        let judgement = heard(late, [20.0, 20.0]);
        let Some(Note::RoomHeard {
            apart_db,
            late_ms,
            is_late,
            blocks,
            of,
        }) = noted(&judgement)
        else {
            panic!("{:?}", judgement.notes)
        };
        println!("{apart_db:.0} dB, {late_ms} ms, {blocks} of {of}");
        assert!((late_ms - late as f64 / 1e6).abs() <= 40.0, "{late_ms}");
        assert_eq!((*is_late, blocks), (is_late_wanted, of));
        assert!(!matches!(judgement.verdict, Verdict::Inconclusive { .. }));
    }
}

#[test]
fn a_loudspeaker_that_is_turned_down_behind_the_control_clears_nobody() {
    let judgement = heard(60_000_000, [20.0, 90.0]);
    let Verdict::Inconclusive { reasons } = &judgement.verdict else {
        panic!("{:?}", judgement.verdict)
    };
    assert_eq!(
        reasons[..],
        [Reason::RoomSilent { blocks: 60, of: 60 }],
        "{reasons:?}"
    );
}

/// One that hears nothing from the beginning says nothing, neither for nor against.
#[test]
fn a_microphone_that_hears_nothing_says_so() {
    let judgement = heard(60_000_000, [90.0, 90.0]);
    assert!(matches!(noted(&judgement), Some(Note::RoomDeaf { .. })));
    assert!(!matches!(judgement.verdict, Verdict::Inconclusive { .. }));
}
