//! HTTP Archive 1.2 (HAR): what a browser, or mitmproxy, wrote down of its requests.
//!
//! Each entry is read by itself, so that one of an odd form does not take the others with it, and answers'
//! contents, which are most of a file, are passed over. The crate `har` reads a file as a whole or not at all.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use url::Url;
use wire::Transport;

use super::entries::{Entries, Entry, seconds};
use super::{Format, LogError, beginning, holds};
use crate::facts::{Channel, Facts, Origin};

pub(super) const FORMAT: Format = Format {
    origin: Origin::Har,
    name: NAME,
    is,
    read,
};

const NAME: &str = "HAR";

fn is(bytes: &[u8]) -> bool {
    let begin = beginning(bytes);
    begin.trim_ascii_start().starts_with(b"{") && holds(begin, "\"log\"")
}

#[derive(Deserialize)]
struct Archive<'a> {
    #[serde(borrow)]
    log: Log<'a>,
}

#[derive(Deserialize)]
struct Log<'a> {
    #[serde(borrow)]
    entries: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Exchange {
    started_date_time: Option<String>,
    /// Milliseconds.
    time: Option<f64>,
    request: Request,
    response: Option<Response>,
    #[serde(rename = "serverIPAddress")]
    server_address: Option<String>,
    #[serde(rename = "_webSocketMessages")]
    messages: Option<Vec<IgnoredAny>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    url: String,
    headers_size: Option<i64>,
    body_size: Option<i64>,
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct PostData {
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    headers_size: Option<i64>,
    body_size: Option<i64>,
    /// Chromium's own: bytes on the network, headers included.
    #[serde(rename = "_transferSize")]
    transfer_size: Option<f64>,
}

fn read(bytes: &[u8]) -> Result<Facts, LogError> {
    let archive: Archive = serde_json::from_slice(bytes).map_err(|e| LogError::Damaged {
        what: NAME,
        place: format!("line {}, column {}", e.line(), e.column()),
        why: e.to_string(),
    })?;
    let mut entries = Entries::default();
    for raw in archive.log.entries {
        match serde_json::from_str::<Exchange>(raw.get())
            .ok()
            .and_then(entry)
        {
            Some(entry) => entries.push(entry),
            None => entries.unread += 1,
        }
    }
    Ok(entries.finish(Origin::Har))
}

fn entry(exchange: Exchange) -> Option<Entry> {
    let url = Url::parse(&exchange.request.url).ok()?;
    let channel = match url.scheme() {
        "https" | "wss" => Channel::Tls(None),
        "http" | "ws" => Channel::Http,
        // Data that stands in the page itself goes nowhere.
        _ => return None,
    };
    let begun = exchange.started_date_time.as_deref().and_then(seconds);
    let lasted = exchange.time.filter(|ms| ms.is_finite() && *ms > 0.0);
    // -1 stands for what is not known.
    let known = |n: Option<i64>| n.and_then(|n| u64::try_from(n).ok());
    let request = &exchange.request;
    let text = request
        .post_data
        .as_ref()
        .and_then(|data| data.text.as_ref());
    let body = known(request.body_size).or(text.map(|text| text.len() as u64));
    let to = known(request.headers_size).into_iter().chain(body).sum();
    let from = exchange.response.as_ref().map_or(0, |response| {
        let whole = response
            .transfer_size
            .filter(|n| *n > 0.0)
            .map(|n| n as u64);
        let parts = known(response.headers_size)
            .into_iter()
            .chain(known(response.body_size));
        whole.unwrap_or_else(|| parts.sum())
    });
    Some(Entry {
        address: exchange.server_address.and_then(|a| {
            let address = a.trim_matches(['[', ']']);
            address.parse().ok()
        }),
        port: url.port_or_known_default(),
        transport: Some(Transport::Tcp),
        name: url.host_str().map(str::to_owned),
        channel: Some(channel),
        bytes: Some([to, from]),
        requests: 1 + exchange.messages.map_or(0, |all| all.len() as u64),
        t_s: begun.map(|t| [t, t + lasted.unwrap_or(0.0) / 1e3]),
        ..Entry::default()
    })
}
