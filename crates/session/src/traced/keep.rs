//! The sound that an app read, kept on request: one file a stream, as it was handed over.
//!
//! The files have no header: which rate and how many channels an app asked for is not known here. What
//! could not be copied is as many zeros, so that the rest stays in its place, and is told.

use std::collections::HashMap;

use record::{Body, MonotonicNs, Source};
use tap::{Api, Frame, Samples};

use crate::log::Log;

/// Sound of a whole session that is kept, bytes: an hour of one stream in the largest usual format. An
/// app cannot fill the disk.
const KEPT_MAX: u64 = 2 << 30;

/// Streams that have a file. An app that opens more has its reads counted all the same.
const FILES_MAX: usize = 256;

/// Zeros of one call that stand for what was not copied: a longer claim is no sound.
const HOLE_MAX: usize = 1 << 20;

/// How often it is told that something is missing.
const TELL_EVERY_NS: u64 = 1_000_000_000;

/// A stream, by what tells it apart.
type Stream = (u32, Api, u64, Option<Samples>);

/// What is kept of a session.
#[derive(Default)]
pub(crate) struct KeptAudio {
    bytes: u64,
    files: HashMap<Stream, File>,
}

struct File {
    name: String,
    missing: u64,
    told_ns: u64,
}

impl KeptAudio {
    pub(crate) fn take(&mut self, frame: &Frame, log: &Log) {
        let tap::Body::Read {
            door,
            stream,
            bytes,
            samples,
            data,
            ..
        } = &frame.body
        else {
            return;
        };
        let next = self.files.len();
        let at = (frame.pid, *door, *stream, *samples);
        if next >= FILES_MAX && !self.files.contains_key(&at) {
            return;
        }
        let mut opened = false;
        let file = self.files.entry(at).or_insert_with(|| {
            opened = true;
            File {
                name: name(next, frame, *door, *samples),
                missing: 0,
                told_ns: frame.t_ns,
            }
        });
        let hole = (*bytes as usize).saturating_sub(data.len());
        let room = self.bytes < KEPT_MAX;
        let missing = match room {
            true => hole,
            false => hole + data.len(),
        };
        file.missing += missing as u64;
        if room {
            let mut sound = data.clone();
            sound.resize(data.len() + hole.min(HOLE_MAX), 0);
            self.bytes += sound.len() as u64;
            log.audio(file.name.clone(), sound);
        }
        let due = frame.t_ns.saturating_sub(file.told_ns) >= TELL_EVERY_NS;
        if opened || (missing > 0 && due) {
            file.told_ns = frame.t_ns;
            let body = Body::KeptAudio {
                file: format!("{}/{}", bundle::AUDIO, file.name),
                door: door.name().to_owned(),
                command: frame.command(),
                pid: frame.pid,
                missing: file.missing,
            };
            log.record(MonotonicNs(frame.t_ns), Source::Reads, body);
        }
    }
}

/// A file's name; of the command only what is harmless in one.
fn name(number: usize, frame: &Frame, door: Api, samples: Option<Samples>) -> String {
    let harmless = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let command: String = frame.command().chars().map(harmless).collect();
    let ending = match samples {
        Some(Samples::S16) => "s16le",
        Some(Samples::S32) => "s32le",
        Some(Samples::F32) => "f32le",
        None => "raw",
    };
    format!("{number:03}-{command}-{}.{ending}", door.name())
}
