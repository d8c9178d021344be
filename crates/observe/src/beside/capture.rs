//! What one device sends and receives, into a file while it comes.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use stage::clock::clock_pair;
use wire::link::Mac;
use wire::pcapng::{LINK_ETHERNET, Section, Writer};

use crate::RingSize;
use crate::beside::device::{Asked, Device, Nobody, Seen};
use crate::beside::interface::Interface;
use crate::packets::SNAPLEN;
use crate::ring::Ring;

/// The ring is emptied so often.
const EVERY: Duration = Duration::from_millis(20);
/// Looks at whether the interface is still there.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(250);
/// Whoever asks for the only device there is waits so long for a second one.
const ALONE_FOR: Duration = Duration::from_secs(5);
/// Bytes that are kept: as many as are judged.
const BYTES_MAX: u64 = 1 << 30;

/// A capture that takes nothing down yet.
pub struct Capture {
    ring: Ring,
    interface: Interface,
}

/// What a capture has taken down.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Captured {
    /// Wall times between which everything was seen, nanoseconds since 1970: in order, none touching another.
    pub covered: Vec<(u64, u64)>,
    /// Packets of the device.
    pub packets: u64,
}

/// A capture that runs.
pub struct Running {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<io::Result<Captured>>,
}

/// Wall time, nanoseconds since 1970.
fn wall() -> u64 {
    match clock_pair().1 {
        record::Body::ClockPair { realtime_ns, .. } => realtime_ns,
        _ => 0,
    }
}

impl Capture {
    /// Begins to listen, by a socket for packets.
    pub fn begin(socket: OwnedFd, interface: Interface) -> io::Result<Capture> {
        let ring = Ring::on(socket, RingSize::default())?;
        ring.bind(&interface.name)?;
        Ok(Capture { ring, interface })
    }

    /// Waits until it is known which device is meant, at most for `within`.
    pub fn device(&mut self, asked: &Asked, within: Duration) -> Result<Device, Nobody> {
        let begun = Instant::now();
        let mut seen = Seen::default();
        loop {
            self.ring
                .drain(|_, _, frame| seen.add(self.interface.mac, frame));
            let waits = begun.elapsed();
            match seen.device(asked) {
                Ok(device) if *asked != Asked::Only || waits >= ALONE_FOR => return Ok(device),
                Err(nobody) if waits >= within => return Err(nobody),
                Err(several @ Nobody::Several(_)) => return Err(several),
                _ => thread::sleep(EVERY),
            }
        }
    }

    /// Takes down what the device sends and receives, into a new file.
    pub fn of(self, device: &Device, file: &Path) -> io::Result<Running> {
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file)?;
        let section = Section {
            application: format!("muteproof {}", env!("CARGO_PKG_VERSION")),
            os: "Linux".to_owned(),
            comments: vec![format!(
                "the packets of one device, taken on {}",
                self.interface.name
            )],
        };
        let mut writer = Writer::new(&section);
        let number = writer.interface(&self.interface.name, LINK_ETHERNET, SNAPLEN);
        let stop = Arc::new(AtomicBool::new(false));
        let mut taking = Taking {
            capture: self,
            mac: device.mac,
            file,
            writer,
            number,
            bytes: 0,
            since: None,
            seen_until: 0,
            captured: Captured::default(),
        };
        // What came before is nobody's concern.
        taking.capture.ring.drain(|_, _, _| {});
        let _ = taking.capture.ring.drops();
        let told = stop.clone();
        let thread = thread::spawn(move || taking.run(&told));
        Ok(Running { stop, thread })
    }
}

impl Running {
    /// Ends it.
    pub fn end(self) -> io::Result<Captured> {
        self.stop.store(true, Ordering::Relaxed);
        let ended = self.thread.join();
        ended.unwrap_or_else(|_| Err(io::Error::other("the capture panicked")))
    }
}

struct Taking {
    capture: Capture,
    mac: Mac,
    file: File,
    writer: Writer,
    number: u32,
    bytes: u64,
    /// Since when nothing was lost; nothing while something is.
    since: Option<u64>,
    /// Until when that is known.
    seen_until: u64,
    captured: Captured,
}

impl Taking {
    fn run(mut self, stop: &AtomicBool) -> io::Result<Captured> {
        let mut looked = Instant::now();
        self.seen_until = wall();
        self.since = Some(self.seen_until);
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(EVERY);
            self.take()?;
            if looked.elapsed() >= LOOKED_AT_EVERY {
                looked = Instant::now();
                self.look();
            }
        }
        // What the kernel has not handed over yet.
        thread::sleep(2 * EVERY);
        self.take()?;
        self.lose();
        Ok(self.captured)
    }

    /// Whether the interface is there: one that comes back is another one to the socket.
    fn look(&mut self) {
        let interface = &self.capture.interface;
        match (interface.is_up(), self.since) {
            (false, Some(_)) => self.lose(),
            (true, None)
                if self.bytes < BYTES_MAX && self.capture.ring.bind(&interface.name).is_ok() =>
            {
                self.seen_until = wall();
                self.since = Some(self.seen_until);
            }
            _ => {}
        }
    }

    /// From `seen_until` on something is missing.
    fn lose(&mut self) {
        if let Some(since) = self.since.take() {
            self.captured.covered.push((since, self.seen_until));
        }
    }

    fn take(&mut self) -> io::Result<()> {
        let now = wall();
        let Taking {
            capture,
            mac,
            writer,
            number,
            captured,
            bytes,
            ..
        } = self;
        capture.ring.drain(|realtime_ns, orig_len, frame| {
            let is_its = frame.get(..6) == Some(&mac[..]) || frame.get(6..12) == Some(&mac[..]);
            if is_its && *bytes < BYTES_MAX {
                *bytes += frame.len() as u64;
                captured.packets += 1;
                writer.packet(*number, realtime_ns, orig_len, frame);
            }
        });
        if self.capture.ring.drops()? > 0 || self.bytes >= BYTES_MAX {
            self.lose();
            if self.bytes < BYTES_MAX {
                self.since = Some(now);
            }
        }
        // Frames of a block that is not full yet come a little later.
        self.seen_until = self
            .seen_until
            .max(now.saturating_sub(EVERY.as_nanos() as u64));
        let bytes = self.writer.take();
        self.file.write_all(&bytes)
    }
}
