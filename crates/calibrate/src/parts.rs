//! What each part of the law buys, and what it costs elsewhere.

use std::path::Path;

use dice::Dice;
use stats::{Numbers, Parts, Prepared, Settings, Value};

use crate::Size;
use crate::each::each;
use crate::power::{Alignment, CLEAR, Leak, Material, leak, quantile};

/// A law: how many bets are made.
#[derive(Debug, Clone, Copy)]
pub struct Law {
    /// Its name.
    pub name: &'static str,
    /// Its parts.
    pub parts: Parts,
    /// As the slow code is bet on: with a fine coin in each block, and a stake on values about two blocks.
    pub slow: bool,
}

/// The law of one part after the other, then as the slow code has it.
pub const LAWS: [Law; 7] = [
    law("lines alone, every bet settled at once", Parts::NONE),
    law("+ deferral", DEFERRAL),
    law("+ clusters and shares of noise", EXPERTS),
    law("+ weights by looks", WEIGHTS),
    law("+ groups", GROUPS),
    law("+ reserve for what moves late: the law", Parts::ALL),
    Law {
        slow: true,
        ..law(
            "the law with the slow code's four levels and bets on two coins",
            Parts::ALL,
        )
    },
];

const fn law(name: &'static str, parts: Parts) -> Law {
    Law {
        name,
        parts,
        slow: false,
    }
}

const DEFERRAL: Parts = Parts {
    deferral: true,
    ..Parts::NONE
};
const EXPERTS: Parts = Parts {
    experts: true,
    ..DEFERRAL
};
const WEIGHTS: Parts = Parts {
    weights: true,
    ..EXPERTS
};
const GROUPS: Parts = Parts {
    groups: true,
    ..WEIGHTS
};

/// A leak by another kind of field, one of [`N_SERIES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Its mean is shifted by two standard deviations.
    Shift,
    /// It is the coin; with four levels the coarse one.
    Flag,
    /// It is the coin, but wrong in a tenth of the blocks.
    WrongFlag,
    /// It wanders, and a coin shifts it by four steps of its way.
    Drifting,
    /// A shift by six in Cauchy noise.
    HeavyTails,
    /// Something happens in four of ten loud blocks, and never in a quiet one.
    Rare,
    /// It begins to move at the 20th block, then is shifted by four standard deviations.
    Late,
}

impl Field {
    /// Each with what the page calls it.
    pub const ALL: [(Field, &'static str); 7] = [
        (Field::Shift, "shift by 2 standard deviations"),
        (Field::Flag, "flag, never wrong"),
        (Field::WrongFlag, "flag, wrong in 10 %"),
        (Field::Drifting, "shift by 4 steps of a random walk"),
        (Field::HeavyTails, "shift by 6 in Cauchy noise"),
        (Field::Rare, "event in 40 % of the loud blocks, in no other"),
        (Field::Late, "constant until block 20, then shift by 4"),
    ];

    /// Its values; `levels`: each block's level, from 0 (the quietest) to 1.
    fn values(self, levels: &[f32], dice: &mut Dice) -> Vec<f64> {
        let mut walk = 0.0;
        let value = |(k, &level): (usize, &f32)| {
            let loud = f64::from(level);
            let coin = u8::from(level > 0.5);
            match self {
                Field::Shift => 2.0 * loud + dice.normal(),
                Field::Flag => f64::from(coin),
                Field::WrongFlag if dice.unit() < 0.1 => f64::from(1 - coin),
                Field::WrongFlag => f64::from(coin),
                Field::Drifting => {
                    walk += dice.normal();
                    walk + 4.0 * loud
                }
                Field::HeavyTails => {
                    (std::f64::consts::PI * (dice.unit() - 0.5)).tan() + 6.0 * loud
                }
                Field::Rare => f64::from(u8::from(coin == 1 && dice.unit() < 0.4)),
                Field::Late if k < 20 => 7.0,
                Field::Late => 7.0 + 4.0 * loud + dice.normal(),
            }
        };
        levels.iter().enumerate().map(value).collect()
    }
}

/// Series of a made-up session, the leaking one among them; the others are independent noise.
pub const N_SERIES: usize = 25;
/// Its blocks.
pub const N_BLOCKS: usize = 90;

/// How soon something is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Sessions.
    pub sessions: usize,
    /// Sessions in which it was found.
    pub found: usize,
    /// Median of the blocks until then.
    pub median: Option<usize>,
    /// 95 % point.
    pub p95: Option<usize>,
}

