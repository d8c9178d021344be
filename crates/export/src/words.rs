//! What stands in names and lists and does not fit: values that differ from those of nearly all others, and
//! words in transcripts that say who somebody is.
//!
//! Nothing here understands language. Names and places are found by the words before them ("my name is",
//! "weather in") and by the shape of addresses, in English and German: what is found is worth a look, what
//! is not found may be there all the same.

use std::collections::{BTreeMap, BTreeSet};

use report::{OddWord, WordKind};

use crate::Gathered;
use crate::layouts::{Field, last};

/// A value is usual that so large a share has, and odd where at most so many others have it.
const USUAL: f64 = 0.8;
const ODD: f64 = 0.1;
/// Fewer values are too few to say what is usual.
const LEAST: usize = 5;
/// Rows that are kept.
const MOST: usize = 1_000;
/// Longest name or place, words.
const NAME_WORDS: usize = 3;

/// One value at one place.
struct Value {
    kind: WordKind,
    value: String,
    path: String,
}

/// All that does not fit.
pub(crate) fn odd_words(gathered: &Gathered) -> Vec<OddWord> {
    let mut values = Vec::new();
    for said in &gathered.sidecars.said {
        let kind = match said.field {
            Field::Account => WordKind::Account,
            Field::Device => WordKind::Device,
            Field::Language => WordKind::Language,
            Field::Zone => WordKind::Zone,
            Field::Speaker | Field::Transcript | Field::Time => continue,
        };
        let (list, line) = &said.at;
        let path = said.of.clone().unwrap_or_else(|| format!("{list}:{line}"));
        values.push(Value {
            kind,
            value: said.value.clone(),
            path,
        });
    }
    // Accounts of a chat belong to its people.
    if gathered
        .sidecars
        .said
        .iter()
        .any(|said| said.field == Field::Speaker)
    {
        values.retain(|value| value.kind != WordKind::Account);
    }
    for recording in &gathered.recordings {
        in_name(&recording.path, &mut values);
    }
    let times = gathered
        .sidecars
        .said
        .iter()
        .filter(|said| said.field == Field::Time);
    for said in times {
        let (list, line) = &said.at;
        let path = said.of.clone().unwrap_or_else(|| format!("{list}:{line}"));
        values.extend(zone(&said.value).map(|value| Value {
            kind: WordKind::Zone,
            value,
            path: path.clone(),
        }));
        values.extend(year(&said.value).map(|value| Value {
            kind: WordKind::Date,
            value,
            path,
        }));
    }
    let mut odd = differing(&values);
    for said in &gathered.sidecars.said {
        if said.field == Field::Transcript {
            let (list, line) = &said.at;
            let path = said.of.clone().unwrap_or_else(|| format!("{list}:{line}"));
            in_transcript(&said.value, &path, &mut odd);
        }
    }
    odd.truncate(MOST);
    odd
}

/// Of each kind the values that differ from what nearly all have.
fn differing(values: &[Value]) -> Vec<OddWord> {
    let mut counts: BTreeMap<WordKind, BTreeMap<&str, usize>> = BTreeMap::new();
    for value in values {
        *counts
            .entry(value.kind)
            .or_default()
            .entry(&value.value)
            .or_default() += 1;
    }
    let mut usual: BTreeMap<WordKind, (&str, BTreeSet<&str>)> = BTreeMap::new();
    for (kind, counts) in &counts {
        let all: usize = counts.values().sum();
        let Some((value, most)) = counts.iter().max_by_key(|(_, n)| **n) else {
            continue;
        };
        // Recordings of many years are usual; only what lies far from all others is not.
        let least = if *kind == WordKind::Date { 0.5 } else { USUAL };
        if all < LEAST || (*most as f64) < least * all as f64 {
            continue;
        }
        let rare = counts.iter().filter(|(of, n)| {
            let near = *kind == WordKind::Date && apart(of, value) < 2;
            *of != value && !near && **n as f64 <= (ODD * all as f64).max(1.0)
        });
        usual.insert(*kind, (value, rare.map(|(of, _)| *of).collect()));
    }
    let each = values.iter().filter_map(|value| {
        let (most, rare) = usual.get(&value.kind)?;
        rare.contains(value.value.as_str()).then(|| OddWord {
            path: value.path.clone(),
            kind: value.kind,
            value: value.value.clone(),
            usual: Some((*most).to_owned()),
        })
    });
    each.collect()
}

fn apart(one: &str, other: &str) -> u32 {
    let year = |of: &str| of.parse::<i32>().unwrap_or_default();
    year(one).abs_diff(year(other))
}

