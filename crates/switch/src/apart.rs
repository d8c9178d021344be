//! Streams kept apart: an app that is excepted can only hear a microphone that is open, and an open one is
//! open to everybody. So each record stream but those of excepted apps is moved to a silent source first,
//! and a microphone is open only while nobody else reads it. Whoever comes closes it until they are moved.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::policy::{Held, ms};
use crate::{Action, Event, LayerState, PersistedState, Proof};

/// Whoever comes to an open microphone this often closes it to all: each time they hear for some
/// milliseconds.
const COMES_AT_MOST: u32 = 5;

/// A server that does not move a stream, or keep a default, is asked this often.
const TRIES: u32 = 5;

/// It is given so long each time.
const MOVES_WITHIN_NS: u64 = 300_000_000;

/// Whose a record stream is, by the kernel's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// It is not known yet.
    Unknown,
    /// muteproof's own, which proves silence.
    Own,
    /// An excepted app's: every process that it can be runs that program.
    Excepted,
    /// Anybody else's.
    Other,
}

/// A record stream at the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// The server's number for it.
    pub index: u32,
    /// Number of the source that it reads.
    pub source: u32,
    /// Whose it is.
    pub owner: Owner,
    /// For people: its program, or what is known of it.
    pub program: String,
}

/// Where a stream was before it was moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Home {
    /// Name of its source.
    pub source: String,
    /// Whether the server was asked to move it, which it may remember.
    pub moved: bool,
}

/// One stream, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct RecordingStatus {
    /// The server's number for it.
    pub stream: u32,
    /// Its program.
    pub program: String,
    /// Name of the source that it reads.
    pub source: String,
    /// Whether it is excepted.
    pub except: bool,
}

/// What is known of the streams, and was done to them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Apart {
    recordings: Vec<Recording>,
    /// Sources that are open to excepted apps now.
    open: BTreeSet<String>,
    asked: BTreeMap<u32, Asked>,
    /// Who came to an open source: source → stream, since when (nanoseconds), and how long it was open then.
    came: BTreeMap<String, Came>,
    /// Source → how often somebody else came to it while it was open.
    times: BTreeMap<String, u32>,
    /// Whether the silent source was asked for.
    loading: bool,
    default_asked: Option<Asked>,
    unload_asked: Option<Asked>,
    /// Whether the silent source was silent when it was recorded last.
    silent: bool,
    listened: bool,
    /// Whether the server's streams are known.
    seen: bool,
}

/// Where a stream was asked to be.
#[derive(Debug, Clone, Copy)]
struct Asked {
    to: u32,
    times: u32,
    at_ns: u64,
}

/// What comes of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Now,
    Wait,
    GivenUp,
}

#[derive(Debug, Clone)]
struct Came {
    stream: u32,
    program: String,
    since_ns: u64,
    open_ms: Option<f64>,
}

/// What the rest of the policy knows.
pub(crate) struct Around<'a> {
    pub(crate) held: &'a BTreeMap<String, Held>,
    pub(crate) kept: &'a mut PersistedState,
    pub(crate) default: Option<&'a String>,
}

impl Around<'_> {
    fn silent(&self) -> Option<&Held> {
        self.held.values().find(|held| held.source.silent)
    }

    fn at(&self, index: u32) -> Option<&Held> {
        self.held.values().find(|held| held.source.index == index)
    }

    /// A microphone that is to be silent.
    fn covers(&self, held: &Held) -> bool {
        let source = &held.source;
        !source.monitor && !source.silent && !self.kept.except.contains(&source.name)
    }
}

impl Apart {
    /// Takes what is seen; forgets what belonged to streams that are gone.
    pub(crate) fn see(&mut self, recordings: Vec<Recording>) {
        let there = |index: &u32| recordings.iter().any(|r| r.index == *index);
        self.asked.retain(|index, _| there(index));
        (self.recordings, self.seen) = (recordings, true);
    }

    /// The silent source was recorded.
    pub(crate) fn heard(&mut self, proof: &Proof) {
        self.silent = matches!(proof, Proof::Silent { .. } | Proof::NoSamples);
    }

    /// An exception ended: whose a stream is has to be looked up again.
    pub(crate) fn forget_owners(&mut self) {
        self.asked.clear();
        for recording in &mut self.recordings {
            if recording.owner == Owner::Excepted {
                recording.owner = Owner::Unknown;
            }
        }
    }

