//! One connection of TCP: what is spoken on it is told by its first bytes.

use std::io::{self, Cursor};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use record::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::rustls;
use wire::stream::begins_request;

use crate::authority::Certificates;
use crate::dns;
use crate::event::{Event, Refusal};
use crate::http::{self, Connection, Version};
use crate::names::Names;
use crate::out::{Out, now_ns};
use crate::udp::DNS;

/// DNS over TLS (RFC 7858, section 3.1).
const DNS_OVER_TLS: u16 = 853;

/// Time until the first byte: programs open connections for later.
const FIRST_WITHIN: Duration = Duration::from_secs(60);

/// Time for a handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(20);

/// Time for the next bytes of what is not understood: it waits for an answer that does not come.
const NEXT_WITHIN: Duration = Duration::from_secs(2);

/// Bytes of what is not understood that are kept.
const KEPT_MAX: usize = 64 << 10;

/// Enough of a stream to know it by.
const KNOWN_BY: usize = 16;

/// How HTTP/2 begins (RFC 9113, section 3.4), as far as it is looked at.
const HTTP2: &[u8] = b"PRI * HTTP/2.0\r\n";

/// How a handshake of TLS begins (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// What all connections share.
pub(crate) struct Shared {
    pub app: IpAddr,
    pub names: Arc<Mutex<Names>>,
    pub certificates: Mutex<Certificates>,
    pub out: Out,
}

/// Answers a connection to its end.
pub(crate) async fn serve(stream: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let (local, remote) = (stream.peer_addr()?, stream.local_addr()?);
    if local.ip() != shared.app {
        return Ok(());
    }
    let mut first = [0];
    let looked = timeout(FIRST_WITHIN, stream.peek(&mut first)).await??;
    let of = Connection {
        t: now_ns(),
        local: local.to_string(),
        remote: remote.to_string(),
        called: called(remote, &shared.names),
        tls: None,
    };
    match (looked, first) {
        (0, _) => Ok(()),
        (_, [HANDSHAKE]) => encrypted(stream, of, remote.port(), shared).await,
        _ => speak(stream, None, of, remote.port(), &shared).await,
    }
}

/// The name whose address was called, or the address.
fn called(remote: SocketAddr, names: &Mutex<Names>) -> String {
    let IpAddr::V4(address) = remote.ip() else {
        return remote.ip().to_string();
    };
    let names = names.lock().unwrap_or_else(PoisonError::into_inner);
    names
        .name(address)
        .map_or_else(|| address.to_string(), str::to_owned)
}

async fn encrypted(
    stream: TcpStream,
    mut of: Connection,
    port: u16,
    shared: Arc<Shared>,
) -> io::Result<()> {
    let refused = |of: &Connection, server_name: Option<String>, how: Refusal| {
        shared.out.tell(&Event::Refused {
            t: of.t,
            local: of.local.clone(),
            remote: of.remote.clone(),
            server_name,
            how,
        });
    };
    let acceptor = LazyConfigAcceptor::new(rustls::server::Acceptor::default(), stream);
    let start = match timeout(HANDSHAKE_WITHIN, acceptor).await {
        Ok(Ok(start)) => start,
        Ok(Err(e)) => {
            refused(&of, None, refusal(&e));
            return Ok(());
        }
        Err(_) => {
            refused(&of, None, Refusal::Closed);
            return Ok(());
        }
    };
    let server_name = start.client_hello().server_name().map(str::to_owned);
    if let Some(name) = &server_name {
        of.called.clone_from(name);
    }
    let made = {
        let made = shared.certificates.lock();
        made.unwrap_or_else(PoisonError::into_inner).of(&of.called)
    };
    let config = match made {
        Ok(config) => config,
        Err(e) => {
            refused(&of, server_name, Refusal::Failed(e.to_string()));
            return Ok(());
        }
    };
    let stream = match timeout(HANDSHAKE_WITHIN, start.into_stream(config)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(e)) => {
            refused(&of, server_name, refusal(&e));
            return Ok(());
        }
        Err(_) => {
            refused(&of, server_name, Refusal::Closed);
            return Ok(());
        }
    };
    let connection = stream.get_ref().1;
    of.tls = connection.protocol_version().map(u16::from);
    let version = match connection.alpn_protocol() {
        Some(b"h2") => Some(Version::Two),
        _ => None,
    };
    let silent = of.clone();
    match speak(stream, version, of, port, &shared).await {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::TimedOut => {
            refused(&silent, server_name, Refusal::Silent);
        }
        Err(e) => refused(&silent, server_name, refusal(&e)),
    }
    Ok(())
}

