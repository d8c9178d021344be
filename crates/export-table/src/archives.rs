//! Archives for measuring how long an export takes: many short clips, and one of very many bytes.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use dice::Dice;
use voices::RATE_HZ;

use crate::speakers::Speaker;

/// Bytes of a block of a tar archive.
const BLOCK: u64 = 512;
/// Bytes of one long file: recordings of a day, and something that is no sound.
const LONG: u64 = 2 << 30;

/// A tar archive of `clips` clips of so many seconds, mostly of the first speaker.
pub fn clips(speakers: &[Speaker], clips: usize, seconds: u32, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    let length = (seconds * RATE_HZ) as usize;
    for n in 0..clips {
        let mut dice = Dice::new(61, 0, n as u64);
        // One in twenty is of somebody else.
        let speaker = match n % 20 {
            0 => 1 + dice.below(speakers.len() - 1),
            _ => 0,
        };
        // Recordings one after the other, until the clip is full; no two clips are the same.
        let utterances = &speakers[speaker].utterances;
        let mut clip = Vec::with_capacity(length);
        while clip.len() < length {
            let whole = &utterances[dice.below(utterances.len())];
            let rest = &whole[dice.below(whole.len() / 2)..];
            clip.extend_from_slice(&rest[..rest.len().min(length - clip.len())]);
        }
        let data: Vec<u8> = clip
            .iter()
            .flat_map(|v| ((v * 32_767.0) as i16).to_le_bytes())
            .collect();
        let head = wave(data.len() as u32);
        let size = (head.len() + data.len()) as u64;
        out.write_all(&header(&format!("clip-{n:05}.wav"), size))?;
        out.write_all(&head)?;
        out.write_all(&data)?;
        out.write_all(&vec![
            0;
            size.next_multiple_of(BLOCK) as usize - size as usize
        ])?;
    }
    out.write_all(&[0; 2 * BLOCK as usize])?;
    out.into_inner()?.sync_all()
}

/// A tar archive of about so many bytes that takes next to no place: its long files, each second of them a
/// recording, are holes.
pub fn large(bytes: u64, path: &Path) -> io::Result<()> {
    let mut out = File::create(path)?;
    let mut at = 0;
    for n in 0..bytes.div_ceil(LONG) {
        let (name, head) = match n % 2 {
            0 => (format!("long-{n:03}.wav"), wave(LONG as u32 - 44)),
            _ => (format!("other-{n:03}.bin"), vec![1; 44]),
        };
        out.seek(SeekFrom::Start(at))?;
        out.write_all(&header(&name, LONG))?;
        out.write_all(&head)?;
        at += BLOCK + LONG;
    }
    out.set_len(at + 2 * BLOCK)
}

/// The header of a tar archive's file (POSIX.1-1988).
fn header(name: &str, size: u64) -> [u8; BLOCK as usize] {
    let mut block = [0; BLOCK as usize];
    let mut put =
        |at: usize, text: &str| block[at..at + text.len()].copy_from_slice(text.as_bytes());
    put(0, name);
    put(100, "0000644");
    put(108, "0000000");
    put(116, "0000000");
    put(124, &format!("{size:011o}"));
    put(136, "00000000000");
    // The sum is taken with blanks in its own place.
    put(148, "        ");
    put(156, "0");
    put(257, "ustar");
    put(263, "00");
    let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// The header of a WAV file with so many bytes of samples of 16 bits, one channel.
fn wave(bytes: u32) -> Vec<u8> {
    let mut out = b"RIFF".to_vec();
    out.extend((36 + bytes).to_le_bytes());
    out.extend(b"WAVEfmt ");
    for (value, size) in [
        (16, 4),
        (1, 2),
        (1, 2),
        (RATE_HZ, 4),
        (2 * RATE_HZ, 4),
        (2, 2),
        (16, 2),
    ] {
        out.extend(&value.to_le_bytes()[..size]);
    }
    out.extend(b"data");
    out.extend(bytes.to_le_bytes());
    out
}
