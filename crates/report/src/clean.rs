//! Strings that the app or the network chose, made fit to be shown.

/// Longest string that is shown whole, characters.
const SHOWN_MAX: usize = 300;

/// One line without escape sequences, control characters, or characters that turn or hide their
/// neighbours (a name may claim to be anything, but it may not rewrite the report around it).
pub(crate) fn line(text: &str) -> String {
    let mut out = String::new();
    let mut n_shown = 0;
    for c in without_escapes(text) {
        let c = if is_break(c) { ' ' } else { c };
        if c.is_control() || is_invisible(c) || (c == ' ' && (out.is_empty() || out.ends_with(' ')))
        {
            continue;
        }
        if n_shown == SHOWN_MAX {
            out.push('…');
            break;
        }
        out.push(c);
        n_shown += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

/// Several paragraphs, each a clean line; for the maker's statement, which may be long.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            let shown = without_escapes(line).filter(|&c| !c.is_control() && !is_invisible(c));
            shown.collect::<String>().trim().to_owned()
        })
        .filter(|line| !line.is_empty())
        .collect()
}

/// For Markdown: nothing in it is markup or HTML any more.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::new();
    for c in line(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => {
                out.extend(['\\', c]);
            }
            c => out.push(c),
        }
    }
    out
}

fn is_break(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Bidirectional controls, zero-width characters, byte order mark, soft hyphen, tag characters.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}')
}

/// Leaves out whole terminal escape sequences (ECMA-48), so that no `[31m` stays behind.
fn without_escapes(text: &str) -> impl Iterator<Item = char> + '_ {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let kind = match chars.next()? {
                '\u{1b}' => match chars.next() {
                    Some(kind) => kind,
                    None => return None,
                },
                '\u{9b}' => '[',
                c => return Some(c),
            };
            match kind {
                // Control sequence: parameters and intermediates up to a final byte.
                '[' => while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {},
                // Operating system command and its like: up to BEL or the string terminator.
                ']' | 'P' | '^' | '_' | 'X' => {
                    while let Some(c) = chars.next() {
                        if c == '\u{7}' || c == '\u{9c}' {
                            break;
                        }
                        if c == '\u{1b}' {
                            chars.next_if_eq(&'\\');
                            break;
                        }
                    }
                }
                _ => {}
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_controls_and_turns_are_gone() {
        for (input, expected) in [
            ("plain", "plain"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{9b}2Jx", "x"),
            ("\u{1b}]0;title\u{7}shown", "shown"),
            ("\u{1b}]8;;http://x\u{1b}\\link", "link"),
            ("a\r\nb\tc\u{2028}d", "a b c d"),
            ("abc\u{202e}cba\u{200b}\0", "abccba"),
            ("  two   words ", "two words"),
            ("\u{1b}", ""),
        ] {
            assert_eq!(line(input), expected, "{input:?}");
        }
        assert_eq!(line(&"x".repeat(400)).chars().count(), SHOWN_MAX + 1);
    }

    #[test]
    fn markdown_is_only_text() {
        assert_eq!(
            markdown("<b>*x* `y` [z](u)"),
            r"&lt;b&gt;\*x\* \`y\` \[z\](u)"
        );
        assert_eq!(markdown("# x\n# y"), r"\# x \# y");
    }
}
