//! `muteproof play`: the stimulus on an output or as a file of sound, and its schedule.

mod file;
mod live;
mod written;

use std::process::ExitCode;

use report::Lang;
use stimulus::Seed;

use crate::fail::Fail;
use crate::options::protocol;

pub use live::{listens, played, server};
pub use written::Args;

pub const EXAMPLES: &str = "\
Examples:
  muteproof play --schedule schedule.json
  # a loudspeaker stands beside the device, whose packets are recorded; do what is asked; then
  muteproof analyze --capture router.pcap --schedule schedule.json --out bundle
  muteproof play --page play.html --schedule schedule.json
  # open play.html in a browser beside the device, do what it asks, save its log; then
  muteproof analyze --capture router.pcap --schedule schedule.json --out bundle \\
      --page-log muteproof-page-log.json
  muteproof play --wav sound.wav --schedule schedule.json
  # play sound.wav by anything beside the device, and do what was printed; then
  muteproof analyze --capture router.pcap --schedule schedule.json --out bundle \\
      --began 2026-01-01T12:00:00Z --muted 115..320";

/// `muteproof play`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let protocol = protocol(&args.profile)?;
    let seed = fresh_seed()?;
    match (&args.wav, &args.page) {
        (Some(wav), _) => file::run(args, wav, &seed, &protocol, lang)?,
        (None, Some(page)) => file::page(args, page, &seed, &protocol, lang)?,
        (None, None) => live::run(args, &seed, &protocol, lang)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// A seed that nobody can know.
pub fn fresh_seed() -> Result<Seed, Fail> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(Fail::system)?;
    Ok(Seed(bytes))
}
