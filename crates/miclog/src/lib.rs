//! What other systems write down of who had the microphone, and when.
//!
//! Every one of these logs tells of *access*: an app held the microphone open. None of them tells whether
//! it read anything, nor what. Parsers are pure and never panic; what a log does not say is not made up.
#![forbid(unsafe_code)]

mod formats;
mod reading;
mod time;

use reading::Reading;

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
    /// The earliest and the latest moment that the log speaks of, nanoseconds of Unix time; nothing for a
    /// log that names no time. What lies outside of it, the log knows nothing of.
    pub span: Option<(u64, u64)>,
    /// When it was taken, where it says so: what had not ended then lasted at least so long.
    pub taken_ns: Option<u64>,
    /// Whether its times are local ones that do not say of which zone: they were taken for those of
    /// [`Zone::east_s`].
    pub is_local: bool,
    /// Whether its times name no day: they were taken for those nearest to [`Zone::near_ns`].
    pub is_undated: bool,
    /// Lines that belong to it and were not understood.
    pub unread: Option<Unread>,
}

/// Lines of a log that were not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// How many.
    pub lines: u64,
    /// The first of them, from 1.
    pub first: usize,
    /// What is wrong with it.
    pub why: String,
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
    /// It says how long ago something was, and not when it was taken.
    #[error(
        "it says how long ago the microphone was used, and not when it was taken: give the time of that by \
         --mic-log-taken, or take dumpsys appops, which has the date"
    )]
    NoDate,
    /// No line of a log that is known could be understood; this is the first.
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
    read: fn(&str, &Zone) -> Result<Reading, Error>,
}

/// Reads a log of whatever format. Its local times are taken for those of `zone`. Lines that are not
/// understood are counted; where no line is understood, the first of them is an error.
pub fn read(bytes: &[u8], zone: &Zone) -> Result<Log, Error> {
    let text = text(bytes)?;
    let format = FORMATS
        .iter()
        .find(|format| (format.is)(&text))
        .ok_or(Error::Unknown)?;
    let mut read = (format.read)(&text, zone)?;
    if let Some(unread) = &read.unread
        && read.span.is_none()
    {
        return Err(Error::Line {
            line: unread.first,
            why: unread.why.clone(),
        });
    }
    read.accesses.sort_by_key(|access| access.began_ns);
    Ok(Log {
        format: format.name,
        accesses: read.accesses,
        span: read.span,
        taken_ns: read.taken_ns,
        is_local: read.is_local,
        is_undated: read.is_undated,
        unread: read.unread,
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
