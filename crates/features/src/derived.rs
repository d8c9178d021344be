//! Features that were computed before payloads were dropped, kept beside what is left of a session.

use serde::{Deserialize, Serialize};

use crate::model::Features;
use crate::segmentation::Segmentation;

/// The features of every segmentation that a judgement needs. They are blind, as all features are: no
/// coin is in them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    #[serde(rename = "of_cut")]
    of_segmentation: Vec<(String, Features)>,
}

impl Derived {
    /// Keeps the features of a segmentation.
    pub fn insert(&mut self, segmentation: &Segmentation, features: Features) {
        if self.get(segmentation).is_none() {
            self.of_segmentation.push((name(segmentation), features));
        }
    }

    /// All that was kept.
    pub fn all(&self) -> impl Iterator<Item = &Features> {
        self.of_segmentation.iter().map(|(_, features)| features)
    }

    /// The same with other features in the place of each.
    #[must_use]
    pub fn map(self, mut other: impl FnMut(Features) -> Features) -> Derived {
        let of_segmentation = self.of_segmentation.into_iter();
        Derived {
            of_segmentation: of_segmentation
                .map(|(of, features)| (of, other(features)))
                .collect(),
        }
    }

    /// The features of a segmentation, if they were kept.
    pub fn get(&self, segmentation: &Segmentation) -> Option<&Features> {
        let name = name(segmentation);
        let (_, features) = self.of_segmentation.iter().find(|(of, _)| *of == name)?;
        Some(features)
    }
}

/// Tells segmentations of one session apart: FNV-1a over where their blocks lie.
fn name(segmentation: &Segmentation) -> String {
    let numbers = segmentation.blocks.iter().flat_map(|block| {
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
