//! Do the other participants hear the sound itself, or something that is only as loud?
//!
//! What the peer's loudspeaker played is kept as levels of four bands, 50 times a second
//! ([`record::Body::Bands`]). What was played into the microphone is made again from the seed and measured
//! in the same bands. The level of each moment is taken out of both, so that only how the bands lie to each
//! other is compared: speech moves from vowel to vowel, noise that follows a loudness does not. The
//! correlation of both over several loud blocks at the best common delay up to 3 s has to be plain, and
//! higher than that of what the sham plays, which is heard nowhere.

use record::{BANDS_HZ, Body, MonotonicNs, Phase, Player, Source};
use stimulus::BAND_HOP_NS;

use crate::trials::Trials;

/// Latest that it may be heard.
const LATEST_NS: u64 = 3_000_000_000;

/// Loud blocks compared, and fewest for an answer.
const BLOCKS: usize = 16;
const FEWEST: usize = 8;

/// Stretches of the sham that are tried for chance.
const SHAMS: u64 = 15;

/// Weakest correlation that is called the sound: the best of chance is 0.3 over that many blocks, a copy
/// through a bad line 0.9 (the test below prints both).
const SAME_SOUND: f64 = 0.45;

/// What is fainter than its block's loudest window by this, dB, has no bands worth comparing.
const FAINT_DB: f32 = 30.0;

type Row = [f32; BANDS_HZ.len()];

/// How the bands lie to each other; `None` where it was too faint.
type Shape = Option<Row>;

/// Whether the peer's loudspeaker played the sound; `None` where its bands were not kept or too few blocks
/// were loud.
pub(crate) fn hears_sound(trials: &Trials) -> Option<bool> {
    let heard = Heard::new(trials)?;
    let blocks = trials.blocks(Phase::Muted).filter(|&k| trials.is_loud(k));
    let blocks: Vec<usize> = blocks.take(BLOCKS).collect();
    if blocks.len() < FEWEST {
        return None;
    }
    let observed = best(&played(trials, &blocks, Player::Mic, 0), &heard);
    let by_chance =
        (0..SHAMS).map(|late| best(&played(trials, &blocks, Player::Sham, late), &heard));
    Some(observed >= SAME_SOUND && by_chance.fold(0.0, f64::max) < observed)
}

/// What a player played in blocks, with the time of each one's edge; `late`: what it played so many blocks
/// later.
fn played(
    trials: &Trials,
    blocks: &[usize],
    player: Player,
    late: u64,
) -> Vec<(MonotonicNs, Vec<Shape>)> {
    let protocol = &trials.session.manifest.protocol;
    let n_samples = stimulus::block_samples(protocol);
    let of = |&k: &usize| {
        let block = trials.segmentation.blocks[k];
        let start = (u64::from(block.index) + late).saturating_mul(n_samples);
        let range = start..start.saturating_add(n_samples);
        let samples = stimulus::reference(trials.seed, protocol, player, Phase::Muted, range);
        let rows = stimulus::bands_dbfs(&samples, protocol.sample_rate_hz);
        // The segmentation's blocks begin a guard after the edge that is heard.
        let edge = block.span.from.offset(-(protocol.guard_ns as i64));
        (edge, shapes(&rows))
    };
    blocks.iter().map(of).collect()
}

/// What the peer's loudspeaker played, by windows of the session's time.
struct Heard {
    from: MonotonicNs,
    shapes: Vec<Shape>,
}

impl Heard {
    fn new(trials: &Trials) -> Option<Heard> {
        let muted = trials.blocks(Phase::Muted);
        let blocks = trials.segmentation.blocks.get(muted)?;
        let (from, to) = (blocks.first()?.span.from, blocks.last()?.span.to);
        let (from, to) = (from.offset(-1_000_000_000), to.offset(LATEST_NS as i64));
        let n = (to.since(from).max(0) as u64 / BAND_HOP_NS) as usize;
        let mut rows: Vec<Row> = vec![[record::SILENCE_DBFS; BANDS_HZ.len()]; n];
        let mut any = false;
        let peer = trials.session.records.iter();
        for record in peer.filter(|r| r.source == Source::Peer) {
            let Body::Bands { hop_ns, rms_dbfs } = &record.body else {
                continue;
            };
            if *hop_ns != BAND_HOP_NS {
                return None;
            }
            any = true;
            let first = record.t.since(from).div_euclid(BAND_HOP_NS as i64);
            for (at, row) in (first..).zip(rms_dbfs) {
                let slot = usize::try_from(at).ok().and_then(|at| rows.get_mut(at));
                if let Some(slot) = slot.filter(|_| row.iter().all(|level| level.is_finite())) {
                    *slot = *row;
                }
            }
        }
        any.then(|| Heard {
            from,
            shapes: shapes(&rows),
        })
    }
}

/// Bands without the level of the moment; windows far fainter than the loudest are left out.
fn shapes(rows: &[Row]) -> Vec<Shape> {
    let mean = |row: &Row| row.iter().sum::<f32>() / row.len() as f32;
    let loudest = rows.iter().map(mean).fold(record::SILENCE_DBFS, f32::max);
    let shape = |row: &Row| {
        let level = mean(row);
        (level > loudest - FAINT_DB).then(|| row.map(|band| band - level))
    };
    rows.iter().map(shape).collect()
}

