//! The country that a range of addresses is registered in. That is where its holder has an office, which need
//! not be where the machine is: a range of an American firm is American in Frankfurt too.

use std::io::Read;
use std::net::IpAddr;
use std::sync::OnceLock;

use flate2::read::DeflateDecoder;
use schemars::JsonSchema;
use serde::Serialize;

use crate::address::{is_reserved, last_not_above};

/// A country, by its two letters of ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Country {
    /// `DE`
    pub code: &'static str,
}

/// The country that the address is registered in; none for reserved addresses and for those that nobody
/// holds. IPv4 addresses that are written as IPv6 (`::ffff:192.0.2.1`) are taken as IPv4.
#[must_use]
pub fn country(address: IpAddr) -> Option<Country> {
    if is_reserved(address) {
        return None;
    }
    let table = table();
    let which = match address.to_canonical() {
        IpAddr::V4(address) => table.v4.which(&u32::from(address)),
        // The table knows no range that is smaller than a /64.
        IpAddr::V6(address) => table.v6.which(&((u128::from(address) >> 64) as u64)),
    };
    let start = 2 * which?.checked_sub(1)?;
    let code = table.codes.get(start..start + 2)?;
    Some(Country { code })
}

/// The packed table, as `knowledge/make.mjs` describes it.
static PACKED: &[u8] = include_bytes!("../knowledge/countries.bin");

struct Table {
    /// Two letters each.
    codes: String,
    v4: Ranges<u32>,
    v6: Ranges<u64>,
}

/// Ranges that end where the next one starts.
struct Ranges<T> {
    starts: Vec<T>,
    /// 0 for none, else 1 + which of the codes.
    countries: Vec<u8>,
}

impl<T: Ord> Ranges<T> {
    fn which(&self, key: &T) -> Option<usize> {
        let range = last_not_above(&self.starts, key)?;
        self.countries.get(range).map(|which| usize::from(*which))
    }
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| unpack(PACKED).expect("a test unpacks the table"))
}

fn unpack(packed: &[u8]) -> Option<Table> {
    let mut bytes = Vec::new();
    DeflateDecoder::new(packed).read_to_end(&mut bytes).ok()?;
    let (count, rest) = bytes.split_first()?;
    let (codes, mut rest) = rest.split_at_checked(2 * usize::from(*count))?;
    Some(Table {
        codes: str::from_utf8(codes).ok()?.to_owned(),
        v4: ranges(&mut rest)?,
        v6: ranges(&mut rest)?,
    })
}

fn ranges<T: TryFrom<u64>>(rest: &mut &[u8]) -> Option<Ranges<T>> {
    let count = usize::try_from(leb128(rest)?).ok()?;
    let mut start = 0u64;
    let mut starts = Vec::new();
    for _ in 0..count {
        start = start.checked_add(leb128(rest)?)?;
        starts.push(T::try_from(start).ok()?);
    }
    let (countries, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(Ranges {
        starts,
        countries: countries.to_owned(),
    })
}

fn leb128(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(address: &str) -> Option<&'static str> {
        country(address.parse().unwrap()).map(|country| country.code)
    }

    #[test]
    fn the_table_is_whole_and_sorted() {
        let table = unpack(PACKED).unwrap();
        assert!(table.v4.starts.is_sorted_by(|a, b| a < b));
        assert!(table.v6.starts.is_sorted_by(|a, b| a < b));
        let codes = table.codes.len() / 2;
        let countries = table.v4.countries.iter().chain(&table.v6.countries);
        assert_eq!(
            countries.map(|which| usize::from(*which)).max(),
            Some(codes)
        );
        assert!(PACKED.len() < 300_000, "{} bytes", PACKED.len());
    }

    #[test]
    fn what_is_cut_unpacks_to_nothing() {
        assert!(unpack(&PACKED[..PACKED.len() / 2]).is_none());
        assert!(unpack(&[]).is_none());
    }

    #[test]
    fn rows_of_the_source() {
        // The first and the last rows of its files, and the neighbours of one.
        assert_eq!(code("1.0.0.255"), Some("AU"));
        assert_eq!(code("1.0.1.0"), Some("CN"));
        assert_eq!(code("1.0.3.255"), Some("CN"));
        assert_eq!(code("1.0.4.0"), Some("AU"));
        assert_eq!(code("::ffff:1.0.4.0"), Some("AU"));
        assert_eq!(code("2001:200::"), Some("JP"));
        assert_eq!(code("2001:208:ffff:ffff:ffff:ffff:ffff:ffff"), Some("SG"));
        assert_eq!(code("2001:209::"), None);
        assert_eq!(code("2c0f:fff0::1"), Some("NG"));
        assert_eq!(code("2c0f:fff1::1"), None);
    }

    #[test]
    fn reserved_addresses_have_no_country() {
        for address in [
            "10.0.0.1",
            "127.0.0.1",
            "192.0.2.1",
            "224.0.0.1",
            "::1",
            "fe80::1",
            "2001:db8::1",
        ] {
            assert_eq!(code(address), None, "{address}");
        }
    }
}
