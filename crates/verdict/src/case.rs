//! Everything the checks look at, computed once.

use std::ops::Range;

use features::{Cut, Features, Group, Missing, Session};
use record::{Phase, Player};
use stats::{Evidence, Numbers, Prepared, Settings, Value};
use stimulus::{Key, Seed};

use crate::checks::{detects, redraws};
use crate::{Detects, Note, Redraws, Test};

/// Evidence W that the gates ask for: the control has to reach it, the sham and the losses must
/// not.
pub const GATE_W: f64 = 1000.0;

/// Whether the bundle is as it was when it was sealed. The reader of the bundle knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sealed {
    /// Sealed, and every hash agrees.
    Unchanged,
    /// Never sealed, or a hash disagrees.
    No,
}

/// How to judge.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Opaque bytes make "nothing found" inconclusive.
    pub require_plaintext: bool,
    /// What the reader of the bundle has to remark (a cut log, a cut packet file).
    pub notes: Vec<Note>,
}

/// One run of the test: what it said, and over which blocks.
pub(crate) struct Trial {
    pub(crate) evidence: Evidence,
    /// Indices into [`Features::series`] of the series that were bet on.
    pub(crate) series: Vec<usize>,
    pub(crate) log_needed: f64,
    /// End of each block, seconds since the first one's start.
    ends_s: Vec<f64>,
}

/// One session on the table.
pub(crate) struct Case<'a> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) seed: &'a Seed,
    pub(crate) sealed: Sealed,
    pub(crate) options: &'a Options,
    pub(crate) key: Key,
    pub(crate) cut: Cut,
    pub(crate) features: Features,
    pub(crate) control: Trial,
    /// The control again, over what left alone.
    pub(crate) control_egress: Trial,
    pub(crate) muted: Trial,
    pub(crate) charged: Option<Trial>,
    pub(crate) loss: Trial,
    pub(crate) sham: Trial,
    /// The two gates that try the test itself; they look at all of the above.
    pub(crate) redraws: Option<Redraws>,
    pub(crate) detects: Option<Detects>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        session: &'a Session<'a>,
        seed: &'a Seed,
        sealed: Sealed,
        options: &'a Options,
    ) -> Case<'a> {
        let protocol = &session.manifest.protocol;
        let key = Key::derive(seed, protocol, Player::Mic);
        let cut = features::cut(session, Player::Mic);
        let features = features::features(session, &cut);
        let gate = GATE_W.ln();
        let needed = stats::log_threshold(alpha(protocol.alpha));
        let run = |phase, groups, missing, log_needed| {
            trial(
                session, &cut, &features, &key, phase, groups, missing, log_needed,
            )
        };
        let lost = lost_blocks(&features, &blocks_of(&cut, Phase::Muted));
        let charged =
            (lost > 0).then(|| run(Phase::Muted, DECIDING, stats::Missing::Charge, needed));
        let sham = sham(session, seed);
        let drop = stats::Missing::Drop;
        let mut case = Case {
            control_egress: run(Phase::Control, &[Group::Egress], drop, gate),
            control: run(Phase::Control, DECIDING, stats::Missing::Drop, gate),
            muted: run(Phase::Muted, DECIDING, stats::Missing::Drop, needed),
            loss: run(Phase::Muted, &[Group::Loss], stats::Missing::Drop, gate),
            charged,
            sham,
            session,
            seed,
            sealed,
            options,
            key,
            cut,
            features,
            redraws: None,
            detects: None,
        };
        case.redraws = redraws(&case);
        case.detects = detects(&case);
        case
    }

    /// Indices of the phase's blocks.
    pub(crate) fn blocks(&self, phase: Phase) -> Range<usize> {
        blocks_of(&self.cut, phase)
    }

    /// Symbol of a block by its index in the cut; `None` if the key does not reach that far.
    pub(crate) fn symbol(&self, block: usize) -> Option<u8> {
        let block = self.cut.blocks.get(block)?;
        self.key.symbol(block.phase, block.index)
    }

    /// Number of symbols.
    pub(crate) fn levels(&self) -> u8 {
        let symbols = self.session.manifest.protocol.symbols;
        symbols.clamp(2, stimulus::MAX_SYMBOLS) as u8
    }

    /// Whether a block was of the loudest symbol.
    pub(crate) fn is_loud(&self, block: usize) -> bool {
        self.symbol(block) == Some(self.levels() - 1)
    }

    /// Seconds of the muted phase that were judged.
    pub(crate) fn muted_s(&self) -> f64 {
        let blocks = self.blocks(Phase::Muted);
        self.cut.blocks[blocks]
            .iter()
            .map(|b| b.span.seconds())
            .sum()
    }

    /// In how many muted blocks something was lost that could have been bet on.
    pub(crate) fn lost_blocks(&self) -> u32 {
        lost_blocks(&self.features, &self.blocks(Phase::Muted))
    }

    /// Whether something that leaves follows the muted microphone, gates aside. Where blocks were
    /// lost, the charged bets decide: they are valid whatever the loss follows.
    pub(crate) fn leak_found(&self) -> bool {
        self.muted.crossed() && self.charged.as_ref().is_none_or(Trial::crossed)
    }
}

/// Only these groups can show a leak; the weight of anything else is no matter.
pub(crate) const DECIDING: &[Group] = &[Group::Egress, Group::PeerOutput];

impl Trial {
    pub(crate) fn crossed(&self) -> bool {
        self.evidence.max_log_e >= self.log_needed
    }

    /// W at its highest, as a number for a reason or a note.
    pub(crate) fn w_max(&self) -> f64 {
        self.evidence.max_log_e.exp().min(f64::MAX)
    }

