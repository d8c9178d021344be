//! Real leaks: how long until the loudness fields of a muted client are found?

use std::fs;
use std::path::Path;

use stats::{Numbers, Prepared, Settings, Value, e_bh};

use crate::Size;
use crate::each::each;
use crate::real::telemetry;
use dice::Dice;

/// Where the labelled recordings lie in the folder of data.
pub(crate) const RECORDINGS: &str = "webex-telemetry/gains-new-50cm.json";

/// Level at which a leak is called one, and the false discovery rate at which fields are named.
const ALPHA: f64 = 0.001;
const FDR: f64 = 0.01;

/// Blocks to go on for after a find until a field is named.
const PATIENCE: usize = 10;

/// Minutes after which a session counts as having found nothing.
const LONGEST: usize = 60;

/// Minutes of one sound: the three gains of each, max, mean, min.
struct Sound {
    minutes: Vec<[f64; 3]>,
}

/// How the minutes that values are about lie to the blocks of the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alignment {
    /// Each is a block.
    Aligned,
    /// Likewise, but nobody knows that: the grid was not set at a send.
    Unset,
    /// Blocks of a minute; each value is about half of a block and half of the one before, and the grid was not set at a
    /// send.
    HalfOff,
    /// Blocks of two minutes; of a block's two values one is about half of the block before.
    TwoMinutes,
}

impl Alignment {
    /// As the page calls it, with the length of a block.
    pub fn name(self) -> &'static str {
        match self {
            Alignment::Aligned => "aligned, 1 min",
            Alignment::Unset => "aligned by chance, 1 min",
            Alignment::HalfOff => "half a minute off, 1 min",
            Alignment::TwoMinutes => "half a minute off, 2 min",
        }
    }

    /// Length of a block, minutes.
    pub fn block_min(self) -> usize {
        match self {
            Alignment::Aligned | Alignment::Unset | Alignment::HalfOff => 1,
            Alignment::TwoMinutes => 2,
        }
    }

    /// How an audit bets where it knows as much of its grid, with or without a fine coin in each block.
    pub fn settings(self, fine: bool) -> Settings {
        let law = verdict::slow_law(fine, self != Alignment::Aligned);
        match self {
            Alignment::TwoMinutes => Settings {
                two_coins: 0.0,
                ..law
            },
            _ => law,
        }
    }
}

/// Pairs of sounds that differ by a certain amount, and what became of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// How values lie to blocks.
    pub alignment: Alignment,
    /// Distances d from here up to `to`.
    pub from: f64,
    /// End of the range.
    pub to: f64,
    /// How many times as far apart the means are as recorded.
    pub span: f64,
    /// Levels between the two sounds and them: two, or four nested ones.
    pub levels: u8,
    /// Pairs of recordings.
    pub pairs: usize,
    /// Sessions.
    pub sessions: usize,
    /// Sessions in which a leak was found.
    pub found: usize,
    /// Median and 95 % point of the minutes until then; nothing if fewer were found.
    pub median_min: Option<usize>,
    /// The 95 % point.
    pub p95_min: Option<usize>,
    /// Finds in which e-BH named a field within ten more minutes.
    pub named: usize,
    /// Finds in which the strongest field named was a gain.
    pub named_right: usize,
    /// Finds in which any other field was named.
    pub named_wrong: usize,
}

pub(crate) const CLEAR: (f64, f64) = (4.0, f64::INFINITY);

/// How far the slow code's step moves the means of two sounds apart that lay a step of 10 dB apart: 1 is as far as they
/// were recorded.
pub(crate) const SPAN: f64 = 1.6;

/// A kind of leak that is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leak {
    pub(crate) alignment: Alignment,
    /// Distances as recorded, from here up to there.
    pub(crate) d: (f64, f64),
    /// How far apart the means are moved.
    pub(crate) span: f64,
    /// Whether each block has a fine coin as well, and a value of two levels between.
    pub(crate) fine: bool,
}

