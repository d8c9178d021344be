use std::collections::BTreeMap;

use a11y::{Selector, plain};
use serde::{Deserialize, Serialize};

/// A parsed and validated recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// Title for people, e.g. `Mumble, voice-activated`.
    pub title: String,
    /// What it is called in other languages, by their tags (`de`).
    pub called: BTreeMap<String, Called>,
    /// What the recipe says of itself; absent where the app was audited by it.
    pub status: Option<Status>,
    /// The audited app.
    pub app: App,
    /// Known remote ends; others are third parties.
    pub remote: Vec<Remote>,
    /// Values of its own variables.
    pub vars: BTreeMap<String, String>,
    /// Names of its variants, each with its title: the same recipe with other values.
    pub variants: BTreeMap<String, String>,
    /// Prepares the sides (files, certificates), before anything of the app runs.
    pub setup: Vec<Step>,
    /// Starts the peer and the app.
    pub launch: Vec<Step>,
    /// Brings the app into the call. When these are done, it is joined and unmuted.
    pub join: Vec<Step>,
    /// Agrees to whatever the app or page asks to agree to; `flows` alone does it. Empty where nothing is asked.
    pub consent: Vec<Step>,
    /// Logs a person in; `flows` alone does it. Empty where nobody is.
    pub login: Vec<Step>,
    /// Turns the camera off, before the mute; empty where the recipe has no camera.
    pub camera_off: Vec<Step>,
    /// Presses mute.
    pub mute: Vec<Step>,
    /// Presses unmute.
    pub unmute: Vec<Step>,
    /// Ends the call.
    pub quit: Vec<Step>,
    /// How the app tells its own user whether it is muted.
    pub confirm: Confirm,
    /// Other words of the app about the same; empty where one is asked for alone.
    pub also: Vec<Asking>,
}

/// The words of a recipe in another language, for pages in that one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// Its title; absent where that is the same.
    pub title: Option<String>,
    /// How mute is pressed and confirmed; absent where that stands in one language alone.
    pub mute_way: Option<String>,
}

/// The audited app.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Path of the binary that is audited (and hashed), variables allowed.
    pub binary: String,
    /// Name of the process (see [`Action::Start`]) whose end ends the audit.
    #[serde(default = "app_name")]
    pub process: String,
    /// How mute is pressed and confirmed, one line for the report.
    pub mute_way: String,
    /// Whether the sides need a display (Xvfb, openbox).
    #[serde(default)]
    pub window: bool,
    /// Whether a person drives the app: it is shown on their own display.
    #[serde(default)]
    pub guided: bool,
    /// Whether the app needs the outside network.
    #[serde(default)]
    pub outside: bool,
    /// The operator's own domains, those below them included.
    #[serde(default)]
    pub domains: Vec<String>,
    /// The sound server that the app needs; absent where any will do.
    #[serde(default)]
    pub sound: Option<Sound>,
    /// Whether the app makes a sandbox of its own with mounts in it, which the stage then has to let it.
    #[serde(default)]
    pub sandbox: Option<Sandbox>,
    /// Packages by distribution (`debian`, `fedora`, `arch`); the first of each list is the app's.
    #[serde(default)]
    pub packages: BTreeMap<String, Vec<String>>,
    /// What both sides are shown of the machine's `/etc`, by name, beside what every side is
    /// ([`crate::may_show_of_etc`]).
    #[serde(default)]
    pub etc: Vec<String>,
    /// Other programs that the steps call; `a|b` where either will do, as distributions name them.
    #[serde(default)]
    pub programs: Vec<String>,
}

/// A sandbox that an app makes of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sandbox {
    /// With mounts, inside the stage's (Flatpak, bubblewrap).
    Nested,
}

/// What a recipe says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Status {
    /// Written from public documents; nobody of ours has audited the app by it.
    #[serde(rename = "not audited by us")]
    NotAudited,
    /// The service is no longer there.
    #[serde(rename = "discontinued")]
    Discontinued,
}

/// A sound server for the sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sound {
    /// PulseAudio.
    #[default]
    PulseAudio,
    /// PipeWire with WirePlumber and pipewire-pulse; JACK clients by pipewire-jack.
    PipeWire,
}

fn app_name() -> String {
    "app".to_owned()
}

/// A known remote end.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// IP address, variables allowed (`${peer}`).
    pub address: String,
    /// Port; all of the address where it is absent.
    pub port: Option<u16>,
    /// Who is there.
    pub role: Role,
}

