//! `muteproof audit`: prepares, lets the stage record, judges what was recorded.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use record::{Code, Manifest};
use report::Lang;
use session::protocol::Job;
use session::recipes::Found;
use session::{Lifeline, Tracing, machine};
use sounds::Recorded;

use crate::beside;
use crate::compare;
use crate::fail::Fail;
use crate::guided;
use crate::judged::after_audit;
use crate::options::{Display, Judging, Sound as SoundOption};
use crate::progress::{Progress, Until};
use crate::staged;
use crate::terminal::Terminal;
use crate::tried;
use crate::web::{self, Web};

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A recipe's name (`muteproof recipe list`) or the path of a recipe's folder.
    #[arg(required_unless_present_any = ["command", "beside", "web"], conflicts_with = "command")]
    pub recipe: Option<String>,
    /// You join the call, mute and unmute: the app is shown on your display and gets the outside
    /// network, and you are asked in this terminal. For any command behind `--`, or a guided recipe.
    #[arg(long, help_heading = "Guided audits")]
    pub guided: bool,
    /// Without the outside network.
    #[arg(long, help_heading = "Guided audits")]
    pub offline: bool,
    /// Show this folder to the app too, read-only, at the same place; may be given again. The app
    /// sees /usr, /opt and /etc, and a home folder of its own that is empty.
    #[arg(long, value_name = "FOLDER", help_heading = "Guided audits")]
    pub show: Vec<PathBuf>,
    /// Begin without asking: I know that the bundle will hold a real call.
    #[arg(long, help_heading = "Guided audits")]
    pub yes: bool,
    /// How long: smoke (60 s muted, for CI), quick (3 min), standard (30 min), full (60 min, the last quarter of it named activities).
    #[arg(long, default_value = "quick")]
    pub profile: String,
    /// At the end, mute and unmute again and again (4 minutes more): does what the muted microphone
    /// heard leave right after a mute, or later, at an unmute?
    #[arg(long)]
    pub transitions: bool,
    /// Also ask whether what leaves follows what you do: which window is in front, whether the app's is
    /// minimised, whether somebody types, and, for a recipe with a camera, what is before it. By coins, after the
    /// muted phase: two minutes more for each.
    #[arg(long)]
    pub attention: bool,
    /// Play recordings of this library (`muteproof sounds`) as activities, in the place of the generated
    /// ones: one of its labels is drawn for each stretch. An attacker learns from what left during some
    /// recordings and names others. For a profile with activities (full).
    #[arg(long, value_name = "FOLDER")]
    pub sounds: Option<PathBuf>,
    /// End the muted phase as soon as the question is decided: a leak is found and its series named,
    /// or the bound of --bound is reached.
    #[arg(long)]
    pub stop_early: bool,
    /// With --stop-early: also end it once our own guessers can have learned at most this, bits a block of
    /// the fast code (0 to 1). Of an encoding that they do not try this says nothing.
    #[arg(long, value_name = "BITS", requires = "stop_early")]
    pub bound: Option<f64>,
    /// Keep the sound that the app reads from the virtual microphone, as files in the bundle: ours, and
    /// what the app's calls are told of it. Needs the helper (`muteproof doctor`).
    #[arg(long)]
    pub keep_audio: bool,
    /// Show this camera to the app, as `/dev/video0`: its pictures go where the app sends them. Without
    /// it the app finds none. Recorded is who holds it, and whether it is released when
    /// the recipe has it turned off.
    #[arg(long, value_name = "DEVICE")]
    pub camera: Option<PathBuf>,
    /// Display of the stage, for an app with a window.
    #[arg(long, value_enum, default_value_t)]
    pub display: Display,
    /// Sound server of the stage; without it the one that the recipe names, else PulseAudio.
    #[arg(long, value_enum)]
    pub sound: Option<SoundOption>,
    /// Say what changed since this report (JSON, or a bundle), and end as `compare` does: 0 where nothing got worse, 1
    /// where something did, 2 where one of the two has no answer. For an app's own CI.
    #[arg(long, value_name = "REPORT")]
    pub against: Option<PathBuf>,
    /// With --guided: an installed mitmproxy stands between the app and its servers, and what it sees of requests
    /// is read. The app may notice.
    #[arg(long)]
    pub intercept: bool,
    /// Folder for bundle and reports; must not exist.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// With --guided: the app and its arguments.
    #[arg(last = true, requires = "guided", value_name = "COMMAND")]
    pub command: Vec<String>,
    /// A page of the web.
    #[command(flatten)]
    pub web: Web,
    /// A device that stands beside this machine.
    #[command(flatten)]
    pub beside: beside::Beside,
    /// How the verdict is shown.
    #[command(flatten)]
    pub judging: Judging,
}

