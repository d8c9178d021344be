use std::sync::Mutex;
use std::thread;

use attack::classify::{Learner, Settings};
use attack::evaluate::{OpenSet, evaluate, open_set, window_split};
use attack::telemetry::Telemetry;
use attack::{Folds, Interval, Loudness, Outcome, Plan, Series, Set, features};

use crate::data::Heard;

/// What everything is drawn from, declared once and never tried out.
pub const SEED: u64 = 1;

/// Folds: as many as there are keyboards, which are fewest.
const FOLDS: usize = 4;

/// Windows of one sitting at most.
const MOST: usize = 10;

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// The page.
    Full,
    /// For a test: everything that is done, on little.
    Short,
}

impl Size {
    /// How long is listened to what.
    pub fn plan(self) -> Plan {
        let (sittings, rooms, seconds, opus_s) = match self {
            Size::Full => (16, 2, 600.0, 180.0),
            Size::Short => (4, 1, 120.0, 20.0),
        };
        Plan {
            sittings,
            rooms,
            seconds,
            opus_s,
            loudness: Loudness::Equal,
            seed: SEED,
        }
    }

    fn trees(self) -> usize {
        match self {
            Size::Full => 80,
            Size::Short => 15,
        }
    }
}

/// One telemetry and window.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Name of the telemetry.
    pub telemetry: &'static str,
    /// Length of a window, seconds.
    pub window_s: f64,
    /// All features, extremely randomised trees.
    pub best: Outcome,
    /// How much better than plain features in a forest of best cuts, on the same folds.
    pub better: Interval,
    /// The forest of best cuts with plain features.
    pub plain: Interval,
    /// What a split by window would have claimed.
    pub claimed: f64,
    /// Of the telemetry's other sounds, where there are any.
    pub open: Option<OpenSet>,
}

/// All cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// In the order of the page.
    pub cells: Vec<Cell>,
}

/// The kinds of telemetry, each with its windows.
fn kinds() -> [(&'static str, Telemetry, &'static [f64]); 5] {
    [
        (
            "min, mean, max a minute",
            Telemetry::minute(),
            &[60.0, 180.0, 600.0],
        ),
        (
            "a level a second",
            Telemetry::second(),
            &[10.0, 60.0, 180.0, 600.0],
        ),
        (
            "RFC 6464 level a packet",
            Telemetry::packet_level(),
            &[10.0, 60.0, 180.0, 600.0],
        ),
        (
            "Opus VBR sizes",
            Telemetry::Opus { dtx: false },
            &[10.0, 60.0],
        ),
        (
            "Opus VBR sizes with DTX",
            Telemetry::Opus { dtx: true },
            &[10.0, 60.0],
        ),
    ]
}

/// Series of one kind of everything that was heard.
fn series(heard: &Heard, telemetry: &Telemetry) -> Result<Vec<Series>, String> {
    let each = heard.sittings.iter().zip(&heard.heard);
    let all = each.map(|((label, sources), heard)| {
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        telemetry.series(label, &sources, heard)
    });
    all.collect::<Result<_, _>>().map_err(|e| e.to_string())
}

/// Levels alone, as [`table`] but for what it takes to compare: telemetry, window, accuracy.
pub fn levels(heard: &Heard, size: Size) -> Result<Vec<(&'static str, f64, Interval)>, String> {
    let text = |e: attack::Error| e.to_string();
    let mut rows = Vec::new();
    for (name, telemetry, windows) in kinds() {
        let levels = matches!(telemetry, Telemetry::Levels { .. });
        for &window_s in windows
            .iter()
            .filter(|w| levels && [60.0, 600.0].contains(w))
        {
            let all = series(heard, &telemetry)?;
            let folds = Folds::by_source(&all, FOLDS, SEED).map_err(text)?;
            let full = features::of(&all, window_s, MOST, Set::Full).map_err(text)?;
            let settings = Settings {
                trees: size.trees(),
                seed: SEED,
                ..Settings::default()
            };
            let said = evaluate(&full, &folds, settings, false).map_err(text)?;
            rows.push((name, window_s, said.accuracy()));
        }
    }
    Ok(rows)
}

