//! Which block a moment lies in.

use record::{MonotonicNs, Span};

use crate::segmentation::Segmentation;

/// Which block a moment lies in.
pub(crate) struct Blocks<'s> {
    segmentation: &'s Segmentation,
    /// Indices of the blocks by their beginnings.
    order: Vec<usize>,
}

impl<'s> Blocks<'s> {
    pub(crate) fn new(segmentation: &'s Segmentation) -> Blocks<'s> {
        let mut order: Vec<usize> = (0..segmentation.blocks.len()).collect();
        order.sort_by_key(|&i| segmentation.blocks[i].span.from);
        Blocks {
            segmentation,
            order,
        }
    }

    pub(crate) fn at(&self, t: MonotonicNs) -> Option<usize> {
        let span = |block: usize| self.segmentation.blocks[block].span;
        let after = self.order.partition_point(|&b| span(b).from <= t);
        let block = *self.order.get(after.checked_sub(1)?)?;
        span(block).contains(t).then_some(block)
    }

    pub(crate) fn count(&self, moments: &[MonotonicNs]) -> u64 {
        moments.iter().filter(|t| self.at(**t).is_some()).count() as u64
    }

    /// From the beginning of the first block to the end of the last one.
    pub(crate) fn span(&self) -> Span {
        let spans = self.segmentation.blocks.iter().map(|block| block.span);
        let whole = |a: Span, b: Span| Span {
            from: a.from.min(b.from),
            to: a.to.max(b.to),
        };
        let nothing = Span {
            from: MonotonicNs(0),
            to: MonotonicNs(0),
        };
        spans.reduce(whole).unwrap_or(nothing)
    }
}
