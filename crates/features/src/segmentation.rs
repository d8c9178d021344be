//! A session cut into blocks at the edges that were heard, without knowing what was played in them.

use record::{Body, MonotonicNs, Phase, Player, Source, Span};

use crate::levels::Track;
use crate::session::Session;

/// One block of a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Its phase.
    pub phase: Phase,
    /// Its place in the phase, from 0.
    pub index: u32,
    /// What is counted as its own: from its heard edge to the next, each plus the guard.
    pub span: Span,
}

/// How the edges of one phase were heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Edges {
    /// Median of heard minus nominal time, nanoseconds; `None` if no edge was heard.
    pub median_delay_ns: Option<i64>,
    /// Largest distance of an edge's delay from that median, nanoseconds.
    pub worst_from_median_ns: Option<u64>,
    /// Edges that were heard. Only about half of the boundaries are edges: elsewhere the symbol
    /// stays the same.
    pub n_heard: u32,
    /// Edges further than [`LATE_NS`] from the median.
    pub n_late: u32,
}

/// A session cut into blocks, without knowing what was played in them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Segmentation {
    /// The blocks of the control phase, then those of the muted phase, each in order.
    pub blocks: Vec<Block>,
    /// Edges of the control phase.
    pub control: Edges,
    /// Edges of the muted phase.
    pub muted: Edges,
}

impl Segmentation {
    /// Without the muted blocks from the `n`-th on, and those by themselves, counted from 0.
    pub fn split_muted(self, n: u32) -> (Segmentation, Segmentation) {
        let is_behind = |block: &Block| block.phase == Phase::Muted && block.index >= n;
        let (behind, before): (Vec<Block>, Vec<Block>) =
            self.blocks.into_iter().partition(is_behind);
        let from_zero = |block: Block| Block {
            index: block.index - n,
            ..block
        };
        let behind = Segmentation {
            blocks: behind.into_iter().map(from_zero).collect(),
            ..Segmentation::default()
        };
        let before = Segmentation {
            blocks: before,
            ..self
        };
        (before, behind)
    }

    /// The muted blocks of a slower code on the same grid: each joins `every` of the fast code's.
    /// What is left over at the end belongs to no block.
    pub fn coarser(&self, every: u32) -> Segmentation {
        let muted: Vec<&Block> = self
            .blocks
            .iter()
            .filter(|block| block.phase == Phase::Muted)
            .collect();
        let joined = muted.chunks_exact(every.max(1) as usize).zip(0..);
        let joined = joined.map(|(blocks, index)| Block {
            phase: Phase::Muted,
            index,
            span: Span {
                from: blocks[0].span.from,
                to: blocks[blocks.len() - 1].span.to,
            },
        });
        Segmentation {
            blocks: joined.collect(),
            ..Segmentation::default()
        }
    }
}

/// An edge further than this from its phase's median counts as late: half the usual guard, which
/// leaves the other half for the app's own delay between hearing and sending.
pub const LATE_NS: u64 = 100_000_000;

/// An edge is looked for within this distance of where it ought to be. Beyond it, something is so
/// wrong (buffers of seconds) that a shift would only hide it.
const SEARCH_NS: u64 = 300_000_000;

/// The levels before and after an edge are taken over this stretch outside the search window.
const SETTLED_NS: u64 = 150_000_000;

/// A smaller step than this is a dip of the sound, not an edge of the stimulus.
const STEP_DB: f32 = 12.0;

/// No session has more blocks than this (36 hours of 1-second blocks): a damaged manifest must not
/// fill the memory.
const BLOCKS_MAX: u32 = 1 << 17;

