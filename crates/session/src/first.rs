//! The session's process: PID 1 of the stage.
//!
//! Everything that happens arrives as an [`Event`] at one loop ([`Pump`]); everything that is written goes
//! through one writer ([`Log`]).

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead};
use std::os::fd::RawFd;
use std::os::unix::fs::MetadataExt;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use recipe::Vars;
use record::{Body, Failure, Player, Source};
use sounds::{Playing, Recorded, Recording};
use stage::clock::now;
use stage::side::SIDE_RUN;
use stage::{net, ns};
use stimulus::{Program, Seed};

use crate::attention::Attention;
use crate::course::Course;
use crate::event::{Event, Stop};
use crate::install::Installation;
use crate::log::{self, Log};
use crate::person::tell;
use crate::picture::{self, Picture};
use crate::protocol::{FromStage, Job, SIDE_RECIPE, SIDE_SPECIMEN, Tap, ToStage};
use crate::pump::Pump;
use crate::{follow, set, traced};

/// Where the bundle is on the stage, wherever it is for the person.
const BUNDLE: &str = "bundle";

/// Runs the session that standard input describes. PID 1 of the stage. `held` are descriptors of what the job
/// wants on the stage, and the working folder is the bundle's.
pub(crate) fn run(held: &[RawFd]) -> ExitCode {
    match start(held) {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            eprintln!("{}", stop.why);
            ExitCode::from(3)
        }
    }
}

fn start(held: &[RawFd]) -> Result<(), Stop> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let bad = |e: &dyn std::fmt::Display| Stop::new(Failure::Stage, format!("bad job: {e}"));
    let mut job = match serde_json::from_str(&line).map_err(|e| bad(&e))? {
        ToStage::Job(job) => job,
        _ => return Err(bad(&"the first message is another")),
    };
    let mut kept = held.to_vec();
    kept.extend(match job.tap {
        Tap::Pipe { fd } => Some(fd),
        Tap::Absent { .. } => None,
    });
    ns::close_all_but(&kept);
    ns::init_stage(job.guiding.as_ref().and_then(|g| g.display.kept()))?;
    job.dir = ns::show_here(BUNDLE)?;
    for (k, wanted) in job.wanted().into_iter().enumerate() {
        let fd = held.get(k).copied().unwrap_or(-1);
        *wanted = ns::show(fd, wanted, &format!("wanted-{k}"))?;
    }
    ns::close_all_but(&kept[held.len()..]);
    let helper = traced::take(&job.tap);
    // From here on the pipe is a lifeline.
    let (tell, events) = channel();
    let heard = tell.clone();
    ns::die_with_stdin(move |line| {
        drop(heard.send(event(&line)));
    });

    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|e| bad(&e))?;
    let seed = Seed(seed);
    job.manifest.seed_sha256 = seed.sha256_hex();
    let writer = bundle::Writer::create(&job.dir, &job.manifest, &seed)?;
    let (log, end_of_log) = log::start(writer, &job.manifest.tool, tell.clone())?;

    let helper = traced::start(
        helper,
        job.keep_audio,
        job.manifest.planted_values(),
        log.clone(),
    );
    let outcome = record_session(&job, &seed, &log, &helper, &tell, events);
    let failed = outcome.err();
    match &failed {
        None => log.record(now(), Source::Stage, Body::Finished),
        Some(Stop { failure, why }) => {
            let (failure, why) = (*failure, why.clone());
            log.record(now(), Source::Stage, Body::Failed { failure, why });
        }
    }
    // Sides and servers are gone by now and their output with them: nothing writes any more.
    let sealed = end_of_log.seal(log);
    match (failed, sealed) {
        // What failed first says more than a seal that could not be written for it.
        (Some(stop), _) => Err(stop),
        (None, Err(e)) => {
            let why = format!("the bundle cannot be sealed: {e}");
            Err(Stop::new(Failure::Disk, why))
        }
        (None, Ok(_)) => Ok(()),
    }
}

/// What a line on the stage's standard input says.
fn event(line: &str) -> Event {
    match serde_json::from_str(line) {
        Ok(ToStage::Decided { why }) => Event::Decided(why),
        Ok(ToStage::Said(said)) => Event::Said(said),
        Ok(ToStage::OutsideEnded { how }) => Event::OutsideEnded(how),
        Ok(ToStage::Stop { why }) => Event::Stopped(why),
        Ok(ToStage::Job(_)) => Event::Unreadable("a second session was asked for".to_owned()),
        Err(e) => Event::Unreadable(format!("the stage was told what it cannot read: {e}")),
    }
}

