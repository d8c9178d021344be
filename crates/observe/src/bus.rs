//! Calls on the app's session bus: whom its programs ask for something, and whether that was refused.
//!
//! A mute may be asked of somebody else, and then it is their answer that counts. Contents are not looked
//! at; the services that every program with a window talks to are left out.

use record::{Body, MonotonicNs, Source, Span};
use stage::bus::{Calls, Told};

use crate::{Observer, Sink, Target, Unavailable};

/// Calls that are written down at most: an app may make as many as it likes.
const CALLS_MAX: u64 = 5_000;

/// Writes down each call when it is answered.
#[derive(Default)]
pub struct Bus {
    calls: Option<Calls>,
    written: u64,
    /// Since when nothing was lost.
    since: MonotonicNs,
}

impl Observer for Bus {
    fn source(&self) -> Source {
        Source::Bus
    }

    fn attach(&mut self, target: &Target<'_>, out: &mut dyn Sink) -> Result<(), Unavailable> {
        // The bus comes after its observers: it is an ordinary program of the side.
        let door = target.app.bus();
        let door =
            door.map_err(|e| Unavailable(format!("the session bus cannot be watched: {e}")))?;
        self.calls = Some(Calls::follow(door));
        self.since = stage::clock::now();
        let note = "calls on the session bus and whether they were refused, without contents";
        out.record(
            self.since,
            Source::Bus,
            Body::Attached { note: note.into() },
        );
        Ok(())
    }

    fn drain(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        let Some(calls) = &self.calls else { return };
        let mut lost = calls.lost();
        while let Some((t, told)) = calls.next() {
            match told {
                Told::Call(_) if self.written >= CALLS_MAX => lost += 1,
                Told::Call(body) => {
                    self.written += 1;
                    out.record(t, Source::Bus, body);
                }
                Told::Ended(why) => {
                    out.record(t, Source::Bus, Body::Detached { why: Some(why) });
                    self.calls = None;
                    return;
                }
            }
        }
        if lost > 0 {
            let span = Span {
                from: self.since,
                to: now,
            };
            let why = "more calls on the session bus than are written down".into();
            let lost = Some(lost);
            out.record(now, Source::Bus, Body::Gap { span, lost, why });
        }
        self.since = now;
    }

    fn detach(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        self.drain(now, out);
        if self.calls.take().is_some() {
            out.record(now, Source::Bus, Body::Detached { why: None });
        }
    }
}
