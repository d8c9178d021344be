use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde as Serialized;
use minijinja::{Environment, UndefinedBehavior, context};
use record::Code;
use serde::Serialize;
use verdict::{Judgement, SendingLamp, Verdict};

use crate::destination::{DestinationRow, destinations};
use crate::i18n::Words;
use crate::{Lang, Render, RenderError, Report, Tried, attack, clean, phrase, picture};

/// The report for people: one file without scripts and without anything to load from elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Html;

impl Render for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn render(&self, report: &Report, lang: Lang) -> Result<Vec<u8>, RenderError> {
        let words = Words::new(lang)?;
        let mut env = Environment::new();
        env.set_undefined_behavior(UndefinedBehavior::Strict);
        env.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .build()?,
        );
        env.add_template("report.html", include_str!("../templates/report.html"))?;
        let view = View::new(&words, report);
        let page = env.get_template("report.html")?.render(context! {
            t => words.plain(),
            style => include_str!("../templates/report.css"),
            v => Serialized(view),
        })?;
        words.done(page.into_bytes())
    }
}

/// A name and its value.
#[derive(Debug, Serialize)]
pub(crate) struct Pair {
    pub name: String,
    pub value: String,
}

impl Pair {
    fn new(name: String, value: impl Into<String>) -> Pair {
        Pair {
            name,
            value: value.into(),
        }
    }
}

#[derive(Serialize)]
struct View {
    lang: &'static str,
    title: String,
    version: String,
    started: String,
    disclosure: bool,
    sealed: bool,
    seal: String,
    verdict: String,
    tone: &'static str,
    sentence: String,
    detail: Option<String>,
    microphone: Lamp,
    sending: Lamp,
    hears: Vec<Hearer>,
    call: String,
    reasons: Vec<String>,
    done: Vec<Pair>,
    traffic: Option<String>,
    evidence: Option<String>,
    evidence_caption: String,
    tests: Vec<TestRow>,
    microphone_picture: Option<String>,
    microphone_rows: Vec<MicrophoneRow>,
    /// Whether the session can say that nothing was found.
    nothing_found: bool,
    /// Whether there was any muted block to say something of.
    judged: bool,
    findings: Vec<FindingRow>,
    destinations: Vec<DestinationRow>,
    attack: Option<Attack>,
    notes: Vec<String>,
    limits: Vec<String>,
    commands: Vec<(String, String)>,
    repeat: Vec<Pair>,
    packages: Vec<Pair>,
    host: Vec<Pair>,
    statement: Vec<String>,
}

/// What an attacker made of it.
#[derive(Serialize)]
struct Attack {
    said: Vec<String>,
    caveat: Option<String>,
    picture: Option<String>,
    carriers: Vec<String>,
}

impl Attack {
    fn new(words: &Words, tried: &Tried) -> Attack {
        let Tried::Named(attacked) = tried else {
            return Attack {
                said: vec![attack::unnamed(words, tried)],
                caveat: None,
                picture: None,
                carriers: Vec::new(),
            };
        };
        Attack {
            said: attack::sentences(words, attacked),
            caveat: attack::caveat(words, attacked),
            picture: Some(attack::picture(words, &attacked.outcome, None)),
            carriers: attack::carriers(words, attacked),
        }
    }
}

#[derive(Serialize)]
struct Lamp {
    /// Class and symbol: `good`, `open`, `bad`, `partly`, `unknown`.
    tone: &'static str,
    state: String,
    long: String,
}

#[derive(Serialize)]
struct Hearer {
    tone: &'static str,
    who: String,
    answer: String,
    long: String,
}

/// One test in words.
#[derive(Debug, Serialize)]
pub(crate) struct TestRow {
    pub name: String,
    pub blocks: String,
    pub series: String,
    pub at_end: String,
    pub highest: String,
    pub needed: String,
    pub crossed: String,
}

#[derive(Serialize)]
struct MicrophoneRow {
    from: String,
    to: String,
    state: String,
    class: &'static str,
    who: String,
}

/// One finding in words.
#[derive(Debug, Serialize)]
pub(crate) struct FindingRow {
    pub series: String,
    pub quiet: String,
    pub loud: String,
    pub evidence: String,
    pub named: bool,
}

impl View {
    fn new(words: &Words, report: &Report) -> View {
        let (manifest, judgement) = (report.manifest, report.judgement);
        let subject = &manifest.subject;
        let block_s = manifest.protocol.block_ns as f64 / 1e9;
        let microphone = phrase::microphone_id(judgement.microphone);
        let sending = phrase::sending_id(judgement.sending);
        let lamp = |tone, id: &str| Lamp {
            tone,
            state: words.t(id),
            long: words.t(&format!("{id}-long")),
        };
        let hearer = |who: &str, answer| {
            let id = phrase::answer_id(answer);
            Hearer {
                tone: tone_of_answer(answer),
                who: words.t(who),
                answer: words.t(id),
                long: words.t(&format!("{id}-long")),
            }
        };
        let alpha = percent(words, manifest.protocol.alpha);
        let lines = |pairs: &[(String, String)]| {
            pairs
                .iter()
                .map(|(k, v)| Pair::new(clean::line(k), clean::line(v)))
                .collect()
        };
        View {
            lang: words.lang.tag(),
            title: clean::line(&subject.title),
            version: clean::line(&subject.version),
            started: clean::line(&manifest.started),
            disclosure: report.disclosure,
            sealed: report.bundle.sealed,
            seal: seal(words, report),
            verdict: phrase::verdict(words, &judgement.verdict),
            tone: tone_of_sending(judgement),
            sentence: phrase::sentence(words, report),
            detail: phrase::verdict_detail(words, &judgement.verdict),
            microphone: lamp(tone_of_microphone(judgement), microphone),
            sending: lamp(tone_of_sending(judgement), sending),
            call: phrase::call(words, &judgement.call),
            hears: vec![
                hearer(
                    "hears-other-participants",
                    judgement.hears.other_participants,
                ),
                hearer("hears-operator-server", judgement.hears.operator_server),
                hearer("hears-third-parties", judgement.hears.third_parties),
            ],
            reasons: phrase::reasons(words, &judgement.verdict),
            done: done(words, report),
            traffic: picture::traffic(words, judgement, block_s),
            evidence: picture::evidence(words, judgement),
            evidence_caption: words.say("evidence-caption", &[("alpha", alpha)]),
            tests: tests(words, judgement),
            microphone_picture: picture::microphone(words, judgement),
            microphone_rows: microphone_rows(words, judgement),
            nothing_found: judgement.sending == SendingLamp::NothingFound,
            judged: judgement.muted.blocks > 0,
            findings: findings(words, judgement),
            destinations: destinations(words, judgement),
            attack: report.attack.map(|tried| Attack::new(words, tried)),
            notes: judgement
                .notes
                .iter()
                .map(|n| phrase::note(words, n))
                .collect(),
            limits: phrase::limits(words, report),
            commands: commands(words, report),
            repeat: repeat(words, report),
            packages: lines(&subject.packages),
            host: lines(&manifest.host),
            statement: report.statement.map(clean::paragraphs).unwrap_or_default(),
        }
    }
}

