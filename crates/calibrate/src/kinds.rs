//! Leaks of many kinds, through the whole chain from packets to the verdict: which are found, after how long,
//! and what is said of those that are not.

use simulate::{Microphone, Sends, Way, scene};
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

/// Every way in every profile, leaking and not, on two threads.
pub fn rows(sessions: Sessions, seed: u64, say: &(dyn Fn(&str) + Sync)) -> Vec<Row> {
    let mut jobs: Vec<(usize, &str, Way, usize, bool)> = Vec::new();
    let ways = Way::ALL.iter().chain(&Way::NOT_TESTED);
    for (number, &(name, way)) in ways.enumerate() {
        for profile in (0..PROFILES.len()).filter(|&profile| sessions[profile] > 0) {
            for leaks in [true, false] {
                jobs.push((number, name, way, profile, leaks));
            }
        }
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let done = std::sync::Mutex::new(Vec::new());
    let work = || {
        while let Some(&(number, name, way, profile, leaks)) =
            jobs.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
        {
            let mut row = Row {
                name: name.to_owned(),
                profile: PROFILES[profile].0,
                leaks,
                sessions: sessions[profile],
                ..Row::default()
            };
            for i in 0..sessions[profile] {
                let purpose = (number * 8 + profile * 2 + usize::from(leaks)) as u64;
                let dice = (seed << 48) ^ (purpose << 24) ^ i as u64;
                count(&mut row, way, &session(way, profile, leaks, dice));
            }
            say(&line(&row));
            if let Ok(mut done) = done.lock() {
                done.push((number, profile, !leaks, row));
            }
        }
    };
    std::thread::scope(|scope| {
        let _other = scope.spawn(work);
        work();
    });
    let mut rows = done.into_inner().unwrap_or_default();
    rows.sort_by_key(|(number, profile, honest, _)| (*honest, *number, *profile));
    rows.into_iter().map(|(.., row)| row).collect()
}

fn session(way: Way, profile: usize, leaks: bool, dice: u64) -> Judgement {
    let (_, control, muted, all_codes) = PROFILES[profile];
    let scene = scene(dice)
        .blocks(control, muted)
        .without_peer()
        .unmuted(Sends::Pcmu)
        .muted(Sends::Telemetry { way, leaks }, Microphone::Running);
    let recording = match all_codes {
        true => scene.all_codes().record(),
        false => scene.record(),
    };
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

fn count(row: &mut Row, way: Way, judgement: &Judgement) {
    let said = |is: fn(&Note) -> bool| judgement.notes.iter().any(is);
    match &judgement.verdict {
        Verdict::Leaks { .. } => {
            let after = judgement.muted.crossed_after_s.unwrap_or(0.0);
            row.found_min.push(after / 60.0);
        }
        Verdict::Inconclusive { .. } | Verdict::NotRun { .. } => row.inconclusive += 1,
        Verdict::NoLeakSeen { .. } if limit_db(judgement) < noise_db(way) => row.below += 1,
        Verdict::NoLeakSeen { .. } => row.cleared += 1,
        Verdict::PartlySeen { .. } if said(|n| matches!(n, Note::BlindFields { .. })) => {
            row.blind += 1;
        }
        Verdict::PartlySeen { .. } => row.unread += 1,
    }
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
         *Below the limit*: cleared, with a limit printed that is larger than the leak. *Cleared*: none of these. At most {:.0} % of the sessions of a kind may be.\n\n\
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
