//! Where a program lies that is installed for one session: over the machine's own folders, by overlayfs.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use nix::mount::{MsFlags, mount};
use serde::{Deserialize, Serialize};

use crate::ns::{self, NsError, doing};
use crate::os_path;

/// Folders of programs.
pub const PROGRAMS: [&str; 8] = [
    "usr", "opt", "bin", "sbin", "lib", "lib32", "lib64", "libx32",
];

/// Where everything that is installed lies on the stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installed {
    #[serde(with = "os_path")]
    pub(crate) dir: PathBuf,
}

impl Installed {
    /// Everything that lies there now: where it is, and its path in the view of a side; folders are not listed. The
    /// user's home is none of it.
    pub fn files(&self) -> io::Result<Vec<(PathBuf, PathBuf)>> {
        let mut found = Vec::new();
        for (there, seen) in [("upper", "/"), ("etc", "/etc"), ("var", "/var")] {
            found.extend(Installed::files_below(
                &self.dir.join(there),
                Path::new(seen),
            )?);
        }
        Ok(found)
    }

    /// All files below a folder, likewise; `seen` is where the side sees the folder.
    pub fn files_below(top: &Path, seen: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
        let mut found = Vec::new();
        if top.is_dir() {
            walk(top, &mut |path| {
                let rest = path.strip_prefix(top).unwrap_or(path);
                found.push((path.to_owned(), seen.join(rest)));
            })?;
        }
        Ok(found)
    }

    /// Shows a folder of programs with what was installed over it, where it can be read only.
    pub(crate) fn show(&self, name: &str, at: &Path) -> Result<(), NsError> {
        let upper = self.dir.join("upper").join(name);
        if !upper.is_dir() {
            return ns::bind_read_only(&Path::new("/").join(name), at);
        }
        overlay(at, &format!("lowerdir={}:/{name}", upper.display()))?;
        ns::set_read_only(at)
    }

    /// Adds to a side's `/etc` what was installed there.
    pub(crate) fn add_etc(&self, etc: &Path) -> Result<(), NsError> {
        let ours = self.dir.join("etc");
        let mut files = Vec::new();
        doing(
            "list what was installed",
            walk(&ours, &mut |p| files.push(p.to_owned())),
        )?;
        for file in files {
            let rest = file.strip_prefix(&ours).unwrap_or(&file);
            let to = etc.join(rest);
            // What is shown of the machine's stays that.
            if fs::symlink_metadata(&to).is_err() {
                let _ = copy(&file, &to);
            }
        }
        Ok(())
    }
}

pub(crate) fn overlay(at: &Path, options: &str) -> Result<(), NsError> {
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    // Without rights over the machine, overlayfs keeps its notes in attributes of users (Linux 5.11).
    let options = format!("{options},userxattr");
    doing(
        format!("mount an overlay at {} (needs Linux 5.11)", at.display()),
        mount(
            Some("overlay"),
            at,
            Some("overlay"),
            flags,
            Some(options.as_str()),
        ),
    )
}

/// Copies files, folders and links; nothing else.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let meta = fs::symlink_metadata(from)?;
    if let Some(parent) = to.parent() {
        fs::create_dir_all(parent)?;
    }
    if meta.is_symlink() {
        return symlink(fs::read_link(from)?, to);
    }
    if meta.is_file() {
        io::copy(&mut File::open(from)?, &mut File::create(to)?)?;
        return fs::set_permissions(
            to,
            fs::Permissions::from_mode(meta.permissions().mode() & 0o777),
        );
    }
    if meta.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)?.flatten() {
            // As a lock or a private file may be.
            let _ = copy(&entry.path(), &to.join(entry.file_name()));
        }
    }
    Ok(())
}

/// Calls `each` with every file and link below a folder, following none.
fn walk(folder: &Path, each: &mut impl FnMut(&Path)) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => walk(&entry.path(), each)?,
            false => each(&entry.path()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_links_are_copied_and_listed() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::create_dir_all(from.join("a")).unwrap();
        fs::write(from.join("a/file"), "x").unwrap();
        symlink("/nowhere", from.join("link")).unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(fs::read(to.join("a/file")).unwrap(), b"x");
        assert_eq!(
            fs::read_link(to.join("link")).unwrap(),
            Path::new("/nowhere")
        );
        let mut all = Vec::new();
        walk(&to, &mut |path| all.push(path.to_owned())).unwrap();
        all.sort();
        assert_eq!(all, [to.join("a/file"), to.join("link")]);
    }
}
