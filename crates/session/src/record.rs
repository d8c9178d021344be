//! Lets the stage record: starts it, speaks with it, waits for its end.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::lchown;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::error::Error;
use crate::hidden::STAGE_COMMAND;
use crate::lifeline::Lifeline;
use crate::outside;
use crate::protocol::{Ask, FromStage, Job, Steps, Tell, ToStage, TryStep, send};
use crate::tracing::Tracing;

/// Who shows what goes on, and says when the question is decided.
pub trait Watch {
    /// Everything is started: whatever is read from here on by this thread was written by the stage.
    fn begin(&mut self) -> io::Result<()> {
        Ok(())
    }
    /// Time until the next look.
    fn pause(&self) -> Duration;
    /// Looks; why the run may end now, where it may.
    fn look(&mut self) -> Option<String>;
    /// The stage has ended.
    fn end(&mut self);
}

/// Who asks the person and tells them what goes on; what they answer goes to the [`Lifeline`].
pub trait Person: Send + Sync {
    /// Asks; the answer comes when it comes.
    fn ask(&self, ask: Ask);
    /// Says what goes on.
    fn tell(&self, tell: &Tell);
    /// Says how a step of a try went.
    fn tried(&self, _step: TryStep) {}
    /// Hands over what was recorded.
    fn recorded(&self, _steps: Steps) {}
}

/// How a stage ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The session went its whole course.
    Whole,
    /// It could not go on, and why; what was recorded until then is in the bundle.
    Failed(String),
}

/// Records the session of `job` on a stage: `program` again, which must hand its hidden commands to
/// [`crate::hidden`]. Returns when the stage has ended.
pub fn record(
    program: &Path,
    mut job: Job,
    watch: &mut dyn Watch,
    lifeline: &Lifeline,
    tracing: Tracing,
    person: Option<Arc<dyn Person>>,
) -> Result<Ended, Error> {
    let dir = job.dir.clone();
    let lent = stage::user::lent();
    if let Some(lent) = lent {
        give(&dir, lent.uid, lent.gid).map_err(Error::NoStage)?;
    }
    let mut stage = Command::new(program);
    stage.arg(STAGE_COMMAND);
    for wanted in job.wanted() {
        *wanted = std::path::absolute(&wanted).map_err(Error::NoStage)?;
        stage.arg(wanted);
    }
    // Ctrl-C at a terminal is for this process to say what it means; and the stage has no terminal.
    // SAFETY: between fork and exec, one async-signal-safe system call.
    unsafe {
        stage.pre_exec(|| nix::unistd::setsid().map(drop).map_err(Into::into));
    }
    let mut stage = stage
        .current_dir(&dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Error::NoStage)?;
    let mut pipe = stage.stdin.take().expect("piped");
    let mut said = stage.stderr.take().expect("piped");
    let lines = stage.stdout.take().expect("piped");
    let pid = stage.id();
    // A stage that ended at once says why on standard error.
    let _ = send(&mut pipe, &ToStage::Job(Box::new(job)));
    lifeline.hold(pipe);
    let outer = lifeline.clone();
    let heard = thread::spawn(move || {
        let other = |message| heard(message, pid, person.as_deref(), &outer);
        tracing.follow(lines, other).inspect_err(|why| {
            // What cannot be read cannot be done either: the session must not go on without it.
            outer.say(&ToStage::Stop { why: why.clone() });
        })
    });
    let errors = thread::spawn(move || {
        let mut text = String::new();
        let _ = said.read_to_string(&mut text);
        text
    });
    watch.begin().map_err(Error::NoStage)?;
    let status = wait(stage, watch, lifeline);
    // The number was nobody's, and is nobody's again.
    if lent.is_some_and(|lent| !lent.of_a_person) {
        give(&dir, 0, 0).map_err(Error::NoStage)?;
    }
    lifeline.let_go();
    // The stage has ended, so its output has, and the helper is told to end.
    let unreadable = heard.join().ok().and_then(Result::err);
    let text = errors.join().unwrap_or_default();
    if let Some(why) = unreadable {
        return Ok(Ended::Failed(why));
    }
    if status.is_some_and(|status| status.success()) {
        return Ok(Ended::Whole);
    }
    // Sound servers and displays talk too; the last line is the session's own.
    let last = text.trim().lines().last().map(str::to_owned);
    let silent = || "the stage ended without a word".to_owned();
    Ok(Ended::Failed(
        last.or_else(|| lifeline.stopped()).unwrap_or_else(silent),
    ))
}

/// Gives a folder and all that lies in it to somebody. Links are theirs, not what they lead to.
fn give(folder: &Path, uid: u32, gid: u32) -> io::Result<()> {
    lchown(folder, Some(uid), Some(gid))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => give(&entry.path(), uid, gid)?,
            false => lchown(entry.path(), Some(uid), Some(gid))?,
        }
    }
    Ok(())
}

/// What the session wants of the process that a person started, but for tracing.
fn heard(message: FromStage, stage: u32, person: Option<&dyn Person>, lifeline: &Lifeline) {
    match message {
        FromStage::JoinOutside => {
            let lifeline = lifeline.clone();
            outside::start(stage, move |how| {
                lifeline.say(&ToStage::OutsideEnded { how });
            });
        }
        FromStage::Ask(ask) => {
            if let Some(person) = person {
                person.ask(ask);
            }
        }
        FromStage::Tell(tell) => {
            if let Some(person) = person {
                person.tell(&tell);
            }
        }
        FromStage::Recorded(steps) => {
            if let Some(person) = person {
                person.recorded(steps);
            }
        }
        FromStage::Try(step) => {
            if let Some(person) = person {
                person.tried(step);
            }
        }
        FromStage::AppNetwork { .. } => {}
    }
}

/// How the stage ended; nothing where that could not be learned.
fn wait(mut stage: Child, watch: &mut dyn Watch, lifeline: &Lifeline) -> Option<ExitStatus> {
    let (done, ended) = channel();
    thread::spawn(move || done.send(stage.wait()));
    loop {
        match ended.recv_timeout(watch.pause()) {
            Ok(status) => {
                watch.end();
                return status.ok();
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some(why) = watch.look() {
                    lifeline.say(&ToStage::Decided { why });
                }
            }
            Err(RecvTimeoutError::Disconnected) => return None,
        }
    }
}
