//! `muteproof review`: what an officer files, from audits, answers and claims.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use analysis::judged;
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use report::Lang;
use review::{Adequacy, Answers, Claims, Criteria, Evidence, Light, Review, Sources};
use serde::Deserialize;

use crate::ask;
use crate::catalogue::{criteria, said, text};
use crate::fail::{Fail, print};
use crate::pdf;

/// Help's examples.
pub const EXAMPLES: &str = "\
Examples:
  muteproof review Mumble --evidence muteproof-mumble-… --answers answers.toml --format html > review.html
  muteproof review Mumble --evidence muteproof-mumble-… --answers answers.toml --format pdf > review.pdf
  muteproof review ask --answers answers.toml --service Mumble
  muteproof review mumble.toml janus.toml

Exit codes:
  0  nothing stands against the use
  1  excluded
  2  something is to be cured, or not known
  3  usage or input error";

/// Arguments of `review`.
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Args {
    #[command(subcommand)]
    pub what: Option<What>,
    /// The service's name; or files (.toml) with `service`, `evidence = [...]`, `answers` and `claims`, one for each
    /// service that stands beside the others.
    #[arg(required = true, value_name = "SERVICE")]
    pub services: Vec<String>,
    /// A bundle, or the folder that an audit made; may be given again.
    #[arg(long, value_name = "BUNDLE", num_args = 1..)]
    pub evidence: Vec<PathBuf>,
    /// What people answered (`muteproof review ask`).
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
    /// What the service says of itself.
    #[arg(long, value_name = "FILE")]
    pub claims: Option<PathBuf>,
    /// Another catalogue of questions than muteproof's.
    #[arg(long, value_name = "FILE")]
    pub criteria: Option<PathBuf>,
    /// Format of what is printed.
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// What else.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Ask, in this terminal, what no audit can see; the answers are kept in a file, and asked again are those that
    /// are missing.
    Ask(Ask),
}

/// Arguments of `review ask`.
#[derive(Debug, ClapArgs)]
pub struct Ask {
    /// The file of answers; made where it is not there.
    #[arg(long, value_name = "FILE")]
    pub answers: PathBuf,
    /// The service's name, for a new file.
    #[arg(long, value_name = "NAME")]
    pub service: String,
    /// Another catalogue of questions than muteproof's.
    #[arg(long, value_name = "FILE")]
    pub criteria: Option<PathBuf>,
}

/// Formats of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A page of text.
    Text,
    /// A page for a browser.
    Html,
    /// What is filed: PDF/A-2a and PDF/UA-1.
    Pdf,
    /// For programs.
    Json,
}

impl Args {
    /// The folder that it writes to.
    pub fn writes(&self) -> Option<&Path> {
        let Some(What::Ask(ask)) = &self.what else {
            return None;
        };
        let above = ask.answers.parent()?;
        Some(if above == Path::new("") {
            Path::new(".")
        } else {
            above
        })
    }
}

/// A file that says what a review of a service is made from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ServiceFile {
    service: String,
    #[serde(default)]
    evidence: Vec<PathBuf>,
    #[serde(default)]
    answers: Option<PathBuf>,
    #[serde(default)]
    claims: Option<PathBuf>,
}

/// `muteproof review`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let (criteria, criteria_text) = criteria(args.criteria.as_deref())?;
    if let Some(What::Ask(asked)) = &args.what {
        return ask::run(
            &asked.answers,
            &asked.service,
            asked.criteria.as_deref(),
            lang,
        );
    }
    let is_file = |name: &String| name.ends_with(".toml");
    let services = match &args.services[..] {
        [name] if !is_file(name) => vec![ServiceFile {
            service: name.clone(),
            evidence: args.evidence.clone(),
            answers: args.answers.clone(),
            claims: args.claims.clone(),
        }],
        files if files.iter().all(is_file) => {
            let own = args.answers.is_some() || args.claims.is_some();
            if own || !args.evidence.is_empty() {
                return Err(Fail::ReviewFiles);
            }
            let read = |name: &String| service_file(Path::new(name));
            files.iter().map(read).collect::<Result<_, _>>()?
        }
        names => return Err(Fail::ReviewOne { count: names.len() }),
    };
    let adequacy = Adequacy::built_in().map_err(said)?;
    let reviewed = |service: &ServiceFile| review(service, &criteria, &criteria_text, &adequacy);
    let reviews: Vec<Review> = services.iter().map(reviewed).collect::<Result<_, _>>()?;
    match args.format {
        Format::Json => print(report::review_json(&reviews)?.as_bytes())?,
        Format::Text => print(report::review(&reviews, lang)?.text().as_bytes())?,
        Format::Html => print(&report::review(&reviews, lang)?.html()?)?,
        Format::Pdf => pdf::print(&report::review(&reviews, lang)?)?,
    }
    let worst = reviews.iter().map(|one| one.light).max();
    Ok(ExitCode::from(match worst {
        Some(Light::Green) => 0,
        Some(Light::Red) => 1,
        Some(Light::Yellow) | None => 2,
    }))
}

fn service_file(path: &Path) -> Result<ServiceFile, Fail> {
    let read: ServiceFile =
        review::parse(&path.display().to_string(), &text(path)?).map_err(said)?;
    // Beside the file that names them.
    let folder = path.parent().unwrap_or(Path::new(""));
    let beside = |path: PathBuf| folder.join(path);
    Ok(ServiceFile {
        service: read.service,
        evidence: read.evidence.into_iter().map(beside).collect(),
        answers: read.answers.map(beside),
        claims: read.claims.map(beside),
    })
}

fn review(
    of: &ServiceFile,
    criteria: &Criteria,
    criteria_text: &str,
    adequacy: &Adequacy,
) -> Result<Review, Fail> {
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut first: Option<(String, String)> = None;
    for path in &of.evidence {
        let judged = judged(path, false)?;
        let recipe = &judged.bundle.manifest.subject.recipe;
        let recipe = recipe.split(':').next().unwrap_or(recipe).to_owned();
        let name = path.display().to_string();
        match &first {
            Some((first, is)) if *is != recipe => {
                return Err(Fail::ReviewService {
                    first: first.clone(),
                    is: is.clone(),
                    other: name,
                    was: recipe,
                });
            }
            Some(_) => {}
            None => first = Some((name, recipe)),
        }
        evidence.push(judged.evidence(adequacy)?);
    }
    let mut texts = vec![("criteria".to_owned(), criteria_text.to_owned())];
    let answers = match &of.answers {
        None => None,
        Some(path) => {
            let (name, text) = (path.display().to_string(), text(path)?);
            let answers = Answers::parse(&name, &text, criteria).map_err(said)?;
            texts.push(("answers".to_owned(), text));
            Some((name, answers))
        }
    };
    let claims = match &of.claims {
        None => None,
        Some(path) => {
            let (name, text) = (path.display().to_string(), text(path)?);
            let claims = Claims::parse(&name, &text).map_err(said)?;
            texts.push(("claims".to_owned(), text));
            Some((name, claims))
        }
    };
    let sources = Sources {
        service: &of.service,
        evidence: &evidence,
        criteria,
        answers: answers.as_ref().map(|(name, answers)| (&name[..], answers)),
        claims: claims.as_ref().map(|(name, claims)| (&name[..], claims)),
        adequacy_known_until: &adequacy.known_until,
        texts: &texts,
    };
    Review::new(&sources).map_err(said)
}
