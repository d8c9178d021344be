//! What was sent, request by request: for sources that have requests whole.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::facts::{Facts, Refusal, Request};

/// Different requests that are told apart.
const SENT_MAX: usize = 10_000;
/// Bytes of an address, and of a body, that are kept.
const URL_MAX: usize = 2_000;
const BODY_MAX: usize = 4_000;

/// Requests of one method to one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Sent {
    /// `POST`
    pub method: String,
    /// Scheme, host, path and query, cut after some thousand bytes.
    pub url: String,
    /// How many there were.
    pub requests: u64,
    /// Bytes of all their bodies, as far as they were kept.
    pub bytes: u64,
    /// The beginning of the first body, where it is text.
    pub body: Option<String>,
}

/// Connections that the app opened and over which it would not speak.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Opaque {
    /// The name in the app's hello, or the address.
    pub host: String,
    /// How the connections ended.
    pub how: Refusal,
    /// How many there were.
    pub connections: u64,
}

/// All requests of the source, in the order of their addresses.
pub fn sent(facts: &Facts) -> Vec<Sent> {
    let mut all: BTreeMap<(String, String), Sent> = BTreeMap::new();
    for request in &facts.requests {
        let key = (url(request), request.method.clone());
        if all.len() == SENT_MAX && !all.contains_key(&key) {
            continue;
        }
        let one = all.entry(key).or_insert_with_key(|(url, method)| Sent {
            method: method.clone(),
            url: url.clone(),
            requests: 0,
            bytes: 0,
            body: None,
        });
        one.requests += 1;
        one.bytes += request.body.len() as u64;
        if one.body.is_none() {
            one.body = text(&request.body);
        }
    }
    all.into_values().collect()
}

/// All connections over which the app would not speak, by host and end.
pub fn opaque(facts: &Facts) -> Vec<Opaque> {
    let mut all: BTreeMap<(String, Refusal), u64> = BTreeMap::new();
    for refused in &facts.refused {
        let key = (refused.host.clone(), refused.how);
        *all.entry(key).or_insert(0) += 1;
    }
    let one = |((host, how), connections)| Opaque {
        host,
        how,
        connections,
    };
    all.into_iter().map(one).collect()
}

fn url(request: &Request) -> String {
    let mut url = format!(
        "{}://{}{}",
        request.scheme, request.host, request.path_and_query
    );
    url.truncate(url.floor_char_boundary(URL_MAX));
    url
}

/// A body's beginning, where it is text that can be shown.
fn text(body: &[u8]) -> Option<String> {
    let cut = &body[..body.len().min(BODY_MAX)];
    let text = match std::str::from_utf8(cut) {
        Ok(text) => text,
        // A character that the cut went through.
        Err(e) if e.error_len().is_none() => std::str::from_utf8(&cut[..e.valid_up_to()]).ok()?,
        Err(_) => return None,
    };
    let shown = |c: char| !c.is_control() || c.is_ascii_whitespace();
    (!text.is_empty() && text.chars().all(shown)).then(|| text.to_owned())
}
