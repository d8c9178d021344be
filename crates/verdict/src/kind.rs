//! What kind of thing leaves: sound, a level, or only whether there was any.
//!
//! - **Audio**: a payload, decoded in one of the ways that need no key, correlates with the
//!   stimulus as it was played ([`crate::cross_correlation`]), in at least half of the loud blocks tried.
//!   Or the payload is encrypted, and traced calls show that an encoder is still fed with sound that
//!   follows the stimulus, while packets of a flow that carries sound follow it. Or the peer's loudspeaker
//!   plays the sound itself ([`crate::peer_sound`]).
//! - **Level**: within loud blocks, where only the voice's own movement is left, packets (or the
//!   peer's output) follow the loudness in steps of 50 ms. What all loud blocks have in common is
//!   taken out first; the rank correlation has to beat 199 circular shifts of itself.
//!   A named series of numbers may do so from block to block ([`crate::level_correlation`]).
//! - **Voice activity**: the resolution was there, and nothing but on and off was found.
//! - **Undetermined**: anything else, encrypted sound of constant size among it.

use record::{Body, Code, MonotonicNs, Phase, Player, Source, Span};
use wire::Transport;

use crate::cross_correlation::{COMPARED_HZ, SAME_WAVE, best_correlation, resample};
use crate::level_correlation;
use crate::peer_sound;
use crate::ranks::{correlation, ranks};
use crate::receivers::Followers;
use crate::trial::Coded;
use crate::trials::Trials;
use crate::verdict::LeakKind;

/// Loud blocks tried for a waveform, and flows tried, largest first.
const WAVE_BLOCKS: usize = 6;
const FLOWS_TRIED: usize = 3;

/// A damaged manifest may ask for blocks of years; nothing is compared then.
const LONGEST_BLOCK_NS: u64 = 120_000_000_000;
const LARGEST_HZ: u32 = 768_000;

const STEP_NS: u64 = 50_000_000;
/// Latest reaction that is looked for, steps: 400 ms.
const LAGS: usize = 8;
/// Most loud blocks that are compared; more add cost and no certainty.
const LEVEL_BLOCKS: usize = 300;
const SHIFTS: usize = 199;
/// Fewest steps in all for the shifts to mean something.
const FEWEST_STEPS: usize = 100;
/// Weakest rank correlation that is called a level.
const WEAKEST: f64 = 0.1;
/// A flow with fewer packets a second while loud has no resolution within blocks.
const FEWEST_PACKETS_HZ: f64 = 5.0;

pub(crate) fn kind(trials: &Trials, followers: &Followers) -> LeakKind {
    // Waves and levels are looked for while the app stays muted.
    if only_in_transitions(trials) {
        return LeakKind::Undetermined;
    }
    let loud: Vec<usize> = trials
        .blocks(Phase::Muted)
        .filter(|&k| trials.is_loud(k))
        .collect();
    let flows = tried(trials, followers);
    if flows.iter().any(|&flow| carries_wave(trials, flow, &loud)) {
        return LeakKind::Audio;
    }
    // What the peer's loudspeaker plays is the sound, or only as loud.
    if followers.peer_output && peer_sound::hears_sound(trials) == Some(true) {
        return LeakKind::Audio;
    }
    // An encoder of sound is fed with what the microphone hears, and the packets that carry sound follow
    // it: that is the sound, though encrypted.
    let carries_sound = |&flow: &usize| {
        let flow = &trials.features.flows[flow];
        flow.is_rtp || flow.dtls
    };
    if trials.encoder.crossed() && followers.flows.iter().any(carries_sound) {
        return LeakKind::Audio;
    }
    match follows_level(trials, &flows, followers.peer_output, &loud) {
        // There are too few packets to look inside blocks.
        None if level_correlation::follows_level(trials) => LeakKind::Level,
        Some(true) => LeakKind::Level,
        Some(false) if !followers.flows.is_empty() || followers.peer_output => {
            LeakKind::VoiceActivity
        }
        _ => LeakKind::Undetermined,
    }
}

/// Whether the leak was found around mute and unmute alone.
pub(crate) fn only_in_transitions(trials: &Trials) -> bool {
    let steady = trials
        .codes
        .iter()
        .filter(|c| c.table.code != Code::Transition);
    let part = |coded: &Coded| (coded.table.share, coded.muted.evidence.max_log_e);
    let steady: Vec<(f64, f64)> = steady.map(part).collect();
    steady.len() < trials.codes.len() && stats::mixture_log_e(&steady) < trials.muted.log_needed
}

