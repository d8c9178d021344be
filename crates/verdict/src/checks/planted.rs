//! **Asks** how small a leak would have been found in this session.
//! **Matters** because "nothing found" is worth what could have been found.
//! **Decides** by planting leaks into this session's own numbers, 200 times each with coins drawn
//! anew, ever smaller: the smallest that is found in at least 95 % of the tries is the limit. Where
//! not one of them is found at any strength, the session could not have found anything.
//! **Plants** into each code's blocks by themselves: the slow code's limit is that of a value sent
//! once a minute. No control reaches the slower codes, so for them this is what "nothing found"
//! rests on.
//! **Counts** cautiously: a planted leak is found only if the bets on its own series reach the
//! threshold by their share of the stake alone, whatever all other bets lose or win.
//! **Cannot see** the limit for leaks of another kind, or inside what is encrypted: the flag and
//! the loudness value stand for fields that can be read.

use crate::case::Case;
use crate::reason::Reason;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    match &case.detects {
        Some(detects)
            if detects
                .planted
                .iter()
                .all(|planted| planted.down_to.is_none()) =>
        {
            vec![Reason::NothingDetectable {
                tries: detects.tries,
            }]
        }
        _ => Vec::new(),
    }
}
