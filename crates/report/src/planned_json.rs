//! What run length and which code find a signal, for programs.

use plan::{Covers, Planned, Question, Reach, Row, Signal};
use serde_json::{Value, json};

use crate::planned::{ByLength, Finished};

/// The answer to a question, for programs.
pub fn planned_json(planned: &Planned) -> Value {
    let question = &planned.question;
    let row = |row: &Row| {
        let simulated = row.times.map(|times| {
            let seconds = |blocks: Option<usize>| blocks.map(|n| row.seconds(n));
            json!({
                "sessions": times.sessions,
                "series": times.series,
                "blocks": times.horizon,
                "found": times.found,
                "median_s": seconds(times.median),
                "p95_s": seconds(times.p95),
            })
        });
        let finite = Some(row.formula).filter(|n| n.is_finite());
        json!({
            "code": row.code.name(),
            "block_s": row.code.block_s(),
            "codes_at_once": row.setting.codes,
            "bits_per_block": row.seen.bits(),
            "formula_blocks": finite,
            "formula_s": finite.map(|n| n * row.code.block_s()),
            "simulated": simulated,
        })
    };
    let recommended = planned
        .recommended()
        .map(|(profile, code)| json!({ "profile": profile.name, "code": code.name() }));
    json!({
        "schema": 1,
        "alpha": question.alpha,
        "series": question.series,
        "signal": question.signal.map(signal_json),
        "codes": planned.rows.iter().map(row).collect::<Vec<_>>(),
        "recommended": recommended,
        "limits": planned.reaches.iter().map(|r| reach_json(question, r)).collect::<Vec<_>>(),
    })
}

fn reach_json(question: &Question, reach: &Reach) -> Value {
    let limits = &reach.limits;
    let d = limits.value_d(reach.code, question.every_s);
    json!({
        "profile": reach.profile.name,
        "code": reach.code.name(),
        "blocks": limits.blocks,
        "every_s": question.every_s,
        "d_at_least": d,
        "noise_db_at_most": d.map(|d| question.step_db / d),
        "bytes_at_least": limits.bytes(reach.code, question.packets_per_s, question.size_sd),
        "flag_wrong_at_most": limits.flag_wrong,
    })
}

fn signal_json(signal: Signal) -> Value {
    let about = |covers: Covers| match covers {
        Covers::SinceLast => "since_last",
        Covers::Moment => "moment",
    };
    match signal {
        Signal::Value { every_s, d, covers } => {
            json!({ "is": "value", "every_s": every_s, "d": d, "covers": about(covers) })
        }
        Signal::Loudness {
            every_s,
            noise_db,
            step_db,
            covers,
        } => json!({
            "is": "loudness", "every_s": every_s, "noise_db": noise_db, "step_db": step_db,
            "covers": about(covers),
        }),
        Signal::Bytes {
            bytes,
            packets_per_s,
            size_sd,
        } => json!({
            "is": "bytes", "bytes": bytes, "packets_per_s": packets_per_s, "size_sd": size_sd,
        }),
        Signal::Flag { wrong } => json!({ "is": "flag", "wrong": wrong }),
    }
}

/// What is said of a finished run, for programs.
pub fn finished_json(finished: &Finished) -> Value {
    let code = |code: &ByLength| {
        json!({
            "code": code.name,
            "blocks": code.blocks,
            "block_s": code.block_s,
            "block_d_at_least": code.limits.d,
            "flag_wrong_at_most": code.limits.flag_wrong,
        })
    };
    json!({
        "schema": 1,
        "after": {
            "series": finished.series,
            "alpha": finished.alpha,
            "detects": finished.detects.map(|d| d.planted.clone()),
            "codes": finished.codes.iter().map(code).collect::<Vec<_>>(),
            "every_s": finished.every_s,
            "d_at_least": finished.d,
        },
    })
}
