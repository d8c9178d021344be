//! A simulated room: recorded sounds at some distance, an echo, a noise floor, perhaps a gain control.
//!
//! All that is assumed is here, in numbers. No activity has a level, a room or a rhythm of pauses of
//! its own: every source is brought to one loudness, and everything else is drawn from the same laws.
//! What tells activities apart in the simulated telemetry is therefore how they sound, not what we
//! think of how loud a dog is.

use dice::Dice;

use crate::Error;

/// Samples a second.
pub const RATE_HZ: u32 = 16_000;

/// Samples of 20 ms, which everything is made in.
pub const FRAME: usize = RATE_HZ as usize / 50;

/// Level of every source while it sounds, a metre away, dBFS RMS.
const SOURCE_DBFS: f64 = -26.0;

/// Frames so far below the loudest one are no part of "while it sounds", dB.
const SOUNDS_WITHIN_DB: f64 = 30.0;

/// Longest stretch of one file at a time, seconds.
const STRETCH_S: f64 = 20.0;

/// Fade at both ends of a stretch, seconds.
const FADE_S: f64 = 0.03;

/// How often there is a pause behind a stretch, and its mean, seconds.
const PAUSE_CHANCE: f64 = 0.5;
const PAUSE_S: f64 = 2.0;

/// A recording, or a piece of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Clip {
    /// Which recording it is of: the speaker, the uploaded file, the piece of music.
    pub source: String,
    /// Mono, at [`RATE_HZ`].
    pub samples: Vec<f32>,
}

impl Clip {
    /// A clip with something in it, without silence at its ends.
    pub fn new(source: &str, samples: Vec<f32>) -> Result<Clip, Error> {
        let levels: Vec<f32> = samples.chunks(FRAME).map(rms).collect();
        let top = levels.iter().copied().fold(0.0, f32::max);
        // 1e-4 is -80 dBFS: the dither of an empty file.
        if !(top.is_finite() && top > 1e-4) {
            return Err(Error::Silent(source.to_owned()));
        }
        let sounds = |level: &f32| *level > 1e-5;
        let from = levels.iter().position(sounds).unwrap_or(0) * FRAME;
        let to = levels
            .iter()
            .rposition(sounds)
            .map_or(0, |i| (i + 1) * FRAME);
        let to = to.min(samples.len());
        Ok(Clip {
            source: source.to_owned(),
            samples: samples.get(from..to).unwrap_or_default().to_vec(),
        })
    }
}

fn rms(samples: &[f32]) -> f32 {
    let power: f32 = samples.iter().map(|s| s * s).sum();
    (power / samples.len().max(1) as f32).sqrt()
}

/// What makes the clips of one source as loud as those of any other.
pub fn gain_of(clips: &[&Clip]) -> f32 {
    let frames = clips.iter().flat_map(|c| c.samples.chunks(FRAME)).map(rms);
    let frames: Vec<f64> = frames.map(f64::from).collect();
    let top = frames.iter().copied().fold(0.0, f64::max);
    let within = top * 10f64.powf(-SOUNDS_WITHIN_DB / 20.0);
    let sounding: Vec<f64> = frames.into_iter().filter(|f| *f >= within).collect();
    let power = sounding.iter().map(|f| f * f).sum::<f64>() / sounding.len().max(1) as f64;
    (10f64.powf(SOURCE_DBFS / 20.0) / power.sqrt().max(1e-9)) as f32
}

/// How clips follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pattern {
    /// One after the other in random order, now and then a pause.
    Stretches,
    /// Each clip is one key stroke; they come in words, as typed by somebody: 3 to 9 strokes a second,
    /// drawn for each typist, words of 2 to 9 strokes, pauses to think.
    Strokes,
}

/// Where the microphone is, and what it does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Room {
    /// Distance of what sounds, metres: 0.4 to 4.
    pub distance_m: f64,
    /// Time in which the echo falls by 60 dB, seconds: 0.2 to 0.7.
    pub echo_s: f64,
    /// Volume, cubic metres: 25 to 90. With the echo it says at which distance the echo is as loud as
    /// what sounds.
    pub volume_m3: f64,
    /// Noise of room and microphone, dBFS RMS: -78 to -52.
    pub noise_dbfs: f64,
    /// Whether the client evens out the level: towards -23 dBFS, by 20 dB at most, up by 2 dB and down
    /// by 20 dB a second, while something is heard over the noise. Drawn by a coin.
    pub gain_control: bool,
}

impl Room {
    /// One of the rooms.
    pub fn drawn(dice: &mut Dice) -> Room {
        Room {
            distance_m: 0.4 * 10f64.powf(dice.unit()),
            echo_s: dice.within(0.2, 0.7),
            volume_m3: dice.within(25.0, 90.0),
            noise_dbfs: dice.within(-78.0, -52.0),
            gain_control: dice.unit() < 0.5,
        }
    }
}

