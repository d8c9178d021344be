//! Programs that a recipe or the stage started: their output as lines, and their end.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use recipe::On;

use crate::ns::{NsError, doing};
use crate::terminal::{self, Terminal};

/// Lines of one program that are kept in memory for waiting steps.
const LINES_KEPT: usize = 4096;

/// Bytes of one program's output that are kept in the bundle; an app cannot fill the disk.
const LOG_BYTES_MAX: u64 = 1 << 20;

/// A longer line is cut: an app cannot fill the memory either.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// How long an ended program's last lines are waited for.
const LAST_LINES_WITHIN: Duration = Duration::from_millis(500);

/// How long a sound server, a bus or a display may take to come up.
const UP_WITHIN: Duration = Duration::from_secs(20);

/// A started program.
#[derive(Debug)]
pub struct Program {
    name: String,
    pid: i32,
    stdin: Option<ChildStdin>,
    terminal: Option<Terminal>,
    on: On,
    output: Arc<Output>,
    log: Log,
    /// Whether its end is wanted: nobody is told of it then.
    may_end: Arc<AtomicBool>,
}

/// The log file and the bytes that it may still take.
type Log = Arc<Mutex<(File, u64)>>;

#[derive(Debug, Default)]
struct Output {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: VecDeque<String>,
    /// How many lines were ever seen: the number of the line after the last kept one.
    seen: u64,
    ended: Option<String>,
}

/// Why a line that was waited for did not come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoLine {
    /// The time was up.
    Timeout,
    /// The program ended first; how.
    Ended(String),
}

impl Program {
    /// Starts `command`. Its output goes to `log` (cut at a mebibyte; one of the same name that was before it is
    /// gone on with) and is kept as lines; `on_end` is told how it ended.
    pub fn start(
        name: &str,
        mut command: Command,
        log: &Path,
        on_end: impl FnOnce(String) + Send + 'static,
    ) -> Result<Program, NsError> {
        let what = format!("start {name}");
        let log = log_at(log)?;
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = doing(what, command.spawn())?;
        let pid = child.id() as i32;
        let stdin = child.stdin.take();
        let (out, err) = (child.stdout.take(), child.stderr.take());
        let output = Arc::new(Output::default());
        let readers: Vec<_> = [
            out.map(|o| Box::new(o) as Box<dyn Read + Send>),
            err.map(|e| Box::new(e) as Box<dyn Read + Send>),
        ]
        .into_iter()
        .flatten()
        .map(|stream| {
            let (output, log) = (output.clone(), log.clone());
            thread::spawn(move || read_lines(stream, &output, &log))
        })
        .collect();
        let program = Program {
            name: name.to_owned(),
            pid,
            stdin,
            terminal: None,
            on: On::App,
            output,
            log,
            may_end: Arc::default(),
        };
        program.wait(child, readers, on_end);
        Ok(program)
    }

    /// The same on a terminal.
    pub fn start_on_terminal(
        name: &str,
        mut command: Command,
        log: &Path,
        on_end: impl FnOnce(String) + Send + 'static,
    ) -> Result<Program, NsError> {
        let log = log_at(log)?;
        let (terminal, slave, written) = doing("make a terminal", Terminal::open())?;
        let end = |fd: &OwnedFd| doing("make a terminal", fd.try_clone()).map(Stdio::from);
        command
            .env("TERM", terminal::KIND)
            .stdin(end(&slave)?)
            .stdout(end(&slave)?)
            .stderr(Stdio::from(slave));
        let child = doing(format!("start {name}"), command.spawn())?;
        // With it goes our copy of the program's end, by which its last reader would wait for ever.
        drop(command);
        let (shown, kept) = (terminal.shown(), log.clone());
        let reader = thread::spawn(move || shown.show(written, |bytes| write_log(&kept, bytes)));
        let program = Program {
            name: name.to_owned(),
            pid: child.id() as i32,
            stdin: None,
            terminal: Some(terminal),
            on: On::App,
            output: Arc::default(),
            log,
            may_end: Arc::default(),
        };
        program.wait(child, vec![reader], on_end);
        Ok(program)
    }

    /// Says on which side it runs.
    #[must_use]
    pub fn on(mut self, on: On) -> Program {
        self.on = on;
        self
    }

    /// On which side it runs.
    pub(crate) fn side(&self) -> On {
        self.on
    }

    /// Its terminal, to type into.
    pub(crate) fn terminal(&mut self) -> Option<&mut Terminal> {
        self.terminal.as_mut()
    }

    /// Its terminal, to be read.
    pub(crate) fn on_terminal(&self) -> Option<&Terminal> {
        self.terminal.as_ref()
    }

    /// Ends it, and waits until it has ended: politely, and where it has not by half of the time, at once. Nobody
    /// else is told.
    pub fn end(&self, within: Duration) -> Result<(), String> {
        self.may_end.store(true, Ordering::Release);
        let begun = Instant::now();
        for (signal, until) in [(Signal::SIGTERM, within / 2), (Signal::SIGKILL, within)] {
            for pid in children(self.pid) {
                let _ = kill(Pid::from_raw(pid), signal);
            }
            while begun.elapsed() < until {
                if self.ended().is_some() {
                    return Ok(());
                }
                thread::sleep(Duration::from_millis(20));
            }
        }
        Err(format!("{} does not end", self.name))
    }

