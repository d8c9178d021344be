//! Whom a TCP payload calls by name, in the open: a client's hello of TLS, or a request of HTTP/1.

use crate::tls;

/// The name of the server that the payload of one segment is addressed to: SNI (RFC 6066, section 3) or
/// `Host` (RFC 9110, section 7.2) without its port. Nothing where it lies in a later segment.
pub fn called(payload: &[u8]) -> Option<String> {
    let name = match payload {
        [22, 3, _, _, _, 1, _, _, _, hello @ ..] => tls::client_server_name(hello)?,
        [b'A'..=b'Z', ..] => host(payload)?,
        _ => return None,
    };
    let whole = name.bytes().all(|b| b.is_ascii_graphic()) && !name.is_empty();
    whole.then(|| name.to_ascii_lowercase())
}

fn host(payload: &[u8]) -> Option<&str> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut request = httparse::Request::new(&mut headers);
    // A head that goes on in the next segment has its host in front, as a rule.
    request.parse(payload).ok()?;
    request.version?;
    let host = headers
        .iter()
        .find(|h| h.name.eq_ignore_ascii_case("host"))?;
    let host = std::str::from_utf8(host.value).ok()?.trim();
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Some(name),
        _ => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_hellos_name_their_server() {
        let get = b"GET / HTTP/1.1\r\nHost: Example.test:8080\r\n\r\n";
        assert_eq!(called(get).as_deref(), Some("example.test"));
        assert_eq!(called(&get[..30]), None);
        assert_eq!(called(b"GET nothing at all"), None);
        // A hello (RFC 8446, section 4.1.2) with nothing but a name.
        let name = b"example.test";
        let mut extension = vec![0, 0, 0, name.len() as u8 + 5, 0, name.len() as u8 + 3, 0, 0];
        extension.push(name.len() as u8);
        extension.extend(name);
        let mut body = vec![3, 3];
        body.extend([0; 32]);
        body.extend([0, 0, 2, 0x13, 1, 1, 0, 0, extension.len() as u8]);
        body.extend(extension);
        let mut record = vec![22, 3, 1, 0, body.len() as u8 + 4, 1, 0, 0, body.len() as u8];
        record.extend(body);
        assert_eq!(called(&record).as_deref(), Some("example.test"));
        for len in 0..record.len() {
            let _ = called(&record[..len]);
        }
    }
}
