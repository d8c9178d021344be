//! From the judgement's values to messages. Every match is exhaustive: a new variant does not
//! compile until it has words.

use record::{Code, RemoteRole, Source};
use verdict::{
    Answer, Call, CallEvidence, CallReadBy, ClearText, Judgement, LeakKind, MicrophoneStatus, Note,
    Receiver, Recorded, Scope, SendingStatus, Verdict,
};

use crate::clean;
use crate::i18n::Words;
use crate::render::Report;

/// The sentence that is safe to print.
pub(crate) fn sentence(words: &Words, report: &Report) -> String {
    let judgement = report.judgement;
    let title = clean::line(report.manifest.subject.title_in(words.lang.tag()));
    let with_title = |id| words.say(id, &[("title", title.clone())]);
    let mut out = match &judgement.verdict {
        Verdict::Leaks {
            kind, receivers, ..
        } => {
            let id = match kind {
                LeakKind::Audio => "sentence-leaks-audio",
                LeakKind::Level => "sentence-leaks-level",
                LeakKind::VoiceActivity => "sentence-leaks-voice-activity",
                LeakKind::Undetermined => "sentence-leaks-undetermined",
            };
            words.say(
                id,
                &[
                    ("title", title),
                    ("receivers", receivers_list(words, receivers)),
                ],
            )
        }
        Verdict::NoLeakSeen {
            scope: Scope::NoReads,
        } => with_title("sentence-no-reads"),
        Verdict::NoLeakSeen {
            scope: Scope::Plaintext,
        } => with_title("sentence-plaintext"),
        Verdict::PartlySeen {
            opaque_bytes_per_min,
        } => {
            let bytes = words.number(*opaque_bytes_per_min, 0);
            let id = match judgement.recorded {
                _ if *opaque_bytes_per_min > 0.0 => "sentence-partly-seen",
                Recorded::Table => "sentence-table-seen",
                _ if judgement.nothing_sent() => "sentence-nothing-sent",
                _ => "sentence-partly-seen-read",
            };
            words.say(id, &[("title", title), ("bytes", bytes)])
        }
        Verdict::Inconclusive { .. } => with_title("sentence-inconclusive"),
        Verdict::NotRun { .. } => with_title("sentence-not-run"),
    };
    let answered = matches!(
        judgement.verdict,
        Verdict::Leaks { .. } | Verdict::PartlySeen { .. }
    );
    if matches!(
        judgement.verdict,
        Verdict::Leaks { .. } | Verdict::Inconclusive { .. }
    ) && judgement.hears.other_participants == Answer::NothingFound
    {
        out.push_str(&words.t("sentence-others-nothing"));
    }
    let refused = judgement.notes.iter().find_map(|note| match note {
        Note::MuteRefused { service, .. } => Some(clean::line(service)),
        _ => None,
    });
    if let Some(service) = refused {
        out.push_str(&words.say("sentence-mute-refused", &[("service", service)]));
    }
    if answered {
        match judgement.microphone {
            MicrophoneStatus::StillRead => out.push_str(&words.t("sentence-still-read")),
            MicrophoneStatus::OpenRunning => out.push_str(&words.t("sentence-open-running")),
            MicrophoneStatus::OpenNotRunning => out.push_str(&words.t("sentence-open-not-running")),
            MicrophoneStatus::Closed | MicrophoneStatus::Unknown => {}
        }
    }
    out.push('.');
    out
}

pub(crate) fn verdict(words: &Words, judgement: &Judgement) -> String {
    let verdict = &judgement.verdict;
    words.t(match verdict {
        Verdict::PartlySeen { .. } if judgement.nothing_sent() => "verdict-nothing-sent",
        Verdict::Leaks { .. } => "verdict-leaks",
        Verdict::NoLeakSeen { .. } => "verdict-no-leak-seen",
        Verdict::PartlySeen { .. } => "verdict-partly-seen",
        Verdict::Inconclusive { .. } => "verdict-inconclusive",
        // A set-up that failed and an app that did end under one heading, and with different codes.
        Verdict::NotRun { .. } => {
            let code = verdict.exit_status(judgement.microphone, false).to_string();
            return words.say("verdict-not-run", &[("code", code)]);
        }
    })
}

