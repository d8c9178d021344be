//! What a person is told and asked in a guided audit.

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};

/// One thing to say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Guide<'a> {
    /// Before anything starts: what will be in the bundle.
    Warning,
    /// Likewise, where a proxy opens the app's connections.
    Intercepted,
    /// Asks for a yes.
    TypeYes,
    /// There was none.
    NotBegun,
    /// Asks for something to be done.
    Ask {
        /// The recipe's part: `join`, `mute` …
        part: &'a str,
        /// The recipe's own words; may be empty.
        what: &'a str,
    },
    /// Asks in the end whether the app was muted all the time.
    Confirm {
        /// What the app shows when it is muted; may be empty.
        what: &'a str,
    },
    /// A phase begins.
    Phase {
        /// Which.
        phase: record::Phase,
        /// How long it takes.
        seconds: f64,
    },
    /// A slip was noted.
    Slipped {
        /// How many seconds do not count.
        seconds: u32,
    },
    /// What was typed means nothing here.
    NotUnderstood,
    /// The device beside this machine is looked for.
    Looking {
        /// At which interface.
        interface: &'a str,
    },
    /// It was found.
    Found {
        /// What it is known by.
        device: &'a str,
    },
    /// Something was not seen.
    Lost {
        /// Seconds, all together.
        seconds: f64,
    },
    /// What was recorded unmuted is looked at.
    Checking,
    /// What the device sends follows the sound.
    Heard,
    /// It does not.
    NotHeard,
    /// Asks for a log of the device's own.
    AskLog,
    /// One was read.
    LogRead {
        /// What log it is.
        log: &'a str,
    },
    /// One was fetched from the device, and read.
    LogFetched {
        /// What log it is.
        log: &'a str,
    },
    /// One could not be read.
    LogUnread {
        /// Where it lies.
        path: &'a str,
        /// What is wrong with it.
        why: &'a str,
    },
    /// No answer came of it, and what was recorded is there all the same.
    Kept {
        /// Where.
        folder: &'a str,
    },
}

/// The words for it.
pub fn guide(lang: Lang, say: &Guide) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let text = text(&words, say);
    words.done(text)
}

fn text(words: &Words, say: &Guide) -> String {
    match say {
        Guide::Warning => [
            "guide-warning-call",
            "guide-warning-typed",
            "guide-warning-heard",
        ]
        .map(|id| words.t(id))
        .join("\n"),
        Guide::Intercepted => words.t("guide-warning-intercepted"),
        Guide::TypeYes => words.t("guide-yes"),
        Guide::NotBegun => words.t("guide-not-begun"),
        Guide::Ask { part, what } => {
            let (id, enter) = match *part {
                "join" => ("guide-ask-join", "guide-enter"),
                "join-elsewhere" => ("guide-ask-join-elsewhere", "guide-enter"),
                "mute" => ("guide-ask-mute", "guide-enter-muted"),
                "muted" => ("guide-ask-muted", "guide-enter-muted"),
                "unmute" => ("guide-ask-unmute", "guide-enter"),
                "quit" => ("guide-ask-quit", "guide-enter"),
                "consent" => ("guide-ask-consent", "guide-enter-before"),
                "login" => ("guide-ask-login", "guide-enter-before"),
                "logged-in" => ("guide-ask-logged-in", "guide-enter"),
                _ => ("guide-ask-other", "guide-enter"),
            };
            let parts = [words.t(id), clean::line(what), words.t(enter)];
            let said = parts.into_iter().filter(|part| !part.is_empty());
            said.collect::<Vec<_>>().join("\n")
        }
        Guide::Confirm { what } => {
            let parts = [words.t("guide-confirm"), clean::line(what)];
            let parts = parts.into_iter().chain([words.t("guide-confirm-how")]);
            let said = parts.filter(|part| !part.is_empty());
            said.collect::<Vec<_>>().join("\n")
        }
        Guide::Phase { phase, seconds } => {
            let id = match phase {
                record::Phase::Control => "guide-phase-control",
                record::Phase::Muted => "guide-phase-muted",
            };
            let recording = words.say(id, &[("time", words.time(*seconds))]);
            format!("{recording}\n{}", words.t("guide-slip"))
        }
        Guide::Slipped { seconds } => {
            let seconds = words.count((*seconds).into());
            words.say("guide-slipped", &[("seconds", seconds)])
        }
        Guide::NotUnderstood => words.t("guide-not-understood"),
        Guide::Looking { interface } => words.say(
            "guide-beside-wait",
            &[("interface", clean::line(interface))],
        ),
        Guide::Found { device } => {
            words.say("guide-beside-found", &[("device", clean::line(device))])
        }
        Guide::Lost { seconds } => {
            let seconds = words.count(seconds.ceil() as u64);
            words.say("guide-beside-lost", &[("seconds", seconds)])
        }
        Guide::Checking => words.t("guide-beside-checking"),
        Guide::Heard => words.t("guide-beside-heard"),
        Guide::NotHeard => words.t("guide-beside-not-heard"),
        Guide::AskLog => words.t("guide-beside-log"),
        Guide::LogRead { log } => words.say("guide-beside-log-read", &[("log", (*log).to_owned())]),
        Guide::LogFetched { log } => {
            words.say("guide-beside-log-fetched", &[("log", (*log).to_owned())])
        }
        Guide::LogUnread { path, why } => {
            let values = [("path", clean::line(path)), ("why", clean::line(why))];
            words.say("guide-beside-log-unread", &values)
        }
        Guide::Kept { folder } => {
            words.say("guide-beside-kept", &[("folder", clean::line(folder))])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_can_be_said_in_every_language() {
        let parts = ["setup", "join", "mute", "muted", "unmute", "quit"];
        let asks = parts.map(|part| Guide::Ask {
            part,
            what: "Go to https://example.org",
        });
        let phases = [record::Phase::Control, record::Phase::Muted].map(|phase| Guide::Phase {
            phase,
            seconds: 60.0,
        });
        let rest = [
            Guide::Warning,
            Guide::TypeYes,
            Guide::NotBegun,
            Guide::Confirm { what: "" },
            Guide::Slipped { seconds: 10 },
            Guide::NotUnderstood,
            Guide::Looking { interface: "wlan0" },
            Guide::Checking,
            Guide::Heard,
            Guide::NotHeard,
            Guide::AskLog,
            Guide::LogRead { log: "a log" },
            Guide::LogFetched { log: "a log" },
            Guide::LogUnread {
                path: "log.txt",
                why: "it is no text",
            },
            Guide::Kept { folder: "out" },
            Guide::Found {
                device: "02:00:00:00:00:05",
            },
            Guide::Lost { seconds: 0.5 },
        ];
        for lang in Lang::ALL {
            for say in asks.iter().chain(&phases).chain(&rest) {
                let said = guide(lang, say).unwrap();
                assert!(!said.contains('['), "{said}");
                if let Guide::Ask { what, .. } = say {
                    assert!(said.contains(what), "{said}");
                }
            }
        }
    }

    #[test]
    fn a_recipe_cannot_steer_the_terminal() {
        let ask = Guide::Ask {
            part: "join",
            what: "Join\u{1b}[2J now",
        };
        assert!(!guide(Lang::En, &ask).unwrap().contains('\u{1b}'));
    }
}
