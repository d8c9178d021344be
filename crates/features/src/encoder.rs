//! What was handed to an encoder: whether the microphone's sound still gets that far.

use std::collections::BTreeMap;

use record::{Body, MonotonicNs, SILENCE_DBFS, Source, Span};

use crate::model::{Group, Kind, Missing, Reads, Series};
use crate::segmentation::Segmentation;
use crate::session::Session;
use crate::watch::Watch;

/// Calls of one encoder, in time order: when, how many, level.
type Calls = Vec<(MonotonicNs, u32, f32)>;

/// Level and number of calls of each encoder, per block. A block without calls has no level: an
/// encoder that is not fed is a fact of its own, which the number of calls tells.
pub(crate) fn series(session: &Session, segmentation: &Segmentation, watch: &Watch) -> Vec<Series> {
    let mut encoders: BTreeMap<&str, Calls> = BTreeMap::new();
    for record in session.records {
        if let Body::Encoded {
            codec,
            calls,
            rms_dbfs,
            ..
        } = &record.body
        {
            let level = rms_dbfs.max(SILENCE_DBFS);
            encoders
                .entry(codec)
                .or_default()
                .push((record.t, *calls, level));
        }
    }
    let traced = crate::reads::reads(session).unwrap_or_default();
    encoders
        .iter_mut()
        .flat_map(|(codec, calls)| {
            calls.sort_by_key(|(t, ..)| *t);
            of_encoder(codec, calls, segmentation, watch, &traced)
        })
        .collect()
}

fn of_encoder(
    codec: &str,
    calls: &Calls,
    segmentation: &Segmentation,
    watch: &Watch,
    traced: &Reads,
) -> [Series; 2] {
    let inside = |span: &Span| {
        let from = calls.partition_point(|(t, ..)| *t < span.from);
        &calls[from..calls.partition_point(|(t, ..)| *t < span.to)]
    };
    // One helper traces both reads and codecs.
    let whole = |span: &Span| match (watch.lost(Source::Plaintext, span), traced.traced(span)) {
        (true, _) => Err(Missing::Lost),
        (false, false) => Err(Missing::NotWatched),
        (false, true) => Ok(inside(span)),
    };
    let level = |here: &[(MonotonicNs, u32, f32)]| {
        let n: u32 = here.iter().map(|(_, n, _)| n).sum();
        let power = |(_, n, level): &(MonotonicNs, u32, f32)| {
            f64::from(*n) * 10f64.powf(f64::from(*level) / 10.0)
        };
        let power = here.iter().map(power).sum::<f64>() / f64::from(n.max(1));
        match n {
            0 => Err(Missing::NoData),
            _ => Ok((10.0 * power.log10()).max(f64::from(SILENCE_DBFS))),
        }
    };
    let count = |here: &[(MonotonicNs, u32, f32)]| {
        let n: u32 = here.iter().map(|(_, n, _)| n).sum();
        Ok(f64::from(n))
    };
    let series = |name: &str,
                  unit: &'static str,
                  weight,
                  value: &dyn Fn(&[_]) -> Result<f64, Missing>| Series {
        name: format!("{codec} input {name}"),
        unit: unit.into(),
        group: Group::Encoder,
        flow: None,
        kind: Kind::Number,
        weight,
        field: false,
        values: segmentation
            .blocks
            .iter()
            .map(|block| whole(&block.span).and_then(value))
            .collect(),
    };
    [
        series("level", "dBFS", 4.0, &level),
        series("calls", "1", 1.0, &count),
    ]
}
