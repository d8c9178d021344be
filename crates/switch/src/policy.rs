//! The state machine.

use std::collections::{BTreeMap, BTreeSet};

use crate::apart::{Apart, Around};
use crate::{
    Action, Capture, Event, Fact, Former, Graph, NotRecorded, PersistedState, Proof, Source, Wish,
};

/// A server that does not take back what a source had is asked this often: it may have none of its
/// steps where the value lies.
const RESTORE_TRIES: u32 = 5;

/// From the how-manieth opening on a source is suspended as well: whoever un-mutes it and raises its volume in a
/// loop hears a part of what is said between the two and the guard's answer, for as long as they like.
const SUSPEND_FROM: u32 = 3;

/// From the how-manieth on the person is asked to end the program. Told of are these and then every doubling:
/// a loop opens a source hundreds of times a second.
const INSISTS_FROM: u32 = 8;

/// What the guard opened itself may be told so late.
const OPENED_WITHIN_NS: u64 = 1_000_000_000;

/// Keeps microphones off, and gives back what they had.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) kept: PersistedState,
    /// Whether the server's sources are known.
    pub(crate) up: bool,
    /// When the server ended while it should be off, nanoseconds.
    lost_ns: Option<u64>,
    /// When its sources were seen for the first time after that.
    back_ns: Option<u64>,
    pub(crate) held: BTreeMap<String, Held>,
    pub(crate) default: Option<String>,
    /// Sources beside those that are held.
    pub(crate) graph: Graph,
    pub(crate) captures: Vec<Capture>,
    tries: BTreeMap<String, u32>,
    default_tries: u32,
    /// Sources whose former state was written down by what was known when the person switched.
    fresh: BTreeSet<String>,
    pub(crate) apart: Apart,
    /// Whether the server's streams may be moved.
    moves: bool,
}

/// One source that is there.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) source: Source,
    /// Whether the server has said that it is muted since it was switched off.
    pub(crate) closed: bool,
    /// Since when it is open though it should not be, nanoseconds.
    open_ns: Option<u64>,
    /// Whether it appeared while it was off.
    added: bool,
    pub(crate) contested: u32,
    /// When it was last opened to excepted apps, nanoseconds.
    opened_ns: Option<u64>,
    /// Whether it was when it was looked at last.
    opened: bool,
    pub(crate) proof: Proof,
    /// What it gave while it was recorded though the server does not say that it is muted.
    pub(crate) unmuted: Option<Proof>,
}

impl Policy {
    /// Goes on from what was kept.
    pub fn new(kept: PersistedState) -> Policy {
        Policy {
            kept,
            up: false,
            lost_ns: None,
            back_ns: None,
            held: BTreeMap::new(),
            default: None,
            graph: Graph::Whole,
            captures: Vec::new(),
            tries: BTreeMap::new(),
            default_tries: 0,
            fresh: BTreeSet::new(),
            apart: Apart::default(),
            moves: false,
        }
    }

    /// What the state file has to hold.
    pub fn kept(&self) -> &PersistedState {
        &self.kept
    }

    /// Whether nothing is left to do once the server goes: neither off nor something to give back.
    pub fn is_idle(&self) -> bool {
        self.kept.wish == Wish::On && self.kept.former.is_empty() && !self.wants_recordings()
    }

    /// Whether streams are kept apart now.
    pub fn keeps_apart(&self) -> bool {
        let wanted = self.kept.apart || !self.kept.apps.is_empty();
        self.moves && self.kept.wish == Wish::Off && wanted
    }

    /// Whether record streams are to be told: they are kept apart, or have to be brought home.
    pub fn wants_recordings(&self) -> bool {
        let silent = self.held.values().any(|held| held.source.silent);
        self.moves && (self.keeps_apart() || silent || !self.kept.homes.is_empty())
    }

