//! A person at a side's display: another window comes to the front, the app's is minimised, keys are pressed.
//!
//! Windows by the hints that window managers and apps have agreed upon (EWMH 1.5; ICCCM, sections 4.1.3.1 and
//! 4.1.4), keys by the extension XTEST. The display's server runs on the app's side, where the app can stop it:
//! a thread talks to it, and who waits for that thread waits no longer than [`ANSWER_WITHIN`].

use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask,
    KEY_PRESS_EVENT, KEY_RELEASE_EVENT, PropMode, Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::{DefaultStream, RustConnection};
use x11rb::wrapper::ConnectionExt as _;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        WM_CHANGE_STATE,
        WM_STATE,
        _NET_ACTIVE_WINDOW,
        _NET_CLIENT_LIST_STACKING,
    }
}

/// Time for everything that is done once.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Time that a window manager has for a change.
const CHANGE_WITHIN: Duration = Duration::from_millis(1_500);

/// How often is looked whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// States of a window (ICCCM, section 4.1.3.1).
const ICONIC: u32 = 3;

/// Who asks a window manager for something (EWMH, section "Source indication"): a person, by a pager.
const BY_A_PERSON: u32 = 2;

/// Windows of an app that are moved; a hostile one could have any number.
const WINDOWS_MAX: usize = 16;

/// The keysym of the key that is pressed: `a`.
const KEY: u32 = 0x61;

/// What a person does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Opens another window, as large as the screen. It comes to the front.
    Open,
    /// Closes it.
    Close,
    /// Brings it to the front.
    LookAway,
    /// Brings the app's window to the front.
    LookBack,
    /// Minimises all windows but that one.
    Minimise,
    /// Presses a key, and lets it go.
    Press,
}

/// A person at a display.
#[derive(Debug)]
pub struct Person {
    acts: Sender<Act>,
    done: Receiver<Result<(), String>>,
    /// Answers that did not come in time: what comes first is theirs.
    owed: usize,
}

impl Person {
    /// Sits down at the display whose server is behind `stream`.
    pub fn sit(stream: UnixStream) -> Person {
        let (acts, todo) = channel();
        let (tell, done) = channel();
        // It ends with the display, at the latest with the stage.
        thread::spawn(move || {
            let mut screen = Screen::open(stream).map_err(|e| e.to_string());
            for act in todo {
                let outcome = match &mut screen {
                    Ok(screen) => screen.act(act).map_err(|e| e.to_string()),
                    Err(why) => Err(why.clone()),
                };
                if tell.send(outcome).is_err() {
                    break;
                }
            }
        });
        Person {
            acts,
            done,
            owed: 0,
        }
    }

    /// Does something; why it could not be done.
    pub fn act(&mut self, act: Act) -> Result<(), String> {
        let gone = || "the display does not answer".to_owned();
        while self.owed > 0 && self.done.try_recv().is_ok() {
            self.owed -= 1;
        }
        if self.owed > 0 || self.acts.send(act).is_err() {
            return Err(gone());
        }
        match self.done.recv_timeout(ANSWER_WITHIN) {
            Ok(outcome) => outcome,
            Err(_) => {
                self.owed += 1;
                Err(gone())
            }
        }
    }
}

