//! Puts the values of messages into paths, within bounds.
//!
//! Whether an unsure reading is believed hangs on all messages of its flow. So all of them are met first, and
//! those that are unsure once more where some are believed: they are not kept until then.

use std::collections::HashMap;

use record::MonotonicNs;
use wire::Transport;
use wire::decode::{Decoded, Leaf, Value};

use crate::model::ClearText;
use crate::reading::{Path, PathKind, Provenance, Read, Readings};
use crate::trace::FlowKey;

/// Paths of one flow, and of all flows together. What lies beyond is not bet on, so the messages
/// that hold it count as unread.
const FLOW_PATHS_MAX: usize = 128;
const PATHS_MAX: usize = 256;

/// How many texts of a path are told apart, in the order in which they were first seen; all later ones
/// count as one more.
const TEXTS_MAX: usize = 16;

/// An unsure reading is believed if at least this many messages of the flow were read the same
/// way, and they are at least four of five.
const ALIKE_MIN: usize = 8;

/// Puts messages into paths, the sure ones at once and the others when they are met again.
#[derive(Default)]
pub(crate) struct Collector {
    pub readings: Readings,
    /// What was in clear and what was not, each by itself.
    flows: HashMap<(FlowKey, Provenance), Known>,
    /// Values that there is still room for.
    room: usize,
}

/// What is known of a flow.
#[derive(Default)]
struct Known {
    n_messages: usize,
    /// Unsure readings by outermost format.
    n_unsure: HashMap<&'static str, usize>,
    paths: HashMap<String, [Option<u32>; 5]>,
    n_paths: usize,
    texts: HashMap<u32, Vec<u32>>,
}

impl Known {
    fn believes(&self, alike: usize) -> bool {
        alike >= ALIKE_MIN && 5 * alike >= 4 * self.n_messages
    }
}

/// The outermost format that a reading is of.
fn way(read: &Read) -> &'static str {
    read.decoded.formats.first().copied().unwrap_or("")
}

impl Collector {
    /// Goes on from what is known already.
    pub(crate) fn new(readings: Readings, room: usize) -> Collector {
        Collector {
            readings,
            room,
            ..Collector::default()
        }
    }

    pub(crate) fn take(&mut self, read: &Read) {
        let known = self.flows.entry(read.of()).or_default();
        known.n_messages += 1;
        if read.decoded.certain {
            self.accept(read);
        } else {
            *known.n_unsure.entry(way(read)).or_default() += 1;
        }
    }

    /// Whether there are unsure readings that are believed: then all are to be met again.
    pub(crate) fn believes_some(&self) -> bool {
        let mut flows = self.flows.values();
        flows.any(|known| known.n_unsure.values().any(|&alike| known.believes(alike)))
    }

    /// Takes what was met before, and is believed now that all of its flow is known.
    pub(crate) fn take_again(&mut self, read: &Read) {
        let Some(known) = self.flows.get(&read.of()) else {
            return;
        };
        let alike = known.n_unsure.get(way(read)).copied().unwrap_or(0);
        if !read.decoded.certain && known.believes(alike) {
            self.accept(read);
        }
    }

    pub(crate) fn finish(mut self) -> Readings {
        for path in &mut self.readings.paths {
            path.values.sort_by_key(|(t, _)| *t);
        }
        self.readings
    }

    fn accept(&mut self, read: &Read) {
        let decoded = &read.decoded;
        self.readings.n_limited += u64::from(decoded.limit.is_some());
        let len: usize = read.packets.iter().map(|(_, n)| n).sum();
        let mut clear = len.saturating_sub(decoded.opaque);
        if decoded.formats.is_empty() {
            return;
        }
        let named = matches!(decoded.formats[0], "http" | "websocket");
        let (_, transport) = read.flow;
        // Which values a message has may tell something by itself: names are not bet on otherwise.
        let shape = decoded.leaves.iter().fold(0x811c_9dc5_u32, |hash, leaf| {
            let path = leaf.path.bytes();
            path.fold(hash ^ 0xff, |h, b| {
                (h ^ u32::from(b)).wrapping_mul(0x0100_0193)
            })
        });
        let shown = format!("{} shape of messages", read.label);
        let of = read.of();
        let mut all_kept = self.put(of, shown.clone(), PathKind::Text, read.t, 0.0)
            && self.name_text(of, &shown, shape);
        for leaf in &decoded.leaves {
            let shown = match named {
                true => leaf.path.to_string(),
                false => format!("{} {}", read.label, leaf.path),
            };
            all_kept &= self.leaf(of, shown, leaf, read.t);
        }
        if transport == Transport::Tcp {
            let shown = format!("{} messages", read.label);
            self.put(of, shown, PathKind::Count, read.t, 1.0);
        }
        // What is not bet on was not looked at.
        if !all_kept || decoded.limit.is_some() {
            clear = 0;
        }
        if clear > 0
            && read.provenance == Provenance::Clear
            && let Some(what) = clear_text(decoded)
        {
            self.readings.clear_text.entry(read.flow).or_insert(what);
        }
        for (packet, n) in &read.packets {
            let here = clear.min(*n);
            let all = match read.provenance {
                Provenance::Tapped | Provenance::Intercepted | Provenance::Table => {
                    &mut self.readings.tapped
                }
                Provenance::Clear | Provenance::Decrypted => &mut self.readings.clear,
            };
            all.add(*packet, here as u32);
            clear -= here;
        }
    }

