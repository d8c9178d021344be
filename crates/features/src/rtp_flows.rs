//! Which flows carry sound: RTP by the look of what left in them, and Opus in clear among it.

use std::collections::{HashMap, HashSet};

use wire::rtp::{self, Plausibility};
use wire::{Transport, opus};

use crate::trace::{FlowKey, Trace};

/// Flows that carry sound, judged by all that left in a session.
pub(crate) struct RtpFlows {
    /// Flows that plausibly are RTP.
    pub rtp: HashSet<FlowKey>,
    /// Flows whose sound is Opus in clear.
    pub opus: HashSet<FlowKey>,
}

impl RtpFlows {
    pub(crate) fn new(trace: &Trace) -> RtpFlows {
        let mut plausibility: HashMap<FlowKey, Plausibility> = HashMap::new();
        let mut sounds: HashMap<(FlowKey, u8), opus::Plausibility> = HashMap::new();
        trace.outgoing(&mut |sent| {
            if sent.transport != Transport::Udp {
                return;
            }
            let flow = sent.flow();
            plausibility.entry(flow).or_default().push(sent.payload);
            if let Ok(header) = rtp::parse(sent.payload)
                && header.payload_type >= rtp::DYNAMIC
            {
                let of_type = (flow, header.payload_type);
                let sound = &sent.payload[header.payload];
                sounds.entry(of_type).or_default().push(sound);
            }
        });
        let rtp = plausibility.iter().filter(|(_, p)| p.is_rtp());
        let opus = sounds.iter().filter(|(_, sound)| sound.is_opus());
        RtpFlows {
            rtp: rtp.map(|(flow, _)| *flow).collect(),
            opus: opus.map(|((flow, _), _)| *flow).collect(),
        }
    }
}
