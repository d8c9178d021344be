//! What the lists beside recordings say of them: one file for each layout, one row in [`LAYOUTS`].

mod alexa;

use crate::entry::Problem;

/// One kind of export.
pub struct Layout {
    /// What it is called.
    pub name: &'static str,
    /// Reads a list of this kind: what it says, or nothing where it is none of this kind.
    read: fn(path: &str, text: &str) -> Option<Vec<Said>>,
}

/// All layouts that are understood. What none of them knows is a plain folder.
pub const LAYOUTS: &[Layout] = &[Layout { name: "Amazon Alexa", read: alexa::read }];

/// What a list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The recording that it is said of, as the list names it; nothing where it is said of the export.
    pub of: Option<String>,
    /// What about it.
    pub field: Field,
    /// What it says.
    pub value: String,
}

/// What can be said of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Who is said to speak.
    Speaker,
    /// What is said in it.
    Transcript,
    /// When it was made.
    Time,
    /// The time zone of that.
    Zone,
    /// The language.
    Language,
    /// The device.
    Device,
    /// The account or customer.
    Account,
}

/// All that was read of lists.
#[derive(Debug, Default)]
pub struct Sidecars {
    /// The layout that was understood.
    pub layout: Option<&'static str>,
    /// What the lists say.
    pub said: Vec<Said>,
}

impl Sidecars {
    /// Reads a list.
    pub(crate) fn read(&mut self, path: &str, bytes: &[u8], _problems: &mut Vec<Problem>) {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{FEFF}');
        for layout in LAYOUTS {
            if let Some(said) = (layout.read)(path, text) {
                self.layout.get_or_insert(layout.name);
                self.said.extend(said);
                return;
            }
        }
    }
}