/// `muteproof audit`.
pub fn run(args: &Args, lang: Lang) -> Result<ExitCode, Fail> {
    if args.beside.beside {
        let how = beside::How {
            profile: &args.profile,
            out: args.out.as_deref(),
            judging: &args.judging,
        };
        return beside::run(&args.beside, &how, lang);
    }
    let asked = guided::Asked {
        recipe: args.recipe.as_deref(),
        command: &args.command,
        guided: args.guided,
        offline: args.offline,
        show: &args.show,
        yes: args.yes,
        intercept: args.intercept,
        transitions: args.transitions,
        attention: args.attention,
    };
    let found = match &args.web.web {
        Some(page) => web::recipe(&args.web, page, args.guided)?,
        None => guided::recipe(&asked)?,
    };
    let mut protocol = crate::options::protocol(&args.profile)?;
    let recorded = args.sounds.as_deref().map(recorded).transpose()?;
    if let Some((_, library)) = &recorded {
        let labels = library.labels.len() as u32;
        protocol = stimulus::with_recordings(protocol, labels).ok_or_else(|| Fail::Labels {
            profile: args.profile.clone(),
            labels,
        })?;
    }
    if args.transitions {
        protocol = stimulus::with_transitions(protocol);
    }
    if args.attention {
        protocol = stimulus::with_attention(protocol, &asked_about(&found)?);
    }
    args.display.fits(&found)?;
    if args.attention && args.display == Display::Wayland {
        return Err(Fail::AttentionWayland);
    }
    let sound = staged::sound(args.sound.map(Into::into), found.recipe.app.sound)?;
    let missing = machine::missing(&found, sound, args.display.into());
    if !missing.is_empty() {
        return Err(Fail::Missing(missing));
    }
    tried::before_audit(sound)?;
    let guiding = guided::prepare(&asked, &found)?;
    let mut terminal = match &guiding {
        Some(_) => Some(Terminal::open(lang)?),
        None => None,
    };
    if let Some(terminal) = &mut terminal {
        terminal.warn(args.yes, args.intercept)?;
    }
    let started = jiff::Timestamp::now();
    let mut manifest = Manifest {
        library: recorded.as_ref().map(|(_, library)| library.clone()),
        guided: guiding.as_ref().map(|g| guided::manifest(&found, g)),
        ..staged::manifest(&found, sound, &args.profile, protocol, started)?
    };
    manifest.host.extend(machine::display(args.display.into()));
    let (out, dir) = staged::create(args.out.as_deref(), &found, started)?;
    let tracing = Tracing::prepare();
    let talk = !args.judging.quiet && !args.judging.json;
    let mut progress = Progress::new(
        &manifest,
        &dir,
        talk.then_some(lang),
        Until::new(args.stop_early, args.bound)?,
    );
    let job = Job {
        library: recorded.map(|(folder, _)| folder),
        keep_audio: args.keep_audio,
        camera: args.camera.as_deref().map(camera).transpose()?,
        guiding,
        display: args.display.into(),
        ..Job::new(dir.clone(), manifest, sound, tracing.tap())
    };

    let lifeline = Lifeline::default();
    let person = terminal.map(|terminal| {
        progress.silent_while(terminal.screen().busy());
        terminal.answers(&lifeline)
    });
    staged::record(&out, job, &mut progress, &lifeline, tracing, person, lang)?;
    let code = after_audit(&out, &args.judging, lang)?;
    match &args.against {
        None => Ok(code),
        Some(old) => compare::run(
            &compare::Args {
                old: old.clone(),
                new: out,
                json: args.judging.json,
            },
            lang,
        ),
    }
}

/// What of attention can be asked of an app.
fn asked_about(found: &Found) -> Result<Vec<Code>, Fail> {
    let window = [Code::Focus, Code::Visibility, Code::Keys];
    let window = window.into_iter().filter(|_| found.recipe.app.window);
    let picture = found.uses("camera").then_some(Code::Picture);
    let codes: Vec<Code> = window.chain(picture).collect();
    match codes.is_empty() {
        true => Err(Fail::AttentionNothing {
            recipe: found.name.clone(),
        }),
        false => Ok(codes),
    }
}

/// A library, by its whole path, and what the manifest says of it.
fn recorded(folder: &Path) -> Result<(PathBuf, record::Library), Fail> {
    let library = Recorded::open(folder)?.manifest();
    let found = folder.canonicalize();
    let found = found.map_err(|e| Fail::file("find the library", folder, &e))?;
    Ok((found, library))
}

/// A camera, by its whole path: the stage has another working folder.
fn camera(device: &Path) -> Result<PathBuf, Fail> {
    let found = device.canonicalize();
    found.map_err(|e| Fail::file("find the camera", device, &e))
}
