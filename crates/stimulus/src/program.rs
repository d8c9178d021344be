use std::ops::Range;

use record::{Code, Phase, Player, Protocol, SlowerCode, Transitions};

use crate::voice::{Sound, Stream, Track};
use crate::{Key, MAX_SYMBOLS, Seed};

/// Length of the gain's ramp at a block's edge: long enough not to click, short against the guard.
pub const RAMP_NS: u64 = 5_000_000;

/// Samples of one block; at least 1.
pub fn block_samples(protocol: &Protocol) -> u64 {
    let samples = u128::from(protocol.block_ns) * u128::from(protocol.sample_rate_hz);
    u64::try_from(samples / 1_000_000_000)
        .unwrap_or(u64::MAX)
        .max(1)
}

/// Declared level of the fast code's `symbol`, dBFS RMS, while all other codes are high: evenly
/// spaced from the low to the high level.
pub fn level_dbfs(protocol: &Protocol, symbol: u8) -> f32 {
    let top = (protocol.symbols.clamp(2, MAX_SYMBOLS) - 1) as f32;
    let share = (f32::from(symbol) / top).min(1.0);
    protocol.low_dbfs + (protocol.high_dbfs - protocol.low_dbfs) * share
}

/// RMS of `symbol`'s samples on a scale where full scale is 1.
pub fn gain(protocol: &Protocol, symbol: u8) -> f32 {
    10f32.powf(level_dbfs(protocol, symbol) / 20.0)
}

/// Recordings that are played as activities: what was drawn for each stretch, ready to be played. It may
/// cost no more time for one sound than for another.
pub trait Recordings: Send {
    /// Fills `out` with the samples of the `stretch`-th activity from its sample `first_sample_idx` on, at
    /// the protocol's rate.
    fn fill(&mut self, stretch: u32, first_sample_idx: u64, out: &mut [f32]);
}

/// What one player plays, sample by sample.
///
/// The sounds always run and always cost the same; symbols only change the gains that are multiplied
/// onto their samples.
pub struct Program {
    gains: Gains,
    voice: Track,
    /// The content code's other sound, and room for its samples; where that code plays.
    clatter: Option<(Track, Vec<f32>)>,
    /// The named activities, each with room for its samples; where generated ones play.
    activities: Vec<(Track, Vec<f32>)>,
    /// What plays in their place.
    recordings: Option<Box<dyn Recordings>>,
    idle_sample_idx: u64,
    /// Gain of the last sample given out, from which an idle stretch ramps down.
    last_gain: f32,
}

impl Program {
    /// The program of `player`.
    pub fn new(seed: &Seed, protocol: &Protocol, player: Player) -> Program {
        let gains = Gains::new(seed, protocol, player);
        let last_gain = gains.low;
        let track = |sound| Track::new(seed, player, sound, protocol.sample_rate_hz);
        Program {
            voice: track(Sound::Voice),
            clatter: gains
                .content
                .is_some()
                .then(|| (track(Sound::Clatter), Vec::new())),
            activities: match gains.activities {
                Some(_) => ACTIVITIES
                    .map(|(sound, _)| (track(sound), Vec::new()))
                    .into(),
                None => Vec::new(),
            },
            recordings: None,
            gains,
            idle_sample_idx: 0,
            last_gain,
        }
    }

    /// With recordings in the place of the generated activities.
    pub fn with_recordings(self, recordings: Box<dyn Recordings>) -> Program {
        Program {
            recordings: Some(recordings),
            activities: Vec::new(),
            ..self
        }
    }

    /// Fills `out` with what plays before, between and after phases: the voice at the low level.
    pub fn idle(&mut self, out: &mut [f32]) {
        self.voice.fill(Stream::Idle, self.idle_sample_idx, out);
        self.idle_sample_idx += out.len() as u64;
        let step = (self.gains.high - self.gains.low) / self.gains.ramp_samples as f32;
        for sample in out.iter_mut() {
            self.last_gain = (self.last_gain - step).max(self.gains.low);
            *sample *= self.last_gain;
        }
    }

