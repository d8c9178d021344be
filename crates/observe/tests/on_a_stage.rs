//! Observers on a real stage: what they lose they say, and what is there they see.
//!
//! A stage begins with single-threaded processes that start their own program again, and so does
//! each side. The usual test harness can do neither; this program has a small one of its own,
//! which answers `cargo test` and nextest.

#[path = "on_a_stage/hostile.rs"]
mod hostile;

use std::env;
use std::net::{TcpListener, UdpSocket};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use observe::bus::Bus;
use observe::packets::Packets;
use observe::sockets::Sockets;
use observe::{Observer, RingSize, Sink, Target};
use record::{Body, MonotonicNs, Source};
use stage::clock::now;
use stage::net::PEER_ADDRESS;
use stage::side::HOLDER_COMMAND;
use stage::{Identity, Side, SideSpec, net, ns};

/// A test by name; it gets the two sides of a stage of its own.
type Test = (&'static str, fn(Side, Side));

const TESTS: [Test; 9] = [
    (
        "a_ring_that_is_too_small_says_how_much_it_lost",
        a_ring_that_is_too_small_says_how_much_it_lost,
    ),
    (
        "a_ring_of_the_usual_size_loses_nothing",
        a_ring_of_the_usual_size_loses_nothing,
    ),
    (
        "twenty_thousand_packets_a_second_are_all_kept",
        twenty_thousand_packets_a_second_are_all_kept,
    ),
    (
        "a_listener_is_seen_while_it_listens",
        a_listener_is_seen_while_it_listens,
    ),
    (
        "a_call_on_the_bus_is_seen_with_its_refusal",
        a_call_on_the_bus_is_seen_with_its_refusal,
    ),
    (
        "who_calls_itself_as_we_do_is_seen",
        hostile::who_calls_itself_as_we_do_is_seen,
    ),
    (
        "nothing_of_the_person_s_is_on_a_side",
        hostile::nothing_of_the_person_s_is_on_a_side,
    ),
    (
        "no_side_is_the_machine_s_root",
        hostile::no_side_is_the_machine_s_root,
    ),
    (
        "calls_that_no_app_needs_are_shut",
        hostile::calls_that_no_app_needs_are_shut,
    ),
];

/// Step 1 of a test's stage, and step 2.
const STAGE_COMMAND: &str = "__stage";
const TEST_COMMAND: &str = "__test";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [HOLDER_COMMAND, spec] => match stage::side::run_holder(spec) {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => {
                print!("{e}");
                ExitCode::FAILURE
            }
        },
        [STAGE_COMMAND, name] => {
            let mut inner = Command::new("/proc/self/exe");
            inner.args([TEST_COMMAND, name]);
            ns::become_stage(inner, &[]).unwrap_or_else(|e| panic!("{e}"))
        }
        [TEST_COMMAND, name] => {
            ns::init_stage(None).unwrap_or_else(|e| panic!("{e}"));
            let side = |name: &str| {
                let (name, show) = (name.to_owned(), Vec::new());
                Side::new(SideSpec {
                    trusted: None,
                    installed: None,
                    name,
                    show,
                    resolver: None,
                    nested: false,
                    etc: Vec::new(),
                    identity: Identity::default(),
                })
                .unwrap_or_else(|e| panic!("{e}"))
            };
            let (app, peer) = (side("app"), side("peer"));
            net::join(&app, &peer, None).unwrap_or_else(|e| panic!("{e}"));
            let (_, test) = TESTS.iter().find(|(n, _)| *n == name).expect("a test");
            test(app, peer);
            ExitCode::SUCCESS
        }
        _ => harness(&args),
    }
}

