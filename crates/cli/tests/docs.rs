//! Every command in the documents is one that the programs understand.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::{repository, run};

/// The documents that there are.
fn documents() -> Vec<PathBuf> {
    let root = repository();
    let folders = [root.clone(), root.join("docs"), root.join(".github")];
    let entries = folders.iter().filter_map(|f| fs::read_dir(f).ok());
    let mut found: Vec<PathBuf> = entries
        .flatten()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "md"))
        .collect();
    found.sort();
    found
}

/// A command of a document: line number and words.
type Typed = (usize, Vec<String>);

/// The commands in the fenced `sh` blocks of a document.
fn commands(text: &str) -> Vec<Typed> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut begun = String::new();
    for (i, line) in text.lines().enumerate() {
        let bare = line.trim();
        if let Some(language) = bare.strip_prefix("```") {
            let shell = ["sh", "bash", "console", "shell"].contains(&language);
            inside = !inside && shell;
            continue;
        }
        if !inside {
            continue;
        }
        let bare = bare.strip_prefix("$ ").unwrap_or(bare);
        if let Some(part) = bare.strip_suffix('\\') {
            begun.push_str(part);
            continue;
        }
        let whole = format!("{}{bare}", std::mem::take(&mut begun));
        found.extend(
            simple_commands(&whole)
                .into_iter()
                .map(|words| (i + 1, words)),
        );
    }
    found
}

/// Splits a line of shell into its simple commands; enough for what documents hold.
fn simple_commands(line: &str) -> Vec<Vec<String>> {
    let mut commands = vec![vec![]];
    let mut word = String::new();
    let mut quote = None;
    let end = |word: &mut String, commands: &mut Vec<Vec<String>>| {
        if !word.is_empty() {
            let last = commands.len() - 1;
            commands[last].push(std::mem::take(word));
        }
    };
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') if word.is_empty() => break,
            (None, ' ' | '\t') => end(&mut word, &mut commands),
            (None, ';' | '|' | '&') => {
                end(&mut word, &mut commands);
                commands.push(vec![]);
            }
            (_, c) => word.push(c),
        }
    }
    end(&mut word, &mut commands);
    commands.retain(|c| !c.is_empty());
    for command in &mut commands {
        // What follows a redirection is no argument.
        if let Some(at) = command.iter().position(|w| w.starts_with(['>', '<'])) {
            command.truncate(at);
        }
    }
    commands
}

/// The arguments, where this command is one of ours: (`muteproof` or `xtask`, arguments).
fn ours(words: &[String]) -> Option<(&'static str, &[String])> {
    let assignment = |w: &&String| w.contains('=') && !w.starts_with('-');
    let skip = words.iter().take_while(assignment).count();
    let words = &words[skip..];
    let words = match words.first()?.as_str() {
        "sudo" | "exec" | "time" => &words[1..],
        _ => words,
    };
    let program = words.first()?;
    match (program.as_str(), words.get(1).map(String::as_str)) {
        ("cargo", Some("xtask")) => Some(("xtask", &words[2..])),
        ("cargo", Some("run")) => {
            let at = words.iter().position(|w| w == "--")?;
            let cli = words[..at].iter().any(|w| w == "cli" || w == "muteproof");
            cli.then(|| ("muteproof", &words[at + 1..]))
        }
        _ if Path::new(program).file_name()? == "muteproof" => Some(("muteproof", &words[1..])),
        _ => None,
    }
}

/// With `--help` after them, the arguments only have to be understood. The commands of `xtask`
/// would run all the same (install, build, audit), so they are only looked up in its list.
fn understood(program: &str, arguments: &[String]) -> Result<(), String> {
    // What stands behind `--` is another program's.
    let own = arguments.iter().map(String::as_str);
    let words: Vec<&str> = own.take_while(|word| *word != "--").collect();
    let (said, verb) = match program {
        "muteproof" => (run(&[&words[..], &["--help"]].concat()), None),
        _ => {
            // Not by cargo, which would wait for whatever it builds meanwhile.
            let mut xtask = Command::new(common::program().with_file_name("xtask"));
            xtask.current_dir(repository());
            (common::said(&mut xtask), words.first())
        }
    };
    let known = |word: &&str| {
        let mut listed = said.out.split(|c: char| !c.is_alphanumeric() && c != '-');
        listed.any(|l| l == *word)
    };
    // `--help` is answered before the flags behind it are read, so they are looked up as well.
    let flags = words.iter().filter(|w| w.starts_with('-'));
    let flags: Vec<&str> = flags.filter_map(|w| w.split('=').next()).collect();
    match said.code == Some(0) && verb.is_none_or(known) && flags.iter().all(known) {
        true => Ok(()),
        false => Err(format!("{}{}", said.out, said.err)),
    }
}

