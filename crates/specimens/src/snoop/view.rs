//! Ways through what is in sight: files, sockets, mounts, namespaces, the network.

use std::fs;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::{Attempt, learned, walk};

pub const ATTEMPTS: &[Attempt] = &[
    ("the terminal", || opened(&["/dev/tty", "/dev/console"])),
    ("what the caller had open", inherited),
    ("files that only root may read", || {
        opened(&["/etc/shadow", "/etc/gshadow", "/etc/sudoers"])
    }),
    ("people's folders", people),
    ("logs and spools", || {
        listed(&["/var/log", "/var/spool", "/var/mail", "/boot"])
    }),
    ("serial numbers", serial_numbers),
    ("devices of the machine", devices),
    ("sockets of other services", foreign_sockets),
    ("sockets without a file", abstract_sockets),
    ("files of the bundle", bundle_files),
    ("the stage's folder", stage_folder),
    ("the stage's namespaces", stage_namespaces),
    ("mounts under the view", unmount),
    ("mounts over the view", || {
        in_own_namespaces("-Urm", "mount -t tmpfs none /run && echo mounted")
    }),
    ("another view of processes", other_processes),
    ("a copy of all mounts", copy_of_mounts),
    ("a root above the root", above_the_root),
    ("packets of the interface", || {
        socket(libc::AF_PACKET, 0x0300)
    }),
    ("packets of one's own making", || {
        socket(libc::AF_INET, libc::IPPROTO_RAW)
    }),
    ("the machine below", machine_below),
    ("an address of the internet", internet),
];

fn opened(files: &[&str]) -> Result<String, String> {
    let open = files.iter().find(|file| fs::File::open(file).is_ok());
    open.map(|file| (*file).to_owned())
        .ok_or_else(|| "none can be opened".to_owned())
}

fn listed(folders: &[&str]) -> Result<String, String> {
    let found = folders
        .iter()
        .filter(|at| fs::read_dir(at).is_ok_and(|mut within| within.next().is_some()));
    learned(
        found.map(|at| (*at).to_owned()).collect(),
        "empty or not there",
    )
}

/// Descriptors beyond the three, that lead to files.
fn inherited() -> Result<String, String> {
    let entries = fs::read_dir("/proc/self/fd").map_err(|e| e.to_string())?;
    let links = entries.flatten().filter_map(|entry| {
        let n: u32 = entry.file_name().to_str()?.parse().ok()?;
        let to = fs::read_link(entry.path()).ok()?;
        let own = to.starts_with("/proc") || to.starts_with("/dev/null") || !to.starts_with("/");
        (n > 2 && !own).then(|| format!("{n} -> {}", to.display()))
    });
    learned(links.collect(), "none")
}

/// Folders of people but the one that is said to be the app's.
fn people() -> Result<String, String> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let within = |at: &str| {
        fs::read_dir(at)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
    };
    let found = within("/home")
        .chain(within("/root"))
        .filter(|path| !Path::new(&home).starts_with(path));
    let found = found.filter(|path| !path.starts_with(&home));
    learned(
        found.map(|path| path.display().to_string()).collect(),
        "none but the app's own",
    )
}

fn serial_numbers() -> Result<String, String> {
    let files = [
        "product_serial",
        "product_uuid",
        "board_serial",
        "chassis_serial",
    ];
    let read = files
        .iter()
        .filter_map(|name| fs::read_to_string(format!("/sys/class/dmi/id/{name}")).ok());
    learned(
        read.map(|text| text.trim().to_owned()).collect(),
        "none can be read",
    )
}

/// What is in /dev but what every side has.
fn devices() -> Result<String, String> {
    let known = [
        "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
        "stdout", "tty", "urandom", "zero",
    ];
    let entries = fs::read_dir("/dev").into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    // A side has the name of a disk, and no disk.
    let is_known = |name: &String| known.contains(&&**name) || name == "disk" && !leads_to_a_disk();
    learned(
        names.filter(|name| !is_known(name)).collect(),
        "only those of every side",
    )
}

/// Whether any of the names of disks is one's.
fn leads_to_a_disk() -> bool {
    let mut any = false;
    for folder in fs::read_dir("/dev/disk").into_iter().flatten().flatten() {
        let mut names = fs::read_dir(folder.path()).into_iter().flatten().flatten();
        // Links are followed.
        any |= names.any(|name| name.path().exists());
    }
    any
}

/// Sockets outside of the app's own folders: buses, displays, agents, sound servers.
fn foreign_sockets() -> Result<String, String> {
    let own = ["XDG_RUNTIME_DIR", "HOME"].map(|name| std::env::var_os(name).unwrap_or_default());
    let named = [
        "PULSE_SERVER",
        "DBUS_SESSION_BUS_ADDRESS",
        "DBUS_SYSTEM_BUS_ADDRESS",
        "PIPEWIRE_REMOTE",
    ];
    let named = named.map(|name| std::env::var(name).unwrap_or_default());
    let display = std::env::var("DISPLAY").unwrap_or_default();
    let display = format!(
        "/tmp/.X11-unix/X{}",
        display
            .trim_start_matches(':')
            .split('.')
            .next()
            .unwrap_or_default()
    );
    let mut found = Vec::new();
    walk(Path::new("/"), 6, &mut |path| {
        let is_socket = fs::symlink_metadata(path).is_ok_and(|meta| meta.file_type().is_socket());
        let text = path.to_string_lossy();
        let mine = own
            .iter()
            .any(|dir| !dir.is_empty() && path.starts_with(dir))
            || named.iter().any(|name| name.contains(&*text))
            || text == display;
        if is_socket && !mine {
            found.push(text.into_owned());
        }
    });
    learned(found, "only the app's own")
}

