//! macOS' unified log, excerpts by `log show` in any style (default, compact, json, ndjson) or copied from
//! Console, which leaves out the date: the control centre writes a line whenever the owners of its orange
//! dot change, with all that have the microphone from then on. Observed on macOS 12 and later are
//! `Active activity attributions changed to ["mic:org.example"]` and `Sorted active attributions from
//! SystemStatus update: [[mic] Name (org.example)]`; one log can hold both. Apple documents neither.

use std::collections::{BTreeMap, btree_map};

use jiff::civil::{Date, Time};
use serde::Deserialize;

use crate::reading::Reading;
use crate::{End, Error, Format, Zone};

pub(crate) const FORMAT: Format = Format {
    name: "unified log (macOS)",
    is,
    read,
};

/// What stands in front of the list in such lines.
const CHANGED: &str = "Active activity attributions changed to ";
const SORTED: &str = "Sorted active attributions from SystemStatus update: ";

#[derive(Deserialize)]
struct Entry {
    timestamp: Option<String>,
    #[serde(rename = "eventMessage")]
    message: Option<String>,
}

fn is(text: &str) -> bool {
    text.contains(CHANGED) || text.contains(SORTED)
}

fn read(text: &str, zone: &Zone) -> Result<Reading, Error> {
    let mut dot = Dot::default();
    let begin = text.trim_start();
    match begin.strip_prefix('[') {
        Some(rest) if rest.trim_start().starts_with('{') => {
            array(text, text.len() - rest.len(), zone, &mut dot);
        }
        _ => {
            for (n, line) in text.lines().enumerate() {
                match serde_json::from_str::<Entry>(line) {
                    Ok(entry) => entry.tell(n, zone, &mut dot),
                    Err(_) => dot.line(n, line, line, zone),
                }
            }
        }
    }
    Ok(dot.read)
}

/// Entries from `at` on, which take several lines each.
fn array(text: &str, mut at: usize, zone: &Zone, dot: &mut Dot) {
    let mut line = text[..at].matches('\n').count();
    while let Some(next) = text[at..].find('{') {
        line += text[at..at + next].matches('\n').count();
        at += next;
        let mut entries = serde_json::Deserializer::from_str(&text[at..]).into_iter::<Entry>();
        match entries.next() {
            Some(Ok(entry)) => entry.tell(line, zone, dot),
            Some(Err(e)) => return dot.read.unread(line, e.to_string()),
            None => return,
        }
        let len = entries.byte_offset();
        line += text[at..at + len].matches('\n').count();
        at += len;
    }
}

impl Entry {
    fn tell(self, n: usize, zone: &Zone, dot: &mut Dot) {
        let (time, message) = (self.timestamp, self.message);
        dot.line(
            n,
            &time.unwrap_or_default(),
            &message.unwrap_or_default(),
            zone,
        );
    }
}

/// Who has the microphone, as far as the log was read.
#[derive(Default)]
struct Dot {
    holds: BTreeMap<String, usize>,
    read: Reading,
}

impl Dot {
    fn line(&mut self, n: usize, time: &str, message: &str, zone: &Zone) {
        let apps = apps(message);
        let Some(time) = Stamp::of(time) else {
            if apps.is_some() {
                let shown = time.split_whitespace().take(2).collect::<Vec<_>>();
                let shown = shown.join(" ");
                self.read.unread(
                    n,
                    format!("`{shown}` is no time, as in 2026-01-01 12:00:00.5+0100"),
                );
            }
            return;
        };
        let Some(t) = time.ns(zone) else {
            return self.read.unread(n, "a time that there is not");
        };
        self.read.saw(t);
        self.read.is_local |= time.east_s.is_none();
        self.read.is_undated |= time.date.is_none();
        let Some(now) = apps else { return };
        let read = &mut self.read;
        self.holds.retain(|app, at| {
            let keeps = now.contains(app);
            if !keeps {
                read.end(*at, t);
            }
            keeps
        });
        for app in now {
            if let btree_map::Entry::Vacant(begins) = self.holds.entry(app) {
                let at = read.begin(begins.key(), t, End::Open);
                begins.insert(at);
            }
        }
    }
}

/// All that have the microphone from a message on; nothing for other messages.
fn apps(message: &str) -> Option<Vec<String>> {
    if let Some((_, list)) = message.split_once(CHANGED) {
        let list = list.trim_start_matches('[');
        let list = list.split_once(']').map_or(list, |(list, _)| list);
        let entries = list
            .split(',')
            .map(|entry| entry.trim().trim_matches(['"', '\\']));
        let apps = entries.filter_map(|entry| entry.strip_prefix("mic:"));
        return Some(apps.map(str::to_owned).collect());
    }
    // A name may hold whatever a person likes: what stands in the last brackets before the next entry is
    // the identifier.
    let (_, list) = message.split_once(SORTED)?;
    let mut apps = Vec::new();
    for entry in list.split(", [") {
        let entry = entry.trim_start_matches('[');
        if let Some(name) = entry.strip_prefix("mic]") {
            let name = name.trim().trim_end_matches(']');
            let id = name
                .rsplit_once('(')
                .map(|(_, id)| id.trim_end_matches(')'));
            apps.push(id.unwrap_or(name).trim().to_owned());
        }
    }
    Some(apps)
}

/// A time with what stands beside it of day and zone.
struct Stamp {
    date: Option<Date>,
    time: Time,
    east_s: Option<i32>,
}

impl Stamp {
    /// `2026-01-01 12:00:00.123456+0100`, `2026-01-01 12:00:00.123` or `12:00:00.123456+0100`, among the
    /// first words of a text.
    fn of(text: &str) -> Option<Stamp> {
        let mut date = None;
        for word in text.split_whitespace().take(3) {
            if let Ok(day) = word.parse::<Date>() {
                date = Some(day);
            } else if let Some((time, east_s)) = time(word) {
                return Some(Stamp { date, time, east_s });
            }
        }
        None
    }

    fn ns(&self, zone: &Zone) -> Option<u64> {
        let zone = Zone {
            east_s: self.east_s.unwrap_or(zone.east_s),
            ..*zone
        };
        match self.date {
            Some(date) => zone.ns(date.to_datetime(self.time)),
            None => zone.ns_of_time(self.time, zone.near_ns),
        }
    }
}

/// `12:00:00.123456+0100`, with its offset or without.
fn time(word: &str) -> Option<(Time, Option<i32>)> {
    let (time, offset) = match word.find(['+', '-']) {
        Some(at) => (&word[..at], Some(&word[at..])),
        None => (word, None),
    };
    let is_time = time.len() >= 8 && time.as_bytes()[2] == b':';
    let time: Time = time.parse().ok().filter(|_| is_time)?;
    let Some(offset) = offset else {
        return Some((time, None));
    };
    let (hours, minutes) = offset.split_at_checked(3)?;
    let hours: i32 = hours.parse().ok()?;
    let minutes: i32 = minutes.trim_start_matches(':').parse().ok()?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    Some((time, Some(hours * 3_600 + sign * minutes * 60)))
}
