//! Installs what is missing, after saying what and why.

use std::process::Command;

use crate::run::{Done, build, programs, run, said};

/// Recipes whose apps the demo audits.
pub const FOR_DEMO: &[&str] = &["mumble", "specimen-window-mute"];

/// Recipes whose apps the tests audit.
pub const FOR_TESTS: &[&str] = &[
    "mumble",
    "mumble-continuous",
    "baresip-pcmu",
    "janus",
    "specimen-button",
    "specimen-snoop",
];

/// Programs that tests hold ours against, make networks with, or show a display in, and their packages for apt, dnf and
/// pacman.
const JUDGES: [(&str, [&str; 3]); 5] = [
    ("weston", ["weston"; 3]),
    (
        "Xephyr",
        [
            "xserver-xephyr",
            "xorg-x11-server-Xephyr",
            "xorg-server-xephyr",
        ],
    ),
    ("nft", ["nftables"; 3]),
    ("tshark", ["tshark", "wireshark-cli", "wireshark-cli"]),
    ("tcpdump", ["tcpdump"; 3]),
];

/// Installs those of them that are not here; the tests do without, and say so, where that fails.
pub fn judges() {
    let Some(manager) = manager() else { return };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there =
        |program: &str| std::env::split_paths(&path).any(|dir| dir.join(program).is_file());
    let missing = JUDGES.iter().filter(|(program, _)| !is_there(program));
    let packages: Vec<&str> = missing.map(|(_, packages)| packages[manager]).collect();
    if packages.is_empty() {
        return;
    }
    println!(
        "Tests make networks and displays by, and compare what they read with, {}.",
        packages.join(" and ")
    );
    if let Err(why) = install(&packages) {
        println!("SKIPPED in part: {why}");
    }
}

/// Builds muteproof, asks it which packages these recipes lack, and installs them.
pub fn setup(recipes: &[&str]) -> Done {
    println!("Building muteproof …");
    build()?;
    install_missing(recipes)
}

/// Asks the muteproof that was built which packages these recipes lack, and installs them.
pub fn install_missing(recipes: &[&str]) -> Done {
    let muteproof = programs().join("muteproof");
    let missing = said(
        Command::new(&muteproof)
            .args(["doctor", "--packages"])
            .args(recipes),
    )?;
    let packages: Vec<&str> = missing.lines().collect();
    if packages.is_empty() {
        return Ok(());
    }
    println!("These packages are missing: {}.", packages.join(", "));
    println!(
        "They are the stage's own sound server, session bus, display and network tool, and the apps \
         that are audited, with their servers: {}. They start nothing by themselves that muteproof \
         needs; remove them whenever you like.",
        recipes.join(", ")
    );
    install(&packages)
}

/// Package managers, by a word that shows that one is here, and how each installs.
const MANAGERS: [(&str, &[&str]); 3] = [
    (
        "apt-get",
        // An update that runs in the background is waited for.
        &[
            "apt-get",
            "install",
            "-y",
            "-qq",
            "--no-install-recommends",
            "-oDPkg::Lock::Timeout=600",
        ],
    ),
    ("dnf", &["dnf", "install", "-y"]),
    ("pacman", &["pacman", "-S", "--needed", "--noconfirm"]),
];

/// Which package manager is here: 0 apt, 1 dnf, 2 pacman.
pub fn manager() -> Option<usize> {
    MANAGERS
        .iter()
        .position(|(program, _)| said(Command::new(program).arg("--version")).is_ok())
}

/// Whether this is root.
pub fn is_root() -> bool {
    said(Command::new("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0")
}

/// Installs packages, as root or with sudo.
pub fn install(packages: &[&str]) -> Done {
    let root = is_root();
    let command = |words: &[&str]| {
        let words: Vec<&str> = if root {
            words.to_vec()
        } else {
            [&["sudo"], words].concat()
        };
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    let Some(manager) = manager() else {
        return Err(format!(
            "no package manager of a known kind is here; install {}",
            packages.join(", ")
        ));
    };
    let (program, words) = MANAGERS[manager];
    if program == "apt-get" {
        run(&mut command(&["apt-get", "update", "-qq"]))?;
    }
    println!("Running: {} {}", words.join(" "), packages.join(" "));
    run(command(words).args(packages))
}
