//! What watching costs the watched app: CPU time with and without, at two rates of reads.
//! Run by `cargo xtask helper --cost`; takes 80 s.

mod common;

use std::fs;
use std::time::Duration;

use common::*;

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

#[test]
#[ignore = "a measurement: cargo xtask helper --cost"]
fn reads_at_two_rates() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    build(folder.path(), "libpulse.so.0");
    let (source, reader) = (folder.path().join("reader.c"), folder.path().join("reader"));
    fs::write(&source, READER).unwrap();
    let built = std::process::Command::new("gcc")
        .args(["-O1", "-o"])
        .args([&reader, &source, &folder.path().join("libpulse.so.0")])
        .status();
    assert!(built.unwrap().success());
    for rate in ["50", "200"] {
        let mut per_s = Vec::new();
        for watched in [false, true] {
            let net = Net::new();
            let helper = watched.then(|| Helper::start(&net, &[]));
            let before = spent();
            let mut command = net.command(&reader);
            assert!(command.arg(rate).status().unwrap().success());
            let app = (spent() - before) / 10.0;
            let mut own = 0.0;
            if let Some(helper) = helper {
                let stat = fs::read_to_string(format!("/proc/{}/stat", helper.pid())).unwrap();
                let ticks: Vec<f64> = stat
                    .rsplit(')')
                    .next()
                    .unwrap()
                    .split_whitespace()
                    .skip(11)
                    .take(2)
                    .map(|n| n.parse().unwrap())
                    .collect();
                // In hundredths of a second, over its whole life of some 12 s, loading included.
                own = ticks.iter().sum::<f64>() / 100.0 / 12.0;
                let frames = helper.end();
                let seen = frames.iter().filter_map(told).count();
                assert_eq!(seen, 10 * rate.parse::<usize>().unwrap());
            }
            per_s.push((app, own));
        }
        println!(
            "{rate} reads/s of 3840 bytes: app {:.2} % of a core unwatched, {:.2} % watched; \
             helper {:.2} %",
            100.0 * per_s[0].0,
            100.0 * per_s[1].0,
            100.0 * per_s[1].1,
        );
    }
}
