//! Which clips of an export are not of its main voice: a chance for each, never a name.

use crate::calibration::{Fit, LEAST_S, Shape};
use crate::constants::{SEVERAL, SEVERAL_BY};
use crate::groups::{Groups, dot, groups, unit};
use crate::{DIMENSIONS, Embedding, Heard, Piece};

/// Mean cosine of pairs above which two groups are one voice, and two others that say how firm the count is.
const APART: [f32; 3] = [0.30, 0.25, 0.35];
/// A voice has at least so many clips; what is less is a stray.
const LEAST_CLIPS: usize = 3;
/// Speech in a clip that is less is not decided, seconds.
pub const LEAST_SPEECH_S: f64 = 1.0;
/// A second voice with so much of the main one's speech makes it unclear whose export this is.
const RIVAL: f64 = 0.5;
/// A main voice has so much of all speech.
const MAIN: f64 = 0.25;
/// A piece whose voice this is likely not the expected one's, and that sounds like several at once, is not
/// decided; below, the expected voice is heard well enough.
const OWN: f64 = 0.03;
/// Mean cosine of pairs between two groups, to that within them, above which they may be one person at two
/// times.
const ALIKE: f32 = 0.6;
/// Chance with which the smallest number of clips would have been found.
const SURE: f64 = 0.95;

/// Whose export it should be.
#[derive(Debug, Clone)]
pub enum Owner {
    /// Whoever speaks most in it.
    Learned,
    /// Somebody of whom there are recordings.
    Known(Vec<Embedding>),
    /// Nobody: any speech is foreign.
    Nobody,
}

/// One recording of an export.
#[derive(Debug, Clone, Copy)]
pub struct Clip<'a> {
    /// What was heard in it.
    pub heard: &'a Heard,
    /// Who should speak in it, where the export says that, by a number.
    pub speaker: Option<usize>,
}

/// A voice of the export.
#[derive(Debug, Clone, PartialEq)]
pub struct Voice {
    /// Clips that have some of it.
    pub clips: usize,
    /// Its speech, seconds.
    pub speech_s: f64,
    /// Whether it is the expected one of somebody.
    pub main: bool,
    /// The voices before it that may be the same person at another time.
    pub alike: Vec<usize>,
}

/// What is said of one clip.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// Nobody speaks in it.
    NoSpeech,
    /// It is not decided, and why.
    Undecided(Why, Option<Chance>),
    /// How likely it is foreign.
    Decided(Chance),
}

/// Why a clip is not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Too little speech.
    Short,
    /// Several voices at once, or a voice over something else.
    Several,
    /// There is no voice to compare it with.
    NoMain,
}

/// The piece of a clip that is most likely foreign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Chance {
    /// How likely, 0 to 1.
    pub chance: f64,
    /// Where the piece begins, seconds.
    pub at_s: f32,
    /// Speech of it, seconds.
    pub speech_s: f32,
    /// Number of its voice, where it is one of [`Judged::voices`].
    pub voice: Option<usize>,
}

/// Why nothing can be said of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// There is no speech in it that could be compared.
    NoSpeech,
    /// No voice has a good part of the speech.
    NoMain,
    /// Two voices have about as much.
    TwoMain,
}

/// What is said of an export.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Its voices, the one with the most clips first.
    pub voices: Vec<Voice>,
    /// How many there are where groups are parted sooner, and later: the count is firm where both agree.
    pub counts: [usize; 2],
    /// One for each clip.
    pub said: Vec<Said>,
    /// For each clip the voices in it, by their numbers.
    pub heard: Vec<Vec<usize>>,
    /// Why the main voice is not known, where it is not.
    pub unclear: Option<Unclear>,
    /// What share of the pieces is foreign, by their own odds.
    pub share: f64,
    /// So many clips of one foreign voice would have been found with 95 % at the chance that was asked for;
    /// nothing where no number would.
    pub size: Option<usize>,
}

/// A piece, whose clip it is of.
struct One<'a> {
    clip: usize,
    piece: &'a Piece,
    voice: &'a Embedding,
}

