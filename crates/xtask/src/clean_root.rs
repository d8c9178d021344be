//! The package in a clean root of a release: installed, used by a person without root, removed.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::roots::{inside, make_with};
use crate::run::{Done, root, run};

/// What a clean root has beside a base: nothing of ours, and nothing that the package should bring itself.
const PACKAGES: &str = "ca-certificates,mount,passwd,procps";

/// Before every script: quiet package tools, and names for what is asked again and again.
const BEFORE: &str = r#"
set -eu
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
helper=/usr/libexec/muteproof/muteproof-helper
as_person() { su - person -c "$1"; }
quietly() { "$@" >/tmp/said 2>&1 || { cat /tmp/said >&2; exit 1; }; }
"#;

/// Everything that the package needs, by apt's own word, and a person: what is there before it.
const PREPARE: &str = r#"
quietly apt-get update
needed=$(apt-get --simulate --no-install-recommends install "$1" | awk '$1 == "Inst" && $2 != "muteproof" { print $2 }')
quietly apt-get install --yes --no-install-recommends $needed
useradd --create-home --shell /bin/sh person
echo "needs: $(echo $needed | wc -w) packages"
"#;

/// Every path but those of the kernel, of apt's and dpkg's own books, and the person's.
const LIST: &str = r#"
find / \( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /.old -o -path "$2" \
    -o -path /var/cache/apt -o -path /var/lib/apt -o -path /var/log -o -path /home/person \) -prune \
    -o ! -name '*-old' -print | sort
"#;

/// Installs, and says what its helper may.
const INSTALL: &str = r#"
quietly apt-get install --yes --no-install-recommends "$1"
dpkg-query --show --showformat 'installed: ${Package} ${Version}, ${Installed-Size} KiB\n' muteproof
test -z "$(getcap $helper)"
echo "helper, not asked for: no rights"
"#;

/// What a person does with it. The specimen leaks: that has to be found.
const USE: &str = r#"
as_person 'muteproof --version'
as_person 'muteproof doctor'
code=0
as_person 'muteproof audit specimen-clear-text --profile smoke --quiet --out audit' || code=$?
echo "audit of a specimen that leaks: exit code $code"
test "$code" = 1
"#;

/// With a yes to the question the helper has its rights, and with a no it has none again.
const ASKED: &str = r#"
answer() {
    echo "muteproof muteproof/trace boolean $1" | debconf-set-selections
    quietly dpkg-reconfigure --frontend noninteractive muteproof
}
answer true
echo "helper, asked for: $(getcap $helper)"
test -n "$(getcap $helper)"
answer false
test -z "$(getcap $helper)"
"#;

/// Removes it, and says what is left at the person's.
const REMOVE: &str = r#"
quietly apt-get purge --yes muteproof
echo "left in the person's home, theirs:"
(cd /home/person && find . -mindepth 1 -maxdepth 4 -type f -not -name '.bash*' -not -name .profile | sort | head -20)
"#;

/// Installs `deb` in a clean root of `release`, uses it as a person without root, removes it, and says what
/// each step showed. An error is what a package should not do, a file that stays behind among them.
pub fn try_package(release: &str, deb: &Path) -> Done {
    println!("\n──── {release} ────");
    let clean = make_with(release, "clean", PACKAGES)?;
    // Used once: the clean one stays clean.
    let place = clean.with_extension("tried");
    let _ = fs::remove_dir_all(&place);
    run(Command::new("cp").arg("-a").arg(&clean).arg(&place))?;
    let tried = tried(&place, deb);
    let _ = fs::remove_dir_all(&place);
    tried
}

fn tried(place: &Path, deb: &Path) -> Done {
    show(place, deb, PREPARE)?;
    let before = listed(place, deb)?;
    for script in [INSTALL, USE, ASKED] {
        show(place, deb, script)?;
    }
    let with = listed(place, deb)?;
    show(place, deb, REMOVE)?;
    let after = listed(place, deb)?;
    println!(
        "files and folders: {} came with it",
        differing(&with, &before).len()
    );
    let left = differing(&after, &before);
    let gone = differing(&before, &after);
    if !left.is_empty() || !gone.is_empty() {
        return Err(format!(
            "after it was removed there are\n{}\nand no longer\n{}",
            left.join("\n"),
            gone.join("\n")
        ));
    }
    println!("left of it: nothing");
    Ok(())
}

/// What is in one list and not in the other.
fn differing<'a>(one: &'a [String], other: &[String]) -> Vec<&'a str> {
    let other: std::collections::BTreeSet<&String> = other.iter().collect();
    let only = one.iter().filter(|path| !other.contains(path));
    only.map(String::as_str).collect()
}

fn script(place: &Path, deb: &Path, script: &str) -> Result<Output, String> {
    let mut command = inside(place, Path::new("sh"));
    command.args(["-c", &format!("{BEFORE}{script}"), "sh"]);
    command.arg(deb).arg(root());
    command.output().map_err(|e| format!("setsid: {e}"))
}

fn show(place: &Path, deb: &Path, what: &str) -> Done {
    let output = script(place, deb, what)?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("a step failed ({}):{what}", output.status)),
    }
}

fn listed(place: &Path, deb: &Path) -> Result<Vec<String>, String> {
    let output = script(place, deb, LIST)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let paths: Vec<String> = text.lines().map(str::to_owned).collect();
    match output.status.success() && paths.len() > 1000 {
        true => Ok(paths),
        false => Err(format!(
            "the root cannot be listed: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_behind_is_told() {
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (before, after) = (lines("/a /b"), lines("/b /c"));
        assert_eq!(differing(&after, &before), ["/c"]);
        assert_eq!(differing(&before, &after), ["/a"]);
        assert!(differing(&before, &before).is_empty());
    }
}
