//! What a file is, by its name and its first bytes.

use crate::walk::Packed;

/// What a file is to this check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Sound that can be read; `long` where it can be read without being held as a whole.
    Sound { long: bool, named: bool },
    /// Sound that is not read, and what it is.
    NotRead(&'static str),
    /// A PDF, which may be the transcripts.
    Pdf,
    /// A name that says sound before bytes that do not.
    NotSound,
    /// An archive.
    Archive,
    /// Text that a layout may understand.
    Text,
    /// Anything else.
    Other,
}

/// Names of sound files end in one of these.
const SOUND: &[&str] = &[
    "wav", "wave", "flac", "ogg", "oga", "opus", "mp3", "m4a", "m4b", "mp4", "aac", "3gp", "amr",
    "awb",
];
/// Names of lists and transcripts.
const TEXT: &[&str] = &[
    "csv", "tsv", "json", "html", "htm", "txt", "xml", "eml", "mbox",
];
/// Names of archives that are recognised without their bytes.
const ARCHIVES: &[&str] = &["zip", "tar", "gz", "tgz", "zst", "7z", "rar", "xz", "bz2"];

/// The part of a name behind its last dot, in small letters.
pub(crate) fn extension(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (_, extension) = name.rsplit_once('.').unwrap_or_default();
    extension.to_ascii_lowercase()
}

/// Decides.
pub(crate) fn kind(path: &str, first: &[u8]) -> Kind {
    let extension = extension(path);
    let named = SOUND.contains(&extension.as_str());
    let begins = |magic: &[u8]| first.starts_with(magic);
    let at = |offset: usize, magic: &[u8]| first.get(offset..offset + magic.len()) == Some(magic);
    let mpeg = match first {
        [0xFF, second, ..] => second & 0xE0 == 0xE0 && second & 0x06 != 0,
        _ => false,
    };
    let long = Kind::Sound { long: true, named };
    let wave = begins(b"RIFF") && at(8, b"WAVE");
    if wave || begins(b"fLaC") || begins(b"OggS") || begins(b"ID3") || mpeg && named {
        long
    } else if at(4, b"ftyp") {
        // Pictures and films come in the same box; of a film the sound is heard.
        match at(8, b"heic") || at(8, b"mif1") || at(8, b"avif") {
            true => Kind::Other,
            false => Kind::Sound { long: false, named },
        }
    } else if begins(b"#!AMR") {
        Kind::NotRead("AMR")
    } else if begins(b"FORM") && at(8, b"AIF") {
        Kind::NotRead("AIFF")
    } else if pdftext::is_pdf(first) {
        Kind::Pdf
    } else if begins(b"\x1A\x45\xDF\xA3") {
        Kind::NotRead("Matroska, WebM")
    } else if Packed::of(first).is_some() || ARCHIVES.contains(&extension.as_str()) {
        // Documents of offices are ZIP archives as well.
        match ["docx", "xlsx", "odt", "ods", "pptx", "jar", "apk", "epub"]
            .contains(&extension.as_str())
        {
            true => Kind::Other,
            false => Kind::Archive,
        }
    } else if begins(&[0xFF, 0xF1]) || begins(&[0xFF, 0xF9]) {
        long
    } else if named {
        Kind::NotSound
    } else if TEXT.contains(&extension.as_str()) {
        Kind::Text
    } else {
        Kind::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_before_names() {
        let wave = b"RIFF\0\0\0\0WAVEfmt ";
        assert_eq!(
            kind("a.wav", wave),
            Kind::Sound {
                long: true,
                named: true
            }
        );
        assert_eq!(
            kind("a.txt", wave),
            Kind::Sound {
                long: true,
                named: false
            }
        );
        assert_eq!(kind("a.wav", b"<html>"), Kind::NotSound);
        assert_eq!(kind("a.amr", b"#!AMR\n"), Kind::NotRead("AMR"));
        assert_eq!(kind("x/a.zip", b"PK\x03\x04"), Kind::Archive);
        assert_eq!(
            kind("a.m4a", b"\0\0\0\x20ftypM4A "),
            Kind::Sound {
                long: false,
                named: true
            }
        );
        assert_eq!(kind("a.heic", b"\0\0\0\x20ftypheic"), Kind::Other);
        assert_eq!(kind("list.CSV", b"a,b"), Kind::Text);
        assert_eq!(kind("letter.pdf", b"%PDF-1.7"), Kind::Pdf);
        assert_eq!(
            kind("a.mp3", &[0xFF, 0xFB, 0x90]),
            Kind::Sound {
                long: true,
                named: true
            }
        );
    }
}
