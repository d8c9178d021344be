//! Inline SVG. Only numbers and our own messages go in; nothing that the app or the network chose.

use std::fmt::Write;

use record::Phase;
use verdict::{BlockRow, Judgement, MicrophoneStatus, Test};

use crate::i18n::Words;
use crate::phrase;
use crate::svg::{Axis, Svg, bars, compact, round_up, ticks};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 8.0;
/// Levels are drawn from here to 0 dBFS.
const FLOOR_DBFS: f64 = -80.0;

/// Stimulus against outgoing traffic, per block; `None` if there is no block.
pub(crate) fn traffic(words: &Words, judgement: &Judgement, block_s: f64) -> Option<String> {
    let blocks = &judgement.blocks;
    let first = blocks
        .iter()
        .map(|b| b.start_s)
        .fold(f64::INFINITY, f64::min);
    let last = blocks
        .iter()
        .map(|b| b.start_s + block_s)
        .fold(f64::NEG_INFINITY, f64::max);
    if !(last - first).is_finite() || last <= first {
        return None;
    }
    let time = Axis {
        from: first,
        to: last,
        at_from: LEFT,
        at_to: WIDTH - RIGHT,
    };
    let (top, bottom) = (26.0, 404.0);
    let mut svg = Svg::new(WIDTH, 440.0, &words.t("picture-alt"));
    // Loud blocks run through all rows as bands, so that the eye can follow them down.
    let bands = blocks.iter().filter(|block| block.symbol > 0);
    let bands = bars(bands.map(|b| (b.start_s, block_s, bottom, top)), &time, 0.0);
    svg.path("band", &bands);
    for phase in [Phase::Control, Phase::Muted] {
        let own = || blocks.iter().filter(|block| block.phase == phase);
        let Some(start) = own().map(|b| b.start_s).reduce(f64::min) else {
            continue;
        };
        let end = own()
            .map(|b| b.start_s + block_s)
            .reduce(f64::max)
            .unwrap_or(start);
        let id = match phase {
            Phase::Control => "picture-control",
            Phase::Muted => "picture-muted",
        };
        svg.line("phase", time.at(start), 18.0, time.at(end) - 2.0, 18.0);
        svg.text("label strong", time.at(start), 12.0, "start", &words.t(id));
    }
    level_row(
        &mut svg,
        words,
        blocks,
        block_s,
        &time,
        Row {
            id: "picture-heard",
            top: 50.0,
            bottom: 134.0,
            value: |block| block.heard_dbfs,
            loud_apart: true,
        },
    );
    bytes_row(&mut svg, words, blocks, block_s, &time, 176.0, 276.0);
    level_row(
        &mut svg,
        words,
        blocks,
        block_s,
        &time,
        Row {
            id: "picture-peer",
            top: 318.0,
            bottom: 402.0,
            value: |block| block.peer_dbfs,
            loud_apart: false,
        },
    );
    time_axis(&mut svg, words, &time, bottom);
    Some(svg.finish())
}

/// One row of levels.
struct Row {
    id: &'static str,
    top: f64,
    bottom: f64,
    value: fn(&BlockRow) -> Option<f64>,
    /// Whether quiet and loud blocks are drawn differently.
    loud_apart: bool,
}

fn level_row(
    svg: &mut Svg,
    words: &Words,
    blocks: &[BlockRow],
    block_s: f64,
    time: &Axis,
    row: Row,
) {
    let axis = Axis {
        from: FLOOR_DBFS,
        to: 0.0,
        at_from: row.bottom,
        at_to: row.top,
    };
    svg.text("label", LEFT, row.top - 8.0, "start", &words.t(row.id));
    for tick in [0.0, -40.0, FLOOR_DBFS] {
        svg.line("grid", LEFT, axis.at(tick), WIDTH - RIGHT, axis.at(tick));
        svg.text(
            "tick",
            LEFT - 6.0,
            axis.at(tick) + 4.0,
            "end",
            &words.number(tick, 0),
        );
    }
    for loud in [false, true] {
        let own = blocks.iter().filter(|block| (block.symbol > 0) == loud);
        let tops = own.filter_map(|block| {
            let level = (row.value)(block)?.clamp(FLOOR_DBFS, 0.0);
            // Even silence leaves a trace: it was heard, and it was silent.
            Some((
                block.start_s,
                block_s,
                row.bottom,
                axis.at(level).min(row.bottom - 1.0),
            ))
        });
        let class = match (row.loud_apart, loud) {
            (true, false) => "quiet",
            (true, true) => "loud",
            (false, _) => "peer",
        };
        svg.path(class, &bars(tops, time, 1.0));
    }
    let unknown = blocks.iter().filter(|block| (row.value)(block).is_none());
    let unknown = unknown.map(|block| (block.start_s, block_s, row.bottom, row.top));
    svg.path("missing", &bars(unknown, time, 0.0));
}

