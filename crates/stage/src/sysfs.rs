//! What `/sys` says of this very machine: serial numbers and addresses, hidden from a side.
//!
//! `/sys` is the machine's own, as programs look there for what their libraries need of it. The kernel shows some
//! numbers in it that nobody else's machine has. Over each of these files lies another one: what was made up for the
//! session, where there is such a thing, else an empty one.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::etc::Identity;
use crate::ns::{self, NsError, doing};

/// What lies over a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    /// Nothing is in it.
    Empty,
    /// The made-up serial number of a disk.
    Serial,
    /// The same, as a page of a SCSI disk's data (SPC-4, "unit serial number").
    SerialPage,
    /// The made-up hardware address.
    Mac,
}

/// Files below `/sys`, `*` for any name. What is not there is passed over.
const FILES: &[(&str, Over)] = &[
    ("block/*/serial", Over::Serial),
    ("block/*/device/serial", Over::Serial),
    ("class/nvme/*/serial", Over::Serial),
    ("class/nvme-subsystem/*/serial", Over::Serial),
    ("bus/mmc/devices/*/serial", Over::Serial),
    ("block/*/device/vpd_pg80", Over::SerialPage),
    ("bus/scsi/devices/*/vpd_pg80", Over::SerialPage),
    ("block/*/wwid", Over::Empty),
    ("block/*/uuid", Over::Empty),
    ("block/*/nguid", Over::Empty),
    ("block/*/eui", Over::Empty),
    ("block/*/dm/uuid", Over::Empty),
    ("block/*/device/wwid", Over::Empty),
    ("block/*/device/vpd_pg83", Over::Empty),
    ("block/*/device/unique_id", Over::Empty),
    ("bus/scsi/devices/*/wwid", Over::Empty),
    ("bus/scsi/devices/*/vpd_pg83", Over::Empty),
    ("class/nvme/*/subsysnqn", Over::Empty),
    ("class/nvme/*/hostnqn", Over::Empty),
    ("class/nvme/*/hostid", Over::Empty),
    ("class/nvme-subsystem/*/subsysnqn", Over::Empty),
    ("bus/mmc/devices/*/cid", Over::Empty),
    ("bus/usb/devices/*/serial", Over::Empty),
    ("bus/thunderbolt/devices/*/unique_id", Over::Empty),
    ("class/power_supply/*/serial_number", Over::Empty),
    ("class/drm/*/edid", Over::Empty),
    // To root alone, who an app's user is where muteproof is started by root.
    ("class/dmi/id/product_serial", Over::Empty),
    ("class/dmi/id/product_uuid", Over::Empty),
    ("class/dmi/id/board_serial", Over::Empty),
    ("class/dmi/id/chassis_serial", Over::Empty),
    ("class/dmi/id/board_asset_tag", Over::Empty),
    ("class/dmi/id/chassis_asset_tag", Over::Empty),
    ("devices/soc*/serial_number", Over::Empty),
    ("firmware/devicetree/base/serial-number", Over::Empty),
    ("hypervisor/uuid", Over::Empty),
    // The machine's own interfaces, wherever their devices hang.
    ("class/net/*/address", Over::Mac),
];

/// Folders below `/sys` that are empty for a side: tables of the firmware, in which the same stands.
const FOLDERS: [&str; 4] = [
    "firmware/dmi",
    "firmware/acpi/tables",
    "firmware/efi/efivars",
    "firmware/qemu_fw_cfg",
];

/// Files that a pattern may lead to; no machine has so many disks.
const FOUND_MAX: usize = 4_096;

/// Lays other files over those in the side's `/sys`; `sources` is a folder that the side does not see.
pub(crate) fn hide(root: &Path, sources: &Path, identity: &Identity) -> Result<(), NsError> {
    let sys = root.join("sys");
    doing("make a folder on the stage", fs::create_dir_all(sources))?;
    let source = |over| -> Result<Option<PathBuf>, NsError> {
        let Some((name, text)) = text(over, identity) else {
            return Ok(None);
        };
        let at = sources.join(name);
        let written = fs::write(&at, text).and_then(|()| {
            let mode = fs::Permissions::from_mode(0o444);
            fs::set_permissions(&at, mode)
        });
        doing("write what /sys is to say", written)?;
        Ok(Some(at))
    };
    // Several patterns may lead to one file: the first counts.
    let mut over: BTreeMap<PathBuf, Over> = BTreeMap::new();
    for (pattern, what) in FILES {
        for file in found(&sys, pattern) {
            over.entry(file).or_insert(*what);
        }
    }
    for (file, what) in over {
        if let Some(source) = source(what)? {
            ns::bind_read_only(&source, &file)?;
        }
    }
    for folder in FOLDERS.map(|name| sys.join(name)) {
        if folder.is_dir() {
            ns::mount_tmpfs(&folder, "mode=0555")?;
            ns::set_read_only(&folder)?;
        }
    }
    Ok(())
}

