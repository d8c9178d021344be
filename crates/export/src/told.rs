//! Trouble in words: each kind is a message of the catalogue.

use report::Message;

use crate::entry::Trouble;

impl Trouble {
    /// A word for programs.
    pub fn kind(&self) -> &'static str {
        match self {
            Trouble::Empty => "empty",
            Trouble::NotSound(_) => "not_sound",
            Trouble::Cut => "cut",
            Trouble::Damaged(_) => "damaged",
            Trouble::NotRead(_) => "not_read",
            Trouble::Document(_) => "document",
            Trouble::WrongName => "wrong_name",
            Trouble::Nested => "nested",
            Trouble::Link => "link",
            Trouble::Special => "special",
            Trouble::Outside => "outside",
            Trouble::Encoding => "encoding",
            Trouble::Controls => "controls",
            Trouble::Twice => "twice",
            Trouble::Bomb => "bomb",
            Trouble::TooLong => "too_long",
            Trouble::NoPassword => "no_password",
            Trouble::WrongPassword => "wrong_password",
            Trouble::Failed(_) => "failed",
            Trouble::Broken(_) => "broken",
            Trouble::TooMany(_) => "too_many",
            Trouble::Sidecar(_) => "sidecar",
        }
    }

    /// Its message.
    pub fn message(&self) -> Message {
        match self {
            Trouble::Empty => Message::new("export-trouble-empty"),
            Trouble::NotSound(said) => Message::new("export-trouble-not-sound").with("said", said),
            Trouble::Cut => Message::new("export-trouble-cut"),
            Trouble::Damaged(n) => Message::new("export-trouble-damaged").with("n", n),
            Trouble::NotRead(kind) => Message::new("export-trouble-not-read").with("kind", kind),
            Trouble::Document(kind) => Message::new("export-trouble-document").with("kind", kind),
            Trouble::WrongName => Message::new("export-trouble-wrong-name"),
            Trouble::Nested => Message::new("export-trouble-nested"),
            Trouble::Link => Message::new("export-trouble-link"),
            Trouble::Special => Message::new("export-trouble-special"),
            Trouble::Outside => Message::new("export-trouble-outside"),
            Trouble::Encoding => Message::new("export-trouble-encoding"),
            Trouble::Controls => Message::new("export-trouble-controls"),
            Trouble::Twice => Message::new("export-trouble-twice"),
            Trouble::Bomb => Message::new("export-trouble-bomb"),
            Trouble::TooLong => Message::new("export-trouble-too-long"),
            Trouble::NoPassword => Message::new("export-trouble-no-password"),
            Trouble::WrongPassword => Message::new("export-trouble-wrong-password"),
            Trouble::Failed(said) => Message::new("export-trouble-failed").with("said", said),
            Trouble::Broken(said) => Message::new("export-trouble-broken").with("said", said),
            Trouble::TooMany(n) => Message::new("export-trouble-too-many").with("n", n),
            Trouble::Sidecar(said) => Message::new("export-trouble-sidecar").with("said", said),
        }
    }
}
