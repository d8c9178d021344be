//! What is known of a session's blocks: the numbers that a verdict rests on, and what they are about.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::SocketAddr;

use record::{MonotonicNs, Phase, RemoteRole, Span};
use serde::{Deserialize, Serialize};
use wire::Transport;

/// Everything that is known of each block, but for its coin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// Remote ends that packets went to or came from within blocks, by outgoing packets,
    /// descending.
    pub flows: Vec<Flow>,
    /// All series; each has one value per block of the segmentation. A series that has the same value in
    /// every block is left out: it cannot follow anything and would only thin out the bets.
    pub series: Vec<Series>,
    /// State of the microphone from the first to the last record.
    pub microphone: Vec<MicState>,
    /// Calls that read the microphone, all of the session; `None` where nobody traced them.
    pub reads: Option<Reads>,
    /// Heard at the microphone per block, dBFS RMS; `None` where the recorder had a hole.
    pub heard_dbfs: Vec<Option<f64>>,
    /// Played by the peer's output per block, dBFS RMS; `None` where the recorder had a hole.
    pub peer_dbfs: Vec<Option<f64>>,
    /// Packets that left per block; `None` where packets were not watched or lost.
    pub packets_out: Vec<Option<f64>>,
    /// Bytes that left per block (network layer); `None` likewise.
    pub bytes_out: Vec<Option<f64>>,
    /// Per block what the app said of its mute, or the person where the app cannot be asked: `Some(true)` muted whenever asked, at least once;
    /// `Some(false)` not muted at least once; `None` it could not be asked.
    pub mute_confirmed: Vec<Option<bool>>,
    /// Values of clear-text messages that lay beyond the number of fields that are followed.
    pub n_fields_left_out: u64,
    /// Messages that hit a bound of the decoder (depth, number of values, inflated size).
    pub n_messages_limited: u64,
    /// Frames from or to the app that could not be read as datagrams (ARP and the like excluded).
    pub n_malformed: u64,
    /// Datagrams between addresses of which neither was declared to be the app's: nobody bets on
    /// them.
    pub n_unattributed: u64,
    /// What left and nobody looked at, beside payloads.
    #[serde(default)]
    pub unread: Unread,
}

/// What left and is in no series, beside payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unread {
    /// Bits of header fields in muted blocks.
    pub header_bits: u64,
    /// Bytes of frames without IP in muted blocks.
    pub other_frame_bytes: u64,
    /// Payload bytes that left after the last muted block, but for fields that were bet on before.
    pub after_end_bytes: u64,
}

/// What a series is about. Only [`Group::Egress`] and [`Group::PeerOutput`] can show a leak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Group {
    /// What left the app's machine.
    Egress,
    /// What came in; never decides.
    Ingress,
    /// What the peer's output played: what the other participants hear.
    PeerOutput,
    /// What was handed to an encoder. It does not leave by itself, but what leaves is made of it.
    Encoder,
    /// How the microphone was used.
    MicStreams,
    /// What the app's windows show.
    Windows,
    /// What the observers lost.
    Loss,
}

/// Why a block has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Missing {
    /// Nobody watched.
    NotWatched,
    /// Something was lost within the block.
    Lost,
    /// It was watched, and there was nothing to take the value of (a mean of no packets).
    NoData,
}

/// What the values of a series are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Kind {
    /// Any number. Counts too: bets on them as counts were tried on packets and payloads, and found
    /// leaks at most 9 % sooner, for twice the work (docs/statistics.md).
    #[default]
    Number,
    /// A name for a state, 0 to 65,535: only whether two are the same has a meaning.
    Category,
}

/// One number per block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Name for people, unique: `udp 10.77.0.1:5004 out bytes`.
    pub name: String,
    /// Unit of the values.
    pub unit: Cow<'static, str>,
    /// What the values are.
    pub kind: Kind,
    /// What it is about.
    pub group: Group,
    /// Index into [`Features::flows`] where it is about one flow.
    pub flow: Option<usize>,
    /// Share of the bets it deserves, relative to the others (see `series.rs` for the reasons).
    pub weight: f64,
    /// Whether it is a value that could be read, and not a count of packets.
    #[serde(default = "unknown_is_a_field")]
    pub field: bool,
    /// One value per block of the segmentation; finite.
    pub values: Vec<Result<f64, Missing>>,
}

