//! Simulated scenes of excepted apps: a sound server with record streams that move, and whoever comes to it.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;
use switch::*;

#[derive(Debug, Clone)]
struct Stream {
    index: u32,
    source: u32,
    owner: Owner,
    /// It goes where the default source is.
    follows: bool,
    /// The server refuses to move it.
    stays: bool,
}

/// A sound server that moves streams at once.
#[derive(Debug, Clone, Default)]
struct Server {
    sources: Vec<Source>,
    streams: Vec<Stream>,
    default: Option<String>,
    next: u32,
    silence_sounds: bool,
    told: Vec<Event>,
    unpinned: Vec<u32>,
    now_ns: u64,
}

const SILENT: &str = "silence";

impl Server {
    fn plug(&mut self, name: &str) -> u32 {
        self.next += 1;
        self.sources.push(Source {
            index: self.next,
            name: name.to_owned(),
            description: String::new(),
            muted: false,
            volumes: vec![65_536],
            monitor: false,
            silent: name == SILENT,
            recorded: false,
        });
        self.next
    }

    /// A program begins to record: from a source that it names, or from the default one.
    fn records(&mut self, source: Option<&str>, owner: Owner) -> u32 {
        let named = source.map(str::to_owned).or_else(|| self.default.clone());
        let source_index = self.at(&named.unwrap_or_default());
        self.next += 1;
        self.streams.push(Stream {
            index: self.next,
            source: source_index,
            owner,
            follows: source.is_none(),
            stays: false,
        });
        self.next
    }

    fn has(&self, name: &str) -> bool {
        self.sources.iter().any(|s| s.name == name)
    }

    fn at(&self, name: &str) -> u32 {
        let source = self.sources.iter().find(|s| s.name == name);
        source.unwrap_or_else(|| panic!("no {name}")).index
    }

    fn stream(&mut self, index: u32) -> &mut Stream {
        self.streams.iter_mut().find(|s| s.index == index).unwrap()
    }

    /// Which streams can hear a microphone.
    fn hearing(&self) -> Vec<u32> {
        let open = |source: u32| {
            let source = self.sources.iter().find(|s| s.index == source);
            source.is_some_and(|s| !s.silent && !s.muted)
        };
        let hearing = self.streams.iter().filter(|s| open(s.source));
        hearing.map(|s| s.index).collect()
    }

    fn seen(&self) -> [Fact; 2] {
        let recordings = self.streams.iter().map(|stream| Recording {
            index: stream.index,
            source: stream.source,
            owner: stream.owner,
            program: format!("program {}", stream.index),
        });
        let sources = Fact::Sources {
            sources: self.sources.clone(),
            default: self.default.clone(),
        };
        let recordings = Fact::Recordings {
            server: 1,
            recordings: recordings.collect(),
        };
        [sources, recordings]
    }

    /// Tells the policy a fact, does what it wants, and goes on until it wants nothing more.
    fn tell(&mut self, policy: &mut Policy, fact: Fact) {
        let mut facts = VecDeque::from([fact]);
        for _ in 0..500 {
            let Some(fact) = facts.pop_front() else {
                return;
            };
            self.now_ns += 1_000_000;
            for action in policy.step(self.now_ns, fact) {
                self.act(action, &mut facts);
            }
        }
        panic!("no end: {policy:?}");
    }

    fn look(&mut self, policy: &mut Policy) {
        for fact in self.seen() {
            self.tell(policy, fact);
        }
    }

