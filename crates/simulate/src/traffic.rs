use etherparse::PacketBuilder;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use record::{Code, MonotonicNs, Phase, Player};
use stimulus::Key;

use crate::attention;
use crate::scene::{FRAME_NS, Heard, RATE_HZ, Scene, Times};
use crate::telemetry::{self, Way};

/// What an app sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sends {
    /// Nothing at all.
    Nothing,
    /// A small packet about once a second.
    KeepAlive,
    /// 50 packets a second of one size with encrypted payload: follows nothing that can be seen.
    Constant,
    /// 50 encrypted packets a second whose size follows the loudness (variable bit rate).
    Level,
    /// As [`Sends::Level`], but of what the *sham* plays: cross-talk of the harness.
    ShamLevel,
    /// 50 packets a second while there is sound, one otherwise (silence suppression).
    VoiceActivity,
    /// Traffic that wanders by itself and follows nothing.
    Drift,
    /// Once a minute one encrypted packet to a port of its own whose size follows the mean loudness
    /// of that minute; beside it the traffic that wanders by itself. The stage has set its grid to
    /// these sends.
    Minute {
        /// Decibels for a byte, a tenth each.
        step_tenth_db: u32,
    },
    /// Once a minute one encrypted packet of constant size, to a port of its own: in it, base64 of
    /// compressed JSON with the highest, mean and lowest gain of that minute among twenty fields that
    /// drift. The plaintext is handed to a library where it can be traced. Beside it the traffic that
    /// wanders by itself. What one known client sent.
    SealedMinute,
    /// 50 packets a second of one size whose number of distinct payloads tells which of two sounds
    /// of equal loudness plays, and nothing of its level: what a codec does that knows speech.
    Content,
    /// The same for one of the coins of the named activities: payloads repeat while typing or a
    /// vacuum cleaner is heard.
    Activity,
    /// What is heard, as 16-bit little-endian samples at 16 kHz, in clear.
    L16,
    /// What is heard, as RTP with PCMU at 8 kHz, in clear.
    Pcmu,
    /// 50 packets a second of 46 bytes that are always the same but for a counter in one of them: what a
    /// client sends that has nothing to say and keeps its stream alive.
    Template,
    /// As [`Sends::Template`], but the counter's step tells the coin: two where it is loud, one where it is
    /// quiet.
    SteppedTemplate,
    /// Twice a second a report in JSON, in clear, over UDP: numbers that wander by themselves, and
    /// `$.levels.meanGain`, which follows the loudness or wanders too. Always of one length.
    Json {
        /// Whether that one field follows the loudness.
        leaks: bool,
    },
    /// The same as HTTP requests over one TCP connection.
    Http {
        /// Whether that one field follows the loudness.
        leaks: bool,
    },
    /// Reports in clear that tell the loudness in one of many ways, or whose values follow nothing.
    Telemetry {
        /// How.
        way: Way,
        /// Whether they do.
        leaks: bool,
    },
    /// 50 RTP packets a second of one size, encrypted but for a header extension that tells the
    /// level (RFC 6464).
    LevelHeader,
}

/// Time an app takes from hearing to sending.
const APP_NS: u64 = 30_000_000;

/// Seeded dice for everything that is not the stimulus.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    pub(crate) fn new(scene: &Scene, purpose: u8) -> Dice {
        let mut seed = scene.seed.0;
        seed[31] ^= purpose;
        seed[24] ^= scene.salt;
        Dice(ChaCha8Rng::from_seed(seed))
    }

    /// Uniform in 0..1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        let mut bytes = vec![0; n];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

