//! The README's first command: two audits side by side.

use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;

use crate::run::{Done, abreast, option, programs, root};
use crate::setup::{FOR_DEMO, setup};

/// Recipe and what a newcomer should know of it beforehand.
const AUDITS: [(&str, &str); 2] = [
    (
        "mumble",
        "a real voice app, muted by its own hotkey command",
    ),
    (
        "specimen-window-mute",
        "a small app of ours whose mute button only looks like one",
    ),
];

/// Installs, builds, audits, prints.
pub fn demo(args: &[String]) -> Done {
    setup(FOR_DEMO)?;
    let profile = option(args, "--profile").unwrap_or("quick");
    println!("\nAuditing side by side, profile {profile} (quick: about 5 minutes):");
    for (recipe, what) in AUDITS {
        println!("  {recipe}: {what}");
    }
    let out = option(args, "--out").map_or_else(|| root().join("target/demo"), PathBuf::from);
    let _ = std::fs::remove_dir_all(&out);
    let audit = |recipe: &str| {
        let mut audit = Command::new(programs().join("muteproof"));
        audit
            .args(["audit", recipe, "--profile", profile, "--out"])
            .arg(out.join(recipe));
        // One of the two tells how far it is; both would talk over each other.
        audit.stderr(if recipe == AUDITS[0].0 {
            Stdio::inherit()
        } else {
            Stdio::null()
        });
        audit.output()
    };
    let results: Vec<_> = match abreast(AUDITS.len()) {
        1 => AUDITS.map(|(recipe, _)| audit(recipe)).into(),
        _ => thread::scope(|scope| {
            let audits = AUDITS.map(|(recipe, _)| scope.spawn(move || audit(recipe)));
            let joined = audits.into_iter().map(|audit| audit.join());
            joined
                .map(|done| done.unwrap_or_else(|_| Err(io::Error::other("a thread panicked"))))
                .collect()
        }),
    };
    for ((recipe, _), result) in AUDITS.iter().zip(results) {
        let out = result.map_err(|e| format!("{recipe}: {e}"))?;
        println!(
            "\n──── {recipe} ────\n{}",
            String::from_utf8_lossy(&out.stdout)
        );
        // 1 and 4 are verdicts (leak; nothing found in what could be read); 3 is a failure.
        if out.status.code() == Some(3) {
            return Err(format!(
                "the audit of {recipe} could not be made; see above"
            ));
        }
    }
    Ok(())
}
