//! What a device's own system wrote down of who had the microphone, fetched or asked for when an `audit --beside` is
//! over.

use std::fs;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use import::MIC_LOG_MAX;
use miclog::Zone;
use report::Guide;

use crate::terminal::Screen;

/// Where adb's server listens, once somebody has started it.
const ADB: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 5_037);

/// A device that does not answer is not waited for longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Bytes of what adb says that are taken.
const ANSWER_MAX: u64 = 16 << 20;

/// What is written beside the capture.
const DUMP: &str = "dumpsys-audio.txt";

/// What Android wrote down, where adb's server runs already and knows one device: nothing is started, and no device
/// asked that the person did not connect by themselves.
pub fn by_adb(out: &Path) -> Option<PathBuf> {
    TcpStream::connect_timeout(&ADB, Duration::from_millis(200)).ok()?;
    let listed = answer(Command::new("adb").arg("devices"))?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let mut devices = listed.lines().filter_map(connected);
    let (Some(device), None) = (devices.next(), devices.next()) else {
        return None;
    };
    let dump = answer(Command::new("adb").args(["-s", device, "exec-out", "dumpsys", "audio"]))?;
    let path = out.join(DUMP);
    fs::write(&path, dump).ok()?;
    Some(path)
}

/// The device of a line of `adb devices`, where it may be asked.
fn connected(line: &str) -> Option<&str> {
    let (device, state) = line.split_once('\t')?;
    (state.trim() == "device").then_some(device)
}

/// What a program says, if it ends in time and well.
fn answer(command: &mut Command) -> Option<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let out = child.stdout.take()?;
    let (tell, told) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = out.take(ANSWER_MAX).read_to_end(&mut bytes);
        let _ = tell.send(bytes);
    });
    let bytes = told.recv_timeout(ANSWER_WITHIN).ok();
    let is_well = ends(&mut child, bytes.is_some());
    bytes.filter(|bytes| is_well && !bytes.is_empty())
}

/// Waits for a program that has said all; ends one that has not.
fn ends(child: &mut Child, said_all: bool) -> bool {
    if !said_all {
        let _ = child.kill();
    }
    child.wait().is_ok_and(|status| status.success())
}

/// Logs that can be read: that one, if there is one, and those that the person names.
pub fn asked(screen: &Screen, fetched: Option<PathBuf>) -> Vec<PathBuf> {
    let mut logs = Vec::new();
    if let Some(path) = fetched {
        match format(&path) {
            Ok(log) => {
                screen.say(&Guide::LogFetched { log });
                logs.push(path);
                return logs;
            }
            Err(why) => screen.say(&unread(&path.to_string_lossy(), &why)),
        }
    }
    let lines = screen.lines();
    screen.say(&Guide::AskLog);
    while let Ok(line) = lines.recv() {
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        let path = PathBuf::from(line);
        match format(&path) {
            Ok(log) => {
                screen.say(&Guide::LogRead { log });
                logs.push(path);
            }
            Err(why) => screen.say(&unread(line, &why)),
        }
    }
    logs
}

fn unread<'a>(path: &'a str, why: &'a str) -> Guide<'a> {
    Guide::LogUnread { path, why }
}

/// What log it is.
fn format(path: &Path) -> Result<&'static str, String> {
    let bytes = files::read(path, MIC_LOG_MAX).map_err(|e| e.to_string())?;
    let log = miclog::read(&bytes, &zone()).map_err(|e| e.to_string())?;
    Ok(log.format)
}

/// A device that stands beside this machine has the time of the same place.
fn zone() -> Zone {
    let now = jiff::Timestamp::now();
    Zone {
        east_s: east_s(),
        near_ns: u64::try_from(now.as_nanosecond()).unwrap_or(0),
        taken_ns: None,
    }
}

/// How far local time is east of UTC here, seconds.
pub fn east_s() -> i32 {
    jiff::Zoned::now().offset().seconds()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_devices_that_may_be_asked_are() {
        assert_eq!(connected("List of devices attached"), None);
        assert_eq!(connected("0123\tunauthorized"), None);
        assert_eq!(connected("0123\tdevice"), Some("0123"));
    }

    #[test]
    fn a_program_that_does_not_end_well_said_nothing() {
        let sh = |script: &str| answer(Command::new("sh").args(["-c", script]));
        assert_eq!(sh("echo it"), Some(b"it\n".to_vec()));
        assert_eq!(sh("echo it; exit 1"), None);
        assert_eq!(sh("true"), None);
        assert_eq!(answer(&mut Command::new("muteproof-none")), None);
    }
}
