//! Attention: how often is an app accused that tells nothing of who looks at it, and how soon is one found that
//! does? Through the whole chain, from packets to the test.

use features::Session;
use simulate::{Scene, Sends, scene};
use verdict::AttentionTest;

use crate::Size;
use crate::each::each;
use crate::null::{ALPHAS, Row};

/// What was found of apps that tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// How many sessions.
    pub sessions: usize,
    /// In how many it was found, at alpha 0.001.
    pub found: usize,
    /// In how many of these the right field was named, and no other.
    pub named_right: usize,
    /// Blocks until half of them and 95 % were found; nothing where fewer were.
    pub median_blocks: Option<usize>,
    /// Likewise.
    pub p95_blocks: Option<usize>,
}

/// Apps of one kind each.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// Those that tell nothing.
    pub honest: Row,
    /// Those that tell.
    pub found: Found,
}

/// Name of the field that tells.
const FIELD: &str = "$.active";

/// Blocks of the stretch, and seconds of each.
pub const BLOCKS: usize = 60;

impl Figures {
    /// Whether honest apps are accused no more often than promised, and every app that tells is found, within
    /// the stretch, and named by its field.
    pub fn holds(&self) -> bool {
        let all = self.found.sessions;
        self.honest.holds() && (self.found.found, self.found.named_right) == (all, all)
    }
}

/// Both.
pub fn figures(size: Size, seed: u64, say: &mut dyn FnMut(&str)) -> Figures {
    let (honest, found) = (size.pick(60, 4_000), size.pick(20, 400));
    let mut accused = [0; ALPHAS.len()];
    let mut series = 0;
    for test in each(size, honest, |i| test(app(seed, i, false))) {
        series = series.max(test.test.series as usize);
        for (count, alpha) in accused.iter_mut().zip(ALPHAS) {
            let needed = stats::log_threshold(alpha) / std::f64::consts::LN_10;
            *count += usize::from(test.test.log10_w_max >= needed);
        }
    }
    let honest = Row {
        name: "a window, and a post a second that tells nothing of it".to_owned(),
        sessions: honest,
        shape: (series, BLOCKS),
        accused,
        mutant: false,
    };
    say(&format!(
        "attention, honest: {accused:?} of {}",
        honest.sessions
    ));
    let tests = each(size, found, |i| test(app(seed, i, true)));
    let found = found_of(&tests);
    say(&format!(
        "attention, told: {} of {}",
        found.found, found.sessions
    ));
    Figures { honest, found }
}

fn app(seed: u64, i: u64, tells: bool) -> Scene {
    // Any number a session: seeds of scenes are numbers, and these are no other page's.
    let scene = scene(0xa77e_0000_0000 + (seed << 24) + (u64::from(tells) << 20) + i);
    scene.blocks(0, 0).unmuted(Sends::Nothing).attention(tells)
}

fn test(scene: Scene) -> AttentionTest {
    let recording = scene.record();
    let packets = recording.wire_packets();
    let session = Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    let mut tests = verdict::attention_alone(&session, &recording.seed);
    tests.remove(0)
}

fn found_of(tests: &[AttentionTest]) -> Found {
    let needed = |test: &AttentionTest| {
        let mut path = test.test.path.iter();
        path.position(|w| *w >= test.test.log10_needed)
    };
    let mut blocks: Vec<usize> = tests.iter().filter_map(needed).map(|k| k + 1).collect();
    blocks.sort_unstable();
    let right = |test: &&AttentionTest| {
        let mut named = test.findings.iter().filter(|finding| finding.named);
        named.clone().count() > 0 && named.all(|finding| finding.series.contains(FIELD))
    };
    let at = |share: f64| {
        let k = (tests.len() as f64 * share).ceil() as usize;
        k.checked_sub(1).and_then(|k| blocks.get(k).copied())
    };
    Found {
        sessions: tests.len(),
        found: blocks.len(),
        named_right: tests.iter().filter(right).count(),
        median_blocks: at(0.5),
        p95_blocks: at(0.95),
    }
}
