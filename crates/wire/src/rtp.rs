//! RTP (RFC 3550): header, and whether a flow plausibly is RTP at all.

use std::ops::Range;

/// First payload type whose meaning is agreed upon elsewhere (RFC 3551, section 6).
pub const DYNAMIC: u8 = 96;

/// An RTP header (RFC 3550, section 5.1) and where its payload lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Marker bit: for audio, the first packet after silence.
    pub marker: bool,
    /// Payload type, 0–127; 0 is PCMU, 8 is PCMA (RFC 3551).
    pub payload_type: u8,
    /// Sequence number; wraps.
    pub sequence: u16,
    /// Sampling instant of the first sample, in ticks of the payload's clock; wraps.
    pub timestamp: u32,
    /// Synchronisation source.
    pub ssrc: u32,
    /// Number of contributing sources.
    pub csrc_count: u8,
    /// Header extension, where there is one.
    pub extension: Option<Extension>,
    /// The payload without header, extension and padding.
    pub payload: Range<usize>,
}

/// An RTP header extension (RFC 3550, section 5.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Defined by profile: 0xBEDE and 0x1000 are RFC 8285's one- and two-byte forms.
    pub profile: u16,
    /// Where its data lies.
    pub data: Range<usize>,
}

/// Why bytes are no RTP packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not RTP at byte {offset}: {why}")]
pub struct NotRtp {
    /// Offset in the payload, bytes.
    pub offset: usize,
    /// What is wrong there.
    pub why: &'static str,
}

/// Reads the RTP header of one UDP payload. Random bytes pass now and then: ask [`Plausibility`]
/// before believing it.
pub fn parse(bytes: &[u8]) -> Result<Header, NotRtp> {
    let fail = |offset, why| Err(NotRtp { offset, why });
    if bytes.len() < 12 {
        return fail(bytes.len(), "shorter than the 12 bytes of its header");
    }
    if bytes[0] >> 6 != 2 {
        return fail(0, "a version other than 2");
    }
    let csrc_count = bytes[0] & 15;
    let payload_type = bytes[1] & 127;
    // RTCP packet types 200–207 look like these (RFC 5761, section 4); 205 and 206 are feedback (RFC 4585).
    if (72..=79).contains(&payload_type) {
        return fail(1, "a payload type that belongs to RTCP");
    }
    let mut start = 12 + 4 * usize::from(csrc_count);
    let mut extension = None;
    if bytes[0] & 0x10 != 0 {
        let Some(&[a, b, c, d]) = bytes.get(start..start + 4) else {
            return fail(start, "a header extension beyond the packet");
        };
        let data = start + 4..start + 4 + 4 * usize::from(u16::from_be_bytes([c, d]));
        start = data.end;
        extension = Some(Extension {
            profile: u16::from_be_bytes([a, b]),
            data,
        });
    }
    let mut end = bytes.len();
    if start > end {
        return fail(end, "a header longer than the packet");
    }
    if bytes[0] & 0x20 != 0 {
        let padding = usize::from(bytes[end - 1]);
        if padding == 0 || padding > end - start {
            return fail(end - 1, "a padding count that does not fit");
        }
        end -= padding;
    }
    Ok(Header {
        marker: bytes[1] & 0x80 != 0,
        payload_type,
        sequence: u16::from_be_bytes([bytes[2], bytes[3]]),
        timestamp: u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        ssrc: u32::from_be_bytes([bytes[8], bytes[9], bytes[10], bytes[11]]),
        csrc_count,
        extension,
        payload: start..end,
    })
}

/// Collects what speaks for a UDP flow being RTP: packets that follow each other with one source
/// and rising sequence numbers. A random payload does so in fewer than one of 2^40 cases.
#[derive(Debug, Clone, Default)]
pub struct Plausibility {
    n: u32,
    n_following: u32,
    /// Several sources may share a flow (BUNDLE, RFC 9143); this many are told apart.
    last: [Option<(u32, u16)>; 4],
    next_slot: usize,
}