/// What stands behind the verdict's name: kind and amount of a leak. The others' sentences say all.
pub(crate) fn verdict_detail(words: &Words, verdict: &Verdict) -> Option<String> {
    match verdict {
        Verdict::Leaks {
            kind,
            cap_bits_per_min,
            at_least_bits_per_min,
            ..
        } => {
            let (least, cap) = (
                words.short(*at_least_bits_per_min),
                words.short(*cap_bits_per_min),
            );
            let amount = match *at_least_bits_per_min > 0.0 {
                true => words.say("leak-amount", &[("least", least), ("cap", cap)]),
                false => words.say("leak-amount-none", &[("cap", cap)]),
            };
            Some(format!(
                "{}: {amount}",
                upper_first(&leak_kind(words, *kind))
            ))
        }
        Verdict::NoLeakSeen { .. }
        | Verdict::PartlySeen { .. }
        | Verdict::Inconclusive { .. }
        | Verdict::NotRun { .. } => None,
    }
}

fn upper_first(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|c| c.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

pub(crate) fn leak_kind(words: &Words, kind: LeakKind) -> String {
    words.t(match kind {
        LeakKind::Audio => "leak-audio",
        LeakKind::Level => "leak-level",
        LeakKind::VoiceActivity => "leak-voice-activity",
        LeakKind::Undetermined => "leak-undetermined",
    })
}

pub(crate) fn receivers_list(words: &Words, receivers: &[Receiver]) -> String {
    let mut names: Vec<String> = receivers
        .iter()
        .map(|receiver| {
            words.t(match receiver {
                Receiver::OtherParticipants => "receiver-other-participants",
                Receiver::OperatorServer => "receiver-operator-server",
                Receiver::ThirdParty => "receiver-third-party",
                Receiver::LocalNetwork => "receiver-local-network",
            })
        })
        .collect();
    match (names.pop(), names.is_empty()) {
        (None, _) => words.t("receiver-nobody-known"),
        (Some(only), true) => only,
        (Some(last), false) => {
            words.say("list-and", &[("before", names.join(", ")), ("last", last)])
        }
    }
}

/// Stable part of the messages' names for a microphone lamp; also the page's class for it.
pub(crate) fn microphone_id(lamp: MicrophoneStatus) -> &'static str {
    match lamp {
        MicrophoneStatus::Closed => "microphone-closed",
        MicrophoneStatus::OpenNotRunning => "microphone-open-not-running",
        MicrophoneStatus::StillRead => "microphone-still-read",
        MicrophoneStatus::OpenRunning => "microphone-open-running",
        MicrophoneStatus::Unknown => "microphone-unknown",
    }
}

/// What the lamp's state means, in a sentence.
pub(crate) fn microphone_long_id(judgement: &Judgement) -> String {
    let id = match (judgement.microphone, judgement.doors_watched) {
        (MicrophoneStatus::Unknown, false) => "microphone-unwatched",
        (lamp, _) => microphone_id(lamp),
    };
    format!("{id}-long")
}

/// Likewise for the sending lamp.
pub(crate) fn sending_id(lamp: SendingStatus) -> &'static str {
    match lamp {
        SendingStatus::Follows => "sending-follows",
        SendingStatus::NothingFound => "sending-nothing-found",
        SendingStatus::Unknown => "sending-unknown",
    }
}

/// Likewise for who hears what.
pub(crate) fn answer_id(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "answer-yes",
        Answer::NothingFound => "answer-nothing-found",
        Answer::NothingSent => "answer-nothing-sent",
        Answer::Unknown => "answer-unknown",
    }
}

pub(crate) fn role(words: &Words, role: RemoteRole) -> String {
    words.t(match role {
        RemoteRole::Server => "role-server",
        RemoteRole::Participant => "role-participant",
        RemoteRole::ThirdParty => "role-third-party",
        RemoteRole::LocalNetwork => "role-local-network",
    })
}

/// Who may have received something, with the answer about each.
pub(crate) fn hearers(hears: &verdict::Hears) -> Vec<(&'static str, Answer)> {
    let all = [
        ("hears-other-participants", Some(hears.other_participants)),
        ("hears-operator-server", Some(hears.operator_server)),
        ("hears-third-parties", Some(hears.third_parties)),
        ("hears-local-network", hears.local_network),
    ];
    let known = all.into_iter();
    known
        .filter_map(|(who, answer)| Some((who, answer?)))
        .collect()
}

