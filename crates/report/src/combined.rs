//! Several sessions of one app together, in words.

use schemars::JsonSchema;
use serde::Serialize;
use verdict::Verdict;

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::schema::SCHEMA;

/// What several sessions say together.
#[derive(Debug, Clone, PartialEq)]
pub struct Combined {
    /// Each of them.
    pub sessions: Vec<OneOf>,
    /// Evidence of all of them that count.
    pub log10_w: f64,
    /// What is needed for a leak.
    pub log10_needed: f64,
    /// The highest evidence that one of them reached on its way.
    pub log10_highest: f64,
    /// What each of them needs for a leak by itself.
    pub log10_highest_needed: f64,
}

impl Combined {
    /// Whether the product shows a leak.
    fn together(&self) -> bool {
        self.sessions.iter().any(|s| s.counts) && self.log10_w >= self.log10_needed
    }

    /// Whether they show one: the product, or a session by itself.
    pub fn leaks(&self) -> bool {
        let alone = self.log10_highest >= self.log10_highest_needed;
        self.together() || alone && self.sessions.iter().any(|s| s.counts)
    }
}

/// One session, and what it brings.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOf {
    /// Where its bundle lies.
    pub path: String,
    /// What it says by itself.
    pub verdict: Verdict,
    /// The evidence at its end.
    pub log10_w: f64,
    /// Whether its evidence counts: a session that another thing than the app could explain does
    /// not.
    pub counts: bool,
}

/// What `muteproof combine` prints.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    schema: u32,
    sessions: Vec<Session<'a>>,
    /// log10 of the evidence of all that count.
    log10_w: f64,
    /// What is needed for a leak.
    log10_needed: f64,
    /// The highest that one of them reached on its way.
    log10_highest: f64,
    /// What each needs for a leak by itself.
    log10_highest_needed: f64,
    leaks: bool,
}

#[derive(Serialize, JsonSchema)]
struct Session<'a> {
    /// Where it lies, as it was typed.
    bundle: &'a str,
    verdict: &'static str,
    log10_w_at_end: f64,
    /// Whether its evidence counts.
    counts: bool,
}

/// The answer for programs: indented JSON.
pub fn combined_json(combined: &Combined) -> Result<String, RenderError> {
    let sessions = combined.sessions.iter().map(|one| Session {
        bundle: &one.path,
        verdict: one.verdict.name(),
        log10_w_at_end: one.log10_w,
        counts: one.counts,
    });
    clean::pretty(&Document {
        schema: SCHEMA,
        sessions: sessions.collect(),
        log10_w: combined.log10_w,
        log10_needed: combined.log10_needed,
        log10_highest: combined.log10_highest,
        log10_highest_needed: combined.log10_highest_needed,
        leaks: combined.leaks(),
    })
}

/// The answer as text.
pub fn combined(combined: &Combined, lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let text = text(&words, combined);
    words.done(text)
}

fn text(words: &Words, combined: &Combined) -> String {
    let sessions = &combined.sessions;
    let power = |log10_w: f64| words.decimal(log10_w, 1);
    let verdicts: Vec<String> = sessions.iter().map(|s| verdict(words, s)).collect();
    let longest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or(0);
    let width = longest(&mut sessions.iter().map(|s| s.path.len()));
    let verdict_width = longest(&mut verdicts.iter().map(|v| v.chars().count())).max(13);
    let mut out = String::new();
    for (session, verdict) in sessions.iter().zip(verdicts) {
        let evidence = words.say("combine-session", &[("w", power(session.log10_w))]);
        let path = &session.path;
        out.push_str(&format!(
            "{path:width$}  {verdict:verdict_width$} {evidence}"
        ));
        if !session.counts {
            out.push_str(&format!("  {}", words.t("combine-not-counted")));
        }
        out.push('\n');
    }
    if combined.leaks() && !combined.together() {
        let alone = [
            ("highest", power(combined.log10_highest)),
            ("needed", power(combined.log10_highest_needed)),
            ("w", power(combined.log10_w)),
        ];
        let alone = words.say("combine-leak-alone", &alone);
        out.push_str(&format!("\n{alone}\n{}\n", words.t("combine-why")));
        return out;
    }
    let together = match combined.together() {
        true => "combine-leak",
        false if sessions.iter().any(|s| s.counts) => "combine-nothing",
        false => "combine-no-answer",
    };
    let evidence = [
        ("together", words.t(together)),
        ("w", power(combined.log10_w)),
        ("needed", power(combined.log10_needed)),
    ];
    let evidence = words.say("combine-evidence", &evidence);
    out.push_str(&format!("\n{evidence}\n{}\n", words.t("combine-why")));
    out
}

fn verdict(words: &Words, session: &OneOf) -> String {
    words.t(match session.verdict {
        Verdict::Leaks { .. } => "combine-verdict-leaks",
        Verdict::NoLeakSeen { .. } => "combine-verdict-no-leak-seen",
        Verdict::PartlySeen { .. } => "combine-verdict-partly-seen",
        Verdict::Inconclusive { .. } => "combine-verdict-inconclusive",
        Verdict::NotRun { .. } => "combine-verdict-not-run",
    })
}
