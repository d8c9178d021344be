//! Requests of HTTP/1.1 and HTTP/2: kept, and answered.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD,
    CONTENT_TYPE, HOST, HeaderMap, HeaderName, ORIGIN,
};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use crate::answers::answer;
use crate::event::{Event, Request};
use crate::out::{Out, now_ns};

/// Bytes of a body that are kept.
const KEPT_MAX: usize = 1 << 20;

/// Bytes of a body that are read; a longer one is refused.
const BODY_MAX: u64 = 256 << 20;

/// Time for a head, and for the next piece of a body.
const PIECE_WITHIN: Duration = Duration::from_secs(30);

/// Requests of one connection that go on at a time.
const ABREAST_MAX: u32 = 64;

/// What is known of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    /// When it was opened, `CLOCK_MONOTONIC`, nanoseconds.
    pub t: u64,
    /// The app's end.
    pub local: String,
    /// The other one.
    pub remote: String,
    /// What was called, where a request does not say it.
    pub called: String,
    /// The version of TLS.
    pub tls: Option<u16>,
}

/// Which HTTP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    One,
    Two,
}

/// Answers requests until the connection ends.
pub(crate) async fn serve<S>(stream: S, version: Version, of: Connection, out: Out)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let of = Arc::new(of);
    let service = service_fn(move |request| {
        let (of, out) = (of.clone(), out.clone());
        async move { Ok::<_, Infallible>(taken(request, &of, &out).await) }
    });
    let io = TokioIo::new(stream);
    // A connection that ends in the middle of something has told what it had to tell.
    match version {
        Version::One => {
            let mut builder = http1::Builder::new();
            builder
                .timer(TokioTimer::new())
                .header_read_timeout(PIECE_WITHIN);
            drop(builder.serve_connection(io, service).await);
        }
        Version::Two => {
            let mut builder = http2::Builder::new(TokioExecutor::new());
            builder
                .timer(TokioTimer::new())
                .max_concurrent_streams(ABREAST_MAX);
            drop(builder.serve_connection(io, service).await);
        }
    }
}

async fn taken(
    request: hyper::Request<Incoming>,
    of: &Connection,
    out: &Out,
) -> Response<Full<Bytes>> {
    let t = now_ns();
    let (head, body) = request.into_parts();
    let host = head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = match (head.uri.authority(), host) {
        (Some(authority), _) => authority.as_str().to_owned(),
        (None, Some(host)) => host.to_owned(),
        (None, None) => of.called.clone(),
    };
    let (data, bytes) = read(body).await;
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    out.tell(&Event::Request(Box::new(Request {
        t,
        local: of.local.clone(),
        remote: of.remote.clone(),
        tls: of.tls,
        method: head.method.as_str().to_owned(),
        scheme: match of.tls {
            Some(_) => "https",
            None => "http",
        }
        .to_owned(),
        host: host.clone(),
        path_and_query: path.to_owned(),
        headers: named(&head.headers),
        bytes,
        body: record::Bytes(data),
    })));
    let said = answer(&head.method, &host, head.uri.path(), &head.headers);
    let status = match bytes > BODY_MAX {
        true => StatusCode::PAYLOAD_TOO_LARGE,
        false => said.status,
    };
    let mut response = Response::new(Full::new(Bytes::from_static(said.body.as_bytes())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Some(content_type) = said.content_type {
        headers.insert(
            CONTENT_TYPE,
            hyper::header::HeaderValue::from_static(content_type),
        );
    }
    allow_origin(&head.headers, headers);
    response
}

/// The body's first bytes, and how many there were: of what breaks off, those that came.
async fn read(mut body: Incoming) -> (Vec<u8>, u64) {
    let (mut data, mut bytes) = (Vec::new(), 0);
    while let Ok(Some(Ok(frame))) = timeout(PIECE_WITHIN, body.frame()).await {
        let Some(piece) = frame.data_ref() else {
            continue;
        };
        bytes += piece.len() as u64;
        let room = KEPT_MAX - data.len();
        data.extend_from_slice(&piece[..piece.len().min(room)]);
        if bytes > BODY_MAX {
            break;
        }
    }
    (data, bytes)
}

fn named(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let all = headers.iter();
    all.map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
        .collect()
}

/// A page may send what it likes to any host: what it would send after asking is what is wanted (the Fetch
/// standard, section "HTTP responses" of the CORS protocol).
fn allow_origin(asked: &HeaderMap, said: &mut HeaderMap) {
    let Some(origin) = asked.get(ORIGIN) else {
        return;
    };
    said.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    said.insert(
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
        hyper::header::HeaderValue::from_static("true"),
    );
    let pairs: [(HeaderName, HeaderName); 2] = [
        (ACCESS_CONTROL_REQUEST_METHOD, ACCESS_CONTROL_ALLOW_METHODS),
        (ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_ALLOW_HEADERS),
    ];
    for (wanted, allowed) in pairs {
        if let Some(value) = asked.get(wanted) {
            said.insert(allowed, value.clone());
        }
    }
}
