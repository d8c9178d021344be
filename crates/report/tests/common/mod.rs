//! Judgements made by hand. The numbers are plausible and belong to no session.
#![allow(dead_code, unused_imports)]

mod flows;

use attack::evaluate::Said;
use attack::{Interval, Outcome};
use record::*;
use report::{Attacked, BundleInfo, Report, Sent, Tried};
use verdict::*;

pub use flows::{IDENTIFIERS, RECEIVERS, leftovers};

pub const HASH: &str = "6f1d2a0c5b7e49d8a3f60b1c2d3e4f5061728394a5b6c7d8e9fa0b1c2d3e4f50";

pub fn manifest() -> Manifest {
    Manifest {
        format: BUNDLE_FORMAT,
        tool: "0.1.0".into(),
        started: "2026-03-01T10:00:00Z".into(),
        subject: Subject {
            recipe: "telemetry".into(),
            recipe_sha256: HASH.into(),
            title: "Specimen, loudness telemetry".into(),
            binary: "/usr/bin/specimen".into(),
            binary_sha256: HASH.into(),
            version: "specimen 1.4.2".into(),
            packages: vec![("specimen".into(), "1.4.2-1".into())],
            mute_way: "button, confirmed by the app's own label".into(),
            called: Default::default(),
        },
        host: vec![("kernel".into(), "Linux 6.1.0".into())],
        profile: "quick".into(),
        protocol: Protocol {
            version: 1,
            sample_rate_hz: 48_000,
            symbols: 2,
            block_ns: 1_000_000_000,
            control_blocks: 45,
            muted_blocks: 90,
            guard_ns: 200_000_000,
            high_dbfs: -20.0,
            low_dbfs: -60.0,
            alpha: 0.001,
            slower: Vec::new(),
            activities: None,
            transitions: None,
            attention: Vec::new(),
        },
        seed_sha256: HASH.into(),
        planted: Vec::new(),
        net: Net {
            app: vec!["10.77.0.2".into()],
            remotes: Vec::new(),
            domains: Vec::new(),
        },
        guided: None,
        library: None,
    }
}

/// A coin that looks drawn and is the same in every run.
pub fn loud(k: u32) -> bool {
    let mut bits = k.wrapping_mul(0x9E37_79B9) ^ 0x85EB_CA6B;
    bits = (bits ^ bits >> 15).wrapping_mul(0x2C1B_3C6D);
    bits = (bits ^ bits >> 12).wrapping_mul(0x297A_2D39);
    (bits ^ bits >> 15) & 1 == 1
}

fn test(blocks: u32, per_block: f64, seed: u32) -> Test {
    let mut w = 0.0;
    let step = |k: u32| per_block + if loud(k + seed) { 0.03 } else { -0.035 };
    let path: Vec<f64> = (0..blocks)
        .map(|k| {
            w += step(k);
            w
        })
        .collect();
    let max = path.iter().copied().fold(0.0, f64::max);
    let crossed = path.iter().position(|w| *w >= 3.0).map(|k| (k + 1) as f64);
    Test {
        blocks,
        log10_w: w,
        log10_w_max: max,
        log10_needed: 3.0,
        path,
        series: 24,
        crossed_after_s: crossed,
    }
}

/// Blocks of an app whose bytes follow the sound unmuted, and muted by `leak` bytes.
fn blocks(leak: f64) -> Vec<BlockRow> {
    let row = |phase, index: u32, start_s: f64| {
        let loud = loud(index + if phase == Phase::Muted { 1_000 } else { 0 });
        let noise = f64::from(index * 7 % 11) - 5.0;
        let follows = if phase == Phase::Control {
            6_000.0
        } else {
            leak
        };
        let bytes = 2_400.0 + noise * 30.0 + if loud { follows } else { 0.0 };
        let peer = if phase == Phase::Control && loud {
            -27.0
        } else {
            -92.0
        };
        // One block of the capture was lost.
        let lost = phase == Phase::Muted && index == 40;
        BlockRow {
            phase,
            index,
            start_s,
            symbol: loud.into(),
            heard_dbfs: Some(if loud { -20.0 } else { -60.0 } + noise * 0.2),
            peer_dbfs: (!lost).then_some(peer + noise * 0.3),
            bytes_out: (!lost).then_some(bytes),
            packets_out: (!lost).then_some(50.0),
            mute_confirmed: (phase == Phase::Muted).then_some(true),
        }
    };
    let control = (0..45).map(|k| row(Phase::Control, k, f64::from(k)));
    let muted = (0..90).map(|k| row(Phase::Muted, k, 52.0 + f64::from(k)));
    control.chain(muted).collect()
}

