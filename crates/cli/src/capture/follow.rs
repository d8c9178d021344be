//! Following a file that another program still writes, as `tail -f` does, until the person ends it.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::interrupt::on_interrupt;

/// How long to wait for more before looking again: a file on a network file system tells nobody.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Whether the person has ended it.
#[derive(Clone, Default)]
pub struct Until(Arc<(Mutex<bool>, Condvar)>);

impl Until {
    /// Until Ctrl-C; said on the error output once that is caught.
    pub fn interrupted() -> io::Result<Until> {
        let until = Until::default();
        let told = until.clone();
        on_interrupt(move |_| {
            let (over, changed) = &*told.0;
            *over.lock().unwrap_or_else(PoisonError::into_inner) = true;
            changed.notify_all();
        })?;
        eprintln!("muteproof: reading on as the capture grows; Ctrl-C ends it and tells");
        Ok(until)
    }

    pub fn is_over(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a moment, or until it is over.
    pub fn wait(&self) {
        let (over, changed) = &*self.0;
        let over = over.lock().unwrap_or_else(PoisonError::into_inner);
        // Whichever came, the file is looked at next.
        let _ = changed.wait_timeout_while(over, LOOK_AGAIN, |over| !*over);
    }
}
