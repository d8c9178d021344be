//! What every command that runs an app on a stage does: a folder, a manifest, the stage itself, and what is said
//! where it fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bundle::FolderError;
use jiff::Timestamp;
use recipe::{On, Sound};
use record::{BUNDLE_FORMAT, Manifest, Protocol};
use report::{Lang, Message};
use session::protocol::Job;
use session::recipes::Found;
use session::{Ended, Interrupted, Lifeline, Person, Tracing, Watch, machine};

use crate::fail::Fail;
use crate::interrupt::on_interrupt;
use crate::told::{message, system};
use crate::tried;

/// Sessions of one recipe that may begin in one second.
const SAME_SECOND_MAX: u32 = 1_000;

/// What is known of a session before it begins; without a library, and without a person.
pub fn manifest(
    found: &Found,
    sound: Sound,
    profile: &str,
    protocol: Protocol,
    started: Timestamp,
) -> Result<Manifest, Fail> {
    let mut host = machine::host(&found.recipe.app, sound);
    // An app may do other things where somebody asks for its names.
    if found.recipe.names_on(On::App) {
        let on = "on: the recipe finds what it presses by name".to_owned();
        host.push(("accessibility bus".to_owned(), on));
    }
    Ok(Manifest {
        format: BUNDLE_FORMAT,
        tool: format!("muteproof {}", env!("CARGO_PKG_VERSION")),
        started: started.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        subject: machine::subject(found)?,
        host,
        profile: profile.to_owned(),
        protocol,
        seed_sha256: String::new(),
        planted: session::plant().map_err(Fail::system)?,
        net: machine::net(found),
        library: None,
        guided: None,
    })
}

/// Makes the folder that was asked for, or one called by the recipe and the time, and the bundle's in it, which
/// holds the recipe from then on; both.
pub fn create(
    out: Option<&Path>,
    found: &Found,
    started: Timestamp,
) -> Result<(PathBuf, PathBuf), Fail> {
    let out = match out {
        Some(out) => {
            bundle::fresh_folder(out)?;
            out.to_owned()
        }
        None => usual_folder(&found.name, started)?,
    };
    let whole = out.canonicalize();
    let dir = whole
        .map_err(|e| Fail::file("find", &out, &e))?
        .join(bundle::BUNDLE_DIR);
    found.write_to(&dir.join(bundle::RECIPE_DIR))?;
    Ok((out, dir))
}

/// A folder called by what is audited and the time, with a number where another session began in the same second.
pub fn usual_folder(of: &str, started: Timestamp) -> Result<PathBuf, Fail> {
    let stamp = started.strftime("%Y%m%d-%H%M%S");
    let name = format!("muteproof-{}-{stamp}", of.replace(':', "-"));
    let numbered = (2..=SAME_SECOND_MAX).map(|n| format!("{name}-{n}"));
    for folder in std::iter::once(name.clone()).chain(numbered) {
        let folder = PathBuf::from(folder);
        match bundle::fresh_folder(&folder) {
            Ok(()) => return Ok(folder),
            Err(FolderError::Exists(_)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Err(FolderError::Exists(PathBuf::from(name)).into())
}

/// The profile that stands in the manifest of a session in which nothing is played.
const PROFILE: &str = "smoke";

/// What a session begins with in which nothing is played or judged: its folder, and its job for the stage.
pub fn begin(
    found: &Found,
    sound: Sound,
    out: Option<&Path>,
) -> Result<(PathBuf, Job, Tracing), Fail> {
    tried::before_audit(sound)?;
    let started = Timestamp::now();
    let protocol = crate::options::protocol(PROFILE)?;
    let manifest = manifest(found, sound, PROFILE, protocol, started)?;
    let (out, dir) = create(out, found, started)?;
    let tracing = Tracing::prepare();
    let job = Job::new(dir, manifest, sound, tracing.tap());
    Ok((out, job, tracing))
}

/// Nobody looks before the end: the session ends by itself.
pub struct Unwatched;

impl Watch for Unwatched {
    fn pause(&self) -> Duration {
        Duration::from_secs(3_600)
    }

    fn look(&mut self) -> Option<String> {
        None
    }

    fn end(&mut self) {}
}

/// The stage's sound server: what was asked for, as long as the recipe needs no other.
pub fn sound(asked: Option<Sound>, needed: Option<Sound>) -> Result<Sound, Fail> {
    match (asked, needed) {
        (Some(asked), Some(sound)) if asked != sound => Err(Fail::OtherSound { sound }),
        _ => Ok(asked.or(needed).unwrap_or_else(machine::usual_sound)),
    }
}

/// Lets the stage record a session. A part of one that was sealed is as good as a whole one; why it is only a
/// part was said.
pub fn record(
    out: &Path,
    job: Job,
    watch: &mut dyn Watch,
    lifeline: &Lifeline,
    tracing: Tracing,
    person: Option<Arc<dyn Person>>,
    lang: Lang,
) -> Result<(), Fail> {
    let dir = job.dir.clone();
    let stopping = lifeline.clone();
    on_interrupt(move |signal| {
        if stopping.interrupt(format!("stopped by {signal}")) == Interrupted::NoStage {
            std::process::exit(130);
        }
    })
    .map_err(Fail::system)?;
    let program = Path::new("/proc/self/exe");
    let ended = session::record(program, job, watch, lifeline, tracing, person)?;
    let failed = |why: Message| Fail::Stage {
        why,
        stopped: lifeline.stopped().is_some(),
    };
    if !dir.join(bundle::MANIFEST).exists() {
        // Nothing was recorded at all: there is nothing to judge, and no folder to leave behind.
        let _ = fs::remove_dir_all(out);
        return Err(failed(match ended {
            Ended::Failed(why) => system(why),
            Ended::Whole => message!("fail-stage-silent"),
        }));
    }
    if let Ended::Failed(why) = ended {
        let (why, path) = (&why, &out.to_owned());
        if !dir.join(bundle::SEAL).exists() {
            return Err(failed(message!("fail-part-kept-unsealed", why, path)));
        }
        failed(message!("fail-part-kept", why, path)).tell(lang);
    }
    Ok(())
}
