//! The plan in words and tables.

use std::fmt::Write;

use plan::{Covers, Observed, Planned, Question, Reach, Row, Signal};

/// The whole answer.
pub fn text(planned: &Planned) -> String {
    let mut out = String::new();
    let question = &planned.question;
    if let Some(signal) = question.signal {
        let (series, alpha) = (question.series, question.alpha);
        let _ = writeln!(out, "Signal: {}.", named(signal));
        let _ = writeln!(out, "Among {series} other series, alpha {alpha}.\n");
        codes(planned, &mut out);
        slower(planned, signal, &mut out);
        recommend(planned, &mut out);
    }
    limits(planned, &mut out);
    out
}

fn codes(planned: &Planned, out: &mut String) {
    out.push_str("code    block   bits a block   by the formula   half found   95 % found\n");
    for row in &planned.rows {
        let at = |blocks: Option<usize>| match (row.times, blocks) {
            (None, _) => "–".to_owned(),
            (Some(times), None) => format!("> {}", time(row.seconds(times.horizon))),
            (Some(_), Some(blocks)) => time(row.seconds(blocks)),
        };
        let formula = match row.formula * row.code.block_s() {
            seconds if seconds < 1e6 => time(seconds),
            _ => "never".to_owned(),
        };
        let _ = writeln!(
            out,
            "{:6}  {:>5}   {:>12.4}   {formula:>14}   {:>10}   {:>10}",
            row.code.name(),
            time(row.code.block_s()),
            row.seen.bits(),
            at(row.times.and_then(|t| t.median)),
            at(row.times.and_then(|t| t.p95)),
        );
    }
    if let Some(times) = planned.rows.iter().find_map(|row| row.times) {
        let _ = writeln!(
            out,
            "\nThe last two columns are simulated: {} sessions each, with the bets of an audit.",
            times.sessions
        );
    }
    if planned.rows.iter().any(|row| row.times.is_none()) {
        out.push_str("–: not simulated, far beyond the longest profile.\n");
    }
}

/// A signal that most blocks of a code go without.
fn slower(planned: &Planned, signal: Signal, out: &mut String) {
    let (Signal::Value {
        every_s, covers, ..
    }
    | Signal::Loudness {
        every_s, covers, ..
    }) = signal
    else {
        return;
    };
    let rare = |row: &&Row| matches!(row.seen, Observed::Shift { every, .. } if every > 1);
    let rare: Vec<&Row> = planned.rows.iter().filter(rare).collect();
    let Some(row) = rare.first() else { return };
    let Observed::Shift { every, .. } = row.seen else {
        return;
    };
    let _ = write!(
        out,
        "\nA value every {} is seen by the {} code in one block of {every} only",
        time(every_s),
        row.code.name()
    );
    match covers {
        Covers::SinceLast if rare.len() < planned.rows.len() => out.push_str(
            ",\nand is about all of them: it takes a code whose blocks are as long as that.\n\
             Where its time straddles two blocks, count on up to twice as long.\n",
        ),
        Covers::SinceLast => {
            out.push_str(",\nand is about all of them: no code has blocks as long as that.\n")
        }
        Covers::Moment => out.push_str(": what counts is how many values there are.\n"),
    }
}

fn recommend(planned: &Planned, out: &mut String) {
    match planned.recommended() {
        Some((profile, code)) => {
            let _ = writeln!(
                out,
                "\nRecommended: --profile {} ({} muted); the {} code finds it.",
                profile.name,
                time(profile.muted_s),
                code.name()
            );
        }
        None => out.push_str("\nNo profile finds it in 95 % of runs.\n"),
    }
}

fn limits(planned: &Planned, out: &mut String) {
    let question = &planned.question;
    let every = time(planned.question.every_s);
    if planned.question.signal.is_some() {
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "What a finished run finds in 95 %; what is smaller it could not have found:\n"
    );
    let _ = writeln!(
        out,
        "profile    code    blocks   value every {every}: d   its noise   bytes a packet   flag wrong"
    );
    for reach in &planned.reaches {
        let _ = writeln!(out, "{}", row_of(&planned.question, reach));
    }
    let _ = writeln!(
        out,
        "\nd: standard deviations between the two sounds; noise: dB at a step of {} dB; bytes: at\n\
         {} packets a second, sizes with a standard deviation of {} B; noise that does not hang\n\
         together from one to the next. –: nothing of the kind.",
        question.step_db, question.packets_per_s, question.size_sd
    );
}

fn row_of(question: &Question, reach: &Reach) -> String {
    let limits = &reach.limits;
    let every = time(question.every_s).chars().count();
    let d = limits.value_d(reach.code, question.every_s);
    let bytes = limits.bytes(reach.code, question.packets_per_s, question.size_sd);
    format!(
        "{:9}  {:6}  {:>6}   {:>w$}   {:>9}   {:>14}   {:>10}",
        reach.profile.name,
        reach.code.name(),
        limits.blocks,
        number("≥ ", d, ""),
        number("≤ ", d.map(|d| question.step_db / d), " dB"),
        number("≥ ", bytes, " B"),
        number("≤ ", limits.flag_wrong.map(|share| 100.0 * share), " %"),
        w = 15 + every,
    )
}

fn named(signal: Signal) -> String {
    let about = |covers| match covers {
        Covers::SinceLast => "about the time since the one before",
        Covers::Moment => "about the moment",
    };
    match signal {
        Signal::Value { every_s, d, covers } => format!(
            "a value every {}, {}, {d} standard deviations between the two sounds",
            time(every_s),
            about(covers)
        ),
        Signal::Loudness {
            every_s,
            noise_db,
            step_db,
            covers,
        } => format!(
            "a loudness every {}, {}, {noise_db} dB of noise at a step of {step_db} dB",
            time(every_s),
            about(covers)
        ),
        Signal::Bytes {
            bytes,
            packets_per_s,
            size_sd,
        } => format!(
            "{packets_per_s} packets a second, {bytes} B larger when loud, sizes with a standard \
             deviation of {size_sd} B"
        ),
        Signal::Flag { wrong } => {
            format!("a flag in each block, wrong in {} % of them", 100.0 * wrong)
        }
    }
}

/// A limit, or that there is none.
pub fn number(sign: &str, value: Option<f64>, unit: &str) -> String {
    match value {
        None => "–".to_owned(),
        Some(x) if x < 10.0 => format!("{sign}{x:.2}{unit}"),
        Some(x) => format!("{sign}{x:.0}{unit}"),
    }
}

/// Seconds in words.
pub fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => format!("{:.0} ms", 1e3 * s),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 1_200.0 && s % 60.0 != 0.0 => format!("{:.1} min", s / 60.0),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3_600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_numbers_read_well() {
        let times = [0.02, 1.0, 60.0, 180.0, 250.0, 3_600.0, 86_400.0].map(time);
        let said = ["20 ms", "1 s", "60 s", "3 min", "4.2 min", "60 min", "24 h"];
        assert_eq!(times, said);
        assert_eq!(number("≥ ", Some(2.345), " B"), "≥ 2.35 B");
        assert_eq!(number("≤ ", Some(55.4), " dB"), "≤ 55 dB");
        assert_eq!(number("≤ ", None, " dB"), "–");
    }
}
