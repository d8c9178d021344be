//! What the real log shows before any bet: loudness in the plaintext, and none of it outside.

use std::fs;
use std::path::Path;

use crate::real::TELEMETRY;

/// What was played when, in the folder of data.
pub(crate) const PLAYED: &str = "webex-telemetry/sounds-played.json";

/// The three loudness fields, as their names end.
const GAINS: [&str; 3] = ["audioMaxGain", "audioMeanGain", "audioMinGain"];

/// Two-sided 99.9 % point of the normal law: Spearman's rho of n independent pairs has about the
/// standard deviation 1 / sqrt(n - 1).
const CHANCE: f64 = 3.29;

/// Rank correlation of something with one loudness field.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// What can be seen without the plaintext.
    pub outside: &'static str,
    /// The loudness field.
    pub gain: &'static str,
    /// Spearman's rho.
    pub rho: f64,
    /// Minutes.
    pub n: usize,
}

impl Link {
    /// What chance alone exceeds once in a thousand.
    pub fn chance(&self) -> f64 {
        CHANCE / (self.n as f64 - 1.0).sqrt()
    }
}

/// A loudness field under a sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// The sound; nothing for minutes without any.
    pub sound: Option<String>,
    /// Minutes.
    pub n: usize,
    /// Mean of each of the three fields (lower is louder).
    pub gains: [f64; 3],
}

/// Everything the log shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Telemetry {
    /// Fields by sound, the silent minutes first.
    pub levels: Vec<Level>,
    /// Rank correlation of sound played (1) or not (0) with each field.
    pub played: Vec<Link>,
    /// Message length and send time with each field.
    pub outside: Vec<Link>,
}

impl Telemetry {
    /// Whether the fields follow the sound and nothing outside follows them.
    pub fn holds(&self) -> bool {
        self.played.iter().all(|link| -link.rho > link.chance())
            && self
                .outside
                .iter()
                .all(|link| link.rho.abs() < link.chance())
    }
}

/// Reads and computes.
pub fn telemetry(data: &Path, say: &mut dyn FnMut(&str)) -> Result<Telemetry, String> {
    let read = |name: &str| {
        let path = data.join(name);
        fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
    };
    let (table, played) = (read(TELEMETRY)?, read(PLAYED)?);
    let found = compute(&table, &played)?;
    say(&format!("telemetry: {found:?}"));
    Ok(found)
}

type Column = Vec<Option<f64>>;

fn compute(table: &str, played: &str) -> Result<Telemetry, String> {
    let (time, bytes) = (column(table, "t_s")?, column(table, "message_bytes")?);
    let packed = column(table, "message_b64gz_bytes")?;
    let gains = [
        column(table, GAINS[0])?,
        column(table, GAINS[1])?,
        column(table, GAINS[2])?,
    ];
    let sounds = sounds(played)?;
    // A value is about the minute before it was sent; minutes with an edge in them are left out.
    let under = |t: f64| {
        let whole = |s: &&(String, f64, f64)| s.1 + 60.0 <= t && t <= s.2;
        let touched = |s: &(String, f64, f64)| s.1 <= t && t <= s.2 + 60.0;
        match sounds.iter().find(whole) {
            Some((name, ..)) => Some(Some(name.clone())),
            None if sounds.iter().any(touched) => None,
            None => Some(None),
        }
    };
    let states: Vec<Option<Option<String>>> = time.iter().map(|t| t.and_then(under)).collect();
    let mut names = vec![None];
    names.extend(sounds.iter().map(|s| Some(s.0.clone())));
    let level = |name: Option<String>| {
        let here = |k: &usize| states[*k].as_ref() == Some(&name);
        let rows: Vec<usize> = (0..states.len()).filter(here).collect();
        let mean = |gain: &Column| {
            let values: Vec<f64> = rows.iter().filter_map(|&k| gain[k]).collect();
            values.iter().sum::<f64>() / values.len() as f64
        };
        Level {
            n: rows.len(),
            gains: [mean(&gains[0]), mean(&gains[1]), mean(&gains[2])],
            sound: name,
        }
    };
    let on: Column = states
        .iter()
        .map(|s| s.as_ref().map(|s| f64::from(u8::from(s.is_some()))))
        .collect();
    let before = std::iter::once(None).chain(time.iter().copied());
    let gap: Column = time
        .iter()
        .zip(before)
        .map(|(t, before)| Some(t.as_ref()? - before?))
        .collect();
    let links = |outside: &'static str, column: &Column| {
        let each = GAINS.iter().zip(&gains);
        each.map(|(&gain, values)| {
            let (n, rho) = spearman(column, values);
            Link {
                outside,
                gain,
                rho,
                n,
            }
        })
        .collect::<Vec<Link>>()
    };
    Ok(Telemetry {
        levels: names.into_iter().map(level).collect(),
        played: links("sound played", &on),
        outside: [
            links("message length", &bytes),
            links("length as sent (gzip, base64)", &packed),
            links("time since the message before", &gap),
        ]
        .concat(),
    })
}

