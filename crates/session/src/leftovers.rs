//! What listens and what runs: before the app is launched, while it runs, and some seconds after it quit.
//!
//! The sockets are written down all the while by their observer; here the moments are set at which they are
//! looked at, and the listeners are asked.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use observe::sockets::listeners;
use recipe::{On, Recipe};
use record::{AppMoment, Body, Source};
use stage::Sides;
use stage::clock::now;

use crate::event::Stop;
use crate::pump::Pump;
use crate::website::Asked;
use crate::{left, website};

/// Time that an app has to end once it was asked to quit.
const QUIT_WITHIN: Duration = Duration::from_secs(5);

/// What outlives the app is there this long after: a server that a dying app starts has begun to listen.
const AFTER: Duration = Duration::from_secs(3);

/// How often is looked whether it ended.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Time for all listeners of a moment: a hostile one could make the session wait.
const ASK_WITHIN: Duration = Duration::from_secs(15);

/// Listeners that are asked; a browser's page has no more time than we have.
const ASKED_MAX: usize = 32;

/// What listened before the app was launched is not the app's.
pub(crate) struct Leftovers {
    before: BTreeSet<SocketAddr>,
}

impl Leftovers {
    /// Looks before the app is launched.
    pub(crate) fn before_launch(pump: &Pump, sides: &Sides, recipe: &Recipe) -> Leftovers {
        moment(pump, sides, recipe, AppMoment::BeforeLaunch);
        Leftovers {
            before: listening(sides),
        }
    }

    /// Looks while the app runs, and asks its listeners. Nothing that is judged lies behind it.
    pub(crate) fn running(&self, pump: &Pump, sides: &Sides, recipe: &Recipe) {
        moment(pump, sides, recipe, AppMoment::Running);
        self.ask(pump, sides, AppMoment::Running);
    }

    /// Likewise, some seconds after it was asked to quit.
    pub(crate) fn after_quit(
        &self,
        pump: &mut Pump,
        sides: &Sides,
        recipe: &Recipe,
    ) -> Result<(), Stop> {
        let deadline = Instant::now() + QUIT_WITHIN;
        while Instant::now() < deadline && !programs(sides, recipe).is_empty() {
            pump.wait(LOOK_EVERY)?;
        }
        pump.wait(AFTER)?;
        moment(pump, sides, recipe, AppMoment::AfterQuit);
        self.ask(pump, sides, AppMoment::AfterQuit);
        Ok(())
    }

    fn ask(&self, pump: &Pump, sides: &Sides, at: AppMoment) {
        let until = Instant::now() + ASK_WITHIN;
        for (k, listener) in listening(sides).difference(&self.before).enumerate() {
            let in_time = k < ASKED_MAX && Instant::now() < until;
            let asked = match in_time {
                // From a thread of ours in the side's network: a program of ours on the side would be one that
                // the app can see.
                true => sides
                    .side(On::App)
                    .in_net(|| website::ask(*listener, until))
                    .unwrap_or_default(),
                false => Asked::default(),
            };
            let body = Body::WebAsked {
                at,
                listener: listener.to_string(),
                tls: asked.tls,
                answers: asked.answers,
            };
            pump.log.record(now(), Source::Stage, body);
        }
    }
}

/// Writes down what of the app runs.
fn moment(pump: &Pump, sides: &Sides, recipe: &Recipe, at: AppMoment) {
    let commands = programs(sides, recipe);
    let body = Body::Programs { at, commands };
    pump.log.record(now(), Source::Stage, body);
}

fn programs(sides: &Sides, recipe: &Recipe) -> Vec<String> {
    let others = sides.others_than(&recipe.app.process);
    left::programs(sides.side(On::App), &others)
}

/// That the listeners cannot be read is told by the observer, who reads the same.
fn listening(sides: &Sides) -> BTreeSet<SocketAddr> {
    let found = listeners(sides.side(On::App).pid());
    found.unwrap_or_default().into_iter().collect()
}
