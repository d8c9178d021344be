//! `muteproof`: who hears what when I press mute?

mod analyze;
mod args;
mod attack;
mod audit;
mod bundles;
mod combine;
mod compare;
mod doctor;
mod elsewhere;
mod fail;
mod guided;
mod inspect;
mod interrupt;
mod judged;
mod mic;
mod options;
mod plan;
mod play;
mod progress;
mod recipe;
mod redraw;
mod reports;
mod sounds;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Verb};
use fail::Fail;

fn main() -> ExitCode {
    // They come first: they need a process with one thread and no arguments of a person.
    if let Some(code) =
        session::hidden(std::env::args_os().skip(1), doctor::how_to_allow_namespaces)
    {
        return code;
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
        Verb::Bundle(args) => bundles::run(&args),
        Verb::Compare(args) => compare::run(&args),
        Verb::Combine(args) => combine::run(&args),
        Verb::Report(report) => reports::run(&report),
        Verb::Redraw(redraw) => redraw::run(&redraw),
        Verb::Inspect(args) => inspect::run(&args),
        Verb::Play(args) => play::run(&args),
        Verb::Plan(args) => plan::run(&args),
        Verb::Attack(args) => attack::run(&args),
        Verb::Sounds(args) => sounds::run(&args),
        Verb::Mic(args) => mic::run(&args),
        Verb::Recipe(recipe) => recipe::run(&recipe),
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
