//! Ways through the sound server: what is not the app's, and what would move with the coins.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{Attempt, learned, walk};

pub const ATTEMPTS: &[Attempt] = &[
    ("other sound servers", other_sound_servers),
    ("sinks that are not the app's", other_sinks),
    ("sources that are not the app's", other_sources),
    ("samples in the sound server", samples),
    ("sound cards", cards),
    ("a module in the sound server", load_module),
    ("a node inside the sound server", load_node),
    ("volume events", volume_events),
];

fn pactl(args: &[&str]) -> Result<String, String> {
    let out = Command::new("pactl")
        .args(args)
        .output()
        .map_err(|e| format!("pactl: {e}"))?;
    match out.status.success() {
        true => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&out.stderr).trim().to_owned()),
    }
}

/// Sockets in the file system and abstract ones that answer as another sound server.
fn other_sound_servers() -> Result<String, String> {
    let own = std::env::var("PULSE_SERVER").unwrap_or_default();
    let mut found = Vec::new();
    walk(Path::new("/"), 6, &mut |path| {
        let name = path.to_string_lossy();
        if name.ends_with("/native") && !own.ends_with(&*name) {
            found.push(name.into_owned());
        }
    });
    // Of the servers' own sockets, none may be bound in a network that the app sees.
    let unix = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    found.extend(
        unix.lines()
            .filter(|l| l.ends_with("/native"))
            // `__SO_ACCEPTCON`: it listens. The other end of the app's own connection is of the
            // app's network too, and bears the name of the app's own server.
            .filter(|l| l.split_whitespace().nth(3) == Some("00010000"))
            .map(str::to_owned),
    );
    learned(found, "only the app's own")
}

/// Names in a short list of the server's, beyond those that are the app's.
fn others(list: &str, known: &[&str], else_say: &str) -> Result<String, String> {
    let all = pactl(&["list", "short", list])?;
    let names = all.lines().filter_map(|l| l.split('\t').nth(1));
    learned(
        names
            .filter(|name| !known.contains(name))
            .map(str::to_owned)
            .collect(),
        else_say,
    )
}

fn other_sinks() -> Result<String, String> {
    others(
        "sinks",
        &["spk", "mic_sink"],
        "only microphone and loudspeaker",
    )
}

fn other_sources() -> Result<String, String> {
    let known = ["mic", "spk.monitor", "mic_sink.monitor"];
    others("sources", &known, "only microphone and loudspeaker")
}

fn samples() -> Result<String, String> {
    others("samples", &[], "there are none")
}

fn cards() -> Result<String, String> {
    let names = fs::read_to_string("/proc/asound/cards").unwrap_or_default();
    let devices = fs::read_dir("/dev/snd").into_iter().flatten().flatten();
    let devices = devices.map(|entry| entry.path().display().to_string());
    let names = Some(names).filter(|names| names.contains('['));
    learned(devices.chain(names).collect(), "there are none")
}

fn load_module() -> Result<String, String> {
    pactl(&["load-module", "module-null-sink", "sink_name=mine"])
}

/// On PipeWire, a factory of the server's that loads a plugin there.
fn load_node() -> Result<String, String> {
    let pw_cli = |args: &[&str]| {
        let out = Command::new("timeout")
            .args(["3", "pw-cli"])
            .args(args)
            .output();
        let out = out.map_err(|e| format!("pw-cli: {e}"))?;
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let node = "{ factory.name=support.null-audio-sink node.name=snoop-made object.linger=true }";
    let _: Result<String, String> = pw_cli(&["create-node", "adapter", node]);
    match pw_cli(&["list-objects", "Node"])? {
        nodes if nodes.contains("snoop-made") => Ok("a node of its own".to_owned()),
        nodes if nodes.is_empty() => Err("there is no PipeWire".to_owned()),
        nodes => {
            let n = nodes.matches("node.name").count();
            Err(format!("{n} nodes afterwards, none of them its own"))
        }
    }
}

/// Two seconds of events: a volume that moved with the coins would be told here.
fn volume_events() -> Result<String, String> {
    let out = Command::new("timeout")
        .args(["2", "pactl", "subscribe"])
        .output();
    let out = out.map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let events = text
        .lines()
        .filter(|l| l.contains("'change'") && l.contains("sink"));
    learned(events.map(str::to_owned).collect(), "none came")
}
