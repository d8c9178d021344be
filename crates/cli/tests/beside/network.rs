//! A network with devices in it, this machine, and the operator's server beyond: each in a namespace of its own, so
//! that nothing of the machine that runs the tests is touched.
//!
//! ```text
//! devices ── bridge [ machine: NAT ] ── outside: the operator's server
//! ```

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::common::{installed, skip};

/// How a device reaches the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ip {
    V4,
    V6,
}

/// Where the operator's server is (RFC 5737, RFC 3849).
const SERVER_V4: &str = "198.51.100.7";
const SERVER_V6: &str = "2001:db8:79::7";

pub const BRIDGE: &str = "br0";

pub struct Network {
    id: String,
    spaces: Vec<String>,
}

fn ip(words: &str) {
    let done = Command::new("ip").args(words.split(' ')).output().unwrap();
    assert!(done.status.success(), "ip {words}: {done:?}");
}

/// Masquerades what leaves a space for the outside.
const NAT: &str = "table inet nat { chain out { type nat hook postrouting priority srcnat; oifname \"up0\" masquerade; }; };";

/// Loses one of twenty packets that leave a space, as a bad radio link does.
const LOSS: &str = "table inet loss { chain out { type filter hook output priority filter; \
    meta l4proto udp numgen random mod 100 < 5 drop; }; };";

impl Network {
    /// Nothing where this machine lets nobody make one; says why.
    pub fn new(n_devices: usize) -> Option<Network> {
        if !nix::unistd::geteuid().is_root() {
            skip("network namespaces with names are made by root alone");
            return None;
        }
        if let Some(missing) = ["ip", "nft"].iter().find(|program| !installed(program)) {
            skip(&format!("{missing} is not installed"));
            return None;
        }
        // Tests run beside each other, in one process or in several.
        static MADE: AtomicU32 = AtomicU32::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let mut network = Network {
            id: format!("mp{:x}x{made}", std::process::id()),
            spaces: Vec::new(),
        };
        let machine = network.space("m");
        let outside = network.space("o");
        for words in [
            format!("-n {machine} link add up0 type veth peer name up0 netns {outside}"),
            format!("-n {machine} link add {BRIDGE} type bridge"),
            format!("-n {machine} addr add 10.79.0.1/24 dev {BRIDGE}"),
            format!("-n {machine} addr add fd79::1/64 dev {BRIDGE} nodad"),
            format!("-n {machine} addr add 198.51.100.1/24 dev up0"),
            format!("-n {machine} addr add 2001:db8:79::1/64 dev up0 nodad"),
            format!("-n {outside} addr add {SERVER_V4}/24 dev up0"),
            format!("-n {outside} addr add {SERVER_V6}/64 dev up0 nodad"),
            format!("-n {machine} link set {BRIDGE} up"),
            format!("-n {machine} link set up0 up"),
            format!("-n {outside} link set up0 up"),
        ] {
            ip(&words);
        }
        for n in 0..n_devices {
            let device = network.space(&n.to_string());
            for words in [
                format!("-n {machine} link add port{n} type veth peer name eth0 netns {device}"),
                format!("-n {machine} link set port{n} master {BRIDGE} up"),
                format!("-n {device} addr add fd79::{}/64 dev eth0 nodad", n + 5),
                format!("-n {device} link set eth0 up"),
                format!("-n {device} route add default via fd79::1"),
            ] {
                ip(&words);
            }
            network.address(n, &format!("10.79.0.{}", n + 5));
        }
        // An interface that goes down keeps its addresses, as NetworkManager gives them back.
        let forward = "cd /proc/sys/net; echo 1 > ipv4/ip_forward; echo 1 > ipv6/conf/all/forwarding; \
            echo 1 > ipv6/conf/all/keep_addr_on_down";
        let mut forwards = network.machine(Command::new("sh").args(["-c", forward]));
        assert!(forwards.status().unwrap().success());
        network.rules(&machine, NAT);
        Some(network)
    }

    fn space(&mut self, what: &str) -> String {
        let space = format!("{}{what}", self.id);
        ip(&format!("netns add {space}"));
        self.spaces.push(space.clone());
        ip(&format!("-n {space} link set lo up"));
        space
    }

    /// Rules of nftables for a space.
    fn rules(&self, space: &str, rules: &str) {
        let mut nft = Command::new("ip");
        nft.args(["netns", "exec", space, "nft", "-f", "-"]);
        let mut nft = nft.stdin(Stdio::piped()).spawn().unwrap();
        nft.stdin
            .take()
            .unwrap()
            .write_all(rules.as_bytes())
            .unwrap();
        assert!(nft.wait().unwrap().success(), "{rules}");
    }

    /// Gives a device this IPv4 address, and takes the one that it had.
    pub fn address(&self, device: usize, address: &str) {
        let space = self.device_space(device);
        ip(&format!("-n {space} -4 addr flush dev eth0"));
        ip(&format!("-n {space} addr add {address}/24 dev eth0"));
        ip(&format!("-n {space} route add default via 10.79.0.1"));
    }

    /// From now on a device loses one of twenty of its datagrams.
    pub fn loses(&self, device: usize) {
        self.rules(&self.device_space(device), LOSS);
    }

    /// Takes the bridge down, or up.
    pub fn bridge(&self, up: bool) {
        let state = if up { "up" } else { "down" };
        ip(&format!("-n {}m link set {BRIDGE} {state}", self.id));
    }

    /// Where the operator's server listens.
    pub fn server(&self, by: Ip) -> String {
        match by {
            Ip::V4 => format!("{SERVER_V4}:5004"),
            Ip::V6 => format!("[{SERVER_V6}]:5004"),
        }
    }

    fn device_space(&self, device: usize) -> String {
        format!("{}{device}", self.id)
    }

    fn within(space: &str, command: &Command) -> Command {
        let mut within = Command::new("ip");
        within.args(["netns", "exec", space]);
        within.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => within.env(name, value),
                None => within.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            within.current_dir(folder);
        }
        within
    }

    /// A command on this machine.
    pub fn machine(&self, command: &Command) -> Command {
        Network::within(&format!("{}m", self.id), command)
    }

    /// A command on a device.
    pub fn device(&self, device: usize, command: &Command) -> Command {
        Network::within(&self.device_space(device), command)
    }

    /// A command at the operator's.
    pub fn outside(&self, command: &Command) -> Command {
        Network::within(&format!("{}o", self.id), command)
    }

    /// What is known of this machine's network: addresses, routes, rules, what is filtered.
    pub fn state(&self) -> Vec<String> {
        let told = [
            "ip -o addr",
            "ip route show table all",
            "ip -6 route show table all",
            "ip rule",
            "nft list ruleset",
        ]
        .map(|words| {
            let (program, rest) = words.split_once(' ').unwrap();
            let told = self
                .machine(Command::new(program).args(rest.split(' ')))
                .output();
            String::from_utf8_lossy(&told.unwrap().stdout).into_owned()
        });
        let lines = told.iter().flat_map(|told| told.lines());
        // A new address of IPv6 is tried first, and its routes come when it is no longer tried.
        let lasting = lines.filter(|line| !line.contains("fe80") && !line.contains("ff00"));
        lasting.map(str::to_owned).collect()
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for space in &self.spaces {
            let _ = Command::new("ip").args(["netns", "del", space]).output();
        }
    }
}
