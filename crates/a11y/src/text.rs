//! Names as they are compared, and as they are shown.

/// Characters of a name that are shown.
const SHOWN_MAX: usize = 120;

/// Characters that steer a terminal or change the order in which others are shown.
pub fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
        || c == '\u{FEFF}'
}

/// A name for comparing: what is not shown is left out, and every white space is one blank. Toolkits put marks of
/// direction into labels, and line ends where they broke them.
pub fn plain(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for word in name.split_whitespace() {
        let before = out.len();
        if !out.is_empty() {
            out.push(' ');
        }
        let start = out.len();
        out.extend(word.chars().filter(|c| !steers(*c)));
        if out.len() == start {
            out.truncate(before);
        }
    }
    out
}

/// A name for a person: what steers is `?`, and what is longer is cut.
pub fn shown(name: &str) -> String {
    let mut chars = name.chars().map(|c| if steers(c) { '?' } else { c });
    let mut out: String = chars.by_ref().take(SHOWN_MAX).collect();
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn marks_of_direction_and_line_ends_make_no_other_name() {
        assert_eq!(
            plain(" Mute\u{200F}\n micro\u{202E}phone "),
            "Mute microphone"
        );
        assert_eq!(plain("\u{200B} \u{202E}"), "");
    }

    #[test]
    fn a_long_name_is_cut_where_it_is_shown() {
        let long = shown(&"x".repeat(10_000));
        assert_eq!(long.chars().count(), SHOWN_MAX + 1);
        assert!(long.ends_with('…'));
        assert_eq!(shown("\u{1b}]52;c\u{7}\u{202E}x"), "?]52;c??x");
    }

    proptest! {
        #[test]
        fn nothing_shown_steers(name in any::<String>()) {
            prop_assert!(!shown(&name).chars().any(steers));
            prop_assert!(!plain(&name).chars().any(steers));
        }

        #[test]
        fn a_plain_name_is_plain_already(name in any::<String>()) {
            let once = plain(&name);
            prop_assert_eq!(plain(&once), once);
        }
    }
}
