//! What each specimen sends. This is the truth that an audit has to find.

use std::ffi::CStr;

use clap::ValueEnum;

use crate::sound::{RATE_HZ, rms};
use crate::start::Trust;
use crate::telemetry::Statistics;

/// The specimens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Closes the microphone when muted.
    Honest,
    /// Goes on reading the microphone when muted and drops what it reads.
    Listener,
    /// Its mute is only in its window: the whole audio goes on leaving.
    WindowMute,
    /// Sends at a constant rate; the size of what it sends follows the loudness, muted or not.
    SizeLeak,
    /// Listens when muted; its traffic wanders by itself and follows nothing.
    Drifter,
    /// Listens when muted, and once a minute reports how loud each second was, to another port.
    Telemetry,
    /// A listener whose record stream has the identity that desktops leave out of their indicators.
    IndicatorHider,
    /// Sends encrypted frames of one size at a constant rate; a header extension in clear tells the
    /// level of each, muted or not.
    LevelHeader,
    /// Listens when muted, and once a second posts statistics over HTTP without encryption; one
    /// field is the loudness of that second.
    ClearText,
    /// Listens when muted, and once a minute posts statistics over HTTPS (OpenSSL), of constant
    /// length; three of many fields are the highest, mean and lowest gain of the microphone.
    MinuteTelemetry,
    /// The same by GnuTLS.
    MinuteTelemetryGnutls,
    /// Sends packets of one size at a constant rate, encrypted by itself; the loudness is inside.
    OpaqueLevel,
    /// Sends nothing of what it hears while muted, and keeps it: what held voice leaves at unmute.
    UnmuteBurst,
    /// A listener that loads the library by which it reads the microphone only when it needs it.
    DlopenReader,
    /// Closes the microphone when muted and tries to learn the schedule by other ways.
    Snoop,
    /// Closes the microphone when muted; leaves a server behind that every website can command.
    LeftoverServer,
    /// Closes the microphone when muted; its server refuses websites and ends with it.
    TidyServer,
    /// Ends by itself five seconds after it was muted.
    Crasher,
    /// Closes the microphone when muted, and tells a host of its own choosing at its start on what device it
    /// runs, where that is, and an advertiser's number of its user, by HTTPS. Its honest twin is `honest`.
    StartReport,
    /// The same, but it trusts no authority of the system's.
    PinnedReport,
    /// Closes the microphone when muted, and tells the same host, or a tracker, once, all that it can learn of
    /// whose machine this is: at its start or at its first mute, as it is or hidden. Its honest twin reads all of
    /// it as well, and tells nothing.
    Collector,
    /// Closes the microphone when muted. Once a second it posts whether its window has the focus and is to be
    /// seen, and for how long nobody touched anything.
    AttentionTeller,
    /// The same window and the same posts, without what it could learn there.
    AttentionBlind,
    /// Ignores its mute, and says so.
    DeafMute,
    /// Its sizes follow the loudness, muted or not; and while muted it sends as much as it can besides, so that
    /// what tells something is lost among what does not.
    Flood,
    /// Muted, it pauses and goes on with its recording as often as it can, and floods as well. At its end it says
    /// how often and how much.
    Restless,
    /// Muted, it records under the names that the stage's own recorder bears, and sends the level encrypted, in
    /// packets of one size.
    Liar,
}

