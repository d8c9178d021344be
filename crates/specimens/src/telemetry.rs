//! Statistics of the kind that was found to leak (Yang et al., PoPETs 2022): once a minute, by HTTPS,
//! of constant length, wrapped three times, with three numbers about the microphone among many that
//! are not.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::kinds::PASSWORD;
use crate::sound::{RATE_HZ, rms};

/// Fields beside the gains; they drift and follow nothing.
const OTHERS: [&str; 20] = [
    "jitter",
    "roundTrip",
    "lossRate",
    "queue",
    "bitrate",
    "frameRate",
    "cpuApp",
    "cpuAll",
    "memory",
    "threads",
    "handles",
    "battery",
    "signal",
    "noiseFloor",
    "bandwidth",
    "retransmits",
    "decodeTime",
    "encodeTime",
    "renderTime",
    "uptimeSkew",
];

/// Bytes of the compressed record; its comment fills it up.
const GZIP_LEN: usize = 600;

/// The gain of a second is taken over so many parts of the period.
const PARTS: usize = 60;

/// Collects what is heard, and reports on it once a period.
pub struct Statistics {
    /// Samples in a sixtieth of the period.
    part: usize,
    samples: Vec<f32>,
    gains: Vec<f64>,
    others: [f64; OTHERS.len()],
}

impl Statistics {
    /// Reports every `period_s` seconds.
    pub fn new(period_s: f64) -> Statistics {
        Statistics {
            part: ((period_s * f64::from(RATE_HZ)) as usize / PARTS).max(1),
            samples: Vec::new(),
            gains: Vec::new(),
            others: [0.0; OTHERS.len()],
        }
    }

    /// A whole request, when one is due. `noise` gives numbers in [0, 1).
    pub fn request(&mut self, frame: &[f32], noise: &mut impl FnMut() -> f64) -> Option<Vec<u8>> {
        self.samples.extend(frame);
        while self.samples.len() >= self.part {
            // A control of gain brings every second to the same loudness.
            let level = f64::from(rms(&self.samples[..self.part])).max(1e-6);
            self.gains.push(-20.0 * level.log10());
            self.samples.drain(..self.part);
        }
        if self.gains.len() < PARTS {
            return None;
        }
        for value in &mut self.others {
            *value = 0.9 * *value + noise() - 0.5;
        }
        let body = STANDARD.encode(gzip(&self.json()));
        self.gains.clear();
        Some(
            format!(
                "POST /metric/v1 HTTP/1.1\r\nHost: telemetry\r\nContent-Type: text/plain\r\n\
                 Authorization: Bearer {PASSWORD}\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .into_bytes(),
        )
    }

    fn json(&self) -> String {
        let highest = self.gains.iter().copied().fold(f64::MIN, f64::max);
        let lowest = self.gains.iter().copied().fold(f64::MAX, f64::min);
        let mean = self.gains.iter().sum::<f64>() / self.gains.len().max(1) as f64;
        let pairs = OTHERS.iter().zip(&self.others);
        let others: Vec<String> = pairs.map(|(k, v)| format!("\"{k}\":{v:.4}")).collect();
        format!(
            "{{\"event\":{{\"intervals\":[{{\"audioTransmit\":[{{\"levels\":{{\
             \"audioMaxGain\":{highest:.3},\"audioMeanGain\":{mean:.3},\"audioMinGain\":{lowest:.3}\
             }}}}],\"system\":{{{}}}}}]}}}}",
            others.join(",")
        )
    }
}

/// A gzip member (RFC 1952) of always the same length: its comment is as long as it has to be.
pub fn gzip(json: &str) -> Vec<u8> {
    const COMMENT: u8 = 16;
    let deflated = miniz_oxide::deflate::compress_to_vec(json.as_bytes(), 6);
    let mut out = vec![0x1f, 0x8b, 8, COMMENT, 0, 0, 0, 0, 0, 255];
    let fill = GZIP_LEN.saturating_sub(out.len() + 1 + deflated.len() + 8);
    out.extend(std::iter::repeat_n(b' ', fill));
    out.push(0);
    out.extend(deflated);
    out.extend(crc32fast::hash(json.as_bytes()).to_le_bytes());
    out.extend((json.len() as u32).to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_of_one_length_and_three_of_their_fields_follow_the_sound() {
        let run = |loud: f32| -> Vec<wire::decode::Decoded> {
            let mut statistics = Statistics::new(6.0);
            let mut state = 1u32;
            let mut noise = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                f64::from(state >> 8) / f64::from(1 << 24)
            };
            let requests = (0..1_500).filter_map(|_| statistics.request(&[loud; 960], &mut noise));
            let requests: Vec<Vec<u8>> = requests.collect();
            assert!(requests.iter().all(|r| r.len() == requests[0].len()));
            requests.iter().map(|r| wire::decode::decode(r)).collect()
        };
        let (loud, quiet) = (run(0.1), run(0.001));
        assert_eq!(loud.len(), 5);
        for (loud, quiet) in loud.iter().zip(&quiet) {
            assert_eq!(
                (loud.opaque, &loud.formats[1..]),
                (0, &["base64", "gzip", "json"][..])
            );
            let pairs = loud.leaves.iter().zip(&quiet.leaves);
            let differ = pairs.filter(|(a, b)| a != b).map(|(a, _)| {
                let (_, name) = a.path.rsplit_once('.').unwrap();
                name
            });
            let differ: Vec<&str> = differ.collect();
            assert_eq!(differ, ["audioMaxGain", "audioMeanGain", "audioMinGain"]);
        }
    }
}
