//! The parts of the page that are about whole audits and about what is seen before any bet.

use std::fmt::Write;

use plan::Observed;

use super::percent;
use crate::gates::{MAY_FAIL, sums};
use crate::null::limit;
use crate::telemetry::{Link, PLAYED};
use crate::{Figures, length, real};

impl Figures {
    pub(super) fn telemetry(&self, page: &mut String) {
        page.push_str("## A known leaker's log, before any bet\n\n");
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
        page.push_str("## All gates together\n\n");
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
            "## Length of a run\n\n\
             The formula N = (log2(1/alpha) + log2 J + 3) / I of `muteproof plan` against its \
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

fn correlations(page: &mut String, links: &[Link]) {
    let [max, mean, min] = links else { return };
    let chance = max.chance();
    let _ = writeln!(
        page,
        "| {} | {:+.3} | {:+.3} | {:+.3} | {} | ±{chance:.3} |",
        max.outside, max.rho, mean.rho, min.rho, max.n
    );
}
