use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use record::{Body, Manifest, MonotonicNs, Record, Source, write_line};
use stimulus::Seed;
use wire::pcapng;

use crate::mask::{mask_log, mask_packets, masked};
use crate::names::{AUDIO, KEPT, LOG, LOGS, MANIFEST, PACKETS, SEAL, SEED};
use crate::seal::{Seal, SealError};

/// Writes a bundle. The one place where records get their number.
#[derive(Debug)]
pub struct Writer {
    dir: PathBuf,
    log: File,
    next_seq: u64,
    buffer: Vec<u8>,
    /// What is no secret, wherever it stands.
    planted: Vec<String>,
}

/// Bytes of log that are gathered before they are written.
const BUFFER_BYTES: usize = 64 << 10;

impl Writer {
    /// Makes the folder and writes what must be there before the first sound: manifest and seed.
    pub fn create(dir: &Path, manifest: &Manifest, seed: &Seed) -> io::Result<Writer> {
        // What is recorded is the person's, and nobody else's until they hand it on.
        fs::DirBuilder::new()
            .recursive(true)
            .mode(FOLDER)
            .create(dir.join(LOGS))?;
        for folder in [dir, &dir.join(LOGS)] {
            fs::set_permissions(folder, fs::Permissions::from_mode(FOLDER))?;
        }
        new_file(&dir.join(SEED))?.write_all(format!("{}\n", seed.to_hex()).as_bytes())?;
        let mut json = serde_json::to_vec_pretty(manifest)?;
        json.push(b'\n');
        new_file(&dir.join(MANIFEST))?.write_all(&json)?;
        let log = new_file(&dir.join(LOG))?;
        Ok(Writer {
            dir: dir.to_owned(),
            log,
            next_seq: 0,
            buffer: Vec::new(),
            planted: manifest.planted_values(),
        })
    }

    /// Appends a record.
    pub fn push(&mut self, t: MonotonicNs, source: Source, body: Body) -> io::Result<()> {
        write_line(
            &Record {
                t,
                source,
                seq: self.next_seq,
                body: masked(body),
            },
            &mut self.buffer,
        );
        self.next_seq += 1;
        if self.buffer.len() >= BUFFER_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Hands what was gathered to the file.
    pub fn flush(&mut self) -> io::Result<()> {
        let done = self.log.write_all(&self.buffer);
        self.buffer.clear();
        done
    }

    /// Starts the packet file.
    pub fn capture_file(
        &self,
        interface: &str,
        snaplen: u32,
        tool: &str,
    ) -> io::Result<CaptureFile> {
        let taken = "taken at the peer's end of the veth";
        self.capture_file_of(interface, snaplen, tool, taken)
    }

    /// Likewise; `taken` says where the packets come from.
    pub fn capture_file_of(
        &self,
        interface: &str,
        snaplen: u32,
        tool: &str,
        taken: &str,
    ) -> io::Result<CaptureFile> {
        let file = new_file(&self.dir.join(PACKETS))?;
        let section = pcapng::Section {
            application: tool.to_owned(),
            os: "Linux".to_owned(),
            comments: vec![taken.to_owned()],
        };
        let mut writer = pcapng::Writer::new(&section);
        let interface = writer.interface(interface, pcapng::LINK_ETHERNET, snaplen);
        let mut capture = CaptureFile {
            file,
            writer,
            interface,
        };
        capture.flush()?;
        Ok(capture)
    }

    /// The files of sound that was read; none is made before there is any.
    pub fn audio_files(&self) -> AudioFiles {
        AudioFiles {
            dir: self.dir.join(AUDIO),
            open: BTreeMap::new(),
        }
    }

    /// Writes what was kept when payloads were dropped.
    pub(crate) fn kept(&self, json: &[u8]) -> io::Result<()> {
        new_file(&self.dir.join(KEPT))?.write_all(json)
    }

    /// Masks secrets that stand in the open in packets and in what programs printed, gives every file to its
    /// owner alone, and hashes it into the seal. Nothing may be written afterwards.
    pub fn seal(mut self) -> Result<Seal, SealError> {
        let failed = |file: &str| {
            let file = file.to_owned();
            move |source| SealError::Write { file, source }
        };
        self.flush().map_err(failed(LOG))?;
        self.log.sync_all().map_err(failed(LOG))?;
        let planted: Vec<&[u8]> = self.planted.iter().map(String::as_bytes).collect();
        let packets = OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.dir.join(PACKETS));
        match packets {
            Ok(file) => mask_packets(&file, &planted).map_err(failed(PACKETS))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(failed(PACKETS)(e)),
        }
        mask_logs(&self.dir.join(LOGS)).map_err(failed(LOGS))?;
        own_alone(&self.dir).map_err(failed(SEAL))?;
        let seal = Seal::of(&self.dir)?;
        let written = new_file(&self.dir.join(SEAL));
        let written = written.and_then(|mut file| file.write_all(&seal.to_json()));
        written.map_err(failed(SEAL))?;
        Ok(seal)
    }
}

