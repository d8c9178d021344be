//! Estimates a capture's clock against the session's: its offset from the control alone, its drift from
//! the muted phase.
//!
//! The offset is chosen by the control's coins and by what was sent during the control. The muted
//! phase's coins are independent of both, so its test is as sound as with any offset that was fixed
//! beforehand. The control itself pays for the search (`checks/control.rs`).
//!
//! The control is too short to show a drift. The drift that is chosen is the one at which the muted phase
//! speaks most against the app ([`muted_log_e`]), and the muted phase pays for it: with n drifts tried,
//! everything that is said of it is said at an n-th of the level (`error_rates.rs`). The mean of n e-values is one, and the largest of them is
//! at most n times their mean.

use features::{Session, Trace, Track};
use record::{MonotonicNs, Phase, Player, Span};
use stimulus::{Key, Seed};

use crate::error_rates::needed;
use crate::mixture::Mixture;
use crate::table::{Source, tables};
use crate::trial::{DECIDING, trial};

/// What is sent is summed in bins of this length.
const BIN_NS: u64 = 10_000_000;
/// Offsets that are tried lie this far apart: a quarter of the usual guard.
pub const STEP_NS: u64 = 50_000_000;

/// What the search found.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Aligned {
    /// What has to be added to the capture's times.
    pub offset_ns: i64,
    /// How many offsets were tried.
    pub candidates: u32,
    /// Correlation of what was sent with the control's coins at that offset, 0 to 1.
    pub correlation: f64,
    /// Whether it is more than the best of so many would be by chance. Else the offset is 0.
    pub beyond_chance: bool,
}

/// How often a clock may be moved that nothing speaks for.
const CHANCE: f64 = 0.05;

/// Fewest blocks with a value for a correlation to be one.
const BLOCKS_MIN: usize = 20;

/// Tries all offsets up to `range_ns` either way. `tracks` are what was sent, by the capture's clock taken
/// for the session's, but `late_ns` later, so that no time lies before 0. Without a control, or without
/// packets in it, or where no offset fits better than the best of so many does by chance, it is 0.
pub fn align(
    session: &Session,
    seed: &Seed,
    tracks: &[Track],
    late_ns: i64,
    range_ns: u64,
) -> Aligned {
    let steps = (range_ns / STEP_NS).min(100_000) as i64;
    let candidates = 2 * steps as u32 + 1;
    let nothing = Aligned {
        candidates,
        ..Aligned::default()
    };
    let segmentation = features::segment(session, Player::Mic);
    let key = Key::derive(seed, &session.manifest.protocol, Player::Mic);
    let late = |span: Span| Span {
        from: span.from.offset(late_ns),
        to: span.to.offset(late_ns),
    };
    let blocks: Vec<(Span, f64)> = segmentation
        .blocks
        .iter()
        .filter(|block| block.phase == Phase::Control)
        .filter_map(|b| {
            Some((
                late(b.span),
                f64::from(key.symbol(Phase::Control, b.index)?),
            ))
        })
        .collect();
    let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
        return nothing;
    };
    let margin = range_ns as i64 + STEP_NS as i64;
    let all = Span {
        from: first.0.from.offset(-margin),
        to: last.0.to.offset(margin),
    };
    let (mut best, mut best_score) = (nothing, 0.0);
    for track in tracks {
        let sums = Sums::new(track, all);
        // The search goes from the middle outwards, so that the smallest of equal offsets is taken.
        for k in 0..=2 * steps {
            let step = (k + 1) / 2 * if k % 2 == 0 { -1 } else { 1 };
            let offset_ns = step * STEP_NS as i64;
            let pair = |(span, coin): &(Span, f64)| {
                // What is added to the packets is taken from the blocks.
                let from = span.from.offset(-offset_ns);
                Some((sums.over(from, span.to.offset(-offset_ns))?, *coin))
            };
            let pairs: Vec<(f64, f64)> = blocks.iter().filter_map(pair).collect();
            if pairs.len() < BLOCKS_MIN.max(blocks.len() / 2) {
                continue;
            }
            let correlation = correlation(&pairs).abs();
            let score = pairs.len() as f64 * correlation * correlation;
            if score > best_score + 1e-9 {
                best_score = score;
                best = Aligned {
                    offset_ns,
                    correlation,
                    ..best
                };
            }
        }
    }
    // Whatever the traffic is like, coins that have nothing to do with it correlate with it by r or more
    // with a probability of at most 2 exp(-n r^2 / 2) (Hoeffding 1963). Offsets closer than half a block see
    // much the same.
    let block_ns = session.manifest.protocol.block_ns.max(1);
    let apart = (block_ns / 2 / STEP_NS).max(1) as f64;
    let tried = (f64::from(candidates) / apart).max(1.0) * tracks.len().max(1) as f64;
    best.beyond_chance = best_score / 2.0 >= (2.0 * tried / CHANCE).ln();
    match best.beyond_chance {
        true => best,
        false => Aligned {
            offset_ns: 0,
            ..best
        },
    }
}

