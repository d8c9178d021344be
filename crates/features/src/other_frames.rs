//! Frames that the app's machine sent and that are no datagrams: ARP and other Ethernet types.

use std::collections::BTreeMap;

use record::{MonotonicNs, Phase};

use crate::model::{Group, Kind, Missing, Series};
use crate::segmentation::Segmentation;
use crate::trace::Trace;

/// Contents of a type that are told apart; what lies beyond was not looked at.
const TEXTS_MAX: usize = 16;

/// Types that are followed; further ones were not looked at.
const TYPES_MAX: usize = 8;

/// When each frame left, and which it was.
type Values = [(MonotonicNs, f64)];

/// Series of these frames, and bytes of those sent in muted blocks that nobody bets on.
pub(crate) fn other_frames(
    trace: &Trace,
    segmentation: &Segmentation,
    watched: &[Result<(), Missing>],
) -> (Vec<Series>, u64) {
    let mut types: BTreeMap<u16, Vec<(MonotonicNs, f64)>> = BTreeMap::new();
    let mut contents: BTreeMap<u16, Vec<&[u8]>> = BTreeMap::new();
    let mut unread: Vec<(MonotonicNs, u64)> = Vec::new();
    for (t, ether_type, frame) in trace.other_out() {
        if types.len() >= TYPES_MAX && !types.contains_key(&ether_type) {
            unread.push((t, frame.len() as u64));
            continue;
        }
        let known = contents.entry(ether_type).or_default();
        let at = known.iter().position(|known| *known == frame);
        let which = at.unwrap_or(known.len());
        if which == TEXTS_MAX {
            unread.push((t, frame.len() as u64));
        } else if at.is_none() {
            known.push(frame);
        }
        let values = types.entry(ether_type).or_default();
        values.push((t, which as f64));
    }
    let mut series = Vec::new();
    for (ether_type, values) in &types {
        let within = |block: usize| {
            let span = segmentation.blocks[block].span;
            let at = |t| values.partition_point(|(v, _)| *v < t);
            &values[at(span.from)..at(span.to).max(at(span.from))]
        };
        let mut add = |what: &str, kind, value: &dyn Fn(&Values) -> Option<f64>| {
            let values = watched.iter().enumerate().map(|(block, watched)| {
                watched.and_then(|()| value(within(block)).ok_or(Missing::NoData))
            });
            series.push(Series {
                name: format!("{} out {what}", named(*ether_type)),
                unit: "1".into(),
                kind,
                group: Group::Egress,
                flow: None,
                weight: 1.0,
                field: false,
                values: values.collect(),
            });
        };
        add("frames", Kind::Number, &|values| Some(values.len() as f64));
        add("which frame", Kind::Category, &|values| {
            values.last().map(|(_, which)| *which)
        });
    }
    let muted = |t: MonotonicNs| {
        let mut blocks = segmentation.blocks.iter();
        blocks.any(|block| block.phase == Phase::Muted && block.span.contains(t))
    };
    let unread = unread.iter().filter(|(t, _)| muted(*t));
    let unread = unread.map(|(_, bytes)| bytes).sum();
    (series, unread)
}

fn named(ether_type: u16) -> String {
    match ether_type {
        0x0806 => "ARP".to_owned(),
        other => format!("Ethernet type {other:#06x}"),
    }
}
