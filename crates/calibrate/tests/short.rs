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
    assert_eq!((mutants, figures.null.len()), (3, 12));
    assert_eq!(figures.gates.len(), 3);
    assert!(figures.gates.iter().all(|row| row.sessions > 0));
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
        length: Vec::new(),
    };
    assert_eq!(
        none.markdown()
            .matches("Not computed: the folder is not there.")
            .count(),
        3
    );
}
