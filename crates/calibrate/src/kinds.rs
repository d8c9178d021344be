//! Leaks of many kinds, through the whole chain from packets to the verdict: which are found, after how long,
//! and what is said of those that are not.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use simulate::{Microphone, Recording, Sends, Way, scene};
use verdict::{Judgement, Note, Options, Sealed, Verdict, judge};

/// Share of leaking sessions of a kind that may be cleared.
pub const MAY_CLEAR: f64 = 0.05;

/// What became of the sessions of one kind in one profile.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// The kind.
    pub name: String,
    /// The profile.
    pub profile: &'static str,
    /// Whether the reports followed the sound.
    pub leaks: bool,
    /// How many sessions.
    pub sessions: usize,
    /// A leak was found, after so many minutes of muted time.
    pub found_min: Vec<f64>,
    /// Nothing found, and fields named in which nothing would have been.
    pub blind: usize,
    /// Nothing found, and something said to have been read by nobody.
    pub unread: usize,
    /// Nothing found, the leak being smaller than the limits that the report itself prints.
    pub below: usize,
    /// Nothing found, and nothing of that said: exit 0 would stand for this.
    pub cleared: usize,
    /// No answer.
    pub inconclusive: usize,
}

impl Row {
    fn count(&mut self, word: &str) {
        match (word, word.parse()) {
            (_, Ok(minutes)) => self.found_min.push(minutes),
            ("blind", _) => self.blind += 1,
            ("unread", _) => self.unread += 1,
            ("below", _) => self.below += 1,
            ("cleared", _) => self.cleared += 1,
            _ => self.inconclusive += 1,
        }
    }

    /// Median of the minutes until a leak was found, all sessions counted; nothing if fewer were.
    pub fn median_min(&self) -> Option<f64> {
        let mut minutes = self.found_min.clone();
        minutes.sort_by(f64::total_cmp);
        minutes.get(self.sessions / 2).copied()
    }
}

/// Profiles, and what the slower codes need.
const PROFILES: [(&str, u32, u32, bool); 3] = [
    ("smoke", 45, 60, false),
    ("quick", 90, 180, false),
    ("standard", 90, 1_800, true),
];

/// Sessions of a kind in each profile.
pub type Sessions = [usize; 3];

/// Every way in every profile, leaking and not, on two threads. One schedule is played for all ways, since
/// its sound takes longest to make; each way draws by itself what follows nothing. `kept`: where finished
/// schedules are written down, so that a run which was stopped goes on.
pub fn rows(
    sessions: Sessions,
    seed: u64,
    kept: &Path,
    say: &(dyn Fn(&str) + Sync),
) -> io::Result<Vec<Row>> {
    let done: Vec<String> = match fs::read_to_string(kept) {
        Ok(text) => text.lines().map(str::to_owned).collect(),
        Err(_) => Vec::new(),
    };
    let is_done = |unit: &Unit| done.iter().any(|line| line.starts_with(&unit.mark(seed)));
    // The longest first.
    let units = (0..PROFILES.len())
        .rev()
        .flat_map(|profile| (0..sessions[profile]).map(move |number| Unit { profile, number }));
    let open: Vec<Unit> = units.filter(|unit| !is_done(unit)).collect();
    let file = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(kept)?;
    let (next, file) = (AtomicUsize::new(0), Mutex::new(file));
    let failed: Mutex<Option<io::Error>> = Mutex::new(None);
    let work = || {
        while let Some(unit) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
            let line = unit.line(seed);
            say(&format!("{} {}", PROFILES[unit.profile].0, unit.number));
            let written = match file.lock() {
                Ok(mut file) => file.write_all(line.as_bytes()),
                Err(_) => Ok(()),
            };
            if let (Err(e), Ok(mut failed)) = (written, failed.lock()) {
                *failed = Some(e);
            }
        }
    };
    std::thread::scope(|scope| {
        let _other = scope.spawn(work);
        work();
    });
    match failed.into_inner() {
        Ok(Some(e)) => Err(e),
        _ => Ok(counted(&fs::read_to_string(kept)?, sessions, seed)),
    }
}

/// One schedule of a profile, and every way under it.
struct Unit {
    profile: usize,
    number: usize,
}

impl Unit {
    /// How its line begins.
    fn mark(&self, seed: u64) -> String {
        format!("{seed} {} {} ", PROFILES[self.profile].0, self.number)
    }

    /// What became of its sessions, in the order of [`kinds`], leaking ones first.
    fn line(&self, seed: u64) -> String {
        let (_, control, muted, all_codes) = PROFILES[self.profile];
        let dice = (seed << 48) ^ ((self.profile as u64) << 24) ^ self.number as u64;
        let schedule = || {
            let scene = scene(dice)
                .blocks(control, muted)
                .without_peer()
                .unmuted(Sends::Pcmu);
            if all_codes { scene.all_codes() } else { scene }
        };
        let sound = schedule().sound();
        let mut line = self.mark(seed);
        for (number, (_, way)) in kinds().enumerate() {
            for leaks in [true, false] {
                let salt = (2 * number + usize::from(leaks)) as u8;
                let sends = Sends::Telemetry { way, leaks };
                let scene = schedule().muted(sends, Microphone::Running).salted(salt);
                let recording = scene.record_with(&sound);
                line += &outcome(way, &judged(&recording));
                line.push(' ');
            }
        }
        line.push('\n');
        line
    }
}

/// Every way, by its name.
fn kinds() -> impl Iterator<Item = (&'static str, Way)> {
    Way::ALL.iter().chain(&Way::NOT_TESTED).copied()
}

