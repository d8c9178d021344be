//! What people answered where nothing can be measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::criteria::{Criteria, Who};
use crate::file::{FileError, is_day, mistake, parse};
use crate::measure::Value;

/// A file of answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Answers {
    /// The service.
    pub service: String,
    /// What was answered.
    pub answers: Vec<Answer>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Answer {
    /// The question's name.
    pub criterion: String,
    /// What it is; nothing where only a note was made.
    pub value: Option<Value>,
    /// In the person's own words.
    pub note: String,
    /// Where that stands, or who said it.
    pub source: String,
    /// The day of the answer.
    pub date: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    service: String,
    #[serde(default)]
    answer: Vec<Raw>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    criterion: Spanned<String>,
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    note: String,
    #[serde(default)]
    source: String,
    date: Spanned<String>,
}

impl Answers {
    /// Reads a file. What is measured cannot be answered otherwise: a person may make a note of it, no more.
    pub fn parse(file: &str, text: &str, criteria: &Criteria) -> Result<Answers, FileError> {
        let raw: File = parse(file, text)?;
        let mut answers: Vec<Answer> = Vec::new();
        for one in raw.answer {
            let id = one.criterion.get_ref().clone();
            let wrong = |what: String| Err(mistake(file, text, &one.criterion, what));
            let Some(criterion) = criteria.find(&id) else {
                return wrong(format!("there is no criterion `{id}`"));
            };
            if answers.iter().any(|other| other.criterion == id) {
                return wrong(format!("`{id}` is answered twice"));
            }
            if criterion.who == Who::Measured && one.value.is_some() {
                return wrong(format!(
                    "`{id}` is measured and cannot be answered: leave out its `value`"
                ));
            }
            if criterion.who != Who::Measured && one.value.is_none() {
                return wrong(format!("the answer to `{id}` has no `value`"));
            }
            if !is_day(one.date.get_ref()) {
                let what = format!("`{}` is no day: write it as 2026-03-01", one.date.get_ref());
                return Err(mistake(file, text, &one.date, what));
            }
            answers.push(Answer {
                criterion: id,
                value: one.value,
                note: one.note,
                source: one.source,
                date: one.date.into_inner(),
            });
        }
        Ok(Answers {
            service: raw.service,
            answers,
        })
    }

    /// The file's text.
    pub fn text(&self) -> String {
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let mut out = format!("service = {}\n", quoted(&self.service));
        for answer in &self.answers {
            out += &format!("\n[[answer]]\ncriterion = {}\n", quoted(&answer.criterion));
            if let Some(value) = answer.value {
                out += &format!("value = {}\n", quoted(value.name()));
            }
            for (key, text) in [("note", &answer.note), ("source", &answer.source)] {
                if !text.is_empty() {
                    out += &format!("{key} = {}\n", quoted(text));
                }
            }
            out += &format!("date = {}\n", quoted(&answer.date));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "service = \"Specimen\"\n\n[[answer]]\ncriterion = \"processor\"\nvalue = \"yes\"\n\
                        note = \"of \\\"2026\\\"\"\nsource = \"the contract, page 3\"\ndate = \"2026-03-01\"\n";

    #[test]
    fn answers_are_read_and_written_alike() {
        let criteria = Criteria::built_in().unwrap();
        let answers = Answers::parse("answers.toml", GOOD, &criteria).unwrap();
        assert_eq!(answers.answers[0].value, Some(Value::Yes));
        let again = Answers::parse("again.toml", &answers.text(), &criteria).unwrap();
        assert_eq!(again, answers);
    }

    #[test]
    fn each_mistake_is_one_line_with_its_place() {
        let criteria = Criteria::built_in().unwrap();
        for (from, to, line, what) in [
            ("\"processor\"", "\"processors\"", 4, "no criterion"),
            ("\"processor\"", "\"mute\"", 4, "is measured"),
            ("value = \"yes\"\n", "", 4, "no `value`"),
            ("\"yes\"", "\"perhaps\"", 5, "unknown variant"),
            ("2026-03-01", "yesterday", 8, "is no day"),
        ] {
            let error = Answers::parse("a.toml", &GOOD.replace(from, to), &criteria).unwrap_err();
            assert!(error.what.contains(what), "{error}");
            assert_eq!(error.line, line, "{error}");
        }
    }
}
