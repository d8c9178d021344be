//! What stands on the stage: sides, sound servers, buses, displays, recorders, players, observers.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ::sink::Authority;
use files::Door;
use observe::{Observer, Target};
use recipe::{On, Recipe, Sound, Vars};
use record::{Body, Failure, Manifest, Player, Protocol, Source};
use stage::bus::CONFIGURATION;
use stage::clock::now;
use stage::display::X11;
use stage::ns::STAGE_DIR;
use stage::program::until;
use stage::pulse::{Meter, PlayerControl, PlayerEvent, start_player, start_recorder};
use stage::screen::Person;
use stage::side::SIDE_RUN;
use stage::sound::{OUTPUT, OnEnd};
use stage::system_bus::{self, Services};
use stage::trust::{AUTHORITY, Trusted};
use stage::{Identity, Installed, Side, SideSpec, Sides, SoundServer, net, outside};
use stimulus::Program;

use crate::event::{Event, Stop};
use crate::follow::{self, Following};
use crate::grid::{self, Sends, WatchedSink};
use crate::intercept;
use crate::log::Log;
use crate::machine::{self, DisplayServer};
use crate::picture::Picture;
use crate::planted;
use crate::protocol::{Guiding, Job, SIDE_RECIPE, SIDE_SPECIMEN};
use crate::sink::{self, Sink};

/// The built stage.
pub(crate) struct Set {
    pub sides: Sides,
    sound: Servers,
    sink: Option<Sink>,
    observers: Vec<Box<dyn Observer>>,
    /// Who looks at the app's display, where that is asked about.
    pub person: Option<Person>,
    /// What a camera would see.
    pub picture: Option<Picture>,
    /// Those who tell the app's side where it is: gone with this.
    _services: Option<Services>,
}

/// The three sound servers.
struct Servers {
    app: SoundServer,
    peer: SoundServer,
    sham: SoundServer,
}

