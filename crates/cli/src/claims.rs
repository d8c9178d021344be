//! `muteproof claims propose`: sentences of a policy that may be claims. A person confirms them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args as ClapArgs, Subcommand};
use review::{Policy, PolicyForm, Proposal};

use crate::fail::{Fail, print};

/// Help's examples.
pub const EXAMPLES: &str = "\
Examples:
  muteproof claims propose policy.html --service Mumble --source https://example.org/privacy > claims.toml

What is printed is a file of claims with every line commented out: a person takes away the marks of what
they confirm. Nothing is concluded from a proposal. Pages of a PDF that have no text are named, and the exit
code is 4.";

/// Arguments of `claims`.
#[derive(Debug, ClapArgs)]
pub struct Args {
    #[command(subcommand)]
    pub what: What,
}

/// What.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Print sentences of a policy that may be claims.
    Propose(Propose),
}

/// Arguments of `claims propose`.
#[derive(Debug, ClapArgs)]
pub struct Propose {
    /// The policy: text, a page (.html, .htm) or a PDF.
    pub policy: PathBuf,
    /// The service's name.
    #[arg(long, value_name = "NAME", default_value = "")]
    pub service: String,
    /// Where the policy stands.
    #[arg(long, value_name = "URL", default_value = "")]
    pub source: String,
}

/// Bytes of a policy.
const POLICY_MAX: u64 = 32 << 20;

/// `muteproof claims`.
pub fn run(args: &Args) -> Result<ExitCode, Fail> {
    let What::Propose(propose) = &args.what;
    let policy = policy(&propose.policy)?;
    let proposals = review::propose(&policy.text);
    let quoted = |text: &str| toml::Value::from(text).to_string();
    let missing = missing(&policy);
    let mut out = format!("{missing}service = {}\n", quoted(&propose.service));
    let day = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    for (k, proposal) in proposals.iter().enumerate() {
        out += &commented(k, proposal, &quoted(&propose.source), &day);
    }
    print(out.as_bytes())?;
    Ok(ExitCode::from(if missing.is_empty() { 0 } else { 4 }))
}

fn commented(k: usize, proposal: &Proposal, source: &str, day: &str) -> String {
    let perhaps: Vec<String> = proposal
        .perhaps
        .iter()
        .map(|measure| format!("{:?}", measure.name()))
        .collect();
    let quote = toml::Value::from(proposal.sentence.as_str()).to_string();
    format!(
        "\n# [[claim]]\n# id = \"claim-{}\"\n# quote = {quote}\n# source = {source}\n# date = \"{day}\"\n\
         # language = \"{}\"\n# implies = [{}]\n",
        k + 1,
        proposal.language,
        perhaps.join(", ")
    )
}

/// The words of a policy.
fn policy(path: &Path) -> Result<Policy, Fail> {
    let bytes = files::read(path, POLICY_MAX).map_err(|e| Fail::file("read", path, &e))?;
    let end = path.extension().unwrap_or_default().to_string_lossy();
    review::policy(PolicyForm::of(&bytes, &end), &bytes).map_err(|why| Fail::Policy {
        path: path.to_owned(),
        why,
    })
}

/// What of a policy could not be read, as comments that stand before everything else.
fn missing(policy: &Policy) -> String {
    let unread = policy.unread.iter().map(|(page, why)| {
        let why: String = why.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("# page {page} could not be read: {why}\n")
    });
    let wordless = policy
        .wordless
        .iter()
        .map(|page| format!("# page {page} has no words: a picture, it may be\n"));
    unread.chain(wordless).collect()
}
