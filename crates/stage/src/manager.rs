//! Whether a window manager runs on a display (Extended Window Manager Hints 1.5, `_NET_SUPPORTING_WM_CHECK`).
//!
//! A window that comes up while the manager starts can end up where nobody sees it, so it is waited for.

use std::os::unix::net::UnixStream;

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _};
use x11rb::rust_connection::{DefaultStream, RustConnection};

/// Whether one says so on the display whose server is behind `stream`; no where that does not answer.
pub fn is_there(stream: UnixStream) -> bool {
    says(stream).unwrap_or(false)
}

fn says(stream: UnixStream) -> Option<bool> {
    let (stream, _) = DefaultStream::from_unix_stream(stream).ok()?;
    let x = RustConnection::connect_to_stream(stream, 0).ok()?;
    let root = x.setup().roots.first()?.root;
    let check = x.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK").ok()?;
    let check = check.reply().ok()?.atom;
    let said = x.get_property(false, root, check, AtomEnum::WINDOW, 0, 1);
    Some(said.ok()?.reply().ok()?.value_len == 1)
}
