//! What was said to the app's maker and when, and what the maker said.

use schemars::JsonSchema;
use serde::Serialize;

use crate::clean;
use crate::i18n::Words;

/// The maker's side of a report. Days are ISO 8601, `2026-03-01`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Maker<'a> {
    /// Whether this report is meant for the maker before publication; it is then marked so.
    pub disclosure: bool,
    /// Who writes to the maker: name and address.
    pub from: Option<&'a str>,
    /// When it was written to the maker, and so on.
    pub days: Days<'a>,
    /// The maker's statement, printed unaltered (but for control characters).
    pub statement: Option<&'a str>,
}

/// What happened when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Days<'a> {
    /// The maker was told.
    pub sent: Option<&'a str>,
    /// The maker answered.
    pub answered: Option<&'a str>,
    /// What was found is published, whether the maker answers or not.
    pub publication: Option<&'a str>,
}

/// The days that are known, a sentence each.
pub(crate) fn days(words: &Words, days: &Days) -> Vec<String> {
    let known = [
        ("maker-sent", days.sent),
        ("maker-answered", days.answered),
        ("maker-publication", days.publication),
    ];
    let known = known.into_iter().filter_map(|(id, day)| Some((id, day?)));
    known
        .map(|(id, day)| words.say(id, &[("day", clean::line(day))]))
        .collect()
}
