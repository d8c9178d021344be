//! Errors of the crates below in words: each variant is a message of the catalogue, and the compiler finds
//! one that has none. What the system or a file said stays as it was said.

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use import::TableFault;
use report::{Lack, Lang, Message};
use session::machine::Missing;

/// What has words of its own.
pub trait Told {
    /// Its message.
    fn message(&self) -> Message;
}

/// The words for it. A message that is missing is a mistake of ours, and no reason to say nothing.
pub fn said(lang: Lang, told: &impl Told) -> String {
    report::said(lang, &told.message()).unwrap_or_else(|e| e.to_string())
}

/// What can go into a message.
pub trait Put {
    /// The message with it as the argument `name`.
    fn put(&self, message: Message, name: &'static str) -> Message;
}

impl<T: Told> Put for T {
    fn put(&self, message: Message, name: &'static str) -> Message {
        message.said(name, self.message())
    }
}

impl Put for PathBuf {
    fn put(&self, message: Message, name: &'static str) -> Message {
        message.with(name, self.display())
    }
}

macro_rules! shown {
    ($($type:ty),+ $(,)?) => {
        $(impl Put for $type {
            fn put(&self, message: Message, name: &'static str) -> Message {
                message.with(name, self)
            }
        })+
    };
}

shown!(
    &str,
    String,
    u8,
    u32,
    u64,
    i32,
    usize,
    f64,
    IpAddr,
    io::Error,
    serde_json::Error,
    recipe::Sound,
    stimulus::BadSeed,
);

/// A message with arguments that are named as the values in them.
macro_rules! message {
    ($id:literal $(, $argument:ident)* $(,)?) => {{
        let message = report::Message::new($id);
        $(let message = $crate::told::Put::put($argument, message, stringify!($argument));)*
        message
    }};
}
pub(crate) use message;

impl Told for Message {
    fn message(&self) -> Message {
        self.clone()
    }
}

/// A file with which something could not be done.
pub fn file(doing: &str, path: &Path, source: &io::Error) -> Message {
    let id = match doing {
        "read" => "fail-read",
        "write" => "fail-write",
        "make" => "fail-make",
        "find" => "fail-find",
        "find the library" => "fail-find-library",
        "find the camera" => "fail-find-camera",
        "create" => "fail-create",
        "copy" => "fail-copy",
        "open" => "fail-open",
        "listen at" => "fail-listen",
        "understand" => "fail-understand",
        // A word that a crate below has only just learnt.
        _ => "fail-do",
    };
    let message = Message::new(id).with("path", path.display());
    let message = match files::refused(source) {
        Some(why) => message.said("source", why.message()),
        None => message.with("source", source),
    };
    match id {
        "fail-do" => message.with("doing", doing),
        _ => message,
    }
}

impl Told for files::Refused {
    fn message(&self) -> Message {
        use files::Refused::*;
        match self {
            NoFile => message!("fail-no-regular-file"),
            Link => message!("fail-link"),
            Long(bytes) => message!("fail-long-file", bytes),
            Many(files) => message!("fail-many-files", files),
        }
    }
}

/// Several messages, each a line of its own.
pub fn lines(mut lines: impl Iterator<Item = Message>) -> Message {
    let first = lines.next().unwrap_or(message!("fail-unknown"));
    lines.fold(first, |before, line| {
        let (before, line) = (&before, &line);
        message!("fail-lines", before, line)
    })
}

/// What the outside world said, and nothing of ours.
pub fn system(said: impl std::fmt::Display) -> Message {
    Message::new("fail-system").with("said", said)
}

impl Told for report::RenderError {
    /// A mistake of ours, maybe in the catalogue itself.
    fn message(&self) -> Message {
        system(self)
    }
}

impl Told for session::Error {
    fn message(&self) -> Message {
        use session::Error::*;
        match self {
            File {
                doing,
                path,
                source,
            } => file(doing, path, source),
            NoRecipe { name, near } => {
                let hint = &match near {
                    Some(near) => message!("fail-near", near),
                    None => message!("fail-recipe-list"),
                };
                message!("fail-no-recipe", name, hint)
            }
            RecipeNotText { file, at } => message!("fail-not-utf8", file, at),
            Recipe { file, errors } => lines(errors.iter().map(|e| {
                let (line, column, what) = (&e.line, &e.column, &e.what);
                match &e.try_this {
                    None => message!("fail-recipe", file, line, column, what),
                    Some(hint) => message!("fail-recipe-hint", file, line, column, what, hint),
                }
            })),
            NoStage(source) => message!("fail-no-stage", source),
        }
    }
}

/// What builds the helper.
pub const BUILD_HELPER: &str = "cargo xtask helper";

/// The command that builds the specimens' program.
pub const BUILD_SPECIMENS: &str = "cargo build --release -p specimens";

/// What a recipe lacks, as it is told.
pub fn lack(missing: &Missing) -> Lack {
    match missing.clone() {
        Missing::Program { program, install } => Lack::Program { program, install },
        Missing::Own { program, install } => Lack::Own { program, install },
        Missing::Specimens => Lack::Specimens {
            build: BUILD_SPECIMENS.to_owned(),
        },
    }
}

impl Told for bundle::FolderError {
    fn message(&self) -> Message {
        use bundle::FolderError::*;
        match self {
            Exists(path) => message!("fail-folder-exists", path),
            Make { path, source } => file("make", path, source),
        }
    }
}

impl Told for bundle::KeyError {
    fn message(&self) -> Message {
        use bundle::KeyError::*;
        match self {
            Read { path, source } => file("read", path, source),
            Make { path, source } => file("make", path, source),
            NoKey(path) => message!("fail-names-key", path),
        }
    }
}

impl Told for bundle::SealError {
    fn message(&self) -> Message {
        use bundle::SealError::*;
        match self {
            Changed { file } => message!("fail-seal-changed", file),
            Missing { file } => message!("fail-seal-missing", file),
            Added { file } => message!("fail-seal-added", file),
            Unreadable(source) => {
                let file = &bundle::SEAL;
                message!("fail-seal-unreadable", file, source)
            }
            Write { file: path, source } => message!("fail-write", path, source),
            Io { file: path, source } => message!("fail-read", path, source),
        }
    }
}

impl Told for bundle::BundleError {
    fn message(&self) -> Message {
        use bundle::BundleError::*;
        match self {
            NoBundle(path) => {
                let file = &bundle::MANIFEST;
                message!("fail-no-bundle", path, file)
            }
            Io { file: path, source } => message!("fail-read", path, source),
            Bad { file: path, why } => message!("fail-bad-file", path, why),
            Seal(e) => e.message(),
        }
    }
}

impl Told for analysis::Error {
    fn message(&self) -> Message {
        use analysis::Error::*;
        match self {
            Bundle(e) => e.message(),
            Kept(source) => message!("fail-kept-numbers", source),
            RedactedPackets => message!("fail-redacted-packets"),
            Asn { path, why } => message!("fail-log", path, why),
            Report(e) => e.message(),
        }
    }
}

impl Told for scan::ScanError {
    fn message(&self) -> Message {
        use scan::ScanError::*;
        match self {
            Open { path, source } => file("read", path, source),
            FollowedPacked(path) => message!("fail-followed-packed", path),
        }
    }
}

impl Told for export::Error {
    fn message(&self) -> Message {
        use export::Error::*;
        match self {
            Read { path, source } => file("read", path, source),
            Archive { path, kind } => message!("fail-archive", path, kind),
            Cache { path, source } => message!("fail-cache", path, source),
            NoCache(path) => message!("fail-no-cache", path),
            Passphrase(path) => message!("fail-passphrase", path),
            Copy { path, source } => message!("fail-copy-clips", path, source),
            NoVoice(path) => message!("fail-no-voice", path),
            // The models are part of the program: a mistake of ours.
            Voices(source) => system(source),
        }
    }
}

impl Told for import::ImportError {
    fn message(&self) -> Message {
        use import::ImportError::*;
        match self {
            Read { path, source } => file("read", path, source),
            ReadKey { path, source } => message!("fail-read-key", path, source),
            Write { path, source } => file("write", path, source),
            NotSchedule { path, source } => message!("fail-not-schedule", path, source),
            NotDrawn(path) => message!("fail-not-drawn", path),
            NewerSchedule { path, format } => message!("fail-newer-schedule", path, format),
            BadKey { schedule, source } => message!("fail-bad-key", schedule, source),
            OthersKey { schedule, key } => message!("fail-others-key", schedule, key),
            NoClock => message!("fail-no-clock"),
            BadMuted(typed) => message!("fail-bad-muted", typed),
            Page { path, fault } => {
                let fault = &fault.to_string();
                message!("fail-page-log", path, fault)
            }
            Scan(e) => e.message(),
            NotCapture { path, why } => message!("fail-not-capture", path, why),
            OtherTime { captured, played } => {
                let [from, to] = &[captured.0, captured.1].map(stamp);
                let [first, last] = &[played.0, played.1].map(stamp);
                message!("fail-other-time", from, to, first, last)
            }
            NothingOfDevice { device, unread } => {
                let device: Vec<_> = device.iter().map(IpAddr::to_string).collect();
                let device = &device.join(", ");
                message!("fail-nothing-of-device", device, unread)
            }
            NothingRead { unread } => message!("fail-nothing-read", unread),
            NoDevice => message!("fail-no-device"),
            SeveralDevices(one, other) => message!("fail-several-devices", one, other),
            MicLog { path, source } => message!("fail-mic-log", path, source),
            Table { path, line, why } => message!("fail-table", path, line, why),
            NoRow(path) => message!("fail-no-row", path),
            Folder(e) => e.message(),
            Seal(e) => e.message(),
            Bundle(e) => e.message(),
        }
    }
}

/// Nanoseconds of Unix time, for people.
fn stamp(ns: u64) -> String {
    let at = jiff::Timestamp::from_nanosecond(ns.into()).unwrap_or_default();
    format!("{at:.0}")
}

impl Told for TableFault {
    fn message(&self) -> Message {
        use TableFault::*;
        match self {
            Fields { found, expected } => message!("fail-table-fields", found, expected),
            NotUtf8 => message!("fail-table-not-utf8"),
            Csv(e) => system(e),
            Time(text) => message!("fail-table-time", text),
            TooLong => message!("fail-table-rows"),
            Mixed { name, texts } => message!("fail-table-mixed", name, texts),
            NoNumbers => message!("fail-table-no-numbers"),
        }
    }
}

impl Told for miclog::Error {
    fn message(&self) -> Message {
        use miclog::Error::*;
        match self {
            Unknown => {
                let known = &miclog::FORMATS.map(|format| format.name).join(", ");
                message!("fail-log-unknown", known)
            }
            NotText { at } => message!("fail-log-not-text", at),
            NoDate => message!("fail-log-no-date"),
            Line { line, why } => message!("fail-log-line", line, why),
        }
    }
}

impl Told for sounds::Error {
    fn message(&self) -> Message {
        use sounds::Error::*;
        match self {
            File { doing, path, e } => file(doing, path, e),
            Unreadable { path, why } => message!("fail-sound-unreadable", path, why),
            Silent(path) => message!("fail-sound-silent", path),
            Manifest { path, why } => message!("fail-bad-file", path, why),
            NoLibrary(path) => message!("fail-no-library", path),
            NoSounds(path) => message!("fail-no-sounds", path),
            EmptyLabel(path) => message!("fail-empty-label", path),
            SameFile { one, other } => message!("fail-same-file", one, other),
            Exists(path) => message!("fail-library-exists", path),
            Attack(e) => e.message(),
        }
    }
}

impl Told for attack::Error {
    fn message(&self) -> Message {
        use attack::Error::*;
        match self {
            NotANumber {
                source_id: source,
                channel,
                index,
                value,
            } => message!("fail-not-a-number", source, index, channel, value),
            Empty(source) => message!("fail-no-values", source),
            Uneven {
                source_id: source,
                channel,
                len,
                first,
                first_len: expected,
            } => message!("fail-uneven", source, channel, len, first, expected),
            NoTime { what, seconds } => message!("fail-no-time", what, seconds),
            Mixed {
                source_id: source,
                found,
                expected,
            } => message!("fail-mixed", source, found, expected),
            OneClass(class) => message!("fail-one-class", class),
            OneSource { class, sources } => message!("fail-one-source", class, sources),
            TwoLabels {
                source_id: source,
                one,
                other,
            } => message!("fail-two-labels", source, one, other),
            NoWindow(seconds) => message!("fail-no-window", seconds),
            NotPaired => message!("fail-not-paired"),
            Silent(source) => message!("fail-silent", source),
            Opus(why) => message!("fail-opus", why),
            Classifier(why) => message!("fail-classifier", why),
        }
    }
}

impl Told for inference::Error {
    fn message(&self) -> Message {
        use inference::Error::*;
        match self {
            NoActivities => message!("fail-no-activities"),
            Ended => message!("fail-ended-before-activities"),
            NotDrawn { stretch, played } => message!("fail-activity-not-drawn", stretch, played),
            Attack(e) => e.message(),
        }
    }
}

impl Told for mic::MicError {
    fn message(&self) -> Message {
        use mic::MicError::*;
        match self {
            NoServer(path) => message!("fail-mic-no-server", path),
            NoPermission(path) => message!("fail-mic-no-permission", path),
            NoPlace => message!("fail-mic-no-place"),
            Remote(server) => message!("fail-mic-remote", server),
            UnknownSource(source) => message!("fail-mic-unknown-source", source),
            UnknownProgram(program) => message!("fail-no-program", program),
            NotOnPipeWire => message!("fail-mic-pipewire"),
            SecondGuard(process) => message!("fail-mic-second-guard", process),
            File { doing, path, error } => file(doing, path, error),
            Sound(e) => system(e),
            Guard(source) => message!("fail-mic-guard", source),
        }
    }
}

/// What to do about an error of the microphone switch.
pub fn next(error: &mic::MicError) -> Message {
    use mic::MicError::*;
    match error {
        NoServer(_) => message!("next-server"),
        NoPermission(_) => message!("next-permission"),
        NoPlace => message!("next-place"),
        Remote(_) => message!("next-remote"),
        UnknownProgram(_) => message!("next-program"),
        NotOnPipeWire => message!("next-pipewire"),
        UnknownSource(_) => message!("next-source"),
        SecondGuard(_) => message!("next-second-guard"),
        File { .. } => message!("next-file"),
        Sound(_) | Guard(_) => message!("next-again"),
    }
}

impl Told for stats::Refused {
    /// Of what this program hands to `stats`, only evidence comes from outside.
    fn message(&self) -> Message {
        use stats::Refused::*;
        match self {
            Evidence(index) => message!("fail-evidence", index),
            Length { .. }
            | NotUsable { .. }
            | Weight { .. }
            | Symbols { .. }
            | Symbol { .. }
            | Levels(_)
            | Clip
            | TwoCoins
            | Fine
            | Lag(_)
            | Row { .. }
            | Order => system(self),
        }
    }
}