    /// Whether there was room for it.
    fn leaf(
        &mut self,
        flow: (FlowKey, Provenance),
        path: String,
        leaf: &Leaf,
        t: MonotonicNs,
    ) -> bool {
        match leaf.value {
            Value::Number(n) => self.put(flow, path, PathKind::Number, t, n),
            Value::Bool(b) => self.put(flow, path, PathKind::Bool, t, f64::from(u8::from(b))),
            Value::Bytes { len } => self.put(flow, path, PathKind::Length, t, f64::from(len)),
            Value::Text { len, hash } => {
                let which = self.put(flow, path.clone(), PathKind::Text, t, 0.0);
                let told_apart = self.name_text(flow, &path, hash);
                which && told_apart && self.put(flow, path, PathKind::Length, t, f64::from(len))
            }
        }
    }

    /// Numbers the text that was put last; returns whether it has a number of its own.
    fn name_text(&mut self, flow: (FlowKey, Provenance), path: &str, hash: u32) -> bool {
        let Some(known) = self.flows.get_mut(&flow) else {
            return false;
        };
        let Some(idx) = known
            .paths
            .get(path)
            .and_then(|kinds| kinds[PathKind::Text as usize])
        else {
            return false;
        };
        let texts = known.texts.entry(idx).or_default();
        let which = texts
            .iter()
            .position(|&text| text == hash)
            .unwrap_or_else(|| {
                if texts.len() < TEXTS_MAX {
                    texts.push(hash);
                    texts.len() - 1
                } else {
                    TEXTS_MAX
                }
            });
        if let Some((_, value)) = self.readings.paths[idx as usize].values.last_mut() {
            *value = which as f64;
        }
        which < TEXTS_MAX
    }

    pub(crate) fn put(
        &mut self,
        flow: (FlowKey, Provenance),
        name: String,
        kind: PathKind,
        t: MonotonicNs,
        value: f64,
    ) -> bool {
        let Some(room) = self.room.checked_sub(1) else {
            self.readings.n_left_out += 1;
            return false;
        };
        let known = self.flows.entry(flow).or_default();
        let paths = &mut self.readings.paths;
        let kinds = known.paths.get(&name).copied().unwrap_or_default();
        let idx = match kinds[kind as usize] {
            Some(idx) => idx,
            None if known.n_paths >= FLOW_PATHS_MAX || paths.len() >= PATHS_MAX => {
                self.readings.n_left_out += 1;
                return false;
            }
            None => {
                let idx = paths.len() as u32;
                known.n_paths += 1;
                known.paths.entry(name.clone()).or_default()[kind as usize] = Some(idx);
                let (flow, provenance) = flow;
                paths.push(Path {
                    flow,
                    name,
                    kind,
                    provenance,
                    values: Vec::new(),
                });
                idx
            }
        };
        self.room = room;
        paths[idx as usize].values.push((t, value));
        true
    }
}

/// What anyone on the way can read of a message. A header extension beside encrypted sound is not
/// called clear text: what its bytes mean was agreed upon elsewhere.
fn clear_text(decoded: &Decoded) -> Option<ClearText> {
    let has = |format: &str| decoded.formats.contains(&format);
    match decoded.formats[0] {
        "http" | "http2" | "websocket" => Some(ClearText::Http),
        "rtp" => (has("g711") || has("opus")).then_some(ClearText::Sound),
        "tls" => None,
        _ => Some(ClearText::Data),
    }
}