/// How far apart the ends of a session lie by two drifts that are tried one after the other: half of the
/// usual guard, so that no block is off by more than a quarter of it.
const APART_NS: u64 = 100_000_000;

/// Drifts to try, in parts of 10^9, from the middle outwards: up to `range_ppb` either way, as close as a
/// session of `length_ns` needs. There is one where the range does no harm to so short a session.
pub fn drifts(range_ppb: u64, length_ns: u64) -> Vec<i64> {
    let late_ns = u128::from(range_ppb) * u128::from(length_ns) / 1_000_000_000;
    let steps = match late_ns <= u128::from(APART_NS / 2) {
        true => 0,
        false => late_ns.div_ceil(u128::from(APART_NS)) as i64,
    };
    let at = |k: i64| (range_ppb as i128 * i128::from(k) / i128::from(steps.max(1))) as i64;
    let pairs = (1..=steps).flat_map(|k| [at(k), at(-k)]);
    std::iter::once(0).chain(pairs).collect()
}

/// What the muted phase says with the packets where they are: ln W at its highest.
pub fn muted_log_e(session: &Session, seed: &Seed) -> f64 {
    let trace = Trace::new(session);
    let readings = features::readings(&trace);
    let tables = tables(Source::of(&trace, &readings), seed, Player::Mic);
    let needed = needed(session);
    let drop = stats::Missing::Drop;
    let run = |table| trial(session, table, Phase::Muted, DECIDING, drop, needed);
    let trials: Vec<_> = tables
        .iter()
        .map(|table| (table.share, run(table)))
        .collect();
    let parts = trials.iter().map(|(share, trial)| trial.part(*share));
    Mixture::new(parts, needed).max_log_e
}

/// Sums of a track, and how many values there were, up to each bin.
struct Sums {
    from: MonotonicNs,
    adds_up: bool,
    until: Vec<(f64, u32)>,
}

impl Sums {
    fn new(track: &Track, all: Span) -> Sums {
        let bins = (all.len_ns() / BIN_NS) as usize + 2;
        let mut until = vec![(0.0, 0); bins];
        for (t, value) in track.values.iter().filter(|(t, _)| all.contains(*t)) {
            let bin = (t.0 - all.from.0) / BIN_NS;
            let sum = &mut until[bin as usize + 1];
            *sum = (sum.0 + value, sum.1 + 1);
        }
        for i in 1..bins {
            until[i] = (until[i].0 + until[i - 1].0, until[i].1 + until[i - 1].1);
        }
        Sums {
            from: all.from,
            adds_up: track.adds_up,
            until,
        }
    }

    /// The sum, or the mean where there is one.
    fn over(&self, from: MonotonicNs, to: MonotonicNs) -> Option<f64> {
        let until = |t: MonotonicNs| {
            let bin = t.0.saturating_sub(self.from.0) / BIN_NS;
            self.until[(bin as usize).min(self.until.len() - 1)]
        };
        let ((before, n_before), (after, n_after)) = (until(from), until(to));
        let (sum, n) = (after - before, n_after.saturating_sub(n_before));
        match self.adds_up {
            true => Some(sum),
            false => (n > 0).then(|| sum / f64::from(n)),
        }
    }
}

/// The correlation of pairs of numbers; 0 where one side does not vary by more than rounding.
fn correlation(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let (x, y) = pairs
        .iter()
        .fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
    let (x, y) = (x / n, y / n);
    let (xy, xx, yy) = pairs.iter().fold((0.0, 0.0, 0.0), |(xy, xx, yy), p| {
        let (a, b) = (p.0 - x, p.1 - y);
        (xy + a * b, xx + a * a, yy + b * b)
    });
    match xx > 1e-12 * n * x * x && yy > 0.0 {
        true => xy / (xx * yy).sqrt(),
        false => 0.0,
    }
}
