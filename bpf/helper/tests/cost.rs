//! What watching costs the watched app, side by side: its CPU time alone, with the helper, and with
//! bpftrace on the same function, at two rates of reads.
//! Run by `cargo xtask helper --cost`; takes 90 s.

mod common;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::*;

/// For how long the reader reads.
const SECONDS: f64 = 10.0;

/// One paced reader: `RATE` times a second 3840 bytes (20 ms of 48 kHz stereo) for 10 s.
const READER: &str = r#"
#include <stdlib.h>
#include <unistd.h>
int pa_simple_read(void *, void *, size_t, int *);
int main(int argc, char **argv)
{
	static char data[3840];
	int rate = argc > 1 ? atoi(argv[1]) : 50;
	sleep(1); /* its library is found meanwhile */
	for (int i = 0; i < 10 * rate; i++) {
		pa_simple_read(data, data, sizeof(data), NULL);
		usleep(1000000 / rate);
	}
}
"#;

/// User and system time of ended children, seconds.
fn spent() -> f64 {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_CHILDREN);
    let usage = usage.unwrap();
    [usage.user_time(), usage.system_time()]
        .iter()
        .map(|t| Duration::new(t.tv_sec() as u64, t.tv_usec() as u32 * 1_000).as_secs_f64())
        .sum()
}

/// User and system time of a process that runs, seconds.
fn spent_by(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields = stat.rsplit(')').next().unwrap().split_whitespace();
    let ticks = fields.skip(11).take(2).map(|n| n.parse::<f64>().unwrap());
    ticks.sum::<f64>() / 100.0
}

/// The reader's own time, and what `watcher` spent meanwhile, in percent of a core.
fn read(net: &Net, reader: &Path, rate: u32, watcher: Option<u32>) -> (f64, f64) {
    let watched = |from: f64| watcher.map_or(0.0, |pid| spent_by(pid) - from);
    let (before, own) = (spent(), watched(0.0));
    let mut command = net.command(reader);
    assert!(command.arg(rate.to_string()).status().unwrap().success());
    let percent = |s: f64| 100.0 * s / SECONDS;
    (percent(spent() - before), percent(watched(own)))
}

/// bpftrace on entry and return of the same function. It has room to copy 64 bytes of each read, and
/// prints them; the helper hands over all 3840.
fn bpftrace(library: &Path) -> Running {
    let script = format!(
        "BEGIN {{ printf(\"ready\\n\"); }}\n\
         uprobe:{library}:pa_simple_read {{ @data[tid] = arg1; }}\n\
         uretprobe:{library}:pa_simple_read /@data[tid]/ \
         {{ printf(\"%r\\n\", buf(@data[tid], 64)); delete(@data[tid]); }}",
        library = library.display(),
    );
    let child = Command::new("bpftrace")
        .args(["-q", "-e", &script])
        .stdout(Stdio::piped())
        .spawn();
    let mut running = Running(child.unwrap());
    let mut out = BufReader::new(running.0.stdout.take().unwrap());
    let mut line = String::new();
    while line != "ready\n" {
        line.clear();
        assert!(out.read_line(&mut line).unwrap() > 0, "bpftrace ended");
    }
    std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
    running
}

#[test]
#[ignore = "a measurement: cargo xtask helper --cost"]
fn reads_at_two_rates() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    build(folder.path(), "libpulse.so.0");
    let (source, reader) = (folder.path().join("reader.c"), folder.path().join("reader"));
    let library = folder.path().join("libpulse.so.0");
    fs::write(&source, READER).unwrap();
    gcc(&[
        "-o".as_ref(),
        reader.as_ref(),
        source.as_ref(),
        library.as_ref(),
    ]);
    println!("reads/s | app alone | app, helper | app, bpftrace | helper | bpftrace (% of a core)");
    for rate in [50, 200] {
        let net = Net::new();
        let (alone, _) = read(&net, &reader, rate, None);
        let helper = Helper::start(&net, &[]);
        let (with_helper, helper_own) = read(&net, &reader, rate, Some(helper.pid()));
        let frames = helper.end();
        let seen = frames.iter().filter_map(told).count();
        assert_eq!((lost(&frames), seen), (0, 10 * rate as usize));
        let traced = there("bpftrace").then(|| {
            let tracer = bpftrace(&library);
            read(&net, &reader, rate, Some(tracer.0.id()))
        });
        let shown = |n: Option<f64>| n.map_or("–".to_owned(), |n| format!("{n:.2}"));
        println!(
            "{rate:7} | {alone:9.2} | {with_helper:11.2} | {:>13} | {helper_own:6.2} | {}",
            shown(traced.map(|t| t.0)),
            shown(traced.map(|t| t.1)),
        );
    }
}
