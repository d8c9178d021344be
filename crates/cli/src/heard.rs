//! Whether a device beside this machine hears the loudspeaker, asked of its own control while there is still time to
//! put it nearer.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use import::Schedule;
use observe::beside::Device;
use report::Guide;
use serde_json::Value;
use stimulus::Seed;

use crate::terminal::Screen;

/// What is made for it, and goes again.
const FOLDER: &str = "control";

/// Evidence, as a power of ten, from which a control vouches for anything.
const ENOUGH: f64 = 3.0;

/// Judges what was captured of the control, by a process of its own that gives its rights up as `analyze` does, and
/// tells the person. Where that fails nothing is said: the audit finds out by itself.
pub fn tell(screen: &Screen, out: &Path, capture: &Path, device: &Device, of: (&Schedule, &Seed)) {
    screen.say(&Guide::Checking);
    let folder = out.join(FOLDER);
    let evidence = evidence(&folder, capture, device, of);
    let _ = fs::remove_dir_all(&folder);
    match evidence {
        Some(evidence) if evidence >= ENOUGH => screen.say(&Guide::Heard),
        Some(_) => screen.say(&Guide::NotHeard),
        None => {}
    }
}

/// The control's evidence, as a power of ten.
fn evidence(
    folder: &Path,
    capture: &Path,
    device: &Device,
    (schedule, seed): (&Schedule, &Seed),
) -> Option<f64> {
    fs::create_dir(folder).ok()?;
    let file = folder.join("schedule.json");
    schedule.write(&file, seed).ok()?;
    let mut analyze = Command::new(std::env::current_exe().ok()?);
    analyze.args(["analyze", "--json", "--search", "0"]);
    analyze
        .args(["--search-drift", "0", "--capture"])
        .arg(capture);
    analyze.arg("--schedule").arg(&file);
    analyze.arg("--out").arg(folder.join("bundle"));
    if let Some(address) = device.addresses.first() {
        analyze.arg("--device").arg(address.to_string());
    }
    let said = analyze
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let report: Value = serde_json::from_slice(&said.stdout).ok()?;
    report["judgement"]["control"]["log10_w"].as_f64()
}
