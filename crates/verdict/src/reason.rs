//! Why a session cannot answer, and what that means for a leak that was found.

use record::{Code, Phase};
use schemars::JsonSchema;
use serde::Serialize;

/// What a reason does to a leak that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLeak {
    /// Something else than the muted app could explain the evidence: inconclusive.
    Voids,
    /// It only lowers the chance of finding one; the test is valid without it.
    Stands,
}

/// Why a session cannot answer. Each says what to repair.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Reason {
    /// The unmuted control did not fire: the instrument does not see this app's microphone.
    ControlSilent {
        /// Its evidence, W.
        evidence: f64,
        /// What would have been needed.
        needed: f64,
    },
    /// The traffic follows the sham's key: the harness itself talks across.
    ShamFires {
        /// Its evidence, W.
        evidence: f64,
    },
    /// Mute was not confirmed in some of the blocks.
    MuteNotConfirmed {
        /// In how many blocks it was not.
        blocks: u32,
        /// Of how many.
        of: u32,
    },
    /// The sound did not arrive at the microphone.
    SoundNotHeard {
        /// Level of the loud blocks, dBFS.
        loud_dbfs: f64,
        /// Level of the quiet blocks, dBFS.
        quiet_dbfs: f64,
    },
    /// This machine's own microphone listened along beside the device, and did not hear the loudspeaker while the app
    /// was muted.
    RoomSilent {
        /// In how many blocks it did not.
        blocks: u32,
        /// Of how many.
        of: u32,
    },
    /// Edges were heard late or unevenly.
    EdgesOff {
        /// In which phase.
        phase: Phase,
        /// Largest distance of an edge from its phase's median, milliseconds.
        worst_ms: f64,
    },
    /// Edges lay differently in control and muted phase.
    EdgesDiffer {
        /// Difference of the medians, milliseconds.
        by_ms: f64,
    },
    /// Too few blocks for any decision.
    TooFewBlocks {
        /// In which phase.
        phase: Phase,
        /// How many there were.
        blocks: u32,
    },
    /// What was lost follows the sound.
    LossFollowsSound {
        /// Its evidence, W.
        evidence: f64,
    },
    /// Something was found, but what was lost could explain it.
    LostBlocks {
        /// In how many muted blocks something was lost.
        blocks: u32,
        /// Of how many.
        of: u32,
    },
    /// Packets were not watched all the time.
    PacketsNotWatched,
    /// In too few muted blocks all packets were seen: what was lost may have held anything.
    TooLittleSeen {
        /// In how many blocks they were.
        blocks: u32,
        /// Of how many.
        of: u32,
    },
    /// The clocks jumped.
    ClockStep {
        /// By how much, milliseconds.
        by_ms: f64,
    },
    /// The run ended early.
    RunFailed {
        /// Which kind of failure.
        failure: record::Failure,
        /// One line from the stage.
        why: String,
    },
    /// The test finds too much in this session's own numbers with coins that were never played.
    RedrawsAccused {
        /// In how many redraws it did.
        accused: u32,
        /// Of how many.
        of: u32,
    },
    /// Not even the plainest of the planted leaks was found.
    NothingDetectable {
        /// How often each was planted.
        tries: u32,
    },
    /// The bundle was never sealed: it may have been changed or cut off.
    NotSealed,
    /// Payloads were dropped from the bundle, and what was kept of them is not of the blocks that the
    /// session is cut into here: what could be read in it was not judged.
    NumbersNotKept {
        /// The codes whose blocks have no kept numbers.
        codes: Vec<Code>,
    },
    /// The seed is not the one that was committed to before the first sound.
    SeedDiffers,
    /// `--require-plaintext` was given and bytes were opaque.
    PlaintextRequired {
        /// Bytes a minute whose plaintext was not seen.
        opaque_bytes_per_min: f64,
    },
}

impl Reason {
    /// Whether it says something of what left in packets and nothing of what the other participants heard:
    /// about these the session may still answer.
    pub(crate) fn is_of_packets_alone(&self) -> bool {
        match self {
            Reason::ControlSilent { .. }
            | Reason::PacketsNotWatched
            | Reason::TooLittleSeen { .. }
            | Reason::PlaintextRequired { .. } => true,
            Reason::ShamFires { .. }
            | Reason::MuteNotConfirmed { .. }
            | Reason::SoundNotHeard { .. }
            | Reason::RoomSilent { .. }
            | Reason::EdgesOff { .. }
            | Reason::EdgesDiffer { .. }
            | Reason::TooFewBlocks { .. }
            | Reason::LossFollowsSound { .. }
            | Reason::LostBlocks { .. }
            | Reason::ClockStep { .. }
            | Reason::RunFailed { .. }
            | Reason::RedrawsAccused { .. }
            | Reason::NothingDetectable { .. }
            | Reason::NotSealed
            | Reason::NumbersNotKept { .. }
            | Reason::SeedDiffers => false,
        }
    }

    /// What it does to a leak that was found; the one place where that is said.
    ///
    /// A reason that voids also keeps a session's evidence out of several sessions judged together
    /// ([`crate::Verdict::counts_as_evidence`]), so none of them may depend on that evidence.
    pub fn on_leak(&self) -> OnLeak {
        match self {
            Reason::RunFailed { .. }
            | Reason::NotSealed
            | Reason::SeedDiffers
            | Reason::ShamFires { .. }
            | Reason::RedrawsAccused { .. }
            | Reason::MuteNotConfirmed { .. }
            | Reason::SoundNotHeard { .. } => OnLeak::Voids,
            // A leak is found only if it survives that each lost block is charged the worst bet, and
            // it is these bets that count in several sessions: the loss explains nothing in them.
            Reason::LostBlocks { .. } | Reason::LossFollowsSound { .. } => OnLeak::Stands,
            Reason::ControlSilent { .. }
            | Reason::RoomSilent { .. }
            | Reason::EdgesOff { .. }
            | Reason::EdgesDiffer { .. }
            | Reason::TooFewBlocks { .. }
            | Reason::PacketsNotWatched
            | Reason::TooLittleSeen { .. }
            | Reason::ClockStep { .. }
            | Reason::NothingDetectable { .. }
            | Reason::NumbersNotKept { .. }
            | Reason::PlaintextRequired { .. } => OnLeak::Stands,
        }
    }
}
