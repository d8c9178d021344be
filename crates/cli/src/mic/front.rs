//! `muteproof` alone: who holds the microphone, what is not known, and what to type next.

use std::process::ExitCode;

use mic::control::{Answer, Ask, ask};
use mic::watch::once;
use report::{Lang, Mic};
use switch::Holder;

use crate::fail::{Fail, print};
use crate::mic::say::{places, say};
use crate::told;

/// The page. It starts nothing: a guard is asked only where there is one.
pub fn front(lang: Lang) -> Result<ExitCode, Fail> {
    let (holders, failed, verified) = match places() {
        Ok(places) => {
            let (holders, failed) = once(&places.sound);
            let known = mic::since(&places.state);
            let holders: Vec<(Holder, Option<String>)> = holders
                .into_iter()
                .map(|holder| {
                    let same = known.iter().find(|(other, _)| mic::is_same(other, &holder));
                    let since = same.and_then(|(_, t)| time(*t));
                    (holder, since)
                })
                .collect();
            let verified = match ask(&places.run, &Ask::Status) {
                Ok(Answer::Found { status }) => Some(status.verified),
                _ => None,
            };
            (holders, failed.map(|e| told::said(lang, &e)), verified)
        }
        Err(failure) => (Vec::new(), Some(failure.say(lang)), None),
    };
    let page = Mic::Front {
        holders: &holders,
        failed: failed.as_deref(),
        verified,
    };
    print(format!("{}\n", say(lang, &page)?).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// A time as people here write it.
fn time(t: f64) -> Option<String> {
    let at = jiff::Timestamp::from_millisecond((t * 1e3) as i64).ok()?;
    let zoned = at.to_zoned(jiff::tz::TimeZone::system());
    Some(zoned.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