    fn act(&mut self, action: Action, facts: &mut VecDeque<Fact>) {
        let find = |index: u32| move |s: &&mut Source| s.index == index;
        match action {
            Action::Keep => return,
            Action::Tell(event) => return self.told.push(event),
            Action::Mute { index, muted, .. } => {
                self.sources.iter_mut().find(find(index)).unwrap().muted = muted;
            }
            Action::Volume { index, volumes, .. } => {
                self.sources.iter_mut().find(find(index)).unwrap().volumes = volumes;
            }
            // What is gone meanwhile is refused.
            Action::Default { name } if !self.has(&name) => return,
            Action::UnloadSilent if !self.has(SILENT) => return,
            Action::Default { name } => {
                let at = self.at(&name);
                self.default = Some(name);
                let following = self.streams.iter_mut().filter(|s| s.follows);
                following.for_each(|s| s.source = at);
            }
            Action::Suspend { .. } => return,
            Action::LoadSilent => drop(self.plug(SILENT)),
            Action::UnloadSilent => {
                let silent = self.at(SILENT);
                assert!(self.streams.iter().all(|s| s.source != silent));
                self.sources.retain(|s| s.index != silent);
            }
            Action::Move { stream, to } => {
                let default = self.default.clone().map(|name| self.at(&name));
                let Some(it) = self.streams.iter_mut().find(|s| s.index == stream) else {
                    return;
                };
                if !it.stays {
                    (it.source, it.follows) = (to, Some(to) == default);
                }
            }
            Action::Unpin { stream } => self.unpinned.push(stream),
            Action::Listen { name, .. } => {
                let source = self.sources.iter().find(|s| s.name == name).unwrap();
                let silent = source.muted || (source.silent && !self.silence_sounds);
                let proof = match silent {
                    true => Proof::Silent { samples: 9_600 },
                    false => Proof::Hears { peak: 0.5 },
                };
                facts.push_back(Fact::Heard {
                    source: name,
                    proof,
                });
                return;
            }
        }
        facts.extend(self.seen());
    }

    fn places(&self) -> BTreeMap<u32, (u32, bool)> {
        let streams = self.streams.iter();
        streams.map(|s| (s.index, (s.source, s.follows))).collect()
    }
}

fn except(program: &str, except: bool) -> Fact {
    let program = program.to_owned();
    Fact::ExceptApp { program, except }
}

/// Two microphones, and a policy that knows of an exception.
fn scene() -> (Server, Policy) {
    let mut server = Server::default();
    server.plug("mic1");
    server.plug("mic2");
    server.default = Some("mic1".into());
    let mut policy = Policy::new(PersistedState::default());
    server.tell(&mut policy, Fact::Moves(true));
    server.look(&mut policy);
    server.tell(&mut policy, except("/usr/bin/call", true));
    (server, policy)
}

fn off(server: &mut Server, policy: &mut Policy) {
    server.tell(policy, Fact::Wish(Wish::Off));
    server.look(policy);
}

#[test]
fn only_the_excepted_app_hears_and_on_puts_everybody_back() {
    let (mut server, mut policy) = scene();
    let call = server.records(None, Owner::Excepted);
    server.records(None, Owner::Other);
    server.records(Some("mic2"), Owner::Other);
    server.records(Some("mic1"), Owner::Other);
    let before = (server.places(), server.default.clone());
    off(&mut server, &mut policy);
    assert_eq!(server.hearing(), [call]);
    assert_eq!(policy.verified(), Verified::Partly);
    let status = policy.status();
    assert_eq!(status.layers[&Layer::Streams], LayerState::Holds { n: 3 });
    let opened: Vec<bool> = status.sources.iter().map(|s| s.opened).collect();
    assert_eq!(opened, [true, false, false]);
    server.tell(&mut policy, Fact::Wish(Wish::On));
    server.look(&mut policy);
    server.streams.iter_mut().for_each(|s| {
        // What names a source is pinned there, and that is forgotten by the server.
        s.follows &= server.default.as_deref() == Some("mic1");
    });
    let places = server.places();
    for (index, (source, _)) in &before.0 {
        assert_eq!(places[index].0, *source, "{index}");
    }
    assert_eq!(server.default, before.1);
    assert!(policy.is_idle(), "{policy:?}");
    assert!(server.unpinned.len() >= 3, "{:?}", server.unpinned);
    assert!(!server.sources.iter().any(|s| s.silent));
}

#[test]
fn nothing_is_open_where_no_excepted_app_records() {
    let (mut server, mut policy) = scene();
    server.records(None, Owner::Other);
    off(&mut server, &mut policy);
    assert!(server.hearing().is_empty());
    assert_eq!(policy.verified(), Verified::Off);
    // One that begins later hears nothing at first, and then what it would have.
    let call = server.records(None, Owner::Unknown);
    server.look(&mut policy);
    assert!(server.hearing().is_empty());
    server.stream(call).owner = Owner::Excepted;
    server.look(&mut policy);
    assert_eq!(server.hearing(), [call]);
    server.streams.retain(|s| s.index != call);
    server.look(&mut policy);
    assert_eq!(policy.verified(), Verified::Off);
    assert!(server.sources.iter().all(|s| s.silent || s.muted));
}