fn tried(trials: &Trials, followers: &Followers) -> Vec<usize> {
    let flows = &trials.features.flows;
    let mut tried = followers.flows.clone();
    if tried.is_empty() {
        tried = (0..flows.len())
            .filter(|&f| flows[f].muted.packets_out > 0)
            .collect();
    }
    tried.sort_by_key(|&f| std::cmp::Reverse(flows[f].muted.bytes_out));
    tried.truncate(FLOWS_TRIED);
    tried
}

fn carries_wave(trials: &Trials, flow: usize, loud: &[usize]) -> bool {
    let protocol = &trials.session.manifest.protocol;
    let flow = &trials.features.flows[flow];
    let n = stimulus::block_samples(protocol);
    let sane = (COMPARED_HZ..=LARGEST_HZ).contains(&protocol.sample_rate_hz);
    if flow.transport != Transport::Udp || !sane || protocol.block_ns > LONGEST_BLOCK_NS {
        return false;
    }
    let step = loud.len().div_ceil(WAVE_BLOCKS).max(1);
    let blocks: Vec<usize> = loud.iter().copied().step_by(step).collect();
    let mut hits: Vec<(&str, usize)> = Vec::new();
    for &k in &blocks {
        let block = trials.segmentation.blocks[k];
        let start = u64::from(block.index).saturating_mul(n);
        // The middle half: away from ramps, and short enough to search for.
        let range = start + n / 4..start + n * 3 / 4;
        let played = stimulus::reference(trials.seed, protocol, Player::Mic, Phase::Muted, range);
        let template = resample(&played, protocol.sample_rate_hz);
        // Buffers on the way may delay it by seconds.
        let span = Span {
            from: block.span.from.offset(-300_000_000),
            to: block.span.to,
        };
        let span = Span {
            to: span.to.offset(2_000_000_000),
            ..span
        };
        for audio in features::payload_audio(&trials.trace, flow, span) {
            let samples: Vec<f32> = audio
                .chunks
                .iter()
                .flat_map(|(_, chunk)| chunk.iter().copied())
                .collect();
            let heard = resample(&samples, audio.sample_rate_hz);
            if best_correlation(&template, &heard) >= SAME_WAVE {
                match hits
                    .iter_mut()
                    .find(|(decoding, _)| *decoding == audio.decoding)
                {
                    Some((_, n)) => *n += 1,
                    None => hits.push((audio.decoding, 1)),
                }
            }
        }
    }
    hits.iter().any(|(_, n)| *n >= 2 && 2 * n >= blocks.len())
}

/// Whether something follows the loudness within loud blocks; `None` where that could not be
/// seen.
fn follows_level(trials: &Trials, flows: &[usize], peer: bool, loud: &[usize]) -> Option<bool> {
    let protocol = &trials.session.manifest.protocol;
    let inside_ns = protocol.block_ns.saturating_sub(protocol.guard_ns);
    let steps = (inside_ns / STEP_NS) as usize;
    let loud = &loud[..loud.len().min(LEVEL_BLOCKS)];
    let sane = protocol.block_ns <= LONGEST_BLOCK_NS;
    if !sane || steps * loud.len() < FEWEST_STEPS {
        return None;
    }
    let starts: Vec<MonotonicNs> = loud
        .iter()
        .map(|&k| trials.segmentation.blocks[k].span.from)
        .collect();
    let heard = level_grid(trials, Source::Mic, &starts, steps)?;
    let heard = ranks(&residuals(&heard, 0, steps));
    let mut grids = Vec::new();
    for &flow in flows {
        grids.extend(flow_grids(trials, flow, &starts, steps + LAGS));
    }
    if peer {
        grids.extend(level_grid(trials, Source::Peer, &starts, steps + LAGS));
    }
    if grids.is_empty() {
        return None;
    }
    let lagged: Vec<Vec<f64>> = grids
        .iter()
        .flat_map(|grid| (0..=LAGS).map(|lag| ranks(&residuals(grid, lag, steps))))
        .collect();
    let strongest = |shift: usize| {
        lagged
            .iter()
            .map(|ranks| correlation(&heard, ranks, shift).abs())
            .fold(0.0, f64::max)
    };
    let observed = strongest(0);
    // Shifts of a second and more: neighbouring steps are alike.
    let room = heard.len().saturating_sub(2 * steps);
    let shifts = (0..SHIFTS.min(room)).map(|i| steps + i * room / SHIFTS.min(room));
    let chance = shifts.map(strongest).fold(0.0, f64::max);
    Some(observed > chance && observed >= WEAKEST)
}

