//! How many finds chance gives.
//!
//! A value that was drawn evenly from `2^bits` stands at a given place of a text that knows nothing of it with
//! chance `2^-bits` at most, whatever the text: so a form of it is expected `1e9 * 2^-bits` times in 1 GB. At
//! 24 bits that is 60 times, at 40 bits once in 1,100 GB.
//!
//! | value | bits | chance finds per GB and form |
//! |---|---|---|
//! | 4 digits | 13.3 | 100,000 |
//! | 6 letters of one case | 28.2 | 3.2 |
//! | 8 hexadecimal digits, CRC32 | 32 | 0.23 |
//! | 9 letters of one case | 42.3 | 0.00018 |
//! | 12 hexadecimal digits, a MAC | 48 | 3.6e-6 |
//! | MD5 | 128 | 2.9e-30 |
//!
//! Of a value that nobody drew (a person's own name, a time zone) this is a lower bound, and often a poor one:
//! only a second run with another value tells.

/// Below this, a value is looked for as a whole field alone.
const BITS_ANYWHERE: f64 = 24.0;

/// From this on, chance is no explanation.
const BITS_SURE: f64 = 40.0;

/// How much a find of a form says by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Looked for only as all of a field: fewer than 24 bits, which stand in any text by chance.
    Field,
    /// Found anywhere, and told from chance by a second run alone: fewer than 40 bits, or a value out of a
    /// list that everybody has.
    Weak,
    /// Found anywhere, and no chance.
    Sure,
}

impl Strength {
    /// Of a form of so many bits; `listed` if the value is out of a list that everybody has and is not hashed.
    pub(super) fn of(bits: f64, listed: bool) -> Strength {
        match bits {
            bits if bits < BITS_ANYWHERE => Strength::Field,
            bits if bits < BITS_SURE || listed => Strength::Weak,
            _ => Strength::Sure,
        }
    }
}

/// Finds of one form that chance gives in 1 GB of foreign bytes, if its value was drawn evenly from `2^bits`.
pub fn chance_per_gb(bits: f64) -> f64 {
    1e9 * (-bits).exp2()
}

/// Bits of a text, had it been drawn letter by letter: from the digits, the letters of either case, or the
/// hexadecimal digits, as far as it has any of them. A letter that repeats the one before, and whatever
/// separates, counts nothing.
pub(super) fn text_bits(text: &str) -> f64 {
    let letters: Vec<char> = text.chars().filter(|c| c.is_alphanumeric()).collect();
    let any = |of: fn(&char) -> bool| letters.iter().any(of);
    let is_hex = |upper: bool| {
        let digit = |c: &char| c.is_ascii_hexdigit() && !(c.is_ascii_lowercase() && upper);
        letters.iter().all(digit) && (upper || !any(char::is_ascii_uppercase))
    };
    let (digits, lower, upper) = (
        any(char::is_ascii_digit),
        any(char::is_ascii_lowercase),
        any(char::is_ascii_uppercase),
    );
    let alphabet = match digits && (lower || upper) && (is_hex(false) || is_hex(true)) {
        true => 16,
        false => {
            let count = |is: bool, n| if is { n } else { 0 };
            let others = count(any(|c| !c.is_ascii()), 32);
            count(digits, 10) + count(lower, 26) + count(upper, 26) + others
        }
    };
    let repeated = letters.windows(2).filter(|pair| pair[0] == pair[1]).count();
    (letters.len() - repeated) as f64 * f64::from(alphabet.max(1)).log2()
}

/// Bits of bytes that stand for themselves.
pub(super) fn byte_bits(bytes: &[u8]) -> f64 {
    let repeated = bytes.windows(2).filter(|pair| pair[0] == pair[1]).count();
    8.0 * (bytes.len() - repeated) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_the_arithmetic() {
        let near = |is: f64, should: f64| (is / should - 1.0).abs() < 0.05;
        for (text, bits, finds) in [
            ("8401", 13.3, 100_000.0),
            ("qwerty", 28.2, 3.2),
            ("0c1d2e3f", 32.0, 0.23),
            ("qwertzuio", 42.3, 0.000_18),
            ("02:42:ac:1d:5e:f7", 48.0, 3.6e-6),
        ] {
            assert!(near(text_bits(text), bits), "{text}: {}", text_bits(text));
            let is = chance_per_gb(text_bits(text));
            assert!(near(is, finds), "{text}: {is}");
        }
        assert!(near(chance_per_gb(128.0), 2.9e-30));
    }

    #[test]
    fn what_repeats_says_nothing() {
        assert!(text_bits("00:00:00:00:00:00") < 4.0);
        assert_eq!(text_bits("----"), 0.0);
        assert_eq!(byte_bits(&[0, 0, 0, 1]), 16.0);
    }
}
