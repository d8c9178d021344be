//! Layers below the sound server, each a few files of the kernel: rooted at a folder, so that tests have
//! cards that are not there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use switch::{Capture, Layer, LayerState};

/// The machine's files.
#[derive(Debug, Clone)]
pub struct Devices {
    root: PathBuf,
}

/// What is to be given back to the devices; kept on disk.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(default)]
pub struct Saved {
    /// Card and control → channels whose capture switch was on.
    pub switches: BTreeMap<String, Vec<String>>,
    /// Capture device → permission bits.
    pub modes: BTreeMap<String, u32>,
    /// USB devices that were admitted.
    pub usb: BTreeSet<String>,
}

impl Devices {
    /// The devices below `root`, `/` outside of tests.
    pub fn new(root: &Path) -> Devices {
        Devices {
            root: root.to_owned(),
        }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Running captures by processes other than `explained` (the sound server's).
    pub fn captures(&self, explained: &BTreeSet<i32>) -> Vec<Capture> {
        let mut found = Vec::new();
        for (card, device, folder) in self.capture_devices() {
            for sub in entries(&folder, "sub") {
                let text = fs::read_to_string(sub.join("status")).unwrap_or_default();
                let value = |key: &str| {
                    let line = text.lines().find(|line| line.starts_with(key))?;
                    Some(line.split_once(':')?.1.trim().to_owned())
                };
                if value("state").as_deref() != Some("RUNNING") {
                    continue;
                }
                let thread: Option<i32> = value("owner_pid").and_then(|pid| pid.parse().ok());
                let pid = thread.map(|thread| self.process_of(thread));
                if pid.is_some_and(|pid| explained.contains(&pid)) {
                    continue;
                }
                let comm = pid.map(|pid| self.at(&format!("proc/{pid}/comm")));
                let command = comm.and_then(|path| fs::read_to_string(path).ok());
                found.push(Capture {
                    device: format!("/dev/snd/pcmC{card}D{device}c"),
                    pid,
                    command: command.map(|name| name.trim().to_owned()),
                });
            }
        }
        found.sort();
        found
    }

    /// The process that a thread is of.
    fn process_of(&self, thread: i32) -> i32 {
        let status = fs::read_to_string(self.at(&format!("proc/{thread}/status")));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"));
        line.and_then(|n| n.trim().parse().ok()).unwrap_or(thread)
    }

    /// (card, device, its folder) of everything that captures.
    fn capture_devices(&self) -> Vec<(u32, u32, PathBuf)> {
        let mut found = Vec::new();
        for card in entries(&self.at("proc/asound"), "card") {
            let Some(n) = number(&card, "card", "") else {
                continue;
            };
            for pcm in entries(&card, "pcm") {
                found.extend(number(&pcm, "pcm", "c").map(|device| (n, device, pcm.clone())));
            }
        }
        found
    }

    /// Lights the keyboard's lamp, or puts it out.
    pub fn lamp(&self, lit: bool) -> LayerState {
        let lamps: Vec<PathBuf> = entries(&self.at("sys/class/leds"), "")
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with("micmute"))
            .collect();
        each(&lamps, |lamp| {
            let wanted = if lit { "1" } else { "0" };
            let file = lamp.join("brightness");
            // A lamp that already shows it needs no right to be written.
            match fs::read_to_string(&file)?.trim() == wanted {
                true => Ok(()),
                false => fs::write(file, wanted),
            }
        })
    }

    /// Takes the devices from everybody but root, or gives them back as they were.
    pub fn set(&self, off: bool, saved: &mut Saved) -> BTreeMap<Layer, LayerState> {
        [
            (Layer::CaptureSwitches, self.switches(off, saved)),
            (Layer::DeviceAccess, self.access(off, saved)),
            (Layer::Usb, self.usb(off, saved)),
        ]
        .into()
    }

    /// Permission bits are the mask of an access list: without them neither owner, group nor those on
    /// the list get in. Who has it open already keeps it.
    fn access(&self, off: bool, saved: &mut Saved) -> LayerState {
        let nodes: Vec<PathBuf> = entries(&self.at("dev/snd"), "pcm")
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with('c'))
            .collect();
        let done = each(&nodes, |node| {
            let key = node.display().to_string();
            let mode = fs::metadata(node)?.permissions().mode() & 0o7777;
            let wanted = match off {
                true => {
                    if mode != 0 {
                        saved.modes.insert(key, mode);
                    }
                    0
                }
                false => saved.modes.remove(&key).unwrap_or(mode),
            };
            fs::set_permissions(node, fs::Permissions::from_mode(wanted))
        });
        used(off, done)
    }