fn bytes_row(
    svg: &mut Svg,
    words: &Words,
    blocks: &[BlockRow],
    block_s: f64,
    time: &Axis,
    top: f64,
    bottom: f64,
) {
    let most = blocks
        .iter()
        .filter_map(|block| block.bytes_out)
        .fold(0.0, f64::max);
    let most = round_up(most.max(1.0));
    let axis = Axis {
        from: 0.0,
        to: most,
        at_from: bottom,
        at_to: top,
    };
    svg.text("label", LEFT, top - 8.0, "start", &words.t("picture-bytes"));
    for tick in [0.0, most / 2.0, most] {
        svg.line("grid", LEFT, axis.at(tick), WIDTH - RIGHT, axis.at(tick));
        svg.text(
            "tick",
            LEFT - 6.0,
            axis.at(tick) + 4.0,
            "end",
            &compact(words, tick),
        );
    }
    let (mut line, mut area) = (String::new(), String::new());
    let mut before: Option<(Phase, f64)> = None;
    for block in blocks {
        let (from, to) = (time.at(block.start_s), time.at(block.start_s + block_s));
        let Some(bytes) = block.bytes_out else {
            before = None;
            continue;
        };
        let y = axis.at(bytes);
        let joins =
            before.is_some_and(|(phase, end)| phase == block.phase && (end - from).abs() < 1.0);
        let _ = match joins {
            true => write!(line, "V{y:.1}H{to:.1}"),
            false => write!(line, "M{from:.1} {y:.1}H{to:.1}"),
        };
        let _ = write!(area, "M{from:.1} {bottom:.1}V{y:.1}H{to:.1}V{bottom:.1}z");
        before = Some((block.phase, to));
    }
    svg.path("area", &area);
    svg.path("trace", &line);
    let unknown = blocks.iter().filter(|block| block.bytes_out.is_none());
    let unknown = unknown.map(|block| (block.start_s, block_s, bottom, top));
    svg.path("missing", &bars(unknown, time, 0.0));
}

