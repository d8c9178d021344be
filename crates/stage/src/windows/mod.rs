//! The windows of a side as assistive technology sees them: AT-SPI, over the side's accessibility bus.
//!
//! Bus, registry and everything that answers there run on the side, where the app can stop, replace or outdo them.
//! So a thread of its own talks to the bus, and who waits for it waits no longer than they said; what is read is
//! bounded ([`Limits`]); and the bus's address, which the side tells as well, leads nowhere but into the side's own
//! runtime folder.
//!
//! Properties are asked for one by one, and never kept: the question for all of them at once makes some versions of
//! Qt crash.

mod act;
mod gtk4;
mod read;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use a11y::{Limits, Node, Object, Tree};
use files::Door;
use recipe::recorded::Screen;
use zbus::Connection;
use zbus::connection::Builder;
use zbus::zvariant::{DynamicType, Value};

use crate::side::{SIDE_RUN, SIDE_UID, Side};

/// Time for one call. Firefox answers after a second where it has just started.
const CALL_WITHIN: Duration = Duration::from_secs(3);

/// Threads that wait for a bus which does not answer; more are not made.
const STUCK_MAX: usize = 4;

/// What the longest wait takes beside the calls themselves.
const SLACK: Duration = Duration::from_millis(500);

/// The windows of one side.
#[derive(Debug)]
pub struct Windows {
    /// The side's runtime folder, as it is seen from here.
    run: PathBuf,
    /// And as it is seen there.
    seen: PathBuf,
    uid: u32,
    worker: Option<Sender<Job>>,
    alive: Arc<AtomicUsize>,
}

type Job = Box<dyn FnOnce(&mut Bus) + Send>;

/// Both buses, from within the thread that talks to them.
struct Bus {
    run: PathBuf,
    seen: PathBuf,
    uid: u32,
    open: Option<Connection>,
}

impl Windows {
    /// The windows of a side.
    pub fn of(side: &Side) -> Windows {
        Windows::at(side.run_dir(), PathBuf::from(SIDE_RUN), SIDE_UID)
    }

    /// The windows of a user whose session bus is the socket `bus` in the folder `run`, which they see at `seen`.
    pub fn at(run: PathBuf, seen: PathBuf, uid: u32) -> Windows {
        Windows {
            run,
            seen,
            uid,
            worker: None,
            alive: Arc::default(),
        }
    }

    /// Says that assistive technology is there, and waits until the bus for it is: before the app starts, which looks
    /// for it then.
    pub fn enable(&mut self, within: Duration) -> Result<(), String> {
        self.ask(within, |bus, deadline| zbus::block_on(bus.enable(deadline)))
    }

    /// Everything that the side's windows say of themselves.
    pub fn read(&mut self, limits: Limits, within: Duration) -> Result<Tree, String> {
        self.ask(within, move |bus, deadline| {
            zbus::block_on(async { read::tree(bus.open().await?, limits, deadline).await })
        })
    }

    /// One element, read again.
    pub fn again(&mut self, object: Object, within: Duration) -> Result<Node, String> {
        self.ask(within, move |bus, _| {
            zbus::block_on(async { read::node(bus.open().await?, object).await })
        })
    }

    /// Presses an element.
    pub fn press(&mut self, object: Object, within: Duration) -> Result<(), String> {
        self.ask(within, move |bus, _| {
            zbus::block_on(async { act::press(bus.open().await?, &object).await })
        })
    }

    /// The middle of an element on the screen.
    pub fn middle(&mut self, object: Object, within: Duration) -> Result<(i32, i32), String> {
        self.ask(within, move |bus, _| {
            zbus::block_on(async { act::middle(bus.open().await?, &object).await })
        })
    }

    /// Everything that the windows say of themselves, and where on the screen it is what a person can press or read.
    pub fn screen(&mut self, limits: Limits, within: Duration) -> Result<Screen, String> {
        self.ask(within, move |bus, deadline| {
            zbus::block_on(async {
                let bus = bus.open().await?;
                let tree = read::tree(bus, limits, deadline).await?;
                let mut places = BTreeMap::new();
                for (at, node) in tree.nodes.iter().enumerate() {
                    if !Screen::is_of_interest(node) {
                        continue;
                    }
                    if Instant::now() >= deadline {
                        break;
                    }
                    if let Ok(place) = act::place(bus, &node.object).await {
                        places.insert(at, place);
                    }
                }
                Ok(Screen { tree, places })
            })
        })
    }