/// How a connection was refused, by the error that it ended with.
fn refusal(e: &io::Error) -> Refusal {
    let inner = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::AlertReceived(alert)) => Refusal::Alert(format!("{alert:?}")),
        Some(other) => Refusal::Failed(other.to_string()),
        None => Refusal::Closed,
    }
}

/// Speaks what the first bytes ask for. An error where nothing was said.
async fn speak<S>(
    mut stream: S,
    version: Option<Version>,
    of: Connection,
    port: u16,
    shared: &Shared,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut first = Vec::new();
    let got = timeout(FIRST_WITHIN, stream.read_buf(&mut first)).await;
    match got {
        Ok(Ok(1..)) => {}
        Ok(Err(e)) if e.kind() != io::ErrorKind::UnexpectedEof => return Err(e),
        _ => return Err(io::ErrorKind::TimedOut.into()),
    }
    // The first bytes may come one by one.
    while first.len() < KNOWN_BY {
        let more = timeout(NEXT_WITHIN, stream.read_buf(&mut first)).await;
        if !matches!(more, Ok(Ok(1..))) {
            break;
        }
    }
    let version = match &first[..] {
        _ if version.is_some() => version,
        bytes if bytes.starts_with(HTTP2) => Some(Version::Two),
        bytes if begins_request(bytes) => Some(Version::One),
        _ => None,
    };
    let (from, to) = tokio::io::split(stream);
    let from = Cursor::new(first).chain(from);
    let stream = tokio::io::join(from, to);
    match version {
        Some(version) => http::serve(stream, version, of, shared.out.clone()).await,
        None if [DNS, DNS_OVER_TLS].contains(&port) => {
            // A resolver's connection ends when the app has asked enough.
            let _ = names(stream, shared).await;
        }
        None => other(stream, of, shared).await,
    }
    Ok(())
}

/// Questions for names, each behind its length (RFC 7766, section 8).
async fn names<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    shared: &Shared,
) -> io::Result<()> {
    loop {
        let len = timeout(FIRST_WITHIN, stream.read_u16()).await??;
        let mut question = vec![0; usize::from(len)];
        timeout(FIRST_WITHIN, stream.read_exact(&mut question)).await??;
        let answered = {
            let mut names = shared.names.lock().unwrap_or_else(PoisonError::into_inner);
            dns::answer(&question, &mut names)
        };
        let Some(answered) = answered else {
            return Ok(());
        };
        shared.out.tell(&Event::Name {
            t: now_ns(),
            name: answered.name,
            kind: answered.kind,
        });
        stream.write_u16(answered.answer.len() as u16).await?;
        stream.write_all(&answered.answer).await?;
        stream.flush().await?;
    }
}

