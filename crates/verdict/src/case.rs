//! Everything the checks look at, computed once.

use std::ops::Range;

use features::{Derived, Features, Group, Missing, Readings, Segmentation, Session, Trace};
use record::{Body, Code, Phase, Player};
use serde::{Deserialize, Serialize};
use stimulus::{Key, Seed};

use crate::checks::{detects, redraws};
use crate::judge::BOUND_ALPHA;
use crate::mixed::Mixed;
use crate::receivers::FDR;
use crate::second::second_opinion;
use crate::table::{
    Coded, DECIDING, Source, Table, Trial, blocks_of, lost_blocks, stopped_early, tables, trial,
};
use crate::{Detects, Judgement, LeakKind, Note, Redraws, SecondOpinion, Verdict};

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
    /// What was kept when the bundle's payloads were dropped.
    pub kept: Option<Kept>,
}

/// What a judgement needs of payloads, kept when they were dropped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// Features of every segmentation.
    pub features: Derived,
    /// What kind of leak was found, where one was.
    pub kind: Option<LeakKind>,
}

/// What has to be kept of a session so that it can be judged again without its payloads.
pub fn keep(session: &Session, seed: &Seed, judgement: &Judgement) -> Kept {
    Kept {
        features: crate::table::derive(session, seed),
        kind: match judgement.verdict {
            Verdict::Leaks { kind, .. } => Some(kind),
            _ => None,
        },
    }
}

/// One session on the table.
pub(crate) struct Case<'a> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) trace: Trace<'a>,
    pub(crate) seed: &'a Seed,
    pub(crate) sealed: Sealed,
    pub(crate) options: &'a Options,
    /// The fast code's key, blocks and numbers: what everything but the bets looks at.
    pub(crate) key: Key,
    pub(crate) segmentation: Segmentation,
    pub(crate) features: Features,
    pub(crate) control: Trial,
    /// The control again, over what left alone.
    pub(crate) control_egress: Trial,
    /// And over what the other participants hear.
    pub(crate) control_peer: Trial,
    /// And again over what was handed to an encoder; and the same while muted.
    pub(crate) control_encoder: Trial,
    pub(crate) encoder: Trial,
    /// Every code, the fast one first.
    pub(crate) codes: Vec<Coded>,
    /// All codes together.
    pub(crate) muted: Mixed,
    pub(crate) charged: Option<Mixed>,
    pub(crate) loss: Trial,
    pub(crate) sham: Mixed,
    /// The two gates that try the test itself; they look at all of the above.
    pub(crate) redraws: Option<Redraws>,
    pub(crate) detects: Option<Detects>,
    pub(crate) second: Option<SecondOpinion>,
}

