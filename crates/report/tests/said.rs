//! What the commands say beside reports, in every language.

mod shaped;

use std::path::Path;
use std::time::Duration;

use plan::{Code, Covers, Observed, Question, Row, Signal, Times};
use record::Status;
use report::*;
use shaped::shaped;
use verdict::{Detects, PlantedKind, Scope, Verdict};

/// What each language says; German must not be English.
fn both(say: impl Fn(Lang) -> Result<String, RenderError>) -> [String; 2] {
    let said = Lang::ALL.map(|lang| say(lang).unwrap_or_else(|e| panic!("{e}")));
    assert_ne!(said[0], said[1]);
    assert_eq!(said[0].lines().count(), said[1].lines().count());
    said
}

#[test]
fn several_sessions_together() {
    let one = |path: &str, verdict, counts| OneOf {
        path: path.to_owned(),
        verdict,
        log10_w: 1.25,
        counts,
    };
    let scope = Scope::Plaintext;
    let sessions = vec![
        one("monday", Verdict::NoLeakSeen { scope }, true),
        one("tue", Verdict::Inconclusive { reasons: vec![] }, false),
    ];
    let mut together = Combined {
        sessions,
        log10_w: 3.5,
        log10_needed: 3.0,
        log10_highest: 3.1,
        log10_highest_needed: 3.6,
    };
    let [english, german] = both(|lang| combined(&together, lang));
    let expected = "monday  no_leak_seen  evidence at its end 10^1.2\n\
        tue     inconclusive  evidence at its end 10^1.2  (does not count)\n\n\
        Together: a leak; evidence 10^3.5, needed 10^3.0.\n\
        Evidence of independent sessions multiplies, as each had an order of sounds of its own. \
        That holds only if\nthese are all sessions that were made, not those that one liked.\n";
    assert_eq!(english, expected);
    assert!(german.contains("10^3,5"), "{german}");
    let json = shaped("combine", combined_json(&together).unwrap());
    assert_eq!(
        (&json["leaks"], &json["sessions"][1]["counts"]),
        (&true.into(), &false.into())
    );
    together.log10_w = 1.2;
    assert!(!together.leaks());
    assert!(both(|lang| combined(&together, lang))[0].contains("Together: nothing found"));
    // What one session shows by itself is no less for what others lose: the words say which it is.
    together.log10_highest = 4.0;
    assert!(together.leaks());
    let [english, german] = both(|lang| combined(&together, lang));
    assert!(
        english
            .contains("a leak, by one session alone; its evidence reached 10^4.0, needed 10^3.6")
    );
    assert!(german.contains("durch eine Sitzung allein"), "{german}");
    together.sessions.remove(0);
    assert!(!together.leaks());
    assert!(both(|lang| combined(&together, lang))[0].contains("no session counts"));
}

#[test]
fn two_versions_compared() {
    let state = |state: &str| Was::State(state.to_owned());
    let changes = vec![
        Change {
            what: Comparison::Verdict,
            old: state("partly_seen"),
            new: state("leaks"),
            worse: Some(true),
        },
        Change {
            what: Comparison::Listens,
            old: Was::Names(vec!["tcp *:1".to_owned()]),
            new: Was::Names(vec![]),
            worse: Some(false),
        },
        Change {
            what: Comparison::Opaque,
            old: Was::Number(10.0),
            new: Was::Number(200.4),
            worse: None,
        },
    ];
    let mut between = Compared {
        recipe: "app".to_owned(),
        title: "App".to_owned(),
        old: "1".to_owned(),
        new: "2".to_owned(),
        changes,
        comparable: true,
    };
    let expected = "App: 1 → 2\n  worse   verdict: partly seen → leaks\n\
        \x20 better  listens at: tcp *:1 → none\n\
        \x20         opaque bytes a minute while muted: 10 → 200\n";
    let [english, german] = both(|lang| compared(&between, lang));
    assert_eq!(english, expected);
    assert!(
        german.contains("schlechter  Urteil: teils gesehen → Leck"),
        "{german}"
    );
    let json = shaped("compare", compared_json(&between).unwrap());
    assert_eq!(
        (&json["worse"], &json["changes"][2]["new"]),
        (&true.into(), &"200".into())
    );
    (between.changes, between.comparable) = (vec![], false);
    let expected =
        "App: 1 → 2\n  nothing changed\nOne of the two has no answer: nothing follows from this.\n";
    assert_eq!(both(|lang| compared(&between, lang))[0], expected);
}

