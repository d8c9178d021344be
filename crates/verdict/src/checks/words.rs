//! **Asks** whether the app says one thing of its mute in two places, where the recipe asks in more than one.
//! **Matters** because a person looks at one of them: a button that shows a mute which the app itself does not know
//! of misleads whoever looks at the button, whatever is sent.
//! **Decides** nothing: it is a remark, and a mute that not all words confirm counts as not confirmed. The words
//! differ where, from two seconds after the mute on, one says muted and another says not in most of the rounds in
//! which they were asked.
//! **Cannot see** words that nobody asked for.

use record::{Body, MonotonicNs, Record};

use crate::case::Case;
use crate::note::Note;

/// Words that follow each other, as a label follows a press, agree by then.
const SETTLED_NS: i64 = 2_000_000_000;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    differ(case.trials.session.records).into_iter().collect()
}

/// What one word said.
type Said<'r> = (&'r str, Option<bool>, &'r str);

fn differ(records: &[Record]) -> Option<Note> {
    let asked = |wanted: bool, from: MonotonicNs| {
        let is_it = move |r: &&Record| {
            r.t >= from && matches!(r.body, Body::MuteAsked { muted } if muted == wanted)
        };
        records.iter().find(is_it).map(|r| r.t)
    };
    let from = asked(true, MonotonicNs(0))?;
    let to = asked(false, from);
    let (mut rounds, mut differing, mut last) = (0u32, 0u32, None);
    let mut round: Vec<Said<'_>> = Vec::new();
    for record in records {
        let counts = record.t >= from.offset(SETTLED_NS) && to.is_none_or(|to| record.t < to);
        match &record.body {
            Body::WordSaid { of, muted, said } if counts => round.push((of, *muted, said)),
            // Behind its words stands what they say together.
            Body::MuteSaid { .. } if !round.is_empty() => {
                rounds += 1;
                if let Some(note) = torn(&round) {
                    differing += 1;
                    last = Some(note);
                }
                round.clear();
            }
            _ => {}
        }
    }
    last.filter(|_| 2 * differing > rounds)
}

fn torn(round: &[Said<'_>]) -> Option<Note> {
    let who = |wanted| round.iter().find(|(_, muted, _)| *muted == Some(wanted));
    let ((muted, _, muted_said), (unmuted, _, unmuted_said)) = (who(true)?, who(false)?);
    Some(Note::WordsDiffer {
        muted: (*muted).to_owned(),
        muted_said: (*muted_said).to_owned(),
        unmuted: (*unmuted).to_owned(),
        unmuted_said: (*unmuted_said).to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::Source;

    /// A round a second: what the button says, and what the line below it says.
    fn session(rounds: &[[Option<bool>; 2]]) -> Vec<Record> {
        let mut records = Vec::new();
        let mut push = |s: u64, body| {
            records.push(Record {
                t: MonotonicNs(s * 1_000_000_000),
                source: Source::Mute,
                seq: s,
                body,
            });
        };
        push(1, Body::MuteAsked { muted: true });
        for (s, said) in rounds.iter().enumerate() {
            let s = s as u64 + 1;
            for (of, muted) in ["button", "line"].into_iter().zip(said) {
                let (of, said) = (of.to_owned(), format!("{muted:?}"));
                push(
                    s,
                    Body::WordSaid {
                        of,
                        muted: *muted,
                        said,
                    },
                );
            }
            let (muted, said) = (None, String::new());
            push(s, Body::MuteSaid { muted, said });
        }
        records
    }

    const YES: Option<bool> = Some(true);
    const NO: Option<bool> = Some(false);

    #[test]
    fn words_that_go_on_to_differ_are_told() {
        let note = differ(&session(&[[YES, NO]; 6]));
        assert_eq!(
            note,
            Some(Note::WordsDiffer {
                muted: "button".into(),
                muted_said: "Some(true)".into(),
                unmuted: "line".into(),
                unmuted_said: "Some(false)".into(),
            })
        );
        let note = differ(&session(&[[NO, YES]; 6]));
        assert!(matches!(note, Some(Note::WordsDiffer { muted, .. }) if muted == "line"));
    }

    #[test]
    fn words_that_agree_in_the_end_are_not() {
        let late = [[YES, NO], [YES, NO], [YES, YES], [YES, YES], [YES, YES]];
        assert_eq!(differ(&session(&late)), None);
        // One that says neither contradicts nobody.
        assert_eq!(differ(&session(&[[YES, None]; 6])), None);
        assert_eq!(differ(&session(&[])), None);
    }

    #[test]
    fn what_is_said_after_the_unmute_is_none_of_it() {
        let mut records = session(&[[YES, YES], [YES, YES], [YES, YES], [YES, NO], [YES, NO]]);
        let unmute = Record {
            t: MonotonicNs(3_500_000_000),
            source: Source::Stage,
            seq: 99,
            body: Body::MuteAsked { muted: false },
        };
        records.push(unmute);
        records.sort_by_key(|r| r.t);
        assert_eq!(differ(&records), None);
    }
}
