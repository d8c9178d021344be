use features::{Microphone, Session};
use record::{Body, Phase, Player, Source};
use stimulus::{Key, Seed};

use crate::case::{Case, DECIDING, Options, Sealed, alpha, trial};
use crate::checks::{CHECKS, OnLeak, sound};
use crate::receivers::{destinations, findings, followers, hears, receivers};
use crate::{
    BlockRow, Bound, Judgement, MicrophoneLamp, MicrophoneSpan, Note, Reason, Scope, SendingLamp,
    Verdict, kind,
};

/// Confidence of the bounds: 95 %.
const BOUND_ALPHA: f64 = 0.05;

/// Prior of the accuracy bound, as declared in STATISTICS.md.
const BOUND_PRIOR: f64 = 20.0;

/// The sham's evidence is worth a note from here on, W.
const SHAM_NOTE_W: f64 = 20.0;

/// Signals sent once a minute need about 20 minutes to be found; shorter runs say so.
const SHORT_RUN_S: f64 = 1_200.0;

/// Judges a session. Never fails: what cannot be judged is inconclusive or not run, with reasons.
///
/// The lattice, in this order:
/// - no muted block: `NotRun`;
/// - a leak was found: `Leaks`, unless a check failed that leaves another explanation
///   ([`OnLeak::Voids`]): then `Inconclusive`;
/// - no leak, and any check failed: `Inconclusive`;
/// - the microphone was closed, or handed nothing, throughout: `NoLeakSeen`, scope *no reads*;
/// - else `PartlySeen`, as no plaintext is traced: packets alone clear no app that listens.
pub fn judge(session: &Session, seed: &Seed, sealed: Sealed, options: &Options) -> Judgement {
    let case = Case::new(session, seed, sealed, options);
    let microphone = lamp(&case);
    let following = match case.leak_found() {
        true => followers(&case),
        false => Default::default(),
    };
    let opaque = opaque_bytes_per_min(&case);
    let verdict = verdict(&case, microphone, &following, opaque);
    let leaks = matches!(verdict, Verdict::Leaks { .. });
    let findings = if case.leak_found() {
        findings(&case)
    } else {
        Vec::new()
    };
    let mut notes = notes(&case, microphone);
    if leaks && !findings.iter().any(|f| f.named) {
        notes.push(Note::FieldNotIsolated);
    }
    Judgement {
        sending: match &verdict {
            Verdict::Leaks { .. } => SendingLamp::Follows,
            Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. } => SendingLamp::NothingFound,
            Verdict::Inconclusive { .. } | Verdict::NotRun { .. } => SendingLamp::Unknown,
        },
        hears: hears(&case, &verdict),
        microphone,
        notes,
        control: case.control.test(),
        muted: case.muted.test(),
        charged: case.charged.as_ref().map(|trial| trial.test()),
        sham: case.sham.test(),
        findings,
        opaque_bytes_per_min: opaque,
        bound: if leaks { None } else { bound(&case) },
        redraws: case.redraws.clone(),
        detects: case.detects.clone(),
        destinations: destinations(&case, if leaks { &following.flows } else { &[] }),
        blocks: rows(&case),
        microphone_over_time: microphone_over_time(&case),
        sound: sound(&case),
        verdict,
    }
}

fn verdict(
    case: &Case,
    microphone: MicrophoneLamp,
    following: &crate::receivers::Followers,
    opaque_bytes_per_min: f64,
) -> Verdict {
    let all = || {
        CHECKS
            .iter()
            .map(|check| (check.on_leak, (check.ask)(case)))
    };
    let reasons: Vec<Reason> = all().flat_map(|(_, reasons)| reasons).collect();
    if case.blocks(Phase::Muted).is_empty() {
        return Verdict::NotRun { reasons };
    }
    if case.leak_found() {
        let voiding = all().filter(|(on_leak, _)| *on_leak == OnLeak::Voids);
        if voiding.map(|(_, reasons)| reasons.len()).sum::<usize>() > 0 {
            return Verdict::Inconclusive { reasons };
        }
        let protocol = &case.session.manifest.protocol;
        let blocks_per_min = 60e9 / protocol.block_ns.max(1) as f64;
        let levels = protocol.symbols.clamp(2, stimulus::MAX_SYMBOLS) as u8;
        let path = &case.muted.evidence.path;
        return Verdict::Leaks {
            kind: kind::kind(case, following),
            receivers: receivers(case, following),
            cap_bits_per_min: f64::from(levels).log2() * blocks_per_min,
            at_least_bits_per_min: stats::bits_at_least(path, levels, BOUND_ALPHA) * blocks_per_min,
        };
    }
    if !reasons.is_empty() {
        return Verdict::Inconclusive { reasons };
    }
    match microphone {
        MicrophoneLamp::Closed | MicrophoneLamp::OpenNotRunning => Verdict::NoLeakSeen {
            scope: Scope::NoReads,
        },
        MicrophoneLamp::OpenRunning | MicrophoneLamp::Unknown => {
            match case.options.require_plaintext && opaque_bytes_per_min > 0.0 {
                true => Verdict::Inconclusive {
                    reasons: vec![Reason::PlaintextRequired {
                        opaque_bytes_per_min,
                    }],
                },
                false => Verdict::PartlySeen {
                    opaque_bytes_per_min,
                },
            }
        }
    }
}