fn microphone(state: MicrophoneStatus) -> Vec<MicrophoneSpan> {
    let span = |from_s: f64, to_s: f64, state| MicrophoneSpan {
        span: Span {
            from: MonotonicNs(0),
            to: MonotonicNs(0),
        },
        from_s,
        to_s,
        state,
        who: match state {
            MicrophoneStatus::Closed | MicrophoneStatus::Unknown => Vec::new(),
            _ => vec!["Specimen".into()],
        },
    };
    vec![
        span(-6.0, -4.5, MicrophoneStatus::Unknown),
        span(-4.5, -2.0, MicrophoneStatus::Closed),
        span(-2.0, 46.5, MicrophoneStatus::OpenRunning),
        span(46.5, 143.0, state),
    ]
}

fn destination(remote: &str, role: RemoteRole, bytes_per_s: f64, follows: bool) -> Destination {
    Destination {
        name: Some("call.example.test".into()),
        remote: remote.into(),
        protocol: "udp".into(),
        role,
        packets_per_s: 50.0,
        bytes_per_s,
        follows,
        answer: match follows {
            true => Answer::Yes,
            false => Answer::NothingFound,
        },
        further: 0,
        processes: [4242, 4243]
            .map(|pid| Process {
                command: "specimen".into(),
                pid,
            })
            .to_vec(),
        read_share: Some(0.125),
        read_before_encryption_share: Some(if follows { 0.0 } else { 0.0625 }),
        same_again_share: None,
    }
}

fn detects() -> Detects {
    let planted = |kind, down_to| Planted {
        code: Code::Fast,
        kind,
        down_to,
    };
    Detects {
        tries: 200,
        blocks: 90,
        planted: vec![
            planted(PlantedKind::PacketSize, Some(0.3)),
            planted(PlantedKind::Packets, None),
            planted(PlantedKind::Flag, Some(0.05)),
            planted(PlantedKind::Loudness, Some(10.0)),
        ],
    }
}

fn code(code: Code, block_s: f64, test: Test) -> CodeTest {
    CodeTest {
        code,
        block_s,
        step_db: if code == Code::Content { 0.0 } else { 39.0 },
        share: 0.5,
        controlled: code == Code::Fast,
        test,
    }
}

fn controls(packets: f64, peer: f64) -> Vec<ControlTest> {
    let control = |of, per_block| ControlTest {
        of,
        test: test(45, per_block, 0),
    };
    vec![
        control(ControlOf::Packets, packets),
        control(ControlOf::PeerOutput, peer),
    ]
}

fn base() -> Judgement {
    Judgement {
        verdict: Verdict::NoLeakSeen {
            scope: Scope::NoReads,
        },
        recorded: Recorded::Stage,
        doors_watched: true,
        microphone: MicrophoneStatus::Closed,
        microphone_by_server: MicrophoneStatus::Closed,
        sending: SendingStatus::NothingFound,
        hears: Hears {
            other_participants: Answer::NothingFound,
            operator_server: Answer::NothingFound,
            third_parties: Answer::NothingSent,
            local_network: None,
        },
        call: Call {
            read_by: CallReadBy::Unknown,
            because: CallEvidence::KeysNotSeen,
            at: Some("udp 10.77.0.1:5004".into()),
        },
        notes: vec![Note::Staged],
        control: test(45, 0.35, 0),
        controls: controls(0.3, 0.35),
        muted: test(90, -0.004, 7),
        codes: vec![code(Code::Fast, 1.0, test(90, -0.004, 7))],
        stopped_early: false,
        charged: None,
        sham: test(90, -0.006, 99),
        findings: Vec::new(),
        opaque_bytes_per_min: 0.0,
        encodings: Encodings {
            tried: Encoding::ALL.to_vec(),
            latest_s: 15.0,
        },
        bound: Some(Bound {
            accuracy_at_most: 0.642,
            bits_per_block_at_most: 0.284,
            blocks: 90,
        }),
        redraws: Some(Redraws {
            draws: 1_000,
            accused: 4,
            allowed: 21,
            series: 32,
            blocks: 90,
        }),
        detects: Some(detects()),
        fields: Vec::new(),
        second_opinion: Some(SecondOpinion {
            p: 0.4193,
            redraws: 10_000,
            series: Some("all out bytes".into()),
            agrees: true,
        }),
        destinations: vec![destination(
            "10.77.0.1:64738",
            RemoteRole::Server,
            2_412.5,
            false,
        )],
        blocks: blocks(0.0),
        reads: None,
        microphone_over_time: microphone(MicrophoneStatus::Closed),
        sound: Sound {
            loud_dbfs: Some(-20.1),
            quiet_dbfs: Some(-59.8),
            control_delay_ms: Some(35.0),
            muted_delay_ms: Some(36.5),
            worst_edge_ms: Some(8.0),
            underruns: 0,
        },
        attention: Vec::new(),
    }
}

