//! The kinds of steps, as they are typed.
//!
//! A new kind is an [`Action`], a field of [`RawStep`] and a row in [`KINDS`] here; what it does is in the
//! stage's `steps.rs`, and its line for a recipe's author in docs/recipes.md. Compiler and tests name what
//! was forgotten.

use a11y::{Selector, Texts};
use serde::Deserialize;

use crate::model::*;

/// What is wrong, and what to do about it.
pub(crate) type Complaint = (String, Option<String>);

/// A step as typed: one key says what is done, the others how.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawStep {
    #[serde(default)]
    on: On,
    timeout_s: Option<u32>,
    run: Option<Vec<String>>,
    start: Option<Vec<String>>,
    /// Name of a started program.
    name: Option<String>,
    restart: Option<Vec<String>>,
    terminal: Option<Vec<String>>,
    keys: Option<String>,
    wait_screen: Option<String>,
    /// The program whose terminal is read.
    screen: Option<String>,
    wait_output: Option<String>,
    wait_file: Option<String>,
    wait_port: Option<String>,
    wait_window: Option<String>,
    stdin: Option<String>,
    /// The program that `restart`, `keys`, `wait_screen`, `wait_output` and `stdin` are about.
    of: Option<String>,
    dbus: Option<DbusCall>,
    key: Option<String>,
    click: Option<[i32; 2]>,
    /// The window that `key` and `click` are about.
    window: Option<String>,
    tcp: Option<String>,
    netstring: Option<String>,
    /// What `tcp` and `netstring` send.
    send: Option<String>,
    devtools: Option<String>,
    bidi: Option<String>,
    /// What `devtools` and `bidi` evaluate.
    js: Option<String>,
    /// What an answer has to contain in the end.
    until: Option<String>,
    /// Whether a page's frames are asked as well.
    frames: Option<bool>,
    ask: Option<String>,
    last_answer: Option<bool>,
    press: Option<Selector>,
    /// How `press` does it.
    by: Option<By>,
    see: Option<Selector>,
    reach: Option<Selector>,
    /// What `reach` presses on the way.
    pressing: Option<Vec<Selector>>,
    /// What `reach` puts into a field that asks for a name.
    typing: Option<String>,
    type_into: Option<Selector>,
    /// What `type_into` puts there.
    text: Option<String>,
    choose: Option<Selector>,
    /// The entry that `choose` means.
    item: Option<Texts>,
    expect: Option<Selector>,
    element: Option<Selector>,
    /// What `expect` and `element` ask.
    reads: Option<Reads>,
    /// What `expect` wants to be told.
    is: Option<String>,
    save: Option<String>,
    /// What the answer contains when the app is muted; for `confirm`.
    muted: Option<Texts>,
    /// And when it is not.
    unmuted: Option<Texts>,
}

/// One kind of step.
struct Kind {
    /// The key that says it.
    key: &'static str,
    /// Keys that say how; another kind's are refused only where they would be misread.
    how: &'static [&'static str],
    /// Whether it answers, so that an app can be asked by it whether it is muted.
    answers: bool,
    /// Takes it from what was typed; nothing where it was not.
    take: fn(&mut RawStep) -> Taken,
}

/// What was typed of a kind.
type Taken = Result<Option<Action>, Complaint>;

