//! What the documents name is there: files, tests, functions.

use std::fs;
use std::path::{Path, PathBuf};

/// What is no name of ours: other programs' functions, and one of a version that the page tells of.
const OF_OTHERS: [&str; 3] = ["pw_filter", "snd_pcm_mmap_begin", "sleep_until"];
/// A file whose name is whatever one likes, those of an audit's folder, and data that is not in the repository.
const ELSEWHERE: [&str; 5] = [
    "NAME",
    "bundle/",
    "webex-telemetry/",
    "WebexDataCollectionDocumentation/",
    "BgActivityClassifier/",
];
/// Shorter words may be anything.
const NAME_MIN: usize = 8;

/// The documents.
fn pages(root: &Path) -> Vec<PathBuf> {
    let mut pages = Vec::new();
    for folder in [root.to_owned(), root.join("docs")] {
        let files = fs::read_dir(folder).unwrap().flatten().map(|e| e.path());
        pages.extend(files.filter(|file| file.extension().is_some_and(|e| e == "md")));
    }
    pages.sort();
    pages
}

/// What a page marks as code, but for its examples.
fn marked(page: &str) -> Vec<&str> {
    let outside = page.split("```").step_by(2);
    let lines = outside.flat_map(str::lines);
    // Where a mark goes on in the next line it is prose about several words.
    let whole = lines.filter(|line| line.matches('`').count().is_multiple_of(2));
    whole
        .flat_map(|line| line.split('`').skip(1).step_by(2))
        .collect()
}

fn is_name(word: &str) -> bool {
    let snake = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    word.len() >= NAME_MIN && word.contains('_') && word.chars().all(snake)
}

/// A name as types are written.
fn camel(name: &str) -> String {
    let words = name.split('_').filter_map(|word| {
        let (first, rest) = word.split_at_checked(1)?;
        Some(first.to_uppercase() + rest)
    });
    words.collect()
}

fn is_file(word: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    word.contains('/')
        && word.chars().all(plain)
        && [".rs", ".toml", ".md", ".json", ".py", ".mjs", ".ftl"]
            .iter()
            .any(|end| word.ends_with(end))
}

/// Whether a file is there under that name, counted from one of the places that documents count from.
fn is_there(root: &Path, file: &str) -> bool {
    let places = ["", "crates", "docs", "recipes"];
    places
        .iter()
        .any(|place| root.join(place).join(file).exists())
}

/// What a page names and is not there.
pub fn missing<'p>(root: &Path, page: &'p str, text: &str) -> Vec<&'p str> {
    let marked = marked(page);
    let gone = marked.into_iter().filter(|word| match word {
        word if OF_OTHERS.contains(word) => false,
        word if ELSEWHERE.iter().any(|part| word.contains(part)) => false,
        word if is_file(word) => !is_there(root, word),
        // What is written down has the names of our types.
        word if is_name(word) => !text.contains(*word) && !text.contains(&camel(word)),
        _ => false,
    });
    gone.collect()
}

/// All that is written in the repository and is no document.
fn written(folder: &Path, text: &mut String) {
    const SKIPPED: [&str; 4] = ["target", ".git", "docs", "node_modules"];
    const KINDS: [&str; 11] = [
        "rs", "toml", "c", "h", "py", "mjs", "ftl", "json", "yml", "lua", "conf",
    ];
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if !SKIPPED.contains(&name.as_str()) {
                written(&path, text);
            }
        } else if path
            .extension()
            .is_some_and(|e| KINDS.iter().any(|kind| e == *kind))
        {
            text.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

#[test]
fn what_the_documents_name_is_there() {
    let root = super::root();
    let mut text = String::new();
    written(&root, &mut text);
    let mut gone = Vec::new();
    for file in pages(&root) {
        let page = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        gone.extend(
            missing(&root, &page, &text)
                .iter()
                .map(|word| format!("{name}: {word}")),
        );
    }
    assert_eq!(gone, Vec::<String>::new());
}

#[test]
fn a_name_that_is_gone_is_seen() {
    let page = "`crates/wire/src/gone.rs`, `wire/src/lib.rs`, `a_test_that_is_gone`, `a_test_that_is_there`\n\
                ```\n`another_that_is_gone`\n```\n";
    let gone = missing(&super::root(), page, "fn a_test_that_is_there() {}");
    assert_eq!(gone, ["crates/wire/src/gone.rs", "a_test_that_is_gone"]);
}
