//! The list of connections that PCAPdroid exports: CSV whose columns its head names (`IPProto`, `DstIp`, `DstPort`,
//! `App`, `Proto`, `Info`, `BytesSent`, `BytesRcvd`, `FirstSeen`, `LastSeen`, ...).

use wire::Transport;

use super::entries::{Entries, Entry};
use super::format::{Format, LogError};
use super::tables::{Row, head, rows};
use crate::facts::{Channel, Facts, Origin};

pub(super) const FORMAT: Format = Format {
    origin: Origin::Pcapdroid,
    name: NAME,
    is,
    read,
};

const NAME: &str = "PCAPdroid's connections";

fn is(bytes: &[u8]) -> bool {
    let head = head(bytes);
    ["dstip", "ipproto"]
        .iter()
        .all(|name| head.iter().any(|one| one == name))
}

fn read(bytes: &[u8]) -> Result<Facts, LogError> {
    let mut entries = Entries::default();
    rows(NAME, bytes, |row| match row.as_ref().and_then(entry) {
        Some(entry) => entries.push(entry),
        None => entries.unread += 1,
    })?;
    Ok(entries.finish(Origin::Pcapdroid))
}

fn entry(row: &Row) -> Option<Entry> {
    let number: Option<u8> = row.number("ipproto");
    let channel = match row.get("proto").map(str::to_ascii_uppercase).as_deref() {
        Some("HTTP") => Some(Channel::Http),
        Some("DNS") => Some(Channel::Dns),
        Some("TLS" | "HTTPS" | "DOT" | "DOH") => Some(Channel::Tls(None)),
        Some("QUIC") => Some(Channel::Quic),
        Some("STUN") => Some(Channel::Stun),
        Some("ICMP") => Some(Channel::Icmp),
        _ => Some(Channel::Unknown),
    };
    // Milliseconds since 1970.
    let t = |name| row.number::<f64>(name).map(|ms| ms / 1e3);
    Some(Entry {
        device: row.number("srcip"),
        address: Some(row.number("dstip")?),
        port: row.number("dstport").filter(|port| *port != 0),
        transport: match number {
            Some(6) => Some(Transport::Tcp),
            Some(17) => Some(Transport::Udp),
            Some(1 | 58) => Some(Transport::Icmp),
            other => other.map(Transport::Other),
        },
        // Of a question for a name, the column holds the name that was asked for, and not the resolver's.
        name: row
            .get("info")
            .filter(|_| channel != Some(Channel::Dns))
            .map(str::to_owned),
        // It is taken from the app's hello or request.
        claimed: true,
        channel,
        bytes: row
            .number("bytessent")
            .zip(row.number("bytesrcvd"))
            .map(<[u64; 2]>::from),
        requests: row.number("pktssent").unwrap_or(1),
        t_s: t("firstseen").map(|from| [from, t("lastseen").unwrap_or(from)]),
        process: row.get("app").map(str::to_owned),
        ..Entry::default()
    })
}
