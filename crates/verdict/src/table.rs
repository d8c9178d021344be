//! One code's blocks, coins and numbers.

use std::ops::Range;

use features::{
    Block, Cycle, Derived, Features, Missing, Readings, Segmentation, Series, Session, Trace,
};
use record::{Activities, Body, Code, MonotonicNs, Phase, Player, SlowerCode, Span};
use stats::Settings;
use stimulus::{Key, Seed};

/// One code: its blocks, its coins, its numbers.
pub(crate) struct Table {
    pub(crate) code: Code,
    /// Its share of the stake.
    pub(crate) share: f64,
    /// What its symbol does to the level, dB.
    pub(crate) step_db: f64,
    /// Start of the muted phase's first block, of any code.
    pub(crate) origin: MonotonicNs,
    pub(crate) key: Key,
    pub(crate) segmentation: Segmentation,
    pub(crate) features: Features,
    /// Whether its numbers say nothing of payloads: these were dropped, and no numbers were kept of
    /// these blocks.
    pub(crate) not_kept: bool,
}

/// A segmentation holds the control's blocks first, then the muted ones.
pub(crate) fn blocks_of(segmentation: &Segmentation, phase: Phase) -> Range<usize> {
    let n_control = segmentation
        .blocks
        .iter()
        .take_while(|b| b.phase == Phase::Control)
        .count();
    match phase {
        Phase::Control => 0..n_control,
        Phase::Muted => n_control..segmentation.blocks.len(),
    }
}

/// How the stake is parted between the codes that play, declared before any session. The fast code
/// has the most blocks and finds sound and levels; a value a minute is found by the slow one alone.
fn share(code: Code) -> f64 {
    match code {
        Code::Fast => 0.5,
        Code::Medium | Code::Slow => 0.2,
        Code::Content | Code::ActivityPair | Code::ActivityOne | Code::Unknown => 0.1,
        Code::Transition => 0.05,
        // These have a stake of their own.
        Code::Focus | Code::Visibility | Code::Keys | Code::Picture => 0.0,
    }
}

/// Everything that is bet on with, code by code, the fast one first; shares add up to 1.
pub(crate) fn tables(of: Source, seed: &Seed, player: Player) -> Vec<Table> {
    let session = of.trace.session();
    let protocol = &session.manifest.protocol;
    let coded = protocol.coded_blocks(Phase::Muted);
    let steady = protocol.steady_blocks(Phase::Muted);
    let (segmentation, cycles) = features::segment(session, player).split_muted(steady);
    let (segmentation, behind) = segmentation.split_muted(coded);
    let origin = first_muted(&segmentation);
    let mut tables: Vec<Table> = Vec::new();
    for slower in &protocol.slower {
        let Some(key) = Key::of_code(seed, protocol, player, slower.code) else {
            continue;
        };
        // A damaged manifest may name a code twice, or the fast one.
        if slower.code == Code::Fast || tables.iter().any(|t| t.code == slower.code) {
            continue;
        }
        let segmentation = segmentation.coarser(slower.every).keyed(&key);
        tables.push(Table {
            code: slower.code,
            share: share(slower.code),
            step_db: f64::from(slower.step_db),
            origin,
            features: of.features(&segmentation),
            not_kept: !of.has(&segmentation),
            segmentation,
            key,
        });
    }
    tables.extend(activities(of, seed, player, &behind, origin));
    tables.extend(transitions(of, seed, player, &cycles, origin));
    let key = Key::derive(seed, protocol, player);
    let segmentation = segmentation.keyed(&key);
    let fast = Table {
        code: Code::Fast,
        share: share(Code::Fast),
        step_db: f64::from(protocol.high_dbfs - protocol.low_dbfs),
        origin,
        key,
        features: of.features(&segmentation),
        not_kept: !of.has(&segmentation),
        segmentation,
    };
    tables.insert(0, fast);
    let total: f64 = tables.iter().map(|t| t.share).sum();
    tables.iter_mut().for_each(|t| t.share /= total);
    tables
}