#[test]
fn who_comes_closes_it_until_they_are_moved_and_is_told() {
    let (mut server, mut policy) = scene();
    let call = server.records(None, Owner::Excepted);
    off(&mut server, &mut policy);
    for times in 1..=4 {
        let snoop = server.records(Some("mic1"), Owner::Unknown);
        server.look(&mut policy);
        assert!(
            server.hearing().is_empty(),
            "nobody hears until it is known who came"
        );
        server.stream(snoop).owner = Owner::Other;
        server.look(&mut policy);
        assert_eq!(server.hearing(), [call]);
        let came = |e: &&Event| matches!(e, Event::CameIn { ms, .. } if *ms > 0.0);
        assert_eq!(server.told.iter().filter(came).count(), times);
    }
    // Whoever comes again and again ends the exception.
    server.records(Some("mic1"), Owner::Other);
    server.look(&mut policy);
    assert!(server.hearing().is_empty());
    let source = "mic1".to_owned();
    let ends = Event::ExceptionEnds { source, times: 5 };
    assert!(server.told.contains(&ends), "{:?}", server.told);
    assert_eq!(policy.verified(), Verified::Off);
}

#[test]
fn a_stream_that_cannot_be_moved_keeps_the_microphone_closed() {
    let (mut server, mut policy) = scene();
    server.records(None, Owner::Excepted);
    let meter = server.records(Some("mic1"), Owner::Other);
    server.stream(meter).stays = true;
    off(&mut server, &mut policy);
    for _ in 0..10 {
        server.now_ns += 1_000_000_000;
        server.look(&mut policy);
    }
    assert!(server.hearing().is_empty());
    let failed = &policy.status().layers[&Layer::Streams];
    assert!(
        matches!(failed, LayerState::Failed { why } if why.contains("program")),
        "{failed:?}"
    );
    server.tell(&mut policy, Fact::Wish(Wish::On));
    server.look(&mut policy);
    assert!(policy.is_idle(), "{policy:?}");
}

#[test]
fn without_proof_that_silence_is_silent_nothing_is_opened() {
    let (mut server, mut policy) = scene();
    server.silence_sounds = true;
    server.records(None, Owner::Excepted);
    off(&mut server, &mut policy);
    assert!(server.hearing().is_empty());
    assert_eq!(policy.verified(), Verified::Hears);
}

#[test]
fn where_moves_cannot_be_undone_none_is_made_and_off_is_off() {
    let (mut server, mut policy) = scene();
    server.tell(&mut policy, Fact::Moves(false));
    server.records(None, Owner::Excepted);
    server.records(Some("mic1"), Owner::Other);
    let before = server.streams.iter().map(|s| s.source).collect::<Vec<_>>();
    off(&mut server, &mut policy);
    assert!(server.hearing().is_empty());
    assert!(!server.has(SILENT) && !policy.wants_recordings());
    let after = server.streams.iter().map(|s| s.source).collect::<Vec<_>>();
    assert_eq!(after, before);
    assert_eq!(policy.verified(), Verified::Off);
    assert!(policy.is_proven());
}

#[test]
fn without_an_exception_streams_are_moved_only_if_asked_for() {
    let (mut server, mut policy) = scene();
    server.tell(&mut policy, except("/usr/bin/call", false));
    server.records(None, Owner::Other);
    off(&mut server, &mut policy);
    assert!(!policy.wants_recordings());
    server.tell(&mut policy, Fact::Apart(true));
    server.look(&mut policy);
    let status = policy.status();
    assert_eq!(status.layers[&Layer::Streams], LayerState::Holds { n: 1 });
    // Whoever un-mutes the microphone now finds nobody who reads it.
    server.sources[0].muted = false;
    assert!(server.hearing().is_empty());
}

