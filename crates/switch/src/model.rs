//! What goes in and comes out.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::apart::{Home, Recording, RecordingStatus};

/// What the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// Microphones may be heard.
    #[default]
    On,
    /// No microphone may be heard.
    Off,
}

/// A source of the sound server, as it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The server's number for it; another one after a restart.
    pub index: u32,
    /// Its name, which stays.
    pub name: String,
    /// Its name for people.
    pub description: String,
    /// Whether the server mutes it.
    pub muted: bool,
    /// Volume of each channel in the protocol's units (65536 is 100 %).
    pub volumes: Vec<u32>,
    /// Whether it is what a sink plays, and no microphone.
    pub monitor: bool,
    /// Whether it is the silent one that streams are moved to.
    pub silent: bool,
    /// Whether a program records it, as the server says.
    pub recorded: bool,
}

/// A source of PipeWire's graph that clients of PulseAudio's protocol are not told of: they can neither mute
/// nor record it, and PipeWire's own clients can.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub description: String,
    /// Whether it says of itself that it is muted.
    pub muted: bool,
    /// Whether a program records it.
    pub recorded: bool,
}

/// What is known of sources beside those that the sound server lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Graph {
    /// There can be none: the server is not PipeWire's. Or it was not looked yet.
    #[default]
    Whole,
    /// These are all.
    Seen(Vec<Hidden>),
    /// It could not be looked.
    NotSeen {
        /// Why.
        why: String,
    },
}

/// What is to be given back to a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Former {
    /// Whether it was muted.
    pub muted: bool,
    /// Its volumes.
    pub volumes: Vec<u32>,
    /// Whether it was suspended because somebody opened it again and again.
    #[serde(default)]
    pub suspended: bool,
}

/// What has to outlive the process: the state file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema, Deserialize)]
#[serde(default)]
pub struct PersistedState {
    /// What the person wants.
    pub wish: Wish,
    /// Names of sources that stay as they are.
    pub except: BTreeSet<String>,
    /// Source by name → what is to be given back to it. Also sources that are not there now.
    pub former: BTreeMap<String, Former>,
    /// The default source when it was switched off.
    pub default_source: Option<String>,
    /// Programs that may hear while everybody else may not: paths of their files.
    pub apps: BTreeSet<String>,
    /// Whether streams are moved to a silent source also without an excepted app.
    pub apart: bool,
    /// Stream → where it was before it was moved.
    pub homes: BTreeMap<u32, Home>,
    /// The server that has these streams.
    pub server: Option<u32>,
}

/// What is known of a source's silence, and how.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case", tag = "proof")]
pub enum Proof {
    /// Nothing yet.
    Unproven,
    /// It was recorded for a moment, and every sample was zero.
    Silent {
        /// How many samples.
        samples: u64,
    },
    /// It was recorded, and gave nothing: no samples at all.
    NoSamples,
    /// It was recorded, and there was sound.
    Hears {
        /// The largest sample, 1 being full scale.
        peak: f32,
    },
    /// It was not recorded.
    NotRecorded {
        /// Why not.
        #[serde(flatten)]
        because: NotRecorded,
    },
    /// It could not be muted or recorded.
    Failed {
        /// Why.
        why: String,
    },
}

/// Why a source was not recorded, or recorded in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case", tag = "because")]
pub enum NotRecorded {
    /// It is suspended, and gave nothing to a recording for so long.
    Suspended {
        /// Seconds.
        seconds: u64,
    },
    /// The server did not begin a recording within this time.
    NoAnswer {
        /// Seconds.
        seconds: u64,
    },
    /// The server muted the recording, or took it from another source.
    OtherThanAsked,
    /// The server ended the recording.
    Ended,
    /// It was silent while it was recorded, but it is not muted though that was asked for.
    TakesNoMute,
}

