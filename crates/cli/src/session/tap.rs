//! What the privileged helper hands over, from bytes to records.
//!
//! The helper copies bytes and does not look at them; here, without privilege, they are counted.
//! Audio is looked at and dropped: of the sound that an app read, number, size and whether it was
//! silence are kept.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use record::{Body, Bytes, Source, Span, T};
use stage::clock::now;
use tap::{Door, Frame, Reader, Sink};

use super::log::Log;
use crate::job::Tap;

/// Calls are added up over this long: as fine as a block needs, and few records.
const HOP_NS: u64 = 100_000_000;

/// A loss lies at most this long before it is told.
const LOST_WITHIN_NS: i64 = 2_000_000_000;

/// Plaintext of a second that is kept, bytes: a hundred times what telemetry needs.
const KEPT_MAX: usize = 1 << 20;

/// Different contents of a hop are counted up to here.
const DISTINCT_MAX: usize = 1_000;

/// Takes the helper's pipe for the session. Must come before anything else is started here: the
/// audited app may not inherit it.
pub(super) fn take(tap: &Tap) -> Result<OwnedFd, String> {
    let fd = match tap {
        Tap::Pipe { fd } => *fd,
        Tap::Absent { why } => return Err(why.clone()),
    };
    // SAFETY: the process that started this one left the descriptor open for it and says so in the
    // job; nothing else here knows of it.
    let pipe = unsafe { OwnedFd::from_raw_fd(fd) };
    match fcntl(pipe.as_fd(), FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)) {
        Ok(_) => Ok(pipe),
        Err(e) => Err(format!("the helper's pipe cannot be used: {e}")),
    }
}

/// How the helper's line begins after which every call is seen.
const READY: &str = "watching ";

/// How long the helper may take to get ready; an app that is started later is seen from its second
/// call on.
const READY_WITHIN: Duration = Duration::from_secs(10);

/// A helper that is getting ready.
pub(super) struct Starting(Receiver<()>);

impl Starting {
    /// Waits until every call is seen, or nothing will be.
    pub(super) fn wait(&self) {
        // Disconnected is an answer too: there is no helper, or it has ended.
        let _ = self.0.recv_timeout(READY_WITHIN);
    }
}

/// Records what comes through the pipe until it ends.
pub(super) fn start(pipe: Result<OwnedFd, String>, log: Log) -> Starting {
    let (ready, waits) = channel();
    match pipe {
        Ok(pipe) => drop(thread::spawn(move || run(File::from(pipe), &log, ready))),
        Err(why) => log.record(now(), Source::Reads, Body::Unavailable { why }),
    }
    Starting(waits)
}

fn run(mut pipe: File, log: &Log, ready: Sender<()>) {
    let mut hops = Hops::default();
    let mut reader = Reader::default();
    let mut buffer = vec![0; 1 << 16];
    let timeout = PollTimeout::from((HOP_NS / 1_000_000) as u16);
    let why = loop {
        let polled = poll(&mut [PollFd::new(pipe.as_fd(), PollFlags::POLLIN)], timeout);
        hops.flush(now(), log);
        if polled == Ok(0) {
            continue;
        }
        let n = match pipe.read(&mut buffer) {
            Ok(0) => break None,
            Ok(n) => n,
            Err(e) => break Some(format!("the helper's pipe failed: {e}")),
        };
        match reader.push(&buffer[..n]) {
            Ok(frames) => frames.iter().for_each(|frame| {
                hops.take(frame, log);
                if matches!(&frame.body, tap::Body::Attached(note) if note.starts_with(READY)) {
                    // A session that no longer waits needs no telling.
                    let _ = ready.send(());
                }
            }),
            Err(e) => break Some(e.to_string()),
        }
    };
    hops.flush(T(u64::MAX), log);
    log.record(now(), Source::Reads, Body::Detached { why });
}

