//! Features that were computed before payloads were dropped, kept beside what is left of a session.

use serde::{Deserialize, Serialize};

use crate::{Cut, Features};

/// The features of every cut that a judgement needs. Blind, as all features are: no coin is in them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    of_cut: Vec<(String, Features)>,
}

impl Derived {
    /// Keeps the features of a cut.
    pub fn insert(&mut self, cut: &Cut, features: Features) {
        if self.get(cut).is_none() {
            self.of_cut.push((name(cut), features));
        }
    }

    /// The features of a cut, if they were kept.
    pub fn get(&self, cut: &Cut) -> Option<&Features> {
        let name = name(cut);
        let (_, features) = self.of_cut.iter().find(|(of, _)| *of == name)?;
        Some(features)
    }
}

/// Tells cuts of one session apart: FNV-1a over where their blocks lie.
fn name(cut: &Cut) -> String {
    let numbers = cut.blocks.iter().flat_map(|block| {
        [
            block.phase as u64,
            u64::from(block.index),
            block.span.from.0,
            block.span.to.0,
        ]
    });
    let bytes = numbers.flat_map(u64::to_le_bytes);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
