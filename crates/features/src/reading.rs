//! What was read of a session, and how each message came to be read.

use std::collections::{HashMap, HashSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use record::MonotonicNs;
use wire::decode::{self, Decoded, Leaf, Value};
use wire::stream::Stream;
use wire::{Transport, opus, rtp};

use crate::model::ClearText;
use crate::names::Names;
use crate::trace::FlowKey;
use crate::unread::Unread;

/// What was read.
#[derive(Debug, Clone, Default)]
pub struct Readings {
    pub(crate) paths: Vec<Path>,
    /// Bytes of each of the session's packets that were read.
    pub(crate) clear: PerPacket,
    /// Likewise, that were read before they were encrypted.
    pub(crate) tapped: PerPacket,
    /// Likewise, of those that could be told from the packets before (see `same_again.rs`).
    pub(crate) same_again: PerPacket,
    /// What anyone on the way could read, by flow.
    pub(crate) clear_text: HashMap<FlowKey, ClearText>,
    /// Ends that sound goes to as Opus in clear.
    pub(crate) opus: HashSet<FlowKey>,
    /// Ends with which the app began DTLS.
    pub(crate) dtls: HashSet<FlowKey>,
    /// Names of remote ends.
    pub(crate) names: Names,
    /// Fields of packet headers that vary.
    pub(crate) headers: Vec<Path>,
    /// When a value of one left that nobody bets on, as it was one of too many.
    pub(crate) headers_unread: Unread,
    /// Values at paths beyond the bounds.
    pub(crate) n_left_out: u64,
    /// Messages that hit a bound of the decoder.
    pub(crate) n_limited: u64,
}

/// A number of bytes for each packet, up to the last one that has any.
#[derive(Debug, Clone, Default)]
pub(crate) struct PerPacket(Vec<u32>);

impl PerPacket {
    pub(crate) fn of(&self, packet: u32) -> u32 {
        self.0.get(packet as usize).copied().unwrap_or(0)
    }

    pub(crate) fn add(&mut self, packet: u32, bytes: u32) {
        let index = packet as usize;
        if bytes > 0 && index >= self.0.len() {
            self.0.resize(index + 1, 0);
        }
        if let Some(known) = self.0.get_mut(index) {
            *known += bytes;
        }
    }
}

/// What of a message is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// Its values, of texts a hash.
    Values,
    /// The bytes of its pieces as well.
    Pieces,
}

impl Keep {
    pub(crate) fn decode(self, bytes: &[u8]) -> Decoded {
        decode::read("", bytes, self == Keep::Pieces)
    }

    pub(crate) fn stream(self) -> Stream {
        match self {
            Keep::Values => Stream::default(),
            Keep::Pieces => Stream::keeping(),
        }
    }
}

/// How something came to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// It was in clear: anyone on the way could read it.
    Clear,
    /// Records were opened with the keys that the app's library wrote down.
    Decrypted,
    /// It was seen before it was encrypted.
    Tapped,
    /// A proxy between the app and its servers told it.
    Intercepted,
    /// It stood in a table that was made elsewhere.
    Table,
}

impl Provenance {
    /// Whether packets carry it, so that their loss is its loss.
    pub(crate) fn in_packets(self) -> bool {
        match self {
            Provenance::Clear | Provenance::Decrypted => true,
            Provenance::Tapped | Provenance::Intercepted | Provenance::Table => false,
        }
    }

    /// What is put behind a series' name.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Provenance::Tapped => " (before encryption)",
            Provenance::Intercepted => " (by the proxy)",
            Provenance::Clear | Provenance::Decrypted | Provenance::Table => "",
        }
    }
}

/// Everything that was seen at one path.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    pub flow: FlowKey,
    /// Unique, for people.
    pub name: String,
    pub kind: PathKind,
    /// How it came to be read.
    pub provenance: Provenance,
    /// In the order of time.
    pub values: Vec<(MonotonicNs, f64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PathKind {
    Number,
    Bool,
    /// Which text it was, as a small number.
    Text,
    /// Length of a text or of bytes.
    Length,
    /// Messages.
    Count,
}

/// A message that was read, and the packets whose bytes it is made of.
pub(crate) struct Read {
    pub flow: FlowKey,
    /// What values that no request names are shown under.
    pub label: String,
    pub t: MonotonicNs,
    pub decoded: Decoded,
    pub packets: Vec<(u32, usize)>,
    pub provenance: Provenance,
}

impl Read {
    pub(crate) fn of(&self) -> (FlowKey, Provenance) {
        (self.flow, self.provenance)
    }
}

/// The level of the sound in a packet, where it is Opus in clear: read is what can be heard.
pub(crate) fn read_opus(decoder: &mut Option<opus::Decoder>, packet: &[u8], decoded: &mut Decoded) {
    let Some(payload) = rtp::parse(packet).ok().and_then(|header| {
        let dynamic = header.payload_type >= rtp::DYNAMIC;
        packet.get(header.payload).filter(|_| dynamic)
    }) else {
        return;
    };
    let Some(samples) = decoder.as_mut().and_then(|d| d.decode(payload)) else {
        return;
    };
    let power = |s: &i16| (f64::from(*s) / 32_768.0).powi(2);
    let mean = samples.iter().map(power).sum::<f64>() / samples.len().max(1) as f64;
    let dbfs = (10.0 * mean.log10()).max(f64::from(record::SILENCE_DBFS));
    decoded.opaque = decoded.opaque.saturating_sub(payload.len());
    decoded.formats.push("opus");
    decoded.leaves.push(Leaf {
        path: "rtp level as Opus".to_owned().into(),
        value: Value::Number(dbfs),
    });
}

pub(crate) fn label((remote, transport): &FlowKey) -> String {
    format!("{transport} {remote}")
}

/// Stands for the flow of plaintext that was seen before it was encrypted, where its socket is not
/// known.
pub(crate) const NO_FLOW: FlowKey = (
    SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
    Transport::Tcp,
);
