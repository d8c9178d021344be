//! What this machine's own microphone heard of the loudspeaker, where it listened along beside a device.

use record::{Phase, Source, Span};

use crate::extract::played_alone;
use crate::levels::Track;
use crate::segmentation::{Block, Segmentation};
use crate::session::Session;
use crate::watch::Watch;

/// Levels are compared by windows of this length, as they are kept.
const STEP_NS: i64 = 20_000_000;

/// How much later than the sound server's output the microphone heard the control, at most `latest_ns`: where the two
/// levels follow each other best; 0 where they do at none. Nothing where it did not listen.
pub fn room_late_ns(session: &Session, segmentation: &Segmentation, latest_ns: i64) -> Option<i64> {
    let mut control = segmentation
        .blocks
        .iter()
        .filter(|b| b.phase == Phase::Control);
    let first = control.next()?;
    let last = control.next_back().unwrap_or(first);
    let played = Span {
        from: first.span.from,
        to: last.span.to,
    };
    let heard = Span {
        to: played.to.offset(latest_ns),
        ..played
    };
    let played = windows(&Track::new(session.records, Source::Mic), played);
    let heard = windows(&Track::new(session.records, Source::Room), heard);
    let lags = 0..=(latest_ns / STEP_NS) as usize;
    let at = |lag: usize| Some((lag, correlation(&played, heard.get(lag..)?)?));
    // Of equal ones the first.
    let best = lags
        .filter_map(at)
        .reduce(|best, next| match next.1 > best.1 {
            true => next,
            false => best,
        });
    let listened = heard.iter().any(|level| level.is_finite());
    listened.then(|| best.map_or(0, |(lag, _)| lag as i64 * STEP_NS))
}

/// Levels by windows from the beginning of a span, dBFS; NaN where there are none.
fn windows(track: &Track, span: Span) -> Vec<f64> {
    let mut levels = vec![f64::NAN; (span.len_ns() as i64 / STEP_NS) as usize];
    for (t, _, level) in track.hops(span) {
        let at = (t.since(span.from).max(0) / STEP_NS) as usize;
        if let Some(window) = levels.get_mut(at) {
            *window = f64::from(level);
        }
    }
    levels
}

/// Of the windows that both have; nothing where a side never changes.
fn correlation(played: &[f64], heard: &[f64]) -> Option<f64> {
    let both = played.iter().zip(heard);
    let both = both.filter(|(x, y)| x.is_finite() && y.is_finite());
    let (mut n, mut x, mut y, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (a, b) in both {
        n += 1.0;
        x += a;
        y += b;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    let spread = (xx - x * x / n) * (yy - y * y / n);
    (spread > 1e-9).then(|| (xy - x * y / n) / spread.sqrt())
}

/// Level at this machine's own microphone over each block's own sound, so much later, dBFS RMS; `None` where it did not
/// listen, or had a hole.
pub fn room_levels(
    session: &Session,
    segmentation: &Segmentation,
    late_ns: i64,
) -> Vec<Option<f64>> {
    let watch = Watch::new(session);
    let room = Track::new(session.records, Source::Room);
    let guard_ns = session.manifest.protocol.guard_ns as i64;
    let level = |block: &Block| {
        let played = played_alone(&block.span, guard_ns);
        let span = Span {
            from: played.from.offset(late_ns),
            to: played.to.offset(late_ns),
        };
        let whole = !watch.lost(Source::Room, &span);
        whole.then(|| room.over(&span).ok())?.map(|l| l.rms_dbfs)
    };
    segmentation.blocks.iter().map(level).collect()
}
