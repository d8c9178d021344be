//! `cargo xtask mends`: takes each mend of a hole out again, and sees its test fail.
//!
//! A test that passes with and without what it is about holds nothing. One entry of [`MENDS`] is one mend: the
//! text that is taken out, what stands there instead, and the test that has to notice.

use std::fs;

use crate::run::{Done, cargo, option, root, run};

/// What was mended, and what shows that it is.
struct Mend {
    /// In a few words.
    what: &'static str,
    /// Where it is, from the repository's root.
    file: &'static str,
    /// The mend; once in the file.
    with: &'static str,
    /// What stands there instead while it is out.
    without: &'static str,
    /// The package whose test notices, and in which of its programs: `--lib` or the name of a test program.
    package: (&'static str, &'static str),
    /// The test.
    test: &'static str,
}

/// Packages of the helper's workspace.
const HELPER: &str = "observe-bpf";
const HELPER_ITSELF: &str = "helper";

const MENDS: &[Mend] = &[
    Mend {
        what: "root lends another's number to the stage",
        file: "crates/stage/src/user.rs",
        with: "DYNAMIC.filter(|uid| there(*uid) && !bears(*uid))",
        without: "DYNAMIC.filter(|uid| there(*uid))",
        package: ("stage", "--lib"),
        test: "root_lends_the_caller_s_number_or_one_that_nobody_bears",
    },
    Mend {
        what: "root gives up its rights before it reads",
        file: "crates/files/src/confine.rs",
        with: "ruleset.restrict_self().map_err(|e| other(&e))?;",
        without: "",
        package: ("files", "--lib"),
        test: "root_writes_only_where_it_was_told_and_runs_nothing",
    },
    Mend {
        what: "root gives up its capabilities before it reads",
        file: "crates/files/src/confine.rs",
        with: "caps::set(None, set, &kept).map_err(|e| other(&e))?;",
        without: "let _: (CapSet, caps::CapsHashSet) = (set, kept);",
        package: ("files", "--lib"),
        test: "root_writes_only_where_it_was_told_and_runs_nothing",
    },
    Mend {
        what: "only sockets of families that a network namespace holds",
        file: "crates/stage/src/seccomp.rs",
        with: "[(libc::SYS_ioctl, terminal), (libc::SYS_socket, family)]",
        without: "[(libc::SYS_ioctl, terminal), (-1, family)]",
        package: ("stage", "--lib"),
        test: "every_call_has_the_answer_that_it_should_have",
    },
    Mend {
        what: "mounts are shut on a side",
        file: "crates/stage/src/seccomp.rs",
        with: "refuse(&MOUNTS, eperm);",
        without: "",
        package: ("stage", "--lib"),
        test: "every_call_has_the_answer_that_it_should_have",
    },
    Mend {
        what: "no link is followed in folders of others",
        file: "crates/files/src/lib.rs",
        with: "libc::RESOLVE_BENEATH | libc::RESOLVE_NO_SYMLINKS | libc::RESOLVE_NO_MAGICLINKS",
        without: "0",
        package: ("files", "--lib"),
        test: "a_door_is_a_socket_that_lies_there",
    },
    Mend {
        what: "only regular files are opened by name",
        file: "crates/files/src/lib.rs",
        with: "if !kind.is_file() {",
        without: "if kind.is_dir() {",
        package: ("files", "--lib"),
        test: "only_regular_files_are_opened_by_name",
    },
    Mend {
        what: "a file is looked up before it is opened",
        file: "crates/files/src/lib.rs",
        with: "let flags = flags | libc::O_PATH | libc::O_CLOEXEC;",
        without: "let flags = flags | libc::O_CLOEXEC;",
        package: ("files", "--lib"),
        test: "only_regular_files_are_opened_by_name",
    },
    Mend {
        what: "variables double up to a bound of bytes",
        file: "crates/recipe/src/vars.rs",
        with: "put_in(text, VALUE_MAX, value)",
        without: "put_in(text, usize::MAX, value)",
        package: ("recipe", "--lib"),
        test: "doubling_is_bounded_in_bytes_and_in_steps",
    },
    Mend {
        what: "each variable is put together once",
        file: "crates/recipe/src/vars.rs",
        with: "(done.contains_key(name), own.get(name))",
        without: "(false, own.get(name))",
        package: ("recipe", "--lib"),
        test: "doubling_is_bounded_in_bytes_and_in_steps",
    },
    Mend {
        what: "a silent sound server is not waited for",
        file: "crates/pulse/src/lib.rs",
        with: "let until = Some(Instant::now() + HANDSHAKE_WITHIN);",
        without: "let until = None;",
        package: ("pulse", "--lib"),
        test: "no_server_is_waited_for_for_ever",
    },
    Mend {
        what: "the deadline is that of the whole answer",
        file: "crates/pulse/src/lib.rs",
        with: "let left = until.saturating_duration_since(Instant::now());",
        without: "let left = until.duration_since(until - HANDSHAKE_WITHIN);",
        package: ("pulse", "--lib"),
        test: "no_server_is_waited_for_for_ever",
    },
    Mend {
        what: "packets of a bundle are between so many ends at most",
        file: "crates/bundle/src/packets.rs",
        with: "false => new.map(|_| \"packets between more ends than can be judged at once\"),",
        without: "false => None,",
        package: ("bundle", "bounds"),
        test: "packets_between_too_many_ends_are_a_loss",
    },
    Mend {
        what: "what an app brings about in a log has an end",
        file: "crates/bundle/src/log.rs",
        with: "if self.of_app + memory <= OF_APP_MAX && ",
        without: "if ",
        package: ("bundle", "bounds"),
        test: "a_log_that_an_app_fills_has_an_end",
    },
    Mend {
        what: "a large packet file is not held",
        file: "crates/bundle/src/packets.rs",
        with: "const HELD_MAX: u64 = 32 << 20;",
        without: "const HELD_MAX: u64 = 32 << 30;",
        package: ("analysis", "large"),
        test: "a_large_bundle_is_judged_in_little_memory",
    },
    Mend {
        what: "pieces of a long connection overlap where secrets are looked for",
        file: "crates/bundle/src/mask.rs",
        with: "const AGAIN: usize = 64 << 10;",
        without: "const AGAIN: usize = 0;",
        package: ("bundle", "bounds"),
        test: "secrets_are_masked_in_a_connection_of_any_length",
    },
    Mend {
        what: "a recipe's names lead up no folder",
        file: "crates/recipe/src/strict.rs",
        with: "match begins && !up && text.len() <= max && text.chars().all(may) {",
        without: "match text.len() <= max || !up || begins || text.chars().all(may) {",
        package: ("recipe", "--lib"),
        test: "a_name_is_a_name_and_nothing_else",
    },
    Mend {
        what: "our own record streams are known by number",
        file: "crates/stage/src/pipewire/graph.rs",
        with: "numbers.records.contains(&serial(id, node))",
        without: "serial(id, node) > 0",
        package: ("stage", "--lib"),
        test: "who_calls_itself_as_we_do_is_none_of_us",
    },
    Mend {
        what: "too little seen of the muted time is inconclusive",
        file: "crates/verdict/src/checks/packets.rs",
        with: "blocks < MIN_BLOCKS as usize || 2 * blocks < of",
        without: "blocks > of + MIN_BLOCKS as usize",
        package: ("simulate", "gates"),
        test: "too_little_seen_of_the_muted_time_is_inconclusive",
    },
    Mend {
        what: "secrets in packets are stars",
        file: "crates/bundle/src/write.rs",
        with: "Ok(file) => mask_packets(&file, &planted).map_err(failed(PACKETS))?,",
        without: "Ok(_) => {}",
        package: ("bundle", "redact"),
        test: "secrets_in_the_open_stay_nowhere_in_a_whole_bundle",
    },
    Mend {
        what: "a bundle is its owner's alone",
        file: "crates/bundle/src/write.rs",
        with: "const FILE: u32 = 0o600;",
        without: "const FILE: u32 = 0o644;",
        package: ("bundle", "redact"),
        test: "a_bundle_is_its_owners_alone",
    },
    Mend {
        what: "nothing that is printed steers a terminal",
        file: "crates/cli/src/printer.rs",
        with: "report::printed(&String::from_utf8_lossy(bytes), colours)",
        without: "[String::from_utf8_lossy(bytes).into_owned(), String::new()][usize::from(colours && bytes.is_empty())].clone()",
        package: ("cli", "printed"),
        test: "errors_and_recipes_steer_no_terminal",
    },
    Mend {
        what: "who un-mutes in a loop finds the source suspended",
        file: "crates/switch/src/policy.rs",
        with: "acts.push(suspend(&held.source, true));",
        without: "",
        package: ("switch", "scenes"),
        test: "who_opens_it_in_a_loop_finds_it_suspended_and_is_told_of",
    },
    Mend {
        what: "sources of one name are told apart",
        file: "crates/mic/src/sound.rs",
        with: "source.name.clone_from(&name);",
        without: "",
        package: ("mic", "--lib"),
        test: "sources_of_one_name_are_told_apart",
    },
    Mend {
        what: "a name on the bus that is somebody else's is told",
        file: "crates/mic/src/desktop.rs",
        with: "        alarm(bus, &texts.not_ours);\n",
        without: "",
        package: ("cli", "mic_desktop"),
        test: "a_name_that_is_somebody_else_s_is_told",
    },
    Mend {
        what: "a damaged state file keeps no microphone open",
        file: "crates/mic/src/guard.rs",
        with: "Err(e) => (PersistedState::default(), Some(e.to_string())),",
        without: "Err(e) => return Err(e),",
        package: ("cli", "mic"),
        test: "a_damaged_state_file_keeps_no_microphone_open",
    },
    Mend {
        what: "the helper opens only what is mapped",
        file: "bpf/observe-bpf/src/find.rs",
        with: "if !meta.is_file() || !is_it(&meta) {",
        without: "if meta.is_dir() {",
        package: (HELPER, "--lib"),
        test: "another_file_is_not_even_opened",
    },
    Mend {
        what: "the helper reads tables in pieces",
        file: "bpf/observe-bpf/src/elf.rs",
        with: "const SYMBOLS_AT_ONCE: usize = 4_096;",
        without: "const SYMBOLS_AT_ONCE: usize = 1 << 20;",
        package: (HELPER, "elf"),
        test: "a_hostile_file_costs_less_than_four_megabytes",
    },
    Mend {
        what: "what an app tells the system bus is kept up to a bound",
        file: "crates/stage/src/system_bus.rs",
        with: "id.floor_char_boundary(DESKTOP_ID_MAX)",
        without: "id.len()",
        package: ("stage", "--lib"),
        test: "a_flood_is_bounded_and_others_are_answered_still",
    },
    Mend {
        what: "the buses take messages up to a length",
        file: "crates/stage/src/bus.rs",
        with: "<limit name=\"max_message_size\">4194304</limit>",
        without: "<limit name=\"max_message_size\">134217728</limit>",
        package: ("stage", "--lib"),
        test: "a_flood_is_bounded_and_others_are_answered_still",
    },
    Mend {
        what: "patterns lead to nothing outside of /sys",
        file: "crates/stage/src/sysfs.rs",
        with: "    found.retain(|file| file.starts_with(sys));
",
        without: "",
        package: ("stage", "--lib"),
        test: "a_pattern_leads_to_files_by_their_one_place_and_never_outside",
    },
    Mend {
        what: "an answer about windows has a longest length",
        file: "crates/stage/src/windows/read.rs",
        with: "const ANSWER_MAX: usize = 4 << 20;",
        without: "const ANSWER_MAX: usize = 4 << 30;",
        package: ("stage", "windows"),
        test: "a_million_children_are_left_out",
    },
    Mend {
        what: "a listener's answer has an end",
        file: "crates/session/src/website.rs",
        with: "const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);",
        without: "const ANSWER_WITHIN: Duration = Duration::from_secs(60);",
        package: ("session", "--lib"),
        test: "hostile_servers_have_an_end",
    },
    Mend {
        what: "what is unpacked has an end",
        file: "crates/scan/src/input.rs",
        with: "match self.left.checked_sub(n as u64) {",
        without: "match Some(self.left.saturating_sub(n as u64)) {",
        package: ("scan", "--lib"),
        test: "what_unpacks_without_end_is_not_read_without_end",
    },
    Mend {
        what: "a flood's packets are trimmed",
        file: "crates/session/src/log.rs",
        with: "true => BEGINNING,",
        without: "true => len,",
        package: ("session", "--lib"),
        test: "of_a_flood_the_beginnings_are_kept_and_a_bundle_has_an_end",
    },
    Mend {
        what: "PipeWire's own libjack is watched before it is loaded",
        file: "bpf/observe-bpf/src/find.rs",
        with: "folders.iter().cloned().chain(of_jack).collect()",
        without: "folders.iter().cloned().chain(of_jack.take(0)).collect()",
        package: (HELPER, "--lib"),
        test: "pipewire_s_own_libjack_is_found_before_anybody_loads_it",
    },
    Mend {
        what: "what was opened before it was watched is told",
        file: "bpf/observe-bpf/src/watch.rs",
        with: "if unplaced > 0 && !self.unplaced_told {",
        without: "if unplaced > 0 && self.unplaced_told {",
        package: (HELPER_ITSELF, "late"),
        test: "what_was_opened_before_is_told_and_not_counted",
    },
];

