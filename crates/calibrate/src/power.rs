//! Real leaks: how long until the loudness fields of a muted client are found?

use std::fs;
use std::path::Path;

use stats::{Numbers, Prepared, Settings, Value, e_bh, log_threshold};

use crate::Size;
use crate::dice::Dice;
use crate::real::telemetry;

/// Where the labelled recordings lie in the folder of data.
pub(crate) const RECORDINGS: &str = "webex-telemetry/gains-new-50cm.json";

/// Level at which a leak is called one, and the false discovery rate at which fields are named.
const ALPHA: f64 = 0.001;
const FDR: f64 = 0.01;

/// Blocks to go on for after a find until a field is named.
const PATIENCE: usize = 10;

/// Minutes after which a session counts as having found nothing.
const LONGEST: usize = 60;

/// Minutes of one sound: the three gains of each.
struct Sound {
    minutes: Vec<[f64; 3]>,
}

/// Pairs of sounds that differ by a certain amount, and what became of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Distances d from here up to `to`.
    pub from: f64,
    /// End of the range.
    pub to: f64,
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

const RANGES: [(f64, f64); 4] = [(4.0, f64::INFINITY), (2.0, 4.0), (1.0, 2.0), (0.0, 1.0)];

/// One row for each range of distances.
pub fn rows(
    size: Size,
    seed: u64,
    data: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, String> {
    let path = data.join(RECORDINGS);
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let sounds = parse(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    // The 22 other fields; the message's own lengths are none of them.
    let mut fields = telemetry(data)?;
    let fields: Vec<Vec<Option<f64>>> = fields
        .names
        .iter()
        .zip(fields.columns.drain(..))
        .filter(|(name, _)| !name.starts_with("message_"))
        .map(|(_, column)| column)
        .collect();
    let pairs: Vec<(&Sound, &Sound, f64)> = (0..sounds.len())
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|(i, j)| (&sounds[i], &sounds[j], distance(&sounds[i], &sounds[j])))
        .collect();
    let mut rows = Vec::new();
    for (purpose, (from, to)) in RANGES.into_iter().enumerate() {
        let here: Vec<_> = pairs.iter().filter(|p| p.2 >= from && p.2 < to).collect();
        let sessions = size.pick(60, 4_000);
        let mut row = Row {
            from,
            to,
            pairs: here.len(),
            sessions,
            found: 0,
            median_min: None,
            p95_min: None,
            named: 0,
            named_right: 0,
            named_wrong: 0,
        };
        let mut minutes = Vec::new();
        for i in 0..if here.is_empty() { 0 } else { sessions } {
            let (a, b, _) = here[i % here.len()];
            let mut dice = Dice::new(seed, 200 + purpose as u64, i as u64);
            let session = Session::new(a, b, &fields, &mut dice);
            let Some(found) = session.found() else {
                minutes.push(usize::MAX);
                continue;
            };
            row.found += 1;
            minutes.push(found);
            let named = session.named(found);
            row.named += usize::from(!named.is_empty());
            row.named_right += usize::from(named.first().is_some_and(|&f| f < 3));
            row.named_wrong += usize::from(named.iter().any(|&f| f >= 3));
        }
        minutes.sort_unstable();
        // The smallest value that at least this share does not exceed.
        let at = |share: f64| {
            let rank = (share * minutes.len() as f64).ceil() as usize;
            let value = minutes.get(rank.saturating_sub(1)).copied();
            value.filter(|&m| m < usize::MAX)
        };
        (row.median_min, row.p95_min) = (at(0.5), at(0.95));
        say(&format!("power: {row:?}"));
        rows.push(row);
    }
    Ok(rows)
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

/// A made-up session of real minutes: the gains first, then the other fields.
struct Session {
    coins: Vec<u8>,
    columns: Vec<Vec<Value>>,
}

impl Session {
    /// Minutes of either sound in the order in which they were recorded, from a random one on; the
    /// other fields are a stretch of the real log.
    fn new(a: &Sound, b: &Sound, fields: &[Vec<Option<f64>>], dice: &mut Dice) -> Session {
        let coins = dice.coins(LONGEST);
        let mut next = [dice.below(a.minutes.len()), dice.below(b.minutes.len())];
        let mut gains = vec![Vec::new(); 3];
        for &coin in &coins {
            let sound = if coin == 1 { a } else { b };
            let at = &mut next[usize::from(coin)];
            let minute = sound.minutes[*at % sound.minutes.len()];
            *at += 1;
            gains
                .iter_mut()
                .zip(minute)
                .for_each(|(g, y)| g.push(Value::Number(y)));
        }
        let length = fields.first().map_or(LONGEST, Vec::len);
        let start = dice.below(length.saturating_sub(LONGEST) + 1);
        let value = |y: Option<Option<f64>>| y.flatten().map_or(Value::Absent, Value::Number);
        let stretch = |f: &Vec<Option<f64>>| {
            (0..LONGEST)
                .map(|k| value(f.get(start + k).copied()))
                .collect::<Vec<Value>>()
        };
        gains.extend(fields.iter().map(stretch));
        Session {
            coins,
            columns: gains,
        }
    }

    /// The session's first minutes on the table. All fields weigh the same.
    fn evidence(&self, minutes: usize) -> stats::Evidence {
        let column = |c: &Vec<Value>| (1.0, c[..minutes].to_vec());
        let evidence = Numbers::new(minutes, self.columns.iter().map(column).collect())
            .and_then(|n| Prepared::new(n, Settings::default()).test(&self.coins[..minutes]));
        evidence.unwrap_or_else(|e| unreachable!("real minutes fit: {e}"))
    }

    /// After how many minutes somebody who watches may call it a leak.
    fn found(&self) -> Option<usize> {
        let whole = self.evidence(LONGEST);
        let needed = log_threshold(ALPHA);
        let crossed = |path: &[f64]| path.iter().position(|&l| l >= needed).map(|k| k + 1);
        // What bets on later minutes is only settled when those are there.
        let waits = whole.n - whole.settled;
        let late = crossed(&whole.path[..whole.settled]).map(|k| k + waits);
        crossed(&whole.prompt_path).into_iter().chain(late).min()
    }

    /// What e-BH names at the first minute from then on at which it names anything.
    fn named(&self, found: usize) -> Vec<usize> {
        let until = (found + PATIENCE).min(LONGEST);
        let at = |minutes| e_bh(&self.evidence(minutes).prompt_series_log_e, FDR);
        (found..=until)
            .map(at)
            .find(|named| !named.is_empty())
            .unwrap_or_default()
    }
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
}
