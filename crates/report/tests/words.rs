//! Every variant has words in every language.

mod common;

use std::collections::BTreeSet;
use std::path::Path;

use common::*;
use record::{Code, Failure, Phase, Source};
use report::{FORMATS, Lang, Render};
use verdict::*;

fn reasons() -> Vec<Reason> {
    let mut all = vec![
        Reason::ControlSilent {
            evidence: 0.0,
            needed: 1_000.0,
        },
        Reason::ShamFires { evidence: 2_000.0 },
        Reason::MuteNotConfirmed { blocks: 3, of: 60 },
        Reason::SoundNotHeard {
            loud_dbfs: -60.0,
            quiet_dbfs: -60.0,
        },
        Reason::EdgesDiffer { by_ms: 31.0 },
        Reason::RoomSilent { blocks: 40, of: 60 },
        Reason::LossFollowsSound { evidence: 2_000.0 },
        Reason::LostBlocks { blocks: 1, of: 9 },
        Reason::PacketsNotWatched,
        Reason::TooLittleSeen { blocks: 3, of: 60 },
        Reason::ClockStep { by_ms: 5.0 },
        Reason::NotSealed,
        Reason::NumbersNotKept {
            codes: vec![record::Code::Fast, record::Code::Slow],
        },
        Reason::SeedDiffers,
        Reason::RedrawsAccused {
            accused: 40,
            of: 1_000,
        },
        Reason::NothingDetectable { tries: 200 },
        Reason::PlaintextRequired {
            opaque_bytes_per_min: 9.0,
        },
    ];
    for phase in [Phase::Control, Phase::Muted] {
        all.push(Reason::EdgesOff {
            phase,
            worst_ms: 140.0,
        });
        all.push(Reason::TooFewBlocks { phase, blocks: 4 });
    }
    for failure in [
        Failure::Missing,
        Failure::Stage,
        Failure::NotJoined,
        Failure::NotMuted,
        Failure::AppEnded,
        Failure::SoundEnded,
        Failure::Disk,
        Failure::Stopped,
        Failure::Unknown,
    ] {
        all.push(Reason::RunFailed {
            failure,
            why: "why".into(),
        });
    }
    all
}

