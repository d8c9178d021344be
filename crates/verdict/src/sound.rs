//! How the stimulus was heard at the microphone.

use record::Phase;

use crate::model::Sound;
use crate::trials::Trials;

/// The loud or all other blocks of a phase that have a like one after them: a block's window ends
/// a guard after the next edge, and 200 ms of a loud neighbour lift a quiet block by 30 dB.
pub(crate) fn settled(trials: &Trials, phase: Phase, loud: bool) -> Vec<usize> {
    let blocks = trials.blocks(phase);
    let alike = |k: &usize| k + 1 >= blocks.end || trials.symbol(*k) == trials.symbol(k + 1);
    blocks
        .clone()
        .filter(|&k| trials.is_loud(k) == loud)
        .filter(alike)
        .collect()
}

/// Mean level of those blocks at the microphone, dBFS, as if all slower codes were high.
pub(crate) fn mean(trials: &Trials, phase: Phase, loud: bool) -> Option<f64> {
    let heard = |k: usize| Some((*trials.features.heard_dbfs.get(k)?)? + trials.lowered_db(k));
    let levels: Vec<f64> = settled(trials, phase, loud)
        .into_iter()
        .filter_map(heard)
        .collect();
    (!levels.is_empty()).then(|| levels.iter().sum::<f64>() / levels.len() as f64)
}

/// The figures for the report.
pub(crate) fn sound(trials: &Trials) -> Sound {
    let ms = |ns: i64| ns as f64 / 1e6;
    let (control, muted) = (&trials.segmentation.control, &trials.segmentation.muted);
    let worst = control.worst_from_median_ns.max(muted.worst_from_median_ns);
    let underruns = trials.session.records.iter().filter(|r| {
        r.source == record::Source::Player
            && matches!(r.body, record::Body::Underrun { .. })
            && trials
                .segmentation
                .blocks
                .iter()
                .any(|b| b.span.contains(r.t))
    });
    Sound {
        loud_dbfs: mean(trials, Phase::Muted, true).or(mean(trials, Phase::Control, true)),
        quiet_dbfs: mean(trials, Phase::Muted, false).or(mean(trials, Phase::Control, false)),
        control_delay_ms: control.median_delay_ns.map(ms),
        muted_delay_ms: muted.median_delay_ns.map(ms),
        worst_edge_ms: worst.map(|ns| ns as f64 / 1e6),
        underruns: underruns.count() as u32,
    }
}
