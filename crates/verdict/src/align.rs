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

use std::collections::HashMap;

use features::{Session, Trace};
use record::{MonotonicNs, Phase, Player, Span};
use stimulus::{Key, Seed};

use crate::error_rates::needed;
use crate::mixture::Mixture;
use crate::table::{Source, tables};
use crate::trial::{DECIDING, trial};

/// How many flows are looked at: those that send most.
const FLOWS_MAX: usize = 8;
/// What is sent is summed in bins of this length.
const BIN_NS: u64 = 10_000_000;
/// Offsets that are tried lie this far apart: a quarter of the usual guard.
pub const STEP_NS: u64 = 50_000_000;

/// A packet that the device sent, on the capture's own clock taken for the session's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// When.
    pub t: MonotonicNs,
    /// Which flow, by any number.
    pub flow: u32,
    /// How long it is.
    pub bytes: u32,
}

/// What the search found.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Aligned {
    /// What has to be added to the capture's times.
    pub offset_ns: i64,
    /// How many offsets were tried.
    pub candidates: u32,
    /// Correlation of what was sent with the control's coins at that offset, 0 to 1.
    pub correlation: f64,
}

/// Tries all offsets up to `range_ns` either way. Without a control, or without packets in it, the
/// offset is 0 and the correlation too.
pub fn align(session: &Session, seed: &Seed, sent: &[Sent], range_ns: u64) -> Aligned {
    let steps = (range_ns / STEP_NS).min(100_000) as i64;
    let nothing = Aligned {
        offset_ns: 0,
        candidates: 2 * steps as u32 + 1,
        correlation: 0.0,
    };
    let segmentation = features::segment(session, Player::Mic);
    let key = Key::derive(seed, &session.manifest.protocol, Player::Mic);
    let blocks: Vec<(Span, f64)> = segmentation
        .blocks
        .iter()
        .filter(|block| block.phase == Phase::Control)
        .filter_map(|b| Some((b.span, f64::from(key.symbol(Phase::Control, b.index)?))))
        .collect();
    let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
        return nothing;
    };
    let margin = range_ns as i64 + STEP_NS as i64;
    let all = Span {
        from: first.0.from.offset(-margin),
        to: last.0.to.offset(margin),
    };
    let mut best = nothing;
    for sums in flows(sent, &all) {
        // The search goes from the middle outwards, so that the smallest of equal offsets is taken.
        for k in 0..=2 * steps {
            let step = (k + 1) / 2 * if k % 2 == 0 { -1 } else { 1 };
            let offset_ns = step * STEP_NS as i64;
            let within = |span: &Span| {
                // What is added to the packets is taken from the blocks.
                sums.over(span.from.offset(-offset_ns), span.to.offset(-offset_ns))
            };
            let pairs = blocks.iter().map(|(span, coin)| (within(span), *coin));
            let correlation = correlation(pairs).abs();
            if correlation > best.correlation + 1e-9 {
                best = Aligned {
                    offset_ns,
                    correlation,
                    ..best
                };
            }
        }
    }
    best
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

/// Bytes sent up to each bin.
struct Sums {
    from: MonotonicNs,
    until: Vec<u64>,
}

impl Sums {
    fn over(&self, from: MonotonicNs, to: MonotonicNs) -> f64 {
        let until = |t: MonotonicNs| {
            let bin = t.0.saturating_sub(self.from.0) / BIN_NS;
            self.until[(bin as usize).min(self.until.len() - 1)]
        };
        until(to).saturating_sub(until(from)) as f64
    }
}

fn flows(sent: &[Sent], all: &Span) -> Vec<Sums> {
    let mut by_flow: HashMap<u32, Vec<&Sent>> = HashMap::new();
    for packet in sent.iter().filter(|packet| all.contains(packet.t)) {
        by_flow.entry(packet.flow).or_default().push(packet);
    }
    let mut flows: Vec<(u32, Vec<&Sent>)> = by_flow.into_iter().collect();
    flows.sort_by_key(|(flow, packets)| (std::cmp::Reverse(packets.len()), *flow));
    flows.truncate(FLOWS_MAX);
    let bins = (all.len_ns() / BIN_NS) as usize + 2;
    let sums = |(_, packets): (u32, Vec<&Sent>)| {
        let mut until = vec![0u64; bins];
        for packet in packets {
            let bin = (packet.t.0 - all.from.0) / BIN_NS;
            until[bin as usize + 1] += u64::from(packet.bytes);
        }
        for i in 1..bins {
            until[i] += until[i - 1];
        }
        Sums {
            from: all.from,
            until,
        }
    };
    flows.into_iter().map(sums).collect()
}

/// The correlation of pairs of numbers; 0 where one side does not vary.
fn correlation(pairs: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let n = pairs.clone().count() as f64;
    let (x, y) = pairs
        .clone()
        .fold((0.0, 0.0), |(x, y), p| (x + p.0, y + p.1));
    let (x, y) = (x / n, y / n);
    let (xy, xx, yy) = pairs.fold((0.0, 0.0, 0.0), |(xy, xx, yy), p| {
        let (a, b) = (p.0 - x, p.1 - y);
        (xy + a * b, xx + a * a, yy + b * b)
    });
    match xx > 0.0 && yy > 0.0 {
        true => xy / (xx * yy).sqrt(),
        false => 0.0,
    }
}
