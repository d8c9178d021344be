//! The README's second command: every test and check. CI runs the same.

use std::process::Command;
use std::thread;
use std::time::Instant;

use crate::run::{Done, cargo, in_idle_time, root, run, said, use_development_build};
use crate::setup::{FOR_TESTS, judges, setup};

/// Formatting, lints, dependencies, tests.
pub fn test() -> Done {
    use_development_build();
    let begun = Instant::now();
    let stage = |what: &str| {
        let minutes = begun.elapsed().as_secs_f64() / 60.0;
        println!("\n──── {what} (after {minutes:.1} min) ────");
    };
    setup(FOR_TESTS)?;
    judges();
    stage("formatting");
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    // Before the tests: audits use it where it is.
    stage("the helper that traces calls");
    crate::helper::test()?;
    stage("tests");
    let nextest = said(&mut cargo(&["nextest", "--version"])).is_ok();
    let test: &[&str] = match nextest {
        true => &["nextest", "run", "--workspace"],
        false => {
            println!("cargo-nextest is not installed; cargo's own runner does, one by one");
            &["test", "--workspace"]
        }
    };
    run(cargo(test).arg("--no-run"))?;
    // Audits wait most of the time, for sound plays at its own pace.
    let (tested, linted, got) = thread::scope(|scope| {
        let beside = scope.spawn(|| (lints(), get_deny()));
        let tested = run(cargo(test).arg("--no-fail-fast"));
        let (linted, got) = beside
            .join()
            .unwrap_or_else(|e| std::panic::resume_unwind(e));
        (tested, linted, got)
    });
    tested?;
    linted?;
    got?;
    if nextest {
        stage("examples in the documentation");
        run(&mut cargo(&["test", "--workspace", "--doc", "--quiet"]))?;
    }
    // The two commands of the docs that take long, in their short forms.
    stage("demo, short");
    crate::demo::demo(&["--profile".to_owned(), "smoke".to_owned()])?;
    stage("repeats, short");
    crate::repeats::repeats(&["--runs".to_owned(), "1".to_owned(), "--fresh".to_owned()])?;
    stage("fuzz targets");
    fuzz()?;
    stage("dependencies");
    deny()?;
    stage("done");
    Ok(())
}

/// Lints of everything, in time that the tests leave over; in a folder of its own, for the tests' is theirs.
fn lints() -> Done {
    let lints = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--quiet",
        "--jobs=1",
        "--",
        "-D",
        "warnings",
    ];
    let mut lints = in_idle_time(&cargo(&lints));
    lints.env("CARGO_TARGET_DIR", root().join("target/lints"));
    run(&mut lints)
}

/// `cargo deny`, installed into `target/` where it is not there.
pub fn deny() -> Done {
    get_deny()?;
    let program = root().join(TOOLS).join("bin/cargo-deny");
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

/// What is installed for the checks alone.
const TOOLS: &str = "target/tools";

fn get_deny() -> Done {
    let own = root().join(TOOLS);
    if said(Command::new(own.join("bin/cargo-deny")).arg("--version")).is_ok() {
        return Ok(());
    }
    println!("Installing cargo-deny into {TOOLS} (some minutes, once) …");
    // Unoptimised: it runs for seconds, and would be built for minutes.
    let install = [
        "install",
        "--quiet",
        "--locked",
        "--debug",
        "--jobs=1",
        "cargo-deny",
        "--root",
    ];
    run(in_idle_time(&cargo(&install)).arg(&own))
}

/// Seconds for each fuzz target in CI.
const FUZZ_S: &str = "15";

/// Runs each fuzz target for a short time; skips, with the reason, where cargo-fuzz or a nightly
/// compiler is not there. The same entry points run as property tests in every test run.
pub fn fuzz() -> Done {
    for needed in [&["fuzz", "--version"][..], &["+nightly", "--version"]] {
        if let Err(why) = said(&mut cargo(needed)) {
            println!("fuzz targets not run: {why}; their entry points ran as property tests");
            return Ok(());
        }
    }
    let listed = said(&mut cargo(&["+nightly", "fuzz", "list"]))?;
    for target in listed.lines() {
        let limit = format!("-max_total_time={FUZZ_S}");
        run(&mut cargo(&[
            "+nightly", "fuzz", "run", target, "--", &limit,
        ]))?;
    }
    Ok(())
}
