//! `mic watch`.

use std::process::ExitCode;

use mic::watch::{Seen, Watch, run as follow};
use mic::{EventLog, MicError};
use report::{Lang, Mic};

use crate::fail::{Fail, print};
use crate::mic::page;
use crate::mic::say::{LOOK_EVERY, Shown, places, say, when};
use crate::printer;
use crate::told::said;

pub fn run(shown: Shown, lang: Lang, log: bool, now: bool) -> Result<ExitCode, Fail> {
    let places = places()?;
    if now {
        let (seen, failed) = Watch::new(places.sound).changes();
        for one in &seen {
            tell(one, shown, lang)?;
        }
        return match failed {
            Some(e) => Err(Fail::Mic(e)),
            None => Ok(ExitCode::SUCCESS),
        };
    }
    let log = log.then(|| EventLog::new(&places.state));
    if !shown.json && printer::out_is_terminal() {
        return page::run(&places, lang, log);
    }
    let mut done = Ok(());
    let mut reported: Option<String> = None;
    follow(&places.sound, LOOK_EVERY, |seen, failed| {
        done = lines(&seen, failed, (shown, lang), log.as_ref(), &mut reported);
        done.is_ok()
    })
    .map_err(|e| Fail::Mic(MicError::Sound(e)))?;
    done.map(|()| ExitCode::SUCCESS)
}

fn lines(
    seen: &[Seen],
    failed: Option<MicError>,
    (shown, lang): (Shown, Lang),
    log: Option<&EventLog>,
    reported: &mut Option<String>,
) -> Result<(), Fail> {
    // That there is no server is said once each time it goes.
    let failed = failed.map(|e| said(lang, &e));
    if failed != *reported {
        if let Some(why) = &failed {
            printer::error(why);
        }
        *reported = failed;
    }
    for one in seen {
        tell(one, shown, lang)?;
        if let Some(log) = log {
            log.add(one).map_err(Fail::system)?;
        }
    }
    Ok(())
}

fn tell(seen: &Seen, shown: Shown, lang: Lang) -> Result<(), Fail> {
    let line = match shown.json {
        true => report::safe_json(&mic::json_line(seen).map_err(Fail::system)?),
        false => say(lang, &Mic::Holder(&seen.holder, when(&seen.watch)))?,
    };
    print(format!("{line}\n").as_bytes())
}
