//! What a person does at a display: clicks and keys, as the display's server sees them.
//!
//! By raw events of the X Input Extension (XI2proto 2.2, "RawEvent"), which come whatever window is meant. A display
//! of the app's alone is watched, never a person's own.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{ConnectionExt as _, Device, EventMask, XIEventMask};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, EventMask as CoreMask, KeyButMask, MapState,
    Window,
};
use x11rb::rust_connection::{DefaultStream, RustConnection};

/// Time that the display has to say that it can be watched.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What is kept between two looks: nobody does more, and the display's server, which the app can be, could say any
/// number of things.
const INPUTS_MAX: usize = 1_000;

/// What a person does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A mouse button goes down at this place of the screen.
    Press {
        /// Pixels from the left edge.
        x: i32,
        /// Pixels from the upper edge.
        y: i32,
    },
    /// A key that says something by itself: a shortcut, Enter, by xdotool's names.
    Keys(String),
    /// A letter.
    Letter(char),
    /// The letter before it is taken back.
    Back,
}

/// A display that is watched.
#[derive(Debug)]
pub struct Watched {
    inputs: Receiver<(Instant, Input)>,
    shows: Arc<AtomicBool>,
}

/// Pixels of a window that somebody can see: some that nobody is to see have one.
const SEEN_FROM: u16 = 10;

impl Watched {
    /// Watches the display whose server is behind `stream`.
    pub fn of(stream: UnixStream) -> Result<Watched, String> {
        let (tell, inputs) = sync_channel(INPUTS_MAX);
        let (ready, is_ready) = channel();
        let shows = Arc::new(AtomicBool::new(false));
        let shown = shows.clone();
        // It ends with the display, at the latest with the stage.
        thread::spawn(move || match Server::open(stream) {
            Ok(server) => {
                let _ = ready.send(Ok(()));
                let _ = server.watch(&tell, &shown);
            }
            Err(why) => {
                let _ = ready.send(Err(why));
            }
        });
        match is_ready.recv_timeout(ANSWER_WITHIN) {
            Ok(Ok(())) => Ok(Watched { inputs, shows }),
            Ok(Err(why)) => Err(format!("the display cannot be watched: {why}")),
            Err(_) => Err("the display does not answer".to_owned()),
        }
    }

    /// Whether a window has come up by now.
    pub fn shows_a_window(&self) -> bool {
        self.shows.load(Ordering::Relaxed)
    }

    /// What was done since the last time, and when.
    pub fn inputs(&self) -> Vec<(Instant, Input)> {
        self.inputs.try_iter().collect()
    }
}

struct Server {
    x: RustConnection,
    root: Window,
    first: u8,
    each: usize,
    keysyms: Vec<u32>,
}

impl Server {
    fn open(stream: UnixStream) -> Result<Server, String> {
        let failed = |e: &dyn std::fmt::Display| e.to_string();
        let (stream, _) = DefaultStream::from_unix_stream(stream).map_err(|e| failed(&e))?;
        let x = RustConnection::connect_to_stream(stream, 0).map_err(|e| failed(&e))?;
        let root = x.setup().roots[0].root;
        let version = x.xinput_xi_query_version(2, 2).map_err(|e| failed(&e))?;
        version.reply().map_err(|e| failed(&e))?;
        let mask = EventMask {
            deviceid: Device::ALL_MASTER.into(),
            mask: vec![XIEventMask::RAW_BUTTON_PRESS | XIEventMask::RAW_KEY_PRESS],
        };
        let select = x.xinput_xi_select_events(root, &[mask]);
        let select = select.map_err(|e| failed(&e))?;
        select.check().map_err(|e| failed(&e))?;
        // Windows that come up.
        let told = ChangeWindowAttributesAux::new().event_mask(CoreMask::SUBSTRUCTURE_NOTIFY);
        let told = x.change_window_attributes(root, &told);
        let told = told.map_err(|e| failed(&e))?;
        told.check().map_err(|e| failed(&e))?;
        let (first, last) = (x.setup().min_keycode, x.setup().max_keycode);
        let count = last.saturating_sub(first).saturating_add(1);
        let keys = x.get_keyboard_mapping(first, count);
        let keys = keys.map_err(|e| failed(&e))?;
        let keys = keys.reply().map_err(|e| failed(&e))?;
        Ok(Server {
            root,
            first,
            each: usize::from(keys.keysyms_per_keycode).max(1),
            keysyms: keys.keysyms,
            x,
        })
    }

    /// Whether a window is there for somebody to see.
    fn is_seen(&self, window: Window) -> Option<bool> {
        let attributes = self.x.get_window_attributes(window).ok()?.reply().ok()?;
        let size = self.x.get_geometry(window).ok()?.reply().ok()?;
        let is_seen = size.width.min(size.height) >= SEEN_FROM;
        Some(attributes.map_state == MapState::VIEWABLE && is_seen)
    }

