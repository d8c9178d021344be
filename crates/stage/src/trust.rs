//! Whom a side's programs trust beside the authorities of the machine: one of the session's own.
//!
//! Each kind of program looks elsewhere: OpenSSL in a folder by a hash of the name, GnuTLS and curl in one file
//! with all of them, Firefox in its policy, Chromium in a database of the user's own
//! (`nss`).

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::ns::{self, NsError, doing};

/// An authority that a side's programs trust.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Trusted {
    /// Its certificate (PEM).
    pub pem: String,
    /// The hash of its name by which OpenSSL finds it (`openssl x509 -subject_hash`).
    pub subject_hash: String,
}

/// The folder in `/etc` in which OpenSSL looks.
pub(crate) const FOLDER: &str = "ssl/certs";

/// The folder of ours in `/etc`, and the authority's certificate in it.
pub(crate) const OURS: &str = "muteproof";
const FILE: &str = "authority.pem";

/// The authority's certificate in the side's view.
pub const AUTHORITY: &str = "/etc/muteproof/authority.pem";

/// Files with all authorities, where a machine has them: Debian's and Arch's, Fedora's, Alpine's.
const BUNDLES: [&str; 4] = [
    "ssl/certs/ca-certificates.crt",
    "pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "pki/tls/certs/ca-bundle.crt",
    "ssl/cert.pem",
];

/// Most bytes of a file with authorities; they are a quarter of a megabyte.
const BUNDLE_MAX: u64 = 16 << 20;

/// Entries of the folder that are copied; there are two for each of some hundred authorities.
const ENTRIES_MAX: usize = 10_000;

/// A folder like the machine's, to which something can be added.
pub(crate) fn copy_folder(etc: &Path) -> Result<(), NsError> {
    let (real, at) = (Path::new("/etc").join(FOLDER), etc.join(FOLDER));
    doing("make a folder for authorities", fs::create_dir_all(&at))?;
    let Ok(entries) = fs::read_dir(&real) else {
        return Ok(());
    };
    for entry in entries.flatten().take(ENTRIES_MAX) {
        let to = at.join(entry.file_name());
        let link = fs::read_link(entry.path());
        let done = match link {
            Ok(leads_to) => symlink(leads_to, to),
            // What is no file, or too long for one of certificates, is nobody's authority.
            Err(_) => match files::read(&entry.path(), BUNDLE_MAX) {
                Ok(bytes) => fs::write(to, bytes),
                Err(_) => Ok(()),
            },
        };
        doing("copy an authority", done)?;
    }
    Ok(())
}

/// Adds an authority to everything in `etc` in which programs look.
pub(crate) fn add(etc: &Path, trusted: &Trusted) -> Result<(), NsError> {
    let ours = etc.join(OURS);
    doing("make a folder for the authority", fs::create_dir_all(&ours))?;
    doing(
        "write the authority",
        fs::write(ours.join(FILE), &trusted.pem),
    )?;
    let certs = etc.join(FOLDER);
    doing("make a folder for authorities", fs::create_dir_all(&certs))?;
    let link = certs.join(format!("{}.0", trusted.subject_hash));
    doing("link the authority", symlink(AUTHORITY, link))?;
    for (n, bundle) in BUNDLES.iter().enumerate() {
        let at = etc.join(bundle);
        // A link leads to another of them.
        if !fs::symlink_metadata(&at).is_ok_and(|meta| meta.is_file()) {
            continue;
        }
        let known = files::read(&at, BUNDLE_MAX);
        let mut all = doing(format!("read /etc/{bundle}"), known)?;
        all.extend(b"\n");
        all.extend(trusted.pem.as_bytes());
        let whole = ours.join(format!("bundle-{n}.pem"));
        doing("write the authorities", fs::write(&whole, all))?;
        ns::bind_read_only(&whole, &at)?;
    }
    let policies = etc.join("firefox/policies");
    // A recipe may show the machine's own folder, which cannot be written to.
    if !etc.join("firefox").exists() {
        doing("make Firefox's policies", fs::create_dir_all(&policies))?;
        let policy = serde_json::json!({
            "policies": { "Certificates": { "Install": [AUTHORITY] } }
        });
        let file = policies.join("policies.json");
        doing(
            "write Firefox's policies",
            fs::write(file, policy.to_string()),
        )?;
    }
    Ok(())
}
