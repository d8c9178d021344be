use dice::Dice;

/// A figure with what it could have been on other recordings, 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// On the recordings that were there.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// Whether a value is compatible with it.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// Times that recordings are drawn anew.
const DRAWS: u64 = 2_000;

/// Right and tried, of one cluster of recordings in one class.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Count {
    pub class: usize,
    /// Sum of what is averaged, over the windows.
    pub sum: f64,
    pub windows: f64,
}

/// Mean of the classes' means, with its interval: the clusters of each class are drawn anew, with
/// replacement. Windows of one recording are far from independent, so windows are never drawn.
///
/// With few clusters the plain bootstrap's intervals are too narrow: resampling n clusters shows only
/// (n - 1)/n of the variance, and four clusters that were all got right show none. So deviations are
/// widened by sqrt(n / (n - 1)) class by class, and each class is drawn with one more cluster in it
/// that was got right as often as all classes together.
pub(crate) fn macro_mean(counts: &[Count], classes: usize, seed: u64) -> Interval {
    let of_class = |class: usize| -> Vec<Count> {
        let own = counts
            .iter()
            .filter(|c| c.class == class && c.windows > 0.0);
        own.copied().collect()
    };
    let by_class: Vec<Vec<Count>> = (0..classes)
        .map(of_class)
        .filter(|own| !own.is_empty())
        .collect();
    let means: Vec<f64> = by_class.iter().map(|own| ratio(own.iter())).collect();
    let value = means.iter().sum::<f64>() / means.len().max(1) as f64;
    if by_class.is_empty() {
        return Interval {
            value: 0.0,
            low: 0.0,
            high: 1.0,
        };
    }
    let mut draws: Vec<f64> = (0..DRAWS)
        .map(|draw| {
            let mut dice = Dice::new(seed, u64::from(u32::from_be_bytes(*b"boot")), draw);
            let drawn = by_class.iter().zip(&means).map(|(own, mean)| {
                let n = own.len();
                let (sum, windows) = (0..n).fold((0.0, 0.0), |(sum, windows), _| {
                    let one = match dice.below(n + 1) {
                        at if at < n => own[at],
                        _ => typical(own, value),
                    };
                    (sum + one.sum, windows + one.windows)
                });
                let widen = (n as f64 / (n as f64 - 1.0).max(1.0)).sqrt();
                mean + (sum / windows - mean) * widen
            });
            drawn.sum::<f64>() / by_class.len() as f64
        })
        .collect();
    draws.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| draws[((share * DRAWS as f64) as usize).min(draws.len() - 1)];
    Interval {
        value,
        low: at(0.025).min(value),
        high: at(0.975).max(value),
    }
}

/// A cluster of a usual length, as good as all together.
fn typical(own: &[Count], value: f64) -> Count {
    let windows = own.iter().map(|c| c.windows).sum::<f64>() / own.len() as f64;
    Count {
        sum: windows * value,
        windows,
        ..own[0]
    }
}

fn ratio<'a>(counts: impl Iterator<Item = &'a Count>) -> f64 {
    let (sum, windows) = counts.fold((0.0, 0.0), |(s, w), c| (s + c.sum, w + c.windows));
    sum / windows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drawn again and again from recordings that are right with a chance of their own, the interval
    /// holds the true mean about as often as it says.
    #[test]
    fn the_interval_holds_the_truth_about_as_often_as_it_says() {
        let (mut held, times) = (0, 200);
        for time in 0..times {
            let mut dice = Dice::new(7, 1, time);
            let mut counts = Vec::new();
            for class in 0..6 {
                // As in our own data: one class has four recordings only.
                for _ in 0..if class == 0 { 4 } else { 16 } {
                    let own = dice.unit();
                    let right = (0..20).filter(|_| dice.unit() < own).count();
                    counts.push(Count {
                        class,
                        sum: right as f64,
                        windows: 20.0,
                    });
                }
            }
            held += usize::from(macro_mean(&counts, 6, time).contains(0.5));
        }
        let share = held as f64 / times as f64;
        assert!((0.90..=0.99).contains(&share), "{share}");
    }

    #[test]
    fn more_windows_of_the_same_recordings_do_not_narrow_it() {
        let counts = |windows: f64| -> Vec<Count> {
            let all = (0..24).map(|i| Count {
                class: i % 2,
                sum: windows * (i % 3) as f64 / 2.0,
                windows,
            });
            all.collect()
        };
        let (few, many) = (
            macro_mean(&counts(5.0), 2, 1),
            macro_mean(&counts(500.0), 2, 1),
        );
        assert!((few.low - many.low).abs() < 1e-9 && (few.high - many.high).abs() < 1e-9);
    }
}
