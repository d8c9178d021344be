//! Sounds that need no download, and are nobody's: six activities made by a seeded generator.
//!
//! They are caricatures. An attacker that names them is no proof that it would name the real thing, and
//! everything made from them says so; they show that the parts work together, and give a first answer
//! where no recordings are at hand.

use std::f32::consts::TAU;

use crate::scene::{Clip, Pattern, RATE_HZ};
use dice::Dice;

use crate::{Corpus, Error, Sound};

/// The activities, sorted.
pub const LABELS: [&str; 6] = ["cleaning", "cooking", "dog", "music", "speech", "typing"];

/// Sources of each.
pub const SOURCES: usize = 8;

/// Clips of each source, and seconds of each.
const CLIPS: usize = 4;
const CLIP_S: f32 = 5.0;

const RATE: f32 = RATE_HZ as f32;

/// All of them; the same seed makes the same samples.
pub fn corpus(seed: u64) -> Result<Corpus, Error> {
    let mut sounds = Vec::new();
    for (class, label) in LABELS.into_iter().enumerate() {
        for number in 0..SOURCES {
            let purpose = u64::from(u32::from_be_bytes(*b"synt"));
            let mut dice = Dice::new(seed, purpose, (class * SOURCES + number) as u64);
            let source = format!("synthetic-{label}-{number}");
            let made = match label {
                "cleaning" => cleaning(&mut dice),
                "cooking" => cooking(&mut dice),
                "dog" => dog(&mut dice),
                "music" => music(&mut dice),
                "speech" => speech(&mut dice),
                _ => typing(&mut dice),
            };
            let clips = made.into_iter().map(|samples| Clip::new(&source, samples));
            sounds.push(Sound {
                label: label.to_owned(),
                pattern: pattern(label),
                clips: clips.collect::<Result<_, _>>()?,
                source,
            });
        }
    }
    Corpus::new(sounds)
}

fn pattern(label: &str) -> Pattern {
    match label {
        "typing" => Pattern::Strokes,
        _ => Pattern::Stretches,
    }
}

fn silence() -> Vec<f32> {
    vec![0.0; (CLIP_S * RATE) as usize]
}

fn within(dice: &mut Dice, from: f32, to: f32) -> f32 {
    dice.within(f64::from(from), f64::from(to)) as f32
}

/// Noise through one resonance, as long as `envelope` (seconds to gain) lasts.
fn burst(out: &mut [f32], dice: &mut Dice, at_s: f32, length_s: f32, hz: f32, gain: f32) {
    let (mut low, mut band) = (0.0f32, 0.0f32);
    let f = 2.0 * (std::f32::consts::PI * hz / RATE).sin().min(0.6);
    let from = (at_s * RATE) as usize;
    for i in 0..(length_s * RATE) as usize {
        let white = (dice.unit() * 2.0 - 1.0) as f32;
        low += f * band;
        band += f * (white - low - 0.5 * band);
        let t = i as f32 / (length_s * RATE);
        let envelope = (t * 40.0).min(1.0) * (1.0 - t).powi(3);
        if let Some(sample) = out.get_mut(from + i) {
            *sample += gain * band * envelope;
        }
    }
}

/// Harmonics of a gliding pitch.
fn tone(out: &mut [f32], at_s: f32, length_s: f32, hz: (f32, f32), bright: f32, gain: f32) {
    let from = (at_s * RATE) as usize;
    let mut phase = 0.0f32;
    let n = (length_s * RATE) as usize;
    for i in 0..n {
        let t = i as f32 / n as f32;
        phase += (hz.0 + (hz.1 - hz.0) * t) / RATE;
        let envelope = (t * 12.0).min(1.0) * ((1.0 - t) * 4.0).min(1.0);
        let sum: f32 = (1..8)
            .map(|k| (TAU * phase * k as f32).sin() * bright.powi(k - 1))
            .sum();
        if let Some(sample) = out.get_mut(from + i) {
            *sample += gain * sum * envelope;
        }
    }
}

/// A vacuum cleaner or a broom: a steady roar, or strokes of it.
fn cleaning(dice: &mut Dice) -> Vec<Vec<f32>> {
    let (hz, stroke_s) = (within(dice, 300.0, 1_500.0), within(dice, 0.5, 1.6));
    let steady = within(dice, 0.0, 0.9);
    let clip = |_| {
        let mut out = silence();
        let mut low = 0.0f32;
        for (i, sample) in out.iter_mut().enumerate() {
            let white = (dice.unit() * 2.0 - 1.0) as f32;
            low += (TAU * hz / RATE).min(0.9) * (white - low);
            let stroke = (TAU * i as f32 / RATE / stroke_s).sin().max(0.0);
            *sample = 0.2 * low * (steady + (1.0 - steady) * stroke);
        }
        out
    };
    (0..CLIPS).map(clip).collect()
}

