//! What a judgement says. The report prints these; nothing here is text for a person.

use record::{Code, Phase, Span};
use schemars::JsonSchema;
use serde::Serialize;

use crate::encodings::Encodings;
use crate::note::Note;
use crate::verdict::{MicrophoneStatus, Receiver, Verdict};

/// The whole judgement of one session: a pure function of its bundle.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Judgement {
    /// The answer.
    pub verdict: Verdict,
    /// Where what left was recorded.
    pub recorded: Recorded,
    /// Whether the doors to the microphone were watched, at a sound server.
    pub doors_watched: bool,
    /// Lamp one: is the microphone open while muted?
    pub microphone: MicrophoneStatus,
    /// The same by the sound server's view alone.
    pub microphone_by_server: MicrophoneStatus,
    /// Lamp two: does anything that leaves follow the muted microphone?
    pub sending: SendingStatus,
    /// Who would hear what while muted.
    pub hears: Hears,
    /// Who can read the call itself, muted or not.
    pub call: Call,
    /// Remarks that do not change the verdict but belong beside it.
    pub notes: Vec<Note>,
    /// The positive control: unmuted, with sound.
    pub control: Test,
    /// The control again over each kind of thing that was watched: which answers it vouches for.
    pub controls: Vec<ControlTest>,
    /// The question itself: all codes together, over the fast code's blocks.
    pub muted: Test,
    /// Each code by itself, the fast one first. None of them decides alone.
    pub codes: Vec<CodeTest>,
    /// Whether the run was ended before its planned end because it was decided.
    pub stopped_early: bool,
    /// The muted phase with each lost block charged the worst bet (valid whatever the cause of the
    /// loss); absent where nothing was lost.
    pub charged: Option<Test>,
    /// The muted phase against the sham's key: cross-talk of the harness.
    pub sham: Test,
    /// Series named by the test, strongest first; empty where nothing was found.
    pub findings: Vec<Finding>,
    /// Bytes that left while muted without their plaintext being seen, per minute.
    pub opaque_bytes_per_min: f64,
    /// Which encodings of the sound were tried.
    pub encodings: Encodings,
    /// What our own guessers can have learned at most: of an encoding that none of them tries it says
    /// nothing.
    pub bound: Option<Bound>,
    /// The test tried on coins that were never played; absent where there was too little to bet on.
    pub redraws: Option<Redraws>,
    /// How small a leak would have been found; absent where one was found, or too few blocks.
    pub detects: Option<Detects>,
    /// An exact randomisation test beside the bets; absent where the run did not reach its planned
    /// length. Never decides.
    pub second_opinion: Option<SecondOpinion>,
    /// Remote ends that were sent to while muted, by bytes, descending.
    pub destinations: Vec<Destination>,
    /// Per block what was played, heard and sent: for pictures and for readers who recompute.
    pub blocks: Vec<BlockRow>,
    /// Who read the microphone while muted, most calls first; absent where calls were not traced.
    pub reads: Option<Vec<ReadBy>>,
    /// State of the microphone over time.
    pub microphone_over_time: Vec<MicrophoneSpan>,
    /// Where everything that left was read: what would have been found in which fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldClass>,
    /// Did the sound really arrive, and in time?
    pub sound: Sound,
    /// What the person did in front of the machine, where that was asked about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attention: Vec<AttentionTest>,
}

impl Judgement {
    /// Whether the app ran on a stage: what left may still have been captured elsewhere.
    pub fn staged(&self) -> bool {
        self.recorded == Recorded::Stage || self.doors_watched
    }

    /// Whether nothing was seen to leave while muted, though packets were watched.
    pub fn nothing_sent(&self) -> bool {
        self.recorded != Recorded::Table && self.destinations.is_empty() && self.muted.blocks > 0
    }
}

/// Where what left was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recorded {
    /// On a stage.
    Stage,
    /// In a capture that was taken elsewhere.
    Capture,
    /// In a table of numbers; nobody has the packets.
    Table,
}