#[test]
fn plans() {
    let (every_s, step_db) = (60.0, 55.0);
    let question = |signal| Question {
        signal,
        series: 200,
        alpha: 0.001,
        every_s,
        step_db,
        packets_per_s: 50.0,
        size_sd: 10.0,
    };
    let value = |d, covers| Signal::Value { every_s, d, covers };
    let signals = [
        None,
        Some(value(4.0, Covers::SinceLast)),
        Some(value(0.01, Covers::Moment)),
        Some(Signal::Loudness {
            every_s: 600.0,
            noise_db: 20.5,
            step_db,
            covers: Covers::SinceLast,
        }),
        Some(Signal::Bytes {
            bytes: 1.5,
            packets_per_s: 50.0,
            size_sd: 10.0,
        }),
        Some(Signal::Flag { wrong: 0.2 }),
    ];
    // Made by hand: simulated ones take their time.
    let setting = plan::Setting {
        alpha: 0.001,
        series: 200,
        codes: 3,
    };
    let row = |code, every, times| Row {
        code,
        seen: Observed::Shift {
            d: 4.0,
            every,
            covers: every,
        },
        setting,
        formula: 24.3,
        times,
    };
    let times = Times {
        sessions: 400,
        series: 200,
        horizon: 60,
        found: 380,
        median: Some(20),
        p95: None,
    };
    let reaches = plan::planned(&question(None)).reaches;
    for signal in signals {
        let rows = vec![row(Code::Fast, 60, None), row(Code::Slow, 1, Some(times))];
        let plan = plan::Planned {
            question: question(signal),
            rows,
            reaches: reaches.clone(),
        };
        let [_, german] = both(|lang| planned(&plan, lang));
        let json = shaped("plan", planned_json(&plan).unwrap());
        assert_eq!(json["signal"].is_null(), signal.is_none());
        // Heads and rows of the table of limits are as wide in every language.
        let lines = german
            .lines()
            .skip_while(|line| !line.starts_with("Profil"));
        let widths: Vec<usize> = lines
            .take_while(|line| !line.is_empty())
            .map(|line| line.chars().count())
            .collect();
        assert!(
            widths.len() > 4 && widths.iter().all(|w| *w == widths[0]),
            "{german}"
        );
    }
}

#[test]
fn finished_runs() {
    let kinds = [
        PlantedKind::PacketSize,
        PlantedKind::Packets,
        PlantedKind::Flag,
        PlantedKind::Loudness,
    ];
    let planted = kinds.map(|kind| verdict::Planted {
        code: record::Code::Fast,
        kind,
        down_to: Some(0.5),
    });
    let detects = Detects {
        tries: 200,
        blocks: 60,
        planted: planted.to_vec(),
    };
    let setting = plan::Setting {
        alpha: 0.001,
        series: 10,
        codes: 1,
    };
    let by_length = ByLength {
        name: "fast",
        blocks: 60,
        block_s: 1.0,
        limits: plan::limits(60, setting),
    };
    for (detects, d) in [(Some(&detects), Some(1.5)), (None, None)] {
        let run = Finished {
            detects,
            series: 10,
            alpha: 0.001,
            codes: vec![by_length.clone()],
            every_s: 60.0,
            d,
        };
        let [english, _] = both(|lang| finished(&run, lang));
        let json = shaped("plan-after", finished_json(&run).unwrap());
        assert_eq!(json["after"]["detects"].is_null(), detects.is_none());
        let none =
            "that long; see\n  `muteproof plan --every 60 --d 4` for the profile that could\n";
        assert_eq!(english.ends_with(none), d.is_none(), "{english}");
    }
}

