//! A review of a service, or of several side by side, as a document.

use review::{Criterion, Group, Holds, Light, Review, Row, Value, Weight, Who};
use schemars::JsonSchema;
use serde::Serialize;

use crate::clean;
use crate::document::{Block, Cell, Document, Table, Tone};
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::page::Page;
use crate::schema::SCHEMA;

/// Facts of a measure in a cell; JSON has all.
const FACTS: usize = 6;

/// What `muteproof review` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Json<'a> {
    schema: u32,
    /// One for each service.
    reviews: &'a [Review],
}

/// The reviews for programs: indented JSON.
pub fn review_json(reviews: &[Review]) -> Result<String, RenderError> {
    clean::pretty(&Json {
        schema: SCHEMA,
        reviews,
    })
}

/// The document. Reviews of several services have the same criteria.
pub fn review(reviews: &[Review], lang: Lang) -> Result<Document, RenderError> {
    let words = Words::new(lang)?;
    let mut blocks = Vec::new();
    summary(&words, reviews, &mut blocks);
    criteria(&words, reviews, &mut blocks);
    for one in reviews {
        claims(&words, one, reviews.len() > 1, &mut blocks);
    }
    evidence(&words, reviews, &mut blocks);
    limits(&words, reviews, &mut blocks);
    let title: Vec<String> = reviews
        .iter()
        .map(|one| clean::line(&one.service))
        .collect();
    let days = reviews.iter().flat_map(|one| &one.evidence);
    let day = days.filter_map(|e| e.started.get(..10)).max();
    let document = Document {
        lang: lang.tag(),
        kicker: words.t("review-kicker"),
        title: title.join(" · "),
        date: day.map_or_else(|| words.t("review-no-date"), clean::line),
        blocks,
    };
    words.done(document)
}

fn summary(words: &Words, reviews: &[Review], blocks: &mut Vec<Block>) {
    for one in reviews {
        let (id, tone) = match one.light {
            Light::Green => ("review-green", Tone::Good),
            Light::Yellow => ("review-yellow", Tone::Open),
            Light::Red => ("review-red", Tone::Bad),
        };
        let service = clean::line(&one.service);
        blocks.push(Block::Text {
            text: words.say(id, &[("service", service)]),
            tone: Some(tone),
        });
        let of = |weight: Weight, value: Value| {
            let rows = one.rows.iter();
            let fits = |row: &&Row| row.criterion.weight == weight && row.value == value;
            rows.filter(fits).collect::<Vec<&Row>>()
        };
        for (id, weight) in [
            ("review-excluded-by", Weight::Excludes),
            ("review-to-cure", Weight::ToCure),
        ] {
            let wrong = of(weight, Value::No);
            if !wrong.is_empty() {
                blocks.push(Block::text(words.t(id)));
                let question = |row: &&Row| words.lang.of(&row.criterion.statement).to_owned();
                let items = wrong.iter().map(question).collect();
                blocks.push(Block::List { items });
            }
        }
        let silent = one
            .rows
            .iter()
            .filter(|row| row.value == Value::NoStatement);
        let unclear = one.rows.iter().filter(|row| row.value == Value::Unclear);
        let counts = [
            ("silent", words.count(silent.count() as u64)),
            ("unclear", words.count(unclear.count() as u64)),
            ("all", words.count(one.rows.len() as u64)),
        ];
        blocks.push(Block::text(words.say("review-counts", &counts)));
    }
    blocks.push(Block::text(words.t("review-follows-sent")));
}

