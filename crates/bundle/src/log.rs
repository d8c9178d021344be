//! A bundle's log, read piece by piece.
//!
//! What an app can make as much of as it likes, it cannot fill the memory with: what is beyond a bound is lost,
//! and is told as such.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};

use record::{Body, LogReader, MonotonicNs, Record, Source, Span};

/// Memory for records that the app brings about, bytes; and for all others, which are so many a second.
const OF_APP_MAX: usize = 64 << 20;
const OWN_MAX: usize = 256 << 20;

/// Longest line: the plaintext of one call is a quarter of it.
const LINE_MAX: usize = 32 << 20;

/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;

/// Records of these sources come as often as the app likes.
const OF_APP: [Source; 9] = [
    Source::Streams,
    Source::Sockets,
    Source::Reads,
    Source::Plaintext,
    Source::Cameras,
    Source::Bus,
    Source::Names,
    Source::Sink,
    Source::Unknown,
];

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadLogError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    Bad(String),
}

/// Reads a log; gives its records, and the bytes at its end that were no whole record.
pub(crate) fn read_log(mut file: File) -> Result<(Vec<Record>, u64), ReadLogError> {
    let mut reader = LogReader::default();
    let mut held = Held::default();
    let (mut buffer, mut len) = (vec![0; CHUNK], 0);
    let mut new = Vec::new();
    loop {
        if len == buffer.len() {
            if len >= LINE_MAX {
                let why = format!("a line is longer than {LINE_MAX} bytes, which none is");
                return Err(ReadLogError::Bad(why));
            }
            buffer.resize(2 * len, 0);
        }
        let n = match file.read(&mut buffer[len..]) {
            Ok(0) => return Ok((held.finish(), len as u64)),
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e.into()),
        };
        len += n;
        let read = reader.push(&buffer[..len], &mut new);
        let read = read.map_err(|e| ReadLogError::Bad(e.to_string()))?;
        let mut lines = buffer[..read].split(|&byte| byte == b'\n');
        for record in new.drain(..) {
            let line = lines.next().map_or(0, <[u8]>::len);
            held.take(record, line)?;
        }
        buffer.copy_within(read..len, 0);
        len -= read;
    }
}

/// The records that are kept.
#[derive(Default)]
struct Held {
    records: Vec<Record>,
    of_app: usize,
    own: usize,
    left_out: BTreeMap<Source, (Span, u64)>,
}

impl Held {
    fn take(&mut self, record: Record, line: usize) -> Result<(), ReadLogError> {
        // No less than it takes: in a line bytes are written as two digits each.
        let memory = size_of::<Record>() + line;
        if !OF_APP.contains(&record.source) {
            self.own += memory;
            if self.own > OWN_MAX {
                let why = format!(
                    "it holds more than an audit writes: over {OWN_MAX} bytes of what the stage itself does"
                );
                return Err(ReadLogError::Bad(why));
            }
            self.records.push(record);
            return Ok(());
        }
        // Whatever a source has behind one that was left out is left out as well.
        if self.of_app + memory <= OF_APP_MAX && !self.left_out.contains_key(&record.source) {
            self.of_app += memory;
            self.records.push(record);
            return Ok(());
        }
        let span = Span {
            from: record.t,
            to: record.t.offset(1),
        };
        let (known, n) = self.left_out.entry(record.source).or_insert((span, 0));
        known.from = known.from.min(span.from);
        known.to = known.to.max(span.to);
        *n += 1;
        Ok(())
    }

    fn finish(mut self) -> Vec<Record> {
        for (source, (span, lost)) in std::mem::take(&mut self.left_out) {
            let why = "more of it than can be judged at once";
            push_gap(&mut self.records, source, span, lost, why);
        }
        self.records
    }
}

/// Adds a loss behind all that is known.
pub(crate) fn push_gap(
    records: &mut Vec<Record>,
    source: Source,
    span: Span,
    lost: u64,
    why: &str,
) {
    let last = records.last();
    records.push(Record {
        t: last.map_or(MonotonicNs(0), |last| last.t).max(span.to),
        source,
        seq: last.map_or(0, |last| last.seq + 1),
        body: Body::Gap {
            span,
            lost: Some(lost),
            why: why.to_owned(),
        },
    });
}
