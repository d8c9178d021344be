//! The side's own `/etc`: written by us where it names people and machines, and of the machine's only what
//! programs need to find their libraries, letters and sounds.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Component, Path};

use recipe::may_show_of_etc;
use serde::{Deserialize, Serialize};

use crate::installed::Installed;
use crate::net::INTERFACE;
use crate::ns::{self, NsError, doing};
use crate::trust::{self, Trusted};

/// What is shown of the machine's, where it is there. Private keys lie in none of these.
pub(crate) const OF_THE_MACHINE: &[&str] = &[
    // What the loader, the C library and "alternatives" look up.
    "ld.so.cache",
    "alternatives",
    "nsswitch.conf",
    "localtime",
    "services",
    "protocols",
    "os-release",
    // Whom TLS trusts: Debian's places, then Fedora's.
    "ssl/certs",
    "ssl/openssl.cnf",
    "ca-certificates",
    "pki/ca-trust",
    "pki/tls/certs",
    "crypto-policies",
    // Letters, sounds, buses, desktops.
    "fonts",
    "alsa",
    "asound.conf",
    "pulse",
    "pipewire",
    "wireplumber",
    "dbus-1",
    "xdg",
    "gtk-2.0",
    "gtk-3.0",
    "gtk-4.0",
];

/// Whose machine a side seems to be: nothing of it is the real one's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The machine's name: letters, digits and hyphens.
    pub host_name: String,
    /// 32 hexadecimal digits (machine-id(5)).
    pub machine_id: String,
    /// The user's name for people: letters, digits and blanks.
    pub real_name: String,
    /// The time zone, as `/usr/share/zoneinfo` calls it; absent where it is the machine's.
    pub time_zone: Option<String>,
    /// The hardware address of the network's interface, for programs that read it in `/sys`; absent where they see
    /// the machine's own interfaces there.
    pub mac: Option<String>,
    /// The serial number of a disk, for programs that read it in `/dev`; absent where there is none.
    pub disk_serial: Option<String>,
}

impl Default for Identity {
    /// One machine as good as another: its number is our name, in hexadecimal.
    fn default() -> Identity {
        Identity {
            host_name: "stage".to_owned(),
            machine_id: "6d75746570726f6f66207374616765aa".to_owned(),
            real_name: "user".to_owned(),
            time_zone: None,
            mac: None,
            disk_serial: None,
        }
    }
}

/// Where time zones are, and which of them is the side's.
pub const ZONES: &str = "/usr/share/zoneinfo";
const LOCAL_TIME: &str = "localtime";

const GROUP: &str = "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n";

