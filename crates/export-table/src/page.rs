//! The tables of docs/export-check.md.

use std::fmt::Write;

use dice::Dice;
use voices::{Ears, Owner, Said, Unclear, Why};

use crate::chances;
use crate::measures::{Drawn, Figure, Told, equal_error, export, mean_length, told};
use crate::pairs::pairs;
use crate::places::Place;
use crate::pool::{Item, LENGTHS, hear};
use crate::speakers::Speaker;

/// Who is in the pool: the first speakers are owners, then half of the others for calibration, then those
/// that the tables are measured on.
pub struct Cast {
    /// Speakers with several recordings.
    pub owners: Vec<usize>,
    /// Those whom the constants were fitted to.
    pub learnt: Vec<usize>,
    /// Those whom they were not.
    pub unseen: Vec<usize>,
}

impl Cast {
    /// Of so many owners and others.
    pub fn new(owners: usize, others: usize) -> Cast {
        let all: Vec<usize> = (owners..owners + others).collect();
        let (learnt, unseen) = all.split_at(others / 2);
        Cast {
            owners: (0..owners).collect(),
            learnt: learnt.to_vec(),
            unseen: unseen.to_vec(),
        }
    }
}

/// Sizes of what is drawn.
#[derive(Clone, Copy)]
pub struct Size {
    /// Exports of each kind and owner.
    pub draws: usize,
    /// Clips of one.
    pub clips: usize,
}

/// What is written.
pub struct Page {
    /// All tables.
    pub tables: String,
    /// How right the chances are, as a picture (SVG).
    pub picture: String,
}

/// All tables, and the picture of one.
pub fn page(
    pool: &[Item],
    cast: &Cast,
    speakers: &[&Speaker],
    size: Size,
    ears: &dyn Ears,
) -> Page {
    let mut out = String::new();
    who(&mut out, pool, cast, speakers);
    errors(&mut out, pool, cast);
    let mut told = exports(&mut out, pool, cast, size);
    told.extend(small_exports(pool, cast));
    out += &chances::table(&told);
    voices(&mut out, pool, cast, size);
    cases(&mut out, pool, cast, size);
    out += &pairs(pool, &cast.owners, size.draws * 10);
    sounds(&mut out, cast, speakers, ears);
    Page {
        tables: out,
        picture: chances::picture(&told),
    }
}

fn line(out: &mut String, text: &str) {
    let _ = writeln!(out, "{text}");
}

fn who(out: &mut String, pool: &[Item], cast: &Cast, speakers: &[&Speaker]) {
    let seconds: Vec<String> = cast
        .owners
        .iter()
        .map(|o| format!("{} {:.0} s", speakers[*o].name, speakers[*o].seconds()))
        .collect();
    let clips = |of: &[usize]| {
        pool.iter()
            .filter(|item| of.contains(&item.speaker))
            .count()
    };
    let others: Vec<f64> = cast
        .unseen
        .iter()
        .chain(&cast.learnt)
        .map(|s| speakers[*s].seconds())
        .collect();
    let mean = others.iter().sum::<f64>() / others.len().max(1) as f64;
    line(
        out,
        &format!(
            "Heard: {} clips of {} owners (distinct seconds of speech: {}), {} clips of {} other speakers (one \
             recording each, {mean:.0} s on average), who are the foreign voices below; {} more only fitted the \
             calibration. Clips are {:.1} s long on average, each in a room drawn for it.\n",
            clips(&cast.owners),
            cast.owners.len(),
            seconds.join(", "),
            clips(&cast.unseen),
            cast.unseen.len(),
            cast.learnt.len(),
            mean_length(),
        ),
    );
}

fn percent(figure: Figure) -> String {
    let (low, high) = figure.interval;
    format!(
        "{:.2} % ({:.2} to {:.2})",
        figure.value * 1e2,
        low * 1e2,
        high * 1e2
    )
}

