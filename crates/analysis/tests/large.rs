//! Bundles that do not fit into memory: what an app can make of one by sending all it can while it is muted.

use std::env;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use etherparse::PacketBuilder;
use record::{Body, Phase, Player};
use serde_json::Value;
use simulate::{Microphone, Sends, scene};
use wire::pcapng;

const MIB: u64 = 1 << 20;

/// What a flood's datagrams carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Carries {
    /// The same bytes, as who only wants to be a nuisance sends them.
    Nothing,
    /// Bytes of which nothing can be told.
    Noise,
    /// Both: of forty-one datagrams forty are short and noise, and one is long and zeros, which take no room on a
    /// disk that leaves them out.
    LongAndShort,
}

impl Carries {
    /// The payload of the n-th datagram.
    fn payload(self, n: u64, payload: &mut Vec<u8>) {
        let (len, is_noise) = match self {
            Carries::Nothing => (1_400, false),
            Carries::Noise => (1_400, true),
            Carries::LongAndShort if n.is_multiple_of(41) => (60_000, false),
            Carries::LongAndShort => (8, true),
        };
        payload.clear();
        payload.resize(len, 0);
        if is_noise {
            let mut state = n;
            for bytes in payload.as_chunks_mut::<8>().0 {
                // SplitMix64.
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                *bytes = (mixed ^ mixed >> 27).to_le_bytes();
            }
        }
    }

    /// Bytes of a datagram in a file, on average.
    fn bytes(self) -> u64 {
        const HEADERS: u64 = 14 + 20 + 8 + 32;
        match self {
            Carries::Nothing | Carries::Noise => 1_400 + HEADERS,
            Carries::LongAndShort => (60_000 + 40 * 8) / 41 + HEADERS,
        }
    }
}

/// A packet file that leaves out pages of zeros.
struct PacketFile {
    file: File,
    at: u64,
    rest: Vec<u8>,
    writer: pcapng::Writer,
    interface: u32,
}

const PAGE: usize = 4 << 10;

impl PacketFile {
    fn create(path: &Path) -> PacketFile {
        let mut writer = pcapng::Writer::new(&pcapng::Section::default());
        let interface = writer.interface("eth0", pcapng::LINK_ETHERNET, 65_535);
        PacketFile {
            file: File::create_new(path).expect("a new file"),
            at: 0,
            rest: Vec::new(),
            writer,
            interface,
        }
    }

