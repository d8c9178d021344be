//! What a camera would see: a film for browsers that take a file in the place of a camera
//! (`--use-file-for-fake-video-capture`), in the format YUV4MPEG2 (yuv4mpeg(5)).
//!
//! Browsers play such a file from its beginning to its end and then again, so what is written over it is seen
//! within its length.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

/// Name of the file in the side's runtime folder.
pub(crate) const FILE: &str = "camera.y4m";

const WIDTH: usize = 160;
const HEIGHT: usize = 120;

/// A second of it.
const FRAMES: usize = 15;

/// Black, and no colour (ITU-R BT.601).
const BLACK: u8 = 16;
const COLOURLESS: u8 = 128;

/// The film. The app may write into it as well: then it sees what it wrote.
pub(crate) struct Picture {
    file: File,
}

impl Picture {
    /// Makes the file in a folder, before the app runs; it shows a dark picture.
    pub(crate) fn create(dir: &Path) -> io::Result<Picture> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o644);
        let mut picture = Picture {
            file: options.open(dir.join(FILE))?,
        };
        picture.show(false)?;
        Ok(picture)
    }

    /// Shows a picture that moves and is bright, or one that does neither.
    pub(crate) fn show(&mut self, moves: bool) -> io::Result<()> {
        self.file.write_all_at(&film(moves), 0)
    }
}

fn film(moves: bool) -> Vec<u8> {
    let mut film =
        format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FRAMES}:1 Ip A1:1 C420jpeg\n").into_bytes();
    // Any numbers without a pattern: what encoders of films have most to say of.
    let mut state = 1u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for _ in 0..FRAMES {
        film.extend(b"FRAME\n");
        for _ in 0..WIDTH * HEIGHT {
            let bright = noise() | 0x40;
            film.push(if moves { bright } else { BLACK });
        }
        film.extend([COLOURLESS; WIDTH * HEIGHT / 2]);
    }
    film
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_films_are_of_one_length_and_form() {
        let [still, moving] = [false, true].map(film);
        assert_eq!(still.len(), moving.len());
        let header = still.iter().position(|b| *b == b'\n').unwrap() + 1;
        let frame = b"FRAME\n".len() + WIDTH * HEIGHT * 3 / 2;
        assert_eq!(still.len(), header + FRAMES * frame);
        for film in [&still, &moving] {
            assert!(
                film[header..]
                    .chunks(frame)
                    .all(|f| f.starts_with(b"FRAME\n"))
            );
        }
        assert!(still[header..header + frame] == still[header + frame..header + 2 * frame]);
        assert!(moving[header..header + frame] != moving[header + frame..header + 2 * frame]);
    }

    #[test]
    fn a_film_is_written_over_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        let mut picture = Picture::create(dir.path()).unwrap();
        let seen = || std::fs::read(dir.path().join(FILE)).unwrap();
        assert!(seen() == film(false));
        picture.show(true).unwrap();
        assert!(seen() == film(true));
        picture.show(false).unwrap();
        assert!(seen() == film(false));
        // What lies there already is somebody else's.
        assert!(Picture::create(dir.path()).is_err());
    }
}
