//! What an attacker made of a leak, for people and programs.

use attack::telemetry::Telemetry;
use attack::{Interval, Outcome};
use serde_json::{Value, json};

use crate::i18n::{Lang, Words};
use crate::svg::Svg;
use crate::text::Page;
use crate::{RenderError, clean};

/// Features that are named as what carries it.
const CARRIERS_SHOWN: usize = 5;

/// What an attacker made of telemetry.
#[derive(Debug, Clone, PartialEq)]
pub struct Attacked {
    /// What was sent.
    pub sent: Sent,
    /// What an attacker looks at at a time, seconds.
    pub window_s: f64,
    /// What it said.
    pub outcome: Outcome,
    /// What a split by window would have claimed, where there was another one.
    pub claimed: Option<f64>,
    /// Features and their share in it, most first.
    pub carriers: Vec<(String, f64)>,
    /// What telemetry of the study's kind gives away of the same sounds, and in which window.
    pub study_kind: Option<(f64, Interval)>,
    /// Whether the sounds come from a generator.
    pub synthetic: bool,
}

/// What an attacker looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Sent {
    /// Telemetry that was simulated.
    Simulated(Telemetry),
    /// What left in a session while its activities played.
    Recorded {
        /// Series of numbers.
        series: usize,
    },
}

/// A page of text.
pub fn attacked(attacked: &Attacked, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let text = page(&words, attacked);
    words.done(text.into_bytes())
}

/// JSON in one line.
pub fn attacked_json(attacked: &Attacked) -> Result<Vec<u8>, RenderError> {
    let outcome = &attacked.outcome;
    let telemetry = match &attacked.sent {
        Sent::Recorded { series } => json!({ "is": "recorded", "series": series }),
        Sent::Simulated(Telemetry::Opus { dtx }) => json!({ "is": "opus-sizes", "dtx": dtx }),
        Sent::Simulated(Telemetry::Levels {
            every_s,
            statistics,
            resolution_db,
        }) => json!({
            "is": "levels",
            "every_s": every_s,
            "statistics": statistics.iter().map(|s| s.name()).collect::<Vec<_>>(),
            "resolution_db": resolution_db,
        }),
    };
    let carriers = attacked.carriers.iter().take(CARRIERS_SHOWN);
    let document = json!({
        "schema": crate::SCHEMA,
        "telemetry": telemetry,
        "window_s": attacked.window_s,
        "accuracy": interval(outcome.accuracy()),
        "chance": outcome.chance(),
        "windows": outcome.windows(),
        "recordings": outcome.clusters(),
        "classes": outcome.classes,
        "confusion": outcome.confusion(),
        "miscalibration": outcome.miscalibration(),
        "carried_by": carriers.map(|(name, share)| json!({ "feature": name, "share": share })).collect::<Vec<_>>(),
        "study_kind": attacked.study_kind.map(|(window_s, accuracy)| json!({
            "window_s": window_s, "accuracy": interval(accuracy),
        })),
        "split_by_window_claims": attacked.claimed,
        "synthetic": attacked.synthetic,
    });
    let mut out = serde_json::to_vec(&document)?;
    out.push(b'\n');
    Ok(out)
}

fn interval(i: Interval) -> Value {
    json!({ "value": i.value, "low": i.low, "high": i.high })
}

fn page(words: &Words, attacked: &Attacked) -> String {
    let outcome = &attacked.outcome;
    let (accuracy, chance) = (outcome.accuracy(), outcome.chance());
    let percent = |share: f64| words.number(share * 100.0, 1);
    let figures = |i: Interval| {
        [
            ("percent", percent(i.value)),
            ("low", percent(i.low)),
            ("high", percent(i.high)),
        ]
    };
    let mut page = Page::default();
    let recorded = matches!(attacked.sent, Sent::Recorded { .. });
    let sent = match &attacked.sent {
        Sent::Simulated(sent) => {
            words.say("attack-telemetry", &[("telemetry", telemetry(words, sent))])
        }
        Sent::Recorded { series } => {
            words.say("attack-recorded", &[("n", words.count(*series as u64))])
        }
    };
    page.wrapped("", &sent);
    page.gap();
    let mut args = figures(accuracy).to_vec();
    args.push(("chance", percent(chance)));
    args.push(("window", words.time(attacked.window_s)));
    let named = match recorded {
        true => "attack-named-stretch",
        false => "attack-named",
    };
    page.wrapped("", &words.say(named, &args));
    let counts = [
        ("windows", words.count(outcome.windows() as u64)),
        ("recordings", words.count(outcome.clusters() as u64)),
        ("classes", words.count(outcome.classes.len() as u64)),
    ];
    let counted = match recorded {
        true => words.say(
            "attack-counts-stretches",
            &[counts[0].clone(), counts[2].clone()],
        ),
        false => words.say("attack-counts", &counts),
    };
    page.wrapped("", &counted);
    let verdict = match accuracy {
        a if a.low > chance => "attack-above-chance",
        a if a.contains(chance) => "attack-chance",
        _ => "attack-below-chance",
    };
    page.wrapped("", &words.t(verdict));
    if let Some((window_s, accuracy)) = attacked.study_kind {
        let mut args = figures(accuracy).to_vec();
        args.push(("window", words.time(window_s)));
        page.wrapped("", &words.say("attack-study-kind", &args));
    }
    if attacked.synthetic {
        page.gap();
        let id = match recorded {
            true => "attack-generated",
            false => "attack-synthetic",
        };
        page.wrapped("", &words.t(id));
    }
    let carriers = attacked.carriers.iter().take(CARRIERS_SHOWN);
    let carriers: Vec<String> = carriers
        .map(|(name, share)| {
            let args = [("feature", clean::line(name)), ("share", percent(*share))];
            words.say("attack-carrier", &args)
        })
        .collect();
    // Where no more than guessing was shown, nothing carries it.
    if accuracy.low > chance {
        page.list(&words.t("attack-carriers"), &carriers);
    }
    page.title(&words.t("attack-confusion"));
    confusion(&mut page, outcome);
    if let Some(claimed) = attacked.claimed {
        page.gap();
        let claimed = [("percent", percent(claimed))];
        page.wrapped("", &words.say("attack-window-split", &claimed));
    }
    page.out
}

