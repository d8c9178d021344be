use crate::failure::Failure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::manifest::Phase;
use crate::named::{Code, Source};
use crate::package::{PackageMoment, Remains};
use crate::time::{MonotonicNs, Span};
use crate::website::WebAnswer;

/// One fact, with the moment it was seen and who saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it was seen.
    pub t: MonotonicNs,
    /// Who saw it.
    pub source: Source,
    /// Counts the session's records from 0 without holes; a hole means that the log was damaged.
    pub seq: u64,
    /// What was seen.
    pub body: Body,
}

/// What was seen. Older readers skip what they do not know ([`Body::Unknown`]).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Body {
    /// An observer began to watch.
    Attached {
        /// What it can and cannot see here, one line.
        note: String,
    },
    /// An observer that was asked for could not watch.
    Unavailable {
        /// Why, and what would mend it.
        why: String,
    },
    /// An observer stopped watching (at the end, or because it failed).
    Detached {
        /// Why, where it was not the planned end.
        why: Option<String>,
    },
    /// Something was lost: the watch had a hole.
    Gap {
        /// When the loss happened, as narrow as is known.
        span: Span,
        /// How many units (packets, samples, events) were lost; `None` where nobody can count.
        lost: Option<u64>,
        /// What was lost and why.
        why: String,
    },
    /// Wall time beside monotonic time: the best of several brackets.
    ClockPair {
        /// `CLOCK_REALTIME` in nanoseconds at the record's `t`.
        realtime_ns: u64,
        /// Width of the bracket in nanoseconds: how wrong the pair can be.
        bracket_ns: u64,
    },
    /// The player handed a phase's first sample to the sound server.
    PhaseBegin {
        /// Which phase.
        phase: Phase,
        /// Which player: the one at the microphone or the one at the sham.
        player: Player,
        /// What the server said of the time until that sample is heard, in nanoseconds.
        latency_ns: u64,
    },
    /// The player handed a phase's last sample to the sound server.
    PhaseEnd {
        /// Which phase.
        phase: Phase,
        /// Which player.
        player: Player,
    },
    /// The player at the microphone begins to hand over a recording that plays as an activity.
    Recording {
        /// Which of the activities, from 0.
        stretch: u32,
        /// What is heard: a label of the library.
        label: String,
        /// The recording, as the library names it.
        recording: String,
        /// SHA-256 of its files, hexadecimal (see [`crate::Library::sha256`]).
        sha256: String,
    },
    /// How far a player is: the sound server's clock runs by itself, and an hour of its seconds may
    /// be longer or shorter than ours by half a second.
    Played {
        /// Which phase.
        phase: Phase,
        /// Which player.
        player: Player,
        /// Samples of the phase that were handed over (or left out) by the record's `t`.
        samples: u64,
    },
    /// A player or a recorder was not served in time.
    Underrun {
        /// How many samples were missing, where it is known.
        samples: Option<u64>,
    },
    /// Levels of what a recorder heard, starting at the record's `t`.
    Levels {
        /// Length of one value's window in nanoseconds.
        hop_ns: u64,
        /// RMS of each window, dBFS (full scale sine = -3.01), at least [`SILENCE_DBFS`].
        rms_dbfs: Vec<f32>,
        /// Highest sample of the whole record, dBFS.
        peak_dbfs: f32,
    },
    /// Levels of the bands [`BANDS_HZ`] of what a recorder heard, starting at the record's `t`.
    Bands {
        /// Length of one window in nanoseconds.
        hop_ns: u64,
        /// RMS of each band in each window, dBFS, at least [`SILENCE_DBFS`].
        rms_dbfs: Vec<[f32; BANDS_HZ.len()]>,
    },
    /// A recipe step ran.
    Step {
        /// Which part of the recipe: `launch`, `join`, `mute` …
        part: String,
        /// The step as the recipe has it, one line.
        step: String,
        /// How long it took, nanoseconds.
        took_ns: u64,
        /// Why it failed; `None` if it did not.
        failed: Option<String>,
    },
    /// The recipe's mute part is done: from here the app ought to be muted (or unmuted).
    MuteAsked {
        /// `true` mute, `false` unmute.
        muted: bool,
    },
    /// What the app says of its own mute.
    MuteSaid {
        /// `Some(true)` muted, `Some(false)` not muted, `None` if it could not be asked.
        muted: Option<bool>,
        /// The app's own words (or the error).
        said: String,
    },
    /// One of several words of the app about its mute, where more than one is asked for.
    WordSaid {
        /// What was asked, as the recipe has it, one line.
        of: String,
        /// As in [`Body::MuteSaid`], which is what all of them say together.
        muted: Option<bool>,
        /// What was said.
        said: String,
    },
    /// The person was asked to do something, or how it was.
    Asked {
        /// The recipe's part (`join`, `mute` …), or `confirm`: was the app muted all the time?
        part: String,
        /// The recipe's own words; empty where it has none.
        what: String,
    },
    /// What the person said, at the moment of the key press.
    PersonSaid {
        /// What.
        word: Word,
    },
    /// All record streams at the app's sound server, but for muteproof's own.
    Streams {
        /// One entry a stream; empty: nobody has the microphone open.
        streams: Vec<RecordStream>,
    },
    /// The sources of sound that are muted at the app's sound server, by name; what records from them is
    /// handed silence.
    SourcesMuted {
        /// One entry a source; empty: none.
        sources: Vec<String>,
    },
    /// A program on the app's side asked another one for something by the session bus; written down when
    /// that was answered. What was handed over is not.
    BusCall {
        /// Whom it asked, by the name that it used.
        service: String,
        /// The interface; empty where it named none.
        interface: String,
        /// The method.
        member: String,
        /// The error's name and words, where it was refused by one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<String>,
        /// The answer, where it was a single yes or no.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<bool>,
    },
    /// Calls that handed microphone audio to a process, from the record's `t` on. None is written
    /// for a stretch without any.
    Reads {
        /// Length of the stretch, nanoseconds.
        hop_ns: u64,
        /// The library whose call it was: `libpulse`, `libasound` …
        door: String,
        /// The thread's name, as the kernel has it.
        command: String,
        /// The process, in the initial PID namespace.
        pid: u32,
        /// How many calls.
        calls: u32,
        /// How many bytes of audio they handed over.
        bytes: u64,
        /// How many different contents: 1 over many calls is the same silence again and again.
        distinct: u32,
        /// Whether all of it was zeros.
        silent: bool,
        /// Level of all of it, dBFS RMS, at least [`SILENCE_DBFS`]; absent where the samples'
        /// format is not known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rms_dbfs: Option<f32>,
        /// Highest sample, dBFS, likewise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        peak_dbfs: Option<f32>,
        /// FNV-1a (64 bits, hexadecimal) of what was copied of it, in order: the same sound read by
        /// the same calls gives the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<String>,
    },
    /// The sound that one stream handed over is kept (`--keep-audio`): told at its first call, and
    /// again, at most once a second, when more of it is missing. Nothing is judged from it.
    KeptAudio {
        /// The file, inside the bundle: samples without a header, its ending says which.
        file: String,
        /// The library, as in `reads`.
        door: String,
        /// The thread's name, as the kernel has it.
        command: String,
        /// The process, in the initial PID namespace.
        pid: u32,
        /// Bytes up to here that are zeros in the file because they were not copied.
        missing: u64,
    },
    /// Samples that were handed to an encoder, from the record's `t` on. None is written for a
    /// stretch without any.
    Encoded {
        /// Length of the stretch, nanoseconds.
        hop_ns: u64,
        /// The encoder: `opus_encode`, `opus_encode_float`.
        codec: String,
        /// The thread's name.
        command: String,
        /// The process, in the initial PID namespace.
        pid: u32,
        /// How many calls.
        calls: u32,
        /// Level of all of it, dBFS RMS, at least [`SILENCE_DBFS`].
        rms_dbfs: f32,
    },
    /// Plaintext that was handed to a library that encrypts it.
    Plaintext {
        /// The library: `openssl`, `gnutls`, `nss`; `srtp_protect` for an RTP packet, `rtp_log` for
        /// one that the app itself wrote into its log.
        library: String,
        /// The thread's name.
        command: String,
        /// The process, in the initial PID namespace.
        pid: u32,
        /// The connection, as the library knows it: only good for telling apart.
        connection: u64,
        /// How many bytes there were.
        bytes: u32,
        /// The first of them. Secrets that were found are masked by as many stars.
        data: Bytes,
        /// How many bytes of them are such stars.
        #[serde(default, skip_serializing_if = "is_zero")]
        masked: u32,
        /// What carried it, where the library's own sends were seen.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        carried: Option<Carried>,
    },
    /// A row of a table of numbers that the app is known to have sent; it stands in the place of
    /// packets that nobody has. The record's `t` is when it was sent.
    Row {
        /// By the name of their column; what was not there is not in it.
        values: std::collections::BTreeMap<String, f64>,
    },
    /// A process sends by a socket: at its first send, and when the socket's ends are others.
    Owner {
        /// The kernel's number of the socket, never given twice.
        socket: u64,
        /// The process's name, as the kernel has it.
        command: String,
        /// The process, in the initial PID namespace.
        pid: u32,
        /// `tcp`, `udp`, or the number of another.
        protocol: String,
        /// Its address and port; the address is unspecified where it is bound to any.
        local: String,
        /// The other end, if it is connected.
        remote: Option<String>,
    },
    /// A process paused its record stream or set it going, by its library.
    ReadsRunning {
        /// The library.
        door: String,
        /// The thread's name.
        command: String,
        /// Whether it runs from now on.
        running: bool,
    },
    /// The sockets in the app's network namespace.
    Sockets {
        /// One entry a socket.
        sockets: Vec<Socket>,
    },
    /// Which of the app's programs run at a moment of its life. What listens at this moment is the last
    /// [`Body::Sockets`] before.
    Programs {
        /// Which moment.
        at: AppMoment,
        /// Their commands, as the kernel has them, one entry a process, sorted; not those that the stage
        /// started there, nor the recipe's other programs.
        commands: Vec<String>,
    },
    /// A package was put onto the app's side for this session alone, or taken away again by its own means.
    Package {
        /// Its file's name.
        file: String,
        /// Which of the two.
        moment: PackageMoment,
        /// What its means said where they failed; `None` if they did not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
    },
    /// A file that lies on the app's side after the app's package was removed, and lay there otherwise, or not at
    /// all, before it was installed.
    Remains {
        /// Where, as the app saw it.
        path: String,
        /// What became of it.
        how: Remains,
        /// Its length.
        bytes: u64,
        /// Its beginning, where it is of a kind that says what it is for (desktop entries).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A listener of the app's side was asked what a website can have a browser ask.
    WebAsked {
        /// At which moment of the app's life.
        at: AppMoment,
        /// The address and port that it listens at.
        listener: String,
        /// Whether it was asked by TLS, whatever its certificate is worth; it would not be asked otherwise.
        tls: bool,
        /// What was asked and answered, in order; empty where there was no time left for it.
        answers: Vec<WebAnswer>,
    },
    /// The programs on the app's side that hold a camera open.
    Cameras {
        /// One entry a program and device; empty: every camera is released.
        holders: Vec<CameraHolder>,
    },
    /// What the app's windows show is otherwise than at the last look: names of elements, as a screen reader has them.
    /// What stands there when a watch begins is the first.
    Windows {
        /// Names that came.
        shows: Vec<String>,
        /// Names that went.
        hides: Vec<String>,
    },
    /// A block of a stretch that asks about attention ([`crate::Stretch`]) began: what its coin says was done
    /// from the record's `t` on. The coin itself is not written down.
    Attended {
        /// Behind which phase.
        phase: Phase,
        /// What was drawn.
        code: Code,
        /// Which block, from 0.
        block: u32,
        /// Why it could not be done; `None` if it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failed: Option<String>,
    },
    /// The grid of the codes was set: the muted phase begins now.
    Grid {
        /// What it was set at: a send that comes about once a slow block, or nothing.
        at_send: Option<String>,
    },
    /// The muted phase was ended before its planned end, because the question was decided.
    Decided {
        /// By what, one line.
        why: String,
    },
    /// The device's own system says that an app had the microphone. That is access: whether anything
    /// was read, such a log does not say.
    Accessed {
        /// Which log says so.
        log: String,
        /// Which app, as the log names it.
        app: String,
        /// From when to when, as far as it lies within the session.
        span: Span,
        /// Whether the log says when it ended: if not, `span` is a single moment.
        ended: bool,
    },
    /// A log of the device's own system was read: what time it tells of, and what of it was not understood.
    LogRead {
        /// Which log.
        log: String,
        /// Wall time of this fact's own time, nanoseconds since 1970.
        at_ns: u64,
        /// Wall times of the earliest and the latest moment that the log speaks of; absent where it names
        /// none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        span_ns: Option<(u64, u64)>,
        /// For how many seconds east of UTC its times were taken; absent where it says so itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        east_s: Option<i32>,
        /// Whether its times name no day: they were taken for those of the nearest.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        undated: bool,
        /// Lines that belong to it and were not understood.
        #[serde(default, skip_serializing_if = "is_zero")]
        unread: u32,
        /// The first of them, from 1.
        #[serde(default, skip_serializing_if = "is_zero")]
        unread_first: u32,
        /// What is wrong with that.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        unread_why: String,
    },
    /// Packets that were captured elsewhere were laid on the session's clock.
    Aligned {
        /// What was added to the capture's wall time at the schedule's beginning, nanoseconds.
        offset_ns: i64,
        /// How much faster the capture's clock was taken to run, in parts of 10^9.
        drift_ppb: i64,
        /// How many offsets were tried on the control: its evidence has to pay for all of them.
        candidates: u32,
        /// How many drifts were tried on the muted phase: its evidence has to pay for all of them.
        #[serde(default = "one")]
        drifts: u32,
        /// Whether the offset fits better than the best of so many does by chance; where it does not, the
        /// clock was left as it was. Absent where that was not asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        beyond_chance: Option<bool>,
    },
    /// The app asked for a name, of the network that answers everything.
    NameAsked {
        /// The name.
        name: String,
        /// The kind of record (RFC 1035, section 3.2.2): 1 is an address.
        kind: u16,
    },
    /// A request of HTTP that the network which answers everything was sent. What it was answered with is
    /// not the operator's answer.
    Requested(Box<Requested>),
    /// Bytes that are no HTTP, sent to the network that answers everything; or one message, told by a proxy.
    Sent {
        /// The app's address and port.
        local: String,
        /// The address and port that it called.
        remote: String,
        /// The version of TLS that they came by (0x0303 is 1.2); absent where they came in the open.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tls: Option<u16>,
        /// How many bytes there were.
        bytes: u64,
        /// The first of them. Secrets that were found are masked by as many stars.
        data: Bytes,
    },
    /// The app would not speak to the network that answers everything: a connection by TLS over which nothing
    /// was said. What it would have said is not known.
    Refused {
        /// The app's address and port.
        local: String,
        /// The address and port that it called.
        remote: String,
        /// The name in its hello.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        server_name: Option<String>,
        /// How the connection ended.
        how: Refusal,
        /// What the app or we said of it, where anything was said: the alert's name, or what failed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A child of the stage ended by itself.
    Exited {
        /// `app`, `peer`, `sound server`, …
        child: String,
        /// How: `exit code 1`, `signal 9`.
        how: String,
    },
    /// The run could not go on. What was recorded before stays valid.
    Failed {
        /// Which kind of failure; reasons and exit codes follow from it.
        failure: Failure,
        /// One line for a person.
        why: String,
    },
    /// The planned end was reached.
    Finished,
    /// A record of a newer version.
    #[serde(other)]
    Unknown,
}

/// A request of HTTP as it was sent, but for secrets, which are masked by as many stars.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// The app's address and port.
    pub local: String,
    /// The address and port that it called.
    pub remote: String,
    /// The version of TLS (0x0303 is 1.2); absent where it came in the open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<u16>,
    /// `POST`
    pub method: String,
    /// `https` or `http`
    pub scheme: String,
    /// The host that was asked, with its port where that was given.
    pub host: String,
    /// From the first slash on, with what is behind a question mark.
    pub path_and_query: String,
    /// Names and values, in their order.
    pub headers: Vec<(String, String)>,
    /// How many bytes the body has.
    pub bytes: u64,
    /// The first of them.
    pub data: Bytes,
}

