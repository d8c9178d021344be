//! Finding recipes: those that come with muteproof, and a person's own.

use std::fs;
use std::path::Path;

use files::Folder;
use include_dir::{Dir, include_dir};
use recipe::{Recipe, variant_of};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// The recipes that come with muteproof, as they are in the repository.
static RECIPES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../recipes");

/// The name of a recipe's text in its folder.
pub const FILE: &str = "recipe.toml";

/// Files of a recipe, and whatever else lies beside it.
const FILES_MAX: usize = 1000;

/// Bytes of all of them.
const BYTES_MAX: u64 = 64 << 20;

/// A recipe that was found and parsed.
pub struct Found {
    /// Its folder's name.
    pub name: String,
    /// The parsed recipe.
    pub recipe: Recipe,
    /// Its files: path inside the folder, content.
    files: Vec<(String, Vec<u8>)>,
    /// Where its text is, as a person asked for it.
    shown: String,
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

    /// Its `recipe.toml`.
    pub fn text(&self) -> String {
        let text = self.files.iter().find(|(name, _)| name == FILE);
        text.map_or_else(String::new, |(_, bytes)| {
            String::from_utf8_lossy(bytes).into_owned()
        })
    }

    /// Whether it takes a value from a variable of the stage.
    pub fn uses(&self, variable: &str) -> bool {
        recipe::uses(&self.text(), variable)
    }

    /// Mistakes in it that are none to whoever reads it, each with its place.
    pub fn mistakes(&self) -> Result<(), Error> {
        let text = self.files.iter().find(|(name, _)| name == FILE);
        let text = text.map(|(_, bytes)| String::from_utf8_lossy(bytes));
        let has = |file: &str| self.files.iter().any(|(name, _)| name == file);
        let errors = recipe::lint(&text.unwrap_or_default(), &has);
        let file = self.shown.clone();
        match errors.is_empty() {
            true => Ok(()),
            false => Err(Error::Recipe { file, errors }),
        }
    }

    /// Writes its files to `dir`.
    pub fn write_to(&self, dir: &Path) -> Result<(), Error> {
        for (name, bytes) in &self.files {
            let path = dir.join(name);
            let parent = path.parent().unwrap_or(dir);
            fs::create_dir_all(parent).map_err(|e| Error::file("make", parent, e))?;
            fs::write(&path, bytes).map_err(|e| Error::file("write", &path, e))?;
        }
        Ok(())
    }
}

/// Finds a recipe by name or path, with its variant behind a colon.
pub fn find(asked: &str) -> Result<Found, Error> {
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
        .map_err(|e| Error::file("find", dir, e))?;
    let mut files = files_of(&real)?;
    if real.join(SERVED).is_dir() {
        files.extend(served(&real.join(SERVED))?);
    }
    parse(
        &file_name(&real),
        variant,
        &dir.join(FILE).display().to_string(),
        files,
    )
}

/// The files of a recipe's folder, which the audited app and whoever gets the bundle see: so a link in it, which
/// may lead to anything of the person's, is refused, and so is what is no recipe by its size.
fn files_of(dir: &Path) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let failed = |e| Error::file("read", dir, e);
    let folder = Folder::open(dir).map_err(failed)?;
    let mut left = BYTES_MAX;
    let mut files = Vec::new();
    for name in folder.names(FILES_MAX).map_err(failed)? {
        let name = Path::new(&name);
        let failed = |e| Error::file("read", &dir.join(name), e);
        if folder.metadata(name).map_err(failed)?.is_dir() {
            continue;
        }
        let bytes = folder.read(name, left).map_err(failed)?;
        left -= bytes.len() as u64;
        files.push((file_name(name), bytes));
    }
    files.sort();
    Ok(files)
}

/// A recipe that is in no file.
pub fn in_memory(name: &str, text: String) -> Result<Found, Error> {
    in_memory_with(name, text, Vec::new())
}

/// Likewise, with files beside it.
pub fn in_memory_with(
    name: &str,
    text: String,
    files: Vec<(String, Vec<u8>)>,
) -> Result<Found, Error> {
    let mut all = vec![(FILE.to_owned(), text.into_bytes())];
    all.extend(files);
    parse(name, None, FILE, all)
}

/// A file of a recipe that comes with muteproof.
pub fn file_of(recipe: &str, file: &str) -> Result<(String, Vec<u8>), Error> {
    let found = RECIPES.get_file(format!("{recipe}/{file}"));
    let found = found.ok_or_else(|| unknown(recipe))?;
    Ok((file.to_owned(), found.contents().to_vec()))
}

/// The one folder in a recipe's whose files are taken along: what a page's browsers are served.
pub const SERVED: &str = "served";

