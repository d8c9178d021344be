//! The report for a terminal.

use verdict::{MicrophoneStatus, SendingStatus, Verdict};

use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::page::Page;
use crate::render::{Render, Report};
use crate::{
    attack, attention, clean, destination, flows, leftovers, maker, phrase, reasons, sections,
};

/// The report for a terminal: what matters, on one screen. Readable without colour.
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// Whether to colour the two lamps (ANSI).
    pub colour: bool,
}

impl Render for Text {
    fn render(&self, report: &Report, lang: Lang) -> Result<Vec<u8>, RenderError> {
        let words = Words::new(lang)?;
        let text = self.page(&words, report);
        words.done(text.into_bytes())
    }
}

const RED: u8 = 31;
const GREEN: u8 = 32;
const YELLOW: u8 = 33;
const GREY: u8 = 90;

impl Text {
    fn page(&self, words: &Words, report: &Report) -> String {
        let (manifest, judgement) = (report.manifest, report.judgement);
        let mut page = Page::default();
        let subject = &manifest.subject;
        page.line(&format!(
            "{}: {}",
            words.t("report-title"),
            clean::line(subject.title_in(words.lang.tag()))
        ));
        page.line(&clean::line(&format!(
            "{} · {}",
            subject.version, manifest.started
        )));
        page.gap();

        let (mark, colour) = match judgement.microphone {
            MicrophoneStatus::Closed => ("+", GREEN),
            MicrophoneStatus::OpenNotRunning
            | MicrophoneStatus::OpenRunning
            | MicrophoneStatus::StillRead => ("!", YELLOW),
            MicrophoneStatus::Unknown => ("?", GREY),
        };
        let state = words.t(phrase::microphone_id(judgement.microphone));
        let microphone = format!("[{mark}] {state}");
        let (mark, colour_sending) = match (judgement.sending, &judgement.verdict) {
            (SendingStatus::Follows, _) => ("x", RED),
            (SendingStatus::NothingFound, Verdict::NoLeakSeen { .. }) => ("+", GREEN),
            (SendingStatus::NothingFound, _) => ("~", YELLOW),
            (SendingStatus::Unknown, _) => ("?", GREY),
        };
        let sending = format!(
            "[{mark}] {}",
            words.t(phrase::sending_id(judgement.sending))
        );
        page.pairs(&[
            (words.t("lamp-microphone"), self.paint(&microphone, colour)),
            (
                words.t("lamp-sending"),
                self.paint(&sending, colour_sending),
            ),
        ]);
        page.gap();
        page.wrapped("", &format!("{}.", phrase::verdict(words, judgement)));
        page.wrapped("", &phrase::sentence(words, report));
        if let Some(detail) = phrase::verdict_detail(words, &judgement.verdict) {
            page.wrapped("", &detail);
        }

        page.list(
            &words.t("section-reasons"),
            &reasons::reasons(words, judgement),
        );
        if judgement.reads.is_some() {
            let reads = sections::reads(words, judgement);
            page.list(&words.t("done-reads"), &[reads]);
        }
        let answer = |answer| words.t(phrase::answer_id(answer));
        page.title(&words.t("section-hears"));
        let hearers = phrase::hearers(&judgement.hears).into_iter();
        let hearers: Vec<_> = hearers.map(|(who, a)| (words.t(who), answer(a))).collect();
        page.pairs(&hearers);
        page.list(
            &words.t("section-call"),
            &[phrase::call(words, &judgement.call)],
        );
        page.title(&words.t("section-evidence"));
        page.pairs(
            &sections::tests(words, judgement)
                .into_iter()
                .map(|t| (t.name.clone(), sections::of_needed(words, &t)))
                .collect::<Vec<_>>(),
        );
        let findings = judgement.findings.iter().map(|finding| {
            let name = sections::series_name(words, finding);
            let means = format!(
                "{} → {}",
                words.short(finding.mean_quiet),
                words.short(finding.mean_loud)
            );
            let named = if finding.named {
                words.t("findings-named")
            } else {
                String::new()
            };
            let unit = sections::unit(&finding.unit);
            let text = format!("{name}: {means}{unit}, {}", words.evidence(finding.log10_w));
            if named.is_empty() {
                text
            } else {
                format!("{text} [{named}]")
            }
        });
        page.list(&words.t("section-findings"), &findings.collect::<Vec<_>>());
        let destinations = judgement.destinations.iter();
        let destinations = destinations.map(|to| destination::line(words, to));
        page.list(
            &words.t("section-destinations"),
            &destinations.collect::<Vec<_>>(),
        );
        if let Some(receivers) = report.receivers {
            let lines = flows::lines(words, receivers);
            page.list(&words.t("section-receivers"), &lines);
        }
        if let Some(identifiers) = report.identifiers {
            let lines = flows::escaped(words, identifiers);
            page.list(&words.t("section-identifiers"), &lines);
        }
        if let Some(found) = report.leftovers {
            let lines = leftovers::lines(words, found);
            page.list(&words.t("section-leftovers"), &lines);
        }
        page.list(
            &words.t("section-attention"),
            &attention::lines(words, &judgement.attention),
        );
        let notes: Vec<String> = judgement
            .notes
            .iter()
            .map(|n| phrase::note(words, n))
            .collect();
        page.list(&words.t("section-notes"), &notes);
        page.list(
            &words.t("section-limits"),
            &crate::limits::limits(words, report),
        );
        let mut maker = maker::days(words, &report.maker.days);
        maker.extend(
            report
                .maker
                .statement
                .iter()
                .flat_map(|s| clean::paragraphs(s)),
        );
        page.list(&words.t("section-statement"), &maker);
        page.gap();
        page.line(&format!(
            "{}: {}",
            words.t("repeat-bundle"),
            clean::line(report.bundle.name)
        ));
        page.wrapped("", &sections::seal(words, report));
        if let Some(tried) = report.attack {
            attack::section(words, tried, &mut page);
        }
        page.out
    }

    fn paint(&self, text: &str, colour: u8) -> String {
        match self.colour {
            true => format!("\u{1b}[1;{colour}m{text}\u{1b}[0m"),
            false => text.to_owned(),
        }
    }
}
