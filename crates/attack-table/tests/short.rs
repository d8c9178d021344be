//! The whole way, on few synthetic sounds; and the study's telemetry, where it is at hand.

use std::path::Path;

use attack_table::{Size, hear, learners, learners_page, page, study, synthetic, table};

#[test]
fn the_short_table_has_every_kind_and_says_that_it_is_synthetic() {
    let size = Size::Short;
    let heard = hear(|| synthetic(1).map(|c| (c, vec![])), &size.plan(), 2, None).unwrap();
    assert_eq!(heard.sittings.len(), 24);
    let made = table(&heard, None, size, 2, &|_| {}).unwrap();
    let kinds: Vec<(&str, f64)> = made
        .cells
        .iter()
        .map(|c| (c.telemetry, c.window_s))
        .collect();
    let expected = [
        ("min, mean, max a minute", 60.0),
        ("a level a second", 10.0),
        ("a level a second", 60.0),
        ("RFC 6464 level a packet", 10.0),
        ("RFC 6464 level a packet", 60.0),
        ("Opus VBR sizes", 10.0),
        ("Opus VBR sizes with DTX", 10.0),
    ];
    assert_eq!(kinds, expected);
    // More values of the same sounds give more away.
    let of = |kind: &str| {
        let cell = made.cells.iter().rfind(|c| c.telemetry.starts_with(kind));
        cell.unwrap().best.accuracy()
    };
    assert!(
        of("RFC").low > of("min").value,
        "{:?} {:?}",
        of("RFC"),
        of("min")
    );
    let text = page(
        &heard,
        &made,
        &[],
        Err("the recordings are not there"),
        size,
        false,
    );
    assert!(text.contains("From synthetic sounds") && text.contains("**warning, no result**"));
    assert!(text.contains("Not measured: the recordings are not there"));
    let rows = learners(&heard, size).unwrap();
    assert!(rows.iter().all(|(_, learnt)| learnt.len() == 3));
    assert!(rows.iter().all(|(_, learnt)| learnt[0].2.value == 0.0));
    assert!(learners_page(&rows).contains("boosted trees"));
}

#[test]
fn the_studys_telemetry_gives_activities_away_but_not_as_often_as_was_said() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let data = root.join("../shared/data");
    if !data.is_dir() {
        eprintln!("skipped: {} is not there", data.display());
        return;
    }
    let study = study(&data, &[3.0], 20).unwrap();
    let three = study.accuracy(3.0).unwrap();
    assert!(three.low > 1.0 / 6.0, "{three:?}");
    assert!(three.high < 0.819, "{three:?}");
    // The split that such figures come from.
    let (_, outcome, claimed) = &study.rows[0];
    assert!(*claimed > outcome.accuracy().high, "{claimed}");
}
