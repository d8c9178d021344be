//! Why a session cannot answer, in words. The match is exhaustive: a new reason does not compile until it has some.

use record::{Failure, Phase};
use verdict::{CallEvidence, Judgement, Reason};

use crate::clean;
use crate::i18n::Words;
use crate::phrase;

/// Why the session cannot answer; empty for the other verdicts.
pub(crate) fn reasons(words: &Words, judgement: &Judgement) -> Vec<String> {
    // What is to be repaired is not the same there.
    let staged = judgement.staged();
    // Who says that anybody can listen cannot say that it may be encrypted.
    let clear = judgement.call.because == CallEvidence::PlainRtp;
    let reason = |r: &Reason| match r {
        Reason::ControlSilent { evidence, needed } => {
            let id = match (staged, clear) {
                (true, false) => "reason-control-silent",
                (true, true) => "reason-control-silent-clear",
                (false, false) => "reason-control-silent-elsewhere",
                (false, true) => "reason-control-silent-clear-elsewhere",
            };
            control_silent(words, id, *evidence, *needed)
        }
        Reason::MuteNotConfirmed { blocks, of } if !staged => {
            mute_not_confirmed(words, "reason-mute-not-confirmed-elsewhere", *blocks, *of)
        }
        Reason::SoundNotHeard {
            loud_dbfs,
            quiet_dbfs,
        } if !staged => {
            let id = "reason-sound-not-heard-elsewhere";
            sound_not_heard(words, id, *loud_dbfs, *quiet_dbfs)
        }
        r => reason(words, r),
    };
    judgement.verdict.reasons().iter().map(reason).collect()
}

fn mute_not_confirmed(words: &Words, id: &str, blocks: u32, of: u32) -> String {
    let count = |n: u32| words.count(n.into());
    words.say(id, &[("blocks", count(blocks)), ("of", count(of))])
}

fn sound_not_heard(words: &Words, id: &str, loud_dbfs: f64, quiet_dbfs: f64) -> String {
    let (loud, quiet) = (words.number(loud_dbfs, 1), words.number(quiet_dbfs, 1));
    words.say(id, &[("loud", loud), ("quiet", quiet)])
}

fn control_silent(words: &Words, id: &str, evidence: f64, needed: f64) -> String {
    let power = |w: f64| words.evidence(w.log10());
    let args = [("evidence", power(evidence)), ("needed", power(needed))];
    words.say(id, &args)
}

pub(crate) fn reason(words: &Words, reason: &Reason) -> String {
    let evidence = |w: f64| ("evidence", words.evidence(w.log10()));
    let count = |n: u32| words.count(n.into());
    match reason {
        Reason::ControlSilent {
            evidence: w,
            needed,
        } => control_silent(words, "reason-control-silent", *w, *needed),
        Reason::ShamFires { evidence: w } => words.say("reason-sham-fires", &[evidence(*w)]),
        Reason::MuteNotConfirmed { blocks, of } => {
            mute_not_confirmed(words, "reason-mute-not-confirmed", *blocks, *of)
        }
        Reason::SoundNotHeard {
            loud_dbfs,
            quiet_dbfs,
        } => sound_not_heard(words, "reason-sound-not-heard", *loud_dbfs, *quiet_dbfs),
        Reason::RoomSilent { blocks, of } => words.say(
            "reason-room-silent",
            &[("blocks", count(*blocks)), ("of", count(*of))],
        ),
        Reason::EdgesOff { phase, worst_ms } => {
            let id = match phase {
                Phase::Control => "reason-edges-off-control",
                Phase::Muted => "reason-edges-off-muted",
            };
            words.say(id, &[("ms", words.short(*worst_ms))])
        }
        Reason::EdgesDiffer { by_ms } => {
            words.say("reason-edges-differ", &[("ms", words.short(*by_ms))])
        }
        Reason::TooFewBlocks { phase, blocks } => {
            let id = match phase {
                Phase::Control => "reason-too-few-blocks-control",
                Phase::Muted => "reason-too-few-blocks-muted",
            };
            words.say(id, &[("blocks", count(*blocks))])
        }
        Reason::LossFollowsSound { evidence: w } => {
            words.say("reason-loss-follows-sound", &[evidence(*w)])
        }
        Reason::LostBlocks { blocks, of } => words.say(
            "reason-lost-blocks",
            &[("blocks", count(*blocks)), ("of", count(*of))],
        ),
        Reason::SeedDiffers => words.t("reason-seed-differs"),
        Reason::PacketsNotWatched => words.t("reason-packets-not-watched"),
        Reason::TooLittleSeen { blocks, of } => words.say(
            "reason-too-little-seen",
            &[("blocks", count(*blocks)), ("of", count(*of))],
        ),
        Reason::ClockStep { by_ms } => {
            words.say("reason-clock-step", &[("ms", words.short(*by_ms))])
        }
        Reason::RunFailed { failure, why } => {
            let failure = self::failure(words, *failure);
            words.say(
                "reason-run-failed",
                &[("failure", failure), ("why", clean::line(why))],
            )
        }
        Reason::RedrawsAccused { accused, of } => words.say(
            "reason-redraws-accused",
            &[("accused", count(*accused)), ("of", count(*of))],
        ),
        Reason::NothingDetectable { tries } => {
            words.say("reason-nothing-detectable", &[("tries", count(*tries))])
        }
        Reason::NumbersNotKept { codes } => words.say(
            "reason-numbers-not-kept",
            &[("codes", phrase::codes_list(words, codes))],
        ),
        Reason::NotSealed => words.t("reason-not-sealed"),
        Reason::PlaintextRequired {
            opaque_bytes_per_min,
        } => {
            let bytes = words.number(*opaque_bytes_per_min, 0);
            words.say("reason-plaintext-required", &[("bytes", bytes)])
        }
    }
}

fn failure(words: &Words, failure: Failure) -> String {
    words.t(match failure {
        Failure::Missing => "failure-missing",
        Failure::Stage => "failure-stage",
        Failure::NotJoined => "failure-not-joined",
        Failure::NotMuted => "failure-not-muted",
        Failure::AppEnded => "failure-app-ended",
        Failure::SoundEnded => "failure-sound-ended",
        Failure::Disk => "failure-disk",
        Failure::Stopped => "failure-stopped",
        Failure::Unknown => "failure-unknown",
    })
}
