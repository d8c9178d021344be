//! A listener on the own machine, asked what any website can have a browser ask it. Bounded in time and bytes:
//! what answers may be hostile. Nothing is unpacked and no redirection followed.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use record::{Bytes, WEBSITE_ORIGIN, WebAnswer, WebReply, WebRequest};

use crate::tls::{is_pause, shake_hands};

/// Time for a connection within the own machine.
const CONNECT_WITHIN: Duration = Duration::from_millis(500);

/// Time for a request and its answer.
const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);

/// A read returns after this long at most, so that an answer drop by drop has an end.
const READ_WITHIN: Duration = Duration::from_millis(100);

/// Longest answer that is read, bytes.
const READ_MAX: usize = 64 << 10;

/// Bytes of an answer that are kept.
const FIRST_MAX: usize = 64;

/// Longest value of a header that is kept, bytes.
const HEADER_MAX: usize = 200;

/// Headers of an answer that are read.
const HEADERS_MAX: usize = 100;

/// A key for WebSocket and the answer that it has to have: the example of RFC 6455, section 1.3.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const KEY_ANSWER: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// All requests, in the order in which they are made.
const REQUESTS: [WebRequest; 6] = [
    WebRequest::Simple,
    WebRequest::Image,
    WebRequest::Rebound,
    WebRequest::Preflight,
    WebRequest::PrivateNetwork,
    WebRequest::WebSocket,
];

/// After so many requests without an answer no further ones are made.
const UNANSWERED_MAX: usize = 2;

/// What a listener was asked, and what came back.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// By TLS, because it does not speak HTTP without.
    pub(crate) tls: bool,
    /// One for each request.
    pub(crate) answers: Vec<WebAnswer>,
}

/// Asks a listener, until `until` at the latest. Runs in the network where it listens.
pub(crate) fn ask(listener: SocketAddr, until: Instant) -> Asked {
    let to = match listener.ip().is_unspecified() {
        true => SocketAddr::from((Ipv4Addr::LOCALHOST, listener.port())),
        false => listener,
    };
    let plain = ask_all(to, until, &|socket, _| Ok(Box::new(socket)));
    // Where somebody speaks HTTP, plain, an answer says so; servers of TLS answer 400, an alert or nothing.
    let first = plain.answers.first().map(|answer| &answer.reply);
    let perhaps_tls = matches!(
        first,
        Some(WebReply::Http { status: 400, .. } | WebReply::Other { .. } | WebReply::Nothing)
    );
    if perhaps_tls && Instant::now() < until {
        let by_tls = ask_all(to, until, &|socket, until| {
            Ok(Box::new(shake_hands(socket, until)?))
        });
        let speaks = |answer: &WebAnswer| matches!(answer.reply, WebReply::Http { .. });
        if by_tls.answers.iter().any(speaks) {
            return Asked {
                tls: true,
                ..by_tls
            };
        }
    }
    plain
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// Makes a connection ready to be written to, until a moment.
type Begin<'a> = dyn Fn(TcpStream, Instant) -> io::Result<Box<dyn Stream>> + 'a;

fn ask_all(to: SocketAddr, until: Instant, begin: &Begin) -> Asked {
    let mut asked = Asked::default();
    for request in REQUESTS {
        let now = Instant::now();
        if now >= until {
            break;
        }
        let reply = match answer(to, request, until.min(now + ANSWER_WITHIN), begin) {
            Ok(bytes) => read_reply(&bytes),
            Err(e) => WebReply::NoConnection { why: e.to_string() },
        };
        asked.answers.push(WebAnswer { request, reply });
        let silent =
            |a: &WebAnswer| matches!(a.reply, WebReply::NoConnection { .. } | WebReply::Nothing);
        if asked.answers.len() == UNANSWERED_MAX && asked.answers.iter().all(silent) {
            break;
        }
    }
    asked
}

/// What comes back to one request; an error is one of the connection.
fn answer(
    to: SocketAddr,
    request: WebRequest,
    until: Instant,
    begin: &Begin,
) -> io::Result<Vec<u8>> {
    let socket = TcpStream::connect_timeout(&to, CONNECT_WITHIN)?;
    socket.set_read_timeout(Some(READ_WITHIN))?;
    socket.set_write_timeout(Some(READ_WITHIN))?;
    let mut stream = begin(socket, until)?;
    // It may have closed already, and said why before.
    let _ = stream.write_all(text(request, to).as_bytes());
    let _ = stream.flush();
    let mut bytes = Vec::new();
    let mut piece = [0; 4_096];
    while Instant::now() < until && bytes.len() < READ_MAX && !is_whole(&bytes) {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => bytes.extend(&piece[..n]),
            Err(e) if is_pause(&e) => {}
            Err(_) => break,
        }
    }
    Ok(bytes)
}

