//! `muteproof`: who hears what when I press mute?

mod analyze;
mod args;
mod attack;
mod audit;
mod combine;
mod compare;
mod doctor;
mod elsewhere;
mod fail;
mod guided;
mod inspect;
mod interrupt;
mod job;
mod mic;
mod outside;
mod plan;
mod play;
mod progress;
mod recipes;
mod redact;
mod session;
mod sounds;
mod subject;
mod tracing;

use std::process::{Command, ExitCode};

use clap::Parser;

use args::{Args, Verb};
use fail::Fail;

fn main() -> ExitCode {
    // The hidden commands come first: they need a process with one thread and no arguments of
    // a person.
    let mut hidden = std::env::args().skip(1);
    match (hidden.next().as_deref(), hidden.next()) {
        (Some(job::STAGE_COMMAND), None) => return stage_command(job::SESSION_COMMAND),
        (Some(job::SESSION_COMMAND), None) => return session::run(),
        (Some(job::PROBE_COMMAND), None) => return stage_command("__probe-inner"),
        (Some("__probe-inner"), None) => return doctor::probe_inner(),
        (Some(stage::side::HOLDER_COMMAND), Some(spec)) => {
            if let Err(e) = stage::side::run_holder(&spec) {
                print!("{e}");
                return ExitCode::FAILURE;
            }
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(e) => {
            // Help and version are no errors; everything else is a usage error.
            let _ = e.print();
            return if e.use_stderr() {
                ExitCode::from(3)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let Some(verb) = args.verb else {
        return finish(mic::front());
    };
    let done = match verb {
        Verb::Audit(audit) => audit::run(&audit),
        Verb::Analyze(analyze) => analyze::run(&analyze),
        Verb::Bundle(args) => redact::run(&args),
        Verb::Compare(args) => compare::run(&args),
        Verb::Combine(args) => combine::run(&args),
        Verb::Report(report) => analyze::report(&report),
        Verb::Redraw(redraw) => analyze::redraw(&redraw),
        Verb::Inspect(args) => inspect::run(&args),
        Verb::Play(args) => play::run(&args),
        Verb::Plan(args) => plan::run(&args),
        Verb::Attack(args) => attack::run(&args),
        Verb::Sounds(args) => sounds::run(&args),
        Verb::Mic(args) => mic::run(&args),
        Verb::Recipe(recipe) => recipes::run(&recipe),
        Verb::Doctor(doctor) => doctor::run(&doctor),
        Verb::Completions { shell } => args::completions(shell),
        Verb::Man => args::man(),
    };
    finish(done)
}

fn finish(done: Result<ExitCode, Fail>) -> ExitCode {
    match done {
        Ok(code) => code,
        Err(Fail::Said(code)) => ExitCode::from(code),
        Err(Fail::Text(text)) => {
            eprintln!("muteproof: {text}");
            ExitCode::from(3)
        }
    }
}

fn stage_command(inner: &str) -> ExitCode {
    let mut command = Command::new("/proc/self/exe");
    command.arg(inner);
    match stage::ns::become_stage(command) {
        Ok(code) => code,
        Err(e @ stage::NsError::UserNamespace(_)) if inner == job::SESSION_COMMAND => {
            eprintln!("{e}; allow them: {}", doctor::how_to_allow_namespaces());
            ExitCode::from(3)
        }
        Err(e) => {
            eprintln!("{e}");
            ExitCode::from(3)
        }
    }
}