/// All files of a folder and of those in it, as a recipe has them: as many and as large as it may, and no links.
pub fn served(dir: &Path) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut all = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for (name, bytes) in files_of(&folder)? {
            let path = folder.join(name);
            let within = path.strip_prefix(dir).unwrap_or(&path);
            all.push((format!("{SERVED}/{}", within.display()), bytes));
        }
        let entries = fs::read_dir(&folder).map_err(|e| Error::file("read", &folder, e))?;
        let below = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        folders.extend(below.map(|entry| entry.path()));
        let bytes: usize = all.iter().map(|(_, bytes)| bytes.len()).sum();
        if all.len() > FILES_MAX || bytes as u64 > BYTES_MAX {
            let much =
                std::io::Error::other(format!("more than {FILES_MAX} files or {BYTES_MAX} bytes"));
            return Err(Error::file("serve", dir, much));
        }
    }
    all.sort();
    Ok(all)
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Names of the recipes that come with muteproof, in no order.
pub fn names() -> impl Iterator<Item = String> {
    RECIPES.dirs().map(|dir| file_name(dir.path()))
}

fn unknown(name: &str) -> Error {
    let near = names()
        .map(|known| (strsim::damerau_levenshtein(name, &known), known))
        .filter(|(distance, known)| *distance <= 1 + known.len() / 3)
        .min();
    Error::NoRecipe {
        name: name.to_owned(),
        near: near.map(|(_, known)| known),
    }
}

fn parse(
    name: &str,
    variant: Option<&str>,
    shown: &str,
    files: Vec<(String, Vec<u8>)>,
) -> Result<Found, Error> {
    let bytes = files
        .iter()
        .find(|(name, _)| name == FILE)
        .map(|(_, bytes)| &bytes[..]);
    let text =
        std::str::from_utf8(bytes.unwrap_or_default()).map_err(|e| Error::RecipeNotText {
            file: shown.to_owned(),
            at: e.valid_up_to(),
        })?;
    let recipe = recipe::parse_variant(text, variant).map_err(|errors| Error::Recipe {
        file: shown.to_owned(),
        errors,
    })?;
    Ok(Found {
        name: match variant {
            Some(variant) => format!("{name}:{variant}"),
            None => name.to_owned(),
        },
        recipe,
        files,
        shown: shown.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_that_comes_with_muteproof_parses() {
        let mut n = 0;
        for name in names() {
            if let Err(e) = find(&name).and_then(|found| found.mistakes()) {
                panic!("{name}: {e}");
            }
            n += 1;
        }
        assert!(n >= 7, "{n}");
    }

    /// Pages in German call them in German, variants as well.
    #[test]
    fn every_recipe_has_german_words() {
        for name in names() {
            let variants = find(&name)
                .ok()
                .map(|found| found.recipe.variants)
                .unwrap_or_default();
            let variants = variants.keys().map(|variant| format!("{name}:{variant}"));
            for name in [name.clone()].into_iter().chain(variants) {
                let found = find(&name).ok();
                let called = found.and_then(|found| found.recipe.called.get("de").cloned());
                let called = called.unwrap_or_default();
                assert!(
                    called.title.is_some() && called.mute_way.is_some(),
                    "{name}"
                );
            }
        }
    }

    /// Links led into the audited app's view and into the bundle; a FIFO is waited for forever.
    #[test]
    fn a_link_or_a_fifo_in_a_recipe_s_folder_is_refused() {
        let Ok(found) = find("specimen-honest") else {
            panic!()
        };
        let dir = tempfile::tempdir().unwrap();
        found.write_to(dir.path()).unwrap();
        let asked = dir.path().display().to_string();
        assert!(find(&asked).is_ok());
        let more = dir.path().join("readme.txt");
        std::os::unix::fs::symlink("/etc/hostname", &more).unwrap();
        let Err(Error::File { source, .. }) = find(&asked) else {
            panic!("a link was read")
        };
        assert_eq!(files::refused(&source), Some(files::Refused::Link));
        fs::remove_file(&more).unwrap();
        nix::unistd::mkfifo(&more, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let Err(Error::File { source, .. }) = find(&asked) else {
            panic!("a FIFO was read")
        };
        assert_eq!(files::refused(&source), Some(files::Refused::NoFile));
        fs::remove_file(&more).unwrap();
        let large = fs::File::create(&more).unwrap();
        large.set_len(BYTES_MAX + 1).unwrap();
        assert!(find(&asked).is_err());
    }

    #[test]
    fn an_unknown_name_is_answered_with_a_near_one() {
        let Err(e) = find("specimen-onest") else {
            panic!()
        };
        let text = e.to_string();
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