/// What is told to the policy.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// The person switched.
    Wish(Wish),
    /// The person makes an exception of a source, or no longer does.
    Except {
        /// Its name.
        source: String,
        /// Whether it stays as it is.
        except: bool,
    },
    /// The person makes an exception of a program, or no longer does.
    ExceptApp {
        /// Path of its file.
        program: String,
        /// Whether it may hear.
        except: bool,
    },
    /// What sources had right before they were muted because the person switched: more recent than what was
    /// known then.
    Had(Vec<Source>),
    /// Whether streams are to be moved also without an excepted app.
    Apart(bool),
    /// All record streams that there are. Told only while the policy wants them.
    Recordings {
        /// A number that a server has from its start to its end.
        server: u32,
        /// They.
        recordings: Vec<Recording>,
    },
    /// Whether the server forgets that streams were moved once they are back: else none is moved, whatever is
    /// excepted. Not so until it is told.
    Moves(bool),
    /// All sources that there are.
    Sources {
        /// They.
        sources: Vec<Source>,
        /// Name of the default one.
        default: Option<String>,
    },
    /// The connection to the server ended.
    Lost,
    /// What recording a source gave.
    Heard {
        /// Its name.
        source: String,
        /// What it gave.
        proof: Proof,
    },
    /// What there is beside the sources that the server lists.
    Graph(Graph),
    /// Running captures of sound devices that are not the sound server's.
    Captures(Vec<Capture>),
    /// Records every source again.
    Prove,
}

/// A sound device that is being read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, Deserialize)]
pub struct Capture {
    /// Which, as in `/dev/snd/pcmC0D0c`.
    pub device: String,
    /// By which process.
    pub pid: Option<i32>,
    /// Its name by the kernel.
    pub command: Option<String>,
}

/// What has to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Write the state file, before anything that follows.
    Keep,
    /// Set a source's mute.
    Mute {
        /// The server's number for it.
        index: u32,
        /// Its name.
        name: String,
        /// Muted or not.
        muted: bool,
    },
    /// Set a source's volumes.
    Volume {
        /// The server's number for it.
        index: u32,
        /// Its name.
        name: String,
        /// For each channel.
        volumes: Vec<u32>,
    },
    /// Suspend a source, or no longer: a suspended one gives nothing to anybody.
    Suspend {
        /// The server's number for it.
        index: u32,
        /// Its name.
        name: String,
        /// Suspended or not.
        suspended: bool,
    },
    /// Make a source the default one.
    Default {
        /// Its name.
        name: String,
    },
    /// Record a source for a moment and tell what it gave.
    Listen {
        /// The server's number for it.
        index: u32,
        /// Its name.
        name: String,
    },
    /// Make a silent source.
    LoadSilent,
    /// Take it away again.
    UnloadSilent,
    /// Move a record stream to another source.
    Move {
        /// The server's number for it.
        stream: u32,
        /// The server's number for the source.
        to: u32,
    },
    /// Have the server forget that a stream was moved where it is now.
    Unpin {
        /// The server's number for it.
        stream: u32,
    },
    /// Tell the person, and write it into the event log.
    Tell(Event),
}

/// Something that happened to the switch.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    /// The person switched it.
    Switched {
        /// To what.
        wish: Wish,
    },
    /// Somebody else un-muted a source, or gave it volume; it is muted again.
    Contested {
        /// Which source.
        source: String,
        /// For the how-manieth time since it was switched off.
        times: u32,
        /// Whether it goes on and on: the person has to end that program.
        insists: bool,
    },
    /// A source was open while it should not have been, and is muted now.
    WasOpen {
        /// Which source.
        source: String,
        /// Whether it had just appeared.
        added: bool,
        /// From when it was noticed until the server said that it is muted, milliseconds.
        ms: f64,
    },
    /// The sound server ended.
    ServerLost,
    /// The sound server is back, and every source is muted again.
    ServerBack {
        /// From its end until then, milliseconds.
        gap_ms: f64,
        /// Part of it in which sources could be heard, as far as was seen, milliseconds.
        open_ms: f64,
    },
    /// A source that should be silent is not.
    StillHears {
        /// Which source.
        source: String,
    },
    /// A source could not be muted or recorded.
    Failed {
        /// Which source.
        source: String,
        /// Why.
        why: String,
    },
    /// A source was not recorded, so that nothing is known of it.
    NotRecorded {
        /// Which source.
        source: String,
        /// Why not.
        #[serde(flatten)]
        because: NotRecorded,
    },
    /// A program reads a sound device past the sound server while it is off.
    Captured {
        /// What is read, and by whom.
        capture: Capture,
    },
    /// A program came to a source that was open to an excepted one, and heard it until it was closed.
    CameIn {
        /// Which source.
        source: String,
        /// Which program.
        program: String,
        /// From when it was noticed until the server said that the source is muted, milliseconds.
        ms: f64,
    },
    /// So many came to a source that it stays closed, also to excepted programs.
    ExceptionEnds {
        /// Which source.
        source: String,
        /// How many.
        times: u32,
    },
    /// The server does not take back what a source had.
    NotRestored {
        /// Which source.
        source: String,
    },
}

