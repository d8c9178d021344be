//! Everything about the microphone switch can be said in every language.

mod shaped;

use report::{Lang, Menu, Mic, Seen, mic, mic_json};
use switch::*;

fn proofs() -> Vec<Proof> {
    vec![
        Proof::Unproven,
        Proof::Silent { samples: 4_800 },
        Proof::NoSamples,
        Proof::Hears { peak: 0.25 },
        Proof::Failed { why: "no".into() },
        Proof::NotRecorded {
            because: NotRecorded::Suspended { seconds: 3 },
        },
        Proof::NotRecorded {
            because: NotRecorded::NoAnswer { seconds: 3 },
        },
        Proof::NotRecorded {
            because: NotRecorded::OtherThanAsked,
        },
        Proof::NotRecorded {
            because: NotRecorded::Ended,
        },
        Proof::NotRecorded {
            because: NotRecorded::TakesNoMute,
        },
    ]
}

fn statuses() -> Vec<Status> {
    let verified = [
        (Wish::On, Verified::On),
        (Wish::Off, Verified::Off),
        (Wish::Off, Verified::Partly),
        (Wish::Off, Verified::Unproven),
        (Wish::Off, Verified::Hears),
    ];
    let source = |proof, monitor, except, muted, contested| SourceStatus {
        name: "mic".into(),
        description: "Microphone".into(),
        muted,
        monitor,
        except,
        opened: false,
        silent: false,
        default: false,
        recorded: false,
        hidden: false,
        contested,
        proof,
    };
    let mut sources: Vec<SourceStatus> = proofs()
        .into_iter()
        .map(|proof| source(proof, false, false, true, 0))
        .collect();
    sources.push(source(Proof::Unproven, true, false, false, 0));
    sources.push(source(Proof::Unproven, false, true, false, 3));
    sources.push(source(Proof::Unproven, false, false, false, 0));
    let mut opened = source(Proof::Unproven, false, false, false, 0);
    opened.opened = true;
    sources.push(opened);
    for (default, recorded) in [(true, false), (false, true), (true, true)] {
        let mut monitor = source(Proof::Unproven, true, false, false, 0);
        (monitor.default, monitor.recorded) = (default, recorded);
        sources.push(monitor);
    }
    let mut hidden = source(Proof::Unproven, false, false, false, 0);
    hidden.hidden = true;
    sources.push(hidden);
    let layers = [
        (Layer::SourceMute, LayerState::Holds { n: 2 }),
        (Layer::Volume, LayerState::NotUsed),
        (Layer::Streams, LayerState::Holds { n: 1 }),
        (Layer::CaptureSwitches, LayerState::NothingThere),
        (Layer::DeviceAccess, LayerState::Failed { why: "no".into() }),
        (Layer::Usb, LayerState::Partly { n: 1, of: 2 }),
        (
            Layer::Lamp,
            LayerState::Heard {
                sources: "mic".into(),
            },
        ),
    ];
    let mut found = Vec::new();
    for (n, (wish, verified)) in verified.into_iter().enumerate() {
        found.push(Status {
            wish,
            verified,
            server: n != 2,
            guarded: n != 3,
            sources: if n == 1 { Vec::new() } else { sources.clone() },
            unlisted: (n == 1).then(|| "pw-dump: it is not installed".into()),
            apps: vec!["/usr/bin/app".into()],
            recordings: [true, false]
                .map(|except| RecordingStatus {
                    stream: 1,
                    program: "/usr/bin/app".into(),
                    source: "mic".into(),
                    except,
                })
                .into(),
            captures: vec![capture(Some(7)), capture(None)],
            layers: layers.clone().into(),
        });
    }
    found
}

#[test]
fn every_status_for_programs() {
    for status in statuses() {
        let json = shaped::shaped("mic", mic_json(&status).unwrap());
        assert_eq!(json["guarded"], status.guarded);
    }
}

fn capture(pid: Option<i32>) -> Capture {
    Capture {
        device: "/dev/snd/pcmC0D0c".into(),
        pid,
        command: pid.map(|_| "snoop".into()),
    }
}

