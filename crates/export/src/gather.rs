//! All that is heard and read in an export: one walk, sounds heard by several threads.

use std::io::{Cursor, Read};
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use sounds::Decoded;
use symphonia::core::io::ReadOnlySource;
use voices::{Ears, Heard, Listener};

use crate::Error;
use crate::entry::{Entry, Problem, Trouble};
use crate::kind::{Kind, extension, kind};
use crate::layouts::Sidecars;
use crate::walk::{Ask, read_some, walk};

/// Bytes of a file that are held at once; longer sounds are heard as they come.
const HELD: usize = 16 << 20;
/// Bytes by which a kind of file is known.
const FIRST: usize = 512;
/// Bytes that go through a pipe at a time.
const PIECE: usize = 256 << 10;
/// Bytes of a list that are read at most.
const LIST: u64 = 32 << 20;

/// One recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Its name within the export.
    pub path: String,
    /// What was heard in it.
    pub heard: Heard,
}

/// All of an export.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Files of every kind.
    pub files: u64,
    /// Recordings that were heard, in the order of the walk.
    pub recordings: Vec<Recording>,
    /// What is wrong, in the order of the walk but for what was found while hearing.
    pub problems: Vec<Problem>,
    /// What the lists beside the recordings say.
    pub sidecars: Sidecars,
}

/// What is told on the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files met.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Recordings heard.
    pub heard: u64,
}

/// What goes into a walk beside the path.
pub struct Gathering<'a> {
    /// The models.
    pub ears: &'a (dyn Ears + Sync),
    /// Threads that hear.
    pub threads: usize,
    /// Recordings that were heard before; nothing where one was not.
    pub known: &'a (dyn Fn(&str, &[u8]) -> Option<Heard> + Sync),
    /// What is done with each that was heard now without trouble, where its bytes were held.
    pub keep: &'a (dyn Fn(&Recording, &[u8]) + Sync),
    /// What is told on the way; whether to go on.
    pub told: &'a (dyn Fn(Progress) -> bool + Sync),
}

/// Something to hear.
struct Job {
    index: usize,
    path: String,
    bytes: Vec<u8>,
    named: bool,
}

/// Walks through an export and hears all that is in it.
pub fn gather(path: &Path, ask: Ask, with: &Gathering) -> Result<Gathered, Error> {
    let mut gathered = Gathered::default();
    let results: Mutex<Vec<(usize, Outcome)>> = Mutex::default();
    let done = |index: usize, outcome: Outcome| {
        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
        results.push((index, outcome));
        results.len() as u64
    };
    let (send, receive) = sync_channel::<Job>(2);
    let receive = Mutex::new(receive);
    let work = || {
        while let Some(job) = next(&receive) {
            let outcome = hear_held(&job, with);
            done(job.index, outcome);
        }
    };
    let walked = thread::scope(|scope| {
        for _ in 0..with.threads.max(1) {
            scope.spawn(work);
        }
        let mut progress = Progress::default();
        let mut index = 0;
        let walked = walk(path, ask, &mut |entry| {
            let file = match entry {
                Entry::Unread(problem) => {
                    gathered.problems.push(problem);
                    return true;
                }
                Entry::File(file) => file,
            };
            progress.files += 1;
            let mut first = vec![0; FIRST];
            let n = match read_some(file.bytes, &mut first) {
                Ok(n) => n,
                Err(e) => {
                    let what = Trouble::of_bytes(&e);
                    gathered.problems.push(Problem {
                        path: file.path,
                        what,
                    });
                    return (with.told)(progress);
                }
            };
            first.truncate(n);
            let mut problem = |what| {
                gathered.problems.push(Problem {
                    path: file.path.clone(),
                    what,
                });
            };
            match kind(&file.path, &first) {
                _ if first.is_empty() => problem(Trouble::Empty),
                Kind::NotRead(what) => problem(Trouble::NotRead(what)),
                Kind::Pdf => {
                    let mut bytes = first;
                    let read = file.bytes.take(HELD as u64).read_to_end(&mut bytes);
                    progress.bytes += bytes.len() as u64;
                    match read {
                        Err(e) => problem(Trouble::of_bytes(&e)),
                        Ok(_) if bytes.len() >= HELD => problem(Trouble::Document("PDF")),
                        Ok(_) => {
                            if !gathered.sidecars.read_pdf(&file.path, &bytes) {
                                problem(Trouble::Document("PDF"));
                            }
                        }
                    }
                }
                Kind::NotSound => {
                    problem(Trouble::NotSound(
                        "its first bytes are of no kind of sound".to_owned(),
                    ));
                }
                Kind::Archive => problem(Trouble::Nested),
                Kind::Other => {}
                Kind::Text => {
                    let mut text = first;
                    match file.bytes.take(LIST).read_to_end(&mut text) {
                        Ok(n) => progress.bytes += n as u64,
                        Err(e) => problem(Trouble::of_bytes(&e)),
                    }
                    gathered
                        .sidecars
                        .read(&file.path, &text, &mut gathered.problems);
                }
                Kind::Sound { long, named } => {
                    if !named {
                        problem(Trouble::WrongName);
                    }
                    let mut bytes = first;
                    let read = file.bytes.take(HELD as u64).read_to_end(&mut bytes);
                    progress.bytes += bytes.len() as u64;
                    match read {
                        Ok(_) if bytes.len() >= HELD && !long => problem(Trouble::TooLong),
                        Ok(_) if bytes.len() >= HELD => {
                            let outcome = hear_long(bytes, file.bytes, &file.path, with.ears);
                            done(index, outcome);
                        }
                        // What was read of it before it broke off is heard.
                        read => {
                            if let Err(e) = read {
                                problem(Trouble::of_bytes(&e));
                            }
                            let path = file.path.clone();
                            let job = Job {
                                index,
                                path,
                                bytes,
                                named,
                            };
                            if send.send(job).is_err() {
                                return false;
                            }
                        }
                    }
                    index += 1;
                    progress.heard =
                        results.lock().unwrap_or_else(PoisonError::into_inner).len() as u64;
                }
            }
            (with.told)(progress)
        });
        drop(send);
        gathered.files = progress.files;
        walked
    });
    walked?;
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    for (_, outcome) in results {
        match outcome {
            Outcome::Heard(recording, trouble) => {
                let path = recording.path.clone();
                gathered
                    .problems
                    .extend(trouble.map(|what| Problem { path, what }));
                gathered.recordings.push(recording);
            }
            Outcome::Failed(problem) => gathered.problems.push(problem),
        }
    }
    Ok(gathered)
}

