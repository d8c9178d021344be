//! What can be seen of a series without its coins.

use std::collections::BTreeMap;

use crate::clusters::Clusters;
use crate::numbers::{Kind, Value};

/// One of the forms in which a series is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// The value itself; of a category its label's number in order of appearance.
    Raw,
    /// Its difference to the last value seen: for what drifts. Of a category whether it changed:
    /// 0 or 1, 0 being what happened first.
    Difference,
    /// Its rank among the values so far: for heavy tails.
    Rank,
    /// ln of its size, relative to the first value that was not 0: for samples of a sound, whose mean
    /// says nothing.
    Magnitude,
    /// Which of a few values it is, by number in order of appearance: for states that are told by a
    /// number. Of a category its label, as `Raw`.
    Label,
    /// How likely it lies in the upper of two clusters of the values so far, 0 to 1.
    Cluster,
    /// The value of the block before: what is sent right after an edge, within the guard, is counted
    /// there and may speak of this block already.
    Before,
}

/// One block of a series, in every form; NaN where there is none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Observation {
    pub(crate) raw: f64,
    pub(crate) difference: f64,
    pub(crate) rank: f64,
    pub(crate) magnitude: f64,
    pub(crate) label: f64,
    pub(crate) cluster: f64,
    /// The raw value of the block just before, if it had one.
    pub(crate) previous: f64,
    /// The block that the difference is taken to; `u32::MAX` if there is none.
    pub(crate) before: u32,
}

const NOTHING: Observation = Observation {
    raw: f64::NAN,
    difference: f64::NAN,
    rank: f64::NAN,
    magnitude: f64::NAN,
    label: f64::NAN,
    cluster: f64::NAN,
    previous: f64::NAN,
    before: u32::MAX,
};

impl Observation {
    pub(crate) fn through(&self, look: Look) -> f64 {
        match look {
            Look::Raw => self.raw,
            Look::Difference => self.difference,
            Look::Rank => self.rank,
            Look::Magnitude => self.magnitude,
            Look::Label => self.label,
            Look::Cluster => self.cluster,
            Look::Before => self.previous,
        }
    }
}

/// Looks at a series block by block.
#[derive(Debug, Clone)]
pub(crate) struct Eye {
    kind: Kind,
    /// The last value, and its block.
    last: Option<(u32, f64)>,
    sorted: Sorted,
    clusters: Clusters,
    /// Numbers of the different values so far, by their bits.
    labels: BTreeMap<u64, u32>,
    /// Size of the first value that was not 0.
    unit: Option<f64>,
    /// The raw value of the block seen last; NaN if it had none.
    previous: f64,
    /// Whether the first change of a category was one.
    first: Option<bool>,
}

impl Eye {
    pub(crate) fn new(kind: Kind) -> Eye {
        Eye {
            kind,
            last: None,
            sorted: Sorted::default(),
            clusters: Clusters::default(),
            labels: BTreeMap::new(),
            unit: None,
            previous: f64::NAN,
            first: None,
        }
    }

    /// Blocks come one after the other, without holes.
    pub(crate) fn see(&mut self, block: usize, value: Value) -> Observation {
        let previous = self.previous;
        let seen = self.look(block, value);
        self.previous = seen.raw;
        Observation { previous, ..seen }
    }

    /// Sees the first blocks, each with what is known after all of them.
    pub(crate) fn look_ahead(&mut self, values: &[Value]) -> Vec<Observation> {
        let each = values.iter().enumerate();
        let mut seen: Vec<Observation> = each.map(|(k, &value)| self.see(k, value)).collect();
        if self.kind != Kind::Category {
            for seen in seen.iter_mut().filter(|seen| seen.raw.is_finite()) {
                seen.rank = self.sorted.standing(seen.raw);
                seen.cluster = self.clusters.label(seen.raw);
            }
        }
        seen
    }

    fn look(&mut self, block: usize, value: Value) -> Observation {
        let Value::Number(y) = value else {
            return NOTHING;
        };
        let last = self.last.replace((block as u32, y));
        let before = last.map_or(u32::MAX, |(block, _)| block);
        if self.kind == Kind::Category {
            let label = self.label(y, usize::MAX);
            let mut change = |(_, last): (u32, f64)| {
                let changed = y != last;
                f64::from(u8::from(changed != *self.first.get_or_insert(changed)))
            };
            return Observation {
                raw: label,
                difference: last.map_or(f64::NAN, &mut change),
                label,
                before,
                ..NOTHING
            };
        }
        let unit = match self.unit {
            Some(unit) => unit,
            None if y != 0.0 => *self.unit.insert(y.abs()),
            None => 1.0,
        };
        self.clusters.see(y);
        Observation {
            raw: y,
            cluster: self.clusters.label(y),
            difference: last.map_or(f64::NAN, |(_, last)| y - last),
            rank: self.sorted.rank(y),
            magnitude: (y.abs() / unit + FAINTEST).ln(),
            label: self.label(y, FEW),
            previous: f64::NAN,
            before,
        }
    }

