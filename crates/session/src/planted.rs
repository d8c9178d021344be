//! Identifiers that are made up for a session and given to the app's side: what is found of them in what left was
//! read from the machine, and means nobody.

use record::Identifier;
use stage::Identity;

/// Letters of made-up names: pairs of them can be said, which some programs ask of a name.
const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
const VOWELS: &[u8; 4] = b"aeio";

/// Draws them: 60 bits for the machine's name, 48 for the person's, 128 for the machine's number, 40 for the
/// interface's.
pub fn plant() -> Result<Vec<(Identifier, String)>, getrandom::Error> {
    let mut machine = [0; 16];
    getrandom::fill(&mut machine)?;
    let mut mac = [0; 5];
    getrandom::fill(&mut mac)?;
    let machine: String = machine.iter().map(|byte| format!("{byte:02x}")).collect();
    let mac: String = mac.iter().map(|byte| format!(":{byte:02x}")).collect();
    Ok(vec![
        (Identifier::HostName, format!("pc-{}", word(10)?)),
        (Identifier::MachineId, machine),
        (
            Identifier::RealName,
            format!("{} {}", capital(word(4)?), capital(word(4)?)),
        ),
        // Locally administered, and of one interface (IEEE 802).
        (Identifier::Mac, format!("02{mac}")),
    ])
}

/// A word of so many syllables, 6 bits each.
fn word(syllables: usize) -> Result<String, getrandom::Error> {
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

fn capital(word: String) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Whose machine the app's side seems to be.
pub(crate) fn identity(planted: &[(Identifier, String)]) -> Identity {
    let mut identity = Identity::default();
    for (what, value) in planted {
        let place = match what {
            Identifier::HostName => &mut identity.host_name,
            Identifier::MachineId => &mut identity.machine_id,
            Identifier::RealName => &mut identity.real_name,
            Identifier::Mac | Identifier::Unknown => continue,
        };
        place.clone_from(value);
    }
    identity
}

/// The address of its network interface.
pub(crate) fn mac(planted: &[(Identifier, String)]) -> Option<&str> {
    let mac = planted.iter().find(|(what, _)| *what == Identifier::Mac);
    mac.map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_sessions_have_the_same() {
        let [one, other] = [plant().unwrap(), plant().unwrap()];
        for ((what, a), (_, b)) in one.iter().zip(&other) {
            assert_ne!(a, b, "{what:?}");
        }
        let host = &one[0].1;
        assert!(host.len() <= 64 && host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        assert!(one[1].1.len() == 32 && one[3].1.len() == 17, "{one:?}");
    }
}
