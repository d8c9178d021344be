//! Simulated scenes: a sound server that is a list, and everybody who fights over it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;
use switch::*;

/// A sound server, as simple as can be.
#[derive(Debug, Clone, Default)]
struct Server {
    sources: Vec<Source>,
    default: Option<String>,
    /// Sources whose mute does nothing.
    broken: Vec<String>,
    /// Numbers of sources that are suspended.
    suspended: BTreeSet<u32>,
    next: u32,
    saved: Vec<PersistedState>,
    told: Vec<Event>,
    now_ns: u64,
}

impl Server {
    fn add(&mut self, name: &str, muted: bool, volumes: &[u32]) {
        self.next += 1;
        self.sources.retain(|s| s.name != name);
        self.sources.push(Source {
            index: self.next,
            name: name.to_owned(),
            description: name.to_uppercase(),
            muted,
            volumes: volumes.to_vec(),
            monitor: name.ends_with(".monitor"),
            silent: false,
            recorded: false,
        });
    }

    fn get(&mut self, name: &str) -> &mut Source {
        self.sources.iter_mut().find(|s| s.name == name).unwrap()
    }

    fn seen(&self) -> Fact {
        Fact::Sources {
            sources: self.sources.clone(),
            default: self.default.clone(),
        }
    }

    /// Tells the policy a fact, does what it wants, and goes on until it wants nothing more.
    fn tell(&mut self, policy: &mut Policy, fact: Fact) {
        let mut facts = VecDeque::from([fact]);
        for _ in 0..100 {
            let Some(fact) = facts.pop_front() else {
                return;
            };
            self.now_ns += 1_000_000;
            for action in policy.step(self.now_ns, fact) {
                self.act(policy, action, &mut facts);
            }
        }
        panic!("no end: {policy:?}");
    }

    fn act(&mut self, policy: &Policy, action: Action, facts: &mut VecDeque<Fact>) {
        match action {
            Action::Keep => self.saved.push(policy.kept().clone()),
            Action::Tell(event) => self.told.push(event),
            Action::Mute { index, muted, .. } => {
                let source = self.sources.iter_mut().find(|s| s.index == index);
                source.unwrap().muted = muted;
                facts.push_back(self.seen());
            }
            Action::Volume { index, volumes, .. } => {
                let source = self.sources.iter_mut().find(|s| s.index == index);
                source.unwrap().volumes = volumes;
                facts.push_back(self.seen());
            }
            Action::Suspend {
                index, suspended, ..
            } => {
                match suspended {
                    true => self.suspended.insert(index),
                    false => self.suspended.remove(&index),
                };
            }
            Action::Default { name } => {
                self.default = Some(name);
                facts.push_back(self.seen());
            }
            Action::LoadSilent
            | Action::UnloadSilent
            | Action::Move { .. }
            | Action::Unpin { .. } => panic!("nobody is excepted: {action:?}"),
            Action::Listen { name, .. } => {
                let broken = self.broken.contains(&name);
                let muted = self.get(&name).muted;
                let proof = match muted && !broken {
                    true => Proof::Silent { samples: 4_800 },
                    false => Proof::Hears { peak: 0.5 },
                };
                facts.push_back(Fact::Heard {
                    source: name,
                    proof,
                });
            }
        }
    }

    fn contents(&self) -> BTreeMap<String, (bool, Vec<u32>)> {
        let sources = self.sources.iter();
        sources
            .map(|s| (s.name.clone(), (s.muted, s.volumes.clone())))
            .collect()
    }
}

fn two_microphones() -> Server {
    let mut server = Server::default();
    server.add("mic1", false, &[65_536, 40_000]);
    server.add("mic2", true, &[12_345]);
    server.add("spk.monitor", false, &[65_536]);
    server.default = Some("mic1".into());
    server
}

fn off(server: &mut Server) -> Policy {
    let mut policy = Policy::new(PersistedState::default());
    server.tell(&mut policy, server.seen());
    server.tell(&mut policy, Fact::Wish(Wish::Off));
    policy
}