impl Kind {
    /// The `application.id` that its record stream claims.
    pub fn application_id(self) -> Option<&'static CStr> {
        matches!(self, Kind::IndicatorHider).then_some(c"org.PulseAudio.pavucontrol")
    }

    /// Whether it closes the microphone for good when it is muted.
    pub fn closes_microphone(self) -> bool {
        matches!(
            self,
            Kind::Honest
                | Kind::Snoop
                | Kind::LeftoverServer
                | Kind::TidyServer
                | Kind::StartReport
                | Kind::PinnedReport
                | Kind::Collector
                | Kind::AttentionTeller
                | Kind::AttentionBlind
        )
    }

    /// `period_s` is the time between two posts of the telemetry.
    pub fn sender(self, period_s: f64) -> Sender {
        Sender {
            kind: self,
            gains: Statistics::new(period_s),
            held: 0,
            noise: Noise::new(),
            frames: 0,
            frames_muted: 0,
            sequence: 0,
            hold: 0,
            walk: 0.0,
            second: Vec::new(),
            levels: Vec::new(),
            posts: 0,
            statistics: [0.0; 3],
        }
    }

    /// Whether it reads the microphone by a library; all others speak the sound protocol themselves.
    pub fn reads_by_library(self) -> bool {
        self == Kind::DlopenReader
    }

    /// Whether it posts over TLS.
    pub fn posts_over_tls(self) -> bool {
        matches!(self, Kind::MinuteTelemetry | Kind::MinuteTelemetryGnutls)
    }

    /// Whom it trusts when it tells something at its start; nothing where it tells nothing.
    pub fn tells_at_start(self) -> Option<Trust> {
        match self {
            Kind::StartReport => Some(Trust::System),
            Kind::PinnedReport => Some(Trust::Nobody),
            _ => None,
        }
    }

    /// Whether it posts over TCP.
    pub fn posts(self) -> bool {
        self == Kind::ClearText || self.tells_of_desk().is_some()
    }

    /// Whether it tells what it learns by its window; nothing where it has none.
    pub fn tells_of_desk(self) -> Option<bool> {
        match self {
            Kind::AttentionTeller => Some(true),
            Kind::AttentionBlind => Some(false),
            _ => None,
        }
    }
}

/// Tells when voice begins and ends, as an app does that says "you are muted" to whoever speaks.
#[derive(Default)]
pub struct Notice {
    on: bool,
    hold: u32,
}

impl Notice {
    /// Whether there is voice from this frame of 20 ms on, where that is new.
    pub fn changes(&mut self, frame: &[f32]) -> Option<bool> {
        self.hold = match rms(frame) > VOICE_RMS {
            true => HOLD_FRAMES,
            false => self.hold.saturating_sub(1),
        };
        let on = self.hold > 0;
        (std::mem::replace(&mut self.on, on) != on).then_some(on)
    }
}

/// Makes the packets of one specimen.
pub struct Sender {
    kind: Kind,
    gains: Statistics,
    /// Frames with voice that were heard while muted.
    held: usize,
    noise: Noise,
    frames: u64,
    frames_muted: u64,
    sequence: u16,
    /// Frames that voice activity still lasts.
    hold: u32,
    /// Where the drifter's traffic has wandered to, in [-1, 1].
    walk: f64,
    /// Samples of the second that goes on, and the levels of those before it since the last report.
    second: Vec<f32>,
    levels: Vec<usize>,
    posts: u64,
    /// Numbers that wander and follow nothing.
    statistics: [f64; 3],
}

/// Seconds that a report of the telemetry covers.
const REPORT_S: usize = 60;

/// What no bundle may hold.
pub const PASSWORD: &str = "a-planted-password";

/// Bytes of a post's body; spaces behind the JSON fill it up.
const POST_LEN: usize = 160;

/// Louder than this is voice, for those that look: -45 dBFS.
const VOICE_RMS: f32 = 0.0056;

/// Most frames that are held back: two seconds.
const HELD_FRAMES: usize = 100;

/// Voice activity goes on for this many frames after the last loud one.
const HOLD_FRAMES: u32 = 5;

impl Sender {
    /// Whether a second is over.
    pub fn is_second(&self) -> bool {
        self.frames.is_multiple_of(50)
    }

    pub fn frames_muted(&self) -> u64 {
        self.frames_muted
    }

