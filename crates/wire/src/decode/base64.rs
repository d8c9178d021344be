//! Base64 (RFC 4648, standard and URL-safe), where what is inside can be read.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{Answer, Out, Part};

/// Shorter ones are words as likely as not.
const LEN_MIN: usize = 16;

pub(super) fn base64(bytes: &[u8], out: &mut Out) -> Answer {
    if bytes.len() < LEN_MIN || !bytes.iter().all(is_letter) {
        return Answer::NotMine;
    }
    let url_safe = bytes.iter().any(|b| matches!(b, b'-' | b'_'));
    let alphabet = if url_safe { &URL_SAFE } else { &STANDARD };
    let any_padding = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let Ok(content) = GeneralPurpose::new(alphabet, any_padding).decode(bytes) else {
        return Answer::NotMine;
    };
    out.format("base64");
    out.push("|base64");
    out.keep(Part::Content, &content);
    // Any word of the right length is base64 of something: only what is inside can tell.
    match out.guess(&content) {
        Some(opaque) => {
            let share = bytes.len() as u128 * opaque.min(content.len()) as u128;
            Answer::Certain(share.div_ceil(content.len().max(1) as u128) as usize)
        }
        None => Answer::NotMine,
    }
}

fn is_letter(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=')
}
