//! What stands on the stage: sides, sound servers, buses, displays, recorders, players, observers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use observe::{Observer, Target};
use recipe::{On, Recipe};
use record::{Body, Failure, Player, Protocol, Source};
use stage::clock::now;
use stage::ns::STAGE_DIR;
use stage::program::Program as Child;
use stage::pulse::{
    PlayerControl, PlayerEvent, SoundServer, StreamView, start_player, start_recorder,
};
use stage::side::SIDE_RUN;
use stage::{Side, SideSpec, Sides, net};
use stimulus::Program;

use super::keys::{self, Following};
use super::log::Log;
use super::{Event, Stop};
use crate::job::{Job, RECIPE_DIR, SIDE_RECIPE, SIDE_SPECIMEN};

/// How long a sound server, a bus or a display may take to come up.
const UP_WITHIN: Duration = Duration::from_secs(20);

/// The built stage.
pub(super) struct Set {
    pub sides: Sides,
    servers: Vec<Child>,
    sound: Sound,
    observers: Vec<Box<dyn Observer>>,
}

/// Sockets of the three sound servers.
struct Sound {
    app: PathBuf,
    sham: PathBuf,
}

/// Builds everything that stands before the recipe begins.
pub(super) fn build(
    job: &Job,
    recipe: &Recipe,
    vars: BTreeMap<String, String>,
    log: &Log,
    tell: &Sender<Event>,
) -> Result<Set, Stop> {
    let logs = job.dir.join(bundle::LOGS);
    let mut show = vec![(job.dir.join(RECIPE_DIR), PathBuf::from(SIDE_RECIPE))];
    show.extend(
        job.specimen
            .clone()
            .map(|from| (from, PathBuf::from(SIDE_SPECIMEN))),
    );
    let side = |name: &str| {
        Side::new(SideSpec {
            name: name.to_owned(),
            show: show.clone(),
        })
    };
    let (app, peer) = (side("app")?, side("peer")?);
    net::join(&app, &peer)?;

    let mut servers = Vec::new();
    let mut serve = |name: &str, socket: PathBuf| -> Result<PathBuf, Stop> {
        let (child, socket) = start_server(name, socket, &logs, tell)?;
        servers.push(child);
        Ok(socket)
    };
    let app_sound = serve("sound-app", app.run_dir().join("pulse/native"))?;
    let peer_sound = serve("sound-peer", peer.run_dir().join("pulse/native"))?;
    let sham_sound = serve("sound-sham", Path::new(STAGE_DIR).join("sham/native"))?;

    for (source, socket, device) in [
        (Source::Mic, &app_sound, "mic"),
        (Source::Peer, &peer_sound, "spk.monitor"),
        (Source::Sham, &sham_sound, "mic"),
    ] {
        let (log, tell) = (log.clone(), tell.clone());
        let out = move |t, body: Body| {
            if let Body::Detached { why: Some(why) } = &body {
                let why = format!("a recorder ended ({source:?}): {why}");
                let _ = tell.send(Event::SoundEnded(why));
            }
            log.record(t, source, body);
        };
        start_recorder(socket, device, out)
            .map_err(|e| Stop::new(Failure::SoundEnded, format!("recorder at {device}: {e}")))?;
    }

    let target = Target {
        app: &app,
        peer: &peer,
        sound: app_sound.clone(),
    };
    let mut observers = Vec::new();
    for mut observer in observe::observers() {
        match observer.attach(&target, &mut log.clone()) {
            Ok(()) => observers.push(observer),
            Err(why) => {
                let body = Body::Unavailable {
                    why: why.to_string(),
                };
                log.record(now(), observer.source(), body);
            }
        }
    }

    let ended = tell.clone();
    let on_end = move |child, how| {
        let _ = ended.send(Event::Exited { child, how });
    };
    let mut sides = Sides::new(app, peer, vars, logs, Box::new(on_end));
    for on in [On::App, On::Peer] {
        bus(&mut sides, on)?;
        if recipe.app.window {
            display(&mut sides, on)?;
        }
    }
    Ok(Set {
        sides,
        servers,
        sound: Sound {
            app: app_sound,
            sham: sham_sound,
        },
        observers,
    })
}

fn start_server(
    name: &str,
    socket: PathBuf,
    logs: &Path,
    tell: &Sender<Event>,
) -> Result<(Child, PathBuf), Stop> {
    let failed = |e: &dyn std::fmt::Display| Stop::new(Failure::Stage, format!("{name}: {e}"));
    let server =
        SoundServer::new(Path::new(STAGE_DIR).join(name), socket).map_err(|e| failed(&e))?;
    let (ended, child_name) = (tell.clone(), name.to_owned());
    let on_end = move |how| {
        let _ = ended.send(Event::Exited {
            child: child_name,
            how,
        });
    };
    let log = logs.join(format!("{name}.txt"));
    let child = Child::start(name, server.command(), &log, on_end).map_err(|e| failed(&e))?;
    let up = || {
        StreamView::open(server.socket())
            .and_then(|mut view| view.streams())
            .is_ok()
    };
    until(up, || child.ended()).map_err(|e| failed(&e))?;
    Ok((child, server.socket().to_owned()))
}

