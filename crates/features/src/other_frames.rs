//! Frames that the app's machine sent and that are no datagrams: ARP and other Ethernet types.

use std::collections::BTreeMap;

use record::Phase;

use crate::blocks::Blocks;
use crate::model::{Group, Kind, Missing, Series};
use crate::segmentation::Segmentation;
use crate::trace::Trace;

/// Contents of a type that are told apart; what lies beyond was not looked at.
const TEXTS_MAX: usize = 16;

/// Types that are followed; further ones were not looked at.
const TYPES_MAX: usize = 8;

/// What a block holds of one type: how many frames, and which the last one was.
type InBlock = (u64, Option<usize>);

/// Series of these frames, and bytes of those sent in muted blocks that nobody bets on.
pub(crate) fn other_frames(
    trace: &Trace,
    segmentation: &Segmentation,
    watched: &[Result<(), Missing>],
) -> (Vec<Series>, u64) {
    let mut types: BTreeMap<u16, Vec<InBlock>> = BTreeMap::new();
    let mut contents: BTreeMap<u16, Vec<Vec<u8>>> = BTreeMap::new();
    let mut unread = 0;
    let blocks = Blocks::new(segmentation);
    trace.other_out(&mut |t, ether_type, frame| {
        let block = blocks.at(t);
        let is_muted = block.is_some_and(|b| segmentation.blocks[b].phase == Phase::Muted);
        let unread_here = if is_muted { frame.len() as u64 } else { 0 };
        if types.len() >= TYPES_MAX && !types.contains_key(&ether_type) {
            unread += unread_here;
            return;
        }
        let known = contents.entry(ether_type).or_default();
        let at = known.iter().position(|known| *known == frame);
        let which = at.unwrap_or(known.len());
        if which == TEXTS_MAX {
            unread += unread_here;
        } else if at.is_none() {
            known.push(frame.to_vec());
        }
        let of_type = types.entry(ether_type);
        let of_type = of_type.or_insert_with(|| vec![(0, None); segmentation.blocks.len()]);
        if let Some(block) = block {
            let (frames, last) = &mut of_type[block];
            *frames += 1;
            *last = Some(which);
        }
    });
    let mut series = Vec::new();
    for (ether_type, of_blocks) in &types {
        let mut add = |what: &str, kind, value: &dyn Fn(&InBlock) -> Option<f64>| {
            let values = watched.iter().zip(of_blocks).map(|(watched, of_block)| {
                watched.and_then(|()| value(of_block).ok_or(Missing::NoData))
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
        add("frames", Kind::Number, &|(frames, _)| Some(*frames as f64));
        add("which frame", Kind::Category, &|(_, last)| {
            last.map(|which| which as f64)
        });
    }
    (series, unread)
}

fn named(ether_type: u16) -> String {
    match ether_type {
        0x0806 => "ARP".to_owned(),
        other => format!("Ethernet type {other:#06x}"),
    }
}
