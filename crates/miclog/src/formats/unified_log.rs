//! macOS' unified log, excerpts by `log show`, as text or `--style ndjson`: the control centre writes a
//! line whenever the owners of its orange dot change, with all that have the microphone from then on
//! (`mic:` and a bundle id). Observed on macOS 12 and later; Apple documents neither.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::{Access, End, Error, Format, Zone};

pub(crate) const FORMAT: Format = Format {
    name: "unified log (macOS)",
    is,
    read,
};

/// What such a line says.
const CHANGED: &str = "Active activity attributions changed to ";

#[derive(Deserialize)]
struct Line {
    timestamp: String,
    #[serde(rename = "eventMessage")]
    message: String,
}

fn is(text: &str) -> bool {
    text.contains(CHANGED)
}

fn read(text: &str, _: &Zone) -> Result<Vec<Access>, Error> {
    let mut accesses: Vec<Access> = Vec::new();
    let mut holds: BTreeMap<String, usize> = BTreeMap::new();
    for (n, line) in text.lines().enumerate() {
        if !line.contains(CHANGED) {
            continue;
        }
        let (time, message) = match serde_json::from_str::<Line>(line) {
            Ok(line) => (line.timestamp, line.message),
            // `2026-01-01 12:00:00.123456+0100 0x1f Default …`: date and time are the first two words.
            Err(_) => {
                let mut words = line.split_whitespace();
                let words = [words.next(), words.next()].map(Option::unwrap_or_default);
                (words.join(" "), line.to_owned())
            }
        };
        let t = stamp(&time).ok_or_else(|| Error::Line {
            line: n + 1,
            why: format!("`{time}` is no time with its offset, as in 2026-01-01 12:00:00.5+0100"),
        })?;
        let (_, list) = message.split_once(CHANGED).unwrap_or_default();
        let list = list.trim_start_matches('[');
        let list = list.split_once(']').map_or(list, |(list, _)| list);
        let mut now: Vec<String> = Vec::new();
        for entry in list.split(',') {
            let entry = entry.trim().trim_matches(['"', '\\']);
            now.extend(entry.strip_prefix("mic:").map(str::to_owned));
        }
        holds.retain(|app, at| {
            let keeps = now.contains(app);
            if !keeps {
                accesses[*at].ended = End::At(t.max(accesses[*at].began_ns));
            }
            keeps
        });
        for app in now {
            if !holds.contains_key(&app) {
                holds.insert(app.clone(), accesses.len());
                accesses.push(Access {
                    app,
                    began_ns: t,
                    ended: End::Open,
                });
            }
        }
    }
    Ok(accesses)
}

/// `2026-01-01 12:00:00.123456+0100`.
fn stamp(text: &str) -> Option<u64> {
    let (rest, offset) = text.split_at_checked(text.len().checked_sub(5)?)?;
    let (hours, minutes) = offset.split_at_checked(3)?;
    crate::time::stamp(&format!("{}{hours}:{minutes}", rest.replace(' ', "T")))
}
