//! The study at a glance: two bars a row, how plainly the instrument saw the unmuted microphone, and
//! what it saw while muted.

use std::fmt::Write as _;

use crate::page::Attempt;

const ROW: f64 = 26.0;
const LEFT: f64 = 210.0;
const WIDTH: f64 = 460.0;
/// Evidence beyond this is as good as any, log10 W.
const MOST: f64 = 20.0;
const NEEDED: f64 = 3.0;

/// The picture, as SVG that needs no style from outside.
pub fn picture(attempts: &[Attempt]) -> String {
    let height = 50.0 + ROW * attempts.len() as f64;
    let x = |log10: f64| LEFT + WIDTH * (log10.clamp(0.0, MOST) / MOST);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 700 {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\" aria-label=\"Evidence of every attempt, control and muted\">\n\
         <rect width=\"700\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"16\" fill=\"#333\">log10 W: control (grey), muted (red from 3 on, the threshold)</text>\n"
    );
    for tick in [0.0, NEEDED, 5.0, 10.0, 15.0, MOST] {
        let dashes = if tick == NEEDED {
            ""
        } else {
            " stroke-dasharray=\"2 3\""
        };
        let _ = writeln!(
            svg,
            "<line x1=\"{0}\" y1=\"24\" x2=\"{0}\" y2=\"{1}\" stroke=\"#888\"{dashes}/><text x=\"{0}\" y=\"{2}\" \
             text-anchor=\"middle\" fill=\"#555\">{tick}</text>",
            x(tick),
            height - 22.0,
            height - 8.0
        );
    }
    for (row, attempt) in attempts.iter().enumerate() {
        let y = 28.0 + ROW * row as f64;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#111\">{}</text>",
            LEFT - 8.0,
            y + 14.0,
            attempt.app.recipe
        );
        let Some(figures) = attempt.figures() else {
            continue;
        };
        let control = figures.control_log10_w_max.unwrap_or(0.0);
        let muted = figures.muted_log10_w_max.unwrap_or(0.0);
        let colour = if muted >= NEEDED {
            "#b3261e"
        } else {
            "#4a7fb5"
        };
        for (dy, value, fill) in [(2.0, control, "#bbb"), (12.0, muted, colour)] {
            let _ = writeln!(
                svg,
                "<rect x=\"{LEFT}\" y=\"{}\" width=\"{}\" height=\"8\" fill=\"{fill}\"/>",
                y + dy,
                (x(value) - LEFT).max(1.0)
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}