/// A request as a browser would write it.
fn text(request: WebRequest, to: SocketAddr) -> String {
    let (website, port) = (WEBSITE_ORIGIN.trim_start_matches("https://"), to.port());
    let from = |mode: &str, dest: &str| {
        format!(
            "Referer: {WEBSITE_ORIGIN}/\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: {mode}\r\n\
             Sec-Fetch-Dest: {dest}\r\n"
        )
    };
    let origin = format!("Origin: {WEBSITE_ORIGIN}\r\n");
    let wanted =
        "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\n";
    let (method, host, more) = match request {
        WebRequest::Simple => ("GET", to.to_string(), origin + &from("cors", "empty")),
        WebRequest::Image => ("GET", to.to_string(), from("no-cors", "image")),
        WebRequest::Preflight => (
            "OPTIONS",
            to.to_string(),
            origin + wanted + &from("cors", "empty"),
        ),
        WebRequest::PrivateNetwork => (
            "OPTIONS",
            to.to_string(),
            origin
                + wanted
                + "Access-Control-Request-Private-Network: true\r\n"
                + &from("cors", "empty"),
        ),
        WebRequest::WebSocket => (
            "GET",
            to.to_string(),
            format!(
                "{origin}Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
            ),
        ),
        WebRequest::Rebound | WebRequest::Unknown => {
            ("GET", format!("{website}:{port}"), String::new())
        }
    };
    let connection = match request {
        WebRequest::WebSocket => "Upgrade",
        _ => "close",
    };
    format!(
        "{method} / HTTP/1.1\r\nHost: {host}\r\nConnection: {connection}\r\n\
         User-Agent: Mozilla/5.0\r\nAccept: */*\r\n{more}\r\n"
    )
}

/// Whether nothing that is wanted can follow: the answer is whole, or is none of HTTP.
fn is_whole(bytes: &[u8]) -> bool {
    let begins = &HTTP[..HTTP.len().min(bytes.len())];
    if !bytes.starts_with(begins) {
        return bytes.len() >= FIRST_MAX;
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let Ok(httparse::Status::Complete(len)) = head.parse(bytes) else {
        return false;
    };
    let body = &bytes[len..];
    let status = head.code.unwrap_or(0);
    let length = value(&head, "content-length").and_then(|n| n.trim().parse::<usize>().ok());
    matches!(status, 101 | 204 | 304)
        || length.is_some_and(|n| body.len() >= n)
        || value(&head, "transfer-encoding").is_some() && body.ends_with(b"0\r\n\r\n")
}

/// How an answer of HTTP begins that we understand.
const HTTP: &[u8] = b"HTTP/1.";

fn value(head: &httparse::Response, name: &str) -> Option<String> {
    let mut named = head
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case(name));
    let value = named.next()?.value;
    Some(String::from_utf8_lossy(&value[..value.len().min(HEADER_MAX)]).into_owned())
}

