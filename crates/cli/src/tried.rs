//! The machine tried by doing what an audit does: a stage is made, a tone played and heard, the key's places
//! looked for. `doctor` says all of it; an audit does it first where what it stands on has changed.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use recipe::Sound;
use report::{Checked, Found, Looked, Mend, Wrong};
use session::machine::{self, PIPEWIRE_PROGRAMS, PULSEAUDIO_PROGRAM};
use session::{Fault, Tried};

use crate::fail::Fail;

/// What trying a stage with a sound server came to; with none where none is installed.
type Outcome = (Option<Sound>, io::Result<Tried>);

/// Tries a stage with each of these sound servers, side by side, or one without sound where there are none.
pub fn each(sounds: &[Sound]) -> Vec<Outcome> {
    let asked: Vec<Option<Sound>> = match sounds {
        [] => vec![None],
        sounds => sounds.iter().copied().map(Some).collect(),
    };
    let own = Path::new("/proc/self/exe");
    thread::scope(|scope| {
        let each = asked.iter().map(|sound| {
            let trying = scope.spawn(|| session::probe(own, *sound));
            (*sound, trying)
        });
        let each: Vec<_> = each.collect();
        let ended = each.into_iter().map(|(sound, trying)| {
            let tried = trying.join();
            let panicked = |_| Err(io::Error::other("a thread panicked"));
            (sound, tried.unwrap_or_else(panicked))
        });
        ended.collect()
    })
}

/// The rows of what was tried; the sound server that audits have by default is needed.
pub fn rows(tried: &[Outcome], usual: Sound) -> Vec<Checked> {
    let failed = tried.iter().find_map(|(_, tried)| tried.as_ref().err());
    let mut rows = vec![Checked {
        what: Looked::Stage,
        found: match (failed, forbidding()) {
            (None, _) => Ok(Found::Stage),
            (Some(e), Some(allow)) => {
                Err((Wrong::Said(e.to_string()), Mend::Command(allow.into())))
            }
            (Some(e), None) => Err((Wrong::Said(e.to_string()), Mend::OutsideContainer)),
        },
        needed: true,
    }];
    let rule = fs::read_to_string(Path::new("/proc/sys").join(APPARMOR)).ok();
    rows.extend(apparmor(rule.as_deref(), failed.is_none()));
    let sensed = tried.iter().filter_map(|(sound, tried)| {
        let sensed = tried.as_ref().ok()?.sensed.as_ref()?;
        Some(((*sound)?, sensed))
    });
    let sensed: Vec<_> = sensed.collect();
    let right = |sensed: &Result<session::Sensed, String>| {
        sensed.as_ref().is_ok_and(|sensed| sensed.fault().is_none())
    };
    for (sound, what) in &sensed {
        let mut others = sensed.iter().filter(|(_, other)| right(other));
        let other = others.find(|(other, _)| other != sound);
        rows.push(Checked {
            what: Looked::Tone {
                sound: sound.to_string(),
            },
            found: heard(*sound, what, other.map(|(other, _)| *other)),
            needed: *sound == usual,
        });
    }
    rows
}

/// What was heard of a tone, and else what mends it; `other` is a sound server with which it was.
fn heard(
    sound: Sound,
    sensed: &Result<session::Sensed, String>,
    other: Option<Sound>,
) -> Result<Found, (Wrong, Mend)> {
    let wrong = match sensed {
        Err(why) => Wrong::Said(why.clone()),
        Ok(sensed) => match sensed.fault() {
            None => {
                return Ok(Found::Heard {
                    dbfs: sensed.loudest_dbfs,
                });
            }
            Some(Fault::Open(places)) => return Err((Wrong::Open(places), Mend::Report)),
            Some(Fault::NotHeard { loudest_dbfs: dbfs }) => Wrong::NotHeard { dbfs },
            Some(Fault::NeverSilent {
                quietest_dbfs: dbfs,
            }) => Wrong::NeverSilent { dbfs },
        },
    };
    let here = machine::distribution();
    let programs = machine::sound_programs(sound).iter();
    let mut packages: Vec<&str> = programs.map(|(_, names)| here.package(names)).collect();
    packages.sort_unstable();
    packages.dedup();
    let command = format!("{} {}", here.reinstall, packages.join(" "));
    let mend = match other {
        Some(sound) => Mend::OtherSound {
            sound: option(sound),
            command,
        },
        None => Mend::Command(command),
    };
    Err((wrong, mend))
}