fn events() -> Vec<Event> {
    let source = || "mic".to_owned();
    vec![
        Event::Switched { wish: Wish::Off },
        Event::Switched { wish: Wish::On },
        Event::Contested {
            source: source(),
            times: 2,
            insists: false,
        },
        Event::Contested {
            source: source(),
            times: 16,
            insists: true,
        },
        Event::WasOpen {
            source: source(),
            added: true,
            ms: 3.25,
        },
        Event::WasOpen {
            source: source(),
            added: false,
            ms: 3.25,
        },
        Event::ServerLost,
        Event::ServerBack {
            gap_ms: 400.0,
            open_ms: 2.0,
        },
        Event::StillHears { source: source() },
        Event::Failed {
            source: source(),
            why: "no".into(),
        },
        Event::NotRecorded {
            source: source(),
            because: NotRecorded::Ended,
        },
        Event::Captured {
            capture: capture(Some(7)),
        },
        Event::CameIn {
            source: source(),
            program: "app".into(),
            ms: 3.25,
        },
        Event::ExceptionEnds {
            source: source(),
            times: 5,
        },
        Event::NotRestored { source: source() },
    ]
}

fn holders() -> Vec<Holder> {
    let devices = [
        Device::Source {
            source: "mic".into(),
            monitor: false,
        },
        Device::Source {
            source: "spk.monitor".into(),
            monitor: true,
        },
        Device::Source {
            source: String::new(),
            monitor: false,
        },
        Device::Sound {
            path: "/dev/snd/pcmC0D0c".into(),
        },
        Device::Camera {
            path: "/dev/video0".into(),
        },
    ];
    let who = [
        Who::Process {
            pid: 7,
            program: "/usr/bin/app".into(),
        },
        Who::OneOf { pids: vec![7, 8] },
        Who::Unknown,
        Who::Server,
        Who::Unknown,
    ];
    let pairs = devices.into_iter().zip(who).enumerate();
    pairs
        .map(|(n, (device, who))| Holder {
            device,
            who,
            stream: Some(1),
            claimed_name: (n != 2).then(|| "App\u{1b}[2J".to_owned()),
            claimed_pid: Some(1),
            mismatch: n == 1,
            muted: n % 2 == 0,
        })
        .collect()
}

#[test]
fn everything_can_be_said_in_every_language() {
    let (statuses, events, holders) = (statuses(), events(), holders());
    let held: Vec<(Holder, Option<String>)> = holders
        .iter()
        .enumerate()
        .map(|(n, holder)| (holder.clone(), (n > 0).then(|| "12:00".to_owned())))
        .collect();
    let mut says: Vec<Mic> = statuses.iter().map(Mic::Status).collect();
    says.extend(statuses.iter().map(|status| Mic::State(status.verified)));
    says.extend(events.iter().map(Mic::Event));
    let seen = [
        Seen::Now,
        Seen::Since("12:00"),
        Seen::Begin,
        Seen::Change,
        Seen::End,
    ];
    for holder in &holders {
        says.extend(seen.map(|seen| Mic::Holder(holder, seen)));
    }
    for verified in [None, Some(Verified::On), Some(Verified::Off)] {
        for (holders, failed) in [(&held[..], None), (&[], Some("no sound server"))] {
            says.push(Mic::Front {
                holders,
                failed,
                verified,
            });
        }
    }
    says.extend([Menu::Off, Menu::On, Menu::Prove].map(Mic::Menu));
    says.extend([
        Mic::Shortcut,
        Mic::NameNotOurs("org.muteproof.Microphone"),
        Mic::WatchTitle,
        Mic::WatchHistory,
        Mic::Nobody,
    ]);
    for lang in Lang::ALL {
        for say in &says {
            let said = mic(lang, say).unwrap_or_else(|e| panic!("{say:?}: {e}"));
            assert!(!said.is_empty() && !said.contains('\u{1b}'), "{said}");
        }
    }
}

#[test]
fn a_lie_is_shown_in_capitals() {
    let said = mic(Lang::En, &Mic::Holder(&holders()[1], Seen::Begin)).unwrap();
    assert!(said.contains("IT CLAIMS TO BE PROCESS 1"), "{said}");
    assert!(said.contains("one of the processes 7, 8"), "{said}");
}

fn off(proofs: Vec<Proof>) -> Status {
    let mut status = statuses().remove(1);
    let of = |proof| SourceStatus {
        proof,
        ..statuses().remove(0).sources.remove(0)
    };
    (status.server, status.sources) = (true, proofs.into_iter().map(of).collect());
    status
}

#[test]
fn that_every_sample_was_zero_is_said_of_what_gave_samples() {
    let said = |proofs| mic(Lang::En, &Mic::Status(&off(proofs))).unwrap();
    let silent = || Proof::Silent { samples: 4_800 };
    let zero = "every source was recorded just now, and every sample was zero";
    assert!(said(vec![silent(), silent()]).contains(zero));
    for (proofs, instead) in [
        (
            vec![silent(), Proof::NoSamples],
            "the others gave none at all",
        ),
        (vec![], "none was recorded"),
    ] {
        let said = said(proofs);
        assert!(said.contains(instead) && !said.contains(zero), "{said}");
    }
}