/// What is not understood is kept until it waits for an answer.
async fn other<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, of: Connection, shared: &Shared) {
    let (mut data, mut bytes) = (Vec::new(), 0);
    let mut piece = [0; 4 << 10];
    while let Ok(Ok(n @ 1..)) = timeout(NEXT_WITHIN, stream.read(&mut piece)).await {
        bytes += n as u64;
        let room = KEPT_MAX - data.len();
        data.extend_from_slice(&piece[..n.min(room)]);
    }
    shared.out.tell(&Event::Bytes {
        t: of.t,
        local: of.local,
        remote: of.remote,
        tls: of.tls,
        bytes,
        data: Bytes(data),
    });
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpStream as Client};

    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;
    use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
    use tokio::net::TcpListener;

    use super::*;
    use crate::authority::Authority;
    use crate::event::Request;

    /// What the sink tells of one connection that `client` made to it.
    fn told(client: impl FnOnce(Client, &Authority) + Send + 'static) -> Vec<Event> {
        let (reader, writer) = std::io::pipe().unwrap();
        let authority = Authority::new().unwrap();
        let shared = Arc::new(Shared {
            app: IpAddr::V4(Ipv4Addr::LOCALHOST),
            names: Arc::default(),
            certificates: Mutex::new(Certificates::new(&authority).unwrap()),
            out: Out::start(writer),
        });
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let at = listener.local_addr().unwrap();
            let client = std::thread::spawn(move || {
                client(Client::connect(at).unwrap(), &authority);
            });
            let (stream, _) = listener.accept().await.unwrap();
            let _ = serve(stream, shared).await;
            client.join().unwrap();
        });
        // The last of those who tell has gone with the runtime, so what they told ends.
        drop(runtime);
        let lines = std::io::read_to_string(reader).unwrap();
        let lines = lines.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn tls(stream: Client, trusted: Option<&Authority>) -> StreamOwned<ClientConnection, Client> {
        let mut store = RootCertStore::empty();
        if let Some(authority) = trusted {
            let der = CertificateDer::from_pem_slice(authority.pem().as_bytes()).unwrap();
            store.add(der).unwrap();
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(store)
            .with_no_client_auth();
        let name = "metrics.example.net".try_into().unwrap();
        StreamOwned::new(
            ClientConnection::new(Arc::new(config), name).unwrap(),
            stream,
        )
    }

    #[test]
    fn a_request_is_read_whole_and_answered() {
        let events = told(|stream, authority| {
            let mut stream = tls(stream, Some(authority));
            let body = "{\"model\":1}";
            write!(
                stream,
                "POST /v1?a=b HTTP/1.1\r\nHost: metrics.example.net\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            let mut said = String::new();
            let _ = stream.read_to_string(&mut said);
            assert!(said.starts_with("HTTP/1.1 200 OK"), "{said}");
            assert!(said.ends_with("{}"), "{said}");
        });
        let [Event::Request(request)] = &events[..] else {
            panic!("{events:?}")
        };
        let Request {
            tls,
            method,
            scheme,
            host,
            path_and_query,
            bytes,
            body,
            ..
        } = &**request;
        assert_eq!(*tls, Some(0x0304));
        assert_eq!(
            [method, scheme, host],
            ["POST", "https", "metrics.example.net"]
        );
        assert_eq!(path_and_query, "/v1?a=b");
        assert_eq!((*bytes, &body.0[..]), (11, &b"{\"model\":1}"[..]));
    }

    #[test]
    fn who_does_not_trust_the_authority_is_said_to_refuse() {
        let events = told(|stream, _| {
            let mut stream = tls(stream, None);
            assert!(stream.write_all(b"GET / HTTP/1.1\r\n\r\n").is_err());
        });
        let [
            Event::Refused {
                server_name, how, ..
            },
        ] = &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!(server_name.as_deref(), Some("metrics.example.net"));
        assert_eq!(*how, Refusal::Alert("UnknownCA".to_owned()));
    }

    #[test]
    fn what_is_no_http_is_kept_and_what_is_no_tls_is_told() {
        let events = told(|mut stream, _| stream.write_all(b"\x00\x01hello, sink!").unwrap());
        let [
            Event::Bytes {
                bytes: 14,
                data,
                tls: None,
                ..
            },
        ] = &events[..]
        else {
            panic!("{events:?}")
        };
        assert_eq!(data.0, b"\x00\x01hello, sink!");
        let events = told(|mut stream, _| {
            stream.write_all(&[22, 3, 1, 0, 5, 1, 0, 0, 1, 0]).unwrap();
            let _ = stream.read(&mut [0; 64]);
        });
        let [
            Event::Refused {
                server_name: None,
                how,
                ..
            },
        ] = &events[..]
        else {
            panic!("{events:?}")
        };
        assert!(matches!(how, Refusal::Failed(_)), "{how:?}");
    }
}