/// `passwd` and `group`: the side's user beside those that every program expects.
pub(crate) fn accounts(real_name: &str) -> [(&'static str, String); 2] {
    let passwd = format!(
        "root:x:0:0:root:/root:/usr/sbin/nologin\n\
         user:x:1000:1000:{real_name}:/home/user:/bin/sh\n\
         nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
    );
    [("passwd", passwd), ("group", GROUP.to_owned())]
}

/// Makes `etc` in `root`. `resolver`: the name server that programs ask. `more`: what else is shown of the
/// machine's, by name. `trusted`: an authority that is trusted beside the machine's. `installed`: what is there for
/// this session alone.
pub(crate) fn make(
    root: &Path,
    identity: &Identity,
    resolver: &str,
    more: &[String],
    trusted: Option<&Trusted>,
    installed: Option<&Installed>,
) -> Result<(), NsError> {
    let Identity {
        host_name,
        machine_id,
        real_name,
        time_zone,
        mac: _,
        disk_serial: _,
    } = identity;
    let hosts = format!("127.0.0.1 localhost {host_name}\n::1 localhost ip6-localhost\n");
    let [host_name, machine_id] = [host_name, machine_id].map(|text| format!("{text}\n"));
    let etc = root.join("etc");
    doing("make /etc on the side", fs::create_dir_all(&etc))?;
    ns::mount_tmpfs(&etc, "mode=0755")?;
    let nameserver = format!("nameserver {resolver}\n");
    let own = [
        ("hosts", hosts),
        ("hostname", host_name),
        ("machine-id", machine_id),
        ("resolv.conf", nameserver),
    ];
    for (name, text) in accounts(real_name).into_iter().chain(own) {
        doing(
            format!("write /etc/{name}"),
            fs::write(etc.join(name), text),
        )?;
    }
    if let Some(zone) = time_zone {
        let file = format!("{ZONES}/{zone}");
        let link = symlink(file, etc.join(LOCAL_TIME));
        doing("set the side's time zone", link)?;
        let text = fs::write(etc.join("timezone"), format!("{zone}\n"));
        doing("write /etc/timezone", text)?;
    }
    let named = more.iter().map(String::as_str);
    for name in OF_THE_MACHINE.iter().copied().chain(named) {
        match trusted {
            Some(_) if name == trust::FOLDER => trust::copy_folder(&etc)?,
            _ if name == LOCAL_TIME && time_zone.is_some() => {}
            _ => show(&etc, name)?,
        }
    }
    if let Some(trusted) = trusted {
        trust::add(&etc, trusted)?;
    }
    if let Some(installed) = installed {
        installed.add_etc(&etc)?;
    }
    ns::set_read_only(&etc)
}

/// A disk's name in `dev`, which has its serial number in it. The disk itself is not there.
pub(crate) fn disk(dev: &Path, serial: &str) -> Result<(), NsError> {
    let disks = dev.join("disk/by-id");
    doing("make a folder for a disk", fs::create_dir_all(&disks))?;
    let link = disks.join(format!("ata-Disk_{serial}"));
    doing("name a disk", symlink("../../sda", link))
}

/// The side's own interface in `/sys`, in the place of the machine's: that folder is of the network in which
/// `/sys` was mounted.
pub(crate) fn interfaces(root: &Path, mac: &str) -> Result<(), NsError> {
    let folder = root.join("sys/class/net");
    if !folder.is_dir() {
        return Ok(());
    }
    ns::mount_tmpfs(&folder, "mode=0755")?;
    for (name, address, kind) in [(INTERFACE, mac, "1"), ("lo", "00:00:00:00:00:00", "772")] {
        let interface = folder.join(name);
        let made = fs::create_dir(&interface).and_then(|()| {
            fs::write(interface.join("address"), format!("{address}\n"))?;
            fs::write(interface.join("type"), format!("{kind}\n"))?;
            fs::write(interface.join("operstate"), "up\n")
        });
        doing("name an interface in /sys", made)?;
    }
    ns::set_read_only(&folder)
}

fn show(etc: &Path, name: &str) -> Result<(), NsError> {
    let (real, at) = (Path::new("/etc").join(name), etc.join(name));
    let Ok(meta) = fs::symlink_metadata(&real) else {
        return Ok(());
    };
    let parent = at.parent().unwrap_or(etc);
    doing("make a folder in /etc", fs::create_dir_all(parent))?;
    if meta.is_symlink() {
        let to = doing("read a link", fs::read_link(&real))?;
        return match stays(name, &to) {
            true => doing("make a link in /etc", symlink(to, &at)),
            false => Ok(()),
        };
    }
    match meta.is_dir() {
        true => doing("make a folder in /etc", fs::create_dir_all(&at))?,
        false if meta.is_file() => doing("make a file in /etc", fs::write(&at, ""))?,
        false => return Ok(()),
    }
    ns::bind_read_only(&real, &at)
}

/// Whether the link `/etc/name` leads to something that the side is shown anyhow.
fn stays(name: &str, to: &Path) -> bool {
    let mut place: Vec<String> = Vec::new();
    let from = Path::new("etc").join(name);
    let start = from.parent().filter(|_| to.is_relative());
    let parts = start.into_iter().flat_map(Path::components);
    for part in parts.chain(to.components()) {
        match part {
            Component::Normal(part) => place.push(part.to_string_lossy().into_owned()),
            Component::ParentDir => drop(place.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    match place.first().map(String::as_str) {
        Some("usr") => true,
        Some("etc") => may_show_of_etc(&place[1..].join("/")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_inside() {
        assert!(stays("os-release", Path::new("../usr/lib/os-release")));
        assert!(stays("localtime", Path::new("/usr/share/zoneinfo/UTC")));
        assert!(stays("alternatives/x", Path::new("../fonts/x")));
        assert!(!stays("x", Path::new("../var/lib/x")));
        assert!(!stays("x", Path::new("/etc/shadow")));
        assert!(!stays("x", Path::new("../../root/x")));
    }

    #[test]
    fn the_machine_s_id_is_one() {
        let id = Identity::default().machine_id;
        assert!(id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit()));
    }
}
