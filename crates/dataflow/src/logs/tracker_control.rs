//! The log of one app that TrackerControl exports: CSV with the columns of its table of accesses, which is that of
//! NetGuard (`uid`, `protocol`, `daddr`, `dport`, `time`, `allowed`, `sent`, `received`, `connections`).

use wire::Transport;

use super::entries::{Entries, Entry};
use super::format::{Format, LogError};
use super::tables::{Row, head, rows};
use crate::facts::{Channel, Facts, Origin};

pub(super) const FORMAT: Format = Format {
    origin: Origin::TrackerControl,
    name: NAME,
    is,
    read,
};

const NAME: &str = "TrackerControl's log";

fn is(bytes: &[u8]) -> bool {
    let head = head(bytes);
    ["daddr", "time"]
        .iter()
        .all(|name| head.iter().any(|one| one == name))
}

fn read(bytes: &[u8]) -> Result<Facts, LogError> {
    let mut entries = Entries::default();
    rows(NAME, bytes, |row| match row.as_ref().and_then(entry) {
        Some(entry) => entries.push(entry),
        None => entries.unread += 1,
    })?;
    Ok(entries.finish(Origin::TrackerControl))
}

fn entry(row: &Row) -> Option<Entry> {
    let port: Option<u16> = row.number("dport").filter(|port| *port != 0);
    let number: Option<u8> = row.number("protocol");
    // Milliseconds since 1970.
    let t = row.number::<f64>("time").map(|ms| ms / 1e3);
    // It counts bytes only where it was told to, and writes -1 otherwise.
    let bytes = row.number("sent").zip(row.number("received"));
    Some(Entry {
        port,
        transport: match number {
            Some(6) => Some(Transport::Tcp),
            Some(17) => Some(Transport::Udp),
            other => other.map(Transport::Other),
        },
        // A name, or an address where it knew none.
        name: Some(row.get("daddr")?.to_owned()),
        // It does not look into connections; a port is a custom and no proof.
        channel: Some(Channel::Unknown),
        bytes: bytes.map(<[u64; 2]>::from),
        requests: row.number("connections").unwrap_or(1),
        t_s: t.map(|t| [t, t]),
        process: row.get("uid").map(|uid| format!("uid {uid}")),
        ..Entry::default()
    })
}