/// Who is behind a remote address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// The operator's server.
    Server,
    /// Another participant, reached directly.
    Participant,
}

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// On which side.
    pub on: On,
    /// How long it may take, seconds.
    pub timeout_s: u32,
    /// What is done.
    pub action: Action,
    /// Name under which its answer is kept: `${name}` in later steps.
    pub save: Option<String>,
}

/// A side of the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// The audited app's.
    #[default]
    App,
    /// The peer's.
    Peer,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Runs a program to its end; exit code 0 is success.
    Run(Vec<String>),
    /// Starts a program that stays, under a name for later steps.
    Start {
        /// Its name.
        name: String,
        /// Program and arguments.
        argv: Vec<String>,
    },
    /// Ends a started program and starts it with other arguments: an app whose mute is said at its start.
    Restart {
        /// Its name.
        of: String,
        /// Program and arguments.
        argv: Vec<String>,
    },
    /// Starts a program that wants a terminal, on one.
    Terminal {
        /// Its name.
        name: String,
        /// Program and arguments.
        argv: Vec<String>,
    },
    /// Types into a program's terminal.
    Keys {
        /// Name of the program.
        to: String,
        /// What is typed, control characters and all.
        keys: String,
    },
    /// Waits until a text stands on a program's terminal.
    WaitScreen {
        /// Name of the program.
        of: String,
        /// The text.
        has: String,
    },
    /// What stands on the terminal of the program of this name; that is the answer.
    Screen(String),
    /// Waits for a line of a started program's output that contains a text.
    WaitOutput {
        /// Name of the program.
        of: String,
        /// The text.
        has: String,
    },
    /// Waits for a file (or socket) to appear.
    WaitFile(String),
    /// Waits until a TCP connection is accepted at `ADDRESS:PORT`.
    WaitPort(String),
    /// Waits for a window whose title contains a text.
    WaitWindow(String),
    /// Writes a line to a started program's standard input.
    Stdin {
        /// Name of the program.
        to: String,
        /// The line, without line feed.
        line: String,
    },
    /// Calls a D-Bus method on the side's session bus.
    Dbus(DbusCall),
    /// Presses keys (xdotool's names) in a window whose title contains a text.
    Key {
        /// Keys, e.g. `ctrl+m`.
        keys: String,
        /// Part of the window's title.
        window: String,
    },
    /// Clicks at a place of a window whose title contains a text.
    Click {
        /// Pixels from the window's left edge.
        x: i32,
        /// Pixels from the window's top edge.
        y: i32,
        /// Part of the window's title.
        window: String,
    },
    /// Sends a text over TCP and reads the answer.
    Tcp {
        /// `ADDRESS:PORT`.
        to: String,
        /// What is sent.
        send: String,
        /// Whether both are wrapped as a netstring: length, colon, text, comma.
        netstring: bool,
        /// Sent again and again until the answer contains this.
        until: Option<String>,
    },
    /// Asks the person to do something; done when they say so. The words may be empty: then they are
    /// those of the part in which the step stands.
    Ask(String),
    /// What the last step answered that answered anything: for apps that say how they are when they
    /// are muted or unmuted, and cannot be asked again.
    LastAnswer,
    /// Presses an element of a window, by its name.
    Press {
        /// Which.
        what: Selector,
        /// How.
        by: By,
    },
    /// Waits until an element is shown.
    See(Selector),
    /// Waits until an element is shown, and meanwhile presses whatever of some others is.
    Reach {
        /// Which.
        what: Selector,
        /// What leads to it.
        pressing: Vec<Selector>,
        /// What is put into an empty field that asks for a name.
        typing: Option<String>,
    },
    /// Puts a text into a field.
    TypeInto {
        /// Which field.
        what: Selector,
        /// The text.
        text: String,
    },
    /// Chooses an entry of a list.
    Choose {
        /// Which list.
        from: Selector,
        /// Which entry.
        item: Selector,
    },
    /// Waits until an element says something of itself.
    Expect {
        /// Which.
        what: Selector,
        /// What it is asked.
        reads: Reads,
        /// What it says then.
        is: String,
    },
    /// Asks an element of a window.
    Element {
        /// Which.
        what: Selector,
        /// What it is asked; that is the answer.
        reads: Reads,
    },
    /// Evaluates JavaScript in the first page of a browser; its value is the answer.
    Page {
        /// How the browser is asked.
        protocol: Protocol,
        /// `ADDRESS:PORT` of its debugging port.
        at: String,
        /// The expression; a promise is waited for.
        js: String,
        /// Asked again and again until the answer contains this.
        until: Option<String>,
        /// Asked of each frame in the page too, until one answers so.
        frames: bool,
    },
}