pub(crate) fn packets(scene: &Scene, times: &Times, heard: &Heard) -> Vec<(MonotonicNs, Vec<u8>)> {
    let mut dice = Dice::new(scene, 1);
    let mut out: Vec<(MonotonicNs, Vec<u8>)> = Vec::new();
    let mut wander = 0.0f64;
    let mut counter = 0u8;
    let mut reports = Reports::default();
    let n_frames = times.end.since(times.start) as u64 / FRAME_NS;
    for frame in 0..n_frames {
        let jitter_ns = (dice.unit() * 2e6) as u64;
        let t = MonotonicNs(times.start.0 + frame * FRAME_NS + jitter_ns);
        let sends = if t < times.mute {
            scene.unmuted
        } else {
            scene.muted
        };
        wander = 0.998 * wander + 0.05 * dice.normal();
        let second = frame % 50 == 0;
        let level = f64::from(Heard::level(&heard.mic_dbfs, times, t, APP_NS));
        let size_of = |level: f64, dice: &mut Dice| {
            (60.0 + 1.5 * (level + 70.0).clamp(0.0, 70.0) + 6.0 * dice.normal()).max(20.0) as usize
        };
        let payload = match sends {
            Sends::Nothing | Sends::Telemetry { .. } => None,
            Sends::KeepAlive => second.then(|| dice.bytes(40)),
            Sends::Constant => Some(dice.bytes(160)),
            Sends::Template => Some(template(frame as u8)),
            Sends::SteppedTemplate => {
                counter = counter.wrapping_add(if level > -45.0 { 2 } else { 1 });
                Some(template(counter))
            }
            Sends::Level => {
                let size = size_of(level, &mut dice);
                Some(dice.bytes(size))
            }
            Sends::ShamLevel => {
                let level = f64::from(Heard::level(&heard.sham_dbfs, times, t, APP_NS));
                let size = size_of(level, &mut dice);
                Some(dice.bytes(size))
            }
            Sends::VoiceActivity => (level > -45.0 || second).then(|| dice.bytes(80)),
            Sends::Drift => {
                let size = (150.0 + 40.0 * wander).clamp(20.0, 1_200.0) as usize;
                (dice.unit() < 0.4 + 0.3 * wander.tanh()).then(|| dice.bytes(size))
            }
            Sends::Minute { step_tenth_db } => {
                if let Some(frames) = minute(times, frame) {
                    let size = 200.0
                        + mean_db(&heard.mic_dbfs, frames) * 10.0 / f64::from(step_tenth_db.max(1));
                    let payload = dice.bytes(size.max(20.0) as usize);
                    out.push((MonotonicNs(t.0 + 1_000_000), udp(APP, TELEMETRY, &payload)));
                }
                let size = (150.0 + 40.0 * wander).clamp(20.0, 1_200.0) as usize;
                (dice.unit() < 0.4 + 0.3 * wander.tanh()).then(|| dice.bytes(size))
            }
            Sends::SealedMinute => {
                if minute(times, frame).is_some() {
                    let payload = dice.bytes(900);
                    out.push((MonotonicNs(t.0 + 1_000_000), udp(APP, TELEMETRY, &payload)));
                }
                let size = (150.0 + 40.0 * wander).clamp(20.0, 1_200.0) as usize;
                (dice.unit() < 0.4 + 0.3 * wander.tanh()).then(|| dice.bytes(size))
            }
            Sends::Content | Sends::Activity => {
                let code = match sends {
                    Sends::Content => Code::Content,
                    _ => Code::ActivityPair,
                };
                Some(match hears_other(scene, times, t, code) {
                    true => vec![0x5a; 160],
                    false => dice.bytes(160),
                })
            }
            Sends::L16 => Some(l16(samples(heard, frame))),
            Sends::Pcmu => Some(pcmu(frame, samples(heard, frame))),
            Sends::LevelHeader => Some(level_header(frame, level, &dice.bytes(120))),
            Sends::Json { leaks } | Sends::Http { leaks } => frame.is_multiple_of(25).then(|| {
                let over = frame.saturating_sub(27) as usize..frame.saturating_sub(2) as usize;
                let gain = leaks.then(|| mean_db(&heard.mic_dbfs, over));
                reports.next(gain, &mut dice)
            }),
        };
        if let (Sends::Http { .. }, Some(body)) = (sends, &payload) {
            out.push((t, reports.segment(body)));
            continue;
        }
        if let Some(payload) = payload {
            out.push((t, frame_to_server(&payload)));
        }
        if second && frame % 500 == 0 {
            for n in 0..scene.announces {
                let to = ([224, 0, 0, n], 5_353);
                out.push((MonotonicNs(t.0 + 2_000_000), udp(APP, to, &dice.bytes(60))));
            }
        }
        if second {
            out.push((
                MonotonicNs(t.0 + 5_000_000),
                frame_from_server(&dice.bytes(24)),
            ));
        }
    }
    if let Sends::Telemetry { way, leaks } = scene.muted {
        out.extend(telemetry::reports(scene, times, heard, way, leaks));
    }
    out.extend(attention::posts(scene, times));
    out.sort_by_key(|(t, _)| *t);
    out
}