#[test]
fn off_mutes_every_microphone_and_on_gives_back_what_it_had() {
    let mut server = two_microphones();
    let before = server.contents();
    let mut policy = off(&mut server);
    assert_eq!(policy.verified(), Verified::Off);
    assert!(server.get("mic1").muted && server.get("mic2").muted);
    assert!(!server.get("spk.monitor").muted);
    server.tell(&mut policy, Fact::Wish(Wish::On));
    assert_eq!(server.contents(), before);
    assert!(policy.is_idle());
    assert_eq!(server.saved.last(), Some(&PersistedState::default()));
}

#[test]
fn what_a_source_had_is_kept_before_it_is_changed() {
    let mut policy = Policy::new(PersistedState::default());
    let server = two_microphones();
    policy.step(1, server.seen());
    let todo = policy.step(2, Fact::Wish(Wish::Off));
    let mute = todo.iter().position(|a| matches!(a, Action::Mute { .. }));
    let keep = todo.iter().rposition(|a| *a == Action::Keep);
    assert!(keep < mute, "{todo:?}");
    assert_eq!(policy.kept().former["mic2"].volumes, [12_345]);
}

#[test]
fn what_changed_in_the_moment_of_switching_is_given_back_as_it_was_then() {
    let mut server = two_microphones();
    let mut policy = Policy::new(PersistedState::default());
    server.tell(&mut policy, server.seen());
    // Somebody turns the volume, and the press comes before that is told.
    server.get("mic1").volumes = vec![7, 8];
    let had = server.sources.clone();
    let before = server.contents();
    for action in policy.step(1, Fact::Wish(Wish::Off)) {
        server.act(&policy, action, &mut VecDeque::new());
    }
    assert!(server.get("mic1").muted);
    server.tell(&mut policy, Fact::Had(had));
    assert_eq!(server.saved.last().unwrap().former["mic1"].volumes, [7, 8]);
    server.tell(&mut policy, server.seen());
    server.tell(&mut policy, Fact::Wish(Wish::On));
    assert_eq!(server.contents(), before);
}

#[test]
fn off_is_not_believed_but_heard() {
    let mut server = two_microphones();
    server.broken.push("mic2".into());
    let policy = off(&mut server);
    assert_eq!(policy.verified(), Verified::Hears);
    let source = "mic2".to_owned();
    assert!(server.told.contains(&Event::StillHears { source }));
}

#[test]
fn who_opens_it_again_gets_nothing_from_then_on() {
    let mut server = two_microphones();
    let before = server.contents();
    let mut policy = off(&mut server);
    for times in 1..4 {
        server.get("mic1").muted = false;
        server.tell(&mut policy, server.seen());
        let source = "mic1".to_owned();
        let insists = false;
        let told = Event::Contested {
            source,
            times,
            insists,
        };
        assert!(server.told.contains(&told));
        assert_eq!(server.get("mic1").volumes, [0, 0]);
        assert!(server.get("mic1").muted);
    }
    server.get("mic1").volumes = vec![65_536, 65_536];
    server.tell(&mut policy, server.seen());
    assert_eq!(server.get("mic1").volumes, [0, 0]);
    assert_eq!(policy.status().sources[0].contested, 3);
    server.tell(&mut policy, Fact::Wish(Wish::On));
    assert_eq!(server.contents(), before);
}

/// A monitor that programs take for a microphone is heard, and left alone: nobody says then that it is off.
#[test]
fn a_monitor_that_is_used_as_a_microphone_is_not_off() {
    let used = |default: bool, recorded: bool| {
        let mut server = two_microphones();
        server.get("spk.monitor").recorded = recorded;
        if default {
            server.default = Some("spk.monitor".into());
        }
        let mut policy = off(&mut server);
        assert!(!server.get("spk.monitor").muted);
        (server, policy.status(), {
            let except = Fact::Except {
                source: "spk.monitor".into(),
                except: true,
            };
            policy.step(9, except);
            policy.verified()
        })
    };
    for (default, recorded) in [(true, false), (false, true), (true, true)] {
        let (_, status, excepted) = used(default, recorded);
        assert_eq!(status.verified, Verified::Unproven, "{status:?}");
        let monitor = status.sources.iter().find(|s| s.monitor).unwrap();
        assert!(monitor.is_out_of_reach());
        // What can be muted is muted all the same.
        assert_eq!(
            status.layers[&Layer::SourceMute],
            LayerState::Holds { n: 2 }
        );
        // Whoever means it says so.
        assert_eq!(excepted, Verified::Partly);
    }
    assert_eq!(used(false, false).1.verified, Verified::Off);
}

