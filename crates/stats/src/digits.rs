//! Numbers that are more than a size: a sign, bits in a mask, what is left by a division.

use crate::models::{Law, SPEAKS, of_many};
use crate::numbers::MOST_LEVELS;

/// Bits of a whole number that are looked at, and what it is divided by.
const BITS: usize = 16;
const DIVISORS: [u64; 5] = [3, 5, 7, 10, 12];

/// Sign, change of sign, bits, remainders.
const PARTS: usize = 2 + BITS + DIVISORS.len();

/// Most labels that a part has.
const LABELS: usize = 12;

/// Whole numbers beyond this are not taken apart.
const WHOLE_MOST: f64 = 4_294_967_295.0;

/// Each label is imagined seen so often under each symbol beforehand (Krichevsky & Trofimov 1981).
const IMAGINED: f64 = 0.5;

/// Which part is bet on is asked again after so many numbers.
const ASKED_EVERY: u32 = 4;

/// Labels of every part of a number. The part that depended most on the symbol so far is bet on, by a
/// Dirichlet-multinomial law for each symbol.
#[derive(Debug, Clone)]
pub(crate) struct Digits {
    last: f64,
    n: u32,
    /// The present number's labels; `None` for a part that it does not have.
    now: [Option<u8>; PARTS],
    leader: Option<usize>,
    /// How often each label of each part came under each symbol; and each part.
    counts: Vec<Law>,
    totals: Vec<Law>,
}

impl Default for Digits {
    fn default() -> Digits {
        Digits {
            last: f64::NAN,
            n: 0,
            now: [None; PARTS],
            leader: None,
            counts: vec![[0.0; MOST_LEVELS]; PARTS * LABELS],
            totals: vec![[0.0; MOST_LEVELS]; PARTS],
        }
    }
}

impl Digits {
    /// Takes the number apart.
    pub(crate) fn see(&mut self, z: f64) {
        self.now = [None; PARTS];
        if !z.is_finite() {
            return;
        }
        self.now[0] = Some(u8::from(z < 0.0));
        self.now[1] = self
            .last
            .is_finite()
            .then(|| u8::from((z < 0.0) != (self.last < 0.0)));
        self.last = z;
        if z.fract() == 0.0 && (0.0..=WHOLE_MOST).contains(&z) {
            let whole = z as u64;
            let bits = (0..BITS).map(|bit| (whole >> bit & 1) as u8);
            let remainders = DIVISORS.iter().map(|divisor| (whole % divisor) as u8);
            let parts = self.now[2..].iter_mut().zip(bits.chain(remainders));
            parts.for_each(|(now, label)| *now = Some(label));
        }
    }

    /// Writes the probability of each symbol into `q`; returns ln(q1/q0).
    pub(crate) fn predict(&self, levels: usize, q: &mut Law) -> Option<f64> {
        let part = self.leader?;
        let label = usize::from(self.now[part]?);
        let labels = &self.counts[part * LABELS..(part + 1) * LABELS];
        let seen = |counts: &&Law| counts[..levels].iter().any(|n| *n > 0.0);
        let known = IMAGINED * labels.iter().filter(seen).count().max(2) as f64;
        for (symbol, q) in q[..levels].iter_mut().enumerate() {
            let p = (labels[label][symbol] + IMAGINED) / (self.totals[part][symbol] + known);
            *q = p.ln();
        }
        of_many(&mut q[..levels])
    }

    /// Learns from the present number, whose symbol is known by now.
    pub(crate) fn learn(&mut self, symbol: usize, levels: usize) {
        for part in 0..PARTS {
            if let Some(label) = self.now[part] {
                self.counts[part * LABELS + usize::from(label)][symbol] += 1.0;
                self.totals[part][symbol] += 1.0;
            }
        }
        self.n += 1;
        if self.n.is_multiple_of(ASKED_EVERY) {
            let parts = (0..PARTS).map(|part| (part, self.dependence(part, levels)));
            let most = parts.max_by(|a, b| a.1.total_cmp(&b.1));
            self.leader = most.filter(|(_, d)| *d >= SPEAKS).map(|(part, _)| part);
        }
    }

    /// Pearson's chi-squared of a part's labels and the symbols, for each degree of freedom.
    fn dependence(&self, part: usize, levels: usize) -> f64 {
        let totals = &self.totals[part][..levels];
        let n: f64 = totals.iter().sum();
        let (mut chi2, mut n_labels) = (0.0, 0.0);
        for counts in &self.counts[part * LABELS..(part + 1) * LABELS] {
            let of_label: f64 = counts[..levels].iter().sum();
            if of_label == 0.0 {
                continue;
            }
            n_labels += 1.0;
            for (count, total) in counts.iter().zip(totals) {
                let expected = of_label * total / n;
                if expected > 0.0 {
                    chi2 += (count - expected) * (count - expected) / expected;
                }
            }
        }
        match n_labels > 1.0 && n >= 6.0 {
            true => chi2 / ((n_labels - 1.0) * (levels as f64 - 1.0)),
            false => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of the probability of symbol 1 under each symbol, over the last of many numbers that carry it.
    fn learned(of: impl Fn(u64, u64) -> f64) -> (f64, f64) {
        let mut digits = Digits::default();
        let mut dice = crate::null::Dice::new(3);
        let mut said = [0.0; 2];
        for k in 0..120 {
            let symbol = u64::from(dice.normal() > 0.0);
            let noise = (dice.normal().abs() * 1e6) as u64;
            digits.see(of(noise, symbol));
            let mut q = [0.5; MOST_LEVELS];
            digits.predict(2, &mut q);
            if k >= 100 {
                said[symbol as usize] += q[1];
            }
            digits.learn(symbol as usize, 2);
        }
        (said[0], said[1])
    }

    #[test]
    fn a_bit_in_a_mask_is_read() {
        let (low, high) = learned(|noise, symbol| ((noise & 0xFFDF) | symbol << 5) as f64);
        assert!(high > 8.0 * low, "{low} {high}");
    }

    #[test]
    fn a_remainder_is_read() {
        let (low, high) = learned(|noise, symbol| ((noise % 1_000) * 7 + 3 * symbol) as f64);
        assert!(high > 8.0 * low, "{low} {high}");
    }

    #[test]
    fn a_sign_is_read_of_any_number() {
        let (low, high) =
            learned(|noise, symbol| (noise as f64 + 0.5) * (1.0 - 2.0 * symbol as f64));
        assert!(high > 8.0 * low, "{low} {high}");
    }

    #[test]
    fn numbers_that_follow_nothing_are_rarely_bet_on() {
        let mut digits = Digits::default();
        let mut dice = crate::null::Dice::new(5);
        let mut bets = 0;
        for _ in 0..1_000 {
            digits.see((dice.normal().abs() * 1e6).round());
            let mut q = [0.0; MOST_LEVELS];
            bets += u32::from(digits.predict(2, &mut q).is_some());
            digits.learn(usize::from(dice.normal() > 0.0), 2);
        }
        // One of 23 parts is often a little beyond chance, and its bets are small.
        assert!(bets > 0 && bets < 1_000, "{bets}");
    }
}
