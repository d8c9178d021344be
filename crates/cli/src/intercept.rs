//! An installed mitmproxy: where it lies, and what it needs.

use std::env;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use session::machine::{self, which};
use session::protocol::Intercept;
use stage::net::NFT;

use crate::fail::Fail;

/// Its program.
const MITMDUMP: &str = "mitmdump";

/// Where machines have the authorities that they trust: Debian's and Arch's place, then Fedora's.
const AUTHORITIES: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// Folders that every side is shown.
const SHOWN: [&str; 5] = ["/usr", "/bin", "/sbin", "/lib", "/lib64"];

/// Bytes of the first line of a program that are looked at.
const LINE_MAX: u64 = 4096;

/// Asks a Python where it and its packages lie, a line each: itself, its homes, then the places of packages.
const WHERE: &str = "import os, sys, mitmproxy; \
    print(os.path.realpath(sys.executable)); print(sys.prefix); print(sys.base_prefix); \
    print(*[os.path.realpath(p) for p in sys.path if p], sep='\\n')";

/// The one that the person would start.
pub fn find() -> Result<Intercept, Fail> {
    if which(NFT).is_none() {
        let install = machine::distribution().install;
        return Err(Fail::NoIntercept {
            why: format!("{NFT} is missing: {install} nftables"),
        });
    }
    let python = python().ok_or_else(|| Fail::NoIntercept {
        why: format!(
            "there is no {MITMDUMP} of a Python's among the programs: pip install mitmproxy"
        ),
    })?;
    let asked = Command::new(&python)
        .args(["-c", WHERE])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let told = asked.ok().filter(|out| out.status.success());
    let told = told.ok_or_else(|| Fail::NoIntercept {
        why: format!("{} does not find it", python.display()),
    })?;
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    let mut lines = told.lines().map(PathBuf::from);
    let real = lines.next().unwrap_or(python);
    let places: Vec<PathBuf> = lines.filter(|path| path.is_dir()).collect();
    let packages = places.iter().skip(2).map(|path| path.display().to_string());
    let path = packages.collect::<Vec<_>>().join(":");
    let there = AUTHORITIES.iter().find(|path| Path::new(path).is_file());
    Ok(Intercept {
        python: real,
        path,
        authorities: PathBuf::from(there.unwrap_or(&AUTHORITIES[0])),
        show: shown(places)
            .into_iter()
            .map(|at| (at.clone(), at))
            .collect(),
    })
}

/// The Python that the program's first line names.
fn python() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let found = env::split_paths(&path).map(|folder| folder.join(MITMDUMP));
    found
        .filter(|program| program.is_file())
        .find_map(|program| {
            let mut line = String::new();
            let file = fs::File::open(program).ok()?;
            BufReader::new(file.take(LINE_MAX))
                .read_line(&mut line)
                .ok()?;
            let python = Path::new(line.strip_prefix("#!")?.trim()).to_owned();
            let name = python.file_name()?.to_str()?;
            name.starts_with("python").then_some(python)
        })
}

/// What of these is not shown anyhow, and lies in none of the others.
fn shown(mut places: Vec<PathBuf>) -> Vec<PathBuf> {
    places.sort();
    places.dedup();
    let mut kept: Vec<PathBuf> = Vec::new();
    for place in places {
        let within = |outer: &Path| place.starts_with(outer);
        if !SHOWN.iter().any(|outer| within(Path::new(outer))) && !kept.iter().any(|o| within(o)) {
            kept.push(place);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_twice() {
        let places = [
            "/home/a/venv",
            "/usr/lib/python3",
            "/home/a/venv/lib",
            "/opt/b",
        ];
        let kept = shown(places.map(PathBuf::from).to_vec());
        assert_eq!(kept, ["/home/a/venv", "/opt/b"].map(PathBuf::from));
    }
}
