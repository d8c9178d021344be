//! The report in Markdown, as short as a comment on a pull request.

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::phrase;
use crate::points::{Outcome, points};
use crate::render::{Render, Report};

/// Markdown.
#[derive(Debug, Clone, Copy)]
pub struct Markdown;

/// Sentences of a point that are shown.
const SAID: usize = 4;

impl Render for Markdown {
    fn render(&self, report: &Report, lang: Lang) -> Result<Vec<u8>, RenderError> {
        let words = Words::new(lang)?;
        let md = clean::markdown;
        let subject = &report.manifest.subject;
        let mut out = format!(
            "### {}: {}\n\n",
            words.t("report-title"),
            md(subject.title_in(words.lang.tag()))
        );
        out += &format!(
            "**{}.** {}\n",
            md(&phrase::verdict(&words, report.judgement)),
            md(&phrase::sentence(&words, report))
        );
        out += &format!("\n| {} | |\n|---|---|\n", words.t("section-hears"));
        for (who, answer) in phrase::hearers(&report.judgement.hears) {
            let answer = words.t(phrase::answer_id(answer));
            out += &format!("| {} | {} |\n", md(&words.t(who)), md(&answer));
        }
        let wrong = points(&words, report);
        let wrong = wrong
            .iter()
            .filter(|p| matches!(p.outcome, Outcome::Failed | Outcome::Remarked));
        for point in wrong.filter(|point| point.rule != "mute-leak") {
            out += &format!("\n- `{}`", point.rule);
            for said in point.said.iter().take(SAID) {
                out += &format!("\n  - {}", md(said));
            }
        }
        out += &format!(
            "\n\n{} · {}\n",
            md(&subject.version),
            md(report.bundle.name)
        );
        words.done(out.into_bytes())
    }
}
