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

#[cfg(test)]
mod tests {
    use super::*;

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
}
