//! What a service is asked, and who can answer it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::file::{FileError, is_day, mistake, parse};
use crate::measure::Measure;

const CATALOGUE: &str = include_str!("../data/criteria.toml");
const CATALOGUE_NAME: &str = "criteria.toml";

/// A text in English and in German.
pub type Both = [String; 2];

/// The catalogue.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Criteria {
    /// The day on which it was written.
    pub date: String,
    /// What it was written after.
    pub sources: Vec<Source>,
    /// The questions, in the order of a page.
    pub criteria: Vec<Criterion>,
}

/// A document that criteria were written after, none in its wording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Its name in this catalogue.
    pub id: String,
    /// Who published what, and when.
    pub document: String,
    /// How much of it was read.
    pub read: Both,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Criterion {
    /// Its name.
    pub id: String,
    /// What it belongs to.
    pub group: Group,
    /// What ought to be so: *yes* is as it should be.
    pub statement: Both,
    /// Why it is asked.
    pub why: Both,
    /// Who can answer it.
    pub who: Who,
    /// What of an audit answers it.
    pub evidence: Option<Measure>,
    /// Where the answer is found and who has to give it, where a person is asked.
    pub ask: Option<Both>,
    /// What a *no* means for the whole.
    pub weight: Weight,
    /// Documents that ask the like, by their names in this catalogue.
    pub after: Vec<String>,
}

/// What a question belongs to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Microphone and camera.
    Devices,
    /// Who receives what, and how it travels.
    Network,
    /// What it tells of people and machines.
    People,
    /// What it does to the machine.
    Machine,
    /// Contract and law.
    Contract,
    /// Settings for administrators.
    Settings,
}

/// Who can answer a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// An audit.
    Measured,
    /// Whoever sets the service up.
    Configuration,
    /// The contract, or who made it.
    Contract,
}

/// What a *no* means.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// It stands on the page, and changes nothing else.
    Noted,
    /// As it is, the service is not to be used; probably that can be cured.
    ToCure,
    /// The service is not to be used.
    Excludes,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    date: Spanned<String>,
    source: Vec<Source>,
    criterion: Vec<Raw>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    id: Spanned<String>,
    group: Group,
    statement: Both,
    why: Both,
    who: Who,
    #[serde(default)]
    evidence: Option<Spanned<String>>,
    #[serde(default)]
    ask: Option<Both>,
    weight: Weight,
    #[serde(default)]
    after: Vec<Spanned<String>>,
}

impl Criteria {
    /// The text of the catalogue that ships.
    pub const TEXT: &str = CATALOGUE;

    /// The catalogue that ships.
    pub fn built_in() -> Result<Criteria, FileError> {
        Criteria::parse(CATALOGUE_NAME, CATALOGUE)
    }

    /// Reads a catalogue.
    pub fn parse(file: &str, text: &str) -> Result<Criteria, FileError> {
        let raw: File = parse(file, text)?;
        if !is_day(raw.date.get_ref()) {
            let what = format!("`{}` is no day: write it as 2026-03-01", raw.date.get_ref());
            return Err(mistake(file, text, &raw.date, what));
        }
        let mut criteria: Vec<Criterion> = Vec::new();
        for one in raw.criterion {
            let id = one.id.get_ref().clone();
            let wrong = |what: String| Err(mistake(file, text, &one.id, what));
            if criteria.iter().any(|other| other.id == id) {
                return wrong(format!("two criteria are called `{id}`"));
            }
            let evidence = one.evidence.as_ref().map(|name| {
                let known = Measure::ALL.iter().find(|m| m.name() == name.get_ref());
                known.copied().ok_or_else(|| {
                    let what = format!("`{}` is nothing that an audit measures", name.get_ref());
                    mistake(file, text, name, what)
                })
            });
            let evidence = evidence.transpose()?;
            if (one.who == Who::Measured) != evidence.is_some() {
                return wrong(format!(
                    "`{id}`: what is measured, and that alone, has `evidence`"
                ));
            }
            if (one.who == Who::Measured) == one.ask.is_some() {
                return wrong(format!(
                    "`{id}`: what a person is asked, and that alone, has `ask`"
                ));
            }
            let unknown = one
                .after
                .iter()
                .find(|name| raw.source.iter().all(|source| source.id != *name.get_ref()));
            if let Some(name) = unknown {
                let what = format!("there is no source `{}` in this file", name.get_ref());
                return Err(mistake(file, text, name, what));
            }
            criteria.push(Criterion {
                id,
                group: one.group,
                statement: one.statement,
                why: one.why,
                who: one.who,
                evidence,
                ask: one.ask,
                weight: one.weight,
                after: one
                    .after
                    .iter()
                    .map(|name| name.get_ref().clone())
                    .collect(),
            });
        }
        Ok(Criteria {
            date: raw.date.into_inner(),
            sources: raw.source,
            criteria,
        })
    }

    /// By its name.
    pub fn find(&self, id: &str) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| criterion.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_asks_for_everything_that_is_measured() {
        let criteria = Criteria::built_in().unwrap();
        for measure in Measure::ALL {
            let asks = |c: &Criterion| c.evidence == Some(*measure);
            assert!(criteria.criteria.iter().any(asks), "{}", measure.name());
        }
        let all = &criteria.criteria;
        for who in [Who::Measured, Who::Configuration, Who::Contract] {
            assert!(all.iter().any(|c| c.who == who), "{who:?}");
        }
        for criterion in all {
            for text in criterion.statement.iter().chain(&criterion.why) {
                assert!(text.ends_with(['?', '.']), "{}: {text}", criterion.id);
            }
        }
        // A page goes through one group after the other.
        assert!(all.windows(2).all(|pair| pair[0].group <= pair[1].group));
    }

    #[test]
    fn each_mistake_is_one_line_with_its_place() {
        let text = CATALOGUE;
        let first = text.find("evidence = \"mute_holds\"").unwrap();
        let line = 1 + text[..first].matches('\n').count();
        let wrong = text.replace("evidence = \"mute_holds\"", "evidence = \"mute_hold\"");
        let error = Criteria::parse("mine.toml", &wrong).unwrap_err();
        assert_eq!((error.line, &error.file[..]), (line, "mine.toml"));
        assert!(
            error.what.contains("nothing that an audit measures"),
            "{error}"
        );
        let without = text.replace("evidence = \"mute_holds\"\n", "");
        let error = Criteria::parse("mine.toml", &without).unwrap_err();
        assert!(error.what.contains("has `evidence`"), "{error}");
    }
}
