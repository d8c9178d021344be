//! Why a command could not do what it was asked: all that is expected to happen. A bug of ours is a panic.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};

use report::{Lang, Message};

use crate::printer;
use crate::told::{self, Told, message};

/// Makes the failures from rows of message, variant and fields, which are the message's arguments.
macro_rules! failures {
    ($($(#[$only:meta])? $id:literal $variant:ident $({ $($field:ident: $type:ty),+ })?,)+) => {
        /// What the outside world did wrong. What each says is in the catalogue.
        #[derive(Debug)]
        pub enum Fail {
            /// A crate below said it, in words of its own.
            Below(Message),
            /// What the switch of the microphones says, and what to do about it.
            Mic(mic::MicError),
            /// The machine lacks what the recipe needs.
            Missing(Vec<session::machine::Missing>),
            /// The stage could not go on, and nothing can be judged. Whether a person had asked for that.
            Stage { why: Message, stopped: bool },
            $($(#[$only])? $variant $({ $($field: $type),+ })?,)+
        }

        impl Fail {
            /// Its message.
            fn message(&self) -> Message {
                match self {
                    Fail::Stage { why: message, .. } | Fail::Below(message) => message.clone(),
                    Fail::Mic(what) => {
                        let next = &told::next(what);
                        message!("fail-mic", what, next)
                    }
                    Fail::Missing(all) => {
                        told::lines(all.iter().map(|one| told::lack(one).message()))
                    }
                    $($(#[$only])? Fail::$variant $({ $($field),+ })? => message!($id $($(, $field)+)?),)+
                }
            }
        }
    };
}

failures! {
    // What was typed.
    "fail-no-profile" NoProfile { profile: String, known: String },
    "fail-no-schema" NoSchema { name: String, known: String },
    "fail-no-format" NoFormat { format: String, known: String },
    #[cfg(not(feature = "pdf"))]
    "fail-no-pdf" NoPdf,
    #[cfg(feature = "pdf")]
    "fail-pdf-terminal" PdfTerminal,
    "fail-no-statistic" NoStatistic { statistic: String },
    "fail-range" Range { option: &'static str, value: f64, least: f64 },
    "fail-bound" Bound { bits: f64 },
    "fail-not-positive" NotPositive { option: &'static str, value: f64 },
    "fail-alpha" Alpha { alpha: f64 },
    "fail-series" Series { series: u32 },
    "fail-flag-wrong" FlagWrong { share: f64 },
    "fail-needs-every" NeedsEvery,
    "fail-needs-clarity" NeedsClarity,
    "fail-one-signal" OneSignal,
    "fail-needs-schedule" NeedsSchedule,
    "fail-name-recipe" NameRecipe,
    "fail-needs-no-person" NeedsNoPerson { recipe: String },
    "fail-for-guided" ForGuided { option: &'static str },
    "fail-no-display" NoDisplay { recipe: String },
    "fail-attention-wayland" AttentionWayland,
    "fail-record-window" RecordWindow { recipe: String },
    "fail-record-x11" RecordX11,
    "fail-try-guided" TryGuided { recipe: String },
    "fail-transitions" Transitions,
    "fail-attention-guided" AttentionGuided,
    "fail-attention-nothing" AttentionNothing { recipe: String },
    "fail-sound" OtherSound { sound: recipe::Sound },
    "fail-labels" Labels { profile: String, labels: u32 },
    "fail-chance" Chance { option: &'static str, value: f64 },
    "fail-one-export" OneExport,
    "fail-asr" Asr { path: PathBuf },
    // What is there or not.
    "fail-exists" Exists { path: PathBuf },
    "fail-no-app" NoApp { program: String },
    "fail-no-package" NoPackage { path: PathBuf },
    "fail-not-fit" NotFit { what: Message, wrong: Message, mend: Message },
    "fail-no-pasta" NoPasta { program: &'static str, command: String },
    "fail-no-terminal" NoTerminal,
    "fail-ask-outside" AskOutside,
    "fail-needs-ask" NeedsAsk { recipe: String },
    "fail-intercept-outside" InterceptOutside,
    "fail-no-intercept" NoIntercept { why: String },
    "fail-undone" Undone { why: String },
    "fail-ctrl-c" CtrlC { source: io::Error },
    "fail-no-sound-server" NoSoundServer,
    "fail-no-microphone" NoMicrophone { asked: String, known: String },
    "fail-beside-interface" NoInterface { why: String },
    "fail-beside-packets" NoPackets { why: String, command: String },
    "fail-web-page" WebPage { page: String, why: String },
    "fail-beside-capture" CaptureEnded { why: String },
    "fail-beside-unknown" UnknownDevice { name: String },
    "fail-beside-silent" SilentDevice { interface: String, seconds: u64 },
    "fail-beside-several" SeveralDevices { interface: String, devices: String },
    "fail-sound-server" SoundServer { socket: PathBuf, source: io::Error },
    // What bundles and reports say.
    "fail-not-capture-at-all" NotCapture { path: PathBuf, why: Message },
    "fail-canary" Canary { what: String, why: String },
    "fail-flows-of-mitmproxy" FlowsOfMitmproxy { path: PathBuf },
    "fail-log" Log { path: PathBuf, why: String },
    "fail-redacted-attack" RedactedAttack,
    "fail-nothing-varied" NothingVaried,
    "fail-redacted-redraw" RedactedRedraw,
    "fail-redacted-already" RedactedAlready { path: PathBuf },
    "fail-never-sealed" NeverSealed { path: PathBuf },
    "fail-judged-differently" JudgedDifferently,
    "fail-review-one" ReviewOne { count: usize },
    "fail-review-files" ReviewFiles,
    "fail-review-service" ReviewService { first: String, is: String, other: String, was: String },
    "fail-below" ReviewText { why: String },
    "fail-no-terminal-answers" NoTerminalForAnswers,
    "fail-policy" Policy { path: PathBuf, why: String },
    "fail-same-session" SameSession { path: String },
    "fail-different-apps" DifferentApps { apps: String },
    "fail-different-recipes" DifferentRecipes { old: PathBuf, was: String, new: PathBuf, is: String },
    "fail-not-json" NotJson { path: PathBuf, source: serde_json::Error },
    "fail-no-verdict" NoVerdict { path: PathBuf },
    // What goes wrong on the way.
    "guide-not-begun" NotBegun,
    "fail-player-gone" PlayerGone,
    "fail-playing" Playing { why: Message },
}

impl Fail {
    /// A file that could not be read or written.
    pub fn file(doing: &str, path: &Path, e: &io::Error) -> Fail {
        Fail::Below(told::file(doing, path, e))
    }

    /// What the system or a library said, and nothing of ours.
    pub fn system(said: impl Display) -> Fail {
        Fail::Below(told::system(said))
    }

    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            // As of a program that was ended by a signal.
            Fail::Stage { stopped: true, .. } => 130,
            _ => 3,
        }
    }

    /// What it says.
    pub fn say(&self, lang: Lang) -> String {
        told::said(lang, &self.message())
    }

    /// Says it on the error output.
    pub fn tell(&self, lang: Lang) {
        printer::error(&self.say(lang));
    }
}

/// Whatever a crate below says in words of the catalogue.
impl<T: Told> From<T> for Fail {
    fn from(e: T) -> Fail {
        Fail::Below(e.message())
    }
}

/// Prints to standard output.
pub fn print(bytes: &[u8]) -> Result<(), Fail> {
    printer::out(bytes).map_err(Fail::system)
}
