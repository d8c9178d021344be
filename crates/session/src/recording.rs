//! A recipe is recorded: a person uses the app once, and what they press becomes steps by name.
//!
//! The windows are read again and again; a click means what lay there when they were last read before it. Nothing is
//! played or judged.

use std::collections::VecDeque;
use std::mem;
use std::time::{Duration, Instant};

use a11y::{Object, Selector, State, plain};
use recipe::On;
use recipe::recorded::{Did, Recorded, Screen, said, written};
use record::{Body, Failure, Source, Word};
use stage::Sides;
use stage::watched::{Input, Watched};

use crate::course::Course;
use crate::event::{Event, Stop};
use crate::person::tell;
use crate::protocol::{Ask, FromStage, Recording, Steps};
use crate::set::display_door;

/// How long to wait between two looks at the windows.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How long one look may take.
const LOOK_WITHIN: Duration = Duration::from_secs(10);

/// How long an app may take until it shows a window: some wait half a minute for a service that a stage has not.
const WINDOW_WITHIN: Duration = Duration::from_secs(60);

/// How long what was pressed may take to show, and to be told by name.
const SHOWS_WITHIN: Duration = Duration::from_secs(5);

/// How long a text in a field may take to be told.
const TEXT_WITHIN: Duration = Duration::from_secs(1);

/// How long a person may take for a part.
const ANSWER_WITHIN: Duration = Duration::from_secs(1800);

/// Steps of a part, and letters of a text; more is done by no person.
const STEPS_MAX: usize = 500;
const LETTERS_MAX: usize = 4_000;

/// Looks that are kept: a click can be told of after the windows were read once more.
const LOOKS_MAX: usize = 16;

/// The windows as they were read, the last time last.
#[derive(Default)]
struct Looks(VecDeque<(Instant, Screen)>);

impl Looks {
    /// Windows whose reading ended at `done`.
    fn push(&mut self, done: Instant, screen: Screen) {
        if self.0.len() == LOOKS_MAX {
            self.0.pop_front();
        }
        self.0.push_back((done, screen));
    }

    fn last(&self) -> Option<&Screen> {
        self.0.back().map(|(_, screen)| screen)
    }

    /// What was there when something was done: what had been read by then; where nothing had, what was read soonest.
    fn before(&self, at: Instant) -> Option<&Screen> {
        let some = || {
            let looks = self.0.iter();
            looks.filter(|(_, screen)| !screen.tree.nodes.is_empty())
        };
        let by_then = some().rfind(|(done, _)| *done <= at);
        by_then.or_else(|| some().next()).map(|(_, screen)| screen)
    }
}

/// What is known while somebody uses the app.
struct Use {
    watched: Watched,
    seen: Looks,
    /// What was done since they were last read.
    todo: Vec<(Instant, Input)>,
    /// Letters since the last press.
    typed: String,
    did: Vec<Did>,
    /// What was last pressed.
    pressed: Option<Object>,
}

/// What a click hit.
struct Hit {
    selector: Selector,
    object: Object,
    /// What it lies in.
    above: Vec<Object>,
}

