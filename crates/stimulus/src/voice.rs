//! Generated sounds: nobody's recording, nobody's words. A voice, and the clatter that the content
//! code puts in its place.
//!
//! They are made in syllables of a quarter second, each a pure function of the seed, its stream and
//! its index, so that any stretch can be made again without what came before. A syllable is made
//! somewhat longer than it lasts and faded into the next. Each is brought to the same power:
//! loudness then depends on the gain alone, and a block of whole syllables has its declared level.

use std::f32::consts::TAU;

use record::{Phase, Player};

use crate::Seed;
use crate::key::{phase_name, player_name};

/// What is heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sound {
    /// Somebody speaks.
    Voice,
    /// Things are put down on a table: broadband knocks over a rustle. Dishes.
    Clatter,
    /// Somebody types: short clicks with silence between them.
    Typing,
    /// A vacuum cleaner: a steady roar with a hum in it.
    Vacuum,
}

impl Sound {
    fn name(self) -> &'static str {
        match self {
            Sound::Voice => "voice",
            Sound::Clatter => "clatter",
            Sound::Typing => "typing",
            Sound::Vacuum => "vacuum",
        }
    }

    /// Gain of the made syllables (RMS 1). Voice and clatter are equally loud with it by EBU R 128,
    /// measured over 20 s; a test in `program.rs` measures it again. The others play only as
    /// activities, at a level of their own.
    fn gain(self) -> f32 {
        match self {
            Sound::Voice => 1.0,
            Sound::Clatter => 0.655,
            Sound::Typing | Sound::Vacuum => 1.0,
        }
    }
}

/// Which stretch: every phase has its own, and so has the time around them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    Idle,
    Phase(Phase),
}

/// Syllables a second.
const SYLLABLES_HZ: u64 = 4;

/// Fade between syllables, as a share of a second: 1/80 s = 12.5 ms.
const FADE_PARTS: u64 = 80;

/// Samples above this multiple of the RMS are bent softly: bounds the peak at 14 dB above it.
const SOFT_LIMIT: f32 = 5.0;

/// One sound that always runs.
pub(crate) struct Track {
    sound: Sound,
    streams: [u64; 3],
    sample_rate_hz: f32,
    syllable_samples: u64,
    fade_samples: u64,
    /// The syllable being played and the one before it, by stream and index.
    cache: [Syllable; 2],
}

#[derive(Default)]
struct Syllable {
    of: Option<(Stream, u64)>,
    samples: Vec<f32>,
}

