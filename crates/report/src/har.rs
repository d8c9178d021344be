//! Requests that were read whole, as an HTTP Archive (HAR 1.2, W3C Web Performance draft of 2012), for tools that read
//! nothing else.
//!
//! A copy to be shown to others: values of headers, of queries and bodies are left out unless asked for. What was answered
//! is not in it: the sink's answers are nobody's, and of other sources answers are not kept.

use dataflow::Request;
use serde_json::{Value, json};

use crate::clean;
use crate::error::RenderError;

/// Headers whose values say nothing of a person.
const HARMLESS: [&str; 6] = [
    "accept",
    "accept-encoding",
    "content-length",
    "content-type",
    "host",
    "user-agent",
];

/// What stands for a value that was left out.
const LEFT_OUT: &str = "(left out)";

/// The archive. `started`: when the source began (RFC 3339); requests have no times of their own. `whole`: with the
/// values of headers and queries, and with bodies.
pub fn har(
    requests: &[Request],
    started: &str,
    tool: &str,
    whole: bool,
) -> Result<Vec<u8>, RenderError> {
    let entries: Vec<Value> = requests.iter().map(|r| entry(r, started, whole)).collect();
    let archive = json!({
        "log": {
            "version": "1.2",
            "creator": { "name": "muteproof", "version": tool },
            // Optional in HAR 1.2; Firefox reads no archive without it.
            "pages": [],
            "entries": entries,
        }
    });
    Ok(clean::json_line(&serde_json::to_string_pretty(&archive)?))
}

fn entry(request: &Request, started: &str, whole: bool) -> Value {
    let kept = |value: &str, keep: bool| match keep || whole {
        true => value.to_owned(),
        false => LEFT_OUT.to_owned(),
    };
    let headers: Vec<Value> = request
        .headers
        .iter()
        .map(|(name, value)| {
            let harmless = HARMLESS.contains(&name.to_ascii_lowercase().as_str());
            json!({ "name": name, "value": kept(value, harmless) })
        })
        .collect();
    let (path, query) = match request.path_and_query.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (request.path_and_query.as_str(), None),
    };
    let pairs = query.into_iter().flat_map(|query| query.split('&'));
    let pairs: Vec<(&str, &str)> = pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let query: Vec<Value> = pairs
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": kept(value, false) }))
        .collect();
    let shown: Vec<String> = pairs
        .iter()
        .map(|(name, value)| match whole {
            true => format!("{name}={value}"),
            false => (*name).to_owned(),
        })
        .collect();
    let mut url = format!("{}://{}{path}", request.scheme, request.host);
    if !shown.is_empty() {
        url = format!("{url}?{}", shown.join("&"));
    }
    let mut sent = json!({
        "method": request.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": headers,
        "queryString": query,
        "headersSize": -1,
        "bodySize": request.body.len(),
    });
    if whole && !request.body.is_empty() {
        let kind = request
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        sent["postData"] = json!({
            "mimeType": kind.map_or("application/octet-stream", |(_, value)| value),
            "text": String::from_utf8_lossy(&request.body),
        });
    }
    json!({
        "startedDateTime": started,
        "time": 0,
        "request": sent,
        "response": {
            "status": 0,
            "statusText": "",
            "httpVersion": "",
            "cookies": [],
            "headers": [],
            "content": { "size": 0, "mimeType": "x-unknown" },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
        },
        "cache": {},
        "timings": { "send": 0, "wait": 0, "receive": 0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        Request {
            contact: 0,
            method: "POST".into(),
            scheme: "https".into(),
            host: "metrics.example.net".into(),
            path_and_query: "/v1/start?id=00000000-5eed".into(),
            headers: vec![
                ("Content-Type".into(), "application/json".into()),
                ("X-Device".into(), "Specimen 1".into()),
            ],
            body: b"{\"city\":\"Beispielstadt\"}".to_vec(),
        }
    }

    fn text(whole: bool) -> String {
        let bytes = har(&[request()], "2026-03-01T00:00:00Z", "1", whole).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_copy_for_others_has_no_values() {
        let shown = text(false);
        for secret in ["5eed", "Specimen 1", "Beispielstadt"] {
            assert!(!shown.contains(secret), "{shown}");
            assert!(text(true).contains(secret));
        }
        assert!(shown.contains("application/json") && shown.contains("X-Device"));
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        for whole in [true, false] {
            let facts = dataflow::logs::read(text(whole).as_bytes()).unwrap();
            let [read] = &facts.requests[..] else {
                panic!("{:?}", facts.requests)
            };
            assert_eq!(
                (&read.method, &read.host),
                (&request().method, &request().host)
            );
        }
        let facts = dataflow::logs::read(text(true).as_bytes()).unwrap();
        assert_eq!(facts.requests[0].body, request().body);
        assert_eq!(facts.requests[0].path_and_query, request().path_and_query);
    }
}
