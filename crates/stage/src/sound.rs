//! A sound server of the stage's own, with a virtual microphone and an output: sink `mic_sink` →
//! source `mic`, and sink `spk`.
//!
//! The person's own sound session is not involved. Whichever server it is, it speaks PulseAudio's
//! protocol at [`SoundServer::socket`], and muteproof's own player and recorders do too.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use recipe::Sound;
use record::RecordStream;

use crate::ns::STAGE_DIR;
use crate::pipewire::{Graph, Jail};
use crate::program::{Program, until};
use crate::pulse::{PulseAudio, PulseView};
use crate::side::SIDE_RUN;
use crate::{NsError, Own};

/// What an output is called that nobody gave another name.
pub const OUTPUT: &str = "Speaker";

/// Told of the end of a server's program: its name, and how it ended.
pub type OnEnd = Arc<dyn Fn(String, String) + Send + Sync>;

/// A server that is up.
#[derive(Debug)]
pub struct SoundServer {
    kind: Kind,
    own: Own,
    programs: Vec<Program>,
}

#[derive(Debug)]
enum Kind {
    PulseAudio(PulseAudio),
    // Larger by far than the other.
    PipeWire(Box<Jail>),
}

impl SoundServer {
    /// Starts a server of the kind `sound`; `name` is the name of its first program, and begins the
    /// others'. What they write goes to `logs`. `output` is what the output is called ([`OUTPUT`]).
    pub fn start(
        sound: Sound,
        name: &str,
        output: &str,
        logs: &Path,
        on_end: &OnEnd,
    ) -> Result<SoundServer, String> {
        let starting = Starting {
            name,
            output,
            logs,
            on_end,
        };
        match sound {
            Sound::PulseAudio => starting.pulseaudio(),
            Sound::PipeWire => starting.pipewire(),
        }
    }

    /// Its socket for PulseAudio's protocol, as the stage sees it.
    pub fn socket(&self) -> PathBuf {
        match &self.kind {
            Kind::PulseAudio(server) => server.socket(),
            Kind::PipeWire(jail) => jail.pulse_socket(),
        }
    }

    /// What its side has to be shown: (on the stage, in the side's view).
    pub fn shown(&self) -> Vec<(PathBuf, PathBuf)> {
        match &self.kind {
            Kind::PulseAudio(server) => {
                vec![(server.socket(), Path::new(SIDE_RUN).join("pulse/native"))]
            }
            Kind::PipeWire(jail) => jail.shown(),
        }
    }

    /// What the stage has of its own there: whoever records or plays for it says so.
    pub fn own(&self) -> &Own {
        &self.own
    }

    /// Who records from it.
    pub fn view(&self) -> io::Result<StreamView> {
        let own = self.own.clone();
        Ok(match &self.kind {
            Kind::PulseAudio(server) => StreamView::Pulse(PulseView::open(&server.socket(), own)?),
            Kind::PipeWire(jail) => StreamView::Graph(jail.graph(own)?),
        })
    }

    /// Its programs write nothing more to their logs.
    pub fn close_logs(&self) {
        self.programs.iter().for_each(Program::close_log);
    }
}

struct Starting<'a> {
    name: &'a str,
    output: &'a str,
    logs: &'a Path,
    on_end: &'a OnEnd,
}

impl Starting<'_> {
    fn pulseaudio(&self) -> Result<SoundServer, String> {
        let server = PulseAudio::new(Path::new(STAGE_DIR).join(self.name), self.output);
        let server = server.map_err(|e| e.to_string())?;
        let program = self.program(self.name, server.command())?;
        until(|| answers(&server.socket()), || program.ended())?;
        Ok(SoundServer {
            kind: Kind::PulseAudio(server),
            own: Own::default(),
            programs: vec![program],
        })
    }

    fn pipewire(&self) -> Result<SoundServer, String> {
        let jail = Jail::new(self.name, self.output).map_err(|e| e.to_string())?;
        let mut programs: Vec<Program> = Vec::new();
        for (what, command, socket) in jail.servers() {
            let program = self.program(&format!("{}-{what}", self.name), command)?;
            let up = || {
                let connects = |at: &PathBuf| std::os::unix::net::UnixStream::connect(at).is_ok();
                socket.as_ref().is_none_or(connects)
            };
            until(up, || program.ended()).map_err(|e| format!("{what}: {e}"))?;
            programs.push(program);
        }
        let ended = || programs.iter().find_map(Program::ended);
        until(|| answers(&jail.pulse_socket()), ended)?;
        let own = Own::default();
        let graph = jail.graph(own.clone()).map_err(|e| e.to_string())?;
        until(|| graph.is_set(), ended)?;
        Ok(SoundServer {
            kind: Kind::PipeWire(Box::new(jail)),
            own,
            programs,
        })
    }

    fn program(&self, name: &str, command: Command) -> Result<Program, String> {
        let (on_end, child) = (self.on_end.clone(), name.to_owned());
        let log = self.logs.join(format!("{name}.txt"));
        let ended = move |how| on_end(child, how);
        Program::start(name, command, &log, ended).map_err(|e: NsError| e.to_string())
    }
}

/// Whether a server is far enough to say who records.
fn answers(socket: &Path) -> bool {
    PulseView::open(socket, Own::default())
        .and_then(|mut view| view.streams())
        .is_ok()
}

/// Asks a server who records.
pub enum StreamView {
    /// By PulseAudio's protocol.
    Pulse(PulseView),
    /// By PipeWire's graph.
    Graph(Graph),
}

impl StreamView {
    /// All record streams but muteproof's own and the server's internal ones.
    pub fn streams(&mut self) -> io::Result<Vec<RecordStream>> {
        match self {
            StreamView::Pulse(view) => view.streams(),
            StreamView::Graph(graph) => graph.streams(),
        }
    }

    /// Names of the sources that are muted at the server.
    pub fn muted_sources(&mut self) -> io::Result<Vec<String>> {
        match self {
            StreamView::Pulse(view) => view.muted_sources(),
            StreamView::Graph(graph) => graph.muted_sources(),
        }
    }
}