/// The correlation at the best delay.
fn best(played: &[(MonotonicNs, Vec<Shape>)], heard: &Heard) -> f64 {
    let lags = (LATEST_NS / BAND_HOP_NS) as usize;
    let at = |lag: usize| {
        let mut sums = [Sums::default(); BANDS_HZ.len()];
        for (edge, shapes) in played {
            let first = edge.since(heard.from).max(0) as u64 / BAND_HOP_NS;
            let there = heard.shapes.get(first as usize + lag..).unwrap_or(&[]);
            for (played, heard) in shapes.iter().zip(there) {
                if let (Some(played), Some(heard)) = (played, heard) {
                    let pairs = played.iter().zip(heard);
                    let each = sums.iter_mut().zip(pairs);
                    each.for_each(|(sums, (x, y))| sums.add(f64::from(*x), f64::from(*y)));
                }
            }
        }
        correlation(&sums)
    };
    (0..lags).map(at).fold(0.0, f64::max)
}

#[derive(Clone, Copy, Default)]
struct Sums {
    n: f64,
    x: f64,
    y: f64,
    xx: f64,
    yy: f64,
    xy: f64,
}

impl Sums {
    fn add(&mut self, x: f64, y: f64) {
        self.n += 1.0;
        self.x += x;
        self.y += y;
        self.xx += x * x;
        self.yy += y * y;
        self.xy += x * y;
    }
}

/// Of all bands together, each around its own mean: what colours all of the sound alike does not count.
fn correlation(bands: &[Sums]) -> f64 {
    let around = |f: fn(&Sums) -> (f64, f64, f64)| -> f64 {
        let each = bands.iter().filter(|s| s.n > 0.0);
        each.map(|s| {
            let (product, x, y) = f(s);
            product - x * y / s.n
        })
        .sum()
    };
    let xy = around(|s| (s.xy, s.x, s.y));
    let spread = around(|s| (s.xx, s.x, s.x)) * around(|s| (s.yy, s.y, s.y));
    // Too few windows were loud on both sides.
    let windows = bands.iter().map(|s| s.n).fold(0.0, f64::max);
    match spread > 1e-9 && windows >= FEWEST_WINDOWS {
        true => xy / spread.sqrt(),
        false => 0.0,
    }
}

/// Two seconds of sound on both sides.
const FEWEST_WINDOWS: f64 = 100.0;

#[cfg(test)]
mod tests {
    use super::*;

    const RATE_HZ: u32 = 16_000;

    fn speech(seed: u8, blocks: std::ops::Range<u64>) -> Vec<f32> {
        let smoke = stimulus::profile("smoke").unwrap();
        let protocol = record::Protocol {
            sample_rate_hz: RATE_HZ,
            low_dbfs: smoke.high_dbfs,
            ..smoke
        };
        let seed = stimulus::Seed([seed; 32]);
        let n = stimulus::block_samples(&protocol);
        let range = blocks.start * n..blocks.end * n;
        stimulus::reference(&seed, &protocol, Player::Mic, Phase::Muted, range)
    }

    /// The blocks of one session, against what somebody plays half a second later.
    fn compared(heard: &[f32]) -> f64 {
        let block = |k: u64| {
            let rows = stimulus::bands_dbfs(&speech(0, k..k + 1), RATE_HZ);
            (MonotonicNs(k * 1_000_000_000), shapes(&rows))
        };
        let played: Vec<_> = (0..BLOCKS as u64).map(block).collect();
        let mut late = vec![0.0; RATE_HZ as usize / 2];
        late.extend_from_slice(heard);
        let heard = Heard {
            from: MonotonicNs(0),
            shapes: shapes(&stimulus::bands_dbfs(&late, RATE_HZ)),
        };
        best(&played, &heard)
    }

    #[test]
    fn the_threshold_lies_far_above_chance_and_below_a_telephones_copy() {
        let all = 0..BLOCKS as u64;
        let chance = (1..12).map(|seed| compared(&speech(seed, all.clone())));
        let chance = chance.fold(0.0, f64::max);
        // Steps of 1/64 at 8 kHz, as a bad line has them, over another voice at a third of the level.
        let own = speech(0, all.clone());
        let pairs = own
            .chunks(2)
            .zip(speech(3, all).chunks(2).map(|c| c[0]).collect::<Vec<_>>());
        let line = pairs.flat_map(|(own, other)| {
            let mean = own.iter().sum::<f32>() / own.len() as f32 + 0.33 * other;
            [(mean * 64.0).round() / 64.0; 2]
        });
        let copy = compared(&line.collect::<Vec<f32>>());
        println!("correlation: best of chance {chance:.2}, a bad line's copy {copy:.2}");
        assert!(chance < SAME_SOUND - 0.1 && copy > SAME_SOUND + 0.1);
    }

    #[test]
    fn silence_and_shortage_correlate_with_nothing() {
        assert_eq!(compared(&[]), 0.0);
        assert_eq!(compared(&[0.0; 16_000]), 0.0);
        assert_eq!(correlation(&[]), 0.0);
    }
}