    /// A device that is no longer admitted is gone for every driver: camera and headphones in the same
    /// plug are, too.
    fn usb(&self, off: bool, saved: &mut Saved) -> LayerState {
        let mut files: BTreeSet<PathBuf> = saved.usb.iter().map(PathBuf::from).collect();
        if off {
            let class = entries(&self.at("sys/class/sound"), "pcm");
            let captures = class
                .iter()
                .filter(|path| path.to_string_lossy().ends_with('c'));
            let folders = captures.filter_map(|path| fs::canonicalize(path).ok());
            files.extend(folders.filter_map(|folder| {
                let mut above = folder.ancestors().map(|above| above.join("authorized"));
                above.find(|file| file.is_file())
            }));
        }
        let files: Vec<PathBuf> = files.into_iter().collect();
        let done = each(&files, |file| {
            let key = file.display().to_string();
            if !off {
                fs::write(file, "1")?;
                saved.usb.remove(&key);
                return Ok(());
            }
            if fs::read_to_string(file)?.trim() == "1" {
                fs::write(file, "0")?;
                saved.usb.insert(key);
            }
            Ok(())
        });
        used(off, done)
    }

    /// Through `amixer`, which knows each card's controls.
    fn switches(&self, off: bool, saved: &mut Saved) -> LayerState {
        let program = self.at("usr/bin/amixer");
        let amixer = |card: &str, args: &[&str]| -> io::Result<String> {
            let mut command = Command::new(&program);
            let out = command.args(["-c", card]).args(args).output()?;
            match out.status.success() {
                true => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
                false => Err(io::Error::other(
                    String::from_utf8_lossy(&out.stderr).trim().to_owned(),
                )),
            }
        };
        if !off {
            let all: Vec<(String, Vec<String>)> = saved.switches.clone().into_iter().collect();
            let done = each(&all, |(key, channels)| {
                let (card, control) = key.split_once(' ').unwrap_or(("0", key));
                for channel in channels {
                    amixer(card, &["sset", control, channel, "cap"])?;
                }
                saved.switches.remove(key);
                Ok(())
            });
            return used(off, done);
        }
        let cards: BTreeSet<u32> = self
            .capture_devices()
            .iter()
            .map(|(card, ..)| *card)
            .collect();
        let cards: Vec<String> = cards.iter().map(u32::to_string).collect();
        if cards.is_empty() {
            return LayerState::NothingThere;
        }
        if !program.exists() {
            return LayerState::Failed {
                why: "amixer is not installed".into(),
            };
        }
        let mut n = 0;
        let done = each(&cards, |card| {
            for (control, channels) in controls(&amixer(card, &["scontents"])?) {
                n += 1;
                if !channels.is_empty() {
                    let key = format!("{card} {control}");
                    saved.switches.entry(key).or_insert(channels);
                    amixer(card, &["sset", &control, "nocap"])?;
                }
            }
            Ok(())
        });
        match done {
            LayerState::Holds { .. } if n == 0 => LayerState::NothingThere,
            LayerState::Holds { .. } => LayerState::Holds { n },
            other => other,
        }
    }
}

/// Controls with a capture switch, and their channels that are on, from `amixer scontents`.
fn controls(text: &str) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, bool, Vec<String>)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("Simple mixer control ") {
            found.push((name.replace('\'', ""), false, Vec::new()));
        } else if let Some((_, switches, on)) = found.last_mut() {
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            match key.trim() {
                "Capabilities" => *switches = value.contains("cswitch"),
                channel if value.contains("Capture") && value.contains("[on]") => {
                    on.push(channel.to_lowercase().replace(' ', ""));
                }
                _ => {}
            }
        }
    }
    let switches = found.into_iter().filter(|(_, switches, _)| *switches);
    switches.map(|(name, _, on)| (name, on)).collect()
}

/// What came of doing a thing to each.
fn each<T>(things: &[T], mut doing: impl FnMut(&T) -> io::Result<()>) -> LayerState {
    let failed = things.iter().filter_map(|thing| doing(thing).err()).next();
    match (failed, things.len()) {
        (_, 0) => LayerState::NothingThere,
        (Some(e), _) => LayerState::Failed { why: e.to_string() },
        (None, n) => LayerState::Holds { n },
    }
}

fn used(off: bool, state: LayerState) -> LayerState {
    match state {
        LayerState::Holds { .. } if !off => LayerState::NotUsed,
        state => state,
    }
}

/// Entries whose names begin so, sorted.
fn entries(folder: &Path, begin: &str) -> Vec<PathBuf> {
    let read = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = read
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(begin))
        .map(|entry| entry.path())
        .collect();
    found.sort();
    found
}

fn number(path: &Path, before: &str, after: &str) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
}
