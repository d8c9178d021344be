//! What a session does not show, and how little would have been found.

use verdict::{
    CodeTest, Detects, Encoding, Encodings, FieldClass, Meaning, Planted, PlantedKind, Recorded,
    Verdict,
};

use crate::i18n::Words;
use crate::phrase::guided;
use crate::render::Report;

/// Muted blocks that were judged: those in which packets were seen, where packets are what was judged.
fn blocks_seen(judgement: &verdict::Judgement) -> u32 {
    let seen = |row: &&verdict::BlockRow| row.packets_out.is_some();
    let rows = || judgement.blocks.iter();
    match rows().any(|row| seen(&row)) {
        false => judgement.muted.blocks,
        true => {
            let muted = rows().filter(|row| row.phase == record::Phase::Muted);
            (muted.filter(seen).count() as u32).min(judgement.muted.blocks)
        }
    }
}

/// What this session does not show, in plain words.
pub(crate) fn limits(words: &Words, report: &Report) -> Vec<String> {
    let judgement = report.judgement;
    let protocol = &report.manifest.protocol;
    let seconds = protocol.block_ns as f64 / 1e9;
    let muted_s = f64::from(blocks_seen(judgement)) * seconds;
    let mut out = guided(words, report.manifest);
    out.push(words.t(match judgement.staged() {
        true => "limit-staged",
        false => "limit-elsewhere",
    }));
    if judgement.muted.blocks > 0 {
        let bytes = words.number(judgement.opaque_bytes_per_min, 0);
        out.push(match judgement.recorded {
            _ if judgement.opaque_bytes_per_min > 0.0 => {
                words.say("limit-opaque", &[("bytes", bytes)])
            }
            Recorded::Table => words.t("limit-table"),
            _ if judgement.nothing_sent() => words.t("limit-nothing-sent"),
            _ => words.t("limit-opaque-none"),
        });
        let before = |d: &verdict::Destination| d.read_before_encryption_share > Some(0.0);
        if judgement.destinations.iter().any(before) {
            out.push(words.t("limit-before-encryption"));
        }
        out.push(words.say("limit-run-length", &[("time", words.time(muted_s))]));
    }
    if let Verdict::Leaks {
        cap_bits_per_min,
        at_least_bits_per_min,
        ..
    } = &judgement.verdict
    {
        let (least, cap) = (
            words.short(*at_least_bits_per_min),
            words.short(*cap_bits_per_min),
        );
        let cap = [("cap", cap), ("seconds", words.short(seconds))];
        out.push(match *at_least_bits_per_min > 0.0 {
            true => words.say("limit-amount", &[&cap[..], &[("least", least)]].concat()),
            false => words.say("limit-amount-none", &cap),
        });
    } else if judgement.muted.blocks > 0 {
        out.push(encodings(words, &judgement.encodings));
    }
    if let Some(bound) = &judgement.bound {
        out.push(words.say(
            "limit-bound",
            &[
                ("accuracy", words.number(bound.accuracy_at_most * 100.0, 1)),
                ("blocks", words.count(bound.blocks.into())),
                ("bits", words.short(bound.bits_per_block_at_most)),
            ],
        ));
    }
    if let Some(found) = &judgement.detects {
        for code in &judgement.codes {
            out.extend(detects(words, found, code));
        }
    }
    out.extend(
        judgement
            .fields
            .iter()
            .map(|class| field_class(words, class)),
    );
    out.push(words.say(
        "limit-false-alarm",
        &[("alpha", words.percent(protocol.alpha))],
    ));
    if let Some(redraws) = &judgement.redraws {
        let count = |n: u32| words.count(n.into());
        out.push(words.say(
            "limit-redraws",
            &[
                ("draws", count(redraws.draws)),
                ("accused", count(redraws.accused)),
                ("allowed", count(redraws.allowed)),
                ("series", count(redraws.series)),
                ("blocks", count(redraws.blocks)),
            ],
        ));
    }
    if let Some(second) = &judgement.second_opinion {
        let p = ("p", words.number(second.p * 100.0, 2));
        let redraws = ("redraws", words.count(second.redraws.into()));
        out.push(words.say("limit-second-opinion", &[p, redraws]));
    }
    out.push(words.t(match judgement.doors_watched {
        true => "limit-doors",
        false => "limit-doors-unwatched",
    }));
    out.push(words.t("limit-seal"));
    out
}

