//! Real programs speak, and tshark says what they said: what is read here is the same.

mod common;

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use common::openssl::{Ending, certificate, free_port, installed, relay};
use common::{Recorded, SAMPLES, content, tshark};
use wire::decode::{Leaf, Value};
use wire::pcapng;
use wire::stream::{Message, Stream};

/// What the client sent, down to its values.
fn messages(recorded: &Recorded) -> Vec<Message> {
    let (pieces, _) = recorded.pieces(&recorded.keys());
    let mut stream = Stream::default();
    let mut all = Vec::new();
    stream.push(&content(&pieces), &mut |m| all.push(m));
    stream.finish(&mut |m| all.push(m));
    all
}

fn leaves(all: &[Message]) -> Vec<Leaf> {
    all.iter().flat_map(|m| m.decoded.leaves.clone()).collect()
}

fn numbers(all: &[Message], path: &str) -> Vec<f64> {
    let leaves = leaves(all).into_iter().filter(|leaf| leaf.path == path);
    leaves
        .filter_map(|leaf| match leaf.value {
            Value::Number(n) => Some(n),
            _ => None,
        })
        .collect()
}

/// The file with the keys in it, as our own reader has it too.
fn written(dir: &Path, recorded: &Recorded) -> std::path::PathBuf {
    let file = dir.join("capture.pcapng");
    let bytes = tshark::capture(recorded);
    assert_eq!(pcapng::parse(&bytes).unwrap().tls_keys.len(), 1);
    std::fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn requests_in_tls() {
    if !installed("tshark", "--version") {
        return;
    }
    for (name, text) in SAMPLES {
        let recorded = Recorded::parse(text);
        let dir = tempfile::tempdir().unwrap();
        let file = written(dir.path(), &recorded);
        let fields = [
            "http.request.method",
            "http.request.uri",
            "http.host",
            "http.file_data",
        ];
        let rows = tshark::rows(&file, "http.request", &fields, &[]);
        let [method, uri, host, body] = &rows[0][..] else {
            panic!("{name}: {rows:?}");
        };
        let all = messages(&recorded);
        let path = format!("{method} {host}{uri} $.level[0]");
        if name == "13-update" {
            // A line between head and body: the body is not JSON, for both.
            assert!(body.contains("between"), "{name}: {body}");
            continue;
        }
        assert_eq!(numbers(&all, &path), [1.0], "{name}: {rows:?}");
        assert!(
            body.contains("{\"level\": [1, 2, 3]}") || body.contains("7b226c6576656c"),
            "{body}"
        );
    }
}

/// Runs curl with `arguments` through a relay to an HTTP/2 server; the connection.
fn curl(dir: &Path, arguments: &[&str]) -> Recorded {
    certificate(dir);
    let port = free_port();
    let server = Command::new("nghttpd")
        .args(["-a", "127.0.0.1", &port.to_string(), "key.pem", "cert.pem"])
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _server = Ending(server);
    let deadline = Instant::now() + Duration::from_secs(10);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < deadline, "the server did not come up");
        std::thread::yield_now();
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("localhost:{}", listener.local_addr().unwrap().port());
    let (tell, heard) = channel();
    relay(listener, port, tell);
    let arguments = arguments.iter().map(|a| a.replace("HOST", &url));
    let done = Command::new("curl")
        .args([
            "-sk",
            "--http2",
            "-4",
            "--max-time",
            "20",
            "--noproxy",
            "*",
            "-o",
            "/dev/null",
        ])
        .args(arguments)
        .env("SSLKEYLOGFILE", dir.join("keys"))
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
    Recorded {
        sent: heard.iter().collect(),
        keylog: std::fs::read_to_string(dir.join("keys")).unwrap(),
        plain: Vec::new(),
    }
}

#[test]
fn requests_in_http2() {
    let programs = [
        ("tshark", "--version"),
        ("curl", "--version"),
        ("nghttpd", "--version"),
    ];
    if !programs.iter().all(|(p, v)| installed(p, v)) {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let body = format!(
        "{{\"levels\":[0.5,0.25],\"more\":\"{}\"}}",
        "x y ".repeat(9_000)
    );
    let recorded = curl(
        dir.path(),
        &[
            "https://HOST/v1/metrics?run=7",
            "-H",
            "X-Level: 42",
            "-H",
            "Content-Type: application/json",
            "--data",
            &body,
            "--next",
            "-sk",
            "-o",
            "/dev/null",
            "https://HOST/v1/second",
            "-H",
            "X-Level: 43",
        ],
    );
    let all = messages(&recorded);
    let file = written(dir.path(), &recorded);
    let fields = [
        "http2.headers.method",
        "http2.headers.authority",
        "http2.headers.path",
        "http2.header.value",
    ];
    // Of the client only: the server's have a status.
    let filter = "http2.headers.method";
    let rows = tshark::rows(&file, filter, &fields, &[]);
    assert_eq!(rows.len(), 2, "{rows:?}");
    for (row, level) in rows.iter().zip([42.0, 43.0]) {
        let [method, authority, path, values] = &row[..] else {
            panic!("{row:?}");
        };
        let path = path.split('?').next().unwrap();
        let name = format!("{method} {authority}{path}");
        assert_eq!(
            numbers(&all, &format!("{name} header x-level")),
            [level],
            "{name}"
        );
        // As many fields as tshark counts; method, scheme, authority and path have no value here.
        let n = leaves(&all)
            .iter()
            .filter(|l| l.path.starts_with(&format!("{name} header ")))
            .count();
        let theirs = values.split('|').count() - 4;
        assert_eq!(n, theirs, "{values}");
    }
    let host = rows[0][1].clone();
    assert_eq!(
        numbers(&all, &format!("POST {host}/v1/metrics $.levels[1]")),
        [0.25]
    );
    assert_eq!(
        numbers(&all, &format!("POST {host}/v1/metrics &run")),
        [7.0]
    );
    // Settings and windows are the same ones, too.
    let windows = tshark::rows(
        &file,
        "http2.type == 8 && tcp.dstport == 443",
        &["http2.window_update.window_size_increment"],
        &[],
    );
    let theirs: Vec<f64> = windows
        .iter()
        .flat_map(|row| row[0].split('|').map(|n| n.parse().unwrap()))
        .collect();
    assert_eq!(numbers(&all, "http2 window"), theirs);
    let unread: usize = all.iter().map(|m| m.decoded.opaque).sum();
    assert_eq!(unread, 0, "nothing of it stays unread: {all:?}");
}