/// Takes out each mend, or those whose words hold that of `--only`, one after the other.
pub fn mends(args: &[String]) -> Done {
    let only = option(args, "--only").unwrap_or("");
    let mut held = 0;
    for mend in MENDS.iter().filter(|mend| mend.what.contains(only)) {
        let path = root().join(mend.file);
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", mend.file))?;
        let place = || format!("{}: {:?} does not stand there once", mend.file, mend.with);
        if text.matches(mend.with).count() != 1 {
            return Err(place());
        }
        if failed(mend)? {
            return Err(format!(
                "{}: `{}` fails also with the mend",
                mend.what, mend.test
            ));
        }
        write(&path, &text.replacen(mend.with, mend.without, 1))?;
        let noticed = failed(mend);
        write(&path, &text)?;
        if !noticed? {
            return Err(format!(
                "{}: `{}` passes also without the mend",
                mend.what, mend.test
            ));
        }
        println!("{}: `{}` fails without it", mend.what, mend.test);
        held += 1;
    }
    println!("{held} mends, each held by its test");
    Ok(())
}

fn write(path: &std::path::Path, text: &str) -> Done {
    fs::write(path, text).map_err(|e| format!("{}: {e}", path.display()))
}

/// Whether the test, which has to be there, and to compile, fails.
fn failed(mend: &Mend) -> Result<bool, String> {
    let (package, program) = mend.package;
    let mut which = match program {
        "--lib" => vec!["--lib"],
        name => vec!["--test", name],
    };
    if [HELPER, HELPER_ITSELF].contains(&package) {
        which.extend([
            "--manifest-path",
            "bpf/Cargo.toml",
            "--target-dir",
            "target/bpf",
        ]);
    }
    let base = [&["test", "--quiet", "-p", package][..], &which].concat();
    run(&mut cargo(&[&base[..], &["--no-run"]].concat()))?;
    let mut test = cargo(&[&base[..], &["--", mend.test]].concat());
    let out = test.output().map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    match (
        out.status.success(),
        text.contains("running 1 test") || text.contains("running 2 tests"),
    ) {
        (_, false) => Err(format!(
            "there is no test `{}` in `{package}`:\n{text}",
            mend.test
        )),
        (passed, true) => Ok(!passed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mend_stands_where_it_is_said_to() {
        for mend in MENDS {
            let text = fs::read_to_string(root().join(mend.file)).unwrap();
            assert_eq!(text.matches(mend.with).count(), 1, "{}", mend.what);
            let page = fs::read_to_string(root().join("docs/security.md")).unwrap();
            assert!(
                page.contains(mend.test),
                "docs/security.md does not tell of {}",
                mend.test
            );
        }
    }
}