/// One law, held against real leaks of d at least 4 and of d 2 to 4 (where there are recordings), minutes, and against
/// each of [`Field::ALL`], blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The law.
    pub name: &'static str,
    /// The two rows of real leaks.
    pub real: Vec<Found>,
    /// Made-up ones.
    pub fields: Vec<Found>,
}

/// A row for each law. All get the same dice.
pub fn rows(size: Size, seed: u64, data: Option<&Path>, say: &mut dyn FnMut(&str)) -> Vec<Row> {
    let each = LAWS.into_iter().map(|law| {
        let row = row_of(size, seed, data, law);
        say(&format!("parts: {row:?}"));
        row
    });
    each.collect()
}

/// The row of one law.
pub fn row_of(size: Size, seed: u64, data: Option<&Path>, Law { name, parts, slow }: Law) -> Row {
    let material = data.and_then(|data| Material::read(data).ok());
    let settings = Settings {
        parts,
        ..match slow {
            true => Alignment::Aligned.settings(true),
            false => Settings::default(),
        }
    };
    let real = material.iter().flat_map(|material| {
        [(CLEAR, 600), ((2.0, 4.0), 601)].map(|(range, purpose)| {
            let what = Leak {
                fine: slow,
                ..leak(Alignment::Aligned, range, 1.0)
            };
            let row = material.row(
                what,
                (size, size.pick(40, 1_000)),
                settings,
                (seed, purpose),
            );
            Found {
                sessions: row.sessions,
                found: row.found,
                median: row.median_min,
                p95: row.p95_min,
            }
        })
    });
    let fields = Field::ALL.map(|(field, _)| found(field, size, settings, seed));
    Row {
        name,
        real: real.collect(),
        fields: fields.into(),
    }
}

fn found(field: Field, size: Size, settings: Settings, seed: u64) -> Found {
    let sessions = size.pick(20, 400);
    let mut blocks = each(size, sessions, |i| {
        let mut dice = Dice::new(seed, 610 + field as u64, i);
        let (coins, levels): (Vec<u8>, Vec<f32>) = match settings.fine > 0.0 {
            true => {
                let symbols = dice.symbols(N_BLOCKS, 4);
                let level = |&symbol: &u8| record::SlowerCode::NESTED[usize::from(symbol)];
                let levels = symbols.iter().map(level).collect();
                (symbols, levels)
            }
            false => {
                let coins = dice.coins(N_BLOCKS);
                let levels = coins.iter().map(|&coin| f32::from(coin)).collect();
                (coins, levels)
            }
        };
        let mut all = vec![field.values(&levels, &mut dice)];
        all.extend((1..N_SERIES).map(|_| (0..N_BLOCKS).map(|_| dice.normal()).collect()));
        let values = |s: Vec<f64>| (1.0, s.into_iter().map(Value::Number).collect());
        let evidence = Numbers::new(N_BLOCKS, all.into_iter().map(values).collect())
            .and_then(|numbers| Prepared::new(numbers, settings).test(&coins));
        let evidence = evidence.unwrap_or_else(|e| unreachable!("made-up numbers fit: {e}"));
        plan::found_after(&evidence, 0.001).unwrap_or(usize::MAX)
    });
    blocks.sort_unstable();
    Found {
        sessions,
        found: blocks.iter().filter(|&&k| k < usize::MAX).count(),
        median: quantile(&blocks, 0.5),
        p95: quantile(&blocks, 0.95),
    }
}
