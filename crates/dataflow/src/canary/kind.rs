//! What a canary is.

/// An identifier that is looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Canary {
    /// What a report calls it. The same canary has the same name in two runs, and another value.
    pub name: String,
    /// What it is, which says how else it may be spelled.
    pub kind: CanaryKind,
    /// As it was planted, UTF-8.
    pub value: String,
}

/// What an identifier identifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CanaryKind {
    /// The machine's name, with or without its domain.
    HostName,
    /// The account's name.
    UserName,
    /// A person's name.
    RealName,
    /// A hardware address of six bytes, in hexadecimal digits.
    Mac,
    /// 16 bytes in hexadecimal digits, with or without hyphens.
    MachineId,
    /// The same, as handed out for advertising.
    AdvertisingId,
    /// A serial number of a disk or a board.
    Serial,
    /// `Europe/Berlin`.
    TimeZone,
    /// `de_DE.UTF-8`.
    Locale,
    /// A city's name.
    City,
    /// Latitude and longitude in degrees, `52.520008,13.404954`.
    Position,
    /// A mobile network's name.
    Carrier,
    /// A wireless network's name.
    WifiName,
    /// The name of a Bluetooth device.
    BluetoothDevice,
    /// The name of a sound device.
    AudioDevice,
    /// Something in the address book.
    Contact,
    /// An e-mail address.
    Email,
    /// A telephone number, with `+` and the country's code.
    Phone,
    /// The battery's charge in percent, `87`.
    Battery,
    /// Width and height in pixels, `2560x1440`.
    ScreenSize,
    /// The name of an installed font.
    Font,
    /// Anything else.
    Other,
}

/// Kinds by the names that a person types.
const NAMES: [(&str, CanaryKind); 22] = [
    ("host-name", CanaryKind::HostName),
    ("user-name", CanaryKind::UserName),
    ("real-name", CanaryKind::RealName),
    ("mac", CanaryKind::Mac),
    ("machine-id", CanaryKind::MachineId),
    ("advertising-id", CanaryKind::AdvertisingId),
    ("serial", CanaryKind::Serial),
    ("time-zone", CanaryKind::TimeZone),
    ("locale", CanaryKind::Locale),
    ("city", CanaryKind::City),
    ("position", CanaryKind::Position),
    ("carrier", CanaryKind::Carrier),
    ("wifi-name", CanaryKind::WifiName),
    ("bluetooth-device", CanaryKind::BluetoothDevice),
    ("audio-device", CanaryKind::AudioDevice),
    ("contact", CanaryKind::Contact),
    ("email", CanaryKind::Email),
    ("phone", CanaryKind::Phone),
    ("battery", CanaryKind::Battery),
    ("screen-size", CanaryKind::ScreenSize),
    ("font", CanaryKind::Font),
    ("other", CanaryKind::Other),
];

impl CanaryKind {
    /// The kind of that name, [`CanaryKind::Other`] where there is none.
    ///
    /// ```
    /// use dataflow::canary::CanaryKind;
    ///
    /// assert_eq!(CanaryKind::named("email"), CanaryKind::Email);
    /// assert_eq!(CanaryKind::named("customer number"), CanaryKind::Other);
    /// ```
    pub fn named(name: &str) -> CanaryKind {
        let found = NAMES.iter().find(|(known, _)| *known == name);
        found.map_or(CanaryKind::Other, |(_, kind)| *kind)
    }

    /// Whether its values come out of a list that everybody has: such a value stands in foreign text too, however
    /// long it is.
    pub fn is_from_a_list(self) -> bool {
        use CanaryKind::*;
        matches!(
            self,
            TimeZone | Locale | City | Carrier | Battery | ScreenSize | Font
        )
    }
}