/// The two codes of the named activities, over the blocks behind the other codes'. Where recordings are
/// played, only the coin of the halves is bet on: which recording of a half is played is no coin.
fn activities(
    of: Source,
    seed: &Seed,
    player: Player,
    behind: &Segmentation,
    origin: MonotonicNs,
) -> Vec<Table> {
    let protocol = &of.trace.session().manifest.protocol;
    let Some(activities) = protocol.activities else {
        return Vec::new();
    };
    let key = Key::of_code(seed, protocol, player, Code::ActivityPair);
    let segmentation = behind.coarser(activities.every);
    let segmentation = key.map_or_else(Segmentation::default, |key| segmentation.keyed(&key));
    let features = of.features(&segmentation);
    let table = |code| {
        Some(Table {
            code,
            share: share(code),
            step_db: 0.0,
            origin,
            key: Key::of_code(seed, protocol, player, code)?,
            segmentation: segmentation.clone(),
            features: features.clone(),
            not_kept: !of.has(&segmentation),
        })
    };
    let two = activities.half == Activities::GENERATED;
    let codes = [Code::ActivityPair, Code::ActivityOne];
    let codes = codes.into_iter().take(if two { 2 } else { 1 });
    codes.filter_map(table).collect()
}

/// The cycles of mute and unmute: one coin each, bet on with what left right after the mute and with
/// what left from the unmute on. Both are settled at the cycle's end, so that no bet is open on a
/// coin that another one has shown.
fn transitions(
    of: Source,
    seed: &Seed,
    player: Player,
    segmentation: &Segmentation,
    origin: MonotonicNs,
) -> Option<Table> {
    let session = of.trace.session();
    let protocol = &session.manifest.protocol;
    let key = Key::of_code(seed, protocol, player, Code::Transition)?;
    let cycles = cycles(session, &key, segmentation);
    let parts = parts(&cycles);
    let not_kept = !parts.iter().all(|part| of.has(part));
    let [whole, after_mute, after_unmute] = parts;
    let mut features = of.features(&whole);
    features.series.clear();
    for (when, part) in [("after mute", after_mute), ("after unmute", after_unmute)] {
        let part = of.features(&part);
        let flow_of_whole = |flow: usize| {
            let flow = part.flows.get(flow)?;
            let same =
                |f: &features::Flow| (f.remote, f.transport) == (flow.remote, flow.transport);
            features.flows.iter().position(same)
        };
        let series = part.series.iter().cloned().map(|series| Series {
            name: format!("{when}: {}", series.name),
            flow: series.flow.and_then(flow_of_whole),
            ..series
        });
        features.series.extend(series.collect::<Vec<_>>());
    }
    // Whether the app keeps step may follow its coin: such a cycle is charged, as any other loss.
    for series in &mut features.series {
        let out_of_step = series.values.iter_mut().zip(&cycles);
        let out_of_step = out_of_step.filter(|(_, cycle)| !cycle.in_step);
        out_of_step.for_each(|(value, _)| *value = Err(Missing::Lost));
    }
    Some(Table {
        code: Code::Transition,
        share: share(Code::Transition),
        step_db: f64::from(protocol.high_dbfs - protocol.low_dbfs),
        origin,
        key,
        segmentation: whole,
        features,
        not_kept,
    })
}

/// The cycles that began muted and have a coin.
fn cycles(session: &Session, key: &Key, segmentation: &Segmentation) -> Vec<Cycle> {
    let mut cycles = segmentation.cycles(session);
    cycles.retain(|cycle| key.symbol(Phase::Muted, cycle.index).is_some());
    cycles
}

