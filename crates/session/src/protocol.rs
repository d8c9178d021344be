//! What the process that a person started and the process on the stage tell each other.
//!
//! A message is one line of JSON on a pipe. A line that cannot be read is an error on either side: it means
//! that the two are not the same program, or that something else writes into the pipe.

use std::io::{self, Write};
use std::path::PathBuf;

use record::{Manifest, MonotonicNs, Phase, Word};
use serde::{Deserialize, Serialize};
use stage::display::Display;
use stage::install::Package;
use stage::os_path;

use crate::machine::{self, DisplayServer};

/// A message to the stage, on its standard input. The end of that pipe ends the stage.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToStage {
    /// The session to be recorded: the first message, and sent once.
    Job(Box<Job>),
    /// The question is decided, so the muted phase need not go on.
    Decided {
        /// By what.
        why: String,
    },
    /// What the person said.
    Said(Said),
    /// The outside network ended.
    OutsideEnded {
        /// How.
        how: String,
    },
    /// The person wants the run to end.
    Stop {
        /// How that was said.
        why: String,
    },
}

/// A message from the stage, on its standard output.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromStage {
    /// The app's side stands; what has the rights for it may trace programs in this network namespace.
    AppNetwork {
        /// Its inode number.
        inode: u64,
    },
    /// The outside network may be joined now.
    JoinOutside,
    /// Something to be asked of the person.
    Ask(Ask),
    /// What goes on.
    Tell(Tell),
    /// What was recorded of a person's use.
    Recorded(Steps),
    /// How a step went of a recipe that is tried.
    Try(TryStep),
}

/// Writes one message and flushes it.
pub fn send(pipe: &mut impl Write, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    pipe.write_all(&line)?;
    pipe.flush()
}

/// One session to be recorded.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    /// The bundle's folder; it exists and holds `recipe/`.
    #[serde(with = "os_path")]
    pub dir: PathBuf,
    /// The manifest, but for the seed's hash: the seed is drawn on the stage.
    pub manifest: Manifest,
    /// The specimens' binary, where there is one.
    #[serde(with = "os_path::option")]
    pub specimen: Option<PathBuf>,
    /// The sides' sound server.
    pub sound: recipe::Sound,
    /// What the privileged helper sees.
    pub tap: Tap,
    /// The library whose recordings play as activities.
    #[serde(with = "os_path::option")]
    pub library: Option<PathBuf>,
    /// The sound that the app reads is kept.
    pub keep_audio: bool,
    /// A camera that is shown to the app, as its first one.
    #[serde(with = "os_path::option")]
    pub camera: Option<PathBuf>,
    /// What a guided audit needs; absent where no person is asked.
    pub guiding: Option<Guiding>,
    /// An app that is watched, in the place of a sound test; absent in audits.
    pub sinking: Option<Sinking>,
    /// Who draws the windows of the sides.
    pub display: DisplayServer,
    /// A recipe that is tried, in the place of an audit.
    pub trying: Option<Trying>,
    /// A recipe that is recorded, in the place of an audit.
    pub recording: Option<Recording>,
}

impl Job {
    /// An audit that asks nobody and keeps no sound, of a recipe that is in the bundle's folder `dir` by now.
    pub fn new(dir: PathBuf, manifest: Manifest, sound: recipe::Sound, tap: Tap) -> Job {
        Job {
            dir,
            manifest,
            specimen: machine::specimen(),
            sound,
            tap,
            library: None,
            keep_audio: false,
            camera: None,
            guiding: None,
            sinking: None,
            display: DisplayServer::default(),
            trying: None,
            recording: None,
        }
    }

    /// What lies anywhere on the machine and is wanted on the stage, in one order at both ends.
    pub(crate) fn wanted(&mut self) -> Vec<&mut PathBuf> {
        let one = [&mut self.specimen, &mut self.library, &mut self.camera];
        let shown = self.guiding.iter_mut().flat_map(|g| {
            let of_proxy = g.intercept.iter_mut().flat_map(|i| i.show.iter_mut());
            g.show.iter_mut().chain(of_proxy)
        });
        let one = one.into_iter().flat_map(Option::as_mut);
        let sinking = self.sinking.iter_mut().flat_map(|sinking| {
            let shown = sinking.show.iter_mut().map(|(from, _)| from);
            let packages = sinking.install.iter_mut().map(|package| &mut package.file);
            shown.chain(packages).chain([&mut sinking.program])
        });
        let one = one.chain(sinking);
        one.chain(shown.map(|(from, _)| from)).collect()
    }
}

/// What the session is told of a guided audit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Guiding {
    /// The person's display.
    pub display: Display,
    /// Whether the outside network is to be joined.
    pub outside: bool,
    /// Folders to show to the app beside the system's: (here, in the side's view).
    #[serde(with = "os_path::pairs")]
    pub show: Vec<(PathBuf, PathBuf)>,
    /// An installed mitmproxy that stands between the app and its servers.
    pub intercept: Option<Intercept>,
}

/// An installed mitmproxy.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Intercept {
    /// The Python that runs it.
    #[serde(with = "os_path")]
    pub python: PathBuf,
    /// Where that looks for packages, as in `PYTHONPATH`.
    pub path: String,
    /// The file with the authorities whom the servers' certificates have to be from.
    #[serde(with = "os_path")]
    pub authorities: PathBuf,
    /// What it needs beside the system's folders: (here, in the side's view).
    #[serde(with = "os_path::pairs")]
    pub show: Vec<(PathBuf, PathBuf)>,
}

