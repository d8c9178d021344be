//! The person's own display, for apps that a person drives: its socket and the right to use it, and
//! nothing else of the person's session.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::ns::{NsError, STAGE_DIR, doing};
use crate::os_path;
use crate::side::{SIDE_RUN, Side};

/// Where the stage keeps the Wayland socket, whose usual place is covered there.
const KEPT_WAYLAND: &str = "wayland";

/// Name of the file with the X server's cookie, in the side's runtime folder.
const COOKIE: &str = "Xauthority";

/// The display that the person looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Display {
    /// An X server.
    pub x11: Option<X11>,
    /// A Wayland compositor's socket.
    #[serde(with = "os_path::option")]
    pub wayland: Option<PathBuf>,
}

/// An X server that is reached by a socket file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct X11 {
    /// Its number.
    pub number: u32,
    /// The cookie file for it, made for this display alone; empty where the server wants none.
    pub cookie: Vec<u8>,
}

impl X11 {
    /// The socket of the display of this number.
    pub fn socket(number: u32) -> PathBuf {
        PathBuf::from(format!("/tmp/.X11-unix/X{number}"))
    }
}

impl Display {
    /// No display of a person's.
    pub fn none() -> Display {
        Display {
            x11: None,
            wayland: None,
        }
    }

    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        self.x11.is_some() || self.wayland.is_some()
    }

    /// The display that the environment names, or why it cannot be passed on.
    pub fn of(var: impl Fn(&str) -> Option<OsString>) -> Result<Display, String> {
        let text = |name: &str| var(name).filter(|v| !v.is_empty());
        let wayland = text("WAYLAND_DISPLAY").and_then(|name| {
            let name = PathBuf::from(name);
            // An absolute name joins to itself.
            let socket = PathBuf::from(text("XDG_RUNTIME_DIR").unwrap_or_default()).join(name);
            is_socket(&socket).then_some(socket)
        });
        let x11 = text("DISPLAY").map(|display| {
            let display = display.to_string_lossy().into_owned();
            let number = number(&display).ok_or(format!(
                "the display {display} is not on this machine, so it cannot be shown to the app"
            ))?;
            let socket = X11::socket(number);
            if !is_socket(&socket) {
                let socket = socket.display();
                return Err(format!("the display {display} has no socket {socket}"));
            }
            let home = || Some(PathBuf::from(text("HOME")?).join(".Xauthority"));
            let file = text("XAUTHORITY").map(PathBuf::from).or_else(home);
            let bytes = file.and_then(|file| fs::read(file).ok());
            let cookie = cookie_of(&bytes.unwrap_or_default(), number);
            Ok(X11 { number, cookie })
        });
        match (x11, wayland) {
            (None, None) => Err(
                "there is no display here: DISPLAY and WAYLAND_DISPLAY name none; \
                                 start it from a terminal in a graphical session"
                    .to_owned(),
            ),
            (Some(Err(why)), None) => Err(why),
            (x11, wayland) => Ok(Display {
                x11: x11.and_then(Result::ok),
                wayland,
            }),
        }
    }

    /// In words: `X11 :0, Wayland`.
    pub fn name(&self) -> String {
        let x11 = self.x11.as_ref().map(|x| format!("X11 :{}", x.number));
        let wayland = self.wayland.as_ref().map(|_| "Wayland".to_owned());
        let names: Vec<String> = x11.into_iter().chain(wayland).collect();
        names.join(", ")
    }

    /// What of it lies where the stage covers everything, and under which name it is kept there.
    pub fn kept(&self) -> Option<(&Path, &'static str)> {
        Some((self.wayland.as_deref()?, KEPT_WAYLAND))
    }

    /// What to show on the app's side: (on the stage, in the side's view).
    pub fn shown(&self) -> Vec<(PathBuf, PathBuf)> {
        let x11 = self.x11.iter().map(|x| {
            let socket = X11::socket(x.number);
            (socket.clone(), socket)
        });
        let wayland = self.wayland.iter().map(|_| {
            let kept = Path::new(STAGE_DIR).join(KEPT_WAYLAND);
            (kept, Path::new(SIDE_RUN).join("wayland-0"))
        });
        x11.chain(wayland).collect()
    }

    /// Tells what runs on the side of it.
    pub fn tell(&self, side: &mut Side) -> Result<(), NsError> {
        if let Some(x11) = &self.x11 {
            side.set_env("DISPLAY", &format!(":{}", x11.number));
            let file = side.run_dir().join(COOKIE);
            doing("write the display's cookie", fs::write(file, &x11.cookie))?;
            side.set_env("XAUTHORITY", &format!("{SIDE_RUN}/{COOKIE}"));
        }
        if self.wayland.is_some() {
            side.set_env("WAYLAND_DISPLAY", "wayland-0");
        }
        Ok(())
    }
}

