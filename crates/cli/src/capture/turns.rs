//! What several threads do one after the other: each when the piece that it has is the next.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::{hint, thread};

/// How often it is looked whether one's turn has come before the thread sleeps: for about as long as a piece
/// takes. To be woken takes longer.
const LOOKS: u32 = 10_000;

/// Something that whoever has the next piece may take next.
pub struct Turns<T> {
    /// Whose turn it is.
    piece: AtomicU64,
    /// A thread has panicked: nobody must wait for it.
    failed: AtomicBool,
    /// How many sleep until it is theirs.
    asleep: Mutex<usize>,
    changed: Condvar,
    what: Mutex<T>,
}

impl<T> Turns<T> {
    /// The first piece has number 0.
    pub fn new(what: T) -> Turns<T> {
        Turns {
            piece: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            asleep: Mutex::new(0),
            changed: Condvar::new(),
            what: Mutex::new(what),
        }
    }

    /// Does something when it is this piece's turn; nothing where another thread has failed.
    pub fn take<R>(&self, piece: u64, does: impl FnOnce(&mut T) -> R) -> Option<R> {
        let is_mine = || self.piece.load(Ordering::Acquire) == piece;
        let waits = || !is_mine() && !self.failed.load(Ordering::Acquire);
        for _ in 0..LOOKS {
            if !waits() {
                break;
            }
            hint::spin_loop();
        }
        if waits() {
            let mut asleep = lock(&self.asleep);
            *asleep += 1;
            let asleep = self.changed.wait_while(asleep, |_| waits());
            *asleep.unwrap_or_else(PoisonError::into_inner) -= 1;
        }
        if !is_mine() {
            return None;
        }
        let result = does(&mut lock(&self.what));
        self.piece.store(piece + 1, Ordering::Release);
        self.wake();
        Some(result)
    }

    /// To be held by each thread while it works: what panics lets the others go.
    pub fn guard(&self) -> Guard<'_, T> {
        Guard(self)
    }

    pub fn into_inner(self) -> T {
        let what = self.what.into_inner();
        what.unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever falls asleep looks once more with the lock held, so nobody is missed.
    fn wake(&self) {
        if *lock(&self.asleep) > 0 {
            self.changed.notify_all();
        }
    }
}

pub struct Guard<'t, T>(&'t Turns<T>);

impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.failed.store(true, Ordering::Release);
            self.0.wake();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_in_order_whoever_has_them() {
        let (turns, next) = (Turns::new(Vec::new()), AtomicU64::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    loop {
                        let piece = next.fetch_add(1, Ordering::Relaxed);
                        if piece >= 1_000 {
                            return;
                        }
                        turns.take(piece, |seen| seen.push(piece));
                    }
                });
            }
        });
        assert_eq!(turns.into_inner(), (0..1_000).collect::<Vec<_>>());
    }

    #[test]
    fn nobody_waits_for_one_that_has_panicked() {
        let turns = Turns::new(());
        let waited = thread::scope(|scope| {
            let waits = scope.spawn(|| turns.take(1, |()| ()));
            let fails = scope.spawn(|| {
                let _guard = turns.guard();
                panic!("as it should");
            });
            fails.join().unwrap_err();
            waits.join().unwrap()
        });
        assert_eq!(waited, None);
    }
}
