//! One session, recorded: runs as PID 1 of the stage.
//!
//! Everything that happens arrives as an [`Event`] at one loop ([`Session::next`]); everything
//! that is written goes through one writer ([`log::Log`]).

mod follow;
mod log;
mod person;
mod set;
mod tap;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use recipe::{Confirm, Recipe, Step};
use record::{Body, Code, Failure, Phase, Player, Protocol, Source};
use sounds::{Playing, Recorded, Recording};
use stage::clock::now;
use stage::pulse::PlayerControl;
use stage::side::SIDE_RUN;
use stage::{NsError, Sides, net, ns};
use stimulus::{Program, Seed};

use crate::job::{
    APP_NET, DECIDED, Job, OUTSIDE_ENDED, RECIPE_DIR, SAID, SIDE_RECIPE, SIDE_SPECIMEN, Said,
};
use log::Log;

/// What the loop hears of.
#[derive(Debug)]
pub(crate) enum Event {
    /// A player handed over a phase's last sample.
    PhaseEnd(Player, Phase),
    /// A child ended.
    Exited { child: String, how: String },
    /// Sound cannot go on.
    SoundEnded(String),
    /// The bundle cannot be written.
    Disk(io::Error),
    /// The person wants the run to end; how that was said.
    Stopped(String),
    /// The question is decided: the muted phase need not go on; by what.
    Decided(String),
    /// What the person said in a guided audit.
    Said(Said),
    /// The outside network ended; how.
    OutsideEnded(String),
}

/// Why a session could not go on.
#[derive(Debug)]
pub(crate) struct Stop {
    failure: Failure,
    why: String,
}

impl Stop {
    fn new(failure: Failure, why: impl Into<String>) -> Stop {
        Stop {
            failure,
            why: why.into(),
        }
    }
}

impl From<NsError> for Stop {
    fn from(e: NsError) -> Stop {
        Stop::new(Failure::Stage, e.to_string())
    }
}

impl From<io::Error> for Stop {
    fn from(e: io::Error) -> Stop {
        Stop::new(Failure::Disk, format!("the bundle cannot be written: {e}"))
    }
}

/// Time between the last step and the first block: an app may keep the microphone open for some
/// seconds after a mute (Firefox: three).
const SETTLE: Duration = Duration::from_millis(3500);

/// How often the app is asked whether it is muted.
const CONFIRM_EVERY: Duration = Duration::from_millis(500);

/// How long an app may take to confirm its mute.
const CONFIRM_WITHIN: Duration = Duration::from_secs(10);

/// How much longer than one block of the slow code a send is waited for.
const GRID_PATIENCE: Duration = Duration::from_secs(10);

/// How often the record is looked at for it: the grid is late by at most this and the look.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// How long before a send's expected time the grid begins: what the player and the app take from a
/// sample to what is reported of it.
const PLAYER_LEAD: Duration = Duration::from_millis(60);

/// Time after the last block: what lags behind it still arrives.
const TAIL: Duration = Duration::from_millis(3000);

/// Runs the session that standard input describes. PID 1 of the stage.
pub fn run() -> ExitCode {
    match start() {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            eprintln!("{}", stop.why);
            ExitCode::from(3)
        }
    }
}

fn start() -> Result<(), Stop> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let bad = |e: &dyn std::fmt::Display| Stop::new(Failure::Stage, format!("bad job: {e}"));
    let mut job: Job = serde_json::from_str(&line).map_err(|e| bad(&e))?;
    ns::init_stage(job.guiding.as_ref().and_then(|g| g.display.kept()))?;
    let helper = tap::take(&job.tap);
    // From here on the pipe is a lifeline; a line on it is a wish to end.
    let (tell, events) = channel();
    let stop = tell.clone();
    ns::die_with_stdin(move |line| {
        drop(stop.send(event(line)));
    });

    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|e| bad(&e))?;
    let seed = Seed(seed);
    job.manifest.seed_sha256 = seed.sha256_hex();
    let writer = bundle::Writer::create(&job.dir, &job.manifest, &seed)?;
    let (log, end_of_log) = log::start(writer, &job.manifest.tool, tell.clone())?;

    let helper = tap::start(helper, job.keep_audio, log.clone());
    let outcome = record_session(&job, &seed, &log, &helper, &tell, events);
    let failed = outcome.err();
    match &failed {
        None => log.record(now(), Source::Stage, Body::Finished),
        Some(Stop { failure, why }) => {
            let (failure, why) = (*failure, why.clone());
            log.record(now(), Source::Stage, Body::Failed { failure, why });
        }
    }
    // Sides and servers are gone by now and their output with them: nothing writes any more.
    let sealed = end_of_log.seal(log);
    match (failed, sealed) {
        // What failed first says more than a seal that could not be written for it.
        (Some(stop), _) => Err(stop),
        (None, Err(e)) => {
            let why = format!("the bundle cannot be sealed: {e}");
            Err(Stop::new(Failure::Disk, why))
        }
        (None, Ok(_)) => Ok(()),
    }
}

