//! Axes, bars and the few SVG elements that the pictures are made of.

use std::fmt::Write;

use crate::i18n::Words;

/// Bars as one path: start, length (seconds), bottom and top (pixels).
pub(crate) fn bars(
    bars: impl Iterator<Item = (f64, f64, f64, f64)>,
    time: &Axis,
    gap: f64,
) -> String {
    let mut path = String::new();
    for (start_s, len_s, bottom, top) in bars {
        let x = time.at(start_s);
        let full = time.at(start_s + len_s) - x;
        let width = if full > 3.0 * gap {
            full - gap
        } else {
            full * 0.8
        };
        let _ = write!(path, "M{x:.1} {bottom:.1}h{width:.1}V{top:.1}h-{width:.1}z");
    }
    path
}

/// Maps values to pixels, linearly.
pub(crate) struct Axis {
    pub from: f64,
    pub to: f64,
    pub at_from: f64,
    pub at_to: f64,
}

impl Axis {
    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = (value - self.from) / (self.to - self.from);
        let share = if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        };
        self.at_from + share * (self.at_to - self.at_from)
    }
}

/// Round values between two ends: at most eleven, steps of 1, 2 or 5 times a power of ten.
pub(crate) fn ticks(from: f64, to: f64) -> Vec<f64> {
    let range = to - from;
    if !range.is_finite() || range <= 0.0 {
        return Vec::new();
    }
    let step = round_up(range / 10.0);
    let first = (from / step).ceil() as i64;
    (first..)
        .map(|n| n as f64 * step)
        .take_while(|tick| *tick <= to)
        .take(12)
        .collect()
}

/// The next of 1, 2, 5, 10, 20 … from `value` up.
pub(crate) fn round_up(value: f64) -> f64 {
    let power = 10f64.powf(value.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|round| *round >= value * 0.999_999)
        .unwrap_or(value)
}

/// A number for an axis: 1 500 000 as 1.5 M.
pub(crate) fn compact(words: &Words, value: f64) -> String {
    let (value, suffix) = match value {
        v if v >= 1e6 => (v / 1e6, " M"),
        v if v >= 1e3 => (v / 1e3, " k"),
        v => (v, ""),
    };
    let digits = usize::from(value.fract() != 0.0);
    format!("{}{suffix}", words.number(value, digits))
}

/// A picture under construction.
pub(crate) struct Svg {
    out: String,
}

impl Svg {
    pub(crate) fn new(width: f64, height: f64, alt: &str) -> Svg {
        let alt = escape(alt);
        Svg {
            out: format!(
                "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{alt}\" \
                 xmlns=\"http://www.w3.org/2000/svg\">\n"
            ),
        }
    }

    pub(crate) fn path(&mut self, class: &str, data: &str) {
        if !data.is_empty() {
            let _ = writeln!(self.out, "<path class=\"{class}\" d=\"{data}\"/>");
        }
    }

    pub(crate) fn line(&mut self, class: &str, x1: f64, y1: f64, x2: f64, y2: f64) {
        self.path(class, &format!("M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}"));
    }

    pub(crate) fn rect(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64) {
        let _ = writeln!(
            self.out,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\"/>"
        );
    }

    /// Rules for a picture that stands alone.
    pub(crate) fn style(&mut self, rules: &str) {
        let _ = writeln!(self.out, "<style>{rules}</style>");
    }

    /// A rectangle as dark as a share says.
    pub(crate) fn shade(&mut self, class: &str, x: f64, y: f64, w: f64, h: f64, share: f64) {
        let _ = writeln!(
            self.out,
            "<rect class=\"{class}\" fill-opacity=\"{share:.3}\" x=\"{x:.1}\" y=\"{y:.1}\" \
             width=\"{w:.1}\" height=\"{h:.1}\"/>"
        );
    }

    pub(crate) fn text(&mut self, class: &str, x: f64, y: f64, anchor: &str, text: &str) {
        let _ = writeln!(
            self.out,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>",
            escape(text)
        );
    }

    pub(crate) fn finish(mut self) -> String {
        self.out.push_str("</svg>");
        self.out
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(
            ticks(0.0, 45.0),
            [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0, 45.0]
        );
        assert_eq!(ticks(-1.0, 6.0), [-1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert!(ticks(0.0, f64::NAN).is_empty() && ticks(1.0, 1.0).is_empty());
        for to in [1e-6, 0.3, 7.0, 86_399.0, 1e12] {
            assert!((2..=12).contains(&ticks(0.0, to).len()), "{to}");
        }
    }
}