    /// Takes a fact that was learnt at `now_ns`; gives what has to be done, in this order.
    pub fn step(&mut self, now_ns: u64, fact: Fact) -> Vec<Action> {
        let mut todo = Vec::new();
        match fact {
            Fact::Wish(wish) => self.wish(now_ns, wish, &mut todo),
            Fact::Except { source, except } => {
                let changed = match except {
                    true => self.kept.except.insert(source.clone()),
                    false => self.kept.except.remove(&source),
                };
                if changed {
                    todo.push(Action::Keep);
                    self.settle(now_ns, &mut todo);
                }
            }
            Fact::ExceptApp { program, except } => {
                let changed = match except {
                    true => self.kept.apps.insert(program),
                    false => self.kept.apps.remove(&program),
                };
                if changed {
                    self.apart.forget_owners();
                    todo.push(Action::Keep);
                    self.settle(now_ns, &mut todo);
                }
            }
            Fact::Had(sources) => self.had(sources, &mut todo),
            Fact::Apart(apart) => {
                if self.kept.apart != apart {
                    self.kept.apart = apart;
                    todo.push(Action::Keep);
                    self.settle(now_ns, &mut todo);
                }
            }
            Fact::Moves(moves) => self.moves = moves,
            Fact::Recordings { server, recordings } => {
                // Numbers of another server's streams mean nothing to this one.
                if self.kept.server != Some(server) {
                    self.kept.homes.clear();
                    self.kept.server = Some(server);
                }
                self.apart.see(recordings);
                self.settle(now_ns, &mut todo);
            }
            Fact::Sources { sources, default } => self.sources(now_ns, sources, default, &mut todo),
            Fact::Lost => self.lost(now_ns, &mut todo),
            Fact::Heard { source, proof } => {
                self.heard(source, proof, &mut todo);
                if self.keeps_apart() {
                    self.settle(now_ns, &mut todo);
                }
            }
            Fact::Graph(graph) => self.graph = graph,
            Fact::Captures(captures) => {
                let fresh: Vec<Capture> = captures
                    .iter()
                    .filter(|capture| !self.captures.contains(capture))
                    .cloned()
                    .collect();
                self.captures = captures;
                if self.kept.wish == Wish::Off {
                    let told = fresh.into_iter().map(|capture| Event::Captured { capture });
                    todo.extend(told.map(Action::Tell));
                }
            }
            Fact::Prove => {
                if self.kept.wish == Wish::Off {
                    let covered: Vec<String> = self.covered().cloned().collect();
                    for name in covered {
                        self.listen(&name, &mut todo);
                    }
                }
            }
        }
        todo
    }

    fn wish(&mut self, now_ns: u64, wish: Wish, todo: &mut Vec<Action>) {
        if self.kept.wish != wish {
            self.kept.wish = wish;
            self.tries.clear();
            self.default_tries = 0;
            self.apart.wished();
            if wish == Wish::Off {
                let default = self.default.as_ref().and_then(|name| self.held.get(name));
                // One that is still to be given back is the one to be given back.
                if !default.is_some_and(|held| held.source.silent) {
                    self.kept.default_source.clone_from(&self.default);
                }
            }
            for held in self.held.values_mut() {
                // What was open until now was meant to be.
                (held.open_ns, held.added, held.closed) = (None, false, held.source.silent);
                (held.contested, held.proof, held.unmuted) = (0, Proof::Unproven, None);
            }
            (self.lost_ns, self.back_ns) = (None, None);
            self.graph = Graph::Whole;
            todo.push(Action::Tell(Event::Switched { wish }));
            todo.push(Action::Keep);
        }
        self.settle(now_ns, todo);
    }