/// How something is pressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// As assistive technology does it: the app is told that it is pressed.
    #[default]
    Name,
    /// With the mouse, in its middle.
    Pointer,
}

/// What an element is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Reads {
    /// How it is called.
    #[default]
    Name,
    /// What it says of itself besides.
    Description,
    /// The text in it.
    Text,
    /// Whether it is down: `yes` or `no`.
    Pressed,
    /// Whether it is checked: `yes` or `no`.
    Checked,
    /// Whether it can be used: `yes` or `no`.
    Enabled,
    /// What a button that mutes says: `muted` or `unmuted`, by how it is called, and where it is always called the
    /// same by whether it is down.
    Muted,
}

/// How a browser is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The DevTools protocol: Chromium and everything built on it.
    DevTools,
    /// WebDriver BiDi: Firefox.
    Bidi,
}

/// A D-Bus method call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DbusCall {
    /// Bus name.
    pub service: String,
    /// Object path.
    pub path: String,
    /// Interface.
    pub interface: String,
    /// Method.
    pub method: String,
    /// Arguments: booleans, integers (as INT32), strings.
    #[serde(default)]
    pub args: Vec<DbusArg>,
}

/// An argument of a D-Bus call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum DbusArg {
    /// BOOLEAN.
    Bool(bool),
    /// INT32.
    Int(i32),
    /// STRING.
    Text(String),
}

/// How it is known whether the app is muted: by what it tells its own user. Never by audio, never by
/// traffic.
#[derive(Debug, Clone, PartialEq)]
pub enum Confirm {
    /// The app is asked, again and again.
    App(Box<Asking>),
    /// The person sees it, and is asked: at the mute, and in the end whether it was so all the time.
    /// What the app shows when it is muted, in the recipe's words; may be empty.
    Person(String),
}

/// An action that answers, and what the answer contains when the app is muted and when it is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Asking {
    /// The asking step: `run` (standard output), `dbus` (reply), `tcp`, `netstring`, `devtools`,
    /// `bidi` (answer), `stdin` (the next line of output), `screen` (what stands there), `element` (what it says
    /// of itself), `last_answer`.
    pub ask: Step,
    /// The answer contains one of these when muted; of an element, it is one of them.
    pub muted: Vec<String>,
    /// Likewise when not muted.
    pub unmuted: Vec<String>,
}

impl Asking {
    /// Whether the answer has to be the whole text: `Mute` is a part of many a button's name.
    pub fn is_whole(&self) -> bool {
        matches!(self.ask.action, Action::Element { .. })
    }

    /// Reads an answer; `None` where it is neither or both.
    pub fn read(&self, answer: &str) -> Option<bool> {
        let is = |texts: &[String]| match self.is_whole() {
            true => texts.iter().any(|text| plain(text) == plain(answer)),
            false => texts.iter().any(|text| answer.contains(text)),
        };
        match (is(&self.muted), is(&self.unmuted)) {
            (true, false) => Some(true),
            (false, true) => Some(false),
            _ => None,
        }
    }
}

/// The part in which a person, or a step in their place, agrees.
pub const CONSENT: &str = "consent";

/// The part in which they log in.
pub const LOGIN: &str = "login";

