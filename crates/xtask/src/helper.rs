//! The privileged helper: what its build needs, the build, its tests.
//!
//! A workspace of its own (`bpf/`): clang and libelf are needed by nobody who only builds muteproof.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Done, cargo, flag, release, root, run, said};
use crate::setup::{install, is_root, manager};

/// What the build needs: a way to see that it is there, what for, and its package for apt, dnf and
/// pacman.
const NEEDED: [(&[&str], &str, [&str; 3]); 6] = [
    (
        &["clang", "--version"],
        "clang builds the BPF programs",
        ["clang"; 3],
    ),
    (
        &["pkg-config", "--exists", "libelf"],
        "libelf is what libbpf reads them with",
        ["libelf-dev", "elfutils-libelf-devel", "libelf"],
    ),
    (
        &["pkg-config", "--exists", "zlib"],
        "zlib is what libelf needs",
        ["zlib1g-dev", "zlib-devel", "zlib"],
    ),
    (
        &["pkg-config", "--version"],
        "pkg-config finds them",
        ["pkg-config", "pkgconf-pkg-config", "pkgconf"],
    ),
    (
        &["make", "--version"],
        "make and gcc build libbpf",
        ["make"; 3],
    ),
    (
        &["gcc", "--version"],
        "make and gcc build libbpf",
        ["gcc"; 3],
    ),
];

/// Programs that its tests trace, or need for it.
const TRACED: [&str; 9] = [
    "pulseaudio",
    "parec",
    "arecord",
    "python3",
    "openssl",
    "curl",
    "wget",
    "setpriv",
    "setcap",
];

/// `cargo xtask helper`
pub fn helper(args: &[String]) -> Done {
    build("release")?;
    let program = release().join("muteproof-helper");
    if flag(args, "--cost") {
        return cost();
    }
    println!(
        "Built {program}.\n\
         It watches other programs' calls, so it needs rights. Give them to the file, once, after \
         each build:\n  \
         sudo setcap {CAPABILITIES} {program}",
        program = program.display(),
    );
    Ok(())
}

/// Load programs, put them on functions, look at the app's processes.
const CAPABILITIES: &str = "cap_bpf,cap_perfmon,cap_sys_ptrace+ep";

/// Installs what its build needs, and builds it in this profile of cargo's.
pub fn build(profile: &str) -> Done {
    able()?;
    prepare()?;
    println!("Building the helper …");
    let build = ["build", "--locked", "--quiet", "-p", "helper", "--profile"];
    run(bpf(&build).arg(profile))
}

/// The helper's stage of `cargo xtask test`.
pub fn test() -> Done {
    if let Err(why) = able() {
        println!("SKIPPED: the helper is not built and not tested: {why}");
        return Ok(());
    }
    prepare()?;
    run(&mut bpf(&["fmt", "--all", "--check"]))?;
    let lints = ["clippy", "--all-targets", "--release", "--quiet"];
    run(bpf(&lints).args(["--", "-D", "warnings"]))?;
    run(&mut bpf(&["build", "--release", "--quiet", "-p", "helper"]))?;
    // The tests say so too, but their runner shows only what those that fail print.
    if !is_root() {
        println!("SKIPPED in part: without root, tests that trace pass without doing anything");
    }
    let there = |program: &str| said(Command::new("which").arg(program)).is_ok();
    for program in TRACED.into_iter().filter(|program| !there(program)) {
        println!("SKIPPED in part: {program} is not installed, so it is not traced");
    }
    if said(&mut cargo(&["nextest", "--version"])).is_ok() {
        run(&mut bpf(&["nextest", "run", "--release", "--no-fail-fast"]))?;
    } else {
        run(&mut bpf(&["test", "--release"]))?;
    }
    Ok(())
}

/// The needed packages can be had here.
fn able() -> Result<(), String> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|(_, packages)| packages[0]).collect();
    let lacking = format!("{} missing", names.join(", "));
    if manager().is_none() {
        return Err(format!("{lacking}, and no known package manager is here"));
    }
    if !is_root() && said(Command::new("sudo").args(["-n", "true"])).is_err() {
        return Err(format!("{lacking}, and neither root nor sudo is here"));
    }
    Ok(())
}

type Missing = (&'static str, [&'static str; 3]);

fn missing() -> Vec<Missing> {
    let lacking = |words: &[&str]| said(Command::new(words[0]).args(&words[1..])).is_err();
    let missing = NEEDED.iter().filter(|(words, ..)| lacking(words));
    missing
        .map(|(_, why, packages)| (*why, *packages))
        .collect()
}

/// Installs what is missing, after saying what and why.
fn prepare() -> Done {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let manager = manager().unwrap_or_default();
    let packages: Vec<&str> = missing.iter().map(|(_, names)| names[manager]).collect();
    println!(
        "To build the helper these packages are missing: {}.",
        packages.join(", ")
    );
    missing.iter().for_each(|(why, _)| println!("  {why}"));
    install(&packages)
}

/// Cargo in the helper's workspace, with the target folder of the other one.
fn bpf(args: &[&str]) -> Command {
    let mut command = cargo(args);
    let target = release();
    let target: &Path = target.parent().unwrap_or(&target);
    command
        .current_dir(folder())
        .env("CARGO_TARGET_DIR", target);
    command
}

fn folder() -> PathBuf {
    root().join("bpf")
}

/// What watching costs the watched: printed by the test that measures it.
fn cost() -> Done {
    let test = [
        "test",
        "--release",
        "--quiet",
        "-p",
        "helper",
        "--test",
        "cost",
    ];
    run(bpf(&test).args(["--", "--ignored", "--nocapture"]))
}
