//! The guard's faces on a desktop: an interface on the session bus, a tray icon, a global shortcut, and
//! notifications. All of them show the verified state and ask the guard; none of them decides.
//!
//! The shortcut comes through the desktop's own portal, or by whatever the desktop binds to the interface on
//! the bus: nothing here reads the keyboard.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use ashpd::desktop::global_shortcuts::{GlobalShortcuts, NewShortcut};
use futures::StreamExt;
use futures::executor::block_on;
use ksni::blocking::{Handle, TrayMethods};
use switch::{Event, Status, Verified, Wish};
use zbus::blocking::Connection;
use zbus::blocking::fdo::DBusProxy;
use zbus::fdo::RequestNameFlags;
use zbus::zvariant::Value;

use crate::control::Ask;
use crate::guard::{Asker, Told};

/// Name on the session bus.
pub const BUS_NAME: &str = "org.muteproof.Microphone";

/// Where the interface is.
pub const BUS_PATH: &str = "/org/muteproof/Microphone";

/// The shortcut's name at the portal.
const SHORTCUT: &str = "microphone-toggle";

/// What is shown, in the person's language.
#[derive(Clone)]
pub struct Texts {
    /// The state in a few words.
    pub state: fn(&Texts, Verified) -> String,
    /// What happened.
    pub event: fn(&Texts, &Event) -> String,
    /// Tag of the language.
    pub lang: &'static str,
    /// Lines of the menu: switch off, switch on, prove again.
    pub menu: [String; 3],
    /// What the shortcut does.
    pub shortcut: String,
    /// The name on the bus is somebody else's: whoever asks by it is answered by them.
    pub not_ours: String,
}

/// Shows the guard on the desktop that there is. What is not there (no bus, no tray, no portal) is told to
/// `lacks`, and does not keep the guard from guarding.
pub fn show(asker: Asker, texts: Texts, lacks: impl Fn(String) + Send + 'static) -> Told {
    let (sender, states) = channel();
    let spawned = thread::Builder::new()
        .name("desktop".into())
        .spawn(move || run(&asker, &texts, &states, &lacks));
    drop(spawned);
    Box::new(move |status: &Status, events: &[Event]| {
        let _ = sender.send((status.clone(), events.to_vec()));
    })
}

type States = Receiver<(Status, Vec<Event>)>;

fn run(asker: &Asker, texts: &Texts, states: &States, lacks: &dyn Fn(String)) {
    let state = Arc::new(Mutex::new(Verified::Unproven));
    let bus = match serve(asker, &state) {
        Ok(bus) => bus,
        Err(e) => return lacks(format!("the session bus: {e}")),
    };
    if let Err(e) = name_it(&bus, texts) {
        lacks(format!("the name {BUS_NAME} on the session bus: {e}"));
    }
    let tray = Tray {
        asker: asker.clone(),
        texts: texts.clone(),
        verified: Verified::Unproven,
        wish: Wish::On,
    };
    // A panel may be started after the guard, and started again.
    let tray = tray.assume_sni_available(true).spawn();
    let tray = tray.map_err(|e| lacks(format!("the tray: {e}"))).ok();
    let (asks, describe) = (asker.clone(), texts.shortcut.clone());
    // No portal is no fault: the desktop's own key binding calls the interface on the bus.
    let _ = thread::Builder::new()
        .name("shortcut".into())
        .spawn(move || block_on(shortcut(&asks, &describe)));
    for (status, events) in states {
        show_state(&bus, &state, tray.as_ref(), &status);
        for event in &events {
            notify(&bus, texts, event);
        }
    }
}

fn show_state(
    bus: &Connection,
    state: &Mutex<Verified>,
    tray: Option<&Handle<Tray>>,
    status: &Status,
) {
    if let Some(tray) = tray {
        tray.update(|tray| (tray.verified, tray.wish) = (status.verified, status.wish));
    }
    let changed = {
        let mut state = state.lock().unwrap_or_else(|e| e.into_inner());
        std::mem::replace(&mut *state, status.verified) != status.verified
    };
    if changed && let Ok(interface) = bus.object_server().interface::<_, Switch>(BUS_PATH) {
        let told = block_on(interface.get().state_changed(interface.signal_emitter()));
        drop(told);
    }
}

/// The interface on the bus.
struct Switch {
    asker: Asker,
    state: Arc<Mutex<Verified>>,
}