/// Calls of a process through a library, by the hop in which they were.
#[derive(Default)]
struct Hops {
    open: BTreeMap<(u64, u32, Door), Hop>,
    /// The second that goes on, and the plaintext kept in it, bytes.
    kept: (u64, usize),
    /// Samples handed to encoders, likewise.
    fed: BTreeMap<(u64, u32, Sink), Fed>,
}

struct Hop {
    command: String,
    calls: u32,
    bytes: u64,
    contents: HashSet<u64>,
    silent: bool,
}

struct Fed {
    command: String,
    calls: u32,
    /// Sum over the calls of each one's mean.
    power: f64,
}

impl Hops {
    fn take(&mut self, frame: &Frame, log: &Log) {
        let t = T(frame.t_ns);
        let record = |body| log.record(t, Source::Reads, body);
        match &frame.body {
            tap::Body::Read {
                door, bytes, data, ..
            } => self.read(frame, *door, *bytes, data),
            tap::Body::Running { door, running, .. } => record(Body::ReadsRunning {
                door: door.name().to_owned(),
                command: frame.command(),
                running: *running,
            }),
            tap::Body::Lost { events } => {
                // The helper looks at its counter at least once a second, and its word may wait.
                let from = t.offset(-LOST_WITHIN_NS);
                // One buffer for both: nobody can say which of them were lost.
                for source in [Source::Reads, Source::Plaintext] {
                    let body = Body::Gap {
                        span: Span { from, to: t },
                        lost: Some(*events),
                        why: "the buffer between kernel and helper was full".to_owned(),
                    };
                    log.record(t, source, body);
                }
            }
            tap::Body::Attached(note) => record(Body::Attached { note: note.clone() }),
            tap::Body::Failed(why) => record(Body::Unavailable { why: why.clone() }),
            tap::Body::Plain {
                sink: Sink::OpenSsl | Sink::GnuTls | Sink::Nss,
                ..
            } => self.plaintext(frame, log),
            tap::Body::Plain { sink, data, .. } => self.plain(frame, *sink, data),
        }
    }

    /// Plaintext is kept up to a bound: an app cannot fill the disk. What is beyond is a loss.
    fn plaintext(&mut self, frame: &Frame, log: &Log) {
        let body = plaintext(frame);
        let second = frame.t_ns / 1_000_000_000;
        if self.kept.0 != second {
            self.kept = (second, 0);
        }
        let before = self.kept.1;
        if let Body::Plaintext { data, .. } = &body {
            self.kept.1 += data.0.len();
        }
        let t = T(frame.t_ns);
        if self.kept.1 <= KEPT_MAX {
            log.record(t, Source::Plaintext, body);
        } else if before <= KEPT_MAX {
            let to = T((second + 1).saturating_mul(1_000_000_000));
            let body = Body::Gap {
                span: Span { from: t, to },
                lost: None,
                why: "more plaintext in a second than is kept".to_owned(),
            };
            log.record(t, Source::Plaintext, body);
        }
    }

    /// Samples handed to an encoder are measured, and dropped. Packets handed to SRTP have no reader
    /// in this version.
    fn plain(&mut self, frame: &Frame, sink: Sink, data: &[u8]) {
        let Some(power) = mean_power(sink, data) else {
            return;
        };
        let at = (frame.t_ns / HOP_NS, frame.pid, sink);
        let fed = self.fed.entry(at).or_insert_with(|| Fed {
            command: frame.command(),
            calls: 0,
            power: 0.0,
        });
        fed.calls += 1;
        fed.power += power;
    }

    fn read(&mut self, frame: &Frame, door: Door, bytes: u32, data: &[u8]) {
        let at = (frame.t_ns / HOP_NS, frame.pid, door);
        let hop = self.open.entry(at).or_insert_with(|| Hop {
            command: frame.command(),
            calls: 0,
            bytes: 0,
            contents: HashSet::new(),
            silent: true,
        });
        hop.calls += 1;
        hop.bytes += u64::from(bytes);
        hop.silent &= !data.is_empty() && data.iter().all(|&byte| byte == 0);
        if hop.contents.len() < DISTINCT_MAX {
            let mut hasher = DefaultHasher::new();
            data.hash(&mut hasher);
            hop.contents.insert(hasher.finish());
        }
    }

