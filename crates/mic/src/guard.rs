//! The guard: the one process that switches, and keeps it so.
//!
//! One thread follows the server's events, one answers questions, each recording for silence is one for
//! its moment; all of them tell this one, which waits for nothing but them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::fcntl::Flock;
use switch::{
    Action, Event, Fact, Graph, Layer, LayerState, PersistedState, Policy, Proof, Source, Status,
    Wish,
};

use crate::apart::{Owners, Streams};
use crate::control::{self, Answer, Ask, Asked};
use crate::devices::{Devices, Saved};
use crate::lock::{file, lock, note};
use crate::sound::{Backend, Change, PulseServer, follow};
use crate::{EventLog, MicError, Places, StateFile, graph, identity, silence};

/// Devices are looked at so often while it is off.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What was asked of the server is looked after so often while it is not done.
const SETTLES_WITHIN: Duration = Duration::from_millis(300);

/// A suspended source of PipeWire's (1.4) takes no mute and gives none back until somebody records it: it is woken
/// so often for one wish.
const WAKES: u32 = 5;

/// An answer waits at most so long for recordings.
const PROVEN_WITHIN: Duration = Duration::from_secs(4);

/// Whoever starts a guard for one task asks it within this time.
const ASKED_WITHIN: Duration = Duration::from_secs(5);

/// A server that has just ended may be back at once; one that is not there for long is asked less often.
const RECONNECT: [Duration; 2] = [Duration::from_millis(10), Duration::from_millis(500)];

/// For so long it is asked often.
const RECONNECT_OFTEN: Duration = Duration::from_secs(10);

/// Told of every state and event.
pub type Told = Box<dyn FnMut(&Status, &[Event]) + Send>;

/// Something that the guard's thread waits for.
enum Incoming {
    /// Something changed at the server.
    Changed,
    /// The server ended.
    Lost,
    /// A recording for silence is through.
    Heard(String, Proof),
    /// It was looked what PipeWire has beside the sources that it lists.
    Graph(Graph),
    /// Somebody in this process asks.
    Asked(Asked),
    /// Another process asks.
    AskedOutside(Asked),
    /// Another process has its answer.
    Answered,
    /// It was looked up whose the streams are.
    Owners(Owners),
}

/// A handle by which other threads of this process ask the guard.
#[derive(Clone)]
pub struct Asker(Sender<Incoming>);

impl Asker {
    /// Asks, and waits for the answer.
    pub fn ask(&self, ask: Ask) -> Option<Answer> {
        let (sender, answers) = channel();
        self.0.send(Incoming::Asked((ask, sender))).ok()?;
        answers.recv().ok()
    }

    /// Asks, and waits for nothing.
    pub fn tell(&self, ask: Ask) {
        let (sender, _) = channel();
        let _ = self.0.send(Incoming::Asked((ask, sender)));
    }
}

/// A guard that has its lock and its socket, but does not run yet.
pub struct Guard {
    places: Places,
    devices: Devices,
    policy: Policy,
    /// Why what the sources had before cannot all be given back.
    unkept: Option<String>,
    kept_file: StateFile,
    /// The same in the runtime folder, which is memory: a disk may be busy, and the mute waits for this.
    kept_run: StateFile,
    saved_file: StateFile,
    log: EventLog,
    incoming: Receiver<Incoming>,
    sender: Sender<Incoming>,
    server: Option<PulseServer>,
    /// Processes of the sound server, which may read devices.
    explained: BTreeSet<i32>,
    /// Sources that are being recorded; true: again when that is through.
    listening: BTreeMap<String, bool>,
    /// How often sources were woken for the wish that there is.
    wakes: u32,
    streams: Streams,
    /// Numbers of the server's sources.
    sources: Vec<u32>,
    /// Whether streams are looked at.
    apart: bool,
    /// Whether they may be moved at this server.
    moves: bool,
    /// Whether it is PipeWire's, which may have more sources than it lists.
    pipewire: bool,
    /// Whether its graph is being looked at.
    looking: bool,
    /// While the person switches off: what sources had right before.
    pressed: Option<Vec<Source>>,
    waiting: Vec<(Sender<Answer>, Instant)>,
    /// Other processes that are not told yet.
    unanswered: usize,
    below: BTreeMap<Layer, LayerState>,
    told: Vec<Told>,
    last: Option<Status>,
    begun: Instant,
    /// Ends when there is nothing to guard any more, but not before somebody asked for something.
    once: bool,
    asked: bool,
    _lock: Flock<fs::File>,
}

