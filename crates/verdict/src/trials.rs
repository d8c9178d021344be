//! Everything that was measured of one session: every code's table, and every run of the test on them.

use std::ops::Range;

use features::{Features, Group, Missing, Readings, Segmentation, Session, Trace};
use record::{Code, Phase, Player};
use stimulus::{Key, Seed};

use crate::attended::{Attended, attended};
use crate::error_rates::{BOUND_ALPHA, FDR, GATE_W, drifts_tried, needed, needed_by_packets};
use crate::kept::Kept;
use crate::mixture::Mixture;
use crate::model::{ControlOf, ControlTest};
use crate::table::{Source, Table, blocks_of, tables};
use crate::trial::{Coded, DECIDING, Trial, lost_blocks, stopped_early, trial};

/// One session, measured and bet on.
pub(crate) struct Trials<'a> {
    pub(crate) session: &'a Session<'a>,
    pub(crate) trace: Trace<'a>,
    pub(crate) seed: &'a Seed,
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
    /// What the app's windows show, while muted.
    pub(crate) windows: Trial,
    /// Every code, the fast one first.
    pub(crate) codes: Vec<Coded>,
    /// All codes together.
    pub(crate) muted: Mixture,
    pub(crate) charged: Option<Mixture>,
    pub(crate) loss: Trial,
    pub(crate) sham: Mixture,
    /// Codes whose numbers were to be kept when payloads were dropped, and are not there.
    pub(crate) not_kept: Vec<Code>,
    /// What the person did in front of the machine, stretch by stretch.
    pub(crate) attention: Vec<Attended>,
}

impl<'a> Trials<'a> {
    pub(crate) fn new(session: &'a Session<'a>, seed: &'a Seed, kept: Option<&Kept>) -> Trials<'a> {
        let gate = GATE_W.ln();
        let needed = needed(session);
        let drop = stats::Missing::Drop;
        let trace = Trace::new(session);
        let readings = match kept {
            Some(_) => Readings::default(),
            None => features::readings(&trace),
        };
        let source = Source {
            trace: &trace,
            readings: &readings,
            kept: kept.map(|kept| &kept.features),
        };
        let tables = tables(source, seed, Player::Mic);
        let shams = self::tables(source, seed, Player::Sham);
        let mut not_kept: Vec<Code> = Vec::new();
        for table in tables.iter().chain(&shams).filter(|t| t.not_kept) {
            if !not_kept.contains(&table.code) {
                not_kept.push(table.code);
            }
        }
        let fast = &tables[0];
        let run = |phase, groups| trial(session, fast, phase, groups, drop, gate);
        let by_packets = |groups| {
            let gate = needed_by_packets(session);
            trial(session, fast, Phase::Control, groups, drop, gate)
        };
        let control_egress = by_packets(&[Group::Egress]);
        let control = by_packets(DECIDING);
        let loss = run(Phase::Muted, &[Group::Loss]);
        let control_peer = run(Phase::Control, &[Group::PeerOutput]);
        let control_encoder = run(Phase::Control, &[Group::Encoder]);
        let encoder = run(Phase::Muted, &[Group::Encoder]);
        let windows = run(Phase::Muted, &[Group::Windows]);
        let (key, segmentation) = (fast.key.clone(), fast.segmentation.clone());
        let features = fast.features.clone();
        let codes: Vec<Coded> = tables
            .into_iter()
            .map(|table| Coded::new(session, table, needed))
            .collect();
        let any_lost = codes.iter().any(|coded| coded.charged.is_some());
        Trials {
            muted: Mixture::new(codes.iter().map(|c| c.muted.part(c.table.share)), needed),
            charged: any_lost.then(|| {
                let charged = codes
                    .iter()
                    .map(|c| c.charged.as_ref().unwrap_or(&c.muted).part(c.table.share));
                Mixture::new(charged, needed)
            }),
            sham: sham(session, &shams),
            attention: attended(session, source, seed),
            control_egress,
            control_peer,
            control_encoder,
            encoder,
            windows,
            control,
            loss,
            codes,
            session,
            trace,
            seed,
            key,
            segmentation,
            features,
            not_kept,
        }
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
        let lowered = |coded: &Coded| {
            let code = slower.iter().find(|s| s.code == coded.table.code)?;
            let at = block.index / code.every.max(1);
            let symbol = coded.table.key.symbol(block.phase, at)?;
            Some(f64::from(code.lowered_db(symbol)))
        };
        self.codes[1..].iter().filter_map(lowered).sum()
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

    /// Whether packets were watched in every muted block of the fast code, and none was lost.
    pub(crate) fn packets_watched(&self) -> bool {
        let mut muted = self.blocks(Phase::Muted);
        let counts = &self.features.packets_out;
        !muted.is_empty() && muted.all(|k| matches!(counts.get(k), Some(Some(_))))
    }

    /// Muted blocks in which every packet was seen.
    pub(crate) fn blocks_seen(&self) -> usize {
        let counts = &self.features.packets_out;
        let seen = |k: &usize| matches!(counts.get(*k), Some(Some(_)));
        self.blocks(Phase::Muted).filter(seen).count()
    }

    /// The control over each kind of thing that was watched.
    pub(crate) fn controls(&self) -> Vec<ControlTest> {
        let recorded = self.features.peer_dbfs.iter().any(Option::is_some);
        let all = [
            (ControlOf::Packets, &self.control_egress, true),
            (ControlOf::PeerOutput, &self.control_peer, recorded),
            (
                ControlOf::Encoder,
                &self.control_encoder,
                !self.control_encoder.series.is_empty(),
            ),
        ];
        let seen = all.into_iter().filter(|(.., seen)| *seen);
        seen.map(|(of, trial, _)| ControlTest {
            of,
            test: trial.test(),
        })
        .collect()
    }

    /// Level of a bound that holds for this session.
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
        self.muted.crossed() && self.charged.as_ref().is_none_or(Mixture::crossed)
    }
}

/// The muted phase against the coins of the player that the app could not hear, cut by what the
/// sham's recorder heard.
fn sham(session: &Session, tables: &[Table]) -> Mixture {
    let drop = stats::Missing::Drop;
    let gate = GATE_W.ln();
    let run = |table| trial(session, table, Phase::Muted, DECIDING, drop, gate);
    let trials: Vec<(f64, Trial)> = tables.iter().map(|t| (t.share, run(t))).collect();
    Mixture::new(trials.iter().map(|(share, trial)| trial.part(*share)), gate)
}