fn criteria(words: &Words, reviews: &[Review], blocks: &mut Vec<Block>) {
    let Some(first) = reviews.first() else {
        return;
    };
    blocks.push(Block::heading(1, words.t("review-criteria")));
    for group in [
        Group::Devices,
        Group::Network,
        Group::People,
        Group::Machine,
        Group::Contract,
        Group::Settings,
    ] {
        let title = words.t(match group {
            Group::Devices => "review-group-devices",
            Group::Network => "review-group-network",
            Group::People => "review-group-people",
            Group::Machine => "review-group-machine",
            Group::Contract => "review-group-contract",
            Group::Settings => "review-group-settings",
        });
        let here = first.rows.iter().enumerate();
        let here = here.filter(|(_, row)| row.criterion.group == group);
        let rows: Vec<Vec<Cell>> = here
            .map(|(k, row)| {
                let answers = reviews.iter().filter_map(|one| one.rows.get(k));
                let answers = answers.map(|row| answer(words, row));
                std::iter::once(question(words, &row.criterion))
                    .chain(answers)
                    .collect()
            })
            .collect();
        if rows.is_empty() {
            continue;
        }
        let several = reviews.len() > 1;
        let named = reviews.iter().map(|one| match several {
            true => clean::line(&one.service),
            false => words.t("review-answer"),
        });
        let columns = std::iter::once(words.t("review-question")).chain(named);
        blocks.push(Block::heading(2, title.clone()));
        blocks.push(Block::Table(Table {
            caption: title,
            columns: columns.collect(),
            widths: std::iter::once(5)
                .chain(reviews.iter().map(|_| 4))
                .collect(),
            rows,
        }));
    }
}

fn question(words: &Words, criterion: &Criterion) -> Cell {
    let lang = words.lang;
    let mut lines = vec![
        lang.of(&criterion.statement).to_owned(),
        lang.of(&criterion.why).to_owned(),
    ];
    let who = words.t(match criterion.who {
        Who::Measured => "review-measured",
        Who::Configuration => "review-configuration",
        Who::Contract => "review-contract",
    });
    let weight = words.t(match criterion.weight {
        Weight::Excludes => "review-weight-excludes",
        Weight::ToCure => "review-weight-to-cure",
        Weight::Noted => "review-weight-noted",
    });
    lines.push(format!("{who} · {weight}"));
    if let Some(ask) = &criterion.ask {
        lines.push(words.say("review-ask", &[("where", lang.of(ask).to_owned())]));
    }
    Cell { lines, tone: None }
}

fn answer(words: &Words, row: &Row) -> Cell {
    let mut lines = vec![words.t(value_id(row.value))];
    for (k, measured) in &row.measured {
        let shown = measured
            .facts
            .iter()
            .take(FACTS)
            .map(|fact| clean::line(fact));
        let mut facts: Vec<String> = shown.collect();
        let more = measured.facts.len().saturating_sub(FACTS) as u64;
        if more > 0 {
            facts.push(words.say("flows-more", &[("n", words.count(more))]));
        }
        let args = [
            ("n", words.count(*k as u64 + 1)),
            ("value", words.t(value_id(measured.value))),
            ("place", measured.place.to_owned()),
        ];
        // One audit's answer is the answer.
        let said = words.say(
            match row.measured.len() {
                1 => "review-evidence",
                _ => "review-evidence-says",
            },
            &args,
        );
        lines.push(match facts.is_empty() {
            true => said,
            false => format!("{said}: {}", facts.join("; ")),
        });
    }
    if let Some(answer) = &row.answer {
        let parts = [&answer.note, &answer.source, &answer.date];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        let parts: Vec<String> = parts.map(|part| clean::line(part)).collect();
        lines.push(words.say("review-said", &[("what", parts.join(" · "))]));
    }
    Cell {
        lines,
        tone: Some(tone(row)),
    }
}

pub(crate) fn value_id(value: Value) -> &'static str {
    match value {
        Value::Yes => "review-yes",
        Value::No => "review-no",
        Value::Unclear => "review-unclear",
        Value::NoStatement => "review-no-statement",
        Value::NotApplicable => "review-not-applicable",
    }
}

fn tone(row: &Row) -> Tone {
    match (row.value, row.criterion.weight) {
        (Value::Yes, _) => Tone::Good,
        (Value::No, Weight::Noted) => Tone::Open,
        (Value::No, _) => Tone::Bad,
        (Value::Unclear, _) => Tone::Partly,
        (Value::NoStatement | Value::NotApplicable, _) => Tone::Unknown,
    }
}

