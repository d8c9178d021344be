//! **Asks** whether the test keeps its promise on this session's own numbers: bets against orders
//! that were never played may not win.
//! **Matters** because the promise is a theorem about the method; this is what the program does
//! with numbers such as these.
//! **Decides** over 1,000 redrawn orders: W of 100 or more in at most 1 % of them, with room for
//! chance (exceeded by an honest 1 % once in a thousand sessions).
//! **Looks at** a sample, as all would take an hour: of each code at most 32 series and 500 blocks,
//! dealt into groups of at least two series that share the redraws; more of both in a longer session.
//! **Cannot see** whether the real coins were random; they come from the committed seed.

use crate::case::Case;
use crate::model::Redraws;
use crate::reason::Reason;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    case.redraws.as_ref().map(complaints).unwrap_or_default()
}

fn complaints(redraws: &Redraws) -> Vec<Reason> {
    match redraws.accused > redraws.allowed {
        true => vec![Reason::RedrawsAccused {
            accused: redraws.accused,
            of: redraws.draws,
        }],
        false => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_false_alarms_than_chance_allows_are_a_reason() {
        let redraws = |accused| Redraws {
            draws: 1_000,
            accused,
            allowed: 21,
            series: 32,
            blocks: 60,
        };
        assert_eq!(complaints(&redraws(21)), []);
        let of = 1_000;
        let reason = Reason::RedrawsAccused { accused: 22, of };
        assert_eq!(complaints(&redraws(22)), [reason]);
    }
}