fn notes() -> Vec<Note> {
    let clear = |what| Note::ClearText {
        at: "tcp 10.77.0.1:80".into(),
        what,
    };
    let refused = |why| Note::MuteRefused {
        service: "org.example.Calls".into(),
        method: "org.example.Calls.Mute".into(),
        why,
    };
    let mut all = vec![
        Note::ShamHigh { evidence: 50.0 },
        refused(None),
        refused(Some("error".into())),
        Note::MuteDelegated {
            service: "org.example.Calls".into(),
            method: "org.example.Calls.Mute".into(),
        },
        Note::MutedAtServer { what: "mic".into() },
        Note::WordsDiffer {
            muted: "app: name of button".into(),
            muted_said: "Unmute".into(),
            unmuted: "app: name of label".into(),
            unmuted_said: "Microphone is on".into(),
        },
        Note::StillOpen,
        Note::ReadsNotTraced,
        Note::ShortRun { seconds: 60.0 },
        Note::Listens {
            at: "tcp 0.0.0.0:1".into(),
            command: None,
        },
        Note::Listens {
            at: "tcp 0.0.0.0:1".into(),
            command: Some("app".into()),
        },
        clear(ClearText::Http),
        clear(ClearText::Sound),
        clear(ClearText::Data),
        Note::SameAgain {
            at: "udp 10.77.0.1:1".into(),
            share: 1.0,
            unmuted: 0.0,
        },
        Note::NotReadWhole {
            messages: 1,
            values: 2,
        },
        Note::Intercepted {
            requests: 40,
            refused: 2,
        },
        Note::NoPackets { frames: 3 },
        Note::FieldNotIsolated,
        Note::ControlByPeerOnly,
        Note::LogCut { bytes: 5 },
        Note::PacketsCut { bytes: 5 },
        Note::NotControlled {
            codes: vec![
                Code::Fast,
                Code::Medium,
                Code::Slow,
                Code::Content,
                Code::ActivityPair,
                Code::ActivityOne,
                Code::Transition,
                Code::Unknown,
            ],
        },
        Note::HidesFromIndicator {
            application: "App".into(),
            claim: "application.id=org.gnome.VolumeControl".into(),
        },
        Note::ControlByEncoderOnly,
        Note::EncoderFollows { evidence: 1e9 },
        Note::WindowFollows {
            evidence: 1e9,
            shows: Some("You are muted".into()),
        },
        Note::WindowFollows {
            evidence: 1e9,
            shows: None,
        },
        Note::EncoderQuiet,
        Note::NotAligned,
        Note::RoomDeaf { apart_db: 2.0 },
        Note::OnlyAroundMute,
        Note::TransitionsNotTested,
        Note::Redacted,
        Note::PacketsOnly,
        Note::BlindFields {
            fields: vec!["$.gain".into(), "$.state".into()],
            of: 2,
            every_s: 60.0,
            needs_s: 3_000.0,
        },
        Note::LeftAfterwards { bytes: 1_200 },
        Note::FineTimingNotTested,
        Note::ClockNotFound { tried: 2_401 },
        Note::NumbersNotKept {
            codes: vec![record::Code::Fast],
        },
        Note::Elsewhere { addresses: vec![] },
        Note::Elsewhere {
            addresses: vec!["10.0.0.5".into(), "fe80::5".into()],
        },
        Note::TableOnly { rows: 700 },
        Note::Accessed {
            log: "log".into(),
            app: "org.example".into(),
            seconds: Some(170.0),
            of_seconds: 180.0,
        },
        Note::Accessed {
            log: "log".into(),
            app: "org.example".into(),
            seconds: None,
            of_seconds: 180.0,
        },
        Note::NotAccessed { log: "log".into() },
        Note::LogNotOfThatTime {
            log: "log".into(),
            span_ns: Some((1, 2)),
            utc_offset_s: Some(-12_600),
        },
        Note::LogNotOfThatTime {
            log: "log".into(),
            span_ns: None,
            utc_offset_s: None,
        },
        Note::LogUndated { log: "log".into() },
        Note::LogLinesUnread {
            log: "log".into(),
            lines: 3,
            first: 7,
            why: "no time".into(),
        },
        Note::CyclesNotJudged { judged: 30, of: 36 },
        Note::NoCallSeen,
        Note::ReadsDisagree,
        Note::SecondOpinionDiffers,
        Note::StoppedEarly {
            why: "a leak".into(),
        },
        Note::CameraReleased,
        Note::CameraHeld {
            device: "/dev/video0".into(),
            command: "app".into(),
        },
        Note::CameraNotSeen,
        Note::Staged,
    ];
    for source in [
        Source::Stage,
        Source::Player,
        Source::Mic,
        Source::Peer,
        Source::Sham,
        Source::Streams,
        Source::Packets,
        Source::Sockets,
        Source::Mute,
        Source::Person,
        Source::Cameras,
        Source::Bus,
        Source::Names,
        Source::Clock,
        Source::Sink,
        Source::Unknown,
    ] {
        all.push(Note::Lost {
            source,
            lost: None,
            why: "why".into(),
        });
        all.push(Note::Lost {
            source,
            lost: Some(12_345),
            why: "why".into(),
        });
        all.push(Note::NotWatched {
            source,
            why: "why".into(),
        });
    }
    all
}

fn verdicts() -> Vec<Verdict> {
    let kinds = [
        LeakKind::Audio,
        LeakKind::Level,
        LeakKind::VoiceActivity,
        LeakKind::Undetermined,
    ];
    let all_receivers = [
        Receiver::OtherParticipants,
        Receiver::OperatorServer,
        Receiver::ThirdParty,
    ];
    let mut all: Vec<Verdict> = Vec::new();
    for kind in kinds {
        for n in 0..=3 {
            all.push(Verdict::Leaks {
                kind,
                receivers: all_receivers[..n].to_vec(),
                cap_bits_per_min: 60.0,
                at_least_bits_per_min: 0.5,
            });
        }
    }
    for scope in [Scope::NoReads, Scope::Plaintext] {
        all.push(Verdict::NoLeakSeen { scope });
    }
    all.push(Verdict::PartlySeen {
        opaque_bytes_per_min: 1.0,
    });
    all.push(Verdict::Inconclusive { reasons: reasons() });
    all.push(Verdict::NotRun { reasons: reasons() });
    all
}

