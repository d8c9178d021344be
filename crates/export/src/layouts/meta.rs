//! Facebook and Instagram: `message_1.json` with `messages`; the sender (`sender_name`) of each of
//! `audio_files` is the expected speaker. Names are in UTF-8 whose bytes were written as characters.

use serde_json::Value;

use super::{Field, List, Saying};

pub(super) fn read(path: &str, text: &str) -> List {
    let name = super::last(path);
    if !(name.starts_with("message_") && name.ends_with(".json")) {
        return List::NotMine;
    }
    let whole: Value = match serde_json::from_str(text) {
        Ok(whole) => whole,
        Err(e) => return List::Broken(e.to_string()),
    };
    let Some(messages) = whole.get("messages").and_then(Value::as_array) else {
        return List::NotMine;
    };
    let mut saying = Saying::new(path);
    for (n, message) in messages.iter().enumerate() {
        let sender = message
            .get("sender_name")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let files = message.get("audio_files").and_then(Value::as_array);
        let uris = files
            .into_iter()
            .flatten()
            .filter_map(|file| file.get("uri")?.as_str());
        for uri in uris {
            saying.say(Some(uri), Field::Speaker, &repaired(sender), n + 1);
        }
    }
    saying.done()
}

/// Characters that are bytes of UTF-8 become what they mean.
fn repaired(name: &str) -> String {
    let bytes: Option<Vec<u8>> = name
        .chars()
        .map(|c| u8::try_from(u32::from(c)).ok())
        .collect();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_else(|| name.to_owned())
}
