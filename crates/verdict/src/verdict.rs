//! The answer of an audit.

use record::Failure;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reason::{OnLeak, Reason};

/// The answer of an audit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Verdict {
    /// Something that leaves depends on what the muted microphone hears.
    Leaks {
        /// What kind of thing leaves.
        kind: LeakKind,
        /// Who receives it.
        receivers: Vec<Receiver>,
        /// Upper end of what this test can certify at all, bits a minute (log2 M a block).
        cap_bits_per_min: f64,
        /// Lower confidence bound on the leak, bits a minute; never the amount of speech that left.
        at_least_bits_per_min: f64,
    },
    /// Nothing was found, and it was looked where it would have been.
    NoLeakSeen {
        /// How far that reaches.
        scope: Scope,
    },
    /// Nothing was found in what could be read; the rest was opaque.
    PartlySeen {
        /// Bytes a minute whose plaintext was not seen.
        opaque_bytes_per_min: f64,
    },
    /// The session cannot answer the question.
    Inconclusive {
        /// Why; never empty.
        reasons: Vec<Reason>,
    },
    /// There was no muted phase to judge.
    NotRun {
        /// Why; never empty.
        reasons: Vec<Reason>,
    },
}

impl Verdict {
    /// Its name, as the JSON report has it.
    pub fn name(&self) -> &'static str {
        match self {
            Verdict::Leaks { .. } => "leaks",
            Verdict::NoLeakSeen { .. } => "no_leak_seen",
            Verdict::PartlySeen { .. } => "partly_seen",
            Verdict::Inconclusive { .. } => "inconclusive",
            Verdict::NotRun { .. } => "not_run",
        }
    }

    /// Why there is no answer; empty where there is one.
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Verdict::Inconclusive { reasons } | Verdict::NotRun { reasons } => reasons,
            Verdict::Leaks { .. } | Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. } => &[],
        }
    }

    /// Whether the session's evidence counts beside that of others. That may not depend on the evidence,
    /// or winners would be kept and losers dropped: with a silent control, say, a leak stays a leak,
    /// while "nothing found" becomes no answer. So a session is excluded only by reasons that would have
    /// voided a leak as well.
    pub fn counts_as_evidence(&self) -> bool {
        match self {
            Verdict::NotRun { .. } => false,
            Verdict::Inconclusive { reasons } => {
                reasons.iter().all(|r| r.on_leak() == OnLeak::Stands)
            }
            Verdict::Leaks { .. } | Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. } => true,
        }
    }

    /// The exit status for it: 0 the microphone was not read, or every byte was and a leak would have been
    /// found in every field; 1 a leak, 2 no answer, 3 not run, 4 nothing found in what could be read, 5 (if
    /// `strict`) nothing found with the microphone not known to be closed.
    pub fn exit_status(&self, microphone: MicrophoneStatus, strict: bool) -> u8 {
        let open = microphone != MicrophoneStatus::Closed;
        match self {
            Verdict::Leaks { .. } => 1,
            Verdict::Inconclusive { .. } => 2,
            // Here set-up failed. An app that ended, could not be muted or was not heard to its end
            // was there to be asked: that is no answer.
            Verdict::NotRun { .. } => match self.failure() {
                Some(
                    Failure::AppEnded | Failure::NotMuted | Failure::SoundEnded | Failure::Stopped,
                ) => 2,
                _ => 3,
            },
            Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. } if strict && open => 5,
            Verdict::NoLeakSeen { .. } => 0,
            Verdict::PartlySeen { .. } => 4,
        }
    }

    /// How the run failed, if that is why there is no answer.
    fn failure(&self) -> Option<Failure> {
        self.reasons().iter().find_map(|reason| match reason {
            Reason::RunFailed { failure, .. } => Some(*failure),
            _ => None,
        })
    }
}

/// What kind of thing leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakKind {
    /// A payload, decoded, follows the stimulus' waveform.
    Audio,
    /// A number follows the loudness within the loud blocks too.
    Level,
    /// Something follows whether there was sound, and not how loud it was.
    VoiceActivity,
    /// A dependence was shown, its kind was not.
    Undetermined,
}

/// Who receives what leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Receiver {
    /// The other participants of the call.
    OtherParticipants,
    /// The operator's server.
    OperatorServer,
    /// Somebody else.
    ThirdParty,
    /// Whoever is on the same network.
    LocalNetwork,
}

/// How far "nothing seen" reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The microphone was not open through any watched door.
    NoReads,
    /// All outgoing bytes were read.
    Plaintext,
}

/// Lamp one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MicrophoneStatus {
    /// No record stream while muted.
    Closed,
    /// A record stream was there, and corked or muted at the server: it was handed nothing.
    OpenNotRunning,
    /// Open and running; whether it was read was not traced, or no call was seen.
    OpenRunning,
    /// A process was seen to read it.
    StillRead,
    /// Not known.
    Unknown,
}
