//! The time, as a server of NTP tells it (RFC 5905, section 7.3).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds from the beginning of NTP's time, 1900, to that of Unix's.
const EPOCH_S: u64 = 2_208_988_800;

/// Length of a message without extensions, bytes.
const LEN: usize = 48;

/// Answers a client's question at this time; nothing for what is none.
pub(crate) fn answer(question: &[u8], now: SystemTime) -> Option<[u8; LEN]> {
    let first = *question.first()?;
    let asked = question.get(40..LEN)?;
    let (version, mode) = (first >> 3 & 7, first & 7);
    if mode != 3 || !(1..=4).contains(&version) {
        return None;
    }
    let now = stamp(now.duration_since(UNIX_EPOCH).unwrap_or_default());
    let mut answer = [0; LEN];
    // No leap second ahead, the client's version, a server; second of the strata, a microsecond exact.
    answer[..4].copy_from_slice(&[version << 3 | 4, 2, question[2], (-20i8) as u8]);
    answer[12..16].copy_from_slice(b"STGE");
    for (at, value) in [(16, &now[..]), (24, asked), (32, &now), (40, &now)] {
        answer[at..at + 8].copy_from_slice(value);
    }
    Some(answer)
}

/// Seconds, and parts of 2^32 of one.
fn stamp(since: Duration) -> [u8; 8] {
    let seconds = since.as_secs().wrapping_add(EPOCH_S) as u32;
    let part = (u64::from(since.subsec_nanos()) << 32) / 1_000_000_000;
    let mut stamp = [0; 8];
    stamp[..4].copy_from_slice(&seconds.to_be_bytes());
    stamp[4..].copy_from_slice(&(part as u32).to_be_bytes());
    stamp
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_the_time_and_its_own_stamp() {
        let mut question = [0; LEN];
        question[0] = 0x23;
        question[40..].copy_from_slice(b"asked-at");
        let at = UNIX_EPOCH + Duration::new(1_700_000_000, 500_000_000);
        let answer = answer(&question, at).unwrap();
        assert_eq!(answer[0], 0x24);
        assert_eq!(&answer[24..32], b"asked-at");
        // 1,700,000,000 s of Unix's time, and a half.
        assert_eq!(answer[40..44], 3_908_988_800u32.to_be_bytes());
        assert_eq!(answer[44..48], [0x80, 0, 0, 0]);
    }

    #[test]
    fn what_is_no_question_is_not_answered() {
        assert_eq!(answer(&[], UNIX_EPOCH), None);
        assert_eq!(answer(&[0x24; 47], UNIX_EPOCH), None);
        assert_eq!(answer(&[0x24; 48], UNIX_EPOCH), None);
    }
}
