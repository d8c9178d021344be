//! HPACK's Huffman code (RFC 7541, appendix B). It is canonical: the lengths of the codes say it all.

/// Lengths in bits, by byte; the last is that of the end.
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
    30,
];

const LENGTH_MAX: usize = 30;

/// The codes of one length: the first, and where its symbols begin in [`Code::symbols`].
#[derive(Clone, Copy)]
struct OfLength {
    first: u32,
    n: u32,
    from: u32,
}

struct Code {
    lengths: [OfLength; LENGTH_MAX + 1],
    symbols: [u16; 257],
}

static CODE: Code = code();

const fn code() -> Code {
    let none = OfLength {
        first: 0,
        n: 0,
        from: 0,
    };
    let mut code = Code {
        lengths: [none; LENGTH_MAX + 1],
        symbols: [0; 257],
    };
    let (mut next, mut from) = (0u32, 0u32);
    let mut length = 1;
    while length <= LENGTH_MAX {
        next <<= 1;
        let mut n = 0;
        let mut symbol = 0;
        while symbol < 257 {
            if LENGTHS[symbol] as usize == length {
                code.symbols[(from + n) as usize] = symbol as u16;
                n += 1;
            }
            symbol += 1;
        }
        code.lengths[length] = OfLength {
            first: next,
            n,
            from,
        };
        next += n;
        from += n;
        length += 1;
    }
    code
}

/// `None` for what is no text in this code, or one longer than `most`.
pub(super) fn decode(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(most.min(bytes.len() * 8 / 5));
    let (mut word, mut length) = (0u32, 0);
    for bit in bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |n| byte >> n & 1))
    {
        word = word << 1 | u32::from(bit);
        length += 1;
        let of = CODE.lengths.get(length)?;
        let Some(index) = word.checked_sub(of.first).filter(|index| *index < of.n) else {
            continue;
        };
        let symbol = *CODE.symbols.get((of.from + index) as usize)?;
        // The end itself must not come.
        out.push(u8::try_from(symbol).ok()?);
        if out.len() > most {
            return None;
        }
        (word, length) = (0, 0);
    }
    // Filled up with the beginning of the end's code, less than a byte of ones.
    (length < 8 && word == (1 << length) - 1).then_some(out)
}
