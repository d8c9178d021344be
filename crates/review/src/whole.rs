//! A whole review: criteria and claims, held against audits and answers, and what it is bound to.

use schemars::JsonSchema;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::answers::{Answer, Answers};
use crate::claims::{Claims, Held};
use crate::criteria::{Criteria, Criterion, Weight, Who};
use crate::evidence::{Evidence, together};
use crate::measure::{Measured, Value};

/// A review of one service.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Review {
    /// The service.
    pub service: String,
    /// What follows for the whole.
    pub light: Light,
    /// The audits.
    pub evidence: Vec<Evidence>,
    /// Each question with its answer, in the catalogue's order.
    pub rows: Vec<Row>,
    /// What the service says of itself.
    pub claims: Vec<Held>,
    /// The day up to which was looked for decisions on countries.
    pub adequacy_known_until: String,
    /// Whether an audit is newer than that.
    pub adequacy_outdated: bool,
    /// SHA-256 of the texts that it was made from, by their names.
    pub bound_to: Vec<(String, String)>,
}

/// What follows for the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// Everything that was asked is as it should be.
    Green,
    /// Something is not, or is not known; probably that can be cured.
    Yellow,
    /// Something excludes its use.
    Red,
}

/// A question and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Row {
    /// The question.
    pub criterion: Criterion,
    /// The answer.
    pub value: Value,
    /// What each audit says, by its place among the evidence; empty where it is not measured.
    pub measured: Vec<(usize, Measured)>,
    /// What a person said.
    pub answer: Option<Answer>,
}

/// Why evidence cannot be put together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// It is of two services.
    #[error("{file} is about `{other}`, and the review about `{service}`")]
    OtherService {
        /// The file.
        file: String,
        /// What it is about.
        other: String,
        /// What the review is about.
        service: String,
    },
}

/// Everything that a review is made from.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// The service.
    pub service: &'a str,
    /// The audits.
    pub evidence: &'a [Evidence],
    /// The catalogue.
    pub criteria: &'a Criteria,
    /// What people answered, and the file's name.
    pub answers: Option<(&'a str, &'a Answers)>,
    /// What the service says of itself, and the file's name.
    pub claims: Option<(&'a str, &'a Claims)>,
    /// The day up to which was looked for decisions on countries.
    pub adequacy_known_until: &'a str,
    /// Texts that the review is bound to, by their names.
    pub texts: &'a [(String, String)],
}

impl Review {
    /// Puts everything together.
    pub fn new(of: &Sources) -> Result<Review, ReviewError> {
        let about = [
            of.answers.map(|(file, answers)| (file, &answers.service)),
            of.claims.map(|(file, claims)| (file, &claims.service)),
        ];
        for (file, other) in about.into_iter().flatten() {
            if other != of.service {
                return Err(ReviewError::OtherService {
                    file: file.to_owned(),
                    other: other.clone(),
                    service: of.service.to_owned(),
                });
            }
        }
        let answers = of.answers.map_or(&[][..], |(_, answers)| &answers.answers);
        let rows: Vec<Row> = of
            .criteria
            .criteria
            .iter()
            .map(|criterion| row(criterion, of.evidence, answers))
            .collect();
        let is_newer =
            |one: &Evidence| one.started.get(..10).unwrap_or_default() > of.adequacy_known_until;
        let bound = of
            .texts
            .iter()
            .map(|(name, text)| (name.clone(), sha256(text)));
        let sealed = of.evidence.iter().filter_map(|one| {
            let seal = one.seal_sha256.clone()?;
            Some((one.name.clone(), seal))
        });
        Ok(Review {
            service: of.service.to_owned(),
            light: light(&rows),
            evidence: of.evidence.to_vec(),
            claims: of
                .claims
                .map_or_else(Vec::new, |(_, claims)| claims.held(of.evidence)),
            adequacy_known_until: of.adequacy_known_until.to_owned(),
            adequacy_outdated: of.evidence.iter().any(is_newer),
            bound_to: bound.chain(sealed).collect(),
            rows,
        })
    }
}

fn row(criterion: &Criterion, evidence: &[Evidence], answers: &[Answer]) -> Row {
    let answer = answers
        .iter()
        .find(|answer| answer.criterion == criterion.id);
    let measured: Vec<(usize, Measured)> = criterion.evidence.map_or_else(Vec::new, |measure| {
        let all = evidence.iter().enumerate();
        all.map(|(k, one)| (k, one.measured[&measure].clone()))
            .collect()
    });
    let value = match (criterion.who, criterion.evidence) {
        (Who::Measured, Some(measure)) => together(evidence, measure),
        _ => answer
            .and_then(|answer| answer.value)
            .unwrap_or(Value::NoStatement),
    };
    Row {
        criterion: criterion.clone(),
        value,
        measured,
        answer: answer.cloned(),
    }
}