/// What a microphone hears, frame by frame.
pub struct Scene<'a> {
    clips: Vec<(&'a [f32], f32)>,
    pattern: Pattern,
    dice: Dice,
    /// What sounds at the moment: samples, gain.
    playing: (&'a [f32], f32),
    at: usize,
    pause: usize,
    word: usize,
    stroke_s: f64,
    echo: Echo,
    direct: f32,
    noise: Noise,
    control: Option<Control>,
}

impl<'a> Scene<'a> {
    /// `clips` of one activity with the gain of their source ([`gain_of`]).
    pub fn new(
        clips: Vec<(&'a Clip, f32)>,
        pattern: Pattern,
        room: Room,
        seed: u64,
        number: u64,
    ) -> Result<Scene<'a>, Error> {
        if clips.is_empty() {
            return Err(Error::Empty("a scene".to_owned()));
        }
        let mut dice = Dice::new(seed, u64::from(u32::from_be_bytes(*b"scen")), number);
        // Distance at which the echo is as loud as what sounds (Sabine's room).
        let critical_m = 0.057 * (room.volume_m3 / room.echo_s).sqrt();
        let stroke_s = 1.0 / dice.within(3.0, 9.0);
        Ok(Scene {
            clips: clips
                .into_iter()
                .map(|(c, gain)| (&*c.samples, gain))
                .collect(),
            pattern,
            playing: (&[], 0.0),
            at: 0,
            pause: 0,
            word: 0,
            stroke_s,
            echo: Echo::new(room.echo_s, 1.0 / critical_m, &mut dice),
            direct: (1.0 / room.distance_m) as f32,
            noise: Noise::new(room.noise_dbfs, &mut dice),
            control: room.gain_control.then(|| Control::new(room.noise_dbfs)),
            dice,
        })
    }

    /// The next 20 ms.
    pub fn frame(&mut self, out: &mut [f32; FRAME]) {
        for sample in out.iter_mut() {
            let dry = self.dry();
            *sample = self.direct * dry + self.echo.next(dry) + self.noise.next();
        }
        if let Some(control) = &mut self.control {
            control.apply(out);
        }
        // What is too loud is cut off, as a converter would.
        out.iter_mut().for_each(|s| *s = s.clamp(-1.0, 1.0));
    }

    fn dry(&mut self) -> f32 {
        if self.at >= self.playing.0.len() {
            if self.pause > 0 {
                self.pause -= 1;
                return 0.0;
            }
            self.next_clip();
        }
        let (samples, gain) = self.playing;
        let fade = (FADE_S * f64::from(RATE_HZ)) as usize;
        let edge = match self.pattern {
            Pattern::Stretches => self.at.min(samples.len() - 1 - self.at).min(fade),
            Pattern::Strokes => fade.min(samples.len() - 1 - self.at),
        };
        let sample = samples[self.at] * gain * edge as f32 / fade as f32;
        self.at += 1;
        sample
    }

    fn next_clip(&mut self) {
        let rate = f64::from(RATE_HZ);
        let (samples, gain) = self.clips[self.dice.below(self.clips.len())];
        let longest = (STRETCH_S * rate) as usize;
        let from = self
            .dice
            .below(samples.len().saturating_sub(longest).max(1));
        let to = (from + longest).min(samples.len());
        self.playing = (&samples[from..to], gain);
        self.at = 0;
        let exponential = |dice: &mut Dice, mean: f64| -mean * dice.unit().ln();
        let pause_s = match self.pattern {
            Pattern::Stretches if self.dice.unit() < PAUSE_CHANCE => {
                exponential(&mut self.dice, PAUSE_S)
            }
            Pattern::Stretches => 0.0,
            Pattern::Strokes => {
                // A stroke may last longer than the time to the next one; it is cut off there.
                let beat = self.stroke_s * 2f64.powf(0.35 * self.dice.normal());
                let most = (beat * rate) as usize;
                self.playing.0 = &self.playing.0[..self.playing.0.len().min(most.max(64))];
                let rest = beat - self.playing.0.len() as f64 / rate;
                if self.word == 0 {
                    self.word = 2 + self.dice.below(8);
                    let thinks = self.dice.unit() < 0.15;
                    rest + exponential(&mut self.dice, if thinks { 4.0 } else { 0.25 })
                } else {
                    self.word -= 1;
                    rest
                }
            }
        };
        self.pause = (pause_s.max(0.0) * rate) as usize;
    }
}

/// An echo without a direction: four combs and two all-passes (Schroeder 1962), at the level that the
/// room gives it.
struct Echo {
    combs: Vec<(Vec<f32>, usize, f32, f32)>,
    passes: Vec<(Vec<f32>, usize)>,
    level: f32,
}

impl Echo {
    fn new(echo_s: f64, level: f64, dice: &mut Dice) -> Echo {
        let mut power = 0.0;
        let mut comb = |ms: f64| {
            let length_s = ms / 1e3 * dice.within(0.95, 1.05);
            let feedback = 10f64.powf(-3.0 * length_s / echo_s);
            power += 1.0 / (1.0 - feedback * feedback);
            let line = vec![0.0; (length_s * f64::from(RATE_HZ)) as usize + 1];
            (line, 0, feedback as f32, 0.0)
        };
        let combs: Vec<_> = [29.7, 37.1, 41.1, 43.7].map(&mut comb).into();
        let pass = |ms: f64| (vec![0.0; (ms / 1e3 * f64::from(RATE_HZ)) as usize], 0);
        Echo {
            combs,
            passes: [5.0, 1.7].map(pass).into(),
            level: (level / f64::sqrt(power)) as f32,
        }
    }

    fn next(&mut self, dry: f32) -> f32 {
        let mut sum = 0.0;
        for (line, at, feedback, damped) in &mut self.combs {
            let out = line[*at];
            // Walls swallow high sounds first.
            *damped += 0.7 * (out - *damped);
            line[*at] = dry + *damped * *feedback;
            *at += 1;
            if *at == line.len() {
                *at = 0;
            }
            sum += out;
        }
        for (line, at) in &mut self.passes {
            let delayed = line[*at];
            let fed = sum + 0.7 * delayed;
            line[*at] = fed;
            *at += 1;
            if *at == line.len() {
                *at = 0;
            }
            sum = delayed - 0.7 * fed;
        }
        sum * self.level
    }
}

/// Noise that is stronger below 1 kHz than above.
struct Noise {
    state: u32,
    low: f32,
    level: f32,
}

impl Noise {
    fn new(dbfs: f64, dice: &mut Dice) -> Noise {
        // A uniform number in -1..1 has power 1/3; the filter passes 0.15 / (2 - 0.15) of it, and
        // half of the unfiltered amplitude is added.
        let power = (0.15 / 1.85 + 0.25 * 0.25 + 2.0 * 0.25 * 0.15) / 3.0;
        Noise {
            state: (dice.unit() * f64::from(u32::MAX)) as u32 | 1,
            low: 0.0,
            level: (10f64.powf(dbfs / 20.0) / f64::sqrt(power)) as f32,
        }
    }

    fn next(&mut self) -> f32 {
        // xorshift (Marsaglia 2003): noise needs no better dice.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        let white = self.state as f32 / (u32::MAX / 2) as f32 - 1.0;
        self.low += 0.15 * (white - self.low);
        (self.low + 0.25 * white) * self.level
    }
}

/// A slow gain control.
struct Control {
    gain_db: f64,
    gate_dbfs: f64,
}

impl Control {
    fn new(noise_dbfs: f64) -> Control {
        Control {
            gain_db: 0.0,
            gate_dbfs: noise_dbfs + 8.0,
        }
    }

    fn apply(&mut self, frame: &mut [f32]) {
        let level = 20.0 * f64::from(rms(frame)).max(1e-9).log10();
        if level > self.gate_dbfs {
            let wanted = -23.0 - level;
            let most = (wanted - self.gain_db).clamp(-0.4, 0.04);
            self.gain_db = (self.gain_db + most).clamp(-20.0, 20.0);
        }
        let gain = 10f64.powf(self.gain_db / 20.0) as f32;
        frame.iter_mut().for_each(|s| *s *= gain);
    }
}

/// Cuts a recording of key strokes into strokes: where the level rises by 12 dB within 20 ms over what
/// it was, at most one in 120 ms, each until the next one or for 250 ms.
pub fn strokes(samples: &[f32]) -> Vec<Vec<f32>> {
    const STEP: usize = FRAME / 4;
    // There is silence before a file begins.
    let mut levels = vec![-100.0];
    let each = samples.chunks(STEP).map(rms);
    levels.extend(each.map(|level| 20.0 * f64::from(level).max(1e-5).log10()));
    let top = levels.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut at: Vec<usize> = Vec::new();
    for i in 1..levels.len() {
        let before = levels[i.saturating_sub(4)..i].iter().copied();
        let rises = levels[i] - before.fold(f64::INFINITY, f64::min) > 12.0;
        let apart = at.last().is_none_or(|last| (i - last) * STEP > 6 * FRAME);
        if rises && apart && levels[i] > top - 30.0 {
            at.push(i);
        }
    }
    let end = |k: usize| {
        at.get(k + 1)
            .map_or(samples.len(), |next| (next - 1) * STEP)
    };
    let most = RATE_HZ as usize / 4;
    let each = at.iter().enumerate().map(|(k, &i)| {
        let from = (i - 1) * STEP;
        samples[from..end(k).min(from + most)].to_vec()
    });
    each.filter(|s| s.len() > 2 * FRAME).collect()
}