fn next<T>(receive: &Mutex<Receiver<T>>) -> Option<T> {
    receive
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .recv()
        .ok()
}

enum Outcome {
    Heard(Recording, Option<Trouble>),
    Failed(Problem),
}

fn hear_held(job: &Job, with: &Gathering) -> Outcome {
    if let Some(heard) = (with.known)(&job.path, &job.bytes) {
        let path = job.path.clone();
        return Outcome::Heard(Recording { path, heard }, None);
    }
    let mut listener = Listener::new(with.ears);
    // With all bytes at hand a reader may jump, as M4A needs it.
    let source = Box::new(Cursor::new(&job.bytes[..]));
    let decoded = decoded(source, &job.path, job.named, &mut listener);
    let outcome = ended(decoded, listener, &job.path);
    // What was in trouble is heard again, so that the trouble is told again.
    if let Outcome::Heard(recording, None) = &outcome {
        (with.keep)(recording, &job.bytes);
    }
    outcome
}

/// Hears a long file as it is read: decoders want a source that any thread may hold, and not every archive
/// gives one, so the bytes go through a pipe.
fn hear_long(
    first: Vec<u8>,
    bytes: &mut dyn Read,
    path: &str,
    ears: &(dyn Ears + Sync),
) -> Outcome {
    let (send, receive) = sync_channel::<std::io::Result<Vec<u8>>>(4);
    thread::scope(|scope| {
        let hearing = scope.spawn(move || {
            let pipe = Pipe {
                receive: Mutex::new(receive),
                piece: Cursor::default(),
            };
            let mut listener = Listener::new(ears);
            let source = Box::new(ReadOnlySource::new(pipe));
            let decoded = decoded(source, path, true, &mut listener);
            ended(decoded, listener, path)
        });
        let mut piece = first;
        loop {
            // Who hears may stop before the end, at a damage.
            if send.send(Ok(piece)).is_err() {
                break;
            }
            piece = vec![0; PIECE];
            match read_some(bytes, &mut piece) {
                Ok(0) => break,
                Ok(n) => piece.truncate(n),
                Err(e) => {
                    let _ = send.send(Err(e));
                    break;
                }
            }
        }
        drop(send);
        hearing
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Bytes that another thread reads.
struct Pipe {
    receive: Mutex<Receiver<std::io::Result<Vec<u8>>>>,
    piece: Cursor<Vec<u8>>,
}

impl Read for Pipe {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        loop {
            match self.piece.read(out)? {
                0 if !out.is_empty() => {}
                n => return Ok(n),
            }
            match next(&self.receive) {
                Some(piece) => self.piece = Cursor::new(piece?),
                None => return Ok(0),
            }
        }
    }
}

fn decoded(
    source: Box<dyn symphonia::core::io::MediaSource + '_>,
    path: &str,
    named: bool,
    listener: &mut Listener,
) -> Result<Decoded, String> {
    let extension = extension(path);
    let hint = named.then_some(extension.as_str());
    sounds::stream(source, hint, &mut |piece| {
        listener.push(piece);
        true
    })
}

fn ended(decoded: Result<Decoded, String>, listener: Listener, path: &str) -> Outcome {
    let heard = listener.finish();
    let path = path.to_owned();
    let failed = |said| {
        Outcome::Failed(Problem {
            path: path.clone(),
            what: Trouble::NotSound(said),
        })
    };
    match decoded {
        Err(said) if heard.seconds == 0.0 => failed(said),
        Ok(decoded) if heard.seconds == 0.0 => match decoded.damaged {
            0 => failed("there is no sound in it".to_owned()),
            n => failed(format!("all of {n} packets are damaged")),
        },
        Err(_) => Outcome::Heard(Recording { path, heard }, Some(Trouble::Cut)),
        Ok(decoded) => {
            let trouble = match decoded {
                Decoded { cut: true, .. } => Some(Trouble::Cut),
                Decoded { damaged: 0, .. } => None,
                Decoded { damaged: n, .. } => Some(Trouble::Damaged(n)),
            };
            Outcome::Heard(Recording { path, heard }, trouble)
        }
    }
}