#[test]
fn what_the_server_does_not_list_is_not_off() {
    let mut server = two_microphones();
    let mut policy = off(&mut server);
    let hidden = Hidden {
        name: "inner".into(),
        description: String::new(),
        muted: true,
        recorded: false,
    };
    server.tell(&mut policy, Fact::Graph(Graph::Seen(vec![hidden])));
    let status = policy.status();
    assert_eq!(status.verified, Verified::Unproven);
    let inner = status.sources.iter().find(|s| s.name == "inner").unwrap();
    assert!(inner.hidden && inner.is_out_of_reach());
    server.tell(&mut policy, Fact::Graph(Graph::Seen(Vec::new())));
    assert_eq!(policy.verified(), Verified::Off);
    let why = || "pw-dump: it is not installed".to_owned();
    server.tell(&mut policy, Fact::Graph(Graph::NotSeen { why: why() }));
    assert_eq!(policy.status().unlisted, Some(why()));
}

#[test]
fn no_layer_holds_through_which_something_is_heard() {
    let mut server = two_microphones();
    server.broken.push("mic2".into());
    let mut policy = off(&mut server);
    let heard = |sources: &str| LayerState::Heard {
        sources: sources.into(),
    };
    assert_eq!(policy.status().layers[&Layer::SourceMute], heard("mic2"));
    let below = [
        (Layer::DeviceAccess, LayerState::Holds { n: 1 }),
        (Layer::Lamp, LayerState::Holds { n: 1 }),
        (Layer::Usb, LayerState::NothingThere),
    ];
    let capture = Capture {
        device: "/dev/snd/pcmC0D0c".into(),
        pid: None,
        command: None,
    };
    for (captures, access) in [
        (vec![], LayerState::Holds { n: 1 }),
        (vec![capture], heard("/dev/snd/pcmC0D0c")),
    ] {
        server.tell(&mut policy, Fact::Captures(captures));
        let mut status = policy.status();
        status.add_layers(&below.clone().into());
        assert_eq!(status.layers[&Layer::DeviceAccess], access);
        assert_eq!(status.layers[&Layer::Lamp], LayerState::Holds { n: 1 });
        assert_eq!(status.layers[&Layer::Usb], LayerState::NothingThere);
    }
}

/// A source that takes no mute: it was recorded all the same, and what that gave is what is known of it.
#[test]
fn what_takes_no_mute_is_told_by_what_it_gave() {
    let given = |proof: Proof| {
        let server = two_microphones();
        let mut policy = Policy::new(PersistedState::default());
        policy.step(1, server.seen());
        policy.step(2, Fact::Wish(Wish::Off));
        // Whatever was asked, the server says the same as before.
        policy.step(3, server.seen());
        let pending = policy.pending();
        assert!(pending.iter().any(|(_, name)| name == "mic1"));
        let source = "mic1".to_owned();
        policy.step(4, Fact::Heard { source, proof });
        let status = policy.status();
        (status.verified, status.sources[0].proof.clone())
    };
    let hears = Proof::Hears { peak: 0.5 };
    assert_eq!(given(hears.clone()), (Verified::Hears, hears));
    let not = |because| Proof::NotRecorded { because };
    let suspended = not(NotRecorded::Suspended { seconds: 3 });
    assert_eq!(
        given(suspended.clone()),
        (Verified::Unproven, suspended.clone())
    );
    let takes_none = not(NotRecorded::TakesNoMute);
    let silent = Proof::Silent { samples: 9_600 };
    assert_eq!(given(silent), (Verified::Unproven, takes_none));
}

