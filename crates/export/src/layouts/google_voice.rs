//! Google Voice and other voice mail: a page beside each recording, `NAME - Voicemail - TIME.html`, with
//! what was said. Whoever called is the expected speaker of a voice mail, not whose box it is.

use super::html::{Token, tokens};
use super::{Field, List, Saying};

pub(super) fn read(path: &str, text: &str) -> List {
    let name = super::last(path);
    let kind = [" - Voicemail - ", " - Mailbox - "];
    let Some((caller, rest)) = kind.iter().find_map(|kind| name.split_once(kind)) else {
        return List::NotMine;
    };
    let Some(time) = rest.strip_suffix(".html") else {
        return List::NotMine;
    };
    let recording = name.replace(".html", ".mp3");
    let mut saying = Saying::new(path);
    saying.say(Some(&recording), Field::Speaker, caller, 1);
    saying.say(Some(&recording), Field::Time, time, 1);
    // The longest text of the page is what was said.
    let texts = tokens(text).filter_map(|token| match token {
        Token::Text(text) => Some(text),
        Token::Attribute { .. } => None,
    });
    if let Some(said) = texts.max_by_key(String::len) {
        saying.say(Some(&recording), Field::Transcript, &said, 1);
    }
    saying.done()
}
