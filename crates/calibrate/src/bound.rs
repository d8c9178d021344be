//! The bound beside "nothing found", held against leaks of known size.

use stats::{Numbers, Prepared, Settings, Value, log_threshold};

use dice::Dice;

/// Sessions with a leak of one size.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// How the leak is told.
    pub how: &'static str,
    /// Its size, bits a block.
    pub bits: f64,
    /// Blocks of each session.
    pub blocks: usize,
    /// How many sessions.
    pub sessions: usize,
    /// In how many it was found.
    pub found: usize,
    /// In how many nothing was found and the bound is below the size.
    pub too_low: usize,
}

/// Share of all sessions of a length in which that may be.
pub const MAY_BE_LOW: f64 = 0.05;

/// Lengths, blocks: those of `smoke`, `quick` and `standard`.
const BLOCKS: [usize; 3] = [60, 180, 1_800];

const ALPHA: f64 = 0.001;
const PRIOR: f64 = 20.0;

/// A value that tells the coin in a share of the blocks, and nothing in the others. Where it shows which
/// blocks these are, it is as large a leak as an accuracy can hide (docs/statistics.md, "How large, how
/// small"); a bit does not show it.
#[derive(Clone, Copy)]
enum How {
    Mean,
    State,
    Bit,
}

impl How {
    const ALL: [(&str, How); 3] = [
        ("by a number", How::Mean),
        ("by a state", How::State),
        ("by a bit in a mask", How::Bit),
    ];

    /// In which share of the blocks it has to tell the coin for a leak of so many bits a block (mutual
    /// information).
    fn share(self, bits: f64) -> f64 {
        match self {
            // An erasure channel.
            How::Mean | How::State => bits,
            // A symmetric one: what is no answer is a wrong one half of the time.
            How::Bit => {
                let (mut low, mut high) = (0.0, 1.0);
                for _ in 0..60 {
                    let middle = 0.5 * (low + high);
                    match symmetric_bits(middle) < bits {
                        true => low = middle,
                        false => high = middle,
                    }
                }
                high
            }
        }
    }

    fn value(self, told: Option<u8>, dice: &mut Dice) -> f64 {
        let nothing = u8::from(dice.unit() < 0.5);
        match self {
            How::Mean => match told {
                Some(coin) => 20.0 * f64::from(coin) - 10.0,
                None => dice.normal(),
            },
            How::State => match told {
                Some(coin) => [3.0, 8.0][usize::from(coin)],
                None => [1.0, 5.0][usize::from(nothing)],
            },
            How::Bit => {
                let mask = (dice.unit() * 65_536.0) as u64 & 0xFEFF;
                (mask | u64::from(told.unwrap_or(nothing)) << 8) as f64
            }
        }
    }
}

/// Bits that a bit tells which is the coin in a share of the blocks and follows nothing in the others:
/// 1 - h2, h2 the entropy of how often it is wrong (Cover & Thomas, section 7.1.4).
fn symmetric_bits(share: f64) -> f64 {
    let wrong = 0.5 * (1.0 - share);
    let part = |p: f64| if p > 0.0 { -p * p.log2() } else { 0.0 };
    1.0 - part(wrong) - part(1.0 - wrong)
}

/// Every row; each leak lies in one of ten series.
pub fn rows(sessions: usize, seed: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for (number, (how, of)) in How::ALL.into_iter().enumerate() {
        for blocks in BLOCKS {
            for bits in [0.05, 0.1, 0.2, 0.4] {
                let mut row = Row {
                    how,
                    bits,
                    blocks,
                    sessions,
                    found: 0,
                    too_low: 0,
                };
                for i in 0..sessions {
                    let purpose = 700 + number as u64 * 100 + rows.len() as u64;
                    let mut dice = Dice::new(seed, purpose, i as u64);
                    match bound(of, bits, blocks, &mut dice) {
                        None => row.found += 1,
                        Some(bound) => row.too_low += usize::from(bound < bits),
                    }
                }
                rows.push(row);
            }
        }
    }
    rows
}

/// The bound that is printed; nothing where the leak was found.
fn bound(how: How, bits: f64, blocks: usize, dice: &mut Dice) -> Option<f64> {
    let (coins, share) = (dice.coins(blocks), how.share(bits));
    let leak: Vec<f64> = coins
        .iter()
        .map(|&coin| {
            let told = (dice.unit() < share).then_some(coin);
            how.value(told, dice)
        })
        .collect();
    let others = (0..9).map(|_| (0..blocks).map(|_| dice.normal()).collect());
    let series: Vec<Vec<f64>> = std::iter::once(leak).chain(others).collect();
    let values = |s: &Vec<f64>| (1.0, s.iter().map(|&y| Value::Number(y)).collect());
    let evidence = Numbers::new(blocks, series.iter().map(values).collect())
        .and_then(|numbers| Prepared::new(numbers, Settings::default()).test(&coins))
        .unwrap_or_else(|e| unreachable!("made-up numbers fit: {e}"));
    if evidence.max_log_e >= log_threshold(ALPHA) {
        return None;
    }
    let (n, right) = (evidence.guesses.len() as u64, evidence.n_right as u64);
    let theta = stats::theta_upper(n, right, MAY_BE_LOW, PRIOR, PRIOR);
    Some(stats::bits_at_most(theta))
}

/// The page's section.
pub fn markdown(rows: &[Row]) -> String {
    let mut out = format!(
        "\n## The bound beside \"nothing found\"\n\n\
         A value among ten that tells the coin in a share of the blocks and nothing in the others, so that its mutual\n\
         information with the coin is the stated one: of a number or a state that share itself, of a bit, which does\n\
         not show when it is right, 1 - h2 of how often it is wrong. *Too low*: nothing was found, and the bound that\n\
         is printed is below that size. Of all sessions of one length at most {:.0} % may be.\n\n\
         | told | bits a block | blocks | sessions | found | too low |\n|---|---|---|---|---|---|\n",
        100.0 * MAY_BE_LOW
    );
    for row in rows {
        out += &format!(
            "| {} | {} | {} | {} | {} | {} |\n",
            row.how, row.bits, row.blocks, row.sessions, row.found, row.too_low
        );
    }
    out
}

/// Lengths for which it does not hold.
pub fn misses(rows: &[Row]) -> Vec<String> {
    let of = |blocks: &usize| {
        let rows = || rows.iter().filter(move |row| row.blocks == *blocks);
        let sum = |what: fn(&Row) -> usize| rows().map(what).sum::<usize>();
        let (low, all) = (sum(|row| row.too_low), sum(|row| row.sessions));
        (low > crate::null::limit(all, MAY_BE_LOW))
            .then(|| format!("the bound is too low in {low} of {all} sessions of {blocks} blocks"))
    };
    BLOCKS.iter().filter_map(of).collect()
}
