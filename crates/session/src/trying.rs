//! A recipe is tried: step by step, with a picture and the names after each, and nothing played or judged.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use recipe::{On, Step};
use record::{Body, Failure, Source};
use stage::Sides;

use crate::course::{CONFIRM_WITHIN, Course};
use crate::event::Stop;
use crate::person::tell;
use crate::protocol::{Answered, FromStage, STEPS, TryStep, Trying, Until};
use crate::set::display_door;

/// How often the app is asked whether it is muted: a person waits for the answer.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// How long the names of a screen are read.
const NAMES_WITHIN: Duration = Duration::from_secs(10);

/// Lines of the names that are kept of one screen.
const OUTLINE_MAX: usize = 5_000;

/// What is left of a try: pictures and names, numbered as the steps are.
struct Kept {
    folder: PathBuf,
    window: bool,
}

impl Course<'_> {
    /// Goes through the recipe up to its mute, and says of each step how it went.
    pub(crate) fn run_try(&mut self, sides: &mut Sides, trying: &Trying) -> Result<(), Stop> {
        let recipe = self.recipe;
        let kept = Kept {
            folder: self.folder.join(STEPS),
            window: recipe.app.window,
        };
        fs::create_dir_all(&kept.folder)?;
        let mut parts: Vec<(&str, &[Step], Failure)> = vec![
            ("setup", &recipe.setup, Failure::NotJoined),
            ("launch", &recipe.launch, Failure::NotJoined),
            ("join", &recipe.join, Failure::NotJoined),
        ];
        if trying.until != Until::Join {
            parts.push(("mute", &recipe.mute, Failure::NotMuted));
        }
        let of = parts.iter().map(|(_, steps, _)| steps.len()).sum();
        let mut number = 0;
        for (part, steps, failure) in parts {
            if part == "mute" {
                self.not_muted_yet(sides, &kept, number)?;
            }
            for step in steps {
                if trying.until == Until::Step(number) {
                    return self.leave(sides);
                }
                number += 1;
                self.try_step(sides, &kept, (number, of), (part, step, failure))?;
            }
        }
        if trying.until == Until::Mute {
            self.record(Source::Stage, Body::MuteAsked { muted: true });
            self.try_mute(sides, &kept, number)?;
            self.again(sides, trying.times)?;
        }
        self.leave(sides)
    }

    fn try_step(
        &mut self,
        sides: &mut Sides,
        kept: &Kept,
        (number, of): (usize, usize),
        (part, step, failure): (&str, &Step, Failure),
    ) -> Result<(), Stop> {
        tell(&FromStage::Try(TryStep::Begins {
            number,
            of,
            part: part.to_owned(),
            step: step.to_string(),
        }));
        let began = Instant::now();
        let done = self.steps(sides, part, std::slice::from_ref(step), failure);
        let took_ms = began.elapsed().as_millis() as u64;
        match done {
            Ok(()) => {
                let picture = kept.keep(sides, step.on, number);
                tell(&FromStage::Try(TryStep::Done { took_ms, picture }));
                Ok(())
            }
            Err(stop) => Err(kept.failed(sides, step.on, number, stop)),
        }
    }

    /// A word that says muted before anything was pressed confirms nothing.
    fn not_muted_yet(&mut self, sides: &mut Sides, kept: &Kept, number: usize) -> Result<(), Stop> {
        match self.ask_all(sides).0 {
            Some(true) => {
                let why = "the app says that it is muted before anything was pressed";
                let stop = Stop::new(Failure::NotMuted, why);
                Err(kept.failed(sides, On::App, number, stop))
            }
            _ => Ok(()),
        }
    }

    /// Asks until the app says that it is muted.
    fn try_mute(&mut self, sides: &mut Sides, kept: &Kept, number: usize) -> Result<(), Stop> {
        let began = Instant::now();
        let (muted, words) = self.until_said(sides, true)?;
        if !muted {
            let within = CONFIRM_WITHIN.as_secs();
            let said = words
                .iter()
                .map(|word| format!("{}: {}", word.of, word.said));
            let said: Vec<String> = said.collect();
            let why = format!(
                "the app did not confirm its mute within {within} s; it said {}",
                said.join("; ")
            );
            let stop = Stop::new(Failure::NotMuted, why);
            return Err(kept.failed(sides, On::App, number, stop));
        }
        let took_ms = began.elapsed().as_millis() as u64;
        // What is shown once it says so: some take a while after the press.
        let picture = kept.keep(sides, On::App, number + 1);
        tell(&FromStage::Try(TryStep::Confirmed {
            took_ms,
            words,
            picture,
        }));
        Ok(())
    }

    /// Mutes and unmutes again, and says which of the presses the app did not confirm.
    fn again(&mut self, sides: &mut Sides, times: u32) -> Result<(), Stop> {
        let recipe = self.recipe;
        if times < 2 {
            return Ok(());
        }
        let (mut missed, mut slowest_ms, mut all_ms) = (Vec::new(), 0, 0);
        let mut presses = 0;
        for _ in 1..times {
            for (part, steps, muted) in [
                ("unmute", &recipe.unmute, false),
                ("mute", &recipe.mute, true),
            ] {
                presses += 1;
                let began = Instant::now();
                let done = self.steps(sides, part, steps, Failure::NotMuted);
                let said = match done {
                    Ok(()) => self.until_said(sides, muted)?.0,
                    Err(stop) if stop.failure == Failure::NotMuted => false,
                    Err(stop) => return Err(stop),
                };
                let took_ms = began.elapsed().as_millis() as u64;
                (slowest_ms, all_ms) = (slowest_ms.max(took_ms), all_ms + took_ms);
                if !said {
                    missed.push(presses);
                }
            }
        }
        tell(&FromStage::Try(TryStep::Again {
            presses,
            missed,
            mean_ms: all_ms / u64::from(presses.max(1)),
            slowest_ms,
        }));
        Ok(())
    }

    /// Asks for all words until they say what is wanted, or the time is up; whether they do, and what was said last.
    fn until_said(
        &mut self,
        sides: &mut Sides,
        wanted: bool,
    ) -> Result<(bool, Vec<Answered>), Stop> {
        let deadline = Instant::now() + CONFIRM_WITHIN;
        loop {
            let (muted, words) = self.ask_all(sides);
            if muted == Some(wanted) {
                return Ok((true, words));
            }
            if Instant::now() >= deadline {
                return Ok((false, words));
            }
            self.pump.wait(ASK_EVERY)?;
        }
    }

    /// Ends the app as the recipe does, which is no part of what was tried.
    fn leave(&mut self, sides: &mut Sides) -> Result<(), Stop> {
        self.pump.app_may_end();
        let recipe = self.recipe;
        let _ = self.steps(sides, "quit", &recipe.quit, Failure::AppEnded);
        Ok(())
    }
}

