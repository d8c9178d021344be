//! What clients send about the sound that they hear: values, levels, sizes.

use ropus::{Application, Bitrate, Channels};

use crate::scene::{FRAME, RATE_HZ, Scene};
use crate::{Channel, Error, Series};

/// Seconds of a frame.
const FRAME_S: f64 = 0.02;

/// A change of a level that means something, dB.
const STEP_DB: f64 = 6.0;

/// A change of a packet's size that means something, bytes.
const STEP_BYTES: f64 = 8.0;

/// Lowest level of RFC 6464, dBov; its resolution is a decibel.
const LOWEST_DBOV: f64 = -127.0;

/// What is said of an interval's levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statistic {
    /// The lowest level.
    Min,
    /// The mean of the levels, in dB.
    Mean,
    /// The highest level.
    Max,
    /// The level of the mean power.
    Rms,
    /// The level at the interval's end.
    Last,
}

impl Statistic {
    /// All of them.
    pub const ALL: [Statistic; 5] = [
        Statistic::Min,
        Statistic::Mean,
        Statistic::Max,
        Statistic::Rms,
        Statistic::Last,
    ];

    /// How it is typed and printed.
    pub fn name(self) -> &'static str {
        match self {
            Statistic::Min => "min",
            Statistic::Mean => "mean",
            Statistic::Max => "max",
            Statistic::Rms => "rms",
            Statistic::Last => "last",
        }
    }

    fn of(self, levels: &[f64]) -> f64 {
        let n = levels.len() as f64;
        match self {
            Statistic::Min => levels.iter().copied().fold(f64::INFINITY, f64::min),
            Statistic::Max => levels.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Statistic::Mean => levels.iter().sum::<f64>() / n,
            Statistic::Rms => {
                let power: f64 = levels.iter().map(|l| 10f64.powf(l / 10.0)).sum();
                10.0 * (power / n).log10()
            }
            Statistic::Last => levels.last().copied().unwrap_or(LOWEST_DBOV),
        }
    }
}

/// A kind of telemetry.
#[derive(Debug, Clone, PartialEq)]
pub enum Telemetry {
    /// Values of the level, in whole multiples of the resolution.
    Levels {
        /// Seconds between two reports.
        every_s: f64,
        /// What each report says of the time since the last one.
        statistics: Vec<Statistic>,
        /// Resolution, dB; 0 keeps everything.
        resolution_db: f64,
    },
    /// Sizes of Opus packets of 20 ms at a variable bit rate.
    Opus {
        /// Whether packets are left out in silence; those count as 0 bytes.
        dtx: bool,
    },
}

impl Telemetry {
    /// The study's: lowest, mean and highest level once a minute, whole decibels.
    pub fn minute() -> Telemetry {
        Telemetry::Levels {
            every_s: 60.0,
            statistics: vec![Statistic::Min, Statistic::Mean, Statistic::Max],
            resolution_db: 1.0,
        }
    }

    /// One level a second, whole decibels.
    pub fn second() -> Telemetry {
        Telemetry::Levels {
            every_s: 1.0,
            statistics: vec![Statistic::Rms],
            resolution_db: 1.0,
        }
    }

    /// The audio level beside each packet (RFC 6464): a value every 20 ms, whole decibels.
    pub fn packet_level() -> Telemetry {
        Telemetry::Levels {
            every_s: FRAME_S,
            statistics: vec![Statistic::Rms],
            resolution_db: 1.0,
        }
    }

    /// Seconds between two values.
    pub fn every_s(&self) -> f64 {
        match self {
            Telemetry::Levels { every_s, .. } => *every_s,
            Telemetry::Opus { .. } => FRAME_S,
        }
    }

    /// What it sends about what was heard.
    pub fn series(&self, label: &str, sources: &[&str], heard: &Heard) -> Result<Series, Error> {
        let (every_s, step, channels) = match self {
            Telemetry::Opus { dtx } => {
                let values = if *dtx { &heard.dtx } else { &heard.vbr };
                let channel = Channel {
                    name: "bytes".to_owned(),
                    values: values.clone(),
                };
                (FRAME_S, STEP_BYTES, vec![channel])
            }
            Telemetry::Levels {
                every_s,
                statistics,
                resolution_db,
            } => {
                if !(every_s.is_finite() && *every_s > 0.0) {
                    let what = "the interval between two reports";
                    return Err(Error::NoTime {
                        what,
                        seconds: *every_s,
                    });
                }
                let n = ((every_s / FRAME_S).round() as usize).max(1);
                let rounded = |level: f64| match *resolution_db {
                    r if r > 0.0 => (level / r).round() * r,
                    _ => level,
                };
                let channel = |statistic: &Statistic| Channel {
                    name: statistic.name().to_owned(),
                    values: heard
                        .levels
                        .chunks_exact(n)
                        .map(|levels| rounded(statistic.of(levels)))
                        .collect(),
                };
                (
                    n as f64 * FRAME_S,
                    STEP_DB,
                    statistics.iter().map(channel).collect(),
                )
            }
        };
        Series::new(label, sources, every_s, step, channels)
    }
}

/// What a client had of a scene, from which all telemetry is made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heard {
    /// Level of each 20 ms, dBov, at least -127.
    pub levels: Vec<f64>,
    /// Bytes of each Opus packet.
    pub vbr: Vec<f64>,
    /// Likewise with discontinuous transmission.
    pub dtx: Vec<f64>,
}

/// The encoder's settings: those of a browser's voice call, but for 16 kHz in the place of 48.
const BITRATE: u32 = 24_000;
const COMPLEXITY: u8 = 5;

/// Listens for so many seconds; encodes the first `opus_s` of them.
pub fn listen(scene: &mut Scene, seconds: f64, opus_s: f64) -> Result<Heard, Error> {
    let mut heard = Heard::default();
    let mut frame = [0.0; FRAME];
    let mut packet = [0; 1_500];
    let (mut vbr, mut dtx) = (encoder(false)?, encoder(true)?);
    let frames = |seconds: f64| (seconds / FRAME_S).round() as usize;
    for i in 0..frames(seconds) {
        scene.frame(&mut frame);
        heard.levels.push(level(&frame));
        if i >= frames(opus_s) {
            continue;
        }
        let pcm: [i16; FRAME] = frame.map(|s| (s * 32_767.0) as i16);
        for (encoder, sizes) in [(&mut vbr, &mut heard.vbr), (&mut dtx, &mut heard.dtx)] {
            let bytes = encoder
                .encode(&pcm, &mut packet)
                .map_err(|e| Error::Opus(e.to_string()))?;
            // A packet of two bytes or fewer says that it need not be sent (RFC 6716, section 2.1.9;
            // the library's `opus_encode`).
            sizes.push(if bytes <= 2 { 0.0 } else { bytes as f64 });
        }
    }
    Ok(heard)
}

fn encoder(dtx: bool) -> Result<ropus::Encoder, Error> {
    ropus::Encoder::builder(RATE_HZ, Channels::Mono, Application::Voip)
        .bitrate(Bitrate::Bits(BITRATE))
        .complexity(COMPLEXITY)
        .vbr(true)
        .dtx(dtx)
        .build()
        .map_err(|e| Error::Opus(e.to_string()))
}

/// Level of a frame, dBov: 0 is a square wave at full scale.
fn level(frame: &[f32]) -> f64 {
    let power: f32 = frame.iter().map(|s| s * s).sum();
    let power = f64::from(power) / frame.len() as f64;
    (10.0 * power.max(1e-30).log10()).max(LOWEST_DBOV)
}
