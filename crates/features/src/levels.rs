//! What a recorder heard: levels, hop by hop and over spans of time.

use record::{Body, MonotonicNs, Record, Source, Span};

use crate::model::Missing;

/// All levels that one recorder wrote, in time order.
pub(crate) struct Track<'a> {
    pieces: Vec<Piece<'a>>,
}

struct Piece<'a> {
    t: MonotonicNs,
    hop_ns: u64,
    rms_dbfs: &'a [f32],
}

/// What a recorder heard over a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Level {
    /// RMS of the whole block, dBFS.
    pub rms_dbfs: f64,
    /// Share of hops above [`AUDIBLE_DBFS`].
    pub audible_share: f64,
}

/// A hop above this is sound and not idle noise: between the stimulus' quiet level (-75 dBFS) and
/// what an automatic gain or a comfort-noise generator makes of it.
const AUDIBLE_DBFS: f32 = -50.0;

impl<'a> Track<'a> {
    pub(crate) fn new(records: &'a [Record], source: Source) -> Track<'a> {
        let mut pieces: Vec<Piece> = records
            .iter()
            .filter(|record| record.source == source)
            .filter_map(|record| match &record.body {
                Body::Levels {
                    hop_ns, rms_dbfs, ..
                } if *hop_ns > 0 => Some(Piece {
                    t: record.t,
                    hop_ns: *hop_ns,
                    rms_dbfs,
                }),
                _ => None,
            })
            .collect();
        pieces.sort_by_key(|piece| piece.t);
        Track { pieces }
    }

    /// Start and level of each hop that begins within `span`; NaN and the like are passed over.
    pub(crate) fn hops(&self, span: Span) -> impl Iterator<Item = (MonotonicNs, u64, f32)> + '_ {
        // The last piece that begins before the span may reach into it.
        let first = self
            .pieces
            .partition_point(|p| p.t <= span.from)
            .saturating_sub(1);
        let pieces = self.pieces[first..]
            .iter()
            .take_while(move |p| p.t < span.to);
        pieces.flat_map(move |piece| {
            let skip = span.from.0.saturating_sub(piece.t.0).div_ceil(piece.hop_ns) as usize;
            let levels = piece.rms_dbfs.iter().enumerate().skip(skip);
            levels
                .map(|(i, level)| (piece.at(i), piece.hop_ns, *level))
                .take_while(move |(t, ..)| *t < span.to)
                .filter(|(.., level)| level.is_finite())
        })
    }

    /// The level over `span`; missing if the recorder covers less than nine tenths of it.
    pub(crate) fn over(&self, span: &Span) -> Result<Level, Missing> {
        if self.pieces.is_empty() {
            return Err(Missing::NotWatched);
        }
        let (mut power, mut covered_ns, mut n, mut n_audible) = (0.0, 0u64, 0u64, 0u64);
        for (_, hop_ns, level) in self.hops(*span) {
            power += hop_ns as f64 * 10f64.powf(f64::from(level) / 10.0);
            covered_ns = covered_ns.saturating_add(hop_ns);
            n += 1;
            n_audible += u64::from(level > AUDIBLE_DBFS);
        }
        if n == 0 || (covered_ns as f64) < 0.9 * span.len_ns() as f64 {
            return Err(Missing::NoData);
        }
        let rms_dbfs = 10.0 * (power / covered_ns as f64).log10();
        let rms_dbfs = rms_dbfs.max(f64::from(record::SILENCE_DBFS));
        Ok(Level {
            rms_dbfs,
            audible_share: n_audible as f64 / n as f64,
        })
    }
}

impl Piece<'_> {
    fn at(&self, hop: usize) -> MonotonicNs {
        MonotonicNs(
            self.t
                .0
                .saturating_add((hop as u64).saturating_mul(self.hop_ns)),
        )
    }
}