    /// What leaves for this frame of 20 ms, if anything.
    pub fn payload(&mut self, frame: &[f32], muted: bool) -> Option<Vec<u8>> {
        self.frames += 1;
        self.frames_muted = if muted { self.frames_muted + 1 } else { 0 };
        let keep_alive = self.frames.is_multiple_of(50);
        match self.kind {
            Kind::WindowMute => Some(self.rtp_pcmu(frame)),
            Kind::LevelHeader => Some(self.level_header(frame)),
            Kind::OpaqueLevel | Kind::Liar => {
                let voice = if muted { None } else { self.voice(frame) };
                voice.or_else(|| Some(self.encrypted_level(frame)))
            }
            Kind::SizeLeak | Kind::Flood => Some(self.sealed(60 + loudness_steps(frame) * 2)),
            Kind::Drifter if muted => self.drift(),
            Kind::Drifter => {
                let wandering = self.drift();
                let voice = self.voice(frame);
                voice.or(wandering)
            }
            Kind::UnmuteBurst if muted => {
                self.held += usize::from(rms(frame) > VOICE_RMS);
                keep_alive.then(|| self.sealed(24))
            }
            _ if muted => keep_alive.then(|| self.sealed(24)),
            _ => self
                .voice(frame)
                .or_else(|| keep_alive.then(|| self.sealed(24))),
        }
    }

    /// What was held back while muted and leaves now that it is not.
    pub fn unmuted(&mut self) -> Vec<Vec<u8>> {
        let held = std::mem::take(&mut self.held).min(HELD_FRAMES);
        (0..held).map(|_| self.sealed(120)).collect()
    }

    /// An HTTP request of the minute telemetry, when one is due.
    pub fn post_gains(&mut self, frame: &[f32]) -> Option<Vec<u8>> {
        let noise = &mut self.noise;
        self.gains.request(frame, &mut || noise.uniform())
    }

    /// 40 bytes that hold the loudness, XORed with a stream of numbers that the other end could make
    /// as well.
    fn encrypted_level(&mut self, frame: &[f32]) -> Vec<u8> {
        let mut plain = [0u8; 40];
        plain[0] = loudness_steps(frame) as u8;
        plain
            .iter()
            .map(|byte| byte ^ self.noise.next() as u8)
            .collect()
    }

    /// A report on the last minute, when one is due: whole decibels above -75 dBFS of each second,
    /// in clear.
    pub fn report(&mut self, frame: &[f32]) -> Option<Vec<u8>> {
        if self.kind != Kind::Telemetry {
            return None;
        }
        self.second.extend(frame);
        if self.second.len() >= RATE_HZ as usize {
            let dbfs = 20.0 * rms(&self.second).max(1e-6).log10();
            self.levels.push((dbfs + 75.0).clamp(0.0, 75.0) as usize);
            self.second.clear();
        }
        if self.levels.len() < REPORT_S {
            return None;
        }
        let levels: Vec<String> = self.levels.drain(..).map(|l| l.to_string()).collect();
        let levels = levels.join(",");
        Some(format!("{{\"seconds\":{REPORT_S},\"levels\":[{levels}]}}").into_bytes())
    }

    /// Statistics of the last second, when they are due: an HTTP request of constant length whose
    /// `levels.meanGain` is the loudness in dBFS and whose other numbers wander.
    pub fn post(&mut self, frame: &[f32]) -> Option<Vec<u8>> {
        self.second.extend(frame);
        if self.second.len() < RATE_HZ as usize {
            return None;
        }
        let dbfs = 20.0 * rms(&self.second).max(1e-6).log10();
        self.second.clear();
        self.posts += 1;
        for value in &mut self.statistics {
            *value = 0.95 * *value + self.noise.uniform() - 0.5;
        }
        let [jitter, cpu, queue] = self.statistics;
        let body = format!(
            "{{\"seq\":{:8},\"levels\":{{\"meanGain\":{dbfs:10.3}}},\"network\":{{\"jitter\":{jitter:10.5},\
             \"queue\":{queue:10.5}}},\"cpu\":{cpu:10.5}}}",
            self.posts
        );
        let head = format!(
            "POST /statistics HTTP/1.1\r\nHost: peer\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {PASSWORD}\r\nContent-Length: {POST_LEN}\r\n\r\n"
        );
        Some(format!("{head}{body:POST_LEN$}").into_bytes())
    }