/// Rows by what went on, columns by what was named, percent.
fn confusion(page: &mut Page, outcome: &Outcome) {
    let names: Vec<String> = outcome.classes.iter().map(|c| clean::line(c)).collect();
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let columns: Vec<String> = names.iter().map(|n| format!("{n:>8}")).collect();
    page.line(&format!("  {:width$}  {}", "", columns.join(" ")));
    for (name, row) in names.iter().zip(outcome.confusion()) {
        let cells = row.iter().zip(&columns);
        let cells: Vec<String> = cells
            .map(|(share, column)| {
                let width = column.chars().count();
                format!("{:>width$.0}", share * 100.0)
            })
            .collect();
        page.line(&format!("  {name:width$}  {}", cells.join(" ")));
    }
}

/// Who was taken for whom, as an SVG file: a row by what went on, a column by what was named, the darker
/// the more often.
pub fn confusion_picture(outcome: &Outcome, lang: Lang) -> Result<String, RenderError> {
    const CELL: f64 = 64.0;
    const LEFT: f64 = 130.0;
    const TOP: f64 = 60.0;
    let words = Words::new(lang)?;
    let names: Vec<String> = outcome.classes.iter().map(|c| clean::line(c)).collect();
    let n = names.len() as f64;
    let alt = words.t("attack-confusion");
    let mut svg = Svg::new(LEFT + n * CELL + 8.0, TOP + n * CELL + 8.0, &alt);
    svg.style("text{font:13px sans-serif}.cell{fill:#1d4e89}.light{fill:#fff}");
    svg.text("label", 4.0, 18.0, "start", &alt);
    for (row, shares) in outcome.confusion().into_iter().enumerate() {
        let y = TOP + row as f64 * CELL;
        let middle = y + CELL / 2.0 + 5.0;
        svg.text("label", LEFT - 8.0, middle, "end", &names[row]);
        let x = LEFT + (row as f64 + 0.5) * CELL;
        svg.text("label", x, TOP - 8.0, "middle", &names[row]);
        for (column, share) in shares.into_iter().enumerate() {
            let x = LEFT + column as f64 * CELL;
            svg.shade("cell", x, y, CELL - 1.0, CELL - 1.0, share);
            let class = if share > 0.5 { "light" } else { "label" };
            let percent = words.number(share * 100.0, 0);
            svg.text(class, x + CELL / 2.0, middle, "middle", &percent);
        }
    }
    words.done(svg.finish())
}

fn telemetry(words: &Words, telemetry: &Telemetry) -> String {
    match telemetry {
        Telemetry::Opus { dtx: false } => words.t("attack-opus"),
        Telemetry::Opus { dtx: true } => words.t("attack-opus-dtx"),
        Telemetry::Levels {
            every_s,
            statistics,
            resolution_db,
        } => {
            let names: Vec<&str> = statistics.iter().map(|s| s.name()).collect();
            let args = [
                ("statistics", names.join(", ")),
                ("every", words.short(*every_s)),
                ("resolution", words.short(*resolution_db)),
            ];
            match *resolution_db > 0.0 {
                true => words.say("attack-levels", &args),
                false => words.say("attack-levels-exact", &args[..2]),
            }
        }
    }
}

/// What a library of sounds holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Label, files, recordings.
    pub labels: Vec<(String, usize, usize)>,
    /// Licences, each once.
    pub licences: Vec<String>,
    /// Whether the sounds come from a generator.
    pub synthetic: bool,
    /// Sounds that were read, where they were.
    pub read: Option<usize>,
}

/// A page of text.
pub fn listed(listed: &Listed, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let mut page = Page::default();
    let mut rows = Vec::new();
    for (label, files, recordings) in &listed.labels {
        let args = [
            ("files", words.count(*files as u64)),
            ("recordings", words.count(*recordings as u64)),
        ];
        rows.push((clean::line(label), words.say("sounds-label", &args)));
    }
    page.pairs(&rows);
    let licences: Vec<String> = listed.licences.iter().map(|l| clean::line(l)).collect();
    let licences = [("licences", licences.join("; "))];
    page.wrapped("", &words.say("sounds-licences", &licences));
    if let Some(read) = listed.read {
        let read = [("n", words.count(read as u64))];
        page.wrapped("", &words.say("sounds-read", &read));
    }
    if listed.synthetic {
        page.wrapped("", &words.t("attack-synthetic"));
    }
    words.done(page.out.into_bytes())
}