    /// Whether it is known whose every stream is that a covered source has.
    pub(crate) fn is_settled(&self, around: &Around) -> bool {
        let open = |r: &Recording| {
            let at = around.at(r.source);
            r.owner == Owner::Unknown && at.is_some_and(|held| around.covers(held))
        };
        self.seen && around.silent().is_some() && !self.recordings.iter().any(open)
    }

    /// The server ended.
    pub(crate) fn lost(&mut self) {
        *self = Apart::default();
    }

    /// The person switched: what others did before does not count any more.
    pub(crate) fn wished(&mut self) {
        self.asked.clear();
        self.came.clear();
        self.times.clear();
        self.default_asked = None;
    }

    /// Whether a source is open to excepted apps.
    pub(crate) fn is_open(&self, source: &str) -> bool {
        self.open.contains(source)
    }

    /// Whether one is.
    pub(crate) fn any_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Keeps the streams apart while it is off.
    pub(crate) fn keep(&mut self, now_ns: u64, around: &mut Around, todo: &mut Vec<Action>) {
        if !self.seen {
            return;
        }
        self.unload_asked = None;
        self.homes(around, todo);
        let Some(silent) = around.silent() else {
            self.open.clear();
            if !self.loading {
                self.loading = true;
                todo.push(Action::LoadSilent);
            }
            return;
        };
        let (index, name) = (silent.source.index, silent.source.name.clone());
        if !self.listened {
            self.listened = true;
            todo.push(Action::Listen {
                index,
                name: name.clone(),
            });
        }
        // Whoever asks for no source in particular gets silence from the first sample on. Streams are moved
        // after that: a server remembers none that is moved to its default.
        let ask = match around.default == Some(&name) {
            true => {
                self.default_asked = None;
                Ask::GivenUp
            }
            false => ask(&mut self.default_asked, now_ns, index),
        };
        match ask {
            Ask::Now => todo.push(Action::Default { name }),
            Ask::Wait => {}
            Ask::GivenUp => self.place(now_ns, index, around, todo),
        }
        let mut open = BTreeSet::new();
        // Streams that follow the default are on their way until then.
        let ready = self.silent && ask == Ask::GivenUp;
        for (name, held) in around.held.iter().filter(|(_, held)| around.covers(held)) {
            if ready && self.opens(held) {
                open.insert(name.clone());
            }
        }
        self.account(now_ns, &open, around, todo);
        self.open = open;
    }

    /// Writes down where streams were, before anything moves them.
    fn homes(&self, around: &mut Around, todo: &mut Vec<Action>) {
        let mut fresh = Vec::new();
        for recording in &self.recordings {
            let at = around.at(recording.source);
            let home = at.filter(|held| around.covers(held));
            if let Some(home) = home
                && recording.owner != Owner::Own
                && !around.kept.homes.contains_key(&recording.index)
            {
                let source = home.source.name.clone();
                let moved = false;
                fresh.push((recording.index, Home { source, moved }));
            }
        }
        let before = around.kept.homes.len();
        let there = |index: &u32| self.recordings.iter().any(|r| r.index == *index);
        around.kept.homes.retain(|index, _| there(index));
        if !fresh.is_empty() || around.kept.homes.len() != before {
            around.kept.homes.extend(fresh);
            todo.push(Action::Keep);
        }
    }

    /// Moves each stream where it belongs.
    fn place(&mut self, now_ns: u64, silent: u32, around: &mut Around, todo: &mut Vec<Action>) {
        let mut moves = Vec::new();
        for recording in &self.recordings {
            let Some(at) = around.at(recording.source) else {
                continue;
            };
            let to = match recording.owner {
                Owner::Other if around.covers(at) => Some((silent, None)),
                Owner::Excepted if at.source.silent => {
                    let home = around.kept.homes.get(&recording.index);
                    let home = home.map(|home| home.source.clone());
                    let home = home.or_else(|| around.kept.default_source.clone());
                    let held = home.as_ref().and_then(|home| around.held.get(home));
                    held.map(|held| (held.source.index, home.clone()))
                }
                _ => None,
            };
            if let Some((to, home)) = to {
                moves.push((recording.index, to, home));
            }
        }
        for (stream, to, home) in moves {
            let mut asked = self.asked.get(&stream).copied();
            let may = ask(&mut asked, now_ns, to);
            self.asked.extend(asked.map(|asked| (stream, asked)));
            if may != Ask::Now {
                continue;
            }
            if let Some(source) = home {
                let moved = true;
                let home = Home { source, moved };
                around.kept.homes.entry(stream).or_insert(home);
            }
            if let Some(home) = around.kept.homes.get_mut(&stream) {
                home.moved = true;
            }
            todo.push(Action::Keep);
            todo.push(Action::Move { stream, to });
        }
    }

