//! A system bus for the app's side, with the services that tell programs where they are and what the machine has:
//! GeoClue, ModemManager, NetworkManager, UPower and BlueZ, as far as programs ask them for something that
//! identifies a person. What they tell was drawn for the session.
//!
//! Interfaces, objects and properties are those of the services' own documentation (D-Bus reference of GeoClue 2.7,
//! ModemManager 1.20, NetworkManager 1.42, UPower 1.90, BlueZ 5.66).
#![allow(missing_docs, reason = "zbus writes a trait without any")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use files::Door;
use zbus::blocking::{Connection, MessageIterator, connection};
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{ObjectPath, OwnedObjectPath};

use crate::side::SIDE_UID;

/// The folder of the bus's socket, and its name.
pub const FOLDER: &str = "run/dbus";
/// See [`FOLDER`].
pub const SOCKET: &str = "system_bus_socket";

/// What the services tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Latitude and longitude, degrees.
    pub position: (f64, f64),
    /// The mobile network's name.
    pub carrier: String,
    /// The modem's number.
    pub phone: String,
    /// The wireless network's name.
    pub wifi_name: String,
    /// The name of a paired device.
    pub bluetooth_device: String,
    /// The battery's charge, percent.
    pub battery: f64,
    /// The battery's serial number.
    pub battery_serial: String,
}

const CLIENT: &str = "/org/freedesktop/GeoClue2/Client/1";
const LOCATION: &str = "/org/freedesktop/GeoClue2/Client/1/Location/1";
const MODEMS: &str = "/org/freedesktop/ModemManager1";
const MODEM: &str = "/org/freedesktop/ModemManager1/Modem/0";
const NETWORK: &str = "/org/freedesktop/NetworkManager";
const WIRELESS: &str = "/org/freedesktop/NetworkManager/Devices/1";
const ACCESS_POINT: &str = "/org/freedesktop/NetworkManager/AccessPoint/1";
const ACTIVE: &str = "/org/freedesktop/NetworkManager/ActiveConnection/1";
const POWER: &str = "/org/freedesktop/UPower";
const BATTERY: &str = "/org/freedesktop/UPower/devices/battery_BAT0";
const ALL_BATTERIES: &str = "/org/freedesktop/UPower/devices/DisplayDevice";
const ADAPTER: &str = "/org/bluez/hci0";
const PAIRED: &str = "/org/bluez/hci0/dev_02_00_00_00_00_01";

/// Bytes of a program's name that are kept for it.
const DESKTOP_ID_MAX: usize = 256;

/// Names that are taken on the bus.
const NAMES: [&str; 5] = [
    "org.freedesktop.GeoClue2",
    "org.freedesktop.ModemManager1",
    "org.freedesktop.NetworkManager",
    "org.freedesktop.UPower",
    "org.bluez",
];

/// The services, which go with this.
#[derive(Debug)]
pub struct Services {
    _connection: Connection,
    /// It is we who end them.
    going: Arc<AtomicBool>,
}

impl Drop for Services {
    fn drop(&mut self) {
        self.going.store(true, Ordering::Relaxed);
    }
}

/// Serves all of them on the bus behind `door`. `ended` is called where they end before this goes: the bus may end,
/// or throw us out for what others sent.
pub fn serve(
    door: &Door,
    told: &Told,
    ended: impl FnOnce() + Send + 'static,
) -> Result<Services, String> {
    // We are somebody else in the side's user namespace: its user is what the bus sees.
    serve_as(SIDE_UID, door, told, ended)
}

fn serve_as(
    user: u32,
    door: &Door,
    told: &Told,
    ended: impl FnOnce() + Send + 'static,
) -> Result<Services, String> {
    let failed = |e: zbus::Error| e.to_string();
    let stream = door.connect().map_err(|e| e.to_string())?;
    let builder = connection::Builder::async_io_unix_stream(stream).user_id(user);
    let served = objects(builder, told).map_err(failed)?;
    let connection = served.build().map_err(failed)?;
    let going = Arc::new(AtomicBool::new(false));
    let (messages, ours) = (MessageIterator::from(&connection), going.clone());
    // It ends with the bus, at the latest with the stage.
    thread::spawn(move || {
        // Nothing is kept of them.
        messages.take_while(Result::is_ok).for_each(drop);
        if !ours.load(Ordering::Relaxed) {
            ended();
        }
    });
    Ok(Services {
        _connection: connection,
        going,
    })
}