/// Why something could not be done at a display.
#[derive(Debug, thiserror::Error)]
enum ScreenError {
    #[error("the display: {0}")]
    Connect(#[from] ConnectError),
    #[error("the display: {0}")]
    Gone(#[from] ConnectionError),
    #[error("the display: {0}")]
    Refused(#[from] ReplyError),
    #[error("the display: {0}")]
    Id(#[from] ReplyOrIdError),
    #[error("the app has no window on the stage's display")]
    NoWindow,
    #[error("the window manager did not do it within {} ms", CHANGE_WITHIN.as_millis())]
    NotDone,
    #[error("the display's keyboard has no key for a letter")]
    NoKey,
    #[error("no other window was opened")]
    NotOpen,
}

struct Screen {
    x: RustConnection,
    root: Window,
    size: (u16, u16),
    atoms: Atoms,
    key: u8,
    other: Option<Window>,
}

impl Screen {
    fn open(stream: UnixStream) -> Result<Screen, ScreenError> {
        let no_io = |e| ScreenError::Connect(ConnectError::IoError(e));
        let (stream, _) = DefaultStream::from_unix_stream(stream).map_err(no_io)?;
        let x = RustConnection::connect_to_stream(stream, 0)?;
        let atoms = Atoms::new(&x)?.reply()?;
        let setup = x.setup();
        let (first, last) = (setup.min_keycode, setup.max_keycode);
        let (root, size) = {
            let screen = &setup.roots[0];
            let size = (screen.width_in_pixels, screen.height_in_pixels);
            (screen.root, size)
        };
        let keys = x.get_keyboard_mapping(first, last.saturating_sub(first).saturating_add(1))?;
        let keys = keys.reply()?;
        let each = usize::from(keys.keysyms_per_keycode).max(1);
        let is_it = |of: &[u32]| of.contains(&KEY);
        let at = keys.keysyms.chunks(each).position(is_it);
        let key = at.and_then(|at| u8::try_from(usize::from(first) + at).ok());
        Ok(Screen {
            root,
            size,
            atoms,
            key: key.ok_or(ScreenError::NoKey)?,
            other: None,
            x,
        })
    }

    fn act(&mut self, act: Act) -> Result<(), ScreenError> {
        match act {
            Act::Open => {
                let window = match self.other {
                    Some(window) => window,
                    None => self.create()?,
                };
                self.other = Some(window);
                self.x.map_window(window)?;
                self.activate(window)
            }
            Act::Close => {
                if let Some(window) = self.other.take() {
                    self.x.destroy_window(window)?;
                }
                Ok(self.x.sync()?)
            }
            Act::LookAway => self.activate(self.other.ok_or(ScreenError::NotOpen)?),
            Act::LookBack => {
                let theirs = self.theirs()?;
                // The topmost comes last, and stays in front.
                theirs.iter().try_for_each(|window| self.activate(*window))
            }
            Act::Minimise => {
                let theirs = self.theirs()?;
                theirs.iter().try_for_each(|window| self.minimise(*window))
            }
            Act::Press => {
                for kind in [KEY_PRESS_EVENT, KEY_RELEASE_EVENT] {
                    let none = x11rb::CURRENT_TIME;
                    self.x
                        .xtest_fake_input(kind, self.key, none, self.root, 0, 0, 0)?
                        .check()?;
                }
                Ok(())
            }
        }
    }

    fn create(&self) -> Result<Window, ScreenError> {
        let window = self.x.generate_id()?;
        let (width, height) = self.size;
        let paper = self.x.setup().roots[0].white_pixel;
        let looks = CreateWindowAux::new().background_pixel(paper);
        self.x.create_window(
            x11rb::COPY_DEPTH_FROM_PARENT,
            window,
            self.root,
            0,
            0,
            width,
            height,
            0,
            WindowClass::INPUT_OUTPUT,
            x11rb::COPY_FROM_PARENT,
            &looks,
        )?;
        let (name, text) = (AtomEnum::WM_NAME, AtomEnum::STRING);
        let to = PropMode::REPLACE;
        self.x
            .change_property8(to, window, name, text, b"another window")?;
        Ok(window)
    }

    /// The app's windows, the topmost last.
    fn theirs(&self) -> Result<Vec<Window>, ScreenError> {
        let mut all = self.windows(self.root, self.atoms._NET_CLIENT_LIST_STACKING)?;
        all.retain(|window| Some(*window) != self.other);
        let skip = all.len().saturating_sub(WINDOWS_MAX);
        match all.is_empty() {
            true => Err(ScreenError::NoWindow),
            false => Ok(all.split_off(skip)),
        }
    }

    fn activate(&self, window: Window) -> Result<(), ScreenError> {
        let asked = [BY_A_PERSON, x11rb::CURRENT_TIME, 0, 0, 0];
        self.ask(window, self.atoms._NET_ACTIVE_WINDOW, asked)?;
        self.until(|| {
            let active = self.windows(self.root, self.atoms._NET_ACTIVE_WINDOW)?;
            Ok(active.first() == Some(&window))
        })
    }

    fn minimise(&self, window: Window) -> Result<(), ScreenError> {
        self.ask(window, self.atoms.WM_CHANGE_STATE, [ICONIC, 0, 0, 0, 0])?;
        self.until(|| {
            let state =
                self.x
                    .get_property(false, window, self.atoms.WM_STATE, AtomEnum::ANY, 0, 2)?;
            let state = state.reply()?;
            let is = state.value32().and_then(|mut words| words.next());
            Ok(is == Some(ICONIC))
        })
    }

    /// Asks the window manager for something about a window.
    fn ask(&self, window: Window, what: Atom, data: [u32; 5]) -> Result<(), ScreenError> {
        let event = ClientMessageEvent::new(32, window, what, data);
        let to = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        self.x.send_event(false, self.root, to, event)?.check()?;
        Ok(())
    }

    fn windows(&self, of: Window, property: Atom) -> Result<Vec<Window>, ScreenError> {
        const WORDS_MAX: u32 = 1 << 12;
        let found = self
            .x
            .get_property(false, of, property, AtomEnum::WINDOW, 0, WORDS_MAX)?;
        let found = found.reply()?;
        Ok(found.value32().map_or_else(Vec::new, Iterator::collect))
    }

    fn until(&self, is_done: impl Fn() -> Result<bool, ScreenError>) -> Result<(), ScreenError> {
        let deadline = Instant::now() + CHANGE_WITHIN;
        while !is_done()? {
            if Instant::now() >= deadline {
                return Err(ScreenError::NotDone);
            }
            thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }
}
