//! What a recipe may call things.
//!
//! A recipe's author may be anybody. What stands in it becomes names of files, arguments of the system's
//! package manager, and lines that a person reads and pastes: so each of these has its own few characters.

use std::collections::BTreeMap;
use std::net::IpAddr;

use a11y::steers;

use crate::model::*;
use crate::steps::Complaint;
use crate::vars::{BUILT_IN, Vars};

/// A recipe is written by hand; longer texts are none.
pub(crate) const TEXT_MAX: usize = 256 << 10;

/// Characters of a name.
const NAME_MAX: usize = 40;

/// Characters of a line for people.
const LINE_MAX: usize = 300;

/// Characters of a package's or a program's name.
const PACKAGE_MAX: usize = 120;

/// Distributions that packages can be named for.
const DISTRIBUTIONS: [&str; 3] = ["debian", "fedora", "arch"];

/// How the stage's own programs begin: their logs lie beside the recipe's.
const OF_THE_STAGE: [&str; 7] = [
    "sound-", "dbus-", "Xvfb-", "Xephyr-", "weston-", "openbox-", "a11y-",
];

/// Everything in a recipe that becomes more than an argument on a side.
pub(crate) fn check(recipe: &Recipe) -> Result<(), Complaint> {
    line(&recipe.title, "`title`")?;
    for (language, called) in &recipe.called {
        line(language, "a language of `called`")?;
        let words = [(&called.title, "title"), (&called.mute_way, "mute_way")];
        for (word, what) in words {
            let word = word.as_deref().unwrap_or("-");
            line(word, &format!("`called.{language}.{what}`"))?;
        }
    }
    recipe.variants.iter().try_for_each(|(variant, title)| {
        name(variant, "a variant")?;
        line(title, "a variant's `title`")
    })?;
    app(&recipe.app)?;
    recipe.remote.iter().try_for_each(remote)?;
    recipe
        .vars
        .keys()
        .try_for_each(|var| variable(var, "a variable"))?;
    Vars::new(&recipe.vars, []).map_err(|e| (e.to_string(), None))?;
    if let Confirm::Person(shows) = &recipe.confirm {
        line(shows, "`ask`")?;
    }
    let confirming = recipe.asked().map(|asking| &asking.ask);
    let parts = recipe.parts();
    let steps = parts.iter().flat_map(|(_, steps)| steps.iter());
    steps.chain(confirming).try_for_each(step)
}

fn app(app: &App) -> Result<(), Complaint> {
    line(&app.mute_way, "`mute_way`")?;
    line(&app.binary, "`binary`")?;
    no_option(&app.binary, "`binary`")?;
    name(&app.process, "`process`")?;
    app.domains
        .iter()
        .try_for_each(|domain| only(domain, PACKAGE_MAX, ".-", "a domain"))?;
    app.programs
        .iter()
        .try_for_each(|program| only(program, PACKAGE_MAX, "/._+-${}|", "a program"))?;
    for (distribution, packages) in &app.packages {
        if !DISTRIBUTIONS.contains(&distribution.as_str()) {
            let known = DISTRIBUTIONS.join("`, `");
            let what = format!("packages for {distribution:?}");
            return Err((what, Some(format!("there are `{known}`"))));
        }
        packages
            .iter()
            .try_for_each(|package| only(package, PACKAGE_MAX, "+._:-", "a package"))?;
    }
    Ok(())
}

fn remote(remote: &Remote) -> Result<(), Complaint> {
    let address = &remote.address;
    match ["${app}", "${peer}"].contains(&address.as_str()) || address.parse::<IpAddr>().is_ok() {
        true => Ok(()),
        false => {
            let what = format!("the remote address {address:?} is none");
            let hint = "give an IP address, `${app}` or `${peer}`".to_owned();
            Err((what, Some(hint)))
        }
    }
}

fn step(step: &Step) -> Result<(), Complaint> {
    if let Some(save) = &step.save {
        variable(save, "`save`")?;
    }
    if let Some(started) = step.action.starts() {
        name(started, "`name`")?;
        if let Some(own) = OF_THE_STAGE.iter().find(|own| started.starts_with(**own)) {
            let what = format!("`{own}…` are the stage's own programs");
            return Err((what, Some("choose another `name`".to_owned())));
        }
    }
    if let Some((of, _)) = step.action.is_about() {
        name(of, "`of`")?;
    }
    match &step.action {
        Action::Ask(what) => line(what, "`ask`"),
        _ => Ok(()),
    }
}

/// A variable's name that is not one of those that the stage gives.
fn variable(text: &str, what: &str) -> Result<(), Complaint> {
    only(text, NAME_MAX, "_-", what)?;
    match BUILT_IN.contains(&text) {
        true => {
            let why = format!("{what} cannot be called `{text}`");
            Err((why, Some("the stage gives that one".to_owned())))
        }
        false => Ok(()),
    }
}

/// What becomes part of a file's name.
fn name(text: &str, what: &str) -> Result<(), Complaint> {
    only(text, NAME_MAX, "._-", what)
}

/// Letters and digits without accents and what is in `also`, beginning with a letter, a digit, a `/` or a
/// `$` (where these may stand at all): so it is no option to anything, and no way up a folder.
fn only(text: &str, max: usize, also: &str, what: &str) -> Result<(), Complaint> {
    let may = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/' || c == '$');
    let up = text.split('/').any(|part| part == "..");
    match begins && !up && text.len() <= max && text.chars().all(may) {
        true => Ok(()),
        false => Err((
            format!("{what} cannot be called {text:?}"),
            Some(format!(
                "letters, digits and any of {also} are allowed, a letter or digit first, {max} at most"
            )),
        )),
    }
}

fn no_option(text: &str, what: &str) -> Result<(), Complaint> {
    match text.starts_with('-') {
        true => Err((format!("{what} cannot begin with `-`"), None)),
        false => Ok(()),
    }
}

/// One line that a person reads as it is.
fn line(text: &str, what: &str) -> Result<(), Complaint> {
    match text.chars().count() <= LINE_MAX && !text.chars().any(steers) {
        true => Ok(()),
        false => Err((
            format!("{what} is longer than {LINE_MAX} characters or has some that are not shown"),
            None,
        )),
    }
}

/// Names of variables, as typed in the variants that were not asked for.
pub(crate) fn variables(vars: &BTreeMap<String, String>) -> Result<(), Complaint> {
    vars.keys().try_for_each(|var| variable(var, "a variable"))
}

/// A text as a line that a recipe may have: what is not shown is shown as `?`, and what is longer is cut.
pub fn readable(text: &str) -> String {
    let shown = text.chars().map(|c| if steers(c) { '?' } else { c });
    shown.take(LINE_MAX).collect()
}
