//! From files to what is said of them, with ears that take the pitch of a tone for a voice.

mod common;

use std::fs;
use std::path::Path;

use common::{Tones, checked, gathered, tone, wave};
use export::{Question, against, check};
use report::{
    ExportAnswer, ExportOwner, Lang, export_against, export_html, export_json, export_text,
};
use voices::{Ears, Models, Owner};

#[test]
fn a_folder_with_two_foreign_clips() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..12 {
        fs::write(
            folder.path().join(format!("own-{i:02}.wav")),
            wave(&tone(200.0, 2.0)),
        )
        .unwrap();
    }
    for i in 0..2 {
        fs::write(
            folder.path().join(format!("x-{i}.wav")),
            wave(&tone(900.0, 2.0)),
        )
        .unwrap();
    }
    fs::write(folder.path().join("short.wav"), wave(&tone(900.0, 0.5))).unwrap();
    fs::write(folder.path().join("silence.wav"), wave(&vec![0.0; 32_000])).unwrap();
    let checked = checked(folder.path(), &Tones);
    assert_eq!(checked.answer, ExportAnswer::Foreign { clips: 2 });
    let paths: Vec<&str> = checked.listen.iter().map(|row| row.path.as_str()).collect();
    assert_eq!(paths, ["x-0.wav", "x-1.wav"]);
    assert_eq!(
        (checked.recordings, checked.silent, checked.undecided.len()),
        (16, 1, 1)
    );
    assert_eq!(checked.voices.len(), 1);
    for lang in Lang::ALL {
        let text = String::from_utf8(export_text(&checked, lang).unwrap()).unwrap();
        assert!(text.contains("x-0.wav"), "{text}");
    }
    let json: serde_json::Value = serde_json::from_slice(&export_json(&checked).unwrap()).unwrap();
    assert_eq!(json["verdict"], "foreign");
}

#[test]
fn copies_are_numbered_and_the_page_plays_them() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..12 {
        fs::write(
            folder.path().join(format!("own-{i:02}.wav")),
            wave(&tone(200.0, 2.0)),
        )
        .unwrap();
    }
    let hostile = "x<img src=x onerror=alert(1)>\".wav";
    fs::write(folder.path().join(hostile), wave(&tone(900.0, 2.0))).unwrap();
    let mut checked = checked(folder.path(), &Tones);
    let to = tempfile::tempdir().unwrap();
    let paths: Vec<&str> = checked.listen.iter().map(|row| row.path.as_str()).collect();
    let copies = export::copy_clips(folder.path(), &paths, to.path(), &mut |_| None).unwrap();
    assert_eq!(copies[hostile], "00001.wav");
    let original = fs::read(folder.path().join(hostile)).unwrap();
    assert_eq!(fs::read(to.path().join("00001.wav")).unwrap(), original);
    checked.listen[0].copy = copies.get(hostile).cloned();
    for lang in Lang::ALL {
        let page = String::from_utf8(export_html(&checked, lang).unwrap()).unwrap();
        assert!(page.contains("src=\"00001.wav\""), "{page}");
        assert!(
            !page.contains("<img") && !page.contains("<script"),
            "{page}"
        );
    }
}

#[test]
fn two_exports_that_were_swapped() {
    let folder = tempfile::tempdir().unwrap();
    for (name, hz, stray) in [("a", 200.0, 900.0), ("b", 900.0, 200.0)] {
        fs::create_dir(folder.path().join(name)).unwrap();
        for i in 0..12 {
            let path = folder.path().join(name).join(format!("{i:02}.wav"));
            fs::write(path, wave(&tone(hz, 2.0))).unwrap();
        }
        let path = folder.path().join(name).join("stray.wav");
        fs::write(path, wave(&tone(stray, 2.0))).unwrap();
    }
    let of = |name: &str| gathered(&folder.path().join(name), &Tones, None);
    let (a, b) = (of("a"), of("b"));
    let found = against(["a", "b"], [&a, &b], None, 0.5);
    assert_eq!(found.same_voice, Some(false));
    let paths = found
        .belongs
        .each_ref()
        .map(|rows| -> Vec<&str> { rows.iter().map(|row| &*row.path).collect() });
    assert_eq!(paths, [vec!["stray.wav"], vec!["stray.wav"]]);
    let owner = [Tones.voice(&tone(900.0, 2.0)).unwrap()];
    let found = against(["a", "b"], [&a, &b], Some(&owner), 0.5);
    assert_eq!((found.swapped, found.code()), (Some(true), 1));
    let same = against(["a", "a"], [&a, &a], None, 0.5);
    assert_eq!((same.same_voice, same.code()), (Some(true), 2));
    for lang in Lang::ALL {
        for found in [&found, &same] {
            assert!(!export_against(found, lang).unwrap().is_empty());
        }
    }
}

#[test]
fn whom_the_chat_names_is_who_should_speak() {
    let folder = tempfile::tempdir().unwrap();
    let mut chat = String::new();
    let mut add = |name: &str, sender: &str, hz: f64| {
        fs::write(folder.path().join(name), wave(&tone(hz, 2.0))).unwrap();
        chat += &format!("[12.03.21, 10:11:12] {sender}: <attached: {name}>\n");
    };
    for i in 0..8 {
        add(&format!("ada-{i}.wav"), "Ada", 200.0);
        add(&format!("ben-{i}.wav"), "Ben", 900.0);
    }
    add("lent.wav", "Ada", 900.0);
    fs::write(folder.path().join("_chat.txt"), chat).unwrap();
    let checked = checked(folder.path(), &Tones);
    assert_eq!(checked.owner, ExportOwner::Named);
    assert_eq!(checked.answer, ExportAnswer::Foreign { clips: 1 });
    assert_eq!(checked.listen[0].path, "lent.wav");
}

#[test]
fn who_never_used_it_has_no_speech_in_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.wav"), wave(&tone(200.0, 2.0))).unwrap();
    let gathered = gathered(folder.path(), &Tones, None);
    let question = Question {
        owner: Owner::Nobody,
        ..Question::default()
    };
    let answer = |gathered| check("x", gathered, &question).answer;
    assert_eq!(answer(&gathered), ExportAnswer::Foreign { clips: 1 });
    let silent = tempfile::tempdir().unwrap();
    fs::write(silent.path().join("a.wav"), wave(&vec![0.0; 32_000])).unwrap();
    let gathered = common::gathered(silent.path(), &Tones, None);
    assert_eq!(answer(&gathered), ExportAnswer::NothingFound { size: 1 });
}

/// With the models and real speech, where that is there.
#[test]
fn real_voices() {
    let speech = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/audio/speech");
    if !speech.is_dir() {
        eprintln!("skipped: {} is not there", speech.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, n: usize| {
        let mut files: Vec<_> = fs::read_dir(speech.join(from))
            .unwrap()
            .map(|of| of.unwrap().path())
            .collect();
        files.sort();
        for file in files.into_iter().take(n) {
            let name = file.file_name().unwrap();
            fs::copy(&file, folder.path().join(name)).unwrap();
        }
    };
    copy("1688", 6);
    copy("2033", 1);
    let checked = checked(folder.path(), &Models::new().unwrap());
    assert_eq!(checked.answer, ExportAnswer::Foreign { clips: 1 });
    assert!(
        checked.listen[0].path.starts_with("2033"),
        "{:?}",
        checked.listen
    );
}
