//! What telemetry gives away, measured. The work is done by the crate `attack-table`, so that this one
//! needs no dependency.

use std::path::Path;

use crate::run::{Done, cargo, run};
use crate::setup::install;

/// Debian's packages of music under free licences, and a folder of each.
const MUSIC: [(&str, &str); 3] = [
    ("asterisk-moh-opsound-wav", "/usr/share/asterisk/moh"),
    ("hyperrogue-music", "/usr/share/hyperrogue/music"),
    ("singularity-music", "/usr/share/games/singularity/music"),
];

/// Installs the music that is missing, builds, and runs it with the options as they were given.
pub fn attack_table(args: &[String]) -> Done {
    let missing = MUSIC
        .iter()
        .filter(|(_, folder)| !Path::new(folder).is_dir());
    let missing: Vec<&str> = missing.map(|(package, _)| *package).collect();
    if !missing.is_empty() && !args.iter().any(|a| a == "--short") {
        println!(
            "Music to try the attacker on is missing: {}.",
            missing.join(", ")
        );
        install(&missing)?;
    }
    let mut command = cargo(&["run", "--release", "--quiet", "-p", "attack-table", "--"]);
    run(command.args(args))
}