/// Every kind of step.
const KINDS: &[Kind] = &[
    Kind {
        key: "run",
        how: &[],
        answers: true,
        take: |raw| {
            let argv = raw.run.take().map(|argv| program(argv, "run"));
            Ok(argv.transpose()?.map(Action::Run))
        },
    },
    Kind {
        key: "start",
        how: &["name"],
        answers: false,
        take: |raw| {
            let argv = raw.start.take().map(|argv| program(argv, "start"));
            let name = raw.name.clone().unwrap_or_else(|| "app".into());
            let start = |argv| Action::Start { name, argv };
            Ok(argv.transpose()?.map(start))
        },
    },
    Kind {
        key: "restart",
        how: &["of"],
        answers: false,
        take: |raw| {
            let of = raw.of();
            let argv = raw.restart.take().map(|argv| program(argv, "restart"));
            Ok(argv.transpose()?.map(|argv| Action::Restart { of, argv }))
        },
    },
    Kind {
        key: "terminal",
        how: &["name"],
        answers: false,
        take: |raw| {
            let argv = raw.terminal.take().map(|argv| program(argv, "terminal"));
            let name = raw.name.clone().unwrap_or_else(|| "app".into());
            let start = |argv| Action::Terminal { name, argv };
            Ok(argv.transpose()?.map(start))
        },
    },
    Kind {
        key: "keys",
        how: &["of"],
        answers: false,
        take: |raw| {
            let to = raw.of();
            Ok(raw.keys.take().map(|keys| Action::Keys { to, keys }))
        },
    },
    Kind {
        key: "wait_screen",
        how: &["of"],
        answers: false,
        take: |raw| {
            let of = raw.of();
            let wait = |has| Action::WaitScreen { of, has };
            Ok(raw.wait_screen.take().map(wait))
        },
    },
    Kind {
        key: "screen",
        how: &[],
        answers: true,
        take: |raw| Ok(raw.screen.take().map(Action::Screen)),
    },
    Kind {
        key: "wait_output",
        how: &["of"],
        answers: false,
        take: |raw| {
            let of = raw.of();
            let wait = |has| Action::WaitOutput { of, has };
            Ok(raw.wait_output.take().map(wait))
        },
    },
    Kind {
        key: "wait_file",
        how: &[],
        answers: false,
        take: |raw| Ok(raw.wait_file.take().map(Action::WaitFile)),
    },
    Kind {
        key: "wait_port",
        how: &[],
        answers: false,
        take: |raw| Ok(raw.wait_port.take().map(Action::WaitPort)),
    },
    Kind {
        key: "wait_window",
        how: &[],
        answers: false,
        take: |raw| Ok(raw.wait_window.take().map(Action::WaitWindow)),
    },
    Kind {
        key: "stdin",
        how: &["of"],
        answers: true,
        take: |raw| {
            let to = raw.of();
            let tell = |line| Action::Stdin { to, line };
            Ok(raw.stdin.take().map(tell))
        },
    },
    Kind {
        key: "dbus",
        how: &[],
        answers: true,
        take: |raw| Ok(raw.dbus.take().map(Action::Dbus)),
    },
    Kind {
        key: "key",
        how: &["window"],
        answers: false,
        take: |raw| {
            let Some(keys) = raw.key.take() else {
                return Ok(None);
            };
            let window = need(&raw.window, "window", "key")?;
            Ok(Some(Action::Key { keys, window }))
        },
    },
    Kind {
        key: "click",
        how: &["window"],
        answers: false,
        take: |raw| {
            let Some([x, y]) = raw.click.take() else {
                return Ok(None);
            };
            let window = need(&raw.window, "window", "click")?;
            Ok(Some(Action::Click { x, y, window }))
        },
    },
    Kind {
        key: "tcp",
        how: &["send", "until"],
        answers: true,
        take: |raw| {
            let to = raw.tcp.take();
            tcp(to, raw, false, "tcp")
        },
    },
    Kind {
        key: "netstring",
        how: &["send", "until"],
        answers: true,
        take: |raw| {
            let to = raw.netstring.take();
            tcp(to, raw, true, "netstring")
        },
    },
    Kind {
        key: "devtools",
        how: &["js", "until", "frames"],
        answers: true,
        take: |raw| {
            let at = raw.devtools.take();
            page(at, raw, Protocol::DevTools, "devtools")
        },
    },
    Kind {
        key: "bidi",
        how: &["js", "until", "frames"],
        answers: true,
        take: |raw| {
            let at = raw.bidi.take();
            page(at, raw, Protocol::Bidi, "bidi")
        },
    },
    Kind {
        key: "press",
        how: &["by"],
        answers: false,
        take: |raw| {
            let by = raw.by.take().unwrap_or_default();
            let what = found_by(raw.press.take(), "press")?;
            Ok(what.map(|what| Action::Press { what, by }))
        },
    },
    Kind {
        key: "see",
        how: &[],
        answers: false,
        take: |raw| Ok(found_by(raw.see.take(), "see")?.map(Action::See)),
    },
    Kind {
        key: "reach",
        how: &["pressing", "typing"],
        answers: false,
        take: |raw| {
            let Some(what) = found_by(raw.reach.take(), "reach")? else {
                return Ok(None);
            };
            let pressing = raw.pressing.take().unwrap_or_default();
            for selector in &pressing {
                found_by(Some(selector.clone()), "pressing")?;
            }
            let typing = raw.typing.take();
            Ok(Some(Action::Reach {
                what,
                pressing,
                typing,
            }))
        },
    },
    Kind {
        key: "type_into",
        how: &["text"],
        answers: false,
        take: |raw| {
            let Some(what) = found_by(raw.type_into.take(), "type_into")? else {
                return Ok(None);
            };
            let text = need(&raw.text, "text", "type_into")?;
            Ok(Some(Action::TypeInto { what, text }))
        },
    },
    Kind {
        key: "choose",
        how: &["item"],
        answers: false,
        take: |raw| {
            let Some(from) = found_by(raw.choose.take(), "choose")? else {
                return Ok(None);
            };
            let item = Selector {
                name: raw.item.take(),
                ..Selector::default()
            };
            let item = found_by(Some(item), "item")?;
            Ok(item.map(|item| Action::Choose { from, item }))
        },
    },
    Kind {
        key: "expect",
        how: &["reads", "is"],
        answers: false,
        take: |raw| {
            let Some(what) = found_by(raw.expect.take(), "expect")? else {
                return Ok(None);
            };
            let is = need(&raw.is, "is", "expect")?;
            let reads = raw.reads.unwrap_or_default();
            Ok(Some(Action::Expect { what, reads, is }))
        },
    },
    Kind {
        key: "element",
        how: &["reads"],
        answers: true,
        take: |raw| {
            let what = found_by(raw.element.take(), "element")?;
            let reads = raw.reads.unwrap_or_default();
            Ok(what.map(|what| Action::Element { what, reads }))
        },
    },
    Kind {
        key: "ask",
        how: &[],
        answers: true,
        take: |raw| Ok(raw.ask.take().map(Action::Ask)),
    },
    Kind {
        key: "last_answer",
        how: &[],
        answers: true,
        take: |raw| {
            let asked = raw.last_answer.take() == Some(true);
            Ok(asked.then_some(Action::LastAnswer))
        },
    },
];