    fn sources(
        &mut self,
        now_ns: u64,
        sources: Vec<Source>,
        default: Option<String>,
        todo: &mut Vec<Action>,
    ) {
        let first = !self.up;
        self.up = true;
        self.fresh.clear();
        self.default = default;
        let names: BTreeSet<String> = sources.iter().map(|s| s.name.clone()).collect();
        self.held.retain(|name, _| names.contains(name));
        let off = self.kept.wish == Wish::Off;
        if first && off && self.lost_ns.is_some() {
            self.back_ns = Some(now_ns);
        }
        for source in sources {
            let known = self.held.get_mut(&source.name);
            match known.filter(|held| held.source.index == source.index) {
                Some(held) => held.source = source,
                None => {
                    let held = Held {
                        // Nobody has to close what is always silent.
                        closed: source.silent,
                        open_ns: None,
                        added: off && !first,
                        contested: 0,
                        opened_ns: None,
                        opened: false,
                        proof: Proof::Unproven,
                        unmuted: None,
                        source,
                    };
                    self.held.insert(held.source.name.clone(), held);
                }
            }
        }
        self.settle(now_ns, todo);
    }

    fn had(&mut self, sources: Vec<Source>, todo: &mut Vec<Action>) {
        let mut changed = false;
        for source in sources {
            let former = self.kept.former.get_mut(&source.name);
            if let Some(former) = former.filter(|_| self.fresh.contains(&source.name)) {
                let had = Former {
                    muted: source.muted,
                    volumes: source.volumes,
                    suspended: former.suspended,
                };
                changed |= *former != had;
                *former = had;
            }
        }
        self.fresh.clear();
        if changed {
            todo.push(Action::Keep);
        }
    }

    /// Brings every source nearer to what is wished.
    fn settle(&mut self, now_ns: u64, todo: &mut Vec<Action>) {
        if !self.up {
            return;
        }
        let off = self.kept.wish == Wish::Off;
        let apart = self.keeps_apart();
        let mut around = Around {
            held: &self.held,
            kept: &mut self.kept,
            default: self.default.as_ref(),
        };
        // What keeps everybody silent comes first, what opens something to somebody last.
        let mut kept_apart = Vec::new();
        match apart {
            true => self.apart.keep(now_ns, &mut around, &mut kept_apart),
            false => self.apart.home(now_ns, &mut around, &mut kept_apart),
        }
        match off {
            true => {
                self.close(now_ns, todo);
                todo.append(&mut kept_apart);
            }
            // A stream that was at another source than the default goes there before the default is given back.
            false => {
                todo.append(&mut kept_apart);
                self.give_back(todo);
            }
        }
    }

    fn close(&mut self, now_ns: u64, todo: &mut Vec<Action>) {
        let (kept, mut fresh, mut acts) = (&mut self.kept, false, Vec::new());
        for (name, held) in &mut self.held {
            if held.source.monitor || held.source.silent {
                continue;
            }
            let former = kept.former.get_mut(name);
            if let Some(former) = former.filter(|_| self.apart.is_open(name)) {
                let tries = self.tries.entry(name.clone()).or_default();
                let mut opening = Vec::new();
                fresh |= resume(&held.source, former, &mut acts);
                restore(&held.source, former, &mut opening);
                match opening.is_empty() {
                    // Once it was open, whoever mutes it means to.
                    true => *tries = RESTORE_TRIES,
                    false => *tries += 1,
                }
                if *tries < RESTORE_TRIES {
                    acts.append(&mut opening);
                }
                (held.closed, held.open_ns, held.proof) = (false, None, Proof::Unproven);
                (held.opened, held.opened_ns) = (true, Some(now_ns));
                continue;
            }
            self.tries.remove(name);
            if kept.except.contains(name) {
                if let Some(mut former) = kept.former.remove(name) {
                    fresh = true;
                    resume(&held.source, &mut former, &mut acts);
                    restore(&held.source, &former, &mut acts);
                }
                (held.closed, held.open_ns) = (false, None);
                continue;
            }
            kept.former.entry(name.clone()).or_insert_with(|| {
                fresh = true;
                self.fresh.insert(name.clone());
                Former {
                    muted: held.source.muted,
                    volumes: held.source.volumes.clone(),
                    suspended: false,
                }
            });
            let contested = held.contested;
            held.close(now_ns, self.back_ns.is_some(), &mut acts);
            // A suspended source of PipeWire's takes no mute.
            if self.moves && held.contested > contested.max(SUSPEND_FROM - 1) {
                acts.push(suspend(&held.source, true));
                let former = kept.former.get_mut(name).filter(|had| !had.suspended);
                if let Some(former) = former {
                    (former.suspended, fresh) = (true, true);
                }
            }
        }
        if fresh {
            // What a source had must be on disk before it is changed.
            todo.push(Action::Keep);
        }
        todo.extend(acts);
        let all_closed = self.covered_held().all(|held| held.closed);
        if let (true, Some(lost_ns), Some(back_ns)) = (all_closed, self.lost_ns, self.back_ns) {
            todo.push(Action::Tell(Event::ServerBack {
                gap_ms: ms(now_ns - lost_ns),
                open_ms: ms(now_ns - back_ns),
            }));
            (self.lost_ns, self.back_ns) = (None, None);
        }
    }

