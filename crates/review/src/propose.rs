//! Sentences of a policy that may be claims, for a person to look at. Nothing is concluded from them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::measure::Measure;

/// A sentence that speaks of something that is measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Proposal {
    /// Word for word, with single blanks.
    pub sentence: String,
    /// Its language: `en` or `de`, by its words.
    pub language: &'static str,
    /// What it may imply.
    pub perhaps: Vec<Measure>,
}

/// Parts of words in lower case, English then German, and what they speak of.
const WORDS: &[(&[&str], &[Measure])] = &[
    (
        &["microphone", "mute", "mikrofon", "stumm"],
        &[Measure::MuteHolds, Measure::MicrophoneClosed],
    ),
    (&["camera", "kamera"], &[Measure::CameraReleased]),
    (
        &["encrypt", "verschlüssel"],
        &[Measure::EncryptedThroughout, Measure::CallForParticipants],
    ),
    (
        &[
            "third part",
            "third-part",
            "dritte",
            "weitergegeben",
            "weitergeben",
        ],
        &[Measure::NoThirdParties, Measure::NoThirdPartiesInCall],
    ),
    (
        &[
            "advertis",
            "analytics",
            "tracking",
            "werbung",
            "werbe",
            "analyse",
        ],
        &[Measure::NoTrackers],
    ),
    (
        &["monitor", "interfere", "überwach", "mithör", "abhör"],
        &[Measure::MuteHolds, Measure::ServerHearsNothing],
    ),
    (
        &[
            "european union",
            "data centre",
            "data center",
            "europäischen union",
            "rechenzentr",
        ],
        &[Measure::AdequateCountries],
    ),
    (
        &[
            "device id",
            "identifier",
            "anonym",
            "kennung",
            "gerätenummer",
        ],
        &[Measure::NoIdentifiers],
    ),
    (
        &["uninstall", "remove the app", "deinstall"],
        &[Measure::NothingStaysAfterRemoval],
    ),
    (&["attention", "aufmerksam"], &[Measure::NoAttention]),
];

/// Common words by which the two languages are told apart.
const GERMAN: [&str; 10] = [
    " der ", " die ", " das ", " und ", " nicht ", " wir ", " ihre ", " werden ", " eine ", " mit ",
];
const ENGLISH: [&str; 10] = [
    " the ", " and ", " we ", " your ", " not ", " is ", " of ", " to ", " with ", " are ",
];

/// Sentences that are looked at, at most.
const SENTENCES_MAX: usize = 100_000;

/// Longest sentence that is proposed, characters: a longer one is a table, or no sentence.
const SENTENCE_MAX: usize = 1_000;

/// All sentences of a text that speak of something that is measured, in its order, each once.
pub fn propose(text: &str) -> Vec<Proposal> {
    let mut proposals: Vec<Proposal> = Vec::new();
    for sentence in sentences(text).into_iter().take(SENTENCES_MAX) {
        let lower = sentence.to_lowercase();
        let speaks = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let mut perhaps: Vec<Measure> = Vec::new();
        for (words, measures) in WORDS {
            if speaks(words) {
                perhaps.extend(measures.iter());
            }
        }
        perhaps.sort();
        perhaps.dedup();
        let known = proposals.iter().any(|other| other.sentence == sentence);
        if perhaps.is_empty() || known || sentence.chars().count() > SENTENCE_MAX {
            continue;
        }
        let padded = format!(" {lower} ");
        let count = |words: &[&str]| words.iter().filter(|word| padded.contains(**word)).count();
        proposals.push(Proposal {
            language: match count(&GERMAN) > count(&ENGLISH) {
                true => "de",
                false => "en",
            },
            sentence,
            perhaps,
        });
    }
    proposals
}

/// A text's sentences, with single blanks. A full stop behind a digit or a single letter ends none.
fn sentences(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for paragraph in text.split("\n\n") {
        let words: Vec<&str> = paragraph.split_whitespace().collect();
        let mut begun: Vec<&str> = Vec::new();
        for (k, word) in words.iter().enumerate() {
            begun.push(word);
            let bare = word.trim_end_matches(['"', '”', '“', '»', '«', ')', '\'']);
            let stop = bare.ends_with(['.', '!', '?', ';']);
            let body = bare.trim_end_matches(['.', '!', '?', ';']);
            let short = body.chars().count() <= 1 || body.ends_with(|c: char| c.is_ascii_digit());
            let next = words.get(k + 1).and_then(|next| next.chars().next());
            let begins = next.is_none_or(|c| !c.is_lowercase());
            if stop && begins && !(bare.ends_with('.') && short) {
                found.push(std::mem::take(&mut begun).join(" "));
            }
        }
        if !begun.is_empty() {
            found.push(begun.join(" "));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_that_speak_of_what_is_measured_are_proposed() {
        let text = "Welcome. We neither monitor nor interfere with\nyour meeting traffic or content. \
                    Call us at 030.\n\nWährend Sie stumm sind, ist das Mikrofon aus. Wir geben nichts an Dritte weiter!";
        let found = propose(text);
        let sentences: Vec<&str> = found.iter().map(|p| &p.sentence[..]).collect();
        assert_eq!(
            sentences,
            [
                "We neither monitor nor interfere with your meeting traffic or content.",
                "Während Sie stumm sind, ist das Mikrofon aus.",
                "Wir geben nichts an Dritte weiter!",
            ]
        );
        let languages: Vec<&str> = found.iter().map(|p| p.language).collect();
        assert_eq!(languages, ["en", "de", "de"]);
        assert!(found[1].perhaps.contains(&Measure::MicrophoneClosed));
        assert!(found[2].perhaps.contains(&Measure::NoThirdParties));
    }

    #[test]
    fn a_sentence_is_proposed_once_and_a_table_never() {
        let text = format!(
            "The microphone is off. The microphone is off. {}",
            "microphone ".repeat(500)
        );
        assert_eq!(propose(&text).len(), 1);
        assert_eq!(propose(""), []);
    }

    proptest::proptest! {
        #[test]
        fn any_text_can_be_read(text in "\\PC{0,300}") {
            for proposal in propose(&text) {
                proptest::prop_assert!(!proposal.perhaps.is_empty());
            }
        }
    }
}