pub(crate) const fn leak(alignment: Alignment, d: (f64, f64), span: f64) -> Leak {
    Leak {
        alignment,
        d,
        span,
        fine: false,
    }
}

/// With four nested levels over the slow code's step.
const fn nested(alignment: Alignment, d: (f64, f64)) -> Leak {
    Leak {
        fine: true,
        ..leak(alignment, d, SPAN)
    }
}

const PLAIN: (f64, f64) = (2.0, 4.0);

/// What is computed. The number of a row picks its dice.
const ROWS: [Leak; 18] = [
    leak(Alignment::Aligned, CLEAR, 1.0),
    leak(Alignment::Aligned, PLAIN, 1.0),
    leak(Alignment::Aligned, (1.0, 2.0), 1.0),
    leak(Alignment::Aligned, (0.0, 1.0), 1.0),
    leak(Alignment::HalfOff, CLEAR, 1.0),
    leak(Alignment::TwoMinutes, CLEAR, 1.0),
    leak(Alignment::HalfOff, PLAIN, 1.0),
    leak(Alignment::TwoMinutes, PLAIN, 1.0),
    leak(Alignment::Unset, CLEAR, 1.0),
    leak(Alignment::Aligned, CLEAR, SPAN),
    leak(Alignment::Aligned, PLAIN, SPAN),
    leak(Alignment::HalfOff, CLEAR, SPAN),
    // What a step of 20 dB would bring.
    leak(Alignment::Aligned, CLEAR, 2.0),
    nested(Alignment::Aligned, CLEAR),
    nested(Alignment::Aligned, PLAIN),
    nested(Alignment::Aligned, (1.0, 2.0)),
    nested(Alignment::HalfOff, CLEAR),
    nested(Alignment::Unset, CLEAR),
];

/// What leaks are made of: recorded minutes of sounds, and other fields.
pub(crate) struct Material {
    sounds: Vec<Sound>,
    fields: Vec<Vec<Option<f64>>>,
}

