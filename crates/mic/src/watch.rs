//! Who holds a microphone or a camera now, by what the kernel says.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use procfs::process::FDTarget;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use switch::{Client, Device, Holder, Owner, Who, resolve};

use crate::graph::Nodes;
use crate::identity::{is_number_of, peers, program, runs};
use crate::sound::{ClientInfo, PulseServer, Stream, View};
use crate::{MicError, SoundPlace};

/// Something that changed about who holds what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// It is held from now on, or was when the watch began.
    Begin,
    /// Something about it changed: who it is became clear, or it was muted.
    Change,
    /// It is held no longer.
    End,
}

/// A line of the watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Seen {
    /// What happened.
    pub watch: Change,
    /// To whom.
    #[serde(flatten)]
    pub holder: Holder,
}

/// Looks again and again, and remembers which client came by which connection.
pub struct Watch {
    server: Option<PulseServer>,
    place: SoundPlace,
    bound: BTreeMap<u32, u64>,
    last: Vec<Holder>,
}

impl Watch {
    /// A watch that has seen nothing yet.
    pub fn new(place: SoundPlace) -> Watch {
        Watch {
            server: None,
            place,
            bound: BTreeMap::new(),
            last: Vec::new(),
        }
    }

    /// Who holds what now. Without a sound server, devices are still looked at, and why there is none is
    /// told beside.
    pub fn look(&mut self) -> (Vec<Holder>, Option<MicError>) {
        let mut failed = None;
        let mut holders = match self.streams() {
            Ok(holders) => holders,
            Err(e) => {
                (self.server, failed) = (None, Some(e));
                self.bound.clear();
                Vec::new()
            }
        };
        holders.extend(openers());
        holders.sort();
        holders.dedup();
        (holders, failed)
    }

    /// What changed since the last time.
    pub fn changes(&mut self) -> (Vec<Seen>, Option<MicError>) {
        let (now, failed) = self.look();
        let before = std::mem::replace(&mut self.last, now);
        let now = &self.last;
        let same = |a: &Holder, b: &Holder| match a.stream {
            Some(stream) => b.stream == Some(stream),
            None => b.stream.is_none() && (&a.device, &a.who) == (&b.device, &b.who),
        };
        let seen = |watch, holder: &Holder| Seen {
            watch,
            holder: holder.clone(),
        };
        let mut found = Vec::new();
        for holder in &before {
            if !now.iter().any(|other| same(holder, other)) {
                found.push(seen(Change::End, holder));
            }
        }
        for holder in now {
            match before.iter().find(|other| same(holder, other)) {
                None => found.push(seen(Change::Begin, holder)),
                Some(other) if other != holder => found.push(seen(Change::Change, holder)),
                Some(_) => {}
            }
        }
        (found, failed)
    }

    fn streams(&mut self) -> Result<Vec<Holder>, MicError> {
        let found = self.found()?;
        let is_listed = |stream: &Stream| {
            let mut sources = found.view.sources.iter();
            sources.any(|source| source.index == stream.source)
        };
        // PipeWire's own clients can record what is not listed.
        let nodes = match found.view.streams.iter().all(is_listed) {
            true => None,
            false => crate::graph::nodes().ok(),
        };
        Ok(holders(&found, nodes.as_ref()))
    }

