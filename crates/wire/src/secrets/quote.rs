//! Quotation marks as they stand in text that may lie inside of other text.

/// A quotation mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Quote {
    kind: Kind,
    /// Bytes that it takes.
    pub len: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// `"` or `'`, in text that lies so many strings deep: there as many backslashes stand before it as say
    /// so (0, 1, 3, 7).
    Mark { mark: u8, depth: u32 },
    /// As URLs and XML write it.
    Written(&'static [u8]),
}

const WRITTEN: [&[u8]; 6] = [b"%22", b"%27", b"&quot;", b"&apos;", b"&#34;", b"&#39;"];

/// Strings in strings that are looked into.
const DEPTH_MAX: u32 = 5;

impl Quote {
    /// The quotation mark that opens at `at`.
    pub(super) fn at(data: &[u8], at: usize) -> Option<Quote> {
        let rest = data.get(at..)?;
        let slashes = slashes(rest);
        if let Some(&mark @ (b'"' | b'\'')) = rest.get(slashes) {
            let depth = (0..=DEPTH_MAX).find(|depth| slashes == (1 << depth) - 1)?;
            return Some(Quote {
                kind: Kind::Mark { mark, depth },
                len: slashes + 1,
            });
        }
        let written = WRITTEN
            .into_iter()
            .find(|written| rest.starts_with(written))?;
        Some(Quote {
            kind: Kind::Written(written),
            len: written.len(),
        })
    }

    /// Where the mark lies that closes what opened before `from`.
    pub(super) fn end(self, data: &[u8], from: usize) -> Option<usize> {
        match self.kind {
            Kind::Written(written) => {
                let rest = data.get(from..)?;
                let at = rest.windows(written.len()).position(|w| w == written)?;
                Some(from + at)
            }
            Kind::Mark { mark, depth } => {
                let own = (1 << depth) - 1;
                let mut at = from;
                while at < data.len() {
                    let slashes = slashes(&data[at..]);
                    let behind = at + slashes;
                    // An even number of escaped backslashes may stand before it, one level up.
                    if data.get(behind) == Some(&mark) && slashes % (own * 2 + 2) == own {
                        return Some(behind - own);
                    }
                    // A mark of a level above ends the text that this one is part of.
                    if data.get(behind) == Some(&mark) && slashes < own {
                        return Some(at);
                    }
                    at = behind + 1;
                }
                None
            }
        }
    }
}

/// Backslashes at the beginning.
fn slashes(data: &[u8]) -> usize {
    data.iter().take_while(|&&b| b == b'\\').count()
}
