//! Android's `dumpsys audio`: the last 50 events of recordings (`10-05 11:59:59:988 rec start riid:15
//! uid:10123 session:33 src:MIC not silenced pack:org.example`), in local time and without a year, and
//! what is recorded when the dump is made (`riid 15; active? true` and a line with `session:33 -- source
//! client=MIC … -- pack:org.example … -- silenced:false`). Android 9 numbers no recordings (`riid`): their
//! sessions stand for them. A recording that the system silences hears nothing: it counts from when that
//! ends, and up to when it begins. What began before the first of the events had it at least since then.

use std::collections::{HashMap, HashSet};

use jiff::civil::Time;

use crate::reading::Reading;
use crate::time::DAY_NS;
use crate::{End, Error, Format, Zone};

pub(crate) const FORMAT: Format = Format {
    name: "dumpsys audio (Android)",
    is,
    read,
};

/// In front of the time of day at which the dump was made.
const DUMPED: &str = "RecordActivityMonitor dump time:";

/// Sources that are no microphone: what the device itself plays, the radio, the other side of a call.
const NO_MICROPHONE: [&str; 5] = [
    "REMOTE_SUBMIX",
    "ECHO_REFERENCE",
    "FM_TUNER",
    "RADIO_TUNER",
    "VOICE_DOWNLINK",
];

fn is(text: &str) -> bool {
    text.contains(DUMPED) || text.lines().any(|line| Event::of(line).is_some())
}

/// What happens to a recording.
#[derive(Debug, Clone, Copy, PartialEq)]
enum What {
    Start,
    Update,
    Stop,
    Release,
}

#[derive(Debug)]
struct Event<'t> {
    day: &'t str,
    time: &'t str,
    what: What,
    recording: Recording<'t>,
}

/// Which recording a line is of, and what it says of it.
#[derive(Debug)]
struct Recording<'t> {
    id: &'t str,
    app: &'t str,
    is_microphone: bool,
    is_silenced: bool,
}

