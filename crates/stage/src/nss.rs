//! The user's database of NSS, in which Chromium looks for authorities beside its own.

use std::process::Stdio;

use crate::side::{SIDE_HOME, Side};
use crate::trust::{AUTHORITY, OURS};

/// The program that makes databases of NSS.
pub const CERTUTIL: &str = "certutil";

/// Adds the side's authority to it; why not, where it cannot be done.
pub fn trust(side: &Side) -> Result<(), String> {
    let folder = format!("{SIDE_HOME}/.pki/nssdb");
    let database = format!("sql:{folder}");
    let steps: [&[&str]; 3] = [
        &["mkdir", "-p", &folder],
        &[CERTUTIL, "-N", "-d", &database, "--empty-password"],
        &[
            CERTUTIL, "-A", "-d", &database, "-n", OURS, "-t", "C,,", "-i", AUTHORITY,
        ],
    ];
    for argv in steps {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let mut command = side.command(&argv);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let out = command.stderr(Stdio::piped()).output();
        let out = out.map_err(|e| format!("{}: {e}", argv[0]))?;
        if !out.status.success() {
            let said = String::from_utf8_lossy(&out.stderr);
            let last = said.trim().lines().last().unwrap_or("").to_owned();
            return Err(format!("{}: {last}", argv[0]));
        }
    }
    Ok(())
}
