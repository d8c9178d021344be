//! `muteproof recipe try`: a recipe step by step, for whoever writes one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use report::{Lang, Message, said};
use session::protocol::{Answered, Ask, Job, STEPS, Tell, TryStep, Trying, Until};
use session::recipes::find;
use session::{Lifeline, Person, machine};

use crate::fail::{Fail, print};
use crate::options::{Display, Sound as SoundOption};
use crate::staged;
use crate::told::message;

/// Arguments of `recipe try`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A recipe's name (`muteproof recipe list`) or the path of a recipe's folder.
    pub recipe: String,
    /// How far: `join`, `mute` (with its confirmation), or the number of a step.
    #[arg(long, default_value = "mute", value_parser = until)]
    pub until: Until,
    /// Mute so many times, with an unmute between, and say which presses the app did not confirm.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub times: u32,
    /// Display of the stage, for an app with a window.
    #[arg(long, value_enum, default_value_t)]
    pub display: Display,
    /// Sound server of the stage; without it the one that the recipe names, else PulseAudio.
    #[arg(long, value_enum)]
    pub sound: Option<SoundOption>,
    /// Folder for pictures and logs; must not exist.
    #[arg(long)]
    pub out: Option<PathBuf>,
}

fn until(text: &str) -> Result<Until, String> {
    match (text, text.parse()) {
        ("join", _) => Ok(Until::Join),
        ("mute", _) => Ok(Until::Mute),
        (_, Ok(step)) if step > 0 => Ok(Until::Step(step)),
        _ => Err("give `join`, `mute` or the number of a step".to_owned()),
    }
}

/// `muteproof recipe try`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    let found = find(&args.recipe)?;
    if found.recipe.app.guided {
        let recipe = args.recipe.clone();
        return Err(Fail::TryGuided { recipe });
    }
    args.display.fits(&found)?;
    let sound = staged::sound(args.sound.map(Into::into), found.recipe.app.sound)?;
    let missing = machine::missing(&found, sound, args.display.into());
    if !missing.is_empty() {
        return Err(Fail::Missing(missing));
    }
    let (out, job, tracing) = staged::begin(&found, sound, args.out.as_deref())?;
    let job = Job {
        trying: Some(Trying {
            until: args.until,
            times: args.times,
        }),
        display: args.display.into(),
        ..job
    };
    let teller = Arc::new(Teller {
        lang,
        bundle: out.join(bundle::BUNDLE_DIR),
        whole: AtomicBool::new(true),
    });
    let lifeline = Lifeline::default();
    let person: Arc<dyn Person> = teller.clone();
    staged::record(
        &out,
        job,
        &mut staged::Unwatched,
        &lifeline,
        tracing,
        Some(person),
        lang,
    )?;
    let path = &out;
    teller.say(&message!("try-kept", path));
    let is_whole = teller.whole.load(Ordering::Relaxed) && lifeline.stopped().is_none();
    Ok(ExitCode::from(if is_whole { 0 } else { 3 }))
}

/// Says how each step went.
struct Teller {
    lang: Lang,
    bundle: PathBuf,
    /// Whether nothing failed and no press was missed.
    whole: AtomicBool,
}

impl Teller {
    fn say(&self, message: &Message) {
        // A message that is missing is a mistake of ours, and no reason to end a try.
        let said = said(self.lang, message).unwrap_or_else(|e| e.to_string());
        let _ = print(format!("{said}\n").as_bytes());
    }

    fn listed(&self, id: &'static str, names: &[String]) {
        let names = names.iter().map(|name| format!("{name:?}"));
        let names: Vec<String> = names.collect();
        self.say(&match names.is_empty() {
            true => Message::new(id).said("names", Message::new("try-none")),
            false => Message::new(id).with("names", names.join(", ")),
        });
    }

    fn picture(&self, picture: Option<&str>) {
        // What the stage says is ours, and still no way out of the folder.
        let name = picture.and_then(|picture| Path::new(picture).file_name());
        if let Some(name) = name {
            let path = &self.bundle.join(STEPS).join(name);
            self.say(&message!("try-picture", path));
        }
    }
}

fn seconds(ms: u64) -> String {
    format!("{:.1}", ms as f64 / 1_000.0)
}

impl Person for Teller {
    fn ask(&self, _ask: Ask) {}

    fn tell(&self, _tell: &Tell) {}

    fn tried(&self, step: TryStep) {
        match step {
            TryStep::Begins {
                number,
                of,
                part,
                step,
            } => {
                let (number, of, part, step) = (&number, &of, &part, &step);
                self.say(&message!("try-begins", number, of, part, step));
            }
            TryStep::Done { took_ms, picture } => {
                let seconds = &seconds(took_ms);
                self.say(&message!("try-done", seconds));
                self.picture(picture.as_deref());
            }
            TryStep::Failed {
                why,
                picture,
                windows,
                buttons,
                last_answer,
            } => {
                self.whole.store(false, Ordering::Relaxed);
                let (why, said) = (&why, &last_answer);
                self.say(&message!("try-failed", why));
                self.picture(picture.as_deref());
                self.listed("try-windows", &windows);
                self.listed("try-buttons", &buttons);
                if !said.is_empty() {
                    self.say(&message!("try-answer", said));
                }
            }
            TryStep::Confirmed {
                took_ms,
                words,
                picture,
            } => {
                let seconds = &seconds(took_ms);
                self.say(&message!("try-muted", seconds));
                for Answered { of, said, .. } in &words {
                    self.say(&message!("try-word", of, said));
                }
                self.picture(picture.as_deref());
            }
            TryStep::Again {
                presses,
                missed,
                mean_ms,
                slowest_ms,
            } => {
                let numbers: Vec<String> = missed.iter().map(u32::to_string).collect();
                let (missed, mean, slowest) =
                    (&numbers.len(), &seconds(mean_ms), &seconds(slowest_ms));
                let presses = &presses;
                self.say(&message!("try-again", presses, missed, mean, slowest));
                if !numbers.is_empty() {
                    self.whole.store(false, Ordering::Relaxed);
                    let numbers = &numbers.join(", ");
                    self.say(&message!("try-missed", numbers));
                }
            }
        }
    }
}
