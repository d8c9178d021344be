//! What of the app runs on its side.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use stage::Side;

/// Whether anything of the app still runs on its side: many apps are begun by a starter that ends.
pub(crate) fn runs_on(side: &Side) -> bool {
    !programs_on(side).is_empty()
}

/// The app's processes on its side, as the stage counts.
pub(crate) fn programs_on(side: &Side) -> Vec<i32> {
    processes(side, &[])
}

/// The commands of the app's processes on its side, sorted; nothing of what `others` started.
pub(crate) fn programs(side: &Side, others: &[i32]) -> Vec<String> {
    let all = processes(side, others).into_iter();
    let mut commands: Vec<String> = all.filter_map(command_of).collect();
    commands.sort();
    commands
}

/// The app's processes on its side. The side's first process does not count, nor does what the stage started there
/// (the session bus, a display) with what that started, nor what `others` started: known by who started it, whatever
/// it calls itself.
fn processes(side: &Side, others: &[i32]) -> Vec<i32> {
    let space = |pid: i32| fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
    let Some(here) = space(side.pid()) else {
        return Vec::new();
    };
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|e| e.file_name().to_str()?.parse::<i32>().ok());
    let inside: BTreeMap<i32, i32> = pids
        .filter(|pid| space(*pid).as_ref() == Some(&here))
        .filter_map(|pid| Some((pid, parent_of(pid)?)))
        .collect();
    let of_the_stage = |pid: &i32| {
        let mut at = *pid;
        // A chain of parents has at most as many links as there are processes.
        for _ in 0..inside.len() {
            let Some(parent) = inside.get(&at) else {
                return false;
            };
            if side.is_served_by(*parent) || others.contains(parent) {
                return true;
            }
            at = *parent;
        }
        false
    };
    let of_the_app = |pid: &&i32| **pid != side.pid() && !of_the_stage(pid);
    inside.keys().filter(of_the_app).copied().collect()
}

/// A process's name, as the kernel has it.
fn command_of(pid: i32) -> Option<String> {
    let command = fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(command.trim_end().to_owned())
}

/// The parent of a process that has not ended.
fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat")).ok()?;
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    (!["Z", "X"].contains(&state)).then_some(parent)
}
