//! What a person is told of the microphone switch, and of who holds a microphone.

use schemars::JsonSchema;
use serde::Serialize;
use switch::{
    Device, Event, Holder, Layer, LayerState, NotRecorded, Proof, SourceStatus, Status, Verified,
    Who, Wish,
};

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::schema::SCHEMA;

/// One thing to say of the switch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mic<'a> {
    /// The verified state in a few words, for a tray.
    State(Verified),
    /// Everything that is known of the state.
    Status(&'a Status),
    /// Something that happened.
    Event(&'a Event),
    /// Somebody who holds something.
    Holder(&'a Holder, Seen<'a>),
    /// The page that `muteproof` alone shows.
    Front {
        /// Who holds something, and since when, where that is known.
        holders: &'a [(Holder, Option<String>)],
        /// Why it is not known who records through the sound server.
        failed: Option<&'a str>,
        /// The verified state, where a guard tells it.
        verified: Option<Verified>,
    },
    /// A line of a menu.
    Menu(Menu),
    /// What the shortcut does.
    Shortcut,
    /// This name on the session bus is somebody else's.
    NameNotOurs(&'a str),
    /// Title of the watch's page.
    WatchTitle,
    /// Title of its history.
    WatchHistory,
    /// Nobody holds anything.
    Nobody,
}

/// When somebody who holds something was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen<'a> {
    /// That is not told.
    Now,
    /// Since this time of the day.
    Since(&'a str),
    /// They begin.
    Begin,
    /// Something about them changed.
    Change,
    /// They end.
    End,
}

/// Lines of the tray's menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    /// Switch it off.
    Off,
    /// Switch it on.
    On,
    /// Prove it again.
    Prove,
}

/// What `muteproof mic status`, `on`, `off` and `toggle` print.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    schema: u32,
    #[serde(flatten)]
    status: &'a Status,
}

/// A status for programs: JSON in one line, without its end.
pub fn mic_json(status: &Status) -> Result<String, RenderError> {
    let document = Document {
        schema: SCHEMA,
        status,
    };
    Ok(clean::json(&serde_json::to_string(&document)?))
}

/// The words for it.
pub fn mic(lang: Lang, say: &Mic) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let text = text(&words, say);
    words.done(text)
}

fn text(words: &Words, say: &Mic) -> String {
    match say {
        Mic::State(verified) => words.t(state_id(*verified)),
        Mic::Status(status) => status_text(words, status),
        Mic::Event(event) => event_text(words, event),
        Mic::Holder(held, seen) => holder(words, held, *seen),
        Mic::Front {
            holders,
            failed,
            verified,
        } => front(words, holders, *failed, *verified),
        Mic::Menu(Menu::Off) => words.t("mic-menu-off"),
        Mic::Menu(Menu::On) => words.t("mic-menu-on"),
        Mic::Menu(Menu::Prove) => words.t("mic-menu-prove"),
        Mic::Shortcut => words.t("mic-shortcut"),
        Mic::NameNotOurs(name) => words.say("mic-name-not-ours", &[("name", clean::line(name))]),
        Mic::WatchTitle => words.t("mic-watch-title"),
        Mic::WatchHistory => words.t("mic-watch-history"),
        Mic::Nobody => words.t("mic-nobody"),
    }
}

fn state_id(verified: Verified) -> &'static str {
    match verified {
        Verified::On => "mic-state-on",
        Verified::Off => "mic-state-off",
        Verified::Partly => "mic-state-partly",
        Verified::Unproven => "mic-state-unproven",
        Verified::Hears => "mic-state-hears",
    }
}

