//! What a person can name, and what a code sees of it in a block.

use crate::information::{flag_bits, shift_bits};

/// A code: a schedule of coins on a time scale of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Blocks of a second: sound that is still sent, levels in packets.
    Fast,
    /// Blocks of ten seconds.
    Medium,
    /// Blocks of a minute: telemetry.
    Slow,
}

impl Code {
    /// From fast to slow.
    pub const ALL: [Code; 3] = [Code::Fast, Code::Medium, Code::Slow];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Code::Fast => "fast",
            Code::Medium => "medium",
            Code::Slow => "slow",
        }
    }

    /// Length of a block, seconds.
    pub fn block_s(self) -> f64 {
        match self {
            Code::Fast => 1.0,
            Code::Medium => 10.0,
            Code::Slow => 60.0,
        }
    }

    /// How it is bet on. The stage sets the slow code's grid at a send.
    pub fn law(self) -> stats::Settings {
        match self {
            Code::Fast | Code::Medium => stats::Settings::default(),
            Code::Slow => verdict::slow_law(true, false),
        }
    }

    /// Whole blocks in so many seconds.
    pub fn blocks(self, seconds: f64) -> usize {
        (seconds / self.block_s()) as usize
    }
}

/// A profile, as far as planning goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: &'static str,
    /// Muted time in which its codes play, seconds.
    pub muted_s: f64,
    /// The codes that it plays, all at once.
    pub codes: &'static [Code],
}

/// The profiles, shortest first.
pub const PROFILES: [Profile; 4] = [
    profile("smoke", 60.0, &[Code::Fast]),
    profile("quick", 180.0, &[Code::Fast]),
    profile("standard", 1_800.0, &Code::ALL),
    // Its last quarter of an hour is named activities, without these codes.
    profile("full", 2_700.0, &Code::ALL),
];

const fn profile(name: &'static str, muted_s: f64, codes: &'static [Code]) -> Profile {
    Profile {
        name,
        muted_s,
        codes,
    }
}

/// What of the sound a value is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    /// The time since the value before: a mean or an extreme of it.
    SinceLast,
    /// The moment at which it is sent.
    Moment,
}

/// Distances beyond this are taken for this: a block tells all, and larger numbers only run out of
/// digits.
const PLAIN: f64 = 1e6;

/// A signal that an app might send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Signal {
    /// A value whose means under loud and quiet lie `d` of its standard deviations apart.
    Value {
        /// Seconds from one to the next.
        every_s: f64,
        /// Distance in standard deviations.
        d: f64,
        /// What it is about.
        covers: Covers,
    },
    /// A loudness value with noise of its own.
    Loudness {
        /// Seconds from one to the next.
        every_s: f64,
        /// Standard deviation of the noise, dB.
        noise_db: f64,
        /// From quiet to loud, dB.
        step_db: f64,
        /// What it is about.
        covers: Covers,
    },
    /// Packets that are larger in loud blocks.
    Bytes {
        /// By so many bytes, on average.
        bytes: f64,
        /// Packets a second.
        packets_per_s: f64,
        /// Standard deviation of their sizes, bytes.
        size_sd: f64,
    },
    /// One flag a block that says whether it was loud.
    Flag {
        /// Wrong in this share of the blocks, 0 to 0.5.
        wrong: f64,
    },
}

/// What a code sees of a signal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Observed {
    /// A normal value.
    Shift {
        /// Distance of the means in a block that is wholly loud or wholly quiet, in standard
        /// deviations of the block's value.
        d: f64,
        /// A value every so many blocks, 1 or more.
        every: usize,
        /// It is about so many blocks up to its own, 1 or more.
        covers: usize,
    },
    /// A flag, wrong in this share of the blocks.
    Flag {
        /// The share.
        wrong: f64,
    },
}

impl Observed {
    /// Mutual information with the block's own coin, bits, averaged over the blocks. Blocks are
    /// taken to begin where a value's time begins. The other coins under a value are noise.
    pub fn bits(self) -> f64 {
        match self {
            Observed::Flag { wrong } => flag_bits(wrong),
            Observed::Shift { d, every, covers } => {
                let part = 1.0 / covers.max(1) as f64;
                let others = d * d / 4.0 * part * (1.0 - part);
                shift_bits(d * part / (1.0 + others).sqrt()) / every.max(1) as f64
            }
        }
    }
}

