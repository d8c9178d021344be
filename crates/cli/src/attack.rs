//! `muteproof attack`: what would telemetry give away that nobody sends yet, and what does a session's
//! traffic give away of the activities that were played in it?

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attack::classify::Settings;
use attack::evaluate::{carriers, evaluate, window_split};
use attack::telemetry::{Heard, Statistic, Telemetry};
use attack::{Corpus, Folds, Loudness, Plan, Series, Set, Sitting};
use clap::{Subcommand, ValueEnum};
use report::{Attacked, Lang, Sent};
use sounds::Library;

use crate::fail::{Fail, print};
use analysis::attacked;
use analysis::open;

/// Arguments of `attack`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// What can be asked of an attacker.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Say what a telemetry would give away, before anybody builds it: sounds are played in simulated
    /// rooms, and an attacker names the activity on recordings that it has never heard.
    #[command(after_help = EXAMPLES)]
    Simulate(Simulate),
    /// Say how often an attacker names which of the activities of the `full` profile was heard while muted,
    /// by what left. It learns from other stretches of the same session: of generated activities this says
    /// that something is told apart, not how well strangers' sounds would be; of a library's recordings
    /// (`audit --sounds`) it names those that it has never heard.
    #[command(
        after_help = "Example:\n  muteproof attack bundle muteproof-mumble-20260101-120000 --picture named.svg"
    )]
    Bundle(OnBundle),
}

/// Arguments of `attack bundle`.
#[derive(Debug, clap::Args)]
pub struct OnBundle {
    /// The bundle, or the folder that an audit made.
    pub bundle: PathBuf,
    /// How it is shown.
    #[command(flatten)]
    pub shown: Shown,
}

/// How an answer is shown.
#[derive(Debug, clap::Args)]
pub struct Shown {
    /// Also draw who was taken for whom, as an SVG file; must not exist.
    #[arg(long, value_name = "FILE")]
    pub picture: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `attack simulate`.
#[derive(Debug, clap::Args)]
pub struct Simulate {
    /// Seconds between two reports of the level; 0.02 is one a packet (RFC 6464).
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub every: f64,
    /// What a report says of the levels since the last one: min, mean, max, rms, last.
    #[arg(long, value_delimiter = ',', default_values = ["min", "mean", "max"])]
    pub statistic: Vec<String>,
    /// Resolution of a report, dB; 0 rounds nothing.
    #[arg(long, value_name = "DB", default_value_t = 1.0)]
    pub resolution: f64,
    /// Sizes of packets of this codec in the place of levels.
    #[arg(long, value_enum, conflicts_with_all = ["every", "statistic", "resolution"])]
    pub codec: Option<Codec>,
    /// What the attacker looks at at a time, seconds; at least one report.
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0)]
    pub window: f64,
    /// A library of sounds (`muteproof sounds`); without it synthetic ones, which say little about real
    /// life.
    #[arg(long, value_name = "FOLDER")]
    pub sounds: Option<PathBuf>,
    /// How many sittings of each activity are simulated, each in a room of its own.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=200))]
    pub sittings: u16,
    /// What rooms, sittings and trees are drawn from: the same gives the same figures.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// How it is shown.
    #[command(flatten)]
    pub shown: Shown,
}

/// Codecs whose packets vary in size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Codec {
    /// Opus at a variable bit rate.
    Opus,
    /// The same, sending nothing in silence (DTX).
    OpusDtx,
}

pub const EXAMPLES: &str = "\
Examples:
  muteproof attack simulate
  muteproof attack simulate --every 1 --statistic rms --resolution 6
  muteproof attack simulate --codec opus-dtx --window 10 --sounds my-sounds --lang de";

/// Folds: each activity's recordings are parted into so many.
const FOLDS: usize = 4;

/// Windows of a sitting.
const WINDOWS: usize = 4;

/// `muteproof attack`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    match &args.what {
        What::Simulate(args) => simulate(args, lang),
        What::Bundle(args) => of_bundle(args, lang),
    }
}

fn of_bundle(args: &OnBundle, lang: Lang) -> Result<ExitCode, Fail> {
    let bundle = open(&args.bundle)?;
    if bundle.kept.is_some() {
        return Err(Fail::RedactedAttack);
    }
    let attacked = attacked(&bundle, bundle.keys())?.ok_or(Fail::NothingVaried)?;
    show(&attacked, &args.shown, lang)
}

