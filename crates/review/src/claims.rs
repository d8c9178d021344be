//! What a service says of itself, held against what was measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::evidence::Evidence;
use crate::file::{FileError, is_day, mistake, parse};
use crate::measure::{Measure, Value};

/// A file of claims.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    service: String,
    #[serde(default)]
    head: Option<String>,
    #[serde(default)]
    claim: Vec<RawClaim>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClaim {
    id: Spanned<String>,
    quote: Spanned<String>,
    #[serde(default)]
    source: Option<Spanned<String>>,
    #[serde(default)]
    date: Option<Spanned<String>>,
    language: String,
    #[serde(default)]
    implies: Vec<Spanned<String>>,
    #[serde(default)]
    page: Option<Page>,
}

/// What a service says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Claims {
    /// The service.
    pub service: String,
    /// Its statements.
    pub claims: Vec<Claim>,
    /// What a page of them begins with (Markdown), where there is one.
    #[serde(skip)]
    pub head: Option<String>,
}

/// What a page says of a claim, in Markdown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// The claim in some words.
    pub title: String,
    /// What is said of it, in some words.
    pub short: String,
    /// Who says it where.
    pub said: String,
    /// What its source has beside it.
    #[serde(default)]
    pub study: String,
    /// What is measured here.
    #[serde(default)]
    pub here: String,
    /// By which commands.
    #[serde(default)]
    pub commands: Vec<String>,
    /// What follows.
    pub so: String,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Claim {
    /// Its name, unique in its file.
    pub id: String,
    /// Word for word.
    pub quote: String,
    /// Where it stands.
    pub source: String,
    /// The day on which it stood there.
    pub date: String,
    /// Its language (BCP 47).
    pub language: String,
    /// What has to be so where it is true.
    pub implies: Vec<Measure>,
    /// What a page says of it.
    #[serde(skip)]
    pub page: Option<Page>,
}

/// What audits say of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Everything that it implies was measured, and is so in every audit.
    Supported,
    /// Something that it implies is not so in an audit.
    Contradicted,
    /// Neither.
    Untested,
}

/// A claim, and the audits' word on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Held {
    /// The claim.
    pub claim: Claim,
    /// What they say.
    pub holds: Holds,
    /// For each thing that it implies: what each audit says of it, by its place among the evidence.
    pub because: Vec<(Measure, Vec<(usize, Value)>)>,
}

impl Claims {
    /// Reads a file.
    pub fn parse(file: &str, text: &str) -> Result<Claims, FileError> {
        let raw: File = parse(file, text)?;
        let mut claims: Vec<Claim> = Vec::new();
        for claim in raw.claim {
            let wrong = |what: &str| mistake(file, text, &claim.id, what);
            let id = claim.id.get_ref().clone();
            if claims.iter().any(|other| other.id == id) {
                return Err(wrong(&format!(
                    "two claims are called `{id}`: give one another name"
                )));
            }
            if claim.quote.get_ref().trim().is_empty() {
                let what = "a claim without words: `quote` has the service's own";
                return Err(mistake(file, text, &claim.quote, what));
            }
            let Some(source) = &claim.source else {
                return Err(wrong(&format!(
                    "the claim `{id}` has no `source`: where does the service say so?"
                )));
            };
            if source.get_ref().trim().is_empty() {
                let what = "an empty `source`: where does the service say so?";
                return Err(mistake(file, text, source, what));
            }
            let Some(date) = &claim.date else {
                return Err(wrong(&format!(
                    "the claim `{id}` has no `date`: on which day did it stand there?"
                )));
            };
            if !is_day(date.get_ref()) {
                let what = format!("`{}` is no day: write it as 2026-03-01", date.get_ref());
                return Err(mistake(file, text, date, what));
            }
            let implies = claim.implies.iter().map(|name| {
                let known = Measure::ALL.iter().find(|m| m.name() == name.get_ref());
                known.copied().ok_or_else(|| {
                    let all: Vec<&str> = Measure::ALL.iter().map(|m| m.name()).collect();
                    let what = format!(
                        "`{}` is nothing that is measured; there are {}",
                        name.get_ref(),
                        all.join(", ")
                    );
                    mistake(file, text, name, what)
                })
            });
            claims.push(Claim {
                implies: implies.collect::<Result<_, _>>()?,
                quote: claim.quote.get_ref().clone(),
                source: source.get_ref().clone(),
                date: date.get_ref().clone(),
                language: claim.language,
                page: claim.page,
                id,
            });
        }
        Ok(Claims {
            service: raw.service,
            head: raw.head,
            claims,
        })
    }

