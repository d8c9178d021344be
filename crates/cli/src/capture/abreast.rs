//! One capture file, inspected by several cores.
//!
//! The file is read piece by piece by whoever is free. Where packets begin is found out piece after piece,
//! for one may begin in this and end in the next; what they are, by whoever read them, who has them in its
//! core's cache. One thread tells the flows, so that their table stays in its core's; it reads as well
//! while there is nothing to tell.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::{hint, thread};

use inspect::{Batch, Dissector, Inspection, Inspector, Walker};

use super::source::{BUFFER_BYTES, Chunk, Front, Packed, Scan};

/// Pieces of each thread. It fills its own again and again: what lies in another core's cache would have
/// to be taken from there first.
const PIECES: usize = 3;
/// How often it is looked whether one's turn has come before the thread sleeps: as long as a piece
/// takes. To be woken takes longer.
const LOOKS: u32 = 500;

/// A piece of the file, and the packets in it.
struct Piece {
    /// The thread whose it is.
    of: usize,
    chunk: Chunk,
    batch: Batch,
}

/// Who does what next.
struct Line {
    /// The piece that is to be read next.
    next: u64,
    /// The piece that is to be walked through next, and what walks: nothing while it does.
    turn: u64,
    front: Option<Box<(Front, Walker)>>,
    /// The piece of which the flows are to be told next, and those that can be told.
    told: u64,
    ready: BTreeMap<u64, Piece>,
    /// Of each thread; the one that tells the flows is the first.
    free: Vec<Vec<Piece>>,
    /// Nothing is to be read behind what was walked through.
    ended: bool,
    n_asleep: usize,
}

struct Desk<'f> {
    file: &'f File,
    line: Mutex<Line>,
    changed: Condvar,
}

/// Inspects all that a plain file holds, with `helpers` threads besides this one.
pub fn inspect(file: &File, helpers: usize) -> (Scan, Inspection) {
    let piece = |of| Piece {
        of,
        chunk: Chunk::new(),
        batch: Batch::default(),
    };
    let desk = Desk {
        file,
        line: Mutex::new(Line {
            next: 0,
            turn: 0,
            front: Some(Box::default()),
            told: 0,
            ready: BTreeMap::new(),
            free: (0..=helpers)
                .map(|of| (0..PIECES).map(|_| piece(of)).collect())
                .collect(),
            ended: false,
            n_asleep: 0,
        }),
        changed: Condvar::new(),
    };
    let (inspector, dissector) = thread::scope(|scope| {
        let desk = &desk;
        let help = |me| scope.spawn(move || desk.help(me));
        let helpers: Vec<_> = (1..=helpers).map(help).collect();
        let (inspector, mut dissector) = desk.tell();
        for helper in helpers {
            // One that has panicked has said why; what it has left out must not be left out in silence.
            dissector.merge(&helper.join().expect("a helper has ended by itself"));
        }
        (inspector, dissector)
    });
    let line = desk.line.into_inner();
    let front = line.unwrap_or_else(PoisonError::into_inner).front;
    let (front, walker) = *front.expect("nobody walks any more");
    (front.end(), inspector.finish(&walker, &dissector))
}

impl Desk<'_> {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, until: impl Fn(&Line) -> bool) -> MutexGuard<'_, Line> {
        for _ in 0..LOOKS {
            let line = self.line();
            if until(&line) {
                return line;
            }
            drop(line);
            for _ in 0..20 {
                hint::spin_loop();
            }
        }
        let mut line = self.line();
        line.n_asleep += 1;
        let mut line = self
            .changed
            .wait_while(line, |line| !until(line))
            .unwrap_or_else(PoisonError::into_inner);
        line.n_asleep -= 1;
        line
    }

    fn changed(&self, line: MutexGuard<Line>) {
        let any = line.n_asleep > 0;
        drop(line);
        if any {
            self.changed.notify_all();
        }
    }

    /// Reads and dissects until the file has ended.
    fn help(&self, me: usize) -> Dissector {
        let _told = Told(self);
        let mut dissector = Dissector::default();
        loop {
            let mut line = self.wait(|line| line.ended || !line.free[me].is_empty());
            match line.free[me].pop().filter(|_| !line.ended) {
                Some(piece) => self.read(piece, line, &mut dissector),
                None => return dissector,
            }
        }
    }

    /// Tells the flows, and helps where there is nothing to be told.
    fn tell(&self) -> (Inspector, Dissector) {
        let _told = Told(self);
        let (mut inspector, mut dissector) = (Inspector::default(), Dissector::default());
        loop {
            let mut line = self.wait(|line| {
                let all = line.ended && line.told == line.turn;
                let reads = !line.ended && !line.free[0].is_empty();
                all || reads || line.ready.contains_key(&line.told)
            });
            let told = line.told;
            if let Some(mut piece) = line.ready.remove(&told) {
                drop(line);
                inspector.add(&mut piece.batch, piece.chunk.bytes());
                let mut line = self.line();
                line.told += 1;
                line.free[piece.of].push(piece);
                self.changed(line);
            } else if line.ended && told == line.turn {
                return (inspector, dissector);
            } else if let Some(piece) = line.free[0].pop() {
                self.read(piece, line, &mut dissector);
            }
        }
    }

    /// Reads the next piece, walks through it when its turn has come, and dissects what is in it.
    fn read(&self, mut piece: Piece, mut line: MutexGuard<Line>, dissector: &mut Dissector) {
        let index = line.next;
        line.next += 1;
        drop(line);
        let at = index * BUFFER_BYTES as u64;
        let filled = piece.chunk.fill(|room| fill(self.file, at, room));
        let mut line = self.wait(|line| line.ended || line.turn == index);
        if line.ended {
            return;
        }
        let mut both = line.front.take().expect("it is this piece's turn");
        drop(line);
        let (front, walker) = &mut *both;
        let goes_on = match filled {
            Ok(n) => n > 0 && front.read(&mut piece.chunk, walker) && n == BUFFER_BYTES,
            Err(e) => {
                front.failed(&e, Packed::No);
                false
            }
        };
        walker.give(&mut piece.batch);
        let mut line = self.line();
        line.front = Some(both);
        line.turn += 1;
        line.ended = !goes_on;
        self.changed(line);
        dissector.dissect(&mut piece.batch, piece.chunk.bytes());
        let mut line = self.line();
        line.ready.insert(index, piece);
        self.changed(line);
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

/// Whoever panics must not let the others wait.
struct Told<'d, 'f>(&'d Desk<'f>);

impl Drop for Told<'_, '_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let mut line = self.0.line();
            line.ended = true;
            line.turn = line.told;
            self.0.changed(line);
        }
    }
}