/// A sound server as `--sound` takes it.
fn option(sound: Sound) -> &'static str {
    match sound {
        Sound::PulseAudio => PULSEAUDIO_PROGRAM.0,
        Sound::PipeWire => PIPEWIRE_PROGRAMS[0].0,
    }
}

/// Where AppArmor's rule stands, of a kernel that has one: Ubuntu's.
const APPARMOR: &str = "kernel/apparmor_restrict_unprivileged_userns";

/// The command that takes the rule back until the next start.
const APPARMOR_OFF: &str = "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0";

/// The row for AppArmor's rule, where there is one; `made` is whether a stage could be made.
fn apparmor(rule: Option<&str>, made: bool) -> Option<Checked> {
    let on = rule?.trim() != "0";
    Some(Checked {
        what: Looked::AppArmor,
        found: match on && !made {
            true => Err((Wrong::AppArmor, Mend::Command(APPARMOR_OFF.into()))),
            false => Ok(Found::AppArmor { on }),
        },
        // Whether a stage can be made is a row of its own.
        needed: false,
    })
}

/// The command that turns the switch which forbids user namespaces here, from the places where
/// distributions put one.
pub fn forbidding() -> Option<&'static str> {
    let is = |path: &str, value: &str| {
        fs::read_to_string(Path::new("/proc/sys").join(path)).is_ok_and(|text| text.trim() == value)
    };
    let switches = [
        (
            is("user/max_user_namespaces", "0"),
            "sudo sysctl user.max_user_namespaces=15000",
        ),
        (
            is("kernel/unprivileged_userns_clone", "0"),
            "sudo sysctl kernel.unprivileged_userns_clone=1",
        ),
        (is(APPARMOR, "1"), APPARMOR_OFF),
    ];
    switches.into_iter().find_map(|(on, off)| on.then_some(off))
}

/// Tries the machine where kernel, sound server or muteproof are not those with which it last passed.
pub fn before_audit(sound: Sound) -> Result<(), Fail> {
    let versions = machine::versions(sound);
    let place = place(|name| std::env::var_os(name)).map(|folder| folder.join(name(sound)));
    if place.as_deref().is_some_and(|at| passed(at, &versions)) {
        return Ok(());
    }
    for row in rows(&each(&[sound]), sound) {
        if let (true, Err((wrong, mend))) = (row.needed, row.found) {
            let (what, wrong, mend) = (row.what.message(), wrong.message(), mend.message());
            return Err(Fail::NotFit { what, wrong, mend });
        }
    }
    remember(place.as_deref(), &versions);
    Ok(())
}

/// Writes down that the machine passed with these sound servers, as `doctor` found.
pub fn passed_with(tried: &[Outcome]) {
    let folder = place(|name| std::env::var_os(name));
    for (sound, tried) in tried {
        let right = |tried: &Tried| {
            let sensed = tried.sensed.as_ref().and_then(|s| s.as_ref().ok());
            sensed.is_some_and(|sensed| sensed.fault().is_none())
        };
        if let (Some(sound), true) = (*sound, tried.as_ref().is_ok_and(right)) {
            let at = folder.as_ref().map(|folder| folder.join(name(sound)));
            remember(at.as_deref(), &machine::versions(sound));
        }
    }
}

/// The file for a sound server.
fn name(sound: Sound) -> String {
    format!("tried-{}", option(sound))
}

/// The folder of what is kept from one run to the next (XDG base directories); nothing where there is none.
fn place(env: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| {
        env(name)
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
    };
    let state = folder("XDG_STATE_HOME").or_else(|| Some(folder("HOME")?.join(".local/state")));
    Some(state?.join("muteproof"))
}

fn passed(at: &Path, versions: &str) -> bool {
    const MOST: u64 = 4096;
    files::read_text(at, MOST).is_ok_and(|text| text == versions)
}

/// Where it cannot be written down, the next audit tries the machine again, and that is all.
fn remember(at: Option<&Path>, versions: &str) {
    let write = |at: &Path| {
        fs::create_dir_all(at.parent()?).ok()?;
        // Another audit may read it meanwhile.
        let begun = at.with_extension(std::process::id().to_string());
        fs::write(&begun, versions).ok()?;
        fs::rename(&begun, at).ok()
    };
    let _ = at.and_then(write);
}

#[cfg(test)]
mod tests {
    use report::Lang;
    use session::Sensed;

    use super::*;

    fn sensed(loudest_dbfs: f32) -> Tried {
        Tried {
            sensed: Some(Ok(Sensed {
                loudest_dbfs,
                quietest_dbfs: -120.0,
                open: Vec::new(),
            })),
        }
    }

