//! Apple's privacy export: Siri and dictation, as tables. Apple gives out no description; columns are known
//! by their headings.

use super::{List, Saying, has_part, table};

pub(super) fn read(path: &str, text: &str) -> List {
    let named = ["siri", "dictation"].iter().any(|of| has_part(path, of));
    if !named || crate::kind::extension(path) != "csv" {
        return List::NotMine;
    }
    let mut saying = Saying::new(path);
    match table::read(text, &mut saying) {
        None => List::NotMine,
        Some(Err(why)) => List::Broken(why),
        Some(Ok(())) => saying.done(),
    }
}