/// A learner's name, its accuracy, and by how much it is better than the first one.
pub type Learnt = (&'static str, Interval, Interval);

/// The learners on all features and the same folds: telemetry, and each learner, of one minute.
pub fn learners(heard: &Heard, size: Size) -> Result<Vec<(&'static str, Vec<Learnt>)>, String> {
    let text = |e: attack::Error| e.to_string();
    let mut rows = Vec::new();
    for (name, telemetry, _) in kinds().into_iter().take(3) {
        let all = series(heard, &telemetry)?;
        let folds = Folds::by_source(&all, FOLDS, SEED).map_err(text)?;
        let full = features::of(&all, 60.0, MOST / 2, Set::Full).map_err(text)?;
        let mut learnt: Vec<Learnt> = Vec::new();
        let mut first: Option<Outcome> = None;
        for (called, learner) in [
            ("extremely randomised trees", Learner::ExtraTrees),
            ("forest of best cuts", Learner::Forest),
            ("boosted trees", Learner::Boosted),
        ] {
            let settings = Settings {
                learner,
                trees: size.trees(),
                seed: SEED,
                ..Settings::default()
            };
            let said = evaluate(&full, &folds, settings, false).map_err(text)?;
            let first = first.get_or_insert_with(|| said.clone());
            let better = first.against(&said).map_err(text)?.better;
            learnt.push((called, said.accuracy(), better));
        }
        rows.push((name, learnt));
    }
    Ok(rows)
}

/// What came of a cell; nothing where its series are shorter than the window.
type Done = Result<Option<Cell>, String>;

/// Every cell, on so many threads; `others` are sounds that are none of the activities.
pub fn table(
    heard: &Heard,
    others: Option<&Heard>,
    size: Size,
    threads: usize,
    say: &(dyn Fn(&str) + Sync),
) -> Result<Table, String> {
    let kinds = kinds();
    let all: Vec<(usize, f64)> = kinds
        .iter()
        .enumerate()
        .flat_map(|(kind, (.., windows))| windows.iter().map(move |w| (kind, *w)))
        .filter(|(_, window_s)| size == Size::Full || *window_s <= 60.0)
        .collect();
    let next = Mutex::new(0..all.len());
    let done: Mutex<Vec<(usize, Done)>> = Mutex::default();
    let work = || {
        loop {
            let Some(i) = next.lock().ok().and_then(|mut next| next.next()) else {
                return;
            };
            let (kind, window_s) = all[i];
            let (name, telemetry, _) = &kinds[kind];
            let cell = cell(name, telemetry, window_s, heard, others, size);
            if let Ok(Some(cell)) = &cell {
                let a = cell.best.accuracy();
                say(&format!(
                    "{name}, {window_s} s: {:.1} % [{:.1} to {:.1}]; plain {:.1}; by window {:.1}",
                    a.value * 100.0,
                    a.low * 100.0,
                    a.high * 100.0,
                    cell.plain.value * 100.0,
                    cell.claimed * 100.0
                ));
            }
            if let Ok(mut done) = done.lock() {
                done.push((i, cell));
            }
        }
    };
    thread::scope(|scope| {
        (0..threads.max(1)).for_each(|_| {
            scope.spawn(work);
        });
    });
    let mut done = done.into_inner().map_err(|e| e.to_string())?;
    done.sort_by_key(|(i, _)| *i);
    let cells: Result<Vec<Option<Cell>>, String> = done.into_iter().map(|(_, c)| c).collect();
    Ok(Table {
        cells: cells?.into_iter().flatten().collect(),
    })
}

fn cell(
    name: &'static str,
    telemetry: &Telemetry,
    window_s: f64,
    heard: &Heard,
    others: Option<&Heard>,
    size: Size,
) -> Done {
    let text = |e: attack::Error| e.to_string();
    let all = series(heard, telemetry)?;
    let folds = Folds::by_source(&all, FOLDS, SEED).map_err(text)?;
    let full = match features::of(&all, window_s, MOST, Set::Full) {
        Err(attack::Error::NoWindow(_)) => return Ok(None),
        full => full.map_err(text)?,
    };
    let settings = Settings {
        trees: size.trees(),
        seed: SEED,
        ..Settings::default()
    };
    let best = evaluate(&full, &folds, settings, true).map_err(text)?;
    let plain = features::of(&all, window_s, MOST, Set::Plain).map_err(text)?;
    let forest = Settings {
        learner: Learner::Forest,
        ..settings
    };
    let plain = evaluate(&plain, &folds, forest, false).map_err(text)?;
    let claimed = window_split(&full, &folds, settings).map_err(text)?.claimed;
    let open = match others {
        Some(others) if window_s == 60.0 => {
            let others = series(others, telemetry)?;
            let others = features::of(&others, window_s, MOST, Set::Full).map_err(text)?;
            Some(open_set(&full, &folds, &others, settings).map_err(text)?)
        }
        _ => None,
    };
    Ok(Some(Cell {
        telemetry: name,
        window_s,
        better: plain.against(&best).map_err(text)?.better,
        plain: plain.accuracy(),
        best,
        claimed,
        open,
    }))
}
