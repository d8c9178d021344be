//! What the outside world can do wrong before a session is recorded.

use std::io;
use std::path::{Path, PathBuf};

/// Why an audit could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read, made, found or written.
    #[error("failed to {doing} {}: {source}", path.display())]
    File {
        /// What was tried: `read`, `make`, `find`, `write`.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no recipe of that name, and no folder that is one.
    #[error(
        "there is no recipe `{name}`, and no folder of that name with a recipe.toml; {}",
        match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`muteproof recipe list` names those that come with muteproof".to_owned(),
        }
    )]
    NoRecipe {
        /// What was asked for.
        name: String,
        /// The name of one that comes with muteproof and is nearly that.
        near: Option<String>,
    },
    /// A recipe is not UTF-8.
    #[error("{file}: not UTF-8 from byte {at}")]
    RecipeNotText {
        /// The recipe's file.
        file: String,
        /// Offset of the first byte that is not.
        at: usize,
    },
    /// A recipe has mistakes.
    #[error("{}", errors.iter().map(|e| format!("{file}: {e}")).collect::<Vec<_>>().join("\nmuteproof: "))]
    Recipe {
        /// The recipe's file.
        file: String,
        /// Each with line, column and a suggestion.
        errors: Vec<recipe::RecipeError>,
    },
    /// The stage's process did not start.
    #[error("the stage did not start: {0}")]
    NoStage(#[source] io::Error),
}

impl Error {
    pub(crate) fn file(doing: &'static str, path: &Path, source: io::Error) -> Error {
        Error::File {
            doing,
            path: path.to_owned(),
            source,
        }
    }
}
