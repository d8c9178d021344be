//! Files as they come: packed or not, cut, damaged, growing, or no files at all.

use std::fs::{self, File};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use scan::{Input, Scan, ScanError, Sink, Until, scan};
use wire::capture::{Captured, Format, Take};

/// Frames, each with where it lies as long as that can be looked up.
#[derive(Default)]
struct Frames {
    pending: Vec<(usize, Vec<u8>)>,
    all: Vec<Vec<u8>>,
}

impl<'b> Take<'b> for Frames {
    fn packet(&mut self, packet: Captured<'b>) {
        self.pending.push((packet.at, packet.data.to_vec()));
    }
}

impl Sink for Frames {
    fn flush(&mut self, bytes: &[u8]) {
        for (at, frame) in self.pending.drain(..) {
            assert_eq!(bytes[at..][..frame.len()], frame);
            self.all.push(frame);
        }
    }
}

/// Frames of many lengths; of some, no two fit in a buffer.
fn frames() -> Vec<Vec<u8>> {
    let len = |i: usize| match i % 900 {
        899 => 200_000,
        _ => i * 37 % 1_400,
    };
    (0..2_000).map(|i| vec![i as u8; 1 + len(i)]).collect()
}

fn pcap(frames: &[Vec<u8>]) -> Vec<u8> {
    let head = [0xA1B2_C3D4, 0x0004_0002, 0, 0, 262_144, 1];
    let mut out = head.map(u32::to_le_bytes).concat();
    for (i, frame) in frames.iter().enumerate() {
        let len = frame.len() as u32;
        let record = [1_700_000_000, i as u32, len, len];
        out.extend(record.map(u32::to_le_bytes).concat());
        out.extend_from_slice(frame);
    }
    out
}

fn read(path: &Path) -> (Vec<Vec<u8>>, Scan) {
    let mut frames = Frames::default();
    let found = scan(Input::open(path, None).unwrap(), &mut frames);
    (frames.all, found)
}

fn written(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn packed_or_not_a_file_holds_the_same() {
    let (dir, frames) = (tempfile::tempdir().unwrap(), frames());
    let plain = pcap(&frames);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let zstd = ruzstd::encoding::compress_to_vec(&plain[..], level);
    for (name, bytes) in [
        ("plain", plain.clone()),
        ("gzip", gzip.finish().unwrap()),
        ("zstd", zstd),
    ] {
        let (all, found) = read(&written(dir.path(), name, &bytes));
        assert!(all == frames, "{name}");
        let whole = Scan {
            format: Some(Format::Pcap),
            bytes: plain.len() as u64,
            ..Scan::default()
        };
        assert_eq!(found, whole, "{name}");
    }
}

#[test]
fn what_is_cut_or_damaged_is_told_and_the_rest_is_read() {
    let (dir, frames) = (tempfile::tempdir().unwrap(), frames());
    let whole = pcap(&frames);
    let (all, found) = read(&written(dir.path(), "cut", &whole[..whole.len() - 1]));
    let begin = whole.len() - 16 - frames[1_999].len();
    assert_eq!((all.len(), found.cut), (1_999, Some(begin as u64)));

    let mut damaged = whole.clone();
    damaged[24 + 8..24 + 12].fill(0xFF);
    let (all, found) = read(&written(dir.path(), "damaged", &damaged));
    let damage = &found.damages[0];
    let skipped = 16 + frames[0].len() as u64;
    assert_eq!((all.len(), damage.offset), (1_999, 32));
    assert_eq!((damage.skipped, found.cut), (Some(skipped), None));

    let (all, found) = read(&written(dir.path(), "empty", &[]));
    assert_eq!((all.len(), found.format, found.cut), (0, None, Some(0)));
    let (_, found) = read(&written(dir.path(), "text", b"no capture"));
    assert_eq!((found.format, found.damages.len()), (None, 1));

    // A packed file that ends early.
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    gzip.write_all(&whole).unwrap();
    let gzip = gzip.finish().unwrap();
    let (all, found) = read(&written(dir.path(), "gzip", &gzip[..gzip.len() / 2]));
    assert!(all.len() > 500 && all.len() < 1_500, "{}", all.len());
    let why = &found.damages[0].why;
    assert!(why.starts_with("it cannot be unpacked further: "), "{why}");
}

#[test]
fn a_file_that_grows_is_followed_until_it_is_over() {
    let (dir, frames) = (tempfile::tempdir().unwrap(), frames());
    let bytes = pcap(&frames);
    let path = written(dir.path(), "growing", &bytes[..1_000]);
    let until = Until::default();
    let input = Input::open(&path, Some(&until)).unwrap();
    let following = thread::spawn(move || {
        let mut frames = Frames::default();
        let found = scan(input, &mut frames);
        (frames.all, found)
    });
    // It may have read to the end by now, or not have begun.
    thread::sleep(Duration::from_millis(150));
    let mut growing = File::options().append(true).open(&path).unwrap();
    growing.write_all(&bytes[1_000..]).unwrap();
    until.end();
    let (all, found) = following.join().unwrap();
    assert!(all == frames && found.cut.is_none());

    let packed = written(dir.path(), "packed", &[0x1F, 0x8B, 8, 0]);
    let refused = Input::open(&packed, Some(&until)).err().unwrap();
    assert!(matches!(&refused, ScanError::FollowedPacked(path) if *path == packed));
    assert!(refused.to_string().contains("is packed: only plain"));
    let missing = Input::open(&dir.path().join("none"), None).err().unwrap();
    assert!(missing.to_string().starts_with("failed to read "));
}

#[test]
fn a_pipe_is_read_as_it_comes() {
    let frames = frames();
    let bytes = pcap(&frames);
    let (reader, mut writer) = std::io::pipe().unwrap();
    let writing = thread::spawn(move || writer.write_all(&bytes).unwrap());
    let path = format!("/proc/self/fd/{}", reader.as_raw_fd());
    let mut found = Frames::default();
    // Opened once more; the other end is the same.
    let input = Input::open(Path::new(&path), None).unwrap();
    scan(input, &mut found);
    writing.join().unwrap();
    assert!(found.all == frames);
}
