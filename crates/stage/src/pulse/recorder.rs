//! The recorder: always open, and kept as levels only. What it hears is our own stimulus.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::thread;

use pulse::protocol::{self, Command, Prop, Props};
use record::{BANDS_HZ, Body, MonotonicNs, SILENCE_DBFS};
use stimulus::{BAND_HOP_NS, BandMeter};

use super::{Connection, Message, RATE_HZ, bytes_of_ms, mono_f32, name};
use crate::clock::now;

/// Length of one level's window, nanoseconds.
pub const HOP_NS: u64 = 5_000_000;

/// Levels that make one record: half a second, so that a live view is not far behind.
const HOPS_A_RECORD: usize = 100;

/// Turns samples with arrival times into [`Body::Levels`] records.
///
/// Samples arrive in fragments, early or late by scheduling but never too early: the time of
/// sample 0 is the least of (arrival - samples so far), which is tightened as fragments come in.
#[derive(Default)]
pub struct Meter {
    /// Estimated time of the stream's first sample.
    start: Option<MonotonicNs>,
    samples: u64,
    sum_squares: f64,
    in_hop: u64,
    peak: f32,
    rms_dbfs: Vec<f32>,
    /// Where bands are measured too.
    bands: Option<Box<BandMeter>>,
    bands_dbfs: Vec<[f32; BANDS_HZ.len()]>,
    /// Sample index of the first hop in `rms_dbfs`.
    first_sample: u64,
    /// Fragments that came late, with their arrival: were samples lost, or was only this reader
    /// kept waiting? They are measured when that is known.
    late: Vec<(MonotonicNs, Vec<f32>)>,
    /// (arrival, estimate of `start` by it) of the fragments of the last [`HOLE_WINDOW_NS`].
    starts: VecDeque<(MonotonicNs, MonotonicNs)>,
}

/// A fragment that is later than this against the estimate is late.
const LATE_NS: i64 = 250_000_000;

/// A reader that was kept waiting finds the whole backlog at once and is in time again; if
/// fragments are late for this long, samples were lost.
const LOST_AFTER_NS: i64 = 1_000_000_000;

/// A server that skips one of its rounds (PipeWire's, when a machine is busy) leaves a hole too short to
/// be late by the above. It shows by this: over so long, no fragment is in time any more.
const HOLE_WINDOW_NS: i64 = 500_000_000;

/// What is less than this is jitter.
const HOLE_NS: i64 = 6_000_000;

fn samples_ns(n: u64) -> i64 {
    n as i64 * 1_000_000_000 / i64::from(RATE_HZ)
}

impl Meter {
    /// One that measures bands too.
    pub fn with_bands() -> Meter {
        Meter {
            bands: BandMeter::new(RATE_HZ).map(Box::new),
            ..Meter::default()
        }
    }

    /// Takes samples that arrived at `t`; gives the records that they complete.
    pub fn push(&mut self, t: MonotonicNs, samples: &[f32]) -> Vec<(MonotonicNs, Body)> {
        let held: usize = self.late.iter().map(|(_, held)| held.len()).sum();
        let arrived = self.samples + (held + samples.len()) as u64;
        let start = t.offset(-samples_ns(arrived));
        match self.start {
            Some(known) if start.since(known) > LATE_NS => {
                self.late.push((t, samples.to_vec()));
                match t.since(self.late[0].0) > LOST_AFTER_NS {
                    true => self.lost(known),
                    false => Vec::new(),
                }
            }
            known => {
                self.start = Some(known.map_or(start, |known| known.min(start)));
                let mut out = Vec::new();
                for (_, held) in std::mem::take(&mut self.late) {
                    out.extend(self.measure(&held));
                }
                out.extend(self.measure(samples));
                out.extend(self.hole(t, start));
                out
            }
        }
    }

    /// Finds a short hole, and puts what comes after it where it belongs.
    fn hole(&mut self, t: MonotonicNs, start: MonotonicNs) -> Vec<(MonotonicNs, Body)> {
        self.starts.push_back((t, start));
        let old = |first: &(MonotonicNs, MonotonicNs)| t.since(first.0) > HOLE_WINDOW_NS;
        while self.starts.front().is_some_and(old) {
            self.starts.pop_front();
        }
        // A backlog that is read at once is no window.
        let long = |first: &(MonotonicNs, MonotonicNs)| t.since(first.0) > HOLE_WINDOW_NS / 2;
        let whole = self.starts.front().is_some_and(long);
        let best = self.starts.iter().map(|(_, start)| *start).min();
        let (Some(known), Some(best)) = (self.start, best) else {
            return Vec::new();
        };
        if !whole || best.since(known) < HOLE_NS {
            return Vec::new();
        }
        let mut out = self.flush();
        let to = best.offset(samples_ns(self.samples));
        let from = known.offset(samples_ns(self.samples));
        let span = record::Span { from, to };
        let lost = Some(span.len_ns() * u64::from(RATE_HZ) / 1_000_000_000);
        let why = "the sound server skipped rounds".to_owned();
        out.push((to, Body::Gap { span, lost, why }));
        self.start = Some(best);
        out
    }

