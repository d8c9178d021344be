//! The pipe whose end ends the stage, and what a person's Ctrl-C does to it.

use std::process::ChildStdin;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::protocol::{ToStage, send};

/// How long a stage that was asked to stop may take to seal what it has.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// Tells the stage what it has to know, from any thread. Cheap to clone.
#[derive(Clone, Default)]
pub struct Lifeline(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    pipe: Option<ChildStdin>,
    /// What the person did, in words.
    stopped: Option<String>,
}

/// What became of a wish to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupted {
    /// The stage was asked to stop and has some seconds to seal what it has, or it was ended.
    Told,
    /// There is no stage, or no longer: what is still under way is the caller's alone.
    NoStage,
}

impl Lifeline {
    fn with<T>(&self, f: impl FnOnce(&mut Held) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the pipe; from here on it can be spoken to.
    pub(crate) fn hold(&self, pipe: ChildStdin) {
        self.with(|held| held.pipe = Some(pipe));
    }

    /// Tells the stage; whether it could be told. A stage that has ended needs no telling.
    pub fn say(&self, message: &ToStage) -> bool {
        self.with(|held| {
            let pipe = held.pipe.as_mut();
            pipe.is_some_and(|pipe| send(pipe, message).is_ok())
        })
    }

    /// The person wants the run to end: the first time the stage is asked to stop, the second time it is
    /// ended.
    pub fn interrupt(&self, why: String) -> Interrupted {
        let first = self.with(|held| {
            let first = held.pipe.is_some() && held.stopped.is_none();
            if first {
                held.stopped = Some(why.clone());
            }
            first
        });
        if first && self.say(&ToStage::Stop { why }) {
            let lifeline = self.clone();
            thread::spawn(move || {
                thread::sleep(STOP_WITHIN);
                lifeline.let_go();
            });
            return Interrupted::Told;
        }
        match self.let_go() {
            true => Interrupted::Told,
            false => Interrupted::NoStage,
        }
    }

    /// Closes the pipe; whether it was still open.
    pub(crate) fn let_go(&self) -> bool {
        self.with(|held| held.pipe.take()).is_some()
    }

    /// What the person did to end the run; nothing where they did nothing.
    pub fn stopped(&self) -> Option<String> {
        self.with(|held| held.stopped.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn the_first_interrupt_asks_and_the_second_ends() {
        let lifeline = Lifeline::default();
        assert_eq!(lifeline.interrupt("early".into()), Interrupted::NoStage);
        assert_eq!(lifeline.stopped(), None);
        let mut cat = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        lifeline.hold(cat.stdin.take().unwrap());
        assert_eq!(lifeline.interrupt("once".into()), Interrupted::Told);
        assert_eq!(lifeline.interrupt("twice".into()), Interrupted::Told);
        let mut said = String::new();
        cat.stdout
            .take()
            .unwrap()
            .read_to_string(&mut said)
            .unwrap();
        assert_eq!(said, "{\"Stop\":{\"why\":\"once\"}}\n");
        assert!(cat.wait().unwrap().success());
        assert_eq!(lifeline.stopped().as_deref(), Some("once"));
        assert_eq!(lifeline.interrupt("late".into()), Interrupted::NoStage);
    }
}
