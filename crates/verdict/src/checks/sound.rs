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
use crate::{Reason, Sound};

const LEVEL_TOLERANCE_DB: f64 = 10.0;

pub(crate) fn ask(case: &Case) -> Vec<Reason> {
    let protocol = &case.session.manifest.protocol;
    let (high, low) = (f64::from(protocol.high_dbfs), f64::from(protocol.low_dbfs));
    for phase in [Phase::Control, Phase::Muted] {
        // A short phase may not hold both levels; the count of blocks has a check of its own.
        if settled(case, phase, true).is_empty() || settled(case, phase, false).is_empty() {
            continue;
        }
        // Without any value: as silent as a level can be said.
        let silence = f64::from(record::SILENCE_DBFS);
        let loud = mean(case, phase, true).unwrap_or(silence);
        let quiet = mean(case, phase, false).unwrap_or(silence);
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
    let high = f64::from(case.session.manifest.protocol.high_dbfs);
    let blocks = case
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

/// The loud or all other blocks of a phase that have a like one after them: a block's window ends
/// a guard after the next edge, and 200 ms of a loud neighbour lift a quiet block by 30 dB.
fn settled(case: &Case, phase: Phase, loud: bool) -> Vec<usize> {
    let blocks = case.blocks(phase);
    let alike = |k: &usize| k + 1 >= blocks.end || case.symbol(*k) == case.symbol(k + 1);
    blocks
        .clone()
        .filter(|&k| case.is_loud(k) == loud)
        .filter(alike)
        .collect()
}

/// Mean level of those blocks at the microphone, dBFS, as if all slower codes were high.
fn mean(case: &Case, phase: Phase, loud: bool) -> Option<f64> {
    let heard = |k: usize| Some((*case.features.heard_dbfs.get(k)?)? + case.lowered_db(k));
    let levels: Vec<f64> = settled(case, phase, loud)
        .into_iter()
        .filter_map(heard)
        .collect();
    (!levels.is_empty()).then(|| levels.iter().sum::<f64>() / levels.len() as f64)
}

/// The figures for the report.
pub(crate) fn sound(case: &Case) -> Sound {
    let ms = |ns: i64| ns as f64 / 1e6;
    let (control, muted) = (&case.segmentation.control, &case.segmentation.muted);
    let worst = control.worst_from_median_ns.max(muted.worst_from_median_ns);
    let underruns = case.session.records.iter().filter(|r| {
        r.source == record::Source::Player
            && matches!(r.body, record::Body::Underrun { .. })
            && case
                .segmentation
                .blocks
                .iter()
                .any(|b| b.span.contains(r.t))
    });
    Sound {
        loud_dbfs: mean(case, Phase::Muted, true).or(mean(case, Phase::Control, true)),
        quiet_dbfs: mean(case, Phase::Muted, false).or(mean(case, Phase::Control, false)),
        control_delay_ms: control.median_delay_ns.map(ms),
        muted_delay_ms: muted.median_delay_ns.map(ms),
        worst_edge_ms: worst.map(|ns| ns as f64 / 1e6),
        underruns: underruns.count() as u32,
    }
}
