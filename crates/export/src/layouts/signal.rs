//! Signal, as the tool `signal-export` writes it: `data.json`, a JSON object a line with `sender`, `date`
//! and `attachments`. Signal's own backups are encrypted in a way of their own and are not read.

use serde_json::Value;

use super::{Field, List, Saying};

pub(super) fn read(path: &str, text: &str) -> List {
    if super::last(path) != "data.json" {
        return List::NotMine;
    }
    let mut saying = Saying::new(path);
    let mut messages = 0;
    for (n, line) in text.lines().enumerate() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let Some(sender) = message.get("sender").and_then(Value::as_str) else {
            continue;
        };
        messages += 1;
        let files = message.get("attachments").and_then(Value::as_array);
        for file in files.into_iter().flatten() {
            let name = ["path", "fileName", "name"]
                .iter()
                .find_map(|of| file.get(of)?.as_str());
            let Some(name) = name.or(file.as_str()) else {
                continue;
            };
            saying.say(Some(name), Field::Speaker, sender, n + 1);
            let date = message
                .get("date")
                .and_then(Value::as_str)
                .unwrap_or_default();
            saying.say(Some(name), Field::Time, date, n + 1);
        }
    }
    match messages {
        0 => List::NotMine,
        _ => saying.done(),
    }
}
