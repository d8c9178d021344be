//! From files to what is said of them, with ears that take the pitch of a tone for a voice.

mod common;

use std::fs;

use common::{Tones, checked, tone, wave};
use report::{ExportAnswer, Lang, export_json, export_text};

#[test]
fn a_folder_with_two_foreign_clips() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..12 {
        fs::write(folder.path().join(format!("own-{i:02}.wav")), wave(&tone(200.0, 2.0))).unwrap();
    }
    for i in 0..2 {
        fs::write(folder.path().join(format!("x-{i}.wav")), wave(&tone(900.0, 2.0))).unwrap();
    }
    fs::write(folder.path().join("short.wav"), wave(&tone(900.0, 0.5))).unwrap();
    fs::write(folder.path().join("silence.wav"), wave(&vec![0.0; 32_000])).unwrap();
    let checked = checked(folder.path(), &Tones);
    assert_eq!(checked.answer, ExportAnswer::Foreign { clips: 2 });
    let paths: Vec<&str> = checked.listen.iter().map(|row| row.path.as_str()).collect();
    assert_eq!(paths, ["x-0.wav", "x-1.wav"]);
    assert_eq!((checked.recordings, checked.silent, checked.undecided.len()), (16, 1, 1));
    assert_eq!(checked.voices.len(), 1);
    for lang in Lang::ALL {
        let text = String::from_utf8(export_text(&checked, lang).unwrap()).unwrap();
        assert!(text.contains("x-0.wav"), "{text}");
    }
    let json: serde_json::Value =
        serde_json::from_slice(&export_json(&checked).unwrap()).unwrap();
    assert_eq!(json["verdict"], "foreign");
}
