//! Where a piece of knowledge is from. `knowledge/SOURCES.md` says the same with checksums, and a test holds
//! that it does.

use schemars::JsonSchema;
use serde::Serialize;

/// A source of knowledge, as it was when a table was made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Source {
    /// `trackhar`
    pub name: &'static str,
    /// As its makers count.
    pub version: &'static str,
    /// Of the data; of the day it was fetched where the makers give none. Year, month, day.
    pub date: &'static str,
    /// As SPDX names it.
    pub licence: &'static str,
}

/// Our own table of hosts, in which each row has an address that says so.
pub const HOSTS: Source = Source {
    name: "muteproof hosts",
    version: "1",
    date: "2026-12-01",
    licence: "MIT OR Apache-2.0",
};

/// Domains of organisations on the web, and what they are for.
pub const THIRD_PARTY_WEB: Source = Source {
    name: "third-party-web",
    version: "0.30.0",
    date: "2026-12-01",
    licence: "MIT",
};

/// What requests to trackers hold.
pub const TRACKHAR: Source = Source {
    name: "trackhar",
    version: "1.0.0",
    date: "2024-11-29",
    licence: "CC0-1.0",
};

/// The countries that ranges of addresses are registered in.
pub const ASN_COUNTRY: Source = Source {
    name: "@ip-location-db/asn-country",
    version: "2.3.2026061719",
    date: "2026-06-17",
    licence: "CC-BY-4.0",
};

/// All that is built in.
pub const SOURCES: [Source; 4] = [HOSTS, THIRD_PARTY_WEB, TRACKHAR, ASN_COUNTRY];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_sources_says_the_same() {
        let page = include_str!("../knowledge/SOURCES.md");
        for Source {
            name,
            version,
            date,
            licence,
        } in SOURCES
        {
            let row = format!("| {name} | {version} | {date} | {licence} |");
            assert!(page.contains(&row), "{row}");
        }
    }
}
