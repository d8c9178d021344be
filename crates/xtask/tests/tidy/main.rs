//! Layering as a test: the arrows of docs/ARCHITECTURE.md, and what pure crates may not touch.

mod circles;
mod named;
mod packaging;
mod picture;
mod words;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Crates without clock, files, environment, threads, unseeded randomness or `unsafe`.
const PURE: [&str; 23] = [
    "a11y",
    "dataflow",
    "dice",
    "record",
    "stimulus",
    "wire",
    "inspect",
    "features",
    "stats",
    "plan",
    "verdict",
    "report",
    "review",
    "recipe",
    "simulate",
    "tap",
    "miclog",
    "parties",
    "attack",
    "inference",
    "switch",
    "voices",
    "pdftext",
];

/// Arrows that must not exist, beyond "pure crates depend on pure crates".
const FORBIDDEN: [(&str, &[&str]); 3] = [
    // Features are computed blind: no coin, no seed, no statistics.
    ("features", &["stimulus", "stats", "verdict"]),
    // Numbers only.
    (
        "stats",
        &["record", "stimulus", "wire", "features", "verdict"],
    ),
    (
        "record",
        &[
            "stimulus", "wire", "features", "stats", "verdict", "report", "recipe",
        ],
    ),
];

/// What source of a pure crate may not say, and why.
const BANNED: [(&str, &str); 13] = [
    ("std::fs", "files"),
    ("std::env", "environment"),
    ("std::thread", "threads"),
    ("std::process", "processes"),
    ("Instant::now", "a clock"),
    ("SystemTime", "a clock"),
    ("TcpStream", "sockets"),
    ("UdpSocket", "sockets"),
    ("UnixStream", "sockets"),
    ("getrandom", "unseeded randomness"),
    ("thread_rng", "unseeded randomness"),
    ("rand::rng", "unseeded randomness"),
    ("unsafe {", "unsafe code"),
];

/// Dependencies that would bring the same in by the back door.
const BANNED_CRATES: [&str; 8] = [
    "libc",
    "nix",
    "getrandom",
    "tempfile",
    "procfs",
    "zbus",
    "pulseaudio",
    "rustix",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap()
        .to_owned()
}

fn crates() -> BTreeMap<String, toml::Table> {
    let mut crates = BTreeMap::new();
    for entry in fs::read_dir(root().join("crates")).unwrap().flatten() {
        let folder = entry.file_name().into_string().unwrap();
        let manifest = fs::read_to_string(entry.path().join("Cargo.toml")).unwrap();
        let manifest: toml::Table = manifest.parse().unwrap();
        assert_eq!(
            manifest["package"]["name"].as_str(),
            Some(&*folder),
            "folder = crate name"
        );
        crates.insert(folder, manifest);
    }
    crates
}

/// Complaints about one crate's dependencies.
fn arrows(name: &str, dependencies: &[String], all: &[String]) -> Vec<String> {
    let mut complaints = Vec::new();
    let forbidden = FORBIDDEN
        .iter()
        .filter(|(from, _)| *from == name)
        .flat_map(|(_, to)| *to);
    for to in forbidden {
        if dependencies.iter().any(|d| d == to) {
            complaints.push(format!("{name} may not depend on {to}"));
        }
    }
    if PURE.contains(&name) {
        for to in dependencies {
            let ours = all.contains(to);
            if ours && !PURE.contains(&&**to) || BANNED_CRATES.contains(&&**to) {
                complaints.push(format!("{name} is pure and may not depend on {to}"));
            }
        }
    }
    complaints
}