    /// Writes the hops that ended before `now`, and one more for what is still under way.
    fn flush(&mut self, now: T, log: &Log) {
        let last = (now.0 / HOP_NS).saturating_sub(2);
        let keep = self.open.split_off(&(last, 0, Door::Pulse));
        for ((hop, pid, door), seen) in std::mem::replace(&mut self.open, keep) {
            let body = Body::Reads {
                hop_ns: HOP_NS,
                door: door.name().to_owned(),
                command: seen.command,
                pid,
                calls: seen.calls,
                bytes: seen.bytes,
                distinct: seen.contents.len() as u32,
                silent: seen.silent,
            };
            log.record(T(hop * HOP_NS), Source::Reads, body);
        }
        let keep = self.fed.split_off(&(last, 0, Sink::OpenSsl));
        for ((hop, pid, sink), fed) in std::mem::replace(&mut self.fed, keep) {
            let level = 10.0 * (fed.power / f64::from(fed.calls)).log10();
            let body = Body::Encoded {
                hop_ns: HOP_NS,
                codec: sink.name().to_owned(),
                command: fed.command,
                pid,
                calls: fed.calls,
                rms_dbfs: (level as f32).max(record::SILENCE_DBFS),
            };
            log.record(T(hop * HOP_NS), Source::Plaintext, body);
        }
    }
}

/// Plaintext as it is written down: without the secrets that stand in the open.
fn plaintext(frame: &Frame) -> Body {
    let tap::Body::Plain {
        sink,
        connection,
        bytes,
        data,
        ..
    } = &frame.body
    else {
        unreachable!("asked for plaintext alone")
    };
    let mut data = data.clone();
    wire::secrets::mask(&mut data);
    Body::Plaintext {
        library: sink.name().to_owned(),
        command: frame.command(),
        pid: frame.pid,
        connection: *connection,
        bytes: *bytes,
        data: Bytes(data),
    }
}

/// Mean power of samples on a scale where full scale is 1; nothing for what are no samples.
fn mean_power(sink: Sink, data: &[u8]) -> Option<f64> {
    let samples: Vec<f64> = match sink {
        Sink::OpusEncode => {
            let (pairs, _) = data.as_chunks::<2>();
            let sample = |pair: &[u8; 2]| f64::from(i16::from_le_bytes(*pair)) / 32_768.0;
            pairs.iter().map(sample).collect()
        }
        Sink::OpusEncodeFloat => {
            let (quads, _) = data.as_chunks::<4>();
            let sample = |quad: &[u8; 4]| f64::from(f32::from_le_bytes(*quad));
            quads.iter().map(sample).filter(|s| s.is_finite()).collect()
        }
        _ => return None,
    };
    // A call whose samples could not be copied says nothing of them.
    let n = Some(samples.len()).filter(|n| *n > 0)?;
    Some(samples.iter().map(|s| s * s).sum::<f64>() / n as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_the_power_that_they_have() {
        let half: Vec<u8> = (0..100).flat_map(|_| 16_384i16.to_le_bytes()).collect();
        assert_eq!(mean_power(Sink::OpusEncode, &half), Some(0.25));
        let tenth: Vec<u8> = (0..100).flat_map(|_| (-0.1f32).to_le_bytes()).collect();
        let power = mean_power(Sink::OpusEncodeFloat, &tenth).unwrap();
        assert!((power - 0.01).abs() < 1e-6);
        assert_eq!(mean_power(Sink::OpusEncode, &[1]), None);
        assert_eq!(mean_power(Sink::OpenSsl, b"GET /"), None);
    }
}
