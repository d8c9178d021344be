//! Tries to get out of the stage, or at the schedule, by every way but the microphone. Each line says how it
//! went; an audit's test reads them, and every one has to read `denied`. What is tried leaves nothing behind
//! where it goes well, so that it can be tried outside of a stage, too.

mod kernel;
mod sound;
mod view;

use std::fs;
use std::path::Path;

/// A way to learn something, and what was learned.
type Attempt = (&'static str, fn() -> Result<String, String>);

/// Runs all attempts, or those that are named.
pub fn snoop(only: &[String]) {
    // The sound is heard meanwhile: of a busy machine this takes what is left. It is of this thread and of what
    // it starts.
    // SAFETY: a plain call.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 19) };
    for (name, attempt) in [sound::ATTEMPTS, view::ATTEMPTS, kernel::ATTEMPTS].concat() {
        if !only.is_empty() && !only.iter().any(|only| only == name) {
            continue;
        }
        match attempt() {
            Ok(learned) => println!("snoop: {name}: LEARNED {}", one_line(&learned)),
            Err(why) => println!("snoop: {name}: denied ({})", one_line(&why)),
        }
    }
    println!("snoop: done");
}

fn one_line(text: &str) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(300).collect()
}

fn learned(found: Vec<String>, else_say: &str) -> Result<String, String> {
    if found.is_empty() {
        Err(else_say.to_owned())
    } else {
        Ok(found.join(" "))
    }
}

/// Visits files, without following links and without the large folders of the system.
fn walk(dir: &Path, depth: u32, visit: &mut impl FnMut(&Path)) {
    let skip = ["/proc", "/sys", "/usr", "/lib", "/dev"];
    if depth == 0 || skip.iter().any(|s| dir == Path::new(s)) {
        return;
    }
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            walk(&path, depth - 1, visit);
        } else {
            visit(&path);
        }
    }
}
