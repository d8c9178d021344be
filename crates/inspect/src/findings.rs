//! What was found, as data.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::Serialize;
use wire::Transport;

/// A thing that anyone on the path can read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// What it is.
    #[serde(flatten)]
    pub what: What,
    /// Where it is going on.
    pub flow: FlowName,
    /// Numbers of the first and the last packet that show it, from 1.
    pub packets: [u64; 2],
    /// How many packets show it.
    pub n: u64,
    /// Where the standard says so.
    pub rfc: &'static str,
}

/// Both ends of a flow. Of a finding, the first one sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FlowName {
    /// `udp`, `tcp`.
    #[serde(serialize_with = "shown")]
    #[schemars(with = "String")]
    pub transport: Transport,
    /// One end.
    pub from: SocketAddr,
    /// The other.
    pub to: SocketAddr,
}

fn shown<S: serde::Serializer>(transport: &Transport, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(transport)
}

/// What can be read.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum What {
    /// A header extension of one byte whose value moves: how loud each packet is.
    AudioLevel {
        /// The source.
        ssrc: u32,
        /// Number of the extension.
        extension: u8,
        /// How many of the 128 levels were seen.
        values: u32,
        /// Share of packets whose voice bit is set.
        voice_share: f64,
        /// Sent in the clear although what it belongs to is encrypted.
        encrypted_payload: bool,
    },
    /// Nothing is sent while nobody speaks.
    VoiceActivityByGaps {
        /// The source.
        ssrc: u32,
    },
    /// The marker begins each stretch of speech.
    VoiceActivityByMarker {
        /// The source.
        ssrc: u32,
    },
    /// A payload type of its own stands for silence.
    ComfortNoise {
        /// The source.
        ssrc: u32,
    },
    /// Very short frames among longer ones.
    SilenceFrames {
        /// The source.
        ssrc: u32,
    },
    /// Sizes follow what is said.
    SizesVary {
        /// The source.
        ssrc: u32,
        /// Shortest payload, bytes.
        min: u32,
        /// Longest.
        max: u32,
        /// How many sizes, in classes of four bytes.
        sizes: u32,
    },
    /// Sound that can be decoded.
    PlainSound {
        /// The source.
        ssrc: u32,
        /// Payload type.
        payload_type: u8,
        /// Its name.
        codec: String,
        /// How much of it.
        seconds: f64,
    },
    /// RTP with encrypted payloads.
    Srtp {
        /// The source.
        ssrc: u32,
        /// How that is known.
        known_by: KnownBy,
    },
    /// RTP of which nothing says whether it is encrypted.
    Rtp {
        /// The source.
        ssrc: u32,
        /// Payload type.
        payload_type: u8,
    },
    /// RTP whose header extensions are encrypted as well.
    Cryptex {
        /// The source.
        ssrc: u32,
    },
    /// Keys pressed during a call.
    TelephoneEvents {
        /// The source.
        ssrc: u32,
        /// How many.
        keys: u32,
    },
    /// An exchange of keys by DTLS.
    Dtls {
        /// `1.0`, `1.2`, `1.3`.
        version: &'static str,
    },
    /// QUIC.
    Quic {
        /// Its version as it stands in the header.
        version: u32,
        /// Who is called, in the open: keys of the first packets can be computed by everybody.
        server_name: Option<String>,
    },
    /// TLS.
    Tls {
        /// `1.0` … `1.3`; nothing where no server's answer was seen.
        version: Option<&'static str>,
        /// Who is called, in the open.
        server_name: Option<String>,
    },
    /// A request that is not encrypted.
    ClearRequest {
        /// Method and path of the first.
        request: String,
        /// To whom.
        host: Option<String>,
    },
    /// Signalling that is not encrypted: who calls whom.
    ClearSignalling,
    /// Keys of SRTP in it: what they encrypt can be read.
    KeysInSignalling,
}

/// How it is known that payloads are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KnownBy {
    /// Keys were made by DTLS in the same flow.
    Dtls,
    /// Each payload is a tag longer than its codec needs.
    Length,
}

/// A flow, for the table of destinations.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FlowReport {
    /// Its ends, the lower address first.
    pub flow: FlowName,
    /// The names of both, where DNS, TLS or HTTP gave them.
    pub names: [Option<String>; 2],
    /// Packets from the first to the second, and back.
    pub packets: [u64; 2],
    /// Bytes of the network layer likewise.
    pub bytes: [u64; 2],
    /// First and last packet.
    pub numbers: [u64; 2],
    /// Seconds from the first packet of the capture to the flow's first, and to its last.
    pub seconds: [f64; 2],
}

/// Datagrams and segments by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// RTP, of sources whose packets follow on each other.
    pub rtp: u64,
    /// RTCP.
    pub rtcp: u64,
    /// STUN.
    pub stun: u64,
    /// DTLS.
    pub dtls: u64,
    /// QUIC.
    pub quic: u64,
    /// DNS.
    pub dns: u64,
    /// UDP, all of it.
    pub udp: u64,
    /// TCP, all of it.
    pub tcp: u64,
}

/// What could not be looked at. Nothing of it is an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// Frames that carry something else than IP.
    pub not_ip: u64,
    /// Frames whose headers contradict themselves or end too early, and the first one's number.
    pub malformed: u64,
    /// Number of the first of them.
    pub malformed_first: u64,
    /// Frames of a link layer that is not read, and which.
    pub link_layer: u64,
    /// The number of such a layer.
    pub link_type: u16,
    /// Packets that carry others in a way that is not read (tunnels, encapsulations below IP, pieces of
    /// what a relay carries over TCP).
    pub carriers: u64,
    /// Number of the first of them.
    pub carriers_first: u64,
    /// Fragments of packets that are not there whole.
    pub fragments: u64,
    /// Packets that the capture cut.
    pub cut: u64,
    /// Packets without a time.
    pub without_time: u64,
    /// Packets that are older than the one before by more than a second.
    pub back_in_time: u64,
    /// Number of the first of them.
    pub back_in_time_first: u64,
    /// Flows that were forgotten because there were too many; what they showed was kept.
    pub flows_evicted: u64,
    /// Flows that are not in the table of destinations.
    pub flows_not_listed: u64,
    /// Sources of RTP that had no room.
    pub streams: u64,
    /// Findings that had no room.
    pub findings: u64,
    /// Names that had no room.
    pub names: u64,
}

impl LeftOut {
    /// Packets in which anything might stand, and nobody looked.
    pub fn not_looked_into(&self) -> u64 {
        self.link_layer + self.malformed + self.carriers + self.fragments + self.streams
    }
}

/// All that was found in one capture.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Inspection {
    /// Packets.
    pub packets: u64,
    /// Bytes on the wire.
    pub bytes: u64,
    /// Wall time of the earliest packet, nanoseconds since 1970; 0 if none has one.
    pub first_ns: u64,
    /// Of the latest.
    pub last_ns: u64,
    /// Packets that were inside of tunnels.
    pub tunnelled: u64,
    /// Datagrams that a relay carries (TURN), read as what they are.
    pub relayed: u64,
    /// Packets that were captured just before as well: they are counted once but in `packets` and `bytes`.
    pub repeated: u64,
    /// By kind.
    pub counts: Counts,
    /// Everything found, in the order of its first packet.
    pub findings: Vec<Finding>,
    /// Destinations, most bytes first.
    pub flows: Vec<FlowReport>,
    /// What was not looked at.
    pub left_out: LeftOut,
}