fn status_text(words: &Words, status: &Status) -> String {
    let mut lines = vec![words.t(match status.verified {
        Verified::On => "mic-is-on",
        Verified::Off => off_id(status),
        Verified::Partly => "mic-is-partly",
        Verified::Unproven => "mic-is-unproven",
        Verified::Hears => "mic-is-hears",
    })];
    if !status.server {
        lines.push(words.t("mic-no-server"));
    } else if status.sources.iter().all(|s| s.monitor || s.hidden) {
        lines.push(words.t("mic-no-sources"));
    }
    if let (Wish::Off, Some(why)) = (status.wish, &status.unlisted) {
        lines.push(words.say("mic-unlisted", &[("why", clean::line(why))]));
    }
    if !status.guarded && status.wish == Wish::Off {
        lines.push(words.t("mic-not-guarded"));
    }
    for source in &status.sources {
        lines.push(format!("  {}", source_text(words, status.wish, source)));
    }
    if status.wish == Wish::Off {
        for app in &status.apps {
            let app = [("program", clean::line(app))];
            lines.push(format!("  {}", words.say("mic-app-except", &app)));
        }
    }
    for recording in &status.recordings {
        let id = match recording.except {
            true => "mic-recording-except",
            false => "mic-recording",
        };
        let line = [
            ("program", clean::line(&recording.program)),
            ("source", clean::line(&recording.source)),
        ];
        lines.push(format!("  {}", words.say(id, &line)));
    }
    for capture in &status.captures {
        let line = [
            ("device", clean::line(&capture.device)),
            ("who", capturer(words, capture)),
        ];
        lines.push(format!("  {}", words.say("mic-capture", &line)));
    }
    if status.wish == Wish::Off {
        lines.push(words.t("mic-layers"));
        for (layer, state) in &status.layers {
            lines.push(format!("  {}", layer_text(words, *layer, state)));
        }
    }
    lines.join("\n")
}

/// What "off" rests on: it is said of what was recorded, and of nothing else.
fn off_id(status: &Status) -> &'static str {
    let mut covered = status.sources.iter().filter(|s| s.is_covered()).peekable();
    if covered.peek().is_none() {
        return "mic-is-off-none";
    }
    match covered.any(|source| source.proof == Proof::NoSamples) {
        true => "mic-is-off-no-samples",
        false => "mic-is-off",
    }
}

fn source_text(words: &Words, wish: Wish, source: &SourceStatus) -> String {
    let state = if source.except {
        words.t("mic-source-except")
    } else if source.hidden {
        words.t("mic-source-hidden")
    } else if source.is_used_monitor() && wish == Wish::Off {
        words.t(match (source.default, source.recorded) {
            (true, true) => "mic-source-monitor-both",
            (true, false) => "mic-source-monitor-default",
            (false, _) => "mic-source-monitor-recorded",
        })
    } else if source.monitor {
        words.t("mic-source-monitor")
    } else if source.opened {
        words.t("mic-source-opened")
    } else if wish == Wish::On {
        words.t(if source.muted {
            "mic-source-muted"
        } else {
            "mic-source-on"
        })
    } else {
        proof(words, &source.proof)
    };
    let line = [
        ("name", clean::line(&source.name)),
        ("description", clean::line(&source.description)),
        ("state", state),
    ];
    let line = words.say("mic-source", &line);
    if source.contested == 0 {
        return line;
    }
    let times = words.count(source.contested.into());
    let more = words.say("mic-source-contested", &[("times", times)]);
    format!("{line}; {more}")
}

fn proof(words: &Words, proof: &Proof) -> String {
    match proof {
        Proof::Unproven => words.t("mic-proof-unproven"),
        Proof::Silent { samples } => {
            words.say("mic-proof-silent", &[("samples", words.count(*samples))])
        }
        Proof::NoSamples => words.t("mic-proof-nothing"),
        Proof::Hears { peak } => {
            let percent = words.number(f64::from(*peak) * 100.0, 1);
            words.say("mic-proof-hears", &[("percent", percent)])
        }
        Proof::NotRecorded { because } => {
            let why = ("why", not_recorded(words, *because));
            words.say("mic-proof-not-recorded", &[why])
        }
        Proof::Failed { why } => words.say("mic-proof-failed", &[("why", clean::line(why))]),
    }
}

