//! PulseAudio as a side's sound server.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::process::Command;

/// A PulseAudio server with a socket, a home and a configuration of its own; it loads no hardware.
#[derive(Debug, Clone)]
pub struct PulseAudio {
    dir: PathBuf,
    /// What its output is called.
    output: String,
}

impl PulseAudio {
    /// Prepares a server whose files are in `dir`, and whose output is called so: letters and hyphens.
    pub fn new(dir: PathBuf, output: &str) -> io::Result<PulseAudio> {
        fs::create_dir_all(&dir)?;
        let output = output.to_owned();
        let server = PulseAudio { dir, output };
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
             sink_properties=device.description={output}\n\
             load-module module-null-sink sink_name=mic_sink rate={rate} channels=1 \
             channel_map=mono sink_properties=device.description=MicrophoneFeed\n\
             load-module module-remap-source source_name=mic master=mic_sink.monitor channels=1 \
             channel_map=mono source_properties=device.description=Microphone\n\
             set-default-sink spk\n\
             set-default-source mic\n",
            socket = self.socket().display(),
            output = self.output,
        )
    }

    /// The server's socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("native")
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
