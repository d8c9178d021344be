//! What the tests share.
#![allow(dead_code)]

use std::path::Path;

use export::{Gathered, Gathering, Question, check, gather};
use report::ExportChecked;
use voices::{DIMENSIONS, Ears, Embedding, Listening, WINDOW};

/// Ears that take whatever is loud for speech and its pitch for a voice.
pub struct Tones;

impl Ears for Tones {
    fn speech(&self, samples: &[f32], _: &mut Listening) -> Vec<f32> {
        let loud = |window: &[f32]| window.iter().any(|s| s.abs() > 0.1);
        samples
            .chunks(WINDOW)
            .map(|window| if loud(window) { 1.0 } else { 0.0 })
            .collect()
    }

    fn voice(&self, speech: &[f32]) -> Option<Embedding> {
        let crossings = speech
            .windows(2)
            .filter(|pair| (pair[0] < 0.0) != (pair[1] < 0.0))
            .count();
        let hz = crossings as f64 / 2.0 / (speech.len() as f64 / 16_000.0);
        let mut values = [0.0; DIMENSIONS];
        values[(hz / 300.0) as usize % DIMENSIONS] = 1.0;
        Embedding::new(&values)
    }
}

/// A tone of so many Hertz and seconds.
pub fn tone(hz: f64, seconds: f64) -> Vec<f32> {
    let sample = |i: usize| (std::f64::consts::TAU * hz * i as f64 / 16_000.0).sin();
    (0..(seconds * 16_000.0) as usize)
        .map(|i| 0.5 * sample(i) as f32)
        .collect()
}

/// A WAV file of 16 bits at 16 kHz.
pub fn wave(samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = samples
        .iter()
        .flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes())
        .collect();
    let mut out = b"RIFF".to_vec();
    out.extend((36 + data.len() as u32).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    for (value, size) in [(1u32, 2), (1, 2), (16_000, 4), (32_000, 4), (2, 2), (16, 2)] {
        out.extend(&value.to_le_bytes()[..size]);
    }
    out.extend(b"data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out
}

/// All that is gathered of an export.
pub fn gathered(path: &Path, ears: &(dyn Ears + Sync), password: Option<&str>) -> Gathered {
    let with = Gathering {
        ears,
        threads: 2,
        known: &|_, _| None,
        keep: &|_, _| {},
        told: &|_| true,
    };
    gather(path, &mut |_| password.map(str::to_owned), &with).unwrap()
}

/// What is said of an export.
pub fn checked(path: &Path, ears: &(dyn Ears + Sync)) -> ExportChecked {
    check("export", &gathered(path, ears, None), &Question::default())
}