    fn packet(&mut self, realtime_ns: u64, frame: &[u8]) {
        let len = frame.len() as u32;
        self.writer.packet(self.interface, realtime_ns, len, frame);
        if self.writer.pending() >= 256 * PAGE {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.rest.extend(self.writer.take());
        let (pages, _) = self.rest.as_chunks::<PAGE>();
        let whole = pages.len() * PAGE;
        for page in pages {
            if page.iter().any(|byte| *byte != 0) {
                self.file.write_all_at(page, self.at).expect("written");
            }
            self.at += PAGE as u64;
        }
        self.rest.drain(..whole);
    }

    fn finish(mut self) {
        self.flush();
        self.file
            .write_all_at(&self.rest, self.at)
            .expect("written");
        let len = self.at + self.rest.len() as u64;
        self.file.set_len(len).expect("as long");
    }
}

/// Writes a bundle of an app that sends its voice and, muted, floods its server with so many bytes; it is not
/// sealed yet.
fn flooded(dir: &Path, bytes: u64, carries: Carries) -> bundle::Writer {
    let scene = scene(7)
        .blocks(45, 60)
        .muted(Sends::KeepAlive, Microphone::Running);
    let recording = scene.record();
    let mut writer =
        bundle::Writer::create(dir, &recording.manifest, &recording.seed).expect("a bundle");
    let time_of = |wanted: &dyn Fn(&Body) -> bool| {
        let mut records = recording.records.iter();
        records.find(|r| wanted(&r.body)).map(|r| r.t.0)
    };
    let muted = time_of(&|body| {
        let (player, muted) = (Player::Mic, Phase::Muted);
        matches!(body, Body::PhaseBegin { phase, player: of, .. } if *phase == muted && *of == player)
    });
    let begin = muted.expect("a muted phase");
    let end = time_of(&|body| matches!(body, Body::Finished)).expect("an end");
    let offset_ns = recording.records.iter().find_map(|r| match r.body {
        Body::ClockPair { realtime_ns, .. } => Some(realtime_ns - r.t.0),
        _ => None,
    });
    let offset_ns = offset_ns.expect("a clock");
    let to_server = || {
        PacketBuilder::ethernet2([2, 0, 0, 0, 0, 2], [2, 0, 0, 0, 0, 1])
            .ipv4([10, 77, 0, 2], [10, 77, 0, 1], 64)
            .udp(40_000, 9)
    };
    let n = bytes / carries.bytes();
    let mut packets = PacketFile::create(&dir.join("packets.pcapng"));
    let mut sent = 0;
    let (mut payload, mut frame) = (Vec::new(), Vec::new());
    for (t, own) in &recording.packets {
        while sent < n {
            let at = begin + (u128::from(end - begin) * u128::from(sent) / u128::from(n)) as u64;
            if at > t.0 {
                break;
            }
            carries.payload(sent, &mut payload);
            frame.clear();
            let built = to_server().write(&mut frame, &payload);
            built.expect("a frame");
            packets.packet(at + offset_ns, &frame);
            sent += 1;
        }
        packets.packet(t.0 + offset_ns, own);
    }
    packets.finish();
    for record in recording.records {
        writer
            .push(record.t, record.source, record.body)
            .expect("a record");
    }
    writer.flush().expect("written");
    writer
}

/// Says to the program that is measured which bundle it judges, and where it puts its report.
const BUNDLE: &str = "JUDGED_BUNDLE";
const REPORT: &str = "JUDGED_REPORT";

/// The program that is measured: it does what `muteproof analyze --json` does.
#[test]
#[ignore = "a part of the others"]
fn judges_what_it_is_told() {
    let (Some(bundle), Some(report)) = (env::var_os(BUNDLE), env::var_os(REPORT)) else {
        return;
    };
    let judged = analysis::judged(Path::new(&bundle), false).expect("a judgement");
    fs::write(report, judged.json().expect("a report")).expect("written");
}

/// What was judged of a bundle, and how much memory that took at its highest, bytes.
#[expect(clippy::zombie_processes, reason = "wait4 waits, and tells the memory")]
fn judged(dir: &Path) -> (Value, u64) {
    let report = dir.with_extension("json");
    let child = Command::new(env::current_exe().expect("this program"))
        .args(["--exact", "judges_what_it_is_told", "--ignored"])
        .env(BUNDLE, dir)
        .env(REPORT, &report)
        .stdout(Stdio::null())
        .spawn()
        .expect("it runs");
    // SAFETY: all-zero is a valid value of this plain structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let mut status = 0;
    // SAFETY: the child was not waited for before, and both places outlive the call.
    let waited = unsafe { libc::wait4(child.id() as i32, &mut status, 0, &mut usage) };
    assert_eq!((waited, status), (child.id() as i32, 0));
    let said = fs::read(&report).expect("a report");
    let said = serde_json::from_slice(&said).expect("JSON");
    (said, usage.ru_maxrss as u64 * 1024)
}

fn name(said: &Value) -> &str {
    said["judgement"]["verdict"]["is"]
        .as_str()
        .unwrap_or_default()
}

/// The peak does not grow with the bundle: only a list of its packets does.
#[test]
fn a_large_bundle_is_judged_in_little_memory() {
    for carries in [Carries::Nothing, Carries::Noise] {
        let dir = tempfile::tempdir().unwrap();
        let (small, large) = (dir.path().join("small"), dir.path().join("large"));
        flooded(&small, 0, carries).seal().expect("sealed");
        let (_, base) = judged(&small);
        let writer = flooded(&large, 300 * MIB, carries);
        writer.seal().expect("sealed");
        let (said, peak) = judged(&large);
        println!(
            "{carries:?}: {} MiB at most, {} MiB of a bundle without the flood; {}",
            peak / MIB,
            base / MIB,
            name(&said)
        );
        assert!(peak < base + 150 * MIB, "{peak} bytes beside {base}");
    }
}

/// As large as a flood of a minute made one, and of as many packets: 13 GB, of which the disk holds one. It is not
/// sealed, which only takes time: what is, is hashed in pieces.
#[test]
#[ignore = "writes a gigabyte, and reads thirteen many times"]
fn a_bundle_of_13_gb_is_judged_in_500_mb() {
    let dir = tempfile::tempdir().unwrap();
    let large = dir.path().join("large");
    drop(flooded(&large, 13_000_000_000, Carries::LongAndShort));
    let len = large.join("packets.pcapng").metadata().unwrap().len();
    let begun = Instant::now();
    let (said, peak) = judged(&large);
    println!(
        "{:.1} GB of packets: {} MB at most, {:.0} s; {}",
        len as f64 / 1e9,
        peak / 1_000_000,
        begun.elapsed().as_secs_f64(),
        name(&said)
    );
    assert!(len > 12_500_000_000, "{len}");
    assert!(peak <= 500_000_000, "{peak} bytes");
}
