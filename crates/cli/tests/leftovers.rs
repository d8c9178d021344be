//! Whatever way an audit ends, nothing of it is left on the machine, and the person's own sound
//! session is never touched.

mod common;

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;

use common::{Audited, Family, Machine, Running, test_recipe};
use nix::sys::signal::Signal;
use tempfile::TempDir;

/// A person's folders, with something that poses as the person's sound server and bus.
struct Person {
    home: TempDir,
    sound: UnixListener,
    bus: UnixListener,
}

const RUNTIME: &str = "runtime";
const TEMPORARY: &str = "temporary";

impl Person {
    fn new() -> Person {
        let home = tempfile::tempdir().unwrap();
        let runtime = home.path().join(RUNTIME);
        fs::create_dir_all(runtime.join("pulse")).unwrap();
        fs::create_dir(home.path().join(TEMPORARY)).unwrap();
        let listen = |name: &str| {
            let listener = UnixListener::bind(runtime.join(name)).unwrap();
            listener.set_nonblocking(true).unwrap();
            listener
        };
        let (sound, bus) = (listen("pulse/native"), listen("bus"));
        Person { home, sound, bus }
    }

    /// Starts an audit as this person would.
    fn audit(&self, recipe: &str) -> Running {
        let home = self.home.path();
        let runtime = home.join(RUNTIME);
        Running::start_with(recipe, |command| {
            command
                .env("HOME", home)
                .env("TMPDIR", home.join(TEMPORARY))
                .env("XDG_RUNTIME_DIR", &runtime)
                .env("PULSE_SERVER", unix(&runtime.join("pulse/native")))
                .env("PULSE_RUNTIME_PATH", runtime.join("pulse"))
                .env("DBUS_SESSION_BUS_ADDRESS", bus(&runtime.join("bus")));
        })
    }

    /// Nobody knocked, and no file came or went.
    fn was_not_touched(&self) {
        for (what, listener) in [("sound server", &self.sound), ("bus", &self.bus)] {
            let knocked = listener.accept();
            assert!(knocked.is_err(), "the person's {what} was connected to");
        }
        let mut found = Vec::new();
        let mut open = vec![self.home.path().to_owned()];
        while let Some(dir) = open.pop() {
            for entry in fs::read_dir(dir).unwrap().flatten() {
                match entry.path().is_dir() {
                    true => open.push(entry.path()),
                    false => found.push(entry.file_name()),
                }
            }
        }
        found.sort();
        assert_eq!(found, ["bus", "native"]);
    }
}

fn unix(path: &Path) -> String {
    format!("unix:{}", path.display())
}

fn bus(path: &Path) -> String {
    format!("unix:path={}", path.display())
}

/// Audits as a person, ends it in some way, and looks what is left.
fn nothing_is_left(recipe: &str, end: impl FnOnce(Running) -> Audited) -> Audited {
    let machine = Machine::look();
    let person = Person::new();
    let mut running = person.audit(recipe);
    running.until_control();
    let family = Family::of(&running);
    let audited = end(running);
    family.is_gone();
    machine.nothing_new();
    person.was_not_touched();
    audited
}

#[test]
fn nothing_is_left_after_a_planned_end() {
    let audited = nothing_is_left("specimen-honest", Running::end);
    let log = fs::read_to_string(audited.bundle().join("session.jsonl")).unwrap();
    assert!(log.contains("\"is\":\"finished\""), "{}", audited.said.err);
}

#[test]
fn nothing_is_left_after_ctrl_c() {
    nothing_is_left("specimen-honest", |running| {
        running.signal(Signal::SIGINT);
        running.end()
    });
}

#[test]
fn nothing_is_left_after_sigkill() {
    nothing_is_left("specimen-honest", |running| {
        running.signal(Signal::SIGKILL);
        running.end()
    });
}

#[test]
fn nothing_is_left_of_an_app_with_a_window_after_sigkill() {
    let needed = ["mumble", "murmurd", "Xvfb", "openbox", "openssl", "sqlite3"];
    if !needed.iter().all(|p| common::installed(p)) {
        common::skip("mumble, mumble-server or what they need is not installed");
        return;
    }
    nothing_is_left("mumble", |running| {
        running.signal(Signal::SIGKILL);
        running.end()
    });
}

#[test]
fn nothing_is_left_of_a_run_that_never_joined() {
    let machine = Machine::look();
    let person = Person::new();
    let running = person.audit(&test_recipe("never-joins"));
    let audited = running.end();
    assert_eq!(audited.said.code, Some(3), "{}", audited.said.err);
    machine.nothing_new();
    person.was_not_touched();
}

#[test]
fn three_stages_that_come_up_at_once_do_not_meet() {
    for round in 0..3 {
        let running: Vec<Running> = (0..3)
            .map(|_| Running::start(&test_recipe("never-joins")))
            .collect();
        for running in running {
            let audited = running.end();
            // Set up whole, and failed only where it has to.
            let said = &audited.said;
            let planned = said.err.contains("did not say \"joined\" within 3 s");
            assert!(
                planned && said.code == Some(3),
                "round {round}: {}",
                said.err
            );
        }
    }
}