/// Numbers that were kept before this was noted: more is asked of a field.
fn unknown_is_a_field() -> bool {
    true
}

/// All packets between the app and one remote end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Flow {
    /// Remote address and port (0 where the transport has none).
    pub remote: SocketAddr,
    /// Transport protocol.
    pub transport: Transport,
    /// Its name, where one stood in the open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who is there, by the manifest; a third party if it names nobody.
    pub role: RemoteRole,
    /// Whether the outgoing payloads plausibly are RTP.
    pub is_rtp: bool,
    /// Whether the sound in it is Opus in clear.
    pub opus: bool,
    /// Whether the app made keys with that end by DTLS, at any time of the session.
    pub dtls: bool,
    /// What anyone on the way to it can read, at any time of the session.
    pub clear_text: Option<ClearText>,
    /// Processes that sent there in a block, as far as the kernel told; a few at most.
    pub owners: Vec<Owner>,
    /// Sums over the blocks of the control phase.
    pub control: Totals,
    /// Sums over the blocks of the muted phase.
    pub muted: Totals,
}

impl Flow {
    /// Sums over the blocks of `phase`.
    pub fn totals(&self, phase: Phase) -> &Totals {
        match phase {
            Phase::Control => &self.control,
            Phase::Muted => &self.muted,
        }
    }
}

/// A process that holds a socket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owner {
    /// Its name.
    pub command: String,
    /// Its number, in the initial PID namespace.
    pub pid: u32,
}

/// What is sent in a form that anyone on the way can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClearText {
    /// HTTP or WebSocket without TLS.
    Http,
    /// Sound, as RTP that can be decoded.
    Sound,
    /// Data in a format that needs no key (JSON and the like).
    Data,
}

/// Packets and bytes (network layer), both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Packets that left.
    pub packets_out: u64,
    /// Bytes that left.
    pub bytes_out: u64,
    /// Payload bytes that left (behind the transport header), those among them that the capture
    /// cut off.
    pub payload_bytes_out: u64,
    /// Of these, bytes that were read: decoded down to values that are bet on.
    pub clear_bytes_out: u64,
    /// Of these, bytes that were read before they were encrypted.
    pub tapped_bytes_out: u64,
    /// Of the bytes that were read, those of datagrams that could be told from the ones before: the same
    /// bytes again, but for counters that go on as they did.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub same_again_bytes_out: u64,
    /// Packets that came.
    pub packets_in: u64,
    /// Bytes that came.
    pub bytes_in: u64,
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// Whether anybody had the microphone open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Microphone {
    /// No record stream.
    Closed,
    /// Record streams, all of them paused or muted at the server: they were handed nothing.
    OpenNotRunning,
    /// A record stream was running. Whether what it was handed was read, this cannot say.
    OpenRunning,
    /// Nobody watched, or something was lost.
    Unknown,
}

/// State of the microphone over a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MicState {
    /// When.
    pub span: Span,
    /// Which state.
    pub state: Microphone,
    /// Who had it open, as claimed by the clients; sorted, each once.
    pub who: Vec<String>,
}

/// Who read the microphone through which library.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reader {
    /// The thread's name.
    pub command: String,
    /// The library.
    pub door: String,
}

/// All reads that were seen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reads {
    /// When calls were traced.
    pub traced: Vec<Span>,
    /// (when, reader, calls, bytes), in time order.
    pub calls: Vec<(MonotonicNs, Reader, u32, u64)>,
}

impl Reads {
    /// Whether calls were traced throughout `span`.
    pub fn traced(&self, span: &Span) -> bool {
        let whole = |w: &Span| w.from <= span.from && span.to <= w.to;
        self.traced.iter().any(whole)
    }

    /// Calls and bytes within `span` by reader.
    pub fn within(&self, span: &Span) -> BTreeMap<Reader, (u64, u64)> {
        let mut sums: BTreeMap<Reader, (u64, u64)> = BTreeMap::new();
        for (_, reader, calls, bytes) in self.calls.iter().filter(|(t, ..)| span.contains(*t)) {
            let sum = sums.entry(reader.clone()).or_default();
            sum.0 += u64::from(*calls);
            sum.1 += bytes;
        }
        sums
    }
}
