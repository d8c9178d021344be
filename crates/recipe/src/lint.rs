//! What is allowed and yet a mistake: found by `recipe check`, where its author looks for mistakes.

use std::ops::Range;

use crate::model::*;
use crate::parse::{RecipeError, at, nearest};
use crate::raw::Raw;
use crate::vars::{BUILT_IN, names};

/// Programs whose arguments have variables of their own.
const SHELLS: [&str; 4] = ["sh", "bash", "dash", "env"];

/// Mistakes of a recipe that can be read: variables that nothing defines, files that the folder does not `have`,
/// and words for muted of which one is a part of the other.
pub fn lint(text: &str, has: &dyn Fn(&str) -> bool) -> Vec<RecipeError> {
    // Whoever asks has read it already.
    let Ok(raw) = toml::from_str::<Raw>(text) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut known: Vec<String> = BUILT_IN.iter().map(|name| (*name).to_owned()).collect();
    known.extend(raw.vars.keys().cloned());
    known.extend(raw.variant.values().flat_map(|v| v.vars.keys().cloned()));
    let values = raw
        .vars
        .values()
        .chain(raw.variant.values().flat_map(|v| v.vars.values()));
    let values: Vec<String> = values.cloned().collect();
    let parts = [
        raw.setup,
        raw.launch,
        raw.join,
        raw.consent,
        raw.login,
        raw.camera_off,
        raw.mute,
        raw.unmute,
        raw.quit,
    ];
    let mut steps: Vec<(Range<usize>, Step)> = Vec::new();
    let of_variants = raw.variant.into_values();
    let of_variants = of_variants.flat_map(|variant| [variant.mute, variant.unmute]);
    for step in parts.into_iter().chain(of_variants).flatten() {
        let span = step.span();
        steps.extend(step.into_inner().checked().ok().map(|step| (span, step)));
    }
    known.extend(steps.iter().filter_map(|(_, step)| step.save.clone()));
    for word in [raw.confirm].into_iter().chain(raw.also) {
        let span = word.span();
        if let Ok(Confirm::App(asking)) = word.into_inner().confirming() {
            found.extend(overlap(text, &span, &asking));
            steps.push((span, asking.ask));
        }
    }
    let mut complain = |span: &Range<usize>, part: &str, what: String, hint| {
        let error = at(text, place(text, span, part), what, hint);
        if !found.contains(&error) {
            found.push(error);
        }
    };
    for value in &values {
        let whole = 0..text.len();
        for file in files(value).filter(|file| !has(file)) {
            complain(&whole, file, no_file(file), None);
        }
    }
    for (span, step) in &steps {
        for (said, is_program) in texts(&step.action) {
            for name in names(said).filter(|name| !known.iter().any(|k| k == name)) {
                let near = nearest(name, known.iter().map(String::as_str));
                // A script has variables of its own; what is nearly one of ours is none of them.
                if is_program && near.is_none() {
                    continue;
                }
                let what = format!("nothing defines the variable `${{{name}}}`");
                complain(span, &format!("${{{name}}}"), what, near);
            }
            for file in files(said).filter(|file| !has(file)) {
                complain(span, file, no_file(file), None);
            }
        }
    }
    found.sort_by_key(|error| (error.line, error.column));
    found
}

fn no_file(file: &str) -> String {
    format!("the recipe's folder has no file `{file}`")
}

/// Words for muted and unmuted of which one is a part of the other: an answer with the longer one says both.
fn overlap(text: &str, span: &Range<usize>, asking: &Asking) -> Option<RecipeError> {
    if asking.is_whole() {
        return None;
    }
    let pairs = asking
        .muted
        .iter()
        .flat_map(|m| asking.unmuted.iter().map(move |u| (m, u)));
    let (muted, unmuted) = pairs
        .into_iter()
        .find(|(m, u)| m.contains(*u) || u.contains(*m))?;
    let what = format!("`muted` and `unmuted` are parts of one another: {muted:?}, {unmuted:?}");
    let hint = "take more of what the app says".to_owned();
    Some(at(text, place(text, span, "muted"), what, Some(hint)))
}

/// Where in a span something stands; the span where it is not to be seen there as it is.
fn place(text: &str, span: &Range<usize>, part: &str) -> Range<usize> {
    let start = span.start.min(text.len());
    // The span of a table may be its header alone.
    let rest = text.get(start..).unwrap_or_default();
    match rest.find(part) {
        Some(behind) => start + behind..start + behind + part.len(),
        None => span.clone(),
    }
}

/// Files of the recipe's folder that a text names.
fn files(text: &str) -> impl Iterator<Item = &str> {
    let ends = |c: char| c.is_whitespace() || "\"'`;)&|<>?#:,$".contains(c);
    let behind = text.split("${recipe}/").skip(1);
    let named = behind.map(move |rest| rest.split(ends).next().unwrap_or_default());
    named.filter(|name| !name.is_empty() && !name.ends_with('/'))
}

