//! What run length and which code find a signal, for programs.

use plan::{Covers, Planned, Question, Reach, Signal};
use schemars::JsonSchema;
use serde::Serialize;
use verdict::Planted;

use crate::clean;
use crate::error::RenderError;
use crate::planned::{ByLength, Finished};
use crate::schema::SCHEMA;

/// What `muteproof plan` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Plan {
    schema: u32,
    /// The false-alarm rate.
    alpha: f64,
    /// Series that are bet on.
    series: u32,
    signal: Option<Sought>,
    codes: Vec<Row>,
    recommended: Option<Recommended>,
    limits: Vec<Limit>,
}

/// What is looked for.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
enum Sought {
    /// A value whose two sounds lie `d` standard deviations apart.
    Value {
        every_s: f64,
        d: f64,
        covers: &'static str,
    },
    /// A loudness.
    Loudness {
        every_s: f64,
        noise_db: f64,
        step_db: f64,
        covers: &'static str,
    },
    /// Bytes in packets.
    Bytes {
        bytes: f64,
        packets_per_s: f64,
        size_sd: f64,
    },
    /// Something that is there or not.
    Flag {
        /// How often it is wrong.
        wrong: f64,
    },
}

#[derive(Serialize, JsonSchema)]
struct Row {
    code: &'static str,
    block_s: f64,
    codes_at_once: u32,
    bits_per_block: f64,
    formula_blocks: Option<f64>,
    formula_s: Option<f64>,
    simulated: Option<Simulated>,
}

#[derive(Serialize, JsonSchema)]
struct Simulated {
    sessions: usize,
    series: usize,
    blocks: usize,
    /// In how many of the sessions it was found.
    found: usize,
    median_s: Option<f64>,
    p95_s: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct Recommended {
    profile: &'static str,
    code: &'static str,
}

/// What a profile can find at the least.
#[derive(Serialize, JsonSchema)]
struct Limit {
    profile: &'static str,
    code: &'static str,
    blocks: usize,
    every_s: f64,
    d_at_least: Option<f64>,
    noise_db_at_most: Option<f64>,
    bytes_at_least: Option<f64>,
    flag_wrong_at_most: Option<f64>,
}

/// What `muteproof plan --after` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct After {
    schema: u32,
    after: Run,
}

#[derive(Serialize, JsonSchema)]
struct Run {
    series: u32,
    alpha: f64,
    /// What was planted into its own numbers; null where nothing was.
    detects: Option<Vec<Planted>>,
    codes: Vec<Length>,
    every_s: f64,
    d_at_least: Option<f64>,
}

#[derive(Serialize, JsonSchema)]
struct Length {
    code: &'static str,
    blocks: usize,
    block_s: f64,
    block_d_at_least: Option<f64>,
    flag_wrong_at_most: Option<f64>,
}

/// The answer to a question, for programs: indented JSON.
pub fn planned_json(planned: &Planned) -> Result<String, RenderError> {
    let question = &planned.question;
    clean::pretty(&Plan {
        schema: SCHEMA,
        alpha: question.alpha,
        series: question.series,
        signal: question.signal.map(Sought::from),
        codes: planned.rows.iter().map(Row::from).collect(),
        recommended: planned.recommended().map(|(profile, code)| Recommended {
            profile: profile.name,
            code: code.name(),
        }),
        limits: planned
            .reaches
            .iter()
            .map(|reach| limit(question, reach))
            .collect(),
    })
}

/// What is said of a finished run, for programs: indented JSON.
pub fn finished_json(finished: &Finished) -> Result<String, RenderError> {
    clean::pretty(&After {
        schema: SCHEMA,
        after: Run {
            series: finished.series,
            alpha: finished.alpha,
            detects: finished.detects.map(|d| d.planted.clone()),
            codes: finished.codes.iter().map(Length::from).collect(),
            every_s: finished.every_s,
            d_at_least: finished.d,
        },
    })
}

impl From<&plan::Row> for Row {
    fn from(row: &plan::Row) -> Row {
        let simulated = row.times.map(|times| {
            let seconds = |blocks: Option<usize>| blocks.map(|n| row.seconds(n));
            Simulated {
                sessions: times.sessions,
                series: times.series,
                blocks: times.horizon,
                found: times.found,
                median_s: seconds(times.median),
                p95_s: seconds(times.p95),
            }
        });
        let finite = Some(row.formula).filter(|n| n.is_finite());
        Row {
            code: row.code.name(),
            block_s: row.code.block_s(),
            codes_at_once: row.setting.codes,
            bits_per_block: row.seen.bits(),
            formula_blocks: finite,
            formula_s: finite.map(|n| n * row.code.block_s()),
            simulated,
        }
    }
}

fn limit(question: &Question, reach: &Reach) -> Limit {
    let limits = &reach.limits;
    let d = limits.value_d(reach.code, question.every_s);
    Limit {
        profile: reach.profile.name,
        code: reach.code.name(),
        blocks: limits.blocks,
        every_s: question.every_s,
        d_at_least: d,
        noise_db_at_most: d.map(|d| question.step_db / d),
        bytes_at_least: limits.bytes(reach.code, question.packets_per_s, question.size_sd),
        flag_wrong_at_most: limits.flag_wrong,
    }
}

impl From<Signal> for Sought {
    fn from(signal: Signal) -> Sought {
        let about = |covers: Covers| match covers {
            Covers::SinceLast => "since_last",
            Covers::Moment => "moment",
        };
        match signal {
            Signal::Value { every_s, d, covers } => Sought::Value {
                every_s,
                d,
                covers: about(covers),
            },
            Signal::Loudness {
                every_s,
                noise_db,
                step_db,
                covers,
            } => Sought::Loudness {
                every_s,
                noise_db,
                step_db,
                covers: about(covers),
            },
            Signal::Bytes {
                bytes,
                packets_per_s,
                size_sd,
            } => Sought::Bytes {
                bytes,
                packets_per_s,
                size_sd,
            },
            Signal::Flag { wrong } => Sought::Flag { wrong },
        }
    }
}

impl From<&ByLength> for Length {
    fn from(code: &ByLength) -> Length {
        Length {
            code: code.name,
            blocks: code.blocks,
            block_s: code.block_s,
            block_d_at_least: code.limits.d,
            flag_wrong_at_most: code.limits.flag_wrong,
        }
    }
}
