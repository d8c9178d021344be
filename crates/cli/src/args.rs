//! What can be typed. Doc comments here are the help texts.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args as ClapArgs, CommandFactory, Parser, Subcommand, ValueEnum};

use crate::fail::{Fail, print};

/// Proves or disproves that a mute button mutes: who hears what when I press mute?
#[derive(Debug, Parser)]
#[command(name = "muteproof", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Args {
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
  0  no leak seen: microphone not open, or all plaintext covered
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
    Audit(Audit),
    /// Judge a recorded bundle again: the same facts give the same bytes.
    Analyze(Analyze),
    /// Copy a bundle without its contents, or write down the schedule that it played.
    Bundle(OnBundle),
    /// Judge several audits of one app together: evidence of independent sessions multiplies.
    #[command(after_help = crate::combine::EXAMPLES)]
    Combine(crate::combine::Args),
    /// Say what changed in an app's mute between two versions, with exit codes for CI.
    #[command(after_help = crate::compare::EXAMPLES)]
    Compare(crate::compare::Args),
    /// Write the report of a bundle in another format or language.
    Report(Report),
    /// Redraw the schedule over a bundle: how often would chance alone be called a leak?
    ///
    /// Prints one line: verdict, log10 W of the control, highest log10 W of the muted phase,
    /// number of redraws, number of them that would have been called a leak.
    Redraw(Redraw),
    /// Say what anyone on the path can read about the sound in a capture; no verdict on a mute.
    #[command(after_help = crate::inspect::EXAMPLES)]
    Inspect(crate::inspect::Args),
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
    Recipe(Recipe),
    /// Say what this machine can and cannot do, and the command that mends it.
    Doctor(Doctor),
    /// Print completions for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page (roff).
    Man,
}

/// How a verdict is shown and counted.
#[derive(Debug, ClapArgs)]
pub struct Judging {
    /// Exit with 5 if the microphone is still open while muted and nothing worse was found.
    #[arg(long, help_heading = "Verdict")]
    pub strict: bool,
    /// Inconclusive instead of "partly seen" where outgoing bytes were opaque.
    #[arg(long, help_heading = "Verdict")]
    pub require_plaintext: bool,
    /// Language of summary and reports.
    #[arg(long, value_enum, default_value = "en", help_heading = "Output")]
    pub lang: Lang,
    /// Print the JSON report instead of the summary.
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// Print nothing but errors.
    #[arg(long, short, conflicts_with = "json", help_heading = "Output")]
    pub quiet: bool,
}

/// Languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// German.
    De,
}

/// Sound servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sound {
    /// PulseAudio.
    #[value(name = "pulseaudio")]
    PulseAudio,
    /// PipeWire, with WirePlumber and pipewire-pulse.
    #[value(name = "pipewire")]
    PipeWire,
}

impl From<Sound> for recipe::Sound {
    fn from(sound: Sound) -> recipe::Sound {
        match sound {
            Sound::PulseAudio => recipe::Sound::PulseAudio,
            Sound::PipeWire => recipe::Sound::PipeWire,
        }
    }
}

/// Arguments of `audit`.
#[derive(Debug, ClapArgs)]
pub struct Audit {
    /// A recipe's name (`muteproof recipe list`) or the path of a recipe's folder.
    #[arg(required_unless_present = "command", conflicts_with = "command")]
    pub recipe: Option<String>,
    /// You join the call, mute and unmute: the app is shown on your display and gets the outside
    /// network, and you are asked in this terminal. For any command behind `--`, or a guided recipe.
    #[arg(long, help_heading = "Guided audits")]
    pub guided: bool,
    /// Without the outside network.
    #[arg(long, help_heading = "Guided audits")]
    pub offline: bool,
    /// Show this folder to the app too, read-only, at the same place; may be given again. The app
    /// sees /usr, /opt and /etc, and a home folder of its own that is empty.
    #[arg(long, value_name = "FOLDER", help_heading = "Guided audits")]
    pub show: Vec<PathBuf>,
    /// Begin without asking: I know that the bundle will hold a real call.
    #[arg(long, help_heading = "Guided audits")]
    pub yes: bool,
    /// How long: smoke (60 s muted, for CI), quick (3 min), standard (30 min), full (60 min, the last quarter of it named activities).
    #[arg(long, default_value = "quick")]
    pub profile: String,
    /// At the end, mute and unmute again and again (4 minutes more): does what the muted microphone
    /// heard leave right after a mute, or later, at an unmute?
    #[arg(long)]
    pub transitions: bool,
    /// Play recordings of this library (`muteproof sounds`) as activities, in the place of the generated
    /// ones: one of its labels is drawn for each stretch. An attacker learns from what left during some
    /// recordings and names others. For a profile with activities (full).
    #[arg(long, value_name = "FOLDER")]
    pub sounds: Option<PathBuf>,
    /// End the muted phase as soon as the question is decided: a leak is found and its series named,
    /// or the bound of --bound is reached.
    #[arg(long)]
    pub stop_early: bool,
    /// With --stop-early: also end it once an attacker like ours can have learned at most this, bits
    /// a block of the fast code (0 to 1).
    #[arg(long, value_name = "BITS", requires = "stop_early")]
    pub bound: Option<f64>,
    /// Keep the sound that the app reads from the virtual microphone, as files in the bundle: ours, and
    /// what the app's calls are told of it. Needs the helper (`muteproof doctor`).
    #[arg(long)]
    pub keep_audio: bool,
    /// Show this camera to the app, as `/dev/video0`: its pictures go where the app sends them. Without
    /// it the app finds none. Recorded is who holds it, and whether it is released when
    /// the recipe has it turned off.
    #[arg(long, value_name = "DEVICE")]
    pub camera: Option<PathBuf>,
    /// Sound server of the stage; without it the one that the recipe names, else PulseAudio.
    #[arg(long, value_enum)]
    pub sound: Option<Sound>,
    /// Folder for bundle and reports; must not exist.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// With --guided: the app and its arguments.
    #[arg(last = true, requires = "guided", value_name = "COMMAND")]
    pub command: Vec<String>,
    /// How the verdict is shown.
    #[command(flatten)]
    pub judging: Judging,
}

