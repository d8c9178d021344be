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
    /// What AppArmor says of user namespaces.
    AppArmor,
    /// Whether a tone is heard at the app's side of a stage with this sound server.
    Tone {
        /// Its name.
        sound: String,
    },
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
    /// A capture of a device beside this machine.
    Beside,
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
    /// AppArmor forbids user namespaces to programs that it does not know; whether this one may make them.
    AppArmor {
        /// The rule is there.
        on: bool,
    },
    /// A tone was heard.
    Heard {
        /// How loud, dBFS.
        dbfs: f32,
    },
    /// So many programs of PipeWire's.
    PipeWire(usize),
    /// A socket for packets.
    Packets,
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
    /// AppArmor forbids user namespaces.
    AppArmor,
    /// A tone was played and not heard.
    NotHeard {
        /// The loudest that was, dBFS.
        dbfs: f32,
    },
    /// Between the tones it is not silent.
    NeverSilent {
        /// The quietest that it is, dBFS.
        dbfs: f32,
    },
    /// The app's side can open what it must not.
    Open(Vec<String>),
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
    /// The other sound server, which was heard; or a command.
    OtherSound {
        /// Its name, as `--sound` takes it.
        sound: &'static str,
        /// What mends this one.
        command: String,
    },
    /// Nothing that a person can do.
    Report,
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
        "certutil" => "program-certutil",
        "pasta" => "program-pasta",
        "Xvfb" => "program-xvfb",
        "openbox" => "program-openbox",
        "xdotool" => "program-xdotool",
        "at-spi-bus-launcher" => "program-at-spi",
        _ => return None,
    })
}

/// The whole page: each check, and whether this machine can audit. `untried` names a system of which only
/// the lists of packages are known.
pub fn doctor(
    checks: &[Checked],
    untried: Option<&str>,
    lang: Lang,
) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let text = text(&words, checks, untried);
    words.done(text)
}

/// Whether everything is there that an audit needs.
pub fn able(checks: &[Checked]) -> bool {
    checks.iter().all(|c| c.found.is_ok() || !c.needed)
}

fn text(words: &Words, checks: &[Checked], untried: Option<&str>) -> String {
    let [ok, missing, lacking] =
        ["doctor-ok", "doctor-missing", "doctor-lacking"].map(|id| words.t(id));
    let width = [&ok, &missing, &lacking].map(|mark| mark.chars().count());
    let width = width.into_iter().max().unwrap_or(0) + 1;
    let mut out = String::new();
    for check in checks {
        let what = words.message(&check.what.message());
        match &check.found {
            Ok(found) => {
                let found = words.message(&found.message());
                out.push_str(&format!("{ok:width$} {what}: {found}\n"));
            }
            Err((wrong, mend)) => {
                let mark = if check.needed { &missing } else { &lacking };
                let [wrong, mend] = [wrong.message(), mend.message()].map(|m| words.message(&m));
                let indent = " ".repeat(width);
                out.push_str(&format!(
                    "{mark:width$} {what}: {wrong}\n{indent} -> {mend}\n"
                ));
            }
        }
    }
    if let Some(system) = untried {
        let said = words.say("doctor-untried", &[("system", system.to_owned())]);
        out.push_str(&format!("{said}\n"));
    }
    let end = match able(checks) {
        true => "doctor-able",
        false => "doctor-not-able",
    };
    out.push_str(&format!("{}\n", words.t(end)));
    out
}

/// What has no words of its own.
fn plain(text: &str) -> Message {
    Message::new("fail-system").with("said", text)
}

fn dbfs(id: &'static str, dbfs: f32) -> Message {
    Message::new(id).with("dbfs", format!("{dbfs:.0}"))
}

impl Looked {
    /// What was looked at.
    pub fn message(&self) -> Message {
        let program = |id: &'static str, program: &str| {
            let message = Message::new(id).with("program", program);
            match purpose(program) {
                Some(why) => message.said("why", Message::new(why)),
                None => message.with("why", "?"),
            }
        };
        match self {
            Looked::Kernel => Message::new("doctor-kernel"),
            Looked::Stage => Message::new("doctor-stage"),
            Looked::AppArmor => Message::new("doctor-apparmor"),
            Looked::Tone { sound } => Message::new("doctor-tone").with("sound", sound),
            Looked::Program(name) => program("doctor-program", name),
            Looked::ForWindows(name) => program("doctor-program-windows", name),
            Looked::Specimens => Message::new("doctor-specimens"),
            Looked::PipeWire => Message::new("doctor-pipewire"),
            Looked::Display => Message::new("doctor-display"),
            Looked::Tracing => Message::new("doctor-tracing"),
            Looked::Beside => Message::new("doctor-beside"),
            Looked::Recipe { name, lack } => Message::new("doctor-recipe")
                .with("name", name)
                .said("what", lack.what()),
        }
    }
}

impl Found {
    /// What was found.
    pub fn message(&self) -> Message {
        match self {
            Found::Named(name) => plain(name),
            Found::Stage => Message::new("doctor-stage-made"),
            Found::AppArmor { on: true } => Message::new("doctor-apparmor-on"),
            Found::AppArmor { on: false } => Message::new("doctor-apparmor-off"),
            Found::Heard { dbfs: heard } => dbfs("doctor-heard", *heard),
            Found::PipeWire(n) => Message::new("doctor-pipewire-found").with("n", n),
            Found::Packets => Message::new("doctor-beside-packets"),
        }
    }
}

impl Wrong {
    /// What is wrong.
    pub fn message(&self) -> Message {
        match self {
            Wrong::NotInstalled => Message::new("doctor-not-installed"),
            Wrong::NotBuilt => Message::new("doctor-not-built"),
            Wrong::NoHelper => Message::new("doctor-no-helper"),
            Wrong::Without(names) => Message::new("doctor-without").with("names", names.join(", ")),
            Wrong::Missing => Message::new("doctor-recipe-missing"),
            Wrong::AppArmor => Message::new("doctor-apparmor-forbids"),
            Wrong::NotHeard { dbfs: heard } => dbfs("doctor-not-heard", *heard),
            Wrong::NeverSilent { dbfs: heard } => dbfs("doctor-never-silent", *heard),
            Wrong::Open(places) => Message::new("doctor-open").with("places", places.join(", ")),
            Wrong::Said(said) => plain(said),
        }
    }
}

impl Mend {
    /// What mends it.
    pub fn message(&self) -> Message {
        match self {
            Mend::Command(command) => plain(command),
            Mend::Recipe(lack) => lack.mend(),
            Mend::OtherSound { sound, command } => Message::new("doctor-mend-sound")
                .with("sound", sound)
                .with("command", command),
            Mend::Report => Message::new("doctor-mend-report"),
            Mend::Kernel => Message::new("doctor-mend-kernel"),
            Mend::OutsideContainer => Message::new("doctor-mend-container"),
            Mend::Graphical => Message::new("doctor-mend-display"),
        }
    }
}
