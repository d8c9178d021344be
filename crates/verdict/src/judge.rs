//! From checks to one verdict.

use features::{MicState, Session};
use record::{Code, MonotonicNs, Phase};
use stimulus::Seed;

use crate::attention::attention;
use crate::case::Case;
use crate::checks::CHECKS;
use crate::coverage::{coverage, per_min};
use crate::destinations::destinations;
use crate::encodings::{Encoding, Encodings};
use crate::error_rates::BOUND_PRIOR;
use crate::hears::Answers;
use crate::kind::{self, only_in_transitions};
use crate::microphone::{doors_watched, lamp, lamp_by_server, lamp_of, reads};
use crate::model::{
    BlockRow, Bound, CodeTest, FieldClass, Judgement, MicrophoneSpan, SendingStatus,
};
use crate::note::Note;
use crate::options::{Options, Sealed};
use crate::origin::recorded;
use crate::reason::{OnLeak, Reason};
use crate::receivers::{Followers, call, findings, followers, receivers};
use crate::sound::sound;
use crate::table::Table;
use crate::trial::Coded;
use crate::trials::Trials;
use crate::verdict::{LeakKind, MicrophoneStatus, Scope, Verdict};

/// Judges a session. Never fails: what cannot be judged is inconclusive or not run, with reasons.
///
/// The lattice, in this order:
/// - no muted block: `NotRun`;
/// - a leak was found: `Leaks`, unless a check failed that leaves another explanation
///   ([`OnLeak::Voids`]): then `Inconclusive`;
/// - no leak, and any check failed: `Inconclusive`;
/// - the microphone was closed, or handed nothing, throughout: `NoLeakSeen`, scope *no reads*;
/// - everything that left while muted was read, there was some, and in every field of it a leak would
///   have been found: `NoLeakSeen`, scope *plaintext*;
/// - else `PartlySeen`: sizes and times of packets alone clear no app that listens.
pub fn judge(session: &Session, seed: &Seed, sealed: Sealed, options: &Options) -> Judgement {
    let case = Case::new(session, seed, sealed, options);
    let trials = &case.trials;
    let microphone = lamp(trials);
    let (following, findings) = match trials.leak_found() {
        true => (followers(trials), findings(trials)),
        false => Default::default(),
    };
    let opaque = per_min(coverage(trials).opaque, trials);
    let verdict = verdict(&case, microphone, &following, opaque);
    let leaks = matches!(verdict, Verdict::Leaks { .. });
    let mut notes: Vec<Note> = CHECKS.iter().flat_map(|c| (c.notes)(&case)).collect();
    if leaks && !findings.iter().any(|f| f.named) {
        notes.push(Note::FieldNotIsolated);
    }
    if leaks && only_in_transitions(trials) {
        notes.insert(0, Note::OnlyAroundMute);
    }
    let answers = Answers::new(trials, &verdict);
    let named: &[usize] = if leaks { &following.flows } else { &[] };
    Judgement {
        sending: match &verdict {
            Verdict::Leaks { .. } => SendingStatus::Follows,
            Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. } => SendingStatus::NothingFound,
            Verdict::Inconclusive { .. } | Verdict::NotRun { .. } => SendingStatus::Unknown,
        },
        hears: answers.hears(),
        call: call(trials),
        recorded: recorded(session),
        doors_watched: doors_watched(session),
        microphone,
        microphone_by_server: lamp_by_server(trials),
        notes,
        control: trials.control.test(),
        controls: trials.controls(),
        muted: trials.muted.test(),
        codes: codes(trials),
        stopped_early: trials.stopped_early(),
        charged: trials.charged.as_ref().map(|trial| trial.test()),
        sham: trials.sham.test(),
        findings,
        opaque_bytes_per_min: opaque,
        encodings: encodings(trials),
        bound: if leaks { None } else { bound(trials) },
        redraws: case.redraws.clone(),
        detects: case.detects.clone(),
        fields: case.fields.clone().unwrap_or_default(),
        second_opinion: case.permutation.clone(),
        destinations: destinations(trials, named, &answers),
        blocks: rows(trials),
        reads: reads(trials),
        microphone_over_time: microphone_over_time(trials),
        sound: sound(trials),
        attention: attention(trials),
        verdict,
    }
}