/// Arguments of `analyze`.
#[derive(Debug, ClapArgs)]
pub struct Analyze {
    /// The bundle, or the folder that an audit made.
    #[arg(required_unless_present = "elsewhere", conflicts_with = "elsewhere")]
    pub bundle: Option<PathBuf>,
    /// A capture that was made elsewhere.
    #[command(flatten)]
    pub elsewhere: Elsewhere,
    /// Leave out plaintext that was seen before encryption: what would packets alone have shown?
    #[arg(long)]
    pub packets_only: bool,
    /// How the verdict is shown.
    #[command(flatten)]
    pub judging: Judging,
}

/// A capture that was made elsewhere, and what was played to it.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Captures from elsewhere")]
pub struct Elsewhere {
    /// Judge these captures (pcap or pcapng, also packed by gzip or zstd) in the place of a bundle's
    /// packets; makes a bundle of them.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "schedule", requires = "out", group = "elsewhere")]
    pub capture: Vec<PathBuf>,
    /// Judge this table (CSV) of what the app sent in the place of packets: names in its first line, in
    /// the first column when a row was sent (seconds from the schedule's beginning, or wall time),
    /// numbers in the others.
    #[arg(
        long,
        value_name = "FILE",
        requires = "schedule",
        requires = "out",
        group = "elsewhere",
        conflicts_with = "capture"
    )]
    pub table: Option<PathBuf>,
    /// What was played when; its key has to lie beside it.
    #[arg(long, value_name = "FILE", requires = "elsewhere")]
    pub schedule: Option<PathBuf>,
    /// Folder for the bundle; must not exist.
    #[arg(long, value_name = "FOLDER", requires = "elsewhere")]
    pub out: Option<PathBuf>,
    /// Keys of TLS connections in the capture (SSLKEYLOGFILE).
    #[arg(long, value_name = "FILE", requires = "elsewhere")]
    pub keylog: Option<PathBuf>,
    /// Address of the device that runs the app, may be given again; without it the private address that sends
    /// most. What the same network interface sends from other addresses is the device's as well.
    #[arg(long, value_name = "ADDRESS", requires = "elsewhere")]
    pub device: Vec<std::net::IpAddr>,
    /// A domain of the operator's own, as in example.org: what is reached under a name within it is the
    /// operator's server, and not a third party.
    #[arg(long, value_name = "NAME", requires = "elsewhere")]
    pub domain: Vec<String>,
    /// When the app said that it was muted, in seconds from the schedule's beginning, as in 70..190.
    /// Without it, what the schedule says.
    #[arg(long, value_name = "FROM..TO", requires = "elsewhere")]
    pub muted: Option<String>,
    /// When playing began, as in 2026-01-01T12:00:00Z; for a schedule that was written for a file of
    /// sound.
    #[arg(long, value_name = "TIME", requires = "elsewhere")]
    pub began: Option<jiff::Timestamp>,
    /// What the device's own system wrote down of who had the microphone: App Privacy Report of iOS
    /// (NDJSON), Windows' ConsentStore (reg export or reg query /s), dumpsys audio or dumpsys appops of
    /// Android, macOS' log show. It tells of access, not of reading.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "elsewhere")]
    pub mic_log: Vec<PathBuf>,
    /// How far the device's local time is east of UTC, as in +02:00; for logs that do not say.
    #[arg(
        long,
        value_name = "OFFSET",
        default_value = "+00:00",
        value_parser = utc_offset,
        allow_hyphen_values = true
    )]
    pub utc_offset: i32,
    /// How far the capture's clock may be from the schedule's, in seconds either way.
    #[arg(long, value_name = "SECONDS", default_value_t = 15)]
    pub search: u32,
    /// How much faster or slower the capture's clock may run, in parts of a million: searched for in runs
    /// so long that it matters, and paid for by the evidence.
    #[arg(long, value_name = "PPM", default_value_t = 100, value_parser = clap::value_parser!(u32).range(..=1_000))]
    pub search_drift: u32,
    /// How much faster the capture's clock runs, in parts of a million, where that is known: no search then.
    #[arg(
        long,
        value_name = "PPM",
        allow_negative_numbers = true,
        conflicts_with = "search_drift"
    )]
    pub drift: Option<f64>,
}

