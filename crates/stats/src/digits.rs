//! Numbers that are more than a size: a sign, bits in a mask, what is left by a division.

use crate::models::{Law, of_many};
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

/// A part that was wrong keeps at least this of the belief, so that it can come back.
const FLOOR: f64 = 1e-6;

/// Labels of every part of a number, and which of them hang on the symbol: a Bayesian mixture over the
/// parts, each a Dirichlet-multinomial law for each symbol.
#[derive(Debug, Clone)]
pub(crate) struct Digits {
    last: f64,
    /// The present number's labels; `None` for a part that it does not have.
    now: [Option<u8>; PARTS],
    /// Labels that a part has shown so far, a bit each.
    shown: [u16; PARTS],
    /// How much each part is believed.
    belief: [f64; PARTS],
    /// Of each part and label, by symbol; and of each part.
    counts: Vec<Law>,
    totals: Vec<Law>,
}

impl Default for Digits {
    fn default() -> Digits {
        Digits {
            last: f64::NAN,
            now: [None; PARTS],
            shown: [0; PARTS],
            belief: [1.0 / PARTS as f64; PARTS],
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
        for (shown, now) in self.shown.iter_mut().zip(&self.now) {
            *shown |= now.map_or(0, |label| 1 << label);
        }
    }

    /// The law that a part's label gives; nothing where the part has shown one label only.
    fn of_part(&self, part: usize, levels: usize) -> Option<Law> {
        let label = usize::from(self.now[part]?);
        let n_labels = self.shown[part].count_ones();
        if n_labels < 2 {
            return None;
        }
        let known = f64::from(n_labels) * IMAGINED;
        let (counts, totals) = (&self.counts[part * LABELS + label], &self.totals[part]);
        let mut q = [0.0; MOST_LEVELS];
        let mut sum = 0.0;
        for symbol in 0..levels {
            q[symbol] = (counts[symbol] + IMAGINED) / (totals[symbol] + known);
            sum += q[symbol];
        }
        q[..levels].iter_mut().for_each(|q| *q /= sum);
        Some(q)
    }

    /// Writes the probability of each symbol into `q`; returns ln(q1/q0).
    pub(crate) fn predict(&self, levels: usize, q: &mut Law) -> Option<f64> {
        let mut mixed = [0.0; MOST_LEVELS];
        let mut any = false;
        for part in 0..PARTS {
            let law = self.of_part(part, levels);
            any |= law.is_some();
            let law = law.unwrap_or([1.0 / levels as f64; MOST_LEVELS]);
            let each = mixed[..levels].iter_mut().zip(&law);
            each.for_each(|(mixed, law)| *mixed += self.belief[part] * law);
        }
        if !any {
            return None;
        }
        let each = q[..levels].iter_mut().zip(&mixed);
        each.for_each(|(q, mixed)| *q = mixed.ln());
        of_many(&mut q[..levels])
    }

    /// Learns from the present number, whose symbol is known by now.
    pub(crate) fn learn(&mut self, symbol: usize, levels: usize) {
        let mut total = 0.0;
        for part in 0..PARTS {
            if let Some(law) = self.of_part(part, levels) {
                self.belief[part] *= levels as f64 * law[symbol];
            }
            total += self.belief[part];
        }
        let belief = self.belief.iter_mut();
        belief.for_each(|belief| *belief = (*belief / total).max(FLOOR));
        for part in 0..PARTS {
            if let Some(label) = self.now[part] {
                self.counts[part * LABELS + usize::from(label)][symbol] += 1.0;
                self.totals[part][symbol] += 1.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Probability of symbol 1 for the last number, after a hundred that carry it in `of`.
    fn learned(of: impl Fn(u64, u64) -> f64) -> (f64, f64) {
        let mut digits = Digits::default();
        let mut dice = crate::null::Dice::new(3);
        let mut said = [0.0; 2];
        for k in 0..120 {
            let symbol = u64::from(dice.normal() > 0.0);
            let noise = (dice.normal().abs() * 1e6) as u64;
            digits.see(of(noise, symbol));
            let mut q = [0.0; MOST_LEVELS];
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
}