impl Guard {
    /// Takes the lock and the socket, and reads what was kept. With `once`, it ends by itself when it was
    /// switched on and everything is given back.
    pub fn new(places: Places, root: &Path, once: bool) -> Result<Guard, MicError> {
        let lock = lock(&places.run)?;
        let path = control::socket_path(&places.run);
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(|e| file("listen at", &path, e))?;
        let (sender, incoming) = channel();
        let (asked, answered) = (sender.clone(), sender.clone());
        control::serve(
            listener,
            move |asking| drop(asked.send(Incoming::AskedOutside(asking))),
            move || drop(answered.send(Incoming::Answered)),
        )
        .map_err(|e| file("listen at", &path, e))?;
        let kept_file = StateFile::new(&places.state, "mic.json");
        let kept_run = StateFile::new(&places.run, "mic.json");
        // What is in memory is newer, and gone after a restart of the machine.
        let kept = match kept_run.exists() {
            true => kept_run.read(),
            false => kept_file.read(),
        };
        // Damaged, or no file at all: a switch that refused for it would leave the microphone open. What sources
        // had before is lost, and that is said when it matters.
        let (kept, unkept) = match kept {
            Ok(kept) => (kept, None),
            Err(e) => (PersistedState::default(), Some(e.to_string())),
        };
        Ok(Guard {
            saved_file: StateFile::new(&places.state, "mic-devices.json"),
            log: EventLog::new(&places.state),
            devices: Devices::new(root),
            policy: Policy::new(kept),
            unkept,
            kept_file,
            kept_run,
            places,
            incoming,
            sender,
            server: None,
            explained: BTreeSet::new(),
            listening: BTreeMap::new(),
            wakes: 0,
            streams: Streams::default(),
            sources: Vec::new(),
            apart: false,
            moves: false,
            pipewire: false,
            looking: false,
            pressed: None,
            waiting: Vec::new(),
            unanswered: 0,
            below: BTreeMap::new(),
            told: Vec::new(),
            last: None,
            begun: Instant::now(),
            once,
            asked: false,
            _lock: lock,
        })
    }

    /// Tells somebody every state and event from now on.
    pub fn tell(&mut self, told: Told) {
        self.told.push(told);
    }

    /// A handle to ask this guard by.
    pub fn asker(&self) -> Asker {
        Asker(self.sender.clone())
    }

