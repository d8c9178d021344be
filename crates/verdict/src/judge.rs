use features::{Microphone, Session};
use record::{Body, Code, Phase, Source, Span};
use stimulus::Seed;

use crate::case::{Case, Options, Sealed};
use crate::checks::{CHECKS, OnLeak, sound};
use crate::receivers::{call, destinations, findings, followers, hears, receivers};
use crate::table::{Coded, Table, lost_blocks};
use crate::{
    BlockRow, Bound, ClearText, CodeTest, Judgement, MicrophoneLamp, MicrophoneSpan, Note, ReadBy,
    Reason, Scope, SendingLamp, Verdict, kind,
};

/// Confidence of the bounds: 95 %, all drifts that were tried together.
pub(crate) const BOUND_ALPHA: f64 = 0.05;

/// Prior of the accuracy bound, as declared in docs/statistics.md.
pub(crate) const BOUND_PRIOR: f64 = 20.0;

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
/// - every payload byte that left while muted was read, and there were some: `NoLeakSeen`, scope
///   *plaintext*;
/// - else `PartlySeen`: sizes and times of packets alone clear no app that listens.
pub fn judge(session: &Session, seed: &Seed, sealed: Sealed, options: &Options) -> Judgement {
    let case = Case::new(session, seed, sealed, options);
    let microphone = lamp(&case);
    let following = match case.leak_found() {
        true => followers(&case),
        false => Default::default(),
    };
    let coverage = coverage(&case);
    let opaque = per_min(coverage.opaque, &case);
    let verdict = verdict(&case, microphone, &following, &coverage);
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
    if leaks && kind::only_in_transitions(&case) {
        notes.insert(0, Note::OnlyAroundMute);
    }
    Judgement {
        sending: match &verdict {
            Verdict::Leaks { .. } => SendingLamp::Follows,
            Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. } => SendingLamp::NothingFound,
            Verdict::Inconclusive { .. } | Verdict::NotRun { .. } => SendingLamp::Unknown,
        },
        hears: hears(&case, &verdict),
        call: call(&case),
        microphone,
        microphone_by_server: lamp_by_server(&case),
        notes,
        control: case.control.test(),
        muted: case.muted.test(),
        codes: codes(&case),
        stopped_early: case.stopped_early(),
        charged: case.charged.as_ref().map(|trial| trial.test()),
        sham: case.sham.test(),
        findings,
        opaque_bytes_per_min: opaque,
        bound: if leaks { None } else { bound(&case) },
        redraws: case.redraws.clone(),
        detects: case.detects.clone(),
        second_opinion: case.second.clone(),
        destinations: destinations(&case, if leaks { &following.flows } else { &[] }),
        blocks: rows(&case),
        reads: reads(&case),
        microphone_over_time: microphone_over_time(&case),
        sound: sound(&case),
        verdict,
    }
}

