//! Calls on a side's session bus, and what came of them.
//!
//! A program may ask another one to mute: a desktop's service for calls, say. Who is asked, and whether it
//! refused, the bus shows to a monitor (`org.freedesktop.DBus.Monitoring`). What is handed over is not
//! looked at, but for an answer that is a single yes or no.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use files::Door;
use record::{Body, MonotonicNs};
use zbus::blocking::fdo::{DBusProxy, MonitoringProxy};
use zbus::blocking::{Connection, MessageIterator, connection};
use zbus::message::{Message, Type};

use crate::clock::now;
use crate::side::SIDE_UID;

/// Calls that wait to be written down, and calls that wait for an answer, at most.
const WAITING_MAX: usize = 1_024;

/// A bus as every session has one, with bounds on what a program may have it hold: its usual ones are too high to be
/// any (dbus-daemon(1)). Bytes of a message, and of those that wait; connections, calls without an answer, and rules.
pub const CONFIGURATION: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <include>/usr/share/dbus-1/session.conf</include>
  <limit name="max_message_size">4194304</limit>
  <limit name="max_incoming_bytes">16777216</limit>
  <limit name="max_outgoing_bytes">16777216</limit>
  <limit name="max_message_unix_fds">64</limit>
  <limit name="auth_timeout">5000</limit>
  <limit name="max_completed_connections">256</limit>
  <limit name="max_incomplete_connections">64</limit>
  <limit name="max_connections_per_user">256</limit>
  <limit name="max_pending_service_starts">64</limit>
  <limit name="max_names_per_connection">256</limit>
  <limit name="max_match_rules_per_connection">4096</limit>
  <limit name="max_replies_per_connection">4096</limit>
</busconfig>
"#;

/// Interfaces that every program with a window talks to all the time, and that mute nothing.
const EVERYDAY: [&str; 3] = ["org.freedesktop.DBus", "org.a11y.", "ca.desrt.dconf"];

/// How often the bus's socket is looked for until it is there.
const POLL: Duration = Duration::from_millis(50);

/// The calls of one side, from when its bus is there.
pub struct Calls {
    told: Receiver<(MonotonicNs, Told)>,
    lost: Arc<AtomicU64>,
}

/// What the watch has to say.
pub enum Told {
    /// A call was answered.
    Call(Body),
    /// It watches no more, and why.
    Ended(String),
}

