//! What buttons of calls are called, in many languages.

use std::collections::BTreeSet;

use crate::text::plain;

/// Language, key, text, source; the file says more of them.
const NAMES: &str = include_str!("../data/names.tsv");

/// What a list of names begins with where a recipe means one.
pub(crate) const MARK: char = '@';

/// The rows of the file.
fn rows() -> impl Iterator<Item = [&'static str; 3]> {
    let lines = NAMES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut fields = line.split('\t');
        Some([fields.next()?, fields.next()?, fields.next()?])
    })
}

/// All names of a key, the short English one first; none where there is no such key.
pub fn known_names(key: &str) -> Vec<&'static str> {
    let mut seen = BTreeSet::new();
    let of_key = rows().filter(|[_, of, _]| *of == key);
    of_key
        .map(|[_, _, name]| name)
        .filter(|name| seen.insert(*name))
        .collect()
}

/// The key of a name as a page writes it: in any case, with a shortcut in brackets behind it, or with none.
pub fn known_key(name: &str) -> Option<&'static str> {
    let loose = loose(name);
    rows()
        .find(|[_, _, known]| self::loose(known) == loose)
        .map(|[_, key, _]| key)
}

/// Without case, and without what stands in brackets behind it.
fn loose(name: &str) -> String {
    let name = plain(name);
    let bracket = name.find(['(', '[']).filter(|at| *at > 0);
    name[..bracket.unwrap_or(name.len())]
        .trim_end()
        .to_lowercase()
}

/// Every key.
pub fn known_keys() -> BTreeSet<&'static str> {
    rows().map(|[_, key, _]| key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mutes_in_one_language_unmutes_in_none() {
        for [one, other] in [["mute", "unmute"], ["off", "on"], ["mute", "join"]] {
            let [one, other] = [one, other].map(|key| {
                let names = known_names(key).into_iter().map(plain);
                names.collect::<BTreeSet<String>>()
            });
            let both: Vec<&String> = one.intersection(&other).collect();
            assert!(both.is_empty(), "{both:?}");
        }
    }

    #[test]
    fn a_page_s_own_way_of_writing_is_known() {
        for (name, key) in [
            ("MUTE", Some("mute")),
            ("unmute (m)", Some("unmute")),
            ("Mute\u{200b} microphone [Ctrl+D]", Some("mute")),
            ("(mute)", None),
            ("Mute everybody", None),
        ] {
            assert_eq!(known_key(name), key, "{name}");
        }
    }

    #[test]
    fn every_row_is_whole_and_every_language_mutes_and_unmutes() {
        let keys = known_keys();
        let lines = NAMES.lines().filter(|line| !line.starts_with('#'));
        for line in lines {
            let fields: Vec<&str> = line.split('\t').collect();
            assert_eq!(fields.len(), 4, "{line}");
            assert_eq!(plain(fields[2]), fields[2], "{line}");
        }
        assert!(
            keys.iter()
                .eq(["join", "mute", "name", "off", "on", "unmute"].iter()),
            "{keys:?}"
        );
        let languages = |key: &str| -> BTreeSet<&str> {
            let of_key = rows().filter(|[_, of, _]| *of == key);
            of_key.map(|[language, ..]| language).collect()
        };
        assert_eq!(languages("mute"), languages("unmute"));
        assert!(languages("mute").len() >= 10);
        assert_eq!(known_names("mute").first(), Some(&"Mute"));
        assert!(known_names("nothing").is_empty());
    }
}
