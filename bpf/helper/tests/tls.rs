//! Real programs with real TLS libraries: what the helper says is what they sent, and where.

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::*;
use tap::{Body, Frame, Sink};

/// A TLS server inside the namespace that takes any request.
fn https(net: &Net, folder: &Path) -> Running {
    let _ = fs::remove_file(folder.join("up"));
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-keyout",
            "key.pem",
            "-out",
            "cert.pem",
        ])
        .current_dir(folder)
        .stderr(Stdio::null())
        .status();
    assert!(made.unwrap().success());
    const SERVER: &str = r#"
import http.server, ssl
class Taker(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 4433), Taker)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("cert.pem", "key.pem")
server.socket = context.wrap_socket(server.socket, server_side=True)
open("up", "w").close()
server.serve_forever()
"#;
    let server = net
        .command("python3")
        .args(["-c", SERVER])
        .current_dir(folder)
        .spawn();
    let server = Running(server.unwrap());
    wait_until("the server", || folder.join("up").exists());
    server
}

/// Lets `program` post a file, and gives its plaintext by `sink` with the file's bytes.
fn post(program: &str, args: &[&str], sink: Sink) -> Option<(Vec<Frame>, Vec<u8>)> {
    if skipped() || !["openssl", "python3", program].iter().all(|p| there(p)) {
        return None;
    }
    let (folder, net) = (tempfile::tempdir().unwrap(), Net::new());
    let body: Vec<u8> = (0..100_000u32)
        .flat_map(|n| (n * 2_654_435_761).to_le_bytes())
        .collect();
    fs::write(folder.path().join("body"), &body).unwrap();
    let _server = https(&net, folder.path());
    // The same outside of the namespace, by the same libraries: not seen.
    let elsewhere = Net::new();
    let _other = https(&elsewhere, folder.path());
    let helper = Helper::start(&net, &[]);
    let mut pids = [&elsewhere, &net].map(|net| {
        let child = net
            .command(program)
            .args(args)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let child = child.unwrap();
        let pid = child.id();
        let out = child.wait_with_output().unwrap();
        assert!(
            out.status.success(),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        pid
    });
    let [outside, inside] = std::mem::take(&mut pids);
    let frames = helper.end();
    assert_eq!(lost(&frames), 0);
    assert!(frames.iter().all(|f| f.pid != outside));
    // Whose the connection is.
    let to_server = frames.iter().find(|f| match f.body {
        Body::Socket { ends, .. } => {
            ends.protocol == 6 && ends.remote.is_some_and(|to| to.port() == 4433)
        }
        _ => false,
    });
    let to_server = to_server.expect("the connection was told");
    let command = if program == "python3" {
        "poster"
    } else {
        program
    };
    assert_eq!(
        (to_server.pid, to_server.command()),
        (inside, command.to_owned())
    );
    let by = |f: &Frame| {
        // Not the server's answers.
        matches!(&f.body, Body::Plain { sink: by, .. } if *by == sink)
            && !f.command().starts_with("python")
    };
    let frames: Vec<Frame> = frames.into_iter().filter(|f| by(f)).collect();
    Some((frames, body))
}

/// The request is there from its first byte to its last.
fn is_the_request(frames: &[Frame], body: &[u8]) {
    let (mut sent, mut next) = (Vec::new(), None);
    for frame in frames {
        let Body::Plain {
            bytes, data, wire, ..
        } = &frame.body
        else {
            unreachable!()
        };
        let wire = wire.expect("its socket is known");
        assert_eq!(wire.ends.protocol, 6);
        assert_eq!(wire.ends.remote, "127.0.0.1:4433".parse().ok());
        // One call's bytes begin where those of the last one ended; of TLS 1.3 each record of up to
        // 16 KiB adds 22 bytes.
        assert!(next.is_none_or(|next| next == wire.from_seq));
        next = Some(wire.to_seq);
        let records = bytes.div_ceil(16_384);
        assert_eq!(
            wire.to_seq.wrapping_sub(wire.from_seq),
            bytes + 22 * records
        );
        // Of longer ones the first part is handed over, and the length.
        assert!(
            data.len() == (*bytes as usize).min(tap::DATA_MAX),
            "{bytes}: {}",
            data.len()
        );
        sent.push((*bytes as usize, data.clone()));
    }
    let total: usize = sent.iter().map(|(bytes, _)| bytes).sum();
    let head_and_body: Vec<u8> = sent.iter().flat_map(|(_, data)| data.clone()).collect();
    assert!(
        head_and_body.starts_with(b"POST /x HTTP/1.1\r\n"),
        "{total} bytes"
    );
    // Where in the request each write lay: all of the body's bytes are covered.
    let end = head_and_body
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .unwrap()
        + 4;
    assert_eq!(total, end + body.len());
    let mut at = 0;
    for (bytes, data) in &sent {
        for (i, byte) in data.iter().enumerate() {
            if at + i >= end {
                assert!(*byte == body[at + i - end], "byte {} is another", at + i);
            }
        }
        at += bytes;
    }
}

#[test]
fn curl_s_request_is_seen_before_it_is_encrypted() {
    let args = [
        "-sSk",
        "--http1.1",
        "-H",
        "Expect:",
        "--data-binary",
        "@body",
        "https://127.0.0.1:4433/x",
    ];
    let Some((frames, body)) = post("curl", &args, Sink::OpenSsl) else {
        return;
    };
    is_the_request(&frames, &body);
}

#[test]
fn wget_s_request_is_seen_before_it_is_encrypted() {
    let args = [
        "-q",
        "--no-check-certificate",
        "-O",
        "-",
        "--post-file=body",
        "https://127.0.0.1:4433/x",
    ];
    let sink = match Command::new("wget").arg("--version").output() {
        Ok(out) if String::from_utf8_lossy(&out.stdout).contains("+ssl/openssl") => Sink::OpenSsl,
        _ => Sink::GnuTls,
    };
    let Some((frames, body)) = post("wget", &args, sink) else {
        return;
    };
    is_the_request(&frames, &body);
}

#[test]
fn python_s_request_is_seen_with_its_socket() {
    const POSTER: &str = r#"
import socket, ssl, threading
open("/proc/self/comm", "w").write("poster")
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
plain = socket.create_connection(("127.0.0.1", 4433)); tls = context.wrap_socket(plain)
body = open("body", "rb").read()
tls.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
for at in range(0, len(body), 10000): tls.sendall(body[at:at + 10000])
open("fd", "w").write(str(tls.fileno())); assert tls.recv(100).startswith(b"HTTP/1.")
"#;
    let Some((frames, body)) = post("python3", &["-c", POSTER], Sink::OpenSsl) else {
        return;
    };
    is_the_request(&frames, &body);
    let fds: Vec<i32> = frames
        .iter()
        .filter_map(|f| match f.body {
            Body::Plain { fd, .. } => Some(fd),
            _ => None,
        })
        .collect();
    assert!(fds.iter().all(|fd| *fd > 2 && *fd == fds[0]), "{fds:?}");
}