/// Rendering fails where a message is missing or lacks an argument.
#[test]
fn every_variant_renders_in_every_language_and_format() {
    let manifest = manifest();
    let lamps = [
        MicrophoneStatus::Closed,
        MicrophoneStatus::OpenNotRunning,
        MicrophoneStatus::OpenRunning,
        MicrophoneStatus::Unknown,
    ];
    let sendings = [
        SendingStatus::Follows,
        SendingStatus::NothingFound,
        SendingStatus::Unknown,
    ];
    let answers = [
        Answer::Yes,
        Answer::NothingFound,
        Answer::NothingSent,
        Answer::Unknown,
    ];
    let calls = [
        (CallReadBy::AnyoneOnTheWay, CallEvidence::PlainRtp),
        (CallReadBy::Server, CallEvidence::Dtls),
        (CallReadBy::Participants, CallEvidence::Dtls),
        (CallReadBy::Unknown, CallEvidence::Dtls),
        (CallReadBy::Unknown, CallEvidence::KeysNotSeen),
        (CallReadBy::Unknown, CallEvidence::NoRtp),
    ];
    let tried = all_tried();
    for (i, verdict) in verdicts().into_iter().enumerate() {
        let judgement = Judgement {
            verdict,
            microphone: lamps[i % 4],
            sending: sendings[i % 3],
            hears: Hears {
                other_participants: answers[i % 4],
                operator_server: answers[i / 2 % 4],
                third_parties: answers[i / 4 % 4],
                local_network: (i % 3 > 0).then_some(answers[i % 4]),
            },
            call: Call {
                read_by: calls[i % 6].0,
                because: calls[i % 6].1,
                at: (i % 6 < 5).then(|| "udp 10.77.0.1:5004".to_owned()),
            },
            notes: notes(),
            ..if i % 2 == 0 { leaks() } else { partly_seen() }
        };
        for lang in Lang::ALL {
            for sealed in [true, false] {
                let mut report = report(&manifest, &judgement);
                (report.bundle.sealed, report.maker.disclosure) = (sealed, !sealed);
                report.attack = tried.get(i % (tried.len() + 1));
                report.maker.statement = sealed.then_some("We have changed it.\n\nThank you.");
                report.maker.days = report::Days {
                    sent: sealed.then_some("2026-03-02"),
                    answered: sealed.then_some("2026-03-20"),
                    publication: sealed.then_some("2026-06-01"),
                };
                for format in FORMATS {
                    format
                        .render(&report, lang)
                        .unwrap_or_else(|e| panic!("{e}"));
                }
                report::sentence(&report, lang).unwrap();
                report::disclosure(&report, lang).unwrap();
            }
        }
    }
}

/// What is to be repaired elsewhere is nothing of a stage, and what can be read is not called encrypted.
#[test]
fn reasons_are_told_by_where_it_was_recorded_and_by_what_can_be_read() {
    let manifest = manifest();
    let judgement = |because, elsewhere| Judgement {
        verdict: Verdict::Inconclusive { reasons: reasons() },
        call: Call {
            read_by: CallReadBy::Unknown,
            because,
            at: Some("udp 10.77.0.1:5004".to_owned()),
        },
        ..if elsewhere {
            common::elsewhere()
        } else {
            inconclusive()
        }
    };
    let text = |judgement: &Judgement, lang| {
        let report = report(&manifest, judgement);
        let format = report::format("text").unwrap();
        let text = String::from_utf8(format.render(&report, lang).unwrap()).unwrap();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    for (lang, stage, encrypted) in [
        (
            Lang::En,
            ["recipe's", "virtual microphone"],
            "constant and encrypted",
        ),
        (
            Lang::De,
            ["im Rezept", "virtuelle Mikrofon"],
            "gleichförmig und verschlüsselt",
        ),
    ] {
        for because in [CallEvidence::PlainRtp, CallEvidence::KeysNotSeen] {
            let clear = because == CallEvidence::PlainRtp;
            let [staged, elsewhere] = [false, true].map(|e| text(&judgement(because, e), lang));
            for words in stage {
                assert!(staged.contains(words), "{words}: {staged}");
                assert!(!elsewhere.contains(words), "{words}: {elsewhere}");
            }
            for text in [staged, elsewhere] {
                assert_eq!(text.contains(encrypted), !clear, "{text}");
            }
        }
    }
}

/// Both sides of every planted leak: found down to something, and not found at all.
#[test]
fn every_planted_leak_has_words() {
    let kinds = [
        PlantedKind::PacketSize,
        PlantedKind::Packets,
        PlantedKind::Flag,
        PlantedKind::Loudness,
    ];
    for down_to in [None, Some(0.3)] {
        let planted = kinds
            .map(|kind| Planted {
                code: Code::Fast,
                kind,
                down_to,
            })
            .to_vec();
        let (tries, blocks) = (200, 60);
        let judgement = Judgement {
            detects: Some(Detects {
                tries,
                blocks,
                planted,
            }),
            ..partly_seen()
        };
        let manifest = manifest();
        let report = report(&manifest, &judgement);
        for lang in Lang::ALL {
            for format in FORMATS {
                format
                    .render(&report, lang)
                    .unwrap_or_else(|e| panic!("{e}"));
            }
        }
    }
}

/// Sources of this crate and of `cli`, whose failures name their messages.
fn sources() -> String {
    fn read(folder: &Path, all: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            match entry.path() {
                path if path.is_dir() => read(&path, all),
                path => all.push_str(&std::fs::read_to_string(path).unwrap()),
            }
        }
    }
    let mut all = String::new();
    for folder in ["src", "templates", "../cli/src", "../export/src"] {
        read(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
            &mut all,
        );
    }
    all
}