    /// Stream → whose it is, and for people its program. A program is excepted by its file.
    pub fn owners(&mut self, apps: &[PathBuf]) -> Result<BTreeMap<u32, (Owner, String)>, MicError> {
        let found = self.found().inspect_err(|_| self.server = None)?;
        let own = std::process::id() as i32;
        let owner = |stream: &Stream| {
            let mut clients = found.view.clients.iter();
            let client = clients.find(|client| Some(client.index) == stream.client);
            let pids = match who(client, &found.server, &found.clients) {
                Who::Process { pid, .. } => vec![pid],
                Who::OneOf { pids } => pids,
                Who::Server | Who::Unknown => Vec::new(),
            };
            let excepted = |pid: &i32| apps.iter().any(|app| runs(*pid, app));
            // A client that names no process could be taken for another one that claims its number.
            let owner = match &pids[..] {
                [] => Owner::Other,
                pids if pids.iter().all(|pid| *pid == own) => Owner::Own,
                pids if found.certain && pids.iter().all(excepted) => Owner::Excepted,
                _ => Owner::Other,
            };
            let program = match &pids[..] {
                [] => stream.application.clone().unwrap_or_default(),
                pids => {
                    let programs: BTreeSet<String> = pids.iter().map(|pid| program(*pid)).collect();
                    Vec::from_iter(programs).join(" | ")
                }
            };
            (stream.index, (owner, program))
        };
        Ok(found.view.streams.iter().map(owner).collect())
    }

    fn found(&mut self) -> Result<Found, MicError> {
        if self.server.is_none() {
            self.server = Some(PulseServer::open(&self.place)?);
            self.bound.clear();
        }
        let Some(server) = &mut self.server else {
            return Err(MicError::NoServer(self.place.socket.clone()));
        };
        let view = server.view().map_err(MicError::Sound)?;
        let peers = peers(server.connection().socket()).map_err(MicError::Sound)?;
        let by_pulse = |client: &&ClientInfo| {
            client.by_pulse && client.sec_pid.is_none_or(|pid| peers.server.contains(&pid))
        };
        // Our own connection is not among the links.
        let own = server.connection().client_index();
        let clients: Vec<Client> = view
            .clients
            .iter()
            .filter(by_pulse)
            .filter(|client| Some(client.index) != own)
            .map(|client| Client {
                index: client.index,
                claimed_pid: client.claimed_pid,
            })
            .collect();
        let found = resolve(&clients, &peers.links, is_number_of, &mut self.bound);
        Ok(Found {
            certain: clients.iter().all(|client| client.claimed_pid.is_some()),
            view,
            server: peers.server,
            clients: found,
        })
    }
}

/// What a look found out.
struct Found {
    view: View,
    /// Processes of the server.
    server: BTreeSet<i32>,
    /// Client → processes that it can be.
    clients: BTreeMap<u32, BTreeSet<i32>>,
    /// Whether every client names a process.
    certain: bool,
}

fn holders(of: &Found, nodes: Option<&Nodes>) -> Vec<Holder> {
    let Found {
        view,
        server,
        clients: found,
        ..
    } = of;
    let mut holders = Vec::new();
    for stream in &view.streams {
        let client = stream
            .client
            .and_then(|index| view.clients.iter().find(|client| client.index == index));
        let source = view.sources.iter().find(|s| s.index == stream.source);
        let who = who(client, server, found);
        let claimed_pid = client.and_then(|client| client.claimed_pid);
        let pids = match &who {
            Who::Process { pid, .. } => vec![*pid],
            Who::OneOf { pids } => pids.clone(),
            Who::Server | Who::Unknown => Vec::new(),
        };
        let claim_is_true =
            |claimed: i32| pids.is_empty() || pids.iter().any(|pid| is_number_of(claimed, *pid));
        if pids == [std::process::id() as i32] {
            continue;
        }
        holders.push(Holder {
            device: Device::Source {
                source: match source {
                    Some(source) => source.name.clone(),
                    None => nodes
                        .and_then(|nodes| nodes.read_by(stream.index))
                        .unwrap_or_default(),
                },
                monitor: source.is_some_and(|s| s.monitor),
            },
            mismatch: claimed_pid.is_some_and(|claimed| !claim_is_true(claimed))
                || matches!(who, Who::OneOf { .. }),
            muted: stream.muted || stream.corked || source.is_some_and(|s| s.muted),
            claimed_name: stream
                .application
                .clone()
                .or_else(|| client.map(|client| client.name.clone())),
            claimed_pid,
            who,
            stream: Some(stream.index),
        });
    }
    holders
}

