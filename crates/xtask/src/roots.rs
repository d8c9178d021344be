//! Other systems: Debian's releases, each in a root of its own made from its packages.
//!
//! A root is entered by a mount namespace and `pivot_root`: a chroot forbids user namespaces, of which a
//! stage is made. The checkout lies at the same place in it, and what was built here runs there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{root, run, said};
use crate::setup::{install, is_root};

/// Releases by Debian's names, the one after `bookworm` first.
pub const RELEASES: [&str; 3] = ["trixie", "forky", "bookworm"];

/// What a root has beside a base: sound servers, display, and the apps that are audited there.
const PACKAGES: &str = "ca-certificates,dbus,dbus-daemon,iproute2,libasound2-plugins,mount,mumble,\
    mumble-server,baresip-core,openbox,openssl,pipewire,pipewire-bin,pipewire-pulse,procps,pulseaudio,\
    pulseaudio-utils,sqlite3,wireplumber,xdotool,xvfb";

/// A mirror that is kept at some day has lists of packages that say of themselves that they are too old, those of
/// testing after a week. They are signed all the same.
const OLD_LISTS: &str = "--aptopt=Acquire::Check-Valid-Until \"false\"";

/// Moves into the root `$1` with the checkout at `$2`, and there runs the rest. A toolchain that
/// `MUTEPROOF_RUST` names lies in `/opt/rust` there.
const ENTER: &str = r#"
set -e
new=$1 checkout=$2
shift 2
mount --make-rprivate /
mount --bind "$new" "$new"
cd "$new"
mkdir -p ".$checkout" .old
mount --bind "$checkout" ".$checkout"
if [ -n "${MUTEPROOF_RUST:-}" ]; then
    mkdir -p opt/rust
    mount --bind "$MUTEPROOF_RUST" opt/rust
fi
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
mount -t tmpfs -o mode=0755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
pivot_root . .old
umount -l /.old
cd "$checkout"
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
exec "$@"
"#;

/// The root of a release with everything that audits need.
pub fn make(release: &str) -> Result<PathBuf, String> {
    make_with(release, "", PACKAGES)
}

/// A root of a release, `kind` of its name, made where it is not there: some minutes, and Debian's packages.
pub fn make_with(release: &str, kind: &str, packages: &str) -> Result<PathBuf, String> {
    if !RELEASES.contains(&release) {
        let known = RELEASES.join("`, `");
        return Err(format!(
            "there is no release `{release}`; there are `{known}`"
        ));
    }
    if !is_root() {
        return Err("a root of another system is made and entered by root alone".to_owned());
    }
    let mut place = root().join("target/roots").join(release);
    if !kind.is_empty() {
        place.set_extension(kind);
    }
    if place.join("etc/os-release").exists() {
        return Ok(place);
    }
    if said(Command::new("mmdebstrap").arg("--version")).is_err() {
        install(&["mmdebstrap"])?;
    }
    let parent = place.parent().unwrap_or(&place);
    fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
    // Under another name until it is whole.
    let begun = place.with_extension("begun");
    let _ = fs::remove_dir_all(&begun);
    println!(
        "Making a root of Debian {release}{} …",
        if kind.is_empty() { "" } else { ", clean" }
    );
    run(Command::new("mmdebstrap")
        .args(["--quiet", "--variant=apt", OLD_LISTS])
        .args(["--include", packages, release])
        .arg(&begun))?;
    fs::rename(&begun, &place).map_err(|e| format!("{}: {e}", place.display()))?;
    Ok(place)
}

/// A command in a root. In a session of its own, since the kernel's scheduler weighs sessions against each other
/// first (sched(7), "The autogroup feature"): what plays in real time there is not to share the weight of what is
/// built in this one.
pub fn inside(place: &Path, program: &Path) -> Command {
    let mut command = Command::new("setsid");
    command.args([
        "--wait",
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "sh",
        "-c",
        ENTER,
        "sh",
    ]);
    command.arg(place).arg(root()).arg(program);
    command
}
