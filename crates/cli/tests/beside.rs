//! `audit --beside`: a "phone" in a network namespace behind this machine, which hears the loudspeaker and sends what
//! it hears; over NAT, beside another device that sends what it hears all the time.
//!
//! Whole audits take minutes: `cargo xtask slow` runs them, and `cargo xtask beside` makes the table of them all.

mod common;

#[path = "beside/air.rs"]
mod air;
#[path = "beside/network.rs"]
mod network;
#[path = "beside/phone.rs"]
mod phone;
#[path = "beside/table.rs"]
mod table;

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use air::{Air, Loudspeaker};
use common::terminal::Terminal;
use common::{muteproof, run};
use network::{BRIDGE, Ip, Network};
use phone::{App, Mumble};
use serde_json::Value;

/// What happens to the device, or on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Nothing,
    /// It reaches the server by IPv6.
    V6,
    /// One of twenty of its datagrams is lost before this machine sees it.
    Loss,
    /// It sleeps for a minute of the muted time.
    Sleep,
    /// Muted, it gets another address and joins again from there.
    Address,
    /// The interface that is captured on is down for five seconds of the muted time.
    Interface,
    /// This machine's microphone listens along.
    Listening,
    /// It listens along, and somebody turns the loudspeaker down behind the control.
    TurnedDown,
}

/// An audit beside a device.
#[derive(Debug, Clone, Copy)]
struct Beside {
    /// A specimen's kind, or `mumble`.
    app: &'static str,
    metres: f64,
    event: Event,
    lang: &'static str,
}

/// What a person is asked to do: join, mute, say that it stayed so; and their yes. What is asked in the end is the
/// same in both languages.
fn words(lang: &str) -> [&'static str; 5] {
    match lang {
        "de" => [
            "Treten Sie auf",
            "hört den Lautsprecher",
            "Schalten Sie jetzt",
            "die ganze Zeit",
            "ja\r",
        ],
        _ => [
            "Join the call",
            "hears the loudspeaker",
            "Press mute",
            "all the time",
            "yes\r",
        ],
    }
}

impl Beside {
    /// Such an audit over IPv4, in English, to which nothing happens.
    fn of(app: &'static str, metres: f64) -> Beside {
        Beside {
            app,
            metres,
            event: Event::Nothing,
            lang: "en",
        }
    }

    /// Which profile has time for it.
    fn profile(&self) -> &'static str {
        match self.event {
            Event::Sleep => "quick",
            _ => "smoke",
        }
    }

    /// The report of it and its exit code; nothing where it cannot be made here.
    fn audited(&self) -> Option<(Value, Option<i32>)> {
        let network = Network::new(2)?;
        let dir = tempfile::tempdir().unwrap();
        let speaker = Loudspeaker::new(dir.path())?;
        let air = Air::new(&speaker, dir.path(), self.metres);
        let _servers = [Ip::V4, Ip::V6].map(|by| phone::server(&network, by));
        let by = match self.event {
            Event::V6 => Ip::V6,
            _ => Ip::V4,
        };
        let mut phone = match self.app {
            "mumble" => {
                let mut server = Mumble::start(&network, dir.path())?;
                let phone = App::mumble(&network, &speaker, dir.path(), &mut server);
                (phone, Some(server))
            }
            kind => (App::specimen(&network, 0, kind, by, &speaker), None),
        };
        let _neighbour = App::specimen(&network, 1, "window-mute", Ip::V4, &speaker);
        if self.event == Event::Loss {
            network.loses(0);
        }
        let before = network.state();
        let out = dir.path().join("out").display().to_string();
        let device = match by {
            Ip::V4 => "10.79.0.5",
            Ip::V6 => "fd79::5",
        };
        let args = [
            "audit",
            "--beside",
            "--capture-on",
            BRIDGE,
            "--device",
            device,
            "--server",
            &speaker.socket(),
            "--output",
            "spk",
            "--profile",
            self.profile(),
            "--quiet",
            "--lang",
            self.lang,
            "--out",
            &out,
        ];
        let mut args = args.to_vec();
        if matches!(self.event, Event::Listening | Event::TurnedDown) {
            args.extend(["--listen", "mic"]);
        }
        let mut person = Terminal::start(&network.machine(&muteproof(&args)));
        let [join, hears, mute, all_the_time, yes] = words(self.lang);
        person.reads(device);
        person.reads(join);
        person.types("\r");
        // Its own control says so before anybody mutes.
        person.reads(hears);
        person.reads(mute);
        if self.event == Event::Address {
            network.address(0, "10.79.0.105");
            phone.0 = App::specimen(&network, 0, self.app, by, &speaker);
        }
        if self.event == Event::TurnedDown {
            air.turns_down();
        }
        phone.0.say("mute");
        person.types("\r");
        // In the middle of the muted time.
        match self.event {
            Event::Sleep => {
                thread::sleep(Duration::from_secs(30));
                phone.0.sleeps(true);
                thread::sleep(Duration::from_secs(60));
                phone.0.sleeps(false);
            }
            Event::Interface => {
                thread::sleep(Duration::from_secs(20));
                network.bridge(false);
                thread::sleep(Duration::from_secs(5));
                network.bridge(true);
            }
            _ => {}
        }
        person.reads(all_the_time);
        person.types(yes);
        // A log of the device's own: one that is none, and then none.
        person.reads("docs/capture.md");
        person.types("/dev/null\r");
        person.reads("/dev/null");
        person.types("\r");
        let code = person.ends();
        assert_eq!(network.state(), before, "the network is not as it was");
        let report = fs::read(Path::new(&out).join("report.json"));
        let report = report.unwrap_or_else(|e| panic!("{e}: {}", person.screen()));
        Some((serde_json::from_slice(&report).unwrap(), code))
    }
}