fn who(
    client: Option<&ClientInfo>,
    server: &BTreeSet<i32>,
    found: &BTreeMap<u32, BTreeSet<i32>>,
) -> Who {
    let process = |pid: i32| Who::Process {
        pid,
        program: program(pid),
    };
    let Some(client) = client else {
        return Who::Server;
    };
    if let Some(pid) = client.sec_pid
        && !server.contains(&pid)
    {
        return process(pid);
    }
    if !client.by_pulse {
        return Who::Server;
    }
    let pids = found.get(&client.index).cloned().unwrap_or_default();
    let claimed = client.claimed_pid.filter(|claimed| pids.contains(claimed));
    match (pids.len(), claimed) {
        (0, _) => Who::Unknown,
        (1, _) => pids.first().map_or(Who::Unknown, |pid| process(*pid)),
        _ => Who::OneOf {
            pids: pids.into_iter().collect(),
        },
    }
}

/// Processes that have a capture device or a camera open (proc_pid_fd(5)). What a sound server hands on is
/// seen at the server.
fn openers() -> Vec<Holder> {
    let mut holders = Vec::new();
    let all = procfs::process::all_processes().into_iter().flatten();
    for process in all.flatten() {
        let Ok(fds) = process.fd() else { continue };
        for fd in fds.flatten() {
            let FDTarget::Path(path) = fd.target else {
                continue;
            };
            let Some(device) = device(&path.to_string_lossy()) else {
                continue;
            };
            holders.push(Holder {
                device,
                who: Who::Process {
                    pid: process.pid,
                    program: program(process.pid),
                },
                stream: None,
                claimed_name: None,
                claimed_pid: None,
                mismatch: false,
                muted: false,
            });
        }
    }
    holders
}

fn device(path: &str) -> Option<Device> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if path.strip_prefix("/dev/video").is_some_and(digits) {
        return Some(Device::Camera { path: path.into() });
    }
    let capture = path.strip_prefix("/dev/snd/pcmC")?.strip_suffix('c')?;
    let (card, device) = capture.split_once('D')?;
    (digits(card) && digits(device)).then(|| Device::Sound { path: path.into() })
}

/// Looks once, for somebody who only wants to know now.
pub fn once(place: &SoundPlace) -> (Vec<Holder>, Option<MicError>) {
    Watch::new(place.clone()).look()
}

/// Looks whenever the sound server tells of a change, and hands on what changed; ends when `told` says so.
/// For devices that are opened past the server it looks `every` so often: that costs a walk over all
/// descriptors.
pub fn run(
    place: &SoundPlace,
    every: Duration,
    mut told: impl FnMut(Vec<Seen>, Option<MicError>) -> bool,
) -> io::Result<()> {
    let (sender, changed) = std::sync::mpsc::channel();
    let follows = place.clone();
    std::thread::Builder::new().spawn(move || {
        loop {
            let _ = crate::sound::follow(&follows, || sender.send(()).is_ok());
            if sender.send(()).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    })?;
    let mut watch = Watch::new(place.clone());
    loop {
        let (seen, failed) = watch.changes();
        if !told(seen, failed) {
            return Ok(());
        }
        let _ = changed.recv_timeout(every);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_that_hear_and_see_are_told_from_others() {
        let sound = |path: &str| Some(Device::Sound { path: path.into() });
        assert_eq!(device("/dev/snd/pcmC0D0c"), sound("/dev/snd/pcmC0D0c"));
        assert!(matches!(
            device("/dev/video12"),
            Some(Device::Camera { .. })
        ));
        for other in [
            "/dev/snd/pcmC0D0p",
            "/dev/snd/controlC0",
            "/dev/video",
            "/dev/null",
            "/dev/snd/pcmCxDyc",
        ] {
            assert_eq!(device(other), None, "{other}");
        }
    }
}
