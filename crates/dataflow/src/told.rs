//! What requests to known trackers say, field by field.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::facts::{Facts, Request};

/// Different fields that are told apart.
const TOLD_MAX: usize = 10_000;
/// Bytes of a value that are kept.
const VALUE_MAX: usize = 200;

/// A field of requests to a tracker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Told {
    /// The host that was told.
    pub host: String,
    /// Whose form of request it is.
    pub tracker: String,
    /// What the field means: `advertisingId`, `model`, `timezone`, ... as trackHAR names it.
    pub property: String,
    /// What stood there, cut after a few hundred bytes.
    pub value: String,
    /// Where: `body` or `query`, and the path in it.
    pub place: String,
    /// In how many requests.
    pub requests: u64,
}

/// The fields of all requests that are of a known tracker's form, by host, tracker and property.
pub fn told(facts: &Facts) -> Vec<Told> {
    let mut all: BTreeMap<[String; 5], u64> = BTreeMap::new();
    for request in &facts.requests {
        for field in fields(request) {
            let mut value = field.value;
            let end = (0..=VALUE_MAX.min(value.len()))
                .rev()
                .find(|at| value.is_char_boundary(*at));
            value.truncate(end.unwrap_or(0));
            let place = format!("{} {}", part(field.context), field.path);
            let key = [
                request.host.clone(),
                field.tracker.to_owned(),
                field.property.to_owned(),
                value,
                place.trim_end().to_owned(),
            ];
            if all.len() < TOLD_MAX || all.contains_key(&key) {
                *all.entry(key).or_insert(0) += 1;
            }
        }
    }
    let one = |([host, tracker, property, value, place], requests): ([String; 5], u64)| Told {
        host,
        tracker,
        property,
        value,
        place,
        requests,
    };
    all.into_iter().map(one).collect()
}

/// A part of a request, by its name in reports.
fn part(context: parties::Context) -> &'static str {
    use parties::Context::*;
    match context {
        Header => "header",
        Cookie => "cookie",
        Path => "path",
        Query => "query",
        Body => "body",
    }
}

fn fields(request: &Request) -> Vec<parties::TrackerField> {
    let headers = request.headers.iter();
    let headers: Vec<(&str, &str)> = headers.map(|(n, v)| (n.as_str(), v.as_str())).collect();
    parties::decode(&parties::Request {
        method: &request.method,
        scheme: &request.scheme,
        host: &request.host,
        path_and_query: &request.path_and_query,
        headers: &headers,
        body: &request.body,
    })
}
