//! What every format for people says: seal, tests, findings, how to do it again.

use record::Code;
use schemars::JsonSchema;
use serde::Serialize;
use verdict::{Answer, ControlOf, Judgement, Recorded, SendingStatus, Verdict};

use crate::document::Tone;
use crate::i18n::Words;
use crate::render::Report;
use crate::series::series;
use crate::{clean, phrase};

/// A name and its value.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Pair {
    pub name: String,
    pub value: String,
}

impl Pair {
    pub(crate) fn new(name: String, value: impl Into<String>) -> Pair {
        Pair {
            name,
            value: value.into(),
        }
    }
}

/// One test in words.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TestRow {
    pub name: String,
    pub blocks: String,
    pub series: String,
    pub at_end: String,
    pub highest: String,
    pub needed: String,
    pub crossed: String,
}

/// One finding in words.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FindingRow {
    pub series: String,
    pub quiet: String,
    pub loud: String,
    pub evidence: String,
    pub named: bool,
}

/// "Open" is never green, whatever else was found.
pub(crate) fn tone_of_microphone(judgement: &Judgement) -> Tone {
    use verdict::MicrophoneStatus::*;
    match judgement.microphone {
        Closed => Tone::Good,
        OpenNotRunning | OpenRunning | StillRead => Tone::Open,
        Unknown => Tone::Unknown,
    }
}

/// "Nothing found" is green only where nearly everything could have been seen.
pub(crate) fn tone_of_sending(judgement: &Judgement) -> Tone {
    match (judgement.sending, &judgement.verdict) {
        (SendingStatus::Follows, _) => Tone::Bad,
        (SendingStatus::NothingFound, Verdict::NoLeakSeen { .. }) => Tone::Good,
        (SendingStatus::NothingFound, _) => Tone::Partly,
        (SendingStatus::Unknown, _) => Tone::Unknown,
    }
}

pub(crate) fn tone_of_answer(answer: Answer) -> Tone {
    use verdict::Answer::*;
    match answer {
        Yes => Tone::Bad,
        NothingFound => Tone::Partly,
        NothingSent => Tone::Good,
        Unknown => Tone::Unknown,
    }
}

pub(crate) fn seal(words: &Words, report: &Report) -> String {
    match (report.bundle.sealed, report.bundle.seal_sha256) {
        (true, Some(hash)) => words.say("sealed-by", &[("hash", clean::line(hash))]),
        _ => words.t("banner-unsealed"),
    }
}

/// A unit behind a number; 1 stands for none.
pub(crate) fn unit(unit: &str) -> String {
    match unit {
        "1" | "" => String::new(),
        unit => format!(" {}", clean::line(unit)),
    }
}

pub(crate) fn done(words: &Words, report: &Report) -> Vec<Pair> {
    let (manifest, judgement) = (report.manifest, report.judgement);
    let subject = &manifest.subject;
    let number = |value: Option<f64>| value.map_or("–".into(), |v| words.number(v, 1));
    let sound = &judgement.sound;
    let blocks = words.say(
        "done-blocks-value",
        &[
            ("control", words.count(judgement.control.blocks.into())),
            ("muted", words.count(judgement.muted.blocks.into())),
            (
                "seconds",
                words.short(manifest.protocol.block_ns as f64 / 1e9),
            ),
        ],
    );
    let level = words.say(
        "done-sound-value",
        &[
            ("loud", number(sound.loud_dbfs)),
            ("quiet", number(sound.quiet_dbfs)),
        ],
    );
    let delay = words.say(
        "done-delay-value",
        &[
            ("control", number(sound.control_delay_ms)),
            ("muted", number(sound.muted_delay_ms)),
            ("worst", number(sound.worst_edge_ms)),
        ],
    );
    let opaque = match judgement.opaque_bytes_per_min > 0.0 {
        _ if judgement.nothing_sent() => words.t("done-opaque-nothing-sent"),
        true => {
            let bytes = words.number(judgement.opaque_bytes_per_min, 0);
            words.say("done-opaque-value", &[("bytes", bytes)])
        }
        false => words.t("done-opaque-none"),
    };
    let mut done = vec![
        Pair::new(
            words.t("done-app"),
            clean::line(subject.title_in(words.lang.tag())),
        ),
        Pair::new(words.t("done-version"), clean::line(&subject.version)),
        Pair::new(words.t("done-started"), clean::line(&manifest.started)),
        Pair::new(words.t("done-profile"), clean::line(&manifest.profile)),
        Pair::new(
            words.t("done-mute-way"),
            clean::line(subject.mute_way_in(words.lang.tag())),
        ),
        Pair::new(words.t("done-blocks"), blocks),
    ];
    // Elsewhere nobody heard what the device's microphone did.
    done.extend(match judgement.staged() {
        true => vec![
            Pair::new(words.t("done-sound"), level),
            Pair::new(words.t("done-delay"), delay),
            Pair::new(
                words.t("done-underruns"),
                words.count(sound.underruns.into()),
            ),
        ],
        false => vec![Pair::new(words.t("done-sound-elsewhere"), level)],
    });
    done.push(Pair::new(words.t("done-reads"), reads(words, judgement)));
    if judgement.recorded != Recorded::Table {
        done.push(Pair::new(words.t("done-opaque"), opaque));
    }
    done
}

