//! Identifiers that are made up for a session and given to the app's side: what is found of them in what left was
//! read from the machine, and means nobody.

use std::fs;
use std::io;
use std::path::Path;

use record::Identifier;
use stage::sound::OUTPUT;
use stage::system_bus::Told;
use stage::{Identity, ZONES};

use crate::font::font;

/// Letters of made-up names: pairs of them can be said, which some programs ask of a name.
const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aeio";

/// Syllables of a name that stands alone: 14 letters, of which chance is no explanation.
const SYLLABLES: usize = 7;

/// Time zones that few people live in.
const TIME_ZONES: [&str; 8] = [
    "America/St_Johns",
    "Asia/Kabul",
    "Asia/Kathmandu",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Indian/Cocos",
    "Pacific/Chatham",
    "Pacific/Marquesas",
];

/// A country's code that no country has (ITU-T E.164 keeps it).
const NO_COUNTRY: &str = "+999";

type Drawn<T> = Result<T, getrandom::Error>;

/// Draws them.
pub fn plant() -> Drawn<Vec<(Identifier, String)>> {
    let mac: [u8; 5] = bytes()?;
    let mac: String = mac.iter().map(|byte| format!(":{byte:02x}")).collect();
    let name = |syllables| -> Drawn<String> {
        let [first, last] = [word(syllables)?, word(syllables)?].map(capital);
        Ok(format!("{first} {last}"))
    };
    let position = || -> Drawn<String> {
        let [north, east]: [u8; 2] = bytes()?;
        let (north, east) = (10 + north % 50, 10 + east % 80);
        Ok(format!("{north}.{},{east}.{}", digits(12)?, digits(12)?))
    };
    let [charge]: [u8; 1] = bytes()?;
    let mut planted = vec![
        (Identifier::HostName, format!("pc-{}", word(10)?)),
        (Identifier::MachineId, hex::encode(bytes::<16>()?)),
        (Identifier::RealName, name(4)?),
        // Locally administered, and of one interface (IEEE 802).
        (Identifier::Mac, format!("02{mac}")),
        (Identifier::Position, position()?),
        (Identifier::Carrier, capital(word(SYLLABLES)?)),
        (Identifier::Phone, format!("{NO_COUNTRY}{}", digits(11)?)),
        (Identifier::WifiName, word(SYLLABLES)?),
        (
            Identifier::BluetoothDevice,
            format!("{} Headset", capital(word(SYLLABLES)?)),
        ),
        (
            Identifier::AudioDevice,
            format!("{}-{OUTPUT}", capital(word(SYLLABLES)?)),
        ),
        (
            Identifier::Battery,
            format!("{}.{}", 20 + charge % 70, digits(2)?),
        ),
        (Identifier::BatterySerial, digits(14)?),
        (Identifier::DiskSerial, word(SYLLABLES)?.to_uppercase()),
        (Identifier::Contact, name(5)?),
        (
            Identifier::Email,
            format!("{}@example.org", word(SYLLABLES)?),
        ),
        (Identifier::Font, capital(word(SYLLABLES)?)),
    ];
    let [zone]: [u8; 1] = bytes()?;
    let zone = TIME_ZONES[usize::from(zone) % TIME_ZONES.len()];
    // Without its table a program would say that it is in none.
    if Path::new(ZONES).join(zone).is_file() {
        planted.push((Identifier::TimeZone, zone.to_owned()));
    }
    Ok(planted)
}

fn bytes<const N: usize>() -> Drawn<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

/// A word of so many syllables, 6 bits each.
fn word(syllables: usize) -> Drawn<String> {
    let mut bytes = vec![0; syllables];
    getrandom::fill(&mut bytes)?;
    let syllable = |byte: u8| {
        let (consonant, vowel) = (byte & 15, byte >> 4 & 3);
        [
            CONSONANTS[usize::from(consonant)],
            VOWELS[usize::from(vowel)],
        ]
        .map(char::from)
    };
    Ok(bytes.into_iter().flat_map(syllable).collect())
}

/// So many decimal digits, none like the one before it and the last no zero, so that no program writes fewer.
fn digits(n: usize) -> Drawn<String> {
    let mut bytes = vec![0; n];
    getrandom::fill(&mut bytes)?;
    let mut last = 0;
    let digit = |byte: u8| {
        let others: Vec<u8> = (1..10).filter(|digit| *digit != last).collect();
        last = others[usize::from(byte) % others.len()];
        char::from(b'0' + last)
    };
    Ok(bytes.into_iter().map(digit).collect())
}

fn capital(word: String) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// The value that was planted as this.
fn value(planted: &[(Identifier, String)], what: Identifier) -> Option<&str> {
    let found = planted.iter().find(|(is, _)| *is == what);
    found.map(|(_, value)| value.as_str())
}

