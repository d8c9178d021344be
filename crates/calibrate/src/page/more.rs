//! The parts of the page that are about whole audits and about what is seen before any bet.

use std::fmt::Write;

use plan::Observed;

use super::percent;
use crate::gates::{MAY_FAIL, sums};
use crate::null::limit;
use crate::telemetry::{Link, PLAYED};
use crate::{Figures, length, parts, real};

impl Figures {
    pub(super) fn parts(&self, page: &mut String) {
        let _ = writeln!(
            page,
            "The parts of the law one after the other, all with the same dice: real leaks as above, aligned and without \
             any bet on two coins, minutes; and made-up ones, one of {} series over {} blocks, the others independent \
             noise, blocks. Median / 95 %, and the share that was found where it is not all. The last row is what the slow \
             code's law costs or gains where nothing else is different: levels between as far from the outer ones as \
             the stage's, over the old span; what has two states has them by the coarse coin.\n",
            parts::N_SERIES,
            parts::N_BLOCKS
        );
        let names = parts::Field::ALL.iter().map(|(_, name)| *name);
        let real = ["real, d ≥ 4", "real, d 2 to 4"].into_iter();
        let real = real.take(self.parts.first().map_or(0, |row| row.real.len()));
        let names: Vec<&str> = real.chain(names).collect();
        let _ = writeln!(page, "| law | {} |", names.join(" | "));
        let _ = writeln!(page, "|---|{}", "---|".repeat(names.len()));
        for row in &self.parts {
            let cells = row.real.iter().chain(&row.fields).map(found);
            let cells: Vec<String> = cells.collect();
            let _ = writeln!(page, "| {} | {} |", row.name, cells.join(" | "));
        }
        let sessions = |all: &[parts::Found]| all.first().map_or(0, |found| found.sessions);
        if let Some(row) = self.parts.first() {
            let _ = writeln!(
                page,
                "\n{} sessions a cell of real leaks, {} of made-up ones.",
                sessions(&row.real),
                sessions(&row.fields)
            );
        }
        page.push('\n');
    }

    pub(super) fn telemetry(&self, page: &mut String) {
        let telemetry = match &self.telemetry {
            Err(why) => {
                let _ = writeln!(page, "Not computed: {why}.\n");
                return;
            }
            Ok(telemetry) => telemetry,
        };
        let _ = writeln!(
            page,
            "The log of a muted client (`{}`) beside what was played (`{PLAYED}`): the three \
             loudness fields of each message, lower is louder. Minutes in which a sound began or \
             ended are left out.\n",
            real::TELEMETRY
        );
        page.push_str(
            "| sound | minutes | max gain | mean gain | min gain |\n|---|---|---|---|---|\n",
        );
        for level in &telemetry.levels {
            let sound = level.sound.as_deref().unwrap_or("none");
            let [max, mean, min] = level.gains;
            let _ = writeln!(
                page,
                "| {sound} | {} | {max:.1} | {mean:.1} | {min:.1} |",
                level.n
            );
        }
        page.push_str(
            "\nSpearman's rank correlation with each field. What is seen without the plaintext \
             (length, time of sending) has to stay within what chance makes of independent minutes \
             once in a thousand (3.29 / √(n - 1)); the sound has to be beyond it.\n\n\
             | | max gain | mean gain | min gain | minutes | chance |\n|---|---|---|---|---|---|\n",
        );
        for links in telemetry
            .played
            .chunks(3)
            .chain(telemetry.outside.chunks(3))
        {
            correlations(page, links);
        }
        page.push('\n');
    }

    pub(super) fn gates(&self, page: &mut String) {
        let (failed, sessions) = sums(&self.gates);
        let _ = writeln!(
            page,
            "Simulated honest sessions through the whole chain, from packets to verdict: the \
             microphone stays open and running while muted, 45 blocks of a control that fires, 60 \
             muted blocks, alpha 0.001. Inconclusive is a session that any gate failed. Promise: at \
             most {} of all, which allows {} of {sessions} (99 % limit); there were {failed}.\n",
            percent((100.0 * MAY_FAIL) as usize, 100),
            limit(sessions, MAY_FAIL),
        );
        page.push_str(
            "| muted app sends | sessions | inconclusive | why | called a leak |\n\
             |---|---|---|---|---|\n",
        );
        for row in &self.gates {
            let why: Vec<String> = row
                .reasons
                .iter()
                .map(|(name, n)| format!("{name} {n}"))
                .collect();
            let _ = writeln!(
                page,
                "| {} | {} | {} | {} | {} |",
                row.name,
                row.sessions,
                percent(row.inconclusive, row.sessions),
                if why.is_empty() {
                    "–".to_owned()
                } else {
                    why.join(", ")
                },
                row.accused
            );
        }
        page.push('\n');
    }

    pub(super) fn length(&self, page: &mut String) {
        let (from, to) = length::MEDIAN_WITHIN;
        let _ = writeln!(
            page,
            "The formula N = (log2(1/alpha) + log2 J + 3) / I of `muteproof plan` against its \
             simulation: a signal in every block among J series of independent noise, alpha 0.001. \
             I: mutual information of a block and its coin, bits. Promise: half have found it \
             within {from} to {to} times N, 95 % within {} times.\n",
            length::P95_AT_MOST
        );
        page.push_str(
            "| signal | J | I | N | sessions | among | half found | 95 % found |\n\
             |---|---|---|---|---|---|---|---|\n",
        );
        for row in &self.length {
            let signal = match row.seen {
                Observed::Shift { d, .. } => format!("shift by {d} standard deviations"),
                Observed::Flag { wrong } => format!("flag, wrong in {} %", 100.0 * wrong),
            };
            let blocks = |n: Option<usize>| match n {
                None => format!("> {}", row.times.horizon),
                Some(n) => format!("{n} ({:.2} N)", n as f64 / row.formula),
            };
            let _ = writeln!(
                page,
                "| {signal} | {} | {:.3} | {:.1} | {} | {} | {} | {} |",
                row.series,
                row.bits,
                row.formula,
                row.times.sessions,
                row.times.series,
                blocks(row.times.median),
                blocks(row.times.p95)
            );
        }
        page.push_str(
            "\nAmong: series that were really played; where a long run leaves no time for J of \
             them, these hold the stake of all.\n\n",
        );
    }
}

fn found(found: &parts::Found) -> String {
    let blocks = |n: Option<usize>| n.map_or_else(|| "–".to_owned(), |n| n.to_string());
    let share = match found.found == found.sessions {
        true => String::new(),
        false => format!(" ({})", percent(found.found, found.sessions)),
    };
    format!("{} / {}{share}", blocks(found.median), blocks(found.p95))
}

fn correlations(page: &mut String, links: &[Link]) {
    let [max, mean, min] = links else { return };
    let chance = max.chance();
    let _ = writeln!(
        page,
        "| {} | {:+.3} | {:+.3} | {:+.3} | {} | ±{chance:.3} |",
        max.outside, max.rho, mean.rho, min.rho, max.n
    );
}