fn errors(out: &mut String, pool: &[Item], cast: &Cast) {
    line(
        out,
        "### One clip against a known owner: equal error rate\n",
    );
    line(
        out,
        "The owner is known by clips of other recordings. Intervals of 95 % by resampling speakers.\n",
    );
    let names: Vec<String> = LENGTHS.iter().map(|l| format!("{l} s")).collect();
    line(out, &format!("| place | {} |", names.join(" | ")));
    line(out, &format!("|---|{}", "---|".repeat(LENGTHS.len())));
    for place in Place::ALL {
        let each = (0..LENGTHS.len()).map(|l| percent(equal_error(pool, &cast.owners, place, l)));
        line(
            out,
            &format!(
                "| {} | {} |",
                place.name(),
                each.collect::<Vec<_>>().join(" | ")
            ),
        );
    }
    line(out, "");
}

/// Mean and the lowest of owners' means.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn exports(out: &mut String, pool: &[Item], cast: &Cast, size: Size) -> Vec<Told> {
    line(out, "### Whole exports, nobody enrolled\n");
    line(
        out,
        &format!(
            "Each of {} clips; mean over {} exports, {} of each owner; in brackets the owner with the lowest \
             figure. Clips are drawn again once all of a speaker were drawn. *Recall at 1 %*: foreign clips \
             that stand above the highest 1 % of own ones. *First 10 %*: foreign clips among the first tenth \
             of the list. *Found*, *wrongly*: with a chance of 50 % or more, of the foreign and of the own \
             clips. *Undecided*: of all.\n",
            size.clips,
            size.draws * cast.owners.len(),
            size.draws,
        ),
    );
    line(
        out,
        "| place | foreign | recall at 1 % | first 10 % | found | wrongly | undecided | main voice unclear |",
    );
    line(out, "|---|---|---|---|---|---|---|---|");
    let mut all = Vec::new();
    for place in [Place::Clean, Place::Far, Place::Hard, Place::Other] {
        for (name, foreign, one) in [
            ("1 %, one voice", size.clips / 100, true),
            ("1 %, many voices", size.clips / 100, false),
            ("5 %, one voice", size.clips / 20, true),
            ("5 %, many voices", size.clips / 20, false),
        ] {
            let mut by_owner: Vec<[Vec<f64>; 6]> = Vec::new();
            for &owner in &cast.owners {
                let mut of: [Vec<f64>; 6] = Default::default();
                for draw in 0..size.draws {
                    let number = (draw * 100 + owner) as u64;
                    let mut dice = Dice::new(21, foreign as u64 * 2 + u64::from(one), number);
                    let strangers = match one {
                        true => dice.some_of(cast.unseen.clone(), 1),
                        false => cast.unseen.clone(),
                    };
                    let own = size.clips - foreign;
                    let clips =
                        export(pool, owner, &strangers, &[place], (own, foreign), &mut dice);
                    let drawn = Drawn::new(&clips, &Owner::Learned);
                    let decided = drawn.decided();
                    let share = |foreign: bool| {
                        let all: Vec<_> = decided.iter().filter(|d| d.1 == foreign).collect();
                        let found = all.iter().filter(|d| d.0 >= 0.5).count();
                        found as f64 / all.len().max(1) as f64
                    };
                    let unclear = f64::from(u8::from(drawn.judged.unclear.is_some()));
                    let undecided = 1.0 - decided.len() as f64 / clips.len() as f64;
                    let figures = [
                        drawn.recall_at_1_percent(),
                        drawn.among_first(size.clips / 10),
                        share(true),
                        share(false),
                        undecided,
                        unclear,
                    ];
                    of.iter_mut()
                        .zip(figures)
                        .for_each(|(of, figure)| of.push(figure));
                    if place != Place::Clean {
                        all.extend(told(&drawn, &clips, pool, owner));
                    }
                }
                by_owner.push(of);
            }
            let figure = |i: usize, worst: fn(f64, f64) -> f64| {
                let means: Vec<f64> = by_owner.iter().map(|of| mean(&of[i])).collect();
                let least = means.iter().copied().reduce(worst).unwrap_or(0.0);
                format!("{:.1} % ({:.1})", mean(&means) * 1e2, least * 1e2)
            };
            line(
                out,
                &format!(
                    "| {} | {name} | {} | {} | {} | {} | {} | {} |",
                    place.name(),
                    figure(0, f64::min),
                    figure(1, f64::min),
                    figure(2, f64::min),
                    figure(3, f64::max),
                    figure(4, f64::max),
                    figure(5, f64::max),
                ),
            );
        }
    }
    line(out, "");
    all
}

