//! What a verdict is called, what it exits with, and whether its evidence counts beside others.

use record::{Code, Failure, Phase};
use verdict::{LeakKind, MicrophoneStatus, OnLeak, Reason, Scope, Verdict};

fn run_failed(failure: Failure) -> Reason {
    let why = String::new();
    Reason::RunFailed { failure, why }
}

/// Reasons that say that something else than the muted app could explain the evidence.
fn voiding() -> Vec<Reason> {
    let (loud_dbfs, quiet_dbfs) = (-90.0, -90.0);
    vec![
        run_failed(Failure::AppEnded),
        Reason::NotSealed,
        Reason::SeedDiffers,
        Reason::ShamFires { evidence: 2_000.0 },
        Reason::RedrawsAccused {
            accused: 40,
            of: 1_000,
        },
        Reason::MuteNotConfirmed { blocks: 1, of: 60 },
        Reason::SoundNotHeard {
            loud_dbfs,
            quiet_dbfs,
        },
    ]
}

/// Reasons that only say that a leak might not have been found.
fn standing() -> Vec<Reason> {
    let phase = Phase::Muted;
    vec![
        Reason::LostBlocks { blocks: 5, of: 60 },
        Reason::LossFollowsSound { evidence: 2_000.0 },
        Reason::ControlSilent {
            evidence: 1.0,
            needed: 1_000.0,
        },
        Reason::EdgesOff {
            phase,
            worst_ms: 150.0,
        },
        Reason::EdgesDiffer { by_ms: 30.0 },
        Reason::TooFewBlocks { phase, blocks: 3 },
        Reason::PacketsNotWatched,
        Reason::TooLittleSeen { blocks: 3, of: 60 },
        Reason::ClockStep { by_ms: 5.0 },
        Reason::NothingDetectable { tries: 200 },
        Reason::NumbersNotKept {
            codes: vec![Code::Fast],
        },
        Reason::PlaintextRequired {
            opaque_bytes_per_min: 1.0,
        },
    ]
}

fn inconclusive(reasons: Vec<Reason>) -> Verdict {
    Verdict::Inconclusive { reasons }
}

fn not_run(failure: Failure) -> Verdict {
    let reasons = vec![run_failed(failure)];
    Verdict::NotRun { reasons }
}

fn leaks() -> Verdict {
    Verdict::Leaks {
        kind: LeakKind::Audio,
        receivers: Vec::new(),
        cap_bits_per_min: 60.0,
        at_least_bits_per_min: 10.0,
    }
}

fn nothing_seen() -> Verdict {
    let scope = Scope::NoReads;
    Verdict::NoLeakSeen { scope }
}

fn partly_seen() -> Verdict {
    Verdict::PartlySeen {
        opaque_bytes_per_min: 1.0,
    }
}

#[test]
fn a_verdict_s_name_is_the_one_in_the_json_report() {
    for verdict in [
        leaks(),
        nothing_seen(),
        partly_seen(),
        inconclusive(vec![Reason::NotSealed]),
        not_run(Failure::Missing),
    ] {
        let json = serde_json::to_value(&verdict).unwrap();
        assert_eq!(json["is"], verdict.name());
    }
}

/// A session that lost blocks brings its charged bets, which are valid whatever the loss follows; and
/// whether the reason is given depends on the evidence, so it must not exclude.
#[test]
fn only_what_voids_a_leak_keeps_a_session_s_evidence_out() {
    for reason in voiding() {
        assert_eq!(reason.on_leak(), OnLeak::Voids, "{reason:?}");
        assert!(!inconclusive(vec![reason]).counts_as_evidence());
    }
    for reason in standing() {
        assert_eq!(reason.on_leak(), OnLeak::Stands, "{reason:?}");
        assert!(inconclusive(vec![reason]).counts_as_evidence());
    }
    assert!(inconclusive(standing()).counts_as_evidence());
    let mixed = [standing(), voiding()].concat();
    assert!(!inconclusive(mixed).counts_as_evidence());
    assert!(!not_run(Failure::Missing).counts_as_evidence());
    for verdict in [leaks(), nothing_seen(), partly_seen()] {
        assert!(verdict.counts_as_evidence());
    }
}

#[test]
fn the_exit_status_tells_the_verdict() {
    use MicrophoneStatus::{Closed, OpenNotRunning, OpenRunning, StillRead, Unknown};
    for strict in [false, true] {
        for microphone in [Closed, OpenNotRunning, OpenRunning, StillRead, Unknown] {
            let status = |verdict: Verdict| verdict.exit_status(microphone, strict);
            assert_eq!(status(leaks()), 1);
            assert_eq!(status(inconclusive(voiding())), 2);
            let open = strict && microphone != Closed;
            assert_eq!(status(nothing_seen()), if open { 5 } else { 0 });
            let read = Verdict::NoLeakSeen {
                scope: Scope::Plaintext,
            };
            assert_eq!(status(read), if open { 5 } else { 0 });
            assert_eq!(status(partly_seen()), if open { 5 } else { 4 });
        }
    }
}

/// An app that was there to be asked makes no answer; one that never ran was not audited.
#[test]
fn the_exit_status_tells_a_set_up_that_failed_from_an_app_that_did() {
    let status = |verdict: Verdict| verdict.exit_status(MicrophoneStatus::Unknown, false);
    for failure in [
        Failure::AppEnded,
        Failure::NotMuted,
        Failure::SoundEnded,
        Failure::Stopped,
    ] {
        assert_eq!(status(not_run(failure)), 2, "{failure:?}");
    }
    for failure in [
        Failure::Missing,
        Failure::Stage,
        Failure::NotJoined,
        Failure::Disk,
        Failure::Unknown,
    ] {
        assert_eq!(status(not_run(failure)), 3, "{failure:?}");
    }
    let reasons = vec![Reason::NotSealed];
    assert_eq!(status(Verdict::NotRun { reasons }), 3);
}
