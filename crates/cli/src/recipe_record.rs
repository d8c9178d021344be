//! `muteproof recipe record`: a person uses the app once, and the steps are written down.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use recipe::recorded;
use report::{Lang, Message, said};
use session::protocol::{Ask, Job, Recording, Steps, Tell};
use session::recipes::{self, Found, find};
use session::{Lifeline, Person, machine};
use stage::display::Display;

use crate::fail::{Fail, print};
use crate::guided::recipe_text;
use crate::options::Sound as SoundOption;
use crate::staged;
use crate::terminal::{Screen, Terminal};
use crate::told::message;

/// Arguments of `recipe record`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  muteproof recipe record -- my-app --its-own-option\n  muteproof recipe record ./my-recipe"
)]
pub struct Args {
    /// A recipe whose setup, launch and join are kept, and whose mute is recorded anew: its name or folder. Without it
    /// the program behind `--` is started, and joining is recorded as well.
    pub recipe: Option<String>,
    /// The app and its arguments.
    #[arg(
        last = true,
        conflicts_with = "recipe",
        required_unless_present = "recipe"
    )]
    pub command: Vec<String>,
    /// Sound server of the stage; without it the one that the recipe names, else PulseAudio.
    #[arg(long, value_enum)]
    pub sound: Option<SoundOption>,
    /// Folder for the recipe; must not exist.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

/// `muteproof recipe record`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let found = asked(args)?;
    let sound = staged::sound(args.sound.map(Into::into), found.recipe.app.sound)?;
    let mut missing = machine::missing(&found, sound, machine::DisplayServer::default());
    let programs = [
        &machine::WINDOW_PROGRAMS[..],
        &[machine::NAMES_PROGRAM, machine::NESTED_PROGRAM],
    ];
    missing.extend(machine::missing_programs(&programs.concat()));
    if !missing.is_empty() {
        return Err(Fail::Missing(missing));
    }
    let display = Display::of(|name| std::env::var_os(name)).map_err(Fail::system)?;
    if display.x11.is_none() {
        return Err(Fail::RecordX11);
    }
    let terminal = Terminal::open(lang)?;
    let (out, job, tracing) = staged::begin(&found, sound, args.out.as_deref())?;
    let job = Job {
        recording: Some(Recording {
            display,
            join: args.recipe.is_none(),
        }),
        ..job
    };
    let lifeline = Lifeline::default();
    let writer = Arc::new(Writer {
        screen: terminal.screen(),
        steps: Mutex::new(None),
    });
    terminal.answers(&lifeline);
    let person: Arc<dyn Person> = writer.clone();
    staged::record(
        &out,
        job,
        &mut staged::Unwatched,
        &lifeline,
        tracing,
        Some(person),
        lang,
    )?;
    let steps = writer
        .steps
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    // Whoever ended it before the end has said so.
    let Some(steps) = steps else {
        return Ok(ExitCode::from(3));
    };
    write(args, &found, &steps, &out, lang)
}

/// What is to be started: a recipe, or a program by itself on a display of its own.
fn asked(args: &Args) -> Result<Found, Fail> {
    let found = match (&args.recipe, &args.command[..]) {
        (Some(recipe), _) => find(recipe)?,
        (None, [program, rest @ ..]) => {
            let binary = machine::which(program).or_else(|| Path::new(program).canonicalize().ok());
            let binary = binary.ok_or_else(|| Fail::NoApp {
                program: program.clone(),
            })?;
            let start = [&[binary.display().to_string()][..], rest].concat();
            let text = recipe_text(&binary, &args.command, &start, "window = true\n");
            recipes::in_memory("recorded", text)?
        }
        (None, []) => return Err(Fail::NameRecipe),
    };
    match &found.recipe.app {
        app if args.recipe.is_some() && (app.guided || !app.window) => {
            Err(Fail::RecordWindow { recipe: found.name })
        }
        _ => Ok(found),
    }
}

/// Writes the recipe, and says what it is good for.
fn write(
    args: &Args,
    found: &Found,
    steps: &Steps,
    out: &Path,
    lang: Lang,
) -> Result<ExitCode, Fail> {
    let by = steps
        .muted_by
        .as_deref()
        .unwrap_or("what the person pressed");
    let head = recorded::head(&found.text(), &format!("{by}, pressed by name"));
    let text = head.map_err(Fail::system)? + &steps.text;
    if args.recipe.is_some() {
        found.write_to(out)?;
    }
    let path = &out.join(recipes::FILE);
    std::fs::write(path, &text).map_err(|e| Fail::file("write", path, &e))?;
    let (count, nameless) = (&steps.steps, &steps.nameless);
    let mut lines = vec![message!("record-written", path, count)];
    if steps.nameless > 0 {
        lines.push(message!("record-nameless", nameless));
    }
    if steps.said == 0 {
        lines.push(Message::new("record-no-word"));
    }
    let read = recipe::parse(&text);
    let is_whole = read.is_ok() && steps.nameless == 0;
    let folder = &out.display().to_string();
    lines.push(match is_whole {
        true => message!("record-try", folder),
        false => message!("record-check", folder),
    });
    for line in lines {
        print(format!("{}\n", said(lang, &line)?).as_bytes())?;
    }
    Ok(ExitCode::from(if is_whole { 0 } else { 3 }))
}

/// Asks at the terminal, and keeps what is handed over.
struct Writer {
    screen: Arc<Screen>,
    steps: Mutex<Option<Steps>>,
}

impl Person for Writer {
    fn ask(&self, ask: Ask) {
        self.screen.ask(ask);
    }

    fn tell(&self, tell: &Tell) {
        self.screen.tell(tell);
    }

    fn recorded(&self, steps: Steps) {
        *self.steps.lock().unwrap_or_else(PoisonError::into_inner) = Some(steps);
    }
}