/// Exports whose owners are the speakers of one recording: many owners, though each with little speech.
fn small_exports(pool: &[Item], cast: &Cast) -> Vec<Told> {
    let mut all = Vec::new();
    for &owner in &cast.unseen {
        for place in [Place::Far, Place::Hard, Place::Other] {
            let mut dice = Dice::new(22, place as u64, owner as u64);
            let strangers: Vec<usize> = cast
                .unseen
                .iter()
                .copied()
                .filter(|s| *s != owner)
                .collect();
            // As many as the pool has of one, and one foreign in twenty.
            let own = pool
                .iter()
                .filter(|i| i.speaker == owner && i.place == place)
                .count();
            let count = (own, own.div_ceil(20));
            let clips = export(pool, owner, &strangers, &[place], count, &mut dice);
            let drawn = Drawn::new(&clips, &Owner::Learned);
            all.extend(told(&drawn, &clips, pool, owner));
        }
    }
    all
}

fn voices(out: &mut String, pool: &[Item], cast: &Cast, size: Size) {
    line(out, "### How many voices\n");
    let draws = size.draws * 8;
    line(
        out,
        &format!(
            "One owner with 60 clips and further voices with 10 each; {draws} exports of each kind: how often \
             the number was right.\n"
        ),
    );
    line(out, "| place | 1 voice | 2 | 3 | 4 | 5 |");
    line(out, "|---|---|---|---|---|---|");
    for place in Place::ALL {
        let mut row = String::new();
        for count in 1..=5usize {
            let mut right = 0;
            for draw in 0..draws {
                let mut dice = Dice::new(31, count as u64, draw as u64);
                let owner = cast.owners[draw % cast.owners.len()];
                let mut clips = export(pool, owner, &[], &[place], (60, 0), &mut dice);
                for stranger in dice.some_of(cast.unseen.clone(), count - 1) {
                    clips.extend(export(pool, 0, &[stranger], &[place], (0, 10), &mut dice));
                }
                let drawn = Drawn::new(&clips, &Owner::Learned);
                right += usize::from(drawn.judged.voices.len() == count);
            }
            let _ = write!(row, " {:.0} % |", 1e2 * right as f64 / draws as f64);
        }
        line(out, &format!("| {} |{row}", place.name()));
    }
    line(out, "");
}

fn cases(out: &mut String, pool: &[Item], cast: &Cast, size: Size) {
    line(out, "### Cases of their own\n");
    line(out, "Far-field clips; how often each answer was given.\n");
    line(
        out,
        "| export | exports | foreign found | two voices alike in size | no main voice | nothing found |",
    );
    line(out, "|---|---|---|---|---|---|");
    let mut case = |name: &str, make: &dyn Fn(usize, &mut Dice) -> Drawn| {
        let draws = size.draws * 4;
        let mut counts = [0; 4];
        for draw in 0..draws {
            let mut dice = Dice::new(41, 0, draw as u64);
            let drawn = make(draw, &mut dice);
            let found = drawn.decided().iter().any(|d| d.0 >= 0.5);
            let which = match drawn.judged.unclear {
                _ if found => 0,
                Some(Unclear::TwoMain) => 1,
                Some(_) => 2,
                None => 3,
            };
            counts[which] += 1;
        }
        let share = counts.map(|n| format!("{:.0} %", 1e2 * f64::from(n) / draws as f64));
        line(
            out,
            &format!("| {name} | {draws} | {} |", share.join(" | ")),
        );
    };
    let far = [Place::Far];
    let owners = &cast.owners;
    case("two households, half and half, 200 clips", &|draw, dice| {
        let owner = owners[draw % owners.len()];
        let other = owners[(draw + 1) % owners.len()];
        let mut clips = export(pool, owner, &[], &far, (100, 0), dice);
        clips.extend(export(pool, other, &[], &far, (100, 0), dice));
        Drawn::new(&clips, &Owner::Learned)
    });
    case(
        "nobody's own voice: 60 voices, three clips each",
        &|_, dice| {
            let mut clips = Vec::new();
            for stranger in dice.some_of(cast.unseen.clone(), 60) {
                clips.extend(export(pool, 0, &[stranger], &far, (0, 3), dice));
            }
            Drawn::new(&clips, &Owner::Learned)
        },
    );
    case("only the owner's voice, 200 clips", &|draw, dice| {
        let owner = owners[draw % owners.len()];
        Drawn::new(
            &export(pool, owner, &[], &far, (200, 0), dice),
            &Owner::Learned,
        )
    });
    case(
        "somebody else's export, checked with --owner",
        &|draw, dice| {
            let owner = owners[draw % owners.len()];
            let other = owners[(draw + 1) % owners.len()];
            let known = export(pool, owner, &[], &[Place::Clean], (5, 0), dice);
            let known = known.iter().flat_map(|(item, _)| &item.heard.pieces);
            let known = known.filter_map(|piece| piece.voice.clone()).collect();
            Drawn::new(
                &export(pool, other, &[], &far, (200, 0), dice),
                &Owner::Known(known),
            )
        },
    );
    case(
        "the owner's own export, checked with --owner",
        &|draw, dice| {
            let owner = owners[draw % owners.len()];
            let known = export(pool, owner, &[], &[Place::Clean], (5, 0), dice);
            let known = known.iter().flat_map(|(item, _)| &item.heard.pieces);
            let known = known.filter_map(|piece| piece.voice.clone()).collect();
            Drawn::new(
                &export(pool, owner, &[], &far, (200, 0), dice),
                &Owner::Known(known),
            )
        },
    );
    line(out, "");
}

