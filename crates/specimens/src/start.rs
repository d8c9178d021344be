//! What some apps tell at their start, before anybody has agreed to anything: the device, where it is, and a number
//! by which its user is known to advertisers.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// Who is told.
pub const HOST: &str = "metrics.example.net";

/// What is told: no device, place or person has these.
pub const REPORT: &str = "{\"deviceModel\":\"Specimen 1\",\"timezone\":\"Europe/Berlin\",\"city\":\"Beispielstadt\",\
                          \"carrier\":\"example\",\"advertisingId\":\"00000000-5eed-4000-8000-000000000000\"}";

/// Where a system has the authorities that it trusts: Debian's and Arch's place, then Fedora's.
const AUTHORITIES: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// Whom a program trusts to vouch for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The system's authorities.
    System,
    /// None of them: as an app does that has its own server's certificate built in.
    Nobody,
}

/// A request.
pub struct Telling {
    /// Whom.
    pub host: &'static str,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// With the query.
    pub path: String,
    /// JSON; empty where there is none.
    pub body: String,
}

/// What is told at the start.
pub fn report() -> Telling {
    Telling {
        host: HOST,
        method: "POST",
        path: "/v1/start?app=specimen".to_owned(),
        body: REPORT.to_owned(),
    }
}

/// Tells it.
pub fn tell(trust: Trust, telling: &Telling) -> io::Result<()> {
    let Telling {
        host,
        method,
        path,
        body,
    } = telling;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(match trust {
            Trust::System => authorities()?,
            Trust::Nobody => RootCertStore::empty(),
        })
        .with_no_client_auth();
    let name = (*host).try_into().map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(connection, TcpStream::connect((*host, 443))?);
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    stream.flush()?;
    let mut answer = Vec::new();
    // A server may close without the goodbye of TLS.
    let _ = stream.take(4096).read_to_end(&mut answer);
    match answer.starts_with(b"HTTP/1.1 2") {
        true => Ok(()),
        false => Err(io::Error::other("the report was not taken")),
    }
}

fn authorities() -> io::Result<RootCertStore> {
    let there = AUTHORITIES.iter().find(|path| Path::new(path).is_file());
    let path = there.ok_or(io::ErrorKind::NotFound)?;
    let all = CertificateDer::pem_file_iter(path).map_err(io::Error::other)?;
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(all.flatten());
    Ok(store)
}
