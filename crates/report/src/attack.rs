//! What an attacker made of a leak, for people and programs.

use attack::telemetry::Telemetry;
use attack::{Interval, Outcome};

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::page::Page;
use crate::svg::Svg;

/// Features that are named as what carries it.
pub(crate) const CARRIERS_SHOWN: usize = 5;

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
        /// SHA-256 of the library whose recordings were played; `None` where generated sounds were.
        library: Option<String>,
    },
}

/// What came of letting an attacker look at a session in which named activities were played.
#[derive(Debug, Clone, PartialEq)]
pub enum Tried {
    /// It named them, rightly or wrongly.
    Named(Box<Attacked>),
    /// Nothing that left varied, so that there was nothing to learn from.
    NothingVaried,
    /// It could not learn.
    Refused(String),
}

/// A page of text.
pub fn attacked(attacked: &Attacked, lang: Lang) -> Result<Vec<u8>, RenderError> {
    let words = Words::new(lang)?;
    let text = page(&words, attacked);
    words.done(text.into_bytes())
}

fn page(words: &Words, attacked: &Attacked) -> String {
    let mut page = Page::default();
    let [sent, said @ ..] = &*sentences(words, attacked) else {
        return page.out;
    };
    page.wrapped("", sent);
    page.gap();
    said.iter().for_each(|said| page.wrapped("", said));
    if let Some(caveat) = caveat(words, attacked) {
        page.gap();
        page.wrapped("", &caveat);
    }
    page.list(&words.t("attack-carriers"), &carriers(words, attacked));
    page.title(&words.t("attack-confusion"));
    confusion(&mut page, &attacked.outcome);
    if let Some(claimed) = attacked.claimed {
        page.gap();
        let claimed = [("percent", words.number(claimed * 100.0, 1))];
        page.wrapped("", &words.say("attack-window-split", &claimed));
    }
    page.out
}

/// The section of a page of text, below everything that belongs to the verdict.
pub(crate) fn section(words: &Words, tried: &Tried, page: &mut Page) {
    page.title(&words.t("section-attack"));
    page.wrapped("", &words.t("attack-judges-nothing"));
    page.gap();
    match tried {
        Tried::Named(attacked) => page.out.push_str(&self::page(words, attacked)),
        other => page.wrapped("", &unnamed(words, other)),
    }
}

/// Why nothing was named; nothing where something was.
pub(crate) fn unnamed(words: &Words, tried: &Tried) -> String {
    match tried {
        Tried::Named(_) => String::new(),
        Tried::NothingVaried => words.t("attack-nothing-varied"),
        Tried::Refused(why) => words.say("attack-refused", &[("why", clean::line(why))]),
    }
}

/// What was looked at, first; then what came of it, sentence by sentence.
pub(crate) fn sentences(words: &Words, attacked: &Attacked) -> Vec<String> {
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
    let counts = [
        ("windows", words.count(outcome.windows() as u64)),
        ("classes", words.count(outcome.classes.len() as u64)),
        ("recordings", words.count(outcome.clusters() as u64)),
    ];
    let mut args = figures(accuracy).to_vec();
    args.push(("chance", percent(chance)));
    args.push(("window", words.time(attacked.window_s)));
    let (sent, named, counted, study) = match &attacked.sent {
        Sent::Simulated(sent) => (
            words.say("attack-telemetry", &[("telemetry", telemetry(words, sent))]),
            words.say("attack-named", &args),
            words.say("attack-counts", &counts),
            "attack-study-kind",
        ),
        Sent::Recorded { series, library } => {
            let sent = words.say("attack-recorded", &[("n", words.count(*series as u64))]);
            let (named, counted) = match library {
                Some(_) => (
                    words.say("attack-named", &args),
                    words.say("attack-counts", &counts),
                ),
                None => (
                    words.say("attack-named-stretch", &args),
                    words.say("attack-counts-stretches", &counts[..2]),
                ),
            };
            (sent, named, counted, "attack-study-kind-stretch")
        }
    };
    let verdict = match accuracy {
        a if a.low > chance => "attack-above-chance",
        a if a.contains(chance) => "attack-chance",
        _ => "attack-below-chance",
    };
    let mut said = vec![sent, named, counted, words.t(verdict)];
    said.extend(attacked.study_kind.map(|(window_s, accuracy)| {
        let mut args = figures(accuracy).to_vec();
        args.push(("window", words.time(window_s)));
        words.say(study, &args)
    }));
    said
}

/// What has to stand beside the figures.
pub(crate) fn caveat(words: &Words, attacked: &Attacked) -> Option<String> {
    match &attacked.sent {
        Sent::Recorded { library: None, .. } => Some(words.t("attack-generated")),
        Sent::Recorded {
            library: Some(library),
            ..
        } => {
            let said = words.say("attack-library", &[("library", clean::line(library))]);
            Some(match attacked.synthetic {
                true => format!("{said} {}", words.t("attack-synthetic")),
                false => said,
            })
        }
        Sent::Simulated(_) => attacked.synthetic.then(|| words.t("attack-synthetic")),
    }
}

/// Where no more than guessing was shown, nothing carries it.
pub(crate) fn carriers(words: &Words, attacked: &Attacked) -> Vec<String> {
    if attacked.outcome.accuracy().low <= attacked.outcome.chance() {
        return Vec::new();
    }
    let carrier = |(name, share): &(String, f64)| {
        let share = ("share", words.number(share * 100.0, 1));
        words.say("attack-carrier", &[("feature", clean::line(name)), share])
    };
    let carriers = attacked.carriers.iter().take(CARRIERS_SHOWN);
    carriers.map(carrier).collect()
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
    let words = Words::new(lang)?;
    let rules = "text{font:13px sans-serif}.cell{fill:#1d4e89}.light{fill:#fff}";
    let picture = picture(&words, outcome, Some(rules));
    words.done(picture)
}

/// The same inside of a page, whose rules it follows; or with rules of its own.
pub(crate) fn picture(words: &Words, outcome: &Outcome, rules: Option<&str>) -> String {
    const CELL: f64 = 64.0;
    const LEFT: f64 = 130.0;
    const TOP: f64 = 60.0;
    let names: Vec<String> = outcome.classes.iter().map(|c| clean::line(c)).collect();
    let n = names.len() as f64;
    let alt = words.t("attack-confusion");
    let mut svg = Svg::new(LEFT + n * CELL + 8.0, TOP + n * CELL + 8.0, &alt);
    if let Some(rules) = rules {
        svg.style(rules);
        svg.text("label", 4.0, 18.0, "start", &alt);
    }
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
    svg.finish()
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