    /// Fills `out` with the samples of `phase` from its sample `first_sample_idx` on; past the
    /// phase's end at the low level. Sequential calls are cheap, jumps cost a quarter second of
    /// voice.
    pub fn phase(&mut self, phase: Phase, first_sample_idx: u64, out: &mut [f32]) {
        self.voice.fill(Stream::Phase(phase), first_sample_idx, out);
        if let Some((clatter, other)) = &mut self.clatter {
            other.resize(out.len(), 0.0);
            clatter.fill(Stream::Phase(phase), first_sample_idx, other);
            for (i, (sample, other)) in out.iter_mut().zip(&*other).enumerate() {
                let share = self.gains.clatter(phase, first_sample_idx + i as u64);
                // Equal power, as the two do not correlate.
                *sample = *sample * (1.0 - share).sqrt() + other * share.sqrt();
            }
        }
        for (i, sample) in out.iter_mut().enumerate() {
            self.last_gain = self.gains.at(phase, first_sample_idx + i as u64);
            *sample *= self.last_gain;
        }
        if phase == Phase::Muted {
            self.play_activities(first_sample_idx, out);
            self.play_recordings(first_sample_idx, out);
        }
    }

    /// Puts the recordings in the place of what the codes play, stretch by stretch, each with a ramp at
    /// both ends.
    fn play_recordings(&mut self, first_sample_idx: u64, out: &mut [f32]) {
        let (Some(recordings), Some((first, every, keys))) =
            (&mut self.recordings, &self.gains.activities)
        else {
            return;
        };
        let (len, ramp) = (every * self.gains.block_samples, self.gains.ramp_samples);
        let begin = first * self.gains.block_samples;
        let skip = begin.saturating_sub(first_sample_idx).min(out.len() as u64);
        let (mut at, mut out) = (first_sample_idx + skip, &mut out[skip as usize..]);
        while !out.is_empty() {
            let (stretch, within) = ((at - begin) / len, (at - begin) % len);
            let there = u32::try_from(stretch).ok();
            let there = there.filter(|s| keys[0].symbol(Phase::Muted, *s).is_some());
            let Some(stretch) = there else { return };
            let n = (len - within).min(out.len() as u64) as usize;
            let (piece, rest) = out.split_at_mut(n);
            recordings.fill(stretch, within, piece);
            for (i, sample) in piece.iter_mut().enumerate() {
                let within = within + i as u64;
                let edge = (within + 1).min(len - within).min(ramp);
                *sample *= edge as f32 / ramp as f32;
            }
            (at, out) = (at + n as u64, rest);
        }
    }

    /// Puts the activities in the place of what the codes play, from the first of them on. All of
    /// them always run.
    fn play_activities(&mut self, first_sample_idx: u64, out: &mut [f32]) {
        let (gains, stream) = (&self.gains, Stream::Phase(Phase::Muted));
        for (track, samples) in &mut self.activities {
            samples.resize(out.len(), 0.0);
            track.fill(stream, first_sample_idx, samples);
        }
        if self.activities.is_empty() {
            return;
        }
        for (i, sample) in out.iter_mut().enumerate() {
            let Some(shares) = gains.activity(first_sample_idx + i as u64) else {
                continue;
            };
            let each = self.activities.iter().zip(ACTIVITIES).zip(shares);
            let level = |db: f32| gains.high * 10f32.powf(db / 20.0);
            *sample = each
                .map(|(((_, samples), (_, db)), share)| samples[i] * share * level(db))
                .sum();
        }
    }
}

/// Makes again what `player` played in `phase` at the samples `range`, gain included.
///
/// A pure function of the seed: this is what a recorded waveform is compared with.
pub fn reference(
    seed: &Seed,
    protocol: &Protocol,
    player: Player,
    phase: Phase,
    range: Range<u64>,
) -> Vec<f32> {
    let mut out = vec![0.0; range.end.saturating_sub(range.start) as usize];
    Program::new(seed, protocol, player).phase(phase, range.start, &mut out);
    out
}