/// Something boils and something is cut.
fn cooking(dice: &mut Dice) -> Vec<Vec<f32>> {
    let (cuts_hz, boil) = (within(dice, 1.5, 4.0), within(dice, 0.0, 0.1));
    let hz = within(dice, 200.0, 900.0);
    let mut clips = Vec::new();
    for _ in 0..CLIPS {
        let mut out = silence();
        let mut at = 0.1;
        while at < CLIP_S - 0.3 {
            let gain = within(dice, 0.2, 0.6);
            burst(&mut out, dice, at, 0.12, hz, gain);
            at += within(dice, 0.8, 1.2) / cuts_hz;
        }
        let mut at = 0.0;
        while at < CLIP_S {
            burst(&mut out, dice, at, 0.03, 500.0, boil);
            at += within(dice, 0.005, 0.04);
        }
        clips.push(out);
    }
    clips
}

/// One to five barks, and nothing.
fn dog(dice: &mut Dice) -> Vec<Vec<f32>> {
    let pitch = within(dice, 250.0, 700.0);
    let mut clips = Vec::new();
    for _ in 0..CLIPS {
        let mut out = silence();
        let mut at = within(dice, 0.0, 1.0);
        for _ in 0..1 + dice.below(5) {
            let glide = (pitch, pitch * within(dice, 0.5, 0.8));
            tone(&mut out, at, within(dice, 0.12, 0.3), glide, 0.7, 0.3);
            burst(&mut out, dice, at, 0.2, 1_500.0, 0.2);
            at += within(dice, 0.3, 1.2);
        }
        clips.push(out);
    }
    clips
}

/// Chords on a beat.
fn music(dice: &mut Dice) -> Vec<Vec<f32>> {
    let (beat_s, root) = (within(dice, 0.35, 0.8), within(dice, 110.0, 220.0));
    let mut clips = Vec::new();
    for _ in 0..CLIPS {
        let mut out = silence();
        let mut at = 0.0;
        while at < CLIP_S - beat_s {
            for step in [0, 4, 7] {
                let up = (step + [0, 5, 7][dice.below(3)]) as f32;
                let hz = root * 2f32.powf(up / 12.0);
                tone(&mut out, at, beat_s * 1.1, (hz, hz), 0.5, 0.08);
            }
            burst(&mut out, dice, at, 0.08, 3_000.0, 0.1);
            at += beat_s;
        }
        clips.push(out);
    }
    clips
}

/// Syllables in sentences.
fn speech(dice: &mut Dice) -> Vec<Vec<f32>> {
    let (pitch, pace_s) = (within(dice, 90.0, 230.0), within(dice, 0.15, 0.28));
    let mut clips = Vec::new();
    for _ in 0..CLIPS {
        let mut out = silence();
        let mut at = 0.0;
        while at < CLIP_S - 0.5 {
            for _ in 0..3 + dice.below(8) {
                let from = pitch * within(dice, 0.85, 1.25);
                let voiced_s = pace_s * within(dice, 0.6, 1.2);
                let glide = (from, from * within(dice, 0.8, 1.05));
                tone(
                    &mut out,
                    at,
                    voiced_s,
                    glide,
                    0.75,
                    within(dice, 0.04, 0.15),
                );
                if dice.unit() < 0.4 {
                    burst(&mut out, dice, at + voiced_s, 0.07, 4_000.0, 0.1);
                }
                at += voiced_s + within(dice, 0.0, 0.12);
            }
            at += within(dice, 0.2, 0.9);
        }
        clips.push(out);
    }
    clips
}

/// Key strokes, a clip each.
fn typing(dice: &mut Dice) -> Vec<Vec<f32>> {
    let hz = within(dice, 1_500.0, 3_500.0);
    let mut clips = Vec::new();
    for _ in 0..CLIPS * 4 {
        let mut out = vec![0.0; (0.15 * RATE) as usize];
        let (gain, up_s) = (within(dice, 0.2, 0.5), within(dice, 0.06, 0.1));
        burst(&mut out, dice, 0.0, 0.03, hz, gain);
        burst(&mut out, dice, up_s, 0.03, hz * 0.8, 0.1);
        clips.push(out);
    }
    clips
}
