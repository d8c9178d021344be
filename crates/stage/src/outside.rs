//! The way to the outside network, through pasta (passt.top): for apps whose call is out there.
//!
//! The stage has no network of its own, so nothing on it can reach out. pasta can: it is started by
//! the process that the person started, stays in the person's network, and gives the peer's side an
//! interface. The peer's side passes the app's packets on to it, unaltered, so they are captured
//! where they always are: at the peer's end of the veth. pasta lives in the stage's PID namespace and
//! ends with it. It needs no root.

use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::net::if_::if_nametoindex;

use crate::net::{OUTSIDE, run};
use crate::ns::{self, NsError, STAGE_DIR, doing};
use crate::side::Side;
use crate::user;

/// pasta's program.
pub const PASTA: &str = "pasta";

/// Where pasta answers: the gateway, and the name server.
pub const ROUTER: &str = "10.77.1.1";

/// The peer's side's address there.
const ADDRESS: &str = "10.77.1.2";

/// The peer's network namespace as a file: pasta gives up the right to look it up by a process.
fn door() -> PathBuf {
    Path::new(STAGE_DIR).join("outside")
}

/// Makes the peer's network namespace something that pasta can open. On the stage.
pub fn open_door(peer: &Side) -> Result<(), NsError> {
    let door = door();
    doing("make a file for the outside network", fs::write(&door, ""))?;
    ns::bind(Path::new(&format!("/proc/{}/ns/net", peer.pid())), &door)
}

/// pasta, to be started from outside, beside the session with this process number.
///
/// The machine's own loopback is not passed on; no port is opened on the machine.
pub fn pasta(session: i32) -> io::Result<Command> {
    let pidfd = ns::pidfd(session)?;
    let mut command = Command::new(PASTA);
    command.args([
        "--foreground",
        "--ipv4-only",
        "--no-map-gw",
        "--mtu",
        "1500",
    ]);
    command.args(["-t", "none", "-u", "none", "-T", "none", "-U", "none"]);
    command.args(["--ns-ifname", OUTSIDE, "--address", ADDRESS]);
    command.args(["--netmask", "30", "--gateway", ROUTER]);
    command.args(["--dns-forward", ROUTER, "--runas", "0", "--netns-only"]);
    command.arg("--netns").arg(door());
    let lent = user::lent().is_some();
    // SAFETY: between fork and exec only system calls are made: no allocation, no locks.
    unsafe {
        command.pre_exec(move || {
            // Not into its network: that is what pasta is for.
            let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNS | libc::CLONE_NEWPID;
            ns::enter(&pidfd, flags)?;
            // The machine's root is nobody there, and would lose at exec what it needs.
            if lent {
                user::be_root_here()?;
            }
            ns::fork_and_wait()
        });
    }
    Ok(command)
}

/// Whether pasta has made its interface.
pub fn is_there(peer: &Side) -> bool {
    peer.in_net(|| if_nametoindex(OUTSIDE).is_ok())
        .unwrap_or(false)
}

/// Sends what the app sends to addresses elsewhere through pasta's interface.
pub fn join(peer: &Side) -> Result<(), NsError> {
    let cidr = format!("{ADDRESS}/30");
    for args in [
        vec!["addr", "add", &cidr, "dev", OUTSIDE],
        vec!["link", "set", OUTSIDE, "up"],
        vec!["route", "replace", "default", "via", ROUTER, "dev", OUTSIDE],
    ] {
        let mut command = peer.net_command("ip");
        command.args(args);
        run(command)?;
    }
    let mut command = peer.net_command("sh");
    command.args(["-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
    run(command)
}
