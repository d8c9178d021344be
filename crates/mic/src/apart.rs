//! The guard's part in keeping streams apart: it looks who records, has that identified beside, moves streams,
//! and has the server forget that it did.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use switch::{Fact, Owner, Readers, Recording};

use crate::SoundPlace;
use crate::graph::Graph;
use crate::sound::PulseServer;
use crate::streams::{Held, Remembered, forget_target};
use crate::watch::Watch;

/// Stream → whose it is, and for people its program.
pub(crate) type Owners = BTreeMap<u32, (Owner, String)>;

/// What the guard knows of the streams.
#[derive(Default)]
pub(crate) struct Streams {
    owners: Owners,
    /// Asks the thread that looks who is who: that takes a walk over all processes.
    identify: Option<Sender<Vec<PathBuf>>>,
    graph: Option<Graph>,
    held: Vec<Held>,
    /// What PulseAudio remembered before anything was moved.
    remembered: BTreeMap<String, Remembered>,
    /// Nodes of PipeWire that somebody else had moved before.
    moved_before: BTreeSet<u32>,
    moved: BTreeSet<u32>,
}

impl Streams {
    /// What there is now. Who is who is looked up by `found`, which the guard hands back to [`Streams::found`];
    /// `changed` is called when PipeWire's graph changes.
    pub(crate) fn look(
        &mut self,
        server: &mut PulseServer,
        place: &SoundPlace,
        run: &Path,
        sources: &[u32],
        apps: Vec<PathBuf>,
        told: &(impl Fn(Told) -> bool + Clone + Send + 'static),
    ) -> io::Result<Fact> {
        let (which, pipewire) = server.which()?;
        self.held = server.held()?;
        if pipewire && self.graph.is_none() {
            let changed = told.clone();
            let mut dump = Command::new("pw-dump");
            in_session(&mut dump, run);
            self.graph = Graph::follow(dump, move || changed(Told::Changed)).ok();
        }
        let recordings: Vec<Recording> =
            self.held.iter().map(|held| self.recording(held)).collect();
        if recordings.iter().any(|r| r.owner == Owner::Unknown) {
            self.identify(place, apps, told);
        }
        let readers = match (&self.graph, pipewire) {
            (_, false) => Readers::Streams,
            (Some(graph), true) => graph.readers(sources),
            (None, true) => Readers::Unknown,
        };
        Ok(Fact::Recordings {
            server: which,
            recordings,
            readers,
        })
    }

    fn recording(&self, held: &Held) -> Recording {
        let known = self.owners.get(&held.index).cloned();
        let (owner, program) = known.unwrap_or((Owner::Unknown, String::new()));
        Recording {
            index: held.index,
            source: held.source,
            owner,
            program,
        }
    }

    /// Has it looked up (again) who is who.
    pub(crate) fn identify(
        &mut self,
        place: &SoundPlace,
        apps: Vec<PathBuf>,
        told: &(impl Fn(Told) -> bool + Clone + Send + 'static),
    ) {
        let asked = self.identify.get_or_insert_with(|| {
            let (sender, asked) = channel::<Vec<PathBuf>>();
            let (place, told) = (place.clone(), told.clone());
            let _ = thread::Builder::new()
                .name("identify".into())
                .spawn(move || {
                    let mut watch = Watch::new(place);
                    while let Ok(mut apps) = asked.recv() {
                        while let Ok(later) = asked.try_recv() {
                            apps = later;
                        }
                        let owners = watch.owners(&apps).unwrap_or_default();
                        if !told(Told::Owners(owners)) {
                            return;
                        }
                    }
                });
            sender
        });
        let _ = asked.send(apps);
    }

    /// Takes what was looked up.
    pub(crate) fn found(&mut self, owners: Owners) {
        self.owners = owners;
    }

    /// Forgets who is who: somebody is excepted now, or no longer.
    pub(crate) fn forget_owners(&mut self) {
        self.owners.clear();
    }

    /// Nothing is kept apart any more, or the server ended.
    pub(crate) fn end(&mut self) {
        *self = Streams::default();
    }

    /// Makes the silent source.
    pub(crate) fn load(&mut self, server: &mut PulseServer) -> io::Result<()> {
        if self.moved.is_empty() {
            self.remembered = server.remembered();
        }
        server.load_silent()
    }

    /// Moves streams to sources.
    pub(crate) fn make(
        &mut self,
        server: &mut PulseServer,
        moves: &[(u32, u32)],
    ) -> Vec<io::Result<()>> {
        for (stream, _) in moves {
            let node = self.held.iter().find(|held| held.index == *stream);
            let node = node.and_then(|held| held.node);
            let before = |node| {
                self.graph
                    .as_ref()
                    .is_some_and(|graph| graph.is_moved(node))
            };
            if self.moved.insert(*stream)
                && let Some(node) = node.filter(|node| before(*node))
            {
                self.moved_before.insert(node);
            }
        }
        server.move_streams(moves)
    }

    /// Has the server forget that a stream was moved.
    pub(crate) fn unpin(
        &mut self,
        server: &mut PulseServer,
        run: &Path,
        stream: u32,
    ) -> io::Result<()> {
        let Some(held) = self.held.iter().find(|held| held.index == stream) else {
            return Ok(());
        };
        if let Some(node) = held.node {
            if self.moved_before.contains(&node) {
                return Ok(());
            }
            let mut program = Command::new("pw-metadata");
            in_session(&mut program, run);
            return forget_target(program, node);
        }
        let Some(key) = &held.key else { return Ok(()) };
        let Some(now) = server.remembered().remove(key) else {
            return Ok(());
        };
        let fresh = match self.remembered.get(key) {
            Some(before) => now.at(before),
            None => now.anywhere(),
        };
        server.remember(key, fresh)
    }
}

/// What the guard is told from other threads.
pub(crate) enum Told {
    /// PipeWire's graph changed.
    Changed,
    /// It was looked up who is who.
    Owners(Owners),
}

/// PipeWire's programs of the session that the guard is in.
fn in_session(program: &mut Command, run: &Path) {
    if let Some(folder) = run.parent() {
        program.env("PIPEWIRE_RUNTIME_DIR", folder);
    }
}
