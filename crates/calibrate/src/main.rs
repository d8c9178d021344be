//! `cargo xtask calibrate` runs this.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use calibrate::{Size, run};

/// The dice's seed, declared once and never tried out.
const SEED: u64 = 1;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match calibrate(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("calibrate: {e}");
            ExitCode::FAILURE
        }
    }
}

/// `leak-kinds [--sessions SMOKE,QUICK,STANDARD]`: the page of which leaks are found; goes on where it was
/// stopped (`target/leak-kinds`, to be removed when the code changes). `0,0,0`: the table of the bound
/// alone, printed.
fn leak_kinds(args: &[String]) -> Result<(), String> {
    let sessions = match args {
        [] => [40, 40, 20],
        [option, n] if option == "--sessions" => {
            let n: Result<Vec<usize>, _> = n.split(',').map(str::parse).collect();
            let n = n.map_err(|e| format!("--sessions: {e}"))?;
            <[usize; 3]>::try_from(n).map_err(|_| "--sessions wants three numbers")?
        }
        [other, ..] => return Err(format!("there is no option `{other}`")),
    };
    let kept = root().join("target/leak-kinds");
    let say = |line: &str| eprintln!("{line}");
    let rows = calibrate::kinds::rows(sessions, SEED, &kept, &say);
    let rows = rows.map_err(|e| format!("{}: {e}", kept.display()))?;
    let bounds = calibrate::bound::rows(1_000, SEED);
    if rows.is_empty() {
        print!("{}", calibrate::bound::markdown(&bounds));
        return promised(calibrate::bound::misses(&bounds));
    }
    let out = root().join("docs/leak-kinds.md");
    let page = calibrate::kinds::markdown(&rows, SEED) + &calibrate::bound::markdown(&bounds);
    fs::write(&out, page).map_err(|e| format!("{}: {e}", out.display()))?;
    println!("{}", out.display());
    let mut misses = calibrate::kinds::misses(&rows);
    misses.extend(calibrate::bound::misses(&bounds));
    promised(misses)
}

/// The section on attention alone, in the page that is there.
fn attention() -> Result<(), String> {
    let figures = calibrate::attention::figures(Size::Full, SEED, &mut |line| eprintln!("{line}"));
    let out = root().join("docs/calibration.md");
    let named = |e: std::io::Error| format!("{}: {e}", out.display());
    let page = fs::read_to_string(&out).map_err(named)?;
    let page = calibrate::with_attention(&page, &figures)
        .ok_or_else(|| format!("{} is no page of figures", out.display()))?;
    fs::write(&out, page).map_err(named)?;
    println!("{}", out.display());
    match figures.holds() {
        true => Ok(()),
        false => Err(format!("promises did not hold:\nattention: {figures:?}")),
    }
}

fn promised(misses: Vec<String>) -> Result<(), String> {
    match misses.is_empty() {
        true => Ok(()),
        false => Err(format!("promises did not hold:\n{}", misses.join("\n"))),
    }
}

fn calibrate(args: &[String]) -> Result<(), String> {
    match args {
        [command, rest @ ..] if command == "leak-kinds" => return leak_kinds(rest),
        [option, of] if option == "--only" && of == "attention" => return attention(),
        [option, ..] if option == "--only" => {
            return Err("--only wants `attention`, and nothing beside it".to_owned());
        }
        _ => {}
    }
    let mut size = Size::Full;
    let mut out = None;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--short" => size = Size::Short,
            "--out" => out = Some(args.next().ok_or("--out wants a file")?),
            other => return Err(format!("there is no option `{other}`")),
        }
    }
    let out = match (out, size) {
        (Some(out), _) => Some(PathBuf::from(out)),
        // A short run is no reason to overwrite the page that everything else refers to.
        (None, Size::Short) => None,
        (None, Size::Full) => Some(root().join("docs/calibration.md")),
    };
    let data = root().join("../shared/data");
    let data = data.is_dir().then_some(data);
    let figures = run(size, SEED, data.as_deref(), &mut |line| eprintln!("{line}"));
    let skipped = [
        figures.real.as_ref().err(),
        figures.power.as_ref().err(),
        figures.telemetry.as_ref().err(),
    ];
    skipped
        .into_iter()
        .flatten()
        .for_each(|why| eprintln!("skipped: {why}"));
    let page = figures.markdown();
    match out {
        Some(out) => {
            fs::write(&out, page).map_err(|e| format!("{}: {e}", out.display()))?;
            println!("{}", out.display());
        }
        None => print!("{page}"),
    }
    promised(figures.misses())
}

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}
