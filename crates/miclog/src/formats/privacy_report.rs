//! App Privacy Report of iOS, iPadOS and watchOS: a JSON dictionary a line (Apple, "Inspecting app
//! activity data"). Of type `access`, category `microphone`; begin and end of an interval are lines of
//! their own with one identifier. Lines of another form name a stream of the system's privacy accounting and
//! a service (`kTCCServiceMicrophone`) in the place of type and category.

use std::collections::HashMap;

use serde::Deserialize;

use crate::reading::Reading;
use crate::time::stamp;
use crate::{End, Error, Format, Zone};

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
    stream: Option<String>,
    #[serde(rename = "tccService")]
    service: Option<String>,
    accessor: Option<Accessor>,
    identifier: Option<String>,
    kind: Option<String>,
    #[serde(rename = "timeStamp", alias = "timestamp")]
    time: Option<String>,
}

#[derive(Deserialize)]
struct Accessor {
    identifier: String,
}

impl Line {
    fn is_of_report(&self) -> bool {
        let of_stream = self.stream.as_ref();
        let of_stream = of_stream.is_some_and(|name| name.contains("privacy.accounting"));
        self.time.is_some() && (self.kind_of_line.is_some() || of_stream)
    }

    fn is_microphone(&self) -> bool {
        let is = |field: &Option<String>, of: &str| field.as_deref() == Some(of);
        let category = is(&self.kind_of_line, "access") && is(&self.category, "microphone");
        category || is(&self.service, "kTCCServiceMicrophone")
    }
}

fn is(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).take(20);
    lines.any(|line| serde_json::from_str::<Line>(line).is_ok_and(|line| line.is_of_report()))
}

fn read(text: &str, _: &Zone) -> Result<Reading, Error> {
    let mut read = Reading::default();
    let mut open: HashMap<String, usize> = HashMap::new();
    for (n, line) in text.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = match serde_json::from_str(line) {
            Ok(line) => line,
            Err(e) => {
                // Its own count of lines begins anew with each.
                let why = e.to_string();
                read.unread(n, why.split(" at line ").next().unwrap_or(&why));
                continue;
            }
        };
        let time = line.time.as_deref().and_then(stamp);
        if let Some(t) = time {
            read.saw(t);
        }
        if !line.is_of_report() {
            read.unread(n, "a line of a form that is not known");
            continue;
        }
        if !line.is_microphone() {
            continue;
        }
        let (Some(accessor), Some(t)) = (line.accessor, time) else {
            read.unread(n, "an access without an accessor or a time");
            continue;
        };
        let id = line.identifier.unwrap_or_default();
        let app = &accessor.identifier;
        match line.kind.as_deref() {
            Some("intervalEnd") => match open.remove(&id) {
                Some(at) => read.end(at, t),
                // It began before the report does.
                None => {
                    read.begin(app, t, End::At(t));
                }
            },
            Some("intervalBegin") => {
                open.insert(id, read.begin(app, t, End::Open));
            }
            _ => {
                read.begin(app, t, End::Untold);
            }
        }
    }
    Ok(read)
}
