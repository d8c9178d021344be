//! Android's `dumpsys appops`: below a package's `RECORD_AUDIO` one line for each kind of use that is
//! remembered (`Access: [top-s] 2026-10-05 09:56:55.995 (-2h3m4s5ms) duration=+1m0s0ms`), in local time.
//! Only the last of each kind is kept by the system, and what lasts has `Running start at`.

use jiff::civil::DateTime;

use crate::{Access, End, Error, Format, Zone};

pub(crate) const FORMAT: Format = Format {
    name: "dumpsys appops (Android)",
    is,
    read,
};

fn is(text: &str) -> bool {
    text.contains("RECORD_AUDIO") && text.contains("Access:")
}

fn read(text: &str, zone: &Zone) -> Result<Vec<Access>, Error> {
    let mut accesses: Vec<Access> = Vec::new();
    let (mut package, mut records) = ("?", false);
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix("Package ") {
            (package, records) = (name.trim_end_matches(':'), false);
        } else if let Some((op, rest)) = line.split_once(" (")
            && rest.contains("):")
            && op.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        {
            records = op == "RECORD_AUDIO";
        } else if records && line.starts_with("Running start at") {
            if let Some(last) = accesses.last_mut().filter(|last| last.app == package) {
                last.ended = End::Open;
            }
        } else if let Some(access) = line.strip_prefix("Access:").filter(|_| records) {
            let began_ns = began(access, zone).ok_or_else(|| Error::Line {
                line: n + 1,
                why: "no time in it, as in 2026-10-05 09:56:55.995".to_owned(),
            })?;
            let lasted = access.split_once("duration=+");
            let lasted = lasted.and_then(|(_, text)| duration_ns(text.split_whitespace().next()?));
            accesses.push(Access {
                app: package.to_owned(),
                began_ns,
                ended: lasted.map_or(End::Untold, |ns| End::At(began_ns.saturating_add(ns))),
            });
        }
    }
    Ok(accesses)
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

/// `1d2h3m4s5ms`, any of them.
fn duration_ns(text: &str) -> Option<u64> {
    let mut sum_ms: u64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let n: u64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let (ms, len) = match unit.as_bytes() {
            [b'm', b's', ..] => (1, 2),
            [b'd', ..] => (86_400_000, 1),
            [b'h', ..] => (3_600_000, 1),
            [b'm', ..] => (60_000, 1),
            [b's', ..] => (1_000, 1),
            _ => return None,
        };
        sum_ms = sum_ms.checked_add(n.checked_mul(ms)?)?;
        rest = &unit[len..];
    }
    sum_ms.checked_mul(1_000_000)
}
