//! What can be typed. Doc comments here are the help texts.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::fail::{Fail, print};
use crate::options::Lang;

/// Proves or disproves that a mute button mutes: who hears what when I press mute?
#[derive(Debug, Parser)]
#[command(name = "muteproof", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Args {
    /// Language of what is printed; without it English, and your session's where microphones are
    /// switched and watched. Mistakes on the command line are told in English.
    #[arg(long, value_enum, global = true, help_heading = "Output")]
    pub lang: Option<Lang>,
    /// What to do; without it, who holds a microphone now is said.
    #[command(subcommand)]
    pub verb: Option<Verb>,
}

const EXAMPLES: &str = "\
Examples:
  muteproof                                     who holds a microphone now, and what to type next
  muteproof mic off                             every microphone off, and proof of it
  muteproof doctor                              what this machine can do, and what is missing
  muteproof audit mumble                        audit Mumble's mute button (about 5 minutes)
  muteproof audit ./my-app --profile smoke      audit by a recipe of your own, for CI
  muteproof audit --guided -- my-app            you drive the app, muteproof asks and watches
  muteproof analyze muteproof-mumble-…          judge a recorded bundle again
  muteproof report muteproof-mumble-… --format html --lang de > report.html

Exit codes:
  0  no leak seen: microphone not open, or all plaintext read and every field one to find a leak in
  1  leak
  2  inconclusive
  3  usage, set-up or input error
  4  nothing found in what could be read; opaque bytes remain
  5  with --strict: microphone still open while muted";

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Audit an app on a stage of its own.
    #[command(
        after_help = "Examples:\n  muteproof audit mumble\n  muteproof audit specimen-window-mute --profile smoke\n  muteproof audit ./my-app --lang de --out /tmp/mine\n  muteproof audit ./my-app --profile standard --stop-early --bound 0.2\n  muteproof audit --guided -- my-app --its-own-option\n  muteproof audit zoom:chromium --profile standard"
    )]
    Audit(crate::audit::Args),
    /// Judge a recorded bundle again: the same facts give the same bytes.
    Analyze(crate::analyze::Args),
    /// Copy a bundle without its contents, or write down the schedule that it played.
    Bundle(crate::bundles::Args),
    /// Judge several audits of one app together: evidence of independent sessions multiplies.
    #[command(after_help = crate::combine::EXAMPLES)]
    Combine(crate::combine::Args),
    /// Say what changed in an app's mute between two versions, with exit codes for CI.
    #[command(after_help = crate::compare::EXAMPLES)]
    Compare(crate::compare::Args),
    /// Put audits, answers and a service's own claims together into the document that an officer files.
    #[command(after_help = crate::reviews::EXAMPLES)]
    Review(crate::reviews::Args),
    /// Find the sentences of a policy that may be claims, for a person to confirm.
    #[command(after_help = crate::claims::EXAMPLES)]
    Claims(crate::claims::Args),
    /// Write the report of a bundle in another format or language.
    Report(crate::reports::Args),
    /// Redraw the schedule over a bundle: how often would chance alone be called a leak?
    ///
    /// Prints one line: verdict, log10 W of the control, highest log10 W of the muted phase,
    /// number of redraws, number of them that would have been called a leak.
    Redraw(crate::redraw::Args),
    /// Say what anyone on the path can read about the sound in a capture; no verdict on a mute.
    #[command(after_help = crate::inspect::EXAMPLES)]
    Inspect(crate::inspect::Args),
    /// Say who received what: from a bundle, a capture, or a log of a browser, a proxy or a phone; or what an
    /// app tries to send, on a network that answers everything.
    #[command(after_help = crate::flows::EXAMPLES)]
    Flows(crate::flows::Args),
    /// Say whether every recording in a data export is of one voice: a ranked list to listen to.
    #[command(after_help = crate::export_check::EXAMPLES)]
    ExportCheck(crate::export_check::Args),
    /// Play the schedule beside a device, ask a person to join and to mute, and write down what was played.
    #[command(after_help = crate::play::EXAMPLES)]
    Play(crate::play::Args),
    /// Say what run length and which code find a given signal, and what a run cannot find.
    #[command(after_help = crate::plan::EXAMPLES, allow_negative_numbers = true)]
    Plan(crate::plan::Args),
    /// Say what telemetry gives away about what people do.
    #[command(after_help = crate::attack::EXAMPLES)]
    Attack(crate::attack::Args),
    /// Manage libraries of labelled recordings for `attack`.
    #[command(after_help = crate::sounds::EXAMPLES)]
    Sounds(crate::sounds::Args),
    /// Switch every microphone of your session off and prove it, or watch who holds one.
    #[command(after_help = crate::mic::EXAMPLES)]
    Mic(crate::mic::Args),
    /// List recipes, or check one of your own.
    Recipe(crate::recipe::Args),
    /// Say what this machine can and cannot do, and the command that mends it.
    Doctor(crate::doctor::Args),
    /// Print the JSON Schema of what a command prints as JSON.
    #[command(after_help = crate::schema::EXAMPLES)]
    Schema(crate::schema::Args),
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff).
    Man,
}

/// Prints completions.
pub fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Fail> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "muteproof", &mut out);
    print(&out)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the manual page.
pub fn man() -> Result<ExitCode, Fail> {
    let mut out = Vec::new();
    clap_mangen::Man::new(Args::command())
        .render(&mut out)
        .map_err(Fail::system)?;
    print(&out)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_flag_has_a_help_text() {
        fn walk(command: &clap::Command) {
            for arg in command.get_arguments() {
                let id = arg.get_id();
                assert!(
                    arg.get_help().is_some() || id == "help",
                    "{}: {id}",
                    command.get_name()
                );
            }
            command.get_subcommands().for_each(walk);
        }
        walk(&Args::command());
    }
}