fn show(attacked: &Attacked, shown: &Shown, lang: Lang) -> Result<ExitCode, Fail> {
    if let Some(path) = &shown.picture {
        let picture = report::confusion_picture(&attacked.outcome, lang)?;
        write_new(path, picture.as_bytes())?;
    }
    let bytes = match shown.json {
        true => report::attacked_json(attacked),
        false => report::attacked(attacked, lang),
    };
    print(&bytes?)?;
    Ok(ExitCode::SUCCESS)
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Fail> {
    let file = fs::File::create_new(path);
    let written = file.and_then(|mut file| file.write_all(bytes));
    written.map_err(|e| Fail::file("write", path, &e))
}

fn simulate(args: &Simulate, lang: Lang) -> Result<ExitCode, Fail> {
    let telemetry = telemetry(args)?;
    let window_s = args.window.max(telemetry.every_s());
    let (corpus, synthetic) = match &args.sounds {
        Some(folder) => {
            let library = Library::open(folder)?;
            (library.corpus()?, library.synthetic)
        }
        None => (attack::synthetic::corpus(args.seed)?, true),
    };
    // As many windows as make an interval; a day of rare reports is long enough.
    let seconds = (window_s * WINDOWS as f64)
        .clamp(60.0, 86_400.0)
        .max(window_s);
    let plan = Plan {
        sittings: usize::from(args.sittings),
        rooms: 1,
        seconds,
        opus_s: if args.codec.is_some() { seconds } else { 0.0 },
        loudness: Loudness::Equal,
        seed: args.seed,
    };
    let sittings = corpus.sittings(&plan);
    let heard = heard(&corpus, &sittings, &plan)?;
    let settings = Settings {
        seed: args.seed,
        ..Settings::default()
    };
    let all = series(&telemetry, &sittings, &heard)?;
    let folds = Folds::by_source(&all, FOLDS, args.seed)?;
    let windows = attack::features::of(&all, window_s, WINDOWS, Set::Full)?;
    let outcome = evaluate(&windows, &folds, settings, true)?;
    let claimed = window_split(&windows, &folds, settings)?;
    // The study's telemetry on the same sounds, where they last long enough for it.
    let study_window_s = window_s.max(60.0);
    let study_kind = (telemetry != Telemetry::minute() && seconds >= study_window_s)
        .then(|| {
            let all = series(&Telemetry::minute(), &sittings, &heard)?;
            let windows = attack::features::of(&all, study_window_s, WINDOWS, Set::Full);
            let windows = windows?;
            let said = evaluate(&windows, &folds, settings, false)?;
            Ok::<_, Fail>((study_window_s, said.accuracy()))
        })
        .transpose()?;
    let attacked = Attacked {
        carriers: carriers(&windows, &folds, settings)?,
        claimed: Some(claimed.claimed),
        sent: Sent::Simulated(telemetry),
        window_s,
        outcome,
        study_kind,
        synthetic,
    };
    show(&attacked, &args.shown, lang)
}

fn telemetry(args: &Simulate) -> Result<Telemetry, Fail> {
    for (option, value, least) in [
        ("--every", args.every, 0.02),
        ("--window", args.window, 0.02),
        ("--resolution", args.resolution, 0.0),
    ] {
        if !(value.is_finite() && value >= least && value <= 86_400.0) {
            return Err(Fail::Range {
                option,
                value,
                least,
            });
        }
    }
    if let Some(codec) = args.codec {
        let dtx = codec == Codec::OpusDtx;
        return Ok(Telemetry::Opus { dtx });
    }
    let statistic = |typed: &String| {
        let known = Statistic::ALL.into_iter().find(|s| s.name() == typed);
        known.ok_or_else(|| Fail::NoStatistic {
            statistic: typed.clone(),
        })
    };
    Ok(Telemetry::Levels {
        every_s: args.every,
        statistics: args
            .statistic
            .iter()
            .map(statistic)
            .collect::<Result<_, _>>()?,
        resolution_db: args.resolution,
    })
}

fn heard(corpus: &Corpus, sittings: &[Sitting], plan: &Plan) -> Result<Vec<Heard>, Fail> {
    let each = sittings.iter().map(|sitting| corpus.listen(sitting, plan));
    Ok(each.collect::<Result<_, _>>()?)
}

fn series(
    telemetry: &Telemetry,
    sittings: &[Sitting],
    heard: &[Heard],
) -> Result<Vec<Series>, Fail> {
    let each = sittings.iter().zip(heard).map(|(sitting, heard)| {
        let sources: Vec<&str> = sitting.sources.iter().map(String::as_str).collect();
        telemetry.series(&sitting.label, &sources, heard)
    });
    Ok(each.collect::<Result<_, _>>()?)
}
