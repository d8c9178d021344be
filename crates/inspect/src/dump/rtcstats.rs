//! rtcstats: a line of JSON for each call of the page's script and each look at its statistics, of which only what
//! changed need be written. Its third form begins with a line that names it, and may write names as numbers; before,
//! the first line, if it is no event, says who was here, and names are written out. Chromium's own page writes the
//! third form as well, with all names and everything each time.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::connection::{
    CONNECTIONS_MAX, Connection, OF_A_CONNECTION_MAX, Point, Report, Track, counts_bytes, number,
    remotes, servers,
};
use super::format::{Dump, DumpError, DumpKind, Format, beginning, damaged};

pub(super) const FORMAT: Format = Format { is, read };

const NAME: &str = "rtcstats";
const HEADER: &[u8] = b"RTCStatsDump";

/// Methods that statistics come by, in the forms that there were.
const STATISTICS: [&str; 4] = ["getStats", "getstats", "g", "1"];
/// Those by which a connection is made.
const MADE: [&str; 3] = ["create", "39", "constructor"];

/// Numbers that stand for the properties that are looked at; numbers are never given again.
const PROPERTIES: [(&str, &str); 11] = [
    ("t", "timestamp"),
    ("11", "kind"),
    ("41", "bytesReceived"),
    ("57", "audioLevel"),
    ("80", "bytesSent"),
    ("81", "mediaSourceId"),
    ("116", "protocol"),
    ("134", "address"),
    ("135", "port"),
    ("136", "candidateType"),
    ("149", "remoteCandidateId"),
];
/// Likewise for kinds of reports.
const KINDS: [(u64, &str); 5] = [
    (1, "inbound-rtp"),
    (2, "outbound-rtp"),
    (6, "candidate-pair"),
    (8, "remote-candidate"),
    (12, "media-source"),
];

fn is(bytes: &[u8]) -> bool {
    if bytes.starts_with(HEADER) {
        return true;
    }
    // An event in the first line, or in the one behind who was here.
    let lines = beginning(bytes).split(|byte| *byte == b'\n');
    let mut lines = lines.filter(|line| !line.trim_ascii().is_empty());
    let first = lines.next().unwrap_or_default();
    let event = match first.trim_ascii().starts_with(b"{") {
        true => lines.next().unwrap_or_default(),
        false => first,
    };
    // A name of a method, a connection or none, and a time at the end.
    let event: Option<Vec<Value>> = serde_json::from_slice(event).ok();
    event.is_some_and(|event| {
        let ends = [&event.first(), &event.get(1), &event.last()].map(|e| e.cloned());
        matches!(
            ends,
            [
                Some(Value::String(_)),
                Some(Value::String(_) | Value::Null),
                Some(Value::Number(_))
            ] if event.len() >= 4
        )
    })
}

fn read(bytes: &[u8]) -> Result<Dump, DumpError> {
    let mut dump = Dump {
        kind: DumpKind::Rtcstats,
        browser: None,
        connections: Vec::new(),
        unread: 0,
    };
    let compressed = bytes.starts_with(HEADER);
    let mut reading = Reading::default();
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let last = lines.len().saturating_sub(1);
    for (n, line) in lines.iter().enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || (compressed && n == 0) {
            continue;
        }
        match serde_json::from_slice(line) {
            Ok(Value::Object(who)) => {
                let text = |key: &str| who.get(key)?.as_str().map(str::to_owned);
                dump.browser = dump.browser.or(text("userAgent"));
                reading.page = reading
                    .page
                    .take()
                    .or_else(|| text("url").or(text("origin")));
            }
            Ok(Value::Array(event)) if event.len() >= 4 => {
                if reading.event(&event, compressed).is_none() {
                    dump.unread += 1;
                }
            }
            Ok(_) => dump.unread += 1,
            // Whoever writes a line may have been cut off in it.
            Err(_) if n == last => dump.unread += 1,
            Err(e) => return Err(damaged(NAME, n, &e)),
        }
    }
    let made = reading.made.iter();
    dump.unread += made.map(|(_, making)| making.left_out).sum::<u64>();
    dump.connections = reading.connections();
    Ok(dump)
}

#[derive(Default)]
struct Reading {
    t_ms: f64,
    page: Option<String>,
    made: Vec<(String, Making)>,
}

