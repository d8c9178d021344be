//! Finds libraries: the system's own ahead of time, the app's copies in its processes' maps.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc;

use crate::calls::is_library;
use crate::target::{Target, processes};

/// Where distributions keep libraries. A side of the stage shows the same files, so that these are
/// watched before the app starts.
const FOLDERS: [&str; 5] = ["/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64"];

/// Where each of these has PipeWire's own libjack, which `pw-jack` puts before the other one.
const OF_JACK: &str = "pipewire-0.3/jack";

/// A process whose size did not change has loaded nothing; every so many scans it is read anyway
/// (20 x 250 ms = 5 s).
const READ_ANYWAY: u32 = 20;

/// A file to look into.
#[derive(Debug)]
pub struct Found {
    /// As the process (or we) know it; for messages.
    pub shown: String,
    /// The file, open, or why not.
    pub file: Result<File, String>,
}

/// Remembers what was found already.
#[derive(Debug, Default)]
pub struct Finder {
    /// Files that were looked at: (device, inode).
    seen: HashSet<(u64, u64)>,
    /// Mappings that were looked at: (process, device and inode as text, path).
    mapped: HashSet<(u32, String)>,
    /// Sizes of processes at their last reading, and scans since.
    sizes: HashMap<u32, (String, u32)>,
}

impl Finder {
    /// The system's own libraries.
    pub fn of_the_system(&mut self) -> Vec<Found> {
        let mut folders: Vec<PathBuf> = FOLDERS.iter().map(PathBuf::from).collect();
        let multiarch = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
        let multiarch = multiarch.filter(|e| e.file_name().to_string_lossy().contains("-linux-"));
        folders.extend(multiarch.map(|e| e.path()));
        self.of_folders(&folders)
    }

    /// The libraries in these folders, and PipeWire's own libjack below each.
    fn of_folders(&mut self, folders: &[PathBuf]) -> Vec<Found> {
        let of_jack = folders.iter().map(|folder| folder.join(OF_JACK));
        let folders: Vec<PathBuf> = folders.iter().cloned().chain(of_jack).collect();
        let mut found = Vec::new();
        for entry in folders.iter().flat_map(fs::read_dir).flatten().flatten() {
            if !is_library(&entry.file_name().to_string_lossy()) {
                continue;
            }
            let Ok(path) = entry.path().canonicalize() else {
                continue;
            };
            if let Ok(file) = open(&path, |_| true)
                && self.is_new(&file)
            {
                found.push(Found {
                    shown: shown(&path.to_string_lossy()),
                    file: Ok(file),
                });
            }
        }
        found
    }

    /// What `target`'s processes have mapped since the last time.
    pub fn of_processes(&mut self, target: &Target) -> Vec<Found> {
        let mut found = Vec::new();
        let mut alive = HashSet::new();
        for process in processes().filter(|process| target.holds(process)) {
            let pid = process
                .file_name()
                .and_then(|n| n.to_str()?.parse().ok())
                .unwrap_or(0);
            alive.insert(pid);
            if self.has_changed(pid, &process) {
                self.of_process(pid, &process, &mut found);
            }
        }
        self.sizes.retain(|pid, _| alive.contains(pid));
        self.mapped.retain(|(pid, _)| alive.contains(pid));
        found
    }

    fn has_changed(&mut self, pid: u32, process: &Path) -> bool {
        let size = fs::read_to_string(process.join("statm")).unwrap_or_default();
        let size = size.split(' ').next().unwrap_or_default().to_owned();
        let last = self.sizes.entry(pid).or_default();
        last.1 += 1;
        let due = last.0 != size || last.1 >= READ_ANYWAY;
        if due {
            *last = (size, 0);
        }
        due
    }

    fn of_process(&mut self, pid: u32, process: &Path, found: &mut Vec<Found>) {
        let program = fs::read_link(process.join("exe")).unwrap_or_default();
        let maps = fs::read(process.join("maps")).unwrap_or_default();
        for line in String::from_utf8_lossy(&maps).lines() {
            let Some(mapping) = mapping(line) else {
                continue;
            };
            let path = mapping
                .path
                .strip_suffix(" (deleted)")
                .unwrap_or(mapping.path);
            let name = path.rsplit('/').next().unwrap_or_default();
            if !is_library(name) && Path::new(path) != program {
                continue;
            }
            // A line of `maps` names device, inode and path: the same one was looked at already.
            if !self
                .mapped
                .insert((pid, format!("{} {path}", mapping.inode)))
            {
                continue;
            }
            // First through the process's root; where that path leads elsewhere (deleted, or a
            // root within the root), through the mapping itself, which only root may.
            let by_path = process.join("root").join(path.trim_start_matches('/'));
            let by_mapping = process.join("map_files").join(mapping.range);
            let is_it = |meta: &Metadata| mapping.is_of(meta);
            let file = [by_path, by_mapping]
                .iter()
                .find_map(|at| open(at, is_it).ok());
            let file = file.ok_or_else(|| "its file cannot be opened".to_owned());
            if file.as_ref().is_ok_and(|file| !self.is_new(file)) {
                continue;
            }
            found.push(Found {
                shown: shown(path),
                file,
            });
        }
    }