/// Years, languages and ids in the name of a recording.
fn in_name(path: &str, values: &mut Vec<Value>) {
    let mut add = |kind, value: String| {
        values.push(Value {
            kind,
            value,
            path: path.to_owned(),
        });
    };
    if let Some(year) = year(last(path)) {
        add(WordKind::Date, year);
    }
    for part in path.split(['/', '_', ' ', '(', ')', '=']) {
        let bytes = part.as_bytes();
        // As de-DE, behind or before other things.
        let locale = match bytes {
            [a, b, b'-', c, d, rest @ ..] => {
                let small = a.is_ascii_lowercase() && b.is_ascii_lowercase();
                let ends = rest
                    .first()
                    .is_none_or(|next| !next.is_ascii_alphanumeric());
                small && c.is_ascii_uppercase() && d.is_ascii_uppercase() && ends
            }
            _ => false,
        };
        if locale {
            add(WordKind::Language, part[..5].to_owned());
        }
        for word in part.split(['-', '.']) {
            let capitals = word
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
            let letters = word.bytes().filter(u8::is_ascii_uppercase).count();
            let digits = word.bytes().filter(u8::is_ascii_digit).count();
            if capitals && letters >= 2 && digits >= 2 && (10..=32).contains(&word.len()) {
                // Serial numbers of Echo devices have 16 characters and begin with G (or a digit).
                match word.len() == 16 && word.starts_with('G') {
                    true => add(WordKind::Device, word.to_owned()),
                    false => add(WordKind::Account, word.to_owned()),
                }
            }
        }
    }
}

/// The first year of a text: four digits that no other digit stands beside, or the front of a date.
fn year(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    (0..bytes.len().saturating_sub(3)).find_map(|at| {
        let alone = at == 0 || !digit(at - 1);
        let run = (at..bytes.len()).take_while(|i| digit(*i)).count();
        let year = text
            .get(at..at + 4)
            .filter(|_| alone && (run == 4 || run == 8 || run == 14))?;
        let number: u32 = year.parse().ok()?;
        (1995..=2099).contains(&number).then(|| year.to_owned())
    })
}

/// The offset at the end of a time: `Z`, `+02:00`, or a name in capitals.
fn zone(time: &str) -> Option<String> {
    let time = time.trim();
    let behind = time.get(10..)?;
    if behind.ends_with('Z') {
        return Some("UTC".to_owned());
    }
    let sign = behind.rfind(['+', '-'])?;
    let offset = &behind[sign..];
    let digits = offset.bytes().filter(u8::is_ascii_digit).count();
    let fits = offset[1..].bytes().all(|b| b.is_ascii_digit() || b == b':');
    (fits && (digits == 4 || digits == 2)).then(|| offset.to_owned())
}

/// Words before a name or a place, and what follows them.
const BEFORE: &[(&str, WordKind)] = &[
    ("my name is", WordKind::Name),
    ("i am called", WordKind::Name),
    ("call", WordKind::Name),
    ("message to", WordKind::Name),
    ("ich heiße", WordKind::Name),
    ("mein name ist", WordKind::Name),
    ("rufe", WordKind::Name),
    ("ruf", WordKind::Name),
    ("nachricht an", WordKind::Name),
    ("weather in", WordKind::Place),
    ("navigate to", WordKind::Place),
    ("directions to", WordKind::Place),
    ("i live in", WordKind::Place),
    ("wetter in", WordKind::Place),
    ("navigiere nach", WordKind::Place),
    ("ich wohne in", WordKind::Place),
    ("wie wird das wetter in", WordKind::Place),
];
/// Words that follow those and are no name.
const NO_NAME: &[&str] = &[
    "a", "an", "the", "my", "me", "for", "on", "off", "der", "die", "das", "den", "dem", "mein",
    "meine", "meinen", "mich", "an", "bitte", "please", "today", "tomorrow", "heute", "morgen",
    "it", "him", "her",
];
/// How streets end.
const STREETS: &[&str] = &[
    "straße", "strasse", "str.", "gasse", "allee", "platz", "weg", "street", "avenue", "road",
    "lane", "drive",
];