impl Calls {
    /// Watches the bus behind `door`, which may not be there yet.
    pub fn follow(door: Door) -> Calls {
        let (tell, told) = sync_channel(WAITING_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        let out = Out {
            tell,
            lost: lost.clone(),
        };
        // It ends with the bus, at the latest with the stage.
        thread::spawn(move || {
            let why = match watch(&door, &out) {
                Ok(()) => "the session bus ended".to_owned(),
                Err(e) => format!("the session bus cannot be watched: {e}"),
            };
            out.tell(Told::Ended(why));
        });
        Calls { told, lost }
    }

    /// What was told since the last call; nothing more comes where the watch is over.
    pub fn next(&self) -> Option<(MonotonicNs, Told)> {
        self.told.try_recv().ok()
    }

    /// How many calls were lost since the last time that this was asked.
    pub fn lost(&self) -> u64 {
        self.lost.swap(0, Ordering::Relaxed)
    }
}

struct Out {
    tell: SyncSender<(MonotonicNs, Told)>,
    lost: Arc<AtomicU64>,
}

impl Out {
    fn tell(&self, told: Told) {
        if self.tell.try_send((now(), told)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn watch(door: &Door, out: &Out) -> zbus::Result<()> {
    while !door.is_there() {
        thread::sleep(POLL);
    }
    // We are somebody else in the side's user namespace: its user is what it sees.
    let bus = connection::Builder::async_io_unix_stream(door.connect()?)
        .user_id(SIDE_UID)
        .build()?;
    let messages = MessageIterator::from(&bus);
    let mut names = Names::of(&bus)?;
    MonitoringProxy::new(&bus)?.become_monitor(&[], 0)?;
    let mut waiting: HashMap<(String, u32), Call> = HashMap::new();
    for message in messages {
        let message = message?;
        let header = message.header();
        match header.message_type() {
            Type::MethodCall if waiting.len() < WAITING_MAX => {
                let (Some(sender), false) = (header.sender(), is_everyday(&message)) else {
                    continue;
                };
                let of = (sender.to_string(), header.primary().serial_num().get());
                waiting.insert(of, Call::of(&message, &names));
            }
            Type::MethodReturn | Type::Error => {
                let (Some(asker), Some(serial)) = (header.destination(), header.reply_serial())
                else {
                    continue;
                };
                if let Some(call) = waiting.remove(&(asker.to_string(), serial.get())) {
                    out.tell(Told::Call(answered(call, &message)));
                }
            }
            Type::MethodCall => {
                out.lost.fetch_add(1, Ordering::Relaxed);
            }
            Type::Signal => names.hear(&message),
        }
    }
    Ok(())
}

/// What programs call themselves: a library may ask a service by the number of its connection, which says nothing
/// to a reader.
struct Names(HashMap<String, String>);

/// The bus itself.
const BUS: &str = "org.freedesktop.DBus";

impl Names {
    /// Those that are on the bus already.
    fn of(bus: &Connection) -> zbus::Result<Names> {
        let asked = DBusProxy::new(bus)?;
        let mut names = Names(HashMap::new());
        for name in asked.list_names()? {
            // One may have gone meanwhile.
            if let Ok(owner) = asked.get_name_owner(name.inner().clone()) {
                names.owned(name.to_string(), owner.to_string());
            }
        }
        Ok(names)
    }

    /// A signal: the bus tells who has a name from now on.
    fn hear(&mut self, signal: &Message) {
        let header = signal.header();
        let is = |name: Option<String>, what: &str| name.is_some_and(|name| name == what);
        if is(header.sender().map(ToString::to_string), BUS)
            && is(header.member().map(ToString::to_string), "NameOwnerChanged")
            && let Ok((name, _, owner)) = signal.body().deserialize::<(String, String, String)>()
        {
            self.owned(name, owner);
        }
    }

    /// `name` is a connection's own number where it begins with a colon; without an owner it is nobody's.
    fn owned(&mut self, name: String, owner: String) {
        if name.starts_with(':') || name == BUS {
            self.0.remove(&name);
        } else if !owner.is_empty() && self.0.len() < WAITING_MAX {
            self.0.insert(owner, name);
        }
    }

    /// What is asked for by `destination`.
    fn service(&self, destination: String) -> String {
        self.0.get(&destination).cloned().unwrap_or(destination)
    }
}

/// What is kept of a call until it is answered: what it hands over may be as long as a message may be.
struct Call {
    service: String,
    interface: String,
    member: String,
}

impl Call {
    fn of(message: &Message, names: &Names) -> Call {
        let header = message.header();
        let text = |name: Option<String>| name.unwrap_or_default();
        Call {
            service: names.service(text(header.destination().map(ToString::to_string))),
            interface: text(header.interface().map(ToString::to_string)),
            member: text(header.member().map(ToString::to_string)),
        }
    }
}

fn is_everyday(call: &Message) -> bool {
    let header = call.header();
    let interface = header.interface().map(|name| name.as_str());
    interface.is_some_and(|name| EVERYDAY.iter().any(|everyday| name.starts_with(everyday)))
}

fn answered(call: Call, answer: &Message) -> Body {
    let of = answer.header();
    let error = of.error_name().map(|name| {
        let said: Result<String, _> = answer.body().deserialize();
        format!("{name}: {}", said.unwrap_or_default())
    });
    Body::BusCall {
        service: call.service,
        interface: call.interface,
        member: call.member,
        said: match error {
            None => answer.body().deserialize().ok(),
            Some(_) => None,
        },
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_called_by_the_name_it_has() {
        let mut names = Names(HashMap::new());
        names.owned(":1.7".to_owned(), ":1.7".to_owned());
        let own = |names: &Names| names.service(":1.7".to_owned());
        assert_eq!(own(&names), ":1.7");
        names.owned("org.example.Calls".to_owned(), ":1.7".to_owned());
        assert_eq!(own(&names), "org.example.Calls");
        // A name that went away leaves its connection; one that ends is nobody.
        names.owned("org.example.Other".to_owned(), String::new());
        assert_eq!(own(&names), "org.example.Calls");
        names.owned(":1.7".to_owned(), String::new());
        assert_eq!(own(&names), ":1.7");
        assert_eq!(
            names.service("org.example.Calls".to_owned()),
            "org.example.Calls"
        );
    }
}
