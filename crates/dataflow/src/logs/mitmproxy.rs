//! Flows as mitmproxy saves them (`mitmdump -w FILE`): one dictionary a flow (mitmproxy 11, `io/io.py`, `flow.py`).

use wire::Transport;

use super::entries::{Entries, Entry};
use super::format::{Format, LogError};
use super::tnetstring::{self, Value};
use crate::facts::{Channel, Facts, Origin};

pub(super) const FORMAT: Format = Format {
    origin: Origin::Mitmproxy,
    name: NAME,
    is: tnetstring::begins,
    read,
};

const NAME: &str = "mitmproxy's flows";

fn read(bytes: &[u8]) -> Result<Facts, LogError> {
    let mut entries = Entries::default();
    let mut at = 0;
    while at < bytes.len() {
        let (flow, next) = tnetstring::value(bytes, at).map_err(|damage| LogError::Damaged {
            what: NAME,
            place: format!("byte {}", damage.at),
            why: damage.why.to_owned(),
        })?;
        match entry(&flow) {
            Some(entry) => entries.push(entry),
            None => entries.unread += 1,
        }
        at = next;
    }
    Ok(entries.finish(Origin::Mitmproxy))
}

fn entry(flow: &Value) -> Option<Entry> {
    let server = flow.get("server_conn");
    let of = |key| server.and_then(|server| server.get(key));
    // Where it is connected to; before that, where it was to be.
    let peer = of("peername").and_then(Value::list);
    let address = peer.and_then(|peer| peer.first()?.text()?.parse().ok());
    let port_of = |ends: &[Value]| Some(ends.get(1)?.number()? as u16);
    let tls = of("tls_version").and_then(Value::text).and_then(version);
    let encrypted = of("tls").is_some_and(|tls| *tls == Value::Bool(true)) || tls.is_some();
    let request = flow.get("request");
    let asked = |key| request.and_then(|request| request.get(key));
    let named = of("address").and_then(Value::list);
    let host = asked("host").and_then(Value::text);
    let connected = named.and_then(|ends| ends.first()?.text());
    let sni = of("sni").and_then(Value::text);
    // Without a request: whom the proxy was to connect to, else whom the app's hello called.
    let claimed = host.is_none() && connected.is_none();
    let host = host.or(connected).or(sni);
    let port = asked("port")
        .and_then(Value::number)
        .map(|port| port as u16);
    let len = |of: Option<&Value>| {
        let content = of.and_then(|of| of.get("content")?.bytes());
        content.map_or(0, |content| content.len() as u64)
    };
    let messages = flow
        .get("messages")
        .and_then(Value::list)
        .unwrap_or_default();
    let mut bytes = [len(request), len(flow.get("response"))];
    for message in messages {
        // (from the client, content, when).
        let Some([from_client, content, ..]) = message.list() else {
            continue;
        };
        let index = usize::from(*from_client != Value::Bool(true));
        bytes[index] += content.bytes().map_or(0, |content| content.len() as u64);
    }
    let scheme = asked("scheme").and_then(Value::text);
    let channel = match (encrypted, scheme) {
        (true, _) | (_, Some("https")) => Channel::Tls(tls),
        (false, Some("http")) => Channel::Http,
        _ => Channel::Unknown,
    };
    let begun = asked("timestamp_start").or(of("timestamp_start"));
    let begun = begun.and_then(Value::number);
    Some(Entry {
        address,
        port: port.or_else(|| port_of(peer.or(named)?)),
        transport: match flow.get("type").and_then(Value::text) {
            Some("udp" | "dns") => Some(Transport::Udp),
            _ => Some(Transport::Tcp),
        },
        name: Some(host?.to_owned()),
        claimed,
        channel: Some(channel),
        bytes: Some(bytes),
        requests: messages.len().max(1) as u64,
        t_s: begun.map(|t| [t, t]),
        ..Entry::default()
    })
}

/// The number of a version by the name that OpenSSL gives it.
fn version(name: &str) -> Option<u16> {
    match name {
        "TLSv1" => Some(0x0301),
        "TLSv1.1" => Some(0x0302),
        "TLSv1.2" => Some(0x0303),
        "TLSv1.3" => Some(0x0304),
        _ => None,
    }
}
