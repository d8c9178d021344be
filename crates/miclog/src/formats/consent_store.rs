//! Windows' ConsentStore (10, 1903 and later): for each program when it last began and ended to use the
//! microphone, as FILETIME; an end of 0 says that it still does. Read are what `reg export` (a `.reg`
//! file) and `reg query KEY /s` write of
//! `…\CapabilityAccessManager\ConsentStore\microphone`. Programs that are no packages stand below
//! `NonPackaged`, with `#` for `\` in their path.

use crate::time::filetime;
use crate::{Access, End, Error, Format, Zone};

pub(crate) const FORMAT: Format = Format {
    name: "ConsentStore (Windows)",
    is,
    read,
};

const KEY: &str = r"ConsentStore\microphone\";

fn is(text: &str) -> bool {
    text.contains("LastUsedTimeSt") && text.contains("ConsentStore")
}

fn read(text: &str, _: &Zone) -> Result<Vec<Access>, Error> {
    let mut accesses = Vec::new();
    let mut app: Option<String> = None;
    let (mut start, mut stop) = (None, None);
    let mut put = |app: &Option<String>, start: Option<u64>, stop: Option<u64>| {
        let (Some(app), Some(began_ns)) = (app, start.and_then(filetime)) else {
            return;
        };
        let ended = match stop {
            Some(0) => End::Open,
            Some(ticks) => match filetime(ticks) {
                // The end of an earlier use: this one has none yet.
                Some(ns) if ns < began_ns => End::Open,
                Some(ns) => End::At(ns),
                None => End::Untold,
            },
            None => End::Untold,
        };
        accesses.push(Access {
            app: app.clone(),
            began_ns,
            ended,
        });
    };
    for (n, line) in text.lines().enumerate() {
        let line = line.trim();
        let key = line.strip_prefix('[').and_then(|key| key.strip_suffix(']'));
        if let Some(key) = key.or_else(|| line.starts_with("HKEY_").then_some(line)) {
            put(&app, start.take(), stop.take());
            app = key.split_once(KEY).map(|(_, rest)| {
                let rest = rest.strip_prefix(r"NonPackaged\").unwrap_or(rest);
                rest.replace('#', "\\")
            });
            continue;
        }
        for (name, value) in [
            ("LastUsedTimeStart", &mut start),
            ("LastUsedTimeStop", &mut stop),
        ] {
            if line.trim_start_matches('"').starts_with(name) {
                let ticks = ticks(line).ok_or_else(|| Error::Line {
                    line: n + 1,
                    why: format!("{name} is neither hex(b):… nor REG_QWORD 0x…"),
                })?;
                *value = Some(ticks);
            }
        }
    }
    put(&app, start, stop);
    Ok(accesses)
}

/// `"LastUsedTimeStop"=hex(b):00,…` or `LastUsedTimeStop    REG_QWORD    0x1dc4f2a8e33f2a0`.
fn ticks(line: &str) -> Option<u64> {
    if let Some((_, bytes)) = line.split_once("hex(b):") {
        let bytes: Result<Vec<u8>, _> = bytes
            .split(',')
            .map(|byte| u8::from_str_radix(byte.trim(), 16))
            .collect();
        return Some(u64::from_le_bytes(bytes.ok()?.try_into().ok()?));
    }
    let (_, hex) = line.split_once("REG_QWORD")?;
    u64::from_str_radix(hex.trim().strip_prefix("0x")?, 16).ok()
}