    fn give_back(&mut self, todo: &mut Vec<Action>) {
        let mut kept_changes = false;
        let names: Vec<String> = self.kept.former.keys().cloned().collect();
        for name in names {
            let Some(held) = self.held.get(&name) else {
                // It is given back when it is plugged in again.
                continue;
            };
            let Some(former) = self.kept.former.get_mut(&name) else {
                continue;
            };
            let mut acts = Vec::new();
            kept_changes |= resume(&held.source, former, todo);
            restore(&held.source, former, &mut acts);
            let tries = self.tries.entry(name.clone()).or_default();
            *tries += 1;
            if !acts.is_empty() && *tries <= RESTORE_TRIES {
                todo.extend(acts);
                continue;
            }
            if !acts.is_empty() {
                let source = name.clone();
                todo.push(Action::Tell(Event::NotRestored { source }));
            }
            self.kept.former.remove(&name);
            kept_changes = true;
        }
        if let Some(default) = &self.kept.default_source {
            let there = self.held.contains_key(default);
            self.default_tries += 1;
            if there
                && self.default.as_ref() != Some(default)
                && self.default_tries <= RESTORE_TRIES
            {
                let name = default.clone();
                todo.push(Action::Default { name });
            } else {
                self.kept.default_source = None;
                kept_changes = true;
            }
        }
        if kept_changes {
            todo.push(Action::Keep);
        }
    }

    fn lost(&mut self, now_ns: u64, todo: &mut Vec<Action>) {
        if self.up && self.kept.wish == Wish::Off {
            self.lost_ns.get_or_insert(now_ns);
            todo.push(Action::Tell(Event::ServerLost));
        }
        (self.up, self.back_ns) = (false, None);
        self.held.clear();
        self.graph = Graph::Whole;
        self.tries.clear();
        self.apart.lost();
        self.moves = false;
        self.kept.homes.clear();
    }

    fn heard(&mut self, source: String, proof: Proof, todo: &mut Vec<Action>) {
        let Some(held) = self.held.get_mut(&source) else {
            return;
        };
        if self.kept.wish != Wish::Off {
            return;
        }
        // What was recorded before it was opened by others proves nothing about now; of what takes no mute it
        // is all that is known.
        if !held.closed {
            held.unmuted = Some(match proof {
                Proof::Silent { .. } | Proof::NoSamples => Proof::NotRecorded {
                    because: NotRecorded::TakesNoMute,
                },
                proof => proof,
            });
            return;
        }
        if held.source.silent {
            self.apart.heard(&proof);
        }
        match &proof {
            Proof::Hears { .. } => todo.push(Action::Tell(Event::StillHears { source })),
            Proof::Failed { why } => {
                let why = why.clone();
                todo.push(Action::Tell(Event::Failed { source, why }));
            }
            Proof::NotRecorded { because } => {
                let because = *because;
                todo.push(Action::Tell(Event::NotRecorded { source, because }));
            }
            Proof::Unproven | Proof::Silent { .. } | Proof::NoSamples => {}
        }
        held.proof = proof;
    }