/// The microphone's lamp: the least reassuring state during any muted block.
pub(crate) fn lamp(case: &Case) -> MicrophoneLamp {
    let rank = |lamp: &MicrophoneLamp| match lamp {
        MicrophoneLamp::OpenRunning => 3,
        MicrophoneLamp::Unknown => 2,
        MicrophoneLamp::OpenNotRunning => 1,
        MicrophoneLamp::Closed => 0,
    };
    let blocks = &case.cut.blocks[case.blocks(Phase::Muted)];
    let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
        return MicrophoneLamp::Unknown;
    };
    let span = record::Span {
        from: first.span.from,
        to: last.span.to,
    };
    let states = case
        .features
        .microphone
        .iter()
        .filter(|state| state.span.overlaps(&span));
    states
        .map(|s| lamp_of(s.state))
        .max_by_key(rank)
        .unwrap_or(MicrophoneLamp::Unknown)
}

fn lamp_of(state: Microphone) -> MicrophoneLamp {
    match state {
        Microphone::Closed => MicrophoneLamp::Closed,
        Microphone::OpenNotRunning => MicrophoneLamp::OpenNotRunning,
        Microphone::OpenRunning => MicrophoneLamp::OpenRunning,
        Microphone::Unknown => MicrophoneLamp::Unknown,
    }
}

/// No plaintext is traced yet, so every payload byte counts as unseen.
fn opaque_bytes_per_min(case: &Case) -> f64 {
    let bytes: u64 = case
        .features
        .flows
        .iter()
        .map(|f| f.muted.payload_bytes_out)
        .sum();
    let minutes = case.muted_s() / 60.0;
    if minutes > 0.0 {
        bytes as f64 / minutes
    } else {
        0.0
    }
}

/// How often our guesser was right, at most. For two symbols only.
fn bound(case: &Case) -> Option<Bound> {
    let evidence = &case.muted.evidence;
    if evidence.n == 0 || case.session.manifest.protocol.symbols > 2 {
        return None;
    }
    let (n, right) = (evidence.n as u64, evidence.n_right as u64);
    let theta = stats::theta_upper(n, right, BOUND_ALPHA, BOUND_PRIOR, BOUND_PRIOR);
    Some(Bound {
        accuracy_at_most: theta,
        bits_per_block_at_most: stats::bits_at_most(theta),
        blocks: evidence.n as u32,
    })
}

fn notes(case: &Case, microphone: MicrophoneLamp) -> Vec<Note> {
    let mut notes = Vec::new();
    let sham_w = case.sham.w_max();
    if sham_w >= SHAM_NOTE_W && !case.sham.crossed() {
        notes.push(Note::ShamHigh { evidence: sham_w });
    }
    if microphone == MicrophoneLamp::OpenRunning {
        notes.extend([Note::StillOpen, Note::ReadsNotTraced]);
    }
    if case.control.crossed() && !case.control_egress.crossed() {
        notes.push(Note::ControlByPeerOnly);
    }
    let seconds = case.muted_s();
    if seconds > 0.0 && seconds < SHORT_RUN_S {
        notes.push(Note::ShortRun { seconds });
    }
    losses(case, &mut notes);
    listeners(case, &mut notes);
    if case.sham.evidence.n == 0 && !case.blocks(Phase::Muted).is_empty() {
        let why = "no sham was played, so cross-talk of the harness was not tested".into();
        notes.push(Note::NotWatched {
            source: Source::Sham,
            why,
        });
    }
    notes.extend(case.options.notes.iter().cloned());
    notes.push(Note::Staged);
    notes
}

