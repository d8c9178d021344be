//! Whether what leaves follows what the person does in front of the machine, in words.

use record::Code;
use verdict::{AttentionAnswer, AttentionTest};

use crate::i18n::Words;
use crate::series::series;
use crate::{clean, phrase, sections};

/// Series in a text; JSON has all.
const SHOWN: usize = 5;

/// For each stretch its answer, then what is named by it; at last how far that reaches.
pub(crate) fn lines(words: &Words, tests: &[AttentionTest]) -> Vec<String> {
    let mut lines: Vec<String> = tests.iter().flat_map(|test| stretch(words, test)).collect();
    if !lines.is_empty() {
        lines.push(words.t("attention-limits"));
    }
    lines
}

pub(crate) fn stretch(words: &Words, test: &AttentionTest) -> Vec<String> {
    let what = ("what", phrase::code(words, test.code));
    let args = [
        what,
        ("n", words.count(test.test.blocks.into())),
        ("seconds", words.short(test.block_s)),
        ("evidence", words.evidence(test.test.log10_w_max)),
        ("needed", words.evidence(test.test.log10_needed)),
        ("lost", words.count(test.lost.into())),
    ];
    let mut lines = vec![match test.answer {
        AttentionAnswer::Follows => words.say("attention-follows", &args),
        AttentionAnswer::NothingFound => words.say("attention-nothing", &args),
        AttentionAnswer::Unknown => words.say("attention-unknown", &args),
    }];
    if let Some(why) = &test.why {
        lines.push(words.say("attention-why", &[("why", clean::line(why))]));
    }
    if test.code == Code::Picture {
        lines.push(words.t(match &test.control {
            Some(control) if control.log10_w_max >= control.log10_needed => {
                "attention-control-fired"
            }
            _ => "attention-control-silent",
        }));
    }
    let named = test.findings.iter().filter(|finding| finding.named);
    lines.extend(named.take(SHOWN).map(|finding| {
        let unit = sections::unit(&finding.unit);
        let args = [
            ("series", series(words, &clean::line(&finding.series))),
            ("off", format!("{}{unit}", words.short(finding.mean_quiet))),
            ("on", format!("{}{unit}", words.short(finding.mean_loud))),
        ];
        words.say("attention-series", &args)
    }));
    if !test.receivers.is_empty() {
        let who = phrase::receivers_list(words, &test.receivers);
        lines.push(words.say("attention-receivers", &[("who", who)]));
    }
    lines
}