fn in_transcript(text: &str, path: &str, odd: &mut Vec<OddWord>) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let plain = |word: &str| {
        word.trim_matches(|c: char| !c.is_alphanumeric() && c != '.')
            .trim_end_matches('.')
            .to_lowercase()
    };
    let lower: Vec<String> = words.iter().map(|word| plain(word)).collect();
    let mut found: BTreeSet<(WordKind, String)> = BTreeSet::new();
    for (trigger, kind) in BEFORE {
        let parts: Vec<&str> = trigger.split(' ').collect();
        for at in 0..lower.len().saturating_sub(parts.len()) {
            if lower[at..at + parts.len()].iter().ne(parts.iter()) {
                continue;
            }
            let behind = at + parts.len();
            // With capitals in the transcript a name is what has them; without, one word is taken.
            let cased = words
                .iter()
                .any(|w| w.chars().next().is_some_and(char::is_uppercase));
            let length = match cased {
                true => (behind..words.len().min(behind + NAME_WORDS))
                    .take_while(|i| words[*i].chars().next().is_some_and(char::is_uppercase))
                    .count(),
                false => 1,
            };
            let first = &lower[behind];
            if length == 0 || NO_NAME.contains(&first.as_str()) {
                continue;
            }
            let name = words[behind..behind + length].join(" ");
            let name = name.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
            found.insert((*kind, name));
        }
    }
    for (at, word) in lower.iter().enumerate() {
        let street = STREETS
            .iter()
            .any(|end| word.ends_with(end.trim_end_matches('.')));
        let number = |i: usize| {
            lower
                .get(i)
                .is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit()) && w.len() <= 5)
        };
        if street && number(at + 1) {
            found.insert((WordKind::Place, words[at..=at + 1].join(" ")));
        } else if street && at >= 2 && number(at - 2) {
            found.insert((WordKind::Place, words[at - 2..=at].join(" ")));
        }
        if words[at].contains('@') && words[at].contains('.') {
            found.insert((WordKind::Name, words[at].to_owned()));
        }
    }
    odd.extend(
        found
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(kind, value)| OddWord {
                path: path.to_owned(),
                kind,
                value,
                usual: None,
            }),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(WordKind, String)> {
        let mut odd = Vec::new();
        in_transcript(text, "x", &mut odd);
        odd.into_iter()
            .map(|word| (word.kind, word.value))
            .collect()
    }

    #[test]
    fn who_and_where_is_found_by_the_words_before() {
        let name = |of: &str| vec![(WordKind::Name, of.to_owned())];
        let place = |of: &str| vec![(WordKind::Place, of.to_owned())];
        assert_eq!(found("My name is Erika Muster"), name("Erika Muster"));
        assert_eq!(found("alexa call erika"), name("erika"));
        assert_eq!(
            found("Wie ist das Wetter in Bielefeld?"),
            place("Bielefeld")
        );
        assert_eq!(
            found("Ich wohne in der Musterstraße 12"),
            place("Musterstraße 12")
        );
        assert_eq!(
            found("go to 12 Sample Street now"),
            place("12 Sample Street")
        );
        assert_eq!(found("turn the light on"), []);
        assert_eq!(found("call"), []);
    }

    #[test]
    fn years_zones_and_ids_are_read_from_names_and_times() {
        assert_eq!(year("PTT-20210312-WA0001.opus").as_deref(), Some("2021"));
        assert_eq!(year("2019-01-02 x.wav").as_deref(), Some("2019"));
        assert_eq!(year("track 1234567.wav"), None);
        assert_eq!(zone("2021-03-12T10:11:12+02:00").as_deref(), Some("+02:00"));
        assert_eq!(zone("2021-03-12T10:11:12Z").as_deref(), Some("UTC"));
        assert_eq!(zone("2021-03-12"), None);
        let mut values = Vec::new();
        in_name("a/G090LF1234567890_de-DE_AB12CD34EF56.wav", &mut values);
        let kinds: Vec<(WordKind, &str)> = values
            .iter()
            .map(|of| (of.kind, of.value.as_str()))
            .collect();
        assert_eq!(
            kinds,
            [
                (WordKind::Device, "G090LF1234567890"),
                (WordKind::Language, "de-DE"),
                (WordKind::Account, "AB12CD34EF56"),
            ]
        );
    }

    #[test]
    fn what_one_has_and_all_others_have_not_is_odd() {
        let of = |value: &str, path: &str| Value {
            kind: WordKind::Language,
            value: value.to_owned(),
            path: path.to_owned(),
        };
        let mut values: Vec<Value> = (0..20).map(|i| of("de-DE", &format!("{i}"))).collect();
        values.push(of("fr-FR", "other"));
        let odd = differing(&values);
        assert_eq!(odd.len(), 1);
        assert_eq!(
            (odd[0].path.as_str(), odd[0].value.as_str()),
            ("other", "fr-FR")
        );
        assert_eq!(odd[0].usual.as_deref(), Some("de-DE"));
        values.truncate(3);
        assert!(differing(&values).is_empty());
    }
}