/// Clips that are none of a clean voice, and an owner's voice that has changed.
fn sounds(out: &mut String, cast: &Cast, speakers: &[&Speaker], ears: &dyn Ears) {
    line(out, "### Sounds that are not one clear voice\n");
    line(
        out,
        "Twenty-four clips of 3 s of each kind beside fifty-six of an owner, far-field, for each owner: how many \
         have a second of speech; of those, how many are not decided because several seem to speak at once, and \
         how many are given 50 % or more; the mean chance of the decided ones.\n",
    );
    line(
        out,
        "| clips | with speech | several at once | 50 % or more | mean chance |",
    );
    line(out, "|---|---|---|---|---|");
    let length = 3 * voices::RATE_HZ as usize;
    type Make<'a> = &'a dyn Fn(usize, &mut Dice) -> Vec<f32>;
    let cut = |speaker: usize, dice: &mut Dice, length: usize| -> Vec<f32> {
        let utterances = &speakers[speaker].utterances;
        let whole = &utterances[dice.below(utterances.len())];
        let at = dice.below(whole.len().saturating_sub(length).max(1));
        whole[at..(at + length).min(whole.len())].to_vec()
    };
    let faster = |samples: &[f32], by: f64| -> Vec<f32> {
        let n = (samples.len() as f64 / by) as usize;
        (0..n)
            .map(|i| {
                let at = i as f64 * by;
                let (k, part) = (at as usize, at.fract() as f32);
                let next = samples.get(k + 1).copied().unwrap_or(0.0);
                samples[k] * (1.0 - part) + next * part
            })
            .collect()
    };
    let stranger = |dice: &mut Dice| cast.unseen[dice.below(cast.unseen.len())];
    let child = |_: usize, dice: &mut Dice| {
        let who = stranger(dice);
        faster(&cut(who, dice, length * 13 / 10), 1.3)
    };
    let together = |n: usize, dice: &mut Dice| {
        let mut sum = vec![0.0; length];
        for _ in 0..n {
            let who = stranger(dice);
            sum.iter_mut()
                .zip(cut(who, dice, length))
                .for_each(|(sum, v)| *sum += v / 3.0);
        }
        sum
    };
    let crowd = |_: usize, dice: &mut Dice| together(8, dice);
    let two = |_: usize, dice: &mut Dice| together(2, dice);
    // Somebody speaks over somebody else at a third of the level.
    let over = |front: usize, dice: &mut Dice| {
        let who = stranger(dice);
        let mut sum = cut(front, dice, length);
        sum.iter_mut()
            .zip(cut(who, dice, length))
            .for_each(|(sum, v)| *sum += v / 3.0);
        sum
    };
    let tv = |owner: usize, dice: &mut Dice| over(owner, dice);
    let stranger_tv = |_: usize, dice: &mut Dice| {
        let who = stranger(dice);
        over(who, dice)
    };
    let silence =
        |_: usize, dice: &mut Dice| (0..length).map(|_| (dice.normal() * 1e-3) as f32).collect();
    let tones = |_: usize, dice: &mut Dice| {
        // Three notes with overtones that change twice a second: no voice, but pitched.
        let mut out = vec![0.0f32; length];
        for part in out.chunks_mut(8_000) {
            for _ in 0..3 {
                let hz = 110.0 * 2f64.powf(dice.within(0.0, 3.0));
                for (i, sample) in part.iter_mut().enumerate() {
                    let turn = std::f64::consts::TAU * hz * i as f64 / 16_000.0;
                    let wave = turn.sin() + (2.0 * turn).sin() / 2.0 + (3.0 * turn).sin() / 3.0;
                    *sample += (wave * 0.05 * (-(i as f64) / 8_000.0).exp()) as f32;
                }
            }
        }
        out
    };
    let own = |owner: usize, dice: &mut Dice| cut(owner, dice, length);
    let lower = |owner: usize, dice: &mut Dice| faster(&cut(owner, dice, length * 94 / 100), 0.94);
    let muffled = |owner: usize, dice: &mut Dice| {
        // A cold and another microphone: pitch 4 % lower, nothing above 2.5 kHz or so.
        let mut samples = faster(&cut(owner, dice, length * 96 / 100), 0.96);
        let mut low = [0.0f32; 2];
        for sample in &mut samples {
            low[0] += 0.6 * (*sample - low[0]);
            low[1] += 0.6 * (low[0] - low[1]);
            *sample = low[1];
        }
        samples
    };
    let kinds: [(&str, Make); 11] = [
        ("the owner, as comparison", &own),
        ("the owner, pitch 6 % lower", &lower),
        ("the owner with a cold and another microphone", &muffled),
        ("the owner over a television at a third of the level", &tv),
        ("somebody else with a child's pitch (30 % higher)", &child),
        (
            "somebody else over a television at a third of the level",
            &stranger_tv,
        ),
        ("two voices at once, alike in level", &two),
        ("eight voices at once", &crowd),
        ("notes with overtones", &tones),
        ("noise", &silence),
        ("somebody else, as comparison", &|_, dice| {
            let who = stranger(dice);
            cut(who, dice, length)
        }),
    ];
    // The owners' own clips are the same beside all kinds.
    let beside: Vec<Vec<voices::Heard>> = cast
        .owners
        .iter()
        .map(|&owner| {
            let mut dice = Dice::new(52, 0, owner as u64);
            let clip = |_| {
                let sound = own(owner, &mut dice);
                hear(&Place::Far.heard(&sound, &mut dice), ears)
            };
            (0..56).map(clip).collect()
        })
        .collect();
    for (n, (name, make)) in kinds.iter().enumerate() {
        let mut chances = Vec::new();
        let (mut all, mut spoken, mut several) = (0, 0, 0);
        for (&owner, beside) in cast.owners.iter().zip(&beside) {
            let mut dice = Dice::new(51, n as u64, owner as u64);
            let mut heard = beside.clone();
            for _ in 0..24 {
                let sound = make(owner, &mut dice);
                heard.push(hear(&Place::Far.heard(&sound, &mut dice), ears));
            }
            let clips: Vec<voices::Clip> = heard
                .iter()
                .map(|heard| voices::Clip {
                    heard,
                    speaker: None,
                })
                .collect();
            let judged = voices::judge(&clips, &Owner::Learned, 0.5);
            all += 24;
            for said in &judged.said[56..] {
                match said {
                    Said::Decided(of) => chances.push(of.chance),
                    Said::Undecided(Why::Several, _) => several += 1,
                    _ => continue,
                }
                spoken += 1;
            }
        }
        let found = chances.iter().filter(|c| **c >= 0.5).count();
        let share = |n: usize, of: usize| match of {
            0 => "–".to_owned(),
            of => format!("{:.0} %", 1e2 * n as f64 / of as f64),
        };
        let chance = match chances.is_empty() {
            true => "–".to_owned(),
            false => format!("{:.0} %", mean(&chances) * 1e2),
        };
        line(
            out,
            &format!(
                "| {name} | {} | {} | {} | {chance} |",
                share(spoken, all),
                share(several, spoken),
                share(found, spoken),
            ),
        );
    }
    line(out, "");
}