impl Track {
    pub(crate) fn new(seed: &Seed, player: Player, sound: Sound, sample_rate_hz: u32) -> Track {
        let stream = |name: &str| {
            let domain = format!(
                "muteproof/v1/{}/{}/{name}",
                sound.name(),
                player_name(player)
            );
            let hash = seed.derive(&domain);
            u64::from_le_bytes([
                hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7],
            ])
        };
        // A damaged manifest may say 0 Hz or 4 GHz; neither may stop or exhaust us.
        let rate = u64::from(sample_rate_hz).clamp(1_000, 768_000);
        Track {
            sound,
            streams: [
                stream("idle"),
                stream(phase_name(Phase::Control)),
                stream(phase_name(Phase::Muted)),
            ],
            sample_rate_hz: rate as f32,
            syllable_samples: rate / SYLLABLES_HZ,
            fade_samples: rate / FADE_PARTS,
            cache: Default::default(),
        }
    }

    /// Fills `out` with the sound (the voice at an RMS of about 1) from sample `first_sample_idx` of `stream` on.
    pub(crate) fn fill(&mut self, stream: Stream, first_sample_idx: u64, out: &mut [f32]) {
        let mut at = first_sample_idx;
        let mut out = out;
        while !out.is_empty() {
            let (idx, within) = (at / self.syllable_samples, at % self.syllable_samples);
            let len = (self.syllable_samples - within).min(out.len() as u64) as usize;
            self.load(stream, idx);
            let (piece, rest) = out.split_at_mut(len);
            let [now, before] = &self.cache;
            let within = within as usize;
            piece.copy_from_slice(&now.samples[within..within + len]);
            let fade = self.fade_samples as usize;
            for (i, sample) in piece
                .iter_mut()
                .enumerate()
                .take(fade.saturating_sub(within))
            {
                let share = (within + i) as f32 / fade as f32;
                // Equal power, as neighbouring syllables do not correlate.
                let (rise, fall) = ((share * TAU / 4.0).sin(), (share * TAU / 4.0).cos());
                let tail = before
                    .samples
                    .get(self.syllable_samples as usize + within + i);
                *sample = *sample * rise + tail.copied().unwrap_or(0.0) * fall;
            }
            at += len as u64;
            out = rest;
        }
    }

    fn load(&mut self, stream: Stream, idx: u64) {
        if self.cache[0].of == Some((stream, idx)) {
            return;
        }
        self.cache.swap(0, 1);
        let before = idx.checked_sub(1).map(|b| (stream, b));
        if self.cache[1].of != before {
            match before {
                Some((_, b)) => self.make(1, stream, b),
                None => self.cache[1] = Syllable::default(),
            }
        }
        self.make(0, stream, idx);
    }

    fn make(&mut self, slot: usize, stream: Stream, idx: u64) {
        let mut samples = std::mem::take(&mut self.cache[slot].samples);
        let seed = match stream {
            Stream::Idle => self.streams[0],
            Stream::Phase(Phase::Control) => self.streams[1],
            Stream::Phase(Phase::Muted) => self.streams[2],
        };
        samples.resize((self.syllable_samples + self.fade_samples) as usize, 0.0);
        match self.sound {
            Sound::Voice => speak(seed, idx, self.sample_rate_hz, &mut samples),
            Sound::Clatter => clatter(seed, idx, self.sample_rate_hz, &mut samples),
            Sound::Typing => typing(seed, idx, self.sample_rate_hz, &mut samples),
            Sound::Vacuum => vacuum(seed, idx, self.sample_rate_hz, &mut samples),
        }
        normalise(&mut samples);
        let gain = self.sound.gain();
        samples.iter_mut().for_each(|sample| *sample *= gain);
        self.cache[slot] = Syllable {
            of: Some((stream, idx)),
            samples,
        };
    }
}

/// A small generator (SplitMix64) for what need not be secret: the seed behind it is hashed.
struct Small(u64);