/// The pieces of an export, and which group each is in.
struct Grouped<'a> {
    pieces: Vec<One<'a>>,
    /// Those that are long enough to be grouped.
    long: Vec<usize>,
    group: Vec<Option<usize>>,
    groups: Groups,
    /// How many groups are voices: the first so many.
    voices: usize,
    counts: [usize; 2],
}

impl<'a> Grouped<'a> {
    fn new(clips: &[Clip<'a>]) -> Grouped<'a> {
        let each = clips.iter().enumerate();
        let pieces: Vec<One> = each
            .flat_map(|(clip, of)| of.heard.pieces.iter().map(move |piece| (clip, piece)))
            .filter_map(|(clip, piece)| {
                Some(One {
                    clip,
                    piece,
                    voice: piece.voice.as_ref()?,
                })
            })
            .filter(|one| f64::from(one.piece.speech_s) >= LEAST_S)
            .collect();
        let long: Vec<usize> = (0..pieces.len())
            .filter(|i| f64::from(pieces[*i].piece.speech_s) >= LEAST_SPEECH_S)
            .collect();
        let embeddings: Vec<&Embedding> = long.iter().map(|i| pieces[*i].voice).collect();
        let [groups, sooner, later] = groups(&embeddings, APART);
        let large = |of: &Groups| of.sizes.iter().filter(|size| **size >= LEAST_CLIPS).count();
        let mut group = vec![None; pieces.len()];
        for (i, of) in long.iter().zip(&groups.of) {
            group[*i] = Some(*of);
        }
        let (voices, counts) = (large(&groups), [large(&sooner), large(&later)]);
        Grouped {
            pieces,
            long,
            group,
            groups,
            voices,
            counts,
        }
    }
}

/// All of the voice that speaks most in an export, piece by piece.
pub fn main_voice(clips: &[Clip]) -> Result<Vec<Embedding>, Unclear> {
    let Grouped {
        pieces,
        group,
        voices,
        ..
    } = Grouped::new(clips);
    let own: Vec<usize> = (0..pieces.len()).collect();
    let number = learned(&pieces, &own, &group, voices)?;
    let members = own.into_iter().filter(|i| group[*i] == Some(number));
    Ok(members.map(|i| pieces[i].voice.clone()).collect())
}

/// How likely two sets of pieces, of so many seconds of speech each, are of one voice; even odds before.
pub fn same(one: &[Embedding], other: &[Embedding], speech_s: f64) -> f64 {
    let [one, other] = [one, other].map(|of| Reference::known(of).direction());
    1.0 - Fit::default().chance(f64::from(dot(&one, &other)), speech_s)
}

/// Judges an export; `threshold` is the chance from which a clip counts as found.
pub fn judge(clips: &[Clip], owner: &Owner, threshold: f64) -> Judged {
    let Grouped {
        pieces,
        long,
        group,
        groups: grouped,
        voices,
        counts,
    } = Grouped::new(clips);
    // Everybody who should speak has an owner's voice of their own; mostly that is one and the same.
    let mut speakers: Vec<Option<usize>> = clips.iter().map(|clip| clip.speaker).collect();
    speakers.sort_unstable();
    speakers.dedup();
    let mut cosines = vec![None; pieces.len()];
    let mut main = vec![false; grouped.sizes.len()];
    let mut unclear = None;
    for speaker in speakers {
        let own: Vec<usize> = (0..pieces.len())
            .filter(|i| clips[pieces[*i].clip].speaker == speaker)
            .collect();
        let mut members = None;
        let reference = match owner {
            Owner::Nobody => {
                own.iter().for_each(|i| cosines[*i] = Some(-1.0));
                continue;
            }
            Owner::Known(known) => Reference::known(known),
            Owner::Learned => match learned(&pieces, &own, &group, voices) {
                Ok(number) => {
                    main[number] = true;
                    members = Some(number);
                    let each = own.iter().filter(|i| group[**i] == members);
                    Reference::of(each.map(|i| pieces[*i].voice))
                }
                Err(why) => {
                    unclear = Some(why);
                    continue;
                }
            },
        };
        for i in own {
            let one = &pieces[i];
            let member = members.is_some() && group[i] == members;
            cosines[i] = Some(f64::from(reference.cosine(one.voice, member)));
        }
    }
    if long.is_empty() && !matches!(owner, Owner::Nobody) {
        unclear = Some(Unclear::NoSpeech);
    }
    if let Owner::Known(known) = owner {
        let reference = Reference::known(known);
        for (number, centre) in grouped.centres.iter().enumerate().take(voices) {
            let cosine = f64::from(dot(&reference.direction(), centre));
            main[number] = Fit::default().chance(cosine, 3.0) < 0.5;
        }
    }
    let speech = |i: usize| f64::from(pieces[i].piece.speech_s);
    let known: Vec<(f64, f64)> = long
        .iter()
        .filter_map(|i| Some((cosines[*i]?, speech(*i))))
        .collect();
    let fit = match owner {
        Owner::Nobody => Fit::default(),
        // Recordings from elsewhere lie further from those of the export than these do from each other.
        Owner::Known(_) => Fit::shaped(&known, Shape::PLAIN),
        _ => Fit::new(&known),
    };

    let mut worst: Vec<Worst> = vec![Worst::default(); clips.len()];
    for (i, one) in pieces.iter().enumerate() {
        let Some(cosine) = cosines[i] else { continue };
        let nobody = matches!(owner, Owner::Nobody);
        let new = Chance {
            chance: match nobody {
                true => 1.0,
                false => fit.chance(cosine, speech(i)),
            },
            at_s: one.piece.at_s,
            speech_s: one.piece.speech_s,
            voice: group[i].filter(|number| *number < voices),
        };
        let several = !nobody && new.chance >= OWN && several(one.voice);
        worst[one.clip].add(new, several);
    }
    let each = clips.iter().zip(worst);
    let said: Vec<Said> = each
        .map(|(clip, worst)| worst.said(clip.heard, threshold))
        .collect();
    let mut heard: Vec<Vec<usize>> = vec![Vec::new(); clips.len()];
    for (one, number) in pieces.iter().zip(&group) {
        let number = number.filter(|number| *number < voices);
        heard[one.clip].extend(number);
    }
    for numbers in &mut heard {
        numbers.sort_unstable();
        numbers.dedup();
    }
    let size = match unclear {
        Some(_) => None,
        None => size(&said, &fit, threshold),
    };
    let voices = (0..voices)
        .map(|number| voice(number, &pieces, &group, &grouped.centres, main[number]))
        .collect();
    Judged {
        voices,
        counts,
        said,
        heard,
        unclear,
        share: fit.share,
        size,
    }
}

/// Whether a piece sounds like several voices at once.
fn several(voice: &Embedding) -> bool {
    several_odds(voice) > 0.0
}

/// Log odds that a piece is of several voices at once, where a piece of one voice that is taken for several
/// is as bad as so many of the others that are missed (the constants have that weighed in).
pub fn several_odds(voice: &Embedding) -> f32 {
    SEVERAL + dot(&voice.unit(), &SEVERAL_BY)
}

/// The pieces of a clip that are most likely foreign.
#[derive(Debug, Clone, Default)]
struct Worst {
    /// Long enough, and of one voice.
    clear: Option<Chance>,
    /// Long enough, and of several at once.
    several: Option<Chance>,
    /// Too short to be decided by.
    short: Option<Chance>,
}

impl Worst {
    fn add(&mut self, new: Chance, several: bool) {
        let long = f64::from(new.speech_s) >= LEAST_SPEECH_S;
        let slot = match (long, several) {
            (false, _) => &mut self.short,
            (true, false) => &mut self.clear,
            (true, true) => &mut self.several,
        };
        if slot.is_none_or(|old| new.chance > old.chance) {
            *slot = Some(new);
        }
    }

    /// A foreign voice that is clear decides, whatever else is there; then one that is not.
    fn said(self, heard: &Heard, threshold: f64) -> Said {
        match (self.clear, self.several) {
            _ if heard.pieces.is_empty() => Said::NoSpeech,
            (Some(clear), _) if clear.chance >= threshold => Said::Decided(clear),
            (_, Some(several)) => Said::Undecided(Why::Several, Some(several)),
            (Some(clear), None) => Said::Decided(clear),
            (None, None) if self.short.is_some() => Said::Undecided(Why::Short, self.short),
            (None, None) if heard.speech_s >= LEAST_SPEECH_S => Said::Undecided(Why::NoMain, None),
            (None, None) => Said::Undecided(Why::Short, None),
        }
    }
}

/// The voice that a clip is compared with.
struct Reference {
    sum: [f32; DIMENSIONS],
}

impl Reference {
    fn of<'a>(voices: impl Iterator<Item = &'a Embedding>) -> Reference {
        let mut sum = [0.0; DIMENSIONS];
        for voice in voices {
            sum.iter_mut()
                .zip(voice.unit())
                .for_each(|(sum, v)| *sum += v);
        }
        Reference { sum }
    }

    fn known(known: &[Embedding]) -> Reference {
        Reference::of(known.iter())
    }

    fn direction(&self) -> [f32; DIMENSIONS] {
        unit(&self.sum)
    }

    /// Of a voice that is in the sum, without itself.
    fn cosine(&self, voice: &Embedding, member: bool) -> f32 {
        let own = voice.unit();
        let mut sum = self.sum;
        if member {
            sum.iter_mut().zip(own).for_each(|(sum, v)| *sum -= v);
        }
        dot(&unit(&sum), &own)
    }
}

/// The group with the most speech, where it is clear which.
fn learned(
    pieces: &[One],
    own: &[usize],
    group: &[Option<usize>],
    voices: usize,
) -> Result<usize, Unclear> {
    let mut speech = vec![0.0f64; voices];
    let mut all = 0.0;
    for i in own {
        let seconds = f64::from(pieces[*i].piece.speech_s);
        let Some(number) = group[*i] else { continue };
        all += seconds;
        if let Some(sum) = speech.get_mut(number) {
            *sum += seconds;
        }
    }
    if all == 0.0 {
        return Err(Unclear::NoSpeech);
    }
    let mut order: Vec<usize> = (0..voices).collect();
    order.sort_by(|a, b| speech[*b].total_cmp(&speech[*a]));
    let most = order.first().map_or(0.0, |number| speech[*number]);
    let second = order.get(1).map_or(0.0, |number| speech[*number]);
    if most < MAIN * all {
        Err(Unclear::NoMain)
    } else if second >= RIVAL * most {
        Err(Unclear::TwoMain)
    } else {
        Ok(order[0])
    }
}

fn voice(
    number: usize,
    pieces: &[One],
    group: &[Option<usize>],
    centres: &[[f32; DIMENSIONS]],
    main: bool,
) -> Voice {
    let mut clips: Vec<usize> = Vec::new();
    let mut speech_s = 0.0;
    for (one, of) in pieces.iter().zip(group) {
        if *of == Some(number) {
            clips.push(one.clip);
            speech_s += f64::from(one.piece.speech_s);
        }
    }
    clips.dedup();
    let alike = (0..number)
        .filter(|other| dot(&centres[*other], &centres[number]) > ALIKE)
        .collect();
    Voice {
        clips: clips.len(),
        speech_s,
        main,
        alike,
    }
}

/// The smallest number of clips of one foreign voice that would have been found, by the lengths that the
/// export has.
fn size(said: &[Said], fit: &Fit, threshold: f64) -> Option<usize> {
    let spoken = said
        .iter()
        .filter(|said| !matches!(said, Said::NoSpeech))
        .count();
    let each = said.iter().filter_map(|said| match said {
        Said::Decided(of) => Some(fit.found(f64::from(of.speech_s), threshold)),
        _ => None,
    });
    let rate = each.sum::<f64>() / spoken.max(1) as f64;
    if rate < 0.05 {
        return None;
    }
    let clips = (1.0 - SURE).ln() / (1.0 - rate.min(0.999)).ln();
    Some(clips.ceil().max(1.0) as usize)
}
