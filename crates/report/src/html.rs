//! The report as one page for a browser.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde as Serialized;
use minijinja::{Environment, UndefinedBehavior, context};
use schemars::JsonSchema;
use serde::Serialize;
use verdict::{Judgement, SendingStatus};

use crate::attack::Tried;
use crate::destination::{DestinationRow, destinations};
use crate::document::Tone;
use crate::error::RenderError;
use crate::flows::{ReceiverRow, escaped, rows};
use crate::i18n::{Lang, Words};
use crate::render::{Render, Report};
use crate::sections::{
    FindingRow, Pair, TestRow, commands, done, findings, repeat, seal, tests, tone_of_answer,
    tone_of_microphone, tone_of_sending,
};
use crate::{attack, attention, clean, leftovers, maker, phrase, picture, reasons};

/// The report for people: one file without scripts and without anything to load from elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct Html;

impl Render for Html {
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
        env.add_template(
            "receivers.html",
            include_str!("../templates/receivers.html"),
        )?;
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

#[derive(Serialize, JsonSchema)]
struct View {
    lang: &'static str,
    title: String,
    version: String,
    started: String,
    disclosure: bool,
    sealed: bool,
    seal: String,
    verdict: String,
    tone: Tone,
    sentence: String,
    detail: Option<String>,
    microphone: Lamp,
    sending: Lamp,
    hears: Vec<Hearer>,
    call: String,
    reasons: Vec<String>,
    done_intro: String,
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
    receivers: Vec<ReceiverRow>,
    identifiers: Vec<String>,
    leftovers: Vec<String>,
    attention: Vec<String>,
    attack: Option<Attack>,
    notes: Vec<String>,
    limits: Vec<String>,
    commands: Vec<(String, String)>,
    repeat: Vec<Pair>,
    packages: Vec<Pair>,
    host: Vec<Pair>,
    statement: Vec<String>,
    days: Vec<String>,
}

/// What an attacker made of it.
#[derive(Serialize, JsonSchema)]
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

#[derive(Serialize, JsonSchema)]
struct Lamp {
    /// Class and symbol.
    tone: Tone,
    state: String,
    long: String,
}

#[derive(Serialize, JsonSchema)]
struct Hearer {
    tone: Tone,
    who: String,
    answer: String,
    long: String,
}

#[derive(Serialize, JsonSchema)]
struct MicrophoneRow {
    from: String,
    to: String,
    state: String,
    class: &'static str,
    who: String,
}

impl View {
    fn new(words: &Words, report: &Report) -> View {
        let (manifest, judgement) = (report.manifest, report.judgement);
        let subject = &manifest.subject;
        let block_s = manifest.protocol.block_ns as f64 / 1e9;
        let microphone = phrase::microphone_id(judgement.microphone);
        let sending = phrase::sending_id(judgement.sending);
        let lamp = |tone, id: &str, long: &str| Lamp {
            tone,
            state: words.t(id),
            long: words.t(long),
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
        let alpha = words.percent(manifest.protocol.alpha);
        let lines = |pairs: &[(String, String)]| {
            pairs
                .iter()
                .map(|(k, v)| Pair::new(clean::line(k), clean::line(v)))
                .collect()
        };
        View {
            lang: words.lang.tag(),
            title: clean::line(subject.title_in(words.lang.tag())),
            version: clean::line(&subject.version),
            started: clean::line(&manifest.started),
            disclosure: report.maker.disclosure,
            sealed: report.bundle.sealed,
            seal: seal(words, report),
            verdict: phrase::verdict(words, judgement),
            tone: tone_of_sending(judgement),
            sentence: phrase::sentence(words, report),
            detail: phrase::verdict_detail(words, &judgement.verdict),
            microphone: lamp(
                tone_of_microphone(judgement),
                microphone,
                &phrase::microphone_long_id(judgement),
            ),
            sending: lamp(
                tone_of_sending(judgement),
                sending,
                &format!("{sending}-long"),
            ),
            call: phrase::call(words, &judgement.call),
            hears: phrase::hearers(&judgement.hears)
                .into_iter()
                .map(|(who, answer)| hearer(who, answer))
                .collect(),
            reasons: reasons::reasons(words, judgement),
            done_intro: words.t(match judgement.staged() {
                true => "done-intro",
                false => "done-intro-elsewhere",
            }),
            done: done(words, report),
            traffic: picture::traffic(words, judgement, block_s),
            evidence: picture::evidence(words, judgement),
            evidence_caption: words.say("evidence-caption", &[("alpha", alpha)]),
            tests: tests(words, judgement),
            microphone_picture: picture::microphone(words, judgement),
            microphone_rows: microphone_rows(words, judgement),
            nothing_found: judgement.sending == SendingStatus::NothingFound,
            judged: judgement.muted.blocks > 0,
            findings: findings(words, judgement),
            destinations: destinations(words, judgement),
            receivers: rows(words, report.receivers.unwrap_or_default()),
            identifiers: report
                .identifiers
                .map(|identifiers| escaped(words, identifiers))
                .unwrap_or_default(),
            leftovers: report
                .leftovers
                .map(|found| leftovers::lines(words, found))
                .unwrap_or_default(),
            attention: attention::lines(words, &judgement.attention),
            attack: report.attack.map(|tried| Attack::new(words, tried)),
            notes: judgement
                .notes
                .iter()
                .map(|n| phrase::note(words, n))
                .collect(),
            limits: crate::limits::limits(words, report),
            commands: commands(words, report),
            repeat: repeat(words, report),
            packages: lines(&subject.packages),
            host: lines(&manifest.host),
            statement: report
                .maker
                .statement
                .map(clean::paragraphs)
                .unwrap_or_default(),
            days: maker::days(words, &report.maker.days),
        }
    }
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
