//! The page.

use attack::{Interval, Outcome};

use crate::data::Heard;
use crate::study::Study;
use crate::table::{Cell, Learnt, Size, Table};

/// Figures of others on similar data, macro accuracy in percent: telemetry, window, figure.
const REFERENCE: [(&str, f64, f64); 6] = [
    ("min, mean, max a minute", 60.0, 48.2),
    ("min, mean, max a minute", 600.0, 65.0),
    ("a level a second", 60.0, 57.4),
    ("RFC 6464 level a packet", 60.0, 83.7),
    ("Opus VBR sizes", 60.0, 80.7),
    ("Opus VBR sizes with DTX", 60.0, 71.1),
];

/// Everything as Markdown. `real` says whether the sounds are recordings.
pub fn page(
    heard: &Heard,
    table: &Table,
    as_recorded: &[(&'static str, f64, Interval)],
    study: Result<&Study, &str>,
    size: Size,
    real: bool,
) -> String {
    let mut out = String::from(
        "# What telemetry gives away\n\nWritten by `cargo xtask attack-table`; the method, its ceilings \
         and caveats are in [attack.md](attack.md).\n\n",
    );
    if !real {
        out += "**From synthetic sounds: the recordings were not there. These figures say nothing \
                about real sounds.**\n\n";
    }
    let plan = size.plan();
    out += &format!(
        "Six activities, {} sittings of each in {} rooms, {:.0} minutes each. Recordings: {}. ",
        plan.sittings,
        plan.rooms,
        plan.seconds / 60.0,
        heard
            .sources
            .iter()
            .map(|(l, n)| format!("{l} {n}"))
            .collect::<Vec<_>>()
            .join(", ")
    );
    if !heard.left_out.is_empty() {
        out += &format!("Left out: {}. ", heard.left_out.join("; "));
    }
    out += "Chance is 16.7 %.\n\n## Sounds that the attacker has never heard\n\nMacro accuracy in percent \
            with its 95 % interval over recordings. *Plain* is a forest of best cuts on mean, SD and \
            quantiles alone; *better* is by how much all features and extremely randomised trees beat \
            it, on the same folds. *Reference* was measured by others with a random forest on similar \
            sounds. The last column is a **warning, no result**: what a split by window would have \
            claimed of the same attacker, which has then heard the very recordings it is tried on.\n\n\
            | telemetry | window | windows | accuracy | plain | better | reference | by window (warning) |\n\
            |---|---|---|---|---|---|---|---|\n";
    for cell in &table.cells {
        out += &format!(
            "| {} | {} | {} | **{}** | {} | {} | {} | {:.1} |\n",
            cell.telemetry,
            length(cell.window_s),
            cell.best.windows(),
            percent(cell.best.accuracy()),
            percent(cell.plain),
            signed(cell.better),
            reference(cell.telemetry, cell.window_s),
            cell.claimed * 100.0
        );
    }
    if !as_recorded.is_empty() {
        out += "\n### At the levels that they were recorded with\n\nAbove, every recording is brought to one \
                loudness. Below, each keeps the level that its uploader gave it. That tells activities \
                apart by the hands that they went through; it is shown because others may have \
                measured so, and is no figure about real life either.\n\n\
                | telemetry | window | accuracy | reference |\n|---|---|---|---|\n";
        for (name, window_s, accuracy) in as_recorded {
            out += &format!(
                "| {name} | {} | {} | {} |\n",
                length(*window_s),
                percent(*accuracy),
                reference(name, *window_s)
            );
        }
    }
    out += "\n## How sure it may be\n\nMiscalibration: how far the probability of the named activity lies \
            from the share that is right, on average. Open set: sounds that are none of the six (a baby \
            crying, a clock, rain) and never learnt from; how many of them, and of the six, are called \
            \"none of these\", and the chance that one of the six is held for likelier than one of \
            them (50 % is blind).\n\n| telemetry | window | miscalibration | others called none | known \
            called none | told apart |\n|---|---|---|---|---|---|\n";
    for cell in table.cells.iter().filter(|c| c.window_s == 60.0) {
        out += &open(cell);
    }
    if let Some(cell) = table
        .cells
        .iter()
        .find(|c| c.telemetry.starts_with("min") && c.window_s == 60.0)
    {
        out += &format!(
            "\n## Confusions: {}, {}\n\n",
            cell.telemetry,
            length(cell.window_s)
        );
        out += &confusion(&cell.best);
    }
    if let Some(cell) = table
        .cells
        .iter()
        .find(|c| c.telemetry.starts_with("RFC") && c.window_s == 60.0)
    {
        out += &format!(
            "\n## Confusions: {}, {}\n\n",
            cell.telemetry,
            length(cell.window_s)
        );
        out += &confusion(&cell.best);
    }
    out += "\n## The study's own telemetry\n\n";
    match study {
        Err(why) => out += &format!("Not measured: {why}.\n"),
        Ok(study) => out += &of_study(study),
    }
    out
}

/// The learners, as a section of its own.
pub fn learners_page(rows: &[(&'static str, Vec<Learnt>)]) -> String {
    let mut out = String::from(
        "| telemetry, 1 min | learner | accuracy | better than the first |\n|---|---|---|---|\n",
    );
    for (telemetry, learnt) in rows {
        for (called, accuracy, better) in learnt {
            let (accuracy, better) = (percent(*accuracy), signed(*better));
            out += &format!("| {telemetry} | {called} | {accuracy} | {better} |\n");
        }
    }
    out
}

fn reference(telemetry: &str, window_s: f64) -> String {
    let known = REFERENCE
        .iter()
        .find(|r| r.0 == telemetry && r.1 == window_s);
    known.map_or("–".to_owned(), |r| format!("{:.1}", r.2))
}

fn open(cell: &Cell) -> String {
    let miss = cell.best.miscalibration() * 100.0;
    let start = format!(
        "| {} | {} | {miss:.1} |",
        cell.telemetry,
        length(cell.window_s)
    );
    match &cell.open {
        Some(o) => {
            let [unknown, known, apart] =
                [o.unknown_refused, o.known_refused, o.told_apart].map(|v| v * 100.0);
            format!("{start} {unknown:.1} | {known:.1} | {apart:.1} |\n")
        }
        None => format!("{start} – | – | – |\n"),
    }
}

fn of_study(study: &Study) -> String {
    let mut out = format!(
        "{} recordings of {} videos at all distances (the public files); one video is left out at all its \
         distances, and learnt from the others. Where a label is missing in the files, the video's name gives \
         it.",
        study.counts.1, study.counts.0
    );
    if !study.left_out.is_empty() {
        out += &format!(
            " Left out for having one video only: {}.",
            study.left_out.join(", ")
        );
    }
    out += " An independent reference, on a larger pool: 54 [42 to 64] with three minutes, 58 [47 to 68] \
            with seven. The study's published figure is 81.9 %.\n\n| window | windows | videos | \
            accuracy | by window (warning) |\n|---|---|---|---|---|\n";
    for (minutes, outcome, claimed) in &study.rows {
        out += &format!(
            "| {minutes} min | {} | {} | **{}** | {:.1} |\n",
            outcome.windows(),
            outcome.clusters(),
            percent(outcome.accuracy()),
            claimed * 100.0
        );
    }
    if let Some((_, outcome, _)) = study.rows.get(1) {
        out += &format!("\nConfusions with three minutes:\n\n{}", confusion(outcome));
    }
    out
}

fn confusion(outcome: &Outcome) -> String {
    let mut out = format!("| went on \\ named | {} |\n|", outcome.classes.join(" | "));
    out += &"---|".repeat(outcome.classes.len() + 1);
    out.push('\n');
    for (name, row) in outcome.classes.iter().zip(outcome.confusion()) {
        let row: Vec<String> = row.iter().map(|v| format!("{:.0}", v * 100.0)).collect();
        out += &format!("| {name} | {} |\n", row.join(" | "));
    }
    out
}

fn percent(i: Interval) -> String {
    format!(
        "{:.1} [{:.1} to {:.1}]",
        i.value * 100.0,
        i.low * 100.0,
        i.high * 100.0
    )
}

fn signed(i: Interval) -> String {
    format!(
        "{:+.1} [{:+.1} to {:+.1}]",
        i.value * 100.0,
        i.low * 100.0,
        i.high * 100.0
    )
}

fn length(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.0} s"),
        s => format!("{:.0} min", s / 60.0),
    }
}
