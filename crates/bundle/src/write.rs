use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use record::{Body, Manifest, MonotonicNs, Record, Source, write_line};
use stimulus::Seed;
use wire::pcapng;

use crate::mask::mask_packets;
use crate::names::{AUDIO, KEPT, LOG, LOGS, MANIFEST, PACKETS, SEAL, SEED};
use crate::seal::{Seal, SealError};

/// Writes a bundle. The one place where records get their number.
#[derive(Debug)]
pub struct Writer {
    dir: PathBuf,
    log: File,
    next_seq: u64,
    buffer: Vec<u8>,
}

/// Bytes of log that are gathered before they are written.
const BUFFER_BYTES: usize = 64 << 10;

impl Writer {
    /// Makes the folder and writes what must be there before the first sound: manifest and seed.
    pub fn create(dir: &Path, manifest: &Manifest, seed: &Seed) -> io::Result<Writer> {
        fs::create_dir_all(dir.join(LOGS))?;
        // What is recorded is the person's, and nobody else's until they hand it on.
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
        let mut secret = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(dir.join(SEED))?;
        secret.write_all(format!("{}\n", seed.to_hex()).as_bytes())?;
        let mut json = serde_json::to_vec_pretty(manifest)?;
        json.push(b'\n');
        fs::write(dir.join(MANIFEST), json)?;
        let log = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(dir.join(LOG))?;
        Ok(Writer {
            dir: dir.to_owned(),
            log,
            next_seq: 0,
            buffer: Vec::new(),
        })
    }

    /// Appends a record.
    pub fn push(&mut self, t: MonotonicNs, source: Source, body: Body) -> io::Result<()> {
        write_line(
            &Record {
                t,
                source,
                seq: self.next_seq,
                body,
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
        let file = OpenOptions::new()
            .append(true)
            .create_new(true)
            .open(self.dir.join(PACKETS))?;
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

    /// Masks secrets that stand in the open in the packet file.
    pub fn mask_packets(&self) -> io::Result<usize> {
        let path = self.dir.join(PACKETS);
        let mut bytes = fs::read(&path)?;
        let masked = mask_packets(&mut bytes);
        if masked > 0 {
            fs::write(&path, bytes)?;
        }
        Ok(masked)
    }

    /// Writes what was kept when payloads were dropped.
    pub(crate) fn kept(&self, json: &[u8]) -> io::Result<()> {
        fs::write(self.dir.join(KEPT), json)
    }

    /// Hashes every file into the seal. Nothing may be written afterwards.
    pub fn seal(mut self) -> Result<Seal, SealError> {
        let failed = |file: &str| {
            let file = file.to_owned();
            move |source| SealError::Write { file, source }
        };
        self.flush().map_err(failed(LOG))?;
        self.log.sync_all().map_err(failed(LOG))?;
        let seal = Seal::of(&self.dir)?;
        fs::write(self.dir.join(SEAL), seal.to_json()).map_err(failed(SEAL))?;
        Ok(seal)
    }
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
            fs::create_dir_all(&self.dir)?;
            let path = self.dir.join(name);
            let file = OpenOptions::new()
                .append(true)
                .create_new(true)
                .open(path)?;
            self.open.insert(name.to_owned(), file);
        }
        match self.open.get_mut(name) {
            Some(file) => file.write_all(data),
            None => Ok(()),
        }
    }
}
