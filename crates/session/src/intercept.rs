//! An installed mitmproxy between an app and its servers: its process on the peer's side, and what it tells.
//!
//! The peer's side passes the app's packets on to the outside network. What of them opens a connection of TCP is led
//! to mitmproxy there, which calls the server itself. Packets are taken before that, as the app sent them.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::mpsc::Sender;

use record::Failure;
use sink::Authority;
use stage::side::SIDE_RUN;
use stage::{Side, net};

use crate::event::{Event, Stop};
use crate::log::Log;
use crate::protocol::Intercept;
use crate::sink::{self as told, Sink};

/// Its name in records.
pub(crate) const NAME: &str = "mitmproxy";

/// What tells, in the form of the sink's own events.
const ADDON: &str = include_str!("intercept.py");

/// The folder of the authority's key and of the addon, in the side's runtime folder.
const FOLDER: &str = "intercept";

/// Starts it; returns when connections are led to it.
pub(crate) fn start(
    peer: &Side,
    authority: &Authority,
    how: &Intercept,
    planted: Vec<String>,
    log: &Log,
    tell: &Sender<Event>,
) -> Result<Sink, Stop> {
    let failed = |why: String| Stop::new(Failure::Stage, format!("{NAME}: {why}"));
    let folder = peer.run_dir().join(FOLDER);
    let write = |name: &str, text: &str| fs::write(folder.join(name), text);
    fs::create_dir_all(&folder)?;
    write("addon.py", ADDON)?;
    let key = authority.with_key().map_err(|e| failed(e.to_string()))?;
    write("mitmproxy-ca.pem", &key)?;
    let here = PathBuf::from(SIDE_RUN).join(FOLDER);
    let here = here.display();
    let port = net::INTERCEPTED;
    let words = [
        how.python.display().to_string(),
        "-c".to_owned(),
        "from mitmproxy.tools.main import mitmdump; mitmdump()".to_owned(),
        "--quiet".to_owned(),
        "--mode".to_owned(),
        format!("transparent@{port}"),
        "--set".to_owned(),
        format!("confdir={here}"),
        // Whom this machine trusts, and not who came with mitmproxy.
        "--set".to_owned(),
        format!(
            "ssl_verify_upstream_trusted_ca={}",
            how.authorities.display()
        ),
        "--scripts".to_owned(),
        format!("{here}/addon.py"),
    ];
    let mut command = peer.command(&words);
    command.env("PYTHONPATH", &how.path);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    let child = command.spawn().map_err(|e| failed(e.to_string()))?;
    let proxy = told::heard(child, NAME, planted, log, tell)?;
    net::lead_to_proxy(peer)?;
    Ok(proxy)
}
