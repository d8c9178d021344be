//! `muteproof recipe`: recipes listed, and one of a person's own checked.

use std::process::ExitCode;

use report::{Lang, Listing, Message, said};
use session::machine;
use session::recipes::{find, names};

use crate::fail::{Fail, print};
use crate::guided::status;
use crate::told::lack;

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
    /// Try a recipe step by step: launch, join, mute, confirm, and stop. For each step it says how long it took and
    /// leaves a picture and the names of what is on the screen; nothing is played, and nothing judged.
    Try(crate::recipe_try::Args),
    /// Write a recipe by using the app once: it comes up in a window of its own; join, mute and unmute there, and say so
    /// here. What was pressed becomes steps by name. Nothing is played, and nothing judged.
    Record(crate::recipe_record::Args),
}

/// `muteproof recipe`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let page = match &args.verb {
        Verb::List => report::recipes(&all(lang)?, lang),
        Verb::Check { recipe } => {
            let found = find(recipe)?;
            found.mistakes()?;
            let parts = found.recipe.parts();
            let steps = parts.iter().map(|(_, steps)| steps.len()).sum();
            let valid = report::valid_recipe(&found.name, steps, lang)?;
            // What this machine lacks is no mistake of the recipe.
            let sound = found.recipe.app.sound.unwrap_or_else(machine::usual_sound);
            let lacks = machine::missing(&found, sound, machine::DisplayServer::default());
            let lacks = lacks
                .iter()
                .map(|missing| said(lang, &lack(missing).message()));
            let mut lacks: Vec<String> = lacks.collect::<Result<_, _>>()?;
            if !found.recipe.has_peer() {
                lacks.push(said(lang, &Message::new("recipe-no-peer"))?);
            }
            Ok(lacks
                .iter()
                .fold(valid, |before, line| before + line + "\n"))
        }
        Verb::Try(args) => return crate::recipe_try::run(args, lang),
        Verb::Record(args) => return crate::recipe_record::run(args, lang),
    };
    print(page?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Its title in a language, or the one that it has.
fn title_of(recipe: &recipe::Recipe, lang: Lang) -> String {
    let called = recipe.called.get(lang.tag());
    let title = called.and_then(|called| called.title.as_ref());
    title.unwrap_or(&recipe.title).clone()
}

/// The recipes that come with muteproof, each with its variants behind it.
fn all(lang: Lang) -> Result<Vec<Listing>, Fail> {
    let mut names: Vec<String> = names().collect();
    names.sort();
    let mut listed = Vec::new();
    for name in names {
        let recipe = find(&name)?.recipe;
        let status = recipe.status.map(status);
        let mut all = vec![(name.clone(), title_of(&recipe, lang))];
        for variant in recipe.variants.keys() {
            let variant = format!("{name}:{variant}");
            all.push((variant.clone(), title_of(&find(&variant)?.recipe, lang)));
        }
        listed.extend(all.into_iter().map(|(name, title)| Listing {
            name,
            title,
            status,
        }));
    }
    Ok(listed)
}
