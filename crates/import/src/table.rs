use std::collections::BTreeMap;
use std::path::Path;

use bundle::Bundle;
use record::{Body, MonotonicNs, Record, Source, Span};

use crate::clock::{Clock, override_mute, set_wall_time, whole};
use crate::error::{ImportError, TableFault};
use crate::mic_log;
use crate::options::Options;
use crate::page::PageLog;
use crate::schedule::Schedule;
use crate::write::begin_bundle;

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

/// Makes a bundle of a table of the numbers that an app sent, and opens it.
pub fn table(path: &Path, options: &Options) -> Result<Bundle, ImportError> {
    let (mut schedule, seed) = Schedule::open(&options.schedule)?;
    let rows = read(path)?;
    if let Some(log) = &options.page_log {
        PageLog::open(log, &schedule)?.lay_on(&mut schedule.records);
    }
    if let Some(began) = options.began {
        set_wall_time(&mut schedule.records, began);
    }
    if let Some(muted) = options.muted {
        override_mute(&mut schedule.records, muted);
    }
    let clock = Clock::new(&schedule.records)?;
    let Span {
        from: begin,
        to: end,
    } = whole(&schedule.records);
    let t = |when: When| match when {
        When::Seconds(seconds) => begin.offset((seconds * 1e9) as i64),
        When::Wall(ns) => clock.t(ns),
    };
    let mut rows: Vec<(MonotonicNs, BTreeMap<String, f64>)> =
        rows.into_iter().map(|(when, v)| (t(when), v)).collect();
    rows.sort_by_key(|(t, _)| *t);
    rows.retain(|(t, _)| (begin..=end).contains(t));
    let (Some((first, _)), Some((last, _))) = (rows.first(), rows.last()) else {
        return Err(ImportError::NoRow(path.to_owned()));
    };
    let fact = |t: MonotonicNs, body: Body| Record {
        t,
        source: Source::Plaintext,
        seq: 0,
        body,
    };
    let gap = |from: MonotonicNs, to: MonotonicNs, why: &str| {
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
    let logs = mic_log::facts(options, &schedule.records, &clock)?;
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
    let writer = begin_bundle(&options.out, &schedule.manifest, &seed, records)?;
    writer.seal()?;
    Ok(Bundle::open(&options.out)?)
}

/// How far rows lie apart, nanoseconds: the median.
fn apart_ns(rows: &[(MonotonicNs, BTreeMap<String, f64>)]) -> i64 {
    let mut apart: Vec<i64> = rows.windows(2).map(|w| w[1].0.since(w[0].0)).collect();
    apart.sort_unstable();
    apart.get(apart.len() / 2).copied().unwrap_or(0)
}

/// Reads a table: names in the first line, time in the first column, numbers in the others. A field
/// may be empty; a column in which no field is a number is passed over.
fn read(path: &Path) -> Result<Vec<Row>, ImportError> {
    let file = files::open(path).map_err(|source| ImportError::Read {
        path: path.to_owned(),
        source,
    })?;
    let mut reader = csv::ReaderBuilder::new().from_reader(file);
    let wrong = |line: u64, why: TableFault| ImportError::Table {
        path: path.to_owned(),
        line,
        why,
    };
    let names = reader
        .headers()
        .map_err(|e| wrong(1, TableFault::Csv(e)))?
        .clone();
    let mut rows = Vec::new();
    let mut texts = vec![0usize; names.len()];
    for record in reader.records() {
        let record = record.map_err(|e| {
            let line = e.position().map_or(0, csv::Position::line);
            wrong(line, fault(e))
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let when = record.get(0).unwrap_or_default().trim();
        let when =
            self::when(when).ok_or_else(|| wrong(line, TableFault::Time(when.to_owned())))?;
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
            return Err(wrong(line, TableFault::TooLong));
        }
        rows.push((when, values));
    }
    let numbers = |name: &str| {
        rows.iter()
            .any(|(_, values): &Row| values.contains_key(name))
    };
    for (column, name) in names.iter().enumerate().skip(1) {
        if texts[column] > 0 && numbers(name) {
            let (name, texts) = (name.to_owned(), texts[column]);
            return Err(wrong(1, TableFault::Mixed { name, texts }));
        }
    }
    if rows.iter().all(|(_, values)| values.is_empty()) {
        return Err(wrong(1, TableFault::NoNumbers));
    }
    Ok(rows)
}

fn fault(e: csv::Error) -> TableFault {
    match *e.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => TableFault::Fields {
            found: len,
            expected: expected_len,
        },
        csv::ErrorKind::Utf8 { .. } => TableFault::NotUtf8,
        _ => TableFault::Csv(e),
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