/// What a session needs in which an app is watched, and nothing asked about sound.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sinking {
    /// Whether the network is the one that answers everything; else it is the one of a guided audit.
    pub answered: bool,
    /// Whether a person is asked when consent is given and when somebody logs in.
    pub asks: bool,
    /// The program whose hidden commands are [`crate::hidden`]'s: the sink is one of them.
    #[serde(with = "os_path")]
    pub program: PathBuf,
    /// How long the app is watched once it runs, seconds.
    pub seconds: u32,
    /// Folders and files to show to the app beside the system's: (here, in the side's view).
    #[serde(with = "os_path::pairs")]
    pub show: Vec<(PathBuf, PathBuf)>,
    /// Packages to install for this session alone, in this order.
    pub install: Vec<Package>,
}

/// A recipe that is tried: nothing is played, and nothing judged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trying {
    /// How far.
    pub until: Until,
    /// How often it is muted, where it is muted at all.
    pub times: u32,
}

/// A recipe that is recorded: a person uses the app on a display of its own, inside a window of theirs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recording {
    /// The person's display, on which that window is.
    pub display: Display,
    /// Whether joining is recorded as well; else the recipe's own steps do it.
    pub join: bool,
}

/// What was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// How many steps.
    pub steps: usize,
    /// How many clicks hit nothing that has a name.
    pub nameless: usize,
    /// How many words on the mute the app has.
    pub said: usize,
    /// What it was muted by, where that has a name.
    pub muted_by: Option<String>,
    /// The steps and words, as a part of a recipe's text.
    pub text: String,
}

/// How far a recipe is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Until {
    /// It has joined.
    Join,
    /// Its mute is confirmed.
    Mute,
    /// So many steps are done.
    Step(usize),
}

/// The folder of a bundle with what was seen at each step of a try.
pub const STEPS: &str = "steps";

/// How a step of a try went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TryStep {
    /// One begins.
    Begins {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        of: usize,
        /// In which part of the recipe.
        part: String,
        /// The step, one line.
        step: String,
    },
    /// It is done.
    Done {
        /// How long it took.
        took_ms: u64,
        /// A picture of the screen behind it, by its name in the bundle.
        picture: Option<String>,
    },
    /// It failed, or the mute was not confirmed.
    Failed {
        /// Why.
        why: String,
        /// A picture of the screen then.
        picture: Option<String>,
        /// Titles of the windows that are there.
        windows: Vec<String>,
        /// Names of what can be pressed in them.
        buttons: Vec<String>,
        /// What the app answered last; may be empty.
        last_answer: String,
    },
    /// The app says that it is muted.
    Confirmed {
        /// How long after the last step.
        took_ms: u64,
        /// What was said.
        words: Vec<Answered>,
        /// A picture of the screen then.
        picture: Option<String>,
    },
    /// It was muted and unmuted again and again.
    Again {
        /// How often something was pressed, both together.
        presses: u32,
        /// Which of them the app did not confirm.
        missed: Vec<u32>,
        /// From a press to its confirmation, the mean.
        mean_ms: u64,
        /// And the slowest.
        slowest_ms: u64,
    },
}

/// One word of the app about its mute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// What was asked, one line.
    pub of: String,
    /// What it means; nothing where it means neither.
    pub muted: Option<bool>,
    /// What was said.
    pub said: String,
}

/// Where what the privileged helper sees comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Tap {
    /// A pipe with `tap` frames, inherited under this number.
    Pipe {
        /// The file descriptor.
        fd: i32,
    },
    /// There is no helper.
    Absent {
        /// Why, and what would mend it.
        why: String,
    },
}

/// Something to be asked of the person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ask {
    /// The recipe's part, [`CONFIRM_PART`] or [`MUTED_PART`].
    pub part: String,
    /// The recipe's own words; may be empty.
    pub what: String,
}

/// The part of an [`Ask`] for whether the app was muted all the time.
pub const CONFIRM_PART: &str = "confirm";

/// The part of an [`Ask`] for whether the app is muted, where the recipe muted it itself.
pub const MUTED_PART: &str = "muted";

/// The part of an [`Ask`] for having logged in.
pub const LOGGED_IN_PART: &str = "logged-in";

/// A phase that begins.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Tell {
    /// Which.
    pub phase: Phase,
    /// How long it takes, seconds.
    pub seconds: f64,
}

/// What the person said, and when the key was pressed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// When.
    pub t: MonotonicNs,
    /// What.
    pub word: Word,
}

/// Where the sides see the recipe's folder.
pub const SIDE_RECIPE: &str = "/recipe";

/// Where the sides see the specimens' binary.
pub const SIDE_SPECIMEN: &str = "/specimen/muteproof-specimen";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_and_comes_back_whole() {
        let said = Said {
            t: MonotonicNs(7),
            word: Word::Done,
        };
        let messages = [
            ToStage::Decided {
                why: "a line\nand another".into(),
            },
            ToStage::Said(said),
            ToStage::Stop { why: "x".into() },
        ];
        let mut pipe = Vec::new();
        for message in &messages {
            send(&mut pipe, message).unwrap();
        }
        let text = String::from_utf8(pipe).unwrap();
        let back: Vec<ToStage> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(format!("{back:?}"), format!("{messages:?}"));
    }
}