/// Green only where nothing is missing and nothing is wrong.
fn light(rows: &[Row]) -> Light {
    let of = |row: &Row| match (row.criterion.weight, row.value) {
        (_, Value::Yes | Value::NotApplicable) | (Weight::Noted, _) => Light::Green,
        (Weight::Excludes, Value::No) => Light::Red,
        (Weight::Excludes | Weight::ToCure, _) => Light::Yellow,
    };
    rows.iter().map(of).max().unwrap_or(Light::Yellow)
}

fn sha256(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Measure;

    fn review(evidence: &[Evidence], answers: &Answers) -> Review {
        let criteria = Criteria::built_in().unwrap();
        Review::new(&Sources {
            service: "Specimen",
            evidence,
            criteria: &criteria,
            answers: Some(("answers.toml", answers)),
            claims: None,
            adequacy_known_until: "2026-06-30",
            texts: &[("answers.toml".into(), "abc".into())],
        })
        .unwrap()
    }

    fn all_answered(value: Value) -> Answers {
        let criteria = Criteria::built_in().unwrap();
        let asked = criteria.criteria.iter().filter(|c| c.who != Who::Measured);
        let answer = |c: &Criterion| Answer {
            criterion: c.id.clone(),
            value: Some(value),
            note: String::new(),
            source: String::new(),
            date: "2026-03-01".into(),
        };
        Answers {
            service: "Specimen".into(),
            answers: asked.map(answer).collect(),
        }
    }

    fn all_measured(but: &[(Measure, Value)]) -> Evidence {
        let value = |m: &Measure| but.iter().find(|(b, _)| b == m).map_or(Value::Yes, |b| b.1);
        let said: Vec<(Measure, Value)> = Measure::ALL.iter().map(|m| (*m, value(m))).collect();
        Evidence::made_up(&said)
    }

    #[test]
    fn the_light_follows_what_was_sent_and_a_missing_answer_is_never_green() {
        let yes = all_answered(Value::Yes);
        let light = |but: &[(Measure, Value)]| review(&[all_measured(but)], &yes).light;
        assert_eq!(light(&[]), Light::Green);
        // A line of its own.
        assert_eq!(
            light(&[(Measure::MicrophoneClosed, Value::No)]),
            Light::Green
        );
        assert_eq!(
            light(&[(Measure::MuteHolds, Value::Unclear)]),
            Light::Yellow
        );
        assert_eq!(light(&[(Measure::MuteHolds, Value::No)]), Light::Red);
        assert_eq!(
            light(&[(Measure::NoThirdParties, Value::No)]),
            Light::Yellow
        );
        let evidence = [all_measured(&[])];
        let nobody = Answers {
            service: "Specimen".into(),
            answers: Vec::new(),
        };
        assert_eq!(review(&evidence, &nobody).light, Light::Yellow);
        assert_eq!(
            review(&evidence, &all_answered(Value::No)).light,
            Light::Red
        );
        assert_eq!(review(&[], &yes).light, Light::Yellow);
    }

    #[test]
    fn the_worst_audit_counts_and_one_that_did_not_look_does_not() {
        let yes = all_answered(Value::Yes);
        let leaks = all_measured(&[(Measure::MuteHolds, Value::No)]);
        let silent = all_measured(&[(Measure::MuteHolds, Value::NoStatement)]);
        let of = |evidence: &[Evidence]| {
            let review = review(evidence, &yes);
            let mute = review
                .rows
                .into_iter()
                .find(|row| row.criterion.id == "mute");
            mute.unwrap().value
        };
        assert_eq!(of(&[all_measured(&[]), leaks]), Value::No);
        assert_eq!(of(&[all_measured(&[]), silent]), Value::Yes);
        assert_eq!(of(&[]), Value::NoStatement);
    }

    #[test]
    fn a_review_is_bound_to_its_texts_and_says_when_a_table_is_too_old() {
        let mut evidence = all_measured(&[]);
        evidence.started = "2026-07-01T00:00:00Z".into();
        let review = review(&[evidence], &all_answered(Value::Yes));
        assert!(review.adequacy_outdated);
        // FIPS 180-4's own example.
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(
            review.bound_to,
            [("answers.toml".to_owned(), abc.to_owned())]
        );
    }

    #[test]
    fn answers_about_another_service_are_refused() {
        let criteria = Criteria::built_in().unwrap();
        let answers = all_answered(Value::Yes);
        let error = Review::new(&Sources {
            service: "Another",
            evidence: &[],
            criteria: &criteria,
            answers: Some(("a.toml", &answers)),
            claims: None,
            adequacy_known_until: "",
            texts: &[],
        })
        .unwrap_err();
        let said = "a.toml is about `Specimen`, and the review about `Another`";
        assert_eq!(error.to_string(), said);
    }
}
