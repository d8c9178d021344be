//! From what was gathered to what is said.

use std::collections::HashMap;
use std::path::Path;

use report::{
    CannotSay, ExportAnswer, ExportChecked, ExportClip, ExportOwner, ExportProblem, ExportVoice,
    Listen, NotDecided, Undecided,
};
use voices::{Chance, Clip, Embedding, Judged, LEAST_SPEECH_S, Owner, Said, Unclear, Why, judge};

use crate::layouts::Field;
use crate::words::odd_words;
use crate::{Error, Gathered};

/// What is asked of an export.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose it should be.
    pub owner: Owner,
    /// The chance from which a recording counts as found.
    pub threshold: f64,
    /// The chance from which a recording is listed.
    pub listed: f64,
}

impl Default for Question {
    fn default() -> Question {
        Question {
            owner: Owner::Learned,
            threshold: 0.5,
            listed: 0.1,
        }
    }
}

/// Judges what was gathered.
pub fn check(name: &str, gathered: &Gathered, question: &Question) -> ExportChecked {
    let speakers = speakers(gathered);
    let named = matches!(question.owner, Owner::Learned) && speakers.iter().any(Option::is_some);
    let each = gathered.recordings.iter().zip(&speakers);
    let clips: Vec<Clip> = each
        .map(|(of, speaker)| Clip {
            heard: &of.heard,
            speaker: speaker.filter(|_| named),
        })
        .collect();
    let judged = judge(&clips, &question.owner, question.threshold);
    let (mut listen, mut undecided, mut silent) = (Vec::new(), Vec::new(), 0);
    for (said, recording) in judged.said.iter().zip(&gathered.recordings) {
        let path = recording.path.clone();
        match said {
            Said::NoSpeech => silent += 1,
            Said::Undecided(why, chance) => undecided.push(Undecided {
                path,
                why: match why {
                    Why::Short => NotDecided::Short,
                    Why::Several => NotDecided::Several,
                    Why::NoMain => NotDecided::NoMain,
                },
                chance: chance.map(|of| of.chance),
            }),
            Said::Decided(chance) if chance.chance >= question.listed => {
                listen.push(row(path, chance));
            }
            Said::Decided(_) => {}
        }
    }
    listen.sort_by(|a, b| {
        b.chance
            .total_cmp(&a.chance)
            .then(b.speech_s.total_cmp(&a.speech_s))
    });
    undecided.sort_by(|a, b| {
        let chance = |of: &Undecided| of.chance.unwrap_or(0.0);
        chance(b).total_cmp(&chance(a))
    });
    let found = listen
        .iter()
        .filter(|row| row.chance >= question.threshold)
        .count() as u64;
    let partly = !gathered.problems.is_empty();
    ExportChecked {
        name: name.to_owned(),
        layout: gathered.sidecars.layout.map(str::to_owned),
        files: gathered.files,
        recordings: gathered.recordings.len() as u64,
        seconds: gathered.recordings.iter().map(|of| of.heard.seconds).sum(),
        speech_s: gathered.recordings.iter().map(|of| of.heard.speech_s).sum(),
        silent,
        owner: match question.owner {
            Owner::Nobody => ExportOwner::Nobody,
            Owner::Known(_) => ExportOwner::Given,
            Owner::Learned if named => ExportOwner::Named,
            Owner::Learned => ExportOwner::Learned,
        },
        voices: voices(&judged),
        voices_between: judged.counts,
        answer: answer(&judged, &question.owner, found, partly),
        threshold: question.threshold,
        listen,
        undecided,
        words: odd_words(gathered),
        transcripts: gathered
            .sidecars
            .said
            .iter()
            .any(|said| said.field == Field::Transcript),
        problems: gathered.problems.iter().map(problem).collect(),
        clips: clips_of(gathered, &judged),
    }
}