impl<'a> Case<'a> {
    pub(crate) fn new(
        session: &'a Session<'a>,
        seed: &'a Seed,
        sealed: Sealed,
        options: &'a Options,
    ) -> Case<'a> {
        let gate = GATE_W.ln();
        let needed = needed(session);
        let drop = stats::Missing::Drop;
        let trace = Trace::new(session);
        let readings = match options.kept {
            Some(_) => Readings::default(),
            None => features::readings(&trace),
        };
        let source = Source {
            trace: &trace,
            readings: &readings,
            kept: options.kept.as_ref().map(|kept| &kept.features),
        };
        let tables = tables(source, seed, Player::Mic);
        let fast = &tables[0];
        let run = |phase, groups| trial(session, fast, phase, groups, drop, gate);
        let control_egress = run(Phase::Control, &[Group::Egress]);
        let control = run(Phase::Control, DECIDING);
        let loss = run(Phase::Muted, &[Group::Loss]);
        let control_peer = run(Phase::Control, &[Group::PeerOutput]);
        let control_encoder = run(Phase::Control, &[Group::Encoder]);
        let encoder = run(Phase::Muted, &[Group::Encoder]);
        let (key, segmentation, features) = (
            fast.key.clone(),
            fast.segmentation.clone(),
            fast.features.clone(),
        );
        let codes: Vec<Coded> = tables
            .into_iter()
            .map(|table| Coded::new(session, table, needed))
            .collect();
        let any_lost = codes.iter().any(|coded| coded.charged.is_some());
        let mut case = Case {
            muted: Mixed::new(codes.iter().map(|c| c.muted.part(c.table.share)), needed),
            charged: any_lost.then(|| {
                let charged = codes
                    .iter()
                    .map(|c| c.charged.as_ref().unwrap_or(&c.muted).part(c.table.share));
                Mixed::new(charged, needed)
            }),
            sham: sham(source, seed),
            control_egress,
            control_peer,
            control_encoder,
            encoder,
            control,
            loss,
            codes,
            session,
            trace,
            seed,
            sealed,
            options,
            key,
            segmentation,
            features,
            redraws: None,
            detects: None,
            second: None,
        };
        case.redraws = redraws(&case);
        case.detects = detects(&case);
        case.second = second_opinion(&case);
        case
    }

    /// Indices of the phase's blocks.
    pub(crate) fn blocks(&self, phase: Phase) -> Range<usize> {
        blocks_of(&self.segmentation, phase)
    }

    /// Symbol of a block by its index in the segmentation; `None` if the key does not reach that far.
    pub(crate) fn symbol(&self, block: usize) -> Option<u8> {
        let block = self.segmentation.blocks.get(block)?;
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

    /// How much the slower codes lowered everything in a block of the fast one, dB.
    pub(crate) fn lowered_db(&self, block: usize) -> f64 {
        let Some(block) = self.segmentation.blocks.get(block) else {
            return 0.0;
        };
        let slower = &self.session.manifest.protocol.slower;
        let low = |coded: &&Coded| {
            let every = slower.iter().find(|s| s.code == coded.table.code);
            let at = every.map(|s| block.index / s.every.max(1));
            at.and_then(|at| coded.table.key.symbol(block.phase, at)) == Some(0)
        };
        let steps = self.codes[1..].iter().filter(low);
        steps.map(|coded| coded.table.step_db).sum()
    }

    /// Everything that was played while muted lies in the blocks of these: the fast code's, and those
    /// of the activities behind them.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = &Table> {
        let stretch = |t: &&Table| matches!(t.code, Code::Fast | Code::ActivityPair);
        self.codes.iter().map(|coded| &coded.table).filter(stretch)
    }

    /// Whether the control at an encoder's input vouches for the muted phase: it fired, and calls were
    /// traced without a hole in every muted block.
    pub(crate) fn encoder_vouches(&self) -> bool {
        let traced = |t: &Table| {
            let encoder = t
                .features
                .series
                .iter()
                .filter(|s| s.group == Group::Encoder);
            let mut values = encoder.flat_map(|s| &s.values[t.blocks(Phase::Muted)]);
            values.all(|value| !matches!(value, Err(Missing::Lost | Missing::NotWatched)))
        };
        self.control_encoder.crossed() && self.stretches().all(traced)
    }

    /// Level of a bound of this case's own.
    pub(crate) fn bound_alpha(&self) -> f64 {
        BOUND_ALPHA / f64::from(drifts_tried(self.session))
    }

    /// Level at which series are named.
    pub(crate) fn fdr(&self) -> f64 {
        FDR / f64::from(drifts_tried(self.session))
    }

    /// Whether the run was ended before its planned end because it was decided.
    pub(crate) fn stopped_early(&self) -> bool {
        stopped_early(self.session)
    }

    /// Seconds of the muted phase that were judged.
    pub(crate) fn muted_s(&self) -> f64 {
        let blocks = |t: &Table| {
            let blocks = &t.segmentation.blocks[t.blocks(Phase::Muted)];
            blocks.iter().map(|b| b.span.seconds()).sum::<f64>()
        };
        self.stretches().map(blocks).sum()
    }

    /// In how many muted blocks something was lost that could have been bet on.
    pub(crate) fn lost_blocks(&self) -> u32 {
        lost_blocks(&self.features, &self.blocks(Phase::Muted))
    }

    /// Whether something that leaves follows the muted microphone, gates aside. Where blocks were
    /// lost, the charged bets decide: they are valid whatever the loss follows.
    pub(crate) fn leak_found(&self) -> bool {
        self.muted.crossed() && self.charged.as_ref().is_none_or(Mixed::crossed)
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

/// ln W that a finding needs: the declared false-alarm rate is shared among all drifts of the capture's
/// clock that were tried, so that the best of them is found wrongly no more often than one.
pub(crate) fn needed(session: &Session) -> f64 {
    let alpha = alpha(session.manifest.protocol.alpha);
    stats::log_threshold(alpha / f64::from(drifts_tried(session)))
}

/// How many drifts of the packets' clock were tried on the muted phase; 1 where none was searched for.
fn drifts_tried(session: &Session) -> u32 {
    let tried = session.records.iter().filter_map(|r| match r.body {
        Body::Aligned { drifts, .. } => Some(drifts),
        _ => None,
    });
    tried.max().unwrap_or(1).max(1)
}

/// The muted phase against the coins of the player that the app could not hear, cut by what the
/// sham's recorder heard.
fn sham(source: Source, seed: &Seed) -> Mixed {
    let session = source.trace.session();
    let tables = tables(source, seed, Player::Sham);
    let drop = stats::Missing::Drop;
    let gate = GATE_W.ln();
    let trials: Vec<(f64, Trial)> = tables
        .iter()
        .map(|t| {
            (
                t.share,
                trial(session, t, Phase::Muted, DECIDING, drop, gate),
            )
        })
        .collect();
    Mixed::new(trials.iter().map(|(share, trial)| trial.part(*share)), gate)
}