fn record_session(
    job: &Job,
    seed: &Seed,
    log: &Log,
    helper: &traced::Starting,
    events_of: &Sender<Event>,
    events: Receiver<Event>,
) -> Result<(), Stop> {
    let recipe_text = fs::read_to_string(job.dir.join(bundle::RECIPE_DIR).join("recipe.toml"))?;
    let (_, variant) = recipe::variant_of(&job.manifest.subject.recipe);
    let recipe = recipe::parse_variant(&recipe_text, variant).map_err(|_| {
        Stop::new(
            Failure::Missing,
            "the recipe changed while it was being read",
        )
    })?;
    let mut recordings = recordings(job, seed, log)?;
    let rtp_log = format!("{SIDE_RUN}/{}", follow::RTP);
    let camera = format!("{SIDE_RUN}/{}", picture::FILE);
    let given = [
        ("app", net::APP_ADDRESS),
        ("peer", net::PEER_ADDRESS),
        ("recipe", SIDE_RECIPE),
        ("specimen", SIDE_SPECIMEN),
        ("rtp_log", &rtp_log),
        ("camera", &camera),
    ];
    let vars = Vars::new(&recipe.vars, given);
    let vars = vars.map_err(|e| Stop::new(Failure::Missing, e.to_string()))?;
    let ticking = log.clone();
    set::every(Duration::from_secs(1), move || {
        let (t, body) = stage::clock::clock_pair();
        ticking.record(t, Source::Clock, body);
    });
    let packages = job.sinking.as_ref().map(|sinking| &sinking.install[..]);
    let mut installation = match packages {
        Some(packages @ [_, ..]) => Some(Installation::new(packages, log)?),
        _ => None,
    };
    let installed = installation.as_ref().map(Installation::installed);
    let mut set = set::build(job, &recipe, vars, log, events_of, installed)?;
    let app = set.sides.side(recipe::On::App);
    let home = app.home_dir();
    if let Some(installation) = &mut installation {
        installation.with_home(app)?;
    }
    if recipe::uses(&recipe_text, "camera") {
        let made = Picture::create(&set.sides.side(recipe::On::App).run_dir());
        let failed = |e| {
            Stop::new(
                Failure::Stage,
                format!("make a picture for the camera: {e}"),
            )
        };
        set.picture = Some(made.map_err(failed)?);
    }
    let following = set.follow(log)?;
    // The process that has the rights for it may trace the app from here on.
    let net = fs::metadata(format!(
        "/proc/{}/ns/net",
        set.sides.side(recipe::On::App).pid()
    ))?;
    tell(&FromStage::AppNetwork { inode: net.ino() });
    let (watching, sends) = set::watch(&mut set, &job.manifest, log);
    let program = |player| {
        let program = Program::new(seed, &job.manifest.protocol, player);
        match recordings.remove(&player) {
            Some(playing) => program.with_recordings(Box::new(playing)),
            None => program,
        }
    };
    let players = match job.sinking.is_some() || job.trying.is_some() || job.recording.is_some() {
        // Nothing is asked about sound.
        true => Vec::new(),
        false => set.start_players(&job.manifest.protocol, program, log, events_of)?,
    };
    let outside = job.guiding.as_ref().is_some_and(|g| g.outside);
    let mut course = Course {
        pump: Pump::new(log, events, &recipe),
        protocol: &job.manifest.protocol,
        recipe: &recipe,
        players,
        sends,
        outside,
        attention: Attention::new(
            seed,
            &job.manifest.protocol,
            set.person.take(),
            set.picture.take(),
        ),
        folder: job.dir.clone(),
    };
    helper.wait();
    let outcome = match (&job.sinking, &job.trying, &job.recording) {
        (Some(sinking), ..) => course.run_watched(&mut set.sides, sinking),
        (None, Some(trying), _) => course.run_try(&mut set.sides, trying),
        (None, None, Some(recording)) => course.run_recording(&mut set.sides, recording),
        (None, None, None) => course.run(&mut set.sides),
    };
    watching.stop();
    set.close();
    following.stop();
    if let Some(installation) = installation {
        installation.remove(&home, log)?;
    }
    outcome
}

/// Everything that a library's recordings play, by player. What plays at the microphone is a fact.
fn recordings(job: &Job, seed: &Seed, log: &Log) -> Result<BTreeMap<Player, Playing>, Stop> {
    let Some(folder) = &job.library else {
        return Ok(BTreeMap::new());
    };
    let missing = |why: String| Stop::new(Failure::Missing, why);
    let refused = |e: sounds::Error| missing(e.to_string());
    let recorded = Recorded::open(folder).map_err(refused)?;
    if job.manifest.library != Some(recorded.manifest()) {
        let why = format!("the library {} has just changed", folder.display());
        return Err(missing(why));
    }
    let playing = |player| {
        let log = log.clone();
        let begins = move |stretch, recording: &Recording| {
            let body = Body::Recording {
                stretch,
                label: recording.label.clone(),
                recording: recording.source.clone(),
                sha256: recording.sha256.clone(),
            };
            if player == Player::Mic {
                log.record(now(), Source::Player, body);
            }
        };
        let made = recorded.made(seed, &job.manifest.protocol, player, begins);
        made.map(|made| (player, made)).map_err(refused)
    };
    [Player::Mic, Player::Sham]
        .into_iter()
        .map(playing)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_cannot_be_read_is_no_wish_to_stop() {
        for line in ["", "stopped by SIGINT", "{\"Stop\":{}}", "decided: a leak"] {
            assert!(
                matches!(event(line), Event::Unreadable(_)),
                "{line}: {:?}",
                event(line)
            );
        }
        let stop = serde_json::to_string(&ToStage::Stop { why: "so".into() }).unwrap();
        assert!(matches!(event(&stop), Event::Stopped(why) if why == "so"));
    }
}
