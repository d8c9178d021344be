//! Plaintext that an app hands to encryption, where that is traced.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use record::{Body, Bytes, MonotonicNs, Source};

use crate::Sends;
use crate::log::Facts;
use crate::scene::{FRAME_NS, Heard, Scene, Times};
use crate::traffic::{Dice, minute};

/// Fields beside the gains; they drift and follow nothing.
const OTHERS: usize = 20;

pub(crate) fn plaintext(scene: &Scene, times: &Times, heard: &Heard, facts: &mut Facts) {
    if scene.muted != Sends::SealedMinute || !scene.traced {
        return;
    }
    let mut dice = Dice::new(scene, 7);
    let mut others = [0.0f64; OTHERS];
    let n_frames = times.end.since(times.start) as u64 / FRAME_NS;
    for frame in 0..n_frames {
        let Some(frames) = minute(times, frame) else {
            continue;
        };
        for value in &mut others {
            *value = 0.9 * *value + dice.normal();
        }
        let levels = heard.mic_dbfs.get(frames).unwrap_or(&[]);
        let data = request(&gains(levels), &others);
        let body = Body::Plaintext {
            library: "openssl".into(),
            command: "app".into(),
            pid: 7,
            connection: 1,
            bytes: data.len() as u32,
            data: Bytes(data),
            masked: 0,
            carried: None,
        };
        let t = MonotonicNs(times.start.0 + frame * FRAME_NS);
        if t < times.end {
            facts.push((t, Source::Plaintext, body));
        }
    }
}

/// Highest, mean and lowest gain that a control of gain would have come to over the seconds of a
/// minute: louder sound needs less of it.
fn gains(levels_dbfs: &[f32]) -> [f64; 3] {
    let second = 1_000_000_000 / FRAME_NS as usize;
    let gain = |second: &[f32]| {
        let power = |l: &f32| 10f64.powf(f64::from(*l) / 10.0);
        let mean = second.iter().map(power).sum::<f64>() / second.len().max(1) as f64;
        -10.0 * mean.max(1e-12).log10()
    };
    let gains: Vec<f64> = levels_dbfs.chunks(second).map(gain).collect();
    let highest = gains.iter().copied().fold(0.0, f64::max);
    let lowest = gains.iter().copied().fold(f64::INFINITY, f64::min);
    let mean = gains.iter().sum::<f64>() / gains.len().max(1) as f64;
    [highest, mean, if lowest.is_finite() { lowest } else { 0.0 }]
}

fn request(gains: &[f64; 3], others: &[f64; OTHERS]) -> Vec<u8> {
    let [max, mean, min] = gains;
    let others: Vec<String> = others
        .iter()
        .enumerate()
        .map(|(i, value)| format!("\"field{i}\":{value:.4}"))
        .collect();
    let json = format!(
        "{{\"audio\":{{\"maxGain\":{max:.3},\"meanGain\":{mean:.3},\"minGain\":{min:.3}}},{}}}",
        others.join(",")
    );
    let compressed = miniz_oxide::deflate::compress_to_vec_zlib(json.as_bytes(), 6);
    let body = STANDARD.encode(compressed);
    let head = format!(
        "POST /metrics HTTP/1.1\r\nHost: telemetry\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    format!("{head}{body}").into_bytes()
}
