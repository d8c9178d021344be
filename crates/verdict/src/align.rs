//! A capture's clock laid on the session's, by the control alone.
//!
//! The offset is chosen by the control's coins and by what was sent during the control. The muted
//! phase's coins are independent of both, so its test is as sound as with any offset that was fixed
//! beforehand. The control itself pays for the search (`checks/control.rs`).

use std::collections::HashMap;

use features::{Cut, Session, cut};
use record::{Phase, Player, Span, T};
use stimulus::{Key, Seed};

/// Flows that are looked at: those that send most.
const FLOWS_MAX: usize = 8;
/// What is sent is summed in bins of this length.
const BIN_NS: u64 = 10_000_000;
/// Offsets that are tried lie this far apart: a quarter of the usual guard.
pub const STEP_NS: u64 = 50_000_000;

/// A packet that the device sent, on the capture's own clock taken for the session's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// When.
    pub t: T,
    /// Which flow, by any number.
    pub flow: u32,
    /// How long it is.
    pub bytes: u32,
}

/// What the search found.
#[derive(Debug, Clone, Copy, PartialEq)]
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
    let cut: Cut = cut(session, Player::Mic);
    let key = Key::derive(seed, &session.manifest.protocol, Player::Mic);
    let blocks: Vec<(Span, f64)> = cut
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
        // From the middle outwards, so that of equal ones the smallest offset is taken.
        for k in 0..=2 * steps {
            let step = (k + 1) / 2 * if k % 2 == 0 { -1 } else { 1 };
            let offset_ns = step * STEP_NS as i64;
            let within = |span: &Span| {
                // Added to the packets is taken from the blocks.
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

/// Bytes sent up to each bin.
struct Sums {
    from: T,
    until: Vec<u64>,
}

impl Sums {
    fn over(&self, from: T, to: T) -> f64 {
        let until = |t: T| {
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

/// Of pairs of numbers; 0 where one side does not vary.
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