/// Cuts a session at the edges that were heard from `player`.
///
/// A session has *one* shift, the median over the control's edges. A shift per block would be finer and
/// wrong: an edge exists only where the symbol changes, so block windows would depend on the
/// coins and carry the key into every count taken over them.
///
/// Of a phase that is still going on, only the blocks that ended before the last record are there.
pub fn segment(session: &Session, player: Player) -> Segmentation {
    let source = match player {
        Player::Mic => Source::Mic,
        Player::Sham => Source::Sham,
    };
    let track = Track::new(session.records, source);
    let last = session
        .records
        .iter()
        .map(|record| record.t)
        .max()
        .unwrap_or_default();
    let mut segmentation = Segmentation::default();
    for phase in [Phase::Control, Phase::Muted] {
        let Some(start) = first_sample_heard(session, phase, player) else {
            continue;
        };
        let grid = Grid::new(session, phase, player, start, last);
        // Activities have edges of their own making.
        let coded = session.manifest.protocol.coded_blocks(phase);
        let edges = edges(&track, &grid, coded);
        let grid = grid.until(ended_early(session, phase));
        match phase {
            Phase::Control => segmentation.control = edges,
            Phase::Muted => segmentation.muted = edges,
        }
        // The control's shift for both: its coins are none of those that the muted phase is about.
        let shift_ns = segmentation
            .control
            .median_delay_ns
            .or(edges.median_delay_ns);
        segmentation
            .blocks
            .extend(grid.blocks(phase, shift_ns.unwrap_or(0)));
    }
    segmentation
}

/// When the phase's first sample ought to be heard.
fn first_sample_heard(session: &Session, phase: Phase, player: Player) -> Option<MonotonicNs> {
    session.records.iter().find_map(|record| match record.body {
        Body::PhaseBegin {
            phase: p,
            player: q,
            latency_ns,
        } if (p, q) == (phase, player) => Some(MonotonicNs(record.t.0.saturating_add(latency_ns))),
        _ => None,
    })
}

/// How long a second of the sound server's is by our clock, from how far the player was when it was
/// last heard of. What is handed over ahead of time differs by some milliseconds, and counts for no
/// more than that at any boundary. No coin is in it.
fn second_s(session: &Session, phase: Phase, player: Player) -> f64 {
    let rate_hz = f64::from(session.manifest.protocol.sample_rate_hz.max(1));
    let began = session.records.iter().find_map(|r| match r.body {
        Body::PhaseBegin {
            phase: p,
            player: q,
            ..
        } if (p, q) == (phase, player) => Some(r.t),
        _ => None,
    });
    let last = session.records.iter().rev().find_map(|r| match r.body {
        Body::Played {
            phase: p,
            player: q,
            samples,
        } if (p, q) == (phase, player) => Some((r.t, samples)),
        _ => None,
    });
    let (Some(began), Some((t, samples))) = (began, last) else {
        return 1.0;
    };
    let second_s = t.since(began) as f64 / 1e9 / (samples as f64 / rate_hz);
    // Beyond what clocks do: a damaged record, or a player that stood still.
    match (second_s - 1.0).abs() < DRIFT_MAX {
        true => second_s,
        false => 1.0,
    }
}

/// Two clocks of one machine differ by less than this.
const DRIFT_MAX: f64 = 2e-3;

/// When a phase was ended before its planned end: nothing was played from then on.
fn ended_early(session: &Session, phase: Phase) -> Option<MonotonicNs> {
    let decided = |record: &&record::Record| matches!(record.body, Body::Decided { .. });
    let decided = session.records.iter().find(decided).map(|record| record.t);
    decided.filter(|_| phase == Phase::Muted)
}

/// Nominal boundaries of a phase.
struct Grid {
    start: MonotonicNs,
    block_ns: u64,
    /// How long a second of the sound server's is, seconds.
    second_s: f64,
    guard_ns: u64,
    blocks: u32,
    last: MonotonicNs,
}

impl Grid {
    fn new(
        session: &Session,
        phase: Phase,
        player: Player,
        start: MonotonicNs,
        last: MonotonicNs,
    ) -> Grid {
        let protocol = &session.manifest.protocol;
        let second_s = second_s(session, phase, player);
        // Where two search windows would touch, edges cannot be told apart.
        let blocks = match protocol.block_ns >= 2 * (SEARCH_NS + SETTLED_NS) {
            true => protocol.blocks(phase).min(BLOCKS_MAX),
            false => 0,
        };
        Grid {
            start,
            block_ns: protocol.block_ns,
            second_s,
            guard_ns: protocol.guard_ns,
            blocks,
            last,
        }
    }