    fn wait(
        &self,
        mut child: Child,
        readers: Vec<JoinHandle<()>>,
        on_end: impl FnOnce(String) + Send + 'static,
    ) {
        let (waited, may_end) = (self.output.clone(), self.may_end.clone());
        thread::spawn(move || {
            let how = how_it_ended(&mut child);
            // Lines already written come first. But a grandchild may hold the pipes open for as long
            // as it likes, and the end of the program itself is what counts.
            let (done, read) = channel();
            thread::spawn(move || {
                readers.into_iter().for_each(|reader| drop(reader.join()));
                let _ = done.send(());
            });
            let _ = read.recv_timeout(LAST_LINES_WITHIN);
            lock(&waited.state).ended = Some(how.clone());
            waited.changed.notify_all();
            if !may_end.load(Ordering::Acquire) {
                on_end(how);
            }
        });
    }

    /// Writes nothing more to its log.
    pub fn close_log(&self) {
        lock(&self.log).1 = 0;
    }

    /// The process that was started, which waits for the one on the side, its child.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it ended, if it did.
    pub fn ended(&self) -> Option<String> {
        lock(&self.output.state).ended.clone()
    }

    /// Writes one line to its standard input.
    pub fn tell(&mut self, line: &str) -> std::io::Result<()> {
        let stdin = self.stdin.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
        stdin.write_all(format!("{line}\n").as_bytes())?;
        stdin.flush()
    }

    /// The number of the next line that it will write.
    pub fn next_line(&self) -> u64 {
        lock(&self.output.state).seen
    }

    /// Waits for a line, from number `from` on, that contains `has`.
    pub fn wait_line(&self, from: u64, has: &str, timeout: Duration) -> Result<String, NoLine> {
        let deadline = Instant::now() + timeout;
        let mut state = lock(&self.output.state);
        loop {
            let first = state.seen - state.lines.len() as u64;
            let skip = from.saturating_sub(first) as usize;
            if let Some(line) = state
                .lines
                .iter()
                .skip(skip)
                .find(|line| line.contains(has))
            {
                return Ok(line.clone());
            }
            if let Some(how) = &state.ended {
                return Err(NoLine::Ended(how.clone()));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(NoLine::Timeout);
            }
            let woken = self.output.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A thread that panicked left whole values behind: lines are pushed one at a time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn log_at(path: &Path) -> Result<Log, NsError> {
    let file = File::options().create(true).append(true).open(path);
    let file = doing(format!("write {}", path.display()), file)?;
    Ok(Arc::new(Mutex::new((file, LOG_BYTES_MAX))))
}

fn write_log(log: &Log, bytes: &[u8]) {
    let (file, left) = &mut *lock(log);
    if *left >= bytes.len() as u64 {
        *left -= bytes.len() as u64;
        // The log is a convenience; the session does not fail for it.
        let _ = file.write_all(bytes);
    }
}

/// Processes that a process started: the one on the side, of which it waits for the end.
fn children(pid: i32) -> Vec<i32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children = children.unwrap_or_default();
    children
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

fn read_lines(stream: Box<dyn Read + Send>, output: &Output, log: &Log) {
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        match stream
            .by_ref()
            .take(LINE_BYTES_MAX)
            .read_until(b'\n', &mut line)
        {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        write_log(log, &line);
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        let mut state = lock(&output.state);
        state.lines.push_back(text);
        state.seen += 1;
        if state.lines.len() > LINES_KEPT {
            state.lines.pop_front();
        }
        drop(state);
        output.changed.notify_all();
    }
}

fn how_it_ended(child: &mut Child) -> String {
    match child.wait() {
        Ok(status) => describe(status),
        Err(e) => format!("unknown ({e})"),
    }
}

/// `exit code 1` or `signal 9`. The process that waits on a side reports a signal as 128 plus its
/// number, as shells do.
fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code @ 129..=192), _) => format!("signal {}", code - 128),
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}

/// Waits until `up`, unless the child `ended` first.
pub fn until(up: impl Fn() -> bool, ended: impl Fn() -> Option<String>) -> Result<(), String> {
    let deadline = Instant::now() + UP_WITHIN;
    while !up() {
        if let Some(how) = ended() {
            return Err(format!(
                "it ended ({how}); its output is in the bundle's logs"
            ));
        }
        if Instant::now() >= deadline {
            return Err(format!(
                "it did not come up within {} s",
                UP_WITHIN.as_secs()
            ));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> Program {
        let dir = tempfile::tempdir().unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Program::start("sh", command, &dir.path().join("log"), |_| {}).unwrap()
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn a_line_is_waited_for_and_an_end_is_told() {
        let mut program = start("read x; echo got $x; exit 3");
        program.tell("hello").unwrap();
        assert_eq!(program.wait_line(0, "got", LONG), Ok("got hello".into()));
        assert_eq!(
            program.wait_line(1, "more", LONG),
            Err(NoLine::Ended("exit code 3".into()))
        );
    }

    #[test]
    fn only_later_lines_count_for_an_answer() {
        let mut program = start("echo muted no; read x; echo muted yes; read y");
        program.wait_line(0, "muted no", LONG).unwrap();
        let from = program.next_line();
        program.tell("").unwrap();
        assert_eq!(
            program.wait_line(from, "muted", LONG),
            Ok("muted yes".into())
        );
    }

    #[test]
    fn a_line_that_never_comes_is_a_timeout() {
        let program = start("read x");
        assert_eq!(
            program.wait_line(0, "x", Duration::ZERO),
            Err(NoLine::Timeout)
        );
    }
}
