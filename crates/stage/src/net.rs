//! The network of the stage: app and peer joined by a veth pair, nothing else.

use std::io;
use std::process::Stdio;

use crate::ns::{NsError, doing};
use crate::side::Side;

/// The audited app's address. Every stage has the same: each has its own network.
pub const APP_ADDRESS: &str = "10.77.0.2";

/// The peer's address.
pub const PEER_ADDRESS: &str = "10.77.0.1";

/// The network of both.
const NETWORK: &str = "10.77.0.0";

/// Name of the interface on either side.
pub const INTERFACE: &str = "eth0";

/// Switches IPv6 off, where the kernel has it.
const NO_IPV6: &str = "for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do \
                       [ ! -e $f ] || echo 1 > $f || exit 1; done";

/// Joins the two sides; `mac` is the hardware address that the app's interface is to have.
pub fn join(app: &Side, peer: &Side, mac: Option<&str>) -> Result<(), NsError> {
    let (app_pid, peer_pid) = (app.pid().to_string(), peer.pid().to_string());
    let veth = ["link", "add", INTERFACE, "netns", &app_pid, "type", "veth"];
    let other_end = ["peer", "name", INTERFACE, "netns", &peer_pid];
    // Both ends are named at birth, so neither is ever seen in the stage's own network.
    let mut command = std::process::Command::new("ip");
    command.args(veth).args(other_end);
    run(command)?;
    if let Some(mac) = mac {
        let mut command = app.net_command("ip");
        command.args(["link", "set", INTERFACE, "address", mac]);
        run(command)?;
    }
    for (side, address, gateway) in [
        (app, APP_ADDRESS, PEER_ADDRESS),
        (peer, PEER_ADDRESS, APP_ADDRESS),
    ] {
        // What is not declared is not watched: the interface would give itself an address of IPv6,
        // and have a way out to the other end.
        let mut command = side.net_command("sh");
        command.args(["-c", NO_IPV6]);
        run(command)?;
        let cidr = format!("{address}/24");
        for args in [
            vec!["link", "set", "lo", "up"],
            vec!["addr", "add", &cidr, "dev", INTERFACE],
            vec!["link", "set", INTERFACE, "up"],
            vec!["route", "add", "default", "via", gateway],
        ] {
            let mut command = side.net_command("ip");
            command.args(args);
            run(command)?;
        }
    }
    Ok(())
}

/// Leads everything that the app sends anywhere to the peer's side: every address is one of its own there, and
/// its programs may listen on every port. It leads nowhere else: the side has no other network.
pub fn answer_for_everybody(peer: &Side) -> Result<(), NsError> {
    let near = format!("{NETWORK}/24");
    for args in [
        // The table that is asked first has every address as its own, so it must have the app's as well.
        vec![
            "route", "add", &near, "dev", INTERFACE, "scope", "link", "table", "local",
        ],
        vec![
            "route",
            "add",
            "local",
            "0.0.0.0/0",
            "dev",
            "lo",
            "table",
            "local",
        ],
        vec!["route", "del", "default"],
    ] {
        let mut command = peer.net_command("ip");
        command.args(args);
        run(command)?;
    }
    let mut command = peer.net_command("sh");
    command.args([
        "-c",
        "echo 0 > /proc/sys/net/ipv4/ip_unprivileged_port_start",
    ]);
    run(command)
}

/// The port at which a proxy on the peer's side waits for what [`lead_to_proxy`] leads there.
pub const INTERCEPTED: u16 = 18_080;

/// The program that leads connections elsewhere.
pub const NFT: &str = "nft";

/// The name of the interface by which the peer's side reaches the outside network.
pub(crate) const OUTSIDE: &str = "out0";

/// Leads every connection of TCP that the app opens to others than the peer to a proxy on the peer's side, which is
/// told by the kernel whom the app called. QUIC gets no answer: programs go back to TCP then.
pub fn lead_to_proxy(peer: &Side) -> Result<(), NsError> {
    // Its grammar ends a rule with a line. What leaves by pasta has one address, the proxy's: answers go to the address
    // that it saw last (0.0~git20230309), which would be the app's while a call goes on.
    let rules = format!(
        "table ip proxy {{\n\
         chain lead {{\n\
         type nat hook prerouting priority dstnat\n\
         iifname {INTERFACE} ip daddr != {NETWORK}/24 meta l4proto tcp redirect to :{INTERCEPTED}\n\
         }}\n\
         chain leave {{\n\
         type nat hook postrouting priority srcnat\n\
         oifname {OUTSIDE} ip saddr {NETWORK}/24 masquerade\n\
         }}\n\
         chain refuse {{\n\
         type filter hook forward priority filter\n\
         iifname {INTERFACE} udp dport 443 drop\n\
         }}\n\
         }}\n"
    );
    let mut command = peer.net_command(NFT);
    command.arg(rules);
    run(command)
}

pub(crate) fn run(mut command: std::process::Command) -> Result<(), NsError> {
    let what = format!("{command:?}").replace('"', "");
    let out = doing(
        format!("run `{what}`"),
        command.stdin(Stdio::null()).output(),
    )?;
    if out.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&out.stderr).trim().to_owned();
    Err(NsError::io(format!("run `{what}`"), io::Error::other(said)))
}
