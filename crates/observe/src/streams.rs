//! The sound server's view of the record streams.
//!
//! It cannot tell "read" from "running": a stream that is not corked is handed samples, whether
//! its client looks at them or not. Names are the clients' own claims.

use record::{Body, RecordStream, Source, Span, T};
use stage::pulse::StreamView;

use crate::{Observer, Sink, Target, Unavailable};

/// Looks at the streams at every drain and records changes.
#[derive(Default)]
pub struct Streams {
    view: Option<StreamView>,
    last: Option<Vec<RecordStream>>,
}

impl Observer for Streams {
    fn source(&self) -> Source {
        Source::Streams
    }

    fn attach(&mut self, target: &Target<'_>, out: &mut dyn Sink) -> Result<(), Unavailable> {
        let view = StreamView::open(&target.sound)
            .map_err(|e| Unavailable(format!("the sound server does not answer: {e}")))?;
        self.view = Some(view);
        let note = "record streams as the sound server shows them; reads are not traced";
        out.record(
            stage::clock::now(),
            Source::Streams,
            Body::Attached { note: note.into() },
        );
        Ok(())
    }

    fn drain(&mut self, now: T, out: &mut dyn Sink) {
        let Some(view) = &mut self.view else { return };
        match view.streams() {
            Ok(streams) if self.last.as_ref() == Some(&streams) => {}
            Ok(streams) => {
                self.last = Some(streams.clone());
                out.record(now, Source::Streams, Body::Streams { streams });
            }
            Err(e) => {
                self.view = None;
                let why = Some(format!("the sound server does not answer: {e}"));
                out.record(now, Source::Streams, Body::Detached { why });
            }
        }
    }

    fn detach(&mut self, now: T, out: &mut dyn Sink) -> Vec<Span> {
        if self.view.take().is_some() {
            out.record(now, Source::Streams, Body::Detached { why: None });
        }
        Vec::new()
    }
}