/// The named activities, by their two coins (pair, then one of it), and how their level lies to that
/// of loud speech, dB: about what they have at an arm's length.
const ACTIVITIES: [(Sound, f32); 4] = [
    (Sound::Voice, 0.0),
    (Sound::Clatter, -3.0),
    (Sound::Typing, -14.0),
    (Sound::Vacuum, -6.0),
];

/// The gain of every moment of both phases.
struct Gains {
    key: Key,
    by_symbol: Vec<f32>,
    /// Key, block in blocks of the fast code, and the code, of those that have a step.
    steps: Vec<(Key, u64, SlowerCode)>,
    /// Key and block of the content code.
    content: Option<(Key, u64)>,
    /// First block and length of a block in those of the fast code, and both keys.
    activities: Option<(u64, u64, [Key; 2])>,
    /// First block of the cycles of mute and unmute, the cycles, and their key.
    transitions: Option<(u64, Transitions, Key)>,
    block_samples: u64,
    ramp_samples: u64,
    low: f32,
    high: f32,
}

impl Gains {
    fn new(seed: &Seed, protocol: &Protocol, player: Player) -> Gains {
        let top = protocol.symbols.clamp(2, MAX_SYMBOLS) - 1;
        let block_samples = block_samples(protocol);
        let ramp = RAMP_NS as u128 * u128::from(protocol.sample_rate_hz) / 1_000_000_000;
        let (mut steps, mut content) = (Vec::new(), None);
        for slower in &protocol.slower {
            let every = u64::from(slower.every.max(1));
            match Key::of_code(seed, protocol, player, slower.code) {
                Some(key) if slower.code == Code::Content => content = Some((key, every)),
                Some(key) => steps.push((key, every, *slower)),
                None => {}
            }
        }
        let activities = protocol.activities.and_then(|activities| {
            let key = |code| Key::of_code(seed, protocol, player, code);
            let keys = [key(Code::ActivityPair)?, key(Code::ActivityOne)?];
            let first = u64::from(protocol.coded_blocks(Phase::Muted));
            Some((first, u64::from(activities.every.max(1)), keys))
        });
        let transitions = protocol.transitions.and_then(|transitions| {
            let key = Key::of_code(seed, protocol, player, Code::Transition)?;
            let first = u64::from(protocol.steady_blocks(Phase::Muted));
            Some((first, transitions, key))
        });
        Gains {
            activities,
            transitions,
            key: Key::derive(seed, protocol, player),
            by_symbol: (0..=top).map(|s| gain(protocol, s as u8)).collect(),
            steps,
            content,
            block_samples,
            ramp_samples: (ramp as u64).clamp(1, block_samples),
            low: gain(protocol, 0),
            high: gain(protocol, top as u8),
        }
    }

    fn of_block(&self, phase: Phase, block_idx: u64) -> f32 {
        if let (Phase::Muted, Some((first, transitions, key))) = (phase, &self.transitions)
            && let Some(at) = block_idx.checked_sub(*first)
        {
            let every = u64::from(transitions.every.max(1));
            let sounds = at % every < u64::from(transitions.sound)
                && symbol(key, phase, at, every) == Some(1);
            return if sounds { self.high } else { self.low };
        }
        let fast = symbol(&self.key, phase, block_idx, 1);
        let gain = fast.map_or(self.low, |s| self.by_symbol[usize::from(s)]);
        let lowered = |(key, every, code): &(Key, u64, SlowerCode)| {
            let symbol = symbol(key, phase, block_idx, *every)?;
            Some(10f32.powf(-code.lowered_db(symbol) / 20.0))
        };
        self.steps
            .iter()
            .filter_map(lowered)
            .fold(gain, |gain, by| gain * by)
    }

