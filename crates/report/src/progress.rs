//! What a person is told while an audit runs, and at its end.

use std::path::Path;
use std::time::Duration;

use record::Manifest;

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};

/// One thing to tell of a running audit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Running<'a> {
    /// It begins.
    Begins {
        /// What is audited, and how.
        manifest: &'a Manifest,
        /// How long it will take.
        planned: Duration,
    },
    /// It goes on.
    GoesOn {
        /// How long, about.
        left: Duration,
        /// What its bundle shows so far; nothing before there is one.
        seen: Option<&'a verdict::Progress>,
    },
    /// It has ended, and everything is written.
    Written {
        /// The report for a person.
        report: &'a Path,
        /// The bundle.
        bundle: &'a Path,
        /// The folder that both are in.
        out: &'a Path,
    },
}

/// Why a run may end before its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decided {
    /// A leak was found, and its series named.
    Leak {
        /// Its evidence.
        log10_w: f64,
    },
    /// So little can have been learned as was asked for.
    Bound {
        /// Bits a block, at most.
        bits: f64,
    },
}

/// The words for it.
pub fn running(lang: Lang, say: &Running) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let text = text(&words, say);
    words.done(text)
}

/// The words for why a run may end.
pub fn decided(lang: Lang, why: &Decided) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let text = match *why {
        Decided::Leak { log10_w } => {
            words.say("progress-leak", &[("w", words.decimal(log10_w, 1))])
        }
        Decided::Bound { bits } => words.say("progress-bound", &[("bits", words.decimal(bits, 3))]),
    };
    words.done(text)
}

fn text(words: &Words, say: &Running) -> String {
    match *say {
        Running::Begins { manifest, planned } => words.say(
            "progress-begins",
            &[
                (
                    "title",
                    clean::line(manifest.subject.title_in(words.lang.tag())),
                ),
                ("version", clean::line(&manifest.subject.version)),
                ("profile", clean::line(&manifest.profile)),
                ("time", minutes(planned)),
            ],
        ),
        Running::GoesOn { left, seen } => {
            let evidence = evidence(words, seen);
            let args = [("time", minutes(left)), ("evidence", evidence)];
            words.say("progress-left", &args)
        }
        Running::Written {
            report,
            bundle,
            out,
        } => {
            let lines = [
                ("audit-report", report.display().to_string()),
                ("audit-bundle", bundle.display().to_string()),
                (
                    "audit-again",
                    format!("muteproof analyze {}", out.display()),
                ),
            ];
            let lines = lines.map(|(id, what)| format!("{:8} {what}", format!("{}:", words.t(id))));
            lines.join("\n")
        }
    }
}

fn evidence(words: &Words, seen: Option<&verdict::Progress>) -> String {
    let Some(p) = seen else {
        return words.t("progress-stage");
    };
    let args = [
        ("control", words.decimal(p.control_log10_w, 1)),
        ("muted", words.decimal(p.muted_log10_w, 1)),
        ("blocks", p.muted_blocks.to_string()),
    ];
    match (p.control_blocks, p.muted_blocks) {
        (0, _) => words.t("progress-joining"),
        (blocks, 0) => {
            let blocks = ("blocks", blocks.to_string());
            words.say("progress-control", &[blocks, args[0].clone()])
        }
        _ => words.say("progress-muted", &args),
    }
}

fn minutes(time: Duration) -> String {
    match time.as_secs() {
        s @ 0..100 => format!("{s} s"),
        s => format!("{} min", (s + 30) / 60),
    }
}
