//! A row of the table of adapters, and whether it is the one for a request.

use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::path::Path;
use super::request::{Context, Request};
use super::steps::Step;
use crate::value::Value;

/// How the requests to some endpoints of a tracker are decoded, and what they hold where.
#[derive(Debug, Deserialize)]
pub(super) struct Adapter {
    /// Tracker and endpoint, `facebook/graph-activities-json`.
    #[serde(rename = "adapter")]
    pub(super) id: String,
    pub(super) tracker: String,
    endpoints: Vec<Endpoint>,
    #[serde(default)]
    when: Option<When>,
    #[serde(default)]
    pub(super) steps: Vec<Step>,
    #[serde(default)]
    pub(super) fields: Vec<Field>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Endpoint {
    Url {
        url: String,
    },
    Pattern {
        matches: Pattern,
        /// What the pattern says of the host alone.
        host: Pattern,
    },
}

/// What a request has to have beside the endpoint.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum When {
    BodyPresent,
    BodyStarts(String),
    BodyStartsNot(String),
    /// One of these.
    BodyHas(Vec<String>),
    PathHas(String),
    Method(String),
}

/// Where a property is: property, context, path, reasoning, and the conditions on its value.
#[derive(Debug, Deserialize)]
pub(super) struct Field(
    pub(super) String,
    pub(super) Context,
    pub(super) NamedPath,
    pub(super) String,
    #[serde(default)] Option<Condition>,
    #[serde(default)] Option<Condition>,
);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Condition {
    Is(String),
    Matches(Pattern),
}

/// A path with the text it was read from.
#[derive(Debug)]
pub(super) struct NamedPath {
    pub(super) text: String,
    pub(super) path: Path,
}

impl<'de> Deserialize<'de> for NamedPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let path = Path::new(&text).map_err(Error::custom)?;
        Ok(Self { text, path })
    }
}

/// A regular expression on bytes.
#[derive(Debug)]
struct Pattern(Regex);

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let pattern = String::deserialize(deserializer)?;
        let regex = RegexBuilder::new(&pattern).unicode(false).build();
        regex.map(Self).map_err(Error::custom)
    }
}

impl Pattern {
    fn matches(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }
}

/// Values that say nothing: no property has one of them.
const NOTHING: [&str; 9] = [
    "unknown",
    "null",
    "undefined",
    "none",
    "n/a",
    "00000000-0000-0000-0000-000000000000",
    "\"\"",
    "''",
    "[object object]",
];

impl Adapter {
    /// Whether requests to this endpoint (scheme, host and path), and this very one, are decoded by the row.
    pub(super) fn takes(&self, endpoint: &str, request: &Request<'_>) -> bool {
        let bare = endpoint.strip_suffix('/').unwrap_or(endpoint);
        let reached = self.endpoints.iter().any(|known| match known {
            Endpoint::Url { url } => url == endpoint || url == bare,
            Endpoint::Pattern { matches, .. } => matches.matches(endpoint) || matches.matches(bare),
        });
        reached && self.when.as_ref().is_none_or(|when| when.holds(request))
    }

    /// Whether one of the endpoints is at this host.
    pub(super) fn is_at(&self, host: &str) -> bool {
        self.endpoints.iter().any(|known| match known {
            Endpoint::Url { url } => authority(url) == host,
            Endpoint::Pattern { host: pattern, .. } => pattern.matches(host),
        })
    }
}

/// The host of a URL of the table, with its port where it names one.
fn authority(url: &str) -> &str {
    let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
    behind.split(['/', '?']).next().unwrap_or_default()
}

impl When {
    fn holds(&self, request: &Request<'_>) -> bool {
        let body = request.body;
        match self {
            Self::BodyPresent => !body.is_empty(),
            Self::BodyStarts(start) => body.starts_with(start.as_bytes()),
            Self::BodyStartsNot(start) => !body.starts_with(start.as_bytes()),
            Self::BodyHas(parts) => parts.iter().any(|part| {
                let mut windows = body.windows(part.len().max(1));
                windows.any(|window| window == part.as_bytes())
            }),
            Self::PathHas(part) => request.path_and_query.contains(&**part),
            Self::Method(method) => request.method == method,
        }
    }
}

impl Field {
    /// The value for a person, where it says something and the field's conditions hold.
    pub(super) fn shown(&self, value: &Value) -> Option<String> {
        if *value == Value::Null {
            return None;
        }
        let shown = value.shown();
        let trimmed = shown.trim();
        let blank = trimmed.is_empty() || trimmed == "NaN";
        if blank || NOTHING.contains(&&*trimmed.to_lowercase()) {
            return None;
        }
        let Field(.., only, not) = self;
        let only = only.as_ref().is_none_or(|only| only.holds(&shown));
        let not = not.as_ref().is_some_and(|not| not.holds(&shown));
        (only && !not).then_some(shown)
    }
}

impl Condition {
    fn holds(&self, value: &str) -> bool {
        match self {
            Self::Is(wanted) => value == wanted,
            Self::Matches(pattern) => pattern.matches(value),
        }
    }
}
