//! The stimulus played on an output of this machine, beside the device; a person is asked to join and to
//! mute, and what was really played and said is written down.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use record::{Body, MonotonicNs, Phase, Player, Protocol, Record, Source, Word};
use report::{Lang, Message};
use stage::clock::{clock_pair, now};
use stage::pulse::{Meter, Microphones, PlayerEvent, play_tones, start_player, start_recorder};
use stimulus::{Program, Seed};

use crate::fail::{Fail, print};
use crate::play::written::{Args, manifest, records};
use crate::terminal::{Screen, Terminal};
use crate::told::message;
use import::Schedule;
use session::Person;
use session::protocol::{Ask, CONFIRM_PART, Tell};

/// Quiet between a mark and the sound that it announces.
const AFTER_MARK: Duration = Duration::from_secs(2);

/// What was heard last is sent by then.
const AFTER_CONTROL: Duration = Duration::from_secs(1);

/// What is recorded behind the last phase.
const TAIL: Duration = Duration::from_secs(5);

/// Wall and monotonic time are paired so often: clocks are set while one listens.
const PAIRED_EVERY: Duration = Duration::from_secs(1);

/// What can happen.
enum Event {
    Said(MonotonicNs, Word),
    PhaseEnd(Phase),
    Ended(Message),
}

/// Everything that was seen, in the order in which it was told.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(MonotonicNs, Source, Body)>>>);

impl Log {
    fn push(&self, t: MonotonicNs, source: Source, body: Body) {
        let mut facts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        facts.push((t, source, body));
    }

    fn records(&self) -> Vec<Record> {
        let facts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        records(facts.clone())
    }
}

/// Plays, writes the schedule at the end, and says where.
pub(super) fn run(args: &Args, seed: &Seed, protocol: &Protocol, lang: Lang) -> Result<(), Fail> {
    played(args, seed, protocol, lang, |_| {})?;
    print(format!("{}\n", args.schedule.display()).as_bytes())
}

/// Plays, and writes the schedule at the end. What was played unmuted is shown to `after_control` before anybody is
/// asked to mute. What the person types from then on is told by the screen that is given back.
pub fn played(
    args: &Args,
    seed: &Seed,
    protocol: &Protocol,
    lang: Lang,
    after_control: impl FnOnce(&Schedule),
) -> Result<Arc<Screen>, Fail> {
    if args.schedule.exists() {
        let path = args.schedule.clone();
        return Err(Fail::Exists { path });
    }
    let socket = server(args)?;
    let sink = args.output.as_deref().unwrap_or("@DEFAULT_SINK@");
    let monitor = match &args.output {
        Some(sink) => format!("{sink}.monitor"),
        None => "@DEFAULT_MONITOR@".to_owned(),
    };
    let terminal = Terminal::open(lang)?;
    let manifest = manifest(args, seed, protocol);
    let log = Log::default();
    let (tell, events) = channel();
    let failed = |e: std::io::Error| {
        let (socket, source) = (socket.clone(), e);
        Fail::SoundServer { socket, source }
    };
    for source in [Source::Sham, Source::Peer, Source::Streams] {
        let why = "not on the device's side of the room".to_owned();
        log.push(now(), source, Body::Unavailable { why });
    }
    for (source, note) in [
        (Source::Person, "a person joins and mutes"),
        (Source::Clock, "pairs of wall and monotonic time"),
    ] {
        let note = note.to_owned();
        log.push(now(), source, Body::Attached { note });
    }
    pair(&log);
    let recorder = (log.clone(), tell.clone());
    start_recorder(&socket, &monitor, Meter::default(), move |t, body| {
        let (log, tell) = &recorder;
        if let Body::Detached { why } = &body {
            let why = &why.clone().unwrap_or_default();
            let _ = tell.send(Event::Ended(message!("fail-recorder-ended", why)));
        }
        log.push(t, Source::Mic, body);
    })
    .map_err(failed)?;
    if let Some(source) = listens(args)? {
        let log = log.clone();
        start_recorder(&socket, &source, Meter::default(), move |t, body| {
            log.push(t, Source::Room, body);
        })
        .map_err(failed)?;
    }
    let program = Program::new(seed, protocol, Player::Mic);
    let phase_samples = {
        let block_samples = stimulus::block_samples(protocol);
        let protocol = protocol.clone();
        move |phase| u64::from(protocol.blocks(phase)) * block_samples
    };
    let player = (log.clone(), tell.clone());
    let control = start_player(
        &socket,
        sink,
        Player::Mic,
        program,
        phase_samples,
        move |of, event| player_event(&player.0, &player.1, of, event),
    )
    .map_err(failed)?;
    let screen = terminal.screen();
    terminal.listen(move |t, word| drop(tell.send(Event::Said(t, word))));
    let mut playing = Playing {
        log: &log,
        events,
        screen: &screen,
    };
    let mut after_control = Some(after_control);
    for phase in [Phase::Control, Phase::Muted] {
        let part = match phase {
            Phase::Control => "join-elsewhere",
            Phase::Muted => "mute",
        };
        if phase == Phase::Muted {
            play_tones(&socket, sink, 3).map_err(failed)?;
        }
        playing.ask(part)?;
        play_tones(&socket, sink, 2).map_err(failed)?;
        playing.wait(AFTER_MARK)?;
        let seconds = (u64::from(protocol.blocks(phase)) * protocol.block_ns) as f64 / 1e9;
        screen.tell(&Tell { phase, seconds });
        control.play(phase);
        playing.until(|event| matches!(event, Event::PhaseEnd(of) if *of == phase))?;
        if let Some(after_control) = after_control.take() {
            playing.wait(AFTER_CONTROL)?;
            after_control(&Schedule::new(manifest.clone(), log.records()));
            log.push(now(), Source::Stage, Body::MuteAsked { muted: true });
        }
    }
    playing.wait(TAIL)?;
    play_tones(&socket, sink, 3).map_err(failed)?;
    playing.ask(CONFIRM_PART)?;
    pair(&log);
    log.push(now(), Source::Stage, Body::Finished);
    Schedule::new(manifest, log.records()).write(&args.schedule, seed)?;
    Ok(screen)
}

