use std::net::IpAddr;
use std::path::PathBuf;

use crate::clock::MutedSpan;

/// What is said of a session that was recorded elsewhere, whatever was recorded of it.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// What was played when; its key lies beside it.
    pub schedule: PathBuf,
    /// Folder for the bundle; must not exist.
    pub out: PathBuf,
    /// When playing began, for a schedule that was written for a file of sound.
    pub began: Option<jiff::Timestamp>,
    /// The log of the page that played, which says both.
    pub page_log: Option<PathBuf>,
    /// When the app said that it was muted; without it what the schedule says.
    pub muted: Option<MutedSpan>,
    /// What the device's own system wrote down of who had the microphone.
    pub mic_logs: Vec<PathBuf>,
    /// How far the device's local time is east of UTC, seconds; for logs that do not say.
    pub utc_offset_s: i32,
    /// When the logs were taken, for those that only say how long ago things were.
    pub mic_log_taken: Option<jiff::Timestamp>,
}

/// What is said of captures of packets besides.
#[derive(Debug, Clone)]
pub struct CaptureOptions {
    /// pcap or pcapng, also packed by gzip or zstd.
    pub captures: Vec<PathBuf>,
    /// Keys of TLS connections (SSLKEYLOGFILE).
    pub keylog: Option<PathBuf>,
    /// Addresses of the device that ran the app. Without any, those that the schedule knows; where that
    /// knows none, the private address that sends most.
    pub device: Vec<IpAddr>,
    /// Domains of the operator's own.
    pub domains: Vec<String>,
    /// How far the capture's clock may be from the schedule's, seconds either way.
    pub search_s: u32,
    /// How fast the capture's clock runs.
    pub drift: Drift,
    /// Where the machine that played captured as well: what it knows of that. Nothing is searched for then.
    pub here: Option<Here>,
}

/// Wall times: from when, until when, nanoseconds since 1970.
type Times = (u64, u64);

/// A capture by the machine that played, on the same clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// The interface.
    pub interface: String,
    /// Wall times between which everything was captured, nanoseconds since 1970, in order.
    pub covered: Vec<Times>,
}

impl Here {
    /// From when to when it captured, and the times between in which it did not see everything.
    pub(crate) fn whole(&self) -> (Option<Times>, Vec<Times>) {
        let ends = self.covered.first().zip(self.covered.last());
        let holes = self.covered.windows(2).map(|pair| (pair[0].1, pair[1].0));
        (ends.map(|(first, last)| (first.0, last.1)), holes.collect())
    }
}

/// How much faster a capture's clock runs than the schedule's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drift {
    /// So many parts in a million.
    Known(f64),
    /// At most so many parts in a million either way: searched for where it matters.
    Searched(u32),
}
