//! `muteproof audit`: prepares, lets the stage record, judges what was recorded.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use bundle::{BUNDLE_DIR, RECIPE_DIR, SEAL};
use recipe::Sound;
use record::{BUNDLE_FORMAT, Manifest};
use sounds::Recorded;

use crate::analyze::{self, language};
use crate::args;
use crate::fail::Fail;
use crate::guided;
use crate::guided::terminal::{Screen, Terminal};
use crate::interrupt::on_interrupt;
use crate::job::{ASK, DECIDED, Job, OUTSIDE, OUTSIDE_ENDED, SAID, STAGE_COMMAND, Said, TELL};
use crate::outside;
use crate::progress::{Progress, Until};
use crate::subject;
use crate::tracing::Tracing;

/// `muteproof audit`.
pub fn run(args: &args::Audit) -> Result<ExitCode, Fail> {
    let found = guided::recipe(args)?;
    let mut protocol = subject::protocol(&args.profile)?;
    let recorded = args.sounds.as_deref().map(recorded).transpose()?;
    if let Some((_, library)) = &recorded {
        let labels = library.labels.len() as u32;
        protocol = stimulus::with_recordings(protocol, labels).ok_or_else(|| {
            let (profile, names) = (&args.profile, labels);
            Fail::text(format!(
                "--sounds: profile `{profile}` with {names} labels cannot be played; wanted are a profile \
                 with activities (full) and an even number of labels from 4 to 32"
            ))
        })?;
    }
    if args.transitions {
        protocol = stimulus::with_transitions(protocol);
    }
    let sound = sound(args.sound.map(Into::into), found.recipe.app.sound)?;
    let missing = subject::missing(&found, sound);
    if !missing.is_empty() {
        return Err(Fail::text(missing.join("\nmuteproof: ")));
    }
    let guiding = guided::prepare(args, &found)?;
    let mut terminal = match &guiding {
        Some(_) => Some(Terminal::open(language(args.judging.lang))?),
        None => None,
    };
    if let Some(terminal) = &mut terminal {
        terminal.warn(args.yes)?;
    }
    let started = jiff::Timestamp::now();
    let out = args.out.clone().unwrap_or_else(|| {
        let stamp = started.strftime("%Y%m%d-%H%M%S");
        PathBuf::from(format!(
            "muteproof-{}-{stamp}",
            found.name.replace(':', "-")
        ))
    });
    let manifest = Manifest {
        format: BUNDLE_FORMAT,
        tool: format!("muteproof {}", env!("CARGO_PKG_VERSION")),
        started: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        subject: subject::subject(&found)?,
        host: subject::host(sound),
        profile: args.profile.clone(),
        protocol,
        seed_sha256: String::new(),
        net: subject::net(&found),
        library: recorded.as_ref().map(|(_, library)| library.clone()),
        guided: guiding.as_ref().map(|g| guided::manifest(&found, g)),
    };
    bundle::fresh_folder(&out).map_err(Fail::text)?;
    let dir = out
        .canonicalize()
        .map_err(|e| Fail::file("find", &out, &e))?
        .join(BUNDLE_DIR);
    found.write_to(&dir.join(RECIPE_DIR))?;
    let tracing = Tracing::prepare();
    let job = Job {
        dir: dir.clone(),
        manifest,
        specimen: subject::specimen(),
        sound,
        library: recorded.map(|(folder, _)| folder),
        tap: tracing.tap(),
        keep_audio: args.keep_audio,
        camera: args.camera.as_deref().map(camera).transpose()?,
        guiding,
    };

    let talk = !args.judging.quiet && !args.judging.json;
    let until = Until::new(args)?;
    let mut progress = Progress::new(&job.manifest, &dir, talk, until);
    let lifeline = Lifeline::default();
    let screen = terminal.as_ref().map(Terminal::screen);
    if let Some(terminal) = terminal {
        progress.silent_while(terminal.screen().busy());
        let lifeline = lifeline.clone();
        terminal.listen(move |t, word| lifeline.say(SAID, &Said { t, word }));
    }
    let outcome = record(&job, progress, &lifeline, tracing, screen)?;
    if !dir.join("manifest.json").exists() {
        // Nothing was recorded at all: there is nothing to judge, and no folder to leave behind.
        let _ = fs::remove_dir_all(&out);
        let why = outcome.unwrap_or_else(|| "the stage did not start".to_owned());
        return Err(lifeline.failed(why));
    }
    if let Some(why) = outcome {
        let sealed = dir.join(SEAL).exists();
        let unsealed = if sealed { "" } else { ", not sealed" };
        let kept = format!(
            "{why}; what was recorded until then is kept in {}{unsealed}",
            out.display()
        );
        if !sealed {
            return Err(lifeline.failed(kept));
        }
        eprintln!("muteproof: {kept}");
    }
    analyze::after_audit(&out, &args.judging)
}

