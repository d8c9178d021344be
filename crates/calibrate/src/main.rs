//! `cargo xtask calibrate` runs this.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use calibrate::{Section, Size, run};

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

fn promised(misses: Vec<String>) -> Result<(), String> {
    match misses.is_empty() {
        true => Ok(()),
        false => Err(format!("promises did not hold:\n{}", misses.join("\n"))),
    }
}

/// `[--short] [--only SECTION] [--out FILE]`: the page, or one section of it in the page that is there.
fn calibrate(args: &[String]) -> Result<(), String> {
    if let [command, rest @ ..] = args
        && command == "leak-kinds"
    {
        return leak_kinds(rest);
    }
    let (mut size, mut out, mut only) = (Size::Full, None, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--short" => size = Size::Short,
            "--out" => out = Some(args.next().ok_or("--out wants a file")?),
            "--only" => only = Some(section(args.next())?),
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
    let mut say = |line: &str| eprintln!("{line}");
    let figures = run(size, SEED, data.as_deref(), only, &mut say);
    if data.is_none() {
        eprintln!("skipped what needs the folder of recordings, which is not there");
    }
    let misses = figures.misses().into_iter();
    let misses = misses.map(|(section, line)| format!("{}: {line}", section.name()));
    let Some(out) = out else {
        print!("{}", figures.markdown());
        return promised(misses.collect());
    };
    let named = |e: std::io::Error| format!("{}: {e}", out.display());
    let page = match only {
        None => figures.markdown(),
        Some(section) => {
            let page = fs::read_to_string(&out).map_err(named)?;
            calibrate::with_section(&page, section, &figures)
                .ok_or_else(|| format!("{} is no page of figures", out.display()))?
        }
    };
    fs::write(&out, page).map_err(named)?;
    println!("{}", out.display());
    promised(misses.collect())
}

fn section(name: Option<&String>) -> Result<Section, String> {
    let found = Section::ALL
        .into_iter()
        .find(|s| Some(s.name()) == name.map(String::as_str));
    found.ok_or_else(|| {
        let names = Section::ALL.map(Section::name).join(", ");
        format!("--only wants one of {names}")
    })
}

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}