/// Lamp two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SendingStatus {
    /// Something that leaves follows the muted microphone.
    Follows,
    /// Nothing that could be read follows it.
    NothingFound,
    /// Not known.
    Unknown,
}

/// Who would hear what while muted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Hears {
    /// The other participants, from what the peer's output played.
    pub other_participants: Answer,
    /// The operator's server.
    pub operator_server: Answer,
    /// Anybody else.
    pub third_parties: Answer,
    /// Whoever is on the same network as the app; absent where nothing was sent to all of them at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local_network: Option<Answer>,
}

/// An answer about one possible hearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Yes: something they receive follows the muted microphone.
    Yes,
    /// Nothing of it was found in what could be read.
    NothingFound,
    /// They were sent nothing at all while muted.
    NothingSent,
    /// Not known.
    Unknown,
}

/// Who can read the call itself, and what says so.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Call {
    /// Who.
    pub read_by: CallReadBy,
    /// What says so.
    pub because: CallEvidence,
    /// Where the sound went in the control: `protocol address:port`; absent where none was recognised.
    pub at: Option<String>,
}

/// Who can read a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallReadBy {
    /// Anyone on the way.
    AnyoneOnTheWay,
    /// The operator's server, unless a further layer lies inside that is not seen here.
    Server,
    /// The participants alone.
    Participants,
    /// Not known.
    Unknown,
}

/// What says who can read a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallEvidence {
    /// RTP whose sound can be decoded as it passes.
    PlainRtp,
    /// Keys were made with the end that the packets go to, by DTLS (RFC 5764).
    Dtls,
    /// RTP that cannot be decoded, and how its keys were made was not seen.
    KeysNotSeen,
    /// Nothing that was sent looks like RTP.
    NoRtp,
}

/// One run of the test over one phase.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Test {
    /// Blocks judged.
    pub blocks: u32,
    /// log10 of the evidence W at the end (W is an e-value; 0 means no evidence either way).
    pub log10_w: f64,
    /// log10 of the highest W on the way: what Ville's inequality is about.
    pub log10_w_max: f64,
    /// log10 of the threshold that decides.
    pub log10_needed: f64,
    /// log10 W after each block: the evidence curve.
    pub path: Vec<f64>,
    /// Series that were bet on.
    pub series: u32,
    /// Seconds of the phase until the threshold was crossed.
    pub crossed_after_s: Option<f64>,
}

/// What a control is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ControlOf {
    /// Everything that left: it vouches for what was sent, to whomever.
    Packets,
    /// What the peer's output played: it vouches for what the other participants hear.
    PeerOutput,
    /// What was handed to an encoder: it vouches for whether sound gets that far.
    Encoder,
}

/// The control over one kind of thing that was watched.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ControlTest {
    /// Over what.
    pub of: ControlOf,
    /// What it showed.
    pub test: Test,
}

/// One code by itself.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct CodeTest {
    /// Which.
    pub code: Code,
    /// Length of its blocks, seconds.
    pub block_s: f64,
    /// What its symbol does to the level, dB; 0 where it changes the sound and not the level.
    pub step_db: f64,
    /// Its share of the stake.
    pub share: f64,
    /// Whether the control vouches for it. What is not controlled rests on planted leaks and on what
    /// could be read.
    pub controlled: bool,
    /// What it showed.
    pub test: Test,
}

/// A series that follows the stimulus.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Finding {
    /// The code whose coins it follows.
    pub code: Code,
    /// The series, by name.
    pub series: String,
    /// Its unit.
    pub unit: String,
    /// Its own evidence, log10 W.
    pub log10_w: f64,
    /// Mean in quiet blocks.
    pub mean_quiet: f64,
    /// Mean in loud blocks.
    pub mean_loud: f64,
    /// Whether e-BH names it at the common stopping time.
    pub named: bool,
}

