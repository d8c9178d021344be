//! Programs that flood the bus, and a bus that ends.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use zbus::blocking::Proxy;

use super::*;
use crate::bus::CONFIGURATION;

/// How long anything may take here.
const SOON: Duration = Duration::from_secs(30);

struct Bus(Child);

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A bus with the stage's bounds; nothing where this machine has none.
fn bus(dir: &Path) -> Option<(Bus, Door)> {
    let file = dir.join("bus.conf");
    fs::write(&file, CONFIGURATION).unwrap();
    let started = Command::new("dbus-daemon")
        .arg(format!("--config-file={}", file.display()))
        .arg(format!(
            "--address=unix:path={}",
            dir.join(SOCKET).display()
        ))
        .args(["--nofork", "--nopidfile", "--print-address=1"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = started else {
        eprintln!("skipped: dbus-daemon is not installed");
        return None;
    };
    // It is up when it has told its address.
    let mut stdout = child.stdout.take().unwrap();
    let bus = Bus(child);
    assert!(stdout.read(&mut [0; 1]).unwrap() > 0, "it did not start");
    Some((bus, Door::new(dir, SOCKET).unwrap()))
}

fn told() -> Told {
    Told {
        position: (12.5, 13.5),
        carrier: "Carrier".into(),
        phone: "+999".into(),
        wifi_name: "wifi".into(),
        bluetooth_device: "Headset".into(),
        battery: 41.5,
        battery_serial: "123".into(),
    }
}

fn client(door: &Door) -> zbus::Result<Connection> {
    let user = nix::unistd::geteuid().as_raw();
    connection::Builder::async_io_unix_stream(door.connect()?)
        .user_id(user)
        .build()
}

/// What a polite program reads.
fn percentage(door: &Door) -> zbus::Result<f64> {
    let bus = client(door)?;
    Proxy::new(&bus, NAMES[3], BATTERY, "org.freedesktop.UPower.Device")?.get_property("Percentage")
}

/// Bytes that this process has in memory.
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.and_then(|kib| kib.parse::<usize>().ok()).unwrap() << 10
}

#[test]
fn a_flood_is_bounded_and_others_are_answered_still() {
    let dir = tempfile::tempdir().unwrap();
    let Some((_bus, door)) = bus(dir.path()) else {
        return;
    };
    let user = nix::unistd::geteuid().as_raw();
    let _services = serve_as(user, &door, &told(), || panic!("the services ended")).unwrap();
    let before = memory();
    // Calls whose answers nobody waits for.
    let many = client(&door).unwrap();
    for _ in 0..5_000 {
        let call = zbus::Message::method_call(BATTERY, "Get")
            .and_then(|call| call.destination(NAMES[3]))
            .and_then(|call| call.interface("org.freedesktop.DBus.Properties"))
            .and_then(|call| call.build(&("org.freedesktop.UPower.Device", "Serial")));
        many.send(&call.unwrap()).unwrap();
    }
    // A message longer than the bus takes, and then one as long as it takes, to be kept.
    let long = client(&door).unwrap();
    let set = |bus: &Connection, bytes| {
        Proxy::new(bus, NAMES[0], CLIENT, "org.freedesktop.GeoClue2.Client")?
            .set_property("DesktopId", "x".repeat(bytes))
            .map_err(zbus::Error::from)
    };
    assert!(set(&long, 8 << 20).is_err());
    let kept = client(&door).unwrap();
    set(&kept, 3 << 20).unwrap();
    let client_proxy = Proxy::new(&kept, NAMES[0], CLIENT, "org.freedesktop.GeoClue2.Client");
    let id: String = client_proxy.unwrap().get_property("DesktopId").unwrap();
    assert_eq!(id.len(), DESKTOP_ID_MAX);
    // Connections that say nothing, more than the bus takes.
    let mut silent: Vec<UnixStream> = Vec::new();
    for _ in 0..400 {
        let Ok(mut stream) = door.connect() else {
            break;
        };
        let _ = stream.write_all(b"\0");
        silent.push(stream);
    }
    assert!(silent.len() > 64);
    drop(silent);
    let (tell, told) = channel();
    thread::spawn(move || tell.send(percentage(&door)));
    let answer = told.recv_timeout(SOON).expect("an answer in time");
    assert_eq!(answer.unwrap(), 41.5);
    let grown = memory().saturating_sub(before);
    assert!(grown < 128 << 20, "{grown} bytes more");
}

#[test]
fn that_the_bus_ended_is_told_and_that_we_went_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let Some((bus, door)) = bus(dir.path()) else {
        return;
    };
    let user = nix::unistd::geteuid().as_raw();
    let (tell, ended) = channel();
    let ours = tell.clone();
    let gone = serve_as(user, &door, &told(), move || ours.send("ours").unwrap()).unwrap();
    drop(gone);
    let theirs = serve_as(user, &door, &told(), move || tell.send("theirs").unwrap());
    let _services = theirs.unwrap();
    drop(bus);
    assert_eq!(ended.recv_timeout(SOON), Ok("theirs"));
    assert!(ended.try_recv().is_err());
}