impl Course<'_> {
    /// Lets a person join, mute and unmute, and tells the steps of it.
    pub(crate) fn run_recording(
        &mut self,
        sides: &mut Sides,
        recording: &Recording,
    ) -> Result<(), Stop> {
        let recipe = self.recipe;
        self.steps(sides, "setup", &recipe.setup, Failure::NotJoined)?;
        self.steps(sides, "launch", &recipe.launch, Failure::NotJoined)?;
        if !recording.join {
            self.steps(sides, "join", &recipe.join, Failure::NotJoined)?;
        }
        let failed = |why: String| Stop::new(Failure::Stage, why);
        let stream = display_door(sides, On::App).and_then(|door| door.connect());
        let stream = stream.map_err(|e| failed(format!("the display: {e}")))?;
        let mut using = Use {
            watched: Watched::of(stream).map_err(failed)?,
            seen: Looks::default(),
            todo: Vec::new(),
            typed: String::new(),
            did: Vec::new(),
            pressed: None,
        };
        let mut recorded = Recorded::default();
        self.until_shown(sides, &mut using)?;
        if recording.join {
            recorded.join = self.part(sides, &mut using, "join")?;
        }
        let before = using.now();
        recorded.mute = self.part(sides, &mut using, "mute")?;
        let (muted, pressed) = (using.now(), using.pressed.take());
        recorded.unmute = self.part(sides, &mut using, "unmute")?;
        let place = |object: Object| before.tree.nodes.iter().position(|n| n.object == object);
        recorded.said = said(&before, &muted, &using.now(), pressed.and_then(place));
        let nameless = |did: &&Did| matches!(did, Did::Nothing { .. } | Did::Lost { .. });
        let all = [&recorded.join, &recorded.mute, &recorded.unmute];
        tell(&FromStage::Recorded(Steps {
            steps: all.map(Vec::len).iter().sum(),
            nameless: all.into_iter().flatten().filter(nameless).count(),
            said: recorded.said.len(),
            muted_by: recorded.mute.iter().rev().find_map(named),
            text: written("", &recorded),
        }));
        self.pump.app_may_end();
        if !recording.join {
            let _ = self.steps(sides, "quit", &recipe.quit, Failure::AppEnded);
        }
        Ok(())
    }

    /// Waits for the app's window, and for its names: what is pressed before they were read is pressed blindly.
    fn until_shown(&mut self, sides: &mut Sides, using: &mut Use) -> Result<(), Stop> {
        let deadline = Instant::now() + WINDOW_WITHIN;
        while !using.watched.shows_a_window() && Instant::now() < deadline {
            let _ = self.pump.next(Instant::now() + LOOK_EVERY)?;
        }
        using.look(sides);
        Ok(())
    }

    /// Asks for a part, and watches until the person says that it is done.
    fn part(&mut self, sides: &mut Sides, using: &mut Use, part: &str) -> Result<Vec<Did>, Stop> {
        let (name, what) = (part.to_owned(), String::new());
        let body = Body::Asked {
            part: name.clone(),
            what: what.clone(),
        };
        self.record(Source::Person, body);
        tell(&FromStage::Ask(Ask { part: name, what }));
        let deadline = Instant::now() + ANSWER_WITHIN;
        using.pressed = None;
        let began = using.says();
        loop {
            using.look(sides);
            match self.pump.next(Instant::now() + LOOK_EVERY)? {
                Some(Event::Said(said)) if said.word == Word::Done => break,
                None if Instant::now() >= deadline => {
                    let within = ANSWER_WITHIN.as_secs();
                    let why = format!("nobody answered at the terminal within {within} s");
                    return Err(Stop::new(Failure::NotJoined, why));
                }
                _ => {}
            }
        }
        using.look(sides);
        let deadline = Instant::now() + SHOWS_WITHIN;
        while !using.did.is_empty() && using.says() == began && Instant::now() < deadline {
            let _ = self.pump.next(Instant::now() + LOOK_EVERY)?;
            using.look(sides);
        }
        using.rest(sides);
        Ok(without_ways(mem::take(&mut using.did)))
    }
}

impl Use {
    /// Reads the windows again, and lays what was done until then on what was there before.
    fn look(&mut self, sides: &mut Sides) {
        let read = sides.placed(On::App, LOOK_WITHIN);
        let done = Instant::now();
        self.todo.extend(self.watched.inputs());
        // Where the app does not answer, what was read before is all there is.
        let Ok(screen) = read else { return };
        let (until, rest) = mem::take(&mut self.todo)
            .into_iter()
            .partition(|(at, _)| *at < done);
        self.todo = rest;
        for (at, input) in until {
            if self.did.len() < STEPS_MAX && self.typed.len() < LETTERS_MAX {
                self.lay(sides, at, input, &screen);
            }
        }
        self.seen.push(done, screen);
    }

    /// The windows as they were last read.
    fn now(&self) -> Screen {
        self.seen.last().cloned().unwrap_or_default()
    }

    /// What elements are called and whether they are down or checked: what a mute is told by.
    fn says(&self) -> Vec<(Object, String, bool, bool)> {
        let nodes = self.seen.last().into_iter();
        nodes
            .flat_map(|screen| &screen.tree.nodes)
            .map(|node| {
                let (down, checked) = (node.is_pressed(), node.is_checked());
                (node.object.clone(), plain(&node.name), down, checked)
            })
            .collect()
    }

    /// The end of a part: letters that stand in a field.
    fn rest(&mut self, sides: &mut Sides) {
        let now = self.now();
        self.flush(sides, &now);
    }

    /// One input; `now` is what is there by now.
    fn lay(&mut self, sides: &mut Sides, at: Instant, input: Input, now: &Screen) {
        match input {
            Input::Letter(letter) => self.typed.push(letter),
            Input::Back => {
                self.typed.pop();
            }
            Input::Keys(keys) => {
                // The key that leads to the next field is no step: fields are found by name.
                self.flush(sides, now);
                let before = self.before(at, now);
                let window = before.front().unwrap_or_default();
                if keys != "Tab" {
                    self.did.push(Did::Keys { keys, window });
                }
            }
            Input::Press { x, y } => {
                self.flush(sides, now);
                let hit = self.hit(at, (x, y), now);
                let (did, pressed) = match hit {
                    Some(hit) => {
                        // A menu above an entry only led there: entries are found while it is shut.
                        let led = self.pressed.as_ref().is_some_and(|o| hit.above.contains(o));
                        if led && matches!(self.did.last(), Some(Did::Press(_))) {
                            self.did.pop();
                        }
                        (Did::Press(hit.selector), Some(hit.object))
                    }
                    None => (Did::Nothing { at: (x, y) }, None),
                };
                self.did.push(did);
                self.pressed = pressed;
            }
        }
    }

