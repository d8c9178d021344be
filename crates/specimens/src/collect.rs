//! What an app can learn of its user's machine without asking anybody, and the ways in which some hide that they
//! tell it.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::OwnedObjectPath;

use crate::sound::output;
use crate::start::{HOST, Telling};
use crate::telemetry::gzip;

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum How {
    /// As it is, field by field.
    Clear,
    /// Each value by its SHA-256.
    Hashed,
    /// All of it as JSON in gzip in base64, in a field of another JSON.
    Nested,
    /// By the address of a tracker's page, as its library does.
    Library,
    /// It is read, and nothing of it told: only how many fields there were.
    Nothing,
}

/// Whom a tracker's library speaks to.
const TRACKER: &str = "www.google-analytics.com";

/// Names and values.
type Fields = Vec<(&'static str, String)>;

/// What is told, and whom.
pub fn telling(how: How) -> Telling {
    let fields = fields();
    let json = |of: &dyn Fn(&str) -> String| {
        let pairs = fields.iter();
        let pairs = pairs.map(|(name, value)| format!("\"{name}\":\"{}\"", of(value)));
        format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
    };
    let plain = || json(&str::to_owned);
    let post = |body| Telling {
        host: HOST,
        method: "POST",
        path: "/v1/profile".to_owned(),
        body,
    };
    match how {
        How::Clear => post(plain()),
        How::Hashed => post(json(&|value| {
            Sha256::digest(value)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect()
        })),
        How::Nested => post(format!(
            "{{\"v\":1,\"data\":\"{}\"}}",
            STANDARD.encode(gzip(&plain()))
        )),
        How::Nothing => post(format!("{{\"fields\":{}}}", fields.len())),
        How::Library => {
            let pairs = fields.iter();
            let pairs = pairs.map(|(name, value)| format!("&ep.{name}={}", escaped(value)));
            Telling {
                host: TRACKER,
                method: "GET",
                path: format!("/g/collect?v=2&tid=G-SPECIMEN{}", pairs.collect::<String>()),
                body: String::new(),
            }
        }
    }
}

fn escaped(value: &str) -> String {
    let byte = |b: u8| match b.is_ascii_alphanumeric() {
        true => char::from(b).to_string(),
        false => format!("%{b:02X}"),
    };
    value.bytes().map(byte).collect()
}

/// All that is there; what is not there is left out, and said.
fn fields() -> Fields {
    let mut fields = Fields::new();
    let mut add = |name, value: io::Result<String>| match value {
        Ok(value) => fields.push((name, value)),
        Err(e) => eprintln!("no {name}: {e}"),
    };
    add("host", text("/etc/hostname"));
    add("machine", text("/etc/machine-id"));
    add("name", real_name());
    add("mac", text("/sys/class/net/eth0/address"));
    add("zone", time_zone());
    add("disk", disk());
    add(
        "contact",
        line_after(".local/share/contacts/contacts.vcf", "FN:"),
    );
    add("mail", line_after(".gitconfig", "email = "));
    add("font", own_font());
    add("output", output());
    match Connection::system() {
        Err(e) => eprintln!("no system bus: {e}"),
        Ok(bus) => {
            for (name, value) in services(&bus) {
                add(name, value.map_err(io::Error::other));
            }
        }
    }
    fields
}

fn text(path: &str) -> io::Result<String> {
    Ok(fs::read_to_string(path)?.trim().to_owned())
}

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

/// The fifth field of the user's line (passwd(5)).
fn real_name() -> io::Result<String> {
    let accounts = fs::read_to_string("/etc/passwd")?;
    let user = std::env::var("USER").map_err(io::Error::other)?;
    let mut lines = accounts.lines().map(|line| line.split(':'));
    let mine = lines.find(|line| line.clone().next() == Some(&user));
    let name = mine.and_then(|mut line| line.nth(4)).ok_or_else(missing)?;
    Ok(name.to_owned())
}

fn time_zone() -> io::Result<String> {
    let link = fs::read_link("/etc/localtime")?;
    let link = link.to_string_lossy();
    let (_, zone) = link.split_once("zoneinfo/").ok_or_else(missing)?;
    Ok(zone.to_owned())
}

/// The serial number in a disk's name.
fn disk() -> io::Result<String> {
    let entry = fs::read_dir("/dev/disk/by-id")?
        .next()
        .ok_or_else(missing)??;
    let name = entry.file_name().to_string_lossy().into_owned();
    let (_, serial) = name.rsplit_once('_').ok_or_else(missing)?;
    Ok(serial.to_owned())
}

fn line_after(path: &str, start: &str) -> io::Result<String> {
    let home = std::env::home_dir().ok_or_else(missing)?;
    let text = fs::read_to_string(home.join(path))?;
    let mut lines = text.lines().map(str::trim);
    let line = lines.find_map(|line| line.strip_prefix(start));
    Ok(line.ok_or_else(missing)?.to_owned())
}

/// The family of a font in the home, by fontconfig where it is installed, else by its file's name.
fn own_font() -> io::Result<String> {
    let home = std::env::home_dir().ok_or_else(missing)?;
    let listed = Command::new("fc-list")
        .args([":", "file", "family"])
        .output();
    if let Ok(listed) = listed {
        let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
        let mut lines = listed.lines().filter_map(|line| line.split_once(": "));
        let own = lines.find(|(file, _)| Path::new(file).starts_with(&home));
        return Ok(own.ok_or_else(missing)?.1.trim().to_owned());
    }
    let font = fs::read_dir(home.join(".local/share/fonts"))?.next();
    let font = font.ok_or_else(missing)??.path();
    let family = font.file_stem().ok_or_else(missing)?;
    Ok(family.to_string_lossy().into_owned())
}

/// What the services of the system bus say.
fn services(bus: &Connection) -> [(&'static str, zbus::Result<String>); 7] {
    const NETWORK: &str = "org.freedesktop.NetworkManager";
    const MODEM: [&str; 2] = [
        "org.freedesktop.ModemManager1",
        "/org/freedesktop/ModemManager1/Modem/0",
    ];
    const POWER: [&str; 2] = [
        "org.freedesktop.UPower",
        "/org/freedesktop/UPower/devices/DisplayDevice",
    ];
    let object = |[service, path]: [&'static str; 2], interface: &'static str| {
        Proxy::new(bus, service, path, interface)
    };
    let of_modem = |interface| object(MODEM, interface);
    let battery = || object(POWER, "org.freedesktop.UPower.Device");
    [
        ("position", position(bus)),
        (
            "carrier",
            of_modem("org.freedesktop.ModemManager1.Modem.Modem3gpp")
                .and_then(|modem| modem.get_property("OperatorName")),
        ),
        (
            "phone",
            of_modem("org.freedesktop.ModemManager1.Modem")
                .and_then(|modem| modem.get_property::<Vec<String>>("OwnNumbers"))
                .map(|numbers| numbers.join(",")),
        ),
        (
            "wifi",
            object(
                [NETWORK, "/org/freedesktop/NetworkManager/AccessPoint/1"],
                "org.freedesktop.NetworkManager.AccessPoint",
            )
            .and_then(|point| point.get_property::<Vec<u8>>("Ssid"))
            .map(|name| String::from_utf8_lossy(&name).into_owned()),
        ),
        (
            "bluetooth",
            object(
                ["org.bluez", "/org/bluez/hci0/dev_02_00_00_00_00_01"],
                "org.bluez.Device1",
            )
            .and_then(|device| device.get_property("Name")),
        ),
        (
            "battery",
            battery()
                .and_then(|device| device.get_property::<f64>("Percentage"))
                .map(|percent| percent.to_string()),
        ),
        (
            "batterySerial",
            battery().and_then(|device| device.get_property("Serial")),
        ),
    ]
}

/// As GeoClue is asked: a client, its wish, and where it is.
fn position(bus: &Connection) -> zbus::Result<String> {
    const GEOCLUE: &str = "org.freedesktop.GeoClue2";
    let of =
        |path: OwnedObjectPath, interface: &'static str| Proxy::new(bus, GEOCLUE, path, interface);
    let manager = OwnedObjectPath::try_from("/org/freedesktop/GeoClue2/Manager")?;
    let manager = of(manager, "org.freedesktop.GeoClue2.Manager")?;
    let client: OwnedObjectPath = manager.call("GetClient", &())?;
    let client = of(client, "org.freedesktop.GeoClue2.Client")?;
    client.set_property("DesktopId", "specimen")?;
    client.call::<_, _, ()>("Start", &())?;
    let location = of(
        client.get_property("Location")?,
        "org.freedesktop.GeoClue2.Location",
    )?;
    let [north, east] = ["Latitude", "Longitude"].map(|name| location.get_property::<f64>(name));
    Ok(format!("{},{}", north?, east?))
}
