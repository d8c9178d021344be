//! The judgement, on voices that are made of numbers.

use dice::Dice;
use voices::{
    Clip, DIMENSIONS, Embedding, Heard, Owner, Piece, Said, Unclear, Why, judge, main_voice,
};

/// A clip of voice `voice`: a direction of its own and noise beside it.
fn clip(voice: u64, speech_s: f32, dice: &mut Dice) -> Heard {
    let mut own = Dice::new(voice, 0, 0);
    let values: [f32; DIMENSIONS] =
        std::array::from_fn(|_| (own.normal() + 0.7 * dice.normal()) as f32);
    let piece = Piece {
        at_s: 0.0,
        speech_s,
        voice: Embedding::new(&values),
    };
    Heard {
        seconds: 4.0,
        speech_s: f64::from(speech_s),
        pieces: vec![piece],
    }
}

fn clips(of: &[(u64, usize, f32)]) -> Vec<Heard> {
    let mut dice = Dice::new(1, 1, 1);
    let each = of
        .iter()
        .flat_map(|(voice, n, speech)| (0..*n).map(move |_| (*voice, *speech)));
    each.map(|(voice, speech)| clip(voice, speech, &mut dice))
        .collect()
}

fn as_clips(heard: &[Heard]) -> Vec<Clip<'_>> {
    heard
        .iter()
        .map(|heard| Clip {
            heard,
            speaker: None,
        })
        .collect()
}

#[test]
fn a_few_foreign_clips_among_many() {
    let heard = clips(&[(1, 60, 2.0), (2, 4, 2.0), (3, 1, 2.0), (2, 1, 0.5)]);
    let judged = judge(&as_clips(&heard), &Owner::Learned, 0.5);
    assert_eq!(judged.unclear, None);
    let sizes: Vec<usize> = judged.voices.iter().map(|voice| voice.clips).collect();
    assert_eq!(sizes, [60, 4]);
    assert!(judged.voices[0].main && !judged.voices[1].main);
    for (i, said) in judged.said.iter().enumerate() {
        match said {
            Said::Decided(of) => assert_eq!(of.chance > 0.5, i >= 60, "{i}: {of:?}"),
            said => assert!(i == 65 && matches!(said, Said::Undecided(Why::Short, Some(_)))),
        }
    }
    assert_eq!(judged.heard[0], [0]);
    assert_eq!(judged.heard[60], [1]);
    assert!((judged.share - 5.0 / 65.0).abs() < 0.02, "{}", judged.share);
    assert!(
        judged.size.is_some_and(|size| size <= 3),
        "{:?}",
        judged.size
    );
}

#[test]
fn whose_it_is_may_be_unclear() {
    let unclear =
        |of: &[(u64, usize, f32)]| judge(&as_clips(&clips(of)), &Owner::Learned, 0.5).unclear;
    assert_eq!(
        unclear(&[(1, 20, 2.0), (2, 20, 2.0)]),
        Some(Unclear::TwoMain)
    );
    let each: Vec<(u64, usize, f32)> = (0..20).map(|voice| (voice, 1, 2.0)).collect();
    assert_eq!(unclear(&each), Some(Unclear::NoMain));
    assert_eq!(unclear(&[(1, 20, 0.5)]), Some(Unclear::NoSpeech));
    assert_eq!(unclear(&[]), Some(Unclear::NoSpeech));
}

#[test]
fn with_a_known_owner_a_whole_foreign_export_is_foreign() {
    let heard = clips(&[(1, 20, 2.0)]);
    let known = |voice| {
        let of = clips(&[(voice, 3, 3.0)]);
        Owner::Known(
            of.into_iter()
                .filter_map(|heard| heard.pieces[0].voice.clone())
                .collect(),
        )
    };
    let foreign = |owner: &Owner| {
        let judged = judge(&as_clips(&heard), owner, 0.5);
        let found = |said: &&Said| matches!(said, Said::Decided(of) if of.chance >= 0.5);
        judged.said.iter().filter(found).count()
    };
    assert_eq!(foreign(&known(1)), 0);
    assert_eq!(foreign(&known(2)), 20);
    assert_eq!(foreign(&Owner::Nobody), 20);
}

#[test]
fn each_named_speaker_has_a_voice_of_their_own() {
    let heard = clips(&[(1, 10, 2.0), (2, 10, 2.0), (1, 1, 2.0)]);
    let each = heard.iter().enumerate();
    let clips: Vec<Clip> = each
        .map(|(i, heard)| Clip {
            heard,
            speaker: Some(usize::from(i >= 10)),
        })
        .collect();
    let judged = judge(&clips, &Owner::Learned, 0.5);
    assert_eq!(judged.unclear, None);
    let found: Vec<usize> = (0..21)
        .filter(|i| matches!(&judged.said[*i], Said::Decided(of) if of.chance >= 0.5))
        .collect();
    assert_eq!(found, [20]);
    assert!(main_voice(&as_clips(&heard)).is_err());
}