/// What "nothing found" is compatible with, for what our guessers try ([`Encodings`]) and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Bound {
    /// Our guesser was right at most this often (time-uniform, 95 %).
    pub accuracy_at_most: f64,
    /// An accuracy like that is compatible with up to this many bits a block.
    pub bits_per_block_at_most: f64,
    /// Blocks guessed.
    pub blocks: u32,
}

/// The test tried on this session's own numbers with coins that were never played.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Redraws {
    /// How many orders were drawn.
    pub draws: u32,
    /// How many reached evidence 100: false alarms at 1 %.
    pub accused: u32,
    /// How many of them may.
    pub allowed: u32,
    /// Series that were bet on, a seeded sample.
    pub series: u32,
    /// Blocks of each order, a seeded stretch.
    pub blocks: u32,
}

/// An exact randomisation test beside the bets, over the fast code's blocks.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SecondOpinion {
    /// Probability of a fit as good as that of the order that was played, if nothing depends on it.
    pub p: f64,
    /// How many orders were redrawn.
    pub redraws: u32,
    /// The series that fits best.
    pub series: Option<String>,
    /// Whether it and the bets say the same.
    pub agrees: bool,
}

/// How small a leak would have been found in this session.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Detects {
    /// How often each leak was planted; found means in at least 95 % of them.
    pub tries: u32,
    /// Blocks that each had.
    pub blocks: u32,
    /// The limits, one for each kind that could be planted.
    pub planted: Vec<Planted>,
}

/// The limit of detection for one kind of leak.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Planted {
    /// Into which code's blocks.
    pub code: Code,
    /// Which kind.
    pub kind: PlantedKind,
    /// The hardest strength that was found, in the unit of its kind; absent if not even the
    /// plainest was.
    pub down_to: Option<f64>,
}

/// A kind of leak that is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlantedKind {
    /// Every packet of a loud block is larger by so many bytes.
    PacketSize,
    /// So many packets more in a loud block.
    Packets,
    /// A readable flag that says whether the block was loud, wrong in this share of the blocks.
    Flag,
    /// A readable loudness value in each block, with so many decibels of noise.
    Loudness,
}

/// Fields that had values at the same times, and the smallest leak in them that this run would have found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FieldClass {
    /// Their series' names.
    pub fields: Vec<String>,
    /// In how many blocks of the fast code they had a value.
    pub values: u32,
    /// From one value to the next, seconds: the median; all of the muted time where there is one only.
    pub every_s: f64,
    /// For each thing that a value may speak of: the most noise, dB, with which a loudness was found in
    /// 95 % of the tries; nothing where not even a clear one was.
    pub down_to_db: Vec<(Meaning, Option<f64>)>,
    /// Muted time in which a clear one would be found, seconds, where it was not in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs_s: Option<f64>,
}

impl FieldClass {
    /// Whether a clear leak would have been found, whatever it speaks of.
    pub fn is_seen(&self) -> bool {
        self.down_to_db.iter().all(|(_, down_to)| down_to.is_some())
    }
}

/// What sound a value may speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Meaning {
    /// That of the moment at which it is sent.
    Moment,
    /// The mean since the value before, of a minute at most.
    MeanSinceLast,
    /// That of some seconds earlier.
    Late,
}

