//! Texts and attributes of a page, without any claim to understand it.

/// Longest text or attribute that is kept, bytes.
const MOST: usize = 10_000;

/// What a page has, in its order.
pub(super) enum Token {
    /// Text between tags.
    Text(String),
    /// An attribute of a tag that may name a file.
    Attribute {
        /// Its value.
        value: String,
    },
}

/// The tokens of a page.
pub(super) fn tokens(page: &str) -> impl Iterator<Item = Token> + '_ {
    let mut rest = page;
    let mut waiting: Vec<Token> = Vec::new();
    std::iter::from_fn(move || {
        loop {
            if let Some(token) = waiting.pop() {
                return Some(token);
            }
            if rest.is_empty() {
                return None;
            }
            match rest.strip_prefix('<') {
                Some(tag) => {
                    let (tag, after) = tag.split_once('>').unwrap_or((tag, ""));
                    rest = after;
                    waiting = attributes(tag);
                    waiting.reverse();
                }
                None => {
                    let (text, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
                    rest = after;
                    let text = text.trim();
                    if !text.is_empty() {
                        return Some(Token::Text(unescaped(text)));
                    }
                }
            }
        }
    })
}

fn attributes(tag: &str) -> Vec<Token> {
    let mut found = Vec::new();
    for name in ["src=", "href="] {
        let mut rest = tag;
        while let Some((_, after)) = rest.split_once(name) {
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let value = match quote {
                Some(quote) => after[1..].split(quote).next(),
                None => after.split_whitespace().next(),
            };
            found.extend(value.map(|value| Token::Attribute {
                value: unescaped(value),
            }));
            rest = after;
        }
    }
    found
}

/// The few escapes that names and sentences have.
fn unescaped(text: &str) -> String {
    let end = text.floor_char_boundary(MOST);
    let mut out = text[..end].to_owned();
    let escapes = [
        ("&nbsp;", " "),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    for (escape, plain) in escapes {
        out = out.replace(escape, plain);
    }
    out
}
