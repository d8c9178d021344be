//! The session log: one record a line, JSON, append-only.
//!
//! A line is whole when it ends in a line feed. A log that was cut off (SIGKILL, full disk) is
//! read up to its last whole line, and the reader says how many bytes it left.

use crate::Record;

/// What is wrong with a session log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// A whole line that is no record.
    #[error("line {line} (byte {offset}) is not a record: {why}")]
    NotARecord {
        /// Line, from 1.
        line: u64,
        /// Offset of the line's first byte in the log.
        offset: u64,
        /// What the parser says.
        why: String,
    },
    /// Records are missing: the sequence number jumps.
    #[error("line {line} (byte {offset}): record {found} follows where record {expected} belongs")]
    OutOfOrder {
        /// Line, from 1.
        line: u64,
        /// Offset of the line's first byte in the log.
        offset: u64,
        /// The number that belongs there.
        expected: u64,
        /// The number that stands there.
        found: u64,
    },
}

/// How a log ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogTail {
    /// With a whole line.
    Whole,
    /// In the middle of one: `bytes` after the last line feed were left unread.
    Cut {
        /// How many bytes were left.
        bytes: u64,
    },
}

/// Writes `record` as one line, line feed included.
pub fn write_line(record: &Record, out: &mut Vec<u8>) {
    // A record holds no map with non-string keys and no failing serialiser, so this cannot fail.
    serde_json::to_writer(&mut *out, record).expect("a record is plain data");
    out.push(b'\n');
}

/// Reads a log from its bytes, record by record: sans-IO, so that a growing log can be followed.
#[derive(Debug, Default)]
pub struct LogReader {
    line: u64,
    offset: u64,
    next_seq: u64,
}

impl LogReader {
    /// Reads the whole lines at the start of `bytes` (which continue where the last call stopped)
    /// into `out`; returns how many bytes were read. Stops at the first error.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<Record>) -> Result<usize, LogError> {
        let mut read = 0;
        while let Some(len) = bytes[read..].iter().position(|&b| b == b'\n') {
            let text = &bytes[read..read + len];
            let record: Record =
                serde_json::from_slice(text).map_err(|e| LogError::NotARecord {
                    line: self.line + 1,
                    offset: self.offset,
                    why: e.to_string(),
                })?;
            if record.seq != self.next_seq {
                return Err(LogError::OutOfOrder {
                    line: self.line + 1,
                    offset: self.offset,
                    expected: self.next_seq,
                    found: record.seq,
                });
            }
            self.next_seq += 1;
            self.line += 1;
            self.offset += len as u64 + 1;
            read += len + 1;
            out.push(record);
        }
        Ok(read)
    }
}

/// Reads a whole log.
pub fn parse_log(bytes: &[u8]) -> Result<(Vec<Record>, LogTail), LogError> {
    let mut records = Vec::new();
    let read = LogReader::default().push(bytes, &mut records)?;
    let tail = match bytes.len() - read {
        0 => LogTail::Whole,
        left => LogTail::Cut { bytes: left as u64 },
    };
    Ok((records, tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Body, MonotonicNs, Source};
    use proptest::prelude::*;

    fn sample(n: u64) -> Vec<u8> {
        let mut out = Vec::new();
        for seq in 0..n {
            let body = Body::Underrun { samples: Some(seq) };
            write_line(
                &Record {
                    t: MonotonicNs(seq),
                    source: Source::Player,
                    seq,
                    body,
                },
                &mut out,
            );
        }
        out
    }

    #[test]
    fn a_cut_log_opens_up_to_its_last_whole_line() {
        let log = sample(3);
        let (records, tail) = parse_log(&log[..log.len() - 5]).unwrap();
        assert_eq!(records.len(), 2);
        assert!(matches!(tail, LogTail::Cut { bytes } if bytes > 0));
    }

    #[test]
    fn a_missing_line_is_an_error_with_its_place() {
        let log = sample(3);
        let first = log.iter().position(|&b| b == b'\n').unwrap() + 1;
        let err = parse_log(&log[first..]).unwrap_err();
        assert_eq!(
            err,
            LogError::OutOfOrder {
                line: 1,
                offset: 0,
                expected: 0,
                found: 1
            }
        );
    }

    #[test]
    fn a_newer_record_is_kept_as_unknown() {
        let line =
            b"{\"t\":1,\"source\":\"xray\",\"seq\":0,\"body\":{\"is\":\"bones\",\"n\":206}}\n";
        let (records, _) = parse_log(line).unwrap();
        assert_eq!(records[0].source, Source::Unknown);
        assert_eq!(records[0].body, Body::Unknown);
    }

    proptest! {
        /// The fuzz target's entry point, over random and over damaged logs.
        #[test]
        fn any_bytes_give_records_or_an_error(bytes: Vec<u8>) {
            let _ = parse_log(&bytes);
        }

        #[test]
        fn a_damaged_log_never_panics(at in 0usize..200, with: u8) {
            let mut log = sample(4);
            let at = at % log.len();
            log[at] = with;
            let _ = parse_log(&log);
        }
    }
}