pub(crate) fn note(words: &Words, note: &Note) -> String {
    let source = |source: Source| ("source", self::source(words, source));
    let why = |why: &str| ("why", clean::line(why));
    match note {
        Note::ShamHigh { evidence } => words.say(
            "note-sham-high",
            &[("evidence", words.evidence(evidence.log10()))],
        ),
        Note::MuteRefused {
            service,
            method,
            why: w,
        } => {
            let w = w.as_deref().map_or_else(|| words.t("no"), clean::line);
            let (service, method) = (clean::line(service), clean::line(method));
            let args = [("service", service), ("method", method), ("why", w)];
            words.say("note-mute-refused", &args)
        }
        Note::MuteDelegated { service, method } => words.say(
            "note-mute-delegated",
            &[
                ("service", clean::line(service)),
                ("method", clean::line(method)),
            ],
        ),
        Note::WordsDiffer {
            muted,
            muted_said,
            unmuted,
            unmuted_said,
        } => {
            let texts = [muted, muted_said, unmuted, unmuted_said].map(|text| clean::line(text));
            let names = ["muted", "muted-said", "unmuted", "unmuted-said"];
            let args: Vec<_> = names.into_iter().zip(texts).collect();
            words.say("note-words-differ", &args)
        }
        Note::MutedAtServer { what } => {
            words.say("note-muted-at-server", &[("what", clean::line(what))])
        }
        Note::StillOpen => words.t("note-still-open"),
        Note::NoCallSeen => words.t("note-no-call-seen"),
        Note::ReadsDisagree => words.t("note-reads-disagree"),
        Note::ReadsNotTraced => words.t("note-reads-not-traced"),
        Note::ShortRun { seconds } => {
            words.say("note-short-run", &[("time", words.time(*seconds))])
        }
        Note::RoomHeard {
            apart_db,
            late_ms,
            is_late,
            blocks,
            of,
        } => {
            let id = match is_late {
                true => "note-room-heard-late",
                false => "note-room-heard",
            };
            let args = [
                ("db", words.number(*apart_db, 0)),
                ("ms", words.number(*late_ms, 0)),
                ("blocks", words.count((*blocks).into())),
                ("of", words.count((*of).into())),
            ];
            words.say(id, &args)
        }
        Note::RoomDeaf { apart_db } => {
            words.say("note-room-deaf", &[("db", words.number(*apart_db, 0))])
        }
        Note::Lost {
            source: s,
            lost: Some(n),
            why: w,
        } => words.say(
            "note-lost-counted",
            &[
                source(*s),
                ("count", words.count(*n)),
                ("unit", words.t(unit(*s))),
                why(w),
            ],
        ),
        Note::Lost {
            source: s,
            lost: None,
            why: w,
        } => words.say("note-lost", &[source(*s), why(w)]),
        Note::NotWatched { source: s, why: w } => {
            words.say("note-not-watched", &[source(*s), why(w)])
        }
        Note::Listens { at, command } => {
            let command = command
                .as_deref()
                .map_or_else(|| words.t("unknown"), clean::line);
            words.say(
                "note-listens",
                &[("at", clean::line(at)), ("command", command)],
            )
        }
        Note::HidesFromIndicator { application, claim } => words.say(
            "note-hides-from-indicator",
            &[
                ("application", clean::line(application)),
                ("claim", clean::line(claim)),
            ],
        ),
        Note::CameraReleased => words.t("note-camera-released"),
        Note::CameraHeld { device, command } => words.say(
            "note-camera-held",
            &[
                ("device", device.as_str().into()),
                ("command", command.as_str().into()),
            ],
        ),
        Note::CameraNotSeen => words.t("note-camera-not-seen"),
        Note::ControlByEncoderOnly => words.t("note-control-by-encoder-only"),
        Note::EncoderFollows { evidence } => words.say(
            "note-encoder-follows",
            &[("evidence", words.evidence(evidence.log10()))],
        ),
        Note::WindowFollows { evidence, shows } => {
            let evidence = ("evidence", words.evidence(evidence.log10()));
            match shows {
                Some(name) => {
                    let name = ("name", name.as_str().into());
                    words.say("note-window-follows", &[evidence, name])
                }
                None => words.say("note-window-changes-follow", &[evidence]),
            }
        }
        Note::EncoderQuiet => words.t("note-encoder-quiet"),
        Note::ClearText { at, what } => {
            let id = match what {
                ClearText::Http => "note-clear-http",
                ClearText::Sound => "note-clear-sound",
                ClearText::Data => "note-clear-data",
            };
            words.say(id, &[("at", clean::line(at))])
        }
        Note::SameAgain { at, share, unmuted } => {
            // Rounded down: 100 is all.
            let percent = |share: f64| words.number((share * 1_000.0).floor() / 10.0, 1);
            words.say(
                "note-same-again",
                &[
                    ("at", clean::line(at)),
                    ("share", percent(*share)),
                    ("unmuted", percent(*unmuted)),
                ],
            )
        }
        Note::NotReadWhole { messages, values } => words.say(
            "note-not-read-whole",
            &[
                ("messages", words.count(*messages)),
                ("values", words.count(*values)),
            ],
        ),
        Note::Intercepted { requests, refused } => words.say(
            "note-intercepted",
            &[
                ("requests", words.count(*requests)),
                ("refused", words.count(*refused)),
            ],
        ),
        Note::NoPackets { frames } => {
            words.say("note-no-packets", &[("frames", words.count(*frames))])
        }
        Note::ControlByPeerOnly => words.t("note-control-by-peer-only"),
        Note::FieldNotIsolated => words.t("note-field-not-isolated"),
        Note::LogCut { bytes } => words.say("note-log-cut", &[("bytes", words.count(*bytes))]),
        Note::PacketsCut { bytes } => {
            words.say("note-packets-cut", &[("bytes", words.count(*bytes))])
        }
        Note::NotControlled { codes } => words.say(
            "note-not-controlled",
            &[("codes", codes_list(words, codes))],
        ),
        Note::StoppedEarly { why: w } => words.say("note-stopped-early", &[why(w)]),
        Note::SecondOpinionDiffers => words.t("note-second-opinion-differs"),
        Note::OnlyAroundMute => words.t("note-only-around-mute"),
        Note::Redacted => words.t("note-redacted"),
        Note::NumbersNotKept { codes } => words.say(
            "note-numbers-not-kept",
            &[("codes", codes_list(words, codes))],
        ),
        Note::PacketsOnly => words.t("note-packets-only"),
        Note::BlindFields {
            fields,
            of,
            every_s,
            needs_s,
        } => words.say(
            "note-blind-fields",
            &[
                ("fields", fields.join(", ")),
                ("of", words.count(u64::from(*of))),
                ("every", words.number(*every_s, 0)),
                ("minutes", words.number((needs_s / 60.0).ceil(), 0)),
            ],
        ),
        Note::LeftAfterwards { bytes } => {
            words.say("note-left-afterwards", &[("bytes", words.count(*bytes))])
        }
        Note::ClockNotFound { tried } => words.say(
            "note-clock-not-found",
            &[("tried", words.count(u64::from(*tried)))],
        ),
        Note::FineTimingNotTested => words.t("note-fine-timing-not-tested"),
        Note::TransitionsNotTested => words.t("note-transitions-not-tested"),
        Note::CyclesNotJudged { judged, of } => words.say(
            "note-cycles-not-judged",
            &[("judged", judged.to_string()), ("of", of.to_string())],
        ),
        Note::NotAligned => words.t("note-not-aligned"),
        Note::Accessed {
            log,
            app,
            seconds,
            of_seconds,
        } => {
            let mut args = vec![("log", clean::line(log)), ("app", clean::line(app))];
            let Some(seconds) = seconds else {
                return words.say("note-accessed-at", &args);
            };
            args.push(("seconds", words.number(*seconds, 0)));
            args.push(("of", words.number(*of_seconds, 0)));
            words.say("note-accessed", &args)
        }
        Note::NotAccessed { log } => words.say("note-not-accessed", &[("log", clean::line(log))]),
        Note::LogNotOfThatTime {
            log,
            span_ns,
            utc_offset_s,
        } => not_of_that_time(words, log, *span_ns, *utc_offset_s),
        Note::LogUndated { log } => words.say("note-log-undated", &[("log", clean::line(log))]),
        Note::LogLinesUnread {
            log,
            lines,
            first,
            why,
        } => words.say(
            "note-log-lines-unread",
            &[
                ("log", clean::line(log)),
                ("n", words.count(u64::from(*lines))),
                ("first", words.count(u64::from(*first))),
                ("why", clean::line(why)),
            ],
        ),
        Note::Elsewhere { addresses } if addresses.is_empty() => words.t("note-elsewhere"),
        Note::Elsewhere { addresses } => {
            let of = words.say(
                "note-judged",
                &[("addresses", clean::line(&addresses.join(", ")))],
            );
            format!("{} {of}", words.t("note-elsewhere"))
        }
        Note::TableOnly { rows } => words.say("note-table-only", &[("rows", words.count(*rows))]),
        Note::Staged => words.t("note-staged"),
    }
}

