//! A font of one letter, under a name that was drawn for the session: who lists the installed fonts tells that name.
//!
//! Tables are those without which FreeType reads no TrueType font (Microsoft's OpenType specification, version 1.9,
//! chapters of the same names).

/// Units of the square that letters are drawn in.
const EM: u16 = 1000;

/// A TrueType font of this family.
pub(crate) fn font(family: &str) -> Vec<u8> {
    // In the order of their names, as the directory has to be.
    assemble(&[
        (*b"cmap", cmap()),
        (*b"glyf", glyph()),
        (*b"head", head()),
        (*b"hhea", hhea()),
        (*b"hmtx", words(&[EM, 0, EM, 0])),
        // In half bytes: nothing is drawn for the first glyph, the box for the second.
        (*b"loca", words(&[0, 0, glyph().len() as u16 / 2])),
        (*b"maxp", maxp()),
        (*b"name", name(family)),
        (*b"post", post()),
    ])
}

fn words(values: &[u16]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_be_bytes()).collect()
}

/// `A` is the second glyph, nothing else is any.
fn cmap() -> Vec<u8> {
    let to_the_second = 1u16.wrapping_sub(b'A'.into());
    words(&[
        // One subtable: Windows, Unicode, at offset 12.
        0,
        1,
        3,
        1,
        0,
        12,
        // Format 4 of 32 bytes and two segments, the last of which ends the table.
        4,
        32,
        0,
        4,
        4,
        1,
        0,
        b'A'.into(),
        0xFFFF,
        0,
        b'A'.into(),
        0xFFFF,
        to_the_second,
        1,
        0,
        0,
    ])
}

/// A box: one contour of four points on the line.
fn glyph() -> Vec<u8> {
    let corner = EM / 2;
    let mut out = words(&[1, 0, 0, corner, corner, 3, 0]);
    out.extend([1; 4]);
    let back = 0u16.wrapping_sub(corner);
    out.extend(words(&[0, 0, corner, 0, 0, corner, 0, back]));
    out
}

fn head() -> Vec<u8> {
    let mut out = words(&[1, 0, 1, 0]);
    // The sum over all is left out, as readers do not ask for it; the magic number.
    out.extend([0, 0, 0, 0, 0x5F, 0x0F, 0x3C, 0xF5]);
    out.extend(words(&[0, EM]));
    // Made and changed at the beginning of time.
    out.extend([0; 16]);
    out.extend(words(&[0, 0, EM / 2, EM / 2, 0, 8, 2, 0, 0]));
    out
}

fn hhea() -> Vec<u8> {
    let mut out = words(&[1, 0, EM, 0, 0, EM]);
    out.extend([0; 22]);
    out.extend(words(&[2]));
    out
}

fn maxp() -> Vec<u8> {
    // Version 1.0, two glyphs, at most four points in one contour, two zones.
    words(&[1, 0, 2, 4, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0])
}

/// The names of family, style and both, for Windows in English.
fn name(family: &str) -> Vec<u8> {
    let texts = [(1, family), (2, "Regular"), (4, family), (6, family)];
    let mut out = words(&[0, texts.len() as u16, 6 + 12 * texts.len() as u16]);
    let mut strings = Vec::new();
    for (id, text) in texts {
        let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let (len, at) = (text.len() as u16, strings.len() as u16);
        out.extend(words(&[3, 1, 0x0409, id, len, at]));
        strings.extend(text);
    }
    out.extend(strings);
    out
}

fn post() -> Vec<u8> {
    // Version 3.0: glyphs have no names.
    let mut out = words(&[3, 0]);
    out.extend([0; 28]);
    out
}

fn assemble(tables: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let n = tables.len() as u16;
    let power = n.ilog2() as u16;
    let mut out = words(&[1, 0, n, 16 << power, power, 16 * n - (16 << power)]);
    let mut at = 12 + 16 * tables.len();
    let mut body = Vec::new();
    for (tag, table) in tables {
        let padded = table.len().next_multiple_of(4);
        let mut whole = table.clone();
        whole.resize(padded, 0);
        let quads = whole
            .chunks(4)
            .map(|q| u32::from_be_bytes([q[0], q[1], q[2], q[3]]));
        let sum = quads.fold(0u32, u32::wrapping_add);
        out.extend(tag);
        for value in [sum, at as u32, table.len() as u32] {
            out.extend(value.to_be_bytes());
        }
        at += padded;
        body.extend(whole);
    }
    out.extend(body);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_the_lengths_that_are_stated() {
        assert_eq!(cmap().len(), 12 + 32);
        assert_eq!(head().len(), 54);
        assert_eq!(hhea().len(), 36);
        assert_eq!(maxp().len(), 32);
        assert_eq!(post().len(), 32);
        assert_eq!(glyph().len() % 2, 0);
    }

    #[test]
    fn fontconfig_lists_it_by_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("one.ttf");
        std::fs::write(&file, font("Kobaserimo")).unwrap();
        let mut command = std::process::Command::new("fc-scan");
        let Ok(said) = command
            .args(["--format", "%{family} %{charset}"])
            .arg(&file)
            .output()
        else {
            eprintln!("skipped: fontconfig is not installed");
            return;
        };
        assert_eq!(String::from_utf8_lossy(&said.stdout), "Kobaserimo 41");
    }
}
