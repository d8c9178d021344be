//! The bets on stretches in which something else than the sound was drawn by a coin: where the person looks,
//! whether they type, what the camera would see. A question of its own, beside that about the microphone.
//!
//! The same bets as everywhere, against coins that are independent of the sound's. All stretches share one
//! false-alarm rate, that of the audit: each has to reach as many times the threshold as there are stretches.

use features::{Group, Missing, Segmentation, Session};
use record::{MonotonicNs, Phase, Player};
use stimulus::{Key, Seed};

use crate::error_rates::{GATE_W, needed};
use crate::table::{Source, Table};
use crate::trial::{Coded, Trial, trial};

/// One stretch, measured and bet on.
pub(crate) struct Attended {
    pub(crate) coded: Coded,
    /// The same while the camera was on; of the picture alone.
    pub(crate) control: Option<Trial>,
}

/// The tables of all stretches.
fn tables(of: Source, seed: &Seed) -> Vec<Table> {
    let session = of.trace.session();
    let protocol = &session.manifest.protocol;
    let mut tables: Vec<Table> = Vec::new();
    for stretch in &protocol.attention {
        let (segmentation, done) = features::attended(session, stretch.code);
        let Some(key) = Key::of_code(seed, protocol, Player::Mic, stretch.code) else {
            continue;
        };
        // A damaged manifest may name one twice.
        if tables.iter().any(|t| t.code == stretch.code) {
            continue;
        }
        let mut features = of.features(&segmentation);
        for series in &mut features.series {
            let undone = series
                .values
                .iter_mut()
                .zip(&done)
                .filter(|(_, done)| !**done);
            undone.for_each(|(value, _)| *value = Err(Missing::Lost));
        }
        tables.push(Table {
            code: stretch.code,
            share: 1.0,
            step_db: 0.0,
            origin: first_muted(&segmentation),
            key,
            features,
            not_kept: !of.has(&segmentation),
            segmentation,
        });
    }
    tables
}

fn first_muted(segmentation: &Segmentation) -> MonotonicNs {
    let mut muted = segmentation.blocks.iter();
    let first = muted.find(|block| block.phase == Phase::Muted);
    first.map_or(MonotonicNs(0), |block| block.span.from)
}

/// Bets on each stretch.
pub(crate) fn attended(session: &Session, of: Source, seed: &Seed) -> Vec<Attended> {
    let tables = tables(of, seed);
    let needed = needed(session) + (tables.len().max(1) as f64).ln();
    let attended = |table: Table| {
        let controls = !table.blocks(Phase::Control).is_empty();
        let control = || {
            let (egress, drop) = (&[Group::Egress], stats::Missing::Drop);
            trial(session, &table, Phase::Control, egress, drop, GATE_W.ln())
        };
        Attended {
            control: controls.then(control),
            coded: Coded::new(session, table, needed),
        }
    };
    tables.into_iter().map(attended).collect()
}
