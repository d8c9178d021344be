//! `cargo xtask fuzz`: every parser under libFuzzer, on a stable compiler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Done, cargo, idle, option, run, said};

const TARGET_DIR: &str = "target/fuzz";
/// Seconds for each target.
const SECONDS: u32 = 15;
/// Longest input: a mutation of a long one is slow. Of longer seeds this much is taken.
const INPUT_MAX: &str = "-max_len=65536";

/// How libFuzzer learns which code was reached (LLVM's SanitizerCoverage), and that overflows are found. An
/// address sanitizer would need a nightly compiler; the parsers forbid unsafe code.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1 -Cdebug-assertions";

/// Whether the targets fit the code; not asked, with the reason, where their engine, which is C++, cannot be
/// built. The same entry points run as property tests in every test run.
pub fn check() -> Done {
    match said(Command::new("c++").arg("--version")) {
        Ok(_) => run(&mut idle(&cargo(&[
            "check",
            "--quiet",
            "--manifest-path",
            "fuzz/Cargo.toml",
            "--target-dir",
            TARGET_DIR,
        ]))),
        Err(why) => {
            println!("fuzz targets not compiled: {why}");
            Ok(())
        }
    }
}

/// Runs each target, or the one named by `--only`, for `--seconds`.
pub fn fuzz(args: &[String]) -> Done {
    let seconds = match option(args, "--seconds") {
        Some(text) => text.parse().map_err(|e| format!("--seconds {text}: {e}"))?,
        None => SECONDS,
    };
    let version = said(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or("rustc does not say for which machine it compiles")?;
    // With a target named, build scripts and macros are made without the flags.
    let mut build = cargo(&["build", "--release", "--manifest-path", "fuzz/Cargo.toml"]);
    build
        .args(["--target-dir", TARGET_DIR, "--target", host])
        .env("RUSTFLAGS", FLAGS);
    run(&mut build)?;
    let programs = Path::new(TARGET_DIR).join(host).join("release");
    let named = option(args, "--only");
    for target in targets()? {
        if named.is_some_and(|named| named != target) {
            continue;
        }
        let corpus = PathBuf::from("fuzz/corpus").join(&target);
        fs::create_dir_all(&corpus).map_err(|e| format!("{}: {e}", corpus.display()))?;
        let mut fuzzer = Command::new(programs.join(&target));
        archive(&target, &corpus);
        fuzzer.arg(&corpus).args(seeds(&target));
        fuzzer.args([
            &format!("-max_total_time={seconds}"),
            &format!("-artifact_prefix=fuzz/artifacts/{target}-"),
            INPUT_MAX,
            "-print_final_stats=1",
            "-verbosity=0",
        ]);
        if target.starts_with("sound") {
            fuzzer.arg("-dict=fuzz/sound.dict");
        }
        println!("fuzz target {target}, {seconds} s");
        fs::create_dir_all("fuzz/artifacts").map_err(|e| format!("fuzz/artifacts: {e}"))?;
        run(&mut fuzzer)?;
    }
    Ok(())
}

fn targets() -> Result<Vec<String>, String> {
    let entries =
        fs::read_dir("fuzz/fuzz_targets").map_err(|e| format!("fuzz/fuzz_targets: {e}"))?;
    let names = entries.flatten().filter_map(|entry| {
        let path = entry.path();
        Some(path.file_stem()?.to_str()?.to_owned())
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    Ok(names)
}

/// A small archive to begin with, of a recipe, where the program that makes such ones is there.
fn archive(target: &str, corpus: &Path) {
    let make: &[&str] = match target {
        "export_zip" => &["python3", "-m", "zipfile", "-c"],
        "export_tar" => &["tar", "-cf"],
        "export_gzip" => &["tar", "-czf"],
        "export_zstd" => &["tar", "--zstd", "-cf"],
        _ => return,
    };
    let file = corpus.join("recipe");
    if !file.exists() {
        let mut made = Command::new(make[0]);
        made.args(&make[1..])
            .arg(&file)
            .arg("recipes/specimen-honest");
        if let Err(why) = said(&mut made) {
            println!("{target} begins with nothing: {why}");
        }
    }
}

/// Folders that a target begins with besides its own corpus: recordings, where they are at hand, and
/// recipes. libFuzzer writes to the first folder only.
fn seeds(target: &str) -> Vec<PathBuf> {
    let folder = match target {
        "capture" | "pcapng" => "../shared/data/pcaps",
        "recipe" => "recipes",
        "sound_flac" | "sound_ogg" | "sound_mp3" | "sound_file" => "../shared/data/audio",
        _ => return Vec::new(),
    };
    let folder = PathBuf::from(folder);
    folder.is_dir().then_some(folder).into_iter().collect()
}
