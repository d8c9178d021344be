//! HTTP Archive 1.2 (HAR): what a browser, or mitmproxy, wrote down of its requests.
//!
//! Each entry is read by itself, so that one of an odd form does not take the others with it, and answers'
//! contents, which are most of a file, are passed over. The crate `har` reads a file as a whole or not at all.

use std::net::SocketAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;
use wire::Transport;

use super::entries::{Entries, Entry, seconds};
use super::format::{Format, LogError, beginning, holds};
use crate::facts::{Channel, Facts, Origin, Request};

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
    request: Asked,
    response: Option<Response>,
    #[serde(rename = "serverIPAddress")]
    server_address: Option<String>,
    #[serde(rename = "_webSocketMessages")]
    messages: Option<Vec<Message>>,
}

/// A message of a WebSocket; Chromium's own, and others' who took it over.
#[derive(Deserialize)]
struct Message {
    /// `send`, or `receive`.
    #[serde(rename = "type")]
    way: Option<String>,
    /// 1: text; else the data is in base64 (RFC 6455, section 5.2).
    opcode: Option<f64>,
    data: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    method: Option<String>,
    url: String,
    headers: Option<Vec<Header>>,
    headers_size: Option<f64>,
    body_size: Option<f64>,
    post_data: Option<PostData>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: Option<String>,
}

#[derive(Deserialize)]
struct PostData {
    text: Option<String>,
    /// A form's fields, where a browser writes no text.
    params: Option<Vec<Param>>,
    /// `base64` where the body is no text; Chromium's and mitmproxy's own.
    encoding: Option<String>,
}

#[derive(Deserialize)]
struct Param {
    name: String,
    value: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    headers_size: Option<f64>,
    body_size: Option<f64>,
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
        match serde_json::from_str::<Exchange>(raw.get()).ok().map(entry) {
            Some(Ok(entry)) => entries.push(entry),
            Some(Err(NoEntry::StaysHere)) => {}
            Some(Err(NoEntry::Unread)) | None => entries.unread += 1,
        }
    }
    Ok(entries.finish(Origin::Har))
}

/// Why there is no contact in an entry.
enum NoEntry {
    Unread,
    /// It went nowhere: what is asked for lies in the page or on the machine.
    StaysHere,
}

/// Schemes of what lies in the page, in the browser, or on the machine.
const HERE: [&str; 9] = [
    "about",
    "blob",
    "chrome",
    "chrome-extension",
    "data",
    "file",
    "moz-extension",
    "resource",
    "safari-web-extension",
];

fn entry(exchange: Exchange) -> Result<Entry, NoEntry> {
    let url = Url::parse(&exchange.request.url).map_err(|_| NoEntry::Unread)?;
    let channel = match url.scheme() {
        "https" | "wss" => Channel::Tls(None),
        "http" | "ws" => Channel::Http,
        here if HERE.contains(&here) => return Err(NoEntry::StaysHere),
        _ => return Err(NoEntry::Unread),
    };
    let begun = exchange.started_date_time.as_deref().and_then(seconds);
    let lasted = exchange.time.filter(|ms| ms.is_finite() && *ms > 0.0);
    // -1 stands for what is not known.
    let known = |n: Option<f64>| n.filter(|n| *n >= 0.0).map(|n| n as u64);
    let asked = &exchange.request;
    let text = asked.post_data.as_ref().and_then(|data| data.text.as_ref());
    let body = known(asked.body_size).or(text.map(|text| text.len() as u64));
    let to = known(asked.headers_size).into_iter().chain(body).sum();
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
    Ok(Entry {
        address: exchange.server_address.and_then(|text| {
            // Some write the port behind it.
            let with_port = text.parse::<SocketAddr>().map(|address| address.ip());
            with_port.or(text.trim_matches(['[', ']']).parse()).ok()
        }),
        port: url.port_or_known_default(),
        transport: Some(Transport::Tcp),
        name: url.host_str().map(str::to_owned),
        channel: Some(channel),
        bytes: Some([to, from]),
        requests: 1 + exchange.messages.as_ref().map_or(0, |all| all.len() as u64),
        messages: exchange
            .messages
            .into_iter()
            .flatten()
            .filter_map(said)
            .collect(),
        t_s: begun.map(|t| [t, t + lasted.unwrap_or(0.0) / 1e3]),
        request: Some(request(&url, exchange.request)),
        ..Entry::default()
    })
}

/// What was sent in a message.
fn said(message: Message) -> Option<Vec<u8>> {
    let data = message.data?;
    (message.way.as_deref() == Some("send")).then(|| match message.opcode {
        None | Some(1.0) => data.into_bytes(),
        _ => STANDARD.decode(&data).unwrap_or(data.into_bytes()),
    })
}

fn request(url: &Url, asked: Asked) -> Request {
    let path_and_query = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let headers = asked.headers.unwrap_or_default().into_iter();
    Request {
        contact: 0,
        method: asked.method.unwrap_or_default(),
        scheme: url.scheme().to_owned(),
        host: match (url.host_str().unwrap_or_default(), url.port()) {
            (host, Some(port)) => format!("{host}:{port}"),
            (host, None) => host.to_owned(),
        },
        path_and_query,
        headers: headers
            .map(|h| (h.name, h.value.unwrap_or_default()))
            .collect(),
        body: asked.post_data.map(body).unwrap_or_default(),
    }
}

fn body(data: PostData) -> Vec<u8> {
    let fields = || {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        for field in data.params.iter().flatten() {
            form.append_pair(&field.name, field.value.as_deref().unwrap_or_default());
        }
        form.finish().into_bytes()
    };
    match (data.text, data.encoding.as_deref()) {
        (Some(text), Some("base64")) => STANDARD.decode(&text).unwrap_or(text.into_bytes()),
        (Some(text), _) if !text.is_empty() => text.into_bytes(),
        _ => fields(),
    }
}
