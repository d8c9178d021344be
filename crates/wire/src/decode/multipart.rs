//! `multipart/form-data` (RFC 7578): parts between boundaries.

use super::{Answer, Out, Part};

/// A body that begins with its boundary, `--…` to the end of the line (RFC 2046, section 5.1.1).
pub(super) fn sniffed(bytes: &[u8], out: &mut Out) -> Answer {
    let Some(line) = bytes.strip_prefix(b"--") else {
        return Answer::NotMine;
    };
    let Some(len) = line.windows(2).take(72).position(|pair| pair == b"\r\n") else {
        return Answer::NotMine;
    };
    let boundary = &bytes[..len + 2];
    let mut rest = &line[len..];
    let mut opaque = 0;
    let mut n = 0;
    out.format("multipart");
    loop {
        let Some(part) = rest.strip_prefix(b"\r\n") else {
            // Behind the last boundary.
            let ends = rest.starts_with(b"--") && n > 0;
            return if ends {
                Answer::Certain(opaque)
            } else {
                Answer::NotMine
            };
        };
        let Some((end, next)) = end_of(part, boundary) else {
            return Answer::NotMine;
        };
        let Some(head) = find(&part[..end], b"\r\n\r\n") else {
            return Answer::NotMine;
        };
        let name = name(&part[..head]).unwrap_or_else(|| n.to_string());
        let body = &part[head + 4..end];
        out.keep(Part::Name, &part[..head]);
        opaque += out.under("", |out| {
            out.start("part ");
            out.push(&name);
            match std::str::from_utf8(body) {
                Ok(text) => out.text(text),
                Err(_) => out.content(body),
            }
        });
        n += 1;
        rest = &part[next..];
    }
}

/// Where a part ends and where the next begins.
fn end_of(part: &[u8], boundary: &[u8]) -> Option<(usize, usize)> {
    let mut from = 0;
    loop {
        let at = from + find(&part[from..], b"\r\n")?;
        if part[at + 2..].starts_with(boundary) {
            return Some((at, at + 2 + boundary.len()));
        }
        from = at + 2;
    }
}

fn name(head: &[u8]) -> Option<String> {
    let head = std::str::from_utf8(head).ok()?;
    let (_, after) = head.split_once("; name=\"")?;
    Some(after.split_once('"')?.0.to_owned())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
