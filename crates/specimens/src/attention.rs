//! What an app with a window can learn of who sits before it: whether they look at it, whether it is to be seen at
//! all, and for how long they have touched nothing.

use std::io;

use x11rb::connection::Connection;
use x11rb::protocol::screensaver::ConnectionExt as _;
use x11rb::protocol::xproto::{
    AtomEnum, ConnectionExt as _, CreateWindowAux, MapState, PropMode, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::kinds::Noise;

/// Bytes of a post's body; spaces behind the JSON fill it up.
const POST_LEN: usize = 120;

/// A window, and what is posted once a second.
pub struct Desk {
    x: RustConnection,
    root: Window,
    window: Window,
    tells: bool,
    posts: u64,
    noise: Noise,
}

impl Desk {
    /// Opens a window on the display; `tells`: whether what is learned there is posted.
    pub fn open(tells: bool) -> io::Result<Desk> {
        let (x, screen) = x11rb::connect(None).map_err(io::Error::other)?;
        let screen = &x.setup().roots[screen];
        let (root, paper) = (screen.root, screen.white_pixel);
        let window = x.generate_id().map_err(io::Error::other)?;
        let show = || -> Result<(), x11rb::errors::ReplyError> {
            x.create_window(
                x11rb::COPY_DEPTH_FROM_PARENT,
                window,
                root,
                0,
                0,
                480,
                320,
                0,
                WindowClass::INPUT_OUTPUT,
                x11rb::COPY_FROM_PARENT,
                &CreateWindowAux::new().background_pixel(paper),
            )?;
            let (name, text) = (AtomEnum::WM_NAME, AtomEnum::STRING);
            x.change_property8(PropMode::REPLACE, window, name, text, b"Specimen")?;
            x.map_window(window)?.check()
        };
        show().map_err(io::Error::other)?;
        Ok(Desk {
            x,
            root,
            window,
            tells,
            posts: 0,
            noise: Noise::new(),
        })
    }

    /// An HTTP request of constant length.
    pub fn post(&mut self) -> io::Result<Vec<u8>> {
        self.posts += 1;
        let jitter = self.noise.uniform();
        let learned = match self.tells {
            true => self.learned().map_err(io::Error::other)?,
            false => String::new(),
        };
        let body = format!(
            "{{\"seq\":{:8},\"jitter\":{jitter:10.5}{learned}}}",
            self.posts
        );
        Ok(format!(
            "POST /presence HTTP/1.1\r\nHost: peer\r\nContent-Type: application/json\r\n\
             Content-Length: {POST_LEN}\r\n\r\n{body:POST_LEN$}"
        )
        .into_bytes())
    }

    fn learned(&self) -> Result<String, x11rb::errors::ReplyError> {
        let focus = self.x.get_input_focus()?.reply()?.focus;
        let shown = self
            .x
            .get_window_attributes(self.window)?
            .reply()?
            .map_state;
        let idle = self.x.screensaver_query_info(self.root)?.reply()?;
        Ok(format!(
            ",\"focused\":{},\"shown\":{},\"idleMs\":{:8}",
            u8::from(focus == self.window),
            u8::from(shown == MapState::VIEWABLE),
            idle.ms_since_user_input
        ))
    }
}