#[test]
fn machines() {
    let lacks = [
        Lack::Program {
            program: "ip",
            install: "get ip".to_owned(),
        },
        Lack::Specimens {
            build: "make".to_owned(),
        },
        Lack::Own {
            program: "app".to_owned(),
            install: Some("get app".to_owned()),
        },
        Lack::Own {
            program: "app".to_owned(),
            install: None,
        },
    ];
    let said = lacks
        .clone()
        .map(|lack| both(|lang| said(lang, &lack.message()))[0].clone());
    let expected = [
        "ip (joins the networks of the stage) is missing; install it: get ip",
        "the specimens' program is not beside muteproof; build it: make",
        "app is missing; install it: get app",
        "app is missing; see the recipe's notes",
    ];
    assert_eq!(said, expected);
    let ok = |what, found| Checked {
        what,
        found: Ok(found),
        needed: true,
    };
    let not = |what, wrong, mend, needed| Checked {
        what,
        found: Err((wrong, mend)),
        needed,
    };
    let command = || Mend::Command("do it".to_owned());
    let mut checks = vec![
        ok(Looked::Kernel, Found::Named("6.1".to_owned())),
        ok(Looked::Stage, Found::Stage),
        ok(Looked::PipeWire, Found::PipeWire(4)),
        not(Looked::Specimens, Wrong::NotBuilt, command(), false),
        not(Looked::Program("ip"), Wrong::NotInstalled, command(), true),
        not(
            Looked::ForWindows("Xvfb"),
            Wrong::Without(vec!["a", "b"]),
            command(),
            false,
        ),
        not(
            Looked::Display,
            Wrong::Said("none".to_owned()),
            Mend::Graphical,
            false,
        ),
        not(
            Looked::Tracing,
            Wrong::NoHelper,
            Mend::OutsideContainer,
            false,
        ),
        not(
            Looked::Beside,
            Wrong::Said("no right".to_owned()),
            command(),
            false,
        ),
        not(
            Looked::Kernel,
            Wrong::Said("4.1".to_owned()),
            Mend::Kernel,
            true,
        ),
    ];
    let tone = || Looked::Tone {
        sound: "PipeWire".to_owned(),
    };
    let other = || Mend::OtherSound {
        sound: "pulseaudio",
        command: "do it".to_owned(),
    };
    checks.extend([
        ok(tone(), Found::Heard { dbfs: -17.3 }),
        ok(Looked::Beside, Found::Packets),
        ok(Looked::AppArmor, Found::AppArmor { on: true }),
        ok(Looked::AppArmor, Found::AppArmor { on: false }),
        not(Looked::AppArmor, Wrong::AppArmor, command(), false),
        not(tone(), Wrong::NotHeard { dbfs: -120.0 }, other(), false),
        not(tone(), Wrong::NeverSilent { dbfs: -9.0 }, command(), false),
        not(
            tone(),
            Wrong::Open(vec!["/a".to_owned(), "/b".to_owned()]),
            Mend::Report,
            true,
        ),
    ]);
    checks.extend(lacks.map(|lack| Checked {
        what: Looked::Recipe {
            name: "app".to_owned(),
            lack: lack.clone(),
        },
        found: Err((Wrong::Missing, Mend::Recipe(lack))),
        needed: true,
    }));
    let [english, german] = both(|lang| doctor(&checks, None, lang));
    let expected = "ok       Linux 5.12 or newer: 6.1\n\
        ok       a stage without root (user, network, mount and PID namespaces): made one\n";
    assert!(english.starts_with(expected), "{english}");
    for line in [
        "lacking  the specimens' program: not built\n         -> do it\n",
        "MISSING  ip (joins the networks of the stage): not installed\n         -> do it\n",
        "MISSING  app: app is missing: missing\n         -> see the recipe's notes\n",
        "a stage with PipeWire: heard at the app's side at -17 dBFS, with silence",
        "the virtual microphone gave -120 dBFS at most\n         -> audit with the other one, \
         --sound pulseaudio, or do it\n",
        "open what only the stage may: /a, /b\n         -> do not trust an audit here",
    ] {
        assert!(english.contains(line), "{english}");
    }
    assert!(german.contains("FEHLT  ip (verbindet"), "{german}");
    assert!(!able(&checks) && able(&checks[..4]));
    let [english, _] = both(|lang| doctor(&checks[..4], Some("Fedora"), lang));
    assert!(english.contains("Commands for Fedora are from its lists of packages, and untested."));
}

