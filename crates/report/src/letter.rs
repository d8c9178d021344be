use crate::destination::{self, DestinationRow};
use crate::i18n::Words;
use crate::render::Report;
use crate::sections::{self, Pair};
use crate::{clean, phrase, reasons};

/// The letter to the maker, Markdown.
pub(crate) fn letter(words: &Words, report: &Report) -> String {
    let (manifest, judgement) = (report.manifest, report.judgement);
    let subject = &manifest.subject;
    // The messages' own sentences may hold characters that Markdown would take for markup.
    let md = |text: &str| clean::markdown(text);
    let fill = |known: Option<&str>, id: &str| match known {
        Some(known) => md(&clean::line(known)),
        None => {
            let what = words.t(id);
            format!("**{}**", words.say("letter-to-fill", &[("what", what)]))
        }
    };
    let maker = &report.maker;
    let mut out = String::new();
    let mut push = |text: String| {
        out.push_str(&text);
        out.push_str("\n\n");
    };
    push(format!(
        "# {}",
        md(&words.say("letter-title", &[("title", subject.title.clone())]))
    ));
    push(format!(
        "{}: {}\n\n## {}\n\n- {}: {}\n- {}: {}\n- {}: {}",
        words.t("letter-from"),
        fill(maker.from, "letter-contact"),
        words.t("letter-dates"),
        words.t("letter-sent"),
        fill(maker.days.sent, "letter-date-sent"),
        words.t("letter-publication"),
        fill(maker.days.publication, "letter-date-publication"),
        words.t("letter-answer"),
        fill(maker.days.answered, "letter-date-answer"),
    ));
    push(format!("## {}", words.t("letter-observed")));
    push(md(&phrase::sentence(words, report)));
    if let Some(detail) = phrase::verdict_detail(words, &judgement.verdict) {
        push(md(&detail));
    }
    let list = |items: Vec<String>| {
        items
            .iter()
            .map(|item| format!("- {}", md(item)))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let reasons = reasons::reasons(words, judgement);
    if !reasons.is_empty() {
        push(list(reasons));
    }
    let pairs = |pairs: Vec<Pair>| {
        let line = |p: &Pair| format!("- {}: {}", md(&p.name), md(&p.value));
        pairs.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    push(pairs(sections::done(words, report)));
    push(format!("## {}", words.t("letter-evidence")));
    let tests = sections::tests(words, judgement);
    push(list(
        tests
            .iter()
            .map(|test| sections::test_line(words, test))
            .collect(),
    ));
    if !judgement.findings.is_empty() {
        let header = ["series", "quiet", "loud", "evidence"]
            .map(|column| words.t(&format!("findings-{column}")))
            .join(" | ");
        let mut table = format!("| {header} |\n|---|---|---|---|");
        for row in sections::findings(words, judgement) {
            let (name, evidence) = (md(&row.series), md(&row.evidence));
            table += &format!(
                "\n| {name} | {} | {} | {evidence} |",
                md(&row.quiet),
                md(&row.loud)
            );
        }
        push(table);
    }
    if !judgement.destinations.is_empty() {
        push(format!("## {}", words.t("section-destinations")));
        let rows = destination::destinations(words, judgement);
        let line = |row: &DestinationRow| {
            format!(
                "- {} {} ({})",
                md(&row.protocol),
                md(&row.remote),
                md(&row.role)
            )
        };
        push(rows.iter().map(line).collect::<Vec<_>>().join("\n"));
    }
    push(format!("## {}", words.t("letter-reproduce")));
    for (what, command) in sections::commands(words, report) {
        push(format!("{what}:\n\n    {command}"));
    }
    push(pairs(sections::repeat(words, report)));
    push(format!("## {}", words.t("letter-ask")));
    push(words.t("letter-ask-text"));
    if let Some(day) = maker.days.publication {
        push(md(&words.say("letter-ask-by", &[("day", clean::line(day))])));
    }
    push(format!("## {}", words.t("letter-limits")));
    push(list(crate::limits::limits(words, report)));
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
