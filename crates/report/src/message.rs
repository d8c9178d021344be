//! One thing to be said: a message's id, and what goes into it.

use std::fmt::Display;

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};

/// A message of the catalogue with its arguments, in no language yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    id: &'static str,
    args: Vec<(&'static str, Arg)>,
}

/// What goes into a message.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Arg {
    /// A name, a number, or what the outside world said: the same in every language.
    Text(String),
    /// Another message.
    Said(Message),
}

impl Message {
    /// The message called `id`, which stands in `i18n/*.ftl`.
    pub fn new(id: &'static str) -> Message {
        let args = Vec::new();
        Message { id, args }
    }

    /// The same with an argument that is the same in every language.
    pub fn with(mut self, name: &'static str, value: impl Display) -> Message {
        self.args.push((name, Arg::Text(value.to_string())));
        self
    }

    /// The same with an argument that has words of its own.
    pub fn said(mut self, name: &'static str, message: Message) -> Message {
        self.args.push((name, Arg::Said(message)));
        self
    }
}

/// The message in a language.
pub fn said(lang: Lang, message: &Message) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let text = words.message(message);
    words.done(text)
}

impl Words {
    /// A message, and those that go into it.
    pub(crate) fn message(&self, message: &Message) -> String {
        let args = message.args.iter().map(|(name, arg)| {
            let text = match arg {
                // The outside world said it.
                Arg::Text(text) => clean::argument(text),
                Arg::Said(message) => self.message(message),
            };
            (*name, text)
        });
        self.say(message.id, &args.collect::<Vec<_>>())
    }
}
