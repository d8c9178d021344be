//! Where bytes went while muted, in words: to whom, by which process, and what of them was read.

use schemars::JsonSchema;
use serde::Serialize;
use verdict::{Destination, Judgement};

use crate::i18n::Words;
use crate::{clean, phrase};

/// One destination in words.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct DestinationRow {
    pub remote: String,
    pub protocol: String,
    pub role: String,
    pub processes: String,
    pub packets: String,
    pub bytes: String,
    pub read: String,
    pub follows: bool,
    pub answer: String,
}

pub(crate) fn destinations(words: &Words, judgement: &Judgement) -> Vec<DestinationRow> {
    let row = |destination: &Destination| DestinationRow {
        remote: remote(words, destination),
        protocol: clean::line(&destination.protocol),
        role: phrase::role(words, destination.role),
        processes: processes(destination).unwrap_or_else(|| words.t("destinations-process-none")),
        packets: words.short(destination.packets_per_s),
        bytes: words.short(destination.bytes_per_s),
        read: read(words, destination).unwrap_or_default(),
        follows: destination.follows,
        answer: words.t(phrase::answer_id(destination.answer)),
    };
    judgement.destinations.iter().map(row).collect()
}

/// One destination as a line of text.
pub(crate) fn line(words: &Words, destination: &Destination) -> String {
    let mut text = format!(
        "{} {} ({}): {} B/s",
        clean::line(&destination.protocol),
        remote(words, destination),
        phrase::role(words, destination.role),
        words.short(destination.bytes_per_s),
    );
    if let Some(processes) = processes(destination) {
        let by = words.say("destinations-by", &[("processes", processes)]);
        text += &format!(", {by}");
    }
    if let Some(read) = read(words, destination) {
        text += &format!(", {read}");
    }
    if destination.follows {
        text += &format!(" [{}]", words.t("destinations-follows"));
    }
    text
}

/// Commands and numbers of the processes, where the kernel told. Of a command that was started again
/// and again the first number, and that there are more.
fn processes(destination: &Destination) -> Option<String> {
    let mut all: Vec<(String, u32, bool)> = Vec::new();
    for process in &destination.processes {
        let command = clean::line(&process.command);
        match all.iter_mut().find(|(known, ..)| *known == command) {
            Some((.., more)) => *more = true,
            None => all.push((command, process.pid, false)),
        }
    }
    let one = |(command, pid, more): &(String, u32, bool)| {
        format!("{command} ({pid}{})", if *more { ", …" } else { "" })
    };
    let all: Vec<String> = all.iter().map(one).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// How much of what went there was read; nothing where nothing but headers went.
fn read(words: &Words, destination: &Destination) -> Option<String> {
    // Rounded down: 100 is all.
    let percent = |share: f64| words.number((share * 1_000.0).floor() / 10.0, 1);
    let share = percent(destination.read_share?);
    let before = destination.read_before_encryption_share.unwrap_or(0.0);
    if before == 0.0 {
        let read = words.say("destinations-read-value", &[("share", share)]);
        return Some(match destination.same_again_share {
            Some(same) => {
                let args = [("read", read), ("share", percent(same))];
                words.say("destinations-same-again", &args)
            }
            None => read,
        });
    }
    let id = match destination.protocol.as_str() {
        "tcp" => "destinations-read-tls",
        _ => "destinations-read-srtp",
    };
    Some(words.say(id, &[("share", share), ("before", percent(before))]))
}

/// The address, its name where one is known, and how many more the row stands for.
fn remote(words: &Words, destination: &Destination) -> String {
    let address = clean::line(&destination.remote);
    let remote = match &destination.name {
        Some(name) => format!("{address} ({})", clean::line(name)),
        None => address,
    };
    match destination.further {
        0 => remote,
        further => {
            let further = words.count(further.into());
            let args = [("remote", remote), ("further", further)];
            words.say("destinations-further", &args)
        }
    }
}
