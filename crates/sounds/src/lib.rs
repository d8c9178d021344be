//! Labelled recordings for the attacker: files to samples, and libraries that say of every file whose
//! it is.
//!
//! A library is a folder with a `sounds.toml`. It lists each file with its label, the recording that it
//! comes from, the licence and the origin. Folders of others are imported into that form; nothing is
//! downloaded. Files are decoded by `symphonia` (WAV, FLAC, Ogg Vorbis, MP3, AAC) and `ropus` (Opus).
#![forbid(unsafe_code)]

mod decode;
mod error;
mod import;
mod library;
mod played;
mod recordings;
mod resample;

pub use decode::{Decoded, read, stream};
pub use error::Error;
pub use import::{SourceBy, esc, folders, synthetic};
pub use library::{Entry, Library, MANIFEST};
pub use played::{Playing, Recorded};
pub use recordings::Recording;