/// How a connection by TLS ended over which nothing was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// By an alert of the app's: as a rule it does not trust the certificate.
    Alert,
    /// The app closed it in the middle of the handshake.
    Closed,
    /// After a whole handshake: the app holds the certificate against a list of its own, or had opened the
    /// connection for later.
    Silent,
    /// Otherwise.
    Failed,
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}

/// A moment of an app's life at which is looked what listens and what runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppMoment {
    /// Before the recipe launches it.
    BeforeLaunch,
    /// While it runs, after the muted phase.
    Running,
    /// Some seconds after it was asked to quit.
    AfterQuit,
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}

/// A person's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Word {
    /// What was asked for is done.
    Done,
    /// The app was muted all the time since the mute's [`Word::Done`].
    Kept,
    /// Likewise, but only from so many seconds after that.
    Late {
        /// How many.
        seconds: u32,
    },
    /// It was not, or the person cannot say.
    NotKept,
    /// What was asked for will not be done.
    Left,
    /// For the last so many seconds the app was not as it should have been.
    Slipped {
        /// How many.
        seconds: u32,
    },
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}

fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// Lower end of every level, dBFS: digital silence is reported as this.
pub const SILENCE_DBFS: f32 = -120.0;

/// Bands of speech, Hz: what a telephone carries (ITU-T G.712: 300 to 3400 Hz), about an octave each.
pub const BANDS_HZ: [(f32, f32); 4] = [
    (250.0, 500.0),
    (500.0, 1_000.0),
    (1_000.0, 2_000.0),
    (2_000.0, 3_400.0),
];

