//! **Asks** whether what the app's windows show follows the microphone's sound while muted.
//! **Matters** because makers say that they listen on to tell a person who speaks that they are muted: this is that use,
//! on this machine.
//! **Decides** nothing: what is shown does not leave. W of 1,000 over the names that come and go, and over how many do.
//! **Cannot see** what has no name (a picture, a bar that moves), what comes and goes between two looks, and the windows
//! of apps whose recipe finds nothing by name.

use crate::case::Case;
use crate::note::Note;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let trials = &case.trials;
    let windows = &trials.windows;
    if !windows.crossed() {
        return Vec::new();
    }
    let each = windows.series.iter().zip(&windows.evidence.series_log_e);
    let most = each.max_by(|(_, a), (_, b)| a.total_cmp(b));
    let name = most.map(|(&at, _)| trials.features.series[at].name.as_str());
    let shows = name.and_then(|name| name.strip_prefix(features::SHOWN));
    vec![Note::WindowFollows {
        evidence: windows.w_max(),
        shows: shows.map(str::to_owned),
    }]
}