#[test]
fn the_end_of_an_exception_is_the_end_of_hearing() {
    let (mut server, mut policy) = scene();
    let call = server.records(Some("mic2"), Owner::Excepted);
    off(&mut server, &mut policy);
    assert_eq!(server.hearing(), [call]);
    server.tell(&mut policy, except("/usr/bin/call", false));
    assert!(server.hearing().is_empty());
    server.stream(call).owner = Owner::Other;
    server.look(&mut policy);
    assert_eq!(policy.verified(), Verified::Off);
    assert!(
        !server.sources.iter().any(|s| s.silent),
        "nobody needs it any more"
    );
}

#[derive(Debug, Clone)]
enum Happens {
    Records(Option<u8>, u8),
    Identified,
    Leaves(u8),
    Default(u8),
    Unmute(u8),
    Restart,
    GuardRestart,
    Wish(bool),
    Except(bool),
}

fn happens() -> impl Strategy<Value = Happens> {
    let mic = prop_oneof![Just(None), (1..3u8).prop_map(Some)];
    prop_oneof![
        (mic, 0..3u8).prop_map(|(mic, owner)| Happens::Records(mic, owner)),
        Just(Happens::Identified),
        any::<u8>().prop_map(Happens::Leaves),
        (1..3u8).prop_map(Happens::Default),
        (1..3u8).prop_map(Happens::Unmute),
        Just(Happens::Restart),
        Just(Happens::GuardRestart),
        any::<bool>().prop_map(Happens::Wish),
        any::<bool>().prop_map(Happens::Except),
    ]
}

proptest! {
    /// Whatever happens: once it settled while off, nobody hears but excepted apps while there is an exception;
    /// and in the end no stream is left at a silent source.
    #[test]
    fn nobody_else_hears(events in proptest::collection::vec(happens(), 0..50)) {
        let (mut server, mut policy) = scene();
        let (mut is_off, mut excepts) = (false, true);
        // Whose streams they really are.
        let mut owners: BTreeMap<u32, bool> = BTreeMap::new();
        for event in events {
            match event {
                Happens::Records(mic, owner) => {
                    let name = mic.map(|n| format!("mic{n}"));
                    let index = server.records(name.as_deref(), Owner::Unknown);
                    owners.insert(index, owner == 0);
                }
                Happens::Identified => {}
                Happens::Leaves(n) => {
                    if !server.streams.is_empty() {
                        let n = usize::from(n) % server.streams.len();
                        server.streams.remove(n);
                    }
                }
                Happens::Default(n) => {
                    server.act(Action::Default { name: format!("mic{n}") }, &mut VecDeque::new());
                }
                Happens::Unmute(n) => server.sources[usize::from(n) - 1].muted = false,
                Happens::Restart => {
                    server.tell(&mut policy, Fact::Lost);
                    server.streams.clear();
                    server.sources.retain(|s| !s.silent);
                    server.default = Some("mic1".into());
                    for source in &mut server.sources {
                        server.next += 1;
                        source.index = server.next;
                    }
                }
                Happens::GuardRestart => policy = Policy::new(policy.kept().clone()),
                Happens::Wish(off) => {
                    is_off = off;
                    server.tell(&mut policy, Fact::Wish(if off { Wish::Off } else { Wish::On }));
                }
                Happens::Except(is) => {
                    excepts = is;
                    server.tell(&mut policy, except("/usr/bin/call", is));
                }
            }
            // Everybody is identified, and the server's time goes by until nothing changes any more.
            for stream in &mut server.streams {
                stream.owner = match owners[&stream.index] && excepts {
                    true => Owner::Excepted,
                    false => Owner::Other,
                };
            }
            for _ in 0..8 {
                server.now_ns += 1_000_000_000;
                server.look(&mut policy);
            }
            if is_off {
                for index in server.hearing() {
                    prop_assert!(excepts && owners[&index], "{} hears", index);
                }
                prop_assert!(matches!(policy.verified(), Verified::Off | Verified::Partly));
            } else {
                prop_assert!(!server.sources.iter().any(|s| s.silent), "{:?}", policy);
                prop_assert!(policy.is_idle(), "{:?}", policy);
            }
        }
    }
}
