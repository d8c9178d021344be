//! A capture of one device on a bridge that goes away and comes back.

use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use observe::beside::{Asked, Capture, Captured, Interface, packet_socket};
use wire::capture::{Captured as Packet, Reader, Take};

fn ip(words: &str) {
    let done = Command::new("ip").args(words.split(' ')).output().unwrap();
    assert!(done.status.success(), "ip {words}: {done:?}");
}

/// Ends what was made.
struct Made(Vec<String>);

impl Drop for Made {
    fn drop(&mut self) {
        for words in &self.0 {
            let _ = Command::new("ip").args(words.split(' ')).output();
        }
    }
}

/// A device says something to this machine.
fn sends(space: &str, text: &str) {
    let script = format!("printf %s '{text}' > /dev/udp/10.80.0.1/9999");
    let done = Command::new("ip")
        .args(["netns", "exec", space, "bash", "-c", &script])
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[derive(Default)]
struct Texts(Vec<String>);

impl Take<'_> for Texts {
    fn packet(&mut self, packet: Packet<'_>) {
        if let Ok(datagram) = wire::datagram(packet.data)
            && datagram.dst.port() == 9_999
        {
            let text = &packet.data[datagram.payload];
            self.0.push(String::from_utf8_lossy(text).into_owned());
        }
    }
}

fn texts(file: &Path) -> Vec<String> {
    let bytes = std::fs::read(file).unwrap();
    let mut texts = Texts::default();
    Reader::default().read(&bytes, &mut texts).unwrap();
    texts.0
}

fn until(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "not in time: {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn one_device_is_captured_and_what_was_not_seen_is_known() {
    if !nix::unistd::geteuid().is_root() || Command::new("ip").arg("-V").output().is_err() {
        eprintln!("skipped: interfaces are made by root alone, with iproute2");
        return;
    }
    let pid = std::process::id();
    let bridge = format!("mpc{pid}");
    let mut made = Made(vec![format!("link del {bridge}")]);
    let bridged = || {
        ip(&format!("link add {bridge} type bridge"));
        ip(&format!("addr add 10.80.0.1/24 dev {bridge}"));
        for n in 0..2 {
            let _ = Command::new("ip")
                .args(["link", "set", &format!("mpd{pid}-{n}"), "master", &bridge])
                .output();
        }
        ip(&format!("link set {bridge} up"));
    };
    let spaces = [0, 1].map(|n| format!("mpn{pid}-{n}"));
    for (n, space) in spaces.iter().enumerate() {
        ip(&format!("netns add {space}"));
        made.0.push(format!("netns del {space}"));
        ip(&format!(
            "link add mpd{pid}-{n} type veth peer name eth0 netns {space}"
        ));
        ip(&format!("link set mpd{pid}-{n} up"));
        ip(&format!(
            "-n {space} addr add 10.80.0.{}/24 dev eth0",
            n + 5
        ));
        ip(&format!("-n {space} link set eth0 up"));
    }
    bridged();
    let _listens = UdpSocket::bind("10.80.0.1:9999").unwrap();
    until("the bridge", || Interface::find(&bridge).is_ok());
    let interface = Interface::find(&bridge).unwrap();
    let mut capture = Capture::begin(packet_socket().unwrap(), interface.clone()).unwrap();
    spaces.iter().for_each(|space| sends(space, "before"));
    let asked = Asked::parse("10.80.0.5").unwrap();
    let device = capture.device(&asked, Duration::from_secs(20)).unwrap();
    assert_eq!(
        device.addresses,
        ["10.80.0.5".parse::<std::net::IpAddr>().unwrap()]
    );
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("capture.pcapng");
    let running = capture.of(&device, &file).unwrap();
    spaces.iter().for_each(|space| sends(space, "first"));
    until("the first", || texts(&file).contains(&"first".to_owned()));
    ip(&format!("link del {bridge}"));
    until("it is gone", || !interface.is_up());
    // Longer than between two looks.
    std::thread::sleep(Duration::from_millis(600));
    bridged();
    until("the second", || {
        spaces.iter().for_each(|space| sends(space, "second"));
        texts(&file).contains(&"second".to_owned())
    });
    let Captured { covered, packets } = running.end().unwrap();
    assert_eq!(covered.len(), 2, "{covered:?}");
    assert!(
        covered[0].0 < covered[0].1 && covered[0].1 < covered[1].0,
        "{covered:?}"
    );
    assert!(covered[1].0 - covered[0].1 > 300_000_000, "{covered:?}");
    assert!(packets >= 2);
    // The neighbour said as much as the device, and nothing of it is there.
    let texts = texts(&file);
    assert_eq!(texts.iter().filter(|text| *text == "first").count(), 1);
    assert!(!texts.contains(&"before".to_owned()));
}
