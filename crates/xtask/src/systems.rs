//! The program on other systems: Debian's releases, each in a root of its own made from its packages.
//!
//! A root is entered by a mount namespace and `pivot_root`: a chroot forbids user namespaces, of which a
//! stage is made. The checkout lies at the same place in it, and what was built here runs there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::run::{Done, option, programs, root, run, said};
use crate::setup::{install, is_root};

/// Releases by Debian's names, the one after `bookworm` first.
const RELEASES: [&str; 3] = ["trixie", "forky", "bookworm"];

/// What a root has beside a base: sound servers, display, and the apps that are audited there.
const PACKAGES: &str = "ca-certificates,dbus,dbus-daemon,iproute2,libasound2-plugins,mount,mumble,\
    mumble-server,baresip-core,openbox,openssl,pipewire,pipewire-bin,pipewire-pulse,procps,pulseaudio,\
    pulseaudio-utils,sqlite3,wireplumber,xdotool,xvfb";

/// Audits in a root, and the sound servers they are made with.
const AUDITS: [&str; 5] = [
    "specimen-clear-text",
    "specimen-window-mute",
    "specimen-honest",
    "mumble",
    "baresip-pcmu",
];
const SERVERS: [&str; 2] = ["pulseaudio", "pipewire"];

/// Moves into the root `$1` with the checkout at `$2`, and there runs the rest.
const ENTER: &str = r#"
set -e
new=$1 checkout=$2
shift 2
mount --make-rprivate /
mount --bind "$new" "$new"
cd "$new"
mkdir -p ".$checkout" .old
mount --bind "$checkout" ".$checkout"
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
        .args(["--quiet", "--variant=apt", "--include", packages, release])
        .arg(&begun))?;
    fs::rename(&begun, &place).map_err(|e| format!("{}: {e}", place.display()))?;
    Ok(place)
}

/// A command in a root.
pub fn inside(place: &Path, program: &Path) -> Command {
    let mut command = Command::new("unshare");
    command.args([
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

/// What CI asks of another system: one audit that has to find a leak.
pub fn short(release: &str) -> Done {
    let place = make(release)?;
    let found = audit(&place, "specimen-clear-text", "pipewire")?;
    println!("{release}: {}", found.line());
    if found.verdict != "leaks" {
        return Err(format!(
            "{release}: the specimen that leaks was not found out: {}",
            found.line()
        ));
    }
    Ok(())
}

/// The microphone switch's tests.
pub fn switch(release: &str) -> Done {
    let place = make(release)?;
    let tests = said(
        crate::run::cargo(&[
            "test",
            "--workspace",
            "--no-run",
            "--message-format=json",
            "--quiet",
        ])
        .stderr(std::process::Stdio::null()),
    )?;
    let of_the_switch = |line: &&str| line.contains("crates/cli/tests/mic.rs\"");
    let executable = tests.lines().filter(of_the_switch).find_map(|line| {
        let (_, rest) = line.split_once("\"executable\":\"")?;
        Some(PathBuf::from(rest.split('"').next()?))
    });
    let switch = executable.ok_or("cargo does not say where the switch's tests are")?;
    run(inside(&place, &switch).args(["--test-threads", "2"]))
}

/// `cargo xtask systems [--only RELEASE]`: audits on each release, as a table in docs/platforms.md.
pub fn systems(args: &[String]) -> Done {
    crate::run::use_development_build();
    crate::run::build()?;
    let only = option(args, "--only");
    let wanted = RELEASES
        .iter()
        .filter(|r| only.is_none_or(|only| only == **r));
    let mut places = Vec::new();
    for release in wanted {
        places.push(make(release)?);
    }
    // The releases side by side, as three audits are what two cores bear.
    let rows = thread::scope(|scope| {
        let each = places.iter().map(|place| scope.spawn(|| rows(place)));
        let each: Vec<_> = each.collect();
        let joined = each.into_iter().map(|thread| thread.join());
        joined
            .map(|rows| rows.unwrap_or_else(|_| Err("a thread panicked".to_owned())))
            .collect::<Result<Vec<String>, String>>()
    })?;
    let page = String::from(HEAD) + &rows.concat();
    let out = root().join("docs/platforms.md");
    match only {
        None => fs::write(&out, page).map_err(|e| format!("{}: {e}", out.display())),
        Some(_) => {
            print!("{page}");
            Ok(())
        }
    }
}

/// The table's rows of one release.
fn rows(place: &Path) -> Result<String, String> {
    let mut rows = String::new();
    for server in SERVERS {
        for recipe in AUDITS {
            let found = audit(place, recipe, server)?;
            println!("{recipe}, {}", found.line());
            rows += &format!(
                "| {} | {} | {recipe} | {} | {} | {} |\n",
                found.system, found.server, found.version, found.verdict, found.microphone
            );
        }
    }
    Ok(rows)
}

const HEAD: &str = "\
# Other systems

Generated by `cargo xtask systems`; do not edit. Each row is an audit in the profile `smoke` in a root of the
named release, made from its packages (`mmdebstrap`) and entered by a mount namespace. No account has the uid
1000 there, no system bus runs, nothing traces calls. Kernel and processor are those of the machine that ran it.

| system | sound server | recipe | version | verdict | microphone while muted |
|---|---|---|---|---|---|
";

/// What an audit came to.
struct Found {
    system: String,
    server: String,
    version: String,
    verdict: String,
    microphone: String,
}

impl Found {
    fn line(&self) -> String {
        format!("{}, {}: {}", self.system, self.server, self.verdict)
    }
}

fn audit(place: &Path, recipe: &str, server: &str) -> Result<Found, String> {
    let out = root().join("target/systems").join(format!(
        "{}-{server}-{recipe}",
        place.file_name().unwrap_or_default().to_string_lossy()
    ));
    let _ = fs::remove_dir_all(&out);
    let mut audit = inside(place, &programs().join("muteproof"));
    audit
        .args([
            "audit",
            recipe,
            "--profile",
            "smoke",
            "--quiet",
            "--sound",
            server,
            "--out",
        ])
        .arg(&out);
    let output = audit.output().map_err(|e| format!("unshare: {e}"))?;
    let report = fs::read_to_string(out.join("report.json")).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("{recipe} with {server}: {}", said.trim())
    })?;
    // No dependency reads JSON here; the report's own words are all that is wanted.
    let behind = |mark: &str| {
        let (_, rest) = report.split_once(mark)?;
        Some(rest.split('"').nth(1)?.replace('_', " "))
    };
    let fact = |name: &str| {
        let (_, rest) = report.split_once(&format!("\"{name}\""))?;
        Some(rest.split('"').nth(1)?.to_owned())
    };
    let word = |found: Option<String>| found.unwrap_or_else(|| "–".to_owned());
    Ok(Found {
        system: word(fact("system")),
        server: word(fact("sound server")),
        version: word(fact("version")),
        verdict: word(verdict(&report)),
        microphone: word(behind("\"microphone\":")),
    })
}

/// The word behind `is` in the report's verdict.
fn verdict(report: &str) -> Option<String> {
    let (_, rest) = report.split_once("\"verdict\"")?;
    let (_, rest) = rest.split_once("\"is\"")?;
    Some(rest.split('"').nth(1)?.replace('_', " "))
}