impl Action {
    /// The name of the program that it starts.
    pub fn starts(&self) -> Option<&str> {
        match self {
            Action::Start { name, .. } | Action::Terminal { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The started program that it is about, and the key by which it is.
    pub fn is_about(&self) -> Option<(&str, &'static str)> {
        match self {
            Action::Restart { of, .. } => Some((of, "restart")),
            Action::Keys { to, .. } => Some((to, "keys")),
            Action::WaitScreen { of, .. } => Some((of, "wait_screen")),
            Action::Screen(of) => Some((of, "screen")),
            Action::WaitOutput { of, .. } => Some((of, "wait_output")),
            Action::Stdin { to, .. } => Some((to, "stdin")),
            _ => None,
        }
    }

    /// What it looks for in a window by name, where it does.
    pub fn selectors(&self) -> Vec<&Selector> {
        match self {
            Action::Press { what, .. }
            | Action::See(what)
            | Action::TypeInto { what, .. }
            | Action::Expect { what, .. }
            | Action::Element { what, .. } => vec![what],
            Action::Choose { from, item } => vec![from, item],
            Action::Reach { what, pressing, .. } => [what].into_iter().chain(pressing).collect(),
            _ => Vec::new(),
        }
    }
}

impl Recipe {
    /// Everything that is asked whether the app is muted, the first first.
    pub fn asked(&self) -> impl Iterator<Item = &Asking> {
        let first = match &self.confirm {
            Confirm::App(asking) => Some(&**asking),
            Confirm::Person(_) => None,
        };
        first.into_iter().chain(&self.also)
    }

    /// Whether a program of the recipe's runs on the peer's side, who could play what arrives there.
    pub fn has_peer(&self) -> bool {
        let parts = self.parts();
        let mut steps = parts.iter().flat_map(|(_, steps)| steps.iter());
        steps.any(|step| step.on == On::Peer && step.action.starts().is_some())
    }

    /// Whether anything is looked for by name in a window of this side.
    pub fn names_on(&self, on: On) -> bool {
        let parts = self.parts();
        let steps = parts.iter().flat_map(|(_, steps)| steps.iter());
        let mut all = steps.chain(self.asked().map(|asking| &asking.ask));
        all.any(|step| step.on == on && !step.action.selectors().is_empty())
    }

    /// The recipe's parts by name, in the order in which they run.
    pub fn parts(&self) -> [(&'static str, &[Step]); 9] {
        [
            ("setup", &self.setup),
            ("launch", &self.launch),
            ("join", &self.join),
            (CONSENT, &self.consent),
            (LOGIN, &self.login),
            ("camera_off", &self.camera_off),
            ("mute", &self.mute),
            ("unmute", &self.unmute),
            ("quit", &self.quit),
        ]
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Status::NotAudited => "not audited by us",
            Status::Discontinued => "discontinued",
        })
    }
}

impl std::fmt::Display for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Sound::PulseAudio => "PulseAudio",
            Sound::PipeWire => "PipeWire",
        })
    }
}

impl std::fmt::Display for Reads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Reads::Name => "name",
            Reads::Description => "description",
            Reads::Text => "text",
            Reads::Pressed => "pressed",
            Reads::Checked => "checked",
            Reads::Enabled => "enabled",
            Reads::Muted => "word on the mute",
        })
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let on = match self.on {
            On::App => "app",
            On::Peer => "peer",
        };
        write!(f, "{on}: ")?;
        match &self.action {
            Action::Run(argv) => write!(f, "run {}", argv.join(" ")),
            Action::Start { name, argv } => write!(f, "start {name}: {}", argv.join(" ")),
            Action::Restart { of, argv } => write!(f, "restart {of}: {}", argv.join(" ")),
            Action::Terminal { name, argv } => {
                write!(f, "start {name} on a terminal: {}", argv.join(" "))
            }
            Action::Keys { to, keys } => write!(f, "type {keys:?} into {to}"),
            Action::WaitScreen { of, has } => write!(f, "wait until {has:?} stands on {of}"),
            Action::Screen(of) => write!(f, "what stands on {of}"),
            Action::WaitOutput { of, has } => write!(f, "wait until {of} says {has:?}"),
            Action::WaitFile(path) => write!(f, "wait for file {path}"),
            Action::WaitPort(at) => write!(f, "wait for port {at}"),
            Action::WaitWindow(title) => write!(f, "wait for window {title:?}"),
            Action::Stdin { to, line } => write!(f, "tell {to}: {line}"),
            Action::Dbus(call) => write!(f, "D-Bus {}.{}", call.interface, call.method),
            Action::Key { keys, window } => write!(f, "press {keys} in {window:?}"),
            Action::Click { x, y, window } => write!(f, "click {x},{y} in {window:?}"),
            Action::Ask(what) => write!(f, "ask the person: {what}"),
            Action::LastAnswer => write!(f, "the last answer"),
            Action::Tcp { to, .. } => write!(f, "TCP message to {to}"),
            Action::Press { what, by: By::Name } => write!(f, "press {what}"),
            Action::Press { what, .. } => write!(f, "press {what} with the mouse"),
            Action::See(what) => write!(f, "see {what}"),
            Action::Reach { what, .. } => write!(f, "press what leads to it until there is {what}"),
            Action::TypeInto { what, text } => write!(f, "type {text:?} into {what}"),
            Action::Choose { from, item } => write!(f, "choose {item} in {from}"),
            Action::Expect { what, reads, is } => {
                write!(f, "expect {reads} of {what} to be {is:?}")
            }
            Action::Element { what, reads } => write!(f, "{reads} of {what}"),
            Action::Page { at, js, .. } => write!(f, "in the page of {at}: {js}"),
        }
    }
}

/// The name (or path) of a recipe and its variant's: `chromium:stop`.
pub fn variant_of(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((name, variant)) if !variant.contains('/') => (name, Some(variant)),
        _ => (name, None),
    }
}
