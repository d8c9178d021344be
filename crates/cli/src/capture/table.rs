//! A table of the numbers that an app sent, in the place of packets.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use bundle::Bundle;
use record::{Body, Record, Source, Span, T};

use super::Schedule;
use super::align::{Clock, began_at, begun, said_by_a_person};
use crate::args::Elsewhere;
use crate::fail::Fail;

/// Numbers from here on are taken for Unix time: fewer seconds than this ago, nothing was recorded.
const UNIX_FROM_S: f64 = 1e8;

/// Rows that are held at most.
const ROWS_MAX: usize = 1_000_000;

/// When a row was sent, as the table has it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum When {
    /// Seconds since the schedule's beginning.
    Seconds(f64),
    /// Wall time, nanoseconds.
    Wall(u64),
}

/// A row: when, and what stood in which column.
type Row = (When, BTreeMap<String, f64>);

/// `muteproof analyze --table`: the bundle, written and opened.
pub fn analyze(table: &Path, args: &Elsewhere) -> Result<Bundle, Fail> {
    let (Some(path), Some(out)) = (&args.schedule, &args.out) else {
        return Err(Fail::text("--table needs --schedule and --out"));
    };
    let (mut schedule, seed) = Schedule::open(path)?;
    let rows = read(table)?;
    if let Some(began) = args.began {
        began_at(&mut schedule, began);
    }
    if let Some(muted) = &args.muted {
        said_by_a_person(&mut schedule, muted)?;
    }
    let clock = Clock::new(&schedule.records)?;
    let begin = schedule.records.first().map_or(T(0), |record| record.t);
    let end = schedule.records.iter().map(|r| r.t).max().unwrap_or(begin);
    let t = |when: When| match when {
        When::Seconds(seconds) => begin.offset((seconds * 1e9) as i64),
        When::Wall(ns) => clock.t(ns),
    };
    let mut rows: Vec<(T, BTreeMap<String, f64>)> =
        rows.into_iter().map(|(when, v)| (t(when), v)).collect();
    rows.sort_by_key(|(t, _)| *t);
    rows.retain(|(t, _)| (begin..=end).contains(t));
    let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else {
        return Err(Fail::text(format!(
            "no row of {} lies within the schedule: its first column has to be seconds from the \
             schedule's beginning, or wall time (then --began has to say when playing began)",
            table.display()
        )));
    };
    let fact = |t: T, body: Body| Record {
        t,
        source: Source::Plaintext,
        seq: 0,
        body,
    };
    let gap = |from: T, to: T, why: &str| {
        let body = Body::Gap {
            span: Span { from, to },
            lost: None,
            why: why.to_owned(),
        };
        (from < to).then(|| fact(to, body))
    };
    let packets = Record {
        source: Source::Packets,
        ..fact(
            begin,
            Body::Unavailable {
                why: "a table stands in the place of packets".to_owned(),
            },
        )
    };
    let note = format!("a table of {} rows, made elsewhere", rows.len());
    let logs = super::miclog::facts(args, &schedule.records, &clock)?;
    let mut records = schedule.records;
    records.extend(logs);
    records.extend([packets, fact(begin, Body::Attached { note })]);
    // Up to two rows' time at an end is how far rows lie apart, and no loss.
    let apart_ns = 2 * apart_ns(&rows);
    if first.since(begin) > apart_ns {
        records.extend(gap(begin, *first, "the table begins later"));
    }
    if end.since(*last) > apart_ns {
        records.extend(gap(*last, end, "the table ends earlier"));
    }
    let rows = rows.into_iter();
    records.extend(rows.map(|(t, values)| fact(t, Body::Row { values })));
    let writer = begun(out, &schedule.manifest, &seed, records)?;
    writer.seal().map_err(Fail::text)?;
    Bundle::open(out).map_err(Fail::text)
}

/// How far rows lie apart, nanoseconds: the median.
fn apart_ns(rows: &[(T, BTreeMap<String, f64>)]) -> i64 {
    let mut apart: Vec<i64> = rows.windows(2).map(|w| w[1].0.since(w[0].0)).collect();
    apart.sort_unstable();
    apart.get(apart.len() / 2).copied().unwrap_or(0)
}

/// Reads a table: names in the first line, time in the first column, numbers in the others. A field
/// may be empty; a column in which no field is a number is passed over.
fn read(path: &Path) -> Result<Vec<Row>, Fail> {
    let file = File::open(path).map_err(|e| Fail::file("read", path, &e))?;
    let mut reader = csv::ReaderBuilder::new().from_reader(file);
    let wrong =
        |line: u64, why: &str| Fail::text(format!("{}, line {line}: {why}", path.display()));
    let names = reader
        .headers()
        .map_err(|e| wrong(1, &e.to_string()))?
        .clone();
    let mut rows = Vec::new();
    let mut texts = vec![0usize; names.len()];
    for record in reader.records() {
        let record = record.map_err(|e| {
            let line = e.position().map_or(0, csv::Position::line);
            wrong(line, &why(&e))
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let when = record.get(0).unwrap_or_default().trim();
        let when = self::when(when).ok_or_else(|| {
            wrong(
                line,
                &format!("`{when}` is no time: seconds, Unix time or 2026-01-01T12:00:00Z"),
            )
        })?;
        let mut values = BTreeMap::new();
        for (column, (name, field)) in names.iter().zip(&record).enumerate().skip(1) {
            let field = field.trim();
            match field.parse::<f64>() {
                Ok(value) if value.is_finite() => drop(values.insert(name.to_owned(), value)),
                _ if field.is_empty() => {}
                _ => texts[column] += 1,
            }
        }
        if rows.len() >= ROWS_MAX {
            return Err(wrong(line, "that is more rows than are taken"));
        }
        rows.push((when, values));
    }
    let numbers = |name: &str| {
        rows.iter()
            .any(|(_, values): &Row| values.contains_key(name))
    };
    for (column, name) in names.iter().enumerate().skip(1) {
        if texts[column] > 0 && numbers(name) {
            let why = format!("column `{name}` holds numbers and {} texts", texts[column]);
            return Err(wrong(1, &why));
        }
    }
    if rows.iter().all(|(_, values)| values.is_empty()) {
        return Err(wrong(1, "no column but the first holds numbers"));
    }
    Ok(rows)
}

fn why(e: &csv::Error) -> String {
    match e.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("it has {len} fields and not {expected_len} as the first line"),
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8".to_owned(),
        _ => e.to_string(),
    }
}

fn when(text: &str) -> Option<When> {
    if let Ok(seconds) = text.parse::<f64>() {
        return match seconds.is_finite() {
            true if seconds >= UNIX_FROM_S => Some(When::Wall((seconds * 1e9) as u64)),
            true => Some(When::Seconds(seconds)),
            false => None,
        };
    }
    let stamp: jiff::Timestamp = text.parse().ok()?;
    Some(When::Wall(u64::try_from(stamp.as_nanosecond()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds_or_stamps() {
        assert_eq!(when("59.5"), Some(When::Seconds(59.5)));
        assert_eq!(when("-3"), Some(When::Seconds(-3.0)));
        let wall = When::Wall(1_767_268_800_500_000_000);
        assert_eq!(when("2026-01-01T12:00:00.5Z"), Some(wall));
        assert_eq!(when("1767268800.5"), Some(wall));
        for not in ["", "nan", "inf", "noon", "2026-01-01"] {
            assert_eq!(when(not), None, "{not}");
        }
    }
}