    /// Tells what is done until the display has gone, or nobody listens any more.
    fn watch(&self, tell: &SyncSender<(Instant, Input)>, shown: &AtomicBool) -> Option<()> {
        let all = self.x.query_tree(self.root).ok()?.reply().ok()?.children;
        let seen = |window: Window| self.is_seen(window).unwrap_or(false);
        shown.store(all.into_iter().any(seen), Ordering::Relaxed);
        loop {
            let event = self.x.wait_for_event().ok()?;
            let at = Instant::now();
            let input = match event {
                Event::MapNotify(of) => {
                    shown.fetch_or(seen(of.window), Ordering::Relaxed);
                    None
                }
                Event::ConfigureNotify(of) => {
                    shown.fetch_or(seen(of.window), Ordering::Relaxed);
                    None
                }
                Event::XinputRawButtonPress(press) if (1..=3).contains(&press.detail) => {
                    let place = self.x.query_pointer(self.root).ok()?.reply().ok()?;
                    Some(Input::Press {
                        x: place.root_x.into(),
                        y: place.root_y.into(),
                    })
                }
                Event::XinputRawKeyPress(press) => {
                    let held = self.x.query_pointer(self.root).ok()?.reply().ok()?.mask;
                    self.key(press.detail, held)
                }
                _ => None,
            };
            let Some(input) = input else { continue };
            match tell.try_send((at, input)) {
                Ok(()) | Err(TrySendError::Full(_)) => {}
                Err(TrySendError::Disconnected(_)) => return None,
            }
        }
    }

    fn key(&self, code: u32, held: KeyButMask) -> Option<Input> {
        let row = usize::try_from(code).ok()?.checked_sub(self.first.into())?;
        let of = |column: usize| self.keysyms.get(row * self.each + column).copied();
        let has = |one: KeyButMask| u16::from(held) & u16::from(one) != 0;
        let (plain, shifted) = (of(0)?, of(1).filter(|&keysym| keysym != 0));
        let shift = has(KeyButMask::SHIFT);
        let keysym = if shift {
            shifted.unwrap_or(plain)
        } else {
            plain
        };
        let modifiers = [
            (KeyButMask::CONTROL, "ctrl"),
            (KeyButMask::MOD1, "alt"),
            (KeyButMask::MOD4, "super"),
        ];
        let held = modifiers.into_iter().filter(|(one, _)| has(*one));
        let held: Vec<&str> = held.map(|(_, name)| name).collect();
        named(plain, keysym, shift, &held)
    }
}

/// What a key means by its keysyms (X Window System Protocol, appendix A): by itself, and as it was pressed.
fn named(plain: u32, keysym: u32, shift: bool, held: &[&str]) -> Option<Input> {
    let letter = match keysym {
        0x20..=0x7e | 0xa0..=0xff => char::from_u32(keysym),
        0x0100_0100..=0x0110_ffff => char::from_u32(keysym - 0x0100_0000),
        _ => None,
    };
    let name = match plain {
        0x20 => "space".to_owned(),
        0x30..=0x39 | 0x61..=0x7a => char::from_u32(plain)?.to_string(),
        0xff0d | 0xff8d => "Return".to_owned(),
        0xff1b => "Escape".to_owned(),
        0xff09 => "Tab".to_owned(),
        0xff08 => "BackSpace".to_owned(),
        0xffbe..=0xffc9 => format!("F{}", plain - 0xffbd),
        _ => String::new(),
    };
    if held.is_empty() {
        return match (letter, name.as_str()) {
            (Some(letter), _) => Some(Input::Letter(letter)),
            (None, "BackSpace") => Some(Input::Back),
            (None, "") => None,
            (None, name) => Some(Input::Keys(name.to_owned())),
        };
    }
    let shift = shift.then_some("shift");
    let keys: Vec<&str> = held
        .iter()
        .copied()
        .chain(shift)
        .chain([name.as_str()])
        .collect();
    (!name.is_empty()).then(|| Input::Keys(keys.join("+")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_letters_or_have_names() {
        let keys = |name: &str| Some(Input::Keys(name.to_owned()));
        for (plain, keysym, shift, held, means) in [
            (0x61, 0x41, true, &[][..], Some(Input::Letter('A'))),
            (0x6d, 0x6d, false, &["ctrl"], keys("ctrl+m")),
            (0x6d, 0x4d, true, &["ctrl", "alt"], keys("ctrl+alt+shift+m")),
            (0xff0d, 0xff0d, false, &[], keys("Return")),
            (0xffc1, 0xffc1, false, &[], keys("F4")),
            (0xff08, 0xff08, false, &[], Some(Input::Back)),
            (0xfc, 0xfc, false, &[], Some(Input::Letter('ü'))),
            // A modifier by itself, and a key that has no name here.
            (0xffe3, 0xffe3, false, &[], None),
            (0xff50, 0xff50, false, &["ctrl"], None),
        ] {
            assert_eq!(
                named(plain, keysym, shift, held),
                means,
                "{plain:x} {held:?}"
            );
        }
    }
}
