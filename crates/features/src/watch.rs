//! Who watched when, and what was lost.

use std::collections::BTreeMap;

use record::{Body, MonotonicNs, Source, Span};

use crate::model::Missing;
use crate::person::given_up;
use crate::session::Session;

/// Which source watched when, and where it lost something.
pub(crate) struct Watch {
    watched: Vec<Span>,
    gaps: BTreeMap<Source, Vec<Span>>,
}

impl Watch {
    pub(crate) fn new(session: &Session) -> Watch {
        let mut gaps: BTreeMap<Source, Vec<Span>> = BTreeMap::new();
        let mut watched = Vec::new();
        let mut since: Option<MonotonicNs> = None;
        for record in session.records {
            match (&record.body, record.source) {
                (Body::Gap { span, .. }, source) => gaps.entry(source).or_default().push(*span),
                (Body::Attached { .. }, Source::Packets) => {
                    since = since.or(Some(record.t));
                }
                (Body::Detached { .. }, Source::Packets) => {
                    watched.extend(since.take().map(|from| Span { from, to: record.t }));
                }
                _ => {}
            }
        }
        // While the app was not as it should have been, nothing that was seen counts.
        for span in given_up(session) {
            for source in [
                Source::Packets,
                Source::Peer,
                Source::Plaintext,
                Source::Sink,
                Source::Reads,
            ] {
                gaps.entry(source).or_default().push(span);
            }
        }
        // Still watching at the end of what is known.
        watched.extend(since.map(|from| Span {
            from,
            to: MonotonicNs(u64::MAX),
        }));
        Watch { watched, gaps }
    }

    /// Whether packets were watched throughout `span` and none was lost.
    pub(crate) fn packets(&self, span: &Span) -> Result<(), Missing> {
        if self.lost(Source::Packets, span) {
            return Err(Missing::Lost);
        }
        match self
            .watched
            .iter()
            .any(|w| w.from <= span.from && span.to <= w.to)
        {
            true => Ok(()),
            false => Err(Missing::NotWatched),
        }
    }

    /// Whether `source` lost something within `span`. A loss at a single moment (an empty span)
    /// counts where it lies.
    pub(crate) fn lost(&self, source: Source, span: &Span) -> bool {
        let gaps = self.gaps.get(&source).map_or(&[][..], Vec::as_slice);
        gaps.iter()
            .any(|gap| gap.overlaps(span) || span.contains(gap.from))
    }

    /// All sources that lost something.
    pub(crate) fn losers(&self) -> impl Iterator<Item = Source> + '_ {
        self.gaps.keys().copied()
    }
}
