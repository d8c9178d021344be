//! A server on the own machine by which websites start a call: one that obeys every website and outlives its app,
//! and one that does neither.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Where it listens, on the loopback.
const PORT: u16 = 47_411;

/// Longest request that is read, bytes.
const REQUEST_MAX: usize = 8 << 10;

/// Whom it obeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obeys {
    /// Whoever asks.
    Everybody,
    /// Who calls it by its own address and is no website.
    ThisMachine,
}

/// Starts the server that obeys everybody as a program of its own, which nothing ends.
pub fn leave_behind() -> io::Result<()> {
    let mut server = Command::new(std::env::current_exe()?);
    server
        .arg("launcher")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    // SAFETY: between fork and exec, one async-signal-safe system call.
    unsafe {
        server.pre_exec(|| match libc::setsid() {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        });
    }
    server.spawn().map(drop)
}

/// Serves on a thread of this program, and ends with it.
pub fn serve_beside() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))?;
    thread::spawn(move || serve(&listener, Obeys::ThisMachine));
    Ok(())
}

/// Serves everybody until something ends it.
pub fn run() -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT))?;
    serve(&listener, Obeys::Everybody);
    Ok(())
}

fn serve(listener: &TcpListener, obeys: Obeys) {
    let called = Arc::new(AtomicBool::new(false));
    for stream in listener.incoming().flatten() {
        let called = called.clone();
        thread::spawn(move || answer(stream, obeys, &called));
    }
}

fn answer(mut stream: TcpStream, obeys: Obeys, called: &AtomicBool) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < REQUEST_MAX && stream.read(&mut byte)? == 1 {
        head.push(byte[0]);
    }
    stream.write_all(&reply(&String::from_utf8_lossy(&head), obeys, called))
}

/// What it answers to a request's head.
fn reply(head: &str, obeys: Obeys, called: &AtomicBool) -> Vec<u8> {
    let header = |name: &str| {
        let lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let mut named = lines.filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.trim().to_owned())
    };
    let own_host = header("host").is_some_and(|host| host == format!("127.0.0.1:{PORT}"));
    let foreign = header("origin").is_some()
        || header("sec-fetch-site").is_some_and(|site| site != "none" && site != "same-origin");
    if obeys == Obeys::ThisMachine && (foreign || !own_host) {
        return b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            .to_vec();
    }
    if head.starts_with("GET /launch?action=join ") {
        called.store(true, Ordering::Release);
    }
    // A page cannot read a picture of another origin, but sees how large it is: so it is told the state.
    let picture = png(1 + u32::from(called.load(Ordering::Acquire)));
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        picture.len()
    )
    .into_bytes();
    answer.extend(picture);
    answer
}

/// A white picture of one line (PNG, grey, eight bits).
fn png(width: u32) -> Vec<u8> {
    let mut header = width.to_be_bytes().to_vec();
    header.extend([0, 0, 0, 1, 8, 0, 0, 0, 0]);
    let mut line = vec![0];
    line.extend(vec![0xFF; width as usize]);
    let data = miniz_oxide::deflate::compress_to_vec_zlib(&line, 6);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", &header), (b"IDAT", &data), (b"IEND", &Vec::new())] {
        file.extend((data.len() as u32).to_be_bytes());
        let chunk = [&kind[..], data].concat();
        file.extend(&chunk);
        file.extend(crc32fast::hash(&chunk).to_be_bytes());
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Status and the picture's width.
    fn asked(head: &str, obeys: Obeys, called: &AtomicBool) -> (u16, Option<u32>) {
        let answer = reply(head, obeys, called);
        let text = String::from_utf8_lossy(&answer);
        let status = text.split(' ').nth(1).unwrap().parse().unwrap();
        let at = answer.windows(4).position(|w| w == b"IHDR");
        let width = at.map(|at| answer[at + 4..at + 8].try_into().unwrap());
        (status, width.map(u32::from_be_bytes))
    }

    #[test]
    fn one_obeys_any_website_and_tells_it_the_state_by_a_size() {
        let called = AtomicBool::new(false);
        let of = |target: &str| {
            let head = format!("GET {target} HTTP/1.1\r\nOrigin: https://website.example\r\n\r\n");
            asked(&head, Obeys::Everybody, &called)
        };
        assert_eq!(of("/"), (200, Some(1)));
        assert_eq!(of("/launch?action=join"), (200, Some(2)));
        assert_eq!(of("/"), (200, Some(2)));
    }

    #[test]
    fn the_other_refuses_websites_and_names_that_are_not_its_own() {
        let called = AtomicBool::new(false);
        let of = |more: &str| {
            let head = format!("GET /launch?action=join HTTP/1.1\r\n{more}\r\n\r\n");
            asked(&head, Obeys::ThisMachine, &called).0
        };
        let own = "Host: 127.0.0.1:47411";
        for refused in [
            format!("{own}\r\nOrigin: https://website.example"),
            format!("{own}\r\nSec-Fetch-Site: cross-site"),
            "Host: website.example:47411".to_owned(),
        ] {
            assert_eq!(of(&refused), 403, "{refused}");
        }
        assert!(!called.load(Ordering::Acquire));
        assert_eq!(of(own), 200);
        assert!(called.load(Ordering::Acquire));
    }
}