/// Reports that wander, and the TCP connection that some go through.
#[derive(Default)]
struct Reports {
    n: u64,
    wander: [f64; 4],
    /// Bytes that were sent.
    sent: u32,
}

impl Reports {
    /// Every number has a fixed width, so that only the numbers themselves can tell anything.
    fn next(&mut self, gain: Option<f64>, dice: &mut Dice) -> Vec<u8> {
        self.n += 1;
        let step = |value: &mut f64| *value = 0.98 * *value + 0.3 * dice.normal();
        self.wander.iter_mut().for_each(step);
        let [jitter, cpu, peak, own] = self.wander;
        let fixed = |value: f64| format!("{:08.3}", value.clamp(-999.0, 999.0) + 2_000.0);
        format!(
            "{{\"seq\":{},\"state\":\"muted\",\"stats\":[{{\"jitter\":{},\"cpu\":{}}}],\
             \"levels\":{{\"meanGain\":{},\"peak\":{}}}}}",
            100_000 + self.n,
            fixed(jitter),
            fixed(cpu),
            fixed(gain.unwrap_or(own)),
            fixed(peak),
        )
        .into_bytes()
    }

    /// One request, one segment.
    fn segment(&mut self, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "POST /v1/metrics HTTP/1.1\r\nHost: metrics.example\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        let payload = [head.as_bytes(), body].concat();
        let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1])
            .ipv4(APP.0, SERVER.0, 64)
            .tcp(APP.1, 80, 1_000u32.wrapping_add(self.sent), 64_000);
        self.sent = self.sent.wrapping_add(payload.len() as u32);
        let mut frame = Vec::with_capacity(builder.size(payload.len()));
        match builder.write(&mut frame, &payload) {
            Ok(()) => frame,
            Err(_) => Vec::new(),
        }
    }
}

/// What is always the same, with a counter in it.
fn template(counter: u8) -> Vec<u8> {
    let mut payload = vec![0x5a; 46];
    payload[7] = counter;
    payload
}

/// RTP with a one-byte header extension of id 1 (RFC 8285): the level in -dBov, and the voice bit.
fn level_header(frame: u64, level_dbfs: f64, sealed: &[u8]) -> Vec<u8> {
    let mut out = vec![0x90, 111];
    out.extend((frame as u16).to_be_bytes());
    out.extend((frame as u32).wrapping_mul(960).to_be_bytes());
    out.extend(0x1234_5678u32.to_be_bytes());
    let level = (-level_dbfs).clamp(0.0, 127.0) as u8;
    let voice = if level_dbfs > -45.0 { 0x80 } else { 0 };
    out.extend([0xBE, 0xDE, 0, 1, 0x10, level | voice, 0, 0]);
    out.extend(sealed);
    out
}

/// Frames of the minute that ends with `frame`, counted from the muted phase's first sound.
pub(crate) fn minute(times: &Times, frame: u64) -> Option<std::ops::Range<usize>> {
    let frames = 60_000_000_000 / FRAME_NS;
    let first = times.muted.since(times.start) as u64 / FRAME_NS;
    let ends = frame >= frames && (frame + frames - first % frames).is_multiple_of(frames);
    ends.then(|| (frame - frames) as usize..frame as usize)
}

/// Level of the mean power over some frames, dB.
pub(crate) fn mean_db(levels_dbfs: &[f32], frames: std::ops::Range<usize>) -> f64 {
    let levels = levels_dbfs.get(frames).unwrap_or(&[]);
    let power: f64 = levels
        .iter()
        .map(|l| 10f64.powf(f64::from(*l) / 10.0))
        .sum();
    10.0 * (power / levels.len().max(1) as f64 + 1e-12).log10()
}

