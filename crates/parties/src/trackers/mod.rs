//! What requests to known trackers hold: adapters of the npm package `trackhar` as a table, and what runs it.
//!
//! An adapter names the endpoints of a tracker, the steps by which a request to them is decoded, and where in
//! the decoded request which property is. The table is made by `knowledge/make.mjs`; that
//! the answers are those of the package itself is held by `tests/oracle.rs`.

mod adapter;
mod path;
mod protobuf;
mod query;
mod request;
mod steps;

use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::Serialize;

use adapter::Adapter;
pub use request::{BODY_MAX, Context, Request};

/// Values of one request that are told.
pub const FIELDS_MAX: usize = 4096;

/// A value in a request, and what it is said to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TrackerField {
    /// Who gets it: `Facebook`
    pub tracker: &'static str,
    /// The row that decoded it: `facebook/graph-activities-json`
    pub adapter: &'static str,
    /// What it is, by a name of the package: `advertisingId`
    pub property: &'static str,
    /// Which part of the request it was in.
    pub context: Context,
    /// Where in the decoded part, by a path of JSONPath.
    pub path: &'static str,
    /// Why it is held to be that: an address of the tracker's documentation, or a few words.
    pub reasoning: &'static str,
    /// Text as it is, everything else as JSON.
    pub value: String,
}

/// The properties that a request hands to a known tracker: none where no adapter knows the endpoint, at most
/// [`FIELDS_MAX`].
#[must_use]
pub fn decode(request: &Request<'_>) -> Vec<TrackerField> {
    let endpoint = request.endpoint();
    let Some(adapter) = adapters().iter().find(|a| a.takes(&endpoint, request)) else {
        return Vec::new();
    };
    let decoded = steps::run(&adapter.steps, request.variables());
    let mut fields = Vec::new();
    for field in &adapter.fields {
        let Some(part) = decoded.child(field.1.name()) else {
            continue;
        };
        let left = FIELDS_MAX - fields.len();
        let values = field.2.path.all(part, left).into_iter();
        fields.extend(values.filter_map(|value| {
            Some(TrackerField {
                tracker: &adapter.tracker,
                adapter: &adapter.id,
                property: &field.0,
                context: field.1,
                path: &field.2.text,
                reasoning: &field.3,
                value: field.shown(value)?,
            })
        }));
    }
    fields
}

/// The tracker that has an endpoint at this host (in lower case).
pub(crate) fn tracker_at(host: &str) -> Option<&'static str> {
    let adapter = adapters().iter().find(|adapter| adapter.is_at(host))?;
    Some(&adapter.tracker)
}

fn adapters() -> &'static [Adapter] {
    static ADAPTERS: OnceLock<Vec<Adapter>> = OnceLock::new();
    ADAPTERS.get_or_init(|| {
        let table = include_str!("../../knowledge/trackers.json");
        serde_json::from_str(table).expect("a test reads the table")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_adapter_of_the_package_is_a_row() {
        assert_eq!(adapters().len(), 123);
        let names_only = adapters().iter().filter(|a| a.steps.is_empty()).count();
        assert_eq!(names_only, 0);
        let fields: usize = adapters().iter().map(|adapter| adapter.fields.len()).sum();
        assert_eq!(fields, 2791);
    }

    #[test]
    fn what_a_facebook_sdk_sends() {
        let extinfo = r#"["a2","org.example.talk",1,"1.0","14","Pixel 7","de_DE","CET","Carrier",1080,2400,2.6,8,100,40,"Europe/Berlin"]"#;
        let body = format!(
            r#"{{"advertiser_id":"0b1c","extinfo":{}}}"#,
            serde_json::to_string(extinfo).unwrap()
        );
        let request = Request {
            method: "POST",
            scheme: "https",
            host: "graph.facebook.com",
            path_and_query: "/v16.0/123/activities",
            body: body.as_bytes(),
            ..Request::default()
        };
        let fields = decode(&request);
        let value = |property: &str| {
            let found = fields.iter().find(|field| field.property == property);
            found.map(|field| &*field.value)
        };
        assert_eq!(value("advertisingId"), Some("0b1c"));
        assert_eq!(value("model"), Some("Pixel 7"));
        assert_eq!(value("carrier"), Some("Carrier"));
        let elsewhere = Request {
            path_and_query: "/v16.0/123/likes",
            ..request
        };
        assert_eq!(decode(&elsewhere), []);
    }
}