/// Who can read the call itself, and what says so.
pub(crate) fn call(words: &Words, call: &Call) -> String {
    let at = || vec![("at", clean::line(call.at.as_deref().unwrap_or("?")))];
    match (call.read_by, call.because) {
        (CallReadBy::AnyoneOnTheWay, _) => words.say("call-anyone", &at()),
        (CallReadBy::Server, _) => words.say("call-server", &at()),
        (CallReadBy::Participants, _) => words.say("call-participants", &at()),
        (CallReadBy::Unknown, CallEvidence::NoRtp) => words.t("call-no-rtp"),
        (CallReadBy::Unknown, CallEvidence::Dtls) => words.say("call-dtls-with-others", &at()),
        (CallReadBy::Unknown, _) => words.say("call-keys-not-seen", &at()),
    }
}

pub(crate) fn codes_list(words: &Words, codes: &[Code]) -> String {
    let names: Vec<String> = codes.iter().map(|&c| code(words, c)).collect();
    names.join(", ")
}

/// A code's name.
pub(crate) fn code(words: &Words, code: Code) -> String {
    words.t(&format!("code-{}", code.name().replace('_', "-")))
}

fn source(words: &Words, source: Source) -> String {
    words.t(&format!("source-{}", source.name().replace('_', "-")))
}