/// What came back, put in order.
fn read_reply(bytes: &[u8]) -> WebReply {
    let first = |bytes: &[u8]| Bytes(bytes[..bytes.len().min(FIRST_MAX)].to_vec());
    if bytes.is_empty() {
        return WebReply::Nothing;
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let (Ok(httparse::Status::Complete(len)), Some(status)) = (head.parse(bytes), head.code) else {
        return WebReply::Other {
            bytes: bytes.len() as u64,
            first: first(bytes),
        };
    };
    let has = |name: &str, what: &str| value(&head, name).is_some_and(|v| v.trim() == what);
    let body = &bytes[len..];
    WebReply::Http {
        status,
        allow_origin: value(&head, "access-control-allow-origin"),
        allow_private_network: has("access-control-allow-private-network", "true"),
        web_socket: status == 101 && has("sec-websocket-accept", KEY_ANSWER),
        bytes: body.len() as u64,
        first: first(body),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    /// A server that does this with each connection.
    fn server(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        let serve = std::sync::Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serve = serve.clone();
                thread::spawn(move || serve(stream));
            }
        });
        at
    }

    fn asked(at: SocketAddr) -> Asked {
        ask(at, Instant::now() + Duration::from_secs(15))
    }

    fn head(stream: &mut TcpStream) -> String {
        let mut text = String::new();
        let mut byte = [0];
        while !text.ends_with("\r\n\r\n") && stream.read(&mut byte).is_ok_and(|n| n == 1) {
            text.push(byte[0].into());
        }
        text
    }

    #[test]
    fn each_request_is_one_of_http_and_of_a_website() {
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, 4_711));
        for request in REQUESTS {
            let text = text(request, at);
            let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
            let mut head = httparse::Request::new(&mut headers);
            let parsed = head.parse(text.as_bytes()).unwrap();
            assert_eq!(parsed, httparse::Status::Complete(text.len()), "{text}");
            let says = |name: &str| text.contains(&format!("\r\n{name}: "));
            let foreign = says("Origin") || text.contains("website.example");
            assert!(foreign, "{text}");
            assert_eq!(
                says("Origin"),
                !matches!(request, WebRequest::Image | WebRequest::Rebound)
            );
        }
    }

    #[test]
    fn what_a_server_answers_is_written_down() {
        let at = server(|mut stream| {
            let head = head(&mut stream);
            let answer = match head.contains("Upgrade: websocket") {
                true => format!(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Sec-WebSocket-Accept: {KEY_ANSWER}\r\n\r\n"
                ),
                false if head.starts_with("OPTIONS") => {
                    "HTTP/1.1 204 None\r\nAccess-Control-Allow-Origin: *\r\n\
                     Access-Control-Allow-Private-Network: true\r\n\r\n"
                        .to_owned()
                }
                false => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".to_owned(),
            };
            let _ = stream.write_all(answer.as_bytes());
            // It stays open: an answer ends where it says so.
            thread::sleep(Duration::from_secs(30));
        });
        let asked = asked(at);
        assert!(!asked.tls);
        let of = |wanted| {
            let answer = asked.answers.iter().find(|a| a.request == wanted);
            answer.map(|a| a.reply.clone()).unwrap()
        };
        let http = |status, first: &[u8]| WebReply::Http {
            status,
            allow_origin: None,
            allow_private_network: false,
            web_socket: status == 101,
            bytes: first.len() as u64,
            first: Bytes(first.to_vec()),
        };
        for request in [WebRequest::Simple, WebRequest::Image, WebRequest::Rebound] {
            assert_eq!(of(request), http(200, b"hello"));
        }
        assert_eq!(of(WebRequest::WebSocket), http(101, b""));
        let WebReply::Http {
            allow_origin,
            allow_private_network,
            ..
        } = of(WebRequest::PrivateNetwork)
        else {
            panic!("{asked:?}");
        };
        assert_eq!(
            (allow_origin.as_deref(), allow_private_network),
            (Some("*"), true)
        );
    }

    /// Endless, drop by drop, silent, garbage, closing at once: each has an end, and none is taken for HTTP.
    #[test]
    fn hostile_servers_have_an_end() {
        let endless = server(|mut stream| {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
            while stream.write_all(&[b'x'; 1_000]).is_ok() {}
        });
        let drops = server(|mut stream| {
            while stream.write_all(b"H").is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        });
        let silent = server(|_stream| thread::sleep(Duration::from_secs(60)));
        let garbage = server(|mut stream| drop(stream.write_all(&[0xFF; 100_000])));
        let closing = server(drop);
        for (at, n) in [
            (endless, 6),
            (drops, 6),
            (silent, 2),
            (garbage, 6),
            (closing, 2),
        ] {
            let until = Instant::now() + Duration::from_secs(40);
            let asked = ask(at, until);
            assert!(Instant::now() < until, "{asked:?}");
            assert_eq!(asked.answers.len(), n, "{asked:?}");
            for answer in &asked.answers {
                assert!(!matches!(answer.reply, WebReply::Http { .. }), "{answer:?}");
            }
        }
        let gone = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let reply = asked(gone).answers.remove(0).reply;
        assert!(matches!(reply, WebReply::NoConnection { .. }), "{reply:?}");
    }

    proptest! {
        #[test]
        fn no_answer_makes_it_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..300), http: bool) {
            let mut answer = if http { b"HTTP/1.1 200 OK\r\n".to_vec() } else { Vec::new() };
            answer.extend(bytes);
            is_whole(&answer);
            let reply = read_reply(&answer);
            prop_assert_eq!(reply == WebReply::Nothing, answer.is_empty());
        }
    }
}
