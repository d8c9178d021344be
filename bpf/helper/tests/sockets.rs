//! Whose a socket is: each process and socket is told once, whichever way it sends.

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use common::*;
use tap::{Body, Ends, Frame};

/// Sends five times by each of five sockets, then says where they are.
const SENDER: &str = r#"
import socket, sys
open("/proc/self/comm", "w").write("sender")
sys.stdin.readline()
server = socket.create_server(("127.0.0.1", 0)); tcp = socket.create_connection(server.getsockname())
six = socket.create_server(("::1", 0), family=socket.AF_INET6); tcp6 = socket.create_connection(six.getsockname()[:2])
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); udp.connect(("127.0.0.1", 9))
free = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mapped = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); mapped.connect(("::ffff:127.0.0.1", 9))
def five(send):
    for _ in range(5):
        # What nobody listens for is answered so.
        try: send(b"bytes")
        except ConnectionRefusedError: pass
five(tcp.send); five(lambda b: tcp6.sendmsg([b])); five(udp.send); five(mapped.send)
five(lambda b: free.sendto(b, ("127.0.0.1", 9)))
for s in tcp, tcp6, udp, mapped, free: print(s.getsockname()[1], flush=True)
print(server.getsockname()[1]); print(six.getsockname()[1], flush=True)
sys.stdin.read()
"#;

/// A program that waits for a line and says so many numbers.
struct Sender {
    running: Running,
    out: BufReader<std::process::ChildStdout>,
}

impl Sender {
    fn start(mut command: Command) -> Sender {
        let child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut running = Running(child);
        let out = BufReader::new(running.0.stdout.take().unwrap());
        Sender { running, out }
    }

    /// What it says; none if it ended instead.
    fn go(&mut self, numbers: usize) -> Vec<u16> {
        // One that has ended does not read it.
        let _ = self
            .running
            .0
            .stdin
            .as_mut()
            .map(|stdin| stdin.write_all(b"\n"));
        let mut said = Vec::new();
        for _ in 0..numbers {
            let mut line = String::new();
            self.out.read_line(&mut line).unwrap();
            said.extend(line.trim().parse::<u16>());
        }
        said
    }

    fn pid(&self) -> u32 {
        self.running.0.id()
    }
}

fn python(mut command: Command) -> Command {
    command.args(["-c", SENDER]);
    command
}

fn sockets(frames: &[Frame]) -> Vec<(u32, String, Ends)> {
    let of = |frame: &Frame| match frame.body {
        Body::Socket { ends, .. } => Some((frame.pid, frame.command(), ends)),
        _ => None,
    };
    frames.iter().filter_map(of).collect()
}

fn ends(protocol: u16, ip: &str, port: u16, remote: Option<u16>) -> Ends {
    let at = |port| std::net::SocketAddr::new(ip.parse().unwrap(), port);
    Ends {
        protocol,
        local: at(port),
        remote: remote.map(at),
    }
}

#[test]
fn each_socket_is_told_once_with_its_process_and_nobody_else_s() {
    if skipped() || !there("python3") {
        return;
    }
    let net = Net::new();
    let helper = Helper::start(&net, &[]);
    let mut outside = Sender::start(python(Command::new("python3")));
    let mut inside = Sender::start(python(net.command("python3")));
    assert_eq!(outside.go(7).len(), 7);
    let ports = inside.go(7);
    let frames = helper.end();
    assert_eq!(lost(&frames), 0);
    let [tcp, tcp6, udp, mapped, free, server, server6] = ports[..] else {
        panic!("{ports:?}");
    };
    let expected = [
        ends(6, "127.0.0.1", tcp, Some(server)),
        ends(6, "::1", tcp6, Some(server6)),
        ends(17, "127.0.0.1", udp, Some(9)),
        ends(17, "127.0.0.1", mapped, Some(9)),
        ends(17, "0.0.0.0", free, None),
    ];
    let told = sockets(&frames);
    let who = (inside.pid(), "sender".to_owned());
    assert!(
        told.iter()
            .all(|(pid, command, _)| (pid, command) == (&who.0, &who.1)),
        "{told:?}"
    );
    let told: Vec<Ends> = told.into_iter().map(|(.., ends)| ends).collect();
    assert_eq!(told, expected);
}

/// The same where a cgroup is watched, with a process outside of it that shares everything else.
#[test]
fn of_a_cgroup_too() {
    if skipped() || !there("python3") {
        return;
    }
    let Some(cgroup) = Cgroup::new("sockets") else {
        return;
    };
    let mut inside = Sender::start(python(Command::new("python3")));
    let mut outside = Sender::start(python(Command::new("python3")));
    cgroup.take(inside.pid());
    let mut command = Command::new(HELPER);
    command.arg("--cgroup").arg(cgroup.folder());
    let helper = Helper::of(command);
    assert_eq!((outside.go(7).len(), inside.go(7).len()), (7, 7));
    let frames = helper.end();
    let told = sockets(&frames);
    let pid = inside.pid();
    assert!(
        told.len() == 5 && told.iter().all(|(by, ..)| *by == pid),
        "{told:?}"
    );
}

#[test]
fn who_sends_by_io_uring_is_told() {
    if skipped() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("ring");
    let c = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/c/ring.c");
    let built = Command::new("gcc")
        .args(["-O1", "-Wall", "-o"])
        .args([&program, &c])
        .status();
    assert!(built.unwrap().success());
    for way in ["worker", "poller"] {
        let net = Net::new();
        let helper = Helper::start(&net, &[]);
        let mut command = net.command(&program);
        command.arg(way);
        let mut ring = Sender::start(command);
        let ports = ring.go(2);
        let frames = helper.end();
        let [port, remote] = ports[..] else {
            let code = ring.running.0.wait().unwrap().code();
            assert_eq!(code, Some(77), "it failed");
            println!("SKIPPED: this kernel has no io_uring");
            return;
        };
        let expected = (
            ring.pid(),
            "ring".to_owned(),
            ends(17, "127.0.0.1", port, Some(remote)),
        );
        assert_eq!(sockets(&frames), [expected], "{way}");
        // It was not the program's own thread that sent.
        let thread = frames
            .iter()
            .find(|f| matches!(f.body, Body::Socket { .. }))
            .unwrap()
            .tid;
        assert_ne!(thread, ring.pid(), "{way}");
    }
}