/// What a line on the stage's standard input says.
fn event(line: String) -> Event {
    if let Some(why) = line.strip_prefix(DECIDED) {
        return Event::Decided(why.to_owned());
    }
    if let Some(Ok(said)) = line.strip_prefix(SAID).map(serde_json::from_str) {
        return Event::Said(said);
    }
    if let Some(Ok(how)) = line.strip_prefix(OUTSIDE_ENDED).map(serde_json::from_str) {
        return Event::OutsideEnded(how);
    }
    Event::Stopped(line)
}

fn record_session(
    job: &Job,
    seed: &Seed,
    log: &Log,
    helper: &tap::Starting,
    tell: &Sender<Event>,
    events: Receiver<Event>,
) -> Result<(), Stop> {
    let recipe_text = fs::read_to_string(job.dir.join(RECIPE_DIR).join("recipe.toml"))?;
    let (_, variant) = crate::recipes::variant_of(&job.manifest.subject.recipe);
    let recipe = recipe::parse_variant(&recipe_text, variant).map_err(|_| {
        Stop::new(
            Failure::Missing,
            "the recipe changed while it was being read",
        )
    })?;
    let mut recordings = recordings(job, seed, log)?;
    let mut vars = recipe.vars.clone();
    vars.extend(
        [
            ("app", net::APP_ADDRESS),
            ("peer", net::PEER_ADDRESS),
            ("recipe", SIDE_RECIPE),
            ("specimen", SIDE_SPECIMEN),
            ("rtp_log", &format!("{SIDE_RUN}/{}", follow::RTP)),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    let ticking = log.clone();
    set::every(Duration::from_secs(1), move || {
        let (t, body) = stage::clock::clock_pair();
        ticking.record(t, Source::Clock, body);
    });
    let mut set = set::build(job, &recipe, vars, log, tell)?;
    let following = set.follow(log)?;
    // The process that has the rights for it may trace the app from here on.
    let net = fs::metadata(format!(
        "/proc/{}/ns/net",
        set.sides.side(recipe::On::App).pid()
    ))?;
    println!("{APP_NET}{}", net.ino());
    let watching = set::watch(&mut set, log);
    let program = |player| {
        let program = Program::new(seed, &job.manifest.protocol, player);
        match recordings.remove(&player) {
            Some(playing) => program.with_recordings(Box::new(playing)),
            None => program,
        }
    };
    let players = set.start_players(&job.manifest.protocol, program, log, tell)?;
    let mut session = Session {
        log,
        dir: job.dir.clone(),
        protocol: job.manifest.protocol.clone(),
        events,
        recipe,
        players,
        early_end: true,
        outside: job.guiding.as_ref().is_some_and(|g| g.outside),
        starter_ended: None,
    };
    helper.wait();
    let outcome = session.run(&mut set.sides);
    watching.stop();
    set.close();
    following.stop();
    outcome
}

/// Everything that a library's recordings play, by player. What plays at the microphone is a fact.
fn recordings(job: &Job, seed: &Seed, log: &Log) -> Result<BTreeMap<Player, Playing>, Stop> {
    let Some(folder) = &job.library else {
        return Ok(BTreeMap::new());
    };
    let missing = |why: String| Stop::new(Failure::Missing, why);
    let refused = |e: sounds::Error| missing(e.to_string());
    let recorded = Recorded::open(folder).map_err(refused)?;
    if job.manifest.library != Some(recorded.manifest()) {
        let why = format!("the library {} has just changed", folder.display());
        return Err(missing(why));
    }
    let playing = |player| {
        let log = log.clone();
        let begins = move |stretch, recording: &Recording| {
            let body = Body::Recording {
                stretch,
                label: recording.label.clone(),
                recording: recording.source.clone(),
                sha256: recording.sha256.clone(),
            };
            if player == Player::Mic {
                log.record(now(), Source::Player, body);
            }
        };
        let made = recorded.made(seed, &job.manifest.protocol, player, begins);
        made.map(|made| (player, made)).map_err(refused)
    };
    [Player::Mic, Player::Sham]
        .into_iter()
        .map(playing)
        .collect()
}

struct Session<'a> {
    log: &'a Log,
    /// The bundle.
    dir: PathBuf,
    protocol: Protocol,
    events: Receiver<Event>,
    recipe: Recipe,
    players: Vec<(Player, PlayerControl)>,
    /// The app's end is a failure until it is asked to quit.
    early_end: bool,
    /// Whether the outside network is to be joined.
    outside: bool,
    /// How the program ended that started the app, while the app itself goes on.
    starter_ended: Option<String>,
}

impl Session<'_> {
    fn run(&mut self, sides: &mut Sides) -> Result<(), Stop> {
        let recipe = self.recipe.clone();
        self.outside(sides)?;
        self.steps(sides, "setup", &recipe.setup, Failure::NotJoined)?;
        self.steps(sides, "launch", &recipe.launch, Failure::NotJoined)?;
        self.steps(sides, "join", &recipe.join, Failure::NotJoined)?;
        self.wait(SETTLE)?;
        self.phase(sides, Phase::Control)?;
        self.steps(sides, "camera_off", &recipe.camera_off, Failure::NotMuted)?;
        self.steps(sides, "mute", &recipe.mute, Failure::NotMuted)?;
        self.log
            .record(now(), Source::Stage, Body::MuteAsked { muted: true });
        self.until_muted(sides)?;
        self.wait(SETTLE)?;
        self.set_grid()?;
        self.phase(sides, Phase::Muted)?;
        self.wait(TAIL)?;
        self.kept(sides)?;
        self.early_end = false;
        // What is judged is recorded; an app that does not quit politely is not a failure.
        if self
            .steps(sides, "unmute", &recipe.unmute, Failure::AppEnded)
            .is_ok()
        {
            self.log
                .record(now(), Source::Stage, Body::MuteAsked { muted: false });
            let _ = self.steps(sides, "quit", &recipe.quit, Failure::AppEnded);
        }
        Ok(())
    }

    /// Waits for the next event, at most until `deadline`; ends the session where it must end.
    fn next(&mut self, deadline: Instant) -> Result<Option<Event>, Stop> {
        let left = deadline.saturating_duration_since(Instant::now());
        let event = match self.events.recv_timeout(left) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Stop::new(
                    Failure::Stage,
                    "every thread of the session ended",
                ));
            }
        };
        match &event {
            Event::Exited { child, how } => {
                let body = Body::Exited {
                    child: child.clone(),
                    how: how.clone(),
                };
                self.log.record(now(), Source::Stage, body);
                if *child == self.recipe.app.process && self.early_end {
                    if self.recipe.app.guided && how == "exit code 0" {
                        self.starter_ended = Some(how.clone());
                        return Ok(Some(event));
                    }
                    return Err(Stop::new(
                        Failure::AppEnded,
                        format!("the app ended: {how}"),
                    ));
                }
                if child.starts_with("sound-") {
                    let why = format!("a sound server ended ({child}: {how})");
                    return Err(Stop::new(Failure::SoundEnded, why));
                }
            }
            Event::SoundEnded(why) => return Err(Stop::new(Failure::SoundEnded, why.clone())),
            Event::Disk(e) => {
                let why = format!("the bundle cannot be written: {e}");
                return Err(Stop::new(Failure::Disk, why));
            }
            Event::Said(Said { t, word }) => self.note_word(*t, *word),
            Event::OutsideEnded(how) => {
                let body = Body::Exited {
                    child: "outside network".to_owned(),
                    how: how.clone(),
                };
                self.log.record(now(), Source::Stage, body);
                let why = format!("the outside network ended: {how}");
                return Err(Stop::new(Failure::Stage, why));
            }
            Event::Stopped(why) => return Err(Stop::new(Failure::Stopped, why.clone())),
            Event::PhaseEnd(..) | Event::Decided(_) => {}
        }
        Ok(Some(event))
    }

    fn wait(&mut self, time: Duration) -> Result<(), Stop> {
        let deadline = Instant::now() + time;
        while self.next(deadline)?.is_some() {}
        Ok(())
    }

    fn steps(
        &mut self,
        sides: &mut Sides,
        part: &str,
        steps: &[Step],
        failure: Failure,
    ) -> Result<(), Stop> {
        for step in steps {
            let began = Instant::now();
            let done = match self.asked(sides, part, step) {
                Ok(Some(_)) => Ok(String::new()),
                Ok(None) => sides.run(step),
                Err(stop) => return Err(stop),
            };
            let body = Body::Step {
                part: part.to_owned(),
                step: step.to_string(),
                took_ns: began.elapsed().as_nanos() as u64,
                failed: done.as_ref().err().cloned(),
            };
            self.log.record(now(), Source::Stage, body);
            // An end of the app explains more than the step that failed for it.
            while self.next(Instant::now())?.is_some() {}
            if let Err(why) = done {
                return Err(Stop::new(failure, format!("{part}: {step}: {why}")));
            }
        }
        Ok(())
    }

    fn ask(&mut self, sides: &mut Sides) -> Option<bool> {
        let Confirm::App(asking) = &self.recipe.confirm else {
            return None;
        };
        let (muted, said) = sides.confirm(asking);
        let said = said.chars().take(200).collect();
        self.log
            .record(now(), Source::Mute, Body::MuteSaid { muted, said });
        muted
    }

    fn until_muted(&mut self, sides: &mut Sides) -> Result<(), Stop> {
        if let Confirm::Person(_) = self.recipe.confirm {
            return self.muted_by_word(sides);
        }
        let deadline = Instant::now() + CONFIRM_WITHIN;
        while self.ask(sides) != Some(true) {
            if Instant::now() >= deadline {
                let within = CONFIRM_WITHIN.as_secs();
                let why = format!("the app did not confirm its mute within {within} s");
                return Err(Stop::new(Failure::NotMuted, why));
            }
            self.wait(CONFIRM_EVERY)?;
        }
        Ok(())
    }

    /// Plays one phase on both players and asks the app all the while.
    fn phase(&mut self, sides: &mut Sides, phase: Phase) -> Result<(), Stop> {
        self.tell_phase(phase);
        let mut playing: Vec<Player> = Vec::new();
        for (player, control) in &self.players {
            control.play(phase);
            playing.push(*player);
        }
        let began = Instant::now();
        let mut ask_at = began;
        let mut toggles = self.toggles(phase, began).into_iter().peekable();
        while !playing.is_empty() {
            if let Some((_, muted)) = toggles.next_if(|(at, _)| Instant::now() >= *at) {
                if !self.toggle(sides, muted)? {
                    // The cycles that follow are not judged: the app does not say what it should.
                    toggles = Vec::new().into_iter().peekable();
                }
                ask_at = Instant::now();
            }
            if Instant::now() >= ask_at {
                self.ask(sides);
                self.still_there(sides)?;
                ask_at += CONFIRM_EVERY;
            }
            let until = toggles.peek().map_or(ask_at, |(at, _)| ask_at.min(*at));
            match self.next(until)? {
                Some(Event::PhaseEnd(player, ended)) if ended == phase => {
                    playing.retain(|p| *p != player);
                }
                Some(Event::Decided(why)) if phase == Phase::Muted => {
                    self.log.record(now(), Source::Stage, Body::Decided { why });
                    self.players.iter().for_each(|(_, control)| control.stop());
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// When to unmute and to mute within a phase, if it ends in such cycles. By the time at which the
    /// player was told to begin: what is heard lags behind it by less than a block's tenth.
    fn toggles(&self, phase: Phase, began: Instant) -> Vec<(Instant, bool)> {
        let Some(t) = self.protocol.transitions.filter(|_| phase == Phase::Muted) else {
            return Vec::new();
        };
        let first = self.protocol.steady_blocks(phase);
        let at = |block: u32| began + Duration::from_nanos(self.protocol.block_ns) * block;
        let cycle = |k: u32| {
            let start = first + k * t.every;
            [
                (at(start + t.unmute_at), false),
                (at(start + t.mute_at), true),
            ]
        };
        (0..t.blocks).flat_map(cycle).collect()
    }

    /// Mutes or unmutes; whether the steps could be done. Their failure is recorded, and ends nothing.
    fn toggle(&mut self, sides: &mut Sides, muted: bool) -> Result<bool, Stop> {
        let (part, steps) = match muted {
            true => ("mute", self.recipe.mute.clone()),
            false => ("unmute", self.recipe.unmute.clone()),
        };
        match self.steps(sides, part, &steps, Failure::NotMuted) {
            Ok(()) => {
                let body = Body::MuteAsked { muted };
                self.log.record(now(), Source::Stage, body);
                Ok(true)
            }
            Err(stop) if stop.failure == Failure::NotMuted => Ok(false),
            Err(stop) => Err(stop),
        }
    }

    /// Where the slow code plays: waits for a send that comes about once in its block, so that what
    /// such a send reports lies within one block. Looks at what is recorded, before the first muted
    /// coin: the grid cannot depend on one.
    fn set_grid(&mut self) -> Result<(), Stop> {
        let protocol = &self.protocol;
        let slow = protocol.slower.iter().find(|s| s.code == Code::Slow);
        let Some(slow) = slow else { return Ok(()) };
        let block = Duration::from_nanos(protocol.block_ns * u64::from(slow.every));
        let (since, deadline) = (now(), Instant::now() + block + GRID_PATIENCE);
        let mut send = None;
        while send.is_none() && Instant::now() < deadline {
            self.wait(LOOK_EVERY)?;
            send = bundle::Bundle::open(&self.dir).ok().and_then(|bundle| {
                let packets = bundle.packets();
                let session = features::Session {
                    manifest: &bundle.manifest,
                    records: &bundle.records,
                    packets: &packets,
                    keys: None,
                };
                features::rare_send(&session, since, block.as_nanos() as u64)
            });
        }
        if let Some(send) = &send {
            self.wait(until_next(send, block, now()))?;
        }
        let at_send = send.map(|send| send.flow);
        self.log
            .record(now(), Source::Stage, Body::Grid { at_send });
        Ok(())
    }
}

/// How long until a send that was seen comes again, a little less than that: it was seen late, by as
/// much as a look takes, and what it will report should not reach into the block before. Nothing where
/// its pace is not about the block's.
fn until_next(send: &features::RareSend, block: Duration, now: record::T) -> Duration {
    let since_ns = u64::try_from(now.since(send.began)).unwrap_or(0);
    let period_ns = send.since_last_ns.max(1);
    let apart = period_ns as f64 / block.as_nanos() as f64;
    if !(0.5..1.5).contains(&apart) {
        return Duration::ZERO;
    }
    let left = Duration::from_nanos(period_ns - since_ns % period_ns);
    left.saturating_sub(PLAYER_LEAD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::T;

    #[test]
    fn the_grid_waits_for_the_send_to_come_again() {
        let send = |since_last_ns| features::RareSend {
            flow: "tcp".to_owned(),
            began: T(100_000_000_000),
            since_last_ns,
        };
        let block = Duration::from_secs(60);
        let at = |seconds: f64| T(100_000_000_000 + (seconds * 1e9) as u64);
        let wait = until_next(&send(59_000_000_000), block, at(0.3));
        assert_eq!(wait, Duration::from_millis(58_700) - PLAYER_LEAD);
        // Looked at for longer than a period: the one after it.
        let wait = until_next(&send(59_000_000_000), block, at(60.0));
        assert_eq!(wait, Duration::from_millis(58_000) - PLAYER_LEAD);
        // Three a block is no pace to wait for.
        assert_eq!(
            until_next(&send(20_000_000_000), block, at(0.3)),
            Duration::ZERO
        );
    }
}
