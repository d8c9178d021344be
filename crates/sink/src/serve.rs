//! The sink's process: what it is told at its start, and the ports on which it listens.

use std::io::{self, BufRead, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::Semaphore;

use crate::authority::{Authority, Certificates};
use crate::connection::{self, Shared};
use crate::event::Event;
use crate::out::Out;
use crate::udp;

/// Ports on which apps call: DNS, HTTP and HTTPS with their usual others, mail, XMPP, DNS over TLS, STUN and TURN
/// over TCP. What calls another one is refused by the kernel, and stands in the packets.
pub const PORTS: &[u16] = &[
    25, 53, 80, 443, 465, 587, 853, 993, 3478, 5222, 5223, 5228, 5349, 8080, 8443,
];

/// Connections that are answered at a time.
const CONNECTIONS_MAX: usize = 512;

/// What the sink is told at its start: one line of JSON on standard input.
#[derive(Clone, Serialize, Deserialize)]
pub struct Setup {
    /// Who vouches for every host.
    pub authority: Authority,
    /// The app's address: what others ask is answered by nobody and told to nobody, but for names.
    pub app: Ipv4Addr,
    /// Ports of TCP on which it listens.
    pub ports: Vec<u16>,
}

/// Answers everything, until standard input is closed; what was asked goes to standard output ([`Event`]).
///
/// # Errors
///
/// Where the first line cannot be read, or nothing can be listened on.
pub fn run() -> io::Result<()> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let setup: Setup = serde_json::from_str(&line)?;
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin().lock().by_ref(), &mut io::sink());
        std::process::exit(0);
    });
    serve(setup, io::stdout())
}

fn serve(setup: Setup, to: impl Write + Send + 'static) -> io::Result<()> {
    let out = Out::start(to);
    let names = Arc::default();
    let mut taken = udp::start(setup.app, &names, &out)?;
    let certificates = Certificates::new(&setup.authority).map_err(io::Error::other)?;
    let shared = Arc::new(Shared {
        app: IpAddr::V4(setup.app),
        names,
        certificates: Mutex::new(certificates),
        out: out.clone(),
    });
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        for port in setup.ports {
            match TcpListener::bind(SocketAddr::from(([0, 0, 0, 0], port))).await {
                Ok(listener) => {
                    tokio::spawn(listen(listener, shared.clone(), room.clone()));
                }
                Err(e) if e.kind() == io::ErrorKind::AddrInUse => taken.push(port),
                Err(e) => return Err(e),
            }
        }
        out.tell(&Event::Ready { taken });
        std::future::pending().await
    })
}

async fn listen(listener: TcpListener, shared: Arc<Shared>, room: Arc<Semaphore>) {
    /// What a listener waits after an error: descriptors come free again.
    const AFTER_AN_ERROR: Duration = Duration::from_millis(50);
    loop {
        let Ok(permit) = room.clone().acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    // What went wrong with one connection was told, or there was nothing to tell.
                    let _ = connection::serve(stream, shared).await;
                    drop(permit);
                });
            }
            Err(_) => tokio::time::sleep(AFTER_AN_ERROR).await,
        }
    }
}