    pub(crate) fn test(&self) -> Test {
        let log10 = |ln: f64| ln / std::f64::consts::LN_10;
        let crossing = self
            .evidence
            .path
            .iter()
            .position(|&l| l >= self.log_needed);
        Test {
            blocks: self.evidence.n as u32,
            log10_w: log10(self.evidence.log_e),
            log10_w_max: log10(self.evidence.max_log_e),
            log10_needed: log10(self.log_needed),
            path: self.evidence.path.iter().map(|&l| log10(l)).collect(),
            series: self.series.len() as u32,
            crossed_after_s: crossing.and_then(|k| self.ends_s.get(k).copied()),
        }
    }
}

/// The declared false-alarm rate; nonsense in a damaged manifest becomes the usual one.
pub(crate) fn alpha(declared: f64) -> f64 {
    if declared > 0.0 && declared <= 0.5 {
        declared
    } else {
        0.001
    }
}

/// The cut holds the control's blocks first, then the muted ones.
fn blocks_of(cut: &Cut, phase: Phase) -> Range<usize> {
    let n_control = cut
        .blocks
        .iter()
        .take_while(|b| b.phase == Phase::Control)
        .count();
    match phase {
        Phase::Control => 0..n_control,
        Phase::Muted => n_control..cut.blocks.len(),
    }
}

fn lost_blocks(features: &Features, blocks: &Range<usize>) -> u32 {
    let deciding = || {
        features
            .series
            .iter()
            .filter(|s| DECIDING.contains(&s.group))
    };
    let lost = |k: &usize| deciding().any(|s| s.values.get(*k) == Some(&Err(Missing::Lost)));
    blocks.clone().filter(lost).count() as u32
}

/// The muted phase against the coins of the player that the app could not hear, cut by what the
/// sham's recorder heard.
fn sham(session: &Session, seed: &Seed) -> Trial {
    let cut = features::cut(session, Player::Sham);
    let key = Key::derive(seed, &session.manifest.protocol, Player::Sham);
    // A second pass over the packets; only where there was a sham at all.
    let features = features::features(session, &cut);
    let drop = stats::Missing::Drop;
    trial(
        session,
        &cut,
        &features,
        &key,
        Phase::Muted,
        DECIDING,
        drop,
        GATE_W.ln(),
    )
}

#[allow(clippy::too_many_arguments)]
pub(crate) fn trial(
    session: &Session,
    cut: &Cut,
    features: &Features,
    key: &Key,
    phase: Phase,
    groups: &[Group],
    missing: stats::Missing,
    log_needed: f64,
) -> Trial {
    let blocks = blocks_of(cut, phase);
    // A key is shorter than its phase only in a damaged bundle; a made-up coin is no evidence.
    let symbol = |k: usize| key.symbol(phase, cut.blocks[k].index).unwrap_or(0);
    let symbols: Vec<u8> = blocks.clone().map(symbol).collect();
    let (series, prepared) = prepare(session, cut, features, phase, groups, missing);
    let evidence = prepared
        .and_then(|prepared| prepared.test(&symbols).ok())
        // Features promise finite values; a refusal is a bug there and must not be an accusation.
        .unwrap_or_else(|| nothing(symbols.len(), series.len()));
    let start = cut.blocks.get(blocks.start).map_or(0, |b| b.span.from.0);
    let since = |k: usize| (cut.blocks[k].span.to.0.saturating_sub(start)) as f64 / 1e9;
    Trial {
        evidence,
        series,
        log_needed,
        ends_s: blocks.map(since).collect(),
    }
}

/// The series of a phase that can be bet on (by index), made ready for coins.
pub(crate) fn prepare(
    session: &Session,
    cut: &Cut,
    features: &Features,
    phase: Phase,
    groups: &[Group],
    missing: stats::Missing,
) -> (Vec<usize>, Option<Prepared>) {
    let levels = session
        .manifest
        .protocol
        .symbols
        .clamp(2, stimulus::MAX_SYMBOLS) as u8;
    let blocks = blocks_of(cut, phase);
    let mut series = Vec::new();
    let mut values = Vec::new();
    for (idx, s) in features.series.iter().enumerate() {
        let here = s.values.get(blocks.clone()).unwrap_or(&[]);
        // What does not move in this phase cannot follow anything in it.
        let moves = here.windows(2).any(|pair| pair[0] != pair[1]);
        if groups.contains(&s.group) && s.weight > 0.0 && moves {
            series.push(idx);
            values.push((s.weight, kind(s.kind), here.iter().map(value).collect()));
        }
    }
    let settings = Settings {
        levels,
        missing,
        ..Settings::default()
    };
    let numbers = Numbers::of_kinds(blocks.len(), values).ok();
    (
        series,
        numbers.map(|numbers| Prepared::new(numbers, settings)),
    )
}

pub(crate) fn value(value: &Result<f64, Missing>) -> Value {
    match value {
        Ok(y) if y.abs() <= stats::LARGEST => Value::Number(*y),
        Ok(_) | Err(Missing::NoData) => Value::Absent,
        Err(Missing::Lost | Missing::NotWatched) => Value::Lost,
    }
}

pub(crate) fn kind(kind: features::Kind) -> stats::Kind {
    match kind {
        features::Kind::Number => stats::Kind::Number,
        features::Kind::Category => stats::Kind::Category,
    }
}

fn nothing(n: usize, n_series: usize) -> Evidence {
    Evidence {
        path: vec![0.0; n],
        log_e: 0.0,
        max_log_e: 0.0,
        n,
        settled: 0,
        series_log_e: vec![0.0; n_series],
        prompt_path: vec![0.0; n],
        prompt_series_log_e: vec![0.0; n_series],
        guesses: vec![0; n],
        n_right: 0,
    }
}
