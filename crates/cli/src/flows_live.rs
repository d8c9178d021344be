//! `muteproof flows --network NETWORK`: an app runs on a stage, with a network that answers everything and leads
//! nowhere, or with the real one, and what it sends is read.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use record::Manifest;
use report::Lang;
use serde_json::json;
use session::machine::{self, DisplayServer, WINDOW_PROGRAMS, which};
use session::protocol::{Guiding, Job, Sinking};
use session::recipes::{self, Found};
use session::{Lifeline, Tracing};
use stage::display::Display;
use stage::install::{FLATPAKS, Means, Package};

use crate::fail::Fail;
use crate::guided::{self, recipe_text, toml};
use crate::intercept;
use crate::staged;
use crate::terminal::Terminal;

/// Networks for an app that runs on a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Network {
    /// One that answers everything and leads nowhere.
    Sink,
    /// The real one.
    Outside,
}

/// What is to run.
pub enum App<'a> {
    /// A recipe's name or folder.
    Recipe(&'a str),
    /// A page, in the browser that is there.
    Page(&'a str),
    /// A program and its arguments.
    Command(&'a [String]),
}

/// How.
pub struct Run<'a> {
    /// With what network.
    pub network: Network,
    /// Whether a person sees it and is asked when they agree and log in.
    pub ask: bool,
    /// They have agreed beforehand to what the recording may hold.
    pub yes: bool,
    /// mitmproxy stands between it and its servers.
    pub intercept: bool,
    /// The button of a page that is pressed in their place.
    pub consent_press: Option<&'a str>,
    /// How long it is watched once it runs, seconds.
    pub seconds: u32,
    /// The folder for the bundle.
    pub out: Option<&'a Path>,
    /// Folders to show to the app.
    pub show: &'a [PathBuf],
    /// Packages to install for this run.
    pub install: &'a [PathBuf],
}

/// The profile that stands in the manifest. Nothing is played.
const PROFILE: &str = "smoke";

/// Folders that every app is shown.
const SHOWN: [&str; 6] = ["/usr", "/opt", "/bin", "/sbin", "/lib", "/lib64"];

/// Browsers for a page, with the options that let them start on a stage and keep them from asking, and what they
/// need of `/etc`.
const BROWSERS: [(&str, &[&str], &[&str]); 4] = [
    ("chromium", CHROMIUM, &["chromium", "chromium.d"]),
    ("google-chrome", CHROMIUM, &[]),
    ("firefox-esr", FIREFOX, &["firefox-esr"]),
    ("firefox", FIREFOX, &[]),
];
const CHROMIUM: &[&str] = &[
    "--no-sandbox",
    "--no-first-run",
    "--user-data-dir=/home/user/profile",
];
const FIREFOX: &[&str] = &["--no-remote"];

/// Runs the app; the folder in which its bundle is.
pub fn run(app: &App, how: &Run, lang: Lang) -> Result<PathBuf, Fail> {
    let install = packages(how.install)?;
    let outside = how.network == Network::Outside;
    if how.ask && !outside {
        return Err(Fail::AskOutside);
    }
    if how.intercept && !outside {
        return Err(Fail::InterceptOutside);
    }
    let found = recipe(app, &install, how.consent_press)?;
    if let (App::Recipe(recipe), true, false) = (app, outside && found.recipe.app.guided, how.ask) {
        let recipe = (*recipe).to_owned();
        return Err(Fail::NeedsAsk { recipe });
    }
    let sound = staged::sound(None, found.recipe.app.sound)?;
    let missing = machine::missing(&found, sound, DisplayServer::default());
    if !missing.is_empty() {
        return Err(Fail::Missing(missing));
    }
    let program = std::env::current_exe().map_err(Fail::system)?;
    let mut show = Vec::new();
    for folder in how.show {
        let real = folder.canonicalize();
        let real = real.map_err(|e| Fail::file("find", folder, &e))?;
        show.push((real.clone(), real));
    }
    // What is installed lies where every app looks.
    if let (App::Command(_), []) = (app, how.install) {
        let binary = PathBuf::from(&found.recipe.app.binary);
        let is_shown = |folder: &Path| binary.starts_with(folder);
        let known = SHOWN
            .iter()
            .map(Path::new)
            .chain(how.show.iter().map(PathBuf::as_path));
        if !known.into_iter().any(is_shown) {
            show.push((binary.clone(), binary));
        }
    }
    // The machine's runtimes, which an app in a bundle does not bring along.
    let flatpaks = PathBuf::from(FLATPAKS);
    if install.iter().any(|p| p.means == Means::Flatpak) && flatpaks.is_dir() {
        show.push((flatpaks.clone(), flatpaks));
    }
    let started = jiff::Timestamp::now();
    let protocol = crate::options::protocol(PROFILE)?;
    let guiding = match outside {
        true => Some(guiding(how)?),
        false => None,
    };
    let terminal = match how.ask {
        true => Some(Terminal::open(lang)?),
        false => None,
    };
    let person = match terminal {
        Some(mut terminal) => {
            terminal.warn(how.yes, how.intercept)?;
            Some(terminal)
        }
        None => None,
    };
    let manifest = Manifest {
        guided: guiding.as_ref().map(|g| guided::manifest(&found, g)),
        ..staged::manifest(&found, sound, PROFILE, protocol, started)?
    };
    let (out, dir) = staged::create(how.out, &found, started)?;
    let tracing = Tracing::prepare();
    let job = Job {
        guiding,
        sinking: Some(Sinking {
            answered: !outside,
            asks: how.ask,
            program,
            seconds: how.seconds,
            show,
            install,
        }),
        ..Job::new(dir, manifest, sound, tracing.tap())
    };
    let lifeline = Lifeline::default();
    let person = person.map(|terminal| terminal.answers(&lifeline));
    staged::record(
        &out,
        job,
        &mut staged::Unwatched,
        &lifeline,
        tracing,
        person,
        lang,
    )?;
    Ok(out)
}

/// The real network, and the display of the person who is asked.
fn guiding(how: &Run) -> Result<Guiding, Fail> {
    guided::needs_pasta()?;
    Ok(Guiding {
        display: match how.ask {
            true => Display::of(|name| std::env::var_os(name)).map_err(Fail::system)?,
            false => Display::none(),
        },
        outside: true,
        show: Vec::new(),
        intercept: match how.intercept {
            true => Some(intercept::find()?),
            false => None,
        },
    })
}

/// The packages, by their whole paths; all of a kind that can be installed, by programs that are there.
fn packages(files: &[PathBuf]) -> Result<Vec<Package>, Fail> {
    let package = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        let no_package = || Fail::NoPackage { path: path.clone() };
        let means = Means::of(&name).filter(|_| recipe::readable(&name) == name);
        let means = means.ok_or_else(no_package)?;
        let lacks = means.programs().iter().find(|p| which(p).is_none());
        if let Some(program) = lacks {
            let program = (*program).to_owned();
            return Err(Fail::NoApp { program });
        }
        // Nothing but a file is one.
        files::open(path).map_err(|e| Fail::file("open", path, &e))?;
        let file = path.canonicalize();
        let file = file.map_err(|e| Fail::file("find", path, &e))?;
        Ok(Package { file, name, means })
    };
    files.iter().map(package).collect()
}

