//! The person in a guided audit: what they are asked, and the network that their app is given.

use std::io;
use std::time::{Duration, Instant};

use recipe::{Action, Confirm, LOGIN, On, Recipe, Step};
use record::{Body, Failure, Phase, Protocol, Source, Word};
use stage::clock::now;
use stage::{Sides, outside};

use crate::event::{Event, Stop};
use crate::left::runs_on;
use crate::protocol::{Ask, CONFIRM_PART, FromStage, LOGGED_IN_PART, MUTED_PART, Tell, send};
use crate::pump::Pump;

/// How long the outside network may take to come up.
const OUTSIDE_WITHIN: Duration = Duration::from_secs(15);

/// How often that is looked for, and whether an app still runs whose starter has ended.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long a person may take to answer what the recipe gives no time for.
const ANSWER_WITHIN: Duration = Duration::from_secs(1800);

/// Tells the process that started the stage.
pub(crate) fn tell(message: &FromStage) {
    // A starter that has gone takes the stage with it.
    let _ = send(&mut io::stdout().lock(), message);
}

/// Joins the outside network.
pub(crate) fn join_outside(pump: &mut Pump, sides: &Sides) -> Result<(), Stop> {
    let began = Instant::now();
    let peer = sides.side(On::Peer);
    outside::open_door(peer)?;
    tell(&FromStage::JoinOutside);
    while !outside::is_there(peer) {
        if began.elapsed() > OUTSIDE_WITHIN {
            let within = OUTSIDE_WITHIN.as_secs();
            let why = format!("the outside network did not come up within {within} s");
            return Err(Stop::new(Failure::Stage, why));
        }
        pump.wait(LOOK_EVERY)?;
    }
    outside::join(peer)?;
    let body = Body::Step {
        part: "outside".to_owned(),
        step: "join the outside network".to_owned(),
        took_ns: began.elapsed().as_nanos() as u64,
        failed: None,
    };
    pump.log.record(now(), Source::Stage, body);
    Ok(())
}

/// Asks, and waits for the answer; slips on the way are recorded like all words. Before what is judged
/// is recorded, an app that has ended meanwhile ends the session.
fn ask(
    pump: &mut Pump,
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
    pump.log.record(now(), Source::Person, body);
    tell(&FromStage::Ask(Ask { part, what }));
    let deadline = Instant::now() + within;
    loop {
        if !recorded {
            pump.still_there(sides.side(On::App))?;
        }
        match pump.next(deadline.min(Instant::now() + LOOK_EVERY))? {
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

/// An `ask` step; nothing where the step is another.
pub(crate) fn asked(
    pump: &mut Pump,
    sides: &Sides,
    part: &str,
    step: &Step,
) -> Result<Option<Word>, Stop> {
    let Action::Ask(what) = &step.action else {
        return Ok(None);
    };
    let within = Duration::from_secs(step.timeout_s.into());
    ask(pump, sides, part, what, within).map(Some)
}

/// Asks a person who is about to agree or to log in to say so just before, and then for the login to be done.
/// Whether they did; not where the app
/// has ended by then.
pub(crate) fn agrees(pump: &mut Pump, sides: &Sides, part: &str) -> Result<bool, Stop> {
    if !runs_on(sides.side(On::App)) {
        return Ok(false);
    }
    let does = ask(pump, sides, part, "", ANSWER_WITHIN)? == Word::Done;
    if does && part == LOGIN {
        ask(pump, sides, LOGGED_IN_PART, "", ANSWER_WITHIN)?;
    }
    Ok(does)
}

/// Says that a phase begins.
pub(crate) fn tell_phase(protocol: &Protocol, phase: Phase) {
    let blocks = protocol.blocks(phase);
    let seconds = (u64::from(blocks) * protocol.block_ns) as f64 / 1e9;
    tell(&FromStage::Tell(Tell { phase, seconds }));
}

/// After the mute: where only the person can see it, and was not asked while muting, asks.
pub(crate) fn muted_by_word(pump: &mut Pump, sides: &Sides, recipe: &Recipe) -> Result<(), Stop> {
    let Confirm::Person(shows) = &recipe.confirm else {
        return Ok(());
    };
    let asks = |step: &Step| matches!(step.action, Action::Ask(_));
    if recipe.mute.last().is_some_and(asks) {
        return Ok(());
    }
    ask(pump, sides, MUTED_PART, shows, ANSWER_WITHIN).map(drop)
}

/// After the muted phase: was it muted all the time?
pub(crate) fn kept(pump: &mut Pump, sides: &Sides, recipe: &Recipe) -> Result<(), Stop> {
    match &recipe.confirm {
        Confirm::Person(shows) => ask(pump, sides, CONFIRM_PART, shows, ANSWER_WITHIN).map(drop),
        Confirm::App(_) => Ok(()),
    }
}
