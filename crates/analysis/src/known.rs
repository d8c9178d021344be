//! What is known of names and addresses: what ships with the program, and the lists that this machine or its
//! person has beside it.

use std::fs::File;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use dataflow::{Knowledge, Known};
use parties::{AsnTable, Purpose, SOURCES, Source};

use crate::error::Error;

/// All lists that are looked into; by default those that ship with the program.
#[derive(Default)]
pub struct Lists {
    networks: Option<(AsnTable, Vec<PathBuf>)>,
}

impl Lists {
    /// What ships with the program, and tables of networks (`@ip-location-db/asn`) that the person has.
    pub fn new(asn: &[PathBuf]) -> Result<Lists, Error> {
        let mut table = AsnTable::default();
        for path in asn {
            let file = File::open(path).map_err(|source| Error::Asn {
                path: path.clone(),
                why: source.to_string(),
            })?;
            table.read(file).map_err(|why| Error::Asn {
                path: path.clone(),
                why: why.to_string(),
            })?;
        }
        let networks = (!asn.is_empty()).then(|| (table, asn.to_vec()));
        Ok(Lists { networks })
    }

    /// Each list with its version, date and licence.
    pub fn named(&self) -> Vec<String> {
        let given = self.networks.iter().flat_map(|(_, paths)| paths);
        let given = given.map(|path| {
            let name = Path::file_name(path).unwrap_or(path.as_os_str());
            name.to_string_lossy().into_owned()
        });
        SOURCES.iter().map(named).chain(given).collect()
    }
}

fn named(source: &Source) -> String {
    let Source {
        name,
        version,
        date,
        licence,
    } = source;
    format!("{name} {version} ({date}, {licence})")
}

impl Knowledge for Lists {
    fn registrable(&self, host: &str) -> Option<String> {
        parties::registrable(host).map(str::to_owned)
    }

    fn organisation(&self, host: &str) -> Option<Known> {
        let party = parties::organisation(host)?;
        Some(Known {
            organisation: party.organisation.to_owned(),
            purposes: party.purposes.iter().map(purpose).collect(),
            source: named(&party.known_by),
        })
    }

    fn country(&self, address: IpAddr) -> Option<String> {
        parties::country(address).map(|country| country.code.to_owned())
    }

    fn network(&self, address: IpAddr) -> Option<String> {
        let (table, _) = self.networks.as_ref()?;
        let asn = table.asn(address)?;
        Some(format!("AS{} {}", asn.number, asn.name))
    }
}

/// A purpose's name in reports.
fn purpose(purpose: &Purpose) -> &'static str {
    match purpose {
        Purpose::Analytics => "analytics",
        Purpose::Advertising => "advertising",
        Purpose::CrashReports => "crash_reports",
        Purpose::Consent => "consent",
        Purpose::Social => "social",
        Purpose::Hosting => "hosting",
        Purpose::Push => "push",
        Purpose::Support => "support",
        Purpose::TagManager => "tag_manager",
        Purpose::Video => "video",
        Purpose::Marketing => "marketing",
        Purpose::Configuration => "configuration",
        Purpose::Other => "other",
    }
}
