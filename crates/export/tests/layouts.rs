//! Each layout with a made-up sample: who should speak, what is said, when.

use export::layouts::{Field, LAYOUTS, Sidecars};

fn read(path: &str, text: &str) -> Sidecars {
    let (mut sidecars, mut problems) = (Sidecars::default(), Vec::new());
    sidecars.read(path, text.as_bytes(), &mut problems);
    assert_eq!(problems, []);
    sidecars
}

/// What is said of a recording.
#[track_caller]
fn check(layout: &str, path: &str, text: &str, expected: &[(&str, Field, &str)]) {
    let sidecars = read(path, text);
    assert_eq!(sidecars.layout, Some(layout));
    for (of, field, value) in expected {
        let found = sidecars.said.iter().any(|said| {
            said.of.as_deref() == Some(of) && said.field == *field && said.value == *value
        });
        assert!(found, "{of} {field:?} {value}: {:#?}", sidecars.said);
    }
}

#[test]
fn alexa() {
    let text = "Audio File Name,Timestamp,Transcript,Device Serial,Customer ID\n\
        audio/a.wav,2018-08-01T10:00:00Z,\"wie wird das wetter in bielefeld\",G090LF1234567890,A1\n\
        audio/b.wav,2018-08-01T10:01:00Z,licht an,G090LF1234567890,A1\n";
    let expected = [
        (
            "a.wav",
            Field::Transcript,
            "wie wird das wetter in bielefeld",
        ),
        ("a.wav", Field::Device, "G090LF1234567890"),
        ("b.wav", Field::Account, "A1"),
        ("b.wav", Field::Time, "2018-08-01T10:01:00Z"),
    ];
    check("Amazon Alexa", "Alexa/transcripts.csv", text, &expected);
    let spaced = text.replace(',', ";");
    check(
        "Amazon Alexa",
        "Alexa/transcripts.csv",
        &spaced,
        &expected[1..],
    );
}

#[test]
fn siri() {
    let text = "Recording,Date,Locale,Text\nx.m4a,2020-01-02,de-DE,hallo\n";
    let expected = [
        ("x.m4a", Field::Language, "de-DE"),
        ("x.m4a", Field::Transcript, "hallo"),
    ];
    check("Apple Siri", "Siri/Siri and Dictation.csv", text, &expected);
}

#[test]
fn takeout() {
    let json = r#"[{"header":"Assistant","title":"Said turn on the light",
        "time":"2021-02-03T04:05:06.789Z","products":["Assistant"],"audioFiles":["a.mp3"]}]"#;
    let expected = [
        ("a.mp3", Field::Transcript, "turn on the light"),
        ("a.mp3", Field::Time, "2021-02-03T04:05:06.789Z"),
    ];
    check(
        "Google Takeout",
        "Takeout/My Activity/Assistant/MyActivity.json",
        json,
        &expected,
    );
    let html = "<div>Said <a href=\"https://x.test\">x</a></div><div>Said turn &amp; run\
        <audio><source src=\"a.mp3\"></audio></div>";
    let expected = [("a.mp3", Field::Transcript, "turn & run")];
    check(
        "Google Takeout",
        "Takeout/My Activity/Assistant/MyActivity.html",
        html,
        &expected,
    );
}

#[test]
fn whatsapp() {
    let iphone = "[12.03.21, 10:11:12] Ada: \u{200e}<attached: 00000012-AUDIO-2021-03-12.opus>\n\
        [12.03.21, 10:12:12] Ben: no, that: is text\n";
    let expected = [("00000012-AUDIO-2021-03-12.opus", Field::Speaker, "Ada")];
    check("WhatsApp", "_chat.txt", iphone, &expected);
    let android = "12.03.21, 10:11 - Messages are encrypted.\n\
        12.03.21, 10:11 - Ben: PTT-20210312-WA0001.opus (Datei angehängt)\n";
    let expected = [("PTT-20210312-WA0001.opus", Field::Speaker, "Ben")];
    check("WhatsApp", "WhatsApp Chat mit Ben.txt", android, &expected);
}

