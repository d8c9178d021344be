//! Finding recipes: those that come with muteproof, and a person's own.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use include_dir::{Dir, include_dir};
use recipe::Recipe;
use sha2::{Digest, Sha256};

use crate::args::{Recipe as RecipeArgs, RecipeVerb};
use crate::fail::{Fail, print};

/// The recipes that come with muteproof, as they are in the repository.
static RECIPES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../recipes");

const FILE: &str = "recipe.toml";

/// A recipe that was found and parsed.
pub struct Found {
    /// Its folder's name.
    pub name: String,
    /// The parsed recipe.
    pub recipe: Recipe,
    /// Its files: path inside the folder, content.
    files: Vec<(String, Vec<u8>)>,
}

impl Found {
    /// SHA-256 over names and contents of all its files.
    pub fn sha256(&self) -> String {
        let mut hasher = Sha256::new();
        for (name, bytes) in &self.files {
            hasher.update((name.len() as u64).to_le_bytes());
            hasher.update(name);
            hasher.update((bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        }
        hex::encode(hasher.finalize())
    }

    /// Writes its files to `dir`.
    pub fn write_to(&self, dir: &Path) -> Result<(), Fail> {
        for (name, bytes) in &self.files {
            let path = dir.join(name);
            let parent = path.parent().unwrap_or(dir);
            fs::create_dir_all(parent).map_err(|e| Fail::file("make", parent, &e))?;
            fs::write(&path, bytes).map_err(|e| Fail::file("write", &path, &e))?;
        }
        Ok(())
    }
}

/// The name (or path) of a recipe and its variant's: `chromium:stop`.
pub fn variant_of(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once(':') {
        Some((name, variant)) if !variant.contains('/') => (name, Some(variant)),
        _ => (name, None),
    }
}

/// Finds a recipe by name or path, with its variant behind a colon.
pub fn find(asked: &str) -> Result<Found, Fail> {
    let (name_or_path, variant) = variant_of(asked);
    let path = Path::new(name_or_path);
    if let (false, Some(dir)) = (name_or_path.contains('/'), RECIPES.get_dir(name_or_path)) {
        let mut files: Vec<_> = dir
            .files()
            .map(|file| (file_name(file.path()), file.contents().to_vec()))
            .collect();
        files.sort();
        return parse(name_or_path, variant, FILE, files);
    }
    let dir = match path {
        file if file.is_file() => file
            .parent()
            .filter(|p| !p.as_os_str().is_empty())
            .unwrap_or(Path::new(".")),
        dir => dir,
    };
    if !dir.join(FILE).is_file() {
        return Err(unknown(name_or_path));
    }
    let real = dir
        .canonicalize()
        .map_err(|e| Fail::file("find", dir, &e))?;
    let mut files = Vec::new();
    let entries = fs::read_dir(&real).map_err(|e| Fail::file("read", dir, &e))?;
    for entry in entries.flatten().filter(|e| e.path().is_file()) {
        let bytes = fs::read(entry.path()).map_err(|e| Fail::file("read", &entry.path(), &e))?;
        files.push((file_name(&entry.path()), bytes));
    }
    files.sort();
    parse(
        &file_name(&real),
        variant,
        &dir.join(FILE).display().to_string(),
        files,
    )
}

/// A recipe that is in no file.
pub fn in_memory(name: &str, text: String) -> Result<Found, Fail> {
    let files = vec![(FILE.to_owned(), text.into_bytes())];
    parse(name, None, FILE, files)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn names() -> impl Iterator<Item = String> {
    RECIPES.dirs().map(|dir| file_name(dir.path()))
}

fn unknown(name: &str) -> Fail {
    let near = names()
        .map(|known| (strsim::damerau_levenshtein(name, &known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 3)
        .min();
    let hint = match near {
        Some((_, known)) => format!("did you mean `{known}`?"),
        None => "`muteproof recipe list` names those that come with muteproof".to_owned(),
    };
    Fail::text(format!(
        "there is no recipe `{name}`, and no folder of that name with a {FILE}; {hint}"
    ))
}

fn parse(
    name: &str,
    variant: Option<&str>,
    shown: &str,
    files: Vec<(String, Vec<u8>)>,
) -> Result<Found, Fail> {
    let bytes = files
        .iter()
        .find(|(name, _)| name == FILE)
        .map(|(_, bytes)| &bytes[..]);
    let text = std::str::from_utf8(bytes.unwrap_or_default())
        .map_err(|e| Fail::text(format!("{shown}: not UTF-8 from byte {}", e.valid_up_to())))?;
    let recipe = recipe::parse_variant(text, variant).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|e| format!("{shown}: {e}")).collect();
        Fail::text(lines.join("\nmuteproof: "))
    })?;
    Ok(Found {
        name: match variant {
            Some(variant) => format!("{name}:{variant}"),
            None => name.to_owned(),
        },
        recipe,
        files,
    })
}

/// `muteproof recipe`.
pub fn run(args: &RecipeArgs) -> Result<ExitCode, Fail> {
    match &args.verb {
        RecipeVerb::List => {
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
        RecipeVerb::Check { recipe } => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_that_comes_with_muteproof_parses() {
        let mut n = 0;
        for name in names() {
            if let Err(Fail::Text(text)) = find(&name) {
                panic!("{text}");
            }
            n += 1;
        }
        assert!(n >= 7, "{n}");
    }

    #[test]
    fn an_unknown_name_is_answered_with_a_near_one() {
        let Err(Fail::Text(text)) = find("specimen-onest") else {
            panic!()
        };
        assert!(text.contains("did you mean `specimen-honest`?"), "{text}");
    }

    #[test]
    fn a_changed_file_changes_the_hash() {
        let Ok(mut found) = find("specimen-honest") else {
            panic!()
        };
        let before = found.sha256();
        found.files[0].1.push(b'\n');
        assert_ne!(before, found.sha256());
    }
}
