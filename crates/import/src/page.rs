//! The log of a page that played the sound (`muteproof play --page`): its clocks, and what the person beside it said.

use std::path::{Path, PathBuf};

use record::{Body, MonotonicNs, Record, Source, Span, Word};
use serde::Deserialize;

use crate::clock::whole;
use crate::error::{ImportError, PageFault};
use crate::schedule::Schedule;

/// The newest form that is read.
const FORM: u32 = 1;
/// Bytes of a log: an hour's is 300 kB.
const LOG_MAX: u64 = 16 << 20;
/// Between two pairs of clocks the sound fell behind by more than this: it stood still. Clocks of machines that are
/// kept on time differ by less, and what is set right by the network comes slowly.
const STOOD_MS: f64 = 50.0;

/// What a page wrote down.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct PageLog {
    muteproof_page: u32,
    /// The seed's SHA-256.
    schedule: String,
    /// Wall time in milliseconds since 1970, and seconds of the sound.
    pairs: Vec<(f64, f64)>,
    said: Vec<Said>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Said {
    at_s: f64,
    /// What the page asked for.
    asked: Option<String>,
    /// What the person answered.
    word: Option<Word>,
}

impl PageLog {
    pub(crate) fn open(path: &Path, schedule: &Schedule) -> Result<PageLog, ImportError> {
        let path: PathBuf = path.to_owned();
        let json = match files::read(&path, LOG_MAX) {
            Ok(json) => json,
            Err(source) => return Err(ImportError::Read { path, source }),
        };
        let read = PageLog::read(&json, &schedule.manifest.seed_sha256);
        read.map_err(|fault| ImportError::Page { path, fault })
    }

    fn read(json: &[u8], sha256: &str) -> Result<PageLog, PageFault> {
        let log: PageLog =
            serde_json::from_slice(json).map_err(|e| PageFault::NotOne(e.to_string()))?;
        if log.muteproof_page > FORM {
            return Err(PageFault::Newer(log.muteproof_page));
        }
        if !log.schedule.eq_ignore_ascii_case(sha256) {
            return Err(PageFault::OfAnother);
        }
        if log.pairs.len() < 2 {
            return Err(PageFault::NoTimes);
        }
        // A browser answers twice with the same moment now and then; it never goes back.
        let follows = |pair: &[(f64, f64)]| {
            let [(wall, sound), (next_wall, next_sound)] = pair else {
                return false;
            };
            let finite = [wall, sound, next_wall, next_sound]
                .iter()
                .all(|x| x.is_finite());
            finite && *wall > 0.0 && next_wall >= wall && next_sound >= sound && *next_sound < 1e6
        };
        match log.pairs.windows(2).position(|pair| !follows(pair)) {
            Some(at) => Err(PageFault::Times(at + 1)),
            None => Ok(log),
        }
    }

