//! Android's `cmd appops get PACKAGE RECORD_AUDIO`: `RECORD_AUDIO: allow; time=+3h35m9s40ms ago;
//! duration=+8s75ms`, or `(running)`. How long ago, and neither when nor which package.

use crate::reading::Reading;
use crate::time::duration_ns;
use crate::{End, Error, Format, Zone};

pub(crate) const FORMAT: Format = Format {
    name: "appops get (Android)",
    is,
    read,
};

/// What an app may be allowed to do that has the microphone.
const OPS: [&str; 2] = ["RECORD_AUDIO", "PHONE_CALL_MICROPHONE"];

/// The output does not name it.
const APP: &str = "the package that was asked for";

fn is(text: &str) -> bool {
    text.lines().any(|line| of_op(line).is_some())
}

/// What stands behind the op in a line of it.
fn of_op(line: &str) -> Option<&str> {
    let (op, rest) = line.trim().split_once(": ")?;
    let is_use = OPS.contains(&op) && rest.contains("; time=+");
    is_use.then_some(rest)
}

fn read(text: &str, zone: &Zone) -> Result<Reading, Error> {
    let taken = zone.taken_ns.ok_or(Error::NoDate)?;
    let mut read = Reading {
        taken_ns: Some(taken),
        ..Reading::default()
    };
    for (n, line) in text.lines().enumerate() {
        let Some(rest) = of_op(line) else { continue };
        let field = |name: &str| {
            let (_, value) = rest.split_once(name)?;
            duration_ns(value.split([' ', ';']).next()?)
        };
        let Some(ago) = field("; time=+") else {
            read.unread(n, "no time in it, as in time=+8m35s ago");
            continue;
        };
        let began = taken.saturating_sub(ago);
        let ended = match (rest.contains("(running)"), field("duration=+")) {
            (true, _) => End::Open,
            (false, Some(ns)) => End::At(began.saturating_add(ns)),
            (false, None) => End::Untold,
        };
        read.begin(APP, began, ended);
        read.saw(taken);
    }
    Ok(read)
}
