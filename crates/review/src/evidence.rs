//! Audits as evidence: what each says of everything that is measured.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::adequacy::Adequacy;
use crate::measure::{Measure, Measured, Seen, Value};

/// One audit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Evidence {
    /// The bundle's name.
    pub name: String,
    /// SHA-256 of its seal; nothing where it is not sealed.
    pub seal_sha256: Option<String>,
    /// The app, as the audit has it.
    pub title: String,
    /// Its version.
    pub version: String,
    /// When it was made (RFC 3339).
    pub started: String,
    /// What it says of each measure.
    pub measured: BTreeMap<Measure, Measured>,
}

impl Evidence {
    /// Of an audit.
    pub fn of(
        name: String,
        seal_sha256: Option<String>,
        seen: &Seen,
        adequacy: &Adequacy,
    ) -> Evidence {
        let subject = &seen.manifest.subject;
        let all = Measure::ALL.iter();
        Evidence {
            name,
            seal_sha256,
            title: subject.title.clone(),
            version: subject.version.clone(),
            started: seen.manifest.started.clone(),
            measured: all.map(|m| (*m, m.of(seen, adequacy))).collect(),
        }
    }

    /// One that says this, and nothing of anything else.
    #[cfg(test)]
    pub(crate) fn made_up(said: &[(Measure, Value)]) -> Evidence {
        let measured = |m: &Measure| {
            let said = said.iter().find(|(measure, _)| measure == m);
            let value = said.map_or(Value::NoStatement, |(_, value)| *value);
            let measured = Measured {
                value,
                place: "/made-up",
                facts: Vec::new(),
            };
            (*m, measured)
        };
        Evidence {
            name: "made-up".into(),
            seal_sha256: None,
            title: "Specimen".into(),
            version: "1".into(),
            started: "2026-03-01T00:00:00Z".into(),
            measured: Measure::ALL.iter().map(measured).collect(),
        }
    }
}

/// What several audits say of a measure together: the worst of what those say that looked.
pub(crate) fn together(evidence: &[Evidence], measure: Measure) -> Value {
    let said = evidence.iter().map(|one| one.measured[&measure].value);
    let looked = said.filter(|value| *value != Value::NoStatement);
    looked.max().unwrap_or(Value::NoStatement)
}
