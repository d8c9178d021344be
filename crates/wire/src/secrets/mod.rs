//! Masking secrets in plaintext before it is written down: the one place where that is done, for plaintext
//! that was seen before encryption, for packets, and for whatever else is written from them.
//!
//! What is masked becomes as many stars: lengths stay, as they may tell something. Found is what stands in
//! the open, by the name that it bears (`named`, `pairs`), by the place where it stands (`http`, `http2`,
//! `multipart`) or by what it looks like (`shapes`). A secret inside something compressed or encoded is
//! not, and no list of names is complete.

mod http;
mod http2;
mod multipart;
mod named;
mod names;
mod pairs;
mod quote;
mod shapes;

use std::ops::Range;

/// What stands for each masked byte.
const STAR: u8 = b'*';
/// And for those of a number in JSON, which has to stay one.
const DIGIT: u8 = b'1';

/// Replaces secrets by stars of the same number, bytes; returns how many values it masked. Values that
/// stand in `exempt` stay: whoever planted them looks for them later. Line ends within a value stay, too.
///
/// `data` is a message, a connection's direction as far as it is there, or any piece of these.
pub fn mask(data: &mut [u8], exempt: &[&[u8]]) -> usize {
    http2::mask(data, exempt) + mask_text(data, exempt)
}

/// Likewise, of text alone.
fn mask_text(data: &mut [u8], exempt: &[&[u8]]) -> usize {
    let mut found: Vec<Secret> = Vec::new();
    found.extend(http::headers(data).into_iter().map(Secret::text));
    found.extend(http::lines(data).into_iter().map(Secret::text));
    found.extend(multipart::values(data).into_iter().map(Secret::text));
    found.extend(pairs::values(data).into_iter().map(Secret::text));
    found.extend(shapes::values(data).into_iter().map(Secret::text));
    found.extend(named::values(data));
    let found = merged(found);
    for Secret { at, with } in &found {
        fill(&mut data[at.clone()], *with, exempt);
    }
    found.len()
}

/// In order, and none within another: by several rules one value is found several times.
fn merged(mut found: Vec<Secret>) -> Vec<Secret> {
    found.retain(|secret| !secret.at.is_empty());
    found.sort_by_key(|secret| (secret.at.start, secret.at.end));
    let mut out: Vec<Secret> = Vec::new();
    for secret in found {
        match out.last_mut() {
            Some(last) if secret.at.start < last.at.end => {
                last.at.end = last.at.end.max(secret.at.end);
            }
            _ => out.push(secret),
        }
    }
    out
}

/// A secret that was found.
struct Secret {
    at: Range<usize>,
    with: u8,
}

impl Secret {
    fn text(at: Range<usize>) -> Secret {
        Secret { at, with: STAR }
    }

    fn number(at: Range<usize>) -> Secret {
        Secret { at, with: DIGIT }
    }
}

/// Overwrites a value, but for what is exempt, and for the ends of its lines with the white space that says
/// that a header goes on.
fn fill(value: &mut [u8], with: u8, exempt: &[&[u8]]) {
    let mut keep = vec![false; value.len()];
    for planted in exempt.iter().filter(|planted| !planted.is_empty()) {
        for at in 0..value.len().saturating_sub(planted.len() - 1) {
            if value[at..].starts_with(planted) {
                keep[at..at + planted.len()].fill(true);
            }
        }
    }
    let mut behind_line = false;
    for (byte, keep) in value.iter_mut().zip(keep) {
        let line = matches!(byte, b'\r' | b'\n');
        let folded = behind_line && matches!(byte, b' ' | b'\t');
        behind_line = line || folded;
        if !keep && !line && !folded {
            *byte = with;
        }
    }
}
