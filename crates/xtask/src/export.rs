//! The small export of the README, and the tables of docs/export-check.md.

use std::fs;
use std::process::Command;

use crate::run::{Done, cargo, root, run, said};
use crate::setup::install;

/// What the owner of the small export says, and what a stranger says in it.
const OWN: [&str; 12] = [
    "switch the light in the kitchen on please",
    "what is the time in the next town over",
    "set a timer for eleven minutes and a half",
    "play the news of this morning once again",
    "add apples and bread and butter to the list",
    "how far is it from here to the nearest lake",
    "turn the heating down before we go to bed",
    "remind me to water the plants on the balcony",
    "read me the first message that came in today",
    "is there anything on the calendar for tomorrow",
    "stop the music and close the shutters now",
    "tell me how many grams are in one ounce",
];
const STRANGE: [&str; 3] = [
    "what will the weather be like at the coast",
    "call the garage and say that we are late",
    "order another box of the green tea please",
];

/// Makes `target/export-demo`: an assistant's export with two voices of a speech synthesiser, one of them in
/// three recordings, and a table of transcripts.
pub fn demo() -> Done {
    if said(Command::new("flite").arg("--version")).is_err() {
        println!("flite is missing; the voices of the small export are made by it.");
        install(&["flite"])?;
    }
    let folder = root().join("target/export-demo");
    let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
    fs::create_dir_all(folder.join("audio")).map_err(failed)?;
    let mut table = "Audio File Name,Timestamp,Transcript,Locale\n".to_owned();
    let all = OWN
        .iter()
        .map(|text| (text, "slt"))
        .chain(STRANGE.iter().map(|text| (text, "rms")));
    for (n, (text, voice)) in all.enumerate() {
        let name = format!("{:02}.wav", n + 1);
        // Voices made of two people's recordings: those of espeak-ng are one voice to the model.
        let mut speak = Command::new("flite");
        run(speak
            .args(["-voice", voice, "-t", text, "-o"])
            .arg(folder.join("audio").join(&name)))?;
        let locale = if n < OWN.len() { "en-US" } else { "en-GB" };
        table += &format!(
            "audio/{name},2026-01-{:02}T08:00:00Z,{text},{locale}\n",
            n + 1
        );
    }
    fs::write(folder.join("transcripts.csv"), table).map_err(failed)?;
    println!("{}", folder.display());
    Ok(())
}

/// Builds, and runs it with the options as they were given.
pub fn table(args: &[String]) -> Done {
    run(cargo(&["run", "--release", "--quiet", "-p", "export-table", "--"]).args(args))
}