fn objects<'b>(
    builder: connection::Builder<'b>,
    told: &Told,
) -> zbus::Result<connection::Builder<'b>> {
    let battery = || Battery {
        percent: told.battery,
        serial: told.battery_serial.clone(),
    };
    let mut builder = builder
        .serve_at("/org/freedesktop/GeoClue2/Manager", Whereabouts)?
        .serve_at(CLIENT, Client::default())?
        .serve_at(LOCATION, Location(told.position))?
        .serve_at(MODEMS, zbus::fdo::ObjectManager)?
        .serve_at(MODEM, Modem(told.phone.clone()))?
        .serve_at(MODEM, Carrier(told.carrier.clone()))?
        .serve_at(NETWORK, Network)?
        .serve_at(WIRELESS, Device)?
        .serve_at(WIRELESS, Wireless)?
        .serve_at(ACCESS_POINT, AccessPoint(told.wifi_name.clone()))?
        .serve_at(ACTIVE, ActiveConnection(told.wifi_name.clone()))?
        .serve_at(POWER, Power)?
        .serve_at(BATTERY, battery())?
        .serve_at(ALL_BATTERIES, battery())?
        .serve_at("/", zbus::fdo::ObjectManager)?
        .serve_at(ADAPTER, Adapter)?
        .serve_at(PAIRED, Paired(told.bluetooth_device.clone()))?;
    for name in NAMES {
        builder = builder.name(name)?;
    }
    Ok(builder)
}

fn path(text: &'static str) -> OwnedObjectPath {
    ObjectPath::from_static_str_unchecked(text).into()
}

/// GeoClue's manager.
struct Whereabouts;

#[zbus::interface(name = "org.freedesktop.GeoClue2.Manager")]
impl Whereabouts {
    fn get_client(&self) -> OwnedObjectPath {
        path(CLIENT)
    }

    fn create_client(&self) -> OwnedObjectPath {
        path(CLIENT)
    }

    fn delete_client(&self, _client: OwnedObjectPath) {}

    fn add_agent(&self, _id: String) {}

    #[zbus(property)]
    fn in_use(&self) -> bool {
        true
    }

    /// Exact.
    #[zbus(property)]
    fn available_accuracy_level(&self) -> u32 {
        8
    }
}

/// What a program asks GeoClue by: it sets what it wants, starts, and is told that the location changed.
#[derive(Default)]
struct Client {
    desktop_id: String,
    distance: u32,
    time: u32,
    accuracy: u32,
    active: bool,
}

#[zbus::interface(name = "org.freedesktop.GeoClue2.Client")]
impl Client {
    async fn start(
        &mut self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> zbus::fdo::Result<()> {
        self.active = true;
        let none = ObjectPath::from_static_str_unchecked("/");
        let here = ObjectPath::from_static_str_unchecked(LOCATION);
        Ok(Self::location_updated(&emitter, none, here).await?)
    }

    fn stop(&mut self) {
        self.active = false;
    }

    #[zbus(signal)]
    async fn location_updated(
        emitter: &SignalEmitter<'_>,
        old: ObjectPath<'_>,
        new: ObjectPath<'_>,
    ) -> zbus::Result<()>;

    #[zbus(property)]
    fn location(&self) -> OwnedObjectPath {
        path(match self.active {
            true => LOCATION,
            false => "/",
        })
    }

    #[zbus(property)]
    fn active(&self) -> bool {
        self.active
    }

    #[zbus(property)]
    fn desktop_id(&self) -> String {
        self.desktop_id.clone()
    }

    #[zbus(property)]
    fn set_desktop_id(&mut self, id: String) {
        let kept = id.floor_char_boundary(DESKTOP_ID_MAX);
        self.desktop_id = id[..kept].to_owned();
    }

    #[zbus(property)]
    fn distance_threshold(&self) -> u32 {
        self.distance
    }

    #[zbus(property)]
    fn set_distance_threshold(&mut self, metres: u32) {
        self.distance = metres;
    }

    #[zbus(property)]
    fn time_threshold(&self) -> u32 {
        self.time
    }

    #[zbus(property)]
    fn set_time_threshold(&mut self, seconds: u32) {
        self.time = seconds;
    }

    #[zbus(property)]
    fn requested_accuracy_level(&self) -> u32 {
        self.accuracy
    }

    #[zbus(property)]
    fn set_requested_accuracy_level(&mut self, level: u32) {
        self.accuracy = level;
    }
}

struct Location((f64, f64));

#[zbus::interface(name = "org.freedesktop.GeoClue2.Location")]
impl Location {
    #[zbus(property)]
    fn latitude(&self) -> f64 {
        self.0.0
    }