/// One value a block and step.
type Grid = Vec<Vec<f64>>;

/// Mean level in dB of a recorder's hops in each step; `None` if it has less resolution or holes.
fn level_grid(
    trials: &Trials,
    source: Source,
    starts: &[MonotonicNs],
    steps: usize,
) -> Option<Grid> {
    let mut hops: Vec<(u64, f64)> = Vec::new();
    for record in trials.session.records.iter().filter(|r| r.source == source) {
        let Body::Levels {
            hop_ns, rms_dbfs, ..
        } = &record.body
        else {
            continue;
        };
        if *hop_ns > STEP_NS {
            return None;
        }
        let at = |i: usize| record.t.0.saturating_add(hop_ns.saturating_mul(i as u64));
        hops.extend(
            rms_dbfs
                .iter()
                .enumerate()
                .map(|(i, &level)| (at(i), f64::from(level))),
        );
    }
    hops.retain(|(_, level)| level.is_finite());
    hops.sort_by_key(|(t, _)| *t);
    let mut missing = 0;
    let grid: Grid = grid(starts, steps, |from, to| {
        let first = hops.partition_point(|(t, _)| *t < from);
        let end = hops.partition_point(|(t, _)| *t < to);
        let levels = &hops[first..end];
        missing += usize::from(levels.is_empty());
        levels.iter().map(|(_, level)| level).sum::<f64>() / levels.len().max(1) as f64
    });
    (missing * 20 <= steps * starts.len()).then_some(grid)
}

/// What a flow sent in one step.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    packets: u64,
    bytes: f64,
    extension: f64,
}

/// Bytes, mean size and first header extension byte of a flow's outgoing packets in each step.
fn flow_grids(trials: &Trials, flow: usize, starts: &[MonotonicNs], steps: usize) -> Vec<Grid> {
    let flow = &trials.features.flows[flow];
    let muted = trials.blocks(Phase::Muted);
    let muted = Span {
        from: trials.segmentation.blocks[muted.start].span.from,
        to: MonotonicNs(u64::MAX),
    };
    let mut cells = vec![vec![Cell::default(); steps]; starts.len()];
    trials.trace.sent(flow, muted, &mut |packet| {
        let payload = packet.payload;
        let header = if flow.is_rtp {
            wire::rtp::parse(payload).ok()
        } else {
            None
        };
        let extension = header.and_then(|h| payload.get(h.extension?.data)?.get(1).copied());
        let extension = f64::from(extension.unwrap_or(0));
        // The blocks' windows may overlap.
        for (row, start) in cells.iter_mut().zip(starts) {
            let step = packet.t.0.checked_sub(start.0).map(|ns| ns / STEP_NS);
            if let Some(cell) = step.and_then(|step| row.get_mut(step as usize)) {
                cell.packets += 1;
                cell.bytes += f64::from(packet.ip_len);
                cell.extension += extension;
            }
        }
    });
    let loud_s = (starts.len() * steps) as f64 * STEP_NS as f64 / 1e9;
    let n: u64 = cells.iter().flatten().map(|cell| cell.packets).sum();
    if (n as f64) < FEWEST_PACKETS_HZ * loud_s {
        return Vec::new();
    }
    let mean = |sum: f64, cell: &Cell| sum / cell.packets.max(1) as f64;
    let grid = |value: &dyn Fn(&Cell) -> f64| -> Grid {
        let rows = cells.iter();
        rows.map(|row| row.iter().map(value).collect()).collect()
    };
    vec![
        grid(&|cell| cell.bytes),
        grid(&|cell| mean(cell.bytes, cell)),
        grid(&|cell| mean(cell.extension, cell)),
    ]
}

fn grid(starts: &[MonotonicNs], steps: usize, mut value: impl FnMut(u64, u64) -> f64) -> Grid {
    let mut row = |start: &MonotonicNs| {
        let at = |i: usize| start.0.saturating_add(i as u64 * STEP_NS);
        (0..steps).map(|i| value(at(i), at(i + 1))).collect()
    };
    starts.iter().map(&mut row).collect()
}

/// The grid's columns `lag..lag + steps` without what all blocks have in common, row after row.
fn residuals(grid: &Grid, lag: usize, steps: usize) -> Vec<f64> {
    let n = grid.len().max(1) as f64;
    let means: Vec<f64> = (lag..lag + steps)
        .map(|c| grid.iter().map(|row| row[c]).sum::<f64>() / n)
        .collect();
    grid.iter()
        .flat_map(|row| row[lag..lag + steps].iter().zip(&means).map(|(v, m)| v - m))
        .collect()
}
