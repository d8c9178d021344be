//! Telegram Desktop: `result.json` with `messages`, or with `chats.list` of such; the sender (`from`) of
//! each voice message (`file`) is the expected speaker.

use serde_json::Value;

use super::{Field, List, Saying};

pub(super) fn read(path: &str, text: &str) -> List {
    if super::last(path) != "result.json" {
        return List::NotMine;
    }
    let whole: Value = match serde_json::from_str(text) {
        Ok(whole) => whole,
        Err(e) => return List::Broken(e.to_string()),
    };
    let chats = whole.pointer("/chats/list").and_then(Value::as_array);
    let chats = chats.map_or(std::slice::from_ref(&whole), Vec::as_slice);
    let lists = chats
        .iter()
        .filter_map(|chat| chat.get("messages").and_then(Value::as_array));
    let messages: Vec<&Value> = lists.flatten().collect();
    if messages.is_empty() {
        return List::NotMine;
    }
    let mut saying = Saying::new(path);
    for (n, message) in messages.into_iter().enumerate() {
        let text = |name: &str| {
            message
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let file = text("file");
        let sound = ["voice_message", "audio_file", "video_message"].contains(&text("media_type"));
        if sound && !file.is_empty() {
            saying.say(Some(file), Field::Speaker, text("from"), n + 1);
            saying.say(Some(file), Field::Account, text("from_id"), n + 1);
            saying.say(Some(file), Field::Time, text("date"), n + 1);
        }
    }
    saying.done()
}