/// Who read the microphone while muted, and how much.
pub(crate) fn reads(words: &Words, judgement: &Judgement) -> String {
    let Some(reads) = &judgement.reads else {
        return words.t("done-reads-untraced");
    };
    let one = |by: &verdict::ReadBy| {
        let calls = ("calls", words.short(by.calls_per_s));
        let bytes = ("bytes", words.number(by.bytes_per_s, 0));
        let command = ("command", clean::line(&by.command));
        let door = ("door", clean::line(&by.door));
        words.say("done-reads-value", &[calls, bytes, command, door])
    };
    match reads.is_empty() {
        true => words.t("done-reads-none"),
        false => reads.iter().map(one).collect::<Vec<_>>().join("; "),
    }
}

pub(crate) fn tests(words: &Words, judgement: &Judgement) -> Vec<TestRow> {
    let row = |id: &str, test: &verdict::Test| TestRow {
        name: words.t(id),
        blocks: words.count(test.blocks.into()),
        series: words.count(test.series.into()),
        at_end: words.evidence(test.log10_w),
        highest: words.evidence(test.log10_w_max),
        needed: words.evidence(test.log10_needed),
        crossed: match test.crossed_after_s {
            Some(s) => words.say("seconds-value", &[("seconds", words.number(s, 0))]),
            None => words.t("evidence-not-crossed"),
        },
    };
    let mut rows = vec![row("evidence-control", &judgement.control)];
    rows.extend(judgement.controls.iter().map(|control| {
        let id = match control.of {
            ControlOf::Packets => "evidence-control-packets",
            ControlOf::PeerOutput => "evidence-control-peer-output",
            ControlOf::Encoder => "evidence-control-encoder",
        };
        row(id, &control.test)
    }));
    rows.push(row("evidence-muted", &judgement.muted));
    if judgement.codes.len() > 1 {
        rows.extend(judgement.codes.iter().map(|code| {
            let seconds = words.short(code.block_s);
            let name = ("code", phrase::code(words, code.code));
            TestRow {
                name: words.say("evidence-code", &[name, ("seconds", seconds)]),
                ..row("evidence-muted", &code.test)
            }
        }));
    }
    rows.extend(
        judgement
            .charged
            .as_ref()
            .map(|test| row("evidence-charged", test)),
    );
    // Where none was played there is nothing to say of it.
    if judgement.sham.blocks > 0 {
        rows.push(row("evidence-sham", &judgement.sham));
    }
    rows
}

/// One test in a line: how high its evidence went, and what would have decided.
pub(crate) fn test_line(words: &Words, test: &TestRow) -> String {
    format!("{}: {}", test.name, of_needed(words, test))
}

/// How high a test's evidence went, and what would have decided.
pub(crate) fn of_needed(words: &Words, test: &TestRow) -> String {
    let highest = test.highest.clone();
    let args = [("evidence", highest), ("needed", test.needed.clone())];
    words.say("evidence-of-needed", &args)
}

/// A series' name; where it is not the fast code's coins that it follows, with the code.
pub(crate) fn series_name(words: &Words, finding: &verdict::Finding) -> String {
    let series = series(words, &clean::line(&finding.series));
    match finding.code {
        Code::Fast => series,
        code => words.say(
            "findings-by-code",
            &[("series", series), ("code", phrase::code(words, code))],
        ),
    }
}

pub(crate) fn findings(words: &Words, judgement: &Judgement) -> Vec<FindingRow> {
    let row = |finding: &verdict::Finding| {
        let unit = unit(&finding.unit);
        FindingRow {
            series: series_name(words, finding),
            quiet: format!("{}{unit}", words.short(finding.mean_quiet)),
            loud: format!("{}{unit}", words.short(finding.mean_loud)),
            evidence: words.evidence(finding.log10_w),
            named: finding.named,
        }
    };
    judgement.findings.iter().map(row).collect()
}

/// What to type to do it again, with what it does.
pub(crate) fn commands(words: &Words, report: &Report) -> Vec<(String, String)> {
    let recipe = shell(&report.manifest.subject.recipe);
    let profile = shell(&report.manifest.profile);
    let again = (
        words.t("repeat-again"),
        format!("muteproof analyze {}", shell(report.bundle.name)),
    );
    if !report.judgement.staged() {
        return vec![again];
    }
    vec![
        again,
        (
            words.t("repeat-audit"),
            match report.manifest.library {
                Some(_) => {
                    format!("muteproof audit {recipe} --profile {profile} --sounds LIBRARY")
                }
                None => format!("muteproof audit {recipe} --profile {profile}"),
            },
        ),
    ]
}

/// A word for a POSIX shell: a name from elsewhere must not become a command when copied.
fn shell(word: &str) -> String {
    let word = clean::line(word);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    match !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

pub(crate) fn repeat(words: &Words, report: &Report) -> Vec<Pair> {
    let (manifest, bundle) = (report.manifest, report.bundle);
    let subject = &manifest.subject;
    let hashed = |what: &str, hash: &str| clean::line(&format!("{what} (SHA-256 {hash})"));
    let versions = words.say(
        "repeat-recorded-by",
        &[
            ("recorded", clean::line(&manifest.tool)),
            ("judged", clean::line(report.tool_version)),
        ],
    );
    let mut repeat = vec![
        Pair::new(words.t("repeat-bundle"), clean::line(bundle.name)),
        Pair::new(words.t("repeat-tool"), versions),
        Pair::new(words.t("repeat-seed"), clean::line(&manifest.seed_sha256)),
    ];
    // Of a device elsewhere neither is known.
    if report.judgement.staged() {
        repeat.extend([
            Pair::new(
                words.t("repeat-binary"),
                hashed(&subject.binary, &subject.binary_sha256),
            ),
            Pair::new(
                words.t("repeat-recipe"),
                hashed(&subject.recipe, &subject.recipe_sha256),
            ),
        ]);
    }
    repeat
}
