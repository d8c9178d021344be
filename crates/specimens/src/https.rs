//! The server's end of the telemetry: TLS with a certificate made on the spot.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Answers every request of every connection; each comes in one piece, and none is looked at.
pub fn serve(listener: TcpListener) -> io::Result<()> {
    let made =
        rcgen::generate_simple_self_signed(["telemetry".to_owned()]).map_err(io::Error::other)?;
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| {
            config
                .with_no_client_auth()
                .with_single_cert(vec![made.cert.der().clone()], key)
        })
        .map_err(io::Error::other)?;
    let config = Arc::new(config);
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let Ok(connection) = ServerConnection::new(config.clone()) else {
                continue;
            };
            thread::spawn(move || answer(StreamOwned::new(connection, socket)));
        }
    });
    Ok(())
}

fn answer(mut stream: impl Read + Write) -> io::Result<()> {
    let mut request = [0u8; 4096];
    while stream.read(&mut request)? > 0 {
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
        stream.flush()?;
    }
    Ok(())
}