impl Small {
    fn at(seed: u64, idx: u64) -> Small {
        let mut small = Small(seed ^ idx.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Small(small.word())
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in 0..1.
    fn unit(&mut self) -> f32 {
        (self.word() >> 40) as f32 / (1u64 << 24) as f32
    }

    fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }
}

/// Where the voice is at a syllable's border: pitch and formants, hertz. Drawn from the border's
/// index, so that neighbouring syllables agree on it and the voice glides.
fn border(seed: u64, idx: u64) -> (f32, [f32; 3]) {
    let mut rng = Small::at(seed ^ 0xb02d, idx);
    let pitch_hz = rng.between(90.0, 180.0);
    let formants_hz = [
        rng.between(280.0, 800.0),
        rng.between(900.0, 2_200.0),
        rng.between(2_300.0, 3_100.0),
    ];
    (pitch_hz, formants_hz)
}

/// One syllable: glottal pulses and breath through three gliding formants, now and then with a
/// hiss at the start, under an envelope that dips but never falls silent (else voice activity
/// detectors let go inside a loud block).
fn speak(seed: u64, idx: u64, rate_hz: f32, out: &mut [f32]) {
    let (pitch_from, formants_from) = border(seed, idx);
    let (pitch_to, formants_to) = border(seed, idx.wrapping_add(1));
    let mut rng = Small::at(seed, idx);
    let hiss = if rng.unit() < 0.3 {
        rng.between(0.2, 0.5)
    } else {
        0.0
    };
    let mut turn = rng.unit();
    let mut formants = [
        Resonator::default(),
        Resonator::default(),
        Resonator::default(),
    ];
    let mut hiss_filter = Resonator::default();
    hiss_filter.tune(4_500.0, 1_500.0, rate_hz);
    let len = out.len() as f32;
    for (i, sample) in out.iter_mut().enumerate() {
        let t = i as f32 / len;
        if i % 64 == 0 {
            for (k, formant) in formants.iter_mut().enumerate() {
                let hz = formants_from[k] + (formants_to[k] - formants_from[k]) * t;
                formant.tune(hz, 60.0 + 40.0 * k as f32, rate_hz);
            }
        }
        turn += (pitch_from + (pitch_to - pitch_from) * t) / rate_hz;
        turn -= turn.floor();
        // Flow rises slowly and is cut off: the cut is what excites the formants.
        let glottis = if turn < 0.6 {
            turn * (0.6 - turn) * 8.0
        } else {
            -1.5 * (1.0 - turn)
        };
        let noise = rng.unit() * 2.0 - 1.0;
        let source = glottis + 0.05 * noise;
        let voiced = formants[0].next(source)
            + 0.6 * formants[1].next(source)
            + 0.35 * formants[2].next(source);
        let hissing = hiss * hiss_filter.next(noise) * (1.0 - 3.0 * t).max(0.0);
        let envelope = 0.45 + 0.55 * (t * TAU / 2.0).sin();
        *sample = envelope * (voiced + hissing);
    }
}

/// A quarter of a second of clatter: three knocks, each a burst of noise through two resonances that
/// die away, over a rustle that keeps the level from falling silent.
fn clatter(seed: u64, idx: u64, rate_hz: f32, out: &mut [f32]) {
    let mut rng = Small::at(seed ^ 0xc1a7, idx);
    let len = out.len() as f32;
    let knocks: [f32; 3] = std::array::from_fn(|k| (k as f32 + rng.between(0.0, 0.6)) * len / 3.0);
    let mut resonances = [Resonator::default(), Resonator::default()];
    resonances[0].tune(rng.between(1_500.0, 2_500.0), 120.0, rate_hz);
    resonances[1].tune(rng.between(3_000.0, 5_000.0), 250.0, rate_hz);
    let knock_samples = (rate_hz * 0.004).max(1.0);
    for (i, sample) in out.iter_mut().enumerate() {
        let since = |knock: &f32| i as f32 - knock;
        let hit = knocks
            .iter()
            .any(|k| (0.0..knock_samples).contains(&since(k)));
        let noise = rng.unit() * 2.0 - 1.0;
        let source = if hit { noise } else { 0.02 * noise };
        let rung = resonances[0].next(source) + 0.7 * resonances[1].next(source);
        *sample = rung + 0.02 * noise;
    }
}

/// A quarter of a second of typing: one or two keys, each a click and a duller one as it comes up.
fn typing(seed: u64, idx: u64, rate_hz: f32, out: &mut [f32]) {
    let mut rng = Small::at(seed ^ 0x7e97, idx);
    let len = out.len() as f32;
    let down = rng.between(0.05, 0.35) * len;
    let up = down + rng.between(0.2, 0.5) * len;
    let mut resonances = [Resonator::default(), Resonator::default()];
    resonances[0].tune(rng.between(2_500.0, 4_500.0), 900.0, rate_hz);
    resonances[1].tune(rng.between(900.0, 1_400.0), 500.0, rate_hz);
    let click_samples = (rate_hz * 0.002).max(1.0);
    for (i, sample) in out.iter_mut().enumerate() {
        let at = |edge: f32| (0.0..click_samples).contains(&(i as f32 - edge));
        let noise = rng.unit() * 2.0 - 1.0;
        let sharp = resonances[0].next(if at(down) { noise } else { 0.0 });
        let dull = resonances[1].next(if at(up) { 0.4 * noise } else { 0.0 });
        *sample = sharp + dull + 0.001 * noise;
    }
}

/// A quarter of a second of a vacuum cleaner: noise through a broad resonance, and a hum whose phase
/// goes on from one piece to the next.
fn vacuum(seed: u64, idx: u64, rate_hz: f32, out: &mut [f32]) {
    const HUM_HZ: f32 = 240.0;
    let mut rng = Small::at(seed ^ 0xac00, idx);
    let mut body = Resonator::default();
    body.tune(1_200.0, 1_500.0, rate_hz);
    // A whole number of periods lies in a piece: 240 Hz in 1/4 s.
    for (i, sample) in out.iter_mut().enumerate() {
        let hum = (TAU * HUM_HZ * i as f32 / rate_hz).sin();
        *sample = body.next(rng.unit() * 2.0 - 1.0) + 0.3 * hum;
    }
}

/// Brings the samples to RMS 1 without mean and bends what sticks out.
fn normalise(samples: &mut [f32]) {
    let n = samples.len().max(1) as f32;
    let mean = samples.iter().sum::<f32>() / n;
    let power = samples.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / n;
    let scale = 1.0 / power.sqrt().max(1e-9);
    for sample in samples.iter_mut() {
        *sample = SOFT_LIMIT * ((*sample - mean) * scale / SOFT_LIMIT).tanh();
    }
    let power = samples.iter().map(|s| s * s).sum::<f32>() / n;
    let scale = 1.0 / power.sqrt().max(1e-9);
    samples.iter_mut().for_each(|s| *s *= scale);
}

/// A two-pole resonator.
#[derive(Default)]
struct Resonator {
    a1: f32,
    a2: f32,
    gain: f32,
    y1: f32,
    y2: f32,
}

impl Resonator {
    fn tune(&mut self, hz: f32, bandwidth_hz: f32, rate_hz: f32) {
        let radius = (-TAU / 2.0 * bandwidth_hz / rate_hz).exp();
        self.a1 = 2.0 * radius * (TAU * hz / rate_hz).cos();
        self.a2 = -radius * radius;
        self.gain = 1.0 - radius;
    }