    /// Whether a source can be open: an excepted app reads it, and nobody else.
    fn opens(&self, held: &Held) -> bool {
        let (index, name) = (held.source.index, &held.source.name);
        let reads = |owner: Owner| {
            let mut all = self.recordings.iter();
            all.any(|r| r.source == index && r.owner == owner)
        };
        let worn = self.times.get(name).is_some_and(|n| *n >= COMES_AT_MOST);
        reads(Owner::Excepted) && !reads(Owner::Other) && !reads(Owner::Unknown) && !worn
    }

    /// Tells who heard something because they came to an open source, and for how long.
    fn account(
        &mut self,
        now_ns: u64,
        open: &BTreeSet<String>,
        around: &Around,
        todo: &mut Vec<Action>,
    ) {
        for name in self.open.difference(open) {
            let Some(held) = around.held.get(name) else {
                continue;
            };
            let (index, is) = (held.source.index, |owner| {
                matches!(owner, Owner::Other | Owner::Unknown)
            });
            let mut recordings = self.recordings.iter();
            if let Some(r) = recordings.find(|r| r.source == index && is(r.owner)) {
                let came = Came {
                    stream: r.index,
                    program: r.program.clone(),
                    since_ns: now_ns,
                    open_ms: None,
                };
                self.came.insert(name.clone(), came);
            }
        }
        let mut done = Vec::new();
        for (name, came) in &mut self.came {
            let Some(held) = around.held.get(name) else {
                done.push(name.clone());
                continue;
            };
            if held.source.muted && came.open_ms.is_none() {
                came.open_ms = Some(ms(now_ns - came.since_ns));
            }
            let mut now = self.recordings.iter();
            let now = now.find(|r| r.index == came.stream);
            // It may be gone before it was known.
            let owner = now.map_or(Owner::Other, |now| now.owner);
            let Some(open_ms) = came.open_ms.filter(|_| owner != Owner::Unknown) else {
                continue;
            };
            if owner == Owner::Other {
                let times = self.times.entry(name.clone()).or_default();
                *times += 1;
                let program = now.map_or(&came.program, |now| &now.program).clone();
                todo.push(Action::Tell(Event::CameIn {
                    source: name.clone(),
                    program,
                    ms: open_ms,
                }));
                if *times == COMES_AT_MOST {
                    todo.push(Action::Tell(Event::ExceptionEnds {
                        source: name.clone(),
                        times: *times,
                    }));
                }
            }
            done.push(name.clone());
        }
        self.came.retain(|name, _| !done.contains(name));
    }

