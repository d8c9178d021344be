//! The course of a session: join, control, mute, muted phase, unmute, quit.

use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use recipe::{Action, CONSENT, Confirm, LOGIN, On, Recipe, Step};
use record::{Body, Failure, Phase, Player, Protocol, Source};
use stage::clock::now;
use stage::pulse::PlayerControl;
use stage::{Side, Sides};

use crate::attention::Attention;
use crate::event::{Event, Stop};
use crate::grid::{self, Sends};
use crate::left::{programs_on, runs_on};
use crate::leftovers::Leftovers;
use crate::person;
use crate::protocol::{Answered, Sinking};
use crate::pump::Pump;

/// Time between the last step and the first block: an app may keep the microphone open for some
/// seconds after a mute (Firefox: three).
const SETTLE: Duration = Duration::from_millis(3500);

/// How often the app is asked whether it is muted.
const CONFIRM_EVERY: Duration = Duration::from_millis(500);

/// How long an app may take to confirm its mute.
pub(crate) const CONFIRM_WITHIN: Duration = Duration::from_secs(10);

/// Time after the last block: what lags behind it still arrives.
const TAIL: Duration = Duration::from_millis(3000);

/// What a session goes through.
pub(crate) struct Course<'a> {
    pub(crate) pump: Pump<'a>,
    pub(crate) protocol: &'a Protocol,
    pub(crate) recipe: &'a Recipe,
    pub(crate) players: Vec<(Player, PlayerControl)>,
    /// What the app was seen to send rarely.
    pub(crate) sends: Sends,
    /// Whether the outside network is to be joined.
    pub(crate) outside: bool,
    /// What the person does in front of the machine.
    pub(crate) attention: Attention,
    /// The bundle's folder.
    pub(crate) folder: std::path::PathBuf,
}

