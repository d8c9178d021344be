//! A blocking connection to a sound server that speaks PulseAudio's protocol; PipeWire's does too.
//!
//! One thread and one connection for each task: what a thread waits for is then nothing but its own
//! socket. Messages are coded by the `pulseaudio` crate.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, CString};
use std::io::{self, BufRead, BufReader, Cursor, IoSlice, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::socket::{ControlMessage, MsgFlags, UnixCredentials, sendmsg};
pub use pulseaudio::protocol;
use pulseaudio::protocol::{
    Command, CommandReply, Descriptor, DescriptorFlags, ExtensionParams, Prop, Props,
    ProtocolError, TagStructWriter,
};

/// Name by which muteproof's own clients are known at the servers.
pub const OWN_NAME: &CStr = c"muteproof";

/// A server that has not answered by then is not up: PipeWire's waits for its session manager.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);

/// Length of the protocol's cookie; one of another length is refused unread.
pub const COOKIE_BYTES: usize = 256;

/// A connection after its handshake.
pub struct Connection {
    socket: BufReader<Timed>,
    /// What a question with its whole answer may take.
    within: Option<Duration>,
    version: u16,
    next_seq: u32,
    client_index: Option<u32>,
}

/// A socket with an end to its patience. A limit for each read would be none: a server that sends a byte now and
/// then, or messages that nobody asked for, would be waited for for ever.
struct Timed {
    stream: UnixStream,
    until: Option<Instant>,
}

impl Timed {
    /// Limits the next read or write to what is left.
    fn limit(&self, set: fn(&UnixStream, Option<Duration>) -> io::Result<()>) -> io::Result<()> {
        let Some(until) = self.until else {
            return Ok(());
        };
        let left = until.saturating_duration_since(Instant::now());
        match left.is_zero() {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => set(&self.stream, Some(left)),
        }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.limit(UnixStream::set_read_timeout)?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.limit(UnixStream::set_write_timeout)?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// An answer, and the rest of its bytes.
type Answered = (Command, Vec<u8>);

/// What the server sent.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and none is kept"
)]
pub enum Message {
    /// A command or a reply (its body is the rest of the bytes).
    Command {
        /// The number of the command that this answers.
        seq: u32,
        /// What it is.
        command: Command,
        /// What follows it.
        rest: Vec<u8>,
    },
    /// Samples of a record stream.
    Samples(Vec<u8>),
}

impl Connection {
    /// Connects to a server that lets everybody in.
    pub fn open(socket_path: &Path) -> io::Result<Connection> {
        Connection::handshake(socket_path, vec![0; COOKIE_BYTES], Props::new())
    }

    /// Connects, shows this cookie, and tells which process this is.
    pub fn open_with(socket_path: &Path, cookie: Vec<u8>) -> io::Result<Connection> {
        let mut props = Props::new();
        let pid = CString::new(std::process::id().to_string()).unwrap_or_default();
        props.set(Prop::ApplicationProcessId, &pid);
        Connection::handshake(socket_path, cookie, props)
    }

    fn handshake(socket_path: &Path, cookie: Vec<u8>, mut props: Props) -> io::Result<Connection> {
        let stream = UnixStream::connect(socket_path)?;
        let until = Some(Instant::now() + HANDSHAKE_WITHIN);
        let mut connection = Connection {
            socket: BufReader::new(Timed { stream, until }),
            within: None,
            version: protocol::MAX_VERSION,
            next_seq: 0,
            client_index: None,
        };
        let auth = protocol::AuthParams {
            version: protocol::MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie,
        };
        let sent = connection.send_with_credentials(Command::Auth(auth))?;
        let reply: protocol::AuthReply = connection.answer(sent)?;
        connection.version = reply.version.min(protocol::MAX_VERSION);
        props.set(Prop::ApplicationName, OWN_NAME);
        let named: protocol::SetClientNameReply = connection.ask(Command::SetClientName(props))?;
        connection.client_index = Some(named.client_id);
        connection.wait(None)?;
        Ok(connection)
    }

    /// Limits what each question may take with its whole answer; without a limit for what comes unasked.
    pub fn answer_within(&mut self, within: Duration) {
        self.within = Some(within);
    }

    /// From here on everything has to be over after so long.
    fn wait(&mut self, within: Option<Duration>) -> io::Result<()> {
        let timed = self.socket.get_mut();
        timed.until = within.map(|within| Instant::now() + within);
        if timed.until.is_none() {
            timed.stream.set_read_timeout(None)?;
            timed.stream.set_write_timeout(None)?;
        }
        Ok(())
    }

    /// Asks something that has to be over in time.
    fn in_time<T>(&mut self, ask: impl FnOnce(&mut Self) -> T) -> io::Result<T> {
        // The handshake as a whole has its own end.
        let within = self.within;
        if within.is_some() {
            self.wait(within)?;
        }
        let asked = ask(self);
        if within.is_some() {
            self.wait(None)?;
        }
        Ok(asked)
    }

    /// Sends a command; gives the number that its reply will carry.
    pub fn send(&mut self, command: Command) -> io::Result<u32> {
        let seq = self.next_seq;
        self.next_seq += 1;
        protocol::write_command_message(self.socket.get_mut(), seq, &command, self.version)
            .map_err(protocol_error)?;
        Ok(seq)
    }

    /// Sends a command, and who this is, as the kernel says it (unix(7), SCM_CREDENTIALS): PulseAudio lets
    /// its own user in by that. Where it is not sent, it depends on how soon the server accepts
    /// whether the kernel adds it.
    fn send_with_credentials(&mut self, command: Command) -> io::Result<u32> {
        let seq = self.next_seq;
        self.next_seq += 1;
        let mut bytes = Vec::new();
        protocol::write_command_message(&mut bytes, seq, &command, self.version)
            .map_err(protocol_error)?;
        let credentials = UnixCredentials::new();
        let sent = sendmsg::<()>(
            self.socket.get_ref().stream.as_raw_fd(),
            &[IoSlice::new(&bytes)],
            &[ControlMessage::ScmCredentials(&credentials)],
            MsgFlags::empty(),
            None,
        )?;
        self.socket.get_mut().write_all(&bytes[sent..])?;
        Ok(seq)
    }

    /// Sends a command and waits for its reply; anything else that arrives meanwhile is dropped.
    pub fn ask<R: CommandReply>(&mut self, command: Command) -> io::Result<R> {
        self.in_time(|this| {
            let sent = this.send(command)?;
            this.answer(sent)
        })?
    }

    fn answer<R: CommandReply>(&mut self, sent: u32) -> io::Result<R> {
        loop {
            let Message::Command { seq, command, rest } = self.read()? else {
                continue;
            };
            if seq == sent {
                return self.reply(command, &rest);
            }
        }
    }

    /// Sends a command that is only acknowledged, and waits for that.
    pub fn tell(&mut self, command: Command) -> io::Result<()> {
        self.tell_all([command]).pop().unwrap_or(Ok(()))
    }

    /// Sends commands that are only acknowledged, one behind the other, and then waits for all of them: a
    /// busy server takes its time for each answer.
    pub fn tell_all(&mut self, commands: impl IntoIterator<Item = Command>) -> Vec<io::Result<()>> {
        match self.in_time(|this| this.tell_behind(None, commands)) {
            Ok((_, done)) => done,
            Err(e) => vec![Err(e)],
        }
    }

    /// The same, behind a question: its answer is of the time before the commands, and is not waited for
    /// before they are sent.
    pub fn ask_and_tell_all<R: CommandReply>(
        &mut self,
        question: Command,
        commands: impl IntoIterator<Item = Command>,
    ) -> (io::Result<R>, Vec<io::Result<()>>) {
        let both = self.in_time(|this| {
            let asked = match this.send(question) {
                Ok(asked) => asked,
                Err(e) => return (Err(e), this.tell_behind(None, commands).1),
            };
            let (answer, done) = this.tell_behind(Some(asked), commands);
            let answer = match answer {
                Some((command, rest)) => this.reply(command, &rest),
                None => this.answer(asked),
            };
            (answer, done)
        });
        both.unwrap_or_else(|e| (Err(io::Error::new(e.kind(), e.to_string())), vec![Err(e)]))
    }

    fn tell_behind(
        &mut self,
        asked: Option<u32>,
        commands: impl IntoIterator<Item = Command>,
    ) -> (Option<Answered>, Vec<io::Result<()>>) {
        let sent: Vec<io::Result<u32>> = commands
            .into_iter()
            .map(|command| self.send(command))
            .collect();
        let mut open: BTreeSet<u32> = sent.iter().flatten().copied().collect();
        let mut refused = BTreeMap::new();
        let (mut ended, mut answer) = (None, None);
        // A refusal may come before the acknowledgement of an earlier one.
        while !open.is_empty() && ended.is_none() {
            match self.read() {
                Ok(Message::Command { seq, command, rest }) if Some(seq) == asked => {
                    answer = Some((command, rest));
                }
                Ok(Message::Command { seq, command, .. }) if open.remove(&seq) => match command {
                    Command::Reply => {}
                    Command::Error(e) => drop(refused.insert(seq, refusal(e))),
                    other => drop(refused.insert(seq, unexpected(&other))),
                },
                Ok(_) => {}
                Err(e) => ended = Some(e),
            }
        }
        let done = |sent: io::Result<u32>| {
            let seq = sent?;
            match (refused.remove(&seq), &ended) {
                (Some(e), _) => Err(e),
                (None, Some(e)) if open.contains(&seq) => {
                    Err(io::Error::new(e.kind(), e.to_string()))
                }
                (None, _) => Ok(()),
            }
        };
        (answer, sent.into_iter().map(done).collect())
    }

    /// Asks an extension of the server, a module with calls of its own; `fill` writes the call and what it
    /// takes. Gives the bytes of the answer.
    pub fn ask_extension(
        &mut self,
        module: &str,
        fill: impl FnOnce(&mut TagStructWriter<'_>) -> Result<(), ProtocolError>,
    ) -> io::Result<Vec<u8>> {
        self.in_time(|this| {
            let sent = this.send_extension(module, fill)?;
            loop {
                match this.read()? {
                    Message::Command { seq, command, rest } if seq == sent => match command {
                        Command::Reply => return Ok(rest),
                        Command::Error(e) => return Err(refusal(e)),
                        other => return Err(unexpected(&other)),
                    },
                    _ => {}
                }
            }
        })?
    }

    /// The same for a call that is only acknowledged.
    pub fn tell_extension(
        &mut self,
        module: &str,
        fill: impl FnOnce(&mut TagStructWriter<'_>) -> Result<(), ProtocolError>,
    ) -> io::Result<()> {
        self.ask_extension(module, fill).map(drop)
    }

    fn send_extension(
        &mut self,
        module: &str,
        fill: impl FnOnce(&mut TagStructWriter<'_>) -> Result<(), ProtocolError>,
    ) -> io::Result<u32> {
        let seq = self.next_seq;
        self.next_seq += 1;
        let params = ExtensionParams {
            index: None,
            name: CString::new(module).ok(),
        };
        let mut body = Vec::new();
        Command::Extension(params)
            .write_tag_prefixed(seq, &mut body, self.version)
            .and_then(|()| fill(&mut TagStructWriter::new(&mut body, self.version)))
            .map_err(protocol_error)?;
        let descriptor = Descriptor {
            length: body.len() as u32,
            channel: u32::MAX,
            offset: 0,
            flags: DescriptorFlags::empty(),
        };
        let mut message = Vec::new();
        protocol::write_descriptor(&mut message, &descriptor).map_err(protocol_error)?;
        message.extend(body);
        self.socket.get_mut().write_all(&message)?;
        Ok(seq)
    }

    /// Decodes the body of a reply.
    pub fn reply<R: CommandReply>(&self, command: Command, rest: &[u8]) -> io::Result<R> {
        match command {
            Command::Reply => {
                let mut cursor = Cursor::new(rest);
                protocol::TagStructReader::new(&mut cursor, self.version)
                    .read()
                    .map_err(protocol_error)
            }
            Command::Error(e) => Err(refusal(e)),
            other => Err(unexpected(&other)),
        }
    }

    /// The server's number for this client.
    pub fn client_index(&self) -> Option<u32> {
        self.client_index
    }

    /// The socket, for time limits and for who is at its other end.
    pub fn socket(&self) -> &UnixStream {
        &self.socket.get_ref().stream
    }

    /// Waits for the next message.
    pub fn read(&mut self) -> io::Result<Message> {
        let descriptor: Descriptor =
            protocol::read_descriptor(&mut self.socket).map_err(protocol_error)?;
        // A block is at most the protocol's memory pool block; more is damage, not audio.
        if descriptor.length as usize > protocol::MAX_MEMBLOCKQ_LENGTH {
            return Err(io::Error::other(
                "a message longer than the protocol allows",
            ));
        }
        let mut body = vec![0; descriptor.length as usize];
        self.socket.read_exact(&mut body)?;
        if descriptor.channel != u32::MAX {
            return Ok(Message::Samples(body));
        }
        let mut cursor = Cursor::new(&body[..]);
        let (seq, command) =
            Command::read_tag_prefixed(&mut cursor, self.version).map_err(protocol_error)?;
        let mut rest = Vec::new();
        cursor.fill_buf()?;
        cursor.read_to_end(&mut rest)?;
        Ok(Message::Command { seq, command, rest })
    }

    /// Hands over samples of a playback stream.
    pub fn write_samples(&mut self, channel: u32, bytes: &[u8]) -> io::Result<()> {
        protocol::write_memblock(self.socket.get_mut(), channel, bytes, 0)
            .map_err(protocol_error)?;
        self.socket.get_mut().flush()
    }
}

fn protocol_error(e: ProtocolError) -> io::Error {
    match e {
        ProtocolError::Io(e) => e,
        other => io::Error::other(other),
    }
}

fn unexpected(answer: &Command) -> io::Error {
    io::Error::other(format!("unexpected answer {:?}", answer.tag()))
}

fn refusal(e: protocol::PulseError) -> io::Error {
    use protocol::PulseError::{AccessDenied, AuthKey, NoEntity};
    let kind = match e {
        AccessDenied | AuthKey => io::ErrorKind::PermissionDenied,
        NoEntity => io::ErrorKind::NotFound,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, format!("the sound server says: {e}"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;

    /// Servers that are silent, that send zeros, that drip, and that send garbage: none is waited for
    /// for ever, and none is taken for one that answered.
    #[test]
    fn no_server_is_waited_for_for_ever() {
        let dir = tempfile::tempdir().unwrap();
        // The beginning of a long answer: its length, and the channel of commands.
        let long = [&[0, 0, 0xFF, 0xFF][..], &[0xFF; 4], &[0; 12]].concat();
        let servers = [
            ("silent", vec![], vec![], Duration::ZERO),
            ("zeros", vec![], vec![0; 4096], Duration::ZERO),
            ("drips", long, vec![0], Duration::from_millis(50)),
            ("garbage", vec![], vec![0xA5; 4096], Duration::ZERO),
        ];
        let n = servers.len();
        let (done, is_done) = std::sync::mpsc::channel();
        for (name, first, then, pause) in servers {
            let path = dir.path().join(name);
            let listener = UnixListener::bind(&path).unwrap();
            thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.write_all(&first);
                // Until nobody listens any more.
                while then.is_empty() || stream.write_all(&then).is_ok() {
                    thread::sleep(pause.max(Duration::from_millis(1)));
                }
            });
            let done = done.clone();
            thread::spawn(move || done.send((name, Connection::open(&path).is_err())));
        }
        // Far more than the deadline: who has none waits for ever.
        for _ in 0..n {
            let refused = is_done.recv_timeout(10 * HANDSHAKE_WITHIN);
            let (name, refused) = refused.expect("every attempt has an end");
            assert!(refused, "{name}");
        }
    }
}