    /// Without the blocks that were not whole at `end`.
    fn until(mut self, end: Option<MonotonicNs>) -> Grid {
        if let Some(end) = end {
            let whole = end.0.saturating_sub(self.start.0) / self.block_ns.max(1);
            self.blocks = self.blocks.min(u32::try_from(whole).unwrap_or(u32::MAX));
        }
        self
    }

    fn boundary(&self, index: u32) -> MonotonicNs {
        let nominal_ns = self.block_ns.saturating_mul(u64::from(index));
        // Exact where the clocks agree: a float does not hold the nanoseconds of a long session.
        let drift_ns = nominal_ns as f64 * (self.second_s - 1.0);
        MonotonicNs(self.start.0.saturating_add(nominal_ns)).offset(drift_ns as i64)
    }

    fn blocks(&self, phase: Phase, shift_ns: i64) -> Vec<Block> {
        let at = |index| {
            MonotonicNs(
                self.boundary(index)
                    .offset(shift_ns)
                    .0
                    .saturating_add(self.guard_ns),
            )
        };
        (0..self.blocks)
            .map(|index| Block {
                phase,
                index,
                span: Span {
                    from: at(index),
                    to: at(index + 1),
                },
            })
            .take_while(|block| block.span.to <= self.last)
            .collect()
    }
}

fn edges(track: &Track, grid: &Grid, coded_blocks: u32) -> Edges {
    let mut delays_ns: Vec<i64> = (0..=grid.blocks.min(coded_blocks))
        .map(|index| grid.boundary(index))
        .take_while(|at| *at < grid.last)
        .filter_map(|at| Some(edge(track, at)?.since(at)))
        .collect();
    if delays_ns.is_empty() {
        return Edges::default();
    }
    delays_ns.sort_unstable();
    let median = delays_ns[delays_ns.len() / 2];
    let distances = delays_ns.iter().map(|delay| delay.abs_diff(median));
    Edges {
        median_delay_ns: Some(median),
        worst_from_median_ns: distances.clone().max(),
        n_heard: delays_ns.len() as u32,
        n_late: distances.filter(|distance| *distance > LATE_NS).count() as u32,
    }
}

/// The moment near `nominal` at which the level steps, if it does.
///
/// The level midway (in dB) between before and after parts the hops in two classes; the edge lies
/// where the fewest hops are on the wrong side of it. A short dip or click inside thus does not
/// move it, and rising and falling edges are treated alike.
fn edge(track: &Track, nominal: MonotonicNs) -> Option<MonotonicNs> {
    let ns = |distance: u64| distance as i64;
    let (from, to) = (
        nominal.offset(-ns(SEARCH_NS)),
        nominal.offset(ns(SEARCH_NS)),
    );
    let before = median(
        track,
        Span {
            from: from.offset(-ns(SETTLED_NS)),
            to: from,
        },
    )?;
    let after = median(
        track,
        Span {
            from: to,
            to: to.offset(ns(SETTLED_NS)),
        },
    )?;
    if (after - before).abs() < STEP_DB {
        return None;
    }
    let midway = (before + after) / 2.0;
    let is_after = |level: f32| (level > midway) == (after > before);
    // Wrong hops for an edge before the first hop are all that are still "before"; moving the
    // edge over a hop changes the count by that hop alone.
    let hops: Vec<_> = track.hops(Span { from, to }).collect();
    let mut wrong = hops.iter().filter(|(.., level)| !is_after(*level)).count() as i64;
    let (mut fewest, mut edge) = (wrong, hops.first()?.0);
    for (t, hop_ns, level) in hops {
        wrong += if is_after(level) { 1 } else { -1 };
        if wrong < fewest {
            (fewest, edge) = (wrong, MonotonicNs(t.0.saturating_add(hop_ns)));
        }
    }
    Some(edge)
}

fn median(track: &Track, span: Span) -> Option<f32> {
    let mut levels: Vec<f32> = track.hops(span).map(|(.., level)| level).collect();
    if levels.is_empty() {
        return None;
    }
    let middle = levels.len() / 2;
    Some(*levels.select_nth_unstable_by(middle, f32::total_cmp).1)
}
