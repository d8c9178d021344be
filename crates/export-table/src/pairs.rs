//! Two exports beside each other: is one the other's?

use dice::Dice;
use export::{Gathered, Recording, against};
use voices::Embedding;

use crate::measures;
use crate::places::Place;
use crate::pool::Item;

/// Clips of an export.
const CLIPS: usize = 100;
/// Clips of the other's among them, where some were mixed in.
const MIXED: usize = 5;
/// A chance from which on a clip is listed, as `export-check` has it unless told otherwise.
const THRESHOLD: f64 = 0.5;

/// Which exports lie beside each other.
#[derive(Clone, Copy, PartialEq)]
enum Pair {
    /// The requester's, and another's.
    Right,
    /// The other way round.
    Swapped,
    /// Both of one person.
    One,
    /// The requester's with clips of the other's among them.
    Mixed,
}

const PAIRS: [(Pair, &str); 4] = [
    (Pair::Right, "the requester's, and another's"),
    (Pair::Swapped, "the other way round"),
    (Pair::One, "both of one person"),
    (
        Pair::Mixed,
        "the requester's with 5 clips of the other's, and the other's",
    ),
];

/// A table: what is said of so many pairs of each kind.
pub fn pairs(pool: &[Item], owners: &[usize], draws: usize) -> String {
    let mut out = format!(
        "### Two exports beside each other\n\nFar-field, {CLIPS} clips each, checked by `--against`, with five clean clips \
         of the requester as `--owner`; {draws} pairs of each kind. *Found*: of the clips that are the other's. \
         *Wrongly*: clips that are said to be the other's and are not, of all.\n\n\
         | exports | pairs | swapped | not swapped | one voice in both | found | wrongly |\n|---|---|---|---|---|---|---|\n"
    );
    for (pair, name) in PAIRS {
        let (mut swapped, mut right, mut one_voice) = (0, 0, 0);
        let (mut found, mut there, mut wrongly, mut all) = (0, 0, 0, 0);
        for draw in 0..draws {
            let mut dice = Dice::new(43, 0, draw as u64);
            let owner = owners[draw % owners.len()];
            let other = owners[(draw + 1) % owners.len()];
            let [first, second] = match pair {
                Pair::Right | Pair::Mixed => [owner, other],
                Pair::Swapped => [other, owner],
                Pair::One => [owner, owner],
            };
            let mixed = if pair == Pair::Mixed { MIXED } else { 0 };
            let here = gathered(pool, [first, second], [CLIPS - mixed, mixed], &mut dice);
            let beside = gathered(pool, [second, first], [CLIPS, 0], &mut dice);
            let known = measures::export(pool, owner, &[], &[Place::Clean], (5, 0), &mut dice);
            let known: Vec<Embedding> = known
                .iter()
                .flat_map(|(item, _)| &item.heard.pieces)
                .filter_map(|piece| piece.voice.clone())
                .collect();
            let said = against(["a", "b"], [&here, &beside], Some(&known), THRESHOLD);
            swapped += usize::from(said.swapped == Some(true));
            right += usize::from(said.swapped == Some(false));
            one_voice += usize::from(said.same_voice == Some(true));
            let strange = |path: &str| path.starts_with(STRANGE);
            for rows in &said.belongs {
                found += rows.iter().filter(|row| strange(&row.path)).count();
                wrongly += rows.iter().filter(|row| !strange(&row.path)).count();
            }
            there += mixed;
            all += 2 * CLIPS - mixed;
        }
        let share = |n: usize, of: usize| match of {
            0 => "–".to_owned(),
            _ => format!("{:.1} %", 1e2 * n as f64 / of as f64),
        };
        let cells = [
            share(swapped, draws),
            share(right, draws),
            share(one_voice, draws),
            share(found, there),
            share(wrongly, all),
        ];
        out += &format!("| {name} | {draws} | {} |\n", cells.join(" | "));
    }
    out.push('\n');
    out
}

/// How clips of the other's are called in a made export.
const STRANGE: &str = "strange";

fn gathered(
    pool: &[Item],
    [owner, other]: [usize; 2],
    counts: [usize; 2],
    dice: &mut Dice,
) -> Gathered {
    let [own, strange] = counts;
    let clips = measures::export(pool, owner, &[other], &[Place::Far], (own, strange), dice);
    let recordings = clips
        .iter()
        .enumerate()
        .map(|(k, (item, foreign))| Recording {
            path: match foreign {
                true => format!("{STRANGE}-{k}"),
                false => format!("own-{k}"),
            },
            heard: item.heard.clone(),
        });
    Gathered {
        recordings: recordings.collect(),
        ..Gathered::default()
    }
}