/// Cycles whole, their part after the mute, and that after the unmute.
fn parts(cycles: &[Cycle]) -> [Segmentation; 3] {
    let parts: [fn(&Cycle) -> Span; 3] = [
        |cycle| Span {
            from: cycle.after_mute.from,
            to: cycle.after_unmute.to,
        },
        |cycle| cycle.after_mute,
        |cycle| cycle.after_unmute,
    ];
    parts.map(|span| {
        let block = |cycle: &Cycle| Block {
            phase: Phase::Muted,
            index: cycle.index,
            span: span(cycle),
        };
        Segmentation {
            blocks: cycles.iter().map(block).collect(),
            ..Segmentation::default()
        }
    })
}

/// Everything that a judgement computes from packets and plaintext, but for the kind of a leak.
pub(crate) fn derive(session: &Session, seed: &Seed) -> Derived {
    let trace = Trace::new(session);
    let readings = features::readings(&trace);
    let source = Source::of(&trace, &readings);
    let protocol = &session.manifest.protocol;
    let mut derived = Derived::default();
    for code in protocol.attention.iter().map(|stretch| stretch.code) {
        let (segmentation, _) = features::attended(session, code);
        derived.insert(&segmentation, source.features(&segmentation));
    }
    for player in [Player::Mic, Player::Sham] {
        for table in tables(source, seed, player) {
            if table.code != Code::Transition {
                derived.insert(&table.segmentation, table.features);
                continue;
            }
            let steady = protocol.steady_blocks(Phase::Muted);
            let (_, behind) = features::segment(session, player).split_muted(steady);
            for segmentation in parts(&cycles(session, &table.key, &behind)) {
                let features = source.features(&segmentation);
                derived.insert(&segmentation, features);
            }
        }
    }
    derived
}

/// Where features come from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) trace: &'a Trace<'a>,
    /// What could be read in the session; nothing where payloads were dropped.
    pub(crate) readings: &'a Readings,
    /// What was kept when payloads were dropped.
    pub(crate) kept: Option<&'a Derived>,
}

impl<'a> Source<'a> {
    /// The session itself.
    pub(crate) fn of(trace: &'a Trace<'a>, readings: &'a Readings) -> Source<'a> {
        Source {
            trace,
            readings,
            kept: None,
        }
    }

    /// Whether the numbers of these blocks are all there are: they were kept, or nothing was dropped.
    pub(crate) fn has(self, segmentation: &Segmentation) -> bool {
        segmentation.blocks.is_empty()
            || self
                .kept
                .is_none_or(|kept| kept.get(segmentation).is_some())
    }

    pub(crate) fn features(self, segmentation: &Segmentation) -> Features {
        match self.kept.and_then(|kept| kept.get(segmentation)) {
            Some(features) => features.clone(),
            None => features::features(self.trace, self.readings, segmentation),
        }
    }
}

trait Keyed {
    /// Leaves out blocks that have no coin: a made-up one could be guessed.
    fn keyed(self, key: &Key) -> Segmentation;
}

impl Keyed for Segmentation {
    fn keyed(mut self, key: &Key) -> Segmentation {
        self.blocks
            .retain(|block| key.symbol(block.phase, block.index).is_some());
        self
    }
}

/// Start of the first muted block.
fn first_muted(segmentation: &Segmentation) -> MonotonicNs {
    let muted = |block: &&features::Block| block.phase == Phase::Muted;
    segmentation
        .blocks
        .iter()
        .find(muted)
        .map_or(MonotonicNs(0), |b| b.span.from)
}

/// Muted time from which on values that come late are bet on, and how late they may come, seconds. In a
/// shorter run the many lags would cost more than they find.
pub(crate) const LATE_FROM_S: f64 = 120.0;
const LATEST_S: f64 = 15.0;

/// Share of the slow code's stake that is bet on values which straddle two of its blocks.
const BY_TWO: f64 = 0.05;

/// The same where the grid is known not to lie at a send of the app's. What decides is known before the first muted coin.
const BY_TWO_MISALIGNED: f64 = 0.85;

/// Share of the slow code's wealth that is bet on its fine coins as well, where it has any.
const FINE: f64 = 0.7;

/// How the slow code is bet on: with nested levels on both its coins, and so much of the stake on values about
/// two of its blocks as is right where the grid is known to lie at a send, or not to.
pub fn slow_law(nested: bool, misaligned: bool) -> Settings {
    Settings {
        levels: 2,
        fine: if nested { FINE } else { 0.0 },
        two_coins: match misaligned {
            true => BY_TWO_MISALIGNED,
            false => BY_TWO,
        },
        ..Settings::default()
    }
}

/// Whether the grid of the codes was set without a send that comes about once a slow block: none was there, or the
/// packets are a capture's, by whose sends no stage went.
fn is_misaligned(session: &Session) -> bool {
    let without = |record: &record::Record| {
        matches!(
            record.body,
            Body::Grid { at_send: None } | Body::Aligned { .. }
        )
    };
    session.records.iter().any(without)
}

impl Table {
    /// How it is bet on.
    pub(crate) fn settings(&self, session: &Session, missing: stats::Missing) -> Settings {
        let protocol = &session.manifest.protocol;
        let block_s = protocol.block_ns as f64 / 1e9;
        let muted_s = block_s * f64::from(protocol.muted_blocks);
        let usual = Settings {
            levels: self.levels(session),
            missing,
            ..Settings::default()
        };
        match self.code {
            Code::Fast if muted_s >= LATE_FROM_S => Settings {
                longest_lag: ((LATEST_S / block_s) as usize).clamp(2, stats::MOST_LAG),
                ..usual
            },
            Code::Slow => Settings {
                missing,
                ..slow_law(usual.levels == 4, is_misaligned(session))
            },
            _ => usual,
        }
    }

