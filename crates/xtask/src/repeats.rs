//! How often are honest apps accused? Audits of two honest specimens, again and again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

use crate::run::{Done, abreast, build, flag, option, programs, root, said};

/// Honest specimens: one listens and drops, the other's traffic wanders by itself.
const HONEST: [&str; 2] = ["specimen-listener", "specimen-drifter"];

/// Audits side by side: more would load two cores.
const ABREAST: usize = 3;

/// Redrawn schedules over each stored bundle.
const REDRAWS: u32 = 1_000;

/// Audits each specimen several times, redraws schedules over what was recorded, prints a table.
/// Bundles that are there already are not recorded again, so a stopped run can be resumed.
pub fn repeats(args: &[String]) -> Done {
    build()?;
    let default = if flag(args, "--short") { 2 } else { 10 };
    let runs = match option(args, "--runs") {
        Some(n) => n
            .parse()
            .map_err(|_| format!("--runs wants a number, not `{n}`"))?,
        None => default,
    };
    let profile = option(args, "--profile").unwrap_or("smoke");
    let out = option(args, "--out").map_or_else(|| root().join("target/repeats"), PathBuf::from);
    if flag(args, "--fresh") {
        let _ = fs::remove_dir_all(&out);
    }
    fs::create_dir_all(&out).map_err(|e| format!("{}: {e}", out.display()))?;
    let todo: Vec<(&str, PathBuf)> = (0..runs)
        .flat_map(|run| HONEST.map(|recipe| (recipe, out.join(format!("{recipe}-{run}")))))
        .collect();
    let queue = Mutex::new(todo.iter());
    thread::scope(|scope| {
        for _ in 0..abreast(ABREAST) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap_or_else(|e| e.into_inner()).next();
                    let Some((recipe, dir)) = next else { return };
                    if !dir.join("report.json").exists() {
                        let _ = fs::remove_dir_all(dir);
                        let mut audit = Command::new(programs().join("muteproof"));
                        audit.args(["audit", recipe, "--profile", profile, "--quiet", "--out"]);
                        // The exit code is a verdict; what matters is read from the report.
                        let _ = audit.arg(dir).output();
                    }
                    println!("recorded {}", dir.display());
                }
            });
        }
    });
    table(&todo)
}

fn table(todo: &[(&str, PathBuf)]) -> Done {
    println!(
        "\nspecimen             run  verdict        control W   muted W max   redraws accused"
    );
    let (mut accused, mut undecided, mut redrawn, mut redraws) = (0, 0, 0, 0);
    for (recipe, dir) in todo {
        let row = Row::read(dir)?;
        let run = dir.display().to_string();
        let run = run.rsplit('-').next().unwrap_or("?").to_owned();
        println!(
            "{recipe:20} {run:>3}  {:14} 10^{:<8.1} 10^{:<10.1} {} of {}",
            row.verdict, row.control_log10_w, row.muted_log10_w_max, row.accused, row.redraws
        );
        accused += u32::from(row.verdict == "leaks");
        undecided += u32::from(!["leaks", "partly_seen", "no_leak_seen"].contains(&&*row.verdict));
        redrawn += row.accused;
        redraws += row.redraws;
    }
    let limit = binomial_limit(redraws, 0.001, 0.99);
    println!(
        "\naudits: {}, accused {accused}, undecided {undecided}",
        todo.len()
    );
    println!("redraws: {redraws}, accused {redrawn}; at alpha 0.001 the 99 % limit is {limit}");
    match accused == 0 && undecided == 0 && redrawn <= limit {
        true => Ok(()),
        false => Err("honest specimens were accused, or left undecided, too often".to_owned()),
    }
}

struct Row {
    verdict: String,
    control_log10_w: f64,
    muted_log10_w_max: f64,
    accused: u32,
    redraws: u32,
}

impl Row {
    /// One line of `muteproof redraw`: verdict, control, muted, redraws, accused.
    fn read(dir: &Path) -> Result<Row, String> {
        let n = REDRAWS.to_string();
        let mut redraw = Command::new(programs().join("muteproof"));
        let line = said(redraw.arg("redraw").arg(dir).args(["--times", &n]))?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let bad = || format!("{}: cannot read `{}`", dir.display(), line.trim());
        let [verdict, control, muted, redraws, accused] = words[..] else {
            return Err(bad());
        };
        let number = |word: &str| word.parse::<f64>().map_err(|_| bad());
        Ok(Row {
            verdict: verdict.to_owned(),
            control_log10_w: number(control)?,
            muted_log10_w_max: number(muted)?,
            accused: number(accused)? as u32,
            redraws: number(redraws)? as u32,
        })
    }
}

/// The smallest count that a binomial of `n` and `p` stays at or under with probability `level`.
fn binomial_limit(n: u32, p: f64, level: f64) -> u32 {
    let mut term = (f64::from(n) * (1.0 - p).ln()).exp();
    let mut sum = term;
    let mut k = 0;
    while sum < level && k < n {
        term *= f64::from(n - k) / f64::from(k + 1) * p / (1.0 - p);
        sum += term;
        k += 1;
    }
    k
}

#[cfg(test)]
mod tests {
    use super::binomial_limit;

    #[test]
    fn binomial_limits_are_those_of_the_tables() {
        // R: qbinom(0.99, 1000, 0.001) = 4; qbinom(0.99, 20000, 0.001) = 31.
        assert_eq!(binomial_limit(1_000, 0.001, 0.99), 4);
        assert_eq!(binomial_limit(20_000, 0.001, 0.99), 31);
    }
}
