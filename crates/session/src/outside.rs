//! pasta beside the stage: the outside network of a guided audit.

use std::io::Read;
use std::process::Stdio;
use std::thread;

use stage::{ns, outside};

/// Starts pasta for the session of this stage; `ended` is told how it ended, with the stage at the
/// latest.
pub fn start(stage: u32, ended: impl FnOnce(String) + Send + 'static) {
    thread::spawn(move || ended(run(stage).unwrap_or_else(|why| why)));
}

fn run(stage: u32) -> Result<String, String> {
    let failed = |e: &dyn std::fmt::Display| format!("pasta did not start: {e}");
    let session = ns::session_of(stage).ok_or_else(|| failed(&"the session was not found"))?;
    let mut command = outside::pasta(session).map_err(|e| failed(&e))?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| failed(&e))?;
    let mut said = String::new();
    if let Some(mut err) = child.stderr.take() {
        let _ = err.read_to_string(&mut said);
    }
    let status = child.wait().map_err(|e| failed(&e))?;
    // It says much, and complains of a missing syslog; its last words tell why it went.
    let last = said.lines().rfind(|line| !line.contains("syslog"));
    Ok(match last {
        Some(last) => format!("pasta ended ({status}): {}", last.trim()),
        None => format!("pasta ended ({status})"),
    })
}
