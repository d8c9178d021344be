use schemars::JsonSchema;
use serde::Serialize;

use super::connection::{Connection, Point, Track, TrackKind};

/// What a track came to over a span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, JsonSchema)]
pub struct Figures {
    /// Values of its level.
    pub levels: u64,
    /// Those that were zero: digital silence.
    pub zero: u64,
    /// The lowest and the highest level, 1 being full scale; nothing where none was told.
    pub level: Option<[f64; 2]>,
    /// Bits of payload a second; nothing where bytes were not counted at two times.
    pub bits_per_s: Option<f64>,
}

/// What stands in one row of a table over time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Row {
    /// From when on, milliseconds since 1970.
    pub from_ms: f64,
    /// Until when.
    pub to_ms: f64,
    /// The highest level of the sources.
    pub source: Option<f64>,
    /// Bits a second that were sent.
    pub sent_bits_per_s: Option<f64>,
    /// Bits a second that were received.
    pub received_bits_per_s: Option<f64>,
}

impl Connection {
    /// From the first to the last time that something of the sound was told, milliseconds since 1970.
    pub fn span_ms(&self) -> Option<[f64; 2]> {
        let points = self
            .tracks
            .iter()
            .flat_map(|t| t.levels.iter().chain(&t.bytes));
        let times = points.map(|point| point.t_ms);
        times.fold(None, |span: Option<[f64; 2]>, t| match span {
            None => Some([t, t]),
            Some([from, to]) => Some([from.min(t), to.max(t)]),
        })
    }
}

/// What a track came to from one time until another.
pub fn figures(track: &Track, [from_ms, to_ms]: [f64; 2]) -> Figures {
    let within = |point: &&Point| (from_ms..=to_ms).contains(&point.t_ms);
    let mut figures = Figures::default();
    for point in track.levels.iter().filter(within) {
        figures.levels += 1;
        figures.zero += u64::from(point.value == 0.0);
        let [low, high] = figures.level.unwrap_or([point.value; 2]);
        figures.level = Some([low.min(point.value), high.max(point.value)]);
    }
    // Counters begin anew where a stream does.
    let (mut bytes, mut ms) = (0.0, 0.0);
    for pair in track.bytes.windows(2) {
        let (more, later) = (pair[1].value - pair[0].value, pair[1].t_ms - pair[0].t_ms);
        // What was told between two times is of where its middle lies: a span may have one time in it, or none.
        let middle = pair[0].t_ms + later / 2.0;
        if more >= 0.0 && later > 0.0 && (from_ms..to_ms).contains(&middle) {
            (bytes, ms) = (bytes + more, ms + later);
        }
    }
    figures.bits_per_s = (ms > 0.0).then(|| bytes * 8.0 / (ms / 1e3));
    figures
}

/// A connection over time, in at most `n` rows of the same length.
pub fn rows(connection: &Connection, n: usize) -> Vec<Row> {
    let Some([from_ms, to_ms]) = connection.span_ms().filter(|[from, to]| to > from) else {
        return Vec::new();
    };
    let step_ms = (to_ms - from_ms) / n.max(1) as f64;
    let row = |i: usize| {
        let from = from_ms + step_ms * i as f64;
        let span = [from, from + step_ms];
        let of = |kind| {
            let tracks = connection.tracks.iter().filter(move |t| t.kind == kind);
            tracks.map(|track| figures(track, span))
        };
        let bits = |kind| {
            let known = of(kind).filter_map(|figures| figures.bits_per_s);
            known.reduce(|sum, bits| sum + bits)
        };
        let levels = of(TrackKind::Source).filter_map(|figures| Some(figures.level?[1]));
        Row {
            from_ms: from,
            to_ms: from + step_ms,
            source: levels.reduce(f64::max),
            sent_bits_per_s: bits(TrackKind::Sent),
            received_bits_per_s: bits(TrackKind::Received),
        }
    };
    (0..n).map(row).collect()
}