fn name(verified: Verified) -> String {
    let name = serde_json::to_value(verified).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

impl Switch {
    fn ask(&self, ask: Ask) -> zbus::fdo::Result<String> {
        let answer = self.asker.ask(ask);
        let answer = answer.ok_or_else(|| zbus::fdo::Error::Failed("the guard ends".into()))?;
        serde_json::to_string(&answer).map_err(|e| zbus::fdo::Error::Failed(e.to_string()))
    }
}

#[zbus::interface(name = "org.muteproof.Microphone1")]
impl Switch {
    /// Switches every microphone off; answers, as JSON, what was found then.
    fn off(&self) -> zbus::fdo::Result<String> {
        let (devices, streams) = (false, false);
        self.ask(Ask::Off { devices, streams })
    }

    /// Switches them on.
    fn on(&self) -> zbus::fdo::Result<String> {
        self.ask(Ask::On)
    }

    /// Switches them off if they are on, and on if they are off.
    fn toggle(&self) -> zbus::fdo::Result<String> {
        self.ask(Ask::Toggle)
    }

    /// Proves the state again.
    fn status(&self) -> zbus::fdo::Result<String> {
        self.ask(Ask::Status)
    }

    /// The verified state: `on`, `off`, `partly`, `unproven` or `hears`.
    #[zbus(property)]
    fn state(&self) -> String {
        name(*self.state.lock().unwrap_or_else(|e| e.into_inner()))
    }
}

fn serve(asker: &Asker, state: &Arc<Mutex<Verified>>) -> zbus::Result<Connection> {
    let switch = Switch {
        asker: asker.clone(),
        state: state.clone(),
    };
    zbus::blocking::connection::Builder::session()?
        .serve_at(BUS_PATH, switch)?
        .build()
}

/// Takes the name. Whoever else had it could show "off", and be asked for it: it is not given away, not taken from
/// another, and the person is told where it is not ours, now or later. The tray and `muteproof mic` do not ask
/// by that name.
fn name_it(bus: &Connection, texts: &Texts) -> zbus::Result<()> {
    let daemon = DBusProxy::new(bus)?;
    let lost = daemon.receive_name_lost()?;
    let taken = bus.request_name_with_flags(BUS_NAME, RequestNameFlags::DoNotQueue.into());
    if taken.is_err() {
        alarm(bus, &texts.not_ours);
    }
    taken?;
    let (bus, text) = (bus.clone(), texts.not_ours.clone());
    thread::Builder::new()
        .name("bus name".into())
        .spawn(move || {
            for signal in lost {
                if signal
                    .args()
                    .is_ok_and(|args| args.name.as_str() == BUS_NAME)
                {
                    alarm(&bus, &text);
                }
            }
        })?;
    Ok(())
}

fn notify(bus: &Connection, texts: &Texts, event: &Event) {
    let is_alarm = matches!(
        event,
        Event::Contested { .. }
            | Event::StillHears { .. }
            | Event::Failed { .. }
            | Event::Captured { .. }
            | Event::NotRestored { .. }
            | Event::CameIn { .. }
            | Event::ExceptionEnds { .. }
    );
    if is_alarm {
        alarm(bus, &(texts.event)(texts, event));
    }
}

/// Shows a line that the person should not miss.
fn alarm(bus: &Connection, text: &str) {
    let hints: HashMap<&str, Value> = HashMap::from([("urgency", Value::U8(2))]);
    let none: Vec<&str> = Vec::new();
    // A desktop without notifications is one; the tray and the event log tell the same.
    let _ = bus.call_method(
        Some("org.freedesktop.Notifications"),
        "/org/freedesktop/Notifications",
        Some("org.freedesktop.Notifications"),
        "Notify",
        &(
            "muteproof",
            0u32,
            "audio-input-microphone",
            text,
            "",
            none,
            hints,
            -1i32,
        ),
    );
}

/// Asks the portal for a shortcut; the person chooses the key in the desktop's own window.
async fn shortcut(asker: &Asker, describe: &str) -> ashpd::Result<()> {
    let portal = GlobalShortcuts::new().await?;
    let session = portal.create_session(Default::default()).await?;
    // Before it is bound: the key may be pressed at once.
    let mut activated = Box::pin(portal.receive_activated().await?);
    let shortcuts = [NewShortcut::new(SHORTCUT, describe)];
    let bound = portal.bind_shortcuts(&session, &shortcuts, None, Default::default());
    bound.await?.response()?;
    while let Some(pressed) = activated.next().await {
        if pressed.shortcut_id() == SHORTCUT {
            asker.tell(Ask::Toggle);
        }
    }
    Ok(())
}

/// The icon: what was verified, not what was wished.
struct Tray {
    asker: Asker,
    texts: Texts,
    verified: Verified,
    wish: Wish,
}

impl ksni::Tray for Tray {
    fn id(&self) -> String {
        "muteproof-microphone".into()
    }

    fn title(&self) -> String {
        (self.texts.state)(&self.texts, self.verified)
    }

    fn category(&self) -> ksni::Category {
        ksni::Category::Hardware
    }

    fn status(&self) -> ksni::Status {
        match self.verified {
            Verified::Hears | Verified::Unproven => ksni::Status::NeedsAttention,
            Verified::On | Verified::Off | Verified::Partly => ksni::Status::Active,
        }
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        [22, 44].map(|size| icon(self.verified, size)).into()
    }

    fn attention_icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.icon_pixmap()
    }

    fn tool_tip(&self) -> ksni::ToolTip {
        ksni::ToolTip {
            title: self.title(),
            ..ksni::ToolTip::default()
        }
    }

    fn activate(&mut self, _x: i32, _y: i32) {
        self.asker.tell(Ask::Toggle);
    }

    fn menu(&self) -> Vec<ksni::MenuItem<Self>> {
        let [off, on, prove] = self.texts.menu.clone();
        let state = ksni::menu::StandardItem {
            label: self.title(),
            enabled: false,
            ..Default::default()
        };
        let switch = ksni::menu::StandardItem {
            label: match self.wish {
                Wish::On => off,
                Wish::Off => on,
            },
            activate: Box::new(|tray: &mut Tray| tray.asker.tell(Ask::Toggle)),
            ..Default::default()
        };
        let prove = ksni::menu::StandardItem {
            label: prove,
            enabled: self.wish == Wish::Off,
            activate: Box::new(|tray: &mut Tray| tray.asker.tell(Ask::Status)),
            ..Default::default()
        };
        vec![
            state.into(),
            ksni::MenuItem::Separator,
            switch.into(),
            prove.into(),
        ]
    }
}

