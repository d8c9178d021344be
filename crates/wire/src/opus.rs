//! Opus (RFC 6716) in RTP (RFC 7587) without encryption: whether a flow is that, and how it sounds.

use ropus::{Channels, DecodeMode};

/// Rate at which everything is decoded, samples a second.
pub const RATE_HZ: u32 = 48_000;

/// Longest packet, samples: 120 ms (RFC 6716, section 3.2.5).
const SAMPLES_MAX: usize = RATE_HZ as usize * 120 / 1_000;

/// Packets after which a flow is said to be Opus.
const PACKETS_MIN: u32 = 50;

/// An encoder uses a few of the 256 possible first bytes (mode, bandwidth, frame size, channels, count:
/// section 3.1); of encrypted packets, fifty have about 45 different ones.
const FIRST_BYTES_MAX: usize = 8;

/// Whether payloads of one RTP payload type look like Opus in clear.
#[derive(Debug, Clone)]
pub struct Plausibility {
    first_bytes: [bool; 256],
    packets: u32,
}

impl Default for Plausibility {
    fn default() -> Plausibility {
        Plausibility {
            first_bytes: [false; 256],
            packets: 0,
        }
    }
}

impl Plausibility {
    /// Looks at a payload of a dynamic payload type.
    pub fn push(&mut self, payload: &[u8]) {
        if let Some(&first) = payload.first() {
            self.first_bytes[usize::from(first)] = true;
            self.packets = self.packets.saturating_add(1);
        }
    }

    /// What they say together.
    pub fn is_opus(&self) -> bool {
        let different = self.first_bytes.iter().filter(|seen| **seen).count();
        self.packets >= PACKETS_MIN && different <= FIRST_BYTES_MAX
    }
}

/// Ticks of one frame by what a packet's first byte says of it (RFC 6716, section 3.1, table 2): SILK 10,
/// 20, 40, 60 ms; hybrid 10, 20; CELT 2.5, 5, 10, 20.
const FRAME_TICKS: [u16; 32] = {
    let mut ticks = [0; 32];
    let mut config = 0;
    while config < 32 {
        ticks[config] = match config {
            0..12 => [480, 960, 1_920, 2_880][config % 4],
            12..16 => [480, 960][config % 2],
            _ => [120, 240, 480, 960][config % 4],
        };
        config += 1;
    }
    ticks
};

/// How long a packet's sound lasts, in ticks of 1/48,000 s, by its first two bytes (RFC 6716, section
/// 3.1); `None` for a packet of more than 120 ms, which there is none.
#[inline]
pub fn ticks(first: u16) -> Option<u32> {
    let [toc, count] = first.to_be_bytes();
    // A table and no branch: of what is encrypted, no byte can be foretold.
    let frames = [1, 2, 2, count & 63][usize::from(toc & 3)];
    let ticks = u32::from(FRAME_TICKS[usize::from(toc >> 3)]) * u32::from(frames);
    (1..=SAMPLES_MAX as u32).contains(&ticks).then_some(ticks)
}

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

    #[test]
    fn a_few_first_bytes_are_opus_and_many_are_not() {
        let mut plain = Plausibility::default();
        (0..60u8).for_each(|i| plain.push(&[0x78 + (i % 2), i]));
        assert!(plain.is_opus());
        let mut sealed = Plausibility::default();
        (0..60u8).for_each(|i| sealed.push(&[i.wrapping_mul(37), 0]));
        assert!(!sealed.is_opus());
        assert!(!Plausibility::default().is_opus());
    }

    #[test]
    fn the_first_two_bytes_say_how_long_it_lasts() {
        // CELT 20 ms, SILK 60 ms, hybrid 10 ms twice, CELT 2.5 ms five times.
        for (first, ticks) in [(0xF800, 960), (0x1800, 2_880), (0x6100, 960), (0xE305, 600)] {
            assert_eq!(super::ticks(first), Some(ticks), "{first:#x}");
        }
        assert_eq!((super::ticks(0xFB07), super::ticks(0xFB00)), (None, None));
    }

    /// By the encoder of the same library: what was said is heard.
    #[test]
    fn a_tone_is_decoded_at_its_level_and_silence_as_silence() {
        let mut encoder =
            ropus::Encoder::builder(RATE_HZ, Channels::Mono, ropus::Application::Voip)
                .build()
                .unwrap();
        let mut decoder = Decoder::mono().unwrap();
        let mut rms_of = |amplitude: f32| {
            let mut power = 0.0;
            for frame in 0..25usize {
                let tone = |i: usize| (i as f32 * 0.05).sin() * amplitude;
                let pcm: Vec<i16> = (frame * 960..(frame + 1) * 960)
                    .map(|i| tone(i) as i16)
                    .collect();
                let mut packet = [0; 1_500];
                let len = encoder.encode(&pcm, &mut packet).unwrap();
                let samples = decoder.decode(&packet[..len]).unwrap();
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// Whatever a hostile flow holds, in whatever order.
        #[test]
        fn any_packets_are_decoded_or_refused(
            packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..6)
        ) {
            let mut decoder = Decoder::mono().unwrap();
            for packet in &packets {
                let _ = decoder.decode(packet);
            }
        }
    }
}
