//! What other systems write down of who had the microphone, and when.
//!
//! Every one of these logs tells of *access*: an app held the microphone open. None of them tells whether
//! it read anything, nor what. Parsers are pure and never panic; what a log does not say is not made up.
#![forbid(unsafe_code)]

mod formats;
mod time;

pub use formats::FORMATS;
pub use time::Zone;

/// An app had the microphone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Which app, as the log names it: a bundle id, a package, the path of a program.
    pub app: String,
    /// Since when, nanoseconds of Unix time.
    pub began_ns: u64,
    /// Until when.
    pub ended: End,
}

/// How far an access is known to have lasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Up to this moment, nanoseconds of Unix time.
    At(u64),
    /// It had not ended when the log was taken.
    Open,
    /// The log does not say.
    Untold,
}

/// What was read of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Which log it is, for people.
    pub format: &'static str,
    /// By the time at which they began.
    pub accesses: Vec<Access>,
}

/// A log that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is none of the logs that are known.
    #[error("it is none of the logs that are read: {}", names())]
    Unknown,
    /// It is neither UTF-8 nor UTF-16.
    #[error("it is not text (byte {at})")]
    NotText {
        /// Offset of the first byte that is not.
        at: usize,
    },
    /// A line of a log that is known is not as it should be.
    #[error("line {line}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

fn names() -> String {
    FORMATS.map(|format| format.name).join(", ")
}

/// One of the logs.
pub struct Format {
    /// Its name, for people.
    pub name: &'static str,
    /// Whether a text looks like it.
    is: fn(&str) -> bool,
    /// Reads it.
    read: fn(&str, &Zone) -> Result<Vec<Access>, Error>,
}

/// Reads a log of whatever format. Its local times are taken for those of `zone`.
pub fn read(bytes: &[u8], zone: &Zone) -> Result<Log, Error> {
    let text = text(bytes)?;
    let format = FORMATS
        .iter()
        .find(|format| (format.is)(&text))
        .ok_or(Error::Unknown)?;
    let mut accesses = (format.read)(&text, zone)?;
    accesses.sort_by_key(|access| access.began_ns);
    Ok(Log {
        format: format.name,
        accesses,
    })
}

/// UTF-8, or what Windows' tools write: UTF-16 with a mark in front.
fn text(bytes: &[u8]) -> Result<String, Error> {
    let utf_16 = |bytes: &[u8], word: fn([u8; 2]) -> u16| {
        let (words, _) = bytes.as_chunks::<2>();
        let words: Vec<u16> = words.iter().map(|&pair| word(pair)).collect();
        String::from_utf16(&words).map_err(|_| Error::NotText { at: 2 })
    };
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf_8(rest),
        _ => utf_8(bytes),
    }
}

fn utf_8(bytes: &[u8]) -> Result<String, Error> {
    let at = |e: std::str::Utf8Error| Error::NotText {
        at: e.valid_up_to(),
    };
    std::str::from_utf8(bytes).map(str::to_owned).map_err(at)
}
