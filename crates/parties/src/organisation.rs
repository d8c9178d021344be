//! Who stands behind a host: our own table of hosts that apps send telemetry to, then third-party-web's
//! domains, then the endpoints of trackhar's adapters.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{and_above, normal};
use crate::source::{HOSTS, Source, THIRD_PARTY_WEB, TRACKHAR};
use crate::trackers::tracker_at;

/// Who receives what is sent to a host, as one source says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Party {
    /// The organisation, or the name of its service where the source has no other: `Google`
    pub organisation: &'static str,
    /// What of it: `Google Analytics`
    pub service: &'static str,
    /// What the host is for; none where the source does not say.
    pub purposes: &'static [Purpose],
    /// The address that says so, where the source gives one for each row.
    pub evidence: Option<&'static str>,
    /// Who says so.
    pub known_by: Source,
}

/// What a host is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// How an app or page is used.
    Analytics,
    /// Advertisements, their sale, and whether they worked.
    Advertising,
    /// What went wrong in a program.
    CrashReports,
    /// Asks for consent, and remembers it.
    Consent,
    /// Social networks.
    Social,
    /// Pages and files, of whoever pays for it.
    Hosting,
    /// Messages to devices.
    Push,
    /// Talks with customers.
    Support,
    /// Loads what others wrote.
    TagManager,
    /// Films and calls.
    Video,
    /// Letters, pop-ups and campaigns.
    Marketing,
    /// What switches an app's functions on and off.
    Configuration,
    /// None of these.
    Other,
}

/// Who stands behind a host, by the first source that knows it. Case and a dot at the end make no difference.
#[must_use]
pub fn organisation(host: &str) -> Option<Party> {
    let host = normal(host)?;
    own(&host).or_else(|| web(&host)).or_else(|| tracker(&host))
}

/// A row of our own table: a domain with all that lies within it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Host {
    domain: String,
    organisation: String,
    service: String,
    purposes: Vec<Purpose>,
    evidence: String,
}

fn own(host: &str) -> Option<Party> {
    static ROWS: OnceLock<BTreeMap<String, Host>> = OnceLock::new();
    let rows = ROWS.get_or_init(|| {
        #[derive(Deserialize)]
        struct Table {
            host: Vec<Host>,
        }
        let table = include_str!("../knowledge/hosts.toml");
        let table: Table = toml::from_str(table).expect("a test reads the table");
        let rows = table.host.into_iter();
        rows.map(|row| (row.domain.clone(), row)).collect()
    });
    let row = and_above(host).find_map(|name| rows.get(name))?;
    Some(Party {
        organisation: &row.organisation,
        service: &row.service,
        purposes: &row.purposes,
        evidence: Some(&row.evidence),
        known_by: HOSTS,
    })
}

/// A row of third-party-web: name, company, category, domains. `*.a.b` means `a.b` and all within it.
#[derive(Debug, Deserialize)]
struct Entity(String, String, String, Vec<String>);

struct Web {
    entities: Vec<Entity>,
    /// Which entity has a host, and which has a domain with all that lies within it.
    exact: BTreeMap<String, usize>,
    within: BTreeMap<String, usize>,
}

fn web(host: &str) -> Option<Party> {
    static WEB: OnceLock<Web> = OnceLock::new();
    let web = WEB.get_or_init(Web::new);
    let found = web.exact.get(host);
    let found = found.or_else(|| and_above(host).find_map(|name| web.within.get(name)));
    let Entity(service, organisation, category, _) = web.entities.get(*found?)?;
    Some(Party {
        organisation,
        service,
        purposes: purposes(category),
        evidence: None,
        known_by: THIRD_PARTY_WEB,
    })
}

impl Web {
    fn new() -> Self {
        let table = include_str!("../knowledge/organisations.json");
        let entities: Vec<Entity> = serde_json::from_str(table).expect("a test reads the table");
        let (mut exact, mut within) = (BTreeMap::new(), BTreeMap::new());
        for (place, Entity(.., domains)) in entities.iter().enumerate() {
            for domain in domains {
                match domain.strip_prefix("*.") {
                    Some(domain) => within.insert(domain.to_owned(), place),
                    None => exact.insert(domain.clone(), place),
                };
            }
        }
        Self {
            entities,
            exact,
            within,
        }
    }
}

/// What a category of third-party-web means here.
fn purposes(category: &str) -> &'static [Purpose] {
    match category {
        "ad" => &[Purpose::Advertising],
        "analytics" => &[Purpose::Analytics],
        "cdn" | "hosting" => &[Purpose::Hosting],
        "consent-provider" => &[Purpose::Consent],
        "customer-success" => &[Purpose::Support],
        "marketing" => &[Purpose::Marketing],
        "social" => &[Purpose::Social],
        "tag-manager" => &[Purpose::TagManager],
        "video" => &[Purpose::Video],
        _ => &[Purpose::Other],
    }
}

/// A tracker is named by its adapter, which does not say what it is for.
fn tracker(host: &str) -> Option<Party> {
    let name = tracker_at(host)?;
    Some(Party {
        organisation: name,
        service: name,
        purposes: &[],
        evidence: None,
        known_by: TRACKHAR,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(host: &str) -> (&'static str, &'static [Purpose]) {
        let party = organisation(host).unwrap();
        (party.organisation, party.purposes)
    }

    #[test]
    fn well_known_hosts() {
        assert_eq!(
            known("www.google-analytics.com"),
            ("Google", &[Purpose::Analytics][..])
        );
        assert_eq!(known("region1.app-measurement.com").0, "Google");
        assert_eq!(known("o1.ingest.sentry.io").0, "Sentry");
        assert_eq!(known("Graph.Facebook.com.").0, "Meta");
        assert_eq!(
            known("graph.facebook.com").1,
            [Purpose::Analytics, Purpose::Advertising]
        );
        assert_eq!(organisation("example.org"), None);
        assert_eq!(organisation(""), None);
        assert_eq!(organisation(&"a.".repeat(500)), None);
    }

    #[test]
    fn each_source_is_asked() {
        assert_eq!(organisation("app-measurement.com").unwrap().known_by, HOSTS);
        assert_eq!(
            organisation("cdn.taboola.com").unwrap().known_by,
            THIRD_PARTY_WEB
        );
        assert_eq!(
            organisation("ads3-2.adcolony.com").unwrap().known_by,
            TRACKHAR
        );
    }

    #[test]
    fn the_nearest_domain_counts() {
        // third-party-web has both `*.google.com` kinds of rows and exact hosts below it.
        assert_eq!(
            organisation("adservice.google.com").unwrap().service,
            "Google/Doubleclick Ads"
        );
        assert_ne!(
            organisation("accounts.google.com").unwrap().service,
            "Google/Doubleclick Ads"
        );
    }

    #[test]
    fn own_rows_are_whole() {
        own("example.org");
        let table = include_str!("../knowledge/hosts.toml");
        let table: toml::Table = table.parse().unwrap();
        let rows = table["host"].as_array().unwrap();
        let domains: Vec<&str> = rows
            .iter()
            .map(|row| row["domain"].as_str().unwrap())
            .collect();
        assert!(domains.is_sorted_by(|a, b| a < b), "sorted, and none twice");
        for row in rows {
            let row = row.as_table().unwrap();
            assert!(
                row["evidence"].as_str().unwrap().starts_with("https://"),
                "{row:?}"
            );
            assert!(!row["purposes"].as_array().unwrap().is_empty(), "{row:?}");
        }
    }
}
