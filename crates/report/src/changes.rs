//! What changed in an app's mute between two JSON reports.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::compared::{Change, Comparison, Was};

/// States from the best to the worst; what is not among them is not known.
struct Scale {
    what: Comparison,
    at: &'static str,
    states: &'static [&'static [&'static str]],
}

const SCALES: &[Scale] = &[
    Scale {
        what: Comparison::Verdict,
        at: "/verdict/is",
        states: &[&["no_leak_seen"], &["partly_seen"], &["leaks"]],
    },
    Scale {
        what: Comparison::Microphone,
        at: "/microphone",
        // Whether reads were traced is the instrument's, not the app's.
        states: &[
            &["closed"],
            &["open_not_running"],
            &["open_running", "still_read"],
        ],
    },
    Scale {
        what: Comparison::OtherParticipants,
        at: "/hears/other_participants",
        states: HEARS,
    },
    Scale {
        what: Comparison::OperatorServer,
        at: "/hears/operator_server",
        states: HEARS,
    },
    Scale {
        what: Comparison::ThirdParties,
        at: "/hears/third_parties",
        states: HEARS,
    },
    Scale {
        what: Comparison::Call,
        at: "/call/read_by",
        states: &[&["participants"], &["server"], &["anyone_on_the_way"]],
    },
];

const HEARS: &[&[&str]] = &[&["nothing_sent"], &["nothing_found"], &["yes"]];

/// Opaque bytes a minute that differ by this factor are told.
const OPAQUE_FACTOR: f64 = 1.5;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("unknown").to_owned()
}

/// What changed from one report to the next.
pub fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let (a, b) = (&old["judgement"], &new["judgement"]);
    let mut changes = Vec::new();
    for scale in SCALES {
        let state = |j: &Value| text(j.pointer(scale.at).unwrap_or(&Value::Null));
        let rank = |state: &str| scale.states.iter().position(|s| s.contains(&state));
        let (old, new) = (state(a), state(b));
        let (was, is) = (rank(&old), rank(&new));
        if old == new || (was.is_some() && was == is) {
            continue;
        }
        changes.push(Change {
            what: scale.what,
            old: Was::State(old),
            new: Was::State(new),
            worse: was.zip(is).map(|(was, is)| is > was),
        });
    }
    type Names = fn(&Value) -> BTreeSet<String>;
    let sets: [(Comparison, Names); 5] = [
        (Comparison::Series, named),
        (Comparison::Sends, third_parties),
        (Comparison::ClearText, |j| {
            notes(j, "clear_text", &["what", "at"])
        }),
        (Comparison::Listens, |j| notes(j, "listens", &["at"])),
        (Comparison::Hides, |j| {
            notes(j, "hides_from_indicator", &["claim"])
        }),
    ];
    for (what, of) in sets {
        let (old, new) = (of(a), of(b));
        let only = |x: &BTreeSet<String>, y: &BTreeSet<String>| -> Vec<String> {
            x.difference(y).cloned().collect()
        };
        for (gone, come, worse) in [
            (only(&old, &new), Vec::new(), false),
            (Vec::new(), only(&new, &old), true),
        ] {
            if gone.is_empty() && come.is_empty() {
                continue;
            }
            changes.push(Change {
                what,
                old: Was::Names(gone),
                new: Was::Names(come),
                worse: Some(worse),
            });
        }
    }
    let opaque = |j: &Value| j["opaque_bytes_per_min"].as_f64().unwrap_or(0.0);
    let (old, new) = (opaque(a), opaque(b));
    if old.max(new) > OPAQUE_FACTOR * old.min(new) + 1.0 {
        changes.push(Change {
            what: Comparison::Opaque,
            old: Was::Number(old),
            new: Was::Number(new),
            worse: None,
        });
    }
    changes
}

fn named(judgement: &Value) -> BTreeSet<String> {
    let findings = judgement["findings"].as_array().into_iter().flatten();
    let named = findings.filter(|f| f["named"] == true);
    named.map(|f| without_port(&text(&f["series"]))).collect()
}

/// Ports are drawn anew for every call.
fn without_port(series: &str) -> String {
    let words = series.split(' ').map(|word| match word.rsplit_once(':') {
        Some((address, port)) if port.parse::<u16>().is_ok() => format!("{address}:*"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn third_parties(judgement: &Value) -> BTreeSet<String> {
    let all = judgement["destinations"].as_array().into_iter().flatten();
    let third = all.filter(|d| d["role"] == "third_party");
    third.map(|d| text(&d["remote"])).collect()
}

fn notes(judgement: &Value, is: &str, parts: &[&str]) -> BTreeSet<String> {
    let notes = judgement["notes"].as_array().into_iter().flatten();
    let say = |note: &Value| {
        let parts: Vec<String> = parts.iter().map(|part| text(&note[*part])).collect();
        without_port(&parts.join(" "))
    };
    notes.filter(|note| note["is"] == is).map(say).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(verdict: &str, microphone: &str, notes: Value) -> Value {
        json!({"manifest": {"subject": {"recipe": "app", "version": "1", "title": "App"}},
            "judgement": {"verdict": {"is": verdict}, "microphone": microphone, "notes": notes,
                "findings": [], "destinations": [], "opaque_bytes_per_min": 100.0}})
    }

    #[test]
    fn what_got_worse_is_told_from_what_got_better() {
        let good = report("partly_seen", "closed", json!([]));
        let clear = json!([{"is": "clear_text", "what": "http", "at": "tcp 10.0.0.1:50123"}]);
        let bad = report("leaks", "still_read", clear);
        assert!(changes(&good, &good).is_empty());
        let to_bad = changes(&good, &bad);
        assert_eq!(to_bad.len(), 3);
        assert!(to_bad.iter().all(|c| c.worse == Some(true)), "{to_bad:?}");
        let back = changes(&bad, &good);
        assert!(back.iter().all(|c| c.worse == Some(false)), "{back:?}");
    }

    /// Tracing makes "open, running" into "still read", and a port is another one each time.
    #[test]
    fn what_the_instrument_did_differently_is_no_change() {
        let at = |port: u16| json!([{"is": "clear_text", "what": "sound", "at": format!("udp 10.0.0.1:{port}")}]);
        let a = report("partly_seen", "open_running", at(1_000));
        let b = report("partly_seen", "still_read", at(2_000));
        assert!(changes(&a, &b).is_empty(), "{:?}", changes(&a, &b));
    }
}
