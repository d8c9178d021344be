//! Two exports: does anything in one belong to the other?

use report::{ExportAgainst, Listen};
use voices::{Clip, Embedding, Owner, Said, judge, main_voice};

use crate::Gathered;
use crate::check::row;

/// Compares two exports, each by the voice that speaks most in it. With recordings of the requester of the
/// first one, the two may turn out to be swapped.
pub fn against(
    names: [&str; 2],
    exports: [&Gathered; 2],
    owner: Option<&[Embedding]>,
    threshold: f64,
) -> ExportAgainst {
    let clips = exports.map(|export| {
        let each = export.recordings.iter();
        each.map(|of| Clip {
            heard: &of.heard,
            speaker: None,
        })
        .collect::<Vec<_>>()
    });
    let mains = clips.each_ref().map(|clips| main_voice(clips));
    let same = |a: &[Embedding], b: &[Embedding]| voices::same(a, b, 3.0) >= 0.5;
    let (same_voice, swapped) = match &mains {
        [Ok(one), Ok(other)] => (
            Some(same(one, other)),
            owner.map(|owner| !same(owner, one) && same(owner, other)),
        ),
        _ => (None, None),
    };
    let belongs = |here: usize, there: usize| -> Vec<Listen> {
        let Ok(main) = &mains[there] else {
            return Vec::new();
        };
        if same_voice != Some(false) {
            return Vec::new();
        }
        // Foreign to the other's voice with a chance of next to nothing is: of that voice.
        let judged = judge(&clips[here], &Owner::Known(main.clone()), threshold);
        let each = judged.said.iter().zip(&exports[here].recordings);
        let mut rows: Vec<Listen> = each
            .filter_map(|(said, of)| match said {
                Said::Decided(chance) if 1.0 - chance.chance >= threshold => {
                    let mut row = row(of.path.clone(), chance);
                    row.chance = 1.0 - row.chance;
                    row.voice = None;
                    Some(row)
                }
                _ => None,
            })
            .collect();
        rows.sort_by(|a, b| b.chance.total_cmp(&a.chance));
        rows
    };
    ExportAgainst {
        names: names.map(str::to_owned),
        main_known: mains.each_ref().map(Result::is_ok),
        same_voice,
        swapped,
        belongs: [belongs(0, 1), belongs(1, 0)],
    }
}
