//! Record streams at the sound server: the silent source that they are moved to, the moves, and what the
//! server remembers of them.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::io::{self, BufRead, Cursor};

use pulse::protocol::{
    self, ChannelMap, ChannelVolume, Command, LoadModuleParams, MoveStreamParams, Tag,
    TagStructReader, Volume,
};

use crate::sound::{PulseServer, text};

/// Name of the silent source; a server that has one already makes it longer.
pub const SILENT: &str = "muteproof_silence";

/// PulseAudio's module that makes a source of silence, and what it is asked for.
const SILENT_MODULE: &CStr = c"module-null-source";
const SILENT_ARGUMENTS: &CStr = c"source_name=muteproof_silence rate=48000 channels=1 \
                                  description='Silence (microphones are off)'";

/// The module of PulseAudio that remembers streams, and its calls (module-stream-restore).
const REMEMBERS: &str = "module-stream-restore";
/// A stream has at most so many channels (PA_CHANNELS_MAX).
const MAX_CHANNELS: usize = 32;
const READ: u32 = 1;
const WRITE: u32 = 2;
const REPLACE: u32 = 2;

/// What is needed of a record stream to move it and to have that forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The server's number for it.
    pub index: u32,
    /// Number of the source that it reads.
    pub source: u32,
    /// What the server remembers it by.
    pub key: Option<String>,
}

/// What PulseAudio remembers of streams that have one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    map: ChannelMap,
    volume: ChannelVolume,
    device: Option<CString>,
    muted: bool,
}

/// Reads the answer to READ: entries until its end.
fn entries(bytes: &[u8]) -> Result<BTreeMap<String, Remembered>, protocol::ProtocolError> {
    let mut cursor = Cursor::new(bytes);
    let mut found = BTreeMap::new();
    while !cursor.fill_buf()?.is_empty() {
        let mut ts = TagStructReader::new(&mut cursor, protocol::MAX_VERSION);
        let name = ts.read_string()?.unwrap_or_default();
        let map = ts.read()?;
        let volume = volume(&mut cursor)?;
        let mut ts = TagStructReader::new(&mut cursor, protocol::MAX_VERSION);
        let entry = Remembered {
            map,
            volume,
            device: ts.read_string()?,
            muted: ts.read_bool()?,
        };
        found.insert(name.to_string_lossy().into_owned(), entry);
    }
    Ok(found)
}

/// A volume that may be none: of what is not remembered there are no channels.
fn volume(bytes: &mut impl BufRead) -> io::Result<ChannelVolume> {
    let mut head = [0; 2];
    bytes.read_exact(&mut head)?;
    if head[0] != Tag::CVolume as u8 {
        return Err(io::Error::other("no volume where one belongs"));
    }
    let mut volume = ChannelVolume::empty();
    for n in 0..usize::from(head[1]) {
        let mut word = [0; 4];
        bytes.read_exact(&mut word)?;
        if n < MAX_CHANNELS {
            volume.push(Volume::from_u32_clamped(u32::from_be_bytes(word)));
        }
    }
    Ok(volume)
}

impl PulseServer {
    /// A number that the server has from its start to its end, and whether it is PipeWire's.
    pub fn which(&mut self) -> io::Result<(u32, bool)> {
        let server: protocol::ServerInfo = self.connection_mut().ask(Command::GetServerInfo)?;
        let name = server.server_name.unwrap_or_default();
        Ok((server.cookie, name.to_string_lossy().contains("PipeWire")))
    }

    /// All record streams.
    pub fn held(&mut self) -> io::Result<Vec<Held>> {
        let outputs: protocol::SourceOutputInfoList = self
            .connection_mut()
            .ask(Command::GetSourceOutputInfoList)?;
        let held = outputs.into_iter().map(|output| Held {
            index: output.index,
            source: output.source_index,
            key: text(&output.props, "module-stream-restore.id"),
        });
        Ok(held.collect())
    }

