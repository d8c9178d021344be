//! App Privacy Report of iOS, iPadOS and watchOS: a JSON dictionary a line (Apple, "Inspecting app
//! activity data"). Of type `access`, category `microphone`; begin and end of an interval are lines of
//! their own with one identifier.

use std::collections::HashMap;

use serde::Deserialize;

use crate::time::stamp;
use crate::{Access, End, Error, Format, Zone};

pub(crate) const FORMAT: Format = Format {
    name: "App Privacy Report (iOS)",
    is,
    read,
};

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "type")]
    kind_of_line: Option<String>,
    category: Option<String>,
    accessor: Option<Accessor>,
    identifier: Option<String>,
    kind: Option<String>,
    #[serde(rename = "timeStamp")]
    time: Option<String>,
}

#[derive(Deserialize)]
struct Accessor {
    identifier: String,
}

fn is(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(20);
    lines.any(|line| {
        serde_json::from_str::<Line>(line)
            .is_ok_and(|line| line.kind_of_line.is_some() && line.time.is_some())
    })
}

fn read(text: &str, _: &Zone) -> Result<Vec<Access>, Error> {
    let mut accesses: Vec<Access> = Vec::new();
    let mut open: HashMap<String, usize> = HashMap::new();
    for (n, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |why: String| Error::Line { line: n + 1, why };
        let line: Line = serde_json::from_str(line).map_err(|e| wrong(e.to_string()))?;
        let microphone = line.category.as_deref() == Some("microphone");
        if line.kind_of_line.as_deref() != Some("access") || !microphone {
            continue;
        }
        let time = line.time.as_deref().and_then(stamp);
        let (Some(accessor), Some(t)) = (line.accessor, time) else {
            return Err(wrong("an access without an accessor or a time".to_owned()));
        };
        let id = line.identifier.unwrap_or_default();
        match line.kind.as_deref() {
            Some("intervalEnd") => match open.remove(&id) {
                Some(at) => accesses[at].ended = End::At(t.max(accesses[at].began_ns)),
                // It began before the report does.
                None => accesses.push(Access {
                    app: accessor.identifier,
                    began_ns: t,
                    ended: End::At(t),
                }),
            },
            kind => {
                let begins = kind == Some("intervalBegin");
                if begins {
                    open.insert(id, accesses.len());
                }
                accesses.push(Access {
                    app: accessor.identifier,
                    began_ns: t,
                    ended: if begins { End::Open } else { End::Untold },
                });
            }
        }
    }
    Ok(accesses)
}