/// Between an un-mute and the answer some sound passes; in a loop, for ever. So it goes further each time.
#[test]
fn who_opens_it_in_a_loop_finds_it_suspended_and_is_told_of() {
    let mut server = two_microphones();
    let mut policy = off(&mut server);
    server.tell(&mut policy, Fact::Moves(true));
    let index = server.get("mic1").index;
    for times in 1..=1_000 {
        server.get("mic1").muted = false;
        server.get("mic1").volumes = vec![65_536, 65_536];
        server.tell(&mut policy, server.seen());
        assert_eq!(server.suspended.contains(&index), times >= 3, "{times}");
    }
    let contested = server.told.iter().filter_map(|event| match event {
        Event::Contested { times, insists, .. } => Some((*times, *insists)),
        _ => None,
    });
    let contested: Vec<(u32, bool)> = contested.collect();
    assert_eq!(contested.len(), 14, "{contested:?}");
    assert_eq!(contested.last(), Some(&(512, true)));
    assert!(contested.contains(&(7, false)));
    // Written down: a guard that is ended and started again gives it back as well.
    let mut policy = Policy::new(policy.kept().clone());
    server.tell(&mut policy, server.seen());
    server.tell(&mut policy, Fact::Wish(Wish::On));
    assert!(server.suspended.is_empty());
    assert!(policy.is_idle());
}

#[test]
fn a_source_that_is_plugged_in_while_off_is_muted_and_given_back() {
    let mut server = two_microphones();
    let mut policy = off(&mut server);
    server.add("usb", false, &[50_000]);
    server.tell(&mut policy, server.seen());
    assert!(server.get("usb").muted);
    let opened = |e: &Event| matches!(e, Event::WasOpen { added: true, ms, .. } if *ms > 0.0);
    assert!(server.told.iter().any(opened), "{:?}", server.told);
    // It goes, it is switched on, and it comes back as the server remembers it: muted.
    server.sources.retain(|s| s.name != "usb");
    server.tell(&mut policy, server.seen());
    server.tell(&mut policy, Fact::Wish(Wish::On));
    assert!(!policy.is_idle());
    server.add("usb", true, &[50_000]);
    server.tell(&mut policy, server.seen());
    assert!(!server.get("usb").muted);
    assert!(policy.is_idle());
}

#[test]
fn off_survives_a_restart_of_the_server_and_of_the_guard() {
    let mut server = two_microphones();
    let before = server.contents();
    let mut policy = off(&mut server);
    server.tell(&mut policy, Fact::Lost);
    assert_eq!(policy.verified(), Verified::Unproven);
    let (mut fresh, told) = (two_microphones(), server.told.len());
    fresh.next = 100;
    (server.sources, server.next) = (fresh.sources, fresh.next);
    server.tell(&mut policy, server.seen());
    assert_eq!(policy.verified(), Verified::Off);
    let back = |e: &Event| matches!(e, Event::ServerBack { gap_ms, open_ms } if gap_ms >= open_ms && *open_ms > 0.0);
    assert!(server.told[told..].iter().any(back), "{:?}", server.told);
    // The guard starts anew from what it kept.
    let mut policy = Policy::new(server.saved.last().unwrap().clone());
    server.tell(&mut policy, server.seen());
    assert_eq!(policy.verified(), Verified::Off);
    server.tell(&mut policy, Fact::Wish(Wish::On));
    assert_eq!(server.contents(), before);
}

#[test]
fn an_exception_stays_as_it_is_and_the_lamp_says_so() {
    let mut server = two_microphones();
    let before = server.contents();
    let mut policy = off(&mut server);
    let except = |except| Fact::Except {
        source: "mic1".into(),
        except,
    };
    server.tell(&mut policy, except(true));
    assert_eq!(server.contents()["mic1"], before["mic1"]);
    assert_eq!(policy.verified(), Verified::Partly);
    server.tell(&mut policy, except(false));
    assert!(server.get("mic1").muted);
    assert_eq!(policy.verified(), Verified::Off);
}

#[test]
fn a_read_past_the_server_is_an_alarm() {
    let mut server = two_microphones();
    let mut policy = off(&mut server);
    let capture = Capture {
        device: "/dev/snd/pcmC0D0c".into(),
        pid: Some(7),
        command: Some("snoop".into()),
    };
    server.tell(&mut policy, Fact::Captures(vec![capture.clone()]));
    assert_eq!(policy.verified(), Verified::Hears);
    assert_eq!(server.told.last(), Some(&Event::Captured { capture }));
    server.tell(&mut policy, Fact::Captures(vec![]));
    assert_eq!(policy.verified(), Verified::Off);
}

#[test]
fn the_default_source_is_given_back() {
    let mut server = two_microphones();
    let mut policy = off(&mut server);
    server.default = Some("mic2".into());
    server.tell(&mut policy, server.seen());
    server.tell(&mut policy, Fact::Wish(Wish::On));
    assert_eq!(server.default.as_deref(), Some("mic1"));
}