/// It tells who has the focus; nobody could minimise it; and its camera was never seen to send.
fn attention() -> Vec<AttentionTest> {
    let asked = |code, answer, per_block| AttentionTest {
        code,
        block_s: 2.0,
        answer,
        test: test(60, per_block, 5),
        lost: 0,
        why: None,
        control: None,
        findings: Vec::new(),
        receivers: Vec::new(),
    };
    let follows = asked(Code::Focus, AttentionAnswer::Follows, 0.12);
    let unknown = asked(Code::Visibility, AttentionAnswer::Unknown, 0.0);
    let picture = asked(Code::Picture, AttentionAnswer::Unknown, 0.0);
    vec![
        AttentionTest {
            findings: vec![Finding {
                code: Code::Focus,
                series: "tcp 203.0.113.9:443 {focused}".into(),
                unit: "1".into(),
                log10_w: 6.4,
                mean_quiet: 0.0,
                mean_loud: 1.0,
                named: true,
            }],
            receivers: vec![Receiver::ThirdParty],
            ..follows
        },
        AttentionTest {
            lost: 60,
            why: Some("the app has no window on the stage's display".into()),
            ..unknown
        },
        asked(Code::Keys, AttentionAnswer::NothingFound, 0.001),
        AttentionTest {
            control: Some(test(60, 0.002, 6)),
            ..picture
        },
    ]
}

/// Nothing found, and the microphone was closed.
pub fn no_leak_seen() -> Judgement {
    base()
}

/// The usual case: nothing found, but encrypted and with an open microphone.
pub fn partly_seen() -> Judgement {
    Judgement {
        verdict: Verdict::PartlySeen {
            opaque_bytes_per_min: 144_750.0,
        },
        microphone: MicrophoneStatus::OpenRunning,
        microphone_by_server: MicrophoneStatus::OpenRunning,
        notes: vec![
            Note::Staged,
            Note::StillOpen,
            Note::ReadsNotTraced,
            Note::ShortRun { seconds: 90.0 },
            Note::Lost {
                source: Source::Packets,
                lost: Some(3),
                why: "ring full".into(),
            },
        ],
        charged: Some(test(90, -0.008, 7)),
        opaque_bytes_per_min: 144_750.0,
        microphone_over_time: microphone(MicrophoneStatus::OpenRunning),
        ..base()
    }
}