    fn at(&self, phase: Phase, sample_idx: u64) -> f32 {
        let idle = self.low;
        self.ramped(sample_idx, idle, |block_idx| {
            self.of_block(phase, block_idx)
        })
    }

    /// Share of the power that the content code's other sound has.
    fn clatter(&self, phase: Phase, sample_idx: u64) -> f32 {
        let Some((key, every)) = &self.content else {
            return 0.0;
        };
        self.ramped(sample_idx, 0.0, |block_idx| {
            f32::from(symbol_is(key, phase, block_idx, *every, 1))
        })
    }

    /// The share of each activity at a sample of the muted phase; nothing before the first of them
    /// and after the last.
    fn activity(&self, sample_idx: u64) -> Option<[f32; 4]> {
        let (first, every, keys) = self.activities.as_ref()?;
        let block_idx = (sample_idx / self.block_samples).checked_sub(*first)?;
        let coin = |key: &Key, block_idx| symbol(key, Phase::Muted, block_idx, *every);
        coin(&keys[0], block_idx)?;
        let playing = |block_idx: u64| -> usize {
            let coins = keys.each_ref().map(|key| coin(key, block_idx).unwrap_or(0));
            usize::from(2 * coins[0] + coins[1])
        };
        let shares = std::array::from_fn(|sound| {
            self.ramped(sample_idx, 0.0, |block_idx| {
                let block_idx = block_idx.checked_sub(*first);
                f32::from(u8::from(block_idx.is_some_and(|b| playing(b) == sound)))
            })
        });
        Some(shares)
    }

    /// A value that changes from block to block, with ramps; `before` the first block.
    fn ramped(&self, sample_idx: u64, before: f32, of_block: impl Fn(u64) -> f32) -> f32 {
        let block_idx = sample_idx / self.block_samples;
        let within = sample_idx % self.block_samples;
        let now = of_block(block_idx);
        if within >= self.ramp_samples {
            return now;
        }
        let before = block_idx.checked_sub(1).map_or(before, of_block);
        before + (now - before) * ((within + 1) as f32 / self.ramp_samples as f32)
    }
}

/// The symbol of a code whose blocks are `every` blocks of the fast one, at one of those.
fn symbol(key: &Key, phase: Phase, fast_idx: u64, every: u64) -> Option<u8> {
    let idx = u32::try_from(fast_idx / every).ok()?;
    key.symbol(phase, idx)
}

