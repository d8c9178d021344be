//! Payloads read as sound, in the ways that need no key.

use record::{MonotonicNs, Span};
use wire::{Transport, rtp};

use crate::model::Flow;
use crate::trace::Trace;

/// A flow's outgoing payloads, read as sound in one of the ways that need no key.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedAudio {
    /// How it was read: `RTP PCMU`, `L16 little-endian` …
    pub decoding: &'static str,
    /// Samples a second, guessed from the packets' pace where the decoding does not fix it.
    pub sample_rate_hz: u32,
    /// Samples (full scale ±1) by packet, with the time at which the packet passed.
    pub chunks: Vec<(MonotonicNs, Vec<f32>)>,
}

/// Bytes of one span that are read as sound: a minute of 16 bits at 48 kHz. A span is some seconds long.
const SOUND_MAX: usize = 60 * 48_000 * 2;

type Decode = fn(&[u8]) -> Vec<f32>;

const PLAIN: [(&str, Decode, usize); 4] = [
    ("L16 little-endian", l16_le, 2),
    ("L16 big-endian", l16_be, 2),
    ("PCMU", pcmu, 1),
    ("PCMA", pcma, 1),
];

const RTP: [(&str, Decode, usize); 4] = [
    ("RTP L16 little-endian", l16_le, 2),
    ("RTP L16 big-endian", l16_be, 2),
    ("RTP PCMU", pcmu, 1),
    ("RTP PCMA", pcma, 1),
];

/// Candidate decodings of what left within `span` by UDP to `flow`'s remote end. They are only
/// candidates: encrypted or coded payloads come out as noise, and most decodings of any flow are
/// wrong. Empty where too little was sent to guess a rate.
pub fn payload_audio(trace: &Trace, flow: &Flow, span: Span) -> Vec<DecodedAudio> {
    if flow.transport != Transport::Udp {
        return Vec::new();
    }
    let mut payloads: Vec<(MonotonicNs, Vec<u8>)> = Vec::new();
    let mut room = SOUND_MAX;
    trace.sent(flow, span, &mut |sent| {
        let data = sent.payload;
        let payload = match flow.is_rtp {
            true => match rtp::parse(data) {
                Ok(header) => &data[header.payload],
                Err(_) => return,
            },
            false => data,
        };
        if let Some(left) = room.checked_sub(payload.len()) {
            room = left;
            payloads.push((sent.t, payload.to_vec()));
        }
    });
    let Some(bytes_per_s) = pace(&payloads) else {
        return Vec::new();
    };
    let decodings = if flow.is_rtp { RTP } else { PLAIN };
    let opus = flow.opus.then(|| opus(&payloads));
    let plain = decodings
        .into_iter()
        .map(|(decoding, decode, bytes_per_sample)| DecodedAudio {
            decoding,
            sample_rate_hz: nearest_rate_hz(bytes_per_s / bytes_per_sample as f64),
            chunks: payloads
                .iter()
                .map(|(t, payload)| (*t, decode(payload)))
                .collect(),
        });
    opus.into_iter().chain(plain).collect()
}

fn opus(payloads: &[(MonotonicNs, Vec<u8>)]) -> DecodedAudio {
    let mut decoder = wire::opus::Decoder::mono();
    let mut decode = |payload: &[u8]| {
        let samples = decoder.as_mut().and_then(|d| d.decode(payload));
        let samples = samples.unwrap_or_default().iter();
        samples.map(|s| f32::from(*s) / 32_768.0).collect()
    };
    DecodedAudio {
        decoding: "RTP Opus",
        sample_rate_hz: wire::opus::RATE_HZ,
        chunks: payloads.iter().map(|(t, p)| (*t, decode(p))).collect(),
    }
}

/// Bytes a second while it was being sent: pauses (silence suppression) do not count.
fn pace(payloads: &[(MonotonicNs, Vec<u8>)]) -> Option<f64> {
    const PAUSE_NS: u64 = 200_000_000;
    let (mut bytes, mut ns) = (0, 0);
    for pair in payloads.windows(2) {
        let gap_ns = pair[1].0.0.saturating_sub(pair[0].0.0);
        if gap_ns <= PAUSE_NS {
            bytes += pair[0].1.len();
            ns += gap_ns;
        }
    }
    (bytes > 0 && ns > 0).then(|| bytes as f64 * 1e9 / ns as f64)
}

/// The usual rate within 12 %, or the pace itself. Jitter over a few seconds stays below that, and
/// the closest two usual rates (44.1 and 48 kHz) are parted by the nearer one.
fn nearest_rate_hz(pace_hz: f64) -> u32 {
    const USUAL_HZ: [u32; 8] = [
        8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000,
    ];
    let distance = |rate: u32| (pace_hz / f64::from(rate)).ln().abs();
    let nearest = USUAL_HZ
        .into_iter()
        .min_by(|a, b| distance(*a).total_cmp(&distance(*b)))
        .unwrap_or(8_000);
    match distance(nearest) < 0.12 {
        true => nearest,
        false => pace_hz.clamp(1.0, 1e6) as u32,
    }
}

fn l16_le(payload: &[u8]) -> Vec<f32> {
    l16(payload, i16::from_le_bytes)
}

fn l16_be(payload: &[u8]) -> Vec<f32> {
    l16(payload, i16::from_be_bytes)
}

fn l16(payload: &[u8], sample: fn([u8; 2]) -> i16) -> Vec<f32> {
    let (pairs, _) = payload.as_chunks::<2>();
    pairs
        .iter()
        .map(|&pair| f32::from(sample(pair)) / 32_768.0)
        .collect()
}

fn pcmu(payload: &[u8]) -> Vec<f32> {
    payload
        .iter()
        .map(|&code| wire::g711::MU_LAW[usize::from(code)])
        .collect()
}

fn pcma(payload: &[u8]) -> Vec<f32> {
    payload
        .iter()
        .map(|&code| wire::g711::A_LAW[usize::from(code)])
        .collect()
}
