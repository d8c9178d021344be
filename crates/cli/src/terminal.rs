//! The person's terminal: what they are told and asked, and what they type.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use recipe::{CONSENT, LOGIN};
use record::{MonotonicNs, Word};
use report::{Guide, Lang};
use session::protocol::{Ask, CONFIRM_PART, Said, Tell, ToStage};
use session::{Lifeline, Person};
use stage::clock::now;

use crate::fail::Fail;
use crate::printer::Tty;

/// Seconds that a slip without a number takes back.
const SLIP_S: u32 = 10;

/// The terminal that the audit was started from.
pub struct Terminal {
    screen: Arc<Screen>,
    keys: BufReader<File>,
}

/// What is shown there, and what is being asked.
pub struct Screen {
    tty: Tty,
    lang: Lang,
    asking: Mutex<Option<Ask>>,
    /// Who is told lines as they are typed, from when they are wanted.
    lines: Mutex<Option<Sender<String>>>,
    /// Whether a question stands there: the line of the progress would write over it.
    busy: Arc<AtomicBool>,
}

impl Terminal {
    /// The terminal; an audit that asks a person needs one.
    pub fn open(lang: Lang) -> Result<Terminal, Fail> {
        let (tty, keys) = Tty::open().map_err(|_| Fail::NoTerminal)?;
        Ok(Terminal {
            screen: Arc::new(Screen {
                tty,
                lang,
                asking: Mutex::new(None),
                lines: Mutex::new(None),
                busy: Arc::default(),
            }),
            keys: BufReader::new(keys),
        })
    }

    /// Says what will be in the bundle; goes on at a yes alone.
    pub fn warn(&mut self, agreed: bool, intercepted: bool) -> Result<(), Fail> {
        self.screen.say(&Guide::Warning);
        if intercepted {
            self.screen.say(&Guide::Intercepted);
        }
        if agreed {
            return Ok(());
        }
        self.screen.say(&Guide::TypeYes);
        let mut line = String::new();
        // A terminal that went away says nothing, which is no yes.
        let _ = self.keys.read_line(&mut line);
        match yes(&line) {
            Some(true) => Ok(()),
            _ => Err(Fail::NotBegun),
        }
    }

    /// What can be said to the person.
    pub fn screen(&self) -> Arc<Screen> {
        self.screen.clone()
    }

    /// From here on tells `said` what the person says, with the time of the key press.
    pub fn listen(self, said: impl Fn(MonotonicNs, Word) + Send + 'static) {
        let Terminal { screen, keys } = self;
        thread::spawn(move || {
            for line in keys.lines().map_while(Result::ok) {
                screen.typed(now(), &line, &said);
            }
        });
    }
}

impl Terminal {
    /// Asks what the session wants asked from here on, and tells it what the person says.
    pub fn answers(self, lifeline: &Lifeline) -> Arc<dyn Person> {
        let screen = self.screen();
        let lifeline = lifeline.clone();
        self.listen(move |t, word| {
            lifeline.say(&ToStage::Said(Said { t, word }));
        });
        screen
    }
}

impl Screen {
    fn words(&self, say: &Guide) -> String {
        // A message that is missing is a mistake of ours, and no reason to end a call.
        report::guide(self.lang, say).unwrap_or_else(|e| e.to_string())
    }

    /// Says something.
    pub fn say(&self, say: &Guide) {
        self.tty.say(&self.words(say));
    }

    /// What is typed from here on, a line each, and nothing of it as a word.
    pub fn lines(&self) -> Receiver<String> {
        let (tell, told) = channel();
        *self.lines.lock().unwrap_or_else(PoisonError::into_inner) = Some(tell);
        told
    }

    /// Whether a question stands on the screen.
    pub fn busy(&self) -> Arc<AtomicBool> {
        self.busy.clone()
    }

    fn typed(&self, t: MonotonicNs, line: &str, said: &impl Fn(MonotonicNs, Word)) {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tell) = lines.as_ref() {
            let _ = tell.send(line.to_owned());
            return;
        }
        drop(lines);
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let part = asking.as_ref().map(|ask| ask.part.as_str());
        match word(part, line) {
            Some(word) => {
                match word {
                    Word::Slipped { seconds } => self.say(&Guide::Slipped { seconds }),
                    _ => {
                        *asking = None;
                        self.busy.store(false, Ordering::Release);
                    }
                }
                said(t, word);
            }
            // Enter by itself, with nothing asked, is a habit and no word.
            None if line.trim().is_empty() && part.is_none() => {}
            None => self.say(&Guide::NotUnderstood),
        }
    }
}

impl Person for Screen {
    fn ask(&self, ask: Ask) {
        self.busy.store(true, Ordering::Release);
        // Held while it is written: an answer that comes at once waits for the question.
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let Ask { part, what } = &ask;
        self.say(&match part.as_str() {
            CONFIRM_PART => Guide::Confirm { what },
            part => Guide::Ask { part, what },
        });
        *asking = Some(ask);
    }

    fn tell(&self, tell: &Tell) {
        let (phase, seconds) = (tell.phase, tell.seconds);
        self.say(&Guide::Phase { phase, seconds });
    }
}

/// What a line means while `part` is being asked.
fn word(part: Option<&str>, line: &str) -> Option<Word> {
    let line = line.trim().to_lowercase();
    if let Some(rest) = line.strip_prefix('x') {
        let seconds = match rest.trim() {
            "" => SLIP_S,
            number => number.parse().ok()?,
        };
        return Some(Word::Slipped { seconds });
    }
    match part? {
        CONFIRM_PART => match (yes(&line), line.parse()) {
            (Some(true), _) => Some(Word::Kept),
            (Some(false), _) => Some(Word::NotKept),
            (None, Ok(seconds)) => Some(Word::Late { seconds }),
            (None, Err(_)) => None,
        },
        CONSENT | LOGIN if yes(&line) == Some(false) => Some(Word::Left),
        _ => line.is_empty().then_some(Word::Done),
    }
}

/// A yes or a no, in the languages of the messages.
fn yes(line: &str) -> Option<bool> {
    match line.trim().to_lowercase().as_str() {
        "yes" | "y" | "ja" | "j" => Some(true),
        "no" | "n" | "nein" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_mean_what_is_being_asked() {
        let confirm = Some(CONFIRM_PART);
        for (part, line, expected) in [
            (Some("join"), "", Some(Word::Done)),
            (Some("join"), "yes", None),
            (Some(CONSENT), "", Some(Word::Done)),
            (Some(LOGIN), "nein", Some(Word::Left)),
            (Some("join"), "no", None),
            (None, "", None),
            (None, "x", Some(Word::Slipped { seconds: 10 })),
            (Some("mute"), "X 25 ", Some(Word::Slipped { seconds: 25 })),
            (None, "x soon", None),
            (confirm, "", None),
            (confirm, "Ja", Some(Word::Kept)),
            (confirm, "no", Some(Word::NotKept)),
            (confirm, "7", Some(Word::Late { seconds: 7 })),
            (confirm, "-7", None),
        ] {
            assert_eq!(word(part, line), expected, "{part:?} {line:?}");
        }
    }
}
