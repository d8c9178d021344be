//! WhatsApp: a chat as text, voice messages beside it; the sender of each is the expected speaker.
//!
//! iPhone: `[12.03.21, 10:11:12] Name: <attached: 00000012-AUDIO-….opus>` in `_chat.txt`. Android:
//! `12.03.21, 10:11 - Name: PTT-20210312-WA0001.opus (file attached)` in `WhatsApp Chat with ….txt`.

use super::{Field, List, Saying};

/// Names of voice messages end so.
const SOUND: &[&str] = &["opus", "m4a", "ogg", "mp3", "aac", "amr", "wav"];

pub(super) fn read(path: &str, text: &str) -> List {
    if crate::kind::extension(path) != "txt" {
        return List::NotMine;
    }
    let mut saying = Saying::new(path);
    let mut lines = 0;
    for (n, line) in text.lines().enumerate() {
        let Some((time, sender, said)) = message(line) else {
            continue;
        };
        lines += 1;
        if let Some(file) = attached(said) {
            saying.say(Some(file), Field::Speaker, sender, n + 1);
            saying.say(Some(file), Field::Time, time, n + 1);
        }
    }
    match lines {
        0 => List::NotMine,
        _ => saying.done(),
    }
}

/// Time, sender and text of a line.
fn message(line: &str) -> Option<(&str, &str, &str)> {
    let line = line.trim_start_matches(['\u{200E}', '\u{200F}', '\u{FEFF}']);
    let (time, rest) = match line.strip_prefix('[') {
        Some(line) => line.split_once("] ")?,
        None => line.split_once(" - ")?,
    };
    let digits = time.bytes().filter(u8::is_ascii_digit).count();
    let begins = time.starts_with(|c: char| c.is_ascii_digit());
    if !begins || digits < 7 || !time.contains(':') || time.len() > 40 {
        return None;
    }
    let (sender, said) = rest.split_once(": ")?;
    Some((time, sender.trim_matches('\u{200E}'), said))
}

/// The voice message that a text stands for.
fn attached(said: &str) -> Option<&str> {
    let said = said.trim().trim_start_matches('\u{200E}');
    let name = match said.strip_prefix('<') {
        Some(inner) => inner.strip_suffix('>')?.split_once(": ")?.1,
        None => said.split_once(" (")?.0,
    };
    let name = name.trim();
    let sound = SOUND.contains(&crate::kind::extension(name).as_str());
    (sound && !name.contains(' ')).then_some(name)
}
