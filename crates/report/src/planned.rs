//! What run length and which code find a signal, in words and tables.

use plan::{Covers, Limits, Observed, Planned, Question, Reach, Row, Signal};
use verdict::{Detects, PlantedKind};

use crate::error::RenderError;
use crate::i18n::{Lang, Words};

/// What a finished run could have found.
#[derive(Debug, Clone)]
pub struct Finished<'a> {
    /// What was planted into its own numbers; nothing where no leaks were planted.
    pub detects: Option<&'a Detects>,
    /// Series that were bet on while muted.
    pub series: u32,
    /// Its false-alarm rate.
    pub alpha: f64,
    /// Each of its codes that change the level.
    pub codes: Vec<ByLength>,
    /// How often a value is sent, seconds.
    pub every_s: f64,
    /// Standard deviations that two sounds have to lie apart in a value sent so often; nothing where no
    /// code of the run could have found one.
    pub d: Option<f64>,
}

/// What one code could have found by its length.
#[derive(Debug, Clone)]
pub struct ByLength {
    /// The code's name.
    pub name: &'static str,
    /// Its blocks.
    pub blocks: usize,
    /// Length of a block, seconds.
    pub block_s: f64,
    /// What is smaller it could not have found.
    pub limits: Limits,
}

/// The answer to a question, as text.
pub fn planned(planned: &Planned, lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let text = text(&words, planned);
    words.done(text)
}

/// What is said of a finished run, as text.
pub fn finished(finished: &Finished, lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let mut out = planted(&words, finished.detects);
    by_length(&words, finished, &mut out);
    words.done(out)
}

fn text(words: &Words, planned: &Planned) -> String {
    let mut out = String::new();
    let question = &planned.question;
    if let Some(signal) = question.signal {
        let said = [("signal", named(words, signal))];
        line(&mut out, &words.say("plan-signal", &said));
        let (series, alpha) = (question.series.to_string(), words.exact(question.alpha));
        let among = words.say("plan-among", &[("series", series), ("alpha", alpha)]);
        line(&mut out, &among);
        line(&mut out, "");
        codes(words, planned, &mut out);
        slower(words, planned, signal, &mut out);
        recommend(words, planned, &mut out);
    }
    limits(words, planned, &mut out);
    out
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

/// On which side of its column a text stands.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Left,
    Right,
}

/// The head of a table and how wide its columns are: as their heads, or wider.
struct Columns(Vec<(String, usize, Side)>);

impl Columns {
    fn new(words: &Words, columns: &[(&str, usize, Side)]) -> Columns {
        let column =
            |&(id, least, side): &(&str, usize, Side)| Columns::one(words.t(id), least, side);
        Columns(columns.iter().map(column).collect())
    }

    fn one(head: String, least: usize, side: Side) -> (String, usize, Side) {
        let width = head.chars().count().max(least);
        (head, width, side)
    }

    fn head(&self) -> String {
        let heads: Vec<&str> = self.0.iter().map(|(head, ..)| head.as_str()).collect();
        self.row(&heads)
    }

    fn row<T: AsRef<str>>(&self, cells: &[T]) -> String {
        let mut out = String::new();
        for ((_, width, side), cell) in self.0.iter().zip(cells) {
            let cell = cell.as_ref();
            match side {
                Side::Left => out.push_str(&format!("{cell:width$}  ")),
                Side::Right => out.push_str(&format!("{cell:>width$}   ")),
            }
        }
        out.truncate(out.trim_end().len());
        out
    }
}

/// The name of a code. Only those that change the level are planned with.
fn code(words: &Words, name: &str) -> String {
    match name {
        "fast" => words.t("code-fast"),
        "medium" => words.t("code-medium"),
        "slow" => words.t("code-slow"),
        other => other.to_owned(),
    }
}

/// How wide a column of codes is.
fn code_width(words: &Words) -> usize {
    let names = plan::Code::ALL.map(|of| code(words, of.name()).chars().count());
    names.into_iter().max().unwrap_or(0)
}

fn codes(words: &Words, planned: &Planned, out: &mut String) {
    use Side::{Left, Right};
    let columns = [
        ("plan-code", code_width(words), Left),
        ("plan-block", 5, Right),
        ("plan-bits", 12, Right),
        ("plan-formula", 14, Right),
        ("plan-half-found", 10, Right),
        ("plan-95-found", 10, Right),
    ];
    let columns = Columns::new(words, &columns);
    line(out, &columns.head());
    for row in &planned.rows {
        let at = |blocks: Option<usize>| match (row.times, blocks) {
            (None, _) => "–".to_owned(),
            (Some(times), None) => format!("> {}", time(words, row.seconds(times.horizon))),
            (Some(_), Some(blocks)) => time(words, row.seconds(blocks)),
        };
        let formula = match row.formula * row.code.block_s() {
            seconds if seconds < 1e6 => time(words, seconds),
            _ => words.t("plan-never"),
        };
        let cells = [
            code(words, row.code.name()),
            time(words, row.code.block_s()),
            words.decimal(row.seen.bits(), 4),
            formula,
            at(row.times.and_then(|t| t.median)),
            at(row.times.and_then(|t| t.p95)),
        ];
        line(out, &columns.row(&cells));
    }
    if let Some(times) = planned.rows.iter().find_map(|row| row.times) {
        let sessions = [("sessions", times.sessions.to_string())];
        line(out, "");
        line(out, &words.say("plan-simulated", &sessions));
    }
    if planned.rows.iter().any(|row| row.times.is_none()) {
        line(out, &words.t("plan-not-simulated"));
    }
}