/// Ids and arguments of all messages; a text goes on in the lines behind it that are indented.
fn messages() -> Vec<(String, BTreeSet<String>)> {
    let mut messages: Vec<(String, BTreeSet<String>)> = Vec::new();
    for line in include_str!("../i18n/en.ftl").lines() {
        if let (false, Some((id, _))) = (line.starts_with(' '), line.split_once(" = ")) {
            messages.push((id.to_owned(), BTreeSet::new()));
        }
        let arguments = line.split("{ $").skip(1);
        let arguments = arguments.filter_map(|part| part.split(' ').next());
        if let Some((_, known)) = messages.last_mut() {
            known.extend(arguments.map(str::to_owned));
        }
    }
    messages
}

/// No message stays behind that nothing says any more.
#[test]
fn every_message_is_used() {
    let sources = sources();
    // Words of a table's rows are found by the rows' names.
    let codes = Code::ALL.iter().map(|code| format!("code-{}", code.name()));
    let watched = Source::ALL
        .iter()
        .map(|source| format!("source-{}", source.name()));
    // A later version's row, too.
    let unknown = ["code-unknown", "source-unknown"].map(str::to_owned);
    let named = codes.chain(watched).chain(unknown);
    let named: BTreeSet<String> = named.map(|id| id.replace('_', "-")).collect();
    for (id, _) in messages() {
        let base = id.strip_suffix("-long").unwrap_or(&id);
        // The letter builds these from a list of columns.
        let built = base.strip_prefix("findings-").is_some() || named.contains(base);
        assert!(
            built
                || [base, &id]
                    .iter()
                    .any(|id| sources.contains(&format!("\"{id}\""))),
            "{id} is never used"
        );
    }
}

/// The failures of `cli` are given just the arguments that their messages want: read from the rows
/// `"id" Variant { argument: Type }` and from `message!("id", argument)`.
#[test]
fn every_failure_is_given_what_its_message_wants() {
    let sources = sources();
    let name = |text: &str| {
        let text = text.trim();
        let name = text.split(':').next().unwrap_or(text).trim();
        name.to_owned()
    };
    let known = |c: char| c.is_alphanumeric() || "_'&<>.: ,\n".contains(c);
    let mut n = 0;
    for (id, wants) in messages() {
        let call = format!("message!(\"{id}\"");
        let row = format!("\n    \"{id}\" ");
        let calls = sources.match_indices(&call).map(|(at, _)| {
            let rest = &sources[at + call.len()..];
            rest.split(')').next().unwrap_or_default()
        });
        let rows = sources.match_indices(&row).map(|(at, _)| {
            let rest = &sources[at + row.len()..];
            let line = rest.lines().next().unwrap_or_default();
            let fields = line.split_once('{').map_or("", |(_, fields)| fields);
            fields.split('}').next().unwrap_or_default()
        });
        for given in calls.chain(rows) {
            assert!(given.chars().all(known), "{id}: {given:?}");
            let given = given.split(',').map(name).filter(|name| !name.is_empty());
            assert_eq!(given.collect::<BTreeSet<_>>(), wants, "{id}");
            n += 1;
        }
    }
    assert!(n > 100, "{n} failures were found");
}
