//! Facts to numbers: one value per block and series.
//!
//! Blind: neither the key (which block was loud) nor the statistics are among this crate's
//! dependencies, and no signature takes them. Whatever is chosen here by looking at the data
//! (block edges, which flows get series of their own, size quartiles) is therefore chosen without
//! the coins, and the test stays valid.
//!
//! A prefix of a session gives the features of that prefix: a live view is the same function.
#![forbid(unsafe_code)]

mod audio;
mod cut;
mod decrypted;
mod derived;
mod encoder;
mod fields;
mod flows;
mod levels;
mod microphone;
mod names;
mod owners;
mod person;
mod places;
mod rare;
mod readings;
mod reads;
mod series;
mod srtp;
mod tally;
mod tapped;
mod watch;

use std::borrow::Cow;
use std::net::SocketAddr;

use record::{Phase, RemoteRole, Source, Span};
use serde::{Deserialize, Serialize};
use wire::Transport;

pub use audio::{DecodedAudio, payload_audio};
pub use cut::{Block, Cut, Cycle, Edges, cut};
pub use derived::Derived;
pub use microphone::{MicState, Microphone};
pub use person::given_up;
pub use rare::{RareSend, rare_send};
pub use readings::{Readings, readings};
pub use reads::{Reader, Reads};

/// A session, or a prefix of one.
#[derive(Debug, Clone, Copy)]
pub struct Session<'a> {
    /// What the bundle says of itself.
    pub manifest: &'a record::Manifest,
    /// The log, in its order.
    pub records: &'a [record::Record],
    /// The packets in time order, on the session's clock.
    pub packets: &'a [wire::Packet<'a>],
    /// Keys of TLS connections among them, where the app's library wrote them down.
    pub keys: Option<&'a wire::tls::Keys>,
}

/// Everything that is known of each block, but for its coin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Features {
    /// Remote ends that packets went to or came from within blocks, by outgoing packets,
    /// descending.
    pub flows: Vec<Flow>,
    /// All series; each has one value per block of the cut. A series that has the same value in
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
    /// One value per block of the cut; finite.
    pub values: Vec<Result<f64, Missing>>,
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
    /// Packets that came.
    pub packets_in: u64,
    /// Bytes that came.
    pub bytes_in: u64,
}

/// Computes all features of the blocks in `cut`. The readings are of the same session; they do not
/// depend on the cut, and are worth keeping for the next one.
pub fn features(session: &Session, readings: &Readings, cut: &Cut) -> Features {
    let watch = watch::Watch::new(session);
    let seen = flows::Seen::new(session, readings, cut);
    let tallies = tally::tallies(&seen, session, cut);
    let microphone = microphone::microphone(session);
    let peer = levels::Track::new(session.records, Source::Peer);
    let mic = levels::Track::new(session.records, Source::Mic);
    let level = |track: &levels::Track, source, span: &Span| match watch.lost(source, span) {
        true => Err(Missing::Lost),
        false => track.over(span),
    };
    let guard_ns = session.manifest.protocol.guard_ns as i64;
    let heard: Vec<_> = cut
        .blocks
        .iter()
        .map(|b| level(&mic, Source::Mic, &played_alone(&b.span, guard_ns)).ok())
        .collect();
    let peer: Vec<_> = cut
        .blocks
        .iter()
        .map(|b| level(&peer, Source::Peer, &b.span))
        .collect();
    let packets: Vec<Result<(), Missing>> =
        cut.blocks.iter().map(|b| watch.packets(&b.span)).collect();
    let mut series = series::egress(&seen, &tallies, &packets);
    series.extend(series::ingress(&seen, &packets));
    series.extend(series::peer_output(&peer));
    series.extend(encoder::series(session, cut, &watch));
    series.extend(series::mic_streams(&microphone, cut));
    series.extend(reads::series(session, cut, &watch));
    series.extend(series::loss(&watch, cut));
    series.retain(series::varies);
    let plaintext: Vec<Result<(), Missing>> = cut
        .blocks
        .iter()
        .map(|b| match watch.lost(Source::Plaintext, &b.span) {
            true => Err(Missing::Lost),
            false => Ok(()),
        })
        .collect();
    series.extend(fields::fields(&seen, readings, cut, &packets, &plaintext));
    series.extend(fields::tapped(&seen, readings, cut, &plaintext));
    let per_block = |value: fn(&tally::Tally) -> f64| {
        let all = tallies.all.iter().zip(&packets);
        all.map(|(tally, watched)| watched.ok().map(|()| value(tally)))
            .collect()
    };
    Features {
        series,
        microphone,
        reads: reads::reads(session),
        heard_dbfs: heard
            .iter()
            .map(|level| level.map(|l| l.rms_dbfs))
            .collect(),
        peer_dbfs: peer
            .iter()
            .map(|level| level.ok().map(|l| l.rms_dbfs))
            .collect(),
        packets_out: per_block(|t| t.packets as f64),
        bytes_out: per_block(|t| t.bytes as f64),
        mute_confirmed: microphone::mute_confirmed(session, cut),
        n_fields_left_out: readings.n_left_out,
        n_messages_limited: readings.n_limited,
        n_malformed: seen.n_malformed,
        n_unattributed: seen.n_unattributed,
        flows: seen.flows,
    }
}

/// Levels at the microphone while each block's own sound was heard, hop by hop, dBFS RMS; `None` where
/// the recorder had a hole.
pub fn heard_levels(session: &Session, cut: &Cut) -> Vec<Option<Vec<f64>>> {
    let watch = watch::Watch::new(session);
    let mic = levels::Track::new(session.records, Source::Mic);
    let guard_ns = session.manifest.protocol.guard_ns as i64;
    let levels = |block: &Block| {
        let span = played_alone(&block.span, guard_ns);
        let whole = !watch.lost(Source::Mic, &span) && mic.over(&span).is_ok();
        whole.then(|| mic.hops(span).map(|(.., level)| f64::from(level)).collect())
    };
    cut.blocks.iter().map(levels).collect()
}

/// The part of a block's window in which only its own symbol is heard: what lags behind an edge is
/// given to the block before it, so a window ends a guard after the next edge.
fn played_alone(span: &Span, guard_ns: i64) -> Span {
    Span {
        from: span.from,
        to: span.to.offset(-guard_ns).max(span.from),
    }
}
