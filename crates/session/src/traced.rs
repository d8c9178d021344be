//! What the privileged helper hands over, from bytes to records.
//!
//! The helper copies bytes and does not look at them; here, without privilege, they are counted.
//! Audio is looked at and dropped: of the sound that an app read, number, size, levels and a hash are
//! kept; the sound itself only where that was asked for.

mod keep;
mod sound;

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
use record::{Body, Bytes, Carried, MonotonicNs, Source, Span};
use stage::clock::now;
use tap::{Api, Ends, Frame, Reader, Sink};

use crate::log::Log;
use crate::protocol::Tap;
use crate::traced::keep::KeptAudio;
use crate::traced::sound::{Measured, dbfs, mean_power};

/// Calls are added up over this long: as fine as a block needs, and few records.
const HOP_NS: u64 = 100_000_000;

/// A loss lies at most this long before it is told.
const LOST_WITHIN_NS: i64 = 2_000_000_000;

/// Plaintext of a second that is kept, bytes: a hundred times what telemetry needs.
const KEPT_MAX: usize = 1 << 20;

/// Sockets of a second that are written down.
const OWNERS_MAX: usize = 1_000;

/// Different contents of a hop are counted up to here.
const DISTINCT_MAX: usize = 1_000;

/// Takes the helper's pipe for the session. Must come before anything else is started here: the
/// audited app may not inherit it.
pub(crate) fn take(tap: &Tap) -> Result<OwnedFd, String> {
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
pub(crate) struct Starting(Receiver<()>);

impl Starting {
    /// Waits until every call is seen, or nothing will be.
    pub(crate) fn wait(&self) {
        // Disconnected is an answer too: there is no helper, or it has ended.
        let _ = self.0.recv_timeout(READY_WITHIN);
    }
}

/// Records what comes through the pipe until it ends.
/// What is in `planted` is no secret, wherever it stands.
pub(crate) fn start(
    pipe: Result<OwnedFd, String>,
    keep_audio: bool,
    planted: Vec<String>,
    log: Log,
) -> Starting {
    let (ready, waits) = channel();
    match pipe {
        Ok(pipe) => drop(thread::spawn(move || {
            let hops = Hops {
                audio: keep_audio.then(KeptAudio::default),
                planted,
                ..Hops::default()
            };
            run(File::from(pipe), hops, &log, ready)
        })),
        Err(why) => log.record(now(), Source::Reads, Body::Unavailable { why }),
    }
    Starting(waits)
}

fn run(mut pipe: File, mut hops: Hops, log: &Log, ready: Sender<()>) {
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
    hops.flush(MonotonicNs(u64::MAX), log);
    log.record(now(), Source::Reads, Body::Detached { why });
}

/// Calls of a process through a library, by the hop in which they were.
#[derive(Default)]
struct Hops {
    open: BTreeMap<(u64, u32, Api), Hop>,
    /// What is no secret in it.
    planted: Vec<String>,
    /// Plaintext kept, bytes.
    kept: Budget,
    /// Sockets written down.
    owners: Budget,
    /// The hop in which data of a source was last told as not copied.
    uncopied: BTreeMap<Source, u64>,
    /// Samples handed to encoders, likewise.
    fed: BTreeMap<(u64, u32, Sink), Fed>,
    /// The sound itself, where it is kept.
    audio: Option<KeptAudio>,
}

struct Hop {
    command: String,
    calls: u32,
    bytes: u64,
    contents: HashSet<u64>,
    silent: bool,
    measured: Measured,
}

/// What a second may cost: an app cannot fill the disk.
#[derive(Default)]
struct Budget {
    second: u64,
    spent: usize,
}

impl Budget {
    /// Whether there is room for so much more; where it has just run out, until when.
    fn take(&mut self, t_ns: u64, amount: usize, most: usize) -> Result<(), Option<MonotonicNs>> {
        let second = t_ns / 1_000_000_000;
        if self.second != second {
            (self.second, self.spent) = (second, 0);
        }
        let before = self.spent;
        self.spent = before.saturating_add(amount);
        let end = MonotonicNs((second + 1).saturating_mul(1_000_000_000));
        match self.spent <= most {
            true => Ok(()),
            false => Err((before <= most).then_some(end)),
        }
    }
}

struct Fed {
    command: String,
    calls: u32,
    /// Sum over the calls of each one's mean.
    power: f64,
}

impl Hops {
    fn take(&mut self, frame: &Frame, log: &Log) {
        let t = MonotonicNs(frame.t_ns);
        let record = |body| log.record(t, Source::Reads, body);
        match &frame.body {
            tap::Body::Read { uncopied, .. } => {
                if *uncopied {
                    self.tell_uncopied(frame, Source::Reads, log);
                }
                if let Some(audio) = &mut self.audio {
                    audio.take(frame, log);
                }
                self.read(frame);
            }
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
                sink,
                data,
                uncopied,
                ..
            } => {
                if *uncopied {
                    self.tell_uncopied(frame, Source::Plaintext, log);
                }
                match sink {
                    Sink::OpenSsl | Sink::GnuTls | Sink::Nss | Sink::SrtpProtect => {
                        self.plaintext(frame, log);
                    }
                    Sink::OpusEncode | Sink::OpusEncodeFloat => self.plain(frame, *sink, data),
                }
            }
            tap::Body::Socket { socket, ends } => self.owner(frame, *socket, ends, log),
        }
    }

    /// Bytes that were there and could not be copied are a loss, told once a hop.
    fn tell_uncopied(&mut self, frame: &Frame, source: Source, log: &Log) {
        let hop = frame.t_ns / HOP_NS;
        if self.uncopied.insert(source, hop) == Some(hop) {
            return;
        }
        let t = MonotonicNs(frame.t_ns);
        let body = Body::Gap {
            span: Span { from: t, to: t },
            lost: None,
            why: "bytes of a call could not be copied".to_owned(),
        };
        log.record(t, source, body);
    }

    /// Whose a socket is.
    fn owner(&mut self, frame: &Frame, socket: u64, ends: &Ends, log: &Log) {
        let t = MonotonicNs(frame.t_ns);
        let body = match self.owners.take(frame.t_ns, 1, OWNERS_MAX) {
            Ok(()) => Body::Owner {
                socket,
                command: frame.command(),
                pid: frame.pid,
                protocol: protocol(ends.protocol),
                local: ends.local.to_string(),
                remote: ends.remote.map(|remote| remote.to_string()),
            },
            Err(Some(to)) => Body::Gap {
                span: Span { from: t, to },
                lost: None,
                why: "more sockets in a second than are written down".to_owned(),
            },
            Err(None) => return,
        };
        log.record(t, Source::Sockets, body);
    }

    /// Plaintext is kept up to a bound. What is beyond is a loss.
    fn plaintext(&mut self, frame: &Frame, log: &Log) {
        let t = MonotonicNs(frame.t_ns);
        let tap::Body::Plain { data, .. } = &frame.body else {
            return;
        };
        let body = match self.kept.take(frame.t_ns, data.len(), KEPT_MAX) {
            Ok(()) => plaintext(frame, &self.planted),
            Err(Some(to)) => Some(Body::Gap {
                span: Span { from: t, to },
                lost: None,
                why: "more plaintext in a second than is kept".to_owned(),
            }),
            Err(None) => None,
        };
        if let Some(body) = body {
            log.record(t, Source::Plaintext, body);
        }
    }

    /// Samples handed to an encoder are measured, and dropped.
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

    fn read(&mut self, frame: &Frame) {
        let tap::Body::Read {
            door,
            bytes,
            samples,
            data,
            ..
        } = &frame.body
        else {
            return;
        };
        let at = (frame.t_ns / HOP_NS, frame.pid, *door);
        let hop = self.open.entry(at).or_insert_with(|| Hop {
            command: frame.command(),
            calls: 0,
            bytes: 0,
            contents: HashSet::new(),
            silent: true,
            measured: Measured::default(),
        });
        hop.calls += 1;
        hop.bytes += u64::from(*bytes);
        hop.measured.add(*samples, data);
        hop.silent &= !data.is_empty() && data.iter().all(|&byte| byte == 0);
        if hop.contents.len() < DISTINCT_MAX {
            let mut hasher = DefaultHasher::new();
            data.hash(&mut hasher);
            hop.contents.insert(hasher.finish());
        }
    }

    /// Writes the hops that ended before `now`, and one more for what is still under way.
    fn flush(&mut self, now: MonotonicNs, log: &Log) {
        let last = (now.0 / HOP_NS).saturating_sub(2);
        let keep = self.open.split_off(&(last, 0, Api::Pulse));
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
                rms_dbfs: seen.measured.levels().map(|(rms, _)| rms),
                peak_dbfs: seen.measured.levels().map(|(_, peak)| peak),
                hash: Some(seen.measured.hash()),
            };
            log.record(MonotonicNs(hop * HOP_NS), Source::Reads, body);
        }
        let keep = self.fed.split_off(&(last, 0, Sink::OpenSsl));
        for ((hop, pid, sink), fed) in std::mem::replace(&mut self.fed, keep) {
            let body = Body::Encoded {
                hop_ns: HOP_NS,
                codec: sink.name().to_owned(),
                command: fed.command,
                pid,
                calls: fed.calls,
                rms_dbfs: dbfs(fed.power / f64::from(fed.calls)),
            };
            log.record(MonotonicNs(hop * HOP_NS), Source::Plaintext, body);
        }
    }
}