/// A signal that most blocks of a code go without.
fn slower(words: &Words, planned: &Planned, signal: Signal, out: &mut String) {
    let (Signal::Value {
        every_s, covers, ..
    }
    | Signal::Loudness {
        every_s, covers, ..
    }) = signal
    else {
        return;
    };
    let rare = |row: &&Row| matches!(row.seen, Observed::Shift { every, .. } if every > 1);
    let rare: Vec<&Row> = planned.rows.iter().filter(rare).collect();
    let Some(row) = rare.first() else { return };
    let Observed::Shift { every, .. } = row.seen else {
        return;
    };
    let id = match covers {
        Covers::SinceLast if rare.len() < planned.rows.len() => "plan-rare-slower-code",
        Covers::SinceLast => "plan-rare-no-code",
        Covers::Moment => "plan-rare-moment",
    };
    let said = [
        ("every", time(words, every_s)),
        ("code", code(words, row.code.name())),
        ("blocks", every.to_string()),
    ];
    line(out, "");
    line(out, &words.say(id, &said));
}

fn recommend(words: &Words, planned: &Planned, out: &mut String) {
    line(out, "");
    line(
        out,
        &match planned.recommended() {
            Some((profile, found_by)) => words.say(
                "plan-recommended",
                &[
                    ("profile", profile.name.to_owned()),
                    ("time", time(words, profile.muted_s)),
                    ("code", code(words, found_by.name())),
                ],
            ),
            None => words.t("plan-no-profile"),
        },
    );
}

fn limits(words: &Words, planned: &Planned, out: &mut String) {
    use Side::{Left, Right};
    let question = &planned.question;
    if question.signal.is_some() {
        line(out, "");
    }
    line(out, &words.t("plan-limits"));
    line(out, "");
    let every = [("every", time(words, question.every_s))];
    let mut columns = Columns::new(
        words,
        &[
            ("plan-profile", 9, Left),
            ("plan-code", code_width(words), Left),
            ("plan-blocks", 6, Right),
        ],
    );
    let value = words.say("plan-value-every", &every);
    columns.0.push(Columns::one(value, 0, Right));
    let others = [
        ("plan-noise", 9, Right),
        ("plan-bytes", 14, Right),
        ("plan-flag", 10, Right),
    ];
    columns.0.extend(Columns::new(words, &others).0);
    line(out, &columns.head());
    for reach in &planned.reaches {
        line(out, &columns.row(&reach_cells(words, question, reach)));
    }
    let said = [
        ("step", words.exact(question.step_db)),
        ("packets", words.exact(question.packets_per_s)),
        ("sd", words.exact(question.size_sd)),
    ];
    line(out, "");
    line(out, &words.say("plan-limits-what", &said));
}

fn reach_cells(words: &Words, question: &Question, reach: &Reach) -> [String; 7] {
    let limits = &reach.limits;
    let d = limits.value_d(reach.code, question.every_s);
    let bytes = limits.bytes(reach.code, question.packets_per_s, question.size_sd);
    let wrong = limits.flag_wrong.map(|share| 100.0 * share);
    [
        reach.profile.name.to_owned(),
        code(words, reach.code.name()),
        limits.blocks.to_string(),
        number(words, "≥ ", d, ""),
        number(words, "≤ ", d.map(|d| question.step_db / d), " dB"),
        number(words, "≥ ", bytes, " B"),
        number(words, "≤ ", wrong, " %"),
    ]
}

fn named(words: &Words, signal: Signal) -> String {
    let about = |covers| match covers {
        Covers::SinceLast => words.t("plan-about-since-last"),
        Covers::Moment => words.t("plan-about-moment"),
    };
    match signal {
        Signal::Value { every_s, d, covers } => {
            let (every, d, about) = (time(words, every_s), words.exact(d), about(covers));
            let args = [("every", every), ("about", about), ("d", d)];
            words.say("plan-signal-value", &args)
        }
        Signal::Loudness {
            every_s,
            noise_db,
            step_db,
            covers,
        } => words.say(
            "plan-signal-loudness",
            &[
                ("every", time(words, every_s)),
                ("about", about(covers)),
                ("noise", words.exact(noise_db)),
                ("step", words.exact(step_db)),
            ],
        ),
        Signal::Bytes {
            bytes,
            packets_per_s,
            size_sd,
        } => words.say(
            "plan-signal-bytes",
            &[
                ("packets", words.exact(packets_per_s)),
                ("bytes", words.exact(bytes)),
                ("sd", words.exact(size_sd)),
            ],
        ),
        Signal::Flag { wrong } => {
            words.say("plan-signal-flag", &[("wrong", words.exact(100.0 * wrong))])
        }
    }
}