/// Loudness goes to the operator's server and to a third party.
pub fn leaks() -> Judgement {
    let finding = |series: &str, unit: &str, log10_w, mean_quiet, mean_loud, named| Finding {
        code: Code::Fast,
        series: series.into(),
        unit: unit.into(),
        log10_w,
        mean_quiet,
        mean_loud,
        named,
    };
    Judgement {
        verdict: Verdict::Leaks {
            kind: LeakKind::Level,
            receivers: vec![Receiver::OperatorServer, Receiver::ThirdParty],
            cap_bits_per_min: 60.0,
            at_least_bits_per_min: 17.4,
        },
        microphone: MicrophoneStatus::OpenRunning,
        microphone_by_server: MicrophoneStatus::OpenRunning,
        sending: SendingStatus::Follows,
        hears: Hears {
            other_participants: Answer::NothingFound,
            operator_server: Answer::Yes,
            third_parties: Answer::Yes,
            local_network: None,
        },
        call: Call {
            read_by: CallReadBy::AnyoneOnTheWay,
            because: CallEvidence::PlainRtp,
            at: Some("udp 10.77.0.1:5004".into()),
        },
        notes: vec![
            Note::Staged,
            Note::StillOpen,
            Note::ReadsNotTraced,
            Note::NotControlled {
                codes: vec![Code::Slow, Code::Content],
            },
            Note::NotAligned,
            Note::TransitionsNotTested,
            Note::StoppedEarly {
                why: "a leak was found (evidence 10^17.1)".into(),
            },
        ],
        muted: test(90, 0.19, 7),
        codes: vec![
            code(Code::Fast, 1.0, test(90, 0.19, 7)),
            code(Code::Slow, 60.0, test(1, 0.02, 7)),
            code(Code::Content, 4.0, test(22, -0.01, 7)),
        ],
        stopped_early: true,
        findings: vec![
            finding(
                "udp 10.77.0.1:5005 out mean size",
                "B",
                15.2,
                61.9,
                64.4,
                true,
            ),
            finding("all out bytes", "B", 6.3, 2_398.0, 3_320.5, false),
            Finding {
                code: Code::Slow,
                ..finding("all out packets", "1", 1.2, 2_998.0, 3_001.5, false)
            },
        ],
        opaque_bytes_per_min: 144_750.0,
        bound: None,
        detects: None,
        fields: Vec::new(),
        second_opinion: None,
        destinations: vec![
            destination("10.77.0.1:5005", RemoteRole::Server, 2_412.5, true),
            destination("[2001:db8::5]:443", RemoteRole::ThirdParty, 61.0, true),
        ],
        blocks: blocks(900.0),
        microphone_over_time: microphone(MicrophoneStatus::OpenRunning),
        attention: attention(),
        ..base()
    }
}

/// No answer, for two reasons, and not a single block.
pub fn inconclusive() -> Judgement {
    Judgement {
        verdict: Verdict::Inconclusive {
            reasons: vec![
                Reason::ControlSilent {
                    evidence: 1.7,
                    needed: 1_000.0,
                },
                Reason::RunFailed {
                    failure: Failure::AppEnded,
                    why: "exit code 1".into(),
                },
            ],
        },
        microphone: MicrophoneStatus::Unknown,
        microphone_by_server: MicrophoneStatus::Unknown,
        sending: SendingStatus::Unknown,
        hears: Hears {
            other_participants: Answer::Unknown,
            operator_server: Answer::Unknown,
            third_parties: Answer::Unknown,
            local_network: None,
        },
        call: Call {
            read_by: CallReadBy::Unknown,
            because: CallEvidence::NoRtp,
            at: None,
        },
        control: Test {
            path: Vec::new(),
            ..test(0, 0.0, 0)
        },
        controls: Vec::new(),
        muted: Test {
            path: Vec::new(),
            ..test(0, 0.0, 0)
        },
        bound: None,
        detects: None,
        fields: Vec::new(),
        second_opinion: None,
        destinations: Vec::new(),
        blocks: Vec::new(),
        microphone_over_time: Vec::new(),
        sound: Sound::default(),
        ..base()
    }
}

/// The packets of one size say nothing to anyone here; the peer would have heard.
pub fn one_receiver_answered() -> Judgement {
    let judgement = partly_seen();
    Judgement {
        verdict: Verdict::Inconclusive {
            reasons: vec![Reason::ControlSilent {
                evidence: 5.14,
                needed: 1_000.0,
            }],
        },
        sending: SendingStatus::Unknown,
        hears: Hears {
            other_participants: Answer::NothingFound,
            operator_server: Answer::Unknown,
            third_parties: Answer::NothingSent,
            local_network: Some(Answer::Unknown),
        },
        notes: vec![
            Note::ControlByPeerOnly,
            Note::SameAgain {
                at: "udp 224.0.0.251:5353".into(),
                share: 0.9996,
                unmuted: 0.02,
            },
        ],
        controls: controls(0.01, 0.35),
        destinations: vec![
            Destination {
                answer: Answer::Unknown,
                ..destination("10.77.0.1:64738", RemoteRole::Server, 2_412.5, false)
            },
            Destination {
                answer: Answer::Unknown,
                further: 49,
                read_before_encryption_share: Some(0.0),
                same_again_share: Some(0.1),
                ..destination("224.0.0.251:5353", RemoteRole::LocalNetwork, 12.5, false)
            },
        ],
        ..judgement
    }
}

