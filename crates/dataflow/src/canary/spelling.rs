//! How else a value may be spelled before it is hashed or written.
//!
//! Where values are hashed to be compared, both sides have to spell alike, and those who ask for hashes say
//! how: an e-mail address without outer spaces and in lower case, a telephone number with its country's code,
//! with `+` (Google: "Prepare user data", display-video/api/guides/tasks/upload-customer-match-audience; "Manage
//! online click conversions", google-ads/api/docs/conversions/upload-online, which takes the dots out of Gmail's
//! addresses too) or in digits alone (Meta: "Customer Information Parameters",
//! marketing-api/conversions-api/parameters), names word by word in lower case (Meta, `fn` and `ln`), an
//! address without what follows its plus sign (TikTok: "List of supported IDs and formats for a customer file").

use super::kind::{Canary, CanaryKind};

/// A way to spell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spelling {
    /// As it was planted.
    Given,
    /// In lower case.
    Lower,
    /// In upper case.
    Upper,
    /// An e-mail address without what follows the plus sign.
    WithoutTag,
    /// A Gmail address without dots.
    WithoutDots,
    /// A telephone number with `+` (E.164).
    E164,
    /// A telephone number in digits alone.
    Digits,
    /// A telephone number with `00`.
    DoubleZero,
    /// One word of several.
    Word,
    /// A host's name without its domain.
    Short,
    /// Hexadecimal digits with a colon after each second.
    Colons,
    /// Hexadecimal digits with a hyphen after each second, or as in a UUID (RFC 9562, section 4).
    Hyphens,
    /// Hexadecimal digits with a dot after each fourth.
    Dots,
    /// Hexadecimal digits alone.
    Bare,
    /// The bytes that the hexadecimal digits mean.
    Bytes,
    /// The number that the hexadecimal digits mean, in decimal digits.
    Number,
    /// A locale without its character set.
    WithoutCharset,
    /// A locale as a language tag (RFC 5646).
    LanguageTag,
    /// The latitude or the longitude, at so many digits behind the point as were given.
    Coordinate,
    /// The same, cut or rounded to four or five digits.
    ShortCoordinate,
    /// Width or height.
    Side,
    /// A share of one instead of percent.
    Share,
}

impl Spelling {
    /// Its word in reports.
    pub fn id(self) -> &'static str {
        match self {
            Spelling::Given => "given",
            Spelling::Lower => "lower case",
            Spelling::Upper => "upper case",
            Spelling::WithoutTag => "without tag",
            Spelling::WithoutDots => "without dots",
            Spelling::E164 => "e164",
            Spelling::Digits => "digits",
            Spelling::DoubleZero => "00",
            Spelling::Word => "word",
            Spelling::Short => "without domain",
            Spelling::Colons => "colons",
            Spelling::Hyphens => "hyphens",
            Spelling::Dots => "dots",
            Spelling::Bare => "bare",
            Spelling::Bytes => "bytes",
            Spelling::Number => "number",
            Spelling::WithoutCharset => "without charset",
            Spelling::LanguageTag => "language tag",
            Spelling::Coordinate => "coordinate",
            Spelling::ShortCoordinate => "short coordinate",
            Spelling::Side => "side",
            Spelling::Share => "share",
        }
    }
}

/// A value as it is spelled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Spelled {
    Text(String),
    Bytes(Vec<u8>),
}

/// All spellings of a value; the same may come twice, the plainest first.
pub(super) fn spellings(canary: &Canary) -> Vec<(Spelling, Spelled)> {
    let value = canary.value.trim();
    let mut all = Vec::new();
    let mut add = |spelling, text: &str| all.push((spelling, Spelled::Text(text.to_owned())));
    add(Spelling::Given, value);
    add(Spelling::Lower, &value.to_lowercase());
    add(Spelling::Upper, &value.to_uppercase());
    match canary.kind {
        CanaryKind::Email => email(&value.to_lowercase(), &mut add),
        CanaryKind::Phone => phone(value, &mut add),
        CanaryKind::RealName | CanaryKind::Contact => words(value, &mut add),
        CanaryKind::HostName => {
            let short = value.split('.').next().unwrap_or(value);
            cases(Spelling::Short, short, &mut add);
        }
        CanaryKind::Locale => locale(value, &mut add),
        CanaryKind::Position => position(value, &mut add),
        CanaryKind::ScreenSize => value
            .split(|c: char| !c.is_ascii_digit())
            .filter(|side| !side.is_empty())
            .for_each(|side| add(Spelling::Side, side)),
        CanaryKind::Battery => {
            if let Ok(percent) = value.trim_end_matches('%').trim().parse::<f64>() {
                add(Spelling::Share, &(percent / 100.0).to_string());
                add(Spelling::Digits, &percent.to_string());
            }
        }
        CanaryKind::Mac | CanaryKind::MachineId | CanaryKind::AdvertisingId => {
            let digits: String = value.chars().filter(char::is_ascii_hexdigit).collect();
            if let Ok(bytes) = hex::decode(digits) {
                identifier(&bytes, &mut add);
                all.push((Spelling::Bytes, Spelled::Bytes(bytes)));
            }
        }
        _ => {}
    }
    all
}

type Add<'a> = &'a mut dyn FnMut(Spelling, &str);

fn cases(spelling: Spelling, text: &str, add: Add) {
    add(spelling, text);
    add(spelling, &text.to_lowercase());
    add(spelling, &text.to_uppercase());
}

