//! Where things lie: the sound server's socket, the state file, the guard's socket.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::MicError;

/// A sound server's socket, and the cookie that it may want to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoundPlace {
    /// The socket of PulseAudio's protocol.
    pub socket: PathBuf,
    /// Shown to it.
    pub cookie: Vec<u8>,
}

/// All places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The sound server.
    pub sound: SoundPlace,
    /// Folder of the guard's socket and lock.
    pub run: PathBuf,
    /// Folder of state file and event log.
    pub state: PathBuf,
}

impl Places {
    /// Finds them as other programs of a session do (XDG base directories, PulseAudio's variables).
    pub fn of(env: impl Fn(&str) -> Option<OsString>) -> Result<Places, MicError> {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        let folder = |name: &str| set(name).map(PathBuf::from);
        let home = folder("HOME").unwrap_or_else(|| "/".into());
        let runtime = folder("XDG_RUNTIME_DIR");
        let socket = match set("PULSE_SERVER") {
            Some(server) => server_socket(&server.to_string_lossy())?,
            None => folder("PULSE_RUNTIME_PATH")
                .map(|path| path.join("native"))
                .or_else(|| Some(runtime.as_ref()?.join("pulse/native")))
                .ok_or(MicError::NoPlace)?,
        };
        let config = folder("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        let cookies = folder("PULSE_COOKIE")
            .into_iter()
            .chain([config.join("pulse/cookie"), home.join(".pulse-cookie")]);
        let run = runtime.or_else(|| Some(socket.parent()?.to_owned()));
        let state = folder("XDG_STATE_HOME").unwrap_or_else(|| home.join(".local/state"));
        Ok(Places {
            sound: SoundPlace {
                socket,
                cookie: cookie(cookies),
            },
            run: run.unwrap_or_default().join("muteproof"),
            state: state.join("muteproof"),
        })
    }
}

/// `PULSE_SERVER` holds servers separated by blanks, each perhaps with a `{machine}` before it.
fn server_socket(servers: &str) -> Result<PathBuf, MicError> {
    let local = servers.split_whitespace().find_map(|server| {
        let server = match server.strip_prefix('{') {
            Some(rest) => rest.split_once('}')?.1,
            None => server,
        };
        let path = server.strip_prefix("unix:").unwrap_or(server);
        path.starts_with('/').then(|| PathBuf::from(path))
    });
    local.ok_or_else(|| MicError::Remote(servers.to_owned()))
}

/// The first cookie that there is; a server that lets its own user in does not look at it.
fn cookie(files: impl Iterator<Item = PathBuf>) -> Vec<u8> {
    let read = |path: PathBuf| std::fs::read(Path::new(&path)).ok();
    let mut found = files.filter_map(read);
    let fits = |cookie: &Vec<u8>| cookie.len() == pulse::COOKIE_BYTES;
    found
        .find(fits)
        .unwrap_or_else(|| vec![0; pulse::COOKIE_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(set: &[(&str, &str)]) -> Result<Places, MicError> {
        Places::of(|name| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_socket_is_found_as_others_find_it() {
        let socket =
            |set: &[(&str, &str)]| places(set).map(|p| p.sound.socket.display().to_string());
        let run = ("XDG_RUNTIME_DIR", "/run/user/7");
        assert_eq!(socket(&[run]).unwrap(), "/run/user/7/pulse/native");
        for (server, expected) in [
            ("unix:/a/b", "/a/b"),
            ("/a/b", "/a/b"),
            ("{d41d}unix:/a/b tcp:host", "/a/b"),
            ("tcp:host /c", "/c"),
        ] {
            assert_eq!(socket(&[run, ("PULSE_SERVER", server)]).unwrap(), expected);
        }
        let remote = socket(&[("PULSE_SERVER", "tcp:host")]);
        assert!(matches!(remote, Err(MicError::Remote(_))), "{remote:?}");
        assert!(matches!(socket(&[]), Err(MicError::NoPlace)));
    }

    #[test]
    fn state_lies_where_the_xdg_rules_say() {
        let run = ("XDG_RUNTIME_DIR", "/run/user/7");
        let at = |set: &[(&str, &str)]| places(set).unwrap().state.display().to_string();
        assert_eq!(at(&[run, ("HOME", "/h")]), "/h/.local/state/muteproof");
        assert_eq!(at(&[run, ("XDG_STATE_HOME", "/s")]), "/s/muteproof");
    }
}