impl Material {
    /// Reads both.
    pub(crate) fn read(data: &Path) -> Result<Material, String> {
        let path = data.join(RECORDINGS);
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let sounds = parse(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        // The 22 other fields; the message's own lengths are none of them.
        let mut fields = telemetry(data)?;
        let named = fields.names.iter().zip(fields.columns.drain(..));
        let others = named.filter(|(name, _)| !name.starts_with("message_"));
        let fields = others.map(|(_, column)| column).collect();
        Ok(Material { sounds, fields })
    }

    /// Plays sessions with the dice of that purpose.
    pub(crate) fn row(
        &self,
        leak: Leak,
        (size, sessions): (Size, usize),
        settings: Settings,
        (seed, purpose): (u64, u64),
    ) -> Row {
        let (alignment, (from, to), span) = (leak.alignment, leak.d, leak.span);
        let sounds = &self.sounds;
        let pairs = (0..sounds.len()).flat_map(|i| (0..i).map(move |j| (i, j)));
        let pairs = pairs.map(|(i, j)| (&sounds[i], &sounds[j]));
        let here = |(a, b): &(&Sound, &Sound)| (from..to).contains(&distance(a, b));
        let here: Vec<_> = pairs.filter(here).collect();
        let mut row = Row {
            alignment,
            from,
            to,
            span,
            levels: if leak.fine { 4 } else { 2 },
            pairs: here.len(),
            sessions,
            found: 0,
            median_min: None,
            p95_min: None,
            named: 0,
            named_right: 0,
            named_wrong: 0,
        };
        let here: Vec<(Sound, Sound)> = here.iter().map(|(a, b)| moved(a, b, span)).collect();
        let mut minutes = Vec::new();
        let played = if here.is_empty() { 0 } else { sessions };
        let played = each(size, played, |i| {
            let (a, b) = &here[i as usize % here.len()];
            let mut dice = Dice::new(seed, purpose, i);
            let session = Session::new(a, b, &self.fields, (alignment, settings), &mut dice);
            let found = session.found()?;
            Some((found, session.named(found)))
        });
        for session in played {
            let Some((found, named)) = session else {
                minutes.push(usize::MAX);
                continue;
            };
            row.found += 1;
            minutes.push(found);
            row.named += usize::from(!named.is_empty());
            row.named_right += usize::from(named.first().is_some_and(|&f| f < 3));
            row.named_wrong += usize::from(named.iter().any(|&f| f >= 3));
        }
        minutes.sort_unstable();
        (row.median_min, row.p95_min) = (quantile(&minutes, 0.5), quantile(&minutes, 0.95));
        row
    }
}

/// The smallest of rising values that at least this share does not exceed; nothing where that is `usize::MAX`.
pub(crate) fn quantile(rising: &[usize], share: f64) -> Option<usize> {
    let rank = (share * rising.len() as f64).ceil() as usize;
    let value = rising.get(rank.saturating_sub(1)).copied();
    value.filter(|&m| m < usize::MAX)
}

/// One row for each range of distances and alignment.
pub fn rows(
    size: Size,
    seed: u64,
    data: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, String> {
    let material = Material::read(data)?;
    let each = ROWS.into_iter().enumerate().map(|(purpose, what)| {
        let dice = (seed, 200 + purpose as u64);
        let settings = what.alignment.settings(what.fine);
        let row = material.row(what, (size, size.pick(60, 1_000)), settings, dice);
        say(&format!("power: {row:?}"));
        row
    });
    Ok(each.collect())
}

fn parse(text: &str) -> Result<Vec<Sound>, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let list = value.as_array().ok_or("not a list of recordings")?;
    let column = |entry: &serde_json::Value, name: &str| -> Option<Vec<f64>> {
        entry
            .get(name)?
            .as_array()?
            .iter()
            .map(serde_json::Value::as_f64)
            .collect()
    };
    list.iter()
        .map(|entry| {
            let gains = ["max", "mean", "min"].map(|name| column(entry, name));
            let [Some(max), Some(mean), Some(min)] = gains else {
                return Err("a recording without its three gains".to_owned());
            };
            let minutes = max.iter().zip(&mean).zip(&min);
            Ok(Sound {
                minutes: minutes.map(|((&a, &b), &c)| [a, b, c]).collect(),
            })
        })
        .collect()
}

/// Both with their means moved apart to so many times their distance; the minutes lie around them as they did.
fn moved(a: &Sound, b: &Sound, span: f64) -> (Sound, Sound) {
    let mean = |sound: &Sound, gain: usize| {
        sound.minutes.iter().map(|m| m[gain]).sum::<f64>() / sound.minutes.len() as f64
    };
    let by = [0, 1, 2].map(|gain| (span - 1.0) * (mean(a, gain) - mean(b, gain)) / 2.0);
    let shift = |sound: &Sound, sign: f64| Sound {
        minutes: sound
            .minutes
            .iter()
            .map(|m| [0, 1, 2].map(|gain| m[gain] + sign * by[gain]))
            .collect(),
    };
    (shift(a, 1.0), shift(b, -1.0))
}

/// Cohen's d of the gain that tells the two apart best.
fn distance(a: &Sound, b: &Sound) -> f64 {
    let of = |sound: &Sound, gain: usize| {
        let n = sound.minutes.len() as f64;
        let mean = sound.minutes.iter().map(|m| m[gain]).sum::<f64>() / n;
        let squares = sound
            .minutes
            .iter()
            .map(|m| (m[gain] - mean).powi(2))
            .sum::<f64>();
        (mean, squares / (n - 1.0))
    };
    let d = |gain| {
        let ((mean_a, var_a), (mean_b, var_b)) = (of(a, gain), of(b, gain));
        (mean_a - mean_b).abs() / ((var_a + var_b) / 2.0).sqrt()
    };
    (0..3).map(d).fold(0.0, f64::max)
}

/// A made-up session of real minutes: the gains first, then the other fields, a value a block.
struct Session {
    alignment: Alignment,
    settings: Settings,
    coins: Vec<u8>,
    columns: Vec<Vec<Value>>,
}

impl Session {
    /// Minutes of either sound in the order in which they were recorded, from a random one on; the
    /// other fields are a stretch of the real log.
    fn new(
        a: &Sound,
        b: &Sound,
        fields: &[Vec<Option<f64>>],
        (alignment, settings): (Alignment, Settings),
        dice: &mut Dice,
    ) -> Session {
        let block_min = alignment.block_min();
        let n = LONGEST / block_min;
        let symbols = match settings.fine > 0.0 {
            true => dice.symbols(n, 4),
            // Outer levels alone.
            false => dice.coins(n).into_iter().map(|coin| 3 * coin).collect(),
        };
        let mean = |sound: &Sound, gain: usize| {
            sound.minutes.iter().map(|m| m[gain]).sum::<f64>() / sound.minutes.len() as f64
        };
        let apart = [0, 1, 2].map(|gain| mean(a, gain) - mean(b, gain));
        let mut next = [dice.below(a.minutes.len()), dice.below(b.minutes.len())];
        // The inner levels lie as far from the outer ones as those of the slow code.
        let mut minute = |symbol: u8| {
            let coin = usize::from(symbol >> 1);
            let (sound, outer) = if coin == 1 { (a, 1.0) } else { (b, 0.0) };
            let inward = f64::from(record::SlowerCode::NESTED[usize::from(symbol)]) - outer;
            let at = &mut next[coin];
            *at += 1;
            let minute = sound.minutes[(*at - 1) % sound.minutes.len()];
            [0, 1, 2].map(|gain| minute[gain] + inward * apart[gain])
        };
        let gains: Vec<[f64; 3]> = match alignment {
            Alignment::Aligned | Alignment::Unset => {
                symbols.iter().map(|&symbol| minute(symbol)).collect()
            }
            Alignment::HalfOff => {
                let value =
                    |k: usize| straddling(symbols[k.saturating_sub(1)], symbols[k], &mut minute);
                (0..symbols.len()).map(value).collect()
            }
            Alignment::TwoMinutes => {
                // Of a block's two reports the first straddles its start and the last lies within
                // it; of several values of a field, the last is a block's.
                symbols.iter().map(|&symbol| minute(symbol)).collect()
            }
        };
        let coins: Vec<u8> = match settings.fine > 0.0 {
            true => symbols,
            false => symbols.iter().map(|symbol| symbol >> 1).collect(),
        };
        let mut columns: Vec<Vec<Value>> = [0, 1, 2]
            .map(|gain| gains.iter().map(|g| Value::Number(g[gain])).collect())
            .into();
        let length = fields.first().map_or(LONGEST, Vec::len);
        let start = dice.below(length.saturating_sub(LONGEST) + 1);
        let block = |field: &Vec<Option<f64>>, k: usize| {
            let mut minutes = (0..block_min).filter_map(|m| {
                let value = field.get(start + k * block_min + m).copied();
                value.flatten()
            });
            minutes.next_back().map_or(Value::Absent, Value::Number)
        };
        let stretch = |f: &Vec<Option<f64>>| (0..coins.len()).map(|k| block(f, k)).collect();
        columns.extend(fields.iter().map(stretch));
        Session {
            alignment,
            settings,
            coins,
            columns,
        }
    }