fn program(argv: Vec<String>, by: &str) -> Result<Vec<String>, Complaint> {
    match argv.is_empty() {
        true => Err((format!("`{by}` needs a program"), None)),
        false => Ok(argv),
    }
}

fn need(what: &Option<String>, key: &str, by: &str) -> Result<String, Complaint> {
    let missing = || (format!("a `{by}` step needs `{key}`"), None);
    what.clone().ok_or_else(missing)
}

/// A selector that something can be found by.
fn found_by(what: Option<Selector>, by: &str) -> Result<Option<Selector>, Complaint> {
    if let Some(bad) = what.as_ref().and_then(|what| what.check().err()) {
        let hint = match &bad {
            a11y::BadSelector::Role { role } => crate::parse::nearest(role, a11y::Role::names()),
            _ => None,
        };
        return Err((format!("`{by}`: {bad}"), hint));
    }
    Ok(what)
}

fn tcp(to: Option<String>, raw: &RawStep, netstring: bool, by: &str) -> Taken {
    let Some(to) = to else { return Ok(None) };
    Ok(Some(Action::Tcp {
        to,
        send: need(&raw.send, "send", by)?,
        netstring,
        until: raw.until.clone(),
    }))
}

fn page(at: Option<String>, raw: &RawStep, protocol: Protocol, by: &str) -> Taken {
    let Some(at) = at else { return Ok(None) };
    let frames = raw.frames == Some(true);
    if frames {
        // One of many may answer, and which is said by what it answers.
        need(&raw.until, "until", "frames")?;
    }
    Ok(Some(Action::Page {
        protocol,
        at,
        js: need(&raw.js, "js", by)?,
        until: raw.until.clone(),
        frames,
    }))
}

