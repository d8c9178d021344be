//! Sends that come about once a minute: what telemetry looks like from outside.

use std::collections::HashMap;

use record::{MonotonicNs, Net};

use crate::trace::{App, Direction, FlowKey};

/// Packets closer than this part of the period are one send: five seconds of a minute.
const ONE_SEND: u64 = 12;

/// Sends of a flow that are at least this part of the period apart, all of them, are rare: twenty
/// seconds of a minute. Pings and keep-alives come more often.
const RARE: u64 = 3;

/// Remote ends that are followed.
const FLOWS_MAX: usize = 10_000;

/// A send of a flow that sends rarely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RareSend {
    /// The flow, in words.
    pub flow: String,
    /// When the send began.
    pub began: MonotonicNs,
    /// How long after the one before it.
    pub since_last_ns: u64,
}

/// What one app sends rarely, learned packet by packet.
///
/// A flow is all packets with a payload from the app to one remote end. It sends rarely if it sent
/// before, and never twice within a third of the period.
pub struct RareSends {
    app: App,
    period_ns: u64,
    flows: HashMap<FlowKey, Sends>,
}

impl RareSends {
    /// For an app with these addresses, and sends about once in `period_ns`.
    pub fn new(net: &Net, period_ns: u64) -> RareSends {
        RareSends {
            app: App::new(net),
            period_ns,
            flows: HashMap::new(),
        }
    }

    /// Takes a packet, an Ethernet frame; packets come in the order of time.
    pub fn see(&mut self, t: MonotonicNs, frame: &[u8]) {
        let Ok(datagram) = wire::datagram(frame) else {
            return;
        };
        if datagram.payload.is_empty() {
            return;
        }
        if let Some((Direction::Out, ends)) = self.app.ends(&datagram) {
            let flow = (ends.remote, ends.transport);
            // Who has more remote ends than that has none that stands out.
            if self.flows.len() < FLOWS_MAX || self.flows.contains_key(&flow) {
                let sends = self.flows.entry(flow).or_default();
                sends.see(t, self.period_ns);
            }
        }
    }

    /// The latest send of a flow that sends rarely that began at `after` or later.
    pub fn latest(&self, after: MonotonicNs) -> Option<RareSend> {
        let rare = self
            .flows
            .iter()
            .filter(|(_, sends)| sends.are_rare(self.period_ns) && sends.began >= after);
        // By name where two began at once.
        let latest =
            rare.max_by_key(|((remote, transport), sends)| (sends.began, *remote, *transport));
        latest.map(|((remote, transport), sends)| RareSend {
            flow: format!("{transport} {remote}"),
            began: sends.began,
            since_last_ns: sends.since_last_ns,
        })
    }
}

#[derive(Default)]
struct Sends {
    n: u32,
    began: MonotonicNs,
    last: MonotonicNs,
    shortest_ns: Option<u64>,
    /// Between the last two.
    since_last_ns: u64,
}

impl Sends {
    fn see(&mut self, t: MonotonicNs, period_ns: u64) {
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
