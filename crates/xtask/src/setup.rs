//! Installs what is missing, after saying what and why.

use std::process::Command;

use crate::run::{Done, build, release, run, said};

/// Recipes whose apps the demo and the tests audit.
const RECIPES: [&str; 3] = ["mumble", "mumble-continuous", "specimen-snoop"];

/// Builds muteproof, asks it which packages are missing, and installs them.
pub fn setup() -> Done {
    println!("Building muteproof …");
    build()?;
    let muteproof = release().join("muteproof");
    let missing = said(
        Command::new(&muteproof)
            .args(["doctor", "--packages"])
            .args(RECIPES),
    )?;
    let packages: Vec<&str> = missing.lines().collect();
    if packages.is_empty() {
        return Ok(());
    }
    println!("These packages are missing: {}.", packages.join(", "));
    println!(
        "They are the stage's own sound server, session bus, display and network tool, and Mumble \
         with its server, which is the app that is audited. They start nothing by themselves that \
         muteproof needs; remove them whenever you like."
    );
    install(&packages)
}

fn install(packages: &[&str]) -> Done {
    let root = said(Command::new("id").arg("-u")).is_ok_and(|uid| uid.trim() == "0");
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
    let with = |words: &[&str]| {
        let mut command = command(words);
        command.args(packages);
        println!("Running: {} {}", words.join(" "), packages.join(" "));
        run(&mut command)
    };
    if said(Command::new("apt-get").arg("--version")).is_ok() {
        run(&mut command(&["apt-get", "update", "-qq"]))?;
        with(&["apt-get", "install", "-y", "-qq", "--no-install-recommends"])
    } else if said(Command::new("dnf").arg("--version")).is_ok() {
        with(&["dnf", "install", "-y"])
    } else if said(Command::new("pacman").arg("--version")).is_ok() {
        with(&["pacman", "-S", "--needed", "--noconfirm"])
    } else {
        Err(format!(
            "no package manager of a known kind is here; install {}",
            packages.join(", ")
        ))
    }
}