    /// Puts a text into a field.
    pub fn put(&mut self, object: Object, text: String, within: Duration) -> Result<(), String> {
        self.ask(within, move |bus, _| {
            zbus::block_on(async { act::put(bus.open().await?, &object, &text).await })
        })
    }

    /// Chooses a child of a list.
    pub fn choose(&mut self, list: Object, child: usize, within: Duration) -> Result<(), String> {
        self.ask(within, move |bus, _| {
            zbus::block_on(async { act::choose(bus.open().await?, &list, child).await })
        })
    }

    /// What an element says of itself beside its name.
    pub fn description(&mut self, object: Object, within: Duration) -> Result<String, String> {
        self.ask(within, move |bus, _| {
            zbus::block_on(async { read::description(bus.open().await?, &object).await })
        })
    }

    /// The text in an element.
    pub fn text(&mut self, object: Object, within: Duration) -> Result<String, String> {
        self.ask(within, move |bus, _| {
            zbus::block_on(async { read::text(bus.open().await?, &object).await })
        })
    }

    fn ask<R: Send + 'static>(
        &mut self,
        within: Duration,
        job: impl FnOnce(&mut Bus, Instant) -> Result<R, String> + Send + 'static,
    ) -> Result<R, String> {
        let deadline = Instant::now() + within;
        let (tell, told) = channel();
        let job: Job = Box::new(move |bus| {
            let outcome = job(bus, deadline);
            if outcome.is_err() {
                // Maybe the bus was made anew.
                bus.open = None;
            }
            let _ = tell.send(outcome);
        });
        let worker = match self.worker.take() {
            Some(worker) => worker,
            None => self.worker()?,
        };
        worker.send(job).map_err(|_| silent(within))?;
        match told.recv_timeout(within + SLACK) {
            Ok(outcome) => {
                self.worker = Some(worker);
                outcome
            }
            // It ends by itself once it is answered, or the stage ends.
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(silent(within)),
        }
    }

    fn worker(&self) -> Result<Sender<Job>, String> {
        if self.alive.load(Ordering::Relaxed) >= STUCK_MAX {
            return Err("the accessibility bus has not answered for some time".to_owned());
        }
        let (worker, jobs) = channel::<Job>();
        let mut bus = Bus {
            run: self.run.clone(),
            seen: self.seen.clone(),
            uid: self.uid,
            open: None,
        };
        let alive = self.alive.clone();
        alive.fetch_add(1, Ordering::Relaxed);
        thread::spawn(move || {
            for job in jobs {
                job(&mut bus);
            }
            alive.fetch_sub(1, Ordering::Relaxed);
        });
        Ok(worker)
    }
}

fn silent(within: Duration) -> String {
    format!(
        "the accessibility bus did not answer within {} s",
        within.as_secs_f32().round()
    )
}

