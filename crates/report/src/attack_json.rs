//! What an attacker made of a leak, for programs.

use attack::Interval;
use attack::telemetry::Telemetry;
use schemars::JsonSchema;
use serde::Serialize;

use crate::attack::{Attacked, CARRIERS_SHOWN, Sent, Tried};
use crate::clean;
use crate::error::RenderError;
use crate::schema::SCHEMA;

/// What `muteproof attack` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document {
    schema: u32,
    #[serde(flatten)]
    named: Named,
}

/// What came of letting an attacker look at a session in which named activities were played.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Attack {
    /// It named them, rightly or wrongly.
    Named(Named),
    /// Nothing that left varied, so that there was nothing to learn from.
    NothingVaried,
    /// It could not learn.
    Refused {
        /// In words, in English.
        why: String,
    },
}

/// How often it named what went on.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Named {
    telemetry: Looked,
    /// What it looks at at a time, seconds.
    window_s: f64,
    /// Share of the windows that it named rightly.
    accuracy: Range,
    /// What guessing the most frequent activity would reach.
    chance: f64,
    windows: usize,
    /// Recordings that the windows are cut from; intervals resample these.
    recordings: usize,
    classes: Vec<String>,
    /// Rows are what went on, columns what was said: shares of the row.
    confusion: Vec<Vec<f64>>,
    /// Expected calibration error of what it said of its own sureness.
    miscalibration: f64,
    /// The features with the greatest share in it, most first.
    carried_by: Vec<Carrier>,
    /// What telemetry of the study's kind gives away of the same sounds.
    study_kind: Option<StudyKind>,
    /// What a split by window instead of by recording would have claimed.
    split_by_window_claims: Option<f64>,
    /// Whether the sounds come from a generator.
    synthetic: bool,
}

/// What it looked at.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "kebab-case")]
enum Looked {
    /// What left in a session.
    Recorded {
        /// Series of numbers.
        series: usize,
        /// SHA-256 of the library whose recordings were played; absent where generated sounds were.
        #[serde(skip_serializing_if = "Option::is_none")]
        library: Option<String>,
    },
    /// Simulated: sizes of Opus packets.
    OpusSizes {
        /// Whether silence is left out.
        dtx: bool,
    },
    /// Simulated: loudness values.
    Levels {
        /// Seconds between two.
        every_s: f64,
        statistics: Vec<&'static str>,
        resolution_db: f64,
    },
}

#[derive(Serialize, JsonSchema)]
struct Carrier {
    feature: String,
    share: f64,
}

#[derive(Serialize, JsonSchema)]
struct StudyKind {
    window_s: f64,
    accuracy: Range,
}

/// A figure and its interval of 95 %.
#[derive(Serialize, JsonSchema)]
struct Range {
    value: f64,
    low: f64,
    high: f64,
}

/// JSON in one line.
pub fn attacked_json(attacked: &Attacked) -> Result<Vec<u8>, RenderError> {
    let document = Document {
        schema: SCHEMA,
        named: Named::from(attacked),
    };
    Ok(clean::json_line(&serde_json::to_string(&document)?))
}

impl From<&Tried> for Attack {
    fn from(tried: &Tried) -> Attack {
        match tried {
            Tried::Named(attacked) => Attack::Named(Named::from(&**attacked)),
            Tried::NothingVaried => Attack::NothingVaried,
            Tried::Refused(why) => Attack::Refused { why: why.clone() },
        }
    }
}

impl From<&Attacked> for Named {
    fn from(attacked: &Attacked) -> Named {
        let outcome = &attacked.outcome;
        let carriers = attacked.carriers.iter().take(CARRIERS_SHOWN);
        Named {
            telemetry: Looked::from(&attacked.sent),
            window_s: attacked.window_s,
            accuracy: Range::from(outcome.accuracy()),
            chance: outcome.chance(),
            windows: outcome.windows(),
            recordings: outcome.clusters(),
            classes: outcome.classes.clone(),
            confusion: outcome.confusion(),
            miscalibration: outcome.miscalibration(),
            carried_by: carriers
                .map(|(feature, share)| Carrier {
                    feature: feature.clone(),
                    share: *share,
                })
                .collect(),
            study_kind: attacked.study_kind.map(|(window_s, accuracy)| StudyKind {
                window_s,
                accuracy: Range::from(accuracy),
            }),
            split_by_window_claims: attacked.claimed,
            synthetic: attacked.synthetic,
        }
    }
}

impl From<&Sent> for Looked {
    fn from(sent: &Sent) -> Looked {
        match sent {
            Sent::Recorded { series, library } => Looked::Recorded {
                series: *series,
                library: library.clone(),
            },
            Sent::Simulated(Telemetry::Opus { dtx }) => Looked::OpusSizes { dtx: *dtx },
            Sent::Simulated(Telemetry::Levels {
                every_s,
                statistics,
                resolution_db,
            }) => Looked::Levels {
                every_s: *every_s,
                statistics: statistics.iter().map(|s| s.name()).collect(),
                resolution_db: *resolution_db,
            },
        }
    }
}

impl From<Interval> for Range {
    fn from(i: Interval) -> Range {
        Range {
            value: i.value,
            low: i.low,
            high: i.high,
        }
    }
}