    /// The number of a value; NaN for one that was not among the first `most` different ones.
    fn label(&mut self, y: f64, most: usize) -> f64 {
        // 0 and -0 are one value.
        let bits = (y + 0.0).to_bits();
        if let Some(&label) = self.labels.get(&bits) {
            return f64::from(label);
        }
        let next = self.labels.len();
        if next >= most {
            return f64::NAN;
        }
        self.labels.insert(bits, next as u32);
        next as f64
    }
}

/// Added to a size relative to the first one, so that 0 has a logarithm: 40 dB below.
const FAINTEST: f64 = 0.01;

/// So many different values of a number can be states.
const FEW: usize = 24;

/// The different values so far, sorted, and how often each came; in pieces of bounded length, so
/// that one more costs little however many there are.
#[derive(Debug, Clone, Default)]
struct Sorted {
    len: usize,
    /// The largest value of each piece, and how many values it stands for.
    tops: Vec<f64>,
    totals: Vec<u32>,
    pieces: Vec<Vec<(f64, u32)>>,
}

/// Length at which a piece is halved.
const PIECE: usize = 128;

impl Sorted {
    /// The mean rank of `y`, one of the values so far, in 0..1.
    fn standing(&self, y: f64) -> f64 {
        let (mut below, mut same) = (0, 0);
        for (value, n) in self.pieces.iter().flatten() {
            below += if *value < y { *n } else { 0 };
            same += if *value == y { *n } else { 0 };
        }
        (f64::from(below) + f64::from(same) / 2.0) / self.len as f64
    }

    /// The mean rank of `y` among the values so far, in 0..1; then it is one of them.
    fn rank(&mut self, y: f64) -> f64 {
        if self.pieces.is_empty() {
            self.tops.push(y);
            self.totals.push(0);
            self.pieces.push(Vec::new());
        }
        let idx = self.tops.partition_point(|top| *top < y);
        let idx = idx.min(self.pieces.len() - 1);
        let piece = &mut self.pieces[idx];
        let at = piece.partition_point(|(v, _)| *v < y);
        let count = |pairs: &[(f64, u32)]| pairs.iter().map(|(_, n)| *n).sum::<u32>();
        let below = self.totals[..idx].iter().sum::<u32>() + count(&piece[..at]);
        let same = match piece.get_mut(at).filter(|(v, _)| *v == y) {
            Some((_, n)) => {
                *n += 1;
                *n - 1
            }
            None => {
                piece.insert(at, (y, 1));
                0
            }
        };
        self.totals[idx] += 1;
        self.tops[idx] = self.tops[idx].max(y);
        if piece.len() == PIECE {
            let upper = piece.split_off(PIECE / 2);
            let (top, total) = (piece[PIECE / 2 - 1].0, count(&upper));
            self.tops.insert(idx, top);
            self.totals[idx] -= total;
            self.totals.insert(idx + 1, total);
            self.pieces.insert(idx + 1, upper);
        }
        let middle = f64::from(below) + f64::from(same) / 2.0;
        self.len += 1;
        (middle + 0.5) / self.len as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::null::Dice;

    #[test]
    fn ranks_are_those_of_a_plain_count() {
        let mut dice = Dice::new(1);
        for round in 0..4 {
            let (mut sorted, mut plain) = (Sorted::default(), Vec::new());
            for _ in 0..1_500 {
                // Many ties, few ties, and runs of the same value longer than a piece.
                let y = (dice.normal() * [1.0, 100.0, 0.2, 1e6][round]).round();
                let below = plain.iter().filter(|v| **v < y).count();
                let upto = plain.iter().filter(|v| **v <= y).count();
                let middle = (below + upto) as f64 / 2.0;
                let rank = (middle + 0.5) / (plain.len() + 1) as f64;
                assert_eq!(sorted.rank(y), rank);
                plain.push(y);
            }
        }
    }

    #[test]
    fn categories_are_numbered_as_they_appear() {
        let mut eye = Eye::new(Kind::Category);
        let labels = [9.0, 7.0, 7.0, 9.0].map(Value::Number);
        let seen: Vec<Observation> = (0..4).map(|k| eye.see(k, labels[k])).collect();
        assert_eq!(
            seen.iter().map(|s| s.raw).collect::<Vec<_>>(),
            [0., 1., 1., 0.]
        );
        assert!(seen[0].difference.is_nan() && seen[0].before == u32::MAX);
        let changed: Vec<f64> = seen[1..].iter().map(|s| s.difference).collect();
        assert_eq!(changed, [0., 1., 0.]);
        assert!(eye.see(4, Value::Lost).raw.is_nan());
        assert_eq!(eye.see(5, labels[0]).before, 3);
    }
}
