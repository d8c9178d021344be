//! Ctrl-C and its relatives: the person wants the run to end.

use std::ffi::c_int;
use std::io::{self, Read};
use std::os::fd::IntoRawFd;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// The writing end of the pipe that the handler tells.
static TELL: AtomicI32 = AtomicI32::new(-1);

/// Calls `f`, on a thread of its own, at every SIGINT, SIGTERM and SIGHUP from now on; a signal
/// that whoever started us had ignored (`nohup`, `&` in a script) stays ignored.
///
/// Handlers and not a blocked mask: a mask would be inherited by every program on the stage.
pub fn on_interrupt(mut f: impl FnMut(Signal) + Send + 'static) -> io::Result<()> {
    let (mut told, tell) = io::pipe()?;
    TELL.store(tell.into_raw_fd(), Ordering::Release);
    thread::spawn(move || {
        let mut byte = [0u8];
        while told.read_exact(&mut byte).is_ok() {
            if let Ok(signal) = Signal::try_from(c_int::from(byte[0])) {
                f(signal);
            }
        }
    });
    let action = SigAction::new(
        SigHandler::Handler(handle),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        // SAFETY: the handler makes one async-signal-safe call; see there.
        let before = unsafe { sigaction(signal, &action) }?;
        if matches!(before.handler(), SigHandler::SigIgn) {
            // SAFETY: puts back what was there.
            unsafe { sigaction(signal, &before) }?;
        }
    }
    Ok(())
}

extern "C" fn handle(signal: c_int) {
    let byte = [signal as u8];
    // SAFETY: write(2) is async-signal-safe (signal-safety(7)); the buffer outlives the call, and
    // the descriptor is never closed.
    unsafe { libc::write(TELL.load(Ordering::Acquire), byte.as_ptr().cast(), 1) };
}
