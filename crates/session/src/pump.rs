//! The one place where events are put in order, written down, and end the session where they must.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use recipe::Recipe;
use record::{Body, Failure, Source};
use stage::Side;
use stage::clock::now;

use crate::event::{Event, Stop};
use crate::left::runs_on;
use crate::log::Log;
use crate::protocol::Said;

/// Events as they arrive.
pub(crate) struct Pump<'a> {
    pub(crate) log: &'a Log,
    events: Receiver<Event>,
    /// The app's process, by the name that its child has.
    app: String,
    /// Whether a person drives the app.
    guided: bool,
    /// The app's end is a failure until it is asked to quit.
    early_end: bool,
    /// How the program ended that started the app, while the app itself goes on.
    starter_ended: Option<String>,
}

impl<'a> Pump<'a> {
    pub(crate) fn new(log: &'a Log, events: Receiver<Event>, recipe: &Recipe) -> Pump<'a> {
        Pump {
            log,
            events,
            app: recipe.app.process.clone(),
            guided: recipe.app.guided,
            early_end: true,
            starter_ended: None,
        }
    }

    /// From here on the app may end.
    pub(crate) fn app_may_end(&mut self) {
        self.early_end = false;
    }

    /// Waits for the next event, at most until `deadline`; ends the session where it must end.
    pub(crate) fn next(&mut self, deadline: Instant) -> Result<Option<Event>, Stop> {
        let left = deadline.saturating_duration_since(Instant::now());
        let event = match self.events.recv_timeout(left) {
            Ok(event) => event,
            Err(RecvTimeoutError::Timeout) => return Ok(None),
            Err(RecvTimeoutError::Disconnected) => {
                let why = "every thread of the session ended";
                return Err(Stop::new(Failure::Stage, why));
            }
        };
        match &event {
            Event::Exited { child, how } => {
                self.exited(child, how);
                if *child == self.app && self.early_end {
                    if self.guided && how == "exit code 0" {
                        self.starter_ended = Some(how.clone());
                        return Ok(Some(event));
                    }
                    return Err(app_ended(how));
                }
                if [crate::sink::NAME, crate::intercept::NAME].contains(&child.as_str()) {
                    let why = format!("{child} ended: {how}");
                    return Err(Stop::new(Failure::Stage, why));
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
            Event::Said(Said { t, word }) => {
                let body = Body::PersonSaid { word: *word };
                self.log.record(*t, Source::Person, body);
            }
            Event::OutsideEnded(how) => {
                self.exited("outside network", how);
                let why = format!("the outside network ended: {how}");
                return Err(Stop::new(Failure::Stage, why));
            }
            Event::Stopped(why) => return Err(Stop::new(Failure::Stopped, why.clone())),
            Event::Unreadable(why) => return Err(Stop::new(Failure::Stage, why.clone())),
            Event::PhaseEnd(..) | Event::Decided(_) => {}
        }
        Ok(Some(event))
    }

    fn exited(&self, child: &str, how: &str) {
        let body = Body::Exited {
            child: child.to_owned(),
            how: how.to_owned(),
        };
        self.log.record(now(), Source::Stage, body);
    }

    /// Lets time go by.
    pub(crate) fn wait(&mut self, time: Duration) -> Result<(), Stop> {
        let deadline = Instant::now() + time;
        while self.next(deadline)?.is_some() {}
        Ok(())
    }

    /// Hears everything that has happened by now.
    pub(crate) fn catch_up(&mut self) -> Result<(), Stop> {
        self.wait(Duration::ZERO)
    }

    /// Ends the session where the app's starter has ended, and nothing of the app is left by now.
    pub(crate) fn still_there(&self, app: &Side) -> Result<(), Stop> {
        match &self.starter_ended {
            Some(how) if self.early_end && !runs_on(app) => Err(app_ended(how)),
            _ => Ok(()),
        }
    }
}

fn app_ended(how: &str) -> Stop {
    Stop::new(Failure::AppEnded, format!("the app ended: {how}"))
}
