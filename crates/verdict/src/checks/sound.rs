//! **Asks** whether the stimulus arrived at the microphone: loud when it should be loud, quiet when
//! it should be quiet.
//! **Matters** because an app that heard nothing cannot leak it; and because evidence that follows
//! coins which nobody could hear is the harness's, not the app's.
//! **Decides** by the permanent recorder: loud blocks within 10 dB of the declared level and apart
//! from the quiet ones by at least half of the declared distance, in both phases. By how much the
//! slower codes lowered a block is added back first.
//! **Cannot see** what the app's own input processing makes of it; the control does.

use record::{Code, Phase};

use crate::case::Case;
use crate::reason::Reason;
use crate::sound::{mean, settled};

const LEVEL_TOLERANCE_DB: f64 = 10.0;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    let protocol = &case.trials.session.manifest.protocol;
    let (high, low) = (f64::from(protocol.high_dbfs), f64::from(protocol.low_dbfs));
    for phase in [Phase::Control, Phase::Muted] {
        // A short phase may not hold both levels; the count of blocks has a check of its own.
        if settled(&case.trials, phase, true).is_empty()
            || settled(&case.trials, phase, false).is_empty()
        {
            continue;
        }
        // Without any value: as silent as a level can be said.
        let silence = f64::from(record::SILENCE_DBFS);
        let loud = mean(&case.trials, phase, true).unwrap_or(silence);
        let quiet = mean(&case.trials, phase, false).unwrap_or(silence);
        let apart = loud - quiet >= (high - low) / 2.0;
        if !(loud >= high - LEVEL_TOLERANCE_DB && apart) {
            return vec![Reason::SoundNotHeard {
                loud_dbfs: loud,
                quiet_dbfs: quiet,
            }];
        }
    }
    activities(case)
}

/// Quietest activity that counts as heard, below the loud level: typing is 14 dB below it.
const ACTIVITY_BELOW_DB: f64 = 30.0;

/// Named activities have levels of their own; each of their blocks has to be heard at all.
fn activities(case: &Case) -> Vec<Reason> {
    let high = f64::from(case.trials.session.manifest.protocol.high_dbfs);
    let blocks = case
        .trials
        .stretches()
        .filter(|table| table.code == Code::ActivityPair)
        .flat_map(|table| &table.features.heard_dbfs);
    let quietest = blocks.filter_map(|level| *level).fold(f64::MAX, f64::min);
    match quietest < high - ACTIVITY_BELOW_DB {
        true => vec![Reason::SoundNotHeard {
            loud_dbfs: quietest,
            quiet_dbfs: quietest,
        }],
        false => Vec::new(),
    }
}
