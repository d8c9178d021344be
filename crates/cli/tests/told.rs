//! Errors of the crates below: English says what the error itself says, and German says it too.

#[allow(dead_code)]
#[path = "../src/told.rs"]
mod told;

use std::fmt::Display;
use std::io;
use std::path::PathBuf;

use report::Lang;
use told::{Told, said};

fn same(errors: &[impl Told + Display]) {
    for error in errors {
        assert_eq!(said(Lang::En, error), error.to_string());
        let german = said(Lang::De, error);
        assert!(
            !german.is_empty() && !german.contains("message "),
            "{german}"
        );
    }
}

fn path() -> PathBuf {
    PathBuf::from("a/file")
}

fn source() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

fn json() -> serde_json::Error {
    serde_json::from_str::<u8>("x").unwrap_err()
}

fn text() -> String {
    "some text".to_owned()
}

#[test]
fn of_exports() {
    use export::Error::*;
    same(&[
        Read {
            path: path(),
            source: source(),
        },
        Archive {
            path: path(),
            kind: "RAR",
        },
        Cache {
            path: path(),
            source: source(),
        },
        NoCache(path()),
        Passphrase(path()),
        Copy {
            path: path(),
            source: source(),
        },
        NoVoice(path()),
        Voices(voices::Error::NoModel),
    ]);
}

#[test]
fn of_recipes_and_stages() {
    use session::Error::*;
    let mistake = |try_this: Option<&str>| recipe::RecipeError {
        line: 3,
        column: 7,
        what: "it is wrong".to_owned(),
        try_this: try_this.map(str::to_owned),
    };
    same(&[
        NoRecipe {
            name: text(),
            near: None,
        },
        NoRecipe {
            name: text(),
            near: Some("mumble".to_owned()),
        },
        RecipeNotText {
            file: text(),
            at: 5,
        },
        Recipe {
            file: text(),
            errors: vec![mistake(None)],
        },
        Recipe {
            file: text(),
            errors: vec![mistake(Some("do so")), mistake(None), mistake(None)],
        },
        NoStage(source()),
    ]);
    same(
        &["read", "make", "find", "write", "do a new thing with"].map(|doing| File {
            doing,
            path: path(),
            source: source(),
        }),
    );
    use files::Refused::*;
    same(&[NoFile, Link, Long(5), Many(5)].map(|why| File {
        doing: "read",
        path: path(),
        source: why.into(),
    }));
}

#[test]
fn of_bundles() {
    same(&[
        bundle::FolderError::Exists(path()),
        bundle::FolderError::Make {
            path: path(),
            source: source(),
        },
    ]);
    same(&[
        bundle::KeyError::NoKey(path()),
        bundle::KeyError::Read {
            path: path(),
            source: source(),
        },
        bundle::KeyError::Make {
            path: path(),
            source: source(),
        },
    ]);
    use bundle::SealError::*;
    let seal = || {
        [
            Changed { file: text() },
            Missing { file: text() },
            Added { file: text() },
            Unreadable(text()),
            Write {
                file: text(),
                source: source(),
            },
            Io {
                file: text(),
                source: source(),
            },
        ]
    };
    same(&seal());
    let bundle = || {
        [
            bundle::BundleError::NoBundle(path()),
            bundle::BundleError::Io {
                file: "seed.hex",
                source: source(),
            },
            bundle::BundleError::Bad {
                file: "session.jsonl",
                why: text(),
            },
        ]
    };
    same(&bundle());
    same(&seal().map(bundle::BundleError::Seal));
    same(&bundle().map(analysis::Error::Bundle));
    same(&[
        analysis::Error::Kept(json()),
        analysis::Error::RedactedPackets,
    ]);
}