/// What is counted where a source lost something.
fn unit(source: Source) -> &'static str {
    match source {
        Source::Packets => "unit-packets",
        Source::Mic | Source::Room | Source::Peer | Source::Sham | Source::Player => "unit-samples",
        Source::Reads | Source::Plaintext => "unit-calls",
        _ => "unit-events",
    }
}

/// What a guided audit rests on; nothing for others.
pub(crate) fn guided(words: &Words, manifest: &record::Manifest) -> Vec<String> {
    let Some(guided) = &manifest.guided else {
        return Vec::new();
    };
    let status = guided.status.map(|status| match status {
        record::Status::NotAudited => words.t("guided-status-not-audited"),
        record::Status::Discontinued => words.t("guided-status-discontinued"),
    });
    let outside = match &guided.outside {
        Some(by) => words.say("guided-outside", &[("by", clean::line(by))]),
        None => words.t("guided-no-outside"),
    };
    let person = words.t("guided-person");
    status.into_iter().chain([person, outside]).collect()
}

/// A log that does not reach over the muted time: which time it is of, and how it would reach.
fn not_of_that_time(
    words: &Words,
    log: &str,
    span_ns: Option<(u64, u64)>,
    utc_offset_s: Option<i32>,
) -> String {
    let log = ("log", clean::line(log));
    let Some((from, to)) = span_ns else {
        return words.say("note-log-without-time", &[log]);
    };
    let stamp = |ns: u64| {
        let at = jiff::Timestamp::from_nanosecond(ns.into()).unwrap_or_default();
        format!("{at:.0}")
    };
    let args = [log, ("from", stamp(from)), ("to", stamp(to))];
    let said = words.say("note-log-not-of-that-time", &args);
    let Some(east_s) = utc_offset_s else {
        return said;
    };
    let sign = if east_s < 0 { '-' } else { '+' };
    let minutes = east_s.unsigned_abs() / 60;
    let offset = format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60);
    let fits = words.say("note-log-offset", &[("offset", offset)]);
    format!("{said} {fits}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    #[test]
    fn every_source_and_code_has_its_words() {
        for lang in Lang::ALL {
            let words = Words::new(lang).unwrap();
            let sources = Source::ALL.iter().chain(&[Source::Unknown]);
            let sources = sources.map(|s| source(&words, *s) + &words.t(unit(*s)));
            let sources: Vec<String> = sources.collect();
            let codes = Code::ALL.iter().chain(&[Code::Unknown]);
            let codes: Vec<String> = codes.map(|c| code(&words, *c)).collect();
            words.done((sources, codes)).unwrap();
        }
    }
}
