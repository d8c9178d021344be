//! What at a sound server is the stage's own.
//!
//! A name is a claim: any app can call itself what our own streams are called. The number that the server gave
//! to our own connection is not, and neither are the nodes that stood before there was any app.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

/// The stage's own streams and nodes at one server. Cheap to clone; all clones see the same.
#[derive(Debug, Clone, Default)]
pub struct Own(Arc<Mutex<Numbers>>);

/// Numbers that the server gave.
#[derive(Debug, Clone, Default)]
pub(crate) struct Numbers {
    /// Record streams.
    pub records: BTreeSet<u32>,
    /// Playback streams.
    pub plays: BTreeSet<u32>,
    /// Nodes of PipeWire's that the stage's configuration made, and how they are called.
    pub nodes: BTreeMap<u32, String>,
}

impl Own {
    /// A record stream that one of our own connections was given.
    pub fn records(&self, number: u32) {
        self.with(|numbers| numbers.records.insert(number));
    }

    /// A playback stream.
    pub fn plays(&self, number: u32) {
        self.with(|numbers| numbers.plays.insert(number));
    }

    /// The nodes that stand before there is any app.
    pub(crate) fn nodes(&self, nodes: BTreeMap<u32, String>) {
        self.with(|numbers| numbers.nodes = nodes);
    }

    pub(crate) fn now(&self) -> Numbers {
        self.with(|numbers| numbers.clone())
    }

    fn with<T>(&self, f: impl FnOnce(&mut Numbers) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
