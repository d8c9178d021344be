//! `cargo xtask attack-table` runs this.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use attack_table::{
    Size, WINDOWS, hear, learners, learners_page, levels, others, page, recordings, study,
    synthetic, table,
};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("attack-table: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[String]) -> Result<(), String> {
    let (mut size, mut out, mut threads, mut keep) = (Size::Full, None, 2, None);
    let mut compare = false;
    let mut library = None;
    let mut data = root().join("../shared/data");
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} wants a value"));
        match arg.as_str() {
            "--short" => size = Size::Short,
            "--learners" => compare = true,
            "--out" => out = Some(PathBuf::from(value()?)),
            "--threads" => threads = value()?.parse().map_err(|e| format!("--threads: {e}"))?,
            "--keep" => keep = Some(PathBuf::from(value()?)),
            "--library" => library = Some(PathBuf::from(value()?)),
            "--data" => data = PathBuf::from(value()?),
            other => return Err(format!("there is no option `{other}`")),
        }
    }
    let began = Instant::now();
    let say = |line: &str| eprintln!("{:6.1} s  {line}", began.elapsed().as_secs_f64());
    if let Some(to) = library {
        let left_out = attack_table::library(&data, &to)?;
        left_out
            .iter()
            .for_each(|what| say(&format!("left out: {what}")));
        println!("{}", to.display());
        return Ok(());
    }
    let plan = size.plan();
    let real = data.join("audio").is_dir() && size == Size::Full;
    let keep = keep.as_deref().filter(|_| real);
    let (heard, unknown) = if real {
        let heard = hear(|| recordings(&data), &plan, threads, keep)?;
        say(&format!("heard {} sittings", heard.sittings.len()));
        let few = attack::Plan {
            sittings: 8,
            rooms: 1,
            seconds: 300.0,
            ..plan
        };
        let unknown = hear(|| others(&data).map(|c| (c, vec![])), &few, threads, keep)?;
        (heard, Some(unknown))
    } else {
        say("skipped the recordings: synthetic sounds in their place");
        let heard = hear(|| synthetic(1).map(|c| (c, vec![])), &plan, threads, None)?;
        (heard, None)
    };
    if compare {
        print!("{}", learners_page(&learners(&heard, size)?));
        return Ok(());
    }
    let as_recorded = match real {
        false => Vec::new(),
        true => {
            let plan = attack::Plan {
                opus_s: 0.0,
                loudness: attack::Loudness::AsRecorded,
                ..plan
            };
            levels(&hear(|| recordings(&data), &plan, threads, keep)?, size)?
        }
    };
    let made = table(&heard, unknown.as_ref(), size, threads, &say)?;
    let trees = if size == Size::Full { 80 } else { 15 };
    let study = study(&data, &WINDOWS, trees);
    say("the study's own telemetry");
    let study = study.as_ref().map_err(|e| &**e);
    let text = page(&heard, &made, &as_recorded, study, size, real);
    // What is not made of recordings is no reason to overwrite the page.
    let out = out.or_else(|| real.then(|| root().join("docs/attack-table.md")));
    match out {
        Some(out) => {
            fs::write(&out, text).map_err(|e| format!("{}: {e}", out.display()))?;
            println!("{}", out.display());
        }
        None => print!("{text}"),
    }
    Ok(())
}

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}
