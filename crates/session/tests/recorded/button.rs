//! Recipes that press buttons by their names, tried on a stage: a window of GTK in front of a specimen.

use std::fs;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use record::{Body, Failure};
use session::protocol::{Ask, STEPS, Tell, TryStep, Trying, Until};
use session::{Ended, Lifeline, Person};

use crate::{Idle, Recorded, recorded_told};

/// Keeps what is told.
#[derive(Default)]
struct Told(Mutex<Vec<TryStep>>);

impl Person for Told {
    fn ask(&self, _ask: Ask) {}
    fn tell(&self, _tell: &Tell) {}
    fn tried(&self, step: TryStep) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(step);
    }
}

/// Tries a recipe with a window of GTK; nothing where this machine lacks what it needs.
fn tried_with_gtk(recipe: &str, until: Until, times: u32) -> Option<(Recorded, Vec<TryStep>)> {
    let version = if recipe.ends_with(":gtk4") { "4" } else { "3" };
    let gtk = format!(
        "import gi; gi.require_version('Gtk', '{version}.0'); from gi.repository import Gtk"
    );
    let mut python = Command::new("/usr/bin/python3");
    let python = python
        .args(["-c", &gtk])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if !python.status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: no GTK {version} for Python");
        return None;
    }
    tried(recipe, until, times)
}

/// Tries a recipe; nothing where this machine lacks what it needs.
pub fn tried(recipe: &str, until: Until, times: u32) -> Option<(Recorded, Vec<TryStep>)> {
    let told = Arc::new(Told::default());
    let lifeline = Lifeline::default();
    let job = |job: &mut session::protocol::Job| job.trying = Some(Trying { until, times });
    let recorded = recorded_told(recipe, &mut Idle, &lifeline, Some(told.clone()), job)?;
    let said = told
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    Some((recorded, said))
}

/// The names and the picture of a step are kept.
fn kept(recorded: &Recorded, picture: &str) -> String {
    let file = fs::read(recorded.dir.join(picture)).unwrap();
    assert!(file.starts_with(b"\x89PNG"), "{picture}");
    assert!(picture.starts_with(STEPS), "{picture}");
    fs::read_to_string(recorded.dir.join(picture.replace(".png", ".txt"))).unwrap()
}

pub fn presses() {
    presses_each("specimen-button", &["toggle button \"Mute\"\n"]);
}

/// GTK 4.8 says of nothing in a window that it is shown, and calls what has no name by its type.
pub fn presses_in_gtk4() {
    presses_each("specimen-button:gtk4", &["button \"Mute\"\n", "\"Help\""]);
}

fn presses_each(recipe: &str, named: &[&str]) {
    let Some((recorded, said)) = tried_with_gtk(recipe, Until::Mute, 4) else {
        return;
    };
    assert_eq!(recorded.ended, Ended::Whole, "{said:?}");
    let begun = said
        .iter()
        .filter(|step| matches!(step, TryStep::Begins { of: 6, .. }));
    assert_eq!(begun.count(), 6, "{said:?}");
    let pictures = said.iter().filter_map(|step| match step {
        TryStep::Done { picture, .. } => picture.as_deref(),
        _ => None,
    });
    let pictures: Vec<&str> = pictures.collect();
    assert_eq!(pictures.len(), 6, "{said:?}");
    let names = kept(&recorded, pictures[4]);
    for name in named {
        assert!(names.contains(name), "{name} in {names}");
    }
    let confirmed = said.iter().find_map(|step| match step {
        TryStep::Confirmed { words, picture, .. } => Some((words, picture.as_deref())),
        _ => None,
    });
    let (words, picture) = confirmed.unwrap();
    // A press returns before the window shows what came of it.
    let names = kept(&recorded, picture.unwrap());
    assert!(names.contains("label \"Microphone is off\"\n"), "{names}");
    let words: Vec<&str> = words.iter().map(|word| word.said.as_str()).collect();
    assert_eq!(words, ["Unmute", "Microphone is off"]);
    let again = said.iter().find_map(|step| match step {
        TryStep::Again {
            presses, missed, ..
        } => Some((*presses, missed.len())),
        _ => None,
    });
    assert_eq!(again, Some((6, 0)));
}

/// Its button says that it is muted, the line below that it is not.
pub fn torn() {
    let Some((recorded, said)) = tried_with_gtk("specimen-button:torn", Until::Mute, 1) else {
        return;
    };
    assert_eq!(recorded.failure(), Some(Failure::NotMuted), "{said:?}");
    let Some(TryStep::Failed {
        why,
        windows,
        buttons,
        picture,
        ..
    }) = said.last()
    else {
        panic!("{said:?}")
    };
    assert!(
        why.contains(": Unmute; ") && why.ends_with(": Microphone is on"),
        "{why}"
    );
    assert_eq!(windows, &["Specimen call"]);
    assert_eq!(buttons, &["Unmute", "Leave"]);
    kept(&recorded, picture.as_deref().unwrap());
    let words = recorded.bundle().records;
    let words = words
        .iter()
        .filter(|r| matches!(r.body, Body::WordSaid { .. }));
    assert!(words.count() >= 4);
}

/// A recipe that takes the one for the other.
pub fn early() {
    let swapped = tempfile::tempdir().unwrap();
    let found = session::recipes::find("specimen-button").unwrap();
    found.write_to(swapped.path()).unwrap();
    let file = swapped.path().join("recipe.toml");
    let text = fs::read_to_string(&file).unwrap();
    let (steps, _) = text.split_once("[confirm]").unwrap();
    let confirm = "[confirm]\nelement = { role = \"label\", matches = \"^Microphone\" }\n\
                   muted = \"Microphone is on\"\nunmuted = \"Microphone is off\"\n";
    fs::write(&file, format!("{steps}{confirm}")).unwrap();
    let asked = swapped.path().display().to_string();
    let Some((recorded, said)) = tried_with_gtk(&asked, Until::Mute, 1) else {
        return;
    };
    assert_eq!(recorded.failure(), Some(Failure::NotMuted), "{said:?}");
    let why = "the app says that it is muted before anything was pressed";
    assert!(matches!(said.last(), Some(TryStep::Failed { why: said, .. }) if said == why));
    // It was not even tried to be muted.
    let begun = said
        .iter()
        .filter(|step| matches!(step, TryStep::Begins { .. }));
    assert_eq!(begun.count(), 5);
}
