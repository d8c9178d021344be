//! Sends that come about once a minute: what telemetry looks like from outside.

use std::collections::HashMap;

use record::T;

use crate::session::Session;
use crate::trace::Trace;

/// Packets closer than this part of the period are one send: five seconds of a minute.
const ONE_SEND: u64 = 12;

/// Sends of a flow that are at least this part of the period apart, all of them, are rare: twenty
/// seconds of a minute. Pings and keep-alives come more often.
const RARE: u64 = 3;

/// A send of a flow that sends rarely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RareSend {
    /// The flow, in words.
    pub flow: String,
    /// When the send began.
    pub began: T,
    /// How long after the one before it.
    pub since_last_ns: u64,
}

/// A send of a flow that sends about once in `period_ns`, that began at `after` or later.
///
/// A flow is all packets with a payload from the app to one remote end. It sends rarely if it sent
/// before, and never twice within a third of the period.
pub fn rare_send(session: &Session, after: T, period_ns: u64) -> Option<RareSend> {
    let mut flows: HashMap<_, Sends> = HashMap::new();
    for sent in Trace::new(session).outgoing() {
        if !sent.payload.is_empty() {
            let sends = flows.entry(sent.flow()).or_default();
            sends.see(sent.t, period_ns);
        }
    }
    let rare = flows
        .into_iter()
        .filter(|(_, sends)| sends.are_rare(period_ns) && sends.began >= after);
    // The latest, and by name where two began at once.
    let latest = rare.max_by_key(|((remote, transport), sends)| (sends.began, *remote, *transport));
    latest.map(|((remote, transport), sends)| RareSend {
        flow: format!("{transport} {remote}"),
        began: sends.began,
        since_last_ns: sends.since_last_ns,
    })
}

#[derive(Default)]
struct Sends {
    n: u32,
    began: T,
    last: T,
    shortest_ns: Option<u64>,
    /// Between the last two.
    since_last_ns: u64,
}

impl Sends {
    fn see(&mut self, t: T, period_ns: u64) {
        if self.n == 0 || t.0.saturating_sub(self.last.0) > period_ns / ONE_SEND {
            if self.n > 0 {
                let apart = t.0.saturating_sub(self.began.0);
                self.since_last_ns = apart;
                self.shortest_ns = Some(self.shortest_ns.map_or(apart, |s| s.min(apart)));
            }
            self.n += 1;
            self.began = t;
        }
        self.last = t;
    }

    fn are_rare(&self, period_ns: u64) -> bool {
        self.shortest_ns.is_some_and(|ns| ns >= period_ns / RARE)
    }
}