/// A capture from elsewhere: no stage, no doors, no sham, and nothing that left while muted.
pub fn elsewhere() -> Judgement {
    let sham = Test {
        path: Vec::new(),
        ..test(0, 0.0, 0)
    };
    Judgement {
        recorded: Recorded::Capture,
        doors_watched: false,
        verdict: Verdict::PartlySeen {
            opaque_bytes_per_min: 0.0,
        },
        microphone: MicrophoneStatus::Unknown,
        microphone_by_server: MicrophoneStatus::Unknown,
        hears: Hears {
            other_participants: Answer::NothingSent,
            operator_server: Answer::NothingSent,
            third_parties: Answer::NothingSent,
            local_network: None,
        },
        notes: vec![Note::Elsewhere {
            addresses: vec!["10.77.0.2".into()],
        }],
        controls: controls(0.35, 0.0)[..1].to_vec(),
        sham,
        destinations: Vec::new(),
        microphone_over_time: microphone(MicrophoneStatus::Unknown)[..1].to_vec(),
        ..no_leak_seen()
    }
}

pub fn samples() -> Vec<(&'static str, Judgement)> {
    vec![
        ("no_leak_seen", no_leak_seen()),
        ("partly_seen", partly_seen()),
        ("leaks", leaks()),
        ("inconclusive", inconclusive()),
        ("one_receiver_answered", one_receiver_answered()),
        ("elsewhere", elsewhere()),
    ]
}

pub fn report<'a>(manifest: &'a Manifest, judgement: &'a Judgement) -> Report<'a> {
    Report {
        manifest,
        judgement,
        bundle: BundleInfo {
            name: "muteproof-telemetry-2026-03-01",
            seal_sha256: Some(HASH),
            sealed: true,
        },
        tool_version: "0.1.0",
        maker: report::Maker::default(),
        attack: None,
        receivers: Some(&RECEIVERS[..]),
        identifiers: Some(&IDENTIFIERS),
        leftovers: None,
    }
}

/// `right` of 12 windows of each class, each of a recording of its own.
pub fn outcome(right: usize) -> Outcome {
    let one = |class: usize, i: usize| {
        let named = if i < right { class } else { 1 - class };
        let mut probabilities = vec![0.25; 2];
        probabilities[named] = 0.75;
        Said {
            series: class * 12 + i,
            cluster: class * 12 + i,
            class,
            probabilities,
            known: true,
        }
    };
    Outcome {
        classes: vec!["dog".to_owned(), "typing".to_owned()],
        said: (0..2)
            .flat_map(|c| (0..12).map(move |i| one(c, i)))
            .collect(),
    }
}

/// What an attacker made of what was sent.
pub fn attacked_of(right: usize, sent: Sent) -> Attacked {
    Attacked {
        sent,
        window_s: 60.0,
        outcome: outcome(right),
        claimed: Some(0.987),
        carriers: vec![("max SD".to_owned(), 0.4), ("max mean".to_owned(), 0.2)],
        study_kind: Some((
            600.0,
            Interval {
                value: 0.65,
                low: 0.6,
                high: 0.7,
            },
        )),
        synthetic: true,
    }
}

/// Everything that can come of an attacker on a session: a leak, guessing, nothing at all.
pub fn all_tried() -> Vec<Tried> {
    let named = |right, library: Option<&str>| {
        let library = library.map(str::to_owned);
        let sent = Sent::Recorded { series: 7, library };
        Tried::Named(Box::new(attacked_of(right, sent)))
    };
    let recorded = match named(11, Some(HASH)) {
        Tried::Named(attacked) => Attacked {
            synthetic: false,
            ..*attacked
        },
        _ => unreachable!("just made"),
    };
    vec![
        named(11, None),
        named(6, None),
        named(1, None),
        named(11, Some(HASH)),
        Tried::Named(Box::new(recorded)),
        Tried::NothingVaried,
        Tried::Refused("class `dog` has 1 source".to_owned()),
    ]
}
