//! The sound server: what it says, and what it is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::CString;
use std::io;
use std::time::Duration;

use pulse::Connection;
use pulse::protocol::{
    self, ChannelVolume, Command, Props, SetDeviceMuteParams, SetDeviceVolumeParams,
    SubscriptionMask, SuspendParams, Volume,
};
use switch::Source;

use crate::streams::SILENT;
use crate::{MicError, SoundPlace};

/// A server that does not answer for so long hangs; the guard then connects anew.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// A change to a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Mutes it, or no longer.
    Mute {
        /// The server's number for it.
        index: u32,
        /// Muted or not.
        muted: bool,
    },
    /// Sets the volume of each channel.
    Volumes {
        /// The server's number for it.
        index: u32,
        /// The volumes.
        volumes: Vec<u32>,
    },
    /// Suspends it, or no longer.
    Suspend {
        /// The server's number for it.
        index: u32,
        /// Suspended or not.
        suspended: bool,
    },
}

/// What the switch needs of a sound server.
pub trait Backend {
    /// All sources, and the name of the default one.
    fn sources(&mut self) -> io::Result<(Vec<Source>, Option<String>)>;
    /// Makes changes, in this order, without waiting between them; says what came of each.
    fn set(&mut self, changes: &[Change]) -> Vec<io::Result<()>>;
    /// The same, and what sources had right before: it is asked for ahead of the changes, and not waited for.
    fn press(&mut self, changes: &[Change]) -> (io::Result<Vec<Source>>, Vec<io::Result<()>>);
    /// Makes a source the default one.
    fn set_default(&mut self, name: &str) -> io::Result<()>;
}

/// A record stream, as the server tells it; names are claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The server's number for it.
    pub index: u32,
    /// Number of the source that it reads.
    pub source: u32,
    /// Number of its client; the server's own streams have none.
    pub client: Option<u32>,
    /// The name that it gives its program.
    pub application: Option<String>,
    /// Whether it is muted by itself.
    pub muted: bool,
    /// Whether it is paused.
    pub corked: bool,
}

/// A client, as the server tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientInfo {
    /// The server's number for it.
    pub index: u32,
    /// The name that it gives itself.
    pub name: String,
    /// The process that it claims to be.
    pub claimed_pid: Option<i32>,
    /// The process that connected to PipeWire, as PipeWire saw it.
    pub sec_pid: Option<i32>,
    /// Whether it came by PulseAudio's protocol.
    pub by_pulse: bool,
}

/// Streams and clients at one moment.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// Record streams.
    pub streams: Vec<Stream>,
    /// Clients.
    pub clients: Vec<ClientInfo>,
    /// Sources.
    pub sources: Vec<Source>,
}

/// A server of PulseAudio's protocol: PulseAudio, or PipeWire behind `pipewire-pulse`, where muting a
/// source mutes PipeWire's node, so that PipeWire's own clients hear nothing either.
pub struct PulseServer {
    connection: Connection,
    /// Source by number → whether it is the silent one: that is asked once.
    silent: BTreeMap<u32, bool>,
}

impl PulseServer {
    /// Connects.
    pub fn open(place: &SoundPlace) -> Result<PulseServer, MicError> {
        let mut connection = connect(place)?;
        connection.answer_within(ANSWER_WITHIN);
        let silent = BTreeMap::new();
        Ok(PulseServer { connection, silent })
    }

    /// The connection, to find out who is at its other end.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The same, to ask something.
    pub(crate) fn connection_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Whether a source is the silent one: anybody can give another one its name, but not its module.
    fn is_silent(&mut self, source: &protocol::SourceInfo) -> bool {
        if !source.name.to_bytes().starts_with(SILENT.as_bytes()) {
            return false;
        }
        if let Some(known) = self.silent.get(&source.index) {
            return *known;
        }
        let silent = source
            .owner_module_index
            .is_some_and(|module| self.makes_silence(module));
        self.silent.insert(source.index, silent);
        silent
    }

