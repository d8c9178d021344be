//! Tables with a line of headings: which column says what is told by its heading.

use super::{Field, Saying};

/// Words in headings, in the order in which they are looked for.
const HEADINGS: &[(Column, &[&str])] = &[
    (
        Column::File,
        &["audio", "recording", "file", "aufnahme", "datei", "wav"],
    ),
    (
        Column::Of(Field::Transcript),
        &[
            "transcript",
            "utterance",
            "text",
            "transkript",
            "abschrift",
            "request",
        ],
    ),
    (
        Column::Of(Field::Zone),
        &["time zone", "timezone", "zeitzone"],
    ),
    (
        Column::Of(Field::Time),
        &["timestamp", "time", "date", "zeit", "datum"],
    ),
    (
        Column::Of(Field::Language),
        &["locale", "language", "sprache"],
    ),
    (Column::Of(Field::Device), &["device", "serial", "gerät"]),
    (
        Column::Of(Field::Account),
        &["customer", "account", "profile", "kunde", "konto"],
    ),
    (
        Column::Of(Field::Speaker),
        &["speaker", "sender", "sprecher"],
    ),
];

#[derive(Clone, Copy, PartialEq)]
enum Column {
    File,
    Of(Field),
    None,
}

/// The column that a heading names.
fn column(heading: &str) -> Column {
    let heading = heading.to_lowercase();
    // A zone is a time as well: what is longer is looked for before.
    let zone = ["time zone", "timezone", "zeitzone"];
    if zone.iter().any(|word| heading.contains(word)) {
        return Column::Of(Field::Zone);
    }
    let found = HEADINGS
        .iter()
        .find(|(_, words)| words.iter().any(|w| heading.contains(w)));
    found.map_or(Column::None, |(column, _)| *column)
}

/// Reads a table; nothing where its headings name neither recordings nor transcripts.
pub(super) fn read(text: &str, saying: &mut Saying) -> Option<Result<(), String>> {
    let first = text.lines().next()?;
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|of| first.bytes().filter(|b| b == of).count())?;
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(text.as_bytes());
    let columns: Vec<Column> = reader.headers().ok()?.iter().map(column).collect();
    let known = [Column::File, Column::Of(Field::Transcript)];
    if !known.iter().any(|of| columns.contains(of)) {
        return None;
    }
    for (row, record) in reader.records().enumerate() {
        let record = match record {
            Ok(record) => record,
            Err(e) => return Some(Err(e.to_string())),
        };
        let file = columns
            .iter()
            .zip(&record)
            .find(|(column, _)| **column == Column::File);
        let of = file
            .map(|(_, name)| name)
            .filter(|name| !name.trim().is_empty());
        for (column, value) in columns.iter().zip(&record) {
            if let Column::Of(field) = column {
                // Line 1 has the headings.
                saying.say(of, *field, value, row + 2);
            }
        }
    }
    Some(Ok(()))
}
