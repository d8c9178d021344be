//! What of a package stays when it was removed by its own means.

use record::{Body, PackageMoment, Record, Remains};
use schemars::JsonSchema;
use serde::Serialize;

/// What a session says of packages that were installed for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Removal {
    /// Their files' names, in the order in which they were installed.
    pub packages: Vec<String>,
    /// Which of them could not be removed, and what their means said.
    pub failed: Vec<(String, String)>,
    /// Whether all were removed, or tried to be: otherwise nothing was looked for.
    pub looked: bool,
    /// Files that stay, what they are for first, then by path.
    pub files: Vec<Stays>,
    /// Files that stay and are not listed.
    pub more: u64,
}

/// A file that stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Stays {
    /// What it is for, as far as its place says it.
    pub purpose: Purpose,
    /// Where it lies.
    pub path: String,
    /// What became of it.
    pub how: Remains,
    /// Its length.
    pub bytes: u64,
}

/// What a file is for. All but the last two act without anybody asking.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Purpose {
    /// A certificate, or a store of such: whose signer is trusted by every program that uses it.
    Certificate,
    /// Started with every desktop session (Desktop Application Autostart Specification).
    Autostart,
    /// A unit of the user's service manager (systemd.unit(5)).
    UserUnit,
    /// A unit of the system's, or a script of its start.
    SystemUnit,
    /// A table of cron's.
    Cron,
    /// A program that extensions of a browser may start (native messaging).
    NativeMessaging,
    /// An extension or a setting that a browser takes from the machine.
    Browser,
    /// A desktop entry that opens addresses of some kind.
    UrlHandler {
        /// Which.
        schemes: Vec<String>,
    },
    /// In the user's home.
    Home,
    /// Anything else.
    Other,
}

