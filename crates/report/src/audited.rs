//! An audit's report as a document of headings, texts, lists and tables: what is filed.

use verdict::SendingStatus;

use crate::document::{Block, Cell, Document, Table, Tone};
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::render::Report;
use crate::sections::{self, Pair};
use crate::{
    attack, attention, clean, destination, flows, leftovers, limits, maker, phrase, reasons,
};

/// Letters of an ISO 8601 time that are its day.
const DAY: usize = 10;

/// The document. It says what the page for a browser says, without pictures.
pub fn audited(report: &Report, lang: Lang) -> Result<Document, RenderError> {
    let words = Words::new(lang)?;
    let (manifest, subject) = (report.manifest, &report.manifest.subject);
    let mut blocks = Vec::new();
    answer(&words, report, &mut blocks);
    evidence(&words, report, &mut blocks);
    for (id, items) in lists(&words, report) {
        list(words.t(id), items, &mut blocks);
    }
    blocks.push(Block::heading(1, words.t("section-done")));
    blocks.push(pairs(
        &words,
        "section-done",
        &sections::done(&words, report),
    ));
    blocks.push(Block::heading(1, words.t("section-repeat")));
    blocks.push(Block::text(sections::seal(&words, report)));
    let commands = sections::commands(&words, report).into_iter();
    let commands = commands.map(|(what, command)| format!("{what}: {command}"));
    blocks.push(Block::List {
        items: commands.collect(),
    });
    blocks.push(pairs(
        &words,
        "section-repeat",
        &sections::repeat(&words, report),
    ));
    let document = Document {
        lang: lang.tag(),
        kicker: words.t("report-title"),
        title: clean::line(&format!(
            "{} {}",
            subject.title_in(lang.tag()),
            subject.version
        )),
        date: clean::line(manifest.started.get(..DAY).unwrap_or(&manifest.started)),
        blocks,
    };
    words.done(document)
}

/// Who hears what, in a sentence and row by row.
fn answer(words: &Words, report: &Report, blocks: &mut Vec<Block>) {
    let judgement = report.judgement;
    if report.maker.disclosure {
        blocks.push(Block::text(words.t("banner-disclosure")));
    }
    blocks.push(Block::Text {
        text: format!("{}.", phrase::verdict(words, judgement)),
        tone: Some(sections::tone_of_sending(judgement)),
    });
    blocks.push(Block::text(phrase::sentence(words, report)));
    let detail = phrase::verdict_detail(words, &judgement.verdict);
    blocks.extend(detail.map(Block::text));

    let microphone = phrase::microphone_id(judgement.microphone);
    let microphone_long = phrase::microphone_long_id(judgement);
    let sending = phrase::sending_id(judgement.sending);
    let lamps = [
        (
            "lamp-microphone",
            words.t(microphone),
            words.t(&microphone_long),
            sections::tone_of_microphone(judgement),
        ),
        (
            "lamp-sending",
            words.t(sending),
            words.t(&format!("{sending}-long")),
            sections::tone_of_sending(judgement),
        ),
    ];
    let hearers = phrase::hearers(&judgement.hears).into_iter();
    let hearers = hearers.map(|(who, answer)| {
        let id = phrase::answer_id(answer);
        let long = words.t(&format!("{id}-long"));
        (who, words.t(id), long, sections::tone_of_answer(answer))
    });
    let row = |(who, short, long, tone): (&str, String, String, Tone)| {
        let said = Cell {
            lines: vec![short, long],
            tone: Some(tone),
        };
        vec![Cell::line(words.t(who)), said]
    };
    for (title, rows) in [
        ("lamps-title", lamps.into_iter().map(row).collect()),
        ("section-hears", hearers.map(row).collect::<Vec<_>>()),
    ] {
        blocks.push(Block::heading(1, words.t(title)));
        blocks.push(Block::Table(Table {
            caption: words.t(title),
            columns: vec![words.t("document-what"), words.t("document-found")],
            widths: vec![2, 5],
            rows,
        }));
    }
    let call = phrase::call(words, &judgement.call);
    blocks.push(Block::text(format!("{}: {call}", words.t("section-call"))));
    let reasons = reasons::reasons(words, judgement);
    list(words.t("section-reasons"), reasons, blocks);
}