    fn page(tried: &[Outcome]) -> (bool, String) {
        let rows = rows(tried, Sound::PulseAudio);
        let page = report::doctor(&rows, None, Lang::En).unwrap();
        (report::able(&rows), page)
    }

    #[test]
    fn a_tone_that_was_heard_is_said() {
        let (able, page) = page(&[(Some(Sound::PulseAudio), Ok(sensed(-17.2)))]);
        assert!(
            able && page.contains("heard at the app's side at -17 dBFS"),
            "{page}"
        );
    }

    #[test]
    fn a_microphone_that_is_never_fed_is_said_with_what_mends_it() {
        let (able, said) = page(&[(Some(Sound::PulseAudio), Ok(sensed(-120.0)))]);
        assert!(!able && said.contains("gave -120 dBFS at most"), "{said}");
        assert!(
            said.contains("-> sudo ") && said.contains(" pulseaudio\n"),
            "{said}"
        );
        // Where the other one works, that is said too.
        let both = [
            (Some(Sound::PulseAudio), Ok(sensed(-120.0))),
            (Some(Sound::PipeWire), Ok(sensed(-17.0))),
        ];
        let (able, said) = page(&both);
        assert!(
            !able && said.contains("--sound pipewire, or sudo "),
            "{said}"
        );
        // What audits do not use by default is not needed.
        let both = [
            (Some(Sound::PulseAudio), Ok(sensed(-17.0))),
            (Some(Sound::PipeWire), Ok(sensed(-120.0))),
        ];
        let (able, said) = page(&both);
        assert!(able && said.contains("lacking  a tone"), "{said}");
    }

    #[test]
    fn a_key_in_sight_and_a_server_that_does_not_start_are_said() {
        let open = Tried {
            sensed: Some(Ok(Sensed {
                loudest_dbfs: -17.0,
                quietest_dbfs: -120.0,
                open: vec!["/run/muteproof/bundle/seed".into()],
            })),
        };
        let (able, said) = page(&[(Some(Sound::PulseAudio), Ok(open))]);
        assert!(
            !able && said.contains("/run/muteproof/bundle/seed"),
            "{said}"
        );
        let down = Tried {
            sensed: Some(Err("it ended".into())),
        };
        let (able, said) = page(&[(Some(Sound::PulseAudio), Ok(down))]);
        assert!(!able && said.contains("it ended"), "{said}");
        let none = io::Error::other("user namespaces are forbidden");
        let (able, said) = page(&[(None, Err(none))]);
        assert!(
            !able && said.contains("user namespaces are forbidden"),
            "{said}"
        );
    }

    #[test]
    fn apparmor_s_rule_is_said_with_the_command_that_takes_it_back() {
        let found = |rule: Option<&str>, made| apparmor(rule, made).map(|row| row.found);
        assert_eq!(found(None, false), None);
        assert_eq!(
            found(Some("0\n"), false),
            Some(Ok(Found::AppArmor { on: false }))
        );
        assert_eq!(
            found(Some("1\n"), true),
            Some(Ok(Found::AppArmor { on: true }))
        );
        let Some(Err((Wrong::AppArmor, Mend::Command(command)))) = found(Some("1\n"), false) else {
            panic!("the rule is on, and no stage was made");
        };
        assert_eq!(command, APPARMOR_OFF);
    }

    #[test]
    fn what_passed_is_remembered_until_a_version_changes() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("state/muteproof/tried-pulseaudio");
        assert!(!passed(&at, "Linux 1\n"));
        remember(Some(&at), "Linux 1\n");
        assert!(passed(&at, "Linux 1\n") && !passed(&at, "Linux 2\n"));
        remember(Some(&at), "Linux 2\n");
        assert!(passed(&at, "Linux 2\n"));
        // A place that cannot be written is no error.
        remember(Some(Path::new("/proc/nowhere/at/all")), "Linux 1\n");
        remember(None, "Linux 1\n");
    }

    #[test]
    fn it_is_remembered_where_the_xdg_rules_say() {
        let at = |set: &[(&str, &str)]| {
            let found = place(|name| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| OsString::from(value))
            });
            found.map(|path| path.display().to_string())
        };
        let home = ("HOME", "/h");
        assert_eq!(at(&[home]).as_deref(), Some("/h/.local/state/muteproof"));
        let state = ("XDG_STATE_HOME", "/s");
        assert_eq!(at(&[home, state]).as_deref(), Some("/s/muteproof"));
        // A path that is not absolute is to be passed over.
        let relative = ("XDG_STATE_HOME", "s");
        assert_eq!(at(&[relative]), None);
    }
}