impl Plausibility {
    /// Takes the flow's next UDP payload.
    pub fn push(&mut self, payload: &[u8]) {
        if shares_its_port(payload) {
            return;
        }
        self.n = self.n.saturating_add(1);
        let Ok(header) = parse(payload) else { return };
        let known = self
            .last
            .iter_mut()
            .flatten()
            .find(|(ssrc, _)| *ssrc == header.ssrc);
        if let Some((_, sequence)) = known {
            // Gaps of some packets happen (loss, silence suppression does not use numbers up).
            let step = header.sequence.wrapping_sub(*sequence);
            self.n_following += u32::from((1..=16).contains(&step));
            *sequence = header.sequence;
        } else {
            self.last[self.next_slot] = Some((header.ssrc, header.sequence));
            self.next_slot = (self.next_slot + 1) % self.last.len();
        }
    }

    /// Whether at least 8 packets follow each other and they are at least 80 % of the flow, what shares
    /// RTP's port left aside: a browser that answers each third packet by RTCP would have too few.
    pub fn is_rtp(&self) -> bool {
        self.n_following >= 8 && f64::from(self.n_following) >= 0.8 * f64::from(self.n)
    }
}

/// Whether a payload is of a protocol that goes over RTP's port: STUN, DTLS (by the first byte, RFC 7983,
/// section 7) or RTCP (by what stands in the place of the payload type, RFC 5761, section 4).
fn shares_its_port(payload: &[u8]) -> bool {
    match payload {
        [0..=3 | 20..=63, ..] => true,
        [128..=191, second, ..] => (64..=95).contains(&(second & 0x7F)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(sequence: u16, first: u8, rest: &[u8]) -> Vec<u8> {
        let mut out = vec![first, 0x80, 0, 0, 0, 0, 0, 160, 1, 2, 3, 4];
        out[2..4].copy_from_slice(&sequence.to_be_bytes());
        out.extend_from_slice(rest);
        out
    }

    #[test]
    fn a_plain_header() {
        let header = parse(&packet(7, 0x80, &[9; 20])).unwrap();
        assert_eq!(
            (header.sequence, header.timestamp, header.ssrc),
            (7, 160, 0x0102_0304)
        );
        assert!(header.marker && header.extension.is_none());
        assert_eq!(header.payload, 12..32);
    }

    #[test]
    fn contributing_sources_extension_and_padding_are_left_out() {
        // One CSRC, an RFC 8285 extension of one word, three bytes of audio, two of padding.
        let rest = [
            5, 5, 5, 5, 0xBE, 0xDE, 0, 1, 0x10, 0x7F, 0, 0, 1, 2, 3, 0, 2,
        ];
        let header = parse(&packet(7, 0xB1, &rest)).unwrap();
        assert_eq!(
            header.extension,
            Some(Extension {
                profile: 0xBEDE,
                data: 20..24
            })
        );
        assert_eq!(header.payload, 24..27);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place() {
        assert_eq!(parse(&[0x80; 5]).unwrap_err().offset, 5);
        assert_eq!(parse(&packet(1, 0x40, &[])).unwrap_err().offset, 0);
        assert_eq!(parse(&packet(1, 0x8F, &[])).unwrap_err().offset, 12);
        assert_eq!(parse(&packet(1, 0xA0, &[0, 9])).unwrap_err().offset, 13);
    }

    #[test]
    fn a_flow_is_rtp_only_if_its_numbers_follow() {
        let (mut good, mut constant) = (Plausibility::default(), Plausibility::default());
        for n in 0..50u16 {
            good.push(&packet(n.wrapping_add(65_520), 0x80, &[1; 160]));
            constant.push(&packet(3, 0x80, &[1; 160]));
        }
        assert!(good.is_rtp() && !constant.is_rtp());
    }

    /// Firefox answers more than each fourth packet, and asks by STUN now and then.
    #[test]
    fn what_shares_the_port_does_not_count_against_a_flow() {
        let mut flow = Plausibility::default();
        let mut push = |bytes: &[u8]| flow.push(bytes);
        for n in 0..50u16 {
            push(&packet(n, 0x80, &[1; 160]));
            push(&[0x80, 205, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8]);
            push(&[0, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42]);
            push(&[23, 0xFE, 0xFD, 0, 1]);
        }
        assert!(flow.is_rtp());
        let mut others = Plausibility::default();
        (0..50).for_each(|n| others.push(&[n; 40]));
        assert!(!others.is_rtp());
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_header_within_them_or_an_error(bytes: Vec<u8>) {
            if let Ok(header) = parse(&bytes) {
                prop_assert!(header.payload.start <= header.payload.end);
                prop_assert!(header.payload.end <= bytes.len());
            }
        }
    }
}
