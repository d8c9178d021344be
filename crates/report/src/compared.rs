//! What changed in an app's mute from one version to the next, in words.

use schemars::JsonSchema;
use serde::Serialize;

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::schema::SCHEMA;

/// What changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The name of its recipe.
    pub recipe: String,
    /// The app.
    pub title: String,
    /// Its older version.
    pub old: String,
    /// Its newer version.
    pub new: String,
    /// Each change.
    pub changes: Vec<Change>,
    /// Whether both have an answer.
    pub comparable: bool,
}

/// One thing that is compared, and what it was before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Which.
    pub what: Comparison,
    /// Before.
    pub old: Was,
    /// After.
    pub new: Was,
    /// Whether it got worse; `None` where that is no question of better or worse.
    pub worse: Option<bool>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The verdict.
    Verdict,
    /// The microphone while muted.
    Microphone,
    /// What the other participants hear.
    OtherParticipants,
    /// What the operator's server hears.
    OperatorServer,
    /// What third parties hear.
    ThirdParties,
    /// Who can read the call itself.
    Call,
    /// Series that follow the muted microphone.
    Series,
    /// Third parties that something is sent to.
    Sends,
    /// What is sent in the clear.
    ClearText,
    /// Where connections are accepted.
    Listens,
    /// Claims that hide a stream from the desktop's indicator.
    Hides,
    /// Bytes that could not be read.
    Opaque,
}

/// What something was.
#[derive(Debug, Clone, PartialEq)]
pub enum Was {
    /// A state, as the JSON report names it.
    State(String),
    /// Names.
    Names(Vec<String>),
    /// A number, which is told whole.
    Number(f64),
}

impl Comparison {
    /// Its name in JSON, which is in no language, and its message.
    fn row(self) -> (&'static str, &'static str) {
        match self {
            Comparison::Verdict => ("verdict", "compare-verdict"),
            Comparison::Microphone => ("microphone while muted", "compare-microphone"),
            Comparison::OtherParticipants => ("other participants hear", "compare-participants"),
            Comparison::OperatorServer => ("the operator's server hears", "compare-server"),
            Comparison::ThirdParties => ("third parties hear", "compare-third-parties"),
            Comparison::Call => ("the call itself can be read by", "compare-call"),
            Comparison::Series => ("series that follow the muted microphone", "compare-series"),
            Comparison::Sends => ("sends to third parties", "compare-sends"),
            Comparison::ClearText => ("clear text", "compare-clear-text"),
            Comparison::Listens => ("listens at", "compare-listens"),
            Comparison::Hides => ("hides from the indicator", "compare-hides"),
            Comparison::Opaque => ("opaque bytes a minute while muted", "compare-opaque"),
        }
    }

    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        self.row().0
    }
}

impl Was {
    /// As JSON says it.
    pub fn name(&self) -> String {
        match self {
            Was::State(state) => state.replace('_', " "),
            Was::Names(names) if names.is_empty() => "none".to_owned(),
            Was::Names(names) => names.join(", "),
            Was::Number(number) => format!("{number:.0}"),
        }
    }

    fn words(&self, words: &Words) -> String {
        let clean = |name: &String| clean::line(name);
        match self {
            Was::State(state) => match state_id(state) {
                Some(id) => words.t(id),
                // Of a later version's report.
                None => clean(&self.name()),
            },
            Was::Names(names) if names.is_empty() => words.t("compare-none"),
            Was::Names(names) => names.iter().map(clean).collect::<Vec<_>>().join(", "),
            Was::Number(number) => words.decimal(*number, 0),
        }
    }
}

