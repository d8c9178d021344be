//! Recipes in words: the list of them, and one that was checked.

use record::Status;

use crate::error::RenderError;
use crate::i18n::{Lang, Words};

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Name, with its variant behind a colon.
    pub name: String,
    /// The app's name, in the recipe's own words.
    pub title: String,
    /// Whether we have audited the app by it.
    pub status: Option<Status>,
}

/// The list.
pub fn recipes(recipes: &[Listing], lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let mut out = String::new();
    for Listing {
        name,
        title,
        status,
    } in recipes
    {
        let status = match status {
            None => String::new(),
            Some(Status::NotAudited) => format!(" ({})", words.t("recipe-not-audited")),
            Some(Status::Discontinued) => format!(" ({})", words.t("recipe-discontinued")),
        };
        out.push_str(&format!("{name:24} {title}{status}\n"));
    }
    words.done(out)
}

/// What is said of a recipe without mistakes.
pub fn valid_recipe(name: &str, steps: usize, lang: Lang) -> Result<String, RenderError> {
    let words = Words::new(lang)?;
    let args = [("name", name.to_owned()), ("steps", steps.to_string())];
    let said = words.say("recipe-valid", &args);
    words.done(format!("{said}\n"))
}