/// Where bytes went while muted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Destination {
    /// Address and port.
    pub remote: String,
    /// Its name, where one stood in the open (DNS, TLS' server name, HTTP's host).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `udp` or `tcp` …
    pub protocol: String,
    /// Who is there.
    pub role: record::RemoteRole,
    /// Packets a second.
    pub packets_per_s: f64,
    /// Bytes a second on the network layer.
    pub bytes_per_s: f64,
    /// Whether what it receives follows the muted microphone.
    pub follows: bool,
    /// Likewise, with what is not known told from what was not found.
    pub answer: Answer,
    /// How many more remote ends this row stands for.
    #[serde(skip_serializing_if = "is_zero")]
    pub further: u32,
    /// Processes that sent there, as the kernel told; empty where nobody asked it.
    pub processes: Vec<Process>,
    /// Share of the payload's bytes that was read, from 0 to 1; absent where there were none.
    pub read_share: Option<f64>,
    /// Share of them that was read before it was encrypted; a part of `read_share`.
    pub read_before_encryption_share: Option<f64>,
    /// Share of them that was the same again, but for counters; a part of `read_share`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub same_again_share: Option<f64>,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// A process that sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Process {
    /// Its name.
    pub command: String,
    /// Its number, in the initial PID namespace.
    pub pid: u32,
}

/// One block in numbers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct BlockRow {
    /// Phase.
    pub phase: Phase,
    /// Index in the phase, from 0.
    pub index: u32,
    /// Start of the window, seconds since the first block's.
    pub start_s: f64,
    /// Its coin: 0 quiet, 1 loud.
    pub symbol: u32,
    /// Heard at the microphone, dBFS RMS.
    pub heard_dbfs: Option<f64>,
    /// Played by the peer's output, dBFS RMS.
    pub peer_dbfs: Option<f64>,
    /// Bytes that left.
    pub bytes_out: Option<f64>,
    /// Packets that left.
    pub packets_out: Option<f64>,
    /// Whether the app confirmed its mute throughout (muted phase only).
    pub mute_confirmed: Option<bool>,
}

/// State of the microphone over a stretch of time.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct MicrophoneSpan {
    /// When, as nanoseconds on the session's clock.
    #[serde(skip)]
    pub span: Span,
    /// Seconds since the first block's window (negative: before).
    pub from_s: f64,
    /// Likewise, end.
    pub to_s: f64,
    /// State.
    pub state: MicrophoneStatus,
    /// Who, as claimed.
    pub who: Vec<String>,
}

/// A reader of the microphone.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ReadBy {
    /// The thread's name.
    pub command: String,
    /// The library whose calls it makes.
    pub door: String,
    /// Calls a second.
    pub calls_per_s: f64,
    /// Bytes of audio a second.
    pub bytes_per_s: f64,
}

/// Did the sound really arrive, and in time?
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct Sound {
    /// Mean level of loud blocks at the microphone, dBFS.
    pub loud_dbfs: Option<f64>,
    /// Mean level of quiet blocks at the microphone, dBFS.
    pub quiet_dbfs: Option<f64>,
    /// Median delay of the heard edges in the control phase, milliseconds.
    pub control_delay_ms: Option<f64>,
    /// Median delay of the heard edges in the muted phase, milliseconds.
    pub muted_delay_ms: Option<f64>,
    /// Largest distance of an edge from its phase's median, milliseconds.
    pub worst_edge_ms: Option<f64>,
    /// Underruns of the player at the microphone during the two phases.
    pub underruns: u32,
}

/// What one stretch says.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct AttentionTest {
    /// What was drawn.
    pub code: Code,
    /// Length of its block, seconds.
    pub block_s: f64,
    /// Whether anything that leaves follows it.
    pub answer: AttentionAnswer,
    /// The bets. Where blocks were lost, those with each lost block charged the worst bet: they decide.
    pub test: Test,
    /// Blocks in which it could not be done, or something was lost.
    pub lost: u32,
    /// Why it could not be done, the first time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Whether what leaves follows the picture while the camera is on, as it should; of the picture alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub control: Option<Test>,
    /// Series named by the test, strongest first.
    pub findings: Vec<Finding>,
    /// Who received what is named.
    pub receivers: Vec<Receiver>,
}

/// Whether anything follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttentionAnswer {
    /// Something that leaves follows it.
    Follows,
    /// Nothing was found that does.
    NothingFound,
    /// Too few blocks were watched while it was done.
    Unknown,
}
