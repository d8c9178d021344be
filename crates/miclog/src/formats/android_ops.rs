//! Android's `dumpsys appops`: below a package's `RECORD_AUDIO` one line for each kind of use that is
//! remembered (`Access: [top-s] 2026-10-05 09:56:55.995 (-2h3m4s5ms) duration=+1m0s0ms`), in local time.
//! Only the last of each kind is kept by the system, and what lasts has `Running start at: +5s0ms`, how
//! long ago that was. Android 10 has lines that go on (`fg = 2026-10-05 …` below `Access: pers = …`) and
//! the duration of the last use on a line of its own.

use jiff::civil::DateTime;

use crate::reading::Reading;
use crate::time::duration_ns;
use crate::{End, Error, Format, Zone};

pub(crate) const FORMAT: Format = Format {
    name: "dumpsys appops (Android)",
    is,
    read,
};

/// What an app may be allowed to do that has the microphone.
const OPS: [&str; 5] = [
    "RECORD_AUDIO",
    "RECORD_AUDIO_HOTWORD",
    "RECORD_AUDIO_SANDBOXED",
    "PHONE_CALL_MICROPHONE",
    "RECEIVE_AMBIENT_TRIGGER_AUDIO",
];

/// A use that is remembered and one that runs are the same if they began so close to each other.
const SAME_NS: u64 = 1_000_000_000;

fn is(text: &str) -> bool {
    OPS.iter().any(|op| text.contains(op))
        && (text.contains("Access:") || text.contains("Running start at"))
}

/// The op that lines are of: where its accesses begin among all.
struct Op {
    first: usize,
    /// Where those begin that are of the same attribution.
    attribution: usize,
}

fn read(text: &str, zone: &Zone) -> Result<Reading, Error> {
    let mut read = Reading {
        is_local: true,
        taken_ns: text.lines().find_map(|line| taken(line, zone)),
        ..Reading::default()
    };
    if let Some(taken) = read.taken_ns {
        read.saw(taken);
    }
    let mut package = "?";
    let mut op: Option<Op> = None;
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("Package ") {
            (package, op) = (name.trim_end_matches(':'), None);
        } else if let Some(name) = op_name(line) {
            let at = read.accesses.len();
            op = OPS.contains(&name).then_some(Op {
                first: at,
                attribution: at,
            });
        } else if line.starts_with("Uid ") {
            op = None;
        } else if let Some(op) = &mut op {
            within(op, package, (n, line), zone, &mut read);
        }
    }
    Ok(read)
}

/// A line below an op that is looked for.
fn within(op: &mut Op, package: &str, (n, line): (usize, &str), zone: &Zone, read: &mut Reading) {
    if line.ends_with("=[") {
        op.attribution = read.accesses.len();
    } else if let Some(rest) = line.strip_prefix("Running start at") {
        let ago = after_plus(rest);
        let began = read
            .taken_ns
            .zip(ago)
            .map(|(taken, ago)| taken.saturating_sub(ago));
        let mine = &mut read.accesses[op.attribution..];
        let last = mine.iter_mut().max_by_key(|access| access.began_ns);
        match (began, last) {
            (Some(began), Some(last)) if last.began_ns.abs_diff(began) <= SAME_NS => {
                last.ended = End::Open;
            }
            (Some(began), _) => {
                read.begin(package, began, End::Open);
            }
            (None, _) => read.unread(n, "a use that runs, and nothing says since when"),
        }
    } else if let Some(lasted) = line.strip_prefix("duration=") {
        let mine = &mut read.accesses[op.first..];
        let last = mine.iter_mut().max_by_key(|access| access.began_ns);
        match (last, after_plus(lasted)) {
            (Some(last), Some(ns)) => {
                let ended = last.began_ns.saturating_add(ns);
                last.ended = End::At(ended);
                read.saw(ended);
            }
            _ => read.unread(n, format!("`{line}` is of no use that is named")),
        }
    } else if let Some(began_ns) = began(line, zone).filter(|_| !line.starts_with("Reject")) {
        let lasted = line
            .split_once("duration=")
            .and_then(|(_, text)| after_plus(text));
        let ended = lasted.map_or(End::Untold, |ns| End::At(began_ns.saturating_add(ns)));
        read.begin(package, began_ns, ended);
    } else if line.starts_with("Access:") {
        read.unread(n, "no time in it, as in 2026-10-05 09:56:55.995");
    }
}

/// `RECORD_AUDIO (allow):`, or `(allow / switch …=allow):`.
fn op_name(line: &str) -> Option<&str> {
    let (name, rest) = line.split_once(" (")?;
    let is_name = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    (rest.contains("):") && is_name).then_some(name)
}

/// Of `+1m0s0ms`, whatever stands in front of it.
fn after_plus(text: &str) -> Option<u64> {
    let (_, text) = text.split_once('+')?;
    duration_ns(text.split_whitespace().next()?)
}

/// When the dump was made: a moment, and how long ago it was then.
fn taken(line: &str, zone: &Zone) -> Option<u64> {
    let (_, ago) = line.split_once("(-")?;
    let ago = duration_ns(ago.split_once(')')?.0)?;
    began(line, zone)?.checked_add(ago)
}

/// The first date and time among the words.
fn began(text: &str, zone: &Zone) -> Option<u64> {
    let words: Vec<&str> = text
        .split([' ', ']', '='])
        .filter(|word| !word.is_empty())
        .collect();
    words.windows(2).find_map(|pair| {
        let local: DateTime = format!("{}T{}", pair[0], pair[1]).parse().ok()?;
        zone.ns(local)
    })
}