/// A microphone: with a bar through it where it is off, red where it still hears, yellow where nothing is
/// proven. Drawn here, so that it looks the same with every icon theme.
fn icon(verified: Verified, size: i32) -> ksni::Icon {
    let [red, green, blue] = match verified {
        Verified::On => [0xee, 0xee, 0xee],
        Verified::Off => [0x3f, 0xb9, 0x50],
        Verified::Partly => [0x58, 0xa6, 0xff],
        Verified::Unproven => [0xf2, 0xc0, 0x37],
        Verified::Hears => [0xe5, 0x39, 0x35],
    };
    let barred = matches!(verified, Verified::Off | Verified::Partly);
    // In units of a 22nd of the size, from the middle.
    let drawn = |x: f64, y: f64| {
        let capsule = x.hypot(y - y.clamp(-6.0, 0.0)) < 3.2;
        let bow = y > 0.0 && (x.hypot(y) - 5.8).abs() < 0.9;
        let stand = x.abs() < 0.9 && (5.8..9.5).contains(&y);
        let foot = x.abs() < 3.5 && (8.6..10.2).contains(&y);
        let bar = barred && (x - y).abs() < 1.4 && x.abs() < 9.0;
        let gap = barred && (x - y).abs() < 3.0;
        bar || (!gap && (capsule || bow || stand || foot))
    };
    let mut data = Vec::new();
    for y in 0..size {
        for x in 0..size {
            let at = |v: i32| (f64::from(v) + 0.5) * 22.0 / f64::from(size) - 11.0;
            let (x, y) = (at(x), at(y));
            let beside = [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0)];
            let edge = beside.iter().any(|(dx, dy)| drawn(x + dx, y + dy));
            data.extend(match (drawn(x, y), edge) {
                (true, _) => [0xff, red, green, blue],
                // A dark edge: a light icon on a light panel is not seen without.
                (false, true) => [0xc0, 0x20, 0x20, 0x20],
                (false, false) => [0; 4],
            });
        }
    }
    ksni::Icon {
        width: size,
        height: size,
        data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_an_icon_of_its_own() {
        let states = [
            Verified::On,
            Verified::Off,
            Verified::Partly,
            Verified::Unproven,
            Verified::Hears,
        ];
        let icons: std::collections::BTreeSet<Vec<u8>> = states
            .map(|verified| icon(verified, 22).data)
            .into_iter()
            .collect();
        assert_eq!(icons.len(), states.len());
        assert!(icons.iter().all(|data| data.len() == 22 * 22 * 4));
    }
}
