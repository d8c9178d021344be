//! Amazon Alexa: recordings, and a table of transcripts beside them.
//!
//! The export of 2018 had WAV files and transcripts in one unsorted PDF (c't 1/2019); later ones have
//! tables. Words of a PDF are read whatever it is called. Of tables any is understood that has a column for the recording or for what
//! was said, whatever their order: Amazon publishes no description of it.

use super::{List, Saying, has_part, table};

pub(super) fn read(path: &str, text: &str) -> List {
    let named = ["alexa", "transcript", "utterance", "voice"]
        .iter()
        .any(|of| has_part(path, of));
    if !named || !["csv", "tsv", "txt"].contains(&crate::kind::extension(path).as_str()) {
        return List::NotMine;
    }
    let mut saying = Saying::new(path);
    match table::read(text, &mut saying) {
        None => List::NotMine,
        Some(Err(why)) => List::Broken(why),
        Some(Ok(())) => saying.done(),
    }
}
