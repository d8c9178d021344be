//! `cargo xtask capture-speed`: how fast captures are inspected, beside other programs and the
//! machine's own limits.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Mix, megabytes, seed.
const FILES: [(&str, &str, u32); 3] = [
    ("mixed", "1500", 1),
    ("audio", "500", 2),
    ("many", "1500", 3),
];

const MUTEPROOF: &str = "target/release/muteproof";

/// Rounds in which the programs take turns: a machine that others share has slow moments, and they are to
/// hit all programs alike.
const ROUNDS: usize = 12;
/// A turn: a program is run again and again for so long, at least once. Equal times, and not equal numbers of
/// runs: a program that takes a tenth of a second would be measured in a tenth of the others' moments.
const TURN: Duration = Duration::from_secs(1);
/// Rounds with tshark, which takes a minute and more, and is far behind.
const ROUNDS_OF_SLOW: usize = 1;

/// Makes the files that are not there yet, and prints the table.
pub fn speed() -> Result<(), String> {
    let folder = PathBuf::from("target/speed");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    build(&["--bin", "muteproof"])?;
    build(&["-p", "inspect", "--example", "traffic"])?;
    let mut rows = vec![
        "| file | program | fastest, s | median, s | GB/s of the fastest |\n|---|---|---|---|---|"
            .to_owned(),
    ];
    for (name, megabytes, seed) in FILES {
        let file = folder.join(format!("{name}.pcap"));
        if !file.is_file() {
            let out = File::create(&file).map_err(|e| e.to_string())?;
            let mut traffic = Command::new("target/release/examples/traffic");
            traffic
                .args([name, megabytes, &seed.to_string()])
                .stdout(out);
            run(&mut traffic)?;
        }
        from_disk(&file)?;
        let bytes = fs::metadata(&file).map_err(|e| e.to_string())?.len() as f64;
        let programs = programs(&file);
        let mut seconds = vec![Vec::new(); programs.len()];
        for round in 0..ROUNDS {
            for (program, seconds) in programs.iter().zip(&mut seconds) {
                if round < program.rounds {
                    program.turn(seconds);
                }
            }
        }
        for (program, seconds) in programs.iter().zip(seconds) {
            rows.push(program.row(name, seconds, bytes));
        }
    }
    println!("{}", rows.join("\n"));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("\nload after it: {load}");
    Ok(())
}

/// Takes the file out of the page cache, so that the first program brings it there from the disk: in large
/// pages then, where the kernel and the file system have them, whoever has written it and how.
fn from_disk(file: &Path) -> Result<(), String> {
    let mut dd = Command::new("dd");
    dd.arg("if=/dev/null").arg(format!("of={}", file.display()));
    // By that, dd drops what it does not write (its manual, "nocache").
    run(dd.args([
        "oflag=nocache",
        "conv=notrunc,fdatasync",
        "count=0",
        "status=none",
    ]))
}

/// What is measured.
struct Program {
    shown: &'static str,
    command: &'static str,
    args: Vec<String>,
    /// How many times it reads the file.
    files: f64,
    rounds: usize,
}

fn programs(file: &Path) -> Vec<Program> {
    let file = file.display().to_string();
    let program = |shown, command, args: &[&str]| Program {
        shown,
        command,
        args: args.iter().map(|a| a.replace("FILE", &file)).collect(),
        files: args
            .iter()
            .map(|a| a.matches("FILE").count())
            .sum::<usize>() as f64,
        rounds: if shown == "tshark" {
            ROUNDS_OF_SLOW
        } else {
            ROUNDS
        },
    };
    let dd = ["if=FILE", "of=/dev/null", "bs=256k", "status=none"];
    vec![
        // It brings the file into the page cache.
        program("cat", "cat", &["FILE"]),
        program("dd", "dd", &dd),
        program("muteproof inspect", MUTEPROOF, &["inspect", "FILE"]),
        // Files are inspected at the same time, and one by one core.
        program(
            "muteproof inspect, two such files at once",
            MUTEPROOF,
            &["inspect", "FILE", "FILE"],
        ),
        program("tcpdump", "tcpdump", &["-r", "FILE", "-w", "/dev/null"]),
        program("tshark", "tshark", &["-q", "-z", "conv,udp", "-r", "FILE"]),
    ]
}

impl Program {
    /// Runs it for a turn; where it is not installed or fails, it ends early.
    fn turn(&self, seconds: &mut Vec<f64>) {
        let began = Instant::now();
        while let Some(took) = self.seconds() {
            seconds.push(took);
            if began.elapsed() >= TURN {
                return;
            }
        }
    }

    /// Runs it once. Nothing where it is not installed or fails.
    fn seconds(&self) -> Option<f64> {
        let began = Instant::now();
        let mut command = Command::new(self.command);
        command
            .args(&self.args)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let ended = command.status().ok()?;
        ended.success().then(|| began.elapsed().as_secs_f64())
    }

    fn row(&self, file: &str, mut seconds: Vec<f64>, bytes: f64) -> String {
        let shown = self.shown;
        seconds.sort_by(f64::total_cmp);
        match seconds.as_slice() {
            [] => format!("| {file} | {shown} | not installed, or failed | | |"),
            [fastest, ..] => format!(
                "| {file} | {shown} | {fastest:.3} | {:.3} | {:.2} |",
                seconds[seconds.len() / 2],
                self.files * bytes / fastest / 1e9,
            ),
        }
    }
}

fn build(what: &[&str]) -> Result<(), String> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release"]).args(what);
    run(&mut cargo)
}

fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(e) => Err(format!("{command:?}: {e}")),
    }
}
