//! Google Takeout: My Activity of the assistant and of voice search, as JSON or HTML.
//!
//! JSON: an array of entries with `title`, `time`, `products` and `audioFiles`. HTML: the same as a page, a
//! box for each entry with the recording's name in a link or a player.

use serde_json::Value;

use super::html::{Token, tokens};
use super::{Field, List, Saying, has_part};

pub(super) fn read(path: &str, text: &str) -> List {
    let name = super::last(path).to_lowercase().replace(' ', "");
    let named = name.starts_with("myactivity") || name.starts_with("meineaktivit");
    match crate::kind::extension(path).as_str() {
        "json" if named || has_part(path, "takeout") => json(path, text, named),
        "html" if named => page(path, text),
        _ => List::NotMine,
    }
}

fn json(path: &str, text: &str, named: bool) -> List {
    let entries = match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(entries)) => entries,
        Ok(_) => return List::NotMine,
        Err(_) if !named => return List::NotMine,
        Err(e) => return List::Broken(e.to_string()),
    };
    let mut saying = Saying::new(path);
    for (n, entry) in entries.iter().enumerate() {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        let files = entry.get("audioFiles").and_then(Value::as_array);
        let files: Vec<&str> = files
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let said = without_verb(text("title"));
        let of: Vec<Option<&str>> = match files.is_empty() {
            true => vec![None],
            false => files.into_iter().map(Some).collect(),
        };
        for of in of {
            saying.say(of, Field::Transcript, said, n + 1);
            saying.say(of, Field::Time, text("time"), n + 1);
        }
    }
    saying.done()
}

fn page(path: &str, text: &str) -> List {
    let mut saying = Saying::new(path);
    let mut said = String::new();
    for (n, token) in tokens(text).enumerate() {
        match token {
            Token::Text(text) => {
                let shorter = without_verb(&text);
                if shorter.len() < text.len() {
                    said = shorter.to_owned();
                }
            }
            Token::Attribute { value, .. } if is_sound(&value) => {
                saying.say(Some(&value), Field::Transcript, &said, n + 1);
            }
            Token::Attribute { .. } => {}
        }
    }
    saying.done()
}

fn is_sound(name: &str) -> bool {
    ["mp3", "wav", "ogg", "m4a"].contains(&crate::kind::extension(name).as_str())
}

/// What was said, without the verb that Google puts before it.
fn without_verb(title: &str) -> &str {
    let title = title.trim();
    let verbs = [
        "Said ",
        "Asked ",
        "Gesagt: ",
        "Gesucht nach: ",
        "Searched for ",
        "Sagte ",
    ];
    verbs
        .iter()
        .find_map(|verb| title.strip_prefix(verb))
        .unwrap_or(title)
}