    /// The session's first blocks on the table. All fields weigh the same.
    fn evidence(&self, blocks: usize) -> stats::Evidence {
        let column = |c: &Vec<Value>| (1.0, c[..blocks].to_vec());
        let evidence = Numbers::new(blocks, self.columns.iter().map(column).collect())
            .and_then(|n| Prepared::new(n, self.settings).test(&self.coins[..blocks]));
        evidence.unwrap_or_else(|e| unreachable!("real minutes fit: {e}"))
    }

    /// After how many minutes somebody who watches may call it a leak.
    fn found(&self) -> Option<usize> {
        let blocks = plan::found_after(&self.evidence(self.coins.len()), ALPHA)?;
        Some(blocks * self.alignment.block_min())
    }

    /// What e-BH names at the first block from that minute on at which it names anything.
    fn named(&self, found: usize) -> Vec<usize> {
        let block_min = self.alignment.block_min();
        let until = ((found + PATIENCE) / block_min).min(self.coins.len());
        let at = |blocks| e_bh(&self.evidence(blocks).prompt_series_log_e, FDR);
        (found / block_min..=until)
            .map(at)
            .find(|named| !named.is_empty())
            .unwrap_or_default()
    }
}

/// The gains of a minute whose first half is under one coin and whose second half is under
/// another: the higher maximum, the mean of the means, the lower minimum of a recorded minute of
/// each. Halves of minutes were not recorded, so the extremes are a little too wide.
fn straddling(before: u8, own: u8, minute: &mut impl FnMut(u8) -> [f64; 3]) -> [f64; 3] {
    if before == own {
        return minute(own);
    }
    let (first, second) = (minute(before), minute(own));
    [
        first[0].max(second[0]),
        (first[1] + second[1]) / 2.0,
        first[2].min(second[2]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_read_or_refused() {
        let good = r#"[{"sound": "a", "max": [3, 5], "mean": [2, 3], "min": [1, 2]}]"#;
        assert_eq!(
            parse(good).unwrap()[0].minutes,
            [[3.0, 2.0, 1.0], [5.0, 3.0, 2.0]]
        );
        assert!(parse(r#"[{"sound": "a", "max": [3, 5], "mean": [2, 3]}]"#).is_err());
        assert!(parse("{}").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn distances_are_in_standard_deviations() {
        let sound = |at: f64| Sound {
            minutes: vec![[at - 1.0, 0.0, 0.0], [at + 1.0, 1.0, 1.0]],
        };
        let d = distance(&sound(0.0), &sound(8.0));
        assert!((d - 8.0 / 2f64.sqrt()).abs() < 1e-12, "{d}");
    }

    #[test]
    fn a_span_moves_means_and_keeps_what_lies_around_them() {
        let sound = |at: f64| Sound {
            minutes: vec![[at - 1.0, at, at], [at + 1.0, at, at]],
        };
        let (a, b) = moved(&sound(0.0), &sound(8.0), 1.5);
        assert_eq!(a.minutes, [[-3.0, -2.0, -2.0], [-1.0, -2.0, -2.0]]);
        assert_eq!(b.minutes, [[9.0, 10.0, 10.0], [11.0, 10.0, 10.0]]);
        let (a, _) = moved(&sound(0.0), &sound(8.0), 1.0);
        assert_eq!(a.minutes, sound(0.0).minutes);
    }

    /// Every minute of one sound is told from the other; a minute under both lies between.
    #[test]
    fn misaligned_values_mix_two_blocks() {
        let sound = |y: f64| Sound {
            minutes: vec![[y + 1.0, y, y - 1.0]],
        };
        let (loud, quiet) = (sound(10.0), sound(50.0));
        let values = |alignment| {
            let session = Session::new(
                &loud,
                &quiet,
                &[],
                (alignment, Settings::default()),
                &mut Dice::new(1, 9, 0),
            );
            let gains: Vec<[f64; 3]> = (0..session.coins.len())
                .map(|k| {
                    [0, 1, 2].map(|gain| match session.columns[gain][k] {
                        Value::Number(y) => y,
                        other => panic!("{other:?}"),
                    })
                })
                .collect();
            (session.coins, gains)
        };
        for alignment in [Alignment::HalfOff, Alignment::TwoMinutes] {
            let (coins, gains) = values(alignment);
            assert_eq!(coins.len() * alignment.block_min(), LONGEST);
            for k in 1..coins.len() {
                let own = if coins[k] == 1 { 10.0 } else { 50.0 };
                let expected = match alignment {
                    Alignment::HalfOff if coins[k] != coins[k - 1] => [51.0, 30.0, 9.0],
                    _ => [own + 1.0, own, own - 1.0],
                };
                assert_eq!(gains[k], expected, "{alignment:?}, block {k}");
            }
        }
    }
}
