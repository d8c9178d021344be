//! Remarks beside the verdict: what was seen that decides nothing by itself. The report prints them.

use record::Code;
use schemars::JsonSchema;
use serde::Serialize;

/// What is sent in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClearText {
    /// HTTP or WebSocket without TLS.
    Http,
    /// Sound.
    Sound,
    /// Other data.
    Data,
}

/// A remark beside the verdict.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Note {
    /// The sham's evidence is high, not high enough to void the session.
    ShamHigh {
        /// Its evidence, W.
        evidence: f64,
    },
    /// The app asked somebody else to mute, who refused: what was found is true where they refuse.
    MuteRefused {
        /// Whom, by the name on the session bus.
        service: String,
        /// By which method.
        method: String,
        /// The error; absent where the answer was a plain no.
        why: Option<String>,
    },
    /// The app asked somebody else to mute, who did not refuse.
    MuteDelegated {
        /// Whom, by the name on the session bus.
        service: String,
        /// By which method.
        method: String,
    },
    /// With the mute something was muted at the sound server, for whoever records from it.
    MutedAtServer {
        /// The source, or the application whose stream it is.
        what: String,
    },
    /// Two words of the app about its mute contradict each other, and go on doing so.
    WordsDiffer {
        /// Which of them says that it is muted, as the recipe asks for it.
        muted: String,
        /// What it says.
        muted_said: String,
        /// Which says that it is not.
        unmuted: String,
        /// What that says.
        unmuted_said: String,
    },
    /// The microphone is open while muted: known, and not a leak.
    StillOpen,
    /// Whether an open stream was read was not traced.
    ReadsNotTraced,
    /// A stream was running and calls were traced, and none was seen to read it.
    NoCallSeen,
    /// Calls read the microphone while the sound server showed no running stream.
    ReadsDisagree,
    /// Muted time is too short for signals sent once a minute.
    ShortRun {
        /// Muted time judged, seconds.
        seconds: f64,
    },
    /// This machine's own microphone listened along beside the device, and heard the loudspeaker.
    RoomHeard {
        /// How far loud blocks of the control stood out from quiet ones, dB.
        apart_db: f64,
        /// How late it was heard, milliseconds.
        late_ms: f64,
        /// Later than the gap between two blocks.
        is_late: bool,
        /// Muted blocks in stretches that were heard.
        blocks: u32,
        /// Of how many.
        of: u32,
    },
    /// It listened along, and heard too little of the loudspeaker to say anything.
    RoomDeaf {
        /// How far loud blocks of the control stood out from quiet ones, dB.
        apart_db: f64,
    },
    /// Something was lost, and what.
    Lost {
        /// Who lost it.
        source: record::Source,
        /// How much, where it could be counted.
        lost: Option<u64>,
        /// One line.
        why: String,
    },
    /// An observer could not watch.
    NotWatched {
        /// Which.
        source: record::Source,
        /// One line.
        why: String,
    },
    /// Listening sockets of the app, reachable from outside.
    Listens {
        /// `protocol address:port`.
        at: String,
        /// Command, where known.
        command: Option<String>,
    },
    /// A record stream claims an identity that GNOME Shell leaves out of its microphone indicator.
    HidesFromIndicator {
        /// Who, as claimed.
        application: String,
        /// Which claim, `property=value`.
        claim: String,
    },
    /// The camera was released when it was turned off, and not opened again.
    CameraReleased,
    /// The camera was still held, or opened again, after it was turned off.
    CameraHeld {
        /// The device, as the app sees it.
        device: String,
        /// By which program.
        command: String,
    },
    /// The camera was turned off, and no program had been seen to hold one before.
    CameraNotSeen,
    /// Something is sent that anyone on the way can read.
    ClearText {
        /// Where to: `protocol address:port`.
        at: String,
        /// What.
        what: ClearText,
    },
    /// A stream said the same again and again while muted, but for counters, and mostly did not before.
    SameAgain {
        /// Where to: `protocol address:port`.
        at: String,
        /// Which share of its bytes were the same again while muted.
        share: f64,
        /// And unmuted.
        unmuted: f64,
    },
    /// Not all that was in clear was read: bounds were hit. What was left out counts as opaque.
    NotReadWhole {
        /// Messages that were nested too deep, had too many values, or would have inflated to too
        /// much.
        messages: u64,
        /// Values at more different paths than are followed.
        values: u64,
    },
    /// A proxy stood between the app and its servers: what it told of requests is bet on, and no byte counts as
    /// read by it.
    Intercepted {
        /// Requests that it told.
        requests: u64,
        /// Connections over which the app would not speak to it.
        refused: u64,
    },
    /// Frames that may be the app's and could not be read as packets: nobody bets on them, and what is in
    /// them counts as opaque.
    NoPackets {
        /// How many lay in blocks.
        frames: u64,
    },
    /// The app crossed the threshold, but no single series did.
    FieldNotIsolated,
    /// These codes played only while muted: no control vouches for them.
    NotControlled {
        /// Which.
        codes: Vec<Code>,
    },
    /// The randomisation test beside the bets says something else than they.
    SecondOpinionDiffers,
    /// The run was ended early, because it was decided.
    StoppedEarly {
        /// By what, one line.
        why: String,
    },
    /// The grid of the slower codes was not set at a send of the app's: a value that is sent once a
    /// minute may straddle two blocks, and then takes about twice as long to find.
    NotAligned,
    /// The leak was found around mute and unmute alone; while the app stayed muted nothing was.
    OnlyAroundMute,
    /// What leaves in the seconds after a mute and at an unmute was not tested.
    TransitionsNotTested,
    /// Some cycles of mute and unmute could not be judged: the app did not say that it was
    /// muted, or unmuted, when it should have been.
    CyclesNotJudged {
        /// Those that were.
        judged: u32,
        /// Of how many.
        of: u32,
    },
    /// The control fired only at an encoder's input: it vouches for whether sound gets that far, not
    /// for what could be read out of the packets.
    ControlByEncoderOnly,
    /// While muted, the microphone's sound still reaches an encoder.
    EncoderFollows {
        /// Its evidence, W.
        evidence: f64,
    },
    /// While muted, what the app's windows show follows the microphone's sound.
    WindowFollows {
        /// Its evidence, W.
        evidence: f64,
        /// The name that comes and goes with it; nothing where it is how much changes.
        shows: Option<String>,
    },
    /// Calls of an encoder were traced, and while muted nothing that follows the sound reached one.
    EncoderQuiet,
    /// The control fired only in the peer's output: it vouches for what the other participants
    /// hear, not for what the server could read out of the packets.
    ControlByPeerOnly,
    /// The log's last line was cut off; the rest was read.
    LogCut {
        /// How many bytes were left unread.
        bytes: u64,
    },
    /// The packet file's end was cut off; the rest was read.
    PacketsCut {
        /// How many bytes were left unread.
        bytes: u64,
    },
    /// Payloads and keys were dropped; what is judged was computed before.
    Redacted,
    /// A leak was found in a redacted bundle, without the numbers that were kept of it: they are not of
    /// the blocks that the session is cut into here.
    NumbersNotKept {
        /// The codes whose blocks have no kept numbers.
        codes: Vec<Code>,
    },
    /// Plaintext that was recorded was left out on request.
    PacketsOnly,
    /// What left was recorded elsewhere: when the schedule was heard, and that the app was muted, is
    /// a person's word.
    Elsewhere {
        /// Whose packets were judged: the device's addresses, as far as they are known. None for a table.
        addresses: Vec<String>,
    },
    /// None of the offsets that were tried fits what was sent better than chance: the capture's clock was left
    /// as it was.
    ClockNotFound {
        /// How many were tried.
        tried: u32,
    },
    /// A log of the device's own says that an app had the microphone while muted.
    Accessed {
        /// Which log.
        log: String,
        /// Which app.
        app: String,
        /// How long, seconds; nothing where the log does not say.
        seconds: Option<f64>,
        /// How long the muted time was, seconds.
        of_seconds: f64,
    },
    /// A log of the device's own was read, and names no app that had the microphone while muted.
    NotAccessed {
        /// Which log.
        log: String,
    },
    /// A log of the device's own was read, and does not reach over the muted time: it says nothing of it.
    LogNotOfThatTime {
        /// Which log.
        log: String,
        /// Wall times of the earliest and the latest moment that it speaks of, nanoseconds since 1970;
        /// nothing where it names none.
        span_ns: Option<(u64, u64)>,
        /// The offset of local time with which it would reach, seconds east of UTC; nothing where there is
        /// none, or where the log says so itself.
        utc_offset_s: Option<i32>,
    },
    /// Times of a log name no day: they were taken for those of the nearest.
    LogUndated {
        /// Which log.
        log: String,
    },
    /// Lines that belong to a log were not understood.
    LogLinesUnread {
        /// Which log.
        log: String,
        /// How many.
        lines: u32,
        /// The first of them, from 1.
        first: u32,
        /// What is wrong with it.
        why: String,
    },
    /// Only the columns of a table were judged; nobody looked at whatever else left.
    TableOnly {
        /// How many rows it has.
        rows: u64,
    },
    /// In some fields a leak would not have been found: they came too rarely, began too late, or spoke of
    /// times that no code's blocks are.
    BlindFields {
        /// The first of them.
        fields: Vec<String>,
        /// How many there are.
        of: u32,
        /// From one value to the next, seconds.
        every_s: f64,
        /// Muted time that would do, seconds.
        needs_s: f64,
    },
    /// After the muted time something left that was not read, or at fields that were not there before: what
    /// was heard may be told later, and no bet is on that.
    LeftAfterwards {
        /// Payload bytes.
        bytes: u64,
    },
    /// When packets are sent was looked at block by block; how they lie within a thousandth of a second was
    /// not.
    FineTimingNotTested,
    /// The app was audited on a stage; it may behave differently elsewhere.
    Staged,
}