    /// Number of symbols.
    pub(crate) fn levels(&self, session: &Session) -> u8 {
        let protocol = &session.manifest.protocol;
        let slower = protocol.slower.iter().find(|s| s.code == self.code);
        match (self.code, slower) {
            (Code::Fast, _) => protocol.symbols.clamp(2, stimulus::MAX_SYMBOLS) as u8,
            (Code::Slow, Some(slower)) => slower.levels(),
            _ => 2,
        }
    }

    /// Where a symbol lies between the quietest, 0, and the loudest, 1.
    pub(crate) fn loud(&self, session: &Session, symbol: u8) -> f64 {
        let levels = self.levels(session);
        match self.code {
            Code::Slow if levels == 4 => f64::from(SlowerCode::NESTED[usize::from(symbol.min(3))]),
            _ => f64::from(symbol) / f64::from(levels - 1),
        }
    }

    /// Indices of the phase's blocks.
    pub(crate) fn blocks(&self, phase: Phase) -> Range<usize> {
        blocks_of(&self.segmentation, phase)
    }

    /// Ends of the phase's blocks, seconds since the phase's first one's start.
    pub(crate) fn ends_s(&self, phase: Phase) -> Vec<f64> {
        let blocks = &self.segmentation.blocks[self.blocks(phase)];
        let start = match phase {
            Phase::Control => blocks.first().map_or(MonotonicNs(0), |b| b.span.from),
            Phase::Muted => self.origin,
        };
        let since = |block: &features::Block| block.span.to.0.saturating_sub(start.0) as f64 / 1e9;
        blocks.iter().map(since).collect()
    }

    /// The coins of the phase's blocks; each block has one.
    pub(crate) fn symbols(&self, key: &Key, phase: Phase) -> Vec<u8> {
        let symbol = |k: usize| {
            key.symbol(phase, self.segmentation.blocks[k].index)
                .unwrap_or(0)
        };
        self.blocks(phase).map(symbol).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is played and what is bet on are written down in different crates.
    #[test]
    fn fine_coins_are_bet_on_where_they_are_played() {
        for (played, bet_on) in SlowerCode::NESTED.into_iter().zip(stats::POSITIONS) {
            assert!((2.0 * f64::from(played) - 1.0 - bet_on).abs() < 1e-6);
        }
    }
}