    fn is_new(&mut self, file: &File) -> bool {
        let meta = file.metadata();
        meta.is_ok_and(|meta| meta.is_file() && self.seen.insert((meta.dev(), meta.ino())))
    }
}

/// Opens a file that the app may have put there, if it is regular and `is_it`. Both are asked before anything
/// is opened for reading: opening some files has effects (a FIFO lets its writer go on, a device wakes up).
fn open(path: &Path, is_it: impl Fn(&Metadata) -> bool) -> io::Result<File> {
    let flags = libc::O_PATH | libc::O_CLOEXEC;
    let place = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(path)?;
    let meta = place.metadata()?;
    if !meta.is_file() || !is_it(&meta) {
        return Err(io::Error::other("another file"));
    }
    let same = format!("/proc/self/fd/{}", place.as_raw_fd());
    let flags = libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
    OpenOptions::new().read(true).custom_flags(flags).open(same)
}

/// A path for a line of text: the app chooses its files' names.
fn shown(path: &str) -> String {
    path.chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}

/// A line of /proc/PID/maps.
struct Mapping<'a> {
    range: &'a str,
    /// Major and minor number of the device.
    device: (u64, u64),
    inode: u64,
    path: &'a str,
}

impl Mapping<'_> {
    /// Whether this is the mapped file. Filesystems without a device of their own (btrfs, overlays) show
    /// another number here than there: for those the inode has to do.
    fn is_of(&self, meta: &Metadata) -> bool {
        let (major, minor) = (
            u64::from(libc::major(meta.dev())),
            u64::from(libc::minor(meta.dev())),
        );
        let device = major == 0 || (major, minor) == self.device;
        device && meta.ino() == self.inode
    }
}

/// A mapping of a file that code is run from; see proc_pid_maps(5).
fn mapping(line: &str) -> Option<Mapping<'_>> {
    let mut fields = line.splitn(6, ' ');
    let (range, rights) = (fields.next()?, fields.next()?);
    let (_offset, device) = (fields.next()?, fields.next()?);
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    let device = device.split_once(':')?;
    let device = (hex(device.0)?, hex(device.1)?);
    let inode = fields.next()?.parse().ok()?;
    let path = fields.next()?.trim_start();
    (rights.contains('x') && path.starts_with('/')).then_some(Mapping {
        range,
        device,
        inode,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_with_code_are_taken() {
        let line = "7f1c-7f2c r-xp 00028000 fe:00 1183 \
                    /usr/lib/a b/libssl.so.3 (deleted)";
        let found = mapping(line).unwrap();
        assert_eq!((found.range, found.inode), ("7f1c-7f2c", 1183));
        assert_eq!(found.device, (0xfe, 0));
        assert_eq!(found.path, "/usr/lib/a b/libssl.so.3 (deleted)");
        for no in [
            "7f1c-7f2c r--p 00028000 fe:00 1183    /usr/lib/libssl.so.3",
            "7f1c-7f2c r-xp 00000000 00:00 0       [vdso]",
            "7f1c-7f2c rwxp 00000000 00:00 0 ",
            "",
        ] {
            assert!(mapping(no).is_none(), "{no}");
        }
    }

    /// A client that loads it registers its ports at once: found in its maps it would be found too late.
    #[test]
    fn pipewire_s_own_libjack_is_found_before_anybody_loads_it() {
        let folder = tempfile::tempdir().unwrap();
        let jack = folder.path().join(OF_JACK);
        fs::create_dir_all(&jack).unwrap();
        let files = [
            folder.path().join("libjack.so.0"),
            jack.join("libjack.so.0"),
        ];
        for file in &files {
            fs::write(file, "x").unwrap();
        }
        let found = Finder::default().of_folders(&[folder.path().to_owned()]);
        let found: Vec<&str> = found.iter().map(|f| f.shown.as_str()).collect();
        assert_eq!(found, files.each_ref().map(|file| file.to_str().unwrap()));
    }

    /// Who writes into a FIFO waits until somebody opens it: nobody was let go on.
    #[test]
    fn another_file_is_not_even_opened() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("libssl.so.3");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        assert!(open(&fifo, |_| true).is_err());
        let flags = libc::O_NONBLOCK;
        let writer = OpenOptions::new()
            .write(true)
            .custom_flags(flags)
            .open(&fifo);
        assert_eq!(writer.unwrap_err().raw_os_error(), Some(libc::ENXIO));
        let file = folder.path().join("file");
        fs::write(&file, "x").unwrap();
        let inode = fs::metadata(&file).unwrap().ino();
        assert!(open(&file, |meta| meta.ino() == inode).is_ok());
        assert!(open(&file, |meta| meta.ino() != inode).is_err());
    }

    #[test]
    fn names_cannot_write_on_the_terminal() {
        assert_eq!(shown("/a/\u{1b}[2Jlibssl.so"), "/a/?[2Jlibssl.so");
    }
}