    /// Runs until it has nothing to do any more, or for ever.
    pub fn run(mut self) -> Result<(), MicError> {
        self.follow_server();
        let mut look = Instant::now();
        loop {
            let unasked = (self.once && !self.asked).then(|| self.begun + ASKED_WITHIN);
            let overdue = self.waiting.iter().map(|(_, until)| *until).min();
            let asleep = self.wakes < WAKES && !self.policy.pending().is_empty();
            let unsettled = (self.policy.wants_recordings() || asleep) && !self.is_done();
            let unsettled = unsettled.then(|| Instant::now() + SETTLES_WITHIN);
            let due = [Some(look), unasked, overdue, unsettled];
            let due = due.into_iter().flatten().min().unwrap_or(look);
            match self
                .incoming
                .recv_timeout(due.saturating_duration_since(Instant::now()))
            {
                Ok(incoming) => self.take(incoming),
                Err(RecvTimeoutError::Timeout) if unsettled.is_some() => {
                    self.see();
                    self.wake();
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if Instant::now() >= look {
                self.look_at_devices();
                if self.policy.keeps_apart() {
                    // A process can have become another program.
                    let (apps, found) = (self.apps(), self.owners_found());
                    self.streams.identify(&self.places.sound, apps, &found);
                }
                let off = self.policy.kept().wish == Wish::Off;
                look = Instant::now() + if off { LOOK_EVERY } else { 720 * LOOK_EVERY };
            }
            self.answer();
            let asked = self.asked || self.begun.elapsed() > ASKED_WITHIN;
            if self.once && asked && self.unanswered == 0 && self.policy.is_idle() {
                let _ = fs::remove_file(control::socket_path(&self.places.run));
                return Ok(());
            }
        }
    }

    fn follow_server(&self) {
        let (place, sender) = (self.places.sound.clone(), self.sender.clone());
        let _ = thread::Builder::new().name("server".into()).spawn(move || {
            let mut gone = Instant::now();
            loop {
                let told = || sender.send(Incoming::Changed).is_ok();
                if follow(&place, told).is_ok() {
                    gone = Instant::now();
                    if sender.send(Incoming::Lost).is_err() {
                        return;
                    }
                }
                let often = gone.elapsed() < RECONNECT_OFTEN;
                thread::sleep(RECONNECT[usize::from(!often)]);
            }
        });
    }

    fn take(&mut self, incoming: Incoming) {
        match incoming {
            Incoming::Changed => self.see(),
            Incoming::Owners(owners) => {
                self.streams.found(owners);
                self.see();
            }
            Incoming::Lost => {
                self.server = None;
                self.streams.end();
                self.step(Fact::Lost);
            }
            Incoming::Heard(source, proof) => {
                if self.listening.remove(&source) == Some(true) {
                    let known = self.server.as_mut().and_then(|s| s.sources().ok());
                    let index = known.and_then(|(sources, _)| {
                        Some(sources.iter().find(|s| s.name == source)?.index)
                    });
                    if let Some(index) = index {
                        self.listen(index, source);
                        return;
                    }
                }
                self.step(Fact::Heard { source, proof });
            }
            Incoming::Graph(graph) => {
                self.looking = false;
                self.step(Fact::Graph(graph));
            }
            Incoming::Asked((ask, sender)) => self.asked(ask, sender),
            Incoming::AskedOutside((ask, sender)) => {
                self.unanswered += 1;
                self.asked(ask, sender);
            }
            Incoming::Answered => self.unanswered = self.unanswered.saturating_sub(1),
        }
    }

    fn asked(&mut self, ask: Ask, sender: Sender<Answer>) {
        self.asked = true;
        self.wakes = 0;
        let moves = match &ask {
            Ask::Off { streams, .. } => *streams,
            Ask::ExceptApp { except, .. } => *except,
            _ => false,
        };
        self.connect();
        if moves && self.server.is_some() && !self.moves {
            let _ = sender.send(Answer::NotOnPipeWire);
            return;
        }
        let wish = match (&ask, self.policy.kept().wish) {
            (Ask::Off { .. }, _) | (Ask::Toggle, Wish::On) => Some(Wish::Off),
            (Ask::On, _) | (Ask::Toggle, Wish::Off) => Some(Wish::On),
            (Ask::Status | Ask::Except { .. } | Ask::ExceptApp { .. }, _) => None,
        };
        if wish == Some(Wish::Off)
            && let Err(e) = self.kept_run.write(self.policy.kept())
        {
            // First the mute, then what cannot be given back after it.
            self.unkept = Some(e.to_string());
        }
        // Nothing comes between the press and the mute: what the sources have now is asked for ahead of it,
        // in the same breath.
        if wish == Some(Wish::Off) && self.server.is_some() {
            self.pressed = Some(Vec::new());
            self.step(Fact::Wish(Wish::Off));
            if let Some(had) = self.pressed.take() {
                self.step(Fact::Had(had));
            }
        }
        self.see();
        match (wish, ask) {
            (Some(wish), ask) => {
                let (devices, streams) = match ask {
                    Ask::Off { devices, streams } => (devices, streams),
                    _ => (false, false),
                };
                self.step(Fact::Wish(wish));
                self.step(Fact::Apart(streams));
                if wish == Wish::Off {
                    self.step(Fact::Prove);
                }
                self.see_streams();
                if devices || wish == Wish::On {
                    self.set_devices(devices);
                }
                self.look_at_devices();
            }
            (None, Ask::Except { source, except }) => {
                if self.pipewire && except {
                    // A source that is not listed may be meant.
                    let sources = self.server.as_mut().and_then(|s| s.sources().ok());
                    let graph = sources.map(|(sources, _)| graph::look(&sources));
                    self.step(Fact::Graph(graph.unwrap_or_default()));
                }
                let status = self.policy.status();
                if except && !status.sources.iter().any(|known| known.name == source) {
                    let _ = sender.send(Answer::UnknownSource { source });
                    return;
                }
                self.step(Fact::Except { source, except });
            }
            (None, Ask::ExceptApp { program, except }) => {
                if except && !Path::new(&program).is_file() {
                    let _ = sender.send(Answer::UnknownProgram { program });
                    return;
                }
                self.streams.forget_owners();
                self.step(Fact::ExceptApp { program, except });
                self.see_streams();
            }
            (None, _) => {
                self.look_at_devices();
                self.step(Fact::Prove);
            }
        }
        self.waiting.push((sender, Instant::now() + PROVEN_WITHIN));
    }

    /// Connects where that is not done, and learns whether the server's streams may be moved: PipeWire keeps
    /// them pinned, and the silent source as the default on record.
    fn connect(&mut self) {
        if self.server.is_some() {
            return;
        }
        self.server = PulseServer::open(&self.places.sound).ok();
        self.explained = self.server_processes();
        let which = self.server.as_mut().map(PulseServer::which);
        self.moves = matches!(which, Some(Ok((_, false))));
        self.pipewire = matches!(which, Some(Ok((_, true))));
        self.step(Fact::Moves(self.moves));
        if self.policy.kept().wish == Wish::Off {
            self.look_at_graph();
        }
    }

    /// Takes the devices, or gives them back; what they had is on disk before.
    fn set_devices(&mut self, off: bool) {
        let mut saved: Saved = self.saved_file.read().unwrap_or_default();
        self.below = match !off && saved == Saved::default() {
            true => BTreeMap::new(),
            false => self.devices.set(off, &mut saved),
        };
        if let Err(e) = self.saved_file.write(&saved) {
            note(&e);
        }
    }

    fn look_at_devices(&mut self) {
        let captures = self.devices.captures(&self.explained);
        self.step(Fact::Captures(captures));
        if self.policy.kept().wish == Wish::Off {
            self.look_at_graph();
        }
    }

    /// Asks beside what PipeWire has that it does not list.
    fn look_at_graph(&mut self) {
        let Some(server) = self.server.as_mut() else {
            return;
        };
        if !self.pipewire || self.looking {
            return;
        }
        let Ok((sources, _)) = server.sources() else {
            return;
        };
        let sender = self.sender.clone();
        let thread = thread::Builder::new().name("graph".into());
        let spawned = thread.spawn(move || {
            let _ = sender.send(Incoming::Graph(graph::look(&sources)));
        });
        self.looking = spawned.is_ok();
    }

    /// Asks the server what there is.
    fn see(&mut self) {
        self.connect();
        let seen = self.server.as_mut().map(PulseServer::sources);
        match seen {
            Some(Ok((sources, default))) => {
                self.sources = sources.iter().map(|source| source.index).collect();
                self.step(Fact::Sources { sources, default });
                self.see_streams();
            }
            Some(Err(_)) => self.server = None,
            None => {}
        }
    }

    /// Asks the server who records, while that matters.
    fn see_streams(&mut self) {
        if !self.policy.wants_recordings() {
            if self.apart {
                self.streams.end();
            }
            self.apart = false;
            return;
        }
        self.apart = true;
        let (apps, found) = (self.apps(), self.owners_found());
        let Some(server) = self.server.as_mut() else {
            return;
        };
        let fact = self.streams.look(server, &self.places.sound, apps, &found);
        match fact {
            Ok(fact) => self.step(fact),
            Err(_) => self.server = None,
        }
    }

    fn apps(&self) -> Vec<PathBuf> {
        self.policy.kept().apps.iter().map(PathBuf::from).collect()
    }

    fn owners_found(&self) -> impl Fn(Owners) -> bool + Clone + Send + 'static + use<> {
        let sender = self.sender.clone();
        move |owners| sender.send(Incoming::Owners(owners)).is_ok()
    }

    /// Whether everything is as it was wished.
    fn is_done(&self) -> bool {
        match self.policy.kept().wish {
            Wish::Off => self.policy.is_proven() && self.listening.is_empty() && !self.looking,
            Wish::On => self.policy.is_given_back(),
        }
    }

    /// The server's processes, and PipeWire's, which reads the devices for `pipewire-pulse`.
    fn server_processes(&self) -> BTreeSet<i32> {
        let ends = |socket: &std::os::unix::net::UnixStream| {
            identity::peers(socket).map(|peers| peers.server)
        };
        let server = self.server.as_ref();
        let mut found = server
            .and_then(|server| ends(server.connection().socket()).ok())
            .unwrap_or_default();
        let pipewire = self.places.run.with_file_name("pipewire-0");
        if let Ok(socket) = std::os::unix::net::UnixStream::connect(pipewire) {
            found.extend(ends(&socket).unwrap_or_default());
        }
        found
    }

    fn step(&mut self, fact: Fact) {
        let now_ns = self.begun.elapsed().as_nanos() as u64;
        let mut events = Vec::new();
        let (mut changes, mut kept) = (Vec::new(), false);
        let mut moves = Vec::new();
        for action in self.policy.step(now_ns, fact) {
            match action {
                Action::Mute { index, muted, .. } => changes.push(Change::Mute { index, muted }),
                Action::Volume { index, volumes, .. } => {
                    changes.push(Change::Volumes { index, volumes });
                }
                Action::Suspend {
                    index, suspended, ..
                } => changes.push(Change::Suspend { index, suspended }),
                Action::Tell(event) => events.push(event),
                // What a source had is written down before it is changed.
                Action::Keep => {
                    self.change(&mut changes);
                    if let Err(e) = self.kept_run.write(self.policy.kept()) {
                        note(&e);
                    }
                    kept = true;
                }
                Action::Listen { index, name } => {
                    self.change(&mut changes);
                    match self.listening.get_mut(&name) {
                        Some(again) => *again = true,
                        None => self.listen(index, name),
                    }
                }
                Action::Move { stream, to } => moves.push((stream, to)),
                Action::LoadSilent | Action::UnloadSilent | Action::Unpin { .. } => {
                    self.change(&mut changes);
                    self.silence(&action);
                }
                Action::Default { name } => {
                    self.change(&mut changes);
                    self.make(&mut moves);
                    if let Some(Err(e)) = self.server.as_mut().map(|s| s.set_default(&name)) {
                        note(&e);
                    }
                }
            }
        }
        self.change(&mut changes);
        self.make(&mut moves);
        if kept && let Err(e) = self.kept_file.write(self.policy.kept()) {
            note(&e);
        }
        for event in &events {
            if let Err(e) = self.log.add(event) {
                note(&e);
            }
        }
        let mut status = self.policy.status();
        status.add_layers(&self.below);
        if self.last.as_ref().map(|last| last.verified) != Some(status.verified) {
            let lit = status.verified == switch::Verified::Off;
            self.below.insert(Layer::Lamp, self.devices.lamp(lit));
        }
        let status = self.status();
        if !events.is_empty() || self.last.as_ref() != Some(&status) {
            self.told.iter_mut().for_each(|told| told(&status, &events));
            self.last = Some(status);
        }
    }

    fn status(&self) -> Status {
        let mut status = self.policy.status();
        status.add_layers(&self.below);
        status.guarded = true;
        status
    }

    /// Makes the changes at the server. One that fails is tried again at the server's next event, or its
    /// next connection.
    fn change(&mut self, changes: &mut Vec<Change>) {
        let changes = std::mem::take(changes);
        let Some(server) = self.server.as_mut().filter(|_| !changes.is_empty()) else {
            return;
        };
        let done = match &mut self.pressed {
            // Without an answer, what was known before is what is given back.
            Some(pressed) if pressed.is_empty() => {
                let (had, done) = server.press(&changes);
                *pressed = had.unwrap_or_default();
                done
            }
            // Later lists would tell what was changed here.
            _ => server.set(&changes),
        };
        for done in done {
            match done {
                // It was unplugged in this moment.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => note(&e),
                Ok(()) => {}
            }
        }
    }

    /// Moves streams. One that is not moved is seen where it is, and nothing is opened.
    fn make(&mut self, moves: &mut Vec<(u32, u32)>) {
        let moves = std::mem::take(moves);
        let Some(server) = self.server.as_mut().filter(|_| !moves.is_empty()) else {
            return;
        };
        for done in self.streams.make(server, &moves) {
            match done {
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => note(&e),
                Ok(()) => {}
            }
        }
    }

    /// Makes the silent source, takes it away, or has the server forget a move.
    fn silence(&mut self, action: &Action) {
        let Some(server) = self.server.as_mut() else {
            return;
        };
        let done = match action {
            Action::LoadSilent => self.streams.load(server),
            Action::UnloadSilent => server.unload_silent(),
            Action::Unpin { stream } => self.streams.unpin(server, *stream),
            _ => Ok(()),
        };
        if let Err(e) = done {
            note(&e);
        }
    }

    /// Records what did not take what it was asked for: while it is recorded, it will. That it is, is an event of the
    /// server's, upon which it is asked again.
    fn wake(&mut self) {
        let pending = self.policy.pending();
        self.wakes += u32::from(!pending.is_empty());
        for (index, name) in pending {
            if !self.listening.contains_key(&name) {
                self.listen(index, name);
            }
        }
    }

    fn listen(&mut self, index: u32, name: String) {
        let (place, sender, source) =
            (self.places.sound.clone(), self.sender.clone(), name.clone());
        let thread = thread::Builder::new().name("silence".into());
        let spawned = thread.spawn(move || {
            let proof = silence::listen(&place, index);
            let _ = sender.send(Incoming::Heard(source, proof));
        });
        if spawned.is_ok() {
            self.listening.insert(name, false);
        }
    }

    /// Answers those whose answer is ready, or overdue.
    fn answer(&mut self) {
        let proven = self.is_done();
        let (now, status) = (Instant::now(), self.status());
        let ready = |until: &Instant| proven || now >= *until;
        let off = self.policy.kept().wish == Wish::Off;
        let told = self.waiting.iter().any(|(_, until)| ready(until));
        let unkept = match off && told {
            true => self.unkept.take(),
            false => None,
        };
        self.waiting.retain(|(sender, until)| {
            let ready = ready(until);
            if ready {
                let status = status.clone();
                let _ = sender.send(match unkept.clone() {
                    None => Answer::Found { status },
                    Some(why) => Answer::NotKept { why, status },
                });
            }
            !ready
        });
    }
}