/// How long to wait between two attempts at a bus that is not there yet.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Bus {
    /// The accessibility bus.
    async fn open(&mut self) -> Result<&Connection, String> {
        if self.open.is_none() {
            let session = self.session().await?;
            self.open = Some(self.behind(&session).await?);
        }
        self.open.as_ref().ok_or_else(String::new)
    }

    async fn session(&self) -> Result<Connection, String> {
        self.connect(Path::new("bus"), "the session bus").await
    }

    /// The bus whose address the session bus's service tells.
    async fn behind(&self, session: &Connection) -> Result<Connection, String> {
        let failed = |e| format!("the accessibility bus: {}", why(&e));
        let (bus, path) = ("org.a11y.Bus", "/org/a11y/bus");
        let reply = session.call_method(Some(bus), path, Some(bus), "GetAddress", &());
        let reply = reply.await.map_err(failed)?;
        let address: String = reply.body().deserialize().map_err(failed)?;
        let within = socket(&address, &self.seen).ok_or_else(|| {
            let address = a11y::shown(&address);
            format!("the accessibility bus is not in the side's runtime folder: {address}")
        })?;
        self.connect(&within, "the accessibility bus").await
    }

    async fn connect(&self, within: &Path, what: &str) -> Result<Connection, String> {
        let failed = |e: &dyn std::fmt::Display| format!("{what}: {e}");
        let name = within.to_str().unwrap_or_default();
        let door = Door::new(&self.run, name).and_then(|door| door.connect());
        let stream = door.map_err(|e| failed(&e))?;
        // We are somebody else in the side's user namespace: its user is what the bus sees.
        let built = Builder::async_io_unix_stream(stream)
            .user_id(self.uid)
            .method_timeout(CALL_WITHIN)
            .build();
        built.await.map_err(|e| failed(&why(&e)))
    }

    async fn enable(&mut self, deadline: Instant) -> Result<(), String> {
        loop {
            match self.try_enable().await {
                Ok(()) => return Ok(()),
                Err(why) if Instant::now() >= deadline => return Err(why),
                Err(_) => thread::sleep(LOOK_EVERY),
            }
        }
    }

    async fn try_enable(&mut self) -> Result<(), String> {
        let session = self.session().await?;
        // A question would have the session bus start another one, which knows no display.
        let (daemon, name) = ("org.freedesktop.DBus", "org.a11y.Bus");
        let path = "/org/freedesktop/DBus";
        let owned = session.call_method(Some(daemon), path, Some(daemon), "NameHasOwner", &name);
        let owned = owned
            .await
            .and_then(|reply| reply.body().deserialize::<bool>());
        if !owned.map_err(|e| format!("the session bus: {}", why(&e)))? {
            return Err("the accessibility bus is not there".to_owned());
        }
        let status = ("org.a11y.Status", "IsEnabled", Value::from(true));
        let set = session.call_method(
            Some("org.a11y.Bus"),
            "/org/a11y/bus",
            Some("org.freedesktop.DBus.Properties"),
            "Set",
            &status,
        );
        set.await
            .map_err(|e| format!("the accessibility bus: {}", why(&e)))?;
        let bus = self.behind(&session).await?;
        // The registry is started by whoever asks it first.
        read::root(&bus)
            .await
            .map_err(|e| format!("the registry: {}", why(&e)))?;
        self.open = Some(bus);
        Ok(())
    }
}

/// Where in the runtime folder `seen` the socket of a bus lies, by the bus's address; nothing where it lies elsewhere.
fn socket(address: &str, seen: &Path) -> Option<PathBuf> {
    let first = address.split(';').next()?.strip_prefix("unix:")?;
    let path = first
        .split(',')
        .find_map(|part| part.strip_prefix("path="))?;
    let within = Path::new(path).strip_prefix(seen).ok()?;
    let plain = |part: std::path::Component<'_>| matches!(part, std::path::Component::Normal(_));
    let is_plain = !path.contains('%') && within.components().all(plain);
    (is_plain && within.components().next().is_some()).then(|| within.to_owned())
}

/// What went wrong, on one line that steers nothing: the app may have written it.
fn why(e: &zbus::Error) -> String {
    a11y::shown(&e.to_string())
}

/// One call to an object on the bus.
async fn call<B>(
    bus: &Connection,
    object: &Object,
    interface: &str,
    method: &str,
    body: &B,
) -> zbus::Result<zbus::Message>
where
    B: serde::Serialize + DynamicType,
{
    let (at, path) = (Some(object.at.as_str()), object.path.as_str());
    bus.call_method(at, path, Some(interface), method, body)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_into_the_runtime_folder_or_nowhere() {
        let seen = Path::new("/run/user/1000");
        let at = |address: &str| socket(address, seen);
        let usual = at("unix:path=/run/user/1000/at-spi/bus_0,guid=0123");
        assert_eq!(usual, Some(PathBuf::from("at-spi/bus_0")));
        for other in [
            "unix:path=/run/dbus/system_bus_socket",
            "unix:path=/run/user/1000/../../dbus/system_bus_socket",
            "unix:path=/run/user/1000",
            "unix:path=/run/user/1000/%2e%2e/x",
            "unix:abstract=/run/user/1000/x",
            "tcp:host=127.0.0.1,port=1",
            "",
        ] {
            assert_eq!(at(other), None, "{other}");
        }
    }
}
