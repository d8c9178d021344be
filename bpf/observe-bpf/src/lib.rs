//! Calls of an audited app, watched by BPF programs on library functions (uprobes): what its
//! libraries hand it from the microphone, and what it hands to libraries that encrypt.
//!
//! This runs with privilege, so it does little: it finds libraries, attaches probes, and passes
//! bytes on as [`tap::Frame`]s without looking at them. The one thing of an app's that it parses is
//! the symbol table of a mapped library ([`mod@elf`]).
//!
//! docs/tracing.md says what is watched and what cannot be seen.

pub mod abilities;
pub mod calls;
pub mod elf;
pub mod event;
pub mod find;
pub mod target;
pub mod watch;

pub use target::{Refused, Target};
pub use watch::{RING_BYTES, Watch};

/// The skeleton that libbpf-cargo writes.
#[allow(missing_docs, clippy::all, clippy::undocumented_unsafe_blocks)]
pub(crate) mod skel {
    include!(concat!(env!("OUT_DIR"), "/calls.skel.rs"));
}
