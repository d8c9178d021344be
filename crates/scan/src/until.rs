use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long to wait for more before looking again: a file on a network file system tells nobody.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Until when files are followed that another program still writes, as `tail -f` does. All clones are the
/// same: whoever has one may end it.
#[derive(Debug, Clone, Default)]
pub struct Until(Arc<(Mutex<bool>, Condvar)>);

impl Until {
    /// From now on it is over: what was written until now is still read.
    pub fn end(&self) {
        let (over, changed) = &*self.0;
        *over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        changed.notify_all();
    }

    pub(crate) fn is_over(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits a moment, or until it is over.
    pub(crate) fn wait(&self) {
        let (over, changed) = &*self.0;
        let over = over.lock().unwrap_or_else(PoisonError::into_inner);
        // Whichever came, the file is looked at next.
        let _ = changed.wait_timeout_while(over, LOOK_AGAIN, |over| !*over);
    }
}