    /// What a click hit. A menu may have come up since the windows were read.
    fn hit(&self, at: Instant, (x, y): (i32, i32), now: &Screen) -> Option<Hit> {
        let both = [self.before(at, now), now].into_iter();
        let mut hit = both.filter_map(|screen| Some((screen, screen.at(x, y)?)));
        let (screen, at) = hit.next()?;
        Some(Hit {
            selector: screen.selector(at)?,
            object: screen.tree.nodes[at].object.clone(),
            above: screen
                .tree
                .above(at)
                .map(|node| node.object.clone())
                .collect(),
        })
    }

    fn before<'s>(&'s self, at: Instant, now: &'s Screen) -> &'s Screen {
        self.seen.before(at).unwrap_or(now)
    }

    /// Letters that were typed stand in the field that has the keyboard: by now, or when it was last read.
    fn flush(&mut self, sides: &mut Sides, now: &Screen) {
        let typed = mem::take(&mut self.typed);
        if typed.is_empty() {
            return;
        }
        let focused = |screen: &Screen| {
            let has_it =
                |node: &a11y::Node| node.role.is("field") && node.states.has(State::Focused);
            let at = screen.tree.nodes.iter().position(has_it)?;
            let node = &screen.tree.nodes[at];
            Some((screen.selector(at)?, node.object.clone(), node.role))
        };
        let Some((into, field, role)) = self.seen.last().and_then(focused).or_else(|| focused(now))
        else {
            self.did.push(Did::Lost { text: typed });
            return;
        };
        // A field that is no more, or that hides what stands in it, tells nothing.
        let told = sides.text_in(On::App, field, TEXT_WITHIN).ok();
        let text = told
            .map(|text| plain(&text))
            .filter(|text| !text.is_empty() && !role.is("password text"))
            .unwrap_or(typed);
        self.did.push(Did::Type { into, text });
    }
}

/// What a step is about, for a sentence.
fn named(did: &Did) -> Option<String> {
    match did {
        Did::Press(what) => Some(what.to_string()),
        Did::Keys { keys, .. } => Some(keys.clone()),
        Did::Type { .. } | Did::Lost { .. } | Did::Nothing { .. } => None,
    }
}

/// Without clicks that only lead into a field which is typed into.
fn without_ways(all: Vec<Did>) -> Vec<Did> {
    let leads = |did: &Did, next: Option<&Did>| match (did, next) {
        (Did::Press(what), Some(Did::Type { into, .. })) => what == into,
        _ => false,
    };
    let mut kept: Vec<Did> = Vec::new();
    for did in all.into_iter().rev() {
        if !leads(&did, kept.last()) {
            kept.push(did);
        }
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use a11y::{Node, Role, States, Tree};

    fn screen(name: &str) -> Screen {
        let node = Node {
            parent: None,
            index: 0,
            role: Role(62),
            name: name.to_owned(),
            description: String::new(),
            states: States::default(),
            object: Object {
                at: ":1.0".to_owned(),
                path: "/1".to_owned(),
            },
        };
        Screen {
            tree: Tree {
                nodes: vec![node],
                left_out: Vec::new(),
            },
            ..Screen::default()
        }
    }

    /// A press that the display tells of late means what was there when it was done, not what it made of it.
    #[test]
    fn a_press_that_is_told_late_means_what_was_there_before() {
        let began = Instant::now();
        let at = |ms| began + Duration::from_millis(ms);
        let mut looks = Looks::default();
        assert_eq!(looks.before(at(0)), None);
        looks.push(at(100), Screen::default());
        looks.push(at(200), screen("Mute"));
        looks.push(at(400), screen("Unmute"));
        for (ms, name) in [(50, "Mute"), (150, "Mute"), (399, "Mute"), (400, "Unmute")] {
            assert_eq!(looks.before(at(ms)), Some(&screen(name)), "{ms}");
        }
        for _ in 0..2 * LOOKS_MAX {
            looks.push(at(500), screen("later"));
        }
        assert_eq!(looks.0.len(), LOOKS_MAX);
        assert_eq!(looks.last(), Some(&screen("later")));
    }
}
