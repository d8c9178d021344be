//! The doctor tries what it speaks of: a tone is heard, or it says that none was.

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use common::{Said, installed, muteproof, program, said, skip, specimens};

/// The real server, where it is installed.
fn pulseaudio() -> Option<PathBuf> {
    let place = Path::new("/usr/bin/pulseaudio");
    let real = place.canonicalize().ok();
    if real.is_none() {
        skip("pulseaudio is not installed");
    }
    real
}

#[test]
fn a_tone_is_heard_on_every_kind_of_stage_that_is_installed() {
    specimens();
    let dir = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let said = said(muteproof(&["doctor"]).env("XDG_STATE_HOME", dir.path()));
    let took = began.elapsed();
    println!("doctor took {:.1} s", took.as_secs_f64());
    assert_eq!(said.code, Some(0), "{}", said.out);
    for (program, name) in [("pulseaudio", "PulseAudio"), ("pipewire-pulse", "PipeWire")] {
        let row =
            format!("a tone, played into the virtual microphone of a stage with {name}: heard");
        assert_eq!(said.out.contains(&row), installed(program), "{}", said.out);
        let kept = dir
            .path()
            .join("muteproof")
            .join(format!("tried-{}", program.replace("-pulse", "")));
        let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let kept = fs::read_to_string(kept);
        assert_eq!(
            kept.is_ok_and(|kept| kept.contains(kernel.trim())),
            installed(program)
        );
    }
}

/// A command of muteproof's where every PulseAudio server has its microphone muted: the program is another one,
/// which adds a line to the configuration and runs the real one.
fn with_a_muted_microphone(real: &Path, args: &str, state: &Path) -> Said {
    let dir = tempfile::tempdir().unwrap();
    let copied = dir.path().join("real");
    fs::copy(real, &copied).unwrap();
    let muted = dir.path().join("muted");
    let script = format!(
        "#!/bin/sh\n[ \"$2\" = -F ] && echo 'set-source-mute mic 1' >> \"$3\"\nexec {} \"$@\"\n",
        copied.display()
    );
    fs::write(&muted, script).unwrap();
    for file in [dir.path(), &copied, &muted] {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let script = format!("mount --bind \"$1\" \"$2\" || exit 99; exec \"$0\" {args}");
    let mut command = Command::new("unshare");
    command.args(["-Urm", "sh", "-c", &script]).arg(program());
    command.arg(&muted).arg(real).env("XDG_STATE_HOME", state);
    said(&mut command)
}

#[test]
fn a_microphone_that_is_never_fed_is_said_by_doctor_and_before_an_audit() {
    let Some(real) = pulseaudio() else { return };
    specimens();
    let dir = tempfile::tempdir().unwrap();
    let said = with_a_muted_microphone(&real, "doctor", dir.path());
    assert_eq!(said.code, Some(3), "{said:?}");
    let row =
        "MISSING  a tone, played into the virtual microphone of a stage with PulseAudio: not heard";
    assert!(said.out.contains(row), "{}", said.out);
    assert!(said.out.contains("-120 dBFS at most"), "{}", said.out);
    // The stage itself could be made.
    assert!(
        said.out.contains("ok       a stage without root"),
        "{}",
        said.out
    );

    let out = dir.path().join("audit");
    let audit = format!(
        "audit specimen-honest --quiet --sound pulseaudio --out '{}'",
        out.display()
    );
    let said = with_a_muted_microphone(&real, &audit, dir.path());
    assert_eq!(said.code, Some(3), "{said:?}");
    let complaints = said.complaints();
    assert_eq!(complaints.len(), 1, "{}", said.err);
    assert!(
        complaints[0].contains("not heard at the app's side"),
        "{}",
        said.err
    );
    assert!(!out.exists() && !dir.path().join("muteproof/tried-pulseaudio").exists());
}
