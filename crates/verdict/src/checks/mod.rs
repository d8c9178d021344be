//! One question each. A check never collects; it reads what lies on the table.
//!
//! A new check is a file here, with its page as its module comment, and a line in [`CHECKS`].

mod accessed;
mod camera;
mod clear_text;
mod clock;
mod codes;
mod control;
mod delegated;
mod edges;
mod encoder;
mod fields;
mod indicator;
mod intercepted;
mod kept;
mod length;
mod listeners;
mod loss;
mod losses;
mod microphone;
mod mute;
mod origin;
mod packets;
mod permutation;
mod planted;
mod reader;
mod redraws;
mod room;
mod run;
mod same_again;
mod sham;
mod sound;
mod windows;
mod words;

use crate::case::Case;
use crate::note::Note;
use crate::reason::Reason;

/// A question to a session. It may give reasons for which nothing found is no answer, and remarks that
/// belong beside the verdict.
pub struct Check {
    /// Its name, as in `docs`.
    pub name: &'static str,
    pub(crate) reasons: fn(&Case) -> Vec<Reason>,
    pub(crate) notes: fn(&Case) -> Vec<Note>,
}

/// One that may give reasons.
const fn gate(name: &'static str, reasons: fn(&Case) -> Vec<Reason>) -> Check {
    let notes = |_: &Case| Vec::new();
    Check {
        name,
        reasons,
        notes,
    }
}

/// One that only remarks.
const fn remark(name: &'static str, notes: fn(&Case) -> Vec<Note>) -> Check {
    let reasons = |_: &Case| Vec::new();
    Check {
        name,
        reasons,
        notes,
    }
}

impl Check {
    /// And remarks.
    const fn with(self, notes: fn(&Case) -> Vec<Note>) -> Check {
        Check { notes, ..self }
    }
}

/// Every check, in the order in which a report gives their reasons and their remarks.
pub const CHECKS: &[Check] = &[
    gate("run", run::reasons),
    gate("seal", run::seal),
    gate("kept", kept::reasons).with(kept::notes),
    gate("sham", sham::reasons).with(sham::notes),
    gate("redraws", redraws::reasons),
    gate("mute", mute::reasons),
    gate("sound", sound::reasons),
    gate("blocks", run::blocks),
    gate("room", room::reasons).with(room::notes),
    gate("edges", edges::reasons),
    gate("clock", clock::reasons),
    gate("packets", packets::reasons),
    gate("lost-blocks", loss::explains),
    gate("loss", loss::reasons),
    remark("words", words::notes),
    remark("delegated", delegated::notes),
    remark("microphone", microphone::notes),
    gate("control", control::reasons).with(control::notes),
    gate("planted", planted::reasons),
    remark("encoder", encoder::notes),
    remark("windows", windows::notes),
    remark("length", length::notes),
    remark("losses", losses::notes),
    remark("listeners", listeners::notes),
    remark("indicator", indicator::notes),
    remark("camera", camera::notes),
    remark("clear-text", clear_text::notes),
    remark("intercepted", intercepted::notes),
    remark("fields", fields::notes),
    remark("same-again", same_again::notes),
    remark("codes", codes::notes),
    remark("permutation", permutation::notes),
    remark("sham-played", sham::not_played),
    remark("reader", reader::notes),
    remark("accessed", accessed::notes),
    remark("origin", origin::notes),
];