impl<'t> Event<'t> {
    fn of(line: &'t str) -> Option<Event<'t>> {
        let mut words = line.split_whitespace();
        let (day, time) = (words.next()?, words.next()?);
        let [rec, what] = [words.next()?, words.next()?];
        let what = match what {
            "start" => What::Start,
            "update" => What::Update,
            "stop" => What::Stop,
            "release" => What::Release,
            _ => return None,
        };
        let recording = Recording::of(words).filter(|_| rec == "rec")?;
        Some(Event {
            day,
            time,
            what,
            recording,
        })
    }
}

impl<'t> Recording<'t> {
    fn of(words: impl Iterator<Item = &'t str>) -> Option<Recording<'t>> {
        let (mut riid, mut session) = (None, None);
        let (mut app, mut source, mut is_silenced) = ("?", "", false);
        let mut before = "";
        for word in words {
            match word.split_once([':', '=']) {
                Some(("riid", id)) => riid = Some(id),
                Some(("session", id)) => session = Some(id),
                Some(("src" | "source", name)) => source = name,
                Some(("client", name)) if before == "source" => source = name.trim_end_matches(','),
                Some(("pack", name)) => app = name,
                Some(("silenced", how)) => is_silenced = how == "true",
                None if word == "silenced" => is_silenced = before != "not",
                _ => {}
            }
            before = word;
        }
        Some(Recording {
            id: riid.or(session).filter(|id| !id.is_empty())?,
            app,
            is_microphone: !NO_MICROPHONE.contains(&source),
            is_silenced,
        })
    }
}

fn read(text: &str, zone: &Zone) -> Result<Reading, Error> {
    let mut read = Reading {
        is_local: true,
        ..Reading::default()
    };
    events(text, zone, &mut read);
    Ok(read)
}

fn events<'t>(text: &'t str, zone: &Zone, read: &mut Reading) {
    let mut open: HashMap<&str, usize> = HashMap::new();
    let mut known: HashSet<&str> = HashSet::new();
    let (mut dumped, mut active) = (None, Vec::new());
    let mut riid: Option<(&'t str, bool)> = None;
    for (n, line) in text.lines().enumerate() {
        if let Some((_, time)) = line.split_once(DUMPED) {
            match time_of_day(time) {
                Some(time) => dumped = Some(time),
                None => read.unread(n, format!("`{}` is no time of day", time.trim())),
            }
        } else if let Some((id, is_active)) = numbered(line) {
            riid = Some((id, is_active));
        } else if line.trim_start().starts_with("session:") && line.contains(" -- ") {
            let recording = Recording::of(line.split_whitespace());
            let (id, is_active) = riid.take().unwrap_or(("", true));
            match recording {
                Some(recording) if is_active => active.push(Recording {
                    id: if id.is_empty() { recording.id } else { id },
                    ..recording
                }),
                Some(_) => {}
                None => read.unread(n, "a recording without a session"),
            }
        } else if let Some(event) = Event::of(line) {
            let Some(t) = at(event.day, event.time, zone) else {
                let (day, time) = (event.day, event.time);
                read.unread(
                    n,
                    format!("`{day} {time}` is no time, as in 10-05 11:59:59:988"),
                );
                continue;
            };
            read.saw(t);
            let Recording { id, app, .. } = event.recording;
            let is_first = known.insert(id);
            if !event.recording.is_microphone {
                continue;
            }
            let runs = matches!(event.what, What::Start | What::Update);
            match (open.get(id), runs && !event.recording.is_silenced) {
                (Some(&at), false) => {
                    read.end(at, t);
                    open.remove(id);
                }
                (None, true) => {
                    open.insert(id, read.begin(app, t, End::Open));
                }
                // It began before the first of the events.
                (None, false)
                    if is_first && event.what == What::Stop && !event.recording.is_silenced =>
                {
                    let since = read.span.map_or(t, |(first, _)| first);
                    read.begin(app, since, End::At(t));
                }
                (Some(_), true) | (None, false) => {}
            }
        } else if is_event(line) {
            read.unread(n, format!("`{}` is no event that is known", line.trim()));
        }
    }
    // Only the time of day of the dump is written down: it was made after the last event.
    let last = read.span.map(|(_, last)| last);
    read.taken_ns = dumped.and_then(|time| {
        let near = last.unwrap_or(zone.near_ns);
        let ns = zone.ns_of_time(time, near)?;
        // Events have milliseconds, and the dump has not.
        let is_earlier = last.is_some_and(|last| ns.saturating_add(1_000_000_000) < last);
        Some(if is_earlier {
            ns.saturating_add(DAY_NS)
        } else {
            ns
        })
    });
    if last.is_some()
        && let Some(taken) = read.taken_ns
    {
        read.saw(taken);
    }
    for recording in active {
        let hears = recording.is_microphone && !recording.is_silenced;
        if hears && !known.contains(recording.id) {
            let since = read.span.map(|(first, _)| first).or(read.taken_ns);
            if let Some(since) = since {
                read.begin(recording.app, since, End::Open);
            }
        } else if recording.is_silenced
            && let Some(at) = open.remove(recording.id)
        {
            // Since when, no event says.
            read.accesses[at].ended = End::Untold;
        }
    }
    read.is_undated = last.is_none() && read.span.is_some();
}

/// `riid 15; active? true`.
fn numbered(line: &str) -> Option<(&str, bool)> {
    let (id, rest) = line.trim().strip_prefix("riid ")?.split_once(';')?;
    let active = rest.trim().strip_prefix("active?")?;
    Some((id, active.trim() == "true"))
}

/// Whether a line is one of the events' list.
fn is_event(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let [day, time, rec] =
        [words.next(), words.next(), words.next()].map(Option::unwrap_or_default);
    rec == "rec" && day.contains('-') && time.contains(':')
}

/// `14:30:49` or `2:30:49 PM`.
fn time_of_day(text: &str) -> Option<Time> {
    // Newer systems put a narrow space in front of the half of the day.
    let text = text.trim().to_uppercase();
    let (text, half) = match (text.strip_suffix("AM"), text.strip_suffix("PM")) {
        (Some(text), _) => (text.trim(), Some(0)),
        (_, Some(text)) => (text.trim(), Some(12)),
        _ => (&*text, None),
    };
    let mut parts = text.split([':', '.']).map(|part| part.parse::<i8>().ok());
    let [hour, minute, second] = [parts.next()??, parts.next()??, parts.next()??];
    let hour = match half {
        Some(half) => hour % 12 + half,
        None => hour,
    };
    Time::new(hour, minute, second, 0).ok()
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
