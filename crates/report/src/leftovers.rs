//! What an app had listen, and what of it stayed, in words.

use dataflow::{By, Commandable, Leftovers, Listener, Purpose, Reach, Removal};
use record::Remains;

use crate::clean;
use crate::i18n::Words;

/// Listeners and programs in a text; JSON has all.
const SHOWN: usize = 20;

/// One line for each listener, then one for what still runs.
pub(crate) fn lines(words: &Words, leftovers: &Leftovers) -> Vec<String> {
    // What any website can command comes first, then what stayed.
    let mut listeners: Vec<&Listener> = leftovers.listeners.iter().collect();
    listeners.sort_by_key(|l| (!l.is_commandable(), !l.after_quit));
    let shown = listeners.iter().take(SHOWN);
    let mut lines: Vec<String> = shown.map(|one| listener(words, one)).collect();
    let more = listeners.len().saturating_sub(SHOWN) as u64;
    if more > 0 {
        lines.push(words.say("flows-more", &[("n", words.count(more))]));
    }
    if !leftovers.stayed.is_empty() {
        let all = leftovers.stayed.iter().take(SHOWN);
        let all: Vec<String> = all.map(|command| clean::line(command)).collect();
        let n = words.count(leftovers.stayed.len() as u64);
        let args = [("n", n), ("who", all.join(", "))];
        lines.push(words.say("leftovers-stayed", &args));
    }
    if leftovers.is_empty() {
        lines.push(words.t("leftovers-none"));
    }
    if let Some(of) = &leftovers.removal {
        lines.extend(removal(words, of));
    }
    if !leftovers.looked_after_quit {
        lines.push(words.t("leftovers-not-looked"));
    }
    if leftovers
        .listeners
        .iter()
        .any(|l| l.website != [None, None])
    {
        lines.push(words.t("leftovers-asked-how"));
    }
    lines
}

/// What was removed, and what of it stays: what acts without anybody asking, then the rest.
fn removal(words: &Words, removal: &Removal) -> Vec<String> {
    let packages: Vec<String> = removal
        .packages
        .iter()
        .map(|name| clean::line(name))
        .collect();
    let packages = ("packages", packages.join(", "));
    let mut lines: Vec<String> = Vec::new();
    lines.extend(removal.failed.iter().map(|(file, why)| {
        let args = [("file", clean::line(file)), ("why", clean::line(why))];
        words.say("removal-failed", &args)
    }));
    let n = removal.files.len() as u64 + removal.more;
    let args = [packages, ("n", words.count(n))];
    lines.push(match (removal.looked, n) {
        (false, _) => words.say("removal-not-done", &args),
        (true, 0) => words.say("removal-nothing", &args),
        (true, _) => words.say("removal-stays", &args),
    });
    let shown = removal.files.iter().take(SHOWN);
    lines.extend(shown.map(|file| {
        let how = words.t(match file.how {
            Remains::Added => "removal-added",
            Remains::Changed => "removal-changed",
            Remains::Deleted => "removal-deleted",
            Remains::Unknown => "removal-unknown",
        });
        let path = clean::line(&file.path);
        let bytes = words.count(file.bytes);
        let args = [
            ("path", path),
            ("how", how),
            ("bytes", bytes),
            ("purpose", purpose(words, &file.purpose)),
        ];
        words.say("removal-file", &args)
    }));
    let more = n.saturating_sub(SHOWN as u64);
    if more > 0 {
        lines.push(words.say("flows-more", &[("n", words.count(more))]));
    }
    lines
}

fn purpose(words: &Words, purpose: &Purpose) -> String {
    let id = match purpose {
        Purpose::Certificate => "removal-certificate",
        Purpose::Autostart => "removal-autostart",
        Purpose::UserUnit => "removal-user-unit",
        Purpose::SystemUnit => "removal-system-unit",
        Purpose::Cron => "removal-cron",
        Purpose::NativeMessaging => "removal-native-messaging",
        Purpose::Browser => "removal-browser",
        Purpose::UrlHandler { schemes } => {
            let schemes: Vec<String> = schemes.iter().map(|s| clean::line(s)).collect();
            return words.say("removal-url-handler", &[("schemes", schemes.join(", "))]);
        }
        Purpose::Home => "removal-home",
        Purpose::Other => "removal-other",
    };
    words.t(id)
}

fn listener(words: &Words, listener: &Listener) -> String {
    let address = format!("{} {}", listener.protocol, listener.address);
    let mut parts = vec![clean::line(&address)];
    if !listener.commands.is_empty() {
        let all = listener.commands.iter().map(|command| clean::line(command));
        let all: Vec<String> = all.collect();
        parts.push(words.say("flows-by", &[("who", all.join(", "))]));
    }
    parts.push(words.t(match listener.reach {
        Reach::Machine => "leftovers-reach-machine",
        Reach::Network => "leftovers-reach-network",
    }));
    parts.push(words.t(match (listener.running, listener.after_quit) {
        (true, true) => "leftovers-stays",
        (false, true) => "leftovers-only-after",
        _ => "leftovers-ends",
    }));
    match &listener.website {
        [Some(running), Some(after)] if running == after => parts.push(website(words, running)),
        [running, after] => {
            parts.extend(running.as_ref().map(|of| website(words, of)));
            parts.extend(
                after
                    .as_ref()
                    .map(|of| words.say("leftovers-after", &[("answer", website(words, of))])),
            );
        }
    }
    parts.join(" · ")
}

/// Whether any website can command it.
fn website(words: &Words, commandable: &Commandable) -> String {
    match commandable {
        Commandable::Yes { by } => {
            let by: Vec<String> = by.iter().map(|by| words.t(reason(*by))).collect();
            words.say("leftovers-commanded", &[("by", by.join("; "))])
        }
        Commandable::Perhaps => words.t("leftovers-perhaps"),
        Commandable::No => words.t("leftovers-refuses"),
        Commandable::NotHttp => words.t("leftovers-not-http"),
        Commandable::NoAnswer => words.t("leftovers-no-answer"),
        Commandable::NotAsked => words.t("leftovers-not-asked"),
    }
}

fn reason(by: By) -> &'static str {
    match by {
        By::SimpleRequest => "leftovers-by-simple",
        By::Image => "leftovers-by-image",
        By::ReadAnswers => "leftovers-by-read",
        By::Preflight => "leftovers-by-preflight",
        By::PrivateNetwork => "leftovers-by-private",
        By::WebSocket => "leftovers-by-websocket",
        By::Rebound => "leftovers-by-rebound",
    }
}