impl Kept {
    /// Keeps what is on a side's screen; the picture's name in the bundle.
    fn keep(&self, sides: &mut Sides, on: On, number: usize) -> Option<String> {
        let side = match on {
            On::App => "app",
            On::Peer => "peer",
        };
        let name = format!("{number:02}-{side}");
        for (program, text) in sides.screens(on) {
            let _ = fs::write(self.folder.join(format!("{name}-{program}.txt")), text);
        }
        if !self.window {
            return None;
        }
        if let Ok(tree) = sides.tree(on, NAMES_WITHIN) {
            let names = tree.outline(OUTLINE_MAX);
            let _ = fs::write(self.folder.join(format!("{name}.txt")), names);
        }
        let door = display_door(sides, on).ok()?;
        let picture = stage::snapshot::take(door.connect().ok()?).ok()?;
        let file = format!("{name}.png");
        fs::write(self.folder.join(&file), picture).ok()?;
        Some(format!("{STEPS}/{file}"))
    }

    /// Says all that helps somebody who asks why a step failed.
    fn failed(&self, sides: &mut Sides, on: On, number: usize, stop: Stop) -> Stop {
        let picture = self.keep(sides, on, number);
        let (windows, buttons) = match self.window {
            true => sides.offers(on).unwrap_or_default(),
            false => Default::default(),
        };
        tell(&FromStage::Try(TryStep::Failed {
            why: stop.why.clone(),
            picture,
            windows,
            buttons,
            last_answer: sides.last_answer(),
        }));
        stop
    }
}