/// The state that lamp, tray and exit code show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// It is on, as wished.
    On,
    /// It is off: every source was recorded and silent, and none is left that could not be.
    Off,
    /// It is off but for exceptions that the person made.
    Partly,
    /// It should be off, and that is not proven (yet).
    Unproven,
    /// It should be off, and something still hears.
    Hears,
}

/// One source, and what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Deserialize)]
pub struct SourceStatus {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub description: String,
    /// Whether the server mutes it.
    pub muted: bool,
    /// Whether it is what a sink plays.
    pub monitor: bool,
    /// Whether the person made an exception of it.
    pub except: bool,
    /// Whether it is open now to excepted programs alone.
    pub opened: bool,
    /// Whether it is the silent one that everybody else is moved to.
    pub silent: bool,
    /// Whether it is the default: what a program records that names no source.
    #[serde(default)]
    pub default: bool,
    /// Whether a program records it, as the server says.
    #[serde(default)]
    pub recorded: bool,
    /// Whether the server does not list it, so that it can neither be muted nor recorded here.
    #[serde(default)]
    pub hidden: bool,
    /// How often others tried to open it since it was switched off.
    pub contested: u32,
    /// What is known of its silence.
    #[serde(flatten)]
    pub proof: Proof,
}

impl SourceStatus {
    /// Whether it is what a sink plays, and programs take it for a microphone: what is played into it is heard,
    /// and it is left as it is.
    pub fn is_used_monitor(&self) -> bool {
        self.monitor && (self.default || self.recorded)
    }

    /// Whether it was to be silent, and nothing here can make or prove it so.
    pub fn is_out_of_reach(&self) -> bool {
        !self.except && (self.hidden || self.is_used_monitor())
    }

    /// Whether it is a microphone that is muted and recorded.
    pub fn is_covered(&self) -> bool {
        !(self.monitor || self.hidden || self.except || self.opened || self.silent)
    }
}

/// Something that can keep a microphone off.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Each source is muted at the sound server.
    SourceMute,
    /// Sources that others un-muted have no volume either.
    Volume,
    /// Streams are moved to a silent source.
    Streams,
    /// Capture switches of the sound cards.
    CaptureSwitches,
    /// Access to the capture devices.
    DeviceAccess,
    /// Microphones on USB are not admitted.
    Usb,
    /// The keyboard's lamp shows the verified state.
    Lamp,
}

/// Whether a layer holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum LayerState {
    /// It holds, on so many things.
    Holds {
        /// How many.
        n: usize,
    },
    /// It is not used.
    NotUsed,
    /// There is nothing here that it could work on.
    NothingThere,
    /// It holds on some of them only.
    Partly {
        /// On how many.
        n: usize,
        /// Of how many.
        of: usize,
    },
    /// It does not hold, for something is heard through it.
    Heard {
        /// What.
        sources: String,
    },
    /// It could not be used.
    Failed {
        /// Why.
        why: String,
    },
}

/// The whole state.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Deserialize)]
pub struct Status {
    /// What was wished.
    pub wish: Wish,
    /// What was found.
    pub verified: Verified,
    /// Whether there is a sound server.
    pub server: bool,
    /// Whether somebody keeps it so: a resident guard.
    pub guarded: bool,
    /// All sources.
    pub sources: Vec<SourceStatus>,
    /// Why it is not known whether there are more sources than these, where that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlisted: Option<String>,
    /// Programs that may hear.
    pub apps: Vec<String>,
    /// Who records, while streams are kept apart.
    pub recordings: Vec<RecordingStatus>,
    /// Sound devices that are read past the sound server.
    pub captures: Vec<Capture>,
    /// Which layers hold.
    pub layers: BTreeMap<Layer, LayerState>,
}

impl Status {
    /// Adds layers below the sound server. None that keeps devices from being read holds while one is.
    pub fn add_layers(&mut self, below: &BTreeMap<Layer, LayerState>) {
        let devices: Vec<&str> = self.captures.iter().map(|c| c.device.as_str()).collect();
        let sources = devices.join(", ");
        for (layer, state) in below {
            let read = *layer != Layer::Lamp && !devices.is_empty();
            let state = match state {
                LayerState::Holds { .. } if read => LayerState::Heard {
                    sources: sources.clone(),
                },
                state => state.clone(),
            };
            self.layers.insert(*layer, state);
        }
    }
}
