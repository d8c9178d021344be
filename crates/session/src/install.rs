//! A package that is installed on the app's side for one session, and what of it stays when it is removed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use record::{Body, Failure, PackageMoment, Remains, Source};
use stage::clock::now;
use stage::install::{Action, Package, carry_out, prepare};
use stage::side::SIDE_HOME;
use stage::{Installed, PROGRAMS, Side};

use crate::event::Stop;
use crate::log::Log;

/// What the package manager keeps for itself: lists of what it knows, and what it did.
const ITS_OWN: [&str; 12] = [
    "/var/lib/dpkg/",
    "/var/log/dpkg.log",
    "/var/log/alternatives.log",
    "/var/cache/debconf/",
    "/var/cache/ldconfig/",
    "/etc/ld.so.cache",
    "/opt/flatpak/repo/",
    "/opt/flatpak/.changed",
    "/opt/flatpak/.removed/",
    "/var/lib/flatpak/",
    "/home/user/.local/share/flatpak/.changed",
    "/home/user/.local/share/flatpak/repo/",
];

/// Files that are told at most; what is beyond is told as a number.
const REMAINS_MAX: usize = 2_000;

/// Bytes of a desktop entry that are kept.
const TEXT_MAX: u64 = 4 << 10;

/// Files by their path in the side's view, with what tells one state of them from another, and where they are.
type Files = BTreeMap<PathBuf, (State, PathBuf)>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    bytes: u64,
    changed_ns: (i64, i64),
    /// A file of the machine's that is deleted here (overlayfs, "whiteouts and opaque directories").
    whiteout: bool,
}

/// Packages that are installed.
pub(crate) struct Installation {
    installed: Installed,
    packages: Vec<Package>,
    before: Files,
}

impl Installation {
    /// Installs them, in this order.
    pub(crate) fn new(packages: &[Package], log: &Log) -> Result<Installation, Stop> {
        let installed = prepare(packages)?;
        let before = system_files(&installed)?;
        let installation = Installation {
            installed,
            packages: packages.to_vec(),
            before,
        };
        for package in packages {
            let done = carry_out(&installation.installed, package, Action::Install, None);
            let failed = done.err();
            let why = failed.clone();
            record(log, package, PackageMoment::Installed, failed);
            if let Some(why) = why {
                let why = format!("{} could not be installed: {why}", package.name);
                return Err(Stop::new(Failure::Missing, why));
            }
        }
        Ok(installation)
    }

    /// Where they lie.
    pub(crate) fn installed(&self) -> &Installed {
        &self.installed
    }

    /// Adds what is in the user's home by now: it is not the app's.
    pub(crate) fn with_home(&mut self, app: &Side) -> Result<(), Stop> {
        self.before.extend(home_files(&app.home_dir())?);
        Ok(())
    }

    /// Removes them, the last one first, and writes down what is there then. The app's side has ended.
    pub(crate) fn remove(self, home: &Path, log: &Log) -> Result<(), Stop> {
        for package in self.packages.iter().rev() {
            let done = carry_out(&self.installed, package, Action::Remove, Some(home));
            record(log, package, PackageMoment::Removed, done.err());
        }
        let mut after = system_files(&self.installed)?;
        after.extend(home_files(home)?);
        let remains = remains(&self.before, &after);
        let beyond = remains.len().saturating_sub(REMAINS_MAX);
        for (path, how, bytes, at) in remains.into_iter().take(REMAINS_MAX) {
            let text = at.filter(|_| says_what_for(&path)).and_then(|at| text(&at));
            let body = Body::Remains {
                path: path.to_string_lossy().into_owned(),
                how,
                bytes,
                text,
            };
            log.record(now(), Source::Stage, body);
        }
        if beyond > 0 {
            let t = now();
            let body = Body::Gap {
                span: record::Span { from: t, to: t },
                lost: Some(beyond as u64),
                why: "more files remain than are written down".to_owned(),
            };
            log.record(t, Source::Stage, body);
        }
        Ok(())
    }
}

fn record(log: &Log, package: &Package, moment: PackageMoment, failed: Option<String>) {
    let body = Body::Package {
        file: package.name.clone(),
        moment,
        failed,
    };
    log.record(now(), Source::Stage, body);
}

