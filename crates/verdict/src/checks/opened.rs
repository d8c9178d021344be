//! **Asks** whether the microphone was opened only after the mute.
//! **Matters** because an app that needs no microphone before it is muted needs none afterwards.
//! **Decides** nothing: it is a remark. By the sound server's record streams: none before the first mute, one
//! between it and the unmute.
//! **Cannot see** a microphone that is opened past the sound server.

use record::{Body, Record};

use crate::case::Case;
use crate::note::Note;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let opened = opened_after_mute(case.trials.session.records);
    Vec::from_iter(opened.then_some(Note::OpenedAfterMute))
}

fn opened_after_mute(records: &[Record]) -> bool {
    let asked = |muted: bool| move |r: &&Record| matches!(&r.body, Body::MuteAsked { muted: m } if *m == muted);
    let Some(mute) = records.iter().find(asked(true)).map(|r| r.t) else {
        return false;
    };
    let unmutes = records.iter().filter(asked(false));
    let unmute = unmutes.map(|r| r.t).find(|t| *t > mute);
    let opened = |r: &&Record| matches!(&r.body, Body::Streams { streams } if !streams.is_empty());
    let watched = |r: &Record| r.t < mute && matches!(&r.body, Body::Streams { .. });
    let first = records.iter().find(opened).map(|r| r.t);
    records.iter().any(watched)
        && first.is_some_and(|t| t >= mute && unmute.is_none_or(|unmute| t < unmute))
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{MonotonicNs, RecordStream, Source};

    fn at(t: u64, body: Body) -> Record {
        Record {
            t: MonotonicNs(t),
            source: Source::Streams,
            seq: 0,
            body,
        }
    }

    fn streams(t: u64, n: u32) -> Record {
        let stream = |index| RecordStream {
            index,
            application: "app".into(),
            binary: None,
            application_id: None,
            source: "mic".into(),
            corked: false,
            muted: false,
        };
        let streams = (0..n).map(stream).collect();
        at(t, Body::Streams { streams })
    }

    #[test]
    fn only_a_first_stream_after_the_mute_counts() {
        let mute = || at(10, Body::MuteAsked { muted: true });
        let unmute = || at(20, Body::MuteAsked { muted: false });
        let after = [streams(1, 0), mute(), streams(12, 1), unmute()];
        assert!(opened_after_mute(&after));
        let before = [streams(1, 1), streams(5, 0), mute(), streams(12, 1)];
        assert!(!opened_after_mute(&before));
        assert!(!opened_after_mute(&[
            streams(1, 0),
            mute(),
            unmute(),
            streams(22, 1)
        ]));
        // Nobody watched before the mute.
        assert!(!opened_after_mute(&[mute(), streams(12, 1)]));
    }
}
