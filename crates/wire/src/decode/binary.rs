//! What CBOR and MessagePack have in common: one value that takes all of the slice.

use super::{Answer, Out, Part};

/// What of the slice was not read yet, and the bytes of unknown meaning in what was.
pub(super) struct Reader<'b> {
    rest: &'b [u8],
    opaque: usize,
}

/// Reads one value, told by fitting exactly: always unsure.
pub(super) fn whole<'b>(
    name: &'static str,
    bytes: &'b [u8],
    out: &mut Out,
    value: impl FnOnce(&mut Reader<'b>, &mut Out) -> Option<()>,
) -> Answer {
    out.format(name);
    out.start("$");
    let mut reader = Reader {
        rest: bytes,
        opaque: 0,
    };
    match value(&mut reader, out) {
        Some(()) if reader.rest.is_empty() => Answer::Unsure(reader.opaque),
        _ => Answer::NotMine,
    }
}

impl<'b> Reader<'b> {
    pub(super) fn take(&mut self, n: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(head)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A big-endian number of so many bytes.
    pub(super) fn uint(&mut self, n: usize) -> Option<u64> {
        let bytes = self.take(n)?.iter();
        Some(bytes.fold(0, |sum, &b| sum << 8 | u64::from(b)))
    }

    fn str(&mut self, len: u64) -> Option<&'b str> {
        std::str::from_utf8(self.take(usize::try_from(len).ok()?)?).ok()
    }

    pub(super) fn text(&mut self, len: u64, out: &mut Out) -> Option<()> {
        self.opaque += out.text(self.str(len)?);
        Some(())
    }

    pub(super) fn bytes(&mut self, len: u64, out: &mut Out) -> Option<()> {
        let bytes = self.take(usize::try_from(len).ok()?)?;
        self.opaque += out.content(bytes);
        Some(())
    }

    /// A member's name.
    pub(super) fn key(&mut self, len: u64) -> Option<&'b str> {
        self.str(len).filter(|key| !key.contains(char::is_control))
    }

    /// So many items, under the names that `key` reads or by number. Each takes a byte at least, so a
    /// made-up count ends soon.
    pub(super) fn items(
        &mut self,
        n: u64,
        key: Option<fn(&mut Self) -> Option<&'b str>>,
        value: fn(&mut Self, &mut Out) -> Option<()>,
        out: &mut Out,
    ) -> Option<()> {
        out.deeper(|out| {
            for index in 0..n {
                let at = out.path.len();
                match key {
                    Some(key) => {
                        let key = key(self)?;
                        out.keep(Part::Name, key.as_bytes());
                        out.push(".");
                        out.push(key);
                    }
                    None => out.push_index(usize::try_from(index).ok()?),
                }
                value(self, out)?;
                out.path.truncate(at);
                if out.limit.is_some() {
                    return None;
                }
            }
            Some(())
        })?
    }
}
