//! The README followed to the letter: a clean clone in a clean root with nothing but a base, a compiler of C,
//! git, sudo and Rust, by a person who is not root.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use crate::roots::{RELEASES, inside, make_with};
use crate::run::{Done, option, root, run, said};

/// What the README asks for, and what it takes for granted.
const PACKAGES: &str = "ca-certificates,gcc,git,libc6-dev,mount,passwd,procps,sudo";

/// Where Debian keeps the authorities that programs trust.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The sections whose first commands are followed.
const SECTIONS: [&str; 2] = ["Try it", "Getting it"];

/// The person, who may become root where the README says so, and the clone, which is theirs.
const PERSON: &str = r#"
set -eu
useradd --create-home --shell /bin/bash person
echo 'person ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/person
echo 'export PATH=/opt/rust/bin:$PATH' >>/home/person/.profile
mv /muteproof /home/person/muteproof
chown -R person:person /home/person
"#;

/// `cargo xtask readme [--on RELEASE] [--section WORDS]`: minutes and MB of each command.
pub fn readme(args: &[String]) -> Done {
    let release = option(args, "--on").unwrap_or(RELEASES[0]);
    let only = option(args, "--section");
    let text = fs::read_to_string(root().join("README.md")).map_err(|e| format!("README: {e}"))?;
    let mut commands = Vec::new();
    for section in SECTIONS {
        if only.is_none_or(|only| only == section) {
            commands.extend(first_block(&text, section)?);
        }
    }
    let clean = make_with(release, "bare", PACKAGES)?;
    let place = clean.with_extension("followed");
    let _ = fs::remove_dir_all(&place);
    run(Command::new("cp").arg("-a").arg(&clean).arg(&place))?;
    let followed = follow(&place, &commands);
    let _ = fs::remove_dir_all(&place);
    followed.map_err(|why| format!("{release}: {why}"))
}

fn follow(place: &Path, commands: &[String]) -> Done {
    let clone = place.join("muteproof");
    let mut git = Command::new("git");
    git.args(["clone", "--quiet", "--no-hardlinks"]);
    run(git.arg(root()).arg(&clone))?;
    // Behind a proxy of its own, which this machine was told to trust, the root would reach no registry.
    if Path::new(AUTHORITIES).exists() {
        let within = place.join(AUTHORITIES.trim_start_matches('/'));
        fs::copy(AUTHORITIES, &within).map_err(|e| format!("{}: {e}", within.display()))?;
    }
    let sh = |script: &str| {
        let mut shell = inside(place, Path::new("sh"));
        shell.args(["-c", script]);
        shell
    };
    run(&mut sh(PERSON))?;
    let sysroot = said(Command::new("rustc").args(["--print", "sysroot"]))?;
    for command in commands {
        println!("$ {command}");
        let began = Instant::now();
        let mut shell = sh("exec su - person -c \"cd muteproof && $COMMAND\"");
        shell
            .env("COMMAND", command)
            .env("MUTEPROOF_RUST", sysroot.trim());
        let done = run(&mut shell);
        let minutes = began.elapsed().as_secs_f64() / 60.0;
        let built = place.join("home/person/muteproof/target");
        let megabytes = said(Command::new("du").arg("-sm").arg(built)).unwrap_or_default();
        let megabytes = megabytes
            .split_whitespace()
            .next()
            .unwrap_or("0")
            .to_owned();
        println!("{minutes:.1} minutes, {megabytes} MB in target/: {command}");
        done?;
    }
    Ok(())
}

/// The commands of the first block of shell in a section of a page.
fn first_block(page: &str, section: &str) -> Result<Vec<String>, String> {
    let block = page
        .split_once(&format!("\n## {section}\n"))
        .and_then(|(_, rest)| rest.split_once("```sh\n"))
        .and_then(|(_, rest)| rest.split_once("```"));
    let (block, _) = block.ok_or_else(|| format!("the README has no commands in `{section}`"))?;
    Ok(block.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_s_commands_are_found() {
        let readme = include_str!("../../../README.md");
        let of = |section| first_block(readme, section).unwrap();
        assert_eq!(of(SECTIONS[0]), ["cargo xtask demo"]);
        assert_eq!(of(SECTIONS[1]), ["cargo xtask dist"]);
        assert!(first_block(readme, "No such section").is_err());
    }
}