fn clips_of(gathered: &Gathered, judged: &Judged) -> Vec<ExportClip> {
    let each = gathered
        .recordings
        .iter()
        .zip(judged.said.iter().zip(&judged.heard));
    each.map(|(of, (said, voices))| ExportClip {
        path: of.path.clone(),
        seconds: of.heard.seconds,
        speech_s: of.heard.speech_s,
        voices: voices.iter().copied().map(letter).collect(),
        chance: match said {
            Said::Decided(of) => Some(of.chance),
            Said::NoSpeech | Said::Undecided(..) => None,
        },
    })
    .collect()
}

fn problem(of: &crate::Problem) -> ExportProblem {
    ExportProblem {
        path: of.path.clone(),
        kind: of.what.kind(),
        read: of.what.was_read(),
        said: of.what.message(),
    }
}

pub(crate) fn row(path: String, of: &Chance) -> Listen {
    Listen {
        path,
        chance: of.chance,
        at_s: f64::from(of.at_s),
        speech_s: f64::from(of.speech_s),
        voice: of.voice.map(letter),
        copy: None,
    }
}

fn voices(judged: &Judged) -> Vec<ExportVoice> {
    let each = judged.voices.iter().enumerate();
    each.map(|(number, of)| ExportVoice {
        letter: letter(number),
        clips: of.clips as u64,
        speech_s: of.speech_s,
        main: of.main,
        alike: of.alike.iter().copied().map(letter).collect(),
    })
    .collect()
}

/// A, B, ... Z, AA, AB, ...
fn letter(number: usize) -> String {
    let last = char::from(b'A' + (number % 26) as u8);
    match number / 26 {
        0 => last.to_string(),
        more => letter(more - 1) + &last.to_string(),
    }
}

fn answer(judged: &Judged, owner: &Owner, found: u64, partly: bool) -> ExportAnswer {
    if found > 0 {
        return ExportAnswer::Foreign { clips: found };
    }
    if let Some(why) = judged.unclear {
        let why = match why {
            Unclear::NoSpeech => CannotSay::NoSpeech,
            Unclear::NoMain => CannotSay::NoMain,
            Unclear::TwoMain => CannotSay::TwoMain,
        };
        return ExportAnswer::CannotSay { why };
    }
    let size = match owner {
        Owner::Nobody => Some(1),
        _ => judged.size.map(|size| size as u64),
    };
    match (partly, size) {
        (true, size) => ExportAnswer::PartlyRead { size },
        (false, Some(size)) => ExportAnswer::NothingFound { size },
        (false, None) => ExportAnswer::CannotSay {
            why: CannotSay::TooLittle,
        },
    }
}

/// The voices of whoever speaks in what was given as the owner's, which has to have some.
pub fn voices_of(path: &Path, gathered: &Gathered) -> Result<Vec<Embedding>, Error> {
    let pieces = gathered.recordings.iter().flat_map(|of| &of.heard.pieces);
    let long = pieces.filter(|piece| f64::from(piece.speech_s) >= LEAST_SPEECH_S);
    let voices: Vec<Embedding> = long.filter_map(|piece| piece.voice.clone()).collect();
    match voices.is_empty() {
        true => Err(Error::NoVoice(path.to_owned())),
        false => Ok(voices),
    }
}

/// For each recording the number of the speaker that the lists name.
fn speakers(gathered: &Gathered) -> Vec<Option<usize>> {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut of_file: HashMap<&str, usize> = HashMap::new();
    for said in &gathered.sidecars.said {
        if let (Some(of), Field::Speaker) = (&said.of, said.field) {
            let next = numbers.len();
            let number = *numbers.entry(&said.value).or_insert(next);
            of_file.insert(of, number);
        }
    }
    let each = gathered.recordings.iter();
    each.map(|of| {
        let name = of.path.rsplit('/').next().unwrap_or(&of.path);
        of_file
            .get(of.path.as_str())
            .or_else(|| of_file.get(name))
            .copied()
    })
    .collect()
}