fn plain(texts: Vec<&String>) -> Vec<(&str, bool)> {
    let texts = texts.into_iter();
    texts.map(|text| (text.as_str(), false)).collect()
}

/// The texts of an action into which variables are put, and whether each is a program with its own.
fn texts(action: &Action) -> Vec<(&str, bool)> {
    match action {
        Action::Run(argv)
        | Action::Start { argv, .. }
        | Action::Restart { argv, .. }
        | Action::Terminal { argv, .. } => {
            let program = argv.first().and_then(|program| program.rsplit('/').next());
            let is_shell = program.is_some_and(|program| SHELLS.contains(&program));
            argv.iter().map(|text| (text.as_str(), is_shell)).collect()
        }
        Action::Page { at, js, .. } => vec![(at, false), (js, true)],
        Action::WaitOutput { has, .. } | Action::WaitScreen { has, .. } => plain(vec![has]),
        Action::WaitFile(text) | Action::WaitPort(text) | Action::WaitWindow(text) => {
            plain(vec![text])
        }
        Action::Stdin { line, .. } => plain(vec![line]),
        Action::Keys { keys, .. } => plain(vec![keys]),
        Action::Key { window, .. } | Action::Click { window, .. } => plain(vec![window]),
        Action::Tcp { to, send, .. } => plain(vec![to, send]),
        Action::TypeInto { text, .. } => plain(vec![text]),
        Action::Reach { typing, .. } => plain(typing.iter().collect()),
        Action::Expect { is, .. } => plain(vec![is]),
        Action::Dbus(call) => {
            let texts = call.args.iter().filter_map(|arg| match arg {
                DbusArg::Text(text) => Some(text),
                _ => None,
            });
            plain(texts.collect())
        }
        Action::Ask(_)
        | Action::LastAnswer
        | Action::Screen(_)
        | Action::Press { .. }
        | Action::See(_)
        | Action::Choose { .. }
        | Action::Element { .. } => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str = r#"title = "A specimen"

[app]
binary = "/usr/bin/true"
mute_way = "a line on standard input"

[vars]
way = "soft"

[[launch]]
start = ["/usr/bin/true", "--page", "${recipe}/page.html", "${peer}"]

[[launch]]
run = ["sh", "-c", "for i in a b; do echo ${i} ${HOME} ${way}; done"]
save = "said"

[[mute]]
stdin = "mute ${said}"

[confirm]
stdin = "status"
muted = "muted yes"
unmuted = "muted no"
"#;

    fn said(text: &str) -> Vec<String> {
        let has = |file: &str| file == "page.html";
        lint(text, &has).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_recipe_without_mistakes_has_none() {
        assert!(crate::parse(RECIPE).is_ok());
        assert_eq!(said(RECIPE), [""; 0]);
    }

    #[test]
    fn a_variable_that_nothing_defines_is_told_with_its_place() {
        let text = RECIPE.replace("mute ${said}", "mute ${sayd}");
        let wanted =
            "line 18, column 15: nothing defines the variable `${sayd}`; did you mean `said`?";
        assert_eq!(said(&text), [wanted]);
        let text = RECIPE.replace("mute ${said}", "${other_thing}");
        assert_eq!(
            said(&text),
            ["line 18, column 10: nothing defines the variable `${other_thing}`"]
        );
        // In a script what is nearly one of ours, and nothing else.
        let text = RECIPE.replace("${way}", "${wya}");
        let wanted =
            "line 14, column 56: nothing defines the variable `${wya}`; did you mean `way`?";
        assert_eq!(said(&text), [wanted]);
    }

    #[test]
    fn a_file_that_is_not_there_is_told() {
        let text = RECIPE.replace("page.html", "paeg.html");
        assert_eq!(
            said(&text),
            ["line 11, column 48: the recipe's folder has no file `paeg.html`"]
        );
    }

    #[test]
    fn words_of_which_one_is_in_the_other_are_told() {
        let text = RECIPE.replace("\"muted no\"", "\"not muted yes\"");
        let all = said(&text);
        let wanted = "line 22, column 1: `muted` and `unmuted` are parts of one another";
        assert!(all.len() == 1 && all[0].starts_with(wanted), "{all:?}");
        // Of an element the whole name counts.
        let element =
            "element = { name = [\"mute\", \"unmute\"] }\nmuted = \"unmute\"\nunmuted = \"mute\"\n";
        let (before, _) = RECIPE.split_once("stdin = \"status\"").unwrap();
        let text = format!("{before}{element}").replace("mute_way", "window = true\nmute_way");
        assert!(crate::parse(&text).is_ok(), "{:?}", crate::parse(&text));
        assert_eq!(said(&text), [""; 0]);
    }
}