    /// Whether a module makes sources that are silent by themselves.
    pub(crate) fn makes_silence(&mut self, module: u32) -> bool {
        let info: io::Result<protocol::ModuleInfo> =
            self.connection_mut().ask(Command::GetModuleInfo(module));
        info.is_ok_and(|info| info.name.to_bytes() == SILENT_MODULE.to_bytes())
    }

    /// Makes a silent source.
    pub fn load_silent(&mut self) -> io::Result<()> {
        let load = LoadModuleParams {
            name: SILENT_MODULE.to_owned(),
            arguments: Some(SILENT_ARGUMENTS.to_owned()),
        };
        let loaded: io::Result<protocol::LookupReply> =
            self.connection_mut().ask(Command::LoadModule(load));
        loaded.map(|_| ())
    }

    /// Takes every silent source away.
    pub fn unload_silent(&mut self) -> io::Result<()> {
        for module in self.silent_modules()? {
            self.connection_mut().tell(Command::UnloadModule(module))?;
        }
        Ok(())
    }

    fn silent_modules(&mut self) -> io::Result<Vec<u32>> {
        let sources: protocol::SourceInfoList =
            self.connection_mut().ask(Command::GetSourceInfoList)?;
        let named = sources
            .iter()
            .filter(|source| source.name.to_bytes().starts_with(SILENT.as_bytes()));
        let modules: Vec<u32> = named
            .filter_map(|source| source.owner_module_index)
            .collect();
        Ok(modules
            .into_iter()
            .filter(|m| self.makes_silence(*m))
            .collect())
    }

    /// Moves streams to sources.
    pub fn move_streams(&mut self, moves: &[(u32, u32)]) -> Vec<io::Result<()>> {
        let command = |(stream, to): &(u32, u32)| {
            Command::MoveSourceOutput(MoveStreamParams {
                index: Some(*stream),
                device_index: Some(*to),
                device_name: None,
            })
        };
        self.connection_mut().tell_all(moves.iter().map(command))
    }

    /// What PulseAudio remembers of streams; nothing where it remembers nothing.
    pub fn remembered(&mut self) -> BTreeMap<String, Remembered> {
        let read = self
            .connection_mut()
            .ask_extension(REMEMBERS, |ts| ts.write_u32(READ));
        let entries = read.ok().and_then(|bytes| entries(&bytes).ok());
        entries.unwrap_or_default()
    }

    /// Has PulseAudio remember this of streams with that key, in place of what it does.
    pub fn remember(&mut self, key: &str, entry: Remembered) -> io::Result<()> {
        let key = CString::new(key).unwrap_or_default();
        self.connection_mut().tell_extension(REMEMBERS, |ts| {
            ts.write_u32(WRITE)?;
            ts.write_u32(REPLACE)?;
            // What runs is where it belongs already.
            ts.write_bool(false)?;
            ts.write_string(Some(&key))?;
            ts.write(entry.map)?;
            ts.write(entry.volume)?;
            ts.write_string(entry.device.as_ref())?;
            ts.write_bool(entry.muted)
        })
    }
}

impl Remembered {
    /// The source that such streams are put to.
    pub fn device(&self) -> Option<&CStr> {
        self.device.as_deref()
    }

    /// The same, but of no device.
    pub fn anywhere(self) -> Remembered {
        let device = None;
        Remembered { device, ..self }
    }

    /// The same, of the device that another one has.
    pub fn at(self, other: &Remembered) -> Remembered {
        let device = other.device.clone();
        Remembered { device, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_without_a_volume_is_read_too() {
        // An entry of a name, no channels, no volume, no device, not muted; and one with everything.
        let mut bytes = b"ta\0m\0v\0N0".to_vec();
        bytes.extend(b"tb\0m\x01\0v\x01\0\x01\0\0tmic\x001");
        let found = entries(&bytes).unwrap();
        assert_eq!(found["a"].device(), None);
        assert_eq!(found["b"].device(), Some(c"mic"));
        assert_eq!(found["b"].volume.channels()[0].as_u32(), 65_536);
        for n in 0..bytes.len() {
            let _ = entries(&bytes[..n]);
        }
    }
}