/// The name of a file for it, and what is in it; nothing where the machine's own is to be seen.
fn text(over: Over, identity: &Identity) -> Option<(&'static str, Vec<u8>)> {
    let line = |text: &str| format!("{text}\n").into_bytes();
    let serial = identity.disk_serial.as_deref();
    match (over, serial) {
        (Over::Serial, Some(serial)) => Some(("serial", line(serial))),
        (Over::SerialPage, Some(serial)) => {
            let length = u16::try_from(serial.len()).unwrap_or(0).to_be_bytes();
            let page = [&[0, 0x80], &length[..], serial.as_bytes()].concat();
            Some(("page", page))
        }
        (Over::Mac, _) => Some(("address", line(identity.mac.as_deref()?))),
        (Over::Empty | Over::Serial | Over::SerialPage, _) => Some(("empty", Vec::new())),
    }
}

/// The files that a pattern leads to, each by its one place that is no link.
fn found(sys: &Path, pattern: &str) -> Vec<PathBuf> {
    let mut places = vec![sys.to_owned()];
    for part in pattern.split('/') {
        let within = |place: &PathBuf| -> Vec<PathBuf> {
            let Some((before, after)) = part.split_once('*') else {
                return vec![place.join(part)];
            };
            let entries = fs::read_dir(place).into_iter().flatten().flatten();
            let fits = entries.filter(|entry| {
                let name = entry.file_name();
                let name = name.to_string_lossy();
                name.len() >= part.len() - 1 && name.starts_with(before) && name.ends_with(after)
            });
            fits.map(|entry| entry.path()).collect()
        };
        places = places.iter().flat_map(within).take(FOUND_MAX).collect();
    }
    // By its one place, so that nothing is laid over what lies there already.
    let real = |place: PathBuf| place.canonicalize().ok().filter(|real| real.is_file());
    let mut found: Vec<PathBuf> = places.into_iter().filter_map(real).collect();
    found.retain(|file| file.starts_with(sys));
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_pattern_leads_to_files_by_their_one_place_and_never_outside() {
        let dir = tempfile::tempdir().unwrap();
        let sys = dir.path().canonicalize().unwrap().join("sys");
        for folder in ["block", "devices/pci0/vda", "devices/soc0"] {
            fs::create_dir_all(sys.join(folder)).unwrap();
        }
        fs::write(sys.join("devices/pci0/vda/serial"), "real").unwrap();
        fs::write(sys.join("devices/soc0/serial_number"), "real").unwrap();
        fs::write(dir.path().join("serial"), "elsewhere").unwrap();
        for (to, name) in [
            ("../devices/pci0/vda", "vda"),
            ("../devices/pci0/vda", "again"),
            ("../..", "outside"),
        ] {
            symlink(to, sys.join("block").join(name)).unwrap();
        }
        let vda = sys.join("devices/pci0/vda/serial");
        assert_eq!(found(&sys, "block/*/serial"), [vda]);
        let soc = sys.join("devices/soc0/serial_number");
        assert_eq!(found(&sys, "devices/soc*/serial_number"), [soc]);
        assert!(found(&sys, "class/dmi/id/board_serial").is_empty());
    }

    #[test]
    fn what_was_made_up_is_told_and_all_else_is_empty() {
        let identity = Identity {
            disk_serial: Some("BADOKI".into()),
            mac: None,
            ..Identity::default()
        };
        let of = |over| text(over, &identity).map(|(_, text)| text);
        assert_eq!(of(Over::Serial), Some(b"BADOKI\n".to_vec()));
        assert_eq!(of(Over::SerialPage), Some(b"\0\x80\0\x06BADOKI".to_vec()));
        assert_eq!(of(Over::Mac), None);
        assert_eq!(of(Over::Empty), Some(Vec::new()));
        let none = text(Over::Serial, &Identity::default());
        assert_eq!(none.map(|(_, text)| text), Some(Vec::new()));
    }
}
