//! **Asks** whether the mute was asked of somebody else than the app, and whether they refused.
//! **Matters** because then what was found is true of this stage, and another machine may answer otherwise: a
//! service that finds a sound card mutes it, and does not find one here, or beside a headset.
//! **Decides** nothing: it is a remark. By the calls on the session bus while the recipe's mute was carried
//! out and shortly after, whose method or interface speaks of muting and that the recipe did not make itself;
//! and by what is muted at the sound server after the mute and was not before.
//! **Cannot see** what is asked by other ways: other buses, sockets, keys of a device.

use record::{Body, MonotonicNs, Phase, Record, RecordStream};

use crate::case::Case;
use crate::note::Note;

/// The time behind the mute within which an answer may come, and how long before it one may be asked where
/// the steps do not say.
const AFTER_NS: i64 = 5_000_000_000;
const BEFORE_NS: i64 = 5_000_000_000;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let records = case.trials.session.records;
    let judged = !case.trials.blocks(Phase::Muted).is_empty();
    match judged {
        true => asked(records).map_or(Vec::new(), |(from, to)| seen(records, from, to)),
        false => Vec::new(),
    }
}

/// From when to when the first mute was carried out.
fn asked(records: &[Record]) -> Option<(MonotonicNs, MonotonicNs)> {
    let is_mute = |r: &&Record| matches!(r.body, Body::MuteAsked { muted: true });
    let asked = records.iter().find(is_mute)?.t;
    let steps = records.iter().filter_map(|r| match &r.body {
        Body::Step { part, took_ns, .. } if part == "mute" && r.t <= asked => {
            Some(r.t.offset(-(*took_ns).min(i64::MAX as u64).cast_signed()))
        }
        _ => None,
    });
    let began = steps.min().unwrap_or(asked.offset(-BEFORE_NS));
    Some((began, asked.offset(AFTER_NS)))
}

fn seen(records: &[Record], from: MonotonicNs, to: MonotonicNs) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let within = || records.iter().filter(|r| (from..=to).contains(&r.t));
    for record in within() {
        let Body::BusCall {
            service,
            interface,
            member,
            error,
            said,
        } = &record.body
        else {
            continue;
        };
        let speaks = |text: &str| text.to_ascii_lowercase().contains("mute");
        if !(speaks(member) || speaks(interface)) || made_by_recipe(records, member) {
            continue;
        }
        let (service, method) = (service.clone(), format!("{interface}.{member}"));
        let note = match (error, said) {
            (Some(why), _) => Note::MuteRefused {
                service,
                method,
                why: Some(why.clone()),
            },
            (None, Some(false)) => Note::MuteRefused {
                service,
                method,
                why: None,
            },
            (None, _) => Note::MuteDelegated { service, method },
        };
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    let before = records.iter().filter(|r| r.t < from);
    let until = records.iter().filter(|r| r.t <= to);
    let (before, after) = (muted_at_server(before), muted_at_server(until));
    let new = after.into_iter().filter(|what| !before.contains(what));
    notes.extend(new.map(|what| Note::MutedAtServer { what }));
    notes
}

/// The recipe's own call is how the app is asked, and not whom the app asks.
fn made_by_recipe(records: &[Record], member: &str) -> bool {
    records.iter().any(
        |r| matches!(&r.body, Body::Step { step, .. } if step.ends_with(&format!(".{member}"))),
    )
}

/// What is muted at the sound server after these records: sources, and streams that run all the same.
fn muted_at_server<'r>(records: impl Iterator<Item = &'r Record>) -> Vec<String> {
    let (mut sources, mut streams): (&[String], &[RecordStream]) = (&[], &[]);
    for record in records {
        match &record.body {
            Body::SourcesMuted { sources: now } => sources = now,
            Body::Streams { streams: now } => streams = now,
            _ => {}
        }
    }
    let streams = streams.iter().filter(|stream| stream.muted);
    let streams = streams.map(|stream| stream.application.clone());
    sources.iter().cloned().chain(streams).collect()
}
