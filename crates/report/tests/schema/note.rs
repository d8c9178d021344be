//! Remarks beside a verdict.

use serde::Deserialize;

use crate::ClearText;

#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code)]
pub enum Note {
    ShamHigh {
        evidence: f64,
    },
    MuteRefused {
        service: String,
        method: String,
        why: Option<String>,
    },
    MuteDelegated {
        service: String,
        method: String,
    },
    MutedAtServer {
        what: String,
    },
    StillOpen,
    ReadsNotTraced,
    ShortRun {
        seconds: f64,
    },
    Lost {
        source: record::Source,
        lost: Option<u64>,
        why: String,
    },
    NotWatched {
        source: record::Source,
        why: String,
    },
    Listens {
        at: String,
        command: Option<String>,
    },
    ClearText {
        at: String,
        what: ClearText,
    },
    SameAgain {
        at: String,
        share: f64,
        unmuted: f64,
    },
    NotReadWhole {
        messages: u64,
        values: u64,
    },
    NoPackets {
        frames: u64,
    },
    FieldNotIsolated,
    NotControlled {
        codes: Vec<record::Code>,
    },
    StoppedEarly {
        why: String,
    },
    NotAligned,
    OnlyAroundMute,
    TransitionsNotTested,
    Redacted,
    NumbersNotKept {
        codes: Vec<record::Code>,
    },
    PacketsOnly,
    BlindFields {
        fields: Vec<String>,
        of: u32,
        every_s: f64,
        needs_s: f64,
    },
    LeftAfterwards {
        bytes: u64,
    },
    FineTimingNotTested,
    ClockNotFound {
        tried: u32,
    },
    Elsewhere {
        addresses: Vec<String>,
    },
    Accessed {
        log: String,
        app: String,
        seconds: Option<f64>,
        of_seconds: f64,
    },
    NotAccessed {
        log: String,
    },
    LogNotOfThatTime {
        log: String,
        span_ns: Option<(u64, u64)>,
        utc_offset_s: Option<i32>,
    },
    LogUndated {
        log: String,
    },
    LogLinesUnread {
        log: String,
        lines: u32,
        first: u32,
        why: String,
    },
    TableOnly {
        rows: u64,
    },
    CyclesNotJudged {
        judged: u32,
        of: u32,
    },
    ControlByEncoderOnly,
    EncoderFollows {
        evidence: f64,
    },
    EncoderQuiet,
    HidesFromIndicator {
        application: String,
        claim: String,
    },
    NoCallSeen,
    ReadsDisagree,
    SecondOpinionDiffers,
    ControlByPeerOnly,
    LogCut {
        bytes: u64,
    },
    PacketsCut {
        bytes: u64,
    },
    Staged,
}
