//! **Asks** whether this machine's own microphone, where it listens along beside a device, heard the loudspeaker while
//! the app was muted as it did before.
//! **Matters** because a loudspeaker that somebody turns down behind the control lets nothing leak, and the recorder at
//! the sound server's output hears it all the same; and because one that plays late (Bluetooth) plays in the wrong
//! block.
//! **Decides** by how far loud blocks stand out from quiet ones, at the delay at which its levels follow those of the
//! output best during the control: at least half as far in each stretch of twenty muted blocks, and no more than a quarter of the blocks in
//! stretches where they do not.
//! **Cannot see** whether the device heard it; the device's own control does. A microphone that hears too little of
//! the control says nothing.

use std::ops::Range;

use record::Phase;

use crate::case::Case;
use crate::note::Note;
use crate::reason::Reason;
use crate::trials::Trials;

/// Latest that the loudspeaker is looked for.
const LATEST_NS: i64 = 1_000_000_000;

/// Loud blocks of a control that stand out less than this say nothing.
const PLAIN_DB: f64 = 6.0;

/// Muted blocks looked at together.
const STRETCH: usize = 20;

/// At most this share of the blocks may lie in stretches that were not heard: as many as a person may take back.
const SILENT_MAX: f64 = 0.25;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    let heard = heard(&case.trials).filter(|room| room.is_plain());
    let silent = heard.filter(|room| f64::from(room.silent) > SILENT_MAX * f64::from(room.of));
    let reason = |room: Room| Reason::RoomSilent {
        blocks: room.silent,
        of: room.of,
    };
    silent.map(reason).into_iter().collect()
}

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let guard_ns = case.trials.session.manifest.protocol.guard_ns as i64;
    let note = |room: Room| match room.is_plain() {
        false => Note::RoomDeaf {
            apart_db: room.apart_db,
        },
        true => Note::RoomHeard {
            apart_db: room.apart_db,
            late_ms: room.late_ns as f64 / 1e6,
            is_late: room.late_ns > guard_ns,
            blocks: room.of - room.silent,
            of: room.of,
        },
    };
    heard(&case.trials).map(note).into_iter().collect()
}

/// What this machine's own microphone heard.
struct Room {
    late_ns: i64,
    /// How far loud blocks of the control stood out.
    apart_db: f64,
    /// Muted blocks that were compared, and those in stretches that were not heard.
    of: u32,
    silent: u32,
}

impl Room {
    fn is_plain(&self) -> bool {
        self.apart_db >= PLAIN_DB
    }
}

/// Nothing where it did not listen.
fn heard(trials: &Trials) -> Option<Room> {
    let (session, segmentation) = (trials.session, &trials.segmentation);
    let late_ns = features::room_late_ns(session, segmentation, LATEST_NS)?;
    let levels = features::room_levels(session, segmentation, late_ns);
    let control = apart(trials, &levels, trials.blocks(Phase::Control), 0.0)?;
    let found_db = control.found_db;
    let mut room = Room {
        late_ns,
        apart_db: found_db,
        of: 0,
        silent: 0,
    };
    let muted: Vec<usize> = trials.blocks(Phase::Muted).collect();
    for stretch in muted.chunks(STRETCH) {
        let blocks = stretch[0]..stretch[stretch.len() - 1] + 1;
        // A stretch without one or the other symbol, or in which the microphone was away, says nothing.
        if let Some(apart) = apart(trials, &levels, blocks, found_db) {
            let n = stretch.len() as u32;
            room.of += n;
            room.silent += n * u32::from(apart.found_db < apart.wanted_db / 2.0);
        }
    }
    Some(room)
}

/// How far loud blocks stand out from quiet ones, and how far they should.
struct Apart {
    found_db: f64,
    wanted_db: f64,
}

/// Of blocks that the slower codes lowered, those alone that should still be plain where loud ones stand out by
/// `plain_db`.
fn apart(
    trials: &Trials,
    levels: &[Option<f64>],
    blocks: Range<usize>,
    plain_db: f64,
) -> Option<Apart> {
    let heard = |k: usize| levels.get(k).copied().flatten();
    let mean = |all: &[f64]| (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64);
    let quiet: Vec<f64> = blocks
        .clone()
        .filter(|&k| trials.symbol(k) == Some(0))
        .filter_map(heard)
        .collect();
    let lowered = |k: usize| trials.lowered_db(k);
    let loud = blocks.filter(|&k| trials.is_loud(k));
    let loud: Vec<(f64, f64)> = loud
        .filter(|&k| lowered(k) == 0.0 || plain_db - lowered(k) >= PLAIN_DB)
        .filter_map(|k| Some((heard(k)?, plain_db - lowered(k))))
        .collect();
    let (found, wanted): (Vec<f64>, Vec<f64>) = loud.into_iter().unzip();
    Some(Apart {
        found_db: mean(&found)? - mean(&quiet)?,
        wanted_db: mean(&wanted)?,
    })
}
