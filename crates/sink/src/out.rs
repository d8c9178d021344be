//! Where events go: a line each, on standard output, and never so many at once that memory is short.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use nix::time::{ClockId, clock_gettime};

use crate::event::{Event, LINE_MAX};

/// Bytes that wait to be read.
const WAITING_MAX: usize = 64 << 20;

/// Takes events from any thread. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Out {
    lines: Sender<Vec<u8>>,
    waiting: Arc<AtomicUsize>,
    lost: Arc<AtomicU64>,
}

impl Out {
    /// Writes to `to` from now on; when that is closed, this process has nobody to tell, and ends.
    pub(crate) fn start(to: impl Write + Send + 'static) -> Out {
        let (lines, received) = channel();
        let out = Out {
            lines,
            waiting: Arc::default(),
            lost: Arc::default(),
        };
        let waiting = out.waiting.clone();
        thread::spawn(move || {
            if write(&received, &waiting, to).is_err() {
                std::process::exit(0);
            }
        });
        out
    }

    pub(crate) fn tell(&self, event: &Event) {
        let Ok(mut line) = serde_json::to_vec(event) else {
            return;
        };
        line.push(b'\n');
        let long = line.len() as u64 > LINE_MAX;
        if long || self.waiting.load(Ordering::Acquire) + line.len() > WAITING_MAX {
            self.lost.fetch_add(1, Ordering::AcqRel);
            return;
        }
        let events = self.lost.swap(0, Ordering::AcqRel);
        if events > 0 {
            let lost = Event::Lost {
                t: now_ns(),
                events,
            };
            self.tell(&lost);
        }
        self.waiting.fetch_add(line.len(), Ordering::AcqRel);
        // The writer ends with the process.
        let _ = self.lines.send(line);
    }
}

fn write(lines: &Receiver<Vec<u8>>, waiting: &AtomicUsize, mut to: impl Write) -> io::Result<()> {
    for line in lines {
        to.write_all(&line)?;
        to.flush()?;
        waiting.fetch_sub(line.len(), Ordering::AcqRel);
    }
    Ok(())
}

/// `CLOCK_MONOTONIC`, nanoseconds.
pub(crate) fn now_ns() -> u64 {
    // This clock is in every kernel.
    let now =
        clock_gettime(ClockId::CLOCK_MONOTONIC).map_or_else(|_| Default::default(), Into::into);
    let now: std::time::Duration = now;
    now.as_nanos() as u64
}
