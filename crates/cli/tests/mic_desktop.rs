//! The guard on a desktop: the interface on the session bus, and the tray as a host of it sees it.

#[path = "../../mic/tests/session/mod.rs"]
mod session;

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use session::{KINDS, Running, Session, installed, until};
use zbus::blocking::{Connection, Proxy, connection::Builder};
use zbus::proxy::CacheProperties;
use zbus::zvariant::{OwnedValue, Value};

const BUS_NAME: &str = "org.muteproof.Microphone";

/// What a panel is to a tray icon: it is told which icons there are.
struct Watcher(Arc<Mutex<Vec<String>>>);

#[zbus::interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    fn register_status_notifier_item(&self, item: &str) {
        self.0.lock().unwrap().push(item.to_owned());
    }

    fn register_status_notifier_host(&self, _host: &str) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }
}

/// What shows notifications: it keeps their titles.
struct Notifications(Arc<Mutex<Vec<String>>>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[expect(clippy::too_many_arguments, reason = "the specification's")]
    fn notify(
        &self,
        _app: &str,
        _replaces: u32,
        _icon: &str,
        summary: &str,
        _body: &str,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        self.0.lock().unwrap().push(summary.to_owned());
        1
    }
}

/// A menu as it comes: number, properties, entries below.
type Layout = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

struct Icon {
    item: Proxy<'static>,
    menu: Proxy<'static>,
}

impl Icon {
    fn title(&self) -> String {
        self.item.get_property("Title").unwrap()
    }

    fn pixels(&self) -> Vec<(i32, i32, Vec<u8>)> {
        self.item.get_property("IconPixmap").unwrap()
    }

    /// Clicks the entry that is called so.
    fn click(&self, label: &str) {
        let (_, (_, _, entries)): (u32, Layout) = self
            .menu
            .call("GetLayout", &(0i32, -1i32, Vec::<&str>::new()))
            .unwrap();
        let entries = entries
            .into_iter()
            .map(|entry| Layout::try_from(entry).unwrap());
        let mut entries = entries.filter(|(_, properties, _)| {
            let shown = properties
                .get("label")
                .and_then(|l| String::try_from(l.clone()).ok());
            shown.as_deref() == Some(label)
        });
        let (id, ..) = entries.next().unwrap_or_else(|| panic!("no entry {label}"));
        let clicked = (id, "clicked", Value::from(0i32), 0u32);
        let _: () = self.menu.call("Event", &clicked).unwrap();
    }
}

#[test]
fn bus_and_tray_show_the_verified_state_and_switch() {
    if !installed("dbus-daemon") {
        eprintln!("skipped: dbus-daemon is not installed");
        return;
    }
    for session in KINDS.into_iter().filter_map(Session::start) {
        let items = Arc::new(Mutex::new(Vec::new()));
        let notified = Arc::new(Mutex::new(Vec::new()));
        let address = format!("unix:path={}/bus", session.path().display());
        let bus: Connection = Builder::address(address.as_str())
            .unwrap()
            .serve_at("/StatusNotifierWatcher", Watcher(items.clone()))
            .unwrap()
            .name("org.kde.StatusNotifierWatcher")
            .unwrap()
            .serve_at(
                "/org/freedesktop/Notifications",
                Notifications(notified.clone()),
            )
            .unwrap()
            .name("org.freedesktop.Notifications")
            .unwrap()
            .build()
            .unwrap();
        let mut guard = session.command(env!("CARGO_BIN_EXE_muteproof"));
        let mut guard = guard
            .args(["mic", "guard"])
            .env("LANG", "de_DE.UTF-8")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        let out = guard.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut ready).unwrap();
        let _guard = Running(guard);
        until("the icon is there", || !items.lock().unwrap().is_empty());
        let name = items.lock().unwrap()[0].clone();
        let proxy = |name: &str, path: &'static str, interface: &'static str| -> Proxy<'static> {
            let proxy = zbus::blocking::proxy::Builder::new(&bus)
                .destination(name.to_owned())
                .and_then(|proxy| proxy.path(path))
                .and_then(|proxy| proxy.interface(interface));
            // An icon tells of its changes by signals of its own.
            let asked = proxy.unwrap().cache_properties(CacheProperties::No);
            asked.build().unwrap()
        };
        let icon = Icon {
            item: proxy(&name, "/StatusNotifierItem", "org.kde.StatusNotifierItem"),
            menu: proxy(&name, "/MenuBar", "com.canonical.dbusmenu"),
        };
        let switch = proxy(
            BUS_NAME,
            "/org/muteproof/Microphone",
            "org.muteproof.Microphone1",
        );
        let state = || switch.get_property::<String>("State").unwrap();
        let described = switch.introspect().unwrap();
        for member in ["Off", "On", "Toggle", "Status", "State"] {
            assert!(
                described.contains(&format!("name=\"{member}\"")),
                "{described}"
            );
        }
        until("the icon says that it is on", || {
            icon.title() == "Mikrofon an"
        });
        let on = icon.pixels();
        assert_eq!(state(), "on");
        icon.click("Ausschalten");
        until("the icon says that it is off", || {
            icon.title() == "Mikrofon aus (geprüft)"
        });
        assert_ne!(icon.pixels(), on);
        until("the bus says that it is off", || state() == "off");
        let mutes = session
            .contents()
            .iter()
            .filter(|l| *l == "Mute: yes")
            .count();
        assert_eq!(mutes, 2, "{:?}", session.contents());
        session.pactl(&["set-source-mute", "mic2", "0"]);
        let is_told = || {
            notified
                .lock()
                .unwrap()
                .iter()
                .any(|n| n.contains("mic2 wieder geöffnet"))
        };
        until("the person is notified", is_told);
        let answer: String = switch.call("Toggle", &()).unwrap();
        assert!(answer.contains("\"verified\":\"on\""), "{answer}");
        until("the icon says that it is on again", || icon.pixels() == on);
    }
}

/// Whoever has the name answers for the guard: that is told, and everything that does not ask by it goes on.
#[test]
fn a_name_that_is_somebody_else_s_is_told() {
    if !installed("dbus-daemon") {
        eprintln!("skipped: dbus-daemon is not installed");
        return;
    }
    let Some(session) = KINDS.into_iter().find_map(Session::start) else {
        return;
    };
    let notified = Arc::new(Mutex::new(Vec::new()));
    let address = format!("unix:path={}/bus", session.path().display());
    let bus = Builder::address(address.as_str())
        .and_then(|bus| {
            let notifications = Notifications(notified.clone());
            bus.serve_at("/org/freedesktop/Notifications", notifications)
        })
        .and_then(|bus| bus.name("org.freedesktop.Notifications"))
        .and_then(|bus| bus.name(BUS_NAME))
        .and_then(Builder::build);
    let _impostor = bus.unwrap();
    let mut guard = session.command(env!("CARGO_BIN_EXE_muteproof"));
    guard.args(["mic", "guard"]).env("LANG", "en_US.UTF-8");
    let mut guard = Running(guard.stdout(Stdio::piped()).spawn().unwrap());
    let mut ready = String::new();
    let out = guard.0.stdout.take().unwrap();
    BufReader::new(out).read_line(&mut ready).unwrap();
    until("the person is told", || {
        let told = notified.lock().unwrap();
        told.iter().any(|line: &String| line.contains(BUS_NAME))
    });
    let mut off = session.command(env!("CARGO_BIN_EXE_muteproof"));
    let off = off.args(["mic", "off", "--json"]).output().unwrap();
    assert!(off.status.success(), "{off:?}");
}
