//! One capture file, inspected by several cores.
//!
//! The file is read piece by piece by whoever is free; the pieces are dissected in turn, for a packet may
//! begin in one and end in the next; and one thread tells the flows of their packets, so that the tables
//! of flows stay in its core's cache. It reads and dissects as well while it has nothing to tell.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::{hint, thread};

use inspect::{Dissected, Dissector, Inspection, Inspector};

use super::source::{BUFFER_BYTES, Chunk, Front, Packed, Scan};

/// Pieces that are under way at most.
const PIECES: usize = 12;
/// How often it is looked whether one's turn has come before the thread sleeps: as long as a piece
/// takes. To be woken takes longer.
const LOOKS: u32 = 500;

/// A piece of the file, and the packets in it.
struct Piece {
    chunk: Chunk,
    packets: Vec<Dissected>,
}

/// Who does what next.
struct Line {
    /// The piece that is to be read next.
    next: u64,
    /// The piece whose turn it is to be dissected.
    turn: u64,
    /// Who dissects has it.
    front: Option<Box<(Front, Dissector)>>,
    /// Dissected, in the file's order.
    ready: VecDeque<Piece>,
    free: Vec<Piece>,
    /// Nothing is to be read behind what was dissected.
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
    let piece = || Piece {
        chunk: Chunk::new(),
        packets: Vec::new(),
    };
    let desk = Desk {
        file,
        line: Mutex::new(Line {
            next: 0,
            turn: 0,
            front: Some(Box::default()),
            ready: VecDeque::new(),
            free: (0..PIECES).map(|_| piece()).collect(),
            ended: false,
            n_asleep: 0,
        }),
        changed: Condvar::new(),
    };
    let inspector = thread::scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(|| desk.help());
        }
        desk.tell()
    });
    let line = desk.line.into_inner();
    let front = line.unwrap_or_else(PoisonError::into_inner).front;
    let (front, dissector) = *front.expect("nobody dissects any more");
    (front.end(), inspector.finish(&dissector))
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
    fn help(&self) {
        let _told = Told(self);
        loop {
            let mut line = self.wait(|line| line.ended || !line.free.is_empty());
            match line.free.pop().filter(|_| !line.ended) {
                Some(piece) => self.read(piece, line),
                None => return,
            }
        }
    }

    /// Tells the flows, and helps where there is nothing to be told.
    fn tell(&self) -> Inspector {
        let _told = Told(self);
        let mut inspector = Inspector::default();
        loop {
            let mut line =
                self.wait(|line| line.ended || !(line.ready.is_empty() && line.free.is_empty()));
            if let Some(mut piece) = line.ready.pop_front() {
                drop(line);
                inspector.add(&piece.packets, piece.chunk.bytes());
                piece.packets.clear();
                let mut line = self.line();
                line.free.push(piece);
                self.changed(line);
            } else if line.ended {
                return inspector;
            } else if let Some(piece) = line.free.pop() {
                self.read(piece, line);
            }
        }
    }

    /// Reads the next piece, and dissects it when its turn has come.
    fn read(&self, mut piece: Piece, mut line: MutexGuard<Line>) {
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
        let (front, dissector) = &mut *both;
        let goes_on = match filled {
            Ok(n) => n > 0 && front.read(&mut piece.chunk, dissector) && n == BUFFER_BYTES,
            Err(e) => {
                front.failed(&e, Packed::No);
                false
            }
        };
        // The last piece's go where this one's went.
        std::mem::swap(&mut piece.packets, &mut dissector.packets);
        let mut line = self.line();
        line.front = Some(both);
        line.turn += 1;
        line.ended = !goes_on;
        line.ready.push_back(piece);
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
            self.0.changed(line);
        }
    }
}