fn recipe(app: &App, install: &[Package], press: Option<&str>) -> Result<Found, Fail> {
    match app {
        App::Recipe(name) => Ok(recipes::find(name)?),
        // Its program is not there before it is installed: what is audited is the package.
        App::Command(command) if !install.is_empty() => {
            let package = &install[install.len() - 1].file;
            Ok(recipes::in_memory(
                "sink",
                recipe_text(package, command, command, &window(&[])),
            )?)
        }
        App::Command(command) => {
            let name = command
                .first()
                .map(|program| Path::new(program).file_name());
            let known = BROWSERS
                .iter()
                .find(|(browser, ..)| name == Some(Some(OsStr::new(browser))));
            made(command, known.map_or(&[], |(.., etc)| etc), "")
        }
        App::Page(url) => {
            let there = BROWSERS.iter().find(|(name, ..)| which(name).is_some());
            let (name, options, etc) = there.ok_or_else(|| Fail::NoApp {
                program: BROWSERS[0].0.to_owned(),
            })?;
            let debugged = press.map(|_| DEBUGGED);
            let words = [*name]
                .into_iter()
                .chain(options.iter().copied())
                .chain(debugged)
                .chain([*url]);
            let command: Vec<String> = words.map(str::to_owned).collect();
            let consent = press.map(|button| pressing(name, button));
            made(&command, etc, &consent.unwrap_or_default())
        }
    }
}

/// A recipe for any command, with a display where this machine can give it one.
fn made(command: &[String], etc: &[&str], consent: &str) -> Result<Found, Fail> {
    let program = command.first().ok_or(Fail::NameRecipe)?;
    let binary = which(program).or_else(|| Path::new(program).canonicalize().ok());
    let binary = binary.ok_or_else(|| Fail::NoApp {
        program: program.clone(),
    })?;
    let named = binary.display().to_string();
    let start = [&[named][..], &command[1..]].concat();
    Ok(recipes::in_memory(
        "sink",
        recipe_text(&binary, command, &start, &window(etc)) + consent,
    )?)
}

/// The port at which a browser is asked to press a button, and the option for it.
const DEBUGGED: &str = "--remote-debugging-port=9222";
const DEBUGGED_AT: &str = "127.0.0.1:9222";

/// What looks for a button in a page: what pages make buttons of, also in open shadow trees, by what is to be read on it.
const PRESS: &str = "\
(() => { \
  const plain = text => (text || '').replace(/\\s+/g, ' ').trim(); \
  const kinds = 'button, a, [role=button], input[type=button], input[type=submit]'; \
  const all = root => [...root.querySelectorAll('*')] \
    .flatMap(e => e.shadowRoot ? [e, ...all(e.shadowRoot)] : [e]); \
  const called = e => [e.innerText, e.value, e.getAttribute('aria-label')].some(text => plain(text) === name); \
  const it = all(document).find(e => e.matches(kinds) && called(e)); \
  if (it) it.click(); \
  return it ? 'pressed' : 'no button is called ' + name; \
})()";

/// A part of a recipe that presses the button of this name, in the page or in a frame of it.
fn pressing(browser: &str, button: &str) -> String {
    let words: Vec<&str> = button.split_whitespace().collect();
    let name = json!(words.join(" ")).to_string();
    let js = PRESS.replacen("(() => {", &format!("(() => {{ const name = {name};"), 1);
    let protocol = match browser.starts_with("firefox") {
        true => "bidi",
        false => "devtools",
    };
    format!(
        "\n[[consent]]\n{protocol} = {}\njs = {}\nuntil = \"pressed\"\nframes = true\n\
         timeout_s = 15\n",
        json!(DEBUGGED_AT),
        toml(&json!(js))
    )
}

/// A display where this machine can give one.
fn window(etc: &[&str]) -> String {
    let mut needed = WINDOW_PROGRAMS.iter();
    let window = needed.all(|(name, _)| which(name).is_some());
    format!("window = {window}\netc = {}\n", toml(&json!(etc)))
}