    /// Numbers of sources that somebody records. The guard's own recordings are of microphones only.
    fn recorded(&mut self) -> io::Result<BTreeSet<u32>> {
        let outputs: protocol::SourceOutputInfoList =
            self.connection.ask(Command::GetSourceOutputInfoList)?;
        Ok(outputs.iter().map(|output| output.source_index).collect())
    }

    fn told(&mut self, sources: protocol::SourceInfoList, recorded: &BTreeSet<u32>) -> Vec<Source> {
        let silent: Vec<bool> = sources.iter().map(|s| self.is_silent(s)).collect();
        let sources = sources.into_iter().zip(silent);
        let sources = sources.map(|(source, silent)| Source {
            silent,
            recorded: recorded.contains(&source.index),
            index: source.index,
            name: source.name.to_string_lossy().into_owned(),
            description: source
                .description
                .map(|text| text.to_string_lossy().into_owned())
                .unwrap_or_default(),
            muted: source.muted,
            volumes: source
                .cvolume
                .channels()
                .iter()
                .map(Volume::as_u32)
                .collect(),
            monitor: source.monitor_of_sink_index.is_some(),
        });
        let mut sources: Vec<Source> = sources.collect();
        distinct(&mut sources);
        sources
    }

    /// Who records.
    pub fn view(&mut self) -> io::Result<View> {
        let outputs: protocol::SourceOutputInfoList =
            self.connection.ask(Command::GetSourceOutputInfoList)?;
        let clients: protocol::ClientInfoList = self.connection.ask(Command::GetClientInfoList)?;
        let streams = outputs.into_iter().map(|output| Stream {
            index: output.index,
            source: output.source_index,
            client: output.client_index,
            application: text(&output.props, "application.name"),
            muted: output.muted || (output.has_volume && is_zero(&output.cvolume)),
            corked: output.corked,
        });
        let clients = clients.into_iter().map(|client| ClientInfo {
            index: client.index,
            name: client.name.to_string_lossy().into_owned(),
            claimed_pid: number(&client.props, "application.process.id"),
            sec_pid: number(&client.props, "pipewire.sec.pid"),
            by_pulse: match text(&client.props, "client.api") {
                Some(api) => api == "pipewire-pulse",
                None => client
                    .driver
                    .is_some_and(|driver| driver.to_string_lossy().contains("protocol-native")),
            },
        });
        Ok(View {
            streams: streams.collect(),
            clients: clients.collect(),
            sources: self.sources()?.0,
        })
    }
}

impl Backend for PulseServer {
    fn sources(&mut self) -> io::Result<(Vec<Source>, Option<String>)> {
        let sources: protocol::SourceInfoList = self.connection.ask(Command::GetSourceInfoList)?;
        let server: protocol::ServerInfo = self.connection.ask(Command::GetServerInfo)?;
        let default = server.default_source_name;
        let recorded = self.recorded()?;
        Ok((
            self.told(sources, &recorded),
            default.map(|name| name.to_string_lossy().into_owned()),
        ))
    }

    fn set(&mut self, changes: &[Change]) -> Vec<io::Result<()>> {
        self.connection.tell_all(changes.iter().map(command))
    }

    fn press(&mut self, changes: &[Change]) -> (io::Result<Vec<Source>>, Vec<io::Result<()>>) {
        let (sources, done) = self
            .connection
            .ask_and_tell_all(Command::GetSourceInfoList, changes.iter().map(command));
        // Who records does not belong to what a source had.
        let had = sources.map(|sources| self.told(sources, &BTreeSet::new()));
        (had, done)
    }

    fn set_default(&mut self, name: &str) -> io::Result<()> {
        let name = CString::new(name).unwrap_or_default();
        self.connection.tell(Command::SetDefaultSource(name))
    }
}

