//! `cargo xtask capture-speed`: how fast captures are inspected, beside other programs and the
//! machine's own limits.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Name, mix, megabytes, seed.
const FILES: [(&str, &str, u32); 2] = [("mixed", "1500", 1), ("audio", "500", 2)];

const MUTEPROOF: &str = "target/release/muteproof";

/// Times each program is run; the fastest counts.
const TIMES: usize = 3;

/// Makes the files that are not there yet, and prints the table.
pub fn speed() -> Result<(), String> {
    let folder = PathBuf::from("target/speed");
    fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    build(&["--bin", "muteproof"])?;
    build(&["-p", "inspect", "--example", "traffic"])?;
    let mut rows = vec!["| file | program | seconds | GB/s |\n|---|---|---|---|".to_owned()];
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
        let bytes = fs::metadata(&file).map_err(|e| e.to_string())?.len() as f64;
        for (program, args) in programs(&file) {
            // Each of them is timed after `cat` has brought the file into the page cache.
            rows.push(row(name, program, fastest(program, &args), bytes));
        }
        let twice = [
            "inspect".to_owned(),
            file.display().to_string(),
            file.display().to_string(),
        ];
        let seconds = fastest(MUTEPROOF, &twice);
        rows.push(row(
            name,
            "muteproof inspect, two such files at once",
            seconds,
            2.0 * bytes,
        ));
    }
    println!("{}", rows.join("\n"));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("\nload after it: {load}");
    Ok(())
}

fn row(name: &str, program: &str, seconds: Option<f64>, bytes: f64) -> String {
    match seconds {
        Some(seconds) => format!(
            "| {name} | `{program}` | {seconds:.2} | {:.2} |",
            bytes / seconds / 1e9
        ),
        None => format!("| {name} | `{program}` | not installed | |"),
    }
}

fn programs(file: &Path) -> Vec<(&'static str, Vec<String>)> {
    let file = file.display().to_string();
    let of = |args: &[&str]| args.iter().map(|a| a.replace("FILE", &file)).collect();
    vec![
        ("cat", of(&["FILE"])),
        (
            "dd",
            of(&["if=FILE", "of=/dev/null", "bs=256k", "status=none"]),
        ),
        (MUTEPROOF, of(&["inspect", "FILE"])),
        ("tcpdump", of(&["-r", "FILE", "-w", "/dev/null"])),
        ("ndpiReader", of(&["-q", "-i", "FILE"])),
        ("tshark", of(&["-q", "-z", "conv,udp", "-r", "FILE"])),
    ]
}

/// Seconds of the fastest run.
fn fastest(program: &str, args: &[String]) -> Option<f64> {
    let mut best: Option<f64> = None;
    for _ in 0..TIMES {
        let began = Instant::now();
        let mut command = Command::new(program);
        command
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if !command.status().ok()?.success() {
            return None;
        }
        let took = began.elapsed().as_secs_f64();
        best = Some(best.map_or(took, |best| best.min(took)));
    }
    best
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
