//! Sends that come about once a minute: what telemetry looks like from outside.

use std::collections::HashMap;

use record::T;

use crate::Session;
use crate::flows::{App, Direction};

/// Packets closer than this are one send.
const ONE_SEND_NS: u64 = 5_000_000_000;

/// Sends of a flow that are at least this far apart, all of them, are rare. Pings and keep-alives
/// come more often.
const RARE_NS: u64 = 20_000_000_000;

/// A send of a flow that sends rarely, that began at `after` or later: the flow, in words.
///
/// A flow is all packets with a payload from the app to one remote end. It sends rarely if it sent
/// before, and never twice within 20 s.
pub fn rare_send(session: &Session, after: T) -> Option<String> {
    let app = App::new(&session.manifest.net);
    let mut flows: HashMap<_, Sends> = HashMap::new();
    for packet in session.packets {
        let Ok(datagram) = wire::datagram(&packet.data) else {
            continue;
        };
        if datagram.payload.is_empty() {
            continue;
        }
        if let Some((Direction::Out, remote)) = app.direction(datagram.src, datagram.dst) {
            let flow = (remote, datagram.transport);
            flows.entry(flow).or_default().see(packet.t);
        }
    }
    let rare = flows
        .into_iter()
        .filter(|(_, sends)| sends.are_rare() && sends.began >= after);
    // The latest, and by name where two began at once.
    let latest = rare.max_by_key(|((remote, transport), sends)| (sends.began, *remote, *transport));
    latest.map(|((remote, transport), _)| format!("{transport} {remote}"))
}

#[derive(Default)]
struct Sends {
    n: u32,
    began: T,
    last: T,
    shortest_ns: Option<u64>,
}

impl Sends {
    fn see(&mut self, t: T) {
        if self.n == 0 || t.0.saturating_sub(self.last.0) > ONE_SEND_NS {
            if self.n > 0 {
                let apart = t.0.saturating_sub(self.began.0);
                self.shortest_ns = Some(self.shortest_ns.map_or(apart, |s| s.min(apart)));
            }
            self.n += 1;
            self.began = t;
        }
        self.last = t;
    }

    fn are_rare(&self) -> bool {
        self.shortest_ns.is_some_and(|ns| ns >= RARE_NS)
    }
}
