//! How the guard is asked: a line of JSON each way, over a socket that only the person can reach.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use switch::Status;

/// What the guard can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case", tag = "ask")]
pub enum Ask {
    /// Switch the microphones off.
    Off {
        /// With the layers below the sound server.
        devices: bool,
        /// With every stream moved to a silent source.
        #[serde(default)]
        streams: bool,
    },
    /// Switch them on.
    On,
    /// Switch them off if they are on, and on if they are off.
    Toggle,
    /// Prove it again, and say what was found.
    Status,
    /// Let a program hear while everybody else does not, or no longer.
    ExceptApp {
        /// Path of its file.
        program: String,
        /// Whether it may.
        except: bool,
    },
    /// Leave a source as it is, or no longer.
    Except {
        /// Its name.
        source: String,
        /// Whether it is left.
        except: bool,
    },
}

/// What the guard answers.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Deserialize)]
#[serde(rename_all = "snake_case", tag = "answer")]
pub enum Answer {
    /// What was found when it was done.
    Found {
        /// It.
        status: Status,
    },
    /// There is no such source.
    UnknownSource {
        /// What was asked for.
        source: String,
    },
    /// There is no such program.
    UnknownProgram {
        /// What was asked for.
        program: String,
    },
    /// Recordings are not moved on PipeWire; nothing was done.
    NotOnPipeWire,
    /// It was done, but what the sources had before is not kept, or was lost, and cannot be given back.
    NotKept {
        /// Why.
        why: String,
        /// What was found when it was done.
        status: Status,
    },
}

/// A question with the place for its answer.
pub type Asked = (Ask, Sender<Answer>);

/// An answer takes at most so long: sources that give no samples are waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Longer questions are not asked.
const MAX_QUESTION_BYTES: u64 = 4096;

/// The guard's socket in the folder `run`.
pub fn socket_path(run: &Path) -> PathBuf {
    run.join("guard")
}

/// Asks a guard.
pub fn ask(run: &Path, ask: &Ask) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(socket_path(run))?;
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    let mut line = serde_json::to_string(ask)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&answer)?)
}

/// Answers on `listener` for ever; whoever asks is handed to `asked`, and `answered` is told when their
/// answer is on its way.
pub fn serve(
    listener: UnixListener,
    asked: impl Fn(Asked) + Clone + Send + 'static,
    answered: impl Fn() + Clone + Send + 'static,
) -> io::Result<()> {
    thread::Builder::new()
        .name("control".into())
        .spawn(move || {
            for stream in listener.incoming().flatten() {
                let (asked, answered) = (asked.clone(), answered.clone());
                // One that never asks keeps nobody else waiting.
                let _ = thread::Builder::new().spawn(move || {
                    if let Ok(question) = read(&stream) {
                        let _ = answer(stream, question, &asked);
                        answered();
                    }
                });
            }
        })
        .map(drop)
}

fn read(stream: &UnixStream) -> io::Result<Ask> {
    stream.set_read_timeout(Some(ANSWER_WITHIN))?;
    let mut line = String::new();
    BufReader::new(stream.take(MAX_QUESTION_BYTES)).read_line(&mut line)?;
    Ok(serde_json::from_str(&line)?)
}

fn answer(mut stream: UnixStream, question: Ask, asked: &impl Fn(Asked)) -> io::Result<()> {
    let (sender, answers) = channel();
    asked((question, sender));
    let answer = answers
        .recv_timeout(ANSWER_WITHIN)
        .map_err(io::Error::other)?;
    let mut line = serde_json::to_string(&answer)?;
    line.push('\n');
    stream.write_all(line.as_bytes())
}