impl Course<'_> {
    pub(crate) fn run(&mut self, sides: &mut Sides) -> Result<(), Stop> {
        let recipe = self.recipe;
        if self.outside {
            person::join_outside(&mut self.pump, sides)?;
        }
        self.steps(sides, "setup", &recipe.setup, Failure::NotJoined)?;
        let left = Leftovers::before_launch(&self.pump, sides, recipe);
        self.steps(sides, "launch", &recipe.launch, Failure::NotJoined)?;
        self.steps(sides, "join", &recipe.join, Failure::NotJoined)?;
        self.pump.wait(SETTLE)?;
        self.phase(sides, Phase::Control)?;
        self.attend(Phase::Control)?;
        self.steps(sides, "camera_off", &recipe.camera_off, Failure::NotMuted)?;
        self.steps(sides, "mute", &recipe.mute, Failure::NotMuted)?;
        self.record(Source::Stage, Body::MuteAsked { muted: true });
        self.until_muted(sides)?;
        self.pump.wait(SETTLE)?;
        grid::set(&mut self.pump, self.protocol, &self.sends)?;
        self.phase(sides, Phase::Muted)?;
        self.pump.wait(TAIL)?;
        self.attend(Phase::Muted)?;
        person::kept(&mut self.pump, sides, recipe)?;
        self.pump.app_may_end();
        // What is judged is recorded; an app that does not quit politely is not a failure.
        let unmuted = self
            .steps(sides, "unmute", &recipe.unmute, Failure::AppEnded)
            .is_ok();
        if unmuted {
            self.record(Source::Stage, Body::MuteAsked { muted: false });
        }
        left.running(&self.pump, sides, recipe);
        if unmuted {
            let quit = self.steps(sides, "quit", &recipe.quit, Failure::AppEnded);
            let asked = quit.map_or_else(|stop| stop.failure == Failure::AppEnded, |()| true);
            if asked && !recipe.quit.is_empty() {
                let _ = left.after_quit(&mut self.pump, sides, recipe);
            }
        }
        Ok(())
    }

    /// The app's start, its joining and its mute where no person is needed for them, some seconds of it, and its
    /// end: nothing is played, and nothing asked about sound.
    pub(crate) fn run_watched(&mut self, sides: &mut Sides, how: &Sinking) -> Result<(), Stop> {
        let recipe = self.recipe;
        if self.outside {
            person::join_outside(&mut self.pump, sides)?;
        }
        // What the app sends until it ends is what is wanted, whenever that is.
        self.pump.app_may_end();
        self.steps(sides, "setup", &recipe.setup, Failure::NotJoined)?;
        let left = Leftovers::before_launch(&self.pump, sides, recipe);
        self.steps(sides, "launch", &recipe.launch, Failure::NotJoined)?;
        let joined = self.alone(sides, "join", &recipe.join)?;
        let time = Duration::from_secs(how.seconds.into());
        self.while_it_runs(sides, time)?;
        for (part, steps) in [(CONSENT, &recipe.consent), (LOGIN, &recipe.login)] {
            let done = match how.asks && steps.is_empty() {
                true => person::agrees(&mut self.pump, sides, part)?,
                false => self.alone(sides, part, steps)?,
            };
            if done {
                self.while_it_runs(sides, time)?;
            }
        }
        if joined && self.alone(sides, "mute", &recipe.mute)? {
            self.record(Source::Stage, Body::MuteAsked { muted: true });
            self.while_it_runs(sides, SETTLE)?;
        }
        left.running(&self.pump, sides, recipe);
        if !self.alone(sides, "quit", &recipe.quit)? {
            self.end(sides.side(On::App));
        }
        left.after_quit(&mut self.pump, sides, recipe)
    }

    /// Runs a part of the recipe that no person is asked in; whether there was one and it could be done. What
    /// it failed at is recorded, and ends nothing.
    fn alone(&mut self, sides: &mut Sides, part: &str, steps: &[Step]) -> Result<bool, Stop> {
        let asks = |step: &Step| matches!(step.action, Action::Ask(_));
        if steps.is_empty() || steps.iter().any(asks) {
            return Ok(false);
        }
        // Nothing else fails by this: an app may have ended by now.
        match self.steps(sides, part, steps, Failure::AppEnded) {
            Ok(()) => Ok(true),
            Err(stop) if stop.failure == Failure::AppEnded => Ok(false),
            Err(stop) => Err(stop),
        }
    }

    /// Lets time go by, for as long as anything of the app runs.
    fn while_it_runs(&mut self, sides: &Sides, time: Duration) -> Result<(), Stop> {
        let deadline = Instant::now() + time;
        while Instant::now() < deadline && runs_on(sides.side(On::App)) {
            self.pump.wait(CONFIRM_EVERY.min(time))?;
        }
        Ok(())
    }

    /// Ends the app as a desktop does at logout: each of its processes is told by SIGTERM.
    fn end(&self, app: &Side) {
        for pid in programs_on(app) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        let body = Body::Step {
            part: "quit".to_owned(),
            step: "tell the app's processes to end (SIGTERM)".to_owned(),
            took_ns: 0,
            failed: None,
        };
        self.record(Source::Stage, body);
    }

    pub(crate) fn record(&self, source: Source, body: Body) {
        self.pump.log.record(now(), source, body);
    }

    pub(crate) fn steps(
        &mut self,
        sides: &mut Sides,
        part: &str,
        steps: &[Step],
        failure: Failure,
    ) -> Result<(), Stop> {
        for step in steps {
            let began = Instant::now();
            let done = match person::asked(&mut self.pump, sides, part, step) {
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
            self.record(Source::Stage, body);
            // An end of the app explains more than the step that failed for it.
            self.pump.catch_up()?;
            if let Err(why) = done {
                return Err(Stop::new(failure, format!("{part}: {step}: {why}")));
            }
        }
        Ok(())
    }

    fn ask(&mut self, sides: &mut Sides) -> Option<bool> {
        self.ask_all(sides).0
    }

    /// Asks for every word that the recipe wants, and writes them down; what they say together, and each.
    pub(crate) fn ask_all(&mut self, sides: &mut Sides) -> (Option<bool>, Vec<Answered>) {
        let recipe = self.recipe;
        let words = recipe.asked().map(|asking| {
            let (muted, said) = sides.confirm(asking);
            Answered {
                of: asking.ask.to_string(),
                muted,
                said: said.chars().take(200).collect(),
            }
        });
        let words: Vec<Answered> = words.collect();
        let muted = together(&words);
        for word in words.iter().filter(|_| words.len() > 1) {
            let Answered { of, muted, said } = word.clone();
            self.record(Source::Mute, Body::WordSaid { of, muted, said });
        }
        if let Some(first) = words.first() {
            let said = first.said.clone();
            self.record(Source::Mute, Body::MuteSaid { muted, said });
        }
        (muted, words)
    }

    fn until_muted(&mut self, sides: &mut Sides) -> Result<(), Stop> {
        if let Confirm::Person(_) = self.recipe.confirm {
            return person::muted_by_word(&mut self.pump, sides, self.recipe);
        }
        let deadline = Instant::now() + CONFIRM_WITHIN;
        while self.ask(sides) != Some(true) {
            if Instant::now() >= deadline {
                let within = CONFIRM_WITHIN.as_secs();
                let why = format!("the app did not confirm its mute within {within} s");
                return Err(Stop::new(Failure::NotMuted, why));
            }
            self.pump.wait(CONFIRM_EVERY)?;
        }
        Ok(())
    }

    /// Plays one phase on both players and asks the app all the while.
    fn phase(&mut self, sides: &mut Sides, phase: Phase) -> Result<(), Stop> {
        if self.recipe.app.guided {
            person::tell_phase(self.protocol, phase);
        }
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
                self.pump.still_there(sides.side(On::App))?;
                ask_at += CONFIRM_EVERY;
            }
            let until = toggles.peek().map_or(ask_at, |(at, _)| ask_at.min(*at));
            match self.pump.next(until)? {
                Some(Event::PhaseEnd(player, ended)) if ended == phase => {
                    playing.retain(|p| *p != player);
                }
                Some(Event::Decided(why)) if phase == Phase::Muted => {
                    self.record(Source::Stage, Body::Decided { why });
                    self.players.iter().for_each(|(_, control)| control.stop());
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn attend(&mut self, phase: Phase) -> Result<(), Stop> {
        let log = self.pump.log;
        self.attention.play(&mut self.pump, log, phase)
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
            true => ("mute", &self.recipe.mute),
            false => ("unmute", &self.recipe.unmute),
        };
        match self.steps(sides, part, steps, Failure::NotMuted) {
            Ok(()) => {
                let body = Body::MuteAsked { muted };
                self.record(Source::Stage, body);
                Ok(true)
            }
            Err(stop) if stop.failure == Failure::NotMuted => Ok(false),
            Err(stop) => Err(stop),
        }
    }
}

/// What words say together: something where all say the same.
fn together(words: &[Answered]) -> Option<bool> {
    let first = words.first()?.muted;
    first.filter(|_| words.iter().all(|word| word.muted == first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_say_something_together_where_all_say_the_same() {
        let said = |said: &[Option<bool>]| {
            let words = said.iter().map(|muted| Answered {
                of: String::new(),
                muted: *muted,
                said: String::new(),
            });
            together(&words.collect::<Vec<_>>())
        };
        assert_eq!(said(&[Some(true)]), Some(true));
        assert_eq!(said(&[Some(false), Some(false)]), Some(false));
        for torn in [
            &[Some(true), Some(false)][..],
            &[Some(true), None],
            &[None, Some(true)],
            &[None, None],
            &[],
        ] {
            assert_eq!(said(torn), None, "{torn:?}");
        }
    }
}