/// A library, by its whole path, and what the manifest says of it.
fn recorded(folder: &Path) -> Result<(PathBuf, record::Library), Fail> {
    let library = Recorded::open(folder).map_err(Fail::text)?.manifest();
    let found = folder.canonicalize();
    let found = found.map_err(|e| Fail::file("find the library", folder, &e))?;
    Ok((found, library))
}

/// A camera, by its whole path: the stage has another working folder.
fn camera(device: &Path) -> Result<PathBuf, Fail> {
    let found = device.canonicalize();
    found.map_err(|e| Fail::file("find the camera", device, &e))
}

/// The stage's sound server: what was asked for, as long as the recipe needs no other.
fn sound(asked: Option<Sound>, needed: Option<Sound>) -> Result<Sound, Fail> {
    match (asked, needed) {
        (Some(asked), Some(needed)) if asked != needed => Err(Fail::text(format!(
            "the recipe needs {needed} as its sound server: leave out --sound"
        ))),
        _ => Ok(asked.or(needed).unwrap_or_default()),
    }
}

/// How long a stage that was asked to stop may take to seal what it has.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The pipe whose end ends the stage, and what a person's Ctrl-C does to it.
#[derive(Clone, Default)]
struct Lifeline(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    pipe: Option<ChildStdin>,
    /// What the person did, in words.
    stopped: Option<String>,
}

