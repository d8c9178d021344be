//! Windows' ConsentStore (10, 1903 and later): for each program when it last began and ended to use the
//! microphone, as FILETIME; an end of 0 says that it still does. Read are what `reg export` (a `.reg`
//! file), `reg query KEY /s` and PowerShell's `Get-ItemProperty` write of
//! `…\CapabilityAccessManager\ConsentStore\microphone`, whoever's key it is, in capitals or not. The times
//! are numbers of eight bytes or the eight bytes themselves. Programs that are no packages stand below
//! `NonPackaged`, with `#` for `\` in their path.

use crate::reading::Reading;
use crate::time::filetime;
use crate::{End, Error, Format, Zone};

pub(crate) const FORMAT: Format = Format {
    name: "ConsentStore (Windows)",
    is,
    read,
};

/// What stands in front of a program's name, in small letters.
const KEY: &str = r"consentstore\microphone\";
const NOT_PACKAGED: &str = r"nonpackaged\";

fn is(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.contains("lastusedtimest") && text.contains("consentstore")
}

/// The values of one key.
#[derive(Default)]
struct Key {
    /// Whether a line named the key: it may be another capability's.
    is_named: bool,
    app: Option<String>,
    start: Option<u64>,
    stop: Option<u64>,
    /// Line of the last time, from 0.
    line: usize,
}

impl Key {
    fn tell(self, read: &mut Reading) {
        if !self.is_named && self.start.is_some() {
            return read.unread(self.line, "times of use, and no key whose they are");
        }
        let (Some(app), Some(began_ns)) = (self.app, self.start.and_then(filetime)) else {
            return;
        };
        let ended = match self.stop {
            Some(0) => End::Open,
            Some(ticks) => match filetime(ticks) {
                // The end of an earlier use: this one has none yet.
                Some(ns) if ns < began_ns => End::Open,
                Some(ns) => End::At(ns),
                None => End::Untold,
            },
            None => End::Untold,
        };
        read.begin(&app, began_ns, ended);
    }
}

fn read(text: &str, _: &Zone) -> Result<Reading, Error> {
    let mut read = Reading::default();
    let mut key = Key::default();
    for (n, line) in lines(text) {
        let line = line.trim();
        let bracketed = line.strip_prefix('[').and_then(|key| key.strip_suffix(']'));
        let starts = |with: &str| {
            let head = line.get(..with.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(with))
        };
        if let Some(of) = bracketed.or_else(|| starts("HKEY_").then_some(line)) {
            std::mem::take(&mut key).tell(&mut read);
            (key.is_named, key.app) = (true, app(of));
        } else if starts("PSPath") {
            // PowerShell names the key behind its values.
            (key.is_named, key.app) = (true, app(line));
            std::mem::take(&mut key).tell(&mut read);
        } else if let Some((name, value)) = last_used(line) {
            let ticks = ticks(value);
            if ticks.is_none() {
                let why = "neither eight bytes (hex:…, hex(b):…, REG_BINARY) nor a number (REG_QWORD 0x…)";
                read.unread(n, format!("{name} is {why}"));
            }
            key.line = n;
            match name {
                START => key.start = ticks,
                _ => key.stop = ticks,
            }
        }
    }
    key.tell(&mut read);
    Ok(read)
}

const START: &str = "LastUsedTimeStart";
const STOP: &str = "LastUsedTimeStop";

/// Which of the two times a line gives, and what stands behind its name.
fn last_used(line: &str) -> Option<(&'static str, &str)> {
    let line = line.trim_start_matches('"');
    [START, STOP].into_iter().find_map(|name| {
        let (head, value) = line.split_at_checked(name.len())?;
        head.eq_ignore_ascii_case(name).then_some((name, value))
    })
}

/// The program whose key this is.
fn app(key: &str) -> Option<String> {
    let small = key.to_ascii_lowercase();
    let mut at = small.find(KEY)? + KEY.len();
    if small[at..].starts_with(NOT_PACKAGED) {
        at += NOT_PACKAGED.len();
    }
    Some(key[at..].replace('#', "\\"))
}

/// Lines with those in one that go on: behind a `\` in a `.reg` file, indented below a long path in
/// PowerShell's list. Each with its number from 0.
fn lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut goes_on = false;
    for (n, line) in text.lines().enumerate() {
        let indented = line.starts_with("             ") && !line.trim().is_empty();
        match lines.last_mut() {
            Some((_, before)) if goes_on || indented && before.starts_with("PS") => {
                before.push_str(line.trim());
            }
            _ => lines.push((n, line.to_owned())),
        }
        // Only values go on so: a key may end in one.
        goes_on = line.contains("hex") && line.ends_with('\\');
        if goes_on && let Some((_, before)) = lines.last_mut() {
            before.pop();
        }
    }
    lines
}

/// `"=hex(b):00,…`, `    REG_QWORD    0x1dc4f2a8e33f2a0`, `    REG_BINARY    A0F2…`, ` : 1324…` or
/// ` : {160, 242, …}`.
fn ticks(value: &str) -> Option<u64> {
    let bytes = |bytes: Vec<u8>| Some(u64::from_le_bytes(bytes.try_into().ok()?));
    if let Some((kind, hex)) = value.split_once(':')
        && kind.contains("hex")
    {
        let hex = hex
            .split(',')
            .map(|byte| u8::from_str_radix(byte.trim(), 16));
        return bytes(hex.collect::<Result<_, _>>().ok()?);
    }
    if let Some((_, hex)) = value.split_once("REG_QWORD") {
        let hex = hex.trim().to_ascii_lowercase();
        return u64::from_str_radix(hex.strip_prefix("0x")?, 16).ok();
    }
    if let Some((_, hex)) = value.split_once("REG_BINARY") {
        // Most significant first, as they would have to be read as one number.
        let hex = hex.trim();
        let swapped = u64::from_str_radix(hex, 16).ok();
        return swapped.filter(|_| hex.len() == 16).map(u64::swap_bytes);
    }
    let value = value.trim().strip_prefix(':')?.trim();
    match value
        .strip_prefix('{')
        .and_then(|list| list.strip_suffix('}'))
    {
        Some(list) => {
            let list = list.split(',').map(|byte| byte.trim().parse());
            bytes(list.collect::<Result<_, _>>().ok()?)
        }
        None => value.parse().ok(),
    }
}