fn is_socket(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|m| m.file_type().is_socket())
}

/// `:1.0` and `unix:1` are display 1; `host:1` is somewhere else.
fn number(display: &str) -> Option<u32> {
    let (host, rest) = display.rsplit_once(':')?;
    let number = rest.split('.').next()?;
    ["", "unix"].contains(&host).then(|| number.parse().ok())?
}

/// Of an Xauthority file (Xau(3)) the entries for one display on this machine, for whatever name the
/// machine has: family, then address, number, name and data, each behind its length.
fn cookie_of(file: &[u8], display: u32) -> Vec<u8> {
    /// A cookie for every host, and one for this machine by its name.
    const FAMILY_WILD: u16 = 65_535;
    const FAMILY_LOCAL: u16 = 256;
    fn field<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
        let (len, behind) = rest.split_first_chunk::<2>()?;
        let (field, behind) = behind.split_at_checked(u16::from_be_bytes(*len).into())?;
        *rest = behind;
        Some(field)
    }
    let mut kept = Vec::new();
    let mut rest = file;
    while let Some((family, behind)) = rest.split_first_chunk::<2>() {
        rest = behind;
        let family = u16::from_be_bytes(*family);
        let fields = [(); 4].map(|()| field(&mut rest));
        let [Some(_), Some(number), Some(name), Some(data)] = fields else {
            break;
        };
        let here = [FAMILY_WILD, FAMILY_LOCAL].contains(&family);
        let this = number.is_empty() || number == display.to_string().as_bytes();
        if here && this {
            kept.extend(FAMILY_WILD.to_be_bytes());
            // Without a number it is for every one: the display may be shown under another.
            for field in [&[][..], &[], name, data] {
                kept.extend((field.len() as u16).to_be_bytes());
                kept.extend(field);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn displays_on_this_machine_have_a_number() {
        assert_eq!([number(":1.0"), number("unix:12")], [Some(1), Some(12)]);
        assert_eq!([number("host:1"), number(":x"), number("")], [None; 3]);
    }

    fn entry(family: u16, address: &str, number: &str, data: &str) -> Vec<u8> {
        let mut bytes = family.to_be_bytes().to_vec();
        for field in [address, number, "MIT-MAGIC-COOKIE-1", data] {
            bytes.extend((field.len() as u16).to_be_bytes());
            bytes.extend(field.as_bytes());
        }
        bytes
    }

    #[test]
    fn only_the_cookie_of_this_display_is_passed_on() {
        let file = [
            entry(256, "desk", "0", "zero"),
            entry(256, "desk", "1", "one"),
            entry(0, "\x0a\x00\x00\x01", "0", "far"),
        ];
        let kept = cookie_of(&file.concat(), 0);
        assert_eq!(kept, entry(65_535, "", "", "zero"));
        // Cut anywhere, it gives whole entries or nothing.
        for len in 0..file[0].len() {
            assert!(cookie_of(&file[0][..len], 0).is_empty());
        }
    }

    #[test]
    fn a_display_is_named_by_the_environment_or_missing_in_words() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("wayland-7");
        let _listener = UnixListener::bind(&socket).unwrap();
        let runtime = dir.path().to_owned();
        let display = Display::of(|name| match name {
            "WAYLAND_DISPLAY" => Some("wayland-7".into()),
            "XDG_RUNTIME_DIR" => Some(runtime.clone().into()),
            _ => None,
        });
        let display = display.unwrap();
        assert_eq!(display.name(), "Wayland");
        assert_eq!(display.kept(), Some((&*socket, KEPT_WAYLAND)));

        let none = Display::of(|_| None).unwrap_err();
        assert!(none.starts_with("there is no display here"), "{none}");
        let far = |name: &str| (name == "DISPLAY").then(|| "far:1".into());
        let far = Display::of(far).unwrap_err();
        assert!(far.contains("not on this machine"), "{far}");
    }
}