    /// RTP with a frame that looks encrypted, and a one-byte header extension of id 1: voice bit and
    /// level in -dBov (RFC 6464).
    fn level_header(&mut self, frame: &[f32]) -> Vec<u8> {
        let dbov = 20.0 * rms(frame).max(1e-7).log10();
        let voice = if rms(frame) > VOICE_RMS { 0x80 } else { 0 };
        let mut packet = vec![0x90, 111];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend((u32::from(self.sequence) * 960).to_be_bytes());
        packet.extend(0x5eed_u32.to_be_bytes());
        packet.extend([
            0xBE,
            0xDE,
            0,
            1,
            0x10,
            (-dbov).clamp(0.0, 127.0) as u8 | voice,
            0,
            0,
        ]);
        self.sequence = self.sequence.wrapping_add(1);
        packet.extend(self.sealed(120));
        packet
    }

    /// A voice-activated app's frame: encrypted, of constant size, absent in silence.
    fn voice(&mut self, frame: &[f32]) -> Option<Vec<u8>> {
        self.hold = if rms(frame) > VOICE_RMS {
            HOLD_FRAMES
        } else {
            self.hold.saturating_sub(1)
        };
        (self.hold > 0).then(|| self.sealed(120))
    }

    /// Traffic that wanders: a slow random walk decides rate and size.
    fn drift(&mut self) -> Option<Vec<u8>> {
        self.walk = (self.walk + (self.noise.uniform() - 0.5) * 0.05).clamp(-1.0, 1.0);
        let sends = self.noise.uniform() < 0.5 + 0.3 * self.walk;
        sends.then(|| self.sealed((90.0 + 40.0 * self.walk) as usize))
    }

    /// Bytes that look encrypted.
    fn sealed(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.noise.next() as u8).collect()
    }

    /// RTP with G.711 µ-law at 8 kHz (RFC 3550, RFC 3551 payload type 0).
    fn rtp_pcmu(&mut self, frame: &[f32]) -> Vec<u8> {
        let step = (RATE_HZ / 8000) as usize;
        let timestamp = u32::from(self.sequence).wrapping_mul(160);
        let mut packet = vec![0x80, 0];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend(0x5eed_u32.to_be_bytes());
        self.sequence = self.sequence.wrapping_add(1);
        // The mean of six samples is low-pass enough for a voice that nobody has to enjoy.
        packet.extend(
            frame
                .chunks(step)
                .map(|c| mu_law(c.iter().sum::<f32>() / c.len() as f32)),
        );
        packet
    }
}

/// Loudness of a frame in steps of 1.5 dB above -75 dBFS: 0 to 50.
fn loudness_steps(frame: &[f32]) -> usize {
    let dbfs = 20.0 * rms(frame).max(1e-6).log10();
    ((dbfs + 75.0) / 1.5).clamp(0.0, 50.0) as usize
}

/// G.711 µ-law encoding of a sample in [-1, 1] (ITU-T G.711, 14-bit input).
fn mu_law(sample: f32) -> u8 {
    const BIAS: i32 = 33;
    let linear = (sample.clamp(-1.0, 1.0) * 8158.0) as i32;
    let sign = if linear < 0 { 0x80 } else { 0 };
    let magnitude = (linear.abs() + BIAS).min(8191);
    // The position of the highest bit says the segment; four bits below it the step.
    let segment = (31 - magnitude.leading_zeros() as i32 - 5).clamp(0, 7);
    let step = (magnitude >> (segment + 1)) & 0x0f;
    !(sign | (segment << 4) as u8 | step as u8)
}

/// A small generator (xorshift64*): a specimen needs wandering, not secrecy.
pub struct Noise(u64);

impl Noise {
    pub fn new() -> Noise {
        Noise(0x9e37_79b9_7f4a_7c15)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 24
    }

