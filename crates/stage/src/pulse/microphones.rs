use std::io;
use std::path::Path;

use pulse::Connection;
use pulse::protocol::{self, Command};

/// Sources of a sound server that are no sink's output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Microphones {
    /// Their names.
    pub names: Vec<String>,
    /// The default one; nothing where the default source is a sink's output.
    pub default: Option<String>,
}

impl Microphones {
    /// Those of the server at `socket`.
    pub fn find(socket: &Path) -> io::Result<Microphones> {
        let mut connection = Connection::open(socket)?;
        let sources: protocol::SourceInfoList = connection.ask(Command::GetSourceInfoList)?;
        let server: protocol::ServerInfo = connection.ask(Command::GetServerInfo)?;
        let real = sources
            .into_iter()
            .filter(|s| s.monitor_of_sink_index.is_none());
        let names: Vec<String> = real
            .map(|s| s.name.to_string_lossy().into_owned())
            .collect();
        let default = server
            .default_source_name
            .map(|name| name.to_string_lossy().into_owned());
        Ok(Microphones {
            default: default.filter(|name| names.contains(name)),
            names,
        })
    }

    /// The one of this name; without a name the default one.
    pub fn called(&self, name: Option<&str>) -> Option<&str> {
        let name = name.or(self.default.as_deref())?;
        self.names.iter().map(String::as_str).find(|n| *n == name)
    }
}