/// Complaints about one source file of a pure crate. Tests at its end may read files.
fn sources(path: &str, text: &str) -> Vec<String> {
    let code = text.split("#[cfg(test)]").next().unwrap_or(text);
    let lines = code
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|(n, line)| {
            let banned = BANNED.iter().filter(|(word, _)| line.contains(word));
            banned.map(move |(word, what)| format!("{path}:{}: `{word}` ({what})", n + 1))
        })
        .collect()
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn arrows_go_one_way() {
    let crates = crates();
    let all: Vec<String> = crates.keys().cloned().collect();
    let complaints: Vec<String> = crates
        .iter()
        .flat_map(|(name, manifest)| {
            let table = manifest.get("dependencies").and_then(|d| d.as_table());
            let dependencies: Vec<String> = table
                .map(|t| t.keys().cloned().collect())
                .unwrap_or_default();
            arrows(name, &dependencies, &all)
        })
        .collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn pure_crates_touch_nothing() {
    let mut complaints = Vec::new();
    for name in PURE {
        let src = root().join("crates").join(name).join("src");
        let lib = fs::read_to_string(src.join("lib.rs")).unwrap();
        if !lib.contains("#![forbid(unsafe_code)]") {
            complaints.push(format!("{name}: lib.rs does not forbid unsafe code"));
        }
        for file in rust_files(&src) {
            let text = fs::read_to_string(&file).unwrap();
            let shown = file.strip_prefix(root()).unwrap().display().to_string();
            complaints.extend(sources(&shown, &text));
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn files_stay_readable() {
    let files = ["crates", "bpf"].map(|folder| rust_files(&root().join(folder)));
    let long: Vec<String> = files
        .concat()
        .into_iter()
        .filter_map(|file| {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            (lines > 700).then(|| format!("{} has {lines} lines", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// Crates whose files know each other in one direction only.
const WITHOUT_CIRCLES: [&str; 13] = [
    "analysis", "bundle", "cli", "dataflow", "features", "import", "inspect", "parties", "report",
    "review", "scan", "session", "verdict",
];

#[test]
fn files_of_a_crate_go_in_no_circle() {
    let found: Vec<String> = WITHOUT_CIRCLES
        .iter()
        .flat_map(|name| {
            let src = root().join("crates").join(name).join("src");
            assert!(src.is_dir(), "there is no crate {name}");
            let circles = circles::circles(&src).into_iter();
            circles.map(move |files| format!("{name}: {}", files.join(", ")))
        })
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Whatever is printed for a person is a message of the catalogue.
#[test]
fn the_command_prints_no_words_of_its_own() {
    let files = rust_files(&root().join("crates/cli/src"));
    let found: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let shown = file.strip_prefix(root()).unwrap().display().to_string();
            words::printed(&shown, &fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(files.len() > 20 && found.is_empty(), "{}", found.join("\n"));
}

/// Whatever is printed goes through one place, which lets nothing steer a terminal.
#[test]
fn the_command_prints_by_its_printer_alone() {
    let files = rust_files(&root().join("crates/cli/src"));
    let past = |file: &PathBuf| {
        let shown = file.strip_prefix(root()).unwrap().display().to_string();
        words::past_the_printer(&shown, &fs::read_to_string(file).unwrap())
    };
    let (printer, others): (Vec<_>, Vec<_>) = files
        .iter()
        .partition(|file| file.ends_with("src/printer.rs"));
    let found: Vec<String> = others.into_iter().flat_map(past).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    // The rule finds what it is looking for where that has to be.
    assert!(printer.into_iter().flat_map(past).count() >= 6);
}

/// The rules themselves are tested by breaking them.
#[test]
fn a_planted_breach_is_caught() {
    assert_eq!(
        sources("stats/src/x.rs", "let t = Instant::now();\n").len(),
        1
    );
    assert_eq!(
        sources("stats/src/x.rs", "#[cfg(test)]\nuse std::fs;\n").len(),
        0
    );
    let all = ["features", "stimulus", "stage", "stats"].map(str::to_owned);
    assert_eq!(arrows("features", &["stimulus".to_owned()], &all).len(), 1);
    assert_eq!(arrows("stats", &["stage".to_owned()], &all).len(), 1);
    assert_eq!(arrows("stats", &["libc".to_owned()], &all).len(), 1);
    assert!(arrows("stage", &["libc".to_owned()], &all).is_empty());
    for breach in [
        "println!(\"\")",
        "writeln!(std::io::stderr(), \"x\")",
        "io::stdout().lock()",
        "e.print()",
        "open(\"/dev/tty\")",
    ] {
        let found = words::past_the_printer("x.rs", &format!("fn x() {{ {breach}; }}"));
        assert_eq!(found.len(), 1, "{breach}");
    }
}
