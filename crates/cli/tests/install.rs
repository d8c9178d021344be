//! `muteproof flows --network sink --install`: what stays of a package that was removed by its own means, and that the
//! machine outside is as it was.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use common::package::package;
use common::{Said, muteproof, run, said, skip, specimens};
use serde_json::Value;

fn installed(dir: &Path, packages: &[&Path], app: &[&str]) -> Option<Said> {
    specimens();
    let out = dir.join("run").display().to_string();
    let mut command = muteproof(&["flows", "--network", "sink", "--seconds", "4"]);
    command.args(["--format", "json", "--out", &out]);
    for package in packages {
        command.arg("--install").arg(package);
    }
    let said = said(command.arg("--").args(app));
    let lacks = ["namespace", "is missing", "overlay"];
    if said.code == Some(3) && lacks.iter().any(|word| said.err.contains(word)) {
        skip(&said.err);
        return None;
    }
    Some(said)
}

/// Every file's length and time of change in the places that packages write to.
fn machine() -> BTreeMap<PathBuf, (u64, SystemTime)> {
    fn walk(dir: &Path, found: &mut BTreeMap<PathBuf, (u64, SystemTime)>) {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            let Ok(meta) = entry.path().symlink_metadata() else {
                continue;
            };
            if meta.is_dir() {
                walk(&entry.path(), found);
            }
            found.insert(entry.path(), (meta.len(), meta.modified().unwrap()));
        }
    }
    let mut found = BTreeMap::new();
    for top in [
        "/etc",
        "/opt",
        "/usr/bin",
        "/usr/local",
        "/usr/lib/systemd",
        "/usr/share/applications",
        "/var/lib/dpkg",
        "/var/lib/flatpak",
    ] {
        walk(Path::new(top), &mut found);
    }
    found
}

fn flows(said: &Said) -> Value {
    serde_json::from_str(&said.out).unwrap_or_else(|e| panic!("{e}: {}{}", said.out, said.err))
}

fn stays(said: &Said) -> Vec<(String, String)> {
    let flows = flows(said);
    let removal = &flows["leftovers"]["removal"];
    assert_eq!(removal["looked"], true, "{removal}");
    assert_eq!(removal["failed"], serde_json::json!([]), "{removal}");
    let files = removal["files"].as_array().expect("files");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let file = |file: &Value| (text(&file["purpose"]["is"]), text(&file["path"]));
    files.iter().map(file).collect()
}

#[test]
fn what_a_package_leaves_behind_is_listed_and_the_machine_is_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let name = "muteproof-specimen-leaves";
    let Some(package) = package(dir.path(), name, true) else {
        return;
    };
    let before = machine();
    let Some(said) = installed(dir.path(), &[&package], &[name]) else {
        return;
    };
    let after = machine();
    let differ: Vec<&PathBuf> = before
        .iter()
        .filter(|(path, state)| after.get(*path) != Some(state))
        .map(|(path, _)| path)
        .chain(after.keys().filter(|path| !before.contains_key(*path)))
        .collect();
    assert_eq!(differ, [] as [&PathBuf; 0]);
    let wanted = [
        ("certificate", "/usr/local/share/ca-certificates/NAME.crt"),
        ("autostart", "/etc/xdg/autostart/NAME-helper.desktop"),
        ("user_unit", "/usr/lib/systemd/user/NAME-helper.service"),
        ("cron", "/etc/cron.daily/NAME"),
        (
            "native_messaging",
            "/etc/chromium/native-messaging-hosts/NAME.json",
        ),
        ("url_handler", "/usr/share/applications/NAME-join.desktop"),
        ("home", "/home/user/.NAME/settings"),
        ("other", "/opt/NAME-helper"),
    ];
    let wanted = wanted.map(|(purpose, path)| (purpose.to_owned(), path.replace("NAME", name)));
    assert_eq!(stays(&said), wanted, "{}", said.err);
}

/// Its honest twin: what it wrote into the user's home stays, and nothing else.
#[test]
fn of_a_tidy_package_only_the_user_s_own_settings_stay() {
    let dir = tempfile::tempdir().unwrap();
    let name = "muteproof-specimen-tidy";
    let Some(package) = package(dir.path(), name, false) else {
        return;
    };
    let Some(said) = installed(dir.path(), &[&package], &[name]) else {
        return;
    };
    let settings = format!("/home/user/.{name}/settings");
    assert_eq!(
        stays(&said),
        [("home".to_owned(), settings)],
        "{}",
        said.err
    );
}