    fn next(&mut self, x: f32) -> f32 {
        let y = self.gain * x + self.a1 * self.y1 + self.a2 * self.y2;
        self.y2 = self.y1;
        self.y1 = y;
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ten_seconds() -> Vec<f32> {
        let mut out = vec![0.0; 480_000];
        Track::new(&Seed([1; 32]), Player::Mic, Sound::Voice, 48_000).fill(
            Stream::Idle,
            0,
            &mut out,
        );
        out
    }

    #[test]
    fn the_envelope_never_falls_silent() {
        // 20 ms windows within 18 dB of the mean level, never two low ones in a row: voice
        // activity detectors with any hangover hold.
        let levels: Vec<f32> = ten_seconds()
            .chunks(960)
            .map(|w| 10.0 * (w.iter().map(|s| s * s).sum::<f32>() / w.len() as f32).log10())
            .collect();
        let lowest = levels.iter().copied().fold(f32::MAX, f32::min);
        let highest = levels.iter().copied().fold(f32::MIN, f32::max);
        println!("20 ms levels from {lowest:.1} to {highest:.1} dB about the mean");
        assert!(lowest > -18.0);
        let quiet_pairs = levels
            .windows(2)
            .filter(|w| w[0] < -12.0 && w[1] < -12.0)
            .count();
        assert_eq!(quiet_pairs, 0);
        // It moves, too: speech is not a tone.
        assert!(highest - lowest > 4.0);
    }

    #[test]
    fn there_are_no_jumps_between_syllables() {
        let voice = ten_seconds();
        let step = |i: usize| (voice[i] - voice[i - 1]).abs();
        let ordinary = (1..voice.len()).map(step).fold(0.0, f32::max);
        let at_borders = (1..40).map(|k| step(k * 12_000)).fold(0.0, f32::max);
        assert!(at_borders <= ordinary / 2.0, "{at_borders} of {ordinary}");
    }

    #[test]
    fn an_odd_rate_does_not_panic() {
        for rate in [0, 1, 7, 8_000, u32::MAX] {
            let mut out = [0.0; 100];
            Track::new(&Seed([1; 32]), Player::Mic, Sound::Voice, rate).fill(
                Stream::Idle,
                u64::MAX - 200,
                &mut out,
            );
            assert!(out.iter().all(|s| s.is_finite()));
        }
    }
}
