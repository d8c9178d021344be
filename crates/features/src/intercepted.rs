//! Requests and messages that a proxy between the app and its servers saw (`--intercept`).
//!
//! The proxy tells what they hold, not the bytes that they were sealed in. So what it told is read and bet on
//! like other plaintext, and no byte of a packet counts as read by it.

use std::collections::HashSet;
use std::net::SocketAddr;

use record::{Body, Requested};
use wire::Transport;
use wire::decode::Decoded;
use wire::stream::{Message, Stream};

use crate::reading::{Keep, Provenance, Read};
use crate::trace::Trace;

/// The app's end of a connection over TCP, and the other.
pub(crate) type Ends = (SocketAddr, SocketAddr);

/// Headers that say how a message is cut out of a connection, or whom it is for: there is one of each.
const OF_THE_MESSAGE: [&str; 3] = ["host", "content-length", "transfer-encoding"];

/// Reads what a proxy told; nothing of connections whose contents were `opened` otherwise, or that were
/// in clear: those are read from packets already.
pub(crate) fn intercepted(trace: &Trace, opened: &HashSet<Ends>, on: &mut dyn FnMut(Read)) {
    for record in trace.session().records {
        let (local, remote, tls) = match &record.body {
            Body::Requested(requested) => (&requested.local, &requested.remote, requested.tls),
            Body::Sent {
                local, remote, tls, ..
            } => (local, remote, *tls),
            _ => continue,
        };
        let (Ok(local), Ok(remote)) = (local.parse(), remote.parse()) else {
            continue;
        };
        if tls.is_none() || opened.contains(&(local, remote)) {
            continue;
        }
        let mut read = |decoded: Decoded| {
            on(Read {
                flow: (remote, Transport::Tcp),
                label: format!("tls {remote}"),
                t: record.t,
                decoded,
                packets: Vec::new(),
                provenance: Provenance::Intercepted,
            });
        };
        match &record.body {
            Body::Requested(requested) => {
                let mut message = |message: Message| read(message.decoded);
                let mut stream = Stream::default();
                stream.push(&as_sent(requested), &mut message);
                stream.finish(&mut message);
            }
            Body::Sent { data, .. } => read(Keep::Values.decode(&data.0)),
            _ => {}
        }
    }
}

/// A request as it would be on a connection of HTTP/1.1, whichever version it came by.
fn as_sent(requested: &Requested) -> Vec<u8> {
    let Requested {
        method,
        path_and_query,
        host,
        headers,
        data,
        ..
    } = requested;
    let mut message = format!("{method} {path_and_query} HTTP/1.1\r\nhost: {host}\r\n");
    for (name, value) in headers {
        let of_the_message = OF_THE_MESSAGE
            .iter()
            .any(|other| name.eq_ignore_ascii_case(other));
        // What a proxy told may hold anything.
        let is_line = |text: &str| !text.contains(['\r', '\n']);
        if !of_the_message && is_line(name) && is_line(value) {
            message += &format!("{name}: {value}\r\n");
        }
    }
    message += &format!("content-length: {}\r\n\r\n", data.0.len());
    let mut message = message.into_bytes();
    message.extend_from_slice(&data.0);
    message
}
