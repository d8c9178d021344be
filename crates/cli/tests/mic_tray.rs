//! The tray icon in a real panel (Xfce's), on a display of the test's own: seen in its pixels, clicked with
//! the mouse. With MUTEPROOF_TRAY_PNG, what was seen is written there: `cargo xtask mic-tray` does that.

mod common;
#[path = "../../mic/tests/session/mod.rs"]
mod session;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::program;
use session::{Kind, Running, Session, installed, until};

/// The display's size.
const SIZE: (usize, usize) = (320, 128);

/// A panel of one plugin, at the upper edge.
const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="length" type="uint" value="100"/>
      <property name="size" type="uint" value="32"/>
      <property name="icon-size" type="uint" value="24"/>
      <property name="plugin-ids" type="array"><value type="int" value="1"/></property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
  </property>
</channel>
"#;

/// A display whose picture is a file.
struct Display {
    _server: Running,
    name: String,
    picture: PathBuf,
}

impl Display {
    fn start(session: &Session) -> Display {
        let folder = session.path().join("display");
        fs::create_dir(&folder).unwrap();
        let screen = format!("{}x{}x24", SIZE.0, SIZE.1);
        let mut command = session.command("Xvfb");
        command
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                &screen,
                "-nolisten",
                "tcp",
                "-noreset",
            ])
            .arg("-fbdir")
            .arg(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = command.spawn().unwrap();
        let mut number = String::new();
        let out = server.stdout.take().unwrap();
        BufReader::new(out).read_line(&mut number).unwrap();
        Display {
            _server: Running(server),
            name: format!(":{}", number.trim()),
            picture: folder.join("Xvfb_screen0"),
        }
    }

    /// What is on it, three bytes a pixel (XWDFile.h: a header, colours, rows of blue, green, red, unused).
    fn picture(&self) -> Vec<[u8; 3]> {
        let bytes = fs::read(&self.picture).unwrap();
        let at = |field: usize| {
            let word = bytes[field * 4..][..4].try_into().unwrap();
            u32::from_be_bytes(word) as usize
        };
        let (header, width, height, row, colours) = (at(0), at(4), at(5), at(12), at(19));
        assert_eq!((width, height), SIZE);
        let rows = bytes[header + colours * 12..].chunks(row).take(height);
        let pixels = rows.flat_map(|row| row.chunks(4).take(width));
        pixels.map(|p| [p[2], p[1], p[0]]).collect()
    }

    /// How many pixels of a part are of that kind.
    fn count(&self, (x, y, w, h): (usize, usize, usize, usize), is: fn([u8; 3]) -> bool) -> usize {
        let picture = self.picture();
        let rows = (y..y + h).flat_map(|y| (x..x + w).map(move |x| y * SIZE.0 + x));
        rows.filter(|at| is(picture[*at])).count()
    }

    fn mouse(&self, session: &Session, x: usize, y: usize, button: &str) {
        let (x, y) = (x.to_string(), y.to_string());
        let done = session
            .command("xdotool")
            .env("DISPLAY", &self.name)
            .args(["mousemove", &x, &y, "click", button])
            .status()
            .unwrap();
        assert!(done.success());
    }
}

/// Where the panel puts the icon, and where the menu's line for switching comes.
const ICON: (usize, usize, usize, usize) = (0, 0, 32, 32);
const MENU: (usize, usize, usize, usize) = (30, 66, 80, 18);

fn green([r, g, b]: [u8; 3]) -> bool {
    g > 150 && r < 110 && b < 120
}

fn dark([r, g, b]: [u8; 3]) -> bool {
    r < 120 && g < 120 && b < 120
}

fn bright([r, g, b]: [u8; 3]) -> bool {
    r > 240 && g > 240 && b > 240
}

