//! Audits of many programs, and the pages made of them. `cargo xtask` starts it.

mod agree;
mod apps;
mod audits;
mod bundles;
mod claims;
mod golden;
mod opening;
mod page;
mod picture;
mod pressed;
mod row;
mod study;
mod telemetry;
mod truth;

use std::path::PathBuf;
use std::process::ExitCode;

/// All options.
const OPTIONS: [&str; 12] = [
    "--root",
    "--abreast",
    "--runs",
    "--main",
    "--variants",
    "--sound",
    "--attempts",
    "--only",
    "--page",
    "--judge",
    "--pressed",
    "--standard",
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // An audit takes minutes, and a study hours: none begins by a slip of the pen.
    let unknown = |arg: &&String| arg.starts_with('-') && !OPTIONS.contains(&arg.as_str());
    if let Some(unknown) = args.iter().find(unknown) {
        eprintln!("study: {unknown} is no option; `cargo xtask --help` says which there are");
        return ExitCode::FAILURE;
    }
    let option = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)
    };
    let number = |name: &str| option(name).and_then(|n| n.parse::<usize>().ok());
    let root = option("--root").map_or_else(|| PathBuf::from("."), PathBuf::from);
    let abreast = number("--abreast").unwrap_or(3);
    let done = match args.first().map(String::as_str) {
        Some("telemetry") => {
            let standard = args.iter().any(|arg| arg == "--standard");
            telemetry::telemetry(&root, standard, number("--runs"), abreast)
        }
        Some("claims") => claims::claims(&root),
        Some("truth-table") => truth::truth_table(&root, abreast),
        Some("apps") => {
            let text =
                |name: &str, usual: &str| option(name).map_or(usual, String::as_str).to_owned();
            let only = option("--only").map(|list| list.split(',').map(str::to_owned).collect());
            let only: Vec<String> = only.unwrap_or_default();
            let pressed = args.iter().any(|arg| arg == "--pressed");
            let taken = match pressed {
                true => pressed::take(&root, &only),
                false => Ok(()),
            };
            taken.and_then(|()| {
                study::study(
                    &root,
                    &study::Plan {
                        main: text("--main", "standard"),
                        variants: text("--variants", "quick"),
                        sound: option("--sound").cloned(),
                        attempts: number("--attempts").unwrap_or(1),
                        abreast,
                        only,
                        page_only: pressed || args.iter().any(|arg| arg == "--page"),
                        judge_again: args.iter().any(|arg| arg == "--judge"),
                    },
                )
            })
        }
        Some("golden") => {
            let mut names = args[1..].iter();
            let mut wanted = Vec::new();
            while let Some(name) = names.next() {
                match name.as_str() {
                    "--root" => drop(names.next()),
                    _ => wanted.push(name.clone()),
                }
            }
            golden::golden(&root, &wanted)
        }
        _ => Err("apps, golden, telemetry or truth-table?".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("study: {e}");
            ExitCode::FAILURE
        }
    }
}