/// As much of the usual harness as its callers use: `--list`, names, `--exact`, `--ignored`.
fn harness(args: &[String]) -> ExitCode {
    let has = |flag: &str| args.iter().any(|a| a == flag);
    let ignored = has("--ignored");
    if has("--list") {
        let listed = TESTS.iter().filter(|_| !ignored);
        listed.for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    let names: Vec<&String> = args.iter().filter(|a| !a.starts_with('-')).collect();
    let wanted = |test: &str| {
        let fits = |n: &&String| {
            if has("--exact") {
                *n == test
            } else {
                test.contains(*n)
            }
        };
        !ignored && (names.is_empty() || names.iter().any(fits))
    };
    let mut failed = 0;
    for (name, _) in TESTS.iter().filter(|(name, _)| wanted(name)) {
        let status = Command::new("/proc/self/exe")
            .args([STAGE_COMMAND, name])
            .status()
            .expect("this program can be started again");
        let how = if status.success() { "ok" } else { "FAILED" };
        println!("test {name} ... {how}");
        failed += usize::from(!status.success());
    }
    match failed {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// What an observer wrote.
#[derive(Default)]
struct Heard {
    records: Vec<(Source, Body)>,
    /// UDP packets to [`PORT`].
    datagrams: u64,
}

impl Heard {
    /// What was said to be lost.
    fn lost(&self) -> u64 {
        let lost = self.records.iter().map(|(_, body)| match body {
            Body::Gap { lost, .. } => lost.expect("the kernel counts them"),
            _ => 0,
        });
        lost.sum()
    }

    /// The newest list of sockets.
    fn sockets(&self) -> Vec<record::Socket> {
        let lists = self.records.iter().rev().find_map(|(_, body)| match body {
            Body::Sockets { sockets } => Some(sockets.clone()),
            _ => None,
        });
        lists.expect("a list of sockets")
    }
}

impl Sink for Heard {
    fn record(&mut self, _: MonotonicNs, source: Source, body: Body) {
        self.records.push((source, body));
    }

    fn packet(&mut self, _: u64, orig_len: u32, data: &[u8]) {
        assert_eq!(orig_len as usize, data.len(), "packets are kept whole");
        // Ethernet 14, IPv4 20 (protocol at 9), then the ports.
        let udp = data.len() > 38 && data[12..14] == [8, 0] && data[23] == 17;
        self.datagrams += u64::from(udp && data[36..38] == PORT.to_be_bytes());
    }
}

/// Where the peer listens, without ever reading.
const PORT: u16 = 5004;

/// Captures a flood of `n` datagrams that is drained only when all of it was sent.
fn flood(app: &Side, peer: &Side, size: RingSize, n: u64) -> Heard {
    let sound = None;
    let target = Target {
        app,
        peer,
        sound,
        names: false,
    };
    let mut heard = Heard::default();
    let mut packets = Packets::with_ring(size);
    packets.attach(&target, &mut heard).unwrap();
    let listen = || UdpSocket::bind((PEER_ADDRESS, PORT)).unwrap();
    let _listener = peer.in_net(listen).unwrap();
    let send = || {
        let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
        for _ in 0..n {
            socket.send_to(&[7; 200], (PEER_ADDRESS, PORT)).unwrap();
        }
    };
    app.in_net(send).unwrap();
    // The last packets wait until their block is handed over.
    let deadline = Instant::now() + Duration::from_secs(30);
    while heard.datagrams + heard.lost() < n && Instant::now() < deadline {
        packets.drain(now(), &mut heard);
        thread::sleep(Duration::from_millis(5));
    }
    packets.detach(now(), &mut heard);
    heard
}

fn a_ring_that_is_too_small_says_how_much_it_lost(app: Side, peer: Side) {
    let tiny = RingSize {
        block_bytes: 1 << 16,
        n_blocks: 2,
    };
    const N: u64 = 20_000;
    let heard = flood(&app, &peer, tiny, N);
    let (seen, lost) = (heard.datagrams, heard.lost());
    assert!(seen > 0, "two blocks hold some");
    assert!(lost > N / 2, "{lost} lost of {N}");
    // Neighbour discovery may have lost a packet as well.
    assert!(
        (N..N + 20).contains(&(seen + lost)),
        "{seen} seen, {lost} lost"
    );
    let gaps: Vec<_> = heard
        .records
        .iter()
        .filter_map(|(source, body)| match body {
            Body::Gap { span, .. } => Some((source, span)),
            _ => None,
        })
        .collect();
    assert!(!gaps.is_empty());
    for (source, span) in gaps {
        assert_eq!(*source, Source::Packets);
        assert!(span.from < span.to);
    }
}

fn a_ring_of_the_usual_size_loses_nothing(app: Side, peer: Side) {
    const N: u64 = 10_000;
    let heard = flood(&app, &peer, RingSize::default(), N);
    assert_eq!((heard.datagrams, heard.lost()), (N, 0));
    let ends: Vec<_> = heard.records.iter().map(|(_, body)| body).collect();
    assert!(matches!(
        ends[..],
        [Body::Attached { .. }, Body::Detached { why: None }]
    ));
}

/// More than any call sends, for as long as it takes for the ring to be filled several times.
fn twenty_thousand_packets_a_second_are_all_kept(app: Side, peer: Side) {
    const RATE: u64 = 20_000;
    const SECONDS: u64 = 5;
    const PAYLOAD: [u8; 758] = [7; 758]; // 800 bytes on the wire
    let sound = None;
    let target = Target {
        app: &app,
        peer: &peer,
        sound,
        names: false,
    };
    let mut heard = Heard::default();
    let mut packets = Packets::default();
    packets.attach(&target, &mut heard).unwrap();
    let listen = || UdpSocket::bind((PEER_ADDRESS, PORT)).unwrap();
    let _listener = peer.in_net(listen).unwrap();
    let started = Instant::now();
    let (sent, took) = thread::scope(|scope| {
        let sender = scope.spawn(|| {
            let send = || {
                let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
                let mut sent = 0;
                while sent < RATE * SECONDS {
                    // As many as are due by now.
                    let due = started.elapsed().as_micros() as u64 * RATE / 1_000_000;
                    while sent < due.min(RATE * SECONDS) {
                        socket.send_to(&PAYLOAD, (PEER_ADDRESS, PORT)).unwrap();
                        sent += 1;
                    }
                    thread::sleep(Duration::from_millis(1));
                }
                (sent, started.elapsed())
            };
            app.in_net(send).unwrap()
        });
        while !sender.is_finished() {
            packets.drain(now(), &mut heard);
            thread::sleep(Duration::from_millis(20));
        }
        sender.join().unwrap()
    });
    let deadline = Instant::now() + Duration::from_secs(30);
    while heard.datagrams + heard.lost() < sent && Instant::now() < deadline {
        packets.drain(now(), &mut heard);
        thread::sleep(Duration::from_millis(5));
    }
    packets.detach(now(), &mut heard);
    println!(
        "sent {sent} packets of 800 bytes in {:.2} s ({:.0} a second): captured {}, dropped {}",
        took.as_secs_f64(),
        sent as f64 / took.as_secs_f64(),
        heard.datagrams,
        heard.lost()
    );
    assert_eq!((heard.datagrams, heard.lost()), (sent, 0));
}

fn a_listener_is_seen_while_it_listens(app: Side, peer: Side) {
    let sound = None;
    let target = Target {
        app: &app,
        peer: &peer,
        sound,
        names: false,
    };
    let mut heard = Heard::default();
    let mut sockets = Sockets::default();
    sockets.attach(&target, &mut heard).unwrap();
    let listen = || TcpListener::bind("0.0.0.0:4711").unwrap();
    let listener = app.in_net(listen).unwrap();
    sockets.drain(now(), &mut heard);
    let found = heard.sockets();
    let found = found.iter().find(|s| s.local == "0.0.0.0:4711");
    let found = found.expect("the listener is there");
    assert_eq!((&found.protocol[..], &found.state[..]), ("tcp", "Listen"));
    // This program, by the name that it was started again under.
    assert_eq!(found.command.as_deref(), Some("exe"));

    // Nothing new is nothing written.
    let n = heard.records.len();
    sockets.drain(now(), &mut heard);
    assert_eq!(heard.records.len(), n);

    drop(listener);
    sockets.drain(now(), &mut heard);
    assert!(heard.sockets().iter().all(|s| s.local != "0.0.0.0:4711"));
    // What the peer does is none of the app's sockets.
    let listen = || TcpListener::bind("0.0.0.0:4712").unwrap();
    let _listener = peer.in_net(listen).unwrap();
    sockets.drain(now(), &mut heard);
    assert!(heard.sockets().iter().all(|s| s.local != "0.0.0.0:4712"));
}

/// The bus comes after its observer, as on a stage; nobody bears the name that is asked.
fn a_call_on_the_bus_is_seen_with_its_refusal(app: Side, peer: Side) {
    let sound = None;
    let target = Target {
        app: &app,
        peer: &peer,
        sound,
        names: false,
    };
    let mut heard = Heard::default();
    let mut bus = Bus::default();
    bus.attach(&target, &mut heard).unwrap();
    let command = |line: &str| {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        app.command(&words)
    };
    let address = "--address=unix:path=/run/user/1000/bus";
    let daemon = format!("dbus-daemon --session --nofork --nopidfile {address}");
    let mut daemon = command(&daemon).spawn().unwrap();
    let ask = "dbus-send --session --print-reply --dest=org.example.CallAudio /org/example/CallAudio \
               org.example.CallAudio.MuteMic boolean:true";
    let deadline = Instant::now() + Duration::from_secs(30);
    let refused = |heard: &Heard| {
        heard.records.iter().any(|(source, body)| {
            matches!((source, body), (Source::Bus, Body::BusCall { service, member, error: Some(why), .. })
                if service == "org.example.CallAudio" && member == "MuteMic" && why.contains("ServiceUnknown"))
        })
    };
    // The first calls may come before the monitor does.
    while !refused(&heard) && Instant::now() < deadline {
        let _ = command(ask).status();
        bus.drain(now(), &mut heard);
    }
    assert!(refused(&heard), "{:?}", heard.records);
    bus.detach(now(), &mut heard);
    let _ = daemon.kill();
    let _ = daemon.wait();
}
