//! What the app's windows show: the names of their elements, as a screen reader has them (AT-SPI).
//!
//! An app that tells its user "you are muted" while they speak has listened for it. Read where the recipe finds elements
//! by name, and nowhere else: an app may behave differently where such a bus is.

use std::collections::BTreeSet;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use a11y::{Limits, State, Tree, plain};
use record::{Body, MonotonicNs, Source};
use stage::windows::Windows;

use crate::{Observer, Sink, Target, Unavailable};

/// How often the windows are looked at; and how much longer than a look lasted the app is left alone after it.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const ALONE: u32 = 9;

/// How long one look may take, and the bus to come.
const LOOK_WITHIN: Duration = Duration::from_secs(10);
const BUS_WITHIN: Duration = Duration::from_secs(60);

/// Looks that wait to be written down.
const WAITING_MAX: usize = 64;

/// Letters of a name, names of a look, and changes that are written down: an app may have as many as it likes.
const LETTERS_MAX: usize = 200;
const NAMES_MAX: usize = 2_000;
const CHANGES_MAX: usize = 20_000;

/// When a look ended, and which names were shown.
type Look = (MonotonicNs, Result<BTreeSet<String>, String>);

/// Writes down which names come and go.
#[derive(Default)]
pub struct Names {
    looks: Option<Receiver<Look>>,
    seen: Seen,
}

/// What was seen until now.
#[derive(Default)]
struct Seen {
    /// The names of the last look; nothing where it failed, or there was none.
    shown: Option<BTreeSet<String>>,
    /// Why the last one failed.
    why: Option<String>,
    written: usize,
}

impl Seen {
    /// What a look says beside the one before it.
    fn look(&mut self, shown: Result<BTreeSet<String>, String>) -> Vec<Body> {
        let shown = match shown {
            Ok(shown) if self.written < CHANGES_MAX => shown,
            other => {
                let many = "more changes of what the windows show than are written down";
                self.why = Some(other.err().unwrap_or_else(|| many.to_owned()));
                let watched = self.shown.take().is_some();
                return watched
                    .then_some(Body::Detached { why: None })
                    .into_iter()
                    .collect();
            }
        };
        let mut said = Vec::new();
        let before = self.shown.take().unwrap_or_else(|| {
            let note = "names of what the app's windows show, looked at twice a second or less";
            said.push(Body::Attached { note: note.into() });
            BTreeSet::new()
        });
        let shows: Vec<String> = shown.difference(&before).cloned().collect();
        let hides: Vec<String> = before.difference(&shown).cloned().collect();
        if !shows.is_empty() || !hides.is_empty() {
            self.written += shows.len() + hides.len();
            said.push(Body::Windows { shows, hides });
        }
        (self.shown, self.why) = (Some(shown), None);
        said
    }
}

impl Observer for Names {
    fn source(&self) -> Source {
        Source::Names
    }

    fn attach(&mut self, target: &Target<'_>, _: &mut dyn Sink) -> Result<(), Unavailable> {
        if !target.names {
            return Ok(());
        }
        let (tell, looks) = sync_channel(WAITING_MAX);
        let windows = Windows::of(target.app);
        // It ends with the session, for nobody takes its looks then.
        thread::spawn(move || watch(windows, &tell));
        self.looks = Some(looks);
        Ok(())
    }

    fn drain(&mut self, _: MonotonicNs, out: &mut dyn Sink) {
        for (t, shown) in self.looks.iter().flat_map(Receiver::try_iter) {
            for body in self.seen.look(shown) {
                out.record(t, Source::Names, body);
            }
        }
    }

    fn detach(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        self.drain(now, out);
        let was_there = self.seen.shown.is_some() || self.seen.why.is_some();
        if self.looks.take().is_some() && was_there {
            let why = self.seen.why.take();
            out.record(now, Source::Names, Body::Detached { why });
        }
    }
}

/// Looks again and again until nobody takes what was seen. The bus comes after its observers.
fn watch(mut windows: Windows, tell: &SyncSender<Look>) {
    if let Err(why) = windows.enable(BUS_WITHIN) {
        let _ = tell.send((stage::clock::now(), Err(why)));
        return;
    }
    loop {
        let began = Instant::now();
        let tree = windows.read(Limits::default(), LOOK_WITHIN);
        let took = began.elapsed();
        let shown = tree.map(|tree| names(&tree));
        if tell.send((stage::clock::now(), shown)).is_err() {
            return;
        }
        thread::sleep(LOOK_EVERY.max(took * ALONE));
    }
}

/// The names that somebody can see.
fn names(tree: &Tree) -> BTreeSet<String> {
    let shown = tree
        .nodes
        .iter()
        .filter(|node| node.states.has(State::Showing));
    let names = shown.map(|node| plain(&node.name).chars().take(LETTERS_MAX).collect());
    let names = names.filter(|name: &String| !name.is_empty());
    names.take(NAMES_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(names: &[&str]) -> Result<BTreeSet<String>, String> {
        Ok(names.iter().map(|name| (*name).to_owned()).collect())
    }

    fn windows(shows: &[&str], hides: &[&str]) -> Body {
        let all = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Body::Windows {
            shows: all(shows),
            hides: all(hides),
        }
    }

    #[test]
    fn what_comes_and_goes_is_said_and_what_was_not_seen_is_a_hole() {
        let mut seen = Seen::default();
        assert_eq!(seen.look(Err("not there yet".to_owned())), []);
        let first = seen.look(shown(&["Leave", "Mute"]));
        assert!(matches!(first[0], Body::Attached { .. }), "{first:?}");
        assert_eq!(first[1..], [windows(&["Leave", "Mute"], &[])]);
        assert_eq!(seen.look(shown(&["Leave", "Mute"])), []);
        let next = seen.look(shown(&["Leave", "You are muted"]));
        assert_eq!(next, [windows(&["You are muted"], &["Mute"])]);
        let failed = seen.look(Err("the app does not answer".to_owned()));
        assert_eq!(failed, [Body::Detached { why: None }]);
        assert_eq!(seen.look(Err("nor now".to_owned())), []);
        let again = seen.look(shown(&["Leave"]));
        assert_eq!(again.len(), 2, "{again:?}");
        assert_eq!(again[1], windows(&["Leave"], &[]));
    }

    #[test]
    fn an_app_with_ever_other_names_is_watched_no_more_at_some_point() {
        let mut seen = Seen::default();
        for look in 0..=CHANGES_MAX {
            seen.look(shown(&[&look.to_string()]));
        }
        assert_eq!(seen.shown, None);
        assert!(seen.why.is_some_and(|why| why.contains("more changes")));
    }
}