fn not_recorded(words: &Words, because: NotRecorded) -> String {
    let within = |id: &str, seconds: u64| words.say(id, &[("seconds", words.count(seconds))]);
    match because {
        NotRecorded::Suspended { seconds } => within("mic-not-recorded-suspended", seconds),
        NotRecorded::NoAnswer { seconds } => within("mic-not-recorded-no-answer", seconds),
        NotRecorded::OtherThanAsked => words.t("mic-not-recorded-other"),
        NotRecorded::Ended => words.t("mic-not-recorded-ended"),
        NotRecorded::TakesNoMute => words.t("mic-not-recorded-takes-no-mute"),
    }
}

fn layer_text(words: &Words, layer: Layer, state: &LayerState) -> String {
    let layer = words.t(match layer {
        Layer::SourceMute => "mic-layer-source-mute",
        Layer::Volume => "mic-layer-volume",
        Layer::Streams => "mic-layer-streams",
        Layer::CaptureSwitches => "mic-layer-switches",
        Layer::DeviceAccess => "mic-layer-access",
        Layer::Usb => "mic-layer-usb",
        Layer::Lamp => "mic-layer-lamp",
    });
    let state = match state {
        LayerState::Holds { n } => words.say("mic-layer-holds", &[("n", words.count(*n as u64))]),
        LayerState::NotUsed => words.t("mic-layer-unused"),
        LayerState::NothingThere => words.t("mic-layer-nothing"),
        LayerState::Partly { n, of } => {
            let count = |n: &usize| words.count(*n as u64);
            words.say("mic-layer-partly", &[("n", count(n)), ("of", count(of))])
        }
        LayerState::Heard { sources } => {
            words.say("mic-layer-heard", &[("sources", clean::line(sources))])
        }
        LayerState::Failed { why } => words.say("mic-layer-failed", &[("why", clean::line(why))]),
    };
    format!("{layer}: {state}")
}

fn event_text(words: &Words, event: &Event) -> String {
    let name = |source: &str| ("source", clean::line(source));
    let ms = |ms: f64| words.number(ms, 1);
    match event {
        Event::Switched { wish: Wish::Off } => words.t("mic-event-off"),
        Event::Switched { wish: Wish::On } => words.t("mic-event-on"),
        Event::Contested {
            source,
            times,
            insists,
        } => {
            let id = match insists {
                true => "mic-event-insists",
                false => "mic-event-contested",
            };
            let times = ("times", words.count((*times).into()));
            words.say(id, &[name(source), times])
        }
        Event::WasOpen {
            source,
            added,
            ms: open,
        } => {
            let id = match added {
                true => "mic-event-open-added",
                false => "mic-event-open",
            };
            words.say(id, &[name(source), ("ms", ms(*open))])
        }
        Event::ServerLost => words.t("mic-event-server-lost"),
        Event::ServerBack { gap_ms, open_ms } => words.say(
            "mic-event-server-back",
            &[("gap", ms(*gap_ms)), ("open", ms(*open_ms))],
        ),
        Event::StillHears { source } => words.say("mic-event-hears", &[name(source)]),
        Event::Failed { source, why } => {
            let why = ("why", clean::line(why));
            words.say("mic-event-failed", &[name(source), why])
        }
        Event::NotRecorded { source, because } => {
            let why = ("why", not_recorded(words, *because));
            words.say("mic-event-not-recorded", &[name(source), why])
        }
        Event::Captured { capture } => {
            let device = ("device", clean::line(&capture.device));
            let who = ("who", capturer(words, capture));
            words.say("mic-event-captured", &[device, who])
        }
        Event::CameIn {
            source,
            program,
            ms: open,
        } => {
            let program = ("program", clean::line(program));
            words.say(
                "mic-event-came",
                &[name(source), program, ("ms", ms(*open))],
            )
        }
        Event::ExceptionEnds { source, times } => {
            let times = ("times", words.count((*times).into()));
            words.say("mic-event-exception-ends", &[name(source), times])
        }
        Event::NotRestored { source } => words.say("mic-event-not-restored", &[name(source)]),
    }
}

