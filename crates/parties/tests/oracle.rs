//! What the npm package `trackhar` finds in requests to each of its adapters, this crate has to find.
//!
//! `oracle.json` is made by `knowledge/oracle.mjs`: requests with values at the paths that an adapter names,
//! values that say nothing among them, and the fields that the package itself gives for them.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parties::{Request, TrackerField, decode};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    adapter: String,
    method: String,
    host: String,
    path: String,
    headers: Vec<(String, String)>,
    cookies: Vec<(String, String)>,
    /// Base64.
    body: String,
    /// Adapter where it is another one, property, context, path, value.
    fields: Vec<(String, String, String, String, String)>,
}

/// Where the package takes a letter for a value: a path ends in a number, and what is there is text, so it
/// gives the letter at that place.
const LETTERS: [(&str, &str); 1] = [(
    "google/googledatatransport-firelog-batchlog-json",
    "logEvents_FIREPERF.*.4.4.*.2",
)];

fn is_letter(adapter: &str, path: &str, value: &str) -> bool {
    LETTERS.contains(&(adapter, path)) && value.chars().count() == 1
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("oracle.json")).unwrap()
}

fn decoded(case: &Case) -> Vec<TrackerField> {
    let cookies: Vec<String> = case
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let cookies = cookies.join("; ");
    let headers = case.headers.iter();
    let mut headers: Vec<(&str, &str)> = headers.map(|(name, value)| (&**name, &**value)).collect();
    headers.push(("cookie", &cookies));
    decode(&Request {
        method: &case.method,
        scheme: "https",
        host: &case.host,
        path_and_query: &case.path,
        headers: &headers,
        body: &STANDARD.decode(&case.body).unwrap(),
    })
}

#[test]
fn the_same_fields_in_the_same_order() {
    let mut different = Vec::new();
    for case in cases() {
        let found: Vec<String> = decoded(&case)
            .iter()
            .map(|f| {
                let context = serde_json::to_value(f.context).unwrap();
                let context = context.as_str().unwrap();
                format!(
                    "{} {} {context} {} = {}",
                    f.adapter, f.property, f.path, f.value
                )
            })
            .collect();
        let wanted: Vec<String> = case
            .fields
            .iter()
            .filter(|(.., path, value)| !is_letter(&case.adapter, path, value))
            .map(|(adapter, property, context, path, value)| {
                let adapter = if adapter.is_empty() {
                    &case.adapter
                } else {
                    adapter
                };
                format!("{adapter} {property} {context} {path} = {value}")
            })
            .collect();
        if found != wanted {
            let missing: Vec<_> = wanted.iter().filter(|w| !found.contains(w)).collect();
            let more: Vec<_> = found.iter().filter(|f| !wanted.contains(f)).collect();
            different.push(format!(
                "{}\n  missing {missing:#?}\n  more {more:#?}",
                case.adapter
            ));
        }
    }
    assert!(
        different.is_empty(),
        "{} differ:\n{}",
        different.len(),
        different.join("\n")
    );
}

#[test]
fn each_adapter_and_the_properties_that_tell_most_are_among_them() {
    let cases = cases();
    let adapters: BTreeSet<&str> = cases.iter().map(|case| &*case.adapter).collect();
    assert_eq!(adapters.len(), 123);
    let properties: BTreeSet<&str> = cases
        .iter()
        .flat_map(|case| &case.fields)
        .map(|field| &*field.1)
        .collect();
    for property in [
        "advertisingId",
        "carrier",
        "timezone",
        "model",
        "latitude",
        "userId",
        "localIp",
    ] {
        assert!(properties.contains(property), "{property}");
    }
    let facebook = cases
        .iter()
        .find(|case| case.adapter == "facebook/graph-activities-json");
    let facebook: BTreeSet<&str> = facebook
        .unwrap()
        .fields
        .iter()
        .map(|field| &*field.1)
        .collect();
    for property in ["advertisingId", "carrier", "timezone", "model", "diskFree"] {
        assert!(facebook.contains(property), "{property}");
    }
}