/// Tests, and what follows the coins.
fn evidence(words: &Words, report: &Report, blocks: &mut Vec<Block>) {
    let judgement = report.judgement;
    let alpha = words.percent(report.manifest.protocol.alpha);
    blocks.push(Block::heading(1, words.t("section-evidence")));
    let tests = sections::tests(words, judgement).into_iter();
    let tests = tests.map(|t| vec![t.name, t.blocks, t.series, t.highest, t.needed, t.crossed]);
    blocks.push(Block::Table(Table {
        caption: words.say("document-tests", &[("alpha", alpha)]),
        columns: columns(
            words,
            &[
                "evidence-test",
                "evidence-blocks",
                "evidence-series",
                "evidence-highest",
                "evidence-needed",
                "evidence-crossed",
            ],
        ),
        widths: vec![4, 2, 2, 3, 2, 3],
        rows: tests.map(cells).collect(),
    }));
    if judgement.findings.is_empty() && judgement.sending != SendingStatus::NothingFound {
        return;
    }
    blocks.push(Block::heading(1, words.t("section-findings")));
    if judgement.findings.is_empty() {
        blocks.push(Block::text(words.t("findings-none")));
        return;
    }
    let findings = sections::findings(words, judgement).into_iter();
    let findings = findings.map(|f| {
        let named = words.t(if f.named { "yes" } else { "no" });
        vec![f.series, f.quiet, f.loud, f.evidence, named]
    });
    blocks.push(Block::Table(Table {
        caption: words.t("findings-note"),
        columns: columns(
            words,
            &[
                "findings-series",
                "findings-quiet",
                "findings-loud",
                "findings-evidence",
                "findings-named",
            ],
        ),
        widths: vec![6, 2, 2, 3, 2],
        rows: findings.map(cells).collect(),
    }));
}

/// Everything that is a list: title and entries.
fn lists(words: &Words, report: &Report) -> Vec<(&'static str, Vec<String>)> {
    let judgement = report.judgement;
    let to = judgement.destinations.iter();
    let notes = judgement.notes.iter();
    let attacked = match report.attack {
        None => Vec::new(),
        Some(attack::Tried::Named(attacked)) => {
            let mut said = attack::sentences(words, attacked);
            said.extend(attack::caveat(words, attacked));
            said
        }
        Some(tried) => vec![attack::unnamed(words, tried)],
    };
    let mut maker = maker::days(words, &report.maker.days);
    maker.extend(
        report
            .maker
            .statement
            .iter()
            .flat_map(|s| clean::paragraphs(s)),
    );
    vec![
        (
            "section-destinations",
            to.map(|to| destination::line(words, to)).collect(),
        ),
        (
            "section-receivers",
            flows::lines(words, report.receivers.unwrap_or_default()),
        ),
        (
            "section-identifiers",
            report
                .identifiers
                .map(|found| flows::escaped(words, found))
                .unwrap_or_default(),
        ),
        (
            "section-leftovers",
            report
                .leftovers
                .map(|found| leftovers::lines(words, found))
                .unwrap_or_default(),
        ),
        (
            "section-attention",
            attention::lines(words, &judgement.attention),
        ),
        ("section-attack", attacked),
        (
            "section-notes",
            notes.map(|note| phrase::note(words, note)).collect(),
        ),
        ("section-limits", limits::limits(words, report)),
        ("section-statement", maker),
    ]
}

fn list(title: String, items: Vec<String>, blocks: &mut Vec<Block>) {
    if !items.is_empty() {
        blocks.push(Block::heading(1, title));
        blocks.push(Block::List { items });
    }
}

fn pairs(words: &Words, caption: &str, pairs: &[Pair]) -> Block {
    let rows = pairs.iter();
    let rows = rows.map(|pair| vec![Cell::line(&pair.name), Cell::line(&pair.value)]);
    Block::Table(Table {
        caption: words.t(caption),
        columns: vec![words.t("document-what"), words.t("document-found")],
        widths: vec![2, 5],
        rows: rows.collect(),
    })
}

fn columns(words: &Words, ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| words.t(id)).collect()
}

fn cells(row: Vec<String>) -> Vec<Cell> {
    row.into_iter().map(Cell::line).collect()
}