    #[zbus(property)]
    fn longitude(&self) -> f64 {
        self.0.1
    }

    /// Metres.
    #[zbus(property)]
    fn accuracy(&self) -> f64 {
        20.0
    }

    /// Not known, in GeoClue's way of saying it.
    #[zbus(property)]
    fn altitude(&self) -> f64 {
        f64::MIN
    }

    #[zbus(property)]
    fn speed(&self) -> f64 {
        -1.0
    }

    #[zbus(property)]
    fn heading(&self) -> f64 {
        -1.0
    }

    #[zbus(property)]
    fn description(&self) -> &str {
        ""
    }

    #[zbus(property)]
    fn timestamp(&self) -> (u64, u64) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        (now.map_or(0, |since| since.as_secs()), 0)
    }
}

/// A modem, by its number.
struct Modem(String);

#[zbus::interface(name = "org.freedesktop.ModemManager1.Modem")]
impl Modem {
    #[zbus(property)]
    fn own_numbers(&self) -> Vec<String> {
        vec![self.0.clone()]
    }

    /// Connected.
    #[zbus(property)]
    fn state(&self) -> i32 {
        11
    }

    #[zbus(property)]
    fn model(&self) -> &str {
        "modem"
    }
}

/// The network that the modem is in, by its name.
struct Carrier(String);

#[zbus::interface(name = "org.freedesktop.ModemManager1.Modem.Modem3gpp")]
impl Carrier {
    #[zbus(property)]
    fn operator_name(&self) -> &str {
        &self.0
    }

    /// The code for test networks (ITU-T E.212).
    #[zbus(property)]
    fn operator_code(&self) -> &str {
        "00101"
    }

    /// At home.
    #[zbus(property)]
    fn registration_state(&self) -> u32 {
        1
    }
}

/// NetworkManager: one wireless device, connected.
struct Network;

#[zbus::interface(name = "org.freedesktop.NetworkManager")]
impl Network {
    fn get_devices(&self) -> Vec<OwnedObjectPath> {
        vec![path(WIRELESS)]
    }

    fn get_all_devices(&self) -> Vec<OwnedObjectPath> {
        vec![path(WIRELESS)]
    }

    fn check_connectivity(&self) -> u32 {
        4
    }

    #[zbus(property)]
    fn devices(&self) -> Vec<OwnedObjectPath> {
        vec![path(WIRELESS)]
    }

    #[zbus(property)]
    fn all_devices(&self) -> Vec<OwnedObjectPath> {
        vec![path(WIRELESS)]
    }

    #[zbus(property)]
    fn active_connections(&self) -> Vec<OwnedObjectPath> {
        vec![path(ACTIVE)]
    }

    #[zbus(property)]
    fn primary_connection(&self) -> OwnedObjectPath {
        path(ACTIVE)
    }

    #[zbus(property)]
    fn primary_connection_type(&self) -> &str {
        "802-11-wireless"
    }

    #[zbus(property)]
    fn networking_enabled(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn wireless_enabled(&self) -> bool {
        true
    }

    /// Connected, everywhere.
    #[zbus(property)]
    fn state(&self) -> u32 {
        70
    }

    /// Full.
    #[zbus(property)]
    fn connectivity(&self) -> u32 {
        4
    }

    /// Not metered, as a guess.
    #[zbus(property)]
    fn metered(&self) -> u32 {
        4
    }

    #[zbus(property)]
    fn version(&self) -> &str {
        "1.42.4"
    }
}

struct Device;

#[zbus::interface(name = "org.freedesktop.NetworkManager.Device")]
impl Device {
    #[zbus(property)]
    fn interface(&self) -> &str {
        "wlan0"
    }

    /// Wi-Fi.
    #[zbus(property)]
    fn device_type(&self) -> u32 {
        2
    }

    /// Activated.
    #[zbus(property)]
    fn state(&self) -> u32 {
        100
    }

