//! `muteproof recipe`: recipes listed, and one of a person's own checked.

use std::process::ExitCode;

use session::recipes::{find, names};

use crate::fail::{Fail, print};

/// Arguments of `recipe`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do with recipes.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with recipes.
#[derive(Debug, clap::Subcommand)]
pub enum Verb {
    /// List the recipes that come with muteproof.
    List,
    /// Check a recipe: names line, column and a suggestion for each mistake.
    Check {
        /// The recipe's folder, its `recipe.toml`, or the name of one that comes with muteproof.
        recipe: String,
    },
}

/// `muteproof recipe`.
pub fn run(args: &Args) -> Result<ExitCode, Fail> {
    match &args.verb {
        Verb::List => {
            let mut names: Vec<String> = names().collect();
            names.sort();
            let mut out = String::new();
            for name in names {
                let found = find(&name)?;
                let status = found.recipe.status.map(|s| format!(" ({s})"));
                let status = status.unwrap_or_default();
                out.push_str(&format!("{name:24} {}{status}\n", found.recipe.title));
                for (variant, title) in &found.recipe.variants {
                    let variant = format!("{name}:{variant}");
                    out.push_str(&format!("{variant:24} {title}{status}\n"));
                }
            }
            print(out.as_bytes())?;
        }
        Verb::Check { recipe } => {
            let found = find(recipe)?;
            let steps: usize = found
                .recipe
                .parts()
                .iter()
                .map(|(_, steps)| steps.len())
                .sum();
            let said = format!("{}: a valid recipe with {steps} steps\n", found.name);
            print(said.as_bytes())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
