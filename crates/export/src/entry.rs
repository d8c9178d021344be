//! One file of an export, and what is to be said of it.

use std::io::Read;

/// Longest name that is kept, characters.
const MOST_NAME: usize = 1_000;

/// What a walk through an export meets.
pub enum Entry<'a> {
    /// A file and its bytes, which need not be read.
    File(File<'a>),
    /// Something that is no file that could be read, and why.
    Unread(Problem),
}

/// A file.
pub struct File<'a> {
    /// Its name within the export, with `/` between folders.
    pub path: String,
    /// Its bytes from the first to the last, where they are not on the disk.
    pub bytes: &'a mut dyn Read,
}

/// What is wrong with a file or a whole export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which; as it is named in the export.
    pub path: String,
    /// What.
    pub what: Trouble,
}

/// Kinds of trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It has no bytes.
    Empty,
    /// Its name says sound, its bytes do not; what the decoder said.
    NotSound(String),
    /// It ends within something; what there is of it was heard.
    Cut,
    /// Damaged packets were left out.
    Damaged(u64),
    /// Sound of a kind that is not read.
    NotRead(&'static str),
    /// A document that may be a transcript and is not read, or not all of it.
    Document(&'static str),
    /// Its name says something else than sound; it was heard.
    WrongName,
    /// An archive in the archive; it was not opened.
    Nested,
    /// A symbolic link or hard link; it was not followed.
    Link,
    /// No file, folder or link.
    Special,
    /// Its name leads out of the archive. It was heard; nothing is written anywhere.
    Outside,
    /// Its name is not in UTF-8.
    Encoding,
    /// Its name has control characters, or characters that turn or hide their neighbours.
    Controls,
    /// Another file has the same name.
    Twice,
    /// So much is packed so small that it was left out.
    Bomb,
    /// Sound that has to be read at once and is too long for that.
    TooLong,
    /// It is encrypted, and there was no password.
    NoPassword,
    /// The password is wrong, or the bytes are damaged.
    WrongPassword,
    /// What the system or a decoder said.
    Failed(String),
    /// The archive breaks off or is damaged there; what came before was checked.
    Broken(String),
    /// There are more files than are checked.
    TooMany(u64),
    /// A list beside the recordings that cannot be understood.
    Sidecar(String),
}

impl Trouble {
    /// Whether the file's content was looked at all the same.
    pub fn was_read(&self) -> bool {
        matches!(
            self,
            Trouble::Cut
                | Trouble::Damaged(_)
                | Trouble::WrongName
                | Trouble::Outside
                | Trouble::Encoding
                | Trouble::Controls
                | Trouble::Twice
        )
    }
}

impl Trouble {
    /// What it means that bytes of an archive could not be read.
    pub(crate) fn of_bytes(e: &std::io::Error) -> Trouble {
        let said = e.to_string();
        match e.kind() {
            std::io::ErrorKind::InvalidData
                if ["HMAC", "authentication code"]
                    .iter()
                    .any(|part| said.contains(part)) =>
            {
                Trouble::WrongPassword
            }
            std::io::ErrorKind::UnexpectedEof => Trouble::Cut,
            _ => Trouble::Failed(said),
        }
    }
}

/// A name as it is in an archive, as text, and what is odd about it.
pub(crate) fn name(raw: &[u8], decoded: &str) -> (String, Vec<Trouble>) {
    let mut odd = Vec::new();
    if std::str::from_utf8(raw).is_err() {
        odd.push(Trouble::Encoding);
    }
    let path: String = decoded.replace('\\', "/").chars().take(MOST_NAME).collect();
    if path.chars().any(|c| c.is_control() || turns(c)) {
        odd.push(Trouble::Controls);
    }
    let drive = path.as_bytes().get(1) == Some(&b':');
    if path.starts_with('/') || drive || path.split('/').any(|part| part == "..") {
        odd.push(Trouble::Outside);
    }
    (path, odd)
}

/// Bidirectional controls and characters of no width.
fn turns(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_told() {
        let odd = |raw: &[u8]| name(raw, &String::from_utf8_lossy(raw)).1;
        assert!(odd("a/b \u{e4}.wav".as_bytes()).is_empty());
        assert_eq!(odd(b"a/../../b.wav"), [Trouble::Outside]);
        assert_eq!(odd(b"/etc/b.wav"), [Trouble::Outside]);
        assert_eq!(odd(b"C:\\b.wav"), [Trouble::Outside]);
        assert_eq!(odd(b"a\xff.wav"), [Trouble::Encoding]);
        assert_eq!(odd(b"a\x1b[2J.wav"), [Trouble::Controls]);
        assert_eq!(odd("a\u{202e}vaw.exe".as_bytes()), [Trouble::Controls]);
    }
}