    /// Says what was lost before the late fragments, and goes on with a fresh estimate from them.
    fn lost(&mut self, known: MonotonicNs) -> Vec<(MonotonicNs, Body)> {
        let late = std::mem::take(&mut self.late);
        let from = known.offset(samples_ns(self.samples));
        let mut n = 0;
        let starts = late.iter().map(|(t, held)| {
            n += held.len() as u64;
            t.offset(-samples_ns(n))
        });
        let to = starts.min().unwrap_or(from);
        let mut out = self.flush();
        let span = record::Span { from, to };
        let lost = Some(span.len_ns() * u64::from(RATE_HZ) / 1_000_000_000);
        let why = "samples did not arrive at the recorder".to_owned();
        out.push((to, Body::Gap { span, lost, why }));
        let bands = self.bands.is_some();
        *self = Meter {
            start: Some(to),
            ..if bands {
                Meter::with_bands()
            } else {
                Meter::default()
            }
        };
        for (_, held) in late {
            out.extend(self.measure(&held));
        }
        out
    }

    fn measure(&mut self, samples: &[f32]) -> Vec<(MonotonicNs, Body)> {
        let mut out = Vec::new();
        let hop_samples = u64::from(RATE_HZ) * HOP_NS / 1_000_000_000;
        for &sample in samples {
            self.sum_squares += f64::from(sample) * f64::from(sample);
            self.peak = self.peak.max(sample.abs());
            let bands = self.bands.as_mut().and_then(|meter| meter.push(sample));
            self.bands_dbfs.extend(bands);
            self.samples += 1;
            self.in_hop += 1;
            if self.in_hop == hop_samples {
                self.rms_dbfs
                    .push(dbfs((self.sum_squares / hop_samples as f64).sqrt()));
                (self.sum_squares, self.in_hop) = (0.0, 0);
                if self.rms_dbfs.len() == HOPS_A_RECORD {
                    out.extend(self.flush());
                }
            }
        }
        out
    }

    fn flush(&mut self) -> Vec<(MonotonicNs, Body)> {
        let Some(start) = self.start.filter(|_| !self.rms_dbfs.is_empty()) else {
            return Vec::new();
        };
        let t = start.offset(samples_ns(self.first_sample));
        self.first_sample = self.samples - self.in_hop;
        let levels = Body::Levels {
            hop_ns: HOP_NS,
            rms_dbfs: std::mem::take(&mut self.rms_dbfs),
            peak_dbfs: dbfs(f64::from(std::mem::take(&mut self.peak))),
        };
        let bands = Body::Bands {
            hop_ns: BAND_HOP_NS,
            rms_dbfs: std::mem::take(&mut self.bands_dbfs),
        };
        let measured =
            |body: &Body| !matches!(body, Body::Bands { rms_dbfs, .. } if rms_dbfs.is_empty());
        [levels, bands]
            .into_iter()
            .filter(measured)
            .map(|body| (t, body))
            .collect()
    }
}

/// Amplitude to dBFS, to a tenth.
fn dbfs(amplitude: f64) -> f32 {
    let exact = (20.0 * amplitude.log10()).max(f64::from(SILENCE_DBFS));
    ((exact * 10.0).round() / 10.0) as f32
}

