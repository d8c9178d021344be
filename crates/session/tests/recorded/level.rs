//! What a session takes of the machine while an app does all it can.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bundle::Bundle;
use record::{Body, Source};
use session::{Ended, Lifeline, Watch};

use crate::{Recorded, recorded_with};

/// What the session's processes have at a moment.
#[derive(Debug, Clone, Copy)]
struct Taken {
    at: Duration,
    memory: u64,
    descriptors: usize,
}

/// Looks at the session's processes twice a second.
struct Looks {
    began: Instant,
    taken: Vec<Taken>,
}

impl Watch for Looks {
    fn pause(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn look(&mut self) -> Option<String> {
        let mut taken = Taken {
            at: self.began.elapsed(),
            memory: 0,
            descriptors: 0,
        };
        for process in own() {
            taken.memory += resident(&process).unwrap_or(0);
            taken.descriptors += fs::read_dir(process.join("fd")).map_or(0, Iterator::count);
        }
        self.taken.push(taken);
        None
    }

    fn end(&mut self) {}
}

/// The folders in `/proc` of this process and of those that it has begun, as far as they run this very program.
fn own() -> Vec<PathBuf> {
    let program = fs::read_link("/proc/self/exe").expect("a program");
    let entries = fs::read_dir("/proc").expect("processes").flatten();
    let ours = |path: &PathBuf| {
        fs::read_link(path.join("exe")).is_ok_and(|exe| exe == program) && is_within(path.clone())
    };
    entries.map(|entry| entry.path()).filter(ours).collect()
}

/// Whether a process is this one, or was begun by it or by one that was.
fn is_within(mut process: PathBuf) -> bool {
    let this = std::process::id().to_string();
    while !process.ends_with(&this) {
        match status(&process, "PPid:") {
            Some(parent) if parent > 0 => process.set_file_name(parent.to_string()),
            _ => return false,
        }
    }
    true
}

/// A number in what the kernel says of a process.
fn status(process: &Path, name: &str) -> Option<u64> {
    let status = fs::read_to_string(process.join("status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Bytes of a process that are nobody's but its own.
fn resident(process: &Path) -> Option<u64> {
    status(process, "RssAnon:").map(|kib| kib * 1024)
}

/// A session with an app that never rests; nothing where this machine lacks what it needs. The sound server may
/// take what it likes: it is the app's.
fn restless(muted_blocks: u32) -> Option<(Recorded, Vec<Taken>)> {
    let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/recipes/restless");
    let recipe = recipe.display().to_string();
    let mut looks = Looks {
        began: Instant::now(),
        taken: Vec::new(),
    };
    let lifeline = Lifeline::default();
    let recorded = recorded_with(&recipe, &mut looks, &lifeline, |job| {
        job.manifest.protocol.muted_blocks = muted_blocks;
    })?;
    assert_eq!(recorded.ended, Ended::Whole);
    for taken in looks.taken.iter().step_by(4) {
        println!(
            "{:6.1} s: {:4} MB of memory, {} descriptors",
            taken.at.as_secs_f64(),
            taken.memory / 1_000_000,
            taken.descriptors
        );
    }
    Some((recorded, looks.taken))
}

const MB: u64 = 1_000_000;

/// What may wait for the disk, and as much again for everything else.
const MEMORY_MAX: u64 = 128 * MB;

/// Holds it to be level; gives what the app says it did: packets sent, and changes of its stream.
fn held(recorded: &Recorded, taken: &[Taken]) -> (u64, u64) {
    let most = taken.iter().map(|taken| taken.memory).max();
    assert!(most.is_some_and(|most| most < MEMORY_MAX), "{most:?}");
    // The second half against the first, when everything was open: its median, since what is looked at for a
    // moment (a process, a folder) is open for that moment.
    let (first, second) = taken.split_at(taken.len() / 2);
    let open = |taken: &[Taken]| -> Vec<_> {
        let mut open: Vec<_> = taken.iter().map(|taken| taken.descriptors).collect();
        open.sort_unstable();
        open
    };
    let (first, second) = (open(first), open(second));
    assert!(
        second[second.len() / 2] <= first[first.len() - 1],
        "{taken:?}"
    );
    let size = |name: &str| fs::metadata(recorded.dir.join(name)).map_or(0, |file| file.len());
    let (packets, log) = (size("packets.pcapng"), size("session.jsonl"));
    let bundle: Bundle = recorded.bundle();
    let gap =
        |r: &&record::Record| r.source == Source::Packets && matches!(r.body, Body::Gap { .. });
    let gaps = bundle.records.iter().filter(gap).count();
    let said = fs::read_to_string(recorded.dir.join("logs/app.txt")).expect("what the app says");
    println!("{said}");
    println!(
        "{} packets kept in {} MB, {gaps} gaps; a log of {} MB",
        bundle.packets().len(),
        packets / MB,
        log / MB
    );
    assert!(packets < 2_200 * MB && log < 100 * MB);
    let numbers = said.lines().find_map(|line| {
        let (sent, changed) = line.strip_prefix("sent ")?.split_once(", changed ")?;
        let changed = changed.split(' ').next()?;
        Some((sent.parse().ok()?, changed.parse().ok()?))
    });
    numbers.expect("the app says what it did")
}

pub fn short() {
    let Some((recorded, taken)) = restless(10) else {
        return;
    };
    let (sent, changed) = held(&recorded, &taken);
    assert!(sent > 10_000 && changed > 100, "{sent} {changed}");
}

/// As many changes as a day has seconds.
pub fn day() {
    let Some((recorded, taken)) = restless(200) else {
        return;
    };
    let (sent, changed) = held(&recorded, &taken);
    assert!(sent >= 10_000_000 && changed >= 86_400, "{sent} {changed}");
}