/// Builds everything that stands before the recipe begins.
pub(crate) fn build(
    job: &Job,
    recipe: &Recipe,
    vars: Vars,
    log: &Log,
    tell: &Sender<Event>,
    installed: Option<&Installed>,
) -> Result<Set, Stop> {
    let logs = job.dir.join(bundle::LOGS);
    let planted = &job.manifest.planted;
    let output = planted::output(planted);
    let serve = |name: &str, output: &str, sound: Sound| {
        let ended = Mutex::new(tell.clone());
        let on_end: OnEnd = Arc::new(move |child, how| {
            let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = ended.send(Event::Exited { child, how });
        });
        SoundServer::start(sound, name, output, &logs, &on_end)
            .map_err(|e| Stop::new(Failure::Stage, format!("{name}: {e}")))
    };
    let sound = Servers {
        app: serve("sound-app", output, job.sound)?,
        peer: serve("sound-peer", OUTPUT, job.sound)?,
        // No app ever meets it: what the app's is makes no difference to it.
        sham: serve("sound-sham", OUTPUT, machine::usual_sound())?,
    };

    let configuration = Path::new(STAGE_DIR).join("bus.conf");
    std::fs::write(&configuration, CONFIGURATION)?;
    let mut show = vec![
        (job.dir.join(bundle::RECIPE_DIR), PathBuf::from(SIDE_RECIPE)),
        (configuration, PathBuf::from(BUS_CONFIGURATION)),
    ];
    show.extend(
        job.specimen
            .clone()
            .map(|from| (from, PathBuf::from(SIDE_SPECIMEN))),
    );
    let guiding = job.guiding.as_ref();
    let recording = job.recording.as_ref();
    let failed = |e: ::sink::AuthorityError| Stop::new(Failure::Stage, e.to_string());
    let answered = job.sinking.as_ref().is_some_and(|s| s.answered);
    let intercepting = guiding.and_then(|g| g.intercept.as_ref());
    let authority = (answered || intercepting.is_some()).then(Authority::new);
    let authority = authority.transpose().map_err(failed)?;
    let trusted = authority.as_ref().map(|authority| Trusted {
        pem: authority.pem().to_owned(),
        subject_hash: authority.subject_hash().to_owned(),
    });
    let side =
        |name: &str, server: &SoundServer, guiding: Option<&Guiding>, camera: Option<&Path>| {
            let mut show = show.clone();
            show.extend(camera.map(|device| (device.to_owned(), PathBuf::from(CAMERA))));
            show.extend(server.shown());
            show.extend(guiding.iter().flat_map(|g| g.show.clone()));
            show.extend(guiding.iter().flat_map(|g| g.display.shown()));
            let is_app = name == "app";
            let of_person = recording
                .filter(|_| is_app)
                .and_then(|r| r.display.x11.as_ref());
            show.extend(of_person.map(|x11| (X11::socket(x11.number), X11::socket(OF_PERSON))));
            let sinking = job.sinking.as_ref();
            let shown = sinking.filter(|_| is_app).into_iter();
            show.extend(shown.flat_map(|s| s.show.clone()));
            let of_proxy = intercepting.filter(|_| !is_app).into_iter();
            show.extend(of_proxy.flat_map(|i| i.show.clone()));
            let program = sinking.filter(|s| s.answered && !is_app);
            let program = program.map(|s| s.program.clone());
            show.extend(program.map(|program| (program, PathBuf::from(sink::SIDE_PROGRAM))));
            let resolver = match (guiding, sinking) {
                (Some(guiding), _) if guiding.outside => Some(outside::ROUTER),
                (_, Some(_)) if is_app && answered => Some(net::PEER_ADDRESS),
                _ => None,
            };
            Side::new(SideSpec {
                name: name.to_owned(),
                show,
                resolver: resolver.map(str::to_owned),
                trusted: trusted.clone().filter(|_| is_app),
                installed: installed.cloned().filter(|_| is_app),
                nested: is_app && recipe.app.sandbox.is_some(),
                etc: recipe.app.etc.clone(),
                identity: match name {
                    "app" => planted::identity(planted),
                    _ => Identity::default(),
                },
            })
        };
    let camera = job.camera.as_deref();
    let mut app = side("app", &sound.app, guiding, camera)?;
    let peer = side("peer", &sound.peer, None, None)?;
    planted::furnish(&app.home_dir(), planted)?;
    if let Some(guiding) = guiding {
        guiding.display.tell(&mut app)?;
    }
    net::join(&app, &peer, planted::mac(planted))?;
    let mut answering = None;
    if let Some(authority) = authority {
        app.set_env("NODE_EXTRA_CA_CERTS", AUTHORITY);
        let planted = job.manifest.planted_values();
        answering = Some(match intercepting {
            Some(how) => intercept::start(&peer, &authority, how, planted, log, tell)?,
            None => {
                net::answer_for_everybody(&peer)?;
                sink::start(&peer, authority, recipe, planted, log, tell)?
            }
        });
        sink::trust(&app, log);
    }

    for (source, server, device) in [
        (Source::Mic, &sound.app, "mic"),
        (Source::Peer, &sound.peer, "spk.monitor"),
        (Source::Sham, &sound.sham, "mic"),
    ] {
        let (log, tell) = (log.clone(), tell.clone());
        let out = move |t, body: Body| {
            if let Body::Detached { why: Some(why) } = &body {
                let why = format!("a recorder ended ({source:?}): {why}");
                let _ = tell.send(Event::SoundEnded(why));
            }
            log.record(t, source, body);
        };
        // What the others hear may be the sound itself, or only as loud.
        let meter = match source {
            Source::Peer => Meter::with_bands(),
            _ => Meter::default(),
        };
        let stream = start_recorder(&server.socket(), device, meter, out)
            .map_err(|e| Stop::new(Failure::SoundEnded, format!("recorder at {device}: {e}")))?;
        server.own().records(stream);
    }

    let target = Target {
        app: &app,
        peer: &peer,
        sound: Some(&sound.app),
        names: recipe.names_on(On::App),
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
    let mut person = None;
    let mut services = None;
    for on in [On::App, On::Peer] {
        bus(&mut sides, on)?;
        if let (On::App, Some(told)) = (on, planted::told(planted)) {
            services = Some(system_bus(&mut sides, &told, tell)?);
        }
        // Where a person drives the app it is on their own display.
        let is_seen = on == On::App && guiding.is_some_and(|g| g.display.is_there());
        if recipe.app.window && !is_seen {
            match recording.filter(|_| on == On::App) {
                Some(recording) => display_in_window(&mut sides, &recording.display)?,
                None => match job.display {
                    DisplayServer::X11 => display(&mut sides, on)?,
                    DisplayServer::Wayland => compositor(&mut sides, on)?,
                },
            }
            if on == On::App && !job.manifest.protocol.attention.is_empty() {
                person = Some(sit_down(&sides)?);
            }
        }
        // Who tries a recipe wants to read the names, whether it uses them by now or not.
        let wants = job.trying.is_some() || recording.is_some();
        let read = wants && recipe.app.window && names_program().is_some();
        if recipe.names_on(on) || read {
            names(&mut sides, on)?;
        }
    }
    Ok(Set {
        sides,
        sound,
        sink: answering,
        observers,
        person,
        picture: None,
        _services: services,
    })
}

/// The name in records of who answers on the system bus.
const SERVICES: &str = "system-services-app";

/// Where the app sees the camera that it is shown.
const CAMERA: &str = "/dev/video0";

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// A session bus inside the side: it must see the app as the user that the app is.
fn bus(sides: &mut Sides, on: On) -> Result<(), Stop> {
    let command = bus_command("/run/user/1000/bus");
    let door = sides.side(on).bus();
    let door = door.map_err(|e| Stop::new(Failure::Stage, format!("the session bus: {e}")))?;
    child(sides, on, "dbus", &command, || door.connect().is_ok())
}

/// Where a side sees how its buses are configured: it cannot be written there.
const BUS_CONFIGURATION: &str = "/run/bus.conf";

/// What starts a bus with bounds on what it may be made to hold.
fn bus_command(socket: &str) -> String {
    format!(
        "dbus-daemon --config-file={BUS_CONFIGURATION} --nofork --nopidfile --address=unix:path={socket}"
    )
}

/// A system bus inside the app's side, with what programs ask there for who and where they are.
fn system_bus(
    sides: &mut Sides,
    told: &system_bus::Told,
    tell: &Sender<Event>,
) -> Result<Services, Stop> {
    let (folder, socket) = (system_bus::FOLDER, system_bus::SOCKET);
    // The configuration for sessions: the one for systems wants users that a side does not have.
    let command = bus_command(&format!("/{folder}/{socket}"));
    let failed = |e: &dyn Display| Stop::new(Failure::Stage, format!("the system bus: {e}"));
    let folder = format!("/proc/{}/root/{folder}", sides.side(On::App).pid());
    let door = Door::new(Path::new(&folder), socket).map_err(|e| failed(&e))?;
    child(sides, On::App, "system-dbus", &command, || {
        door.connect().is_ok()
    })?;
    let address = format!("unix:path=/{}/{socket}", system_bus::FOLDER);
    sides
        .side_mut(On::App)
        .set_env("DBUS_SYSTEM_BUS_ADDRESS", &address);
    let tell = tell.clone();
    let ended = move || {
        let _ = tell.send(Event::Exited {
            child: SERVICES.to_owned(),
            how: "they were cut off from the system bus".to_owned(),
        });
    };
    system_bus::serve(&door, told, ended).map_err(|e| failed(&e))
}

/// A display and a small window manager inside the side.
fn display(sides: &mut Sides, on: On) -> Result<(), Stop> {
    let socket = format!("/proc/{}/root/tmp/.X11-unix/X0", sides.side(on).pid());
    // Without -noreset it closes every connection whenever the last client has left (Xserver(1)): a
    // step that only looks for the app's window would end an app that connects just then.
    let command = "Xvfb :0 -screen 0 1280x1024x24 -nolisten tcp -ac -noreset";
    child(sides, on, "Xvfb", command, || Path::new(&socket).exists())?;
    with_windows(sides, on)
}

/// A Wayland compositor inside the side, without a screen and without a person's seat.
fn compositor(sides: &mut Sides, on: On) -> Result<(), Stop> {
    const SOCKET: &str = "wayland-0";
    let run = sides.side(on).run_dir();
    let command = format!(
        "weston --backend=headless-backend.so --socket={SOCKET} --no-config --idle-time=0 --width=1280 --height=1024"
    );
    child(sides, on, "weston", &command, || run.join(SOCKET).exists())?;
    for (variable, value) in [
        ("WAYLAND_DISPLAY", SOCKET),
        ("XDG_SESSION_TYPE", "wayland"),
        // Where a toolkit has both, it looks for X first.
        ("GDK_BACKEND", "wayland"),
        ("QT_QPA_PLATFORM", "wayland"),
        ("MOZ_ENABLE_WAYLAND", "1"),
    ] {
        sides.side_mut(on).set_env(variable, value);
    }
    Ok(())
}

/// The number under which the app's side sees a person's display.
const OF_PERSON: u32 = 99;

/// The same inside a window on a person's display. The app's side sees that one as well: who records a recipe lets the
/// app onto it, as in a guided audit.
fn display_in_window(sides: &mut Sides, display: &stage::display::Display) -> Result<(), Stop> {
    let on = On::App;
    let shown = stage::display::Display {
        x11: display.x11.clone().map(|x11| X11 {
            number: OF_PERSON,
            ..x11
        }),
        wayland: None,
    };
    shown.tell(sides.side_mut(on))?;
    let socket = format!("/proc/{}/root/tmp/.X11-unix/X0", sides.side(on).pid());
    let command = format!(
        "{} :0 -screen 1280x1024 -title muteproof -nolisten tcp -ac -noreset",
        machine::NESTED_PROGRAM.0
    );
    child(sides, on, "Xephyr", &command, || {
        Path::new(&socket).exists()
    })?;
    with_windows(sides, on)
}

fn with_windows(sides: &mut Sides, on: On) -> Result<(), Stop> {
    sides.side_mut(on).set_env("DISPLAY", ":0");
    // Its log is not the app's, so it lies in no folder of the user's.
    let command = "env XDG_CACHE_HOME=/tmp/openbox openbox";
    let door = display_door(sides, on);
    let door = door.map_err(|e| Stop::new(Failure::Stage, format!("the display: {e}")))?;
    child(sides, on, "openbox", command, || {
        door.connect().is_ok_and(stage::manager::is_there)
    })
}

/// The bus on which windows say of themselves what is in them. Programs look for it when they start, so it is there
/// before the recipe begins; on a side whose recipe finds nothing by name there is none.
fn names(sides: &mut Sides, on: On) -> Result<(), Stop> {
    let name = format!("a11y-{}", sides.side(on).name());
    let failed = |why: String| Stop::new(Failure::Stage, format!("{name}: {why}"));
    let launcher = names_program().ok_or_else(|| {
        let missing = format!("{} is not installed", machine::NAMES_PROGRAM.0);
        Stop::new(Failure::Missing, missing)
    })?;
    let command = format!("{} --launch-immediately", launcher.display());
    sides.serve(on, &name, &words(&command)).map_err(failed)?;
    sides.enable_names(on, NAMES_WITHIN).map_err(failed)?;
    // Not every version asks the bus, or asks it early enough.
    for (variable, value) in [
        ("GNOME_ACCESSIBILITY", "1"),
        ("QT_ACCESSIBILITY", "1"),
        ("ACCESSIBILITY_ENABLED", "1"),
    ] {
        sides.side_mut(on).set_env(variable, value);
    }
    Ok(())
}

fn names_program() -> Option<PathBuf> {
    machine::which(machine::NAMES_PROGRAM.0)
}

/// How long that bus may take to come up.
const NAMES_WITHIN: Duration = Duration::from_secs(20);

/// A person at the app's display; before the app runs, which could put something else into its place.
fn sit_down(sides: &Sides) -> Result<Person, Stop> {
    let stream = display_door(sides, On::App).and_then(|door| door.connect());
    let stream = stream.map_err(|e| Stop::new(Failure::Stage, format!("the display: {e}")));
    Ok(Person::sit(stream?))
}

/// The socket of a side's display.
pub(crate) fn display_door(sides: &Sides, on: On) -> io::Result<Door> {
    let folder = format!("/proc/{}/root/tmp/.X11-unix", sides.side(on).pid());
    Door::new(Path::new(&folder), "X0")
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
    sides.serve(on, &name, &words(command)).map_err(failed)?;
    until(up, || sides.ended(&name)).map_err(failed)
}

impl Set {
    /// Starts both players; they play the quiet symbol until told otherwise.
    pub fn start_players(
        &self,
        protocol: &Protocol,
        mut program: impl FnMut(Player) -> Program,
        log: &Log,
        tell: &Sender<Event>,
    ) -> Result<Vec<(Player, PlayerControl)>, Stop> {
        let mut players = Vec::new();
        for (player, server) in [
            (Player::Mic, &self.sound.app),
            (Player::Sham, &self.sound.sham),
        ] {
            let block_samples = stimulus::block_samples(protocol);
            let protocol = protocol.clone();
            let phase_samples = move |phase| u64::from(protocol.blocks(phase)) * block_samples;
            let (log, tell) = (log.clone(), tell.clone());
            let events = move |player, event| player_event(&log, &tell, player, event);
            let control = start_player(
                &server.socket(),
                "mic_sink",
                player,
                program(player),
                phase_samples,
                events,
            )
            .map_err(|e| Stop::new(Failure::SoundEnded, format!("player: {e}")))?;
            server.own().plays(control.stream());
            players.push((player, control));
        }
        Ok(players)
    }

    /// Tells all programs on the app's side where to write down the keys of their TLS connections,
    /// and follows that, and the file for RTP that a recipe may have an app write to.
    pub fn follow(&mut self, log: &Log) -> Result<Following, Stop> {
        let app = self.sides.side_mut(On::App);
        app.set_env("SSLKEYLOGFILE", &format!("{SIDE_RUN}/{}", follow::KEYS));
        let failed = |e| {
            Stop::new(
                Failure::Stage,
                format!("make a file for the app's keys: {e}"),
            )
        };
        follow::follow(&app.run_dir(), log).map_err(failed)
    }

    /// Ends everything that writes.
    pub fn close(self) {
        let sound = &self.sound;
        for server in [&sound.app, &sound.peer, &sound.sham] {
            server.close_logs();
        }
        drop(self.sink);
        self.sides.close();
    }
}

fn player_event(log: &Log, tell: &Sender<Event>, player: Player, event: PlayerEvent) {
    let told = match &event {
        PlayerEvent::End { phase, .. } => Some(Event::PhaseEnd(player, *phase)),
        PlayerEvent::Ended { why, .. } => {
            Some(Event::SoundEnded(format!("the player ended: {why}")))
        }
        _ => None,
    };
    if let Some((t, source, body)) = event.fact(player) {
        log.record(t, source, body);
    }
    if let Some(told) = told {
        let _ = tell.send(told);
    }
}

/// Calls `f` again and again, for as long as the stage lives.
pub(crate) fn every(period: Duration, f: impl Fn() + Send + 'static) {
    thread::spawn(move || {
        loop {
            f();
            thread::sleep(period);
        }
    });
}

/// The running observers.
pub(crate) struct Watching {
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

/// Drains the observers on a thread of their own, at a constant rate; what the app sends rarely is seen on
/// the way.
pub(crate) fn watch(set: &mut Set, manifest: &Manifest, log: &Log) -> (Watching, Sends) {
    let mut observers = std::mem::take(&mut set.observers);
    let sends = grid::sends(manifest);
    let mut seen = WatchedSink {
        log: log.clone(),
        sends: sends.clone(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let thread = thread::spawn(move || {
        while !stopped.load(Ordering::Acquire) {
            observers.iter_mut().for_each(|o| o.drain(now(), &mut seen));
            thread::sleep(DRAIN_EVERY);
        }
        for observer in &mut observers {
            observer.detach(now(), &mut seen);
        }
    });
    (Watching { stop, thread }, sends)
}
