//! A sound server of the stage's own, with a virtual microphone and an output.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A PulseAudio server: sink `mic_sink` → source `mic`, and sink `spk` as output.
///
/// The person's own sound session is not involved: the server has a socket, a home and a
/// configuration of its own and loads no hardware.
#[derive(Debug, Clone)]
pub struct SoundServer {
    dir: PathBuf,
    socket: PathBuf,
}

impl SoundServer {
    /// Prepares a server whose socket is `socket` and whose other files are in `dir`.
    pub fn new(dir: PathBuf, socket: PathBuf) -> io::Result<SoundServer> {
        fs::create_dir_all(&dir)?;
        if let Some(parent) = socket.parent() {
            fs::create_dir_all(parent)?;
        }
        let server = SoundServer { dir, socket };
        fs::write(server.config(), server.config_text())?;
        Ok(server)
    }

    fn config(&self) -> PathBuf {
        self.dir.join("server.pa")
    }

    fn config_text(&self) -> String {
        let rate = super::RATE_HZ;
        format!(
            "load-module module-native-protocol-unix auth-anonymous=1 socket={socket}\n\
             load-module module-null-sink sink_name=spk rate={rate} channels=2 \
             sink_properties=device.description=Speaker\n\
             load-module module-null-sink sink_name=mic_sink rate={rate} channels=1 \
             channel_map=mono sink_properties=device.description=MicrophoneFeed\n\
             load-module module-remap-source source_name=mic master=mic_sink.monitor channels=1 \
             channel_map=mono source_properties=device.description=Microphone\n\
             set-default-sink spk\n\
             set-default-source mic\n",
            socket = self.socket.display(),
        )
    }

    /// The server's socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The command that runs the server, in the foreground.
    ///
    /// Clients cannot load modules: one that could would run code outside its side. Nor can they
    /// end the server.
    pub fn command(&self) -> Command {
        let mut command = Command::new("pulseaudio");
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &self.dir)
            .env("XDG_RUNTIME_DIR", &self.dir)
            .env("XDG_CONFIG_HOME", &self.dir)
            .env("LANG", "C.UTF-8")
            .arg("-n")
            .arg("-F")
            .arg(self.config())
            .args([
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--disallow-exit=yes",
                "--disallow-module-loading=yes",
                "--use-pid-file=no",
                "--realtime=no",
                "--high-priority=yes",
                "--disable-shm=yes",
                "--log-target=stderr",
            ]);
        command
    }
}