#[test]
#[ignore = "three minutes: cargo xtask slow"]
fn a_mute_that_is_only_in_the_window_is_found_beside_the_device() {
    let Some((report, code)) = Beside::of("window-mute", 0.5).audited() else {
        return;
    };
    let judgement = &report["judgement"];
    println!("{}", judgement["verdict"]);
    assert_eq!(code, Some(1), "{}", judgement["verdict"]);
    assert_eq!(judgement["verdict"]["is"], "leaks");
}

#[test]
#[ignore = "three minutes: cargo xtask slow"]
fn it_is_found_from_two_metres_away() {
    let beside = Beside {
        lang: "de",
        ..Beside::of("window-mute", 2.0)
    };
    let Some((report, code)) = beside.audited() else {
        return;
    };
    assert_eq!(code, Some(1), "{}", report["judgement"]["verdict"]);
}

#[test]
#[ignore = "three minutes: cargo xtask slow"]
fn who_closes_the_microphone_is_not_accused_of_what_its_neighbour_sends() {
    let beside = Beside {
        lang: "de",
        ..Beside::of("honest", 2.0)
    };
    let Some((report, code)) = beside.audited() else {
        return;
    };
    let judgement = &report["judgement"];
    println!("{}", judgement["verdict"]);
    assert!(matches!(code, Some(0 | 4)), "{}", judgement["verdict"]);
    assert_ne!(judgement["verdict"]["is"], "leaks");
}

#[test]
#[ignore = "three minutes: cargo xtask slow"]
fn this_machine_s_microphone_says_when_the_loudspeaker_was_heard() {
    let beside = Beside {
        event: Event::Listening,
        ..Beside::of("window-mute", 2.0)
    };
    let Some((report, code)) = beside.audited() else {
        return;
    };
    let judgement = &report["judgement"];
    assert_eq!(code, Some(1), "{}", judgement["verdict"]);
    let notes = judgement["notes"].as_array().unwrap();
    let heard = notes.iter().find(|note| note["is"] == "room_heard");
    let heard = heard.unwrap_or_else(|| panic!("{notes:?}"));
    println!("{heard}");
    assert_eq!(heard["blocks"], heard["of"]);
}

/// Nothing leaks of sound that nobody plays: without the microphone that would have passed for a mute that works.
#[test]
#[ignore = "three minutes: cargo xtask slow"]
fn who_turns_the_loudspeaker_down_gets_no_answer() {
    let beside = Beside {
        event: Event::TurnedDown,
        ..Beside::of("window-mute", 0.5)
    };
    let Some((report, code)) = beside.audited() else {
        return;
    };
    let verdict = &report["judgement"]["verdict"];
    println!("{verdict}");
    assert_eq!(code, Some(2), "{verdict}");
    let reasons = verdict["reasons"].as_array().unwrap();
    assert!(
        reasons.iter().any(|r| r["is"] == "room_silent"),
        "{reasons:?}"
    );
}

/// One clear line each, and nothing done to the network.
#[test]
fn what_cannot_be_is_told_in_a_line_and_the_network_is_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let beside = |more: &[&str]| {
        let args = [&["audit", "--beside", "--capture-on"][..], more].concat();
        let mut command = muteproof(&args);
        command.env_remove("PULSE_SERVER");
        command
            .env("XDG_RUNTIME_DIR", dir.path())
            .current_dir(dir.path());
        command
    };
    let said = |more: &[&str]| common::said(&mut beside(more));
    let line = |said: &common::Said, has: &str| {
        assert_eq!(said.code, Some(3), "{}", said.err);
        assert_eq!(said.err.trim_end().lines().count(), 1, "{}", said.err);
        assert!(said.err.contains(has), "{}", said.err);
    };
    line(
        &said(&["muteproof-none"]),
        "there is no interface `muteproof-none`",
    );
    line(&said(&["lo"]), "does not carry Ethernet frames");
    // Without what is needed besides it is a mistake of usage.
    assert_eq!(run(&["audit", "--beside"]).code, Some(3));
    assert_eq!(
        run(&["audit", "--beside", "--capture-on", "lo", "mumble"]).code,
        Some(3)
    );
    let Some(network) = Network::new(0) else {
        return;
    };
    let said = |more: &[&str]| common::said(&mut network.machine(&beside(more)));
    let before = network.state();
    line(
        &said(&[BRIDGE, "--device", "no such device"]),
        "called no such device",
    );
    line(&said(&[BRIDGE]), "no sound server of yours");
    network.bridge(false);
    line(&said(&[BRIDGE]), "is down");
    network.bridge(true);
    assert_eq!(
        fs::read_dir(dir.path()).unwrap().count(),
        0,
        "nothing is left"
    );
    assert_eq!(network.state(), before);
}