/// Plaintext as it is written down: without the secrets that stand in the open.
fn plaintext(frame: &Frame, planted: &[String]) -> Option<Body> {
    let tap::Body::Plain {
        sink,
        connection,
        bytes,
        wire,
        data,
        ..
    } = &frame.body
    else {
        return None;
    };
    let mut masked = data.clone();
    // An RTP packet has no place for words.
    if *sink != Sink::SrtpProtect {
        let planted: Vec<&[u8]> = planted.iter().map(String::as_bytes).collect();
        wire::secrets::mask(&mut masked, &planted);
    }
    let n_masked = masked.iter().zip(data).filter(|(a, b)| a != b).count();
    Some(Body::Plaintext {
        library: sink.name().to_owned(),
        command: frame.command(),
        pid: frame.pid,
        connection: *connection,
        bytes: *bytes,
        data: Bytes(masked),
        masked: n_masked as u32,
        carried: wire.as_ref().and_then(carried),
    })
}

fn carried(wire: &tap::Wire) -> Option<Carried> {
    let numbered = wire.from_seq != wire.to_seq;
    Some(Carried {
        protocol: protocol(wire.ends.protocol),
        local: wire.ends.local.to_string(),
        remote: wire.ends.remote?.to_string(),
        from_seq: numbered.then_some(wire.from_seq),
        to_seq: numbered.then_some(wire.to_seq),
    })
}

/// An IP protocol's name as packets have it.
fn protocol(number: u16) -> String {
    match number {
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        other => other.to_string(),
    }
}