#[test]
fn a_server_that_rounds_is_not_asked_for_ever() {
    let mut policy = Policy::new(PersistedState::default());
    let mut server = two_microphones();
    policy.step(1, server.seen());
    policy.step(2, Fact::Wish(Wish::Off));
    for source in &mut server.sources {
        source.muted = !source.monitor;
    }
    policy.step(3, server.seen());
    let mut todo = policy.step(4, Fact::Wish(Wish::On));
    for n in 5..20 {
        // Mutes are done, volumes stay where they are.
        server.get("mic1").muted = false;
        server.get("mic1").volumes = vec![1, 1];
        todo.extend(policy.step(n, server.seen()));
    }
    let source = "mic1".to_owned();
    assert!(todo.contains(&Action::Tell(Event::NotRestored { source })));
    assert!(policy.is_idle());
}

/// What can happen to a microphone.
#[derive(Debug, Clone)]
enum Happens {
    Add(u8, bool, u32),
    Remove(u8),
    Unmute(u8),
    Raise(u8, u32),
    Restart,
    GuardRestart,
    Wish(bool),
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        (0..4u8, any::<bool>(), 0..99_999u32).prop_map(|(n, m, v)| Happens::Add(n, m, v)),
        (0..4u8).prop_map(Happens::Remove),
        (0..4u8).prop_map(Happens::Unmute),
        (0..4u8, 0..99_999u32).prop_map(|(n, v)| Happens::Raise(n, v)),
        Just(Happens::Restart),
        Just(Happens::GuardRestart),
        any::<bool>().prop_map(Happens::Wish),
    ]
}

proptest! {
    /// Whatever happens: while it is off, every microphone that is there is muted, and the state
    /// says *off* only if it is; and what is given back in the end is what there was.
    #[test]
    fn off_is_off_and_on_is_as_before(events in proptest::collection::vec(happens(), 0..60)) {
        let mut server = two_microphones();
        let mut policy = Policy::new(PersistedState::default());
        server.tell(&mut policy, server.seen());
        // What each microphone had when muteproof saw it first since it was switched off.
        let mut had: BTreeMap<String, (bool, Vec<u32>)> = BTreeMap::new();
        let mut is_off = false;
        for event in events {
            match event {
                Happens::Add(n, muted, volume) => {
                    let name = format!("usb{n}");
                    server.add(&name, muted, &[volume]);
                    if is_off {
                        had.entry(name).or_insert((muted, vec![volume]));
                    }
                }
                Happens::Remove(n) => server.sources.retain(|s| s.name != format!("usb{n}")),
                Happens::Unmute(n) => {
                    let name = format!("usb{n}");
                    server.sources.iter_mut().filter(|s| s.name == name).for_each(|s| s.muted = false);
                }
                Happens::Raise(n, volume) => {
                    let name = format!("usb{n}");
                    let it = server.sources.iter_mut().filter(|s| s.name == name);
                    it.for_each(|s| s.volumes = vec![volume]);
                }
                Happens::Restart => {
                    server.tell(&mut policy, Fact::Lost);
                    for source in &mut server.sources {
                        server.next += 1;
                        source.index = server.next;
                    }
                }
                Happens::GuardRestart => {
                    policy = Policy::new(policy.kept().clone());
                }
                Happens::Wish(off) => {
                    if off && !is_off {
                        for (name, it) in server.contents() {
                            if !name.ends_with(".monitor") {
                                had.entry(name).or_insert(it);
                            }
                        }
                    }
                    is_off = off;
                    server.tell(&mut policy, Fact::Wish(if off { Wish::Off } else { Wish::On }));
                }
            }
            server.tell(&mut policy, server.seen());
            if is_off {
                let open = server.sources.iter().find(|s| !s.monitor && !s.muted);
                prop_assert!(open.is_none(), "{open:?}");
                prop_assert_eq!(policy.verified(), Verified::Off);
            } else {
                for (name, it) in server.contents() {
                    if let Some(had) = had.remove(&name) {
                        prop_assert_eq!(it, had, "{}", name);
                    }
                }
            }
            let text = serde_json::to_string(policy.kept()).unwrap();
            let kept: PersistedState = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&kept, policy.kept());
        }
    }
}