/// Sockets with a name in no folder, on which somebody listens: they are of a network, not of a view.
fn abstract_sockets() -> Result<String, String> {
    let display = std::env::var("DISPLAY").unwrap_or_default();
    let display = format!("@/tmp/.X11-unix/X{}", display.trim_start_matches(':'));
    let unix = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let names = unix.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // `__SO_ACCEPTCON`: it listens.
        (fields.get(3) == Some(&"00010000")).then_some(*fields.get(7)?)
    });
    let others = names.filter(|name| name.starts_with('@') && *name != display);
    learned(others.map(str::to_owned).collect(), "none")
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

/// What a shell prints that has all rights in namespaces of its own (`which`, as unshare(1) names them).
fn in_own_namespaces(which: &str, script: &str) -> Result<String, String> {
    // What is asked is whether mounts can be changed, not whether their propagation can.
    let out = Command::new("unshare")
        .args([which, "--propagation", "unchanged", "sh", "-c", script])
        .output();
    let out = out.map_err(|e| e.to_string())?;
    match String::from_utf8_lossy(&out.stdout).trim() {
        "" => Err(String::from_utf8_lossy(&out.stderr)
            .lines()
            .next()
            .unwrap_or("nothing")
            .to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// Takes off what is mounted over the view.
fn unmount() -> Result<String, String> {
    in_own_namespaces(
        "-Urm",
        "for d in /proc /run /tmp /etc /usr /; do umount -l $d 2>/dev/null && echo $d; done",
    )
}

/// A `/proc` of its own, without the parts that may be hidden in the one that it was given.
fn other_processes() -> Result<String, String> {
    in_own_namespaces("-Urmpf", "mount -t proc proc /proc && echo /proc/[0-9]*")
}

/// open_tree(2): a descriptor of all mounts, from which what lies below could be had.
fn copy_of_mounts() -> Result<String, String> {
    const OPEN_TREE_CLONE: i64 = 1;
    const AT_RECURSIVE: i64 = 0x8000;
    let root = c"/".as_ptr();
    // SAFETY: a path that ends with NUL.
    let fd = unsafe {
        libc::syscall(
            libc::SYS_open_tree,
            libc::AT_FDCWD,
            root,
            OPEN_TREE_CLONE | AT_RECURSIVE,
        )
    };
    match fd {
        -1 => Err(io::Error::last_os_error().to_string()),
        fd => Ok(format!("descriptor {fd}")),
    }
}

/// The classical way out of a chroot: a root further down, while a descriptor stays above it, and up from there.
fn above_the_root() -> Result<String, String> {
    let before = fs::metadata("/").map_err(|e| e.to_string())?;
    let dir = std::env::temp_dir().join(format!("snoop-root-{}", std::process::id()));
    fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
    let up = "../".repeat(32);
    let script = format!(
        "exec 3</; cd /; unshare -r --root={0} true 2>/dev/null; cd /proc/self/fd/3/{up} && stat -Lc '%d %i' .",
        dir.display()
    );
    let out = Command::new("sh")
        .args(["-c", &script])
        .output()
        .map_err(|e| e.to_string());
    let _ = fs::remove_dir(&dir);
    let text = String::from_utf8_lossy(&out?.stdout).trim().to_owned();
    match text == format!("{} {}", before.dev(), before.ino()) || text.is_empty() {
        true => Err("there is none".to_owned()),
        false => Ok(text),
    }
}

fn socket(family: i32, protocol: i32) -> Result<String, String> {
    // SAFETY: plain system call.
    let fd = unsafe { libc::socket(family, libc::SOCK_RAW, protocol) };
    match fd >= 0 {
        true => Ok("a socket".to_owned()),
        false => Err(io::Error::last_os_error().to_string()),
    }
}

/// The hypervisor or the host of a virtual machine, which sees no namespaces: vsock(7).
fn machine_below() -> Result<String, String> {
    // SAFETY: plain calls; the address is as long as is said.
    unsafe {
        let fd = libc::socket(libc::AF_VSOCK, libc::SOCK_STREAM | libc::SOCK_NONBLOCK, 0);
        if fd < 0 {
            return Err(io::Error::last_os_error().to_string());
        }
        let mut address: libc::sockaddr_vm = std::mem::zeroed();
        address.svm_family = libc::AF_VSOCK as u16;
        address.svm_cid = libc::VMADDR_CID_HOST;
        address.svm_port = 22;
        let len = size_of::<libc::sockaddr_vm>() as u32;
        let said = libc::connect(fd, (&raw const address).cast(), len);
        let error = io::Error::last_os_error();
        libc::close(fd);
        match said == 0 || error.raw_os_error() == Some(libc::EINPROGRESS) {
            true => Ok("a way there".to_owned()),
            false => Err(error.to_string()),
        }
    }
}

/// Addresses for documentation (RFC 5737, 3849): nobody answers there, but a way there would not end at once.
fn internet() -> Result<String, String> {
    for to in ["198.51.100.1:443", "[2001:db8::1]:443"] {
        let to: SocketAddr = to.parse().map_err(|_| "no address")?;
        if TcpStream::connect_timeout(&to, Duration::from_millis(500)).is_ok() {
            return Ok(to.to_string());
        }
    }
    Err("none can be reached".to_owned())
}
