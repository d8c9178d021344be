//! **Asks** whether the app itself said that it was muted, in every muted block.
//! **Matters** because an app that was never muted may send what it likes.
//! **Decides** by the app's own answers, never by audio or traffic: else a mute that does not mute
//! could not be found out.
//! **Cannot see** whether the app says the truth; that is the leak's question.

use record::Phase;

use crate::Reason;
use crate::case::Case;

pub(crate) fn ask(case: &Case) -> Vec<Reason> {
    let (mut without, mut of) = (0, 0);
    for table in case.stretches() {
        let blocks = table.blocks(Phase::Muted);
        of += blocks.len() as u32;
        let confirmed = |k: &usize| table.features.mute_confirmed.get(*k) == Some(&Some(true));
        without += blocks.filter(|k| !confirmed(k)).count() as u32;
    }
    match without {
        0 => Vec::new(),
        blocks => vec![Reason::MuteNotConfirmed { blocks, of }],
    }
}