fn verdict(
    case: &Case,
    microphone: MicrophoneLamp,
    following: &crate::receivers::Followers,
    coverage: &Coverage,
) -> Verdict {
    let opaque_bytes_per_min = per_min(coverage.opaque, case);
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
        // Each code by itself at a part of the level, so that the largest of the bounds is one too.
        let alpha = case.bound_alpha() / case.codes.len() as f64;
        let bits = case.codes.iter().map(|coded| {
            let blocks_per_min = 60.0 / block_s(&coded.table, case).max(1e-9);
            let levels = coded.table.levels(case.session);
            let decided = coded.charged.as_ref().unwrap_or(&coded.muted);
            let path = &decided.evidence.path;
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
            kind: kind::kind(case, following),
            receivers: receivers(case, following),
            cap_bits_per_min: cap,
            at_least_bits_per_min: at_least,
        };
    }
    if !reasons.is_empty() {
        return Verdict::Inconclusive { reasons };
    }
    match microphone {
        MicrophoneLamp::Closed | MicrophoneLamp::OpenNotRunning => Verdict::NoLeakSeen {
            scope: Scope::NoReads,
        },
        MicrophoneLamp::StillRead | MicrophoneLamp::OpenRunning | MicrophoneLamp::Unknown
            if all_was_read(case, coverage) =>
        {
            Verdict::NoLeakSeen {
                scope: Scope::Plaintext,
            }
        }
        MicrophoneLamp::StillRead | MicrophoneLamp::OpenRunning | MicrophoneLamp::Unknown => {
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

/// The microphone's lamp: the least reassuring state during any muted block, by the sound server's
/// view and by the calls that were traced.
pub(crate) fn lamp(case: &Case) -> MicrophoneLamp {
    let by_calls = reads(case).is_some_and(|reads| !reads.is_empty());
    match by_calls {
        true => MicrophoneLamp::StillRead,
        false => lamp_by_server(case),
    }
}

/// All muted time, from the first block's start to the last one's end; nothing without blocks.
fn muted_span(case: &Case) -> Option<Span> {
    let muted = |t: &Table| t.segmentation.blocks[t.blocks(Phase::Muted)].to_vec();
    let blocks: Vec<features::Block> = case.stretches().flat_map(muted).collect();
    let (first, last) = (blocks.first()?, blocks.last()?);
    Some(Span {
        from: first.span.from,
        to: last.span.to,
    })
}

fn lamp_by_server(case: &Case) -> MicrophoneLamp {
    let rank = |lamp: &MicrophoneLamp| match lamp {
        MicrophoneLamp::StillRead => 4,
        MicrophoneLamp::OpenRunning => 3,
        MicrophoneLamp::Unknown => 2,
        MicrophoneLamp::OpenNotRunning => 1,
        MicrophoneLamp::Closed => 0,
    };
    let Some(span) = muted_span(case) else {
        return MicrophoneLamp::Unknown;
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

/// Who read the microphone while muted; nothing where calls were not traced throughout.
fn reads(case: &Case) -> Option<Vec<ReadBy>> {
    let (reads, span) = (case.features.reads.as_ref()?, muted_span(case)?);
    let within = reads.within(&span);
    // What was seen was seen, however short the watch; that nothing was takes a whole one.
    if within.is_empty() && !reads.traced(&span) {
        return None;
    }
    let seconds = span.seconds().max(1e-9);
    let mut by: Vec<ReadBy> = within
        .into_iter()
        .map(|(reader, (calls, bytes))| ReadBy {
            command: reader.command,
            door: reader.door,
            calls_per_s: calls as f64 / seconds,
            bytes_per_s: bytes as f64 / seconds,
        })
        .collect();
    by.sort_by(|a, b| b.calls_per_s.total_cmp(&a.calls_per_s));
    Some(by)
}

fn lamp_of(state: Microphone) -> MicrophoneLamp {
    match state {
        Microphone::Closed => MicrophoneLamp::Closed,
        Microphone::OpenNotRunning => MicrophoneLamp::OpenNotRunning,
        Microphone::OpenRunning => MicrophoneLamp::OpenRunning,
        Microphone::Unknown => MicrophoneLamp::Unknown,
    }
}

/// What left while muted and was judged: bytes that were read, and bytes that were not.
struct Coverage {
    clear: u64,
    opaque: u64,
}

fn coverage(case: &Case) -> Coverage {
    let flows = || case.stretches().flat_map(|t| &t.features.flows);
    let sent: u64 = flows().map(|f| f.muted.payload_bytes_out).sum();
    let clear: u64 = flows().map(|f| f.muted.clear_bytes_out).sum();
    Coverage {
        clear,
        opaque: sent.saturating_sub(clear),
    }
}

/// Whether every byte that left while muted was read (a single one may hold a loudness), there were
/// some, none was lost or on a way that nobody counts, and the packets themselves answered the
/// control.
fn all_was_read(case: &Case, coverage: &Coverage) -> bool {
    let watched = |t: &Table| {
        let packets = &t.features.packets_out;
        t.blocks(Phase::Muted)
            .all(|k| matches!(packets.get(k), Some(Some(_))))
    };
    let uncounted = |t: &Table| t.features.n_malformed + t.features.n_unattributed;
    coverage.clear > 0
        && coverage.opaque == 0
        && case.control_egress.crossed()
        && case.stretches().all(watched)
        && case.stretches().map(uncounted).sum::<u64>() == 0
}

fn per_min(bytes: u64, case: &Case) -> f64 {
    let minutes = case.muted_s() / 60.0;
    if minutes > 0.0 {
        bytes as f64 / minutes
    } else {
        0.0
    }
}

/// Length of a code's blocks, seconds.
fn block_s(table: &Table, case: &Case) -> f64 {
    let protocol = &case.session.manifest.protocol;
    let slower = protocol.slower.iter().find(|s| s.code == table.code);
    let every = match (table.code, slower, protocol.activities) {
        (Code::ActivityPair | Code::ActivityOne, _, Some(activities)) => activities.every.max(1),
        (Code::Transition, ..) => protocol.transitions.map_or(1, |t| t.every.max(1)),
        (_, Some(slower), _) => slower.every.max(1),
        _ => 1,
    };
    protocol.block_ns as f64 / 1e9 * f64::from(every)
}

fn codes(case: &Case) -> Vec<CodeTest> {
    let test = |coded: &Coded| CodeTest {
        code: coded.table.code,
        block_s: block_s(&coded.table, case),
        step_db: coded.table.step_db,
        share: coded.table.share,
        controlled: coded.table.code == Code::Fast && case.control.crossed(),
        test: coded.muted.test(),
    };
    case.codes.iter().map(test).collect()
}

/// How often our guesser was right, at most: of the fast code, which a control vouches for. For two
/// symbols only.
fn bound(case: &Case) -> Option<Bound> {
    let evidence = &case.codes[0].muted.evidence;
    if evidence.n == 0 || case.session.manifest.protocol.symbols > 2 {
        return None;
    }
    let (n, right) = (evidence.n as u64, evidence.n_right as u64);
    let theta = stats::theta_upper(n, right, case.bound_alpha(), BOUND_PRIOR, BOUND_PRIOR);
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
    let traced = reads(case).is_some();
    match microphone {
        MicrophoneLamp::OpenRunning if traced && !lost_by(case, Source::Reads) => {
            notes.extend([Note::StillOpen, Note::NoCallSeen]);
        }
        MicrophoneLamp::OpenRunning => notes.extend([Note::StillOpen, Note::ReadsNotTraced]),
        MicrophoneLamp::StillRead => {
            notes.push(Note::StillOpen);
            if lamp_by_server(case) != MicrophoneLamp::OpenRunning {
                notes.push(Note::ReadsDisagree);
            }
        }
        MicrophoneLamp::Closed | MicrophoneLamp::OpenNotRunning | MicrophoneLamp::Unknown => {}
    }
    match (case.control_egress.crossed(), case.encoder_vouches()) {
        (false, true) => notes.push(Note::ControlByEncoderOnly),
        (false, false) if case.control.crossed() => notes.push(Note::ControlByPeerOnly),
        _ => {}
    }
    let evidence = case.encoder.w_max();
    match (case.encoder.crossed(), case.encoder_vouches()) {
        (true, _) => notes.push(Note::EncoderFollows { evidence }),
        (false, true) => notes.push(Note::EncoderQuiet),
        (false, false) => {}
    }
    let seconds = case.muted_s();
    if seconds > 0.0 && seconds < SHORT_RUN_S {
        notes.push(Note::ShortRun { seconds });
    }
    losses(case, &mut notes);
    listeners(case, &mut notes);
    notes.extend(crate::indicator::notes(case));
    notes.extend(crate::camera::notes(case.session.records));
    clear_text(case, &mut notes);
    codes_notes(case, &mut notes);
    if case.second.as_ref().is_some_and(|second| !second.agrees) {
        notes.push(Note::SecondOpinionDiffers);
    }
    if case.sham.n == 0 && !case.blocks(Phase::Muted).is_empty() {
        let why = "no sham was played, so cross-talk of the harness was not tested".into();
        notes.push(Note::NotWatched {
            source: Source::Sham,
            why,
        });
    }
    notes.extend(case.options.notes.iter().cloned());
    if let Some(span) = muted_span(case) {
        notes.extend(crate::accessed::notes(case.session.records, &span));
    }
    notes.extend(where_from(case.session));
    notes
}

/// What has to be said of a session that was not recorded on a stage, or that it was.
fn where_from(session: &Session) -> Vec<Note> {
    let records = session.records;
    let count = |is: fn(&Body) -> bool| records.iter().filter(|r| is(&r.body)).count() as u64;
    let rows = count(|body| matches!(body, Body::Row { .. }));
    let aligned = count(|body| matches!(body, Body::Aligned { .. }));
    match (rows, aligned) {
        (0, 0) => vec![Note::Staged],
        (0, _) => {
            let addresses = session.manifest.net.app.clone();
            vec![Note::Elsewhere { addresses }]
        }
        (rows, _) => {
            let addresses = Vec::new();
            vec![Note::TableOnly { rows }, Note::Elsewhere { addresses }]
        }
    }
}

/// What anyone on the way can read, and what was in clear and still not read.
fn clear_text(case: &Case, notes: &mut Vec<Note>) {
    for flow in &case.features.flows {
        let what = match flow.clear_text {
            None => continue,
            Some(features::ClearText::Http) => ClearText::Http,
            Some(features::ClearText::Sound) => ClearText::Sound,
            Some(features::ClearText::Data) => ClearText::Data,
        };
        let at = format!("{} {}", flow.transport, flow.remote);
        notes.push(Note::ClearText { at, what });
    }
    let (messages, values) = (
        case.features.n_messages_limited,
        case.features.n_fields_left_out,
    );
    if messages + values > 0 {
        notes.push(Note::NotReadWhole { messages, values });
    }
    if case.features.n_malformed > 0 {
        let frames = case.features.n_malformed;
        notes.push(Note::NoPackets { frames });
    }
}

/// What belongs beside codes that no control reached, and beside an end that was not planned.
fn codes_notes(case: &Case, notes: &mut Vec<Note>) {
    let codes: Vec<Code> = case.codes[1..].iter().map(|c| c.table.code).collect();
    let has_slow = codes.contains(&Code::Slow);
    if !codes.is_empty() {
        notes.push(Note::NotControlled { codes });
    }
    notes.extend(transitions(case));
    for record in case.session.records {
        match &record.body {
            Body::Grid { at_send: None } if has_slow => notes.push(Note::NotAligned),
            Body::Decided { why } => notes.push(Note::StoppedEarly { why: why.clone() }),
            _ => {}
        }
    }
}

/// Whether what leaves around mute and unmute was tested, and how much of it could be judged.
fn transitions(case: &Case) -> Option<Note> {
    let table = case.codes.iter().find(|c| c.table.code == Code::Transition);
    let of = case.session.manifest.protocol.transitions.map(|t| t.blocks);
    match (table, of) {
        (Some(coded), Some(of)) => {
            let table = &coded.table;
            let lost = lost_blocks(&table.features, &table.blocks(Phase::Muted));
            let judged = table.segmentation.blocks.len() as u32 - lost;
            (judged < of).then_some(Note::CyclesNotJudged { judged, of })
        }
        _ => Some(Note::TransitionsNotTested),
    }
}

fn lost_by(case: &Case, source: Source) -> bool {
    let lost = |r: &record::Record| r.source == source && matches!(r.body, Body::Gap { .. });
    case.session.records.iter().any(lost)
}

/// Reasons of losses that are told of one source; what has others is added to the last of them.
const REASONS_MAX: usize = 5;

/// What was lost, a note for each source and reason, and who could not watch or stopped early.
fn losses(case: &Case, notes: &mut Vec<Note>) {
    let mut lost: Vec<(Source, Option<u64>, String)> = Vec::new();
    for record in case.session.records {
        let source = record.source;
        match &record.body {
            Body::Gap { lost: n, why, .. } => {
                let of = |(s, ..): &(Source, Option<u64>, String)| *s == source;
                let same = lost.iter().position(|l| of(l) && l.2 == *why);
                let is_full = lost.iter().filter(|l| of(l)).count() == REASONS_MAX;
                let last = lost.iter().rposition(of).filter(|_| is_full);
                match same.or(last) {
                    Some(i) => {
                        let sum = &mut lost[i].1;
                        *sum = sum.zip(*n).map(|(a, b)| a.saturating_add(b));
                    }
                    None => lost.push((source, *n, why.clone())),
                }
            }
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
    case.segmentation
        .blocks
        .first()
        .map_or(0, |b| b.span.from.0)
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
    case.segmentation
        .blocks
        .iter()
        .enumerate()
        .map(row)
        .collect()
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
