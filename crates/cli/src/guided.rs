//! Guided audits: a person joins, mutes and unmutes; what they did and when is recorded.

use std::path::{Path, PathBuf};

use record::{Guided, Status};
use serde_json::json;
use session::machine::{self, which};
use session::protocol::Guiding;
use session::recipes::{self, Found};
use stage::display::Display;
use stage::install::FLATPAKS;
use stage::outside::PASTA;
use stage::side::SIDE_HOME;

use crate::fail::Fail;
use crate::intercept;

/// What was asked for, as far as it concerns who drives the app.
pub struct Asked<'a> {
    /// A recipe's name or folder.
    pub recipe: Option<&'a str>,
    /// The app and its arguments, where there is no recipe.
    pub command: &'a [String],
    /// A person is to drive it.
    pub guided: bool,
    /// Without the outside network.
    pub offline: bool,
    /// Folders to show to the app.
    pub show: &'a [PathBuf],
    /// The person has agreed beforehand.
    pub yes: bool,
    /// mitmproxy stands between the app and its servers.
    pub intercept: bool,
    /// It mutes and unmutes again and again at the end.
    pub transitions: bool,
    /// It is asked whether what leaves follows what a person does.
    pub attention: bool,
}

/// The recipe that was asked for, or one made of the command behind `--`.
pub fn recipe(asked: &Asked) -> Result<Found, Fail> {
    let found = match (asked.recipe, asked.command) {
        (Some(name), []) => recipes::find(name)?,
        (None, [program, ..]) => {
            let binary = which(program)
                .or_else(|| Path::new(program).canonicalize().ok())
                .ok_or_else(|| Fail::NoApp {
                    program: program.clone(),
                })?;
            recipes::in_memory(
                "guided",
                recipe_text(
                    &binary,
                    asked.command,
                    &[&[binary.display().to_string()][..], &asked.command[1..]].concat(),
                    "outside = true\n",
                ),
            )?
        }
        _ => return Err(Fail::NameRecipe),
    };
    let app = &found.recipe.app;
    if asked.guided && !app.guided {
        let recipe = found.name;
        return Err(Fail::NeedsNoPerson { recipe });
    }
    let for_guided = [
        ("--offline", asked.offline),
        ("--show", !asked.show.is_empty()),
        ("--yes", asked.yes),
        ("--intercept", asked.intercept),
    ];
    match for_guided.into_iter().find(|(_, given)| *given) {
        Some((option, _)) if !app.guided => Err(Fail::ForGuided { option }),
        _ if app.guided && asked.transitions => Err(Fail::Transitions),
        _ if app.guided && asked.attention => Err(Fail::AttentionGuided),
        _ => Ok(found),
    }
}

/// JSON's strings and lists of strings are TOML's as well, but for one character.
pub fn toml(value: &serde_json::Value) -> String {
    value.to_string().replace('\u{7f}', "\\u007f")
}

/// A recipe for any program: everything is asked of the person. `command`: as the person wrote it; `start`: as it is
/// started; `app`: more lines of `[app]`.
pub fn recipe_text(binary: &Path, command: &[String], start: &[String], app: &str) -> String {
    let program = start.first().map(Path::new);
    let nests = ["flatpak", "bwrap"]
        .iter()
        .any(|name| program.is_some_and(|program| program.ends_with(name)));
    let binary = binary.display().to_string();
    format!(
        "title = {}\n\n[app]\nbinary = {}\nmute_way = \"by a person, who confirmed it\"\n\
         guided = true\n{app}{}\n[called.de]\nmute_way = \"von einem Menschen, der es bestätigt hat\"\n\n[[launch]]\nstart = {}\n\n[[join]]\nask = \"\"\n\n\
         [[mute]]\nask = \"\"\n\n[[unmute]]\nask = \"\"\n\n[[quit]]\nask = \"\"\n\n\
         [confirm]\nask = \"\"\n",
        toml(&json!(recipe::readable(&command.join(" ")))),
        toml(&json!(binary)),
        if nests { "sandbox = \"nested\"\n" } else { "" },
        toml(&json!(start)),
    )
}

/// What a guided audit needs of this machine; nothing where the recipe needs no person.
pub fn prepare(asked: &Asked, found: &Found) -> Result<Option<Guiding>, Fail> {
    let app = &found.recipe.app;
    if !app.guided {
        return Ok(None);
    }
    let display = Display::of(|name| std::env::var_os(name)).map_err(Fail::system)?;
    let outside = app.outside && !asked.offline;
    if outside {
        needs_pasta()?;
    }
    let mut show = Vec::new();
    for folder in asked.show {
        let real = folder
            .canonicalize()
            .map_err(|e| Fail::file("find", folder, &e))?;
        show.push((real.clone(), real));
    }
    if app.binary.ends_with("/flatpak") {
        show.extend(flatpaks());
    }
    let intercept = match (asked.intercept, outside) {
        (true, false) => return Err(Fail::InterceptOutside),
        (true, true) => Some(intercept::find()?),
        (false, _) => None,
    };
    Ok(Some(Guiding {
        display,
        outside,
        show,
        intercept,
    }))
}

/// Without it there is no way to the outside network.
pub fn needs_pasta() -> Result<(), Fail> {
    if which(PASTA).is_some() {
        return Ok(());
    }
    let here = machine::distribution();
    let package = here.package(&machine::PASTA_PROGRAM.1);
    Err(Fail::NoPasta {
        program: PASTA,
        command: format!("{} {package}", here.install),
    })
}

/// Where Flatpak keeps its apps: the system's, and the person's own. Neither holds an app's data.
fn flatpaks() -> Vec<(PathBuf, PathBuf)> {
    const OWN: &str = ".local/share/flatpak";
    let system = PathBuf::from(FLATPAKS);
    let own = std::env::home_dir().map(|home| (home.join(OWN), Path::new(SIDE_HOME).join(OWN)));
    let all = [Some((system.clone(), system)), own].into_iter().flatten();
    all.filter(|(from, _)| from.is_dir()).collect()
}

/// A recipe's status as a fact.
pub fn status(status: recipe::Status) -> Status {
    match status {
        recipe::Status::NotAudited => Status::NotAudited,
        recipe::Status::Discontinued => Status::Discontinued,
    }
}

/// What the manifest says of it.
pub fn manifest(found: &Found, guiding: &Guiding) -> Guided {
    Guided {
        status: found.recipe.status.map(status),
        outside: guiding
            .outside
            .then(|| machine::said(PASTA, &["--version"]).unwrap_or_else(|| PASTA.to_owned())),
        domains: found.recipe.app.domains.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use recipe::{Action, Confirm};

    #[test]
    fn any_command_makes_a_recipe() {
        let command = ["app", "--say", "a \"b\"\\\n\u{7f}", "ü"].map(str::to_owned);
        let start = [&["/usr/bin/app".to_owned()][..], &command[1..]].concat();
        let binary = Path::new("/usr/bin/app");
        let text = recipe_text(binary, &command, &start, "outside = true\n");
        let Ok(found) = recipes::in_memory("guided", text) else {
            panic!("no recipe")
        };
        let Action::Start { argv, .. } = &found.recipe.launch[0].action else {
            panic!("{:?}", found.recipe.launch)
        };
        assert_eq!(argv[0], "/usr/bin/app");
        assert_eq!(argv[1..], command[1..]);
        assert_eq!(found.recipe.confirm, Confirm::Person(String::new()));
        assert!(found.recipe.app.guided && found.recipe.app.outside);
    }
}