    /// Lays it on the schedule: its times in the place of those that the file had, and the person's words.
    pub(crate) fn lay_on(&self, records: &mut Vec<Record>) {
        let Span { from, to } = whole(records);
        let at = |seconds: f64| from.offset((seconds * 1e9) as i64);
        records.retain(|r| !matches!(r.body, Body::ClockPair { .. }));
        let mut fact = |t: MonotonicNs, source: Source, body: Body| {
            records.push(Record {
                t,
                source,
                seq: 0,
                body,
            });
        };
        let note = "a person joins and mutes, by the page".to_owned();
        fact(from, Source::Person, Body::Attached { note });
        for (wall_ms, sound_s) in &self.pairs {
            let pair = Body::ClockPair {
                realtime_ns: (wall_ms * 1e6) as u64,
                bracket_ns: 1_000_000,
            };
            fact(at(*sound_s), Source::Clock, pair);
        }
        for pair in self.pairs.windows(2) {
            let [(wall, sound), (next_wall, next_sound)] = pair else {
                continue;
            };
            let behind_ms = (next_wall - wall) - (next_sound - sound) * 1e3;
            if behind_ms.abs() > STOOD_MS {
                let span = Span {
                    from: at(*sound),
                    to: at(*next_sound),
                };
                let why = format!("the page's sound and clock went apart by {behind_ms:.0} ms");
                let lost = None;
                fact(span.to, Source::Packets, Body::Gap { span, lost, why });
            }
        }
        let heard = |(a, b): (f64, f64)| {
            // What was not heard to its end, or not from its beginning.
            let whole = to.since(from) as f64 / 1e9;
            [(0.0, a), (b, whole)]
        };
        let ends = self.pairs.first().zip(self.pairs.last());
        for (begin, end) in ends.map_or([(0.0, 0.0); 2], |(first, last)| heard((first.1, last.1))) {
            if end - begin > 1.0 {
                let span = Span {
                    from: at(begin),
                    to: at(end),
                };
                let why = "the page did not play then".to_owned();
                fact(
                    span.to,
                    Source::Packets,
                    Body::Gap {
                        span,
                        lost: None,
                        why,
                    },
                );
            }
        }
        for said in &self.said {
            let t = at(said.at_s.clamp(0.0, 1e6));
            if let Some(part) = &said.asked {
                let (part, what) = (part.chars().take(40).collect(), String::new());
                fact(t, Source::Person, Body::Asked { part, what });
            }
            if let Some(word) = said.word {
                fact(t, Source::Person, Body::PersonSaid { word });
            }
        }
        records.sort_by_key(|record| record.t);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Clock;

    const S: u64 = 1_000_000_000;

    fn log(pairs: &str) -> String {
        format!(
            r#"{{"muteproof_page":1,"schedule":"ab","pairs":{pairs},"said":[{{"at_s":2.0,"asked":"mute"}},
            {{"at_s":3.5,"word":{{"is":"done"}}}},{{"at_s":9.0,"word":{{"is":"kept"}}}}]}}"#
        )
    }

    fn file() -> Vec<Record> {
        let pair = |s: u64| Record {
            t: MonotonicNs((s + 1) * S),
            source: Source::Clock,
            seq: 0,
            body: Body::ClockPair {
                realtime_ns: s * S,
                bracket_ns: 1_000,
            },
        };
        (0..=10).map(pair).collect()
    }

    #[test]
    fn its_clock_is_the_sounds_and_the_persons_words_have_their_times() {
        // 300 ms late, and 50 parts in a million too quick.
        let wall = |s: f64| 1_790_000_000_000.0 + 300.0 + s * 1e3 * (1.0 + 50e-6);
        let pairs: Vec<_> = (0..=10)
            .map(|s| (wall(f64::from(s)), f64::from(s)))
            .collect();
        let text = log(&serde_json::to_string(&pairs).unwrap());
        let mut records = file();
        PageLog::read(text.as_bytes(), "AB")
            .unwrap()
            .lay_on(&mut records);
        let clock = Clock::new(&records).unwrap();
        let heard = clock.t((wall(7.25) * 1e6) as u64);
        assert!(
            heard.since(MonotonicNs(8 * S + S / 4)).abs() < 1_000_000,
            "{heard:?}"
        );
        let words: Vec<_> = records
            .iter()
            .filter_map(|r| match r.body {
                Body::PersonSaid { word } => Some((r.t.0, word)),
                _ => None,
            })
            .collect();
        assert_eq!(words, [(9 * S / 2, Word::Done), (10 * S, Word::Kept)]);
        assert!(!records.iter().any(|r| matches!(r.body, Body::Gap { .. })));
    }

    #[test]
    fn where_the_sound_stood_still_or_did_not_play_something_is_lost() {
        let pairs = "[[1000000,0.0],[1002000,2.0],[1004500,4.0],[1006500,6.0]]";
        let mut records = file();
        PageLog::read(log(pairs).as_bytes(), "ab")
            .unwrap()
            .lay_on(&mut records);
        let gaps: Vec<_> = records
            .iter()
            .filter_map(|r| match r.body {
                Body::Gap { span, .. } => Some((span.from.0 / S, span.to.0 / S)),
                _ => None,
            })
            .collect();
        assert_eq!(gaps, [(3, 5), (7, 11)]);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, sha256, fault) in [
            (log("[[1,0],[2,1]]"), "cd", PageFault::OfAnother),
            (log("[[1,0]]"), "ab", PageFault::NoTimes),
            (log("[[1,0],[2,1],[1,2]]"), "ab", PageFault::Times(2)),
            (log("[[2,1],[3,0]]"), "ab", PageFault::Times(1)),
            (
                log("[[1,0],[2,1]]").replace("page\":1", "page\":2"),
                "ab",
                PageFault::Newer(2),
            ),
        ] {
            assert_eq!(PageLog::read(text.as_bytes(), sha256), Err(fault), "{text}");
        }
        assert!(matches!(
            PageLog::read(b"{}", "ab"),
            Err(PageFault::NotOne(_))
        ));
    }

    proptest! {
        #[test]
        fn whatever_it_says_it_is_laid_on_or_refused(
            pairs in prop::collection::vec((any::<f64>(), any::<f64>()), 0..6),
            at in prop::collection::vec(any::<f64>(), 0..4),
        ) {
            let log = PageLog {
                muteproof_page: 1,
                schedule: "ab".into(),
                pairs,
                said: at.into_iter().map(|at_s| Said { at_s, asked: Some("mute".into()), word: Some(Word::Done) }).collect(),
            };
            let json = serde_json::json!({
                "muteproof_page": 1, "schedule": "ab", "pairs": log.pairs,
                "said": log.said.iter().map(|s| serde_json::json!({"at_s": s.at_s, "asked": s.asked})).collect::<Vec<_>>(),
            });
            let _ = PageLog::read(json.to_string().as_bytes(), "ab").map(|log| log.lay_on(&mut file()));
            log.lay_on(&mut file());
        }
    }
}
