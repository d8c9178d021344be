//! The global shortcut, by a stand-in of ours for the desktop's portal on a bus of the test's own: it takes the
//! calls as org.freedesktop.portal.GlobalShortcuts describes them, and presses the key.

mod common;
#[path = "../../mic/tests/session/mod.rs"]
mod session;

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, Sender, channel};

use common::program;
use session::{KINDS, Running, Session, installed, until};
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

type Options = HashMap<String, OwnedValue>;

/// What the guard asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    sender: String,
    session: OwnedObjectPath,
    shortcuts: Vec<(String, String)>,
    parent: String,
}

struct Portal {
    bound: Sender<Bound>,
    session: Option<OwnedObjectPath>,
}

const PATH: &str = "/org/freedesktop/portal/desktop";

/// The caller as it stands in paths, and a path below the portal's.
fn below(header: &Header<'_>, kind: &str, token: &str) -> (String, OwnedObjectPath) {
    let sender = header.sender().unwrap().to_string();
    let name = sender.trim_start_matches(':').replace('.', "_");
    let path = format!("{PATH}/{kind}/{name}/{token}");
    (sender, OwnedObjectPath::try_from(path).unwrap())
}

fn token(options: &Options, key: &str) -> String {
    let value = options
        .get(key)
        .unwrap_or_else(|| panic!("no {key} in {options:?}"));
    String::try_from(value.clone()).unwrap()
}

async fn respond(
    connection: &zbus::Connection,
    sender: &str,
    request: &OwnedObjectPath,
    results: HashMap<&str, Value<'_>>,
) {
    let interface = "org.freedesktop.portal.Request";
    let body = (0u32, results);
    let sent = connection.emit_signal(Some(sender), request, interface, "Response", &body);
    sent.await.unwrap();
}

#[zbus::interface(name = "org.freedesktop.portal.GlobalShortcuts")]
impl Portal {
    async fn create_session(
        &mut self,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &zbus::Connection,
    ) -> OwnedObjectPath {
        let (sender, request) = below(&header, "request", &token(&options, "handle_token"));
        let (_, session) = below(&header, "session", &token(&options, "session_handle_token"));
        let handle = Value::from(session.as_str());
        respond(
            connection,
            &sender,
            &request,
            [("session_handle", handle)].into(),
        )
        .await;
        self.session = Some(session);
        request
    }

    async fn bind_shortcuts(
        &mut self,
        session: OwnedObjectPath,
        shortcuts: Vec<(String, Options)>,
        parent: String,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &zbus::Connection,
    ) -> OwnedObjectPath {
        assert_eq!(
            self.session.as_ref(),
            Some(&session),
            "the session is the one that was made"
        );
        let (sender, request) = below(&header, "request", &token(&options, "handle_token"));
        let shortcuts: Vec<(String, String)> = shortcuts
            .into_iter()
            .map(|(id, about)| (id, token(&about, "description")))
            .collect();
        let chosen: Vec<(String, HashMap<&str, Value<'_>>)> = shortcuts
            .iter()
            .map(|(id, description)| {
                let about = [
                    ("description", Value::from(description.clone())),
                    ("trigger_description", Value::from("Ctrl+M")),
                ];
                (id.clone(), about.into())
            })
            .collect();
        respond(
            connection,
            &sender,
            &request,
            [("shortcuts", Value::from(chosen))].into(),
        )
        .await;
        let bound = Bound {
            sender,
            session,
            shortcuts,
            parent,
        };
        self.bound.send(bound).unwrap();
        request
    }

    #[zbus(property)]
    fn version(&self) -> u32 {
        1
    }
}

/// The portal's bus, and what is bound there.
fn portal(session: &Session) -> (zbus::blocking::Connection, Receiver<Bound>) {
    let (sender, bound) = channel();
    let portal = Portal {
        bound: sender,
        session: None,
    };
    let address = format!("unix:path={}/bus", session.path().display());
    let bus = zbus::blocking::connection::Builder::address(address.as_str())
        .and_then(|bus| bus.serve_at(PATH, portal))
        .and_then(|bus| bus.name("org.freedesktop.portal.Desktop"))
        .and_then(|bus| bus.build());
    (bus.unwrap(), bound)
}

#[test]
fn the_shortcut_is_asked_for_as_the_portal_wants_it_and_switches() {
    if !installed("dbus-daemon") {
        return common::skip("dbus-daemon is not installed");
    }
    for session in KINDS.into_iter().filter_map(Session::start).take(1) {
        let (bus, bound) = portal(&session);
        let mut guard = session.command(program());
        guard.args(["mic", "guard"]).env("LANG", "de_DE.UTF-8");
        let _guard = Running(guard.stdout(Stdio::null()).spawn().unwrap());
        let bound = bound
            .recv_timeout(session::LONG)
            .expect("a shortcut is bound");
        let expected = (
            "microphone-toggle".to_owned(),
            "Jedes Mikrofon aus- oder einschalten".to_owned(),
        );
        assert_eq!(bound.shortcuts, [expected]);
        assert_eq!(bound.parent, "", "there is no window");
        let press = |id: &str| {
            let session = bound.session.as_ref();
            let body = (session, id, 1u64, HashMap::<&str, Value<'_>>::new());
            let interface = "org.freedesktop.portal.GlobalShortcuts";
            let to = Some(bound.sender.as_str());
            bus.emit_signal(to, PATH, interface, "Activated", &body)
                .unwrap();
        };
        let muted = || {
            let contents = session.contents();
            contents.iter().filter(|line| *line == "Mute: yes").count()
        };
        press("somebody-else's");
        press("microphone-toggle");
        until("the key switches off", || muted() == 2);
        press("microphone-toggle");
        until("the key switches on", || muted() == 0);
    }
}
