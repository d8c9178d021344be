//! What a series of numbers is called, in the reader's language.
//!
//! Names come in English from where the numbers do, and stay so for programs. What an app calls its own fields is left
//! as it is.

use crate::i18n::Words;

/// Whose numbers, as names begin, and the message that says so.
const OF: [(&str, &str); 4] = [
    ("all out ", "series-all-out"),
    ("other flows out ", "series-other-out"),
    ("peer output ", "series-peer"),
    ("microphone ", "series-microphone"),
];

/// What is counted, as names end, and the message that says so.
const WHAT: [(&str, &str); 27] = [
    ("packets", "series-packets"),
    ("bytes", "series-bytes"),
    ("mean size", "series-mean-size"),
    ("size deviation", "series-size-deviation"),
    ("largest size", "series-largest-size"),
    ("commonest size", "series-commonest-size"),
    ("distinct sizes", "series-distinct-sizes"),
    ("distinct payloads", "series-distinct-payloads"),
    ("sizes up to lower quartile", "series-lower-quartile"),
    ("sizes up to median", "series-median"),
    ("sizes up to upper quartile", "series-upper-quartile"),
    ("longest gap", "series-longest-gap"),
    ("mean gap", "series-mean-gap"),
    ("gap deviation", "series-gap-deviation"),
    ("payload entropy", "series-entropy"),
    ("RTP mean size", "series-rtp-mean-size"),
    ("smallest RTP size", "series-rtp-smallest"),
    ("level as G.711", "series-level-g711"),
    ("level as 16-bit samples", "series-level-l16"),
    ("first destination", "series-first-destination"),
    ("last destination", "series-last-destination"),
    ("level", "series-level"),
    ("audible share", "series-audible-share"),
    ("running share", "series-running-share"),
    ("reads", "series-reads"),
    ("frames", "series-frames"),
    ("which frame", "series-which-frame"),
];

/// A series' name as a reader knows it; as it is where it is of an app's own fields.
pub(crate) fn series(words: &Words, name: &str) -> String {
    for (when, id) in [
        ("after mute: ", "series-after-mute"),
        ("after unmute: ", "series-after-unmute"),
    ] {
        if let Some(rest) = name.strip_prefix(when) {
            return words.say(id, &[("series", series(words, rest))]);
        }
    }
    let what = |name: &str| {
        let known = WHAT.iter().find(|(known, _)| *known == name);
        known.map(|(_, id)| words.t(id))
    };
    let of = OF.iter().find_map(|(prefix, id)| {
        let what = what(name.strip_prefix(prefix)?)?;
        Some(words.say(id, &[("what", what)]))
    });
    let of_flow = || {
        let (flow, rest) = name.split_once(" out ")?;
        let args = [("flow", flow.to_owned()), ("what", what(rest)?)];
        Some(words.say("series-flow-out", &args))
    };
    of.or_else(of_flow).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    fn said(lang: Lang, name: &str) -> String {
        series(&Words::new(lang).unwrap(), name)
    }

    #[test]
    fn names_are_said_in_german_and_kept_in_english() {
        for (name, german) in [
            ("all out mean size", "alles Gesendete: mittlere Größe"),
            (
                "udp 10.0.0.1:5 out packets",
                "udp 10.0.0.1:5, gesendet: Pakete",
            ),
            ("peer output level", "Ausgabe der Gegenstelle: Pegel"),
            (
                "after mute: all out bytes",
                "nach dem Stummschalten: alles Gesendete: Bytes",
            ),
        ] {
            assert_eq!(said(Lang::De, name), german);
            assert_eq!(said(Lang::En, name), name);
        }
    }

    /// What an app itself calls a field may hold any word.
    #[test]
    fn an_apps_own_names_are_left_alone() {
        for name in [
            "POST /stats json.levels.mean",
            "all out there",
            "microphone jack",
            "x out y",
        ] {
            assert_eq!(said(Lang::De, name), name);
        }
    }

    #[test]
    fn every_word_is_there_in_either_language() {
        for lang in [Lang::En, Lang::De] {
            let words = Words::new(lang).unwrap();
            for (name, id) in WHAT {
                let said = words.t(id);
                assert!(
                    said != id && (lang == Lang::De || said == name),
                    "{id}: {said}"
                );
            }
        }
    }
}
