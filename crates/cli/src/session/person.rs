//! The person in a guided audit: what they are asked, and the app that they drive.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use recipe::{Action, Confirm, On, Step};
use record::{Body, Failure, Phase, Source, T, Word};
use serde::Serialize;
use stage::clock::now;
use stage::{Sides, outside};

use super::{Event, Session, Stop};
use crate::job::{ASK, Ask, CONFIRM_PART, MUTED_PART, OUTSIDE, TELL, Tell};

/// How long the outside network may take to come up.
const OUTSIDE_WITHIN: Duration = Duration::from_secs(15);

/// How often that is looked for, and whether an app still runs whose starter has ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a person may take to answer what the recipe gives no time for.
const ANSWER_WITHIN: Duration = Duration::from_secs(1800);

/// Tells the process that has the terminal.
fn tell(what: &str, value: &impl Serialize) {
    let value = serde_json::to_string(value).expect("plain data");
    println!("{what}{value}");
}

impl Session<'_> {
    /// Joins the outside network, where the recipe wants it.
    pub(super) fn outside(&mut self, sides: &Sides) -> Result<(), Stop> {
        if !self.outside {
            return Ok(());
        }
        let began = Instant::now();
        let peer = sides.side(On::Peer);
        outside::open_door(peer)?;
        println!("{OUTSIDE}");
        while !outside::is_there(peer) {
            if began.elapsed() > OUTSIDE_WITHIN {
                let within = OUTSIDE_WITHIN.as_secs();
                let why = format!("the outside network did not come up within {within} s");
                return Err(Stop::new(Failure::Stage, why));
            }
            self.wait(LOOK_EVERY)?;
        }
        outside::join(peer)?;
        let body = Body::Step {
            part: "outside".to_owned(),
            step: "join the outside network".to_owned(),
            took_ns: began.elapsed().as_nanos() as u64,
            failed: None,
        };
        self.log.record(now(), Source::Stage, body);
        Ok(())
    }

    /// Asks, and waits for the answer; slips on the way are recorded like all words. Before what is judged
    /// is recorded, an app that has ended meanwhile ends the session.
    fn ask_person(
        &mut self,
        sides: &Sides,
        part: &str,
        what: &str,
        within: Duration,
    ) -> Result<Word, Stop> {
        let recorded = part == CONFIRM_PART;
        let (part, what) = (part.to_owned(), what.to_owned());
        let body = Body::Asked {
            part: part.clone(),
            what: what.clone(),
        };
        self.log.record(now(), Source::Person, body);
        tell(ASK, &Ask { part, what });
        let deadline = Instant::now() + within;
        loop {
            if !recorded {
                self.still_there(sides)?;
            }
            match self.next(deadline.min(Instant::now() + LOOK_EVERY))? {
                Some(Event::Said(said)) if !matches!(said.word, Word::Slipped { .. }) => {
                    return Ok(said.word);
                }
                None if Instant::now() >= deadline => {
                    let within = within.as_secs();
                    let why = format!("nobody answered at the terminal within {within} s");
                    return Err(Stop::new(Failure::NotJoined, why));
                }
                _ => {}
            }
        }
    }

    /// An `ask` step.
    pub(super) fn asked(
        &mut self,
        sides: &Sides,
        part: &str,
        step: &Step,
    ) -> Result<Option<Word>, Stop> {
        let Action::Ask(what) = &step.action else {
            return Ok(None);
        };
        let within = Duration::from_secs(step.timeout_s.into());
        let what = what.clone();
        self.ask_person(sides, part, &what, within).map(Some)
    }

    /// Says that a phase begins.
    pub(super) fn tell_phase(&self, phase: Phase) {
        if self.recipe.app.guided {
            let blocks = self.protocol.blocks(phase);
            let seconds = (u64::from(blocks) * self.protocol.block_ns) as f64 / 1e9;
            tell(TELL, &Tell { phase, seconds });
        }
    }

    /// After the mute: where only the person can see it, and was not asked while muting, asks.
    pub(super) fn muted_by_word(&mut self, sides: &Sides) -> Result<(), Stop> {
        let Confirm::Person(shows) = self.recipe.confirm.clone() else {
            return Ok(());
        };
        let asked = |step: &Step| matches!(step.action, Action::Ask(_));
        if self.recipe.mute.last().is_some_and(asked) {
            return Ok(());
        }
        self.ask_person(sides, MUTED_PART, &shows, ANSWER_WITHIN)
            .map(drop)
    }

    /// After the muted phase: was it muted all the time?
    pub(super) fn kept(&mut self, sides: &Sides) -> Result<(), Stop> {
        match self.recipe.confirm.clone() {
            Confirm::Person(shows) => self
                .ask_person(sides, CONFIRM_PART, &shows, ANSWER_WITHIN)
                .map(drop),
            Confirm::App(_) => Ok(()),
        }
    }

    /// Ends the session where the app's starter has ended, and nothing of the app is left by now.
    pub(super) fn still_there(&self, sides: &Sides) -> Result<(), Stop> {
        match &self.starter_ended {
            Some(how) if self.early_end && !runs_on(sides.side(On::App)) => Err(Stop::new(
                Failure::AppEnded,
                format!("the app ended: {how}"),
            )),
            _ => Ok(()),
        }
    }

    /// Writes down what the person said, at the time of the key press.
    pub(super) fn note_word(&self, t: T, word: Word) {
        self.log
            .record(t, Source::Person, Body::PersonSaid { word });
    }
}

/// Whether anything of the app still runs on its side: many apps are begun by a starter that ends.
/// Its first process does not count, nor does the session bus with what that started.
fn runs_on(side: &stage::Side) -> bool {
    let space = |pid: i32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let Some(here) = space(side.pid()) else {
        return false;
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
    let inside: BTreeMap<i32, (String, i32)> = pids
        .filter(|pid| space(*pid).as_ref() == Some(&here))
        .filter_map(|pid| Some((pid, process(pid)?)))
        .collect();
    let of_the_bus = |pid: &i32| {
        let mut at = *pid;
        // A chain of parents has at most as many links as there are processes.
        for _ in 0..inside.len() {
            let Some((name, parent)) = inside.get(&at) else {
                return false;
            };
            if name == "dbus-daemon" {
                return true;
            }
            at = *parent;
        }
        false
    };
    inside
        .keys()
        .any(|pid| *pid != side.pid() && !of_the_bus(pid))
}

/// Name and parent of a process that has not ended.
fn process(pid: i32) -> Option<(String, i32)> {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    let (before, behind) = stat.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    let mut fields = behind.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (!["Z", "X"].contains(&state)).then_some((name, parent))
}