/// Modes of folders and files: their owner's and nobody else's.
const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;

/// A file that was not there.
fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create_new(true)
        .mode(FILE)
        .open(path)
}

/// Masks a log in place: what a program prints of one is cut off after some megabytes.
fn mask_file(path: &Path) -> io::Result<()> {
    let mut bytes = fs::read(path)?;
    match mask_log(&mut bytes) {
        0 => Ok(()),
        _ => fs::write(path, bytes),
    }
}

/// The folder is ours: who writes there is the stage, and no side sees it.
fn mask_logs(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            mask_file(&entry.path())?;
        }
    }
    Ok(())
}

/// Whatever else was put into the folder, by whatever way.
fn own_alone(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(FOLDER))?;
            own_alone(&entry.path())?;
        } else if kind.is_file() {
            fs::set_permissions(entry.path(), fs::Permissions::from_mode(FILE))?;
        }
    }
    Ok(())
}

/// The packet file of a bundle that is being written.
#[derive(Debug)]
pub struct CaptureFile {
    file: File,
    writer: pcapng::Writer,
    interface: u32,
}

impl CaptureFile {
    /// Appends a packet; `realtime_ns` is wall time, as the kernel stamps it.
    pub fn packet(&mut self, realtime_ns: u64, orig_len: u32, data: &[u8]) -> io::Result<()> {
        self.writer
            .packet(self.interface, realtime_ns, orig_len, data);
        if self.writer.pending() >= BUFFER_BYTES {
            self.flush()
        } else {
            Ok(())
        }
    }

    /// Appends lines of a TLS key log: they open connections anywhere in the file.
    pub fn tls_keys(&mut self, lines: &[u8]) -> io::Result<()> {
        self.writer.tls_keys(lines);
        self.flush()
    }

    /// Appends the counters of the capture.
    pub fn statistics(&mut self, realtime_ns: u64, received: u64, dropped: u64) -> io::Result<()> {
        self.writer
            .statistics(self.interface, realtime_ns, received, dropped);
        self.flush()
    }

    /// Hands what was gathered to the file.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.writer.take())
    }
}

/// The sound that an app read, one file a stream.
#[derive(Debug)]
pub struct AudioFiles {
    dir: PathBuf,
    open: BTreeMap<String, File>,
}

impl AudioFiles {
    /// Appends to the file of this name in the bundle's folder for sound.
    pub fn append(&mut self, name: &str, data: &[u8]) -> io::Result<()> {
        if !self.open.contains_key(name) {
            fs::DirBuilder::new()
                .recursive(true)
                .mode(FOLDER)
                .create(&self.dir)?;
            let file = new_file(&self.dir.join(name))?;
            self.open.insert(name.to_owned(), file);
        }
        match self.open.get_mut(name) {
            Some(file) => file.write_all(data),
            None => Ok(()),
        }
    }
}
