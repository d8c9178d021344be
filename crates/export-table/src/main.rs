//! `cargo xtask export-table`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use export_table::archives;
use export_table::calibrate::{constants, trials, voiced};
use export_table::page::{Cast, Page, Size, page};
use export_table::places::Place;
use export_table::pool::{keep, kept, mixtures, pool};
use export_table::speakers::{Speaker, speakers};
use voices::Models;

/// What stands around the tables in the page.
const BEGIN: &str = "<!-- tables: begin, made by `cargo xtask export-table` -->";
const END: &str = "<!-- tables: end -->";

/// Clips of several voices at once that calibration hears.
const MIXTURES: usize = 1_200;

/// What was typed.
struct Options {
    data: PathBuf,
    /// Clips of each length in each place: of an owner, of another speaker.
    clips: [usize; 2],
    size: Size,
    threads: usize,
    keep: Option<PathBuf>,
    out: Option<PathBuf>,
    calibrate: bool,
    /// Write an archive instead: of clips, or a large one.
    archive: Option<(Archive, PathBuf)>,
}

/// Archives for measuring times.
#[derive(Clone, Copy)]
enum Archive {
    Clips,
    Large,
}

/// Clips of the archive of clips, and their length in seconds.
const CLIPS: (usize, u32) = (1_700, 3);
/// Bytes of the large archive.
const LARGE: u64 = 50_000_000_000;

fn options() -> Result<Options, String> {
    let mut options = Options {
        data: PathBuf::from("../shared/data/audio/speech"),
        clips: [40, 2],
        size: Size {
            draws: 4,
            clips: 1_700,
        },
        threads: 2,
        keep: None,
        out: None,
        calibrate: false,
        archive: None,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value"));
        let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
        match arg.as_str() {
            "--data" => options.data = value()?.into(),
            "--own" => options.clips[0] = number(value()?)?,
            "--others" => options.clips[1] = number(value()?)?,
            "--draws" => options.size.draws = number(value()?)?,
            "--threads" => options.threads = number(value()?)?,
            "--keep" => options.keep = Some(value()?.into()),
            "--out" => options.out = Some(value()?.into()),
            "--calibrate" => options.calibrate = true,
            "--clips-to" => options.archive = Some((Archive::Clips, value()?.into())),
            "--large-to" => options.archive = Some((Archive::Large, value()?.into())),
            "--short" => {
                options.clips = [4, 1];
                options.size = Size {
                    draws: 1,
                    clips: 200,
                };
            }
            other => return Err(format!("there is no option {other}")),
        }
    }
    Ok(options)
}

fn run() -> Result<(), String> {
    let options = options()?;
    if let Some((which, path)) = &options.archive {
        let made = match which {
            Archive::Clips => {
                let (owners, _) = speakers(&options.data)?;
                archives::clips(&owners, CLIPS.0, CLIPS.1, path)
            }
            Archive::Large => archives::large(LARGE, path),
        };
        return made.map_err(|e| format!("failed to write {}: {e}", path.display()));
    }
    let ears = Models::new().map_err(|e| e.to_string())?;
    let (owners, rest) = speakers(&options.data)?;
    let all: Vec<&Speaker> = owners.iter().chain(&rest).collect();
    let cast = Cast::new(owners.len(), rest.len());
    let kept = options.keep.as_deref().and_then(kept);
    let pool = match kept {
        Some(pool) => pool,
        None => {
            let [own, other] = options.clips;
            // Those who fit the calibration are heard for that, and for nothing else.
            let n = |speaker: usize| match cast.learnt.contains(&speaker) {
                learnt if learnt != options.calibrate => 0,
                _ if speaker < owners.len() => own,
                _ => other,
            };
            let began = Instant::now();
            let pool = pool(&all, &n, &ears, options.threads, 7);
            let seconds: f64 = pool.iter().map(|item| item.heard.seconds).sum();
            let took = began.elapsed().as_secs_f64();
            eprintln!(
                "{seconds:.0} s of sound in {took:.0} s, {} threads",
                options.threads
            );
            if let Some(path) = &options.keep {
                keep(&pool, path)
                    .map_err(|e| format!("failed to write {}: {e}", path.display()))?;
            }
            pool
        }
    };
    if options.calibrate {
        let trials = trials(&pool, &cast.learnt, 3);
        let single = pool
            .iter()
            .filter(|item| cast.learnt.contains(&item.speaker) && item.place != Place::Other);
        let single: Vec<_> = single
            .flat_map(|item| voiced(item).into_iter().map(|of| (item.speaker, of)))
            .filter(|(_, (_, speech_s))| *speech_s >= 1.0)
            .map(|(speaker, (unit, _))| (speaker, unit))
            .collect();
        let mixed = mixtures(&all, &cast.learnt, MIXTURES, &ears, options.threads);
        println!("{}", constants(&trials, &single, &mixed));
        return Ok(());
    }
    let Page { tables, picture } = page(&pool, &cast, &all, options.size, &ears);
    let Some(path) = &options.out else {
        print!("{tables}");
        return Ok(());
    };
    let failed = |e| format!("failed to write {}: {e}", path.display());
    let whole = std::fs::read_to_string(path).map_err(failed)?;
    let parts = whole.split_once(BEGIN).zip(whole.split_once(END));
    let ((before, _), (_, after)) =
        parts.ok_or_else(|| format!("{}: no place for the tables in it", path.display()))?;
    // The tables show it, beside the page.
    std::fs::write(path.with_file_name("export-check-chances.svg"), picture).map_err(failed)?;
    std::fs::write(path, format!("{before}{BEGIN}\n\n{tables}{END}{after}")).map_err(failed)
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("export-table: {e}");
            ExitCode::FAILURE
        }
    }
}
