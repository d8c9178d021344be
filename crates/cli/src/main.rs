//! `muteproof`: who hears what when I press mute?

mod analyze;
mod args;
mod ask;
mod attack;
mod audit;
mod beside;
mod bundles;
mod catalogue;
mod claims;
mod combine;
mod compare;
mod device_logs;
mod doctor;
mod elsewhere;
mod export_check;
mod fail;
mod flows;
mod flows_live;
mod guided;
mod heard;
mod inspect;
mod intercept;
mod interrupt;
mod judged;
mod mic;
mod options;
mod pdf;
mod plan;
mod play;
mod printer;
mod progress;
mod recipe;
mod recipe_record;
mod recipe_try;
mod redraw;
mod reports;
mod reviews;
mod schema;
mod sounds;
mod staged;
mod terminal;
mod told;
mod tried;
mod web;
mod writes;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Verb};
use options::session_language;
use report::Lang;

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
            let said = e.render();
            if e.use_stderr() {
                printer::err_in_colour(&said.ansi().to_string());
                return ExitCode::from(3);
            }
            let shown = match printer::out_is_terminal() {
                true => printer::out_in_colour(said.ansi().to_string().as_bytes()),
                false => printer::out(said.to_string().as_bytes()),
            };
            return ExitCode::from(if shown.is_ok() { 0 } else { 3 });
        }
    };
    // Whoever switches microphones sits at the desktop whose language that is; everything else is read
    // by scripts as well, and speaks one language wherever it runs.
    let usual = match &args.verb {
        None | Some(Verb::Mic(_)) => session_language(),
        Some(_) => Lang::En,
    };
    let lang = args.lang.map_or(usual, Lang::from);
    if let Some(places) = args.verb.as_ref().and_then(writes::writes)
        && let Err(e) = files::confine(&places)
    {
        let failure = fail::Fail::system(e);
        failure.tell(lang);
        return ExitCode::from(failure.code());
    }
    let done = match args.verb {
        None => mic::front(lang),
        Some(Verb::Audit(audit)) => audit::run(&audit, lang),
        Some(Verb::Analyze(analyze)) => analyze::run(&analyze, lang),
        Some(Verb::Bundle(args)) => bundles::run(&args),
        Some(Verb::Compare(args)) => compare::run(&args, lang),
        Some(Verb::Combine(args)) => combine::run(&args, lang),
        Some(Verb::Review(args)) => reviews::run(&args, lang),
        Some(Verb::Claims(args)) => claims::run(&args),
        Some(Verb::Report(report)) => reports::run(&report, lang),
        Some(Verb::Redraw(redraw)) => redraw::run(&redraw),
        Some(Verb::Inspect(args)) => inspect::run(&args, lang),
        Some(Verb::Flows(args)) => flows::run(&args, lang),
        Some(Verb::ExportCheck(args)) => export_check::run(&args, lang),
        Some(Verb::Play(args)) => play::run(&args, lang),
        Some(Verb::Plan(args)) => plan::run(&args, lang),
        Some(Verb::Attack(args)) => attack::run(&args, lang),
        Some(Verb::Sounds(args)) => sounds::run(&args, lang),
        Some(Verb::Mic(args)) => mic::run(&args, lang),
        Some(Verb::Recipe(recipe)) => recipe::run(&recipe, lang),
        Some(Verb::Doctor(doctor)) => doctor::run(&doctor, lang),
        Some(Verb::Completions { shell }) => args::completions(shell),
        Some(Verb::Schema(args)) => schema::run(&args),
        Some(Verb::Man) => args::man(),
    };
    done.unwrap_or_else(|failure| {
        failure.tell(lang);
        ExitCode::from(failure.code())
    })
}