/// What the judgement says it would have found in the session's own numbers.
fn planted(words: &Words, detects: Option<&Detects>) -> String {
    let Some(detects) = detects else {
        return format!("{}\n", words.t("plan-nothing-planted"));
    };
    let mut out = String::new();
    let tries = [("tries", detects.tries.to_string())];
    line(&mut out, &words.say("plan-planted", &tries));
    let kinds = detects
        .planted
        .iter()
        .map(|p| planted_kind(words, p.kind).0);
    let width = kinds.map(|what| what.chars().count()).max();
    let width = width.unwrap_or(0).max(32);
    for planted in &detects.planted {
        let (what, sign, unit, times) = planted_kind(words, planted.kind);
        let down_to = number(words, sign, planted.down_to.map(|x| times * x), unit);
        let code = code(words, planted.code.name());
        line(&mut out, &format!("  {code:8} {what:width$} {down_to}"));
    }
    out
}

/// What is planted, the sign and the unit of its strength, and what that is multiplied by.
fn planted_kind(words: &Words, kind: PlantedKind) -> (String, &'static str, &'static str, f64) {
    match kind {
        PlantedKind::PacketSize => (words.t("plan-planted-size"), "≥ ", " B", 1.0),
        PlantedKind::Packets => (words.t("plan-planted-packets"), "≥ ", "", 1.0),
        PlantedKind::Flag => (words.t("plan-planted-flag"), "≤ ", " %", 100.0),
        PlantedKind::Loudness => (words.t("plan-planted-loudness"), "≤ ", " dB", 1.0),
    }
}

fn by_length(words: &Words, finished: &Finished, out: &mut String) {
    line(out, "");
    line(out, &words.t("plan-by-length"));
    for by in &finished.codes {
        let wrong = by.limits.flag_wrong.map(|share| 100.0 * share);
        let said = [
            ("code", code(words, by.name)),
            ("blocks", by.blocks.to_string()),
            ("time", time(words, by.block_s)),
            ("d", number(words, "", by.limits.d, "")),
            ("wrong", number(words, "", wrong, " %")),
        ];
        line(out, &words.say("plan-by-length-code", &said[..3]));
        line(
            out,
            &format!("  {}", words.say("plan-by-length-value", &said[3..4])),
        );
        line(
            out,
            &format!("  {}", words.say("plan-by-length-flag", &said[4..])),
        );
    }
    let every = ("every", time(words, finished.every_s));
    line(
        out,
        &match finished.d {
            Some(d) => words.say("plan-by-length-every", &[every, ("d", words.decimal(d, 2))]),
            // The option is typed with a point in every language.
            None => words.say(
                "plan-by-length-none",
                &[every, ("seconds", finished.every_s.to_string())],
            ),
        },
    );
}

/// A limit, or that there is none.
fn number(words: &Words, sign: &str, value: Option<f64>, unit: &str) -> String {
    match value {
        None => "–".to_owned(),
        Some(x) if x < 10.0 => format!("{sign}{}{unit}", words.decimal(x, 2)),
        Some(x) => format!("{sign}{}{unit}", words.decimal(x, 0)),
    }
}

/// Seconds for people.
fn time(words: &Words, seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{} ms", words.decimal(1e3 * s, 0)),
        s if s < 120.0 => format!("{} s", words.decimal(s, 0)),
        s if s < 1_200.0 && s % 60.0 != 0.0 => format!("{} min", words.decimal(s / 60.0, 1)),
        s if s < 7_200.0 => format!("{} min", words.decimal(s / 60.0, 0)),
        s => format!("{} h", words.decimal(s / 3_600.0, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_read_well() {
        let words = Words::new(Lang::En).unwrap();
        let times = [0.02, 1.0, 60.0, 180.0, 250.0, 3_600.0, 86_400.0];
        let times = times.map(|seconds| time(&words, seconds));
        let said = ["20 ms", "1 s", "60 s", "3 min", "4.2 min", "60 min", "24 h"];
        assert_eq!(times, said);
        assert_eq!(number(&words, "≥ ", Some(2.345), " B"), "≥ 2.35 B");
        assert_eq!(number(&words, "≤ ", Some(55.4), " dB"), "≤ 55 dB");
        assert_eq!(number(&words, "≤ ", None, " dB"), "–");
        let german = Words::new(Lang::De).unwrap();
        assert_eq!(time(&german, 250.0), "4,2 min");
        assert_eq!(number(&german, "≥ ", Some(2.345), " B"), "≥ 2,35 B");
    }
}
