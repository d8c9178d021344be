//! What is known of names and addresses: what ships with the program, and the lists that this machine or its
//! person has beside it.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use dataflow::{Facts, Knowledge, Known};
use parties::{AsnTable, Purpose, SOURCES, Source};
use report::OnList;

use crate::error::Error;

/// All lists that are looked into; by default those that ship with the program.
#[derive(Default)]
pub struct Lists {
    networks: Option<(AsnTable, Vec<PathBuf>)>,
    filters: parties::Lists,
    filter_names: Vec<String>,
}

/// Where Debian's packages of uBlock Origin have EasyPrivacy, a list of trackers (GPL-3 or CC BY-SA 3.0): it is
/// read where it is installed, and not shipped.
const EASY_PRIVACY: [&str; 2] = [
    "/usr/share/chromium/extensions/ublock-origin/assets/thirdparties/easylist/easyprivacy.txt",
    "/usr/share/mozilla/extensions/{ec8030f7-c20a-464f-9b0e-13a3a9e97384}/uBlock0@raymondhill.net/assets/\
     thirdparties/easylist/easyprivacy.txt",
];

/// Longest filter list that is read, bytes.
const FILTERS_MAX: u64 = 64 << 20;

impl Lists {
    /// What ships with the program, tables of networks (`@ip-location-db/asn`) and filter lists that the person
    /// has, and EasyPrivacy where a package has it.
    pub fn new(asn: &[PathBuf], filters: &[PathBuf]) -> Result<Lists, Error> {
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
        let mut lists = Lists {
            networks,
            ..Lists::default()
        };
        let installed = EASY_PRIVACY
            .iter()
            .map(Path::new)
            .find(|path| path.exists());
        for path in filters.iter().map(PathBuf::as_path).chain(installed) {
            let text = files::read_text(path, FILTERS_MAX).map_err(|source| Error::Asn {
                path: path.to_owned(),
                why: source.to_string(),
            })?;
            let name = path.file_name().unwrap_or(path.as_os_str());
            let name = name.to_string_lossy().into_owned();
            lists.filters.add(&name, &text);
            lists.filter_names.push(name);
        }
        Ok(lists)
    }

    /// Each list with its version, date and licence.
    pub fn named(&self) -> Vec<String> {
        let given = self.networks.iter().flat_map(|(_, paths)| paths);
        let given = given.map(|path| {
            let name = Path::file_name(path).unwrap_or(path.as_os_str());
            name.to_string_lossy().into_owned()
        });
        let filters = self.filter_names.iter().cloned();
        SOURCES
            .iter()
            .map(named)
            .chain(given)
            .chain(filters)
            .collect()
    }
}

impl Lists {
    /// Hosts of requests that are on a filter list, with their number: (list, host, requests).
    pub fn listed(&self, facts: &Facts, own: &[String]) -> Vec<OnList> {
        let first_party = own.first().map_or("", String::as_str);
        let mut hits: BTreeMap<(String, String), u64> = BTreeMap::new();
        for request in &facts.requests {
            let (scheme, host) = (&request.scheme, &request.host);
            let url = format!("{scheme}://{host}{}", request.path_and_query);
            for list in self.filters.hit(&url, first_party) {
                *hits.entry((list.to_owned(), host.clone())).or_insert(0) += 1;
            }
        }
        let listed = |((list, host), requests)| OnList {
            list,
            host,
            requests,
        };
        hits.into_iter().map(listed).collect()
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