/// A connection while it is read.
#[derive(Default)]
struct Making {
    page: Option<String>,
    servers: Vec<String>,
    reports: BTreeMap<String, Report>,
    tracks: BTreeMap<String, Track>,
    /// Reports that had no room.
    left_out: u64,
}

impl Reading {
    /// Takes an event; nothing where it cannot be read.
    fn event(&mut self, event: &[Value], compressed: bool) -> Option<()> {
        let t = number(event.last()?)?;
        // Since the third form each is told from the one before.
        self.t_ms = if compressed { self.t_ms + t } else { t };
        let method = match event.first()? {
            Value::String(name) => name.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        let connection = match event.get(1)? {
            Value::String(name) => name.clone(),
            Value::Number(number) => number.to_string(),
            // It is of the page.
            Value::Null => return Some(()),
            _ => return None,
        };
        let index = match self.made.iter().position(|(name, _)| *name == connection) {
            Some(index) => index,
            None if self.made.len() < CONNECTIONS_MAX => {
                self.made.push((connection, Making::default()));
                self.made.len() - 1
            }
            None => return None,
        };
        let making = &mut self.made[index].1;
        let what = event.get(2)?;
        if STATISTICS.contains(&method.as_str()) {
            making.statistics(what.as_object()?, self.t_ms, compressed);
        } else if MADE.contains(&method.as_str()) {
            making.servers = servers(&what.to_string());
            let page = event.get(3).filter(|_| event.len() > 4);
            making.page = page.and_then(Value::as_str).map(str::to_owned);
        }
        Some(())
    }

    fn connections(self) -> Vec<Connection> {
        let page = self.page;
        let of = |(name, making): (String, Making)| Connection {
            name,
            page: making.page.or_else(|| page.clone()),
            remotes: remotes(making.reports.iter().map(|(id, r)| (id.as_str(), r))),
            tracks: making.tracks.into_values().collect(),
            servers: making.servers,
        };
        self.made.into_iter().map(of).collect()
    }
}

impl Making {
    fn statistics(&mut self, delta: &Map<String, Value>, told_ms: f64, compressed: bool) {
        let time = delta.get("t").or_else(|| delta.get("timestamp"));
        let at_ms = time.and_then(number).unwrap_or(told_ms);
        for (id, changed) in delta {
            match changed {
                Value::Null => drop(self.reports.remove(id)),
                Value::Object(changed) => self.change(id, changed),
                _ => {}
            }
        }
        for (id, report) in &self.reports {
            // Before the third form, and where no time is told for all, a report that is there stands there, if only
            // with its time.
            if (!compressed || time.is_none()) && !delta.contains_key(id) {
                continue;
            }
            let Some(kind) = report.track() else { continue };
            let track = self.tracks.entry(id.clone()).or_insert_with(|| Track {
                kind,
                name: id.clone(),
                levels: Vec::new(),
                bytes: Vec::new(),
            });
            // Where no time is told for all, each report tells its own.
            let own_ms = time.is_none().then(|| report.number("timestamp"));
            let t_ms = own_ms.flatten().filter(|t| *t > 0.0).unwrap_or(at_ms);
            let point = |property: &str| {
                let value = report.number(property)?;
                Some(Point { t_ms, value })
            };
            track.levels.extend(point("audioLevel"));
            track.bytes.extend(counts_bytes(kind).and_then(point));
        }
    }

    fn change(&mut self, id: &str, changed: &Map<String, Value>) {
        if self.reports.len() >= OF_A_CONNECTION_MAX && !self.reports.contains_key(id) {
            self.left_out += 1;
            return;
        }
        let report = self.reports.entry(id.to_owned()).or_default();
        for (name, value) in changed {
            if name == "type" {
                let by_number = value.as_u64().and_then(|number| {
                    let mut kinds = KINDS.iter();
                    Some(kinds.find(|(of, _)| *of == number)?.1)
                });
                let kind = by_number.or(value.as_str()).unwrap_or_default();
                kind.clone_into(&mut report.kind);
                continue;
            }
            let known = PROPERTIES.iter().find(|(number, _)| number == name);
            let name = known.map_or(name.as_str(), |(_, name)| name);
            if value.is_string() || value.is_number() {
                report.properties.insert(name.to_owned(), value.clone());
            }
        }
    }
}
