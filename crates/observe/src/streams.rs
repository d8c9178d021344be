//! The sound server's view of the record streams.
//!
//! It cannot tell "read" from "running": a stream that is not corked is handed samples, whether
//! its client looks at them or not. Names are the clients' own claims. It looks twenty times a
//! second: a stream that comes and goes between two looks is not seen.

use record::{Body, MonotonicNs, RecordStream, Source, Span};
use stage::sound::StreamView;

use crate::{Observer, Sink, Target, Unavailable};

/// Looks at the streams at every drain and records changes.
#[derive(Default)]
pub struct Streams {
    view: Option<StreamView>,
    last: Option<Vec<RecordStream>>,
    last_muted: Vec<String>,
    looked: Option<MonotonicNs>,
}

/// Looks further apart than this are a hole in the watch: on a stalled machine streams may come and
/// go unseen.
const APART_NS: u64 = 1_000_000_000;

impl Observer for Streams {
    fn source(&self) -> Source {
        Source::Streams
    }

    fn attach(&mut self, target: &Target<'_>, out: &mut dyn Sink) -> Result<(), Unavailable> {
        let none = || Unavailable("there is no sound server".into());
        let view = target.sound.ok_or_else(none)?.view();
        let view =
            view.map_err(|e| Unavailable(format!("the sound server does not answer: {e}")))?;
        self.view = Some(view);
        let note = "record streams as the sound server shows them; reads are not traced";
        out.record(
            stage::clock::now(),
            Source::Streams,
            Body::Attached { note: note.into() },
        );
        Ok(())
    }

    fn drain(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        let Some(view) = &mut self.view else { return };
        let from = self.looked.replace(now).unwrap_or(now);
        if now.0.saturating_sub(from.0) > APART_NS {
            let body = Body::Gap {
                span: Span { from, to: now },
                lost: None,
                why: "the record streams were not looked at for more than a second".into(),
            };
            out.record(now, Source::Streams, body);
        }
        let seen = view
            .streams()
            .and_then(|streams| Ok((streams, view.muted_sources()?)));
        match seen {
            Ok((streams, sources)) => {
                if self.last.as_ref() != Some(&streams) {
                    self.last = Some(streams.clone());
                    out.record(now, Source::Streams, Body::Streams { streams });
                }
                if self.last_muted != sources {
                    self.last_muted = sources.clone();
                    out.record(now, Source::Streams, Body::SourcesMuted { sources });
                }
            }
            Err(e) => {
                self.view = None;
                let why = Some(format!("the sound server does not answer: {e}"));
                out.record(now, Source::Streams, Body::Detached { why });
            }
        }
    }

    fn detach(&mut self, now: MonotonicNs, out: &mut dyn Sink) {
        if self.view.take().is_some() {
            out.record(now, Source::Streams, Body::Detached { why: None });
        }
    }
}
