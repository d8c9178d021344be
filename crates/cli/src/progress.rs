//! What a person sees of a running audit, and when it may end before its time.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use record::Manifest;
use report::{Decided, Lang, Running};
use session::Watch;

use crate::fail::Fail;
use crate::printer;

/// Remaining time and live evidence: the same function as the verdict's, on the bundle's prefix.
pub struct Progress {
    dir: PathBuf,
    /// The language to talk in; nothing where nothing is to be said.
    talk: Option<Lang>,
    began: Instant,
    planned: Duration,
    pause: Duration,
    terminal: bool,
    until: Option<Until>,
    /// Whether somebody else has the terminal at the moment.
    busy: Arc<AtomicBool>,
}

/// Until when a run goes on that may end before its time.
#[derive(Debug, Clone, Copy)]
pub struct Until {
    /// Bits a block that our own guessers can at most have learned.
    bound: Option<f64>,
}

impl Until {
    /// What was asked for; nothing where the run has its planned length.
    pub fn new(stop_early: bool, bound: Option<f64>) -> Result<Option<Until>, Fail> {
        if let Some(bits) = bound
            && !(bits > 0.0 && bits < 1.0)
        {
            return Err(Fail::Bound { bits });
        }
        Ok(stop_early.then_some(Until { bound }))
    }

    /// Why the run may end now.
    fn reached(&self, now: &verdict::Progress) -> Option<Decided> {
        if now.leaks && now.named {
            let log10_w = now.muted_log10_w;
            return Some(Decided::Leak { log10_w });
        }
        let bits = now.bits_per_block_at_most;
        let low = self.bound.is_some_and(|bound| bits <= bound);
        (low && now.muted_blocks > 0 && !now.leaks).then_some(Decided::Bound { bits })
    }
}

/// Time that a session needs beside its two phases: coming up, joining, settling.
const AROUND: Duration = Duration::from_secs(20);

impl Progress {
    /// Says what is about to begin, if it may talk.
    pub fn new(
        manifest: &Manifest,
        dir: &Path,
        talk: Option<Lang>,
        until: Option<Until>,
    ) -> Progress {
        let protocol = &manifest.protocol;
        let blocks = protocol.control_blocks + protocol.muted_blocks + protocol.attention_blocks();
        let planned = Duration::from_nanos(u64::from(blocks) * protocol.block_ns) + AROUND;
        let terminal = printer::err_is_terminal();
        if let Some(lang) = talk {
            printer::err(&words(lang, &Running::Begins { manifest, planned }));
        }
        let (dir, began) = (dir.to_owned(), Instant::now());
        Progress {
            dir,
            talk,
            began,
            planned,
            pause: Duration::from_secs(2),
            terminal,
            until,
            busy: Arc::default(),
        }
    }

    /// Says nothing while this holds.
    pub fn silent_while(&mut self, busy: Arc<AtomicBool>) {
        self.busy = busy;
    }
}

impl Watch for Progress {
    /// Root has started what needs it; reading and judging needs nothing but the folder of the audit.
    fn begin(&mut self) -> io::Result<()> {
        let out = self.dir.parent().unwrap_or(&self.dir);
        files::confine(&[out])
    }

    fn pause(&self) -> Duration {
        self.pause
    }

    fn look(&mut self) -> Option<String> {
        if self.talk.is_none() && self.until.is_none() {
            self.pause = Duration::from_secs(60);
            return None;
        }
        let began = Instant::now();
        let seen = analysis::progress(&self.dir);
        // Looking may cost at most a twentieth of one core, however long the session is.
        self.pause =
            (began.elapsed() * 20).max(Duration::from_secs(if self.terminal { 2 } else { 15 }));
        if self.until.is_some() {
            self.pause = self
                .pause
                .min(Duration::from_secs(5))
                .max(began.elapsed() * 20);
        }
        if let Some(lang) = self.talk.filter(|_| !self.busy.load(Ordering::Acquire)) {
            let left = self.planned.saturating_sub(self.began.elapsed());
            let seen = seen.as_ref();
            let line = words(lang, &Running::GoesOn { left, seen });
            if self.terminal {
                printer::err_anew(&line);
            } else {
                printer::err(&line);
            }
        }
        let why = self.until?.reached(&seen?)?;
        // It becomes a fact of the bundle, and those are in English whoever recorded them.
        Some(report::decided(Lang::En, &why).unwrap_or_else(|e| e.to_string()))
    }

    /// Leaves the terminal's line empty.
    fn end(&mut self) {
        if self.talk.is_some() && self.terminal {
            printer::err_anew("");
        }
    }
}

/// A message that is missing is a mistake of ours, and no reason to end an audit.
fn words(lang: Lang, say: &Running) -> String {
    report::running(lang, say).unwrap_or_else(|e| e.to_string())
}