fn claims(words: &Words, review: &Review, several: bool, blocks: &mut Vec<Block>) {
    if review.claims.is_empty() {
        return;
    }
    let title = match several {
        true => words.say(
            "review-claims-of",
            &[("service", clean::line(&review.service))],
        ),
        false => words.t("review-claims"),
    };
    blocks.push(Block::heading(1, title.clone()));
    let rows = review.claims.iter().map(|held| {
        let (id, tone) = match held.holds {
            Holds::Supported => ("review-supported", Tone::Good),
            Holds::Contradicted => ("review-contradicted", Tone::Bad),
            Holds::Untested => ("review-untested", Tone::Unknown),
        };
        let mut lines = vec![words.t(id)];
        for (measure, said) in &held.because {
            let asks = |row: &&Row| row.criterion.evidence == Some(*measure);
            let row = review.rows.iter().find(asks);
            let what = row.map_or(measure.name(), |row| {
                words.lang.of(&row.criterion.statement)
            });
            let said: Vec<String> = said
                .iter()
                .map(|(k, value)| {
                    let n = words.count(*k as u64 + 1);
                    let value = words.t(value_id(*value));
                    words.say("review-claim-evidence", &[("n", n), ("value", value)])
                })
                .collect();
            lines.push(match said.is_empty() {
                true => what.to_owned(),
                false => format!("{what} {}", said.join("; ")),
            });
        }
        let claim = &held.claim;
        let source = [&claim.source, &claim.date].map(|text| clean::line(text));
        vec![
            Cell {
                lines: vec![
                    words.say("review-quote", &[("quote", clean::line(&claim.quote))]),
                    source.join(" · "),
                ],
                tone: None,
            },
            Cell {
                lines,
                tone: Some(tone),
            },
        ]
    });
    blocks.push(Block::Table(Table {
        caption: title,
        columns: vec![words.t("review-claim"), words.t("review-answer")],
        widths: vec![5, 4],
        rows: rows.collect(),
    }));
}

fn evidence(words: &Words, reviews: &[Review], blocks: &mut Vec<Block>) {
    blocks.push(Block::heading(1, words.t("review-rests-on")));
    for one in reviews {
        let audits = one.evidence.iter().enumerate().map(|(k, audit)| {
            let args = [
                ("n", words.count(k as u64 + 1)),
                ("bundle", clean::line(&audit.name)),
                ("title", clean::line(&audit.title)),
                ("version", clean::line(&audit.version)),
                ("started", clean::line(&audit.started)),
            ];
            words.say("review-audit", &args)
        });
        let bound = one.bound_to.iter().map(|(name, hash)| {
            let args = [("name", clean::line(name)), ("hash", clean::line(hash))];
            words.say("review-bound", &args)
        });
        let items: Vec<String> = audits.chain(bound).collect();
        match items.is_empty() {
            true => blocks.push(Block::text(words.t("review-no-evidence"))),
            false => blocks.push(Block::List { items }),
        }
    }
}

fn limits(words: &Words, reviews: &[Review], blocks: &mut Vec<Block>) {
    blocks.push(Block::heading(1, words.t("review-limits")));
    let known = reviews
        .iter()
        .map(|one| clean::line(&one.adequacy_known_until))
        .max();
    let mut items = vec![
        words.t("review-limit-law"),
        words.t("review-limit-stage"),
        words.t("review-limit-unchanged"),
        words.t("review-limit-sources"),
        words.say(
            "review-limit-adequacy",
            &[("day", known.unwrap_or_default())],
        ),
    ];
    if reviews.iter().any(|one| one.adequacy_outdated) {
        items.push(words.t("review-limit-outdated"));
    }
    blocks.push(Block::List { items });
}

/// A question that a person is asked in a terminal.
pub fn asked(
    criterion: &Criterion,
    n: usize,
    of: usize,
    lang: Lang,
) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let mut page = Page::default();
    page.gap();
    let args = [("n", words.count(n as u64)), ("of", words.count(of as u64))];
    page.line(&words.say("review-asked", &args));
    for line in question(&words, criterion).lines {
        page.wrapped("  ", &line);
    }
    words.done(page.out)
}

/// What is asked of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// What it is.
    Value,
    /// A note.
    Note,
    /// Where it stands.
    Source,
}

/// A line before which a person types.
pub fn asks(what: Asked, lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let line = words.t(match what {
        Asked::Value => "review-asks-value",
        Asked::Note => "review-asks-note",
        Asked::Source => "review-asks-source",
    });
    words.done(line)
}