    #[zbus(property)]
    fn active_connection(&self) -> OwnedObjectPath {
        path(ACTIVE)
    }
}

struct Wireless;

#[zbus::interface(name = "org.freedesktop.NetworkManager.Device.Wireless")]
impl Wireless {
    fn get_access_points(&self) -> Vec<OwnedObjectPath> {
        vec![path(ACCESS_POINT)]
    }

    fn get_all_access_points(&self) -> Vec<OwnedObjectPath> {
        vec![path(ACCESS_POINT)]
    }

    #[zbus(property)]
    fn access_points(&self) -> Vec<OwnedObjectPath> {
        vec![path(ACCESS_POINT)]
    }

    #[zbus(property)]
    fn active_access_point(&self) -> OwnedObjectPath {
        path(ACCESS_POINT)
    }
}

/// By the network's name.
struct AccessPoint(String);

#[zbus::interface(name = "org.freedesktop.NetworkManager.AccessPoint")]
impl AccessPoint {
    #[zbus(property)]
    fn ssid(&self) -> Vec<u8> {
        self.0.clone().into_bytes()
    }

    /// Locally administered: no maker's.
    #[zbus(property)]
    fn hw_address(&self) -> &str {
        "02:00:00:00:00:02"
    }

    #[zbus(property)]
    fn strength(&self) -> u8 {
        80
    }

    /// MHz.
    #[zbus(property)]
    fn frequency(&self) -> u32 {
        2_412
    }
}

/// By the network's name.
struct ActiveConnection(String);

#[zbus::interface(name = "org.freedesktop.NetworkManager.Connection.Active")]
impl ActiveConnection {
    #[zbus(property)]
    fn id(&self) -> &str {
        &self.0
    }

    #[zbus(property, name = "Type")]
    fn kind(&self) -> &str {
        "802-11-wireless"
    }

    #[zbus(property)]
    fn devices(&self) -> Vec<OwnedObjectPath> {
        vec![path(WIRELESS)]
    }

    #[zbus(property)]
    fn specific_object(&self) -> OwnedObjectPath {
        path(ACCESS_POINT)
    }

    /// Activated.
    #[zbus(property)]
    fn state(&self) -> u32 {
        2
    }
}

struct Power;

#[zbus::interface(name = "org.freedesktop.UPower")]
impl Power {
    fn enumerate_devices(&self) -> Vec<OwnedObjectPath> {
        vec![path(BATTERY)]
    }

    fn get_display_device(&self) -> OwnedObjectPath {
        path(ALL_BATTERIES)
    }

    /// It is being charged: on a battery programs do less.
    #[zbus(property)]
    fn on_battery(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn daemon_version(&self) -> &str {
        "1.90.0"
    }
}

struct Battery {
    percent: f64,
    serial: String,
}

#[zbus::interface(name = "org.freedesktop.UPower.Device")]
impl Battery {
    /// A battery.
    #[zbus(property, name = "Type")]
    fn kind(&self) -> u32 {
        2
    }

    #[zbus(property)]
    fn native_path(&self) -> &str {
        "BAT0"
    }

    #[zbus(property)]
    fn percentage(&self) -> f64 {
        self.percent
    }

    #[zbus(property)]
    fn serial(&self) -> &str {
        &self.serial
    }

    /// Charging.
    #[zbus(property)]
    fn state(&self) -> u32 {
        1
    }

    #[zbus(property)]
    fn is_present(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn power_supply(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn time_to_full(&self) -> i64 {
        3_600
    }

    #[zbus(property)]
    fn time_to_empty(&self) -> i64 {
        0
    }
}

struct Adapter;

#[zbus::interface(name = "org.bluez.Adapter1")]
impl Adapter {
    #[zbus(property)]
    fn address(&self) -> &str {
        "02:00:00:00:00:00"
    }

    #[zbus(property)]
    fn powered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn discovering(&self) -> bool {
        false
    }
}

/// By its name.
struct Paired(String);

#[zbus::interface(name = "org.bluez.Device1")]
impl Paired {
    #[zbus(property)]
    fn address(&self) -> &str {
        "02:00:00:00:00:01"
    }

    #[zbus(property)]
    fn name(&self) -> &str {
        &self.0
    }

    #[zbus(property)]
    fn alias(&self) -> &str {
        &self.0
    }

    #[zbus(property)]
    fn paired(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn connected(&self) -> bool {
        false
    }

    #[zbus(property)]
    fn adapter(&self) -> OwnedObjectPath {
        path(ADAPTER)
    }
}

#[cfg(test)]
mod tests;
