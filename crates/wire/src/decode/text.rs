//! Text: numbers in digits, and what is no text but a token.

/// Runs of base64's letters from this length on may be a token.
const TOKEN_LEN: usize = 16;

/// A finite number written in digits; words such as `inf` are text.
pub(super) fn number(text: &str) -> Option<f64> {
    let first = text.bytes().next()?;
    let starts = first.is_ascii_digit() || matches!(first, b'-' | b'+' | b'.');
    if !starts || text.len() > 32 {
        return None;
    }
    text.parse().ok().filter(|n: &f64| n.is_finite())
}

/// FNV-1a, folded from 64 to 32 bits.
pub(super) fn hash(bytes: &[u8]) -> u32 {
    let hash = bytes.iter().fold(0xCBF2_9CE4_8422_2325u64, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    });
    (hash ^ (hash >> 32)) as u32
}

/// Bytes of a text that lie in tokens: runs of 16 and more letters of base64 (either alphabet) with
/// digits as well as letters. A key, an identifier or something encrypted looks like that; some
/// harmless names do too, and then less counts as read than was.
pub(super) fn token_bytes(text: &str) -> usize {
    if text.len() < TOKEN_LEN {
        return 0;
    }
    let in_token = |b: &u8| b.is_ascii_alphanumeric() || b"+/=_-".contains(b);
    let is_token = |run: &&[u8]| {
        let count = |of: fn(&u8) -> bool| run.iter().filter(|b| of(b)).count();
        run.len() >= TOKEN_LEN
            && count(u8::is_ascii_digit) >= 2
            && count(u8::is_ascii_alphabetic) >= 2
    };
    // A letter of several bytes has none that could be in a token.
    let runs = text.as_bytes().split(|b| !in_token(b)).filter(is_token);
    runs.map(<[u8]>::len).sum()
}
