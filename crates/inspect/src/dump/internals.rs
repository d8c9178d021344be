//! Chrome's own page `webrtc-internals`, "Create a WebRTC-Internals dump": JSON in which every property of every
//! report is a series of its own, and its values are JSON within a text.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::connection::{
    CONNECTIONS_MAX, Connection, OF_A_CONNECTION_MAX, Point, Report, Track, counts_bytes, number,
    remotes, servers,
};
use super::format::{Dump, DumpError, DumpKind, Format, beginning, damaged, holds};

pub(super) const FORMAT: Format = Format { is, read };

const NAME: &str = "webrtc-internals";

fn is(bytes: &[u8]) -> bool {
    let begin = beginning(bytes);
    let names = ["\"PeerConnections\"", "\"getUserMedia\""];
    begin.trim_ascii_start().starts_with(b"{") && names.iter().any(|name| holds(begin, name))
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "UserAgent")]
    user_agent: Option<String>,
    #[serde(rename = "PeerConnections", default)]
    connections: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    url: Option<String>,
    rtc_configuration: Option<Value>,
    #[serde(default)]
    stats: BTreeMap<String, Series>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Series {
    stats_type: Option<String>,
    start_time: Option<String>,
    end_time: Option<String>,
    values: Value,
}

fn read(bytes: &[u8]) -> Result<Dump, DumpError> {
    let file: File = serde_json::from_slice(bytes).map_err(|e| damaged(NAME, 0, &e))?;
    let mut dump = Dump {
        kind: DumpKind::WebrtcInternals,
        browser: file.user_agent,
        connections: Vec::new(),
        unread: 0,
    };
    for (name, told) in file.connections {
        let told = Told::deserialize(told).ok();
        match told.filter(|_| dump.connections.len() < CONNECTIONS_MAX) {
            Some(told) => {
                let connection = connection(name, told, &mut dump.unread);
                dump.connections.push(connection);
            }
            None => dump.unread += 1,
        }
    }
    Ok(dump)
}

/// Everything that one report told over time.
#[derive(Default)]
struct Over {
    last: Report,
    levels: Vec<Point>,
    bytes: BTreeMap<String, Vec<Point>>,
}

fn connection(name: String, told: Told, unread: &mut u64) -> Connection {
    let mut reports: BTreeMap<&str, Over> = BTreeMap::new();
    for (key, series) in &told.stats {
        // Those in brackets were computed of others by the page.
        let Some((id, property)) = key.rsplit_once('-').filter(|_| !key.ends_with(']')) else {
            continue;
        };
        let Some(values) = values(&series.values) else {
            *unread += 1;
            continue;
        };
        let over = reports.entry(id).or_default();
        if let Some(kind) = &series.stats_type {
            over.last.kind.clone_from(kind);
        }
        if let Some(last) = values.last() {
            over.last
                .properties
                .insert(property.to_owned(), last.clone());
        }
        if !matches!(property, "audioLevel" | "bytesSent" | "bytesReceived") {
            continue;
        }
        let Some(times) = times(&told.stats, id, series, values.len()) else {
            *unread += 1;
            continue;
        };
        let points = times.into_iter().zip(&values);
        let points = points.filter_map(|(t_ms, value)| {
            let value = number(value)?;
            Some(Point { t_ms, value })
        });
        match property {
            "audioLevel" => over.levels = points.collect(),
            other => drop(over.bytes.insert(other.to_owned(), points.collect())),
        }
    }
    let tracks = reports.iter_mut().filter_map(|(id, over)| {
        let kind = over.last.track()?;
        let bytes = counts_bytes(kind).and_then(|property| over.bytes.remove(property));
        Some(Track {
            kind,
            name: (*id).to_owned(),
            levels: std::mem::take(&mut over.levels),
            bytes: bytes.unwrap_or_default(),
        })
    });
    let tracks = tracks.take(OF_A_CONNECTION_MAX).collect();
    let configuration = told.rtc_configuration.map(|told| match told {
        Value::String(text) => text,
        other => other.to_string(),
    });
    Connection {
        name,
        page: told.url,
        tracks,
        remotes: remotes(reports.iter().map(|(id, over)| (*id, &over.last))),
        servers: configuration.as_deref().map(servers).unwrap_or_default(),
    }
}

fn values(of: &Value) -> Option<Vec<Value>> {
    match of {
        Value::String(text) => serde_json::from_str(text).ok(),
        Value::Array(values) => Some(values.clone()),
        _ => None,
    }
}

/// When the values were: by the report's own series of times, which may be longer at its beginning; before Chrome
/// had one, evenly between first and last.
fn times(
    stats: &BTreeMap<String, Series>,
    id: &str,
    series: &Series,
    n: usize,
) -> Option<Vec<f64>> {
    if let Some(of) = stats.get(&format!("{id}-timestamp")) {
        let times: Vec<f64> = values(&of.values)?
            .iter()
            .map(number)
            .collect::<Option<_>>()?;
        let before = times.len().checked_sub(n)?;
        return Some(times[before..].to_vec());
    }
    let at = |text: &Option<String>| {
        let at: jiff::Timestamp = text.as_deref()?.parse().ok()?;
        Some(at.as_millisecond() as f64)
    };
    let (from, to) = (at(&series.start_time)?, at(&series.end_time)?);
    let step = (to - from) / n.saturating_sub(1).max(1) as f64;
    Some((0..n).map(|i| from + step * i as f64).collect())
}