fn verdict(
    case: &Case,
    microphone: MicrophoneStatus,
    following: &Followers,
    opaque_bytes_per_min: f64,
) -> Verdict {
    let trials = &case.trials;
    let reasons: Vec<Reason> = CHECKS.iter().flat_map(|c| (c.reasons)(case)).collect();
    if trials.blocks(Phase::Muted).is_empty() {
        return Verdict::NotRun { reasons };
    }
    if trials.leak_found() {
        if reasons.iter().any(|r| r.on_leak() == OnLeak::Voids) {
            return Verdict::Inconclusive { reasons };
        }
        // Each code gets a part of the level, so that the largest of their bounds is one too.
        let alpha = trials.bound_alpha() / trials.codes.len() as f64;
        let bits = trials.codes.iter().map(|coded| {
            let blocks_per_min = 60.0 / block_s(&coded.table, trials).max(1e-9);
            let levels = coded.table.levels(trials.session);
            let decided = coded.charged.as_ref().unwrap_or(&coded.muted);
            let path = &decided.evidence.coin_path;
            let cap = f64::from(levels).log2() * blocks_per_min;
            (
                cap,
                stats::bits_at_least(path, levels, alpha) * blocks_per_min,
            )
        });
        let (cap, at_least) = bits.fold((0.0, 0.0f64), |(cap, most), (c, bits)| {
            (cap + c, most.max(bits))
        });
        return Verdict::Leaks {
            kind: leak_kind(case, following),
            receivers: receivers(trials, following),
            cap_bits_per_min: cap,
            at_least_bits_per_min: at_least,
        };
    }
    if !reasons.is_empty() {
        return Verdict::Inconclusive { reasons };
    }
    match microphone {
        MicrophoneStatus::Closed | MicrophoneStatus::OpenNotRunning => Verdict::NoLeakSeen {
            scope: Scope::NoReads,
        },
        MicrophoneStatus::StillRead | MicrophoneStatus::OpenRunning | MicrophoneStatus::Unknown
            if case
                .fields
                .as_ref()
                .is_some_and(|all| all.iter().all(FieldClass::is_seen)) =>
        {
            Verdict::NoLeakSeen {
                scope: Scope::Plaintext,
            }
        }
        MicrophoneStatus::StillRead | MicrophoneStatus::OpenRunning | MicrophoneStatus::Unknown => {
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

/// What kind of leak was found; a redacted bundle has kept it.
fn leak_kind(case: &Case, following: &Followers) -> LeakKind {
    match &case.options.kept {
        Some(kept) => kept.kind.unwrap_or(LeakKind::Undetermined),
        None => kind::kind(&case.trials, following),
    }
}

/// Length of a code's blocks, seconds.
fn block_s(table: &Table, trials: &Trials) -> f64 {
    let protocol = &trials.session.manifest.protocol;
    let slower = protocol.slower.iter().find(|s| s.code == table.code);
    let every = match (table.code, slower, protocol.activities) {
        (Code::ActivityPair | Code::ActivityOne, _, Some(activities)) => activities.every.max(1),
        (Code::Transition, ..) => protocol.transitions.map_or(1, |t| t.every.max(1)),
        (_, Some(slower), _) => slower.every.max(1),
        _ => 1,
    };
    protocol.block_ns as f64 / 1e9 * f64::from(every)
}

fn codes(trials: &Trials) -> Vec<CodeTest> {
    let test = |coded: &Coded| CodeTest {
        code: coded.table.code,
        block_s: block_s(&coded.table, trials),
        step_db: coded.table.step_db,
        share: coded.table.share,
        controlled: coded.table.code == Code::Fast && trials.control.crossed(),
        test: coded.muted.test(),
    };
    trials.codes.iter().map(test).collect()
}

/// How often our guesser was right, at most. It guesses the fast code, which a control vouches for, and
/// two symbols only.
fn bound(trials: &Trials) -> Option<Bound> {
    let evidence = &trials.codes[0].muted.evidence;
    if evidence.guesses.is_empty() || trials.session.manifest.protocol.symbols > 2 {
        return None;
    }
    let (n, right) = (evidence.guesses.len() as u64, evidence.n_right as u64);
    let theta = stats::theta_upper(n, right, trials.bound_alpha(), BOUND_PRIOR, BOUND_PRIOR);
    Some(Bound {
        accuracy_at_most: theta,
        bits_per_block_at_most: stats::bits_at_most(theta),
        blocks: evidence.n as u32,
    })
}

/// What was tried.
fn encodings(trials: &Trials) -> Encodings {
    let fast = &trials.codes[0].table;
    let settings = fast.settings(trials.session, stats::Missing::Drop);
    let block_s = trials.session.manifest.protocol.block_ns as f64 / 1e9;
    Encodings {
        tried: Encoding::ALL.to_vec(),
        latest_s: settings.longest_lag as f64 * block_s,
    }
}

fn start_ns(trials: &Trials) -> u64 {
    trials
        .segmentation
        .blocks
        .first()
        .map_or(0, |b| b.span.from.0)
}

fn rows(trials: &Trials) -> Vec<BlockRow> {
    let start = MonotonicNs(start_ns(trials));
    let features = &trials.features;
    let at = |values: &[Option<f64>], k: usize| values.get(k).copied().flatten();
    let row = |(k, block): (usize, &features::Block)| BlockRow {
        phase: block.phase,
        index: block.index,
        start_s: block.span.from.since(start) as f64 / 1e9,
        symbol: u32::from(trials.symbol(k).unwrap_or(0)),
        heard_dbfs: at(&features.heard_dbfs, k),
        peer_dbfs: at(&features.peer_dbfs, k),
        bytes_out: at(&features.bytes_out, k),
        packets_out: at(&features.packets_out, k),
        mute_confirmed: match block.phase {
            Phase::Control => None,
            Phase::Muted => Some(features.mute_confirmed.get(k) == Some(&Some(true))),
        },
    };
    trials
        .segmentation
        .blocks
        .iter()
        .enumerate()
        .map(row)
        .collect()
}

fn microphone_over_time(trials: &Trials) -> Vec<MicrophoneSpan> {
    let start = MonotonicNs(start_ns(trials));
    let span = |state: &MicState| MicrophoneSpan {
        span: state.span,
        from_s: state.span.from.since(start) as f64 / 1e9,
        to_s: state.span.to.since(start) as f64 / 1e9,
        state: lamp_of(state.state),
        who: state.who.clone(),
    };
    trials.features.microphone.iter().map(span).collect()
}
