//! Real null fields: fresh random schedules over what a muted client really sent.

use std::fs;
use std::path::Path;

use statrs::distribution::{ContinuousCDF, StudentsT};
use stats::{Numbers, Prepared, Settings, Value, log_threshold};

use crate::Size;
use crate::null::{ALPHAS, limit};
use dice::Dice;

/// Where the telemetry lies in the folder of data.
pub(crate) const TELEMETRY: &str = "webex-telemetry/muted-telemetry-per-minute.csv";

/// Fields that really carry loudness.
const GAINS: &str = "].levels.audio";

/// Fields of a table, one value a minute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) names: Vec<String>,
    pub(crate) columns: Vec<Vec<Option<f64>>>,
}

/// Reads the table without the time and the gains.
pub(crate) fn telemetry(data: &Path) -> Result<Table, String> {
    let path = data.join(TELEMETRY);
    let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(parse(&text))
}

fn parse(text: &str) -> Table {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let kept = |name: &str| name != "t_s" && !name.contains(GAINS);
    let mut table = Table {
        names: Vec::new(),
        columns: Vec::new(),
    };
    for (i, name) in names.iter().enumerate().filter(|(_, name)| kept(name)) {
        let value = |row: &Vec<&str>| row.get(i).and_then(|cell| cell.trim().parse().ok());
        table.names.push((*name).to_owned());
        table.columns.push(rows.iter().map(value).collect());
    }
    table
}

impl Table {
    /// Number of minutes.
    pub(crate) fn minutes(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// Means over blocks of so many minutes; a rest at the end is left out.
    fn blocks(&self, minutes: usize) -> Numbers {
        let n = self.minutes() / minutes;
        let mean = |chunk: &[Option<f64>]| {
            let values: Vec<f64> = chunk.iter().copied().flatten().collect();
            match values.is_empty() {
                true => Value::Absent,
                false => Value::Number(values.iter().sum::<f64>() / values.len() as f64),
            }
        };
        let column = |c: &Vec<Option<f64>>| (1.0, c.chunks_exact(minutes).map(mean).collect());
        let numbers = Numbers::new(n, self.columns.iter().map(column).collect());
        numbers.unwrap_or_else(|e| unreachable!("means of a table fit: {e}"))
    }
}

/// What three tests say of the same honest minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Length of a block, minutes.
    pub block_min: usize,
    /// Blocks of the schedule.
    pub blocks: usize,
    /// Schedules drawn.
    pub schedules: usize,
    /// Accused by bets at each of [`ALPHAS`], stopped at the best moment.
    pub accused: [usize; 2],
    /// Accused by Welch's t with Bonferroni's correction at 1 %.
    pub welch: usize,
    /// Accused by |t| > 4.5 in any field.
    pub tvla: usize,
}

impl Row {
    /// Whether the bets accuse as seldom as they promise.
    pub fn holds(&self) -> bool {
        let within = |i: usize| self.accused[i] <= limit(self.schedules, ALPHAS[i]);
        within(0) && within(1)
    }
}

const BLOCK_MIN: [usize; 5] = [1, 2, 5, 10, 30];

/// One row for each block length, and the number of fields and minutes behind them.
pub fn rows(
    size: Size,
    seed: u64,
    data: &Path,
    say: &mut dyn FnMut(&str),
) -> Result<(usize, usize, Vec<Row>), String> {
    let table = telemetry(data)?;
    let schedules = size.pick(60, 4_000);
    let mut rows = Vec::new();
    for block_min in BLOCK_MIN {
        let numbers = table.blocks(block_min);
        let blocks = numbers.n_blocks();
        let prepared = Prepared::new(numbers, Settings::default());
        let mut row = Row {
            block_min,
            blocks,
            schedules,
            accused: [0; 2],
            welch: 0,
            tvla: 0,
        };
        for i in 0..schedules {
            let coins = Dice::new(seed, 100 + block_min as u64, i as u64).coins(blocks);
            let evidence = prepared.test(&coins).map_err(|e| e.to_string())?;
            for (count, alpha) in row.accused.iter_mut().zip(ALPHAS) {
                *count += usize::from(evidence.max_log_e >= log_threshold(alpha));
            }
            let each = table
                .columns
                .iter()
                .filter_map(|c| welch(c, &coins, block_min));
            let (mut largest_t, mut least_p) = (0.0f64, 1.0f64);
            for (t, p) in each {
                largest_t = largest_t.max(t.abs());
                least_p = least_p.min(p);
            }
            row.tvla += usize::from(largest_t > 4.5);
            row.welch += usize::from(least_p < 0.01 / table.columns.len() as f64);
        }
        say(&format!("real null, blocks of {block_min} min: {row:?}"));
        rows.push(row);
    }
    Ok((table.columns.len(), table.minutes(), rows))
}

/// Welch's t of the minutes of the two symbols, and its two-sided p. Nothing where a field does
/// not move.
fn welch(column: &[Option<f64>], coins: &[u8], block_min: usize) -> Option<(f64, f64)> {
    let mut sums = [[0.0f64; 3]; 2];
    // About the first value, so that large offsets cost no digits.
    let origin = column.iter().copied().flatten().next()?;
    for (minute, value) in column.iter().enumerate() {
        let (Some(value), Some(&coin)) = (value, coins.get(minute / block_min)) else {
            continue;
        };
        let of = &mut sums[usize::from(coin)];
        let y = value - origin;
        of.iter_mut()
            .zip([1.0, y, y * y])
            .for_each(|(sum, part)| *sum += part);
    }
    let [a, b] = sums.map(|[n, sum, squares]| {
        let mean = sum / n;
        (n, mean, (squares - n * mean * mean) / (n - 1.0) / n)
    });
    let (error, miss) = (a.2 + b.2, a.1 - b.1);
    let df = error * error / (a.2 * a.2 / (a.0 - 1.0) + b.2 * b.2 / (b.0 - 1.0));
    let usable = a.0 >= 2.0 && b.0 >= 2.0 && error > 0.0 && df.is_finite() && df > 0.0;
    let t = miss / error.sqrt();
    let law = StudentsT::new(0.0, 1.0, df).ok().filter(|_| usable)?;
    Some((t, 2.0 * law.sf(t.abs())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference: `scipy.stats.ttest_ind([1, 2, 4, 8], [3, 9, 11, 20], equal_var=False)`.
    #[test]
    fn welch_matches_the_reference() {
        let column: Vec<_> = [1.0, 3.0, 2.0, 9.0, 4.0, 11.0, 8.0, 20.0]
            .map(Some)
            .to_vec();
        let (t, p) = welch(&column, &[1, 0, 1, 0, 1, 0, 1, 0], 1).unwrap();
        assert!((t - 1.820075838073246).abs() < 1e-9, "{t}");
        assert!((p - 0.14081055719487492).abs() < 1e-9, "{p}");
        assert_eq!(welch(&[Some(1.0); 6], &[0, 1, 0, 1, 0, 1], 1), None);
        assert_eq!(welch(&[None; 2], &[0, 1], 1), None);
    }

    #[test]
    fn tables_leave_out_time_and_gains_and_keep_holes() {
        let table = parse("t_s,a,x[0].levels.audioMaxGain,b\n0,1,2,3\n60,,5,6\n");
        assert_eq!(table.names, ["a", "b"]);
        assert_eq!(
            table.columns,
            [vec![Some(1.0), None], vec![Some(3.0), Some(6.0)]]
        );
        assert_eq!((table.minutes(), table.blocks(2).n_blocks()), (2, 1));
    }
}