fn email(lower: &str, add: Add) {
    let Some((local, domain)) = lower.rsplit_once('@') else {
        return;
    };
    let untagged = local.split('+').next().unwrap_or(local);
    add(Spelling::WithoutTag, &format!("{untagged}@{domain}"));
    if matches!(domain, "gmail.com" | "googlemail.com") {
        for local in [local, untagged] {
            let local = local.replace('.', "");
            add(Spelling::WithoutDots, &format!("{local}@{domain}"));
        }
    }
}

fn phone(value: &str, add: Add) {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    let digits = match value.starts_with('+') {
        true => &digits,
        false => digits.trim_start_matches('0'),
    };
    add(Spelling::E164, &format!("+{digits}"));
    add(Spelling::Digits, digits);
    add(Spelling::DoubleZero, &format!("00{digits}"));
}

/// Words of three letters and more.
fn words(value: &str, add: Add) {
    let words: Vec<&str> = value.split_whitespace().collect();
    if words.len() < 2 {
        return;
    }
    for word in words.iter().filter(|word| word.chars().count() >= 3) {
        cases(Spelling::Word, word, add);
    }
}

fn locale(value: &str, add: Add) {
    let bare = value.split(['.', '@']).next().unwrap_or(value);
    cases(Spelling::WithoutCharset, bare, add);
    cases(Spelling::LanguageTag, &bare.replace('_', "-"), add);
}

fn position(value: &str, add: Add) {
    for text in value.split([',', ' ', ';']).filter(|text| !text.is_empty()) {
        let Some((whole, behind)) = text.split_once('.') else {
            continue;
        };
        add(Spelling::Coordinate, text);
        for digits in [5, 4] {
            if let (Some(cut), Ok(number)) = (behind.get(..digits), text.parse::<f64>()) {
                add(Spelling::ShortCoordinate, &format!("{whole}.{cut}"));
                add(Spelling::ShortCoordinate, &format!("{number:.digits$}"));
            }
        }
    }
}

/// What hexadecimal digits name: six bytes are an address, sixteen a UUID.
fn identifier(bytes: &[u8], add: Add) {
    let digits = hex::encode(bytes);
    let joined = |n: usize, with: &str| {
        let parts: Vec<&str> = (0..digits.len())
            .step_by(n)
            .map(|at| &digits[at..(at + n).min(digits.len())])
            .collect();
        parts.join(with)
    };
    cases(Spelling::Bare, &digits, add);
    match bytes.len() {
        6 => {
            cases(Spelling::Colons, &joined(2, ":"), add);
            cases(Spelling::Hyphens, &joined(2, "-"), add);
            cases(Spelling::Dots, &joined(4, "."), add);
            let number = bytes.iter().fold(0, |sum, &b| sum << 8 | u64::from(b));
            add(Spelling::Number, &number.to_string());
        }
        16 => {
            let parts = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| &digits[range]);
            cases(Spelling::Hyphens, &parts.join("-"), add);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(kind: CanaryKind, value: &str, spelling: Spelling, spelled: &str) {
        let canary = Canary {
            name: "c".into(),
            kind,
            value: value.into(),
        };
        let all = spellings(&canary);
        let wanted = (spelling, Spelled::Text(spelled.into()));
        assert!(all.contains(&wanted), "{spelled}: {all:?}");
    }

    #[test]
    fn as_those_who_ask_for_hashes_spell() {
        use CanaryKind::*;
        has(
            Email,
            " Jo.B+x@Gmail.com ",
            Spelling::Lower,
            "jo.b+x@gmail.com",
        );
        has(
            Email,
            "Jo.B+x@gmail.com",
            Spelling::WithoutDots,
            "job@gmail.com",
        );
        has(
            Email,
            "a.b+c@example.org",
            Spelling::WithoutTag,
            "a.b@example.org",
        );
        has(Phone, "+49 (30) 1234-567", Spelling::E164, "+49301234567");
        has(Phone, "0049 30 1234567", Spelling::Digits, "49301234567");
        has(RealName, "Ada Example", Spelling::Word, "example");
        has(HostName, "Box-7.example.org", Spelling::Short, "box-7");
        has(Locale, "de_DE.UTF-8", Spelling::LanguageTag, "de-DE");
        has(
            Position,
            "52.520008, 13.404954",
            Spelling::Coordinate,
            "13.404954",
        );
        has(
            Position,
            "52.520008,13.404954",
            Spelling::ShortCoordinate,
            "13.4050",
        );
        has(ScreenSize, "2560x1440", Spelling::Side, "1440");
        has(Battery, "87 %", Spelling::Share, "0.87");
    }

    #[test]
    fn hexadecimal_identifiers() {
        use CanaryKind::*;
        let mac = "02-42-AC-11-0D-0F";
        has(Mac, mac, Spelling::Colons, "02:42:ac:11:0d:0f");
        has(Mac, mac, Spelling::Bare, "0242AC110D0F");
        has(Mac, mac, Spelling::Dots, "0242.ac11.0d0f");
        has(Mac, mac, Spelling::Number, "2485377895695");
        let id = "00112233445566778899aabbccddeeff";
        has(
            MachineId,
            id,
            Spelling::Hyphens,
            "00112233-4455-6677-8899-aabbccddeeff",
        );
        let uuid = "00112233-4455-6677-8899-AABBCCDDEEFF";
        has(AdvertisingId, uuid, Spelling::Bare, id);
    }
}
