//! `openssl s_client` and `openssl s_server`, with a relay between them that writes down what passes.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use wire::tls::Side;

use super::Recorded;

/// A program that ends with the test.
pub struct Ending(pub Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn installed(program: &str, version: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(version).stdout(Stdio::null());
    let there = command.stderr(Stdio::null()).status().is_ok();
    if !there {
        println!("skipped: {program} is not installed");
    }
    there
}

/// A key and a certificate for `localhost` that signs itself.
pub fn certificate(dir: &Path) {
    let made = Command::new("openssl")
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30".split(' '),
        )
        .args("-subj /CN=localhost -keyout key.pem -out cert.pem".split(' '))
        .current_dir(dir)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
}

/// Connects the first who comes to `listener` with `port`; both directions go to `heard`, which
/// ends with the connection.
pub fn relay(listener: TcpListener, port: u16, heard: Sender<(Side, Vec<u8>)>) {
    thread::spawn(move || {
        if let Ok((client, _)) = listener.accept() {
            let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
            for (side, mut from, mut to) in [
                (
                    Side::Client,
                    client.try_clone().unwrap(),
                    server.try_clone().unwrap(),
                ),
                (Side::Server, server, client),
            ] {
                let heard = heard.clone();
                thread::spawn(move || {
                    let mut chunk = [0; 1_400];
                    while let Ok(n @ 1..) = from.read(&mut chunk) {
                        let _ = heard.send((side, chunk[..n].to_vec()));
                        if to.write_all(&chunk[..n]).is_err() {
                            break;
                        }
                    }
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
            }
        }
    });
}

/// A port that was free just now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Sends `lines`, one write each, and records the connection. `options` go to the client, whose
/// command letters (`k` renews the key) work if the line is one.
pub fn record(options: &str, lines: &[String], end: &str) -> Recorded {
    let dir = tempfile::tempdir().unwrap();
    certificate(dir.path());
    let port = free_port();
    let mut server = Command::new("openssl")
        .args(format!("s_server -accept 127.0.0.1:{port} -naccept 1").split(' '))
        .args("-cert cert.pem -key key.pem -alpn http/1.1".split(' '))
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(server.stdout.take().unwrap());
    let _server = Ending(server);
    // It says `ACCEPT` when it listens.
    until(&mut said, "ACCEPT");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let relayed = listener.local_addr().unwrap().port();
    let (tell, heard) = channel();
    relay(listener, port, tell);
    let mut client = Command::new("openssl")
        .args(format!("s_client -connect 127.0.0.1:{relayed} -servername localhost").split(' '))
        .args("-alpn h2,http/1.1 -keylogfile keys".split(' '))
        .args(options.split_whitespace())
        .current_dir(dir.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = client.stdin.take().unwrap();
    let mut answers = BufReader::new(client.stdout.take().unwrap());
    let mut remarks = BufReader::new(client.stderr.take().unwrap());
    let mut client = Ending(client);
    // Printed when the handshake is done.
    until(&mut answers, "---\n");
    let mut plain = String::new();
    for line in lines {
        input.write_all(line.as_bytes()).unwrap();
        input.flush().unwrap();
        // Waited for, so that writes stay apart.
        match line.len() {
            2 => drop(until(&mut remarks, "KEYUPDATE")),
            _ => plain.push_str(&until(&mut said, line.trim_end())),
        }
    }
    // Said in between by the server's program itself.
    let plain = plain.replace("Read BLOCK\n", "");
    let at = plain.find(&lines[0]).unwrap();
    let plain = plain.as_bytes()[at..].to_vec();
    input.write_all(end.as_bytes()).unwrap();
    drop(input);
    let _ = client.0.wait();
    let keylog = std::fs::read_to_string(dir.path().join("keys")).unwrap();
    drop((client, _server));
    let sent = heard.iter().collect();
    Recorded {
        sent,
        keylog,
        plain,
    }
}

fn until(from: &mut impl BufRead, what: &str) -> String {
    let mut all = String::new();
    while !all.contains(what) {
        let mut byte = [0];
        match from.read(&mut byte) {
            Ok(1) => all.push(char::from(byte[0])),
            Ok(_) => panic!("ended before {what:?}: {all}"),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => panic!("{e}"),
        }
    }
    all
}
