//! Whether chances mean what they say: a table, and a picture of it.

use std::collections::HashSet;
use std::fmt::Write;

use crate::measures::{Told, wilson};

/// Where one row of the table ends and the next begins.
const EDGES: [f64; 10] = [0.0, 0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.01];
/// Side of the picture's square and the room around it, in its own units.
const SIDE: f64 = 360.0;
/// Likewise.
const ROOM: f64 = 50.0;

/// What was said with chances alike, and how it was.
struct Row {
    from: f64,
    to: f64,
    clips: usize,
    /// How many are left where a clip counts once for each owner.
    different: usize,
    /// Mean chance that was said, share that is foreign, and the interval of 95 % of that; nothing without a clip.
    shares: Option<[f64; 4]>,
}

fn rows(told: &[Told]) -> Vec<Row> {
    let row = |pair: &[f64]| {
        let inside = |of: &&Told| of.chance >= pair[0] && of.chance < pair[1];
        let inside: Vec<&Told> = told.iter().filter(inside).collect();
        let different: HashSet<(usize, usize)> = inside.iter().map(|of| of.clip).collect();
        let n = inside.len() as f64;
        let said: f64 = inside.iter().map(|of| of.chance).sum();
        let foreign = inside.iter().filter(|of| of.foreign).count() as f64;
        let (low, high) = wilson(foreign / n.max(1.0), different.len());
        Row {
            from: pair[0],
            to: pair[1].min(1.0),
            clips: inside.len(),
            different: different.len(),
            shares: (!inside.is_empty()).then_some([said / n, foreign / n, low, high]),
        }
    };
    EDGES.windows(2).map(row).collect()
}

/// The table.
pub fn table(told: &[Told]) -> String {
    let n = told.len().max(1) as f64;
    let off = |of: &Told| (of.chance - f64::from(u8::from(of.foreign))).powi(2);
    let brier = told.iter().map(off).sum::<f64>() / n;
    let base = told.iter().filter(|of| of.foreign).count() as f64 / n;
    let mut out = format!(
        "### Does a chance of 10 % mean one in ten?\n\n\
         All decided clips of the exports above but those of clean ones, and of a small export of each of \
         the speakers with one recording: owners, foreign voices and one kind of room that the \
         calibration has not heard. Brier score {brier:.4}; whoever always said {:.1} % would have {:.4}. \
         Own clips are few and were drawn again and again, foreign ones are many: shares are of all \
         draws, as an export has them. *Different*: how many are left where a clip counts once for each \
         owner; the interval of 95 % is for so many.\n\n\
         ![chances that were said, and shares that are foreign](export-check-chances.svg)\n\n\
         | chance said | clips | different | mean chance said | foreign indeed |\n|---|---|---|---|---|\n",
        base * 1e2,
        base * (1.0 - base),
    );
    for row in rows(told) {
        let cells = row.shares.map_or_else(
            || "– | –".to_owned(),
            |shares| {
                let [said, share, low, high] = shares.map(|share| share * 1e2);
                format!("{said:.1} % | {share:.1} % ({low:.1} to {high:.1})")
            },
        );
        let (from, to) = (row.from * 1e2, row.to * 1e2);
        let _ = writeln!(
            out,
            "| {from:.0} to {to:.0} % | {} | {} | {cells} |",
            row.clips, row.different
        );
    }
    out + "\n"
}

/// The picture: what was said from left to right, how it was from below, the interval as a line, and the diagonal on
/// which chances are right. The size of a point goes with the number of different clips.
pub fn picture(told: &[Told]) -> String {
    let whole = SIDE + 2.0 * ROOM;
    let x = |share: f64| ROOM + SIDE * share;
    let y = |share: f64| ROOM + SIDE * (1.0 - share);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"{whole}\" height=\"{whole}\" fill=\"white\"/>\n\
         <rect x=\"{ROOM}\" y=\"{ROOM}\" width=\"{SIDE}\" height=\"{SIDE}\" fill=\"none\" stroke=\"#888\"/>\n\
         <line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"#888\" stroke-dasharray=\"4\"/>\n",
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0)
    );
    for tenth in [0, 25, 50, 75, 100] {
        let share = f64::from(tenth) / 1e2;
        let (left, below) = (ROOM - 6.0, ROOM + SIDE + 16.0);
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{below}\" text-anchor=\"middle\">{tenth} %</text>\
             <text x=\"{left}\" y=\"{}\" text-anchor=\"end\">{tenth} %</text>",
            x(share),
            y(share) + 4.0
        );
    }
    let middle = whole / 2.0;
    let _ = writeln!(
        out,
        "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">chance that was said</text>\
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">foreign indeed, with its interval of 95 %</text>",
        whole - 12.0,
        ROOM - 18.0
    );
    for row in rows(told) {
        let Some([said, share, low, high]) = row.shares else {
            continue;
        };
        let radius = 2.0 + (row.different as f64).sqrt().min(50.0) / 6.0;
        let _ = writeln!(
            out,
            "<line x1=\"{0:.1}\" x2=\"{0:.1}\" y1=\"{1:.1}\" y2=\"{2:.1}\" stroke=\"#06c\"/>\
             <circle cx=\"{0:.1}\" cy=\"{3:.1}\" r=\"{radius:.1}\" fill=\"#06c\"><title>{4} clips</title></circle>",
            x(said),
            y(low),
            y(high),
            y(share),
            row.different
        );
    }
    out + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_what_was_said_in_it() {
        let told: Vec<Told> = (0..10)
            .map(|n| Told {
                chance: 0.2,
                foreign: n < 2,
                clip: (0, n / 2),
            })
            .collect();
        let rows = rows(&told);
        let row = &rows[3];
        assert_eq!((row.clips, row.different), (10, 5));
        let [said, share, low, high] = row.shares.unwrap();
        assert!((said - 0.2).abs() < 1e-9 && (share - 0.2).abs() < 1e-9);
        assert!(low < 0.2 && high > 0.2);
        assert!(rows[0].shares.is_none());
        assert!(table(&told).contains("| 10 to 30 % | 10 | 5 | 20.0 % | 20.0 % ("));
        assert_eq!(picture(&told).matches("<circle").count(), 1);
    }
}