    pub fn uniform(&mut self) -> f64 {
        (self.next() & 0xffff_ffff) as f64 / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mu_law_agrees_with_its_decoder() {
        for i in -100..=100 {
            let sample = i as f32 / 100.0;
            let decoded = wire::g711::MU_LAW[usize::from(mu_law(sample))];
            assert!(
                (decoded - sample).abs() <= 0.04 * sample.abs() + 0.002,
                "{sample} {decoded}"
            );
        }
    }

    #[test]
    fn telemetry_reports_once_a_minute_and_others_never() {
        let reports = |kind: Kind| {
            let mut sender = kind.sender(60.0);
            let loud = |i: usize| if i < 1_500 { 0.1 } else { 0.0 };
            (0..6_000)
                .filter_map(|i| sender.report(&vec![loud(i); 960]))
                .collect::<Vec<_>>()
        };
        let sent = reports(Kind::Telemetry);
        assert_eq!(sent.len(), 2);
        let text = String::from_utf8(sent[0].clone()).unwrap();
        assert!(
            text.starts_with("{\"seconds\":60,\"levels\":[55,55,"),
            "{text}"
        );
        assert!(text.ends_with(",0,0]}"), "{text}");
        assert!(reports(Kind::Listener).is_empty());
    }

    #[test]
    fn posts_tell_the_loudness_in_one_field_and_are_of_one_length() {
        let run = |loud: f32| -> Vec<wire::decode::Decoded> {
            let mut sender = Kind::ClearText.sender(60.0);
            let posts = (0..250).filter_map(|_| sender.post(&vec![loud; 960]));
            posts
                .map(|post| {
                    assert_eq!(post.len(), 136 + POST_LEN);
                    wire::decode::decode(&post)
                })
                .collect()
        };
        let (loud, quiet) = (run(0.1), run(0.001));
        assert_eq!(loud.len(), 5);
        for (loud, quiet) in loud.iter().zip(&quiet) {
            assert_eq!(loud.opaque, 0);
            let pairs = loud.leaves.iter().zip(&quiet.leaves);
            let differ: Vec<&str> = pairs
                .filter(|(a, b)| a != b)
                .map(|(a, _)| &a.path[..])
                .collect();
            assert_eq!(differ, ["POST peer/statistics $.levels.meanGain"]);
        }
    }

    #[test]
    fn a_notice_begins_with_voice_and_ends_a_moment_after_it() {
        let mut notice = Notice::default();
        let mut says = |loud: f32| notice.changes(&[loud; 960]);
        assert_eq!(says(0.0), None);
        assert_eq!(says(0.1), Some(true));
        assert_eq!(says(0.1), None);
        let after: Vec<Option<bool>> = (0..HOLD_FRAMES).map(|_| says(0.0)).collect();
        let (last, before) = after.split_last().unwrap();
        assert_eq!(before, [None; HOLD_FRAMES as usize - 1]);
        assert_eq!(*last, Some(false));
    }

    #[test]
    fn the_level_is_in_the_header_extension_only() {
        let read = |loud: f32| {
            let packet = Kind::LevelHeader
                .sender(60.0)
                .payload(&[loud; 960], true)
                .unwrap();
            let decoded = wire::decode::rtp(&packet).unwrap();
            assert_eq!((packet.len(), decoded.opaque), (140, 120));
            decoded.leaves
        };
        let (loud, quiet) = (read(0.1), read(0.001));
        let pairs = loud.iter().zip(&quiet);
        let differ: Vec<&str> = pairs
            .filter(|(a, b)| a != b)
            .map(|(a, _)| &a.path[..])
            .collect();
        assert_eq!(differ, ["rtp extension 1 level", "rtp extension 1 voice"]);
    }

    #[test]
    fn a_muted_drifter_follows_nothing() {
        let run = |loud: f32| -> Vec<usize> {
            let mut sender = Kind::Drifter.sender(60.0);
            let frame = vec![loud; 960];
            (0..500)
                .map(|_| sender.payload(&frame, true).map_or(0, |p| p.len()))
                .collect()
        };
        assert_eq!(run(0.0), run(0.3));
    }
}