/// Whether the other of the two sounds that a code of sounds chooses between is what an app hears
/// when it sends at `t`.
fn hears_other(scene: &Scene, times: &Times, t: MonotonicNs, code: Code) -> bool {
    let protocol = &scene.manifest.protocol;
    let coded = protocol.coded_blocks(Phase::Muted);
    let slower = protocol.slower.iter().find(|s| s.code == code);
    let (first, every) = match (slower, protocol.activities) {
        (Some(slower), _) => (0, slower.every),
        (None, Some(activities)) => (coded, activities.every),
        (None, None) => return false,
    };
    let since = t.since(times.muted) - (crate::scene::LATENCY_NS + APP_NS) as i64;
    let since = since - (u64::from(first) * protocol.block_ns) as i64;
    let key = Key::of_code(&scene.seed, protocol, Player::Mic, code);
    let (Some(key), Ok(since)) = (key, u64::try_from(since)) else {
        return false;
    };
    let block = since / (protocol.block_ns * u64::from(every.max(1)));
    key.symbol(Phase::Muted, u32::try_from(block).unwrap_or(u32::MAX)) == Some(1)
}

/// The samples of the frame before the last, as an app would have them by then.
fn samples(heard: &Heard, frame: u64) -> &[f32] {
    let n = (u64::from(RATE_HZ) * FRAME_NS / 1_000_000_000) as usize;
    let from = (frame.saturating_sub(2) as usize) * n;
    heard.mic.get(from..from + n).unwrap_or(&[])
}

fn l16(samples: &[f32]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes())
        .collect()
}

fn pcmu(frame: u64, samples: &[f32]) -> Vec<u8> {
    let mut out = vec![0x80, 0x00];
    out.extend((frame as u16).to_be_bytes());
    out.extend((frame as u32).wrapping_mul(160).to_be_bytes());
    out.extend(0x1234_5678u32.to_be_bytes());
    out.extend(samples.chunks(2).map(|pair| {
        let mean = pair.iter().sum::<f32>() / pair.len() as f32;
        mu_law((mean * 32_767.0) as i32)
    }));
    out
}

/// G.711 mu-law of a 16-bit sample: sign, exponent of the biased value, four bits of mantissa,
/// all inverted (ITU-T G.711, table 2).
fn mu_law(sample: i32) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let biased = (sample.abs().min(32_635) + 132) as u32;
    let exponent = 24 - biased.leading_zeros();
    let mantissa = (biased >> (exponent + 3)) & 0x0f;
    !(sign | (exponent as u8) << 4 | mantissa as u8)
}

const APP: ([u8; 4], u16) = ([10, 77, 0, 2], 40_000);
const SERVER: ([u8; 4], u16) = ([10, 77, 0, 1], 5_004);
const TELEMETRY: ([u8; 4], u16) = ([10, 77, 0, 1], 443);

pub(crate) fn frame_to_server(payload: &[u8]) -> Vec<u8> {
    udp(APP, SERVER, payload)
}

fn frame_from_server(payload: &[u8]) -> Vec<u8> {
    udp(SERVER, APP, payload)
}

fn udp(from: ([u8; 4], u16), to: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1])
        .ipv4(from.0, to.0, 64)
        .udp(from.1, to.1);
    let mut frame = Vec::with_capacity(builder.size(payload.len()));
    // Writing into a vector fails only for payloads above 64 KiB, which nothing here makes.
    match builder.write(&mut frame, payload) {
        Ok(()) => frame,
        Err(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companding_comes_back_within_its_step() {
        for sample in [-32_000, -5_000, -100, 0, 3, 77, 1_000, 9_999, 32_000] {
            let back = wire::g711::MU_LAW[usize::from(mu_law(sample))] * 32_768.0;
            let off = (f64::from(back) - f64::from(sample)).abs();
            assert!(
                off <= 8.0 + f64::from(sample.abs()) / 16.0,
                "{sample}: {back}"
            );
        }
    }

    #[test]
    fn frames_are_read_back_as_what_they_are() {
        let datagram = wire::datagram(&frame_to_server(&[1, 2, 3])).unwrap();
        assert_eq!(datagram.dst.to_string(), "10.77.0.1:5004");
        assert_eq!(datagram.payload.len(), 3);
    }
}