/// What was lost, a note for each source, and who could not watch or stopped early.
fn losses(case: &Case, notes: &mut Vec<Note>) {
    let mut lost: Vec<(Source, Option<u64>, String)> = Vec::new();
    for record in case.session.records {
        let source = record.source;
        match &record.body {
            Body::Gap { lost: n, why, .. } => match lost.iter_mut().find(|(s, ..)| *s == source) {
                Some((_, sum, _)) => *sum = sum.zip(*n).map(|(a, b)| a.saturating_add(b)),
                None => lost.push((source, *n, why.clone())),
            },
            Body::Unavailable { why } | Body::Detached { why: Some(why) } => {
                notes.push(Note::NotWatched {
                    source,
                    why: why.clone(),
                });
            }
            _ => {}
        }
    }
    notes.extend(
        lost.into_iter()
            .map(|(source, lost, why)| Note::Lost { source, lost, why }),
    );
}

/// Listening sockets that are not bound to the loopback, each once.
fn listeners(case: &Case, notes: &mut Vec<Note>) {
    for record in case.session.records {
        let Body::Sockets { sockets } = &record.body else {
            continue;
        };
        for socket in sockets
            .iter()
            .filter(|s| s.state.eq_ignore_ascii_case("listen"))
        {
            let loopback = ["127.", "[::1]", "::1"]
                .iter()
                .any(|l| socket.local.starts_with(l));
            let at = format!("{} {}", socket.protocol, socket.local);
            let note = Note::Listens {
                at,
                command: socket.command.clone(),
            };
            if !loopback && !notes.contains(&note) {
                notes.push(note);
            }
        }
    }
}

fn start_ns(case: &Case) -> u64 {
    case.cut.blocks.first().map_or(0, |b| b.span.from.0)
}

fn rows(case: &Case) -> Vec<BlockRow> {
    let start = record::T(start_ns(case));
    let features = &case.features;
    let at = |values: &[Option<f64>], k: usize| values.get(k).copied().flatten();
    let row = |(k, block): (usize, &features::Block)| BlockRow {
        phase: block.phase,
        index: block.index,
        start_s: block.span.from.since(start) as f64 / 1e9,
        symbol: u32::from(case.symbol(k).unwrap_or(0)),
        heard_dbfs: at(&features.heard_dbfs, k),
        peer_dbfs: at(&features.peer_dbfs, k),
        bytes_out: at(&features.bytes_out, k),
        packets_out: at(&features.packets_out, k),
        mute_confirmed: match block.phase {
            Phase::Control => None,
            Phase::Muted => Some(features.mute_confirmed.get(k) == Some(&Some(true))),
        },
    };
    case.cut.blocks.iter().enumerate().map(row).collect()
}

fn microphone_over_time(case: &Case) -> Vec<MicrophoneSpan> {
    let start = record::T(start_ns(case));
    let span = |state: &features::MicState| MicrophoneSpan {
        span: state.span,
        from_s: state.span.from.since(start) as f64 / 1e9,
        to_s: state.span.to.since(start) as f64 / 1e9,
        state: lamp_of(state.state),
        who: state.who.clone(),
    };
    case.features.microphone.iter().map(span).collect()
}

/// How far a running session is. For looking at, never for deciding when to stop.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Progress {
    /// Blocks of the control phase so far.
    pub control_blocks: u32,
    /// log10 W of the control so far.
    pub control_log10_w: f64,
    /// Blocks of the muted phase so far.
    pub muted_blocks: u32,
    /// log10 W of the muted phase so far.
    pub muted_log10_w: f64,
}

/// Looks at a prefix of a session: both tests over the blocks that no later block will change.
/// Cheaper than [`judge`]: no sham, no kinds, no bounds.
pub fn progress(session: &Session, seed: &Seed) -> Progress {
    let protocol = &session.manifest.protocol;
    let key = Key::derive(seed, protocol, Player::Mic);
    let cut = features::cut(session, Player::Mic);
    let features = features::features(session, &cut);
    let needed = stats::log_threshold(alpha(protocol.alpha));
    let settled = |phase| {
        let drop = stats::Missing::Drop;
        let trial = trial(
            session, &cut, &features, &key, phase, DECIDING, drop, needed,
        );
        let evidence = trial.evidence;
        let log_e = evidence
            .settled
            .checked_sub(1)
            .map_or(0.0, |k| evidence.path[k]);
        (evidence.n as u32, log_e / std::f64::consts::LN_10)
    };
    let (control_blocks, control_log10_w) = settled(Phase::Control);
    let (muted_blocks, muted_log10_w) = settled(Phase::Muted);
    Progress {
        control_blocks,
        control_log10_w,
        muted_blocks,
        muted_log10_w,
    }
}