impl Lifeline {
    fn with<T>(&self, f: impl FnOnce(&mut Held) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the pipe; from here on the first signal asks the stage to stop and the second ends it.
    fn hold(&self, pipe: ChildStdin) -> io::Result<()> {
        self.with(|held| held.pipe = Some(pipe));
        let lifeline = self.clone();
        on_interrupt(move |signal| {
            let why = format!("stopped by {signal}");
            let asked = lifeline.with(|held| match (&mut held.pipe, &held.stopped) {
                (Some(pipe), None) => {
                    let asked = writeln!(pipe, "{why}").is_ok();
                    held.stopped = Some(why);
                    asked
                }
                _ => false,
            });
            if asked {
                let lifeline = lifeline.clone();
                thread::spawn(move || {
                    thread::sleep(STOP_WITHIN);
                    lifeline.let_go();
                });
            } else if !lifeline.let_go() {
                // The stage is gone already: what is still under way is ours alone.
                std::process::exit(130);
            }
        })
    }

    /// Tells the stage that the question is decided.
    fn decide(&self, why: &str) {
        self.with(|held| {
            if let Some(pipe) = &mut held.pipe {
                // A stage that has ended needs no telling.
                let _ = writeln!(pipe, "{DECIDED}{why}");
            }
        });
    }

    /// Tells the stage something else.
    fn say(&self, what: &str, value: &impl serde::Serialize) {
        let value = serde_json::to_string(value).expect("plain data");
        self.with(|held| {
            if let Some(pipe) = &mut held.pipe {
                let _ = writeln!(pipe, "{what}{value}");
            }
        });
    }

    /// Closes the pipe; whether it was still open.
    fn let_go(&self) -> bool {
        self.with(|held| held.pipe.take()).is_some()
    }

    fn stopped(&self) -> Option<String> {
        self.with(|held| held.stopped.clone())
    }

    /// A failure with one line; its exit code is that of a stopped program if it was stopped.
    fn failed(&self, why: String) -> Fail {
        match self.stopped() {
            None => Fail::text(why),
            Some(_) => {
                eprintln!("muteproof: {why}");
                Fail::Said(130)
            }
        }
    }
}

/// Lets the stage record; `Some` is why it could not go on.
fn record(
    job: &Job,
    mut progress: Progress,
    lifeline: &Lifeline,
    tracing: Tracing,
    screen: Option<Arc<Screen>>,
) -> Result<Option<String>, Fail> {
    let mut stage = Command::new("/proc/self/exe")
        .arg(STAGE_COMMAND)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Ctrl-C at a terminal goes to the whole group: it is for this process to say what it
        // means.
        .process_group(0)
        .spawn()
        .map_err(|e| Fail::text(format!("the stage did not start: {e}")))?;
    let mut pipe = stage.stdin.take().expect("piped");
    let mut said = stage.stderr.take().expect("piped");
    let lines = stage.stdout.take().expect("piped");
    let (pid, outer) = (stage.id(), lifeline.clone());
    let other = move |line: &str| stage_said(line, pid, screen.as_deref(), &outer);
    let helper = thread::spawn(move || tracing.follow(lines, other));
    let mut line = serde_json::to_vec(job).expect("a job is plain data");
    line.push(b'\n');
    // A stage that ended at once says why on standard error.
    let _ = pipe.write_all(&line).and_then(|()| pipe.flush());
    lifeline.hold(pipe).map_err(Fail::text)?;
    let errors = thread::spawn(move || {
        let mut text = String::new();
        let _ = said.read_to_string(&mut text);
        text
    });
    let status = wait_with_progress(stage, &mut progress, lifeline)?;
    lifeline.let_go();
    // The stage has ended, so its output has, and the helper is told to end.
    let _ = helper.join();
    let text = errors.join().unwrap_or_default();
    if status {
        return Ok(None);
    }
    // Sound servers and displays talk too; the last line is the session's own.
    let last = text.trim().lines().last().map(str::to_owned);
    let silent = || "the stage ended without a word".to_owned();
    Ok(Some(
        last.or_else(|| lifeline.stopped()).unwrap_or_else(silent),
    ))
}

/// What the session wants of the process that a person started, but for tracing.
fn stage_said(line: &str, stage: u32, screen: Option<&Screen>, lifeline: &Lifeline) {
    if line == OUTSIDE {
        let lifeline = lifeline.clone();
        outside::start(stage, move |how| lifeline.say(OUTSIDE_ENDED, &how));
    }
    let Some(screen) = screen else { return };
    // What the session writes is well-formed; a line of another kind is nobody's.
    if let Some(Ok(ask)) = line.strip_prefix(ASK).map(serde_json::from_str) {
        screen.ask(ask);
    } else if let Some(Ok(tell)) = line.strip_prefix(TELL).map(serde_json::from_str) {
        screen.tell(&tell);
    }
}

fn wait_with_progress(
    mut stage: Child,
    progress: &mut Progress,
    lifeline: &Lifeline,
) -> Result<bool, Fail> {
    let (done, ended) = channel();
    thread::spawn(move || done.send(stage.wait()));
    loop {
        match ended.recv_timeout(progress.pause()) {
            Ok(status) => {
                progress.end();
                return status.map(|s| s.success()).map_err(Fail::text);
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Some(why) = progress.look() {
                    lifeline.decide(&why);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(false),
        }
    }
}
