//! The App Privacy Report of iOS 15.2 and later: lines of JSON, of which those of network activity are read here
//! (access to sensors is read by `miclog`).

use serde::Deserialize;

use super::entries::{Entries, Entry, seconds};
use super::format::{Format, LogError, beginning, holds};
use crate::facts::{Channel, Facts, Origin};

pub(super) const FORMAT: Format = Format {
    origin: Origin::AppPrivacyReport,
    name: "iOS's App Privacy Report",
    is,
    read,
};

fn is(bytes: &[u8]) -> bool {
    let begin = beginning(bytes);
    begin.starts_with(b"{")
        && (holds(begin, "\"networkActivity\"")
            || holds(begin, "\"domainOwner\"")
            || holds(begin, "\"accessor\""))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    domain: Option<String>,
    #[serde(rename = "bundleID", alias = "hasApp.bundleName")]
    bundle_id: Option<String>,
    hits: Option<u64>,
    #[serde(alias = "firstTimestamp")]
    first_time_stamp: Option<String>,
    #[serde(alias = "timestamp")]
    time_stamp: Option<String>,
    accessor: Option<serde::de::IgnoredAny>,
    category: Option<String>,
}

fn read(bytes: &[u8]) -> Result<Facts, LogError> {
    let mut entries = Entries::default();
    for line in bytes.split(|b| *b == b'\n') {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match serde_json::from_slice::<Line>(line) {
            Ok(line) if line.domain.is_some() => entries.push(entry(line)),
            // Access to a sensor or to data.
            Ok(line) if line.accessor.is_some() || line.category.is_some() => {}
            Ok(_) | Err(_) => entries.unread += 1,
        }
    }
    Ok(entries.finish(Origin::AppPrivacyReport))
}

fn entry(line: Line) -> Entry {
    let last = line.time_stamp.as_deref().and_then(seconds);
    let first = line.first_time_stamp.as_deref().and_then(seconds).or(last);
    Entry {
        name: line.domain,
        channel: Some(Channel::Unknown),
        requests: line.hits.unwrap_or(1),
        t_s: first.map(|first| [first, last.unwrap_or(first)]),
        process: line.bundle_id,
        ..Entry::default()
    }
}