fn state_id(state: &str) -> Option<&'static str> {
    Some(match state {
        "leaks" => "compare-leaks",
        "no_leak_seen" => "compare-no-leak-seen",
        "partly_seen" => "compare-partly-seen",
        "inconclusive" => "compare-inconclusive",
        "not_run" => "compare-not-run",
        "closed" => "compare-closed",
        "open_not_running" => "compare-open-not-running",
        "open_running" => "compare-open-running",
        "still_read" => "compare-still-read",
        "nothing_sent" => "compare-nothing-sent",
        "nothing_found" => "compare-nothing-found",
        "yes" => "compare-yes",
        "participants" => "compare-read-by-participants",
        "server" => "compare-read-by-server",
        "anyone_on_the_way" => "compare-read-by-anyone",
        "unknown" => "compare-unknown",
        _ => return None,
    })
}

/// What `muteproof compare` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    schema: u32,
    recipe: &'a str,
    old_version: &'a str,
    new_version: &'a str,
    /// Whether both audits have an answer.
    comparable: bool,
    /// Whether anything got worse.
    worse: bool,
    changes: Vec<Changed>,
}

#[derive(Serialize, JsonSchema)]
struct Changed {
    what: &'static str,
    old: String,
    new: String,
    /// Null where that is no question of better or worse.
    worse: Option<bool>,
}

impl Compared {
    /// Whether anything got worse.
    pub fn worse(&self) -> bool {
        self.changes.iter().any(|change| change.worse == Some(true))
    }
}

/// The answer for programs: indented JSON.
pub fn compared_json(compared: &Compared) -> Result<String, RenderError> {
    let changed = |change: &Change| Changed {
        what: change.what.name(),
        old: change.old.name(),
        new: change.new.name(),
        worse: change.worse,
    };
    clean::pretty(&Document {
        schema: SCHEMA,
        recipe: &compared.recipe,
        old_version: &compared.old,
        new_version: &compared.new,
        comparable: compared.comparable,
        worse: compared.worse(),
        changes: compared.changes.iter().map(changed).collect(),
    })
}

/// The answer as text.
pub fn compared(compared: &Compared, lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let text = text(&words, compared);
    words.done(text)
}

fn text(words: &Words, compared: &Compared) -> String {
    let (title, old, new) = (&compared.title, &compared.old, &compared.new);
    let [title, old, new] = [title, old, new].map(|name| clean::line(name));
    let mut out = format!("{title}: {old} → {new}\n");
    let marks = ["compare-worse", "compare-better"].map(|id| words.t(id));
    let width = marks.iter().map(|mark| mark.chars().count()).max();
    let width = width.unwrap_or(0);
    let [worse, better] = &marks;
    for change in &compared.changes {
        let mark = match change.worse {
            Some(true) => worse,
            Some(false) => better,
            None => "",
        };
        let what = words.t(change.what.row().1);
        let (old, new) = (change.old.words(words), change.new.words(words));
        out.push_str(&format!("  {mark:width$}  {what}: {old} → {new}\n"));
    }
    if compared.changes.is_empty() {
        out.push_str(&format!("  {}\n", words.t("compare-nothing-changed")));
    }
    if !compared.comparable {
        out.push_str(&format!("{}\n", words.t("compare-no-answer")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// JSON and English say the same of everything, so that both can be searched for.
    #[test]
    fn english_is_what_json_says() {
        let words = Words::new(Lang::En).unwrap();
        let all = [
            Comparison::Verdict,
            Comparison::Microphone,
            Comparison::OtherParticipants,
            Comparison::OperatorServer,
            Comparison::ThirdParties,
            Comparison::Call,
            Comparison::Series,
            Comparison::Sends,
            Comparison::ClearText,
            Comparison::Listens,
            Comparison::Hides,
            Comparison::Opaque,
        ];
        for what in all {
            assert_eq!(words.t(what.row().1), what.name());
        }
        let states = "leaks no_leak_seen partly_seen inconclusive not_run closed open_not_running \
                      open_running still_read nothing_sent nothing_found yes participants server \
                      anyone_on_the_way unknown something_later";
        for state in states.split(' ') {
            let was = Was::State(state.to_owned());
            assert_eq!(was.words(&words), was.name());
        }
        assert_eq!(Was::Names(vec![]).words(&words), "none");
        assert!(words.done(()).is_ok());
    }
}