    fn listen(&mut self, name: &str, todo: &mut Vec<Action>) {
        if let Some(held) = self.held.get_mut(name).filter(|held| held.closed) {
            held.proof = Proof::Unproven;
            todo.push(Action::Listen {
                index: held.source.index,
                name: name.to_owned(),
            });
        }
    }
}

impl Held {
    fn close(&mut self, now_ns: u64, back: bool, acts: &mut Vec<Action>) {
        let source = &self.source;
        let loud = source.volumes.iter().any(|volume| *volume > 0);
        // It is muted although it is said to be: that it was opened may not be told yet.
        let opened = std::mem::take(&mut self.opened);
        let ours = self
            .opened_ns
            .is_some_and(|at| now_ns < at + OPENED_WITHIN_NS);
        if self.closed && !source.muted && ours {
            self.closed = false;
        }
        // Whoever opened it once will do so again: without volume that gives them nothing. It takes
        // both to hear anything then.
        let raised = self.contested > 0 && self.closed && source.muted && loud;
        if self.closed && !source.muted {
            self.closed = false;
            self.contested += 1;
            (self.proof, self.added) = (Proof::Unproven, false);
            let times = self.contested;
            if times <= INSISTS_FROM || times.is_power_of_two() {
                acts.push(Action::Tell(Event::Contested {
                    source: source.name.clone(),
                    times,
                    insists: times >= INSISTS_FROM,
                }));
            }
        }
        if !source.muted || opened {
            self.open_ns.get_or_insert(now_ns);
            acts.push(Action::Mute {
                index: source.index,
                name: source.name.clone(),
                muted: true,
            });
        } else if !self.closed {
            (self.closed, self.unmuted) = (true, None);
            if let Some(open_ns) = self.open_ns.take()
                && (self.added || self.contested > 0)
                && !back
            {
                acts.push(Action::Tell(Event::WasOpen {
                    source: source.name.clone(),
                    added: self.added,
                    ms: ms(now_ns - open_ns),
                }));
            }
            self.open_ns = None;
            acts.push(Action::Listen {
                index: source.index,
                name: source.name.clone(),
            });
        }
        if (self.contested > 0 && loud && !self.closed) || raised {
            acts.push(Action::Volume {
                index: source.index,
                name: source.name.clone(),
                volumes: vec![0; source.volumes.len()],
            });
        }
    }
}

fn suspend(source: &Source, suspended: bool) -> Action {
    Action::Suspend {
        index: source.index,
        name: source.name.clone(),
        suspended,
    }
}

/// Lets a source go on that was suspended; whether it was. Asked once: a source that nobody records is suspended
/// by the server as well, so that it cannot be seen whether it was done.
fn resume(source: &Source, former: &mut Former, acts: &mut Vec<Action>) -> bool {
    let was = std::mem::take(&mut former.suspended);
    if was {
        acts.push(suspend(source, false));
    }
    was
}

/// What still has to be done until a source is as it was. Volumes come first: it may not be heard
/// at another volume than it had.
fn restore(source: &Source, former: &Former, acts: &mut Vec<Action>) {
    // A device that came back with other channels cannot be given the volumes of the old ones.
    let same_channels = source.volumes.len() == former.volumes.len();
    if same_channels && source.volumes != former.volumes {
        acts.push(Action::Volume {
            index: source.index,
            name: source.name.clone(),
            volumes: former.volumes.clone(),
        });
    }
    if source.muted != former.muted {
        acts.push(Action::Mute {
            index: source.index,
            name: source.name.clone(),
            muted: former.muted,
        });
    }
}

pub(crate) fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}