#[test]
fn of_captures() {
    use import::ImportError::*;
    let address = "10.0.0.5".parse().unwrap();
    let times = (1_700_000_000_000_000_000, 1_700_000_100_000_000_000);
    let not_hex = stimulus::Seed::from_hex("x").err().unwrap();
    same(&[
        Read {
            path: path(),
            source: source(),
        },
        ReadKey {
            path: path(),
            source: source(),
        },
        Write {
            path: path(),
            source: source(),
        },
        NotSchedule {
            path: path(),
            source: json(),
        },
        NotDrawn(path()),
        NewerSchedule {
            path: path(),
            format: 9,
        },
        BadKey {
            schedule: path(),
            source: not_hex,
        },
        OthersKey {
            schedule: path(),
            key: path(),
        },
        NoClock,
        BadMuted(text()),
        Scan(scan::ScanError::FollowedPacked(path())),
        Scan(scan::ScanError::Open {
            path: path(),
            source: source(),
        }),
        NotCapture {
            path: path(),
            why: text(),
        },
        OtherTime {
            captured: times,
            played: times,
        },
        NothingOfDevice {
            device: vec![address, address],
            unread: text(),
        },
        NothingRead { unread: text() },
        NoDevice,
        SeveralDevices(address, address),
        NoRow(path()),
        Folder(bundle::FolderError::Exists(path())),
        Seal(bundle::SealError::Added { file: text() }),
        Bundle(bundle::BundleError::NoBundle(path())),
    ]);
    use import::TableFault::*;
    let faults = [
        Fields {
            found: 3,
            expected: 2,
        },
        NotUtf8,
        Csv(csv::Error::from(source())),
        Time(text()),
        TooLong,
        Mixed {
            name: text(),
            texts: 2,
        },
        NoNumbers,
    ];
    same(&faults.map(|why| Table {
        path: path(),
        line: 3,
        why,
    }));
    let logs = [
        miclog::Error::Unknown,
        miclog::Error::NotText { at: 4 },
        miclog::Error::NoDate,
        miclog::Error::Line {
            line: 2,
            why: text(),
        },
    ];
    same(&logs.map(|source| MicLog {
        path: path(),
        source,
    }));
}

#[test]
fn of_sounds_and_attackers() {
    use attack::Error::*;
    let attacks = || {
        [
            NotANumber {
                source_id: text(),
                channel: "level".to_owned(),
                index: 4,
                value: f64::NAN,
            },
            Empty(text()),
            Uneven {
                source_id: text(),
                channel: "level".to_owned(),
                len: 3,
                first: "size".to_owned(),
                first_len: 4,
            },
            NoTime {
                what: "the window",
                seconds: -1.5,
            },
            Mixed {
                source_id: text(),
                found: "a".to_owned(),
                expected: "b".to_owned(),
            },
            OneClass(text()),
            OneSource {
                class: text(),
                sources: 1,
            },
            TwoLabels {
                source_id: text(),
                one: "a".to_owned(),
                other: "b".to_owned(),
            },
            NoWindow(60.0),
            NotPaired,
            Silent(text()),
            Opus(text()),
            Classifier(text()),
        ]
    };
    same(&attacks());
    same(&attacks().map(inference::Error::Attack));
    same(&[
        inference::Error::NoActivities,
        inference::Error::Ended,
        inference::Error::NotDrawn {
            stretch: 3,
            played: text(),
        },
    ]);
    use sounds::Error as Sounds;
    same(&[
        Sounds::File {
            doing: "copy",
            path: path(),
            e: source(),
        },
        Sounds::File {
            doing: "create",
            path: path(),
            e: source(),
        },
        Sounds::Unreadable {
            path: path(),
            why: text(),
        },
        Sounds::Silent(path()),
        Sounds::Manifest {
            path: path(),
            why: text(),
        },
        Sounds::NoLibrary(path()),
        Sounds::NoSounds(path()),
        Sounds::EmptyLabel(path()),
        Sounds::SameFile {
            one: path(),
            other: path(),
        },
        Sounds::Exists(path()),
        Sounds::Attack(NotPaired),
    ]);
    same(&[stats::Refused::Evidence(3), stats::Refused::Clip]);
}

#[test]
fn of_the_microphone_switch() {
    use mic::MicError::*;
    let all = [
        NoServer(path()),
        NoPermission(path()),
        NoPlace,
        Remote(text()),
        UnknownSource(text()),
        UnknownProgram(text()),
        NotOnPipeWire,
        SecondGuard(77),
        File {
            doing: "listen at",
            path: path(),
            error: source(),
        },
        File {
            doing: "open",
            path: path(),
            error: source(),
        },
        File {
            doing: "understand",
            path: path(),
            error: source(),
        },
        Sound(source()),
        Guard(source()),
    ];
    same(&all);
    for lang in Lang::ALL {
        // Whoever starts a guard knows by these words that another one was there first.
        let runs = said(lang, &told::message!("fail-mic-guard-runs"));
        assert!(said(lang, &SecondGuard(77)).contains(&runs));
        for error in &all {
            assert!(!said(lang, &told::next(error)).contains("message "));
        }
    }
}
