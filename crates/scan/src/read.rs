use std::io;

use wire::capture::{Captured, Other, Reader, Take};

use crate::chunk::Chunk;
use crate::found::{Damage, Scan};
use crate::input::{Input, Packed};

/// Places of damage in one file behind which reading goes on.
const DAMAGES_MAX: usize = 100;

/// Takes what a file holds.
pub trait Sink: for<'b> Take<'b> {
    /// All that was handed on since the last time lies in `bytes`, which are gone after this. Where they
    /// begin is where [`wire::capture::Captured::at`] counts from.
    fn flush(&mut self, _bytes: &[u8]) {}
}

/// Reads all that a file holds now, or that it is given until it is not followed any more. What is damaged in
/// it is told in [`Scan`].
pub fn scan(mut input: Input, on: &mut impl Sink) -> Scan {
    let mut chunk = Chunk::default();
    let mut front = Front::default();
    loop {
        let n = match chunk.fill(&mut input) {
            Ok(0) => break,
            Ok(n) => n,
            Err(e) => {
                front.failed(&e, input.packed);
                // Another file may go on behind what is missing.
                on.other(Other::Damage);
                break;
            }
        };
        let goes_on = front.read(&mut chunk, n, on);
        on.flush(chunk.bytes());
        if !goes_on {
            break;
        }
    }
    front.end()
}

/// What is known of a file up to the chunk that was read last.
#[derive(Default)]
struct Front {
    reader: Reader,
    scan: Scan,
    /// The beginning of what goes on in the next chunk.
    rest: Vec<u8>,
    /// While a place to go on at is looked for behind damage.
    lost: bool,
}

impl Front {
    /// Takes the next chunk, of which `n` bytes are new. False where what is behind it is not to be read.
    fn read(&mut self, chunk: &mut Chunk, n: usize, on: &mut impl for<'b> Take<'b>) -> bool {
        let Front {
            reader,
            scan,
            rest,
            lost,
        } = self;
        scan.bytes += n as u64;
        let mut from = chunk.put_in_front(rest);
        let buffer = chunk.bytes();
        loop {
            if *lost {
                let before = reader.offset();
                let (Ok(skipped) | Err(skipped)) =
                    reader.resync(&buffer[from..]).inspect(|_| *lost = false);
                from += skipped;
                if let Some(last) = scan.damages.last_mut().filter(|_| !*lost) {
                    last.skipped = Some(reader.offset() - before + last.skipped.unwrap_or(0));
                }
                if *lost {
                    break;
                }
            }
            let begin = from;
            match reader.read(&buffer[from..], &mut Placed { on, begin }) {
                Ok(used) => {
                    from += used;
                    break;
                }
                Err(e) => {
                    on.other(Other::Damage);
                    from = buffer.len() - (scan.bytes - reader.offset()) as usize;
                    scan.damages.push(Damage {
                        offset: e.offset,
                        why: e.why.to_owned(),
                        skipped: None,
                    });
                    if reader.format().is_none() || scan.damages.len() > DAMAGES_MAX {
                        rest.clear();
                        return false;
                    }
                    *lost = true;
                }
            }
        }
        rest.clear();
        rest.extend_from_slice(&buffer[from..]);
        true
    }

    /// The file could not be read any further.
    fn failed(&mut self, e: &io::Error, packed: Packed) {
        let why = match packed {
            Packed::No => format!("it cannot be read further: {e}"),
            Packed::Gzip | Packed::Zstd => format!("it cannot be unpacked further: {e}"),
        };
        self.scan.damages.push(Damage {
            offset: self.scan.bytes,
            why,
            skipped: None,
        });
    }

    /// What was read.
    fn end(mut self) -> Scan {
        self.scan.format = self.reader.format();
        if (!self.rest.is_empty() || self.scan.bytes == 0) && !self.lost {
            self.scan.cut = Some(self.reader.offset());
        }
        self.scan
    }
}

/// Counts places from the beginning of the buffer.
struct Placed<'s, S> {
    on: &'s mut S,
    begin: usize,
}

impl<'b, S: Take<'b>> Take<'b> for Placed<'_, S> {
    #[inline]
    fn packet(&mut self, mut packet: Captured<'b>) {
        packet.at += self.begin;
        self.on.packet(packet);
    }

    fn other(&mut self, other: Other<'b>) {
        self.on.other(other);
    }
}