fn capturer(words: &Words, capture: &switch::Capture) -> String {
    match (&capture.command, capture.pid) {
        (Some(command), Some(pid)) => process(words, command, pid),
        _ => words.t("mic-holder-unknown"),
    }
}

fn process(words: &Words, program: &str, pid: i32) -> String {
    let process = [("program", clean::line(program)), ("pid", pid.to_string())];
    words.say("mic-holder-process", &process)
}

fn holder(words: &Words, holder: &Holder, seen: Seen) -> String {
    let what = match &holder.device {
        Device::Source {
            source,
            monitor: true,
        } => words.say("mic-holder-monitor", &[("name", clean::line(source))]),
        Device::Source { source, .. } if source.is_empty() => words.t("mic-holder-unlisted"),
        Device::Source { source, .. } => clean::line(source),
        Device::Sound { path } => clean::line(path),
        Device::Camera { path } => words.say("mic-holder-camera", &[("path", clean::line(path))]),
    };
    let mut who = match &holder.who {
        Who::Process { pid, program } => process(words, program, *pid),
        Who::OneOf { pids } => {
            let pids: Vec<String> = pids.iter().map(i32::to_string).collect();
            words.say("mic-holder-one-of", &[("pids", pids.join(", "))])
        }
        Who::Server => words.t("mic-holder-server"),
        Who::Unknown => words.t("mic-holder-unknown"),
    };
    if let Some(name) = &holder.claimed_name {
        let claim = words.say("mic-holder-claim", &[("name", clean::line(name))]);
        who = format!("{who}; {claim}");
    }
    if let (true, Some(pid)) = (holder.mismatch, holder.claimed_pid) {
        let lies = words.say("mic-holder-lies-pid", &[("pid", pid.to_string())]);
        who = format!("{who}; {lies}");
    }
    let heard = words.t(match holder.muted {
        true => "mic-holder-deaf",
        false => "mic-holder-hears",
    });
    let line = [("what", what), ("who", who), ("heard", heard)];
    let said = |id: &str| format!("{}: {}", words.t(id), words.say("mic-holder", &line));
    match seen {
        Seen::Now => words.say("mic-holder", &line),
        Seen::Since(since) => {
            let [what, who, heard] = line;
            let since = ("since", since.to_owned());
            words.say("mic-holder-since", &[what, who, heard, since])
        }
        Seen::Begin => said("mic-seen-begin"),
        Seen::Change => said("mic-seen-change"),
        Seen::End => said("mic-seen-end"),
    }
}

fn front(
    words: &Words,
    holders: &[(Holder, Option<String>)],
    failed: Option<&str>,
    verified: Option<Verified>,
) -> String {
    let mut lines = Vec::new();
    lines.extend(verified.map(|verified| words.t(state_id(verified))));
    if holders.is_empty() {
        // A server that does not answer has not said that there is nobody.
        lines.push(words.t(match failed {
            None => "mic-nobody",
            Some(_) => "mic-not-known",
        }));
    } else {
        lines.push(words.t("mic-held"));
        let held = holders.iter().map(|(held, since)| {
            let seen = since.as_deref().map_or(Seen::Now, Seen::Since);
            holder(words, held, seen)
        });
        lines.extend(held.map(|line| format!("  {line}")));
    }
    lines.push(words.t("mic-unknown"));
    if let Some(why) = failed {
        let why = words.say("mic-unknown-server", &[("why", clean::line(why))]);
        lines.push(format!("  {why}"));
    }
    if holders.iter().any(|(_, since)| since.is_none()) {
        lines.push(format!("  {}", words.t("mic-unknown-since")));
    }
    for id in ["mic-unknown-others", "mic-unknown-sent"] {
        lines.push(format!("  {}", words.t(id)));
    }
    lines.push(words.t("mic-next"));
    let switch = match verified {
        Some(Verified::On) | None => "mic-next-off",
        Some(_) => "mic-next-on",
    };
    for id in [switch, "mic-next-watch", "mic-next-audit", "mic-next-help"] {
        lines.push(format!("  {}", words.t(id)));
    }
    lines.join("\n")
}