    /// Holds each claim against audits.
    pub fn held(&self, evidence: &[Evidence]) -> Vec<Held> {
        self.claims
            .iter()
            .map(|claim| held(claim, evidence))
            .collect()
    }
}

fn held(claim: &Claim, evidence: &[Evidence]) -> Held {
    let of = |measure: &Measure| {
        let said = evidence.iter().enumerate();
        let said = said.map(|(k, one)| (k, one.measured[measure].value));
        (*measure, said.collect::<Vec<_>>())
    };
    let because: Vec<(Measure, Vec<(usize, Value)>)> = claim.implies.iter().map(of).collect();
    let said = |value: Value| {
        because
            .iter()
            .any(|(_, all)| all.iter().any(|(_, v)| *v == value))
    };
    let measured = |all: &Vec<(usize, Value)>| {
        // Who did not look at something neither supports it nor takes it back.
        let looked = all.iter().filter(|(_, v)| *v != Value::NoStatement);
        all.iter().any(|(_, v)| *v == Value::Yes) && looked.clone().all(|(_, v)| *v == Value::Yes)
    };
    let holds = match () {
        _ if said(Value::No) => Holds::Contradicted,
        _ if !because.is_empty() && because.iter().all(|(_, all)| measured(all)) => {
            Holds::Supported
        }
        _ => Holds::Untested,
    };
    Held {
        claim: claim.clone(),
        holds,
        because,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
service = "Specimen"

[[claim]]
id = "closed"
quote = "While you are muted, the microphone is off."
source = "https://example.org/privacy"
date = "2026-03-01"
language = "en"
implies = ["microphone_closed", "mute_holds"]
"#;

    fn evidence(said: &[(Measure, Value)]) -> Evidence {
        Evidence::made_up(said)
    }

    #[test]
    fn a_claim_is_supported_contradicted_or_untested() {
        use Measure::{MicrophoneClosed, MuteHolds};
        let claims = Claims::parse("claims.toml", GOOD).unwrap();
        let holds = |evidence: &[Evidence]| claims.held(evidence)[0].holds;
        let yes = evidence(&[(MicrophoneClosed, Value::Yes), (MuteHolds, Value::Yes)]);
        let open = evidence(&[(MicrophoneClosed, Value::No), (MuteHolds, Value::Yes)]);
        let half = evidence(&[(MicrophoneClosed, Value::Yes)]);
        let unclear = evidence(&[(MicrophoneClosed, Value::Yes), (MuteHolds, Value::Unclear)]);
        assert_eq!(holds(std::slice::from_ref(&yes)), Holds::Supported);
        assert_eq!(holds(std::slice::from_ref(&open)), Holds::Contradicted);
        assert_eq!(holds(std::slice::from_ref(&half)), Holds::Untested);
        assert_eq!(holds(std::slice::from_ref(&unclear)), Holds::Untested);
        assert_eq!(holds(&[yes.clone(), open]), Holds::Contradicted);
        assert_eq!(holds(&[yes.clone(), half]), Holds::Supported);
        assert_eq!(holds(&[yes, unclear]), Holds::Untested);
        assert_eq!(holds(&[]), Holds::Untested);
    }

    #[test]
    fn each_mistake_is_one_line_with_its_place() {
        for (from, to, line, what) in [
            (
                "source = \"https://example.org/privacy\"\n",
                "",
                5,
                "no `source`",
            ),
            ("date = \"2026-03-01\"\n", "", 5, "no `date`"),
            ("2026-03-01", "March 2026", 8, "is no day"),
            (
                "\"mute_holds\"",
                "\"mute_hold\"",
                10,
                "nothing that is measured",
            ),
            (
                "While you are muted, the microphone is off.",
                " ",
                6,
                "without words",
            ),
            ("language = \"en\"\n", "", 4, "missing field `language`"),
        ] {
            let text = GOOD.replace(from, to);
            let error = Claims::parse("claims.toml", &text).unwrap_err();
            assert!(error.what.contains(what), "{error}");
            assert_eq!(error.line, line, "{error}");
        }
        let twice = format!("{GOOD}{}", &GOOD[GOOD.find("[[claim]]").unwrap()..]);
        let error = Claims::parse("claims.toml", &twice).unwrap_err();
        assert!(error.what.contains("two claims"), "{error}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_claims_or_a_mistake(text in ".{0,400}") {
            let _ = Claims::parse("x.toml", &text);
        }
    }
}