/// How small a leak would have been found in fields with values at the same times.
fn field_class(words: &Words, class: &FieldClass) -> String {
    let meaning = |(meaning, down_to): &(Meaning, Option<f64>)| {
        let (found, not) = match meaning {
            Meaning::Moment => ("limit-field-moment", "limit-field-moment-not"),
            Meaning::MeanSinceLast => ("limit-field-mean", "limit-field-mean-not"),
            Meaning::Late => ("limit-field-late", "limit-field-late-not"),
        };
        match down_to {
            Some(db) => words.say(found, &[("db", words.short(*db))]),
            None => words.t(not),
        }
    };
    let meanings: Vec<String> = class.down_to_db.iter().map(meaning).collect();
    words.say(
        "limit-field-class",
        &[
            ("every", words.short(class.every_s)),
            ("of", words.count(class.fields.len() as u64)),
            ("meanings", meanings.join("; ")),
        ],
    )
}

/// Which encodings were tried, so that what was not can be seen.
fn encodings(words: &Words, encodings: &Encodings) -> String {
    let one = |encoding: &Encoding| {
        let id = match encoding {
            Encoding::Mean => "tried-mean",
            Encoding::Change => "tried-change",
            Encoding::Spread => "tried-spread",
            Encoding::State => "tried-state",
            Encoding::Digits => "tried-digits",
            Encoding::Magnitude => "tried-magnitude",
            Encoding::TwoBlocks => "tried-two-blocks",
            Encoding::Early => "tried-early",
            Encoding::Late => {
                let seconds = words.short(encodings.latest_s);
                return words.say("tried-late", &[("seconds", seconds)]);
            }
        };
        words.t(id)
    };
    let list: Vec<String> = encodings.tried.iter().map(one).collect();
    words.say("limit-tried", &[("list", list.join("; "))])
}

/// How small a leak would have been found by one code, and what would not have been at all.
fn detects(words: &Words, detects: &Detects, code: &CodeTest) -> Vec<String> {
    let here = || detects.planted.iter().filter(|p| p.code == code.code);
    let found = |planted: &Planted| {
        let strength = planted.down_to?;
        let (id, strength) = match planted.kind {
            PlantedKind::PacketSize => ("detects-packet-size", words.short(strength)),
            PlantedKind::Packets => ("detects-packets", words.short(strength)),
            PlantedKind::Flag => ("detects-flag", words.number(strength * 100.0, 0)),
            PlantedKind::Loudness => ("detects-loudness", words.short(strength)),
        };
        Some(words.say(id, &[("strength", strength)]))
    };
    let lost = |planted: &Planted| {
        let id = match planted.kind {
            PlantedKind::PacketSize => "detects-no-packet-size",
            PlantedKind::Packets => "detects-no-packets",
            PlantedKind::Flag => "detects-no-flag",
            PlantedKind::Loudness => "detects-no-loudness",
        };
        planted.down_to.is_none().then(|| words.t(id))
    };
    let found: Vec<String> = here().filter_map(found).collect();
    let lost: Vec<String> = here().filter_map(lost).collect();
    let tries = ("tries", words.count(detects.tries.into()));
    let seconds = ("seconds", words.short(code.block_s));
    let mut out = Vec::new();
    if !found.is_empty() {
        out.push(words.say(
            "limit-detects",
            &[tries.clone(), seconds.clone(), ("list", found.join("; "))],
        ));
    }
    if !lost.is_empty() {
        let list = ("list", lost.join("; "));
        out.push(words.say("limit-detects-not", &[tries, seconds, list]));
    }
    out
}
