//! One capture file, inspected by several cores: what is mapped first, and then the rest, or all.
//!
//! Each takes the next piece of the file and does all that is to be done with it, so that the piece stays in
//! that core's cache. Two steps need what is known of the pieces before, and are done in turn: finding out
//! where packets begin, and telling their flows. What goes from core to core with these is little: the
//! flows' counters, and not the packets.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use inspect::{Batch, Dissector, Inspection, Inspector, Walker, Whole};

use super::mapped;
use super::source::{BUFFER_BYTES, Chunk, Front, Packed, Scan};
use super::turns::Turns;

/// What finds packets, and whether there are more to be found.
struct Walk {
    front: Front,
    walker: Walker,
    ended: bool,
}

struct Desk<'f> {
    file: &'f File,
    /// Where the first piece begins, and which piece is to be read next.
    from: u64,
    next: AtomicU64,
    walk: Turns<Walk>,
    flows: Turns<Inspector>,
}

/// Inspects all that a plain file holds, with `helpers` threads besides this one.
pub fn inspect(file: &File, helpers: usize) -> (Scan, Inspection) {
    let mut front = Front::default();
    let whole = mapped::inspect(file, helpers, &mut front, Whole::default());
    if file.metadata().is_ok_and(|m| m.len() == front.offset()) {
        return (front.end(), whole.finish());
    }
    let Whole {
        walker,
        mut dissector,
        inspector,
    } = whole;
    let desk = Desk {
        file,
        from: front.offset(),
        next: AtomicU64::new(0),
        walk: Turns::new(Walk {
            front,
            walker,
            ended: false,
        }),
        flows: Turns::new(inspector),
    };
    thread::scope(|scope| {
        let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(|| desk.work())).collect();
        dissector.merge(&desk.work(), 0);
        for helper in helpers {
            // One that has panicked has said why; what it has left out must not be left out in silence.
            dissector.merge(&helper.join().expect("a helper has ended by itself"), 0);
        }
    });
    let Walk { front, walker, .. } = desk.walk.into_inner();
    let whole = Whole {
        walker,
        dissector,
        inspector: desk.flows.into_inner(),
    };
    (front.end(), whole.finish())
}

impl Desk<'_> {
    /// Takes one piece after the other until the file has ended.
    fn work(&self) -> Dissector {
        let _guards = (self.walk.guard(), self.flows.guard());
        let (mut chunk, mut batch) = (Chunk::new(), Batch::default());
        let mut dissector = Dissector::default();
        loop {
            let piece = self.next.fetch_add(1, Ordering::Relaxed);
            let at = self.from + piece * BUFFER_BYTES as u64;
            let filled = chunk.fill(|room| fill(self.file, at, room));
            let is_one = self.walk.take(piece, |walk| {
                if walk.ended {
                    return false;
                }
                let goes_on = match filled {
                    Ok(0) => false,
                    Ok(n) => {
                        let mut packets = walk.walker.walk(&mut batch);
                        walk.front.read(&mut chunk, &mut packets) && n == BUFFER_BYTES
                    }
                    Err(e) => {
                        walk.front.failed(&e, Packed::No);
                        false
                    }
                };
                walk.ended = !goes_on;
                true
            });
            if is_one != Some(true) {
                return dissector;
            }
            dissector.dissect(&mut batch, chunk.bytes());
            self.flows.take(piece, |inspector| {
                inspector.add(&mut batch, chunk.bytes());
            });
        }
    }
}

/// Reads until there is no more room or no more of the file: what is less is its end.
fn fill(file: &File, at: u64, room: &mut [u8]) -> io::Result<usize> {
    let mut n = 0;
    while n < room.len() {
        match file.read_at(&mut room[n..], at + n as u64) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(n)
}
