//! What the app's windows show: names that come and go, and how much of it changes.
//!
//! A notice that follows the sound is a use of the microphone on this machine, and leaves nothing; so it decides nothing.

use std::collections::BTreeMap;

use record::{Body, MonotonicNs, Source, Span};

use crate::model::{Group, Kind, Missing, Series};
use crate::segmentation::Segmentation;
use crate::session::Session;

/// A name comes at least this often before it is asked when; a clock's never come twice.
const TIMES_MIN: usize = 3;

/// Names that are followed, those first that come most often.
const NAMES_MAX: usize = 8;

/// Before a name in a series' name.
pub const SHOWN: &str = "window shows ";

/// When names were shown.
#[derive(Default)]
struct Shown<'s> {
    /// While somebody looked.
    watched: Vec<Span>,
    /// Each name, from when to when.
    names: BTreeMap<&'s str, Vec<Span>>,
    /// When names came or went.
    changes: Vec<(MonotonicNs, usize)>,
}

impl<'s> Shown<'s> {
    fn of(session: &Session<'s>) -> Shown<'s> {
        let mut all = Shown::default();
        let mut open: BTreeMap<&str, MonotonicNs> = BTreeMap::new();
        let (mut since, mut last) = (None, MonotonicNs(0));
        for record in session.records {
            last = last.max(record.t);
            if record.source != Source::Names {
                continue;
            }
            let t = record.t;
            match &record.body {
                Body::Attached { .. } => since = Some(t),
                Body::Windows { shows, hides } => {
                    // What is there when one begins to look has not come.
                    if since.is_some_and(|from| from < t) {
                        all.changes.push((t, shows.len() + hides.len()));
                    }
                    open.extend(shows.iter().map(|name| (name.as_str(), t)));
                    for name in hides {
                        all.ends(&mut open, name, t);
                    }
                }
                Body::Detached { .. } => {
                    for name in open.keys().copied().collect::<Vec<_>>() {
                        all.ends(&mut open, name, t);
                    }
                    all.watched
                        .extend(since.take().map(|from| Span { from, to: t }));
                }
                _ => {}
            }
        }
        for name in open.keys().copied().collect::<Vec<_>>() {
            all.ends(&mut open, name, last);
        }
        all.watched
            .extend(since.map(|from| Span { from, to: last }));
        all
    }

    fn ends(&mut self, open: &mut BTreeMap<&'s str, MonotonicNs>, name: &str, to: MonotonicNs) {
        if let Some((name, from)) = open.remove_entry(name) {
            self.names.entry(name).or_default().push(Span { from, to });
        }
    }
}

/// Per block, the share of it in which each name that comes and goes was shown, and how many names changed.
pub(crate) fn series(session: &Session, segmentation: &Segmentation) -> Vec<Series> {
    let shown = Shown::of(session);
    if shown.watched.is_empty() {
        return Vec::new();
    }
    let mut names: Vec<(&str, &Vec<Span>)> = shown
        .names
        .iter()
        .map(|(name, spans)| (*name, spans))
        .filter(|(_, spans)| spans.len() >= TIMES_MIN)
        .collect();
    names.sort_by_key(|(_, spans)| std::cmp::Reverse(spans.len()));
    names.truncate(NAMES_MAX);
    let series = |name: String, unit: &'static str, weight, value: &dyn Fn(&Span) -> f64| Series {
        name,
        unit: unit.into(),
        kind: Kind::Number,
        group: Group::Windows,
        flow: None,
        weight,
        field: false,
        values: segmentation
            .blocks
            .iter()
            .map(|block| match within(&shown.watched, &block.span) {
                true => Ok(value(&block.span)),
                false => Err(Missing::NotWatched),
            })
            .collect(),
    };
    let share = |spans: &[Span], block: &Span| {
        let ns = spans
            .iter()
            .map(|span| overlap_ns(span, block))
            .sum::<u64>();
        ns as f64 / block.len_ns().max(1) as f64
    };
    let changed = |block: &Span| {
        let changes = shown.changes.iter().filter(|(t, _)| block.contains(*t));
        changes.map(|(_, n)| *n).sum::<usize>() as f64
    };
    let mut all: Vec<Series> = names
        .into_iter()
        .map(|(name, spans)| series(format!("{SHOWN}{name}"), "1", 4.0, &|b| share(spans, b)))
        .collect();
    all.push(series("window changes".to_owned(), "1", 1.0, &changed));
    all
}

fn within(watched: &[Span], block: &Span) -> bool {
    let whole = |span: &Span| span.from <= block.from && block.to <= span.to;
    watched.iter().any(whole)
}

fn overlap_ns(a: &Span, b: &Span) -> u64 {
    let (from, to) = (a.from.max(b.from), a.to.min(b.to));
    to.0.saturating_sub(from.0)
}