impl Signal {
    /// What `code` sees of it in a block. Values of one block are averaged; their noise counts as
    /// independent.
    pub fn seen_by(self, code: Code) -> Observed {
        let every_block = |d: f64| Observed::Shift {
            d: d.min(PLAIN),
            every: 1,
            covers: 1,
        };
        match self {
            Signal::Flag { wrong } => Observed::Flag { wrong },
            Signal::Bytes {
                bytes,
                packets_per_s,
                size_sd,
            } => every_block(bytes / size_sd * (packets_per_s * code.block_s()).sqrt()),
            Signal::Loudness {
                every_s,
                noise_db,
                step_db,
                covers,
            } => {
                let d = step_db / noise_db;
                Signal::Value { every_s, d, covers }.seen_by(code)
            }
            Signal::Value { every_s, d, covers } => {
                let a_block = code.block_s() / every_s;
                if a_block >= 1.0 {
                    return every_block(d * a_block.sqrt());
                }
                let every = (1.0 / a_block).round().max(1.0) as usize;
                let covers = match covers {
                    Covers::SinceLast => every,
                    Covers::Moment => 1,
                };
                let d = d.min(PLAIN);
                Observed::Shift { d, every, covers }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutely(covers: Covers) -> Signal {
        Signal::Value {
            every_s: 60.0,
            d: 4.0,
            covers,
        }
    }

    #[test]
    fn a_value_a_minute_is_one_of_sixty_fast_blocks_and_every_slow_one() {
        let shift = |d, every, covers| Observed::Shift { d, every, covers };
        let since = minutely(Covers::SinceLast);
        assert_eq!(since.seen_by(Code::Fast), shift(4.0, 60, 60));
        assert_eq!(since.seen_by(Code::Medium), shift(4.0, 6, 6));
        assert_eq!(since.seen_by(Code::Slow), shift(4.0, 1, 1));
        let moment = minutely(Covers::Moment);
        assert_eq!(moment.seen_by(Code::Fast), shift(4.0, 60, 1));
        // In the same time each code sees the same values, where they are about a moment.
        let a_second = |signal: Signal, code: Code| signal.seen_by(code).bits() / code.block_s();
        let (fast, slow) = (a_second(moment, Code::Fast), a_second(moment, Code::Slow));
        assert!((fast / slow - 1.0).abs() < 1e-12);
        // Where they are about the minute, the fast code sees next to nothing.
        assert!(a_second(since, Code::Fast) < 0.01 * a_second(since, Code::Slow));
    }

    #[test]
    fn the_plainest_and_the_rarest_have_numbers_too() {
        let plain = Signal::Bytes {
            bytes: 1e300,
            packets_per_s: 1e300,
            size_sd: 1e-300,
        };
        assert_eq!(plain.seen_by(Code::Fast).bits(), 1.0);
        let rare = Signal::Value {
            every_s: 1e300,
            d: 1e300,
            covers: Covers::SinceLast,
        };
        assert!(rare.seen_by(Code::Slow).bits() < 1e-30);
        let setting = crate::Setting {
            alpha: 0.001,
            series: 3,
            codes: 1,
        };
        let times = |signal: Signal| {
            crate::times(signal.seen_by(Code::Fast), Code::Fast.law(), setting, 30).found
        };
        assert_eq!((times(plain), times(rare)), (100, 0));
    }

    #[test]
    fn more_values_in_a_block_are_averaged() {
        let loudness = Signal::Loudness {
            every_s: 0.02,
            noise_db: 20.0,
            step_db: 55.0,
            covers: Covers::SinceLast,
        };
        let bytes = Signal::Bytes {
            bytes: 1.0,
            packets_per_s: 50.0,
            size_sd: 10.0,
        };
        let d = |signal: Signal, code| match signal.seen_by(code) {
            Observed::Shift { d, every: 1, .. } => d,
            other => panic!("{other:?}"),
        };
        // 55 / 20 * sqrt(50), 1 / 10 * sqrt(50), and sqrt(10) times that in ten seconds.
        assert!((d(loudness, Code::Fast) - 19.445).abs() < 1e-3);
        assert!((d(bytes, Code::Fast) - 0.1 * 50f64.sqrt()).abs() < 1e-12);
        assert!((d(bytes, Code::Medium) - 2.23607).abs() < 1e-5);
    }
}