/// Everything that is another now.
fn remains(before: &Files, after: &Files) -> Vec<(PathBuf, Remains, u64, Option<PathBuf>)> {
    let own = |path: &Path| {
        let path = path.to_string_lossy();
        ITS_OWN.iter().any(|own| path.starts_with(own))
    };
    let mut found = Vec::new();
    for (path, (state, at)) in after {
        let how = match before.get(path) {
            Some((was, _)) if was == state => continue,
            _ if state.whiteout => Remains::Deleted,
            Some(_) => Remains::Changed,
            // What lies over a file of the machine's was there as well.
            None if is_of_machine(path) => Remains::Changed,
            None => Remains::Added,
        };
        found.push((path.clone(), how, state.bytes, Some(at.clone())));
    }
    let gone = before.iter().filter(|(path, _)| !after.contains_key(*path));
    found.extend(gone.map(|(path, _)| (path.clone(), Remains::Deleted, 0, None)));
    found.retain(|(path, ..)| !own(path));
    found
}

/// Whether the machine has a file there, which the side is shown.
fn is_of_machine(path: &Path) -> bool {
    let mut shown = PROGRAMS.iter().map(|name| Path::new("/").join(name));
    shown.any(|top| path.starts_with(top)) && fs::symlink_metadata(path).is_ok()
}

fn system_files(installed: &Installed) -> Result<Files, Stop> {
    let found = installed.files().map_err(failed)?;
    Ok(states(found))
}

fn home_files(home: &Path) -> Result<Files, Stop> {
    let found = Installed::files_below(home, Path::new(SIDE_HOME)).map_err(failed)?;
    Ok(states(found))
}

fn failed(e: std::io::Error) -> Stop {
    Stop::new(Failure::Stage, format!("list what is installed: {e}"))
}

fn states(found: Vec<(PathBuf, PathBuf)>) -> Files {
    let state = |(at, seen): (PathBuf, PathBuf)| {
        let meta = fs::symlink_metadata(&at).ok()?;
        let whiteout = meta.file_type().is_char_device() && meta.rdev() == 0;
        let state = State {
            bytes: if whiteout { 0 } else { meta.len() },
            changed_ns: (meta.mtime(), meta.mtime_nsec()),
            whiteout,
        };
        Some((seen, (state, at)))
    };
    found.into_iter().filter_map(state).collect()
}

/// Desktop entries say which addresses a program opens.
fn says_what_for(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name == "mimeapps.list" || path.extension().is_some_and(|end| end == "desktop")
}

fn text(at: &Path) -> Option<String> {
    let file = files::open(at).ok()?;
    let mut bytes = Vec::new();
    file.take(TEXT_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: u64, whiteout: bool) -> (State, PathBuf) {
        let state = State {
            bytes,
            changed_ns: (1, 0),
            whiteout,
        };
        (state, PathBuf::from("/nowhere"))
    }

    #[test]
    fn what_is_another_remains_and_what_is_the_package_manager_s_does_not() {
        let before = Files::from([
            ("/etc/same".into(), file(1, false)),
            ("/etc/longer".into(), file(1, false)),
            ("/etc/gone".into(), file(1, false)),
            ("/var/lib/dpkg/status".into(), file(1, false)),
        ]);
        let after = Files::from([
            ("/etc/same".into(), file(1, false)),
            ("/etc/longer".into(), file(2, false)),
            ("/opt/app/new".into(), file(3, false)),
            ("/usr/bin/hidden".into(), file(0, true)),
            ("/var/lib/dpkg/status".into(), file(2, false)),
        ]);
        let found: Vec<(String, Remains)> = remains(&before, &after)
            .into_iter()
            .map(|(path, how, ..)| (path.display().to_string(), how))
            .collect();
        let wanted = [
            ("/etc/longer", Remains::Changed),
            ("/opt/app/new", Remains::Added),
            ("/usr/bin/hidden", Remains::Deleted),
            ("/etc/gone", Remains::Deleted),
        ];
        assert_eq!(found, wanted.map(|(path, how)| (path.to_owned(), how)));
    }
}
