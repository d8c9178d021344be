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
    let figures = run(Size::Short, 1, data.as_deref(), None, &mut |line| {
        println!("{line}")
    });
    assert_eq!(figures.misses(), []);
    let mutants = figures.null.iter().filter(|row| row.mutant).count();
    assert_eq!((mutants, figures.null.len()), (4, 29));
    assert_eq!(figures.gates.len(), 3);
    assert!(figures.gates.iter().all(|row| row.sessions > 0));
    let attention = figures.attention.as_ref().unwrap();
    assert!(
        attention.holds() && attention.found.sessions > 0,
        "{attention:?}"
    );
    assert!(figures.length.len() > 3);
    assert_eq!(figures.parts.len(), calibrate::parts::LAWS.len());
    let page = figures.markdown();
    println!("{page}");
    assert!(page.contains("random walk") && page.ends_with("None.\n"));
}

/// Without the recordings the page says so instead of leaving a gap.
#[test]
fn what_was_not_computed_is_said() {
    let none = calibrate::Figures {
        real: Err("the folder is not there".to_owned()),
        power: Err("the folder is not there".to_owned()),
        telemetry: Err("the folder is not there".to_owned()),
        ..calibrate::Figures::nothing(Size::Short, 1)
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
        span: 1.0,
        levels: 2,
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
        power: Ok(rows),
        ..calibrate::Figures::nothing(Size::Full, 1)
    };
    let good = figures(vec![
        row(Alignment::Aligned, 14, Some(18)),
        row(Alignment::HalfOff, 20, Some(28)),
        row(Alignment::TwoMinutes, 28, Some(34)),
    ]);
    assert_eq!((good.misses(), good.short_of()), (vec![], vec![]));
    let bad = figures(vec![
        row(Alignment::Aligned, 14, Some(19)),
        row(Alignment::HalfOff, 20, None),
        row(Alignment::TwoMinutes, 29, Some(34)),
    ]);
    // Only the aligned ones are promised; the others are wished for.
    let (misses, short) = (bad.misses(), bad.short_of());
    assert_eq!((misses.len(), short.len()), (1, 2), "{misses:?} {short:?}");
    assert!(
        misses[0].1.contains("aligned, 1 min: median 14, 95 % 19"),
        "{misses:?}"
    );
    assert!(
        short[1].1.contains("half a minute off, 2 min: median 29"),
        "{short:?}"
    );
}
