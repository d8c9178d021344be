//! The one file that knows which library decodes.
//!
//! `ropus` is compared with `ruopus`, and libopus judges (docs/tracing.md): it takes and refuses the same packets as
//! libopus, damaged and random ones too, and it panics at none, with overflow checks and debug assertions. So
//! nothing is caught here; the fuzz target `opus` goes on looking for one that it panics at.

use ropus::{Channels, DecodeMode};

use crate::opus::ticks::{RATE_HZ, SAMPLES_MAX};

/// Decodes the packets of one flow, in their order.
pub struct Decoder {
    decoder: ropus::Decoder,
    samples: Vec<i16>,
}

impl Decoder {
    /// One channel; `None` only if the library refuses its own defaults.
    pub fn mono() -> Option<Decoder> {
        Some(Decoder {
            decoder: ropus::Decoder::new(RATE_HZ, Channels::Mono).ok()?,
            samples: vec![0; SAMPLES_MAX],
        })
    }

    /// The samples of a packet, at [`RATE_HZ`]; `None` for what is no Opus.
    pub fn decode(&mut self, payload: &[u8]) -> Option<&[i16]> {
        // Without data the library makes up for a lost packet.
        if payload.is_empty() {
            return None;
        }
        let n = self
            .decoder
            .decode(payload, &mut self.samples, DecodeMode::Normal)
            .ok()?;
        self.samples.get(..n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By the encoder of the same library: what was said is heard.
    #[test]
    fn a_tone_is_decoded_at_its_level_and_silence_as_silence() {
        let mut decoder = Decoder::mono().unwrap();
        let mut rms_of = |amplitude: f32| {
            let mut power = 0.0;
            for packet in packets(amplitude) {
                let samples = decoder.decode(&packet).unwrap();
                assert_eq!(samples.len(), 960);
                power = samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / 960.0;
            }
            power.sqrt()
        };
        let tone = rms_of(8_000.0);
        assert!((tone / (8_000.0 / 2f64.sqrt()) - 1.0).abs() < 0.1, "{tone}");
        assert!(rms_of(0.0) < 30.0);
        assert!(decoder.decode(&[]).is_none());
    }

    /// A tone of half a second, by the encoder of the same library.
    fn packets(amplitude: f32) -> Vec<Vec<u8>> {
        let builder = ropus::Encoder::builder(RATE_HZ, Channels::Mono, ropus::Application::Voip);
        let mut encoder = builder.build().unwrap();
        let packet = |frame: usize| {
            let tone = |i: usize| ((i as f32 * 0.05).sin() * amplitude) as i16;
            let pcm: Vec<i16> = (frame * 960..(frame + 1) * 960).map(tone).collect();
            let mut packet = [0; 1_500];
            let len = encoder.encode(&pcm, &mut packet).unwrap();
            packet[..len].to_vec()
        };
        (0..25).map(packet).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Whatever a hostile flow holds, in whatever order.
        #[test]
        fn any_packets_are_decoded_or_refused(
            packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..6)
        ) {
            let mut decoder = Decoder::mono().unwrap();
            for packet in &packets {
                let _ = decoder.decode(packet);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// Sound that was damaged on its way, and what comes behind it: it is never longer than a packet can be.
        #[test]
        fn damaged_packets_are_decoded_or_refused(
            changes in prop::collection::vec(
                (0..25usize, any::<prop::sample::Index>(), any::<u8>(), any::<bool>()),
                1..40,
            )
        ) {
            let mut packets = packets(8_000.0);
            for (packet, at, with, cut) in changes {
                let packet = &mut packets[packet];
                match cut {
                    true => packet.truncate(1 + at.index(packet.len())),
                    false => {
                        let at = at.index(packet.len());
                        packet[at] = with;
                    }
                }
            }
            let mut decoder = Decoder::mono().unwrap();
            for packet in &packets {
                if let Some(samples) = decoder.decode(packet) {
                    prop_assert!(samples.len() <= SAMPLES_MAX);
                }
            }
        }
    }
}
