//! What the lists beside recordings say of them: one file for each layout, one row in [`LAYOUTS`].
//!
//! Companies change their exports without saying so; what is read here is what was known of each when it
//! was written, from public descriptions and samples, and each file says which. A list that no layout knows
//! is no trouble: its recordings are checked as those of a plain folder.

mod alexa;
mod google_voice;
mod html;
mod meta;
mod signal;
mod siri;
mod table;
mod takeout;
mod telegram;
mod whatsapp;

use crate::entry::{Problem, Trouble};

/// One kind of export.
pub struct Layout {
    /// What it is called.
    pub name: &'static str,
    /// Reads a list of this kind.
    read: fn(path: &str, text: &str) -> List,
}

/// What a layout makes of a list.
pub(crate) enum List {
    /// None of this kind.
    NotMine,
    /// Of this kind by its name, and not to be understood: why.
    Broken(String),
    /// What it says.
    Says(Vec<Said>),
}

/// All layouts that are understood. What none of them knows is a plain folder.
pub const LAYOUTS: &[Layout] = &[
    Layout {
        name: "Google Voice",
        read: google_voice::read,
    },
    Layout {
        name: "Google Takeout",
        read: takeout::read,
    },
    Layout {
        name: "WhatsApp",
        read: whatsapp::read,
    },
    Layout {
        name: "Telegram",
        read: telegram::read,
    },
    Layout {
        name: "Facebook, Instagram",
        read: meta::read,
    },
    Layout {
        name: "Signal",
        read: signal::read,
    },
    Layout {
        name: "Apple Siri",
        read: siri::read,
    },
    Layout {
        name: "Amazon Alexa",
        read: alexa::read,
    },
];

/// What a list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The recording that it is said of, by the last part of its name; nothing where the list names none.
    pub of: Option<String>,
    /// What about it.
    pub field: Field,
    /// What it says.
    pub value: String,
    /// The list, and the line or entry in it, from 1.
    pub at: (String, usize),
}

/// What can be said of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    pub fn read(&mut self, path: &str, bytes: &[u8], problems: &mut Vec<Problem>) {
        let text = text(bytes);
        for layout in LAYOUTS {
            match (layout.read)(path, text.trim_start_matches('\u{FEFF}')) {
                List::NotMine => {}
                List::Broken(why) => {
                    let what = Trouble::Sidecar(why);
                    problems.push(Problem {
                        path: path.to_owned(),
                        what,
                    });
                    return;
                }
                List::Says(said) => {
                    self.layout.get_or_insert(layout.name);
                    self.said.extend(said);
                    return;
                }
            }
        }
    }
}

impl Sidecars {
    /// Reads a PDF: each of its lines may be of a transcript, of no known recording. Says whether every page had
    /// words.
    pub fn read_pdf(&mut self, path: &str, bytes: &[u8]) -> bool {
        let Ok(pages) = pdftext::read(bytes) else {
            return false;
        };
        let whole = pages.unread.is_empty() && pages.wordless.is_empty();
        for (number, text) in pages.texts {
            let place = format!("{path}, page {number}");
            let lines = text.lines().enumerate();
            let lines = lines.filter(|(_, line)| !line.trim().is_empty());
            self.said.extend(lines.map(|(k, line)| Said {
                of: None,
                field: Field::Transcript,
                value: line.trim().to_owned(),
                at: (place.clone(), k + 1),
            }));
        }
        whole
    }
}

/// UTF-8, or UTF-16 with a mark at the front, as spreadsheets write it.
fn text(bytes: &[u8]) -> String {
    let wide = |from: fn([u8; 2]) -> u16| {
        let (pairs, _) = bytes[2..].as_chunks::<2>();
        String::from_utf16_lossy(&pairs.iter().map(|pair| from(*pair)).collect::<Vec<_>>())
    };
    match bytes {
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The last part of a path.
pub(crate) fn last(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// Gathers what one list says.
struct Saying<'a> {
    path: &'a str,
    said: Vec<Said>,
}

impl<'a> Saying<'a> {
    fn new(path: &'a str) -> Saying<'a> {
        Saying {
            path,
            said: Vec::new(),
        }
    }

    /// Something about a recording, where there is something to say.
    fn say(&mut self, of: Option<&str>, field: Field, value: &str, line: usize) {
        let value = value.trim();
        if !value.is_empty() {
            self.said.push(Said {
                of: of.map(|of| last(of).to_owned()),
                field,
                value: value.to_owned(),
                at: (self.path.to_owned(), line),
            });
        }
    }

    fn done(self) -> List {
        List::Says(self.said)
    }
}

/// Whether any folder of a path, or its file, is called so (without regard to case).
fn has_part(path: &str, part: &str) -> bool {
    path.to_lowercase().contains(part)
}
