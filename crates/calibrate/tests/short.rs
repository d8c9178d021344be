//! The short calibration holds what is promised, and catches the mistakes built in on purpose.

use std::path::Path;

use calibrate::{Size, run};

#[test]
fn a_short_calibration_holds_and_repeats_to_the_digit() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = data.is_dir().then_some(data);
    if data.is_none() {
        println!("skipped the real recordings: ../shared/data is not there");
    }
    let figures = run(Size::Short, 1, data.as_deref(), &mut |line| {
        println!("{line}")
    });
    assert_eq!(figures.misses(), [] as [String; 0]);
    let mutants = figures.null.iter().filter(|row| row.mutant).count();
    assert_eq!((mutants, figures.null.len()), (4, 22));
    assert_eq!(figures.gates.len(), 3);
    assert!(figures.gates.iter().all(|row| row.sessions > 0));
    let attention = figures.attention.as_ref().unwrap();
    assert!(
        attention.holds() && attention.found.sessions > 0,
        "{attention:?}"
    );
    assert!(figures.length.len() > 3);
    let page = figures.markdown();
    println!("{page}");
    assert!(page.contains("random walk") && page.ends_with("None.\n"));
}

/// Without the recordings the page says so instead of leaving a gap.
#[test]
fn what_was_not_computed_is_said() {
    let none = calibrate::Figures {
        size: Size::Short,
        seed: 1,
        null: Vec::new(),
        real: Err("the folder is not there".into()),
        power: Err("the folder is not there".into()),
        telemetry: Err("the folder is not there".into()),
        gates: Vec::new(),
        attention: None,
        length: Vec::new(),
    };
    assert_eq!(
        none.markdown()
            .matches("Not computed: the folder is not there.")
            .count(),
        3
    );
}

/// A promise about misaligned values that does not hold is said by its name.
#[test]
fn a_slow_find_is_a_miss() {
    use calibrate::power::{Alignment, Row};
    let row = |alignment, median, p95| Row {
        alignment,
        from: 4.0,
        to: f64::INFINITY,
        pairs: 1,
        sessions: 100,
        found: 100,
        median_min: Some(median),
        p95_min: p95,
        named: 100,
        named_right: 99,
        named_wrong: 0,
    };
    let figures = |rows| calibrate::Figures {
        size: Size::Full,
        seed: 1,
        null: Vec::new(),
        real: Err(String::new()),
        power: Ok(rows),
        telemetry: Err(String::new()),
        gates: Vec::new(),
        attention: None,
        length: Vec::new(),
    };
    let good = figures(vec![
        row(Alignment::Aligned, 18, Some(22)),
        row(Alignment::HalfOff, 34, Some(48)),
        row(Alignment::TwoMinutes, 28, Some(32)),
    ]);
    assert_eq!((good.misses(), good.short_of()), (vec![], vec![]));
    let bad = figures(vec![
        row(Alignment::Aligned, 18, Some(23)),
        row(Alignment::HalfOff, 34, None),
        row(Alignment::TwoMinutes, 29, Some(32)),
    ]);
    // Only the aligned ones are promised; the others are wished for.
    let (misses, short) = (bad.misses(), bad.short_of());
    assert_eq!((misses.len(), short.len()), (1, 2), "{misses:?} {short:?}");
    assert!(
        misses[0].contains("aligned, 1 min: median 18, 95 % 23"),
        "{misses:?}"
    );
    assert!(
        short[1].contains("half a minute off, 2 min: median 29"),
        "{short:?}"
    );
}
