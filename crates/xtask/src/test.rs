//! The README's second command: every test and check. CI runs the same.

use std::fs::File;
use std::process::Command;
use std::thread;
use std::time::Instant;

use crate::roots;
use crate::run::{Done, build, cargo, flag, idle, option, root, run, said, use_development_build};
use crate::setup::{FOR_TESTS, install, install_missing, judges};
use crate::systems;

/// What is installed today, while the tests' machine may be older.
const OTHER_SYSTEM: &str = "trixie";

/// Formatting, lints, dependencies, tests. `--on RELEASE`: one audit and the switch's tests on another system.
pub fn test(args: &[String]) -> Done {
    use_development_build();
    if let Some(release) = option(args, "--on") {
        build()?;
        systems::short(release)?;
        return systems::switch(release);
    }
    let begun = Instant::now();
    let stage = |what: &str| {
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        println!("\n──── {what} (after {minutes:.1} min) ────");
    };
    // Packages are fetched and unpacked while the compiler has the processor.
    let beside = thread::spawn(|| {
        judges();
        roots::make(OTHER_SYSTEM)
    });
    stage("building");
    build()?;
    let judged = beside.join();
    let beside = thread::spawn(|| install_missing(FOR_TESTS));
    stage("formatting");
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    let other = judged.map_err(|_| "installing tshark and tcpdump panicked")?;
    let installed = beside.join();
    installed.map_err(|_| "installing packages panicked")??;
    // Before the tests: audits use it where it is.
    stage("the helper that traces calls");
    crate::helper::test()?;
    stage("building tests");
    let nextest = build_tests()?;
    // Lints, fuzz targets and dependencies: with what everything else leaves of the processor. Not before: cargo lets
    // one of them build at a time.
    let checked = thread::spawn(checks);
    stage("tests");
    let tested = tests(nextest);
    stage("lints, fuzz targets, dependencies");
    let checked = checked.join();
    tested?;
    stage("another system");
    match other {
        Ok(_) => {
            systems::short(OTHER_SYSTEM)?;
            systems::switch(OTHER_SYSTEM)?;
        }
        Err(why) => println!("SKIPPED: {OTHER_SYSTEM}: {why}"),
    }
    checked.map_err(|_| "a check panicked")??;
    stage("done");
    Ok(())
}

/// Programs with tests that take minutes each, and which CI therefore leaves out.
const SLOW: [&str; 6] = [
    "package(cli) and binary(hostile_apps)",
    "package(cli) and binary(beside) and not test(table::)",
    "package(cli) and binary(play_page)",
    "package(cli) and binary(web)",
    "package(cli) and binary(truth_table)",
    "package(session) and binary(recorded)",
];

/// What CI has no minutes for; `--only WORDS`: those whose program or test has these words in its name.
pub fn slow(args: &[String]) -> Done {
    use_development_build();
    build()?;
    let only = option(args, "--only").unwrap_or_default();
    let which = SLOW.map(|program| match program.contains(only) {
        true => format!("({program})"),
        false => format!("({program} and test(~{only}))"),
    });
    let which = which.join(" or ");
    // One after the other: they play in real time, and CI's limits are not theirs.
    run(&mut cargo(&[
        "nextest",
        "run",
        "--workspace",
        "--run-ignored",
        "only",
        "--no-fail-fast",
        "--test-threads",
        "2",
        "-E",
        &which,
    ]))
}

/// All apps whose truth is known, on a device beside this machine: the table of docs/beside.md.
pub fn beside(args: &[String]) -> Done {
    use_development_build();
    install(&["nftables"])?;
    install_missing(&["mumble"])?;
    let mut table = cargo(&["test", "--quiet", "-p", "cli", "--test", "beside", "--"]);
    table.args(["--ignored", "--nocapture", "table::"]);
    if flag(args, "--write") {
        table.env("MUTEPROOF_WRITE", "1");
    }
    run(&mut table)
}

/// What nextest is told instead of asking cargo, which would wait until the lints are through.
const BINARIES: &str = "target/nextest-binaries.json";
const METADATA: &str = "target/cargo-metadata.json";

/// Builds what tests; whether nextest is there to run it.
fn build_tests() -> Result<bool, String> {
    if said(&mut cargo(&["nextest", "--version"])).is_err() {
        println!("cargo-nextest is not installed; cargo's own runner does, one program at a time");
        run(&mut cargo(&["test", "--workspace", "--no-run"]))?;
        return Ok(false);
    }
    let into = |file: &str, words: &[&str]| {
        let out = File::create(root().join(file)).map_err(|e| format!("{file}: {e}"))?;
        run(cargo(words).stdout(out))
    };
    let binaries = "nextest list --workspace --list-type binaries-only --message-format json";
    into(BINARIES, &binaries.split(' ').collect::<Vec<_>>())?;
    let metadata = "metadata --format-version 1 --all-features --no-deps";
    into(METADATA, &metadata.split(' ').collect::<Vec<_>>())?;
    Ok(true)
}

fn tests(nextest: bool) -> Done {
    if !nextest {
        return run(&mut cargo(&["test", "--workspace", "--no-fail-fast"]));
    }
    run(&mut cargo(&[
        "nextest",
        "run",
        "--binaries-metadata",
        BINARIES,
        "--cargo-metadata",
        METADATA,
        "--no-fail-fast",
    ]))?;
    run(&mut cargo(&["test", "--workspace", "--doc", "--quiet"]))
}

/// What needs no sound and no packets: audits play in real time and leave half of two cores idle.
fn checks() -> Done {
    let lints = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--",
        "-D",
        "warnings",
    ];
    run(&mut idle(&cargo(&lints)))?;
    crate::fuzz::check()?;
    deny()
}

/// `cargo deny`, installed into `target/` where it is not there.
pub fn deny() -> Done {
    let own = root().join("target/tools");
    let program = own.join("bin/cargo-deny");
    if said(Command::new(&program).arg("--version")).is_err() {
        println!("Installing cargo-deny into target/tools (some minutes, once) …");
        // Unoptimised: it runs for seconds, and would be built for minutes.
        let mut install = cargo(&[
            "install",
            "--quiet",
            "--locked",
            "--debug",
            "cargo-deny",
            "--root",
        ]);
        run(&mut idle(install.arg(&own)))?;
    }
    let check = |workspace: &str, what: &[&str]| {
        let mut command = Command::new(&program);
        command
            .current_dir(root())
            .args(["--config", "deny.toml", "--manifest-path", workspace]);
        run(command.arg("check").args(what))
    };
    for workspace in ["Cargo.toml", "bpf/Cargo.toml"] {
        check(workspace, &["licenses", "bans", "sources"])?;
        // The advisories are a repository elsewhere: a machine without the open network lacks them.
        if let Err(e) = check(workspace, &["--hide-inclusion-graph", "advisories"]) {
            println!("advisories were not checked: {e}");
        }
    }
    Ok(())
}
