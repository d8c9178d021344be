//! The server's own view: which record streams there are, and in which state.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use pulse::protocol::{self, Command, Prop, Props};
use record::RecordStream;

use super::Connection;
use crate::Own;

/// Asks a server who records. Names and ids are the clients' own claims; which streams are ours is not known by
/// them.
pub struct PulseView {
    connection: Connection,
    own: Own,
}

impl PulseView {
    /// Connects to the server at `socket`, where `own` are the stage's.
    pub fn open(socket: &Path, own: Own) -> io::Result<PulseView> {
        Ok(PulseView {
            connection: Connection::open(socket)?,
            own,
        })
    }

    /// Names of the sources that are muted.
    pub fn muted_sources(&mut self) -> io::Result<Vec<String>> {
        let sources: protocol::SourceInfoList = self.connection.ask(Command::GetSourceInfoList)?;
        let muted = sources.into_iter().filter(|source| source.muted);
        Ok(muted
            .map(|source| source.name.to_string_lossy().into_owned())
            .collect())
    }

    /// All record streams but muteproof's own and the server's internal ones, by index.
    pub fn streams(&mut self) -> io::Result<Vec<RecordStream>> {
        let outputs: protocol::SourceOutputInfoList =
            self.connection.ask(Command::GetSourceOutputInfoList)?;
        let clients: protocol::ClientInfoList = self.connection.ask(Command::GetClientInfoList)?;
        let sources: protocol::SourceInfoList = self.connection.ask(Command::GetSourceInfoList)?;
        let clients: BTreeMap<u32, String> = clients
            .into_iter()
            .map(|c| (c.index, c.name.to_string_lossy().into_owned()))
            .collect();
        let sources: BTreeMap<u32, String> = sources
            .into_iter()
            .map(|s| (s.index, s.name.to_string_lossy().into_owned()))
            .collect();
        let own = self.own.now();
        Ok(outputs
            .into_iter()
            // A stream without a client belongs to the server itself: the virtual microphone
            // reading the sink behind it.
            .filter_map(|o| o.client_index.map(|client| (client, o)))
            .filter(|(_, o)| !own.records.contains(&o.index))
            .map(|(client, o)| {
                let client_name = clients.get(&client).cloned().unwrap_or_default();
                let application = prop(&o.props, Prop::ApplicationName).unwrap_or(client_name);
                RecordStream {
                    index: o.index,
                    application,
                    binary: prop(&o.props, Prop::ApplicationProcessBinary),
                    application_id: prop(&o.props, Prop::ApplicationId),
                    source: sources.get(&o.source_index).cloned().unwrap_or_default(),
                    corked: o.corked,
                    muted: o.muted,
                }
            })
            .collect())
    }
}

fn prop(props: &Props, key: Prop) -> Option<String> {
    let value = props.get(key)?;
    let text = String::from_utf8_lossy(value);
    Some(text.trim_end_matches('\0').to_owned())
}
