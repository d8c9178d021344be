//! The guard's part in keeping streams apart: it looks who records, has that identified beside, moves streams,
//! and has the server forget that it did.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use switch::{Fact, Owner, Recording};

use crate::SoundPlace;
use crate::sound::PulseServer;
use crate::streams::{Held, Remembered};
use crate::watch::Watch;

/// Stream → whose it is, and for people its program.
pub(crate) type Owners = BTreeMap<u32, (Owner, String)>;

/// What the guard knows of the streams.
#[derive(Default)]
pub(crate) struct Streams {
    owners: Owners,
    /// Asks the thread that looks who is who: that takes a walk over all processes.
    identify: Option<Sender<Vec<PathBuf>>>,
    held: Vec<Held>,
    /// What PulseAudio remembered before anything was moved.
    remembered: BTreeMap<String, Remembered>,
    /// Whether any was moved since.
    moved: bool,
}

impl Streams {
    /// What there is now. Who is who is looked up by `found`, which the guard hands back to [`Streams::found`].
    pub(crate) fn look(
        &mut self,
        server: &mut PulseServer,
        place: &SoundPlace,
        apps: Vec<PathBuf>,
        found: &(impl Fn(Owners) -> bool + Clone + Send + 'static),
    ) -> io::Result<Fact> {
        let (which, _) = server.which()?;
        self.held = server.held()?;
        let recordings: Vec<Recording> =
            self.held.iter().map(|held| self.recording(held)).collect();
        if recordings.iter().any(|r| r.owner == Owner::Unknown) {
            self.identify(place, apps, found);
        }
        Ok(Fact::Recordings {
            server: which,
            recordings,
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
        found: &(impl Fn(Owners) -> bool + Clone + Send + 'static),
    ) {
        let asked = self.identify.get_or_insert_with(|| {
            let (sender, asked) = channel::<Vec<PathBuf>>();
            let (place, found) = (place.clone(), found.clone());
            let _ = thread::Builder::new()
                .name("identify".into())
                .spawn(move || {
                    let mut watch = Watch::new(place);
                    while let Ok(mut apps) = asked.recv() {
                        while let Ok(later) = asked.try_recv() {
                            apps = later;
                        }
                        let owners = watch.owners(&apps).unwrap_or_default();
                        if !found(owners) {
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
        if !self.moved {
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
        self.moved |= !moves.is_empty();
        server.move_streams(moves)
    }

    /// Has the server forget that a stream was moved.
    pub(crate) fn unpin(&mut self, server: &mut PulseServer, stream: u32) -> io::Result<()> {
        let Some(held) = self.held.iter().find(|held| held.index == stream) else {
            return Ok(());
        };
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
