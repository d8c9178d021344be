//! Relays: the datagrams that TURN carries over UDP or TCP (RFC 8656), and in which flows of TCP it does.

use std::collections::HashSet;
use std::ops::Range;

use wire::turn;
use wire::udp::{self, Kind};

use crate::rtp::Rtp;
use crate::table::Key;

/// Flows that are known to be a relay's.
const FLOWS_MAX: usize = 1 << 12;
/// Messages in one segment that are read.
const MESSAGES_MAX: usize = 512;

/// Whether bytes may begin a message: a channel's number, or STUN.
#[inline]
pub(crate) fn may_be(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(0..=3 | 0x40..=0x4F))
}

/// Whether a datagram is of a kind that is told apart by its header.
fn is_known(bytes: &[u8], len: usize) -> bool {
    match udp::kind(bytes, len) {
        Kind::Stun | Kind::Dtls | Kind::Rtcp => true,
        Kind::MaybeRtp => Rtp::new(bytes, len).is_some(),
        _ => false,
    }
}

/// What a segment of TCP holds of a relay's messages.
pub(crate) enum Segment {
    /// Nothing: it is something else's.
    Other,
    /// Datagrams, and whether something in it was not understood: messages that begin or end in other segments.
    Carried {
        datagrams: Vec<Range<usize>>,
        is_whole: bool,
    },
}

/// Requests and answers that only a relay gets and gives: Allocate and ChannelBind (RFC 8656, section 17).
const OF_RELAYS: [[u8; 2]; 4] = [[0, 3], [1, 3], [0, 9], [1, 9]];

/// Flows in which a relay was seen.
#[derive(Debug, Default)]
pub(crate) struct Relays(HashSet<Key>);

impl Relays {
    /// The datagram in a UDP payload that is `len` bytes long on the wire, and its length, where a relay
    /// carries one. QUIC's short headers look like a channel's number: where no relay was seen, only a
    /// datagram of a known kind is taken for carried.
    pub(crate) fn datagram(
        &mut self,
        key: &Key,
        payload: &[u8],
        len: usize,
    ) -> Option<(Range<usize>, usize)> {
        let Some(at) = turn::datagram(payload, len) else {
            if OF_RELAYS.iter().any(|begin| payload.starts_with(begin))
                && udp::kind(payload, len) == Kind::Stun
            {
                self.remember(key);
            }
            return None;
        };
        // What the capture cut off was there.
        let carried = match payload.len() < len {
            true => len - at.start,
            false => at.len(),
        };
        let is_carried = is_known(payload.get(at.clone())?, carried) || self.0.contains(key);
        is_carried.then_some((at, carried))
    }

    fn remember(&mut self, key: &Key) {
        if self.0.len() < FLOWS_MAX {
            self.0.insert(*key);
        }
    }

    /// Reads a segment's payload. A relay's flow is known by STUN's cookie at the beginning of a segment, or by a
    /// segment of whole messages with datagrams of known kinds.
    pub(crate) fn segment(&mut self, key: &Key, payload: &[u8]) -> Segment {
        let is_seen = !self.0.is_empty() && self.0.contains(key);
        if payload.is_empty() || !(is_seen || may_be(payload)) {
            return Segment::Other;
        }
        let (mut datagrams, mut at, mut n_known) = (Vec::new(), 0, 0);
        while let Some(message) = payload.get(at..).and_then(turn::message)
            && at + message.len <= payload.len()
            && datagrams.len() < MESSAGES_MAX
        {
            match message.carried {
                Some(carried) => {
                    let carried = at + carried.start..at + carried.end;
                    if !is_known(&payload[carried.clone()], carried.len()) {
                        break;
                    }
                    datagrams.push(carried);
                    n_known += 1;
                }
                // STUN by its cookie: an answer of the relay's.
                None => n_known += 1,
            }
            // Over TCP each message is padded (RFC 8656, section 12.5).
            at += message.len.next_multiple_of(4);
        }
        let is_whole = at >= payload.len();
        let is_known = is_seen || (is_whole && n_known > 0);
        if !is_known {
            return Segment::Other;
        }
        self.remember(key);
        Segment::Carried {
            datagrams,
            is_whole,
        }
    }
}