/// "Open" is never green, whatever else was found.
fn tone_of_microphone(judgement: &Judgement) -> &'static str {
    use verdict::MicrophoneLamp::*;
    match judgement.microphone {
        Closed => "good",
        OpenNotRunning | OpenRunning | StillRead => "open",
        Unknown => "unknown",
    }
}

/// "Nothing found" is green only where nearly everything could have been seen.
fn tone_of_sending(judgement: &Judgement) -> &'static str {
    match (judgement.sending, &judgement.verdict) {
        (SendingLamp::Follows, _) => "bad",
        (SendingLamp::NothingFound, Verdict::NoLeakSeen { .. }) => "good",
        (SendingLamp::NothingFound, _) => "partly",
        (SendingLamp::Unknown, _) => "unknown",
    }
}

fn tone_of_answer(answer: verdict::Answer) -> &'static str {
    use verdict::Answer::*;
    match answer {
        Yes => "bad",
        NothingFound => "partly",
        NothingSent => "good",
        Unknown => "unknown",
    }
}

pub(crate) fn seal(words: &Words, report: &Report) -> String {
    match (report.bundle.sealed, report.bundle.seal_sha256) {
        (true, Some(hash)) => words.say("sealed-by", &[("hash", clean::line(hash))]),
        _ => words.t("banner-unsealed"),
    }
}

pub(crate) fn percent(words: &Words, share: f64) -> String {
    words.number(share * 100.0, if share < 0.01 { 1 } else { 0 })
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
    let opaque = words.number(judgement.opaque_bytes_per_min, 0);
    vec![
        Pair::new(words.t("done-app"), clean::line(&subject.title)),
        Pair::new(words.t("done-version"), clean::line(&subject.version)),
        Pair::new(words.t("done-started"), clean::line(&manifest.started)),
        Pair::new(words.t("done-profile"), clean::line(&manifest.profile)),
        Pair::new(words.t("done-mute-way"), clean::line(&subject.mute_way)),
        Pair::new(words.t("done-blocks"), blocks),
        Pair::new(words.t("done-sound"), level),
        Pair::new(words.t("done-delay"), delay),
        Pair::new(
            words.t("done-underruns"),
            words.count(sound.underruns.into()),
        ),
        Pair::new(words.t("done-reads"), reads(words, judgement)),
        Pair::new(
            words.t("done-opaque"),
            words.say("done-opaque-value", &[("bytes", opaque)]),
        ),
    ]
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
    let mut rows = vec![
        row("evidence-control", &judgement.control),
        row("evidence-muted", &judgement.muted),
    ];
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
    rows.push(row("evidence-sham", &judgement.sham));
    rows
}

/// At most this many rows of the microphone's states are listed; the picture has them all.
const MICROPHONE_ROWS_MAX: usize = 40;

fn microphone_rows(words: &Words, judgement: &Judgement) -> Vec<MicrophoneRow> {
    let seconds = |s: f64| words.say("seconds-value", &[("seconds", words.number(s, 1))]);
    let rows = judgement
        .microphone_over_time
        .iter()
        .take(MICROPHONE_ROWS_MAX);
    rows.map(|span| {
        let class = phrase::microphone_id(span.state);
        let who: Vec<String> = span.who.iter().map(|who| clean::line(who)).collect();
        MicrophoneRow {
            from: seconds(span.from_s),
            to: seconds(span.to_s),
            state: words.t(class),
            class,
            who: who.join(", "),
        }
    })
    .collect()
}

/// A series' name; where it is not the fast code's coins that it follows, with the code.
pub(crate) fn series_name(words: &Words, finding: &verdict::Finding) -> String {
    let series = clean::line(&finding.series);
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
    vec![
        (
            words.t("repeat-again"),
            format!("muteproof analyze {}", shell(report.bundle.name)),
        ),
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
    vec![
        Pair::new(words.t("repeat-bundle"), clean::line(bundle.name)),
        Pair::new(words.t("repeat-tool"), versions),
        Pair::new(words.t("repeat-seed"), clean::line(&manifest.seed_sha256)),
        Pair::new(
            words.t("repeat-binary"),
            hashed(&subject.binary, &subject.binary_sha256),
        ),
        Pair::new(
            words.t("repeat-recipe"),
            hashed(&subject.recipe, &subject.recipe_sha256),
        ),
    ]
}
