//! Turns values of clear-text messages into series, and says how many bets they deserve.
//!
//! A leak in a field is as plain as can be, but a message may have hundreds of fields that follow
//! nothing. So the fields of a flow share the weight of one main series, by how many they are, and
//! none has more than any other odd number of a flow: a thousand honest fields cost a leak
//! elsewhere no more than eight honest numbers do.

use std::collections::HashSet;

use crate::flows::{FLOWS_MAX, Traffic};
use crate::model::{Group, Kind, Missing, Series};
use crate::reading::{Path, PathKind, Provenance, Readings};
use crate::segmentation::Segmentation;
use crate::series::varies;
use crate::trace::FlowKey;

/// Weight of all fields of a flow together, before its rank is counted in; and of one field at most.
const FIELDS: f64 = 8.0;
const FIELD: f64 = 1.0;

/// Weight of all header fields of a flow together, likewise: an app has few ways to set them.
const HEADERS: f64 = 1.0;

/// If the blocks that have values have more than this many on average, their mean is a series too.
const MANY: f64 = 1.5;

/// Block by block, whether what brings values was watched.
pub(crate) struct Watched<'a> {
    pub packets: &'a [Result<(), Missing>],
    /// What was seen before it was encrypted.
    pub plaintext: &'a [Result<(), Missing>],
    /// What a proxy told.
    pub requests: &'a [Result<(), Missing>],
}

impl Watched<'_> {
    fn of(&self, provenance: Provenance) -> &[Result<(), Missing>] {
        match provenance {
            Provenance::Clear | Provenance::Decrypted => self.packets,
            Provenance::Tapped | Provenance::Table => self.plaintext,
            Provenance::Intercepted => self.requests,
        }
    }
}

pub(crate) fn fields(
    traffic: &Traffic,
    readings: &Readings,
    segmentation: &Segmentation,
    watched: &Watched,
) -> Vec<Series> {
    let mut out = Vec::new();
    let mut names = HashSet::new();
    for (rank, flow) in traffic.flows.iter().take(FLOWS_MAX).enumerate() {
        let of_flow = (flow.remote, flow.transport);
        let of_paths = |paths: &[Path], together: f64| {
            let paths = paths.iter().filter(|path| path.flow == of_flow);
            let mut series: Vec<Series> = paths
                .flat_map(|path| of_path(path, rank, segmentation, watched.of(path.provenance)))
                .filter(varies)
                .collect();
            let weight = (together / series.len().max(1) as f64).min(FIELD) / (1 + rank) as f64;
            series.iter_mut().for_each(|series| series.weight = weight);
            series
        };
        let mut series = of_paths(&readings.paths, FIELDS);
        series.extend(of_paths(&readings.headers, HEADERS));
        for series in &mut series {
            // Two remote ends may be called the same in an HTTP request.
            if !names.insert(series.name.clone()) {
                series.name += &format!(" ({} {})", flow.transport, flow.remote);
                names.insert(series.name.clone());
            }
        }
        out.extend(series);
    }
    out
}

/// Fields of plaintext that was seen otherwise than in packets and went to no flow that has fields of
/// its own: together one more, of the first rank.
pub(crate) fn tapped(
    traffic: &Traffic,
    readings: &Readings,
    segmentation: &Segmentation,
    watched: &Watched,
) -> Vec<Series> {
    let flows = traffic.flows.iter().take(FLOWS_MAX);
    let known: HashSet<FlowKey> = flows.map(|flow| (flow.remote, flow.transport)).collect();
    let paths = readings.paths.iter();
    let paths = paths.filter(|path| !path.provenance.in_packets() && !known.contains(&path.flow));
    let mut series: Vec<Series> = paths
        .flat_map(|path| of_path(path, 0, segmentation, watched.of(path.provenance)))
        .filter(varies)
        .collect();
    let weight = (FIELDS / series.len().max(1) as f64).min(FIELD);
    let mut names = HashSet::new();
    for (n, series) in series.iter_mut().enumerate() {
        (series.weight, series.flow) = (weight, None);
        if !names.insert(series.name.clone()) {
            series.name += &format!(" ({n})");
        }
    }
    series
}

fn of_path(
    path: &Path,
    rank: usize,
    segmentation: &Segmentation,
    watched: &[Result<(), Missing>],
) -> Vec<Series> {
    let blocks: Vec<&[(record::MonotonicNs, f64)]> = segmentation
        .blocks
        .iter()
        .map(|block| {
            let at = |t| path.values.partition_point(|(v, _)| *v < t);
            let (from, to) = (at(block.span.from), at(block.span.to));
            &path.values[from..to.max(from)]
        })
        .collect();
    let series =
        |suffix: &str,
         unit: &'static str,
         value: fn(&[(record::MonotonicNs, f64)]) -> Option<f64>| Series {
            name: format!("{}{suffix}{}", path.name, path.provenance.mark()),
            unit: unit.into(),
            group: Group::Egress,
            flow: Some(rank),
            weight: FIELD,
            field: true,
            kind: Kind::Number,
            values: blocks
                .iter()
                .zip(watched)
                .map(|(values, watched)| {
                    watched.and_then(|()| value(values).ok_or(Missing::NoData))
                })
                .collect(),
        };
    let last = |values: &[(record::MonotonicNs, f64)]| values.last().map(|(_, value)| *value);
    let mean = |values: &[(record::MonotonicNs, f64)]| {
        let sum: f64 = values.iter().map(|(_, value)| value).sum();
        let mean = sum / values.len().max(1) as f64;
        (!values.is_empty() && mean.is_finite()).then_some(mean)
    };
    match path.kind {
        PathKind::Bool => vec![series("", "1", mean)],
        // The number is folded to what a category may be; that two texts share one label only hides a change.
        PathKind::Text => vec![Series {
            kind: Kind::Category,
            ..series(" (which text)", "1", |values| {
                let (_, hash) = values.last()?;
                Some(hash.rem_euclid(65_536.0))
            })
        }],
        PathKind::Length => vec![series(" (length)", "B", last)],
        PathKind::Count => vec![series("", "1", |values| Some(values.len() as f64))],
        PathKind::Number => {
            let n: usize = blocks.iter().map(|values| values.len()).sum();
            let n_blocks = blocks.iter().filter(|values| !values.is_empty()).count();
            let mut all = vec![series("", "1", last)];
            if n as f64 > MANY * n_blocks as f64 {
                all.push(series(" (mean)", "1", mean));
            }
            all
        }
    }
}