/// Starts recording source `source` of the server at `socket` with `meter`; the server gives the stream a number.
/// `out` gets the records, and [`Body::Detached`] when the server ends.
pub fn start_recorder(
    socket: &Path,
    source: &str,
    mut meter: Meter,
    out: impl Fn(MonotonicNs, Body) + Send + 'static,
) -> io::Result<u32> {
    let mut connection = Connection::open(socket)?;
    let (sample_spec, channel_map) = mono_f32();
    let mut props = Props::new();
    props.set(Prop::MediaName, c"read-back");
    let stream: protocol::CreateRecordStreamReply =
        connection.ask(Command::CreateRecordStream(protocol::RecordStreamParams {
            sample_spec,
            channel_map,
            source_name: Some(name(source)),
            buffer_attr: protocol::stream::BufferAttr {
                max_length: u32::MAX,
                fragment_size: bytes_of_ms(super::BUFFER_MS),
                ..Default::default()
            },
            flags: protocol::stream::StreamFlags {
                adjust_latency: true,
                ..Default::default()
            },
            cvolume: Some(protocol::ChannelVolume::norm(1)),
            props,
            ..Default::default()
        }))?;
    let source = source.to_owned();
    thread::Builder::new()
        .name("recorder".into())
        .spawn(move || {
            out(
                now(),
                Body::Attached {
                    note: format!("records {source}, kept as levels"),
                },
            );
            let mut samples = Vec::new();
            let why = loop {
                match connection.read() {
                    Ok(Message::Samples(bytes)) => {
                        let t = now();
                        samples.clear();
                        let (quads, _) = bytes.as_chunks::<4>();
                        samples.extend(quads.iter().map(|b| f32::from_le_bytes(*b)));
                        meter
                            .push(t, &samples)
                            .into_iter()
                            .for_each(|(t, body)| out(t, body));
                    }
                    Ok(Message::Command {
                        command: Command::Overflow(_),
                        ..
                    }) => {
                        out(now(), Body::Underrun { samples: None });
                    }
                    Ok(Message::Command {
                        command: Command::RecordStreamKilled(_),
                        ..
                    }) => {
                        break "somebody ended the recorder's stream".to_owned();
                    }
                    Ok(_) => {}
                    Err(e) => break e.to_string(),
                }
            };
            out(now(), Body::Detached { why: Some(why) });
        })?;
    Ok(stream.stream_index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(n: usize, amplitude: f32) -> Vec<f32> {
        (0..n).map(|i| amplitude * (i as f32 * 0.1).sin()).collect()
    }

    #[test]
    fn levels_carry_the_time_of_their_first_sample() {
        let mut meter = Meter::default();
        let mut got = Vec::new();
        for k in 1..=60u64 {
            // 20 ms fragments that arrive 0-9 ms late.
            let t = MonotonicNs(1_000_000_000 + k * 20_000_000 + (k % 10) * 1_000_000);
            got.extend(meter.push(t, &tone(960, 0.1)));
        }
        let times: Vec<u64> = got.iter().map(|(t, _)| t.0).collect();
        assert_eq!(times.len(), 2);
        assert_eq!(times[1] - times[0], 500_000_000);
        let Body::Levels { rms_dbfs, .. } = &got[1].1 else {
            panic!("{got:?}")
        };
        assert!(
            rms_dbfs.iter().all(|v| (-23.6..-22.4).contains(v)),
            "{rms_dbfs:?}"
        );
    }

    #[test]
    fn a_hole_is_a_gap_and_time_goes_on_right() {
        let mut meter = Meter::default();
        meter.push(MonotonicNs(20_000_000), &tone(960, 0.1));
        let mut got = Vec::new();
        for k in 0..100u64 {
            got.extend(meter.push(MonotonicNs(2_000_000_000 + k * 20_000_000), &tone(960, 0.1)));
        }
        let Body::Gap { span, lost, .. } = &got[1].1 else {
            panic!("{got:?}")
        };
        assert_eq!(
            (span.from, span.to),
            (MonotonicNs(20_000_000), MonotonicNs(1_980_000_000))
        );
        assert_eq!(*lost, Some(1960 * 48));
        let times: Vec<u64> = got[2..].iter().map(|(t, _)| t.0).collect();
        assert_eq!(
            times,
            [1_980_000_000, 2_480_000_000, 2_980_000_000, 3_480_000_000]
        );
    }

    #[test]
    fn a_round_that_was_skipped_is_a_short_gap() {
        let mut meter = Meter::default();
        let mut got = Vec::new();
        for k in 1..=200u64 {
            let skipped = if k > 60 { 10_666_667 } else { 0 };
            let jitter = (k * 7_919 % 9) * 1_000_000;
            let t = MonotonicNs(1_000_000_000 + k * 20_000_000 + skipped + jitter);
            got.extend(meter.push(t, &tone(960, 0.1)));
        }
        let gaps: Vec<u64> = got
            .iter()
            .filter_map(|(_, body)| match body {
                Body::Gap { span, .. } => Some(span.len_ns() / 1_000_000),
                _ => None,
            })
            .collect();
        assert_eq!(gaps, [10]);
        // On the grid of levels, moved by what was skipped.
        let last = got.last().map(|(t, _)| t.0 % 5_000_000);
        assert_eq!(last, Some(666_667));
    }

    #[test]
    fn a_reader_that_was_kept_waiting_lost_nothing() {
        let mut meter = Meter::default();
        let mut got = Vec::new();
        for k in 1..=150u64 {
            // Two seconds and a half in which nobody read, then the backlog at once.
            let read_at = if (20..=145).contains(&k) { 145 } else { k };
            got.extend(meter.push(
                MonotonicNs(1_000_000_000 + read_at * 20_000_000),
                &tone(960, 0.1),
            ));
        }
        let times: Vec<u64> = got.iter().map(|(t, _)| t.0).collect();
        let expected: Vec<u64> = (0..6).map(|n| 1_000_000_000 + n * 500_000_000).collect();
        assert_eq!(times, expected);
        let whole = |body: &Body| matches!(body, Body::Levels { .. });
        assert!(got.iter().all(|(_, body)| whole(body)));
    }

    #[test]
    fn silence_has_a_floor() {
        assert_eq!(dbfs(0.0), SILENCE_DBFS);
    }
}