#[test]
fn audits_on_their_way() {
    let seen = |control_blocks, muted_blocks| verdict::Progress {
        control_blocks,
        control_log10_w: 2.0,
        muted_blocks,
        muted_log10_w: -0.5,
        leaks: false,
        named: false,
        bits_per_block_at_most: 1.0,
    };
    let all = [None, Some(seen(0, 0)), Some(seen(9, 0)), Some(seen(9, 4))];
    let lines = all.map(|seen| {
        let left = Duration::from_secs(130);
        let seen = seen.as_ref();
        both(|lang| running(lang, &Running::GoesOn { left, seen }))[0].clone()
    });
    let expected = [
        "about 2 min left; setting the stage",
        "about 2 min left; joining the call",
        "about 2 min left; control: 9 blocks, evidence 10^2.0",
        "about 2 min left; control: evidence 10^2.0; muted: 4 blocks, evidence 10^-0.5",
    ];
    assert_eq!(lines, expected);
    let written = Running::Written {
        report: Path::new("out/report.html"),
        bundle: Path::new("out/bundle"),
        out: Path::new("out"),
    };
    let expected = "Report:  out/report.html\nBundle:  out/bundle\nAgain:   muteproof analyze out";
    assert_eq!(both(|lang| running(lang, &written))[0], expected);
    let leak = Decided::Leak { log10_w: 3.04 };
    let said = both(|lang| decided(lang, &leak));
    assert_eq!(said[0], "a leak was found (evidence 10^3.0)");
    let bound = Decided::Bound { bits: 0.25 };
    let said = both(|lang| decided(lang, &bound));
    assert_eq!(
        said[0],
        "the bound was reached: our guessers learned at most 0.250 bits a block"
    );
}

#[test]
fn recipes_and_files_of_sound() {
    let listing = |status| Listing {
        name: "app".to_owned(),
        title: "The App".to_owned(),
        status,
    };
    let all = [
        listing(None),
        listing(Some(Status::NotAudited)),
        listing(Some(Status::Discontinued)),
    ];
    let [english, _] = both(|lang| recipes(&all, lang));
    let name = format!("{:24} The App", "app");
    let expected = format!("{name}\n{name} (not audited by us)\n{name} (discontinued)\n");
    assert_eq!(english, expected);
    let [english, _] = both(|lang| valid_recipe("app", 9, lang));
    assert_eq!(english, "app: a valid recipe with 9 steps\n");
    let file = SoundFile {
        sound: Path::new("sound.wav"),
        schedule: Path::new("schedule.json"),
        control: [10, 70],
        muted: [90, 150],
    };
    let [english, _] = both(|lang| sound_file(&file, lang));
    assert!(english.contains("\n  1:30  two tones: speech again, muted; touch nothing\n"));
}

#[test]
fn formats_are_rows_of_a_table() {
    let persons: Vec<&Format> = FORMATS
        .iter()
        .filter(|format| format.after_audit == Some(Reader::Person))
        .collect();
    assert_eq!(persons.len(), 1, "one path is told");
    let mut files: Vec<&str> = FORMATS.iter().map(|format| format.file).collect();
    files.sort_unstable();
    files.dedup();
    assert_eq!(files.len(), FORMATS.len());
    let written: Vec<&str> = after_audit().map(|format| format.file).collect();
    assert_eq!(written, ["report.json", "report.html"]);
}
