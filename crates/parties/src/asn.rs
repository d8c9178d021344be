//! The autonomous system that announces an address, from a table that a person has fetched: it is under a
//! licence that asks to name its makers, and large, so it is not built in.
//!
//! The format is that of the npm package `@ip-location-db/asn` (`asn-ipv4.csv`, `asn-ipv6.csv`): first
//! address, last address, number, name; without a head, names in quotation marks where they hold a comma.

use std::collections::BTreeMap;
use std::io::Read;
use std::net::IpAddr;

use csv::ReaderBuilder;
use schemars::JsonSchema;
use serde::Serialize;
use thiserror::Error;

use crate::address::last_not_above;

/// Rows of all files together; the source has about 600,000.
const ROWS_MAX: usize = 4_000_000;

/// An autonomous system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Asn<'a> {
    /// Its number.
    pub number: u32,
    /// Who it belongs to, as the registry has it.
    pub name: &'a str,
}

/// Ranges of addresses and the systems that announce them.
#[derive(Debug, Default)]
pub struct AsnTable {
    v4: Ranges,
    v6: Ranges,
    names: Vec<String>,
    places: BTreeMap<String, u32>,
}

#[derive(Debug, Default)]
struct Ranges {
    starts: Vec<u128>,
    /// Last address, number, place of the name.
    rest: Vec<(u128, u32, u32)>,
}

/// A table that cannot be read.
#[derive(Debug, Error)]
pub enum AsnError {
    /// The file cannot be read, or is no CSV.
    #[error("table of autonomous systems: {0}")]
    Csv(#[from] csv::Error),
    /// A row that does not say what it has to.
    #[error("table of autonomous systems, line {line}: {what}")]
    Row {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        what: &'static str,
    },
}

impl AsnTable {
    /// Reads a file of either family, behind what was read before. Within each family, rows have to
    /// ascend by their first address; where one begins before the last one ends (the source has such a row), it
    /// counts from there on.
    ///
    /// # Errors
    /// Where the file cannot be read, or a row is none; the rows before it are kept.
    pub fn read(&mut self, file: impl Read) -> Result<(), AsnError> {
        let mut reader = ReaderBuilder::new().has_headers(false).from_reader(file);
        let mut row = csv::StringRecord::new();
        while reader.read_record(&mut row)? {
            let line = row.position().map_or(0, csv::Position::line);
            self.row(&row)
                .map_err(|what| AsnError::Row { line, what })?;
        }
        Ok(())
    }

    fn row(&mut self, row: &csv::StringRecord) -> Result<(), &'static str> {
        let address = |place| {
            let text: Option<&str> = row.get(place);
            text.and_then(|text| text.parse::<IpAddr>().ok())
        };
        let start = address(0).ok_or("no first address")?;
        let end = address(1).ok_or("no last address")?;
        if start.is_ipv4() != end.is_ipv4() {
            return Err("addresses of two families");
        }
        let number = row.get(2).and_then(|text| text.parse().ok());
        let number = number.ok_or("no number of an autonomous system")?;
        let name = row.get(3).ok_or("no name of an autonomous system")?;
        let ranges = if start.is_ipv4() {
            &mut self.v4
        } else {
            &mut self.v6
        };
        let (start, end) = (bits(start), bits(end));
        if end < start || ranges.starts.last().is_some_and(|last| *last >= start) {
            return Err("ranges that do not ascend");
        }
        if ranges.starts.len() >= ROWS_MAX {
            return Err("more rows than there are ranges");
        }
        let next = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        let place = *self.places.entry(name.to_owned()).or_insert(next);
        if place == next {
            self.names.push(name.to_owned());
        }
        ranges.starts.push(start);
        ranges.rest.push((end, number, place));
        Ok(())
    }

    /// The system that announces the address.
    #[must_use]
    pub fn asn(&self, address: IpAddr) -> Option<Asn<'_>> {
        let address = address.to_canonical();
        let ranges = if address.is_ipv4() {
            &self.v4
        } else {
            &self.v6
        };
        let key = bits(address);
        let range = last_not_above(&ranges.starts, &key)?;
        let (end, number, place) = *ranges.rest.get(range)?;
        let name = self.names.get(usize::try_from(place).ok()?)?;
        (key <= end).then_some(Asn { number, name })
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Addresses for documentation (RFC 5737, RFC 3849), numbers for documentation (RFC 5398).
    const SAMPLE: &str = "192.0.2.0,192.0.2.127,64496,\"Example, one\"\n\
        198.51.100.0,198.51.100.255,64497,Example two\n\
        2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,64496,\"Example, one\"\n";

    fn read(text: &str) -> Result<AsnTable, AsnError> {
        let mut table = AsnTable::default();
        table.read(text.as_bytes())?;
        Ok(table)
    }

    #[test]
    fn ranges_are_found_and_holes_are_not() {
        let table = read(SAMPLE).unwrap();
        let number = |address: &str| table.asn(address.parse().unwrap()).map(|asn| asn.number);
        assert_eq!(number("192.0.2.0"), Some(64496));
        assert_eq!(number("::ffff:192.0.2.127"), Some(64496));
        assert_eq!(number("192.0.2.128"), None);
        assert_eq!(number("198.51.100.7"), Some(64497));
        assert_eq!(number("203.0.113.1"), None);
        assert_eq!(number("2001:db8:1::"), Some(64496));
        assert_eq!(number("2001:db9::"), None);
        let asn = table.asn("2001:db8::".parse().unwrap()).unwrap();
        assert_eq!((asn.name, table.names.len()), ("Example, one", 2));
    }

    #[test]
    fn a_range_that_begins_within_another_counts_from_there() {
        let table = read("192.0.2.0,192.0.2.99,64496,a\n192.0.2.50,192.0.2.200,64497,b\n").unwrap();
        let number = |address: &str| table.asn(address.parse().unwrap()).map(|asn| asn.number);
        assert_eq!(number("192.0.2.49"), Some(64496));
        assert_eq!(number("192.0.2.50"), Some(64497));
        assert_eq!(number("192.0.2.200"), Some(64497));
    }

    #[test]
    fn errors_name_the_line() {
        for (text, wanted) in [
            (
                "192.0.2.9,192.0.2.10,64496,a\n192.0.2.0,192.0.2.8,64496,a\n",
                "line 2: ranges that do not ascend",
            ),
            (
                "192.0.2.9,192.0.2.0,64496,a\n",
                "line 1: ranges that do not ascend",
            ),
            (
                "192.0.2.0,2001:db8::,64496,a\n",
                "line 1: addresses of two families",
            ),
            (
                "192.0.2.0,192.0.2.9,AS1,a\n",
                "line 1: no number of an autonomous system",
            ),
            (
                "192.0.2.0,192.0.2.9,64496\n",
                "line 1: no name of an autonomous system",
            ),
            ("first,last,number,name\n", "line 1: no first address"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert_eq!(error, format!("table of autonomous systems, {wanted}"));
        }
    }
}
