//! Android's `dumpsys audio`: events of recordings (`10-05 11:59:59:988 rec start riid:15 uid:10123
//! session:33 src:MIC not silenced pack:org.example`), in local time and without a year. A recording
//! that the system silences hears nothing: it counts from when that ends, and up to when it begins.

use std::collections::HashMap;

use jiff::civil::Time;

use crate::{Access, End, Error, Format, Zone};

pub(crate) const FORMAT: Format = Format {
    name: "dumpsys audio (Android)",
    is,
    read,
};

fn is(text: &str) -> bool {
    text.contains("RecordActivityMonitor dump time")
        || text.lines().any(|line| event(line).is_some())
}

/// What happens to a recording.
#[derive(Debug, PartialEq)]
enum What {
    Start,
    Update,
    Stop,
}

fn event(line: &str) -> Option<(&str, &str, What, &str)> {
    let mut words = line.split_whitespace();
    let (day, time) = (words.next()?, words.next()?);
    let [rec, what, id] = [words.next()?, words.next()?, words.next()?];
    let what = match what {
        "start" => What::Start,
        "update" => What::Update,
        "stop" | "release" => What::Stop,
        _ => return None,
    };
    let id = id.strip_prefix("riid:").filter(|_| rec == "rec")?;
    Some((day, time, what, id))
}

fn read(text: &str, zone: &Zone) -> Result<Vec<Access>, Error> {
    let mut accesses: Vec<Access> = Vec::new();
    let mut open: HashMap<&str, usize> = HashMap::new();
    for (n, line) in text.lines().enumerate() {
        let Some((day, time, what, id)) = event(line) else {
            continue;
        };
        let t = at(day, time, zone).ok_or_else(|| Error::Line {
            line: n + 1,
            why: format!("`{day} {time}` is no time, as in 10-05 11:59:59:988"),
        })?;
        let hears = what != What::Stop && !is_silenced(line);
        match (open.get(id), hears) {
            (Some(&at), false) => {
                accesses[at].ended = End::At(t.max(accesses[at].began_ns));
                open.remove(id);
            }
            (None, true) => {
                let word = line
                    .split_whitespace()
                    .find_map(|w| w.strip_prefix("pack:"));
                open.insert(id, accesses.len());
                accesses.push(Access {
                    app: word.unwrap_or("?").to_owned(),
                    began_ns: t,
                    ended: End::Open,
                });
            }
            (Some(_), true) | (None, false) => {}
        }
    }
    Ok(accesses)
}

fn is_silenced(line: &str) -> bool {
    line.contains(" silenced") && !line.contains("not silenced")
}

/// `10-05` and `11:59:59:988`.
fn at(day: &str, time: &str, zone: &Zone) -> Option<u64> {
    let (month, day) = day.split_once('-')?;
    let mut parts = time.split(':').map(|part| part.parse::<i32>().ok());
    let [hour, minute, second, ms] = [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let small = |n: Option<i32>| i8::try_from(n?).ok();
    let ms = ms.filter(|ms| (0..1_000).contains(ms))?;
    let time = Time::new(small(hour)?, small(minute)?, small(second)?, ms * 1_000_000).ok()?;
    zone.ns_of_day(month.parse().ok()?, day.parse().ok()?, time)
}
