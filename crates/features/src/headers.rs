//! Fields of packet headers, by remote end. Those that vary become paths, as fields of messages do.

use std::collections::HashMap;

use record::MonotonicNs;
use wire::headers::{self, Field};

use crate::reading::{Path, PathKind, Provenance, label};
use crate::trace::{FlowKey, Trace};
use crate::unread::Unread;

/// How many values are told apart of a field that is no number.
const TEXTS_MAX: usize = 16;

/// A value that nobody bets on counts as so many bits: that of the hash of an option.
pub(crate) const UNREAD_BITS: u64 = 32;

/// What varied in the headers of what left, and when a value left that nobody bets on, as it was one of too
/// many: of one field, or of all, for which there is `room`.
pub(crate) fn headers(trace: &Trace, mut room: usize) -> (Vec<Path>, Unread) {
    let mut flows: HashMap<FlowKey, Followed> = HashMap::new();
    let mut order: Vec<FlowKey> = Vec::new();
    trace.headers_out(&mut |t, flow, values| {
        let followed = flows.entry(flow).or_insert_with(|| {
            order.push(flow);
            Followed::default()
        });
        followed.see(t, &values);
    });
    // What never varied holds no values: that is nearly everything, so it is found out first.
    let varies = |flow: &FlowKey| flows[flow].fields.iter().any(|field| field.varies);
    order.retain(varies);
    if order.is_empty() {
        return Default::default();
    }
    let mut texts: HashMap<(FlowKey, Field), Vec<u32>> = HashMap::new();
    let mut unread = Unread::default();
    let mut values_of: HashMap<(FlowKey, Field), Vec<(MonotonicNs, f64)>> = HashMap::new();
    let mut again: HashMap<FlowKey, Followed> = HashMap::new();
    trace.headers_out(&mut |t, flow, values| {
        let of = &flows[&flow];
        let now = again.entry(flow).or_default();
        let seen = now.see(t, &values);
        for field in Field::ALL {
            let Some(value) = seen[field as usize].filter(|_| of.fields[field as usize].varies)
            else {
                continue;
            };
            let value = match field.is_number() {
                true => value,
                false => {
                    let texts = texts.entry((flow, field)).or_default();
                    let raw = values[field as usize].unwrap_or(0);
                    let known = texts.iter().position(|&text| text == raw);
                    let which = known.unwrap_or(texts.len());
                    if which == TEXTS_MAX {
                        unread.push(t);
                    } else if known.is_none() {
                        texts.push(raw);
                    }
                    which as f64
                }
            };
            match room.checked_sub(1) {
                Some(left) => {
                    room = left;
                    let of_field = values_of.entry((flow, field)).or_default();
                    of_field.push((t, value));
                }
                None => unread.push(t),
            }
        }
    });
    let mut paths = Vec::new();
    for flow in order {
        for field in Field::ALL {
            if let Some(values) = values_of.remove(&(flow, field)) {
                paths.push(Path {
                    flow,
                    name: format!("{} {}", label(&flow), field.name()),
                    kind: match field.is_number() {
                        true => PathKind::Number,
                        false => PathKind::Text,
                    },
                    provenance: Provenance::Clear,
                    values,
                });
            }
        }
    }
    (paths, unread)
}

/// What is known of a flow's headers.
#[derive(Default)]
struct Followed {
    fields: [State; Field::ALL.len()],
}

#[derive(Clone, Copy, Default)]
struct State {
    first: Option<f64>,
    varies: bool,
    /// What a step is taken from: the last identification; the first timestamp and when it was.
    from: Option<(MonotonicNs, u32)>,
}

impl Followed {
    /// The values as they are bet on.
    fn see(&mut self, t: MonotonicNs, values: &headers::Values) -> [Option<f64>; Field::ALL.len()] {
        let mut out = [None; Field::ALL.len()];
        for field in Field::ALL {
            let Some(value) = values[field as usize] else {
                continue;
            };
            let state = &mut self.fields[field as usize];
            let seen = match field {
                // A counter says nothing by counting.
                Field::Id => {
                    let last = state.from.replace((t, value));
                    last.map(|(_, last)| f64::from((value as u16).wrapping_sub(last as u16)))
                }
                // Nor does a clock by going on: what is left is how far it is from ours, ms.
                Field::Timestamp => {
                    let (began, first) = *state.from.get_or_insert((t, value));
                    let elapsed_ms = t.since(began) as f64 / 1e6;
                    Some(f64::from(value.wrapping_sub(first) as i32) - elapsed_ms.round())
                }
                _ => Some(f64::from(value)),
            };
            if let Some(seen) = seen {
                state.varies |= *state.first.get_or_insert(seen) != seen;
                out[field as usize] = Some(seen);
            }
        }
        out
    }
}