/// Every key that a step can have: what is done, with the keys that say how.
pub fn step_keys() -> Vec<(&'static str, &'static [&'static str])> {
    KINDS.iter().map(|kind| (kind.key, kind.how)).collect()
}

/// A person takes their time.
pub(crate) const ASK_TIMEOUT_S: u32 = 1800;

/// Steps that wait for a program may take this long unless the recipe says otherwise.
const TIMEOUT_S: u32 = 30;

/// An app is asked whether it is muted so often that the answer comes at once or not at all.
const CONFIRM_TIMEOUT_S: u32 = 5;

impl RawStep {
    /// The program that a step is about.
    fn of(&self) -> String {
        self.of.clone().unwrap_or_else(|| "app".into())
    }

    /// A step of a part.
    pub(crate) fn checked(self) -> Result<Step, Complaint> {
        if self.muted.is_some() || self.unmuted.is_some() {
            let what = "`muted` and `unmuted` belong to `[confirm]`".to_owned();
            return Err((what, None));
        }
        self.step().map(|(step, _)| step)
    }

    fn step(mut self) -> Result<(Step, &'static Kind), Complaint> {
        if self.name.is_some() && self.start.is_none() && self.terminal.is_none() {
            let what = "`name` belongs to a `start` or `terminal` step".to_owned();
            return Err((what, None));
        }
        let of_a_program = self.wait_output.is_some()
            || self.stdin.is_some()
            || self.restart.is_some()
            || self.keys.is_some()
            || self.wait_screen.is_some();
        if self.of.is_some() && !of_a_program {
            let keys = KINDS.iter().filter(|kind| kind.how.contains(&"of"));
            let keys: Vec<String> = keys.map(|kind| format!("`{}`", kind.key)).collect();
            let what = format!("`of` belongs to a step with one of {}", keys.join(", "));
            return Err((what, None));
        }
        let asks = self.ask.is_some();
        let mut actions = Vec::new();
        for kind in KINDS {
            let action = (kind.take)(&mut self)?;
            actions.extend(action.map(|action| (action, kind)));
        }
        match (actions.pop(), actions.is_empty()) {
            (Some((action, kind)), true) => {
                let usual = if asks { ASK_TIMEOUT_S } else { TIMEOUT_S };
                let step = Step {
                    on: self.on,
                    timeout_s: self.timeout_s.unwrap_or(usual),
                    action,
                    save: self.save,
                };
                Ok((step, kind))
            }
            (None, _) => {
                let keys: Vec<&str> = KINDS.iter().map(|kind| kind.key).collect();
                Err((
                    "this step does nothing".into(),
                    Some(format!("give one of {}", keys.join(", "))),
                ))
            }
            (Some(_), false) => Err((
                "this step does several things".into(),
                Some("make it several steps".into()),
            )),
        }
    }

    /// How the mute is confirmed.
    pub(crate) fn confirming(mut self) -> Result<Confirm, Complaint> {
        let (muted, unmuted) = (self.muted.take(), self.unmuted.take());
        if let Some(shows) = self.ask {
            return match (&muted, &unmuted) {
                (None, None) => Ok(Confirm::Person(shows)),
                _ => Err((
                    "a person says `muted` or not by themselves".to_owned(),
                    Some("leave out `muted` and `unmuted` beside `ask`".to_owned()),
                )),
            };
        }
        let (Some(Texts(muted)), Some(Texts(unmuted))) = (muted, unmuted) else {
            return Err(("`confirm` needs `muted` and `unmuted`".to_owned(), None));
        };
        let none = |texts: &[String]| texts.is_empty() || texts.iter().any(String::is_empty);
        if none(&muted) || none(&unmuted) || muted.iter().any(|text| unmuted.contains(text)) {
            let what = "`muted` and `unmuted` must be two different texts".to_owned();
            return Err((what, None));
        }
        let hint = || {
            let asking = KINDS.iter().filter(|kind| kind.answers);
            let keys: Vec<&str> = asking.map(|kind| kind.key).collect();
            Some(format!("`confirm` asks with one of {}", keys.join(", ")))
        };
        self.timeout_s = Some(self.timeout_s.unwrap_or(CONFIRM_TIMEOUT_S));
        let (ask, kind) = self.step().map_err(|(what, _)| (what, hint()))?;
        if !kind.answers || ask.save.is_some() {
            let what = match kind.answers {
                true => "`save` belongs to a step of a part".to_owned(),
                false => format!("a `{}` step answers nothing", kind.key),
            };
            return Err((what, hint()));
        }
        Ok(Confirm::App(Box::new(Asking {
            ask,
            muted,
            unmuted,
        })))
    }
}