/// The column whose name ends so.
fn column(table: &str, name: &str) -> Result<Column, String> {
    let mut lines = table.lines();
    let head = lines.next().unwrap_or_default().split(',');
    let at = head.map(str::trim).position(|head| head.ends_with(name));
    let at = at.ok_or_else(|| format!("no column {name}"))?;
    let cell = |line: &str| line.split(',').nth(at).and_then(|c| c.trim().parse().ok());
    Ok(lines.map(cell).collect())
}

fn sounds(text: &str) -> Result<Vec<(String, f64, f64)>, String> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|e| e.to_string())?;
    let list = value.as_array().ok_or("not a list of sounds")?;
    let sound = |entry: &serde_json::Value| {
        let name = entry.get("sound")?.as_str()?.to_owned();
        Some((
            name,
            entry.get("start_s")?.as_f64()?,
            entry.get("end_s")?.as_f64()?,
        ))
    };
    let each = list.iter().map(sound);
    each.collect::<Option<_>>()
        .ok_or_else(|| "a sound without its times".to_owned())
}

/// Number of pairs and Spearman's rank correlation, ties at their mean rank.
fn spearman(a: &Column, b: &Column) -> (usize, f64) {
    let pairs: Vec<(f64, f64)> = a
        .iter()
        .zip(b)
        .filter_map(|(a, b)| Some(((*a)?, (*b)?)))
        .collect();
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let (a, b) = (ranks(&a), ranks(&b));
    let middle = (pairs.len() as f64 + 1.0) / 2.0;
    let product = |a: &[f64], b: &[f64]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - middle) * (b - middle))
            .sum()
    };
    let rho = product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt();
    (pairs.len(), rho)
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = |v: &f64| {
        let below = sorted.partition_point(|s| s < v);
        let upto = sorted.partition_point(|s| s <= v);
        (below + upto + 1) as f64 / 2.0
    };
    values.iter().map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: ranks 1, 2.5, 2.5, 4, 5 and 2, 1, 3.5, 3.5, 5; sums of products 7.25, 9.5, 9.5.
    #[test]
    fn spearman_matches_the_reference() {
        let column = |v: [f64; 5]| v.map(Some).to_vec();
        let (n, rho) = spearman(
            &column([1.0, 2.0, 2.0, 4.0, 9.0]),
            &column([3.0, 1.0, 4.0, 4.0, 8.0]),
        );
        assert_eq!(n, 5);
        assert!((rho - 7.25 / 9.5).abs() < 1e-12, "{rho}");
        let (n, rho) = spearman(
            &vec![Some(1.0), None, Some(3.0)],
            &vec![Some(5.0), Some(9.0), Some(4.0)],
        );
        assert_eq!((n, rho), (2, -1.0));
    }

    #[test]
    fn minutes_are_sorted_by_what_was_played() {
        let mut table =
            "t_s,message_bytes,message_b64gz_bytes,x.audioMaxGain,x.audioMeanGain,x.audioMinGain\n"
                .to_owned();
        for minute in 0..10 {
            let gain = if (3..7).contains(&minute) { 20 } else { 50 };
            table += &format!(
                "{},1000,500,{gain},{},{}\n",
                60 * minute,
                gain - 5,
                gain - 9
            );
        }
        // The value sent at 120 s is about both, the one at 180 s about the talk alone.
        let played = r#"[{"sound": "talk", "start_s": 90.5, "end_s": 400}]"#;
        let found = compute(&table, played).unwrap();
        assert_eq!(found.levels[1].sound.as_deref(), Some("talk"));
        assert_eq!(
            (found.levels[1].n, found.levels[1].gains),
            (4, [20.0, 15.0, 11.0])
        );
        assert_eq!(found.levels[0].gains, [50.0, 45.0, 41.0]);
        assert!(found.played.iter().all(|link| link.rho == -1.0));
        assert!(compute(&table, "[{}]").is_err());
        assert!(compute("t_s\n", played).is_err());
    }
}