/// Where a path has to have some text.
#[derive(Clone, Copy)]
enum Where {
    Begins(&'static str),
    Holds(&'static str),
    Ends(&'static str),
}
use Where::{Begins, Ends, Holds};

/// Places and what lies there; the first that fits counts.
const PLACES: &[(Where, Purpose)] = &[
    (Begins("/etc/ssl/certs/"), Purpose::Certificate),
    (
        Begins("/usr/local/share/ca-certificates/"),
        Purpose::Certificate,
    ),
    (Begins("/usr/share/ca-certificates/"), Purpose::Certificate),
    (Begins("/etc/ca-certificates/"), Purpose::Certificate),
    (Begins("/etc/pki/ca-trust/"), Purpose::Certificate),
    (Holds("/.pki/nssdb/"), Purpose::Certificate),
    (Ends("/cert9.db"), Purpose::Certificate),
    (Begins("/etc/xdg/autostart/"), Purpose::Autostart),
    (Holds("/.config/autostart/"), Purpose::Autostart),
    (Holds("/systemd/user/"), Purpose::UserUnit),
    (Holds("/systemd/system/"), Purpose::SystemUnit),
    (Begins("/etc/init.d/"), Purpose::SystemUnit),
    (Begins("/etc/cron"), Purpose::Cron),
    (Begins("/var/spool/cron/"), Purpose::Cron),
    (Holds("/native-messaging-hosts/"), Purpose::NativeMessaging),
    (Holds("/NativeMessagingHosts/"), Purpose::NativeMessaging),
    (Holds("/policies/"), Purpose::Browser),
    (Holds("/mozilla/extensions/"), Purpose::Browser),
    (Holds("/chrome/extensions/"), Purpose::Browser),
    (Holds("/chromium/extensions/"), Purpose::Browser),
];

const HOME: &str = "/home/";

/// What begins a scheme in a desktop entry's list of kinds (Desktop Entry Specification, "MimeType").
const SCHEME: &str = "x-scheme-handler/";

/// What a session's records say; nothing where nothing was installed.
pub fn removal(records: &[Record]) -> Option<Removal> {
    let mut removal = Removal {
        packages: Vec::new(),
        failed: Vec::new(),
        looked: false,
        files: Vec::new(),
        more: 0,
    };
    for record in records {
        match &record.body {
            Body::Package {
                file,
                moment: PackageMoment::Installed,
                ..
            } => removal.packages.push(file.clone()),
            Body::Package {
                file,
                moment: PackageMoment::Removed,
                failed,
            } => {
                removal.looked = true;
                let failed = failed.iter().map(|why| (file.clone(), why.clone()));
                removal.failed.extend(failed);
            }
            Body::Remains {
                path,
                how,
                bytes,
                text,
            } => removal.files.push(Stays {
                purpose: purpose(path, text.as_deref()),
                path: path.clone(),
                how: *how,
                bytes: *bytes,
            }),
            // Behind a removal nothing else is lost.
            Body::Gap { lost, .. } if removal.looked => removal.more += lost.unwrap_or(0),
            _ => {}
        }
    }
    removal.files.sort();
    (!removal.packages.is_empty()).then_some(removal)
}

fn purpose(path: &str, text: Option<&str>) -> Purpose {
    let lies = |place: Where| match place {
        Begins(text) => path.starts_with(text),
        Holds(text) => path.contains(text),
        Ends(text) => path.ends_with(text),
    };
    if let Some((_, purpose)) = PLACES.iter().find(|(place, _)| lies(*place)) {
        return purpose.clone();
    }
    let schemes = text.map(schemes).unwrap_or_default();
    match schemes.is_empty() {
        false => Purpose::UrlHandler { schemes },
        true if path.starts_with(HOME) => Purpose::Home,
        true => Purpose::Other,
    }
}

/// Which addresses a desktop entry, or a list of such, opens.
fn schemes(text: &str) -> Vec<String> {
    let kinds = text.split(['=', ';', '\n', '\r']).map(str::trim);
    let mut schemes: Vec<String> = kinds
        .filter_map(|kind| kind.strip_prefix(SCHEME))
        .map(str::to_owned)
        .collect();
    schemes.sort();
    schemes.dedup();
    schemes
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::{MonotonicNs, Source};

    #[test]
    fn places_say_what_a_file_is_for() {
        for (path, wanted) in [
            ("/etc/ssl/certs/left.pem", Purpose::Certificate),
            (
                "/usr/local/share/ca-certificates/left.crt",
                Purpose::Certificate,
            ),
            ("/home/user/.pki/nssdb/cert9.db", Purpose::Certificate),
            (
                "/home/user/.mozilla/firefox/x/cert9.db",
                Purpose::Certificate,
            ),
            ("/etc/xdg/autostart/app.desktop", Purpose::Autostart),
            (
                "/home/user/.config/autostart/app.desktop",
                Purpose::Autostart,
            ),
            ("/usr/lib/systemd/user/app.service", Purpose::UserUnit),
            (
                "/home/user/.config/systemd/user/app.service",
                Purpose::UserUnit,
            ),
            ("/etc/systemd/system/app.service", Purpose::SystemUnit),
            ("/etc/cron.daily/app", Purpose::Cron),
            (
                "/etc/chromium/native-messaging-hosts/app.json",
                Purpose::NativeMessaging,
            ),
            (
                "/etc/opt/chrome/policies/managed/app.json",
                Purpose::Browser,
            ),
            ("/home/user/.app/settings", Purpose::Home),
            ("/opt/app/left", Purpose::Other),
        ] {
            assert_eq!(purpose(path, None), wanted, "{path}");
        }
        let entry =
            "[Desktop Entry]\nMimeType=x-scheme-handler/callto;text/plain;x-scheme-handler/app;\n";
        let schemes = vec!["app".to_owned(), "callto".to_owned()];
        let path = "/usr/share/applications/app.desktop";
        assert_eq!(purpose(path, Some(entry)), Purpose::UrlHandler { schemes });
        assert_eq!(purpose(path, Some("Name=App")), Purpose::Other);
    }

    #[test]
    fn what_acts_by_itself_comes_first() {
        let record = |body| Record {
            t: MonotonicNs(1),
            source: Source::Stage,
            seq: 0,
            body,
        };
        let package = |moment, failed: Option<&str>| Body::Package {
            file: "app.deb".into(),
            moment,
            failed: failed.map(str::to_owned),
        };
        let remains = |path: &str| Body::Remains {
            path: path.into(),
            how: Remains::Added,
            bytes: 7,
            text: None,
        };
        let records = [
            package(PackageMoment::Installed, None),
            package(PackageMoment::Removed, Some("no")),
            remains("/opt/app/left"),
            remains("/etc/cron.daily/app"),
        ]
        .map(record);
        let found = removal(&records).unwrap();
        assert!(found.looked);
        assert_eq!(found.failed, [("app.deb".to_owned(), "no".to_owned())]);
        let paths: Vec<&str> = found.files.iter().map(|f| &f.path[..]).collect();
        assert_eq!(paths, ["/etc/cron.daily/app", "/opt/app/left"]);
        assert_eq!(removal(&records[2..]), None);
    }
}
