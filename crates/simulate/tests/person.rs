//! Guided audits: the person's word in the place of the app's, and what it costs to take it back.

use record::{Body, MonotonicNs, Record, Source, Word};
use simulate::{Microphone, Recording, Sends, scene};
use verdict::{Judgement, Options, Reason, Sealed, Verdict, judge};

const SECOND: u64 = 1_000_000_000;

/// The same session, with a person in it: `words` by seconds after their mute.
fn guided(mut recording: Recording, last: Word, words: &[(u64, Word)]) -> Recording {
    let is_word = |r: &Record| matches!(r.body, Body::MuteSaid { .. });
    let asked = |r: &&Record| matches!(r.body, Body::MuteAsked { muted: true });
    let muted = recording.records.iter().find(asked).expect("a mute").t;
    let end = recording.records.iter().map(|r| r.t).max().expect("an end");
    recording.records.retain(|r| !is_word(r));
    let ask = |t: MonotonicNs, part: &str| {
        let (part, what) = (part.to_owned(), String::new());
        (t, Body::Asked { part, what })
    };
    let said = |t: MonotonicNs, word| (t, Body::PersonSaid { word });
    let mut facts = vec![ask(muted, "mute"), said(muted, Word::Done)];
    facts.extend(
        words
            .iter()
            .map(|(s, word)| said(MonotonicNs(muted.0 + s * SECOND), *word)),
    );
    facts.extend([ask(end, "confirm"), said(end, last)]);
    recording
        .records
        .extend(facts.into_iter().map(|(t, body)| Record {
            t,
            source: Source::Person,
            seq: 0,
            body,
        }));
    recording.records.sort_by_key(|r| r.t);
    (0..)
        .zip(&mut recording.records)
        .for_each(|(n, r)| r.seq = n);
    recording
}

fn judged(recording: &Recording) -> Judgement {
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    let options = Options::default();
    judge(&session, &recording.seed, Sealed::Unchanged, &options)
}

fn unconfirmed(judgement: &Judgement) -> Option<(u32, u32)> {
    let Verdict::Inconclusive { reasons } = &judgement.verdict else {
        return None;
    };
    reasons.iter().find_map(|r| match r {
        Reason::MuteNotConfirmed { blocks, of } => Some((*blocks, *of)),
        _ => None,
    })
}

fn slip(at_s: u64, seconds: u32) -> (u64, Word) {
    (at_s, Word::Slipped { seconds })
}

#[test]
fn the_persons_word_stands_for_the_apps() {
    let judgement = judged(&guided(scene(1).record(), Word::Kept, &[]));
    assert!(
        matches!(judgement.verdict, Verdict::NoLeakSeen { .. }),
        "{:?}",
        judgement.verdict
    );
    let leaky = scene(2).muted(Sends::Level, Microphone::Running).record();
    let judgement = judged(&guided(leaky, Word::Kept, &[]));
    assert!(
        matches!(judgement.verdict, Verdict::Leaks { .. }),
        "{:?}",
        judgement.verdict
    );
}

#[test]
fn a_no_in_the_end_and_no_word_at_all_confirm_nothing() {
    let leaky = || scene(2).muted(Sends::Level, Microphone::Running).record();
    for last in [Word::NotKept, Word::Done] {
        let judgement = judged(&guided(leaky(), last, &[]));
        assert_eq!(unconfirmed(&judgement), Some((60, 60)), "{last:?}");
    }
}

#[test]
fn a_slip_costs_its_blocks_and_many_cost_the_answer() {
    let lost = |judgement: &Judgement| {
        let rows = judgement.blocks.iter();
        rows.filter(|b| b.mute_confirmed == Some(false)).count()
    };
    let one = judged(&guided(scene(3).record(), Word::Kept, &[slip(30, 2)]));
    assert!((6..=12).contains(&lost(&one)), "{}", lost(&one));
    assert_eq!(unconfirmed(&one), None, "{:?}", one.verdict);
    assert!(one.charged.is_some());

    let late = Word::Late { seconds: 6 };
    let late = judged(&guided(scene(3).record(), late, &[]));
    assert!((2..=12).contains(&lost(&late)), "{}", lost(&late));
    assert_eq!(unconfirmed(&late), None, "{:?}", late.verdict);

    let many = judged(&guided(scene(3).record(), Word::Kept, &[slip(40, 30)]));
    let (blocks, of) = unconfirmed(&many).expect("too much was taken back");
    assert!(blocks > of / 4, "{blocks} of {of}");
}

/// A mute that was lifted for a while sends the microphone: with the slip told, that is no leak.
#[test]
fn what_left_during_a_slip_accuses_nobody() {
    let sent = scene(4).muted(Sends::Level, Microphone::Running).record();
    let mut quiet = scene(4).record();
    let asked = |r: &&Record| matches!(r.body, Body::MuteAsked { muted: true });
    let muted = quiet.records.iter().find(asked).expect("a mute").t;
    // For ten seconds the packets are those of the leaking twin.
    let during =
        |t: MonotonicNs| (20 * SECOND..30 * SECOND).contains(&(t.0.saturating_sub(muted.0)));
    quiet.packets.retain(|(t, _)| !during(*t));
    quiet
        .packets
        .extend(sent.packets.into_iter().filter(|(t, _)| during(*t)));
    quiet.packets.sort_by_key(|(t, _)| *t);
    let judgement = judged(&guided(quiet, Word::Kept, &[slip(30, 10)]));
    assert!(
        !matches!(judgement.verdict, Verdict::Leaks { .. }),
        "{:?}",
        judgement.verdict
    );
}
