//! What a machine can and cannot do, and the command that mends it, in words.

use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::message::Message;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// What.
    pub what: Looked,
    /// What was found, or what is wrong, and what mends it.
    pub found: Result<Found, (Wrong, Mend)>,
    /// Without it no audit runs.
    pub needed: bool,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Looked {
    /// The kernel's version.
    Kernel,
    /// Whether a stage can be made.
    Stage,
    /// A program that every stage needs, or one that is asked for by name.
    Program(&'static str),
    /// A program that apps with a window need.
    ForWindows(&'static str),
    /// The specimens' program.
    Specimens,
    /// PipeWire's programs.
    PipeWire,
    /// The person's display.
    Display,
    /// The helper that traces.
    Tracing,
    /// Something that a recipe needs and that is not here.
    Recipe {
        /// The recipe, as it was asked for.
        name: String,
        /// What it lacks.
        lack: Lack,
    },
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A path, a version, a name.
    Named(String),
    /// A stage was made.
    Stage,
    /// So many programs of PipeWire's.
    PipeWire(usize),
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
pub enum Wrong {
    /// A program is not there.
    NotInstalled,
    /// A program of ours is not there.
    NotBuilt,
    /// The helper is not there.
    NoHelper,
    /// Some programs are not there.
    Without(Vec<&'static str>),
    /// What a recipe lacks.
    Missing,
    /// What the system, or a program, says of itself.
    Said(String),
}

/// What mends it.
#[derive(Debug, Clone, PartialEq)]
pub enum Mend {
    /// A command.
    Command(String),
    /// What mends what a recipe lacks.
    Recipe(Lack),
    /// Another kernel.
    Kernel,
    /// Another place to run at.
    OutsideContainer,
    /// A terminal with a display.
    Graphical,
}

/// What a recipe needs and this machine lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lack {
    /// A program of the stage.
    Program {
        /// Its name.
        program: &'static str,
        /// The command that installs it.
        install: String,
    },
    /// The specimens' program.
    Specimens {
        /// The command that builds it.
        build: String,
    },
    /// A program of the recipe.
    Own {
        /// Its name or path.
        program: String,
        /// The command that installs it, where the recipe names packages.
        install: Option<String>,
    },
}

impl Lack {
    /// What is missing.
    fn what(&self) -> Message {
        match self {
            Lack::Program { program, .. } => {
                let missing = Message::new("lack-program").with("program", program);
                match purpose(program) {
                    Some(id) => missing.said("why", Message::new(id)),
                    None => missing.with("why", "?"),
                }
            }
            Lack::Specimens { .. } => Message::new("lack-specimens"),
            Lack::Own { program, .. } => Message::new("lack-own").with("program", program),
        }
    }

    /// What mends it.
    fn mend(&self) -> Message {
        match self {
            Lack::Program { install, .. }
            | Lack::Own {
                install: Some(install),
                ..
            } => Message::new("lack-install").with("command", install),
            Lack::Specimens { build } => Message::new("lack-build").with("command", build),
            Lack::Own { install: None, .. } => Message::new("lack-notes"),
        }
    }

    /// Both as one message.
    pub fn message(&self) -> Message {
        let lack = Message::new("fail-lack").said("what", self.what());
        lack.said("mend", self.mend())
    }
}

/// What a program of the stage is for; nothing for one that has no words yet.
pub fn purpose(program: &str) -> Option<&'static str> {
    Some(match program {
        "ip" => "program-ip",
        "pulseaudio" => "program-pulseaudio",
        "dbus-daemon" => "program-dbus-daemon",
        "pipewire" => "program-pipewire",
        "wireplumber" => "program-wireplumber",
        "pipewire-pulse" => "program-pipewire-pulse",
        "pw-dump" => "program-pw-dump",
        "pasta" => "program-pasta",
        "Xvfb" => "program-xvfb",
        "openbox" => "program-openbox",
        "xdotool" => "program-xdotool",
        _ => return None,
    })
}

/// The whole page: each check, and whether this machine can audit.
pub fn doctor(checks: &[Checked], lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let text = text(&words, checks);
    words.done(text)
}

/// Whether everything is there that an audit needs.
pub fn able(checks: &[Checked]) -> bool {
    checks.iter().all(|c| c.found.is_ok() || !c.needed)
}

fn text(words: &Words, checks: &[Checked]) -> String {
    let [ok, missing, lacking] =
        ["doctor-ok", "doctor-missing", "doctor-lacking"].map(|id| words.t(id));
    let width = [&ok, &missing, &lacking].map(|mark| mark.chars().count());
    let width = width.into_iter().max().unwrap_or(0) + 1;
    let mut out = String::new();
    for check in checks {
        let what = looked(words, &check.what);
        match &check.found {
            Ok(state) => {
                let state = found(words, state);
                out.push_str(&format!("{ok:width$} {what}: {state}\n"));
            }
            Err((state, mends)) => {
                let mark = if check.needed { &missing } else { &lacking };
                let (state, mends) = (wrong(words, state), mend(words, mends));
                let indent = " ".repeat(width);
                out.push_str(&format!(
                    "{mark:width$} {what}: {state}\n{indent} -> {mends}\n"
                ));
            }
        }
    }
    let end = match able(checks) {
        true => "doctor-able",
        false => "doctor-not-able",
    };
    out.push_str(&format!("{}\n", words.t(end)));
    out
}

fn looked(words: &Words, looked: &Looked) -> String {
    let program = |id: &str, program: &str| {
        let why = purpose(program).map_or_else(|| "?".to_owned(), |id| words.t(id));
        words.say(id, &[("program", program.to_owned()), ("why", why)])
    };
    match looked {
        Looked::Kernel => words.t("doctor-kernel"),
        Looked::Stage => words.t("doctor-stage"),
        Looked::Program(name) => program("doctor-program", name),
        Looked::ForWindows(name) => program("doctor-program-windows", name),
        Looked::Specimens => words.t("doctor-specimens"),
        Looked::PipeWire => words.t("doctor-pipewire"),
        Looked::Display => words.t("doctor-display"),
        Looked::Tracing => words.t("doctor-tracing"),
        Looked::Recipe { name, lack } => format!("{name}: {}", words.message(&lack.what())),
    }
}

fn found(words: &Words, found: &Found) -> String {
    match found {
        Found::Named(name) => name.clone(),
        Found::Stage => words.t("doctor-stage-made"),
        Found::PipeWire(n) => words.say("doctor-pipewire-found", &[("n", n.to_string())]),
    }
}

fn wrong(words: &Words, wrong: &Wrong) -> String {
    match wrong {
        Wrong::NotInstalled => words.t("doctor-not-installed"),
        Wrong::NotBuilt => words.t("doctor-not-built"),
        Wrong::NoHelper => words.t("doctor-no-helper"),
        Wrong::Without(names) => words.say("doctor-without", &[("names", names.join(", "))]),
        Wrong::Missing => words.t("doctor-recipe-missing"),
        Wrong::Said(said) => said.clone(),
    }
}

fn mend(words: &Words, mend: &Mend) -> String {
    match mend {
        Mend::Command(command) => command.clone(),
        Mend::Recipe(lack) => words.message(&lack.mend()),
        Mend::Kernel => words.t("doctor-mend-kernel"),
        Mend::OutsideContainer => words.t("doctor-mend-container"),
        Mend::Graphical => words.t("doctor-mend-display"),
    }
}