/// The rows of what was written down.
fn counted(text: &str, sessions: Sessions, seed: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for leaks in [true, false] {
        for (number, (name, _)) in kinds().enumerate() {
            for (profile, &n) in sessions.iter().enumerate().filter(|(_, n)| **n > 0) {
                let mut row = Row {
                    name: name.to_owned(),
                    profile: PROFILES[profile].0,
                    leaks,
                    sessions: n,
                    ..Row::default()
                };
                for unit in (0..n).map(|number| Unit { profile, number }) {
                    let mark = unit.mark(seed);
                    let line = text.lines().find_map(|line| line.strip_prefix(&mark));
                    let mut words = line.unwrap_or("").split(' ');
                    row.count(words.nth(2 * number + usize::from(!leaks)).unwrap_or(""));
                }
                rows.push(row);
            }
        }
    }
    rows
}

fn judged(recording: &Recording) -> Judgement {
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    let options = Options::default();
    judge(&session, &recording.seed, Sealed::Unchanged, &options)
}

/// Noise in the loudness that is told, dB.
fn noise_db(way: Way) -> f64 {
    match way {
        Way::Level { noise_db, .. } => f64::from(noise_db),
        _ => 0.0,
    }
}

/// The least of the limits that the report prints for any field.
fn limit_db(judgement: &Judgement) -> f64 {
    let limits = judgement.fields.iter().flat_map(|class| &class.down_to_db);
    let limits = limits.map(|(_, limit)| limit.unwrap_or(0.0));
    limits.fold(f64::INFINITY, f64::min)
}

/// What became of a session, as a word; of a leak that was found the minutes that it took.
fn outcome(way: Way, judgement: &Judgement) -> String {
    let said = |is: fn(&Note) -> bool| judgement.notes.iter().any(is);
    let word = match &judgement.verdict {
        Verdict::Leaks { .. } => {
            let after = judgement.muted.crossed_after_s.unwrap_or(0.0);
            return format!("{:.3}", after / 60.0);
        }
        Verdict::Inconclusive { .. } | Verdict::NotRun { .. } => "inconclusive",
        Verdict::NoLeakSeen { .. } if limit_db(judgement) < noise_db(way) => "below",
        Verdict::NoLeakSeen { .. } => "cleared",
        Verdict::PartlySeen { .. } if said(|n| matches!(n, Note::BlindFields { .. })) => "blind",
        Verdict::PartlySeen { .. } => "unread",
    };
    word.to_owned()
}

fn line(row: &Row) -> String {
    format!(
        "{} {} {}: found {} of {}, blind {}, unread {}, below {}, cleared {}, no answer {}",
        if row.leaks { "leak" } else { "twin" },
        row.profile,
        row.name,
        row.found_min.len(),
        row.sessions,
        row.blind,
        row.unread,
        row.below,
        row.cleared,
        row.inconclusive
    )
}

/// The page.
pub fn markdown(rows: &[Row], seed: u64) -> String {
    let mut out = format!(
        "# Which leaks are found\n\n\
         Generated by `cargo xtask leak-kinds`, dice seeded with {seed}; do not edit. Small programs that report the\n\
         loudness in clear while muted, one way each (`crates/simulate/src/telemetry.rs`), through the whole chain\n\
         from packets to the verdict. Level is what is heard in 40 ms; reports lie half a second behind the edge\n\
         of a block unless it is said otherwise.\n\n\
         *Fields named*: nothing was found, and the report names fields in which nothing would have been. *Not\n\
         looked at*: nothing was found, and the report says that something was not read or not tested.\n\
         *Below the limit*: cleared, with a limit printed that is larger than the leak. *Cleared*: none of these. At\n\
         most {:.0} % of the sessions of a kind may be. One schedule is played for all kinds, so that the rows of a\n\
         profile are of the same schedules; what follows nothing is drawn anew for each.\n\n\
         | kind | profile | sessions | found | median | fields named | not looked at | below the limit | cleared | no answer |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
        100.0 * MAY_CLEAR
    );
    for row in rows.iter().filter(|row| row.leaks) {
        let median = row
            .median_min()
            .map_or("–".into(), |m| format!("{m:.1} min"));
        out += &format!(
            "| {} | {} | {} | {} | {median} | {} | {} | {} | {} | {} |\n",
            row.name,
            row.profile,
            row.sessions,
            row.found_min.len(),
            row.blind,
            row.unread,
            row.below,
            row.cleared,
            row.inconclusive
        );
    }
    out += "\n## Their honest twins\n\n\
            The same reports of a number that follows nothing. Accused at alpha 0.001.\n\n\
            | profile | sessions | accused | fields named | not looked at | cleared | no answer |\n\
            |---|---|---|---|---|---|---|\n";
    for (profile, ..) in PROFILES {
        let of = || {
            rows.iter()
                .filter(|row| !row.leaks && row.profile == profile)
        };
        let sum = |what: fn(&Row) -> usize| of().map(what).sum::<usize>();
        out += &format!(
            "| {profile} | {} | {} | {} | {} | {} | {} |\n",
            sum(|r| r.sessions),
            sum(|r| r.found_min.len()),
            sum(|r| r.blind),
            sum(|r| r.unread),
            sum(|r| r.cleared),
            sum(|r| r.inconclusive)
        );
    }
    out
}

/// Promises that did not hold.
pub fn misses(rows: &[Row]) -> Vec<String> {
    let tested = |row: &Row| Way::ALL.iter().any(|(name, _)| *name == row.name);
    let too_often = |row: &&Row| {
        row.leaks && tested(row) && row.cleared as f64 > MAY_CLEAR * row.sessions as f64
    };
    rows.iter().filter(too_often).map(line).collect()
}
