//! An answer for each possible receiver, by what vouches for it.
//!
//! - The **other participants** by what the peer's output played, where the control over it fired: whatever
//!   the packets look like, what is not heard there did not reach them as sound.
//! - Everybody **else** by what was sent there, where the control over the packets fired; or where all that
//!   was sent there while muted was read, and somebody vouches that the app was heard at all.

use features::Flow;
use record::{Phase, RemoteRole};

use crate::model::{Answer, Hears};
use crate::receivers::receiver;
use crate::trials::Trials;
use crate::verdict::{Receiver, Verdict};

/// The answers of a session.
pub(crate) struct Answers<'a> {
    trials: &'a Trials<'a>,
    received: &'a [Receiver],
    /// Whether the session answers the question as a whole.
    judged: bool,
    /// Whether it does, or fails by packets alone.
    of_others: bool,
}

impl<'a> Answers<'a> {
    pub(crate) fn new(trials: &'a Trials<'a>, verdict: &'a Verdict) -> Answers<'a> {
        let (received, judged, of_others): (&[Receiver], _, _) = match verdict {
            Verdict::Leaks { receivers, .. } => (receivers, true, true),
            Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. } => (&[], true, true),
            Verdict::Inconclusive { reasons } => {
                let of_others = reasons.iter().all(|reason| reason.is_of_packets_alone());
                (&[], false, of_others)
            }
            Verdict::NotRun { .. } => (&[], false, false),
        };
        Answers {
            trials,
            received,
            judged,
            of_others,
        }
    }

    pub(crate) fn hears(&self) -> Hears {
        let sent_to_all = self.sent_to(RemoteRole::LocalNetwork);
        Hears {
            other_participants: self.of(RemoteRole::Participant),
            operator_server: self.of(RemoteRole::Server),
            third_parties: self.of(RemoteRole::ThirdParty),
            local_network: sent_to_all.then(|| self.of(RemoteRole::LocalNetwork)),
        }
    }

    /// The answer about those who are there.
    pub(crate) fn of(&self, role: RemoteRole) -> Answer {
        if self.received.contains(&receiver(role)) {
            return Answer::Yes;
        }
        // What a server passes on to the participants is only heard at one of them.
        let (sent, observed) = match role {
            RemoteRole::Participant => {
                (self.sent_far(), self.of_others && peer_vouches(self.trials))
            }
            role => (self.sent_to(role), self.packets_vouch(role)),
        };
        match (sent, observed) {
            (false, _) if self.trials.packets_watched() => Answer::NothingSent,
            (_, true) => Answer::NothingFound,
            (_, false) => Answer::Unknown,
        }
    }

    fn sent_to(&self, role: RemoteRole) -> bool {
        let mut flows = self.trials.features.flows.iter();
        flows.any(|f| f.role == role && f.muted.packets_out > 0)
    }

    fn sent_far(&self) -> bool {
        let mut flows = self.trials.features.flows.iter();
        flows.any(|f| f.role != RemoteRole::LocalNetwork && f.muted.packets_out > 0)
    }

    fn packets_vouch(&self, role: RemoteRole) -> bool {
        (self.judged && self.trials.control_egress.crossed())
            || (self.of_others && contents_vouch(self.trials, role))
    }
}

/// Whether every one that something was sent to while muted has somebody who vouches for it, though the
/// packets did not answer the control.
pub(crate) fn each_is_vouched_for(trials: &Trials) -> bool {
    let flows = trials.features.flows.iter();
    let mut sent_to = flows.filter(|f| f.muted.packets_out > 0).peekable();
    sent_to.peek().is_some()
        && sent_to.all(|f| {
            (f.role == RemoteRole::Participant && peer_vouches(trials))
                || contents_vouch(trials, f.role)
        })
}

/// Whether what the other participants heard was recorded, and shows the microphone where it should.
fn peer_vouches(trials: &Trials) -> bool {
    let muted = trials.blocks(Phase::Muted);
    let of = muted.len();
    let recorded = |k: &usize| matches!(trials.features.peer_dbfs.get(*k), Some(Some(_)));
    let recorded = muted.filter(recorded).count();
    // As much as has to be seen of packets (`checks/packets.rs`).
    recorded > 0 && 2 * recorded >= of && trials.control_peer.crossed()
}

/// Whether all that was sent there while muted was read, and the app was heard at all.
fn contents_vouch(trials: &Trials, role: RemoteRole) -> bool {
    was_heard(trials) && all_read(trials, role)
}

/// Whether every byte that went there while muted was read, and none went where nobody counts.
fn all_read(trials: &Trials, role: RemoteRole) -> bool {
    let read = |f: &Flow| f.muted.clear_bytes_out >= f.muted.payload_bytes_out;
    let mut flows = trials.stretches().flat_map(|table| &table.features.flows);
    let mut stretches = trials.stretches();
    trials.packets_watched()
        && flows.all(|f| f.role != role || read(f))
        && stretches.all(|table| {
            let features = &table.features;
            let uncounted = features.n_malformed + features.n_unattributed;
            uncounted + features.unread.header_bits == 0
        })
}

/// Whether the app was seen to use the microphone while it was not muted: the peer heard it, or a stream
/// that while muted says the same again and again said ever new things.
fn was_heard(trials: &Trials) -> bool {
    trials.control.crossed() || trials.features.flows.iter().any(falls_silent)
}

/// Whether a stream holds nothing new while muted, and mostly did before.
fn falls_silent(flow: &Flow) -> bool {
    let (control, muted) = (&flow.control, &flow.muted);
    muted.payload_bytes_out > 0
        && muted.same_again_bytes_out == muted.payload_bytes_out
        && 2 * control.same_again_bytes_out < control.payload_bytes_out
}