#[test]
#[ignore = "a panel's places and times are not ours: cargo xtask mic-tray runs it and makes the picture"]
fn a_panel_shows_the_verified_state_and_its_menu_switches() {
    for needed in ["Xvfb", "xfce4-panel", "xdotool", "dbus-daemon"] {
        if !installed(needed) {
            return common::skip(&format!("{needed} is not installed"));
        }
    }
    let Some(session) = Session::start(Kind::PulseAudio) else {
        return;
    };
    let folder = session
        .path()
        .join("config/xfce4/xfconf/xfce-perchannel-xml");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("xfce4-panel.xml"), PANEL).unwrap();
    let display = Display::start(&session);
    let mut panel = session.command("xfce4-panel");
    panel
        .arg("--disable-wm-check")
        .env("DISPLAY", &display.name)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let _panel = Running(panel.spawn().unwrap());
    let mut guard = session.command(program());
    guard.args(["mic", "guard"]).stdout(Stdio::null());
    let _guard = Running(guard.spawn().unwrap());
    until("the icon is in the panel", || {
        display.count(ICON, dark) > 20
    });
    assert_eq!(display.count(ICON, green), 0, "it is on");
    let mut seen = vec![display.picture()];
    let state = || {
        let said = session
            .command(program())
            .args(["mic", "status", "--json"])
            .output()
            .unwrap();
        let status: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
        status["verified"].as_str().unwrap().to_owned()
    };
    assert_eq!(state(), "on");
    let click = |seen: &mut Vec<Vec<[u8; 3]>>| {
        // Words on white; the display is black where no menu is.
        let shown = || display.count(MENU, bright) > 500 && display.count(MENU, dark) > 40;
        // A panel that has just put up the icon may not take the first click.
        for _ in 0..10 {
            display.mouse(&session, 12, 16, "3");
            if soon(shown) {
                break;
            }
        }
        assert!(shown(), "the menu is there");
        seen.push(display.picture());
        display.mouse(&session, 60, 75, "1");
        until("the menu is gone", || display.count(MENU, bright) == 0);
    };
    click(&mut seen);
    until("the icon is green and barred", || {
        display.count(ICON, green) > 20
    });
    assert_eq!(state(), "off");
    let mutes = session
        .contents()
        .iter()
        .filter(|l| *l == "Mute: yes")
        .count();
    assert_eq!(mutes, 2, "{:?}", session.contents());
    seen.push(display.picture());
    click(&mut seen);
    until("the icon is as before", || display.count(ICON, green) == 0);
    until("it is on again", || state() == "on");
    if let Some(path) = std::env::var_os("MUTEPROOF_TRAY_PNG") {
        fs::write(Path::new(&path), png(&seen)).unwrap();
    }
}

/// Whether something is so within three seconds.
fn soon(is: impl Fn() -> bool) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        if is() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Pictures one below the other, with a line between, as a PNG (ISO/IEC 15948).
fn png(pictures: &[Vec<[u8; 3]>]) -> Vec<u8> {
    let mut rows = Vec::new();
    for picture in pictures {
        for row in picture.chunks(SIZE.0).chain([&[[0x80; 3]; SIZE.0][..]]) {
            // No filter.
            rows.push(0);
            rows.extend(row.as_flattened());
        }
    }
    let height = pictures.len() * (SIZE.1 + 1);
    let mut header = Vec::new();
    header.extend((SIZE.0 as u32).to_be_bytes());
    header.extend((height as u32).to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut packed = flate2::read::ZlibEncoder::new(&rows[..], flate2::Compression::best());
    let mut data = Vec::new();
    packed.read_to_end(&mut data).unwrap();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", &header), (b"IDAT", &data), (b"IEND", &Vec::new())] {
        out.extend((data.len() as u32).to_be_bytes());
        let mut crc = flate2::Crc::new();
        crc.update(kind);
        crc.update(data);
        out.write_all(kind).unwrap();
        out.extend(data);
        out.extend(crc.sum().to_be_bytes());
    }
    out
}
