//! Strings that the app or the network chose, made fit to be shown; and the last look at all that is printed.

use std::fmt::Write;

use serde::Serialize;

use crate::error::RenderError;

/// Longest string that is shown whole, characters.
const SHOWN_MAX: usize = 300;

/// One line without escape sequences, control characters, or characters that turn or hide their
/// neighbours (a name may claim to be anything, but it may not rewrite the report around it).
pub(crate) fn line(text: &str) -> String {
    one_line(text, is_break)
}

fn one_line(text: &str, is_space: fn(char) -> bool) -> String {
    let mut out = String::new();
    let mut n_shown = 0;
    for c in without_escapes(text) {
        let c = if is_space(c) { ' ' } else { c };
        if c.is_control() || (c == ' ' && (out.is_empty() || out.ends_with(' '))) {
            continue;
        }
        if n_shown == SHOWN_MAX {
            out.push('…');
            break;
        }
        push_shown(&mut out, c);
        n_shown += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

/// Several paragraphs, each a clean line; for the maker's statement, which may be long.
pub(crate) fn paragraphs(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| {
            let mut shown = String::new();
            let seen = without_escapes(line).filter(|&c| !c.is_control());
            seen.for_each(|c| push_shown(&mut shown, c));
            shown.trim().to_owned()
        })
        .filter(|line| !line.is_empty())
        .collect()
}

/// For Markdown: nothing in it is markup or HTML any more. It may be prose of ours, with the spaces that we
/// set numbers with: in a letter they are usual ones.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::new();
    for c in one_line(text, |c| is_break(c) || is_ours(c)).chars() {
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

/// What goes into a message: its lines stay, everything that cannot be seen is shown.
pub(crate) fn argument(text: &str) -> String {
    seen(text, |_| false)
}

/// All that is printed, at last: no control character but the ends of lines and tabs, and nothing that cannot
/// be seen but what we set numbers with. Where `colours` are ours, the sequences that set them stay.
pub fn printed(text: &str, colours: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, colour, behind)) = next_colour(rest).filter(|_| colours) {
        out.push_str(&seen(before, is_ours));
        out.push_str(colour);
        rest = behind;
    }
    out.push_str(&seen(rest, is_ours));
    out
}

/// Indented JSON that ends its line and does nothing to a terminal.
pub(crate) fn pretty<T: Serialize>(document: &T) -> Result<String, RenderError> {
    Ok(json(&(serde_json::to_string_pretty(document)? + "\n")))
}

/// The same JSON value, with everything that a terminal could take for a command, or that cannot be seen,
/// written as `\uXXXX`: outside of its strings no such character may stand.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' | '\r' => out.push(c),
            c if c.is_control() || is_blank(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// A JSON document as it is written, with the end of its line.
pub(crate) fn json_line(text: &str) -> Vec<u8> {
    let mut out = json(text).into_bytes();
    out.push(b'\n');
    out
}

/// Without escape sequences and control characters, but for ends of lines and tabs.
fn seen(text: &str, may_stay: fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in without_escapes(text) {
        match c {
            '\n' | '\t' => out.push(c),
            c if c.is_control() => {}
            c if may_stay(c) => out.push(c),
            c => push_shown(&mut out, c),
        }
    }
    out
}

/// Spaces that do not break, wide and thin: numbers and their units are set with them.
fn is_ours(c: char) -> bool {
    matches!(c, '\u{00A0}' | '\u{202F}')
}

/// What sets a colour (ECMA-48, SGR), with what stands before and behind it.
fn next_colour(text: &str) -> Option<(&str, &str, &str)> {
    const BEGIN: &str = "\u{1b}[";
    let mut from = 0;
    while let Some(found) = text[from..].find(BEGIN) {
        let at = from + found;
        let numbers = &text[at + BEGIN.len()..];
        let n = numbers
            .bytes()
            .take_while(|b| b.is_ascii_digit() || *b == b';')
            .count();
        if numbers[n..].starts_with('m') {
            let end = at + BEGIN.len() + n + 1;
            return Some((&text[..at], &text[at..end], &text[end..]));
        }
        from = at + BEGIN.len();
    }
    None
}

/// A character; one that would not be seen by its number.
fn push_shown(out: &mut String, c: char) {
    match is_blank(c) {
        true => {
            let _ = write!(out, "<U+{:04X}>", u32::from(c));
        }
        false => out.push(c),
    }
}

fn is_break(c: char) -> bool {
    (c.is_whitespace() && !is_blank(c)) || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Bidirectional controls, zero-width characters, byte order mark, soft hyphen, fillers, tag characters, and
/// spaces that are none of the usual one: two names that differ in these look alike. The selectors of emoji
/// (U+FE0E, U+FE0F) are not among them, as they stand in many names.
fn is_blank(c: char) -> bool {
    matches!(c,
        '\u{00A0}' | '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{1680}'
        | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{2000}'..='\u{200F}'
        | '\u{202A}'..='\u{202F}' | '\u{205F}'..='\u{206F}' | '\u{2800}' | '\u{3000}' | '\u{3164}'
        | '\u{FE00}'..='\u{FE0D}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D159}' | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}')
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
                // The same in one character.
                '\u{9b}' => '[',
                '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => ']',
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
            ("abc\u{202e}cba\u{200b}\0", "abc<U+202E>cba<U+200B>"),
            ("\u{9d}52;c;cHduZWQ=\u{9c}x", "x"),
            ("a\u{a0}b\u{3164}", "a<U+00A0>b<U+3164>"),
            ("  two   words ", "two words"),
            ("\u{1b}", ""),
        ] {
            assert_eq!(line(input), expected, "{input:?}");
        }
        assert_eq!(line(&"x".repeat(400)).chars().count(), SHOWN_MAX + 1);
    }

    #[test]
    fn what_is_printed_holds_no_commands() {
        let hostile = "a\u{1b}]52;c;cHduZWQ=\u{7}b\r\n\u{85}\u{9b}2Jc\u{202e}d\te\u{1b}[31mf\u{7f}";
        assert_eq!(printed(hostile, false), "ab\nc<U+202E>d\tef");
        assert_eq!(printed(hostile, true), "ab\nc<U+202E>d\te\u{1b}[31mf");
        // No colour hides in what is none.
        let split = "\u{1b}]0;x\u{1b}[1my\u{1b}[2K\u{1b}[38;5;1mz";
        assert_eq!(printed(split, true), "\u{1b}[1my\u{1b}[38;5;1mz");
        // What we set ourselves.
        let ours = "12\u{202F}000\u{a0}s";
        assert_eq!(printed(ours, false), ours);
        assert_eq!(argument("1\u{a0}s\nnext"), "1<U+00A0>s\nnext");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = serde_json::json!({
            "na\u{9b}me": "\u{1b}]52;c;x\u{7}\u{85}\u{202e}\u{2066}\u{7f}\u{e0041}\u{3164} é \"q\\u\" 😀"
        });
        for text in [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap(),
        ] {
            let safe = json(&text);
            assert_eq!(
                serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
                value
            );
            assert!(safe.contains("\\u009b") && safe.contains("\\u202e") && safe.contains("😀"));
            assert!(
                safe.chars()
                    .all(|c| c == '\n' || !(c.is_control() || is_blank(c)))
            );
            assert_eq!(json(&safe), safe);
            assert_eq!(printed(&safe, false), safe);
        }
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