fn symbol_is(key: &Key, phase: Phase, fast_idx: u64, every: u64, is: u8) -> bool {
    symbol(key, phase, fast_idx, every) == Some(is)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile;

    fn smoke() -> (Seed, Protocol) {
        (Seed([9; 32]), profile("smoke").unwrap())
    }

    fn rms_dbfs(samples: &[f32]) -> f64 {
        let sum: f64 = samples.iter().map(|&s| f64::from(s).powi(2)).sum();
        10.0 * (sum / samples.len() as f64).log10()
    }

    #[test]
    fn blocks_have_their_declared_level_and_a_safe_peak() {
        let (seed, protocol) = smoke();
        let key = Key::derive(&seed, &protocol, Player::Mic);
        let n = block_samples(&protocol);
        let played = reference(&seed, &protocol, Player::Mic, Phase::Muted, 0..60 * n);
        let mut worst = 0.0f64;
        for (i, block) in played.chunks(n as usize).enumerate() {
            let symbol = key.symbol(Phase::Muted, i as u32).unwrap();
            // The ramp belongs to neither level.
            let off = rms_dbfs(&block[240..]) - f64::from(level_dbfs(&protocol, symbol));
            worst = worst.max(off.abs());
        }
        let peak = played.iter().fold(0f32, |m, s| m.max(s.abs()));
        println!(
            "worst level error {worst:.2} dB, peak {:.1} dBFS",
            20.0 * peak.log10()
        );
        assert!(worst < 1.0);
        assert!(20.0 * peak.log10() < -3.0);
    }

    #[test]
    fn any_cut_of_the_program_gives_the_same_samples() {
        let (seed, protocol) = smoke();
        let whole = reference(&seed, &protocol, Player::Mic, Phase::Control, 0..150_000);
        let mut program = Program::new(&seed, &protocol, Player::Mic);
        let mut pieces = vec![0.0; 150_000];
        program.idle(&mut [0.0; 777]);
        let mut at = 0;
        for len in [1, 959, 48_000, 17, 60_000, 41_023] {
            program.phase(Phase::Control, at as u64, &mut pieces[at..at + len]);
            at += len;
        }
        assert_eq!(at, 150_000);
        assert!(whole == pieces);
        let later = reference(
            &seed,
            &protocol,
            Player::Mic,
            Phase::Control,
            70_001..90_000,
        );
        assert!(whole[70_001..90_000] == later[..]);
    }

    #[test]
    fn the_voice_does_not_know_the_symbol() {
        // Same seed, all levels equal: the samples of a loud and a quiet block differ by gain only.
        let (seed, protocol) = smoke();
        let flat = Protocol {
            low_dbfs: protocol.high_dbfs,
            ..protocol.clone()
        };
        let range = 0..48_000 * 8;
        let coded = reference(&seed, &protocol, Player::Mic, Phase::Muted, range.clone());
        let plain = reference(&seed, &flat, Player::Mic, Phase::Muted, range);
        let key = Key::derive(&seed, &protocol, Player::Mic);
        for block in 0..8usize {
            let at = block * 48_000 + 24_000;
            let ratio = gain(&protocol, key.symbol(Phase::Muted, block as u32).unwrap()) / 0.1;
            assert!((coded[at] - plain[at] * ratio).abs() < 1e-6);
        }
    }

    #[test]
    fn players_and_phases_sound_different() {
        let (seed, protocol) = smoke();
        let flat = Protocol {
            low_dbfs: protocol.high_dbfs,
            ..protocol
        };
        let play = |player, phase| reference(&seed, &flat, player, phase, 0..48_000);
        let mic = play(Player::Mic, Phase::Muted);
        for other in [
            play(Player::Sham, Phase::Muted),
            play(Player::Mic, Phase::Control),
        ] {
            let dot: f32 = mic.iter().zip(&other).map(|(a, b)| a * b).sum();
            let power: f32 = mic.iter().map(|a| a * a).sum();
            assert!((dot / power).abs() < 0.2, "correlation {}", dot / power);
        }
    }

    /// With all codes at once each block still has the level that its symbols say, and the content
    /// code changes the sound and not the loudness.
    #[test]
    fn codes_at_once_keep_their_steps_and_equal_loudness() {
        let seed = Seed([21; 32]);
        let protocol = Protocol {
            muted_blocks: 120,
            ..profile("standard").unwrap()
        };
        let n = block_samples(&protocol);
        let played = reference(&seed, &protocol, Player::Mic, Phase::Muted, 0..120 * n);
        let key = |code| Key::of_code(&seed, &protocol, Player::Mic, code).unwrap();
        let (fast, content) = (key(Code::Fast), key(Code::Content));
        let mut by_content = [Vec::new(), Vec::new()];
        for (k, block) in played.chunks(n as usize).enumerate() {
            let mut level = level_dbfs(&protocol, fast.symbol(Phase::Muted, k as u32).unwrap());
            for slower in &protocol.slower {
                let at = k as u32 / slower.every;
                let symbol = key(slower.code).symbol(Phase::Muted, at).unwrap();
                level -= slower.lowered_db(symbol);
            }
            let sound = content.symbol(Phase::Muted, k as u32 / 4).unwrap();
            let off = rms_dbfs(&block[240..]) - f64::from(level);
            by_content[usize::from(sound)].push(off);
        }
        let [voice, clatter] = by_content.map(|all| {
            assert!(all.len() > 20, "{}", all.len());
            let worst = all.iter().fold(0f64, |m, o| m.max((o - all[0]).abs()));
            assert!(worst < 1.0, "{worst} dB within one sound");
            all[0]
        });
        assert!(voice.abs() < 1.0, "{voice}");
        // Equal loudness is not equal power.
        assert!((clatter - voice).abs() < 6.0, "{clatter} dB");
    }

    /// The activities follow the codes, each as its coins say, at its own level; the codes' blocks
    /// before them are as if there were none.
    #[test]
    fn activities_play_behind_the_codes() {
        let seed = Seed([31; 32]);
        let coded = Protocol {
            muted_blocks: 20,
            ..profile("standard").unwrap()
        };
        let protocol = Protocol {
            muted_blocks: 20 + 60,
            activities: Some(record::Activities {
                every: 2,
                blocks: 30,
                half: record::Activities::GENERATED,
            }),
            ..coded.clone()
        };
        let n = block_samples(&protocol);
        let play = |protocol: &Protocol, range| {
            reference(&seed, protocol, Player::Mic, Phase::Muted, range)
        };
        assert!(play(&protocol, 0..20 * n) == play(&coded, 0..20 * n));
        let key = |code| Key::of_code(&seed, &protocol, Player::Mic, code).unwrap();
        let (pair, one) = (key(Code::ActivityPair), key(Code::ActivityOne));
        let mut levels: [Vec<f64>; 4] = Default::default();
        let played = play(&protocol, 20 * n..80 * n);
        for (k, block) in played.chunks(2 * n as usize).enumerate() {
            let coin = |key: &Key| key.symbol(Phase::Muted, k as u32).unwrap();
            levels[usize::from(2 * coin(&pair) + coin(&one))].push(rms_dbfs(&block[240..]));
        }
        for ((sound, db), levels) in ACTIVITIES.iter().zip(&levels) {
            let (low, high) = levels
                .iter()
                .fold((f64::MAX, f64::MIN), |(l, h), x| (l.min(*x), h.max(*x)));
            println!(
                "{sound:?}: {} blocks, {low:.1} to {high:.1} dBFS",
                levels.len()
            );
            assert!(levels.len() > 2 && high - low < 3.0, "{sound:?}");
            assert!(
                (low - f64::from(protocol.high_dbfs + db)).abs() < 6.0,
                "{sound:?}"
            );
        }
        // Nothing of them past the end.
        let after = play(&protocol, 80 * n..81 * n);
        assert!(rms_dbfs(&after[4_800..]) < f64::from(protocol.low_dbfs) + 3.0);
    }

    /// Recordings play in the stretches of the activities and nowhere else, however the phase is cut.
    #[test]
    fn recordings_play_in_the_place_of_activities() {
        struct Numbered;
        impl Recordings for Numbered {
            fn fill(&mut self, stretch: u32, first_sample_idx: u64, out: &mut [f32]) {
                let sample = |i: usize| stretch as f32 + (first_sample_idx + i as u64) as f32 / 1e6;
                let each = out.iter_mut().enumerate();
                each.for_each(|(i, out)| *out = sample(i));
            }
        }
        let seed = Seed([32; 32]);
        let coded = Protocol {
            muted_blocks: 5,
            ..profile("smoke").unwrap()
        };
        let protocol = Protocol {
            muted_blocks: 5 + 12,
            activities: Some(record::Activities {
                every: 3,
                blocks: 4,
                half: 3,
            }),
            ..coded.clone()
        };
        let n = block_samples(&protocol) as usize;
        let program = || {
            let program = Program::new(&seed, &protocol, Player::Mic);
            program.with_recordings(Box::new(Numbered))
        };
        let mut whole = vec![0.0; 18 * n];
        program().phase(Phase::Muted, 0, &mut whole);
        let before = 0..5 * n as u64;
        assert!(whole[..5 * n] == reference(&seed, &coded, Player::Mic, Phase::Muted, before));
        for (stretch, samples) in whole[5 * n..17 * n].chunks(3 * n).enumerate() {
            let middle = stretch as f32 + (n as f32) / 1e6;
            assert_eq!(samples[n], middle);
            assert!(samples[0] < 0.02 + stretch as f32 / 100.0 && samples[3 * n - 1] < 0.02);
        }
        assert!(whole[17 * n + 4_800..].iter().all(|s| s.abs() < 0.05));
        let (mut pieces, mut program) = (vec![0.0; 18 * n], program());
        let mut at = 0;
        for piece in pieces.chunks_mut(31_013) {
            program.phase(Phase::Muted, at, piece);
            at += piece.len() as u64;
        }
        assert!(whole == pieces);
    }

    /// A cycle of mute and unmute sounds at its beginning, if its coin says so, and never later.
    #[test]
    fn transitions_sound_at_the_beginning_of_their_cycles() {
        let seed = Seed([41; 32]);
        let steady = Protocol {
            muted_blocks: 20,
            ..profile("smoke").unwrap()
        };
        let protocol = crate::with_transitions(steady.clone());
        let transitions = protocol.transitions.unwrap();
        let n = block_samples(&protocol);
        let play = |range| reference(&seed, &protocol, Player::Mic, Phase::Muted, range);
        let before = reference(&seed, &steady, Player::Mic, Phase::Muted, 0..20 * n);
        assert!(play(0..20 * n) == before);
        let key = Key::of_code(&seed, &protocol, Player::Mic, Code::Transition).unwrap();
        let end = u64::from(protocol.muted_blocks);
        let mut loud = 0;
        for (at, block) in play(20 * n..end * n).chunks(n as usize).enumerate() {
            let (cycle, within) = (at as u32 / transitions.every, at as u32 % transitions.every);
            let sounds = within < transitions.sound && key.symbol(Phase::Muted, cycle) == Some(1);
            loud += u32::from(sounds);
            let level = level_dbfs(&protocol, u8::from(sounds));
            assert!(
                (rms_dbfs(&block[240..]) - f64::from(level)).abs() < 1.0,
                "{at}"
            );
        }
        assert!(loud > transitions.blocks / 2 && loud < 2 * transitions.blocks);
    }

    /// Integrated loudness by EBU R 128, of the two sounds at the same gain.
    #[test]
    fn the_two_sounds_are_equally_loud() {
        for seed in 0..3 {
            let [voice, clatter] = [Sound::Voice, Sound::Clatter].map(|sound| {
                let mut samples = vec![0.0; 48_000 * 20];
                let mut track = Track::new(&Seed([seed; 32]), Player::Mic, sound, 48_000);
                track.fill(Stream::Phase(Phase::Muted), 0, &mut samples);
                samples.iter_mut().for_each(|s| *s *= 0.1);
                let mut meter = ebur128::EbuR128::new(1, 48_000, ebur128::Mode::I).unwrap();
                meter.add_frames_f32(&samples).unwrap();
                meter.loudness_global().unwrap()
            });
            println!("voice {voice:.2} LUFS, clatter {clatter:.2} LUFS");
            assert!((voice - clatter).abs() < 0.5);
        }
    }

    #[test]
    fn ramps_do_not_click() {
        let (seed, protocol) = smoke();
        let gains = Gains::new(&seed, &protocol, Player::Mic);
        let mut last = gains.low;
        for idx in 0..48_000 * 20 {
            let now = gains.at(Phase::Muted, idx);
            assert!((now - last).abs() <= gains.high / 200.0, "step at {idx}");
            last = now;
        }
    }

    #[test]
    fn idle_ramps_down_from_a_loud_end() {
        let (seed, protocol) = smoke();
        let mut program = Program::new(&seed, &protocol, Player::Mic);
        program.last_gain = program.gains.high;
        let mut out = vec![0.0; 48_000];
        program.idle(&mut out);
        assert_eq!(program.last_gain, program.gains.low);
        assert!((rms_dbfs(&out[4_800..]) - f64::from(protocol.low_dbfs)).abs() < 2.0);
    }
}
