//! Tables of comma-separated values with a head (RFC 4180).

use super::format::LogError;

/// One row, by the names of its columns.
pub(super) struct Row<'t> {
    names: &'t [String],
    values: &'t csv::StringRecord,
}

impl Row<'_> {
    /// The value in a column, not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let index = self.names.iter().position(|one| one == name)?;
        Some(self.values.get(index)?.trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name)?.parse().ok()
    }
}

/// Lines end with either of these, or both.
fn first_line(bytes: &[u8]) -> &[u8] {
    let mut lines = bytes.split(|b| [b'\n', b'\r'].contains(b));
    lines.next().unwrap_or_default()
}

/// The names of the columns, in lower case.
pub(super) fn head(bytes: &[u8]) -> Vec<String> {
    let line = first_line(bytes);
    let text = String::from_utf8_lossy(line);
    let names = text.split([',', ';', '\t']);
    let clean = |name: &str| name.trim().trim_matches('"').to_ascii_lowercase();
    names.map(clean).collect()
}

/// Reads all rows; `on` is called with each, and is told of one that is damaged by `None`.
pub(super) fn rows(
    what: &'static str,
    bytes: &[u8],
    mut on: impl FnMut(Option<Row>),
) -> Result<(), LogError> {
    let line = first_line(bytes);
    let count = |delimiter| line.iter().filter(|b| **b == delimiter).count();
    let delimiter = [b',', b';', b'\t'].into_iter().max_by_key(|d| count(*d));
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter.unwrap_or(b','))
        .flexible(true)
        .from_reader(bytes);
    let names = head(bytes);
    let is_cut = !bytes.ends_with(b"\n") && !bytes.ends_with(b"\r");
    let mut values = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut values) {
            // The last one of a file that was cut: what of a name is there is another name.
            Ok(true)
                if is_cut
                    && values.len() < names.len()
                    && reader.position().byte() >= bytes.len() as u64 =>
            {
                on(None);
            }
            Ok(true) => on(Some(Row {
                names: &names,
                values: &values,
            })),
            Ok(false) => return Ok(()),
            // A row that is no text: the next one may be.
            Err(e) if matches!(e.kind(), csv::ErrorKind::Utf8 { .. }) => on(None),
            Err(e) => {
                let place = e.position().map_or(0, csv::Position::line);
                return Err(LogError::Damaged {
                    what,
                    place: format!("line {place}"),
                    why: e.to_string(),
                });
            }
        }
    }
}