/// Whose machine the app's side seems to be.
pub(crate) fn identity(planted: &[(Identifier, String)]) -> Identity {
    let of = |what| value(planted, what).map(str::to_owned);
    let usual = Identity::default();
    Identity {
        host_name: of(Identifier::HostName).unwrap_or(usual.host_name),
        machine_id: of(Identifier::MachineId).unwrap_or(usual.machine_id),
        real_name: of(Identifier::RealName).unwrap_or(usual.real_name),
        time_zone: of(Identifier::TimeZone),
        mac: of(Identifier::Mac),
        disk_serial: of(Identifier::DiskSerial),
    }
}

/// The address of its network interface.
pub(crate) fn mac(planted: &[(Identifier, String)]) -> Option<&str> {
    value(planted, Identifier::Mac)
}

/// What the sound server calls its output.
pub(crate) fn output(planted: &[(Identifier, String)]) -> &str {
    value(planted, Identifier::AudioDevice).unwrap_or(OUTPUT)
}

/// What the services of the system bus tell; nothing where not all of it was planted.
pub(crate) fn told(planted: &[(Identifier, String)]) -> Option<Told> {
    let of = |what| value(planted, what).map(str::to_owned);
    let (north, east) = value(planted, Identifier::Position)?.split_once(',')?;
    Some(Told {
        position: (north.parse().ok()?, east.parse().ok()?),
        carrier: of(Identifier::Carrier)?,
        phone: of(Identifier::Phone)?,
        wifi_name: of(Identifier::WifiName)?,
        bluetooth_device: of(Identifier::BluetoothDevice)?,
        battery: of(Identifier::Battery)?.parse().ok()?,
        battery_serial: of(Identifier::BatterySerial)?,
    })
}

/// Puts into the home what a person has there: an address book, their name for other programs, a font.
pub(crate) fn furnish(home: &Path, planted: &[(Identifier, String)]) -> io::Result<()> {
    let write = |path: &str, bytes: &[u8]| {
        let path = home.join(path);
        fs::create_dir_all(path.parent().unwrap_or(home))?;
        fs::write(path, bytes)
    };
    if let Some(name) = value(planted, Identifier::Contact) {
        let (first, last) = name.split_once(' ').unwrap_or((name, ""));
        let card = format!(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:{name}\r\nN:{last};{first};;;\r\nEND:VCARD\r\n"
        );
        write(".local/share/contacts/contacts.vcf", card.as_bytes())?;
    }
    if let Some(email) = value(planted, Identifier::Email) {
        let name = value(planted, Identifier::RealName).unwrap_or("user");
        let text = format!("[user]\n\tname = {name}\n\temail = {email}\n");
        write(".gitconfig", text.as_bytes())?;
    }
    if let Some(family) = value(planted, Identifier::Font) {
        write(&format!(".local/share/fonts/{family}.ttf"), &font(family))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_sessions_have_the_same() {
        let [one, other] = [plant().unwrap(), plant().unwrap()];
        for ((what, a), (_, b)) in one.iter().zip(&other) {
            // Of these there are few.
            if !matches!(what, Identifier::TimeZone | Identifier::Battery) {
                assert_ne!(a, b, "{what:?}");
            }
        }
        let of = |what| value(&one, what).unwrap();
        let host = of(Identifier::HostName);
        assert!(host.len() <= 64 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        assert_eq!(of(Identifier::MachineId).len(), 32);
        assert_eq!(of(Identifier::Mac).len(), 17);
        assert!(
            of(Identifier::Phone).len() <= 16,
            "E.164 has fifteen digits"
        );
    }

    /// A program that reads a number and writes it again writes the same digits.
    #[test]
    fn numbers_come_back_as_they_were_planted() {
        for _ in 0..100 {
            let planted = plant().unwrap();
            let told = told(&planted).unwrap();
            let (north, east) = told.position;
            assert_eq!(
                value(&planted, Identifier::Position),
                Some(format!("{north},{east}").as_str())
            );
            assert_eq!(
                value(&planted, Identifier::Battery),
                Some(told.battery.to_string().as_str())
            );
        }
    }

    #[test]
    fn a_home_is_furnished() {
        let dir = tempfile::tempdir().unwrap();
        let planted = plant().unwrap();
        furnish(dir.path(), &planted).unwrap();
        let contact = value(&planted, Identifier::Contact).unwrap();
        let cards = dir.path().join(".local/share/contacts/contacts.vcf");
        let cards = fs::read_to_string(cards).unwrap();
        assert!(cards.contains(&format!("FN:{contact}\r\n")), "{cards}");
    }
}