/// Names are what sources are remembered by, and PipeWire lets several have the same one. Those after the first,
/// in the order of the server's numbers, get one of their own.
fn distinct(sources: &mut [Source]) {
    sources.sort_by_key(|source| source.index);
    let mut taken: BTreeSet<String> = BTreeSet::new();
    for source in sources {
        let names = (2..).map(|n| format!("{} #{n}", source.name));
        let mut names = std::iter::once(source.name.clone()).chain(names);
        if let Some(name) = names.find(|name| !taken.contains(name)) {
            source.name.clone_from(&name);
            taken.insert(name);
        }
    }
}

/// What the server is told for a change.
fn command(change: &Change) -> Command {
    match change {
        Change::Mute { index, muted } => Command::SetSourceMute(SetDeviceMuteParams {
            device_index: Some(*index),
            device_name: None,
            mute: *muted,
        }),
        Change::Suspend { index, suspended } => Command::SuspendSource(SuspendParams {
            device_index: Some(*index),
            device_name: None,
            suspend: *suspended,
        }),
        Change::Volumes { index, volumes } => {
            let mut volume = ChannelVolume::empty();
            for one in volumes {
                volume.push(Volume::from_u32_clamped(*one));
            }
            Command::SetSourceVolume(SetDeviceVolumeParams {
                device_index: Some(*index),
                device_name: None,
                volume,
            })
        }
    }
}

/// Connects, and says in one of our errors why not.
pub(crate) fn connect(place: &SoundPlace) -> Result<Connection, MicError> {
    let opened = Connection::open_with(&place.socket, place.cookie.clone());
    opened.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound
        | io::ErrorKind::ConnectionRefused
        | io::ErrorKind::UnexpectedEof => MicError::NoServer(place.socket.clone()),
        io::ErrorKind::PermissionDenied => MicError::NoPermission(place.socket.clone()),
        _ => MicError::Sound(error),
    })
}

/// Calls `told` whenever sources, streams or clients change, until the server ends.
pub fn follow(place: &SoundPlace, mut told: impl FnMut() -> bool) -> Result<(), MicError> {
    let mut connection = connect(place)?;
    let mask = SubscriptionMask::SOURCE
        | SubscriptionMask::SOURCE_OUTPUT
        | SubscriptionMask::SERVER
        | SubscriptionMask::CLIENT;
    connection
        .tell(Command::Subscribe(mask))
        .map_err(MicError::Sound)?;
    if !told() {
        return Ok(());
    }
    while let Ok(message) = connection.read() {
        let changed = matches!(
            message,
            pulse::Message::Command {
                command: Command::SubscribeEvent(_),
                ..
            }
        );
        if changed && !told() {
            break;
        }
    }
    Ok(())
}

fn is_zero(volume: &ChannelVolume) -> bool {
    volume
        .channels()
        .iter()
        .all(|channel| channel.as_u32() == 0)
}

pub(crate) fn text(props: &Props, key: &str) -> Option<String> {
    let value = props.get_bytes(CString::new(key).ok()?)?;
    let text = String::from_utf8_lossy(value);
    Some(text.trim_end_matches('\0').to_owned())
}

fn number(props: &Props, key: &str) -> Option<i32> {
    text(props, key)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_of_one_name_are_told_apart() {
        let source = |index, name: &str| Source {
            index,
            name: name.to_owned(),
            description: String::new(),
            muted: false,
            volumes: vec![65_536],
            monitor: false,
            silent: false,
            recorded: false,
        };
        let mut sources =
            [(7, "mic"), (3, "mic"), (9, "mic #2"), (11, "mic")].map(|(i, n)| source(i, n));
        distinct(&mut sources);
        let told = sources.map(|source| (source.index, source.name));
        let said = told.each_ref().map(|(index, name)| (*index, name.as_str()));
        assert_eq!(
            said,
            [(3, "mic"), (7, "mic #2"), (9, "mic #2 #2"), (11, "mic #3")]
        );
    }
}