#[test]
fn telegram() {
    let chat = r#"{"messages":[{"from":"Ada","from_id":"user1","date":"2021-03-12T10:11:12",
        "media_type":"voice_message","file":"voice_messages/audio_1@12-03-2021.ogg"},
        {"from":"Ben","text":"x"}]}"#;
    let expected = [
        ("audio_1@12-03-2021.ogg", Field::Speaker, "Ada"),
        ("audio_1@12-03-2021.ogg", Field::Account, "user1"),
    ];
    check("Telegram", "export/result.json", chat, &expected);
    let all = format!(r#"{{"chats":{{"list":[{chat}]}}}}"#);
    check("Telegram", "result.json", &all, &expected);
}

#[test]
fn meta() {
    let text = r#"{"messages":[{"sender_name":"J\u00c3\u00b6rn","timestamp_ms":1,
        "audio_files":[{"uri":"messages/inbox/x/audio/audioclip-1.mp4"}]}]}"#;
    let expected = [("audioclip-1.mp4", Field::Speaker, "Jörn")];
    check(
        "Facebook, Instagram",
        "messages/inbox/x/message_1.json",
        text,
        &expected,
    );
}

#[test]
fn signal() {
    let text = "{\"date\":\"2021-03-12\",\"sender\":\"Ada\",\"body\":\"\",\
        \"attachments\":[{\"path\":\"media/v.aac\"}]}\n{\"sender\":\"Ben\",\"attachments\":[]}\n";
    check(
        "Signal",
        "Ada/data.json",
        text,
        &[("v.aac", Field::Speaker, "Ada")],
    );
}

#[test]
fn google_voice() {
    let text = "<html><body><div>Voicemail</div><span>hello, this is the garage</span></body>";
    let expected = [
        (
            "Ada - Voicemail - 2020-01-02T03_04_05Z.mp3",
            Field::Speaker,
            "Ada",
        ),
        (
            "Ada - Voicemail - 2020-01-02T03_04_05Z.mp3",
            Field::Transcript,
            "hello, this is the garage",
        ),
    ];
    let path = "Takeout/Voice/Calls/Ada - Voicemail - 2020-01-02T03_04_05Z.html";
    check("Google Voice", path, text, &expected);
}

#[test]
fn lists_of_nobody_say_nothing_and_broken_ones_are_told() {
    for (path, text) in [
        ("notes.txt", "a - b: c"),
        ("x.json", "{}"),
        ("x.csv", "a,b\n1,2\n"),
    ] {
        assert_eq!(read(path, text).layout, None, "{path}");
    }
    let (mut sidecars, mut problems) = (Sidecars::default(), Vec::new());
    sidecars.read("result.json", b"{", &mut problems);
    assert_eq!(problems.len(), 1);
}

#[test]
fn every_layout_has_a_name_of_its_own() {
    let mut names: Vec<&str> = LAYOUTS.iter().map(|layout| layout.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), LAYOUTS.len());
}

/// Transcripts that came as one PDF are read, and a page without words is no page that was read.
#[test]
fn a_pdf() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/words.pdf");
    let bytes = std::fs::read(file).unwrap();
    let mut sidecars = Sidecars::default();
    assert!(!sidecars.read_pdf("transcripts.pdf", &bytes));
    let said = &sidecars.said[1];
    assert_eq!((&said.of, said.field), (&None, Field::Transcript));
    assert_eq!(said.value, "Wie wird das Wetter in Bielefeld");
    assert_eq!(said.at.0, "transcripts.pdf, page 1");
    let one_page = String::from_utf8(bytes)
        .unwrap()
        .replace("[3 0 R 6 0 R] /Count 2", "[3 0 R      ] /Count 1");
    let mut sidecars = Sidecars::default();
    assert!(sidecars.read_pdf("transcripts.pdf", one_page.as_bytes()));
    assert!(!sidecars.read_pdf("cut.pdf", b"%PDF-1.7"));
    assert_eq!(sidecars.said.len(), 2);
}