/// Bytes; base64 in the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD.decode(text).map_err(serde::de::Error::custom)?;
        Ok(Bytes(bytes))
    }
}

/// One of the two players of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Player {
    /// Plays the stimulus at the audited app's microphone.
    Mic,
    /// Plays a schedule of its own where the app cannot hear it.
    Sham,
}

/// Where plaintext went once it was encrypted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Carried {
    /// `tcp`, `udp`, or the number of another.
    pub protocol: String,
    /// The socket's own address and port.
    pub local: String,
    /// The other end's.
    pub remote: String,
    /// TCP's number of the first byte that was sent for it; absent where it is not known.
    pub from_seq: Option<u32>,
    /// Of the byte behind the last one.
    pub to_seq: Option<u32>,
}

/// A record stream as the sound server shows it. Names and ids are the client's own claims.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordStream {
    /// The server's index.
    pub index: u32,
    /// `application.name`, as claimed.
    pub application: String,
    /// `application.process.binary`, as claimed.
    pub binary: Option<String>,
    /// `application.id`, as claimed: desktops decide by it whom their indicators pass over.
    #[serde(default)]
    pub application_id: Option<String>,
    /// Name of the source it records.
    pub source: String,
    /// Paused by the client: the server hands it nothing.
    pub corked: bool,
    /// Muted at the server: it is handed silence.
    pub muted: bool,
}

/// A program that holds a camera open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CameraHolder {
    /// The device, as the program sees it: `/dev/video0`.
    pub device: String,
    /// The program's command, as the kernel has it.
    pub command: String,
}

/// A socket in the app's network namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Socket {
    /// `tcp`, `tcp6`, `udp`, `udp6`.
    pub protocol: String,
    /// Local address and port.
    pub local: String,
    /// Remote address and port.
    pub remote: String,
    /// State as in `/proc/net/tcp`, by name.
    pub state: String,
    /// Command of a process that holds it, where one was found.
    pub command: Option<String>,
}

/// Of bundles that are older than the search for a drift.
fn one() -> u32 {
    1
}
