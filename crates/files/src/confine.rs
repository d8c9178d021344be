//! What root gives up before it reads what somebody else may have made.
//!
//! muteproof needs no root, and gains nothing by it but the helper. Where it is started so all the same, the part
//! that reads captures, bundles and exports keeps the right to read and to write, and nothing else: it writes only
//! beneath the folders that it was told of, runs no program, connects nowhere over TCP, and has no other
//! capability. By Landlock (landlock(7)) and capabilities(7); what the kernel has of Landlock is used.

use std::io;
use std::path::{Path, PathBuf};

use caps::{CapSet, Capability};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset, RulesetAttr,
    RulesetCreatedAttr,
};

/// The newest rules that are known here; an older kernel has fewer.
const RULES: ABI = ABI::V6;

/// What is kept: files are read and written whosever they are, and given back to whose they were.
const KEPT: [Capability; 5] = [
    Capability::CAP_DAC_OVERRIDE,
    Capability::CAP_DAC_READ_SEARCH,
    Capability::CAP_CHOWN,
    Capability::CAP_FOWNER,
    Capability::CAP_KILL,
];

/// Binds the calling thread, and what it starts from here on, to writing beneath `writable`. Of one that is not
/// there yet the folder that it will be made in is meant, all of it. Nothing for who is not root.
pub fn confine(writable: &[&Path]) -> io::Result<()> {
    // SAFETY: asks for our own number.
    if unsafe { libc::geteuid() } != 0 {
        return Ok(());
    }
    let other = |e: &dyn std::fmt::Display| io::Error::other(e.to_string());
    for set in [CapSet::Inheritable, CapSet::Effective, CapSet::Permitted] {
        let kept = match set {
            CapSet::Inheritable => Default::default(),
            _ => caps::read(None, set)
                .map_err(|e| other(&e))?
                .into_iter()
                .filter(|one| KEPT.contains(one))
                .collect(),
        };
        caps::set(None, set, &kept).map_err(|e| other(&e))?;
    }
    let all = AccessFs::from_all(RULES);
    let read = AccessFs::ReadFile | AccessFs::ReadDir;
    let write = all & !BitFlags::from(AccessFs::Execute);
    let mut rules = vec![
        (PathBuf::from("/"), read),
        (PathBuf::from("/dev"), read | AccessFs::WriteFile),
    ];
    for path in writable {
        let path = std::path::absolute(path)?;
        rules.push((there(&path), write));
        // A folder that turns out to hold nothing is removed again.
        if let Some(above) = path.parent().filter(|above| above.is_dir()) {
            rules.push((above.to_owned(), AccessFs::RemoveDir.into()));
        }
    }
    let ruleset = Ruleset::default()
        .handle_access(all)
        .and_then(|rules| rules.handle_access(AccessNet::from_all(RULES)))
        .and_then(Ruleset::create);
    let mut ruleset = ruleset.map_err(|e| other(&e))?;
    for (path, access) in rules {
        let beneath = PathFd::new(&path).map_err(|e| other(&e))?;
        ruleset = ruleset
            .add_rule(PathBeneath::new(beneath, access))
            .map_err(|e| other(&e))?;
    }
    ruleset.restrict_self().map_err(|e| other(&e))?;
    Ok(())
}

/// What is there of a path from the root.
fn there(path: &Path) -> PathBuf {
    let found = path.ancestors().find(|above| above.exists());
    found.unwrap_or(Path::new("/dev/null")).to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::{TcpListener, TcpStream};
    use std::process::Command;
    use std::thread;

    use super::*;

    /// Binds its own thread alone.
    #[test]
    fn root_writes_only_where_it_was_told_and_runs_nothing() {
        // SAFETY: asks for our own number.
        if unsafe { libc::geteuid() } != 0 {
            println!("skipped: only root has something to give up");
            return;
        }
        let (mine, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(other.path().join("read"), "x").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        thread::scope(|scope| {
            let bound = scope.spawn(|| {
                confine(&[mine.path(), &mine.path().join("not/yet")]).unwrap();
                fs::create_dir_all(mine.path().join("not/yet")).unwrap();
                fs::write(mine.path().join("not/yet/file"), "x").unwrap();
                assert_eq!(fs::read(other.path().join("read")).unwrap(), b"x");
                let denied =
                    |e: io::Error| assert_eq!(e.kind(), io::ErrorKind::PermissionDenied, "{e}");
                denied(fs::write(other.path().join("read"), "y").unwrap_err());
                denied(fs::write(other.path().join("new"), "y").unwrap_err());
                denied(Command::new("/bin/true").status().unwrap_err());
                denied(TcpStream::connect(to).unwrap_err());
                let rights = caps::read(None, CapSet::Permitted).unwrap();
                assert!(
                    rights.iter().all(|right| KEPT.contains(right)),
                    "{rights:?}"
                );
            });
            bound.join().unwrap();
        });
        assert!(
            Command::new("/bin/true").status().unwrap().success(),
            "another thread is not bound"
        );
    }

    #[test]
    fn of_what_is_not_there_yet_the_place_is_meant() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().canonicalize().unwrap();
        assert_eq!(there(&place.join("a/b")), place);
        assert_eq!(there(&place), place);
    }
}
