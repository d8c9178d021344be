//! The models give what their own programs give, for sounds that both sides make from integers.

use serde::Deserialize;
use voices::{BANDS, Campplus, DIMENSIONS, Fbank, Silero};

#[derive(Deserialize)]
struct Case {
    number: u32,
    samples: usize,
    frames: usize,
    bands_of_frame_5: Vec<f32>,
    original: Vec<f32>,
    converted: Vec<f32>,
    speech: Vec<f32>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("reference.json")).expect("the reference is made by a script")
}

/// As `sound` of `models/reference.py`.
fn sound(number: u32, n: usize) -> Vec<f32> {
    let mut state = 12_345 + number;
    let mut period = 80 + 37 * number as usize;
    let turn = f64::from(number);
    let poles = [
        (0.97, 0.25 + 0.05 * turn),
        (0.95, 0.55 + 0.1 * turn),
        (0.93, 1.1),
    ];
    let mut before = [[0.0f64; 2]; 3];
    let each = (0..n).map(|i| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(state >> 8) / f64::from(1 << 24) - 0.5;
        let pulse = if i % period == 0 { 1.0 } else { 0.0 };
        let x = noise * 0.02 + pulse;
        let mut total = 0.0;
        for (y, (radius, angle)) in before.iter_mut().zip(poles) {
            let v = x + 2.0 * radius * f64::cos(angle) * y[0] - radius * radius * y[1];
            *y = [v, y[0]];
            total += v;
        }
        if i % (period * 9) == 0 {
            period = 80 + 37 * number as usize + (state % 16) as usize;
        }
        ((total * 800.0).round().clamp(-32_768.0, 32_767.0) / 32_768.0) as f32
    });
    each.collect()
}

fn network() -> Campplus {
    Campplus::new(voices::models::CAMPPLUS).expect("the model is in the repository")
}

/// Largest difference of two vectors, relative to the longest number in them.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let most = b.iter().fold(0.0f32, |most, v| most.max(v.abs()));
    let each = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    each.fold(0.0, f32::max) / most
}

#[test]
fn bands_are_kaldis() {
    for case in cases() {
        let made = Fbank::default().bands(&sound(case.number, case.samples));
        assert_eq!(made.len(), BANDS * case.frames);
        let frame: Vec<f32> = made.chunks(case.frames).map(|row| row[5]).collect();
        let off = difference(&frame, &case.bands_of_frame_5);
        assert!(off < 1e-4, "case {}: {off}", case.number);
    }
}

#[test]
fn embeddings_are_those_of_the_network_in_pytorch() {
    let network = network();
    for case in cases() {
        let bands = Fbank::default().bands(&sound(case.number, case.samples));
        let made = network.forward(&bands);
        let off = difference(&made, &case.converted);
        assert!(off < 1e-4, "case {}: {off}", case.number);
    }
}

/// What int8 costs.
#[test]
fn embeddings_point_where_those_of_the_checkpoint_do() {
    let network = network();
    for case in cases() {
        let original: [f32; DIMENSIONS] = case.original.try_into().unwrap();
        let original = voices::Embedding::new(&original).unwrap();
        let made = network.embed(&sound(case.number, case.samples)).unwrap();
        let cosine = made.cosine(&original);
        assert!(cosine > 0.99, "case {}: {cosine}", case.number);
    }
}

#[test]
fn speech_is_where_silero_says() {
    let detector = Silero::new(voices::models::SILERO).expect("the model is in the repository");
    for case in cases() {
        let made = detector.windows(&sound(case.number, case.samples));
        assert_eq!(made.len(), case.speech.len());
        let each = made.iter().zip(&case.speech).map(|(a, b)| (a - b).abs());
        let off = each.fold(0.0, f32::max);
        assert!(off < 1e-4, "case {}: {off}", case.number);
    }
}

/// What `cargo xtask models` makes of the wheels.
#[test]
fn the_models_are_those_that_the_notice_names() {
    use sha2::{Digest, Sha256};
    let notice = include_str!("../models/NOTICE.md");
    for (name, bytes) in [
        ("campplus", voices::models::CAMPPLUS),
        ("silero-vad", voices::models::SILERO),
    ] {
        let line = format!("{}  {name}.safetensors", hex::encode(Sha256::digest(bytes)));
        assert!(notice.contains(&line), "{line}");
    }
}

/// The network with the weights of the checkpoint, where `cargo xtask models --float` has made that file.
#[test]
fn in_full_precision_embeddings_are_those_of_the_checkpoint() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/models/campplus-float.safetensors");
    let Ok(model) = std::fs::read(&path) else {
        eprintln!(
            "skipped: no {}; `cargo xtask models --float` makes it",
            path.display()
        );
        return;
    };
    let network = Campplus::new(&model).unwrap();
    for case in cases() {
        let bands = Fbank::default().bands(&sound(case.number, case.samples));
        let off = difference(&network.forward(&bands), &case.original);
        assert!(off < 1e-4, "case {}: {off}", case.number);
    }
}