/// Seconds east of UTC.
fn utc_offset(text: &str) -> Result<i32, String> {
    let wrong = || "it has to look like +02:00".to_owned();
    let (sign, rest) = match text.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(wrong()),
    };
    let (hours, minutes) = rest.split_once(':').ok_or_else(wrong)?;
    let number = |text: &str, below: i32| {
        let n = text.parse::<i32>().ok();
        n.filter(|n| (0..below).contains(n)).ok_or_else(wrong)
    };
    Ok(sign * (number(hours, 15)? * 3_600 + number(minutes, 60)? * 60))
}

/// Arguments of `bundle`.
#[derive(Debug, ClapArgs)]
pub struct OnBundle {
    /// What to do.
    #[command(subcommand)]
    pub what: BundleVerb,
}

/// What can be done with a bundle besides judging it.
#[derive(Debug, Subcommand)]
pub enum BundleVerb {
    /// Write a copy that can be shown to others: without payloads, plaintext, keys and what programs
    /// printed. It keeps the numbers that were computed from them, and gives the same verdict.
    #[command(
        after_help = "Example:\n  muteproof bundle redact muteproof-mumble-20260101-120000 redacted"
    )]
    Redact {
        /// The bundle, or the folder that an audit made.
        bundle: PathBuf,
        /// Folder for the copy; must not exist.
        out: PathBuf,
    },
    /// Write what a bundle's session played as a schedule, to judge another capture of it by.
    #[command(
        after_help = "Example:\n  muteproof bundle schedule muteproof-mumble-20260101-120000 schedule.json"
    )]
    Schedule {
        /// The bundle, or the folder that an audit made.
        bundle: PathBuf,
        /// File for the schedule; its key is written beside it. Neither may exist.
        out: PathBuf,
    },
}

/// Arguments of `report`.
#[derive(Debug, ClapArgs)]
pub struct Report {
    /// The bundle, or the folder that an audit made.
    pub bundle: PathBuf,
    /// Format: text, json or html.
    #[arg(long, default_value = "text")]
    pub format: String,
    /// Language.
    #[arg(long, value_enum, default_value = "en")]
    pub lang: Lang,
    /// A file with the maker's statement, printed in the report.
    #[arg(long)]
    pub statement: Option<PathBuf>,
    /// Write the package for the app's maker into this folder instead: letter, reports, recipe.
    #[arg(long, value_name = "FOLDER")]
    pub disclosure: Option<PathBuf>,
}

/// Arguments of `redraw`.
#[derive(Debug, ClapArgs)]
pub struct Redraw {
    /// The bundle, or the folder that an audit made.
    pub bundle: PathBuf,
    /// How many schedules to draw.
    #[arg(long, default_value_t = 1000)]
    pub times: u32,
}

/// Arguments of `recipe`.
#[derive(Debug, ClapArgs)]
pub struct Recipe {
    /// What to do with recipes.
    #[command(subcommand)]
    pub verb: RecipeVerb,
}

/// What can be done with recipes.
#[derive(Debug, Subcommand)]
pub enum RecipeVerb {
    /// List the recipes that come with muteproof.
    List,
    /// Check a recipe: names line, column and a suggestion for each mistake.
    Check {
        /// The recipe's folder, its `recipe.toml`, or the name of one that comes with muteproof.
        recipe: String,
    },
}

/// Arguments of `doctor`.
#[derive(Debug, ClapArgs)]
pub struct Doctor {
    /// Also check what these recipes need.
    pub recipes: Vec<String>,
    /// Print only the distribution's packages that are missing, one a line.
    #[arg(long)]
    pub packages: bool,
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
        .map_err(Fail::text)?;
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
