//! Tries to learn the schedule by every way but the microphone. Each line says how it went; an
//! audit's test reads them, and every one has to read `denied`.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A way to learn something, and what was learned.
type Attempt = (&'static str, fn() -> Result<String, String>);

const ATTEMPTS: [Attempt; 12] = [
    ("other sound servers", other_sound_servers),
    ("sinks that are not the app's", other_sinks),
    ("a module in the sound server", load_module),
    ("a node inside the sound server", load_node),
    ("volume events", volume_events),
    ("processes of the stage", foreign_processes),
    ("files of the bundle", bundle_files),
    ("the stage's folder", stage_folder),
    ("the stage's namespaces", stage_namespaces),
    ("memory of other processes", foreign_memory),
    ("packets of the interface", raw_packets),
    ("mounts under the view", unmount),
];

/// Runs all attempts.
pub fn snoop() {
    for (name, attempt) in ATTEMPTS {
        match attempt() {
            Ok(learned) => println!("snoop: {name}: LEARNED {learned}"),
            Err(why) => println!("snoop: {name}: denied ({why})"),
        }
    }
    println!("snoop: done");
}

fn pactl(args: &[&str]) -> Result<String, String> {
    let out = Command::new("pactl")
        .args(args)
        .output()
        .map_err(|e| format!("pactl: {e}"))?;
    match out.status.success() {
        true => Ok(String::from_utf8_lossy(&out.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&out.stderr).trim().to_owned()),
    }
}

fn learned(found: Vec<String>, else_say: &str) -> Result<String, String> {
    if found.is_empty() {
        Err(else_say.to_owned())
    } else {
        Ok(found.join(" "))
    }
}

/// Sockets in the file system and abstract ones that answer as another sound server.
fn other_sound_servers() -> Result<String, String> {
    let own = std::env::var("PULSE_SERVER").unwrap_or_default();
    let mut found = Vec::new();
    walk(Path::new("/"), 6, &mut |path| {
        let name = path.to_string_lossy();
        if name.ends_with("/native") && !own.ends_with(&*name) {
            found.push(name.into_owned());
        }
    });
    // Of the servers' own sockets, none may be bound in a network that the app sees.
    let unix = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    found.extend(
        unix.lines()
            .filter(|l| l.ends_with("/native"))
            // `__SO_ACCEPTCON`: it listens. The other end of the app's own connection is of the
            // app's network too, and bears the name of the app's own server.
            .filter(|l| l.split_whitespace().nth(3) == Some("00010000"))
            .map(str::to_owned),
    );
    learned(found, "only the app's own")
}

fn other_sinks() -> Result<String, String> {
    let sinks = pactl(&["list", "short", "sinks"])?;
    let known = ["spk", "mic_sink"];
    let others = sinks
        .lines()
        .filter_map(|l| l.split('\t').nth(1))
        .filter(|n| !known.contains(n));
    learned(
        others.map(str::to_owned).collect(),
        "only microphone and loudspeaker",
    )
}

fn load_module() -> Result<String, String> {
    pactl(&["load-module", "module-null-sink", "sink_name=mine"])
}

/// On PipeWire, a factory of the server's that loads a plugin there.
fn load_node() -> Result<String, String> {
    let pw_cli = |args: &[&str]| {
        let out = Command::new("timeout")
            .args(["3", "pw-cli"])
            .args(args)
            .output();
        let out = out.map_err(|e| format!("pw-cli: {e}"))?;
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    };
    let node = "{ factory.name=support.null-audio-sink node.name=snoop-made object.linger=true }";
    let _: Result<String, String> = pw_cli(&["create-node", "adapter", node]);
    match pw_cli(&["list-objects", "Node"])? {
        nodes if nodes.contains("snoop-made") => Ok("a node of its own".to_owned()),
        nodes if nodes.is_empty() => Err("there is no PipeWire".to_owned()),
        nodes => {
            let n = nodes.matches("node.name").count();
            Err(format!("{n} nodes afterwards, none of them its own"))
        }
    }
}

/// Two seconds of events: a volume that moved with the coins would be told here.
fn volume_events() -> Result<String, String> {
    let out = Command::new("timeout")
        .args(["2", "pactl", "subscribe"])
        .output();
    let out = out.map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let events = text
        .lines()
        .filter(|l| l.contains("'change'") && l.contains("sink"));
    learned(events.map(str::to_owned).collect(), "none came")
}

/// Processes that are neither the app's own nor those that every side has: folder in `/proc`, name.
fn foreign() -> Vec<(PathBuf, String)> {
    let known = [
        "exe",
        "dbus-daemon",
        "muteproof-speci",
        "pactl",
        "pw-cli",
        "timeout",
        "unshare",
    ];
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let named = entries.filter_map(|e| {
        let name = fs::read_to_string(e.path().join("comm")).ok()?;
        Some((e.path(), name.trim().to_owned()))
    });
    named
        .filter(|(_, name)| !known.contains(&&**name))
        .collect()
}

fn foreign_processes() -> Result<String, String> {
    learned(
        foreign().into_iter().map(|(_, name)| name).collect(),
        "none in sight",
    )
}

fn bundle_files() -> Result<String, String> {
    let mut found = Vec::new();
    walk(Path::new("/"), 8, &mut |path| {
        let names = ["session.jsonl", "packets.pcapng", "manifest.json"];
        let name = path.file_name().unwrap_or_default();
        let beside = path.with_file_name("session.jsonl").exists();
        if names.iter().any(|n| name == *n) && beside {
            found.push(path.display().to_string());
        }
    });
    learned(found, "no such file in sight")
}

fn stage_folder() -> Result<String, String> {
    let entries = fs::read_dir("/run/muteproof").map_err(|e| e.to_string())?;
    learned(
        entries
            .flatten()
            .map(|e| e.path().display().to_string())
            .collect(),
        "empty",
    )
}

/// Enters the namespaces of whatever lies above: the parent user namespace is not to be had.
fn stage_namespaces() -> Result<String, String> {
    // NS_GET_USERNS and NS_GET_PARENT, ioctl_ns(2).
    const NS_GET_USERNS: libc::c_ulong = 0xb701;
    const NS_GET_PARENT: libc::c_ulong = 0xb702;
    let net = fs::File::open("/proc/self/ns/net").map_err(|e| e.to_string())?;
    let user = fs::File::open("/proc/self/ns/user").map_err(|e| e.to_string())?;
    // SAFETY: plain requests on open descriptors; what they return is a descriptor or an error.
    let above = unsafe {
        [
            libc::ioctl(net.as_raw_fd(), NS_GET_USERNS),
            libc::ioctl(user.as_raw_fd(), NS_GET_PARENT),
        ]
    };
    for fd in above.into_iter().filter(|fd| *fd >= 0) {
        // SAFETY: as above.
        if unsafe { libc::setns(fd, libc::CLONE_NEWUSER) } == 0 {
            return Ok("entered the stage's user namespace".to_owned());
        }
    }
    Err(io::Error::last_os_error().to_string())
}

/// Some bytes out of any other process; on a stage there is at least the one that made the view.
fn foreign_memory() -> Result<String, String> {
    let mut why = "none in sight".to_owned();
    for dir in foreign()
        .into_iter()
        .map(|(dir, _)| dir)
        .chain([PathBuf::from("/proc/1")])
    {
        match some_memory(&dir) {
            Ok(n) => return Ok(format!("{n} bytes of {}", dir.display())),
            Err(e) => why = format!("{}: {e}", dir.display()),
        }
    }
    Err(why)
}

fn some_memory(process: &Path) -> io::Result<usize> {
    let maps = fs::read_to_string(process.join("maps"))?;
    let start = maps
        .split('-')
        .next()
        .and_then(|hex| u64::from_str_radix(hex, 16).ok());
    let start = start.ok_or_else(|| io::Error::other("no mapping in sight"))?;
    let mut bytes = [0; 16];
    fs::File::open(process.join("mem"))?.read_at(&mut bytes, start)
}

fn raw_packets() -> Result<String, String> {
    // SAFETY: plain system call.
    let fd = unsafe { libc::socket(libc::AF_PACKET, libc::SOCK_RAW, 0x0300) };
    if fd >= 0 {
        Ok("a packet socket".to_owned())
    } else {
        Err(io::Error::last_os_error().to_string())
    }
}

/// In a user namespace of its own, takes off what is mounted over the view.
fn unmount() -> Result<String, String> {
    let script =
        "for d in /proc /run /tmp /etc /usr /; do umount -l $d 2>/dev/null && echo $d; done";
    let out = Command::new("unshare")
        .args(["-Urm", "sh", "-c", script])
        .output();
    let out = out.map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&out.stdout).trim().to_owned();
    if text.is_empty() {
        Err("every mount is locked".to_owned())
    } else {
        Ok(text)
    }
}

/// Visits files, without following links and without the large folders of the system.
fn walk(dir: &Path, depth: u32, visit: &mut impl FnMut(&Path)) {
    let skip = ["/proc", "/sys", "/usr", "/lib", "/dev"];
    if depth == 0 || skip.iter().any(|s| dir == Path::new(s)) {
        return;
    }
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            walk(&path, depth - 1, visit);
        } else {
            visit(&path);
        }
    }
}