/// Waits until `up`, unless the child `ended` first.
fn until(up: impl Fn() -> bool, ended: impl Fn() -> Option<String>) -> Result<(), String> {
    let deadline = Instant::now() + UP_WITHIN;
    while !up() {
        if let Some(how) = ended() {
            return Err(format!(
                "it ended ({how}); its output is in the bundle's logs"
            ));
        }
        if Instant::now() >= deadline {
            return Err(format!(
                "it did not come up within {} s",
                UP_WITHIN.as_secs()
            ));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A session bus inside the side: it must see the app as the user that the app is.
fn bus(sides: &mut Sides, on: On) -> Result<(), Stop> {
    let command =
        "dbus-daemon --session --nofork --nopidfile --address=unix:path=/run/user/1000/bus";
    let socket = sides.side(on).run_dir().join("bus");
    child(sides, on, "dbus", command, || {
        std::os::unix::net::UnixStream::connect(&socket).is_ok()
    })
}

/// A display and a small window manager inside the side.
fn display(sides: &mut Sides, on: On) -> Result<(), Stop> {
    let socket = format!("/proc/{}/root/tmp/.X11-unix/X0", sides.side(on).pid());
    let command = "Xvfb :0 -screen 0 1280x1024x24 -nolisten tcp -ac";
    child(sides, on, "Xvfb", command, || Path::new(&socket).exists())?;
    sides.side_mut(on).set_env("DISPLAY", ":0");
    child(sides, on, "openbox", "openbox", || true)
}

fn child(
    sides: &mut Sides,
    on: On,
    what: &str,
    command: &str,
    up: impl Fn() -> bool,
) -> Result<(), Stop> {
    let name = format!("{what}-{}", sides.side(on).name());
    let failed = |e: String| Stop::new(Failure::Stage, format!("{name}: {e}"));
    sides.start(on, &name, &words(command)).map_err(failed)?;
    until(up, || sides.ended(&name)).map_err(failed)
}

impl Set {
    /// Starts both players; they play the quiet symbol until told otherwise.
    pub fn start_players(
        &self,
        protocol: &Protocol,
        program: impl Fn(Player) -> Program,
        log: &Log,
        tell: &Sender<Event>,
    ) -> Result<Vec<(Player, PlayerControl)>, Stop> {
        let mut players = Vec::new();
        for (player, socket) in [
            (Player::Mic, &self.sound.app),
            (Player::Sham, &self.sound.sham),
        ] {
            let block_samples = stimulus::block_samples(protocol);
            let protocol = protocol.clone();
            let phase_samples = move |phase| u64::from(protocol.blocks(phase)) * block_samples;
            let (log, tell) = (log.clone(), tell.clone());
            let events = move |player, event| player_event(&log, &tell, player, event);
            let control = start_player(
                socket,
                "mic_sink",
                player,
                program(player),
                phase_samples,
                events,
            )
            .map_err(|e| Stop::new(Failure::SoundEnded, format!("player: {e}")))?;
            players.push((player, control));
        }
        Ok(players)
    }

    /// Tells all programs on the app's side where to write down the keys of their TLS connections,
    /// and follows that.
    pub fn follow_keys(&mut self, log: &Log) -> Result<Following, Stop> {
        let app = self.sides.side_mut(On::App);
        app.set_env("SSLKEYLOGFILE", &format!("{SIDE_RUN}/{}", keys::FILE));
        let failed = |e| Stop::new(Failure::Stage, format!("make a file for TLS keys: {e}"));
        keys::follow(&app.run_dir().join(keys::FILE), log).map_err(failed)
    }

    /// Ends everything that writes.
    pub fn close(self) {
        for server in &self.servers {
            server.close_log();
        }
        self.sides.close();
    }
}

fn player_event(log: &Log, tell: &Sender<Event>, player: Player, event: PlayerEvent) {
    match event {
        PlayerEvent::Begin {
            t,
            phase,
            latency_ns,
        } => {
            log.record(
                t,
                Source::Player,
                Body::PhaseBegin {
                    phase,
                    player,
                    latency_ns,
                },
            );
        }
        PlayerEvent::Played { t, phase, samples } => {
            let body = Body::Played {
                phase,
                player,
                samples,
            };
            log.record(t, Source::Player, body);
        }
        PlayerEvent::End { t, phase } => {
            log.record(t, Source::Player, Body::PhaseEnd { phase, player });
            let _ = tell.send(Event::PhaseEnd(player, phase));
        }
        PlayerEvent::Underrun { t, left_out } => {
            let source = match player {
                Player::Mic => Source::Player,
                Player::Sham => Source::Sham,
            };
            let samples = left_out;
            log.record(t, source, Body::Underrun { samples });
        }
        PlayerEvent::Ended { why, .. } => {
            let _ = tell.send(Event::SoundEnded(format!("the player ended: {why}")));
        }
    }
}

/// Calls `f` again and again, for as long as the stage lives.
pub(super) fn every(period: Duration, f: impl Fn() + Send + 'static) {
    thread::spawn(move || {
        loop {
            f();
            thread::sleep(period);
        }
    });
}

/// The running observers.
pub(super) struct Watching {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Watching {
    /// Detaches all observers.
    pub fn stop(self) {
        self.stop.store(true, Ordering::Release);
        let _ = self.thread.join();
    }
}

/// How often observers are drained.
const DRAIN_EVERY: Duration = Duration::from_millis(50);

/// Drains the observers on a thread of their own, at a constant rate.
pub(super) fn watch(set: &mut Set, log: &Log) -> Watching {
    let mut observers = std::mem::take(&mut set.observers);
    let mut log = log.clone();
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let thread = thread::spawn(move || {
        while !stopped.load(Ordering::Acquire) {
            observers.iter_mut().for_each(|o| o.drain(now(), &mut log));
            thread::sleep(DRAIN_EVERY);
        }
        for observer in &mut observers {
            observer.detach(now(), &mut log);
        }
    });
    Watching { stop, thread }
}