/// An app in a bundle of Flatpak's, with its runtime in another: it runs in Flatpak's own sandbox, and what stays is
/// what it wrote, for Flatpak keeps that.
#[test]
#[ignore = "half a minute: cargo xtask flows --truth"]
fn of_a_flatpak_its_settings_stay() {
    if let Some(missing) = ["flatpak", "bwrap", "curl"]
        .iter()
        .find(|p| !common::installed(p))
    {
        return skip(&format!("{missing} is not installed"));
    }
    let dir = tempfile::tempdir().unwrap();
    let make = common::repository().join("testdata/flatpak/make.sh");
    let mut sh = Command::new("sh");
    sh.arg(make).arg("--bundles").arg(dir.path()).arg("curl");
    let made = said(sh.env("HOME", dir.path()));
    assert_eq!(made.code, Some(0), "{}", made.err);
    let [runtime, app] = ["runtime", "app"].map(|name| dir.path().join(format!("{name}.flatpak")));
    let script = "echo 1 > \"$XDG_CONFIG_HOME/settings\"; curl -s -m 3 http://metrics.example.net/from-a-flatpak";
    let start = [
        "flatpak",
        "run",
        "--command=sh",
        "test.muteproof.App",
        "-c",
        script,
    ];
    let before = machine();
    let Some(said) = installed(dir.path(), &[&runtime, &app], &start) else {
        return;
    };
    assert_eq!(machine(), before);
    let flows = flows(&said);
    let urls = flows["sent"].as_array().expect("requests");
    let sent = |one: &Value| one["url"] == "http://metrics.example.net/from-a-flatpak";
    assert!(urls.iter().any(sent), "{urls:?}");
    let settings = "/home/user/.var/app/test.muteproof.App/config/settings";
    assert_eq!(
        stays(&said),
        [("home".to_owned(), settings.to_owned())],
        "{}",
        said.err
    );
}

/// A bundle does not hold the runtime that its app needs: who leaves it out is told by Flatpak.
#[test]
fn a_flatpak_without_its_runtime_is_told_in_one_line() {
    if let Some(missing) = ["flatpak", "bwrap"].iter().find(|p| !common::installed(p)) {
        return skip(&format!("{missing} is not installed"));
    }
    let dir = tempfile::tempdir().unwrap();
    let make = common::repository().join("testdata/flatpak/make.sh");
    let mut sh = Command::new("sh");
    sh.arg(make).arg("--bundles").arg(dir.path()).arg("sh");
    let made = said(sh.env("HOME", dir.path()));
    assert_eq!(made.code, Some(0), "{}", made.err);
    let app = dir.path().join("app.flatpak");
    let Some(said) = installed(
        dir.path(),
        &[&app],
        &["flatpak", "run", "test.muteproof.App"],
    ) else {
        return;
    };
    assert!(
        said.err
            .contains("app.flatpak could not be installed: error: The application"),
        "{}",
        said.err
    );
    assert!(
        said.err
            .contains("requires the runtime test.muteproof.Platform"),
        "{}",
        said.err
    );
}

#[test]
fn what_is_no_package_is_told_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let text = dir.path().join("app.txt");
    fs::write(&text, "no package").unwrap();
    let broken = dir.path().join("app.deb");
    fs::write(&broken, "no package either").unwrap();
    let missing = dir.path().join("missing.deb");
    let said = |file: &Path| {
        let file = file.display().to_string();
        let out = dir.path().join("run").display().to_string();
        run(&[
            "flows",
            "--network",
            "sink",
            "--out",
            &out,
            "--install",
            &file,
            "--",
            "app",
        ])
    };
    let none = said(&text);
    assert_eq!(none.code, Some(3), "{}", none.err);
    assert!(
        none.err.contains("no package that can be installed"),
        "{}",
        none.err
    );
    let none = said(&missing);
    assert_eq!(none.code, Some(3), "{}", none.err);
    assert!(none.err.contains("missing.deb"), "{}", none.err);
    let broken = said(&broken);
    let lacks = ["namespace", "is missing", "overlay", "there is no program"];
    match lacks.iter().any(|word| broken.err.contains(word)) {
        true => skip(&broken.err),
        false => assert!(
            broken.err.contains("app.deb could not be installed: dpkg"),
            "{}",
            broken.err
        ),
    }
}