/// Evidence after each block; `None` if there was none.
pub(crate) fn evidence(words: &Words, judgement: &Judgement) -> Option<String> {
    let (control, muted) = (&judgement.control, &judgement.muted);
    let longest = control.path.len().max(muted.path.len());
    let needed = muted.log10_needed;
    if longest == 0 || !needed.is_finite() {
        return None;
    }
    let (top, bottom) = (20.0, 216.0);
    let finite = |test: &Test| {
        test.path
            .iter()
            .copied()
            .filter(|w| w.is_finite())
            .collect::<Vec<_>>()
    };
    let (control_path, muted_path) = (finite(control), finite(muted));
    // A control that ends at 10^50 would press everything else flat: it may leave the picture.
    let highest = muted_path.iter().copied().fold(needed * 2.0, f64::max);
    let lowest = control_path
        .iter()
        .chain(&muted_path)
        .copied()
        .fold(-1.0, f64::min)
        .max(-highest);
    let value = Axis {
        from: lowest,
        to: highest,
        at_from: bottom,
        at_to: top,
    };
    let blocks = Axis {
        from: 0.0,
        to: longest as f64,
        at_from: LEFT,
        at_to: WIDTH - RIGHT,
    };
    let alt = words.say(
        "evidence-alt",
        &[
            ("needed", words.evidence(needed)),
            ("control", words.evidence(control.log10_w)),
            ("muted", words.evidence(muted.log10_w)),
        ],
    );
    let mut svg = Svg::new(WIDTH, 256.0, &alt);
    svg.text("label", LEFT, 12.0, "start", &words.t("evidence-axis"));
    for tick in ticks(lowest, highest) {
        svg.line("grid", LEFT, value.at(tick), WIDTH - RIGHT, value.at(tick));
        svg.text(
            "tick",
            LEFT - 6.0,
            value.at(tick) + 4.0,
            "end",
            &words.number(tick, 0),
        );
    }
    for tick in ticks(0.0, longest as f64) {
        svg.text(
            "tick",
            blocks.at(tick),
            bottom + 18.0,
            "middle",
            &words.number(tick, 0),
        );
    }
    svg.text(
        "tick",
        WIDTH - RIGHT,
        bottom + 36.0,
        "end",
        &words.t("evidence-blocks"),
    );
    svg.line(
        "threshold",
        LEFT,
        value.at(needed),
        WIDTH - RIGHT,
        value.at(needed),
    );
    let label = format!(
        "{} {}",
        words.t("evidence-threshold"),
        words.number(needed, 1)
    );
    svg.text(
        "label threshold-label",
        WIDTH - RIGHT,
        value.at(needed) - 5.0,
        "end",
        &label,
    );
    for (class, id, path) in [
        ("control", "picture-control", &control_path),
        ("muted", "picture-muted", &muted_path),
    ] {
        let Some(end) = path.last() else { continue };
        let mut line = format!("M{:.1} {:.1}", blocks.at(0.0), value.at(0.0));
        for (i, w) in path.iter().enumerate() {
            let (x, y) = (
                blocks.at((i + 1) as f64),
                value.at(w.clamp(lowest, highest)),
            );
            let _ = write!(line, "L{x:.1} {y:.1}");
            if *w > highest {
                break;
            }
        }
        svg.path(class, &line);
        // The label stands where the line ends or leaves the picture.
        let out = path.iter().position(|w| *w > highest);
        let x = blocks.at(out.unwrap_or(path.len()) as f64);
        // Above the stretch that the label covers.
        let covered = &path[path.len() - path.len() / 4 - 1..];
        let top = covered.iter().copied().fold(*end, f64::max);
        let y = value.at(top.clamp(lowest, highest));
        let text = match out {
            Some(_) => format!("{} ↑ {}", words.t(id), words.number(*end, 1)),
            None => format!("{} {}", words.t(id), words.number(*end, 1)),
        };
        let (x, anchor) = if x > WIDTH - 260.0 {
            (x - 8.0, "end")
        } else {
            (x + 8.0, "start")
        };
        let y = if out.is_some() { y + 10.0 } else { y - 7.0 };
        svg.text(&format!("label {class}-label"), x, y, anchor, &text);
    }
    Some(svg.finish())
}

/// State of the microphone over time; `None` if nothing is known of it.
pub(crate) fn microphone(words: &Words, judgement: &Judgement) -> Option<String> {
    let spans = &judgement.microphone_over_time;
    let (from, to) = (spans.first()?.from_s, spans.last()?.to_s);
    if !(to - from).is_finite() || to <= from {
        return None;
    }
    let time = Axis {
        from,
        to,
        at_from: LEFT,
        at_to: WIDTH - RIGHT,
    };
    let mut svg = Svg::new(WIDTH, 84.0, &words.t("microphone-alt"));
    for phase in [Phase::Control, Phase::Muted] {
        let own = || judgement.blocks.iter().filter(|block| block.phase == phase);
        let Some(start) = own().map(|b| b.start_s).reduce(f64::min) else {
            continue;
        };
        let id = match phase {
            Phase::Control => "picture-control",
            Phase::Muted => "picture-muted",
        };
        svg.line("phase", time.at(start), 8.0, time.at(start), 52.0);
        svg.text("label", time.at(start) + 4.0, 13.0, "start", &words.t(id));
    }
    for span in spans {
        let (x, end) = (time.at(span.from_s), time.at(span.to_s));
        // The kind shows in height and pattern too, not in colour alone.
        let (y, height) = match span.state {
            MicrophoneStatus::Closed => (44.0, 8.0),
            MicrophoneStatus::OpenNotRunning => (34.0, 18.0),
            MicrophoneStatus::StillRead
            | MicrophoneStatus::OpenRunning
            | MicrophoneStatus::Unknown => (22.0, 30.0),
        };
        let class = phrase::microphone_id(span.state);
        let width = (end - x).max(0.8);
        svg.rect(class, x, y, width, height);
    }
    time_axis(&mut svg, words, &time, 52.0);
    Some(svg.finish())
}

fn time_axis(svg: &mut Svg, words: &Words, time: &Axis, y: f64) {
    for tick in ticks(time.from, time.to) {
        svg.line("tickmark", time.at(tick), y, time.at(tick), y + 4.0);
        svg.text(
            "tick",
            time.at(tick),
            y + 18.0,
            "middle",
            &words.number(tick, 0),
        );
    }
    svg.text(
        "tick",
        WIDTH - RIGHT,
        y + 32.0,
        "end",
        &words.t("picture-time"),
    );
}
