//! Countries with an adequate level of protection (GDPR, Article 45): a dated table, and never more than that.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::file::{FileError, parse};

const TABLE: &str = include_str!("../data/adequacy.toml");

/// What is known of countries.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adequacy {
    /// The day up to which was looked, `2026-06-30`. Of later days nothing is said.
    pub known_until: String,
    /// Where it was looked.
    pub sources: Vec<String>,
    /// Decisions, one a country.
    #[serde(rename = "decision")]
    pub decisions: Vec<Decision>,
}

/// A decision of the European Commission's.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// ISO 3166-1, two letters.
    pub country: String,
    /// Its name in English and German.
    pub name: [String; 2],
    /// For whom it holds, where not for all.
    #[serde(default)]
    pub only: Option<[String; 2]>,
    /// The last day, where it has one.
    #[serde(default)]
    pub until: Option<String>,
    /// Which decision, and what is open about it.
    pub source: String,
}

/// What the table says of a country.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// A member of the EU or the EEA, or a decision that holds for all.
    Adequate,
    /// A decision that holds for some: who they are is asked.
    Asked,
    /// The day is behind the table's, or the decision's last one.
    Outdated,
    /// No decision.
    None,
}

/// Members of the European Union, and Iceland, Liechtenstein and Norway (EEA).
const MEMBERS: [&str; 30] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IS",
    "IT", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "SE", "SI", "SK",
];

impl Adequacy {
    /// The table that ships.
    pub fn built_in() -> Result<Adequacy, FileError> {
        parse("adequacy.toml", TABLE)
    }

    /// What is known of a country (two letters) on a day (`2026-03-01`).
    pub fn of(&self, country: &str, day: &str) -> Level {
        if MEMBERS.contains(&country) {
            return Level::Adequate;
        }
        let decision = self.decisions.iter().find(|d| d.country == country);
        let late = |last: &str| day > last;
        match decision {
            _ if late(&self.known_until) => Level::Outdated,
            None => Level::None,
            Some(d) if d.until.as_deref().is_some_and(late) => Level::Outdated,
            Some(d) if d.only.is_some() => Level::Asked,
            Some(_) => Level::Adequate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_answers_for_its_time_and_no_longer() {
        let table = Adequacy::built_in().unwrap();
        let on = |country, day| table.of(country, day);
        assert_eq!(on("DE", "2030-01-01"), Level::Adequate);
        assert_eq!(on("CH", "2026-03-01"), Level::Adequate);
        assert_eq!(on("US", "2026-03-01"), Level::Asked);
        assert_eq!(on("CN", "2026-03-01"), Level::None);
        assert_eq!(on("CH", "2026-07-01"), Level::Outdated);
        assert_eq!(on("CN", "2026-07-01"), Level::Outdated);
        for decision in &table.decisions {
            assert!(
                decision.country.len() == 2 && !decision.source.is_empty(),
                "{decision:?}"
            );
            assert!(!MEMBERS.contains(&&decision.country[..]), "{decision:?}");
        }
    }
}
