//! The small export of the README, and the tables of docs/export-check.md.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::run::{Done, build, cargo, option as option_of, programs, root, run};

/// Debian's package of recordings that a speech recogniser is tested with: two people who speak, of which one
/// reads a chapter for LibriVox (public domain) and one gives commands (BSD licence). Synthesisers' voices
/// would not do: they are closer to each other than people's are.
const PACKAGE: &str = "pocketsphinx-testdata";
/// Where its recordings lie.
const DATA: &str = "usr/share/pocketsphinx/test/data";
/// The reader, whose export it is.
const OWN: [&str; 5] = ["0870", "0880", "0890", "0920", "0930"];
/// The other one, in samples without a header.
const STRANGE: [&str; 3] = ["goforward", "numbers", "something"];
/// Samples of all of them, a second.
const RATE_HZ: u32 = 16_000;
/// Length of the reader's recordings in the export, seconds: what one says to an assistant.
const CLIP_S: u32 = 2;

/// Makes `target/export-demo`: an assistant's export with recordings of two people, of which three are not the
/// owner's, and a table.
pub fn demo() -> Done {
    let data = recordings()?;
    let folder = root().join("target/export-demo");
    let failed = |path: &Path, e: io::Error| format!("{}: {e}", path.display());
    let audio = folder.join("audio");
    fs::create_dir_all(&audio).map_err(|e| failed(&audio, e))?;
    let read = |path: PathBuf| fs::read(&path).map_err(|e| failed(&path, e));
    let mut clips = Vec::new();
    for part in OWN {
        let name = format!("librivox/sense_and_sensibility_01_austen_64kb-{part}.wav");
        let bytes = read(data.join(name))?;
        // Its header has the usual 44 bytes.
        let samples = bytes.get(44..).unwrap_or_default();
        let length = (CLIP_S * RATE_HZ * 2) as usize;
        clips.extend(
            samples
                .chunks_exact(length)
                .map(|clip| (clip.to_vec(), "en-US")),
        );
    }
    for name in STRANGE {
        clips.push((read(data.join(format!("{name}.raw")))?, "en-GB"));
    }
    let mut table = "Audio File Name,Timestamp,Locale\n".to_owned();
    for (n, (samples, locale)) in clips.iter().enumerate() {
        let (name, day) = (format!("{:02}.wav", n + 1), n + 1);
        let path = audio.join(&name);
        fs::write(&path, wave(samples)).map_err(|e| failed(&path, e))?;
        table += &format!("audio/{name},2026-01-{day:02}T08:00:00Z,{locale}\n");
    }
    let path = folder.join("alexa.csv");
    fs::write(&path, table).map_err(|e| failed(&path, e))?;
    println!("{}", folder.display());
    Ok(())
}

/// The folder of the package's recordings: as it is installed, or unpacked below `target`, where nothing has
/// to be installed.
fn recordings() -> Result<PathBuf, String> {
    let installed = Path::new("/").join(DATA);
    if installed.is_dir() {
        return Ok(installed);
    }
    let folder = root().join("target/export-voices");
    let unpacked = folder.join(DATA);
    if unpacked.is_dir() {
        return Ok(unpacked);
    }
    println!("The small export is made of the recordings in Debian's package {PACKAGE} (2 MB).");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut download = Command::new("apt-get");
    run(download
        .args(["-qq", "-o", "APT::Sandbox::User=root", "download", PACKAGE])
        .current_dir(&folder))?;
    let listed = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let package = listed
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|ending| ending == "deb"));
    let package =
        package.ok_or_else(|| format!("apt-get left no package in {}", folder.display()))?;
    run(Command::new("dpkg-deb").arg("-x").arg(package).arg(&folder))?;
    match unpacked.is_dir() {
        true => Ok(unpacked),
        false => Err(format!("{PACKAGE} has no {DATA}")),
    }
}

/// A WAV file of samples of 16 bits.
fn wave(samples: &[u8]) -> Vec<u8> {
    let mut out = b"RIFF".to_vec();
    out.extend((36 + samples.len() as u32).to_le_bytes());
    out.extend(b"WAVEfmt ");
    // Length of this part, PCM, one channel, samples and bytes a second, bytes and bits of a sample.
    for (value, size) in [
        (16, 4),
        (1, 2),
        (1, 2),
        (RATE_HZ, 4),
        (2 * RATE_HZ, 4),
        (2, 2),
        (16, 2),
    ] {
        out.extend(&value.to_le_bytes()[..size]);
    }
    out.extend(b"data");
    out.extend((samples.len() as u32).to_le_bytes());
    out.extend(samples);
    out
}

/// Builds, and runs it with the options as they were given.
pub fn table(args: &[String]) -> Done {
    run(cargo(&["run", "--release", "--quiet", "-p", "export-table", "--"]).args(args))
}

/// Bytes of memory that a run may have for its data, in the shell's unit of 1,024: 500 MB.
const MEMORY_KB: u32 = 488_281;

/// How long an export of 1,700 clips of three seconds takes, and one of 50 GB, in how little memory: the
/// system refuses more, and the run would fail.
pub fn speed(args: &[String]) -> Done {
    build()?;
    let folder = root().join("target/export-speed");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    for (name, option) in [("clips.tar", "--clips-to"), ("large.tar", "--large-to")] {
        let archive = folder.join(name);
        let data = match option_of(args, "--data") {
            Some(data) => data.to_owned(),
            None => "../shared/data/audio/speech".to_owned(),
        };
        if !archive.is_file() {
            let made = archive.display().to_string();
            table(&["--data", &data, option, &made].map(str::to_owned))?;
        }
        let length = fs::metadata(&archive)
            .map_err(|e| format!("{name}: {e}"))?
            .len();
        let began = Instant::now();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!("ulimit -d {MEMORY_KB} && exec \"$@\"")])
            .arg("sh")
            .arg(programs().join("muteproof"))
            .args(["export-check", "--format", "json"])
            .arg(&archive);
        let out = shell.output().map_err(|e| format!("sh: {e}"))?;
        let seconds = began.elapsed().as_secs_f64();
        let said = String::from_utf8_lossy(&out.stdout);
        // Whatever is found in it, it came to an end: 3 is an error, nothing was killed.
        if !matches!(out.status.code(), Some(0 | 1 | 2 | 4)) || said.is_empty() {
            let why = String::from_utf8_lossy(&out.stderr);
            return Err(format!("{name}: {}: {}", out.status, why.trim()));
        }
        println!(
            "{name}: {:.1} GB, {seconds:.1} s, within {} MB",
            length as f64 / 1e9,
            u64::from(MEMORY_KB) * 1_024 / 1_000_000
        );
    }
    Ok(())
}