#[test]
fn every_command_in_the_documents_is_understood() {
    let mut wrong = Vec::new();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        let mut n = 0;
        for (line, words) in commands(&text) {
            let Some((program, arguments)) = ours(&words) else {
                continue;
            };
            n += 1;
            if let Err(why) = understood(program, arguments) {
                wrong.push(format!("{}:{line}: {words:?}: {why}", path.display()));
            }
        }
        eprintln!("{}: {n} commands", path.display());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_recipe_named_in_the_documents_exists() {
    let list = run(&["recipe", "list"]).out;
    let known: Vec<&str> = list
        .lines()
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    for path in documents() {
        let text = fs::read_to_string(&path).unwrap();
        for (line, words) in commands(&text) {
            let Some(("muteproof", [verb, recipe, ..])) = ours(&words) else {
                continue;
            };
            let named = verb == "audit" && !recipe.contains(['/', '.', '-', '<', '$']);
            let known = known.contains(&recipe.as_str());
            assert!(!named || known, "{}:{line}: {recipe}", path.display());
        }
    }
}

/// The worked example is the recipe itself, and as short as the page says.
#[test]
fn the_example_of_a_recipe_is_one_that_is_used() {
    let page = fs::read_to_string(repository().join("docs/add-an-app.md")).unwrap();
    let recipe = fs::read_to_string(repository().join("recipes/twinkle/recipe.toml")).unwrap();
    let shown = page
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    assert_eq!(shown, Some(recipe.as_str()));
    let lines = recipe.lines().count();
    assert!(lines < 30, "{lines} lines");
    assert!(page.contains(&format!("it took {lines} lines")));
}

#[test]
fn commands_are_found_in_a_document() {
    let text = "muteproof no\n```sh\n$ A=1 muteproof audit x \\\n  --profile smoke > f # why\n\
                cargo xtask ci && ls\n```\n```toml\nmuteproof no\n```\n";
    let found: Vec<(usize, String)> = commands(text)
        .iter()
        .filter_map(|(line, words)| {
            ours(words).map(|(p, a)| (*line, format!("{p} {}", a.join(" "))))
        })
        .collect();
    let expected = [
        (4, "muteproof audit x --profile smoke".to_owned()),
        (5, "xtask ci".to_owned()),
    ];
    assert_eq!(found, expected);
}

/// `docs/schemas` has what `muteproof schema` prints; `cargo xtask schemas` writes it.
#[test]
fn every_shape_of_json_is_published() {
    let folder = repository().join("docs/schemas");
    let names = run(&["schema"]);
    assert_eq!(names.code, Some(0), "{}", names.err);
    let mut published: Vec<String> = Vec::new();
    for name in names.out.lines() {
        let printed = run(&["schema", name]);
        assert_eq!(printed.code, Some(0), "{}", printed.err);
        let file = folder.join(format!("{name}.json"));
        if std::env::var_os("MUTEPROOF_WRITE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&file, &printed.out).unwrap();
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == printed.out,
            "{} is not what is printed now: cargo xtask schemas; within one version fields are only added",
            file.display()
        );
        published.push(format!("{name}.json"));
    }
    let entries = fs::read_dir(&folder).unwrap().flatten();
    let mut there: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    there.sort();
    published.sort();
    assert_eq!(there, published);
    let wrong = run(&["schema", "reprot"]);
    assert_eq!(wrong.code, Some(3));
    assert!(
        wrong.err.contains("there is no document `reprot`"),
        "{}",
        wrong.err
    );
}