/// The microphone of this machine that listens along, where one is asked to.
pub fn listens(args: &Args) -> Result<Option<String>, Fail> {
    let Some(name) = &args.listen else {
        return Ok(None);
    };
    let name = Some(name.as_str()).filter(|name| !name.is_empty());
    let socket = server(args)?;
    let known = Microphones::find(&socket);
    let known = known.map_err(|source| Fail::SoundServer { socket, source })?;
    let none = || Fail::NoMicrophone {
        asked: name.map(|name| format!("`{name}`")).unwrap_or_default(),
        known: match known.names.is_empty() {
            true => "–".to_owned(),
            false => known.names.join(", "),
        },
    };
    let found = known.called(name).ok_or_else(none)?;
    Ok(Some(found.to_owned()))
}

/// The socket that was named, or the person's own server's.
pub fn server(args: &Args) -> Result<PathBuf, Fail> {
    if let Some(socket) = &args.server {
        return Ok(socket.clone());
    }
    let of_environment = std::env::var("PULSE_SERVER").ok().and_then(|server| {
        let path = server.strip_prefix("unix:").unwrap_or(&server).to_owned();
        path.starts_with('/').then(|| PathBuf::from(path))
    });
    let runtime = std::env::var_os("XDG_RUNTIME_DIR");
    let of_runtime = runtime.map(|dir| Path::new(&dir).join("pulse/native"));
    let socket = of_environment.or(of_runtime).filter(|path| path.exists());
    socket.ok_or(Fail::NoSoundServer)
}

fn pair(log: &Log) {
    let (t, body) = clock_pair();
    log.push(t, Source::Clock, body);
}

fn player_event(log: &Log, tell: &Sender<Event>, player: Player, event: PlayerEvent) {
    match &event {
        PlayerEvent::End { phase, .. } => drop(tell.send(Event::PhaseEnd(*phase))),
        PlayerEvent::Ended { why, .. } => {
            drop(tell.send(Event::Ended(message!("fail-player-ended", why))));
        }
        _ => {}
    }
    if let Some((t, source, body)) = event.fact(player) {
        log.push(t, source, body);
    }
}

struct Playing<'a> {
    log: &'a Log,
    events: Receiver<Event>,
    screen: &'a Screen,
}

impl Playing<'_> {
    /// Asks the person, and waits for their answer however long it takes.
    fn ask(&mut self, part: &str) -> Result<(), Fail> {
        let what = String::new();
        let part = part.to_owned();
        let asked = Body::Asked {
            part: part.clone(),
            what: what.clone(),
        };
        self.log.push(now(), Source::Person, asked);
        self.screen.ask(Ask { part, what });
        self.until(|event| matches!(event, Event::Said(_, word) if answers(word)))
    }

    /// Lets time go by.
    fn wait(&mut self, time: Duration) -> Result<(), Fail> {
        let end = Instant::now() + time;
        self.run(Some(end), |_| false)
    }

    fn until(&mut self, is: impl Fn(&Event) -> bool) -> Result<(), Fail> {
        self.run(None, is)
    }

    fn run(&mut self, end: Option<Instant>, is: impl Fn(&Event) -> bool) -> Result<(), Fail> {
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(());
            }
            let event = match self
                .events
                .recv_timeout(left.map_or(PAIRED_EVERY, |left| left.min(PAIRED_EVERY)))
            {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => {
                    pair(self.log);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return Err(Fail::PlayerGone),
            };
            match &event {
                Event::Said(t, word) => {
                    let body = Body::PersonSaid { word: *word };
                    self.log.push(*t, Source::Person, body);
                }
                Event::Ended(why) => return Err(Fail::Playing { why: why.clone() }),
                Event::PhaseEnd(_) => {}
            }
            if is(&event) {
                return Ok(());
            }
        }
    }
}

/// A slip can be told at any time, and answers nothing.
fn answers(word: &Word) -> bool {
    !matches!(word, Word::Slipped { .. })
}