    /// Brings every stream home, and takes the silent source away after that.
    pub(crate) fn home(&mut self, now_ns: u64, around: &mut Around, todo: &mut Vec<Action>) {
        (self.loading, self.listened, self.silent) = (false, false, false);
        self.open.clear();
        if !self.seen {
            return;
        }
        let silent = around.silent().map(|silent| silent.source.index);
        let there = |index: &u32| self.recordings.iter().any(|r| r.index == *index);
        let before = around.kept.homes.len();
        around.kept.homes.retain(|index, _| there(index));
        let default = around.kept.default_source.as_ref().or(around.default);
        let default_is_back = around.default == default;
        let (mut moves, mut settled) = (Vec::new(), Vec::new());
        let mut waits = false;
        for recording in self.recordings.iter().filter(|r| r.owner != Owner::Own) {
            let home = around.kept.homes.get(&recording.index);
            let on_silent = Some(recording.source) == silent;
            let wanted = home.map(|home| &home.source).or(default);
            // What was unplugged meanwhile cannot be gone back to.
            let wanted = wanted.filter(|name| around.held.contains_key(*name));
            let wanted = wanted.or(default).filter(|_| home.is_some() || on_silent);
            let held = wanted.and_then(|name| around.held.get(name));
            let Some(held) = held.filter(|held| Some(held.source.index) != silent) else {
                // It is left where it is: there is nothing to bring it to.
                settled.push(recording.index);
                continue;
            };
            let is_default = wanted == default;
            let is_there = recording.source == held.source.index;
            let moved = home.is_some_and(|home| home.moved);
            if is_default && !default_is_back {
                waits = true;
            } else if is_there && !(is_default && moved) {
                settled.push(recording.index);
            } else {
                // Moving to the default makes a stream follow the default again, as it did.
                moves.push((recording.index, held.source.index, is_there));
            }
        }
        for (stream, to, is_there) in moves {
            let mut asked = self.asked.get(&stream).copied();
            let ask = ask(&mut asked, now_ns, to);
            self.asked.extend(asked.map(|asked| (stream, asked)));
            if ask == Ask::Now {
                todo.push(Action::Move { stream, to });
            }
            match ask == Ask::GivenUp || is_there {
                true => settled.push(stream),
                false => waits = true,
            }
        }
        for stream in settled {
            let home = around.kept.homes.remove(&stream);
            // A server may remember that a stream was moved, and would move its like.
            if home.is_some_and(|home| home.moved) {
                todo.push(Action::Unpin { stream });
            }
        }
        if around.kept.homes.len() != before {
            todo.push(Action::Keep);
        }
        let named = around.silent().map(|silent| &silent.source.name);
        let former = around.kept.default_source.as_ref();
        let former = former.and_then(|name| around.held.get(name));
        if let Some(former) = former.filter(|_| named.is_some() && around.default == named) {
            let (index, name) = (former.source.index, former.source.name.clone());
            match ask(&mut self.default_asked, now_ns, index) {
                Ask::Now => todo.push(Action::Default { name }),
                Ask::Wait | Ask::GivenUp => {}
            }
            waits = true;
        } else {
            self.default_asked = None;
        }
        if !waits
            && around.kept.homes.is_empty()
            && let Some(silent) = silent
            && ask(&mut self.unload_asked, now_ns, silent) == Ask::Now
        {
            todo.push(Action::UnloadSilent);
        }
    }

    /// Whether everybody else is away from the microphones.
    pub(crate) fn layer(&self, around: &Around) -> LayerState {
        let Some(silent) = around.silent() else {
            return LayerState::Failed {
                why: "no silent source".into(),
            };
        };
        let stays = |r: &&Recording| {
            let at = around.at(r.source);
            r.owner != Owner::Own
                && r.owner != Owner::Excepted
                && at.is_some_and(|held| around.covers(held))
        };
        if let Some(stays) = self.recordings.iter().find(stays) {
            return LayerState::Failed {
                why: format!("{} (stream {})", stays.program, stays.index),
            };
        }
        let moved = |r: &&Recording| r.source == silent.source.index && r.owner != Owner::Own;
        LayerState::Holds {
            n: self.recordings.iter().filter(moved).count(),
        }
    }

    /// Every stream, for people.
    pub(crate) fn status(&self, around: &Around) -> Vec<RecordingStatus> {
        let foreign = self.recordings.iter().filter(|r| r.owner != Owner::Own);
        let status = foreign.map(|r| RecordingStatus {
            stream: r.index,
            program: r.program.clone(),
            source: around
                .at(r.source)
                .map(|held| held.source.name.clone())
                .unwrap_or_default(),
            except: r.owner == Owner::Excepted,
        });
        status.collect()
    }
}

/// Whether the server is to be asked (again) to bring something there.
fn ask(asked: &mut Option<Asked>, now_ns: u64, to: u32) -> Ask {
    let times = asked.map_or(0, |asked| asked.times);
    let same = |asked: &Asked| asked.to == to && now_ns < asked.at_ns + MOVES_WITHIN_NS;
    if asked.as_ref().is_some_and(same) {
        return Ask::Wait;
    }
    if times >= TRIES {
        return Ask::GivenUp;
    }
    *asked = Some(Asked {
        to,
        times: times + 1,
        at_ns: now_ns,
    });
    Ask::Now
}
