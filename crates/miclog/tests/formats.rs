//! Samples made from what is known of each format (see its file); none was taken from a device.

use miclog::{Access, End, Error, Zone, read};
use proptest::prelude::*;

const ZONE: Zone = Zone {
    east_s: 7_200,
    near_ns: NOON,
};

/// 2026-10-05 12:00:00 UTC.
const NOON: u64 = 1_791_201_600 * S;
const S: u64 = 1_000_000_000;

fn accesses(text: &str) -> (&'static str, Vec<Access>) {
    let log = read(text.as_bytes(), &ZONE).unwrap_or_else(|e| panic!("{e}"));
    (log.format, log.accesses)
}

fn access(app: &str, began_ns: u64, ended: End) -> Access {
    Access {
        app: app.into(),
        began_ns,
        ended,
    }
}

#[test]
fn the_app_privacy_report_pairs_begin_and_end() {
    let line = |app: &str, id: &str, category: &str, kind: &str, time: &str| {
        format!(
            r#"{{"accessor":{{"identifier":"{app}","identifierType":"bundleID"}},"category":"{category}","identifier":"{id}","kind":"{kind}","timeStamp":"{time}","type":"access"}}"#
        )
    };
    let text = [
        line("a.b", "1", "microphone", "intervalBegin", "2026-10-05T14:00:00.500+02:00"),
        line("a.b", "2", "camera", "intervalBegin", "2026-10-05T14:00:01.000+02:00"),
        line("c.d", "3", "microphone", "intervalBegin", "2026-10-05T14:00:02.000+02:00"),
        line("a.b", "1", "microphone", "intervalEnd", "2026-10-05T14:00:09.000+02:00"),
        r#"{"domain":"example.org","type":"networkActivity","timeStamp":"2026-10-05T14:00:09.000+02:00"}"#.to_owned(),
    ];
    let (format, got) = accesses(&text.join("\n"));
    assert_eq!(format, "App Privacy Report (iOS)");
    let ended = End::At(NOON + 9 * S);
    assert_eq!(
        got,
        [
            access("a.b", NOON + S / 2, ended),
            access("c.d", NOON + 2 * S, End::Open)
        ]
    );
    let broken = format!("{}\n{{\"type\":", text[0]);
    let e = read(broken.as_bytes(), &ZONE).unwrap_err();
    assert!(matches!(e, Error::Line { line: 2, .. }), "{e}");
}

#[test]
fn the_unified_log_tells_who_holds_it_from_then_on() {
    let text = "\
Timestamp                       Thread     Type        Activity             PID    TTL
2026-10-05 14:00:00.000000+0200 0x1f2 Default 0x0 641 0 ControlCenter: [com.apple.controlcenter:sensor-indicators] Active activity attributions changed to [\"mic:com.example.a\"]
2026-10-05 14:00:01.000000+0200 0x1f2 Default 0x0 641 0 ControlCenter: something else
2026-10-05 14:00:02.000000+0200 0x1f2 Default 0x0 641 0 ControlCenter: [com.apple.controlcenter:sensor-indicators] Active activity attributions changed to [\"cam:com.example.a\", \"mic:com.example.b\"]
";
    let ndjson = r#"{"timestamp":"2026-10-05 14:00:03.000000+0200","eventMessage":"Active activity attributions changed to []"}"#;
    let (format, got) = accesses(&format!("{text}{ndjson}\n"));
    assert_eq!(format, "unified log (macOS)");
    assert_eq!(
        got,
        [
            access("com.example.a", NOON, End::At(NOON + 2 * S)),
            access("com.example.b", NOON + 2 * S, End::At(NOON + 3 * S))
        ]
    );
}

#[test]
fn the_consent_store_is_read_as_reg_and_as_query() {
    let ticks = |s: u64| (11_644_473_600 + NOON / S + s) * 10_000_000;
    let hex = |n: u64| n.to_le_bytes().map(|b| format!("{b:02x}")).join(",");
    let root = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\microphone";
    let reg = format!(
        "Windows Registry Editor Version 5.00\r\n\r\n[{root}]\r\n\"Value\"=\"Allow\"\r\n\r\n\
         [{root}\\Maker.App_8wekyb3d8bbwe]\r\n\"LastUsedTimeStart\"=hex(b):{}\r\n\"LastUsedTimeStop\"=hex(b):{}\r\n\r\n\
         [{root}\\NonPackaged\\C:#Program Files#call.exe]\r\n\"LastUsedTimeStart\"=hex(b):{}\r\n\"LastUsedTimeStop\"=hex(b):{}\r\n",
        hex(ticks(0)),
        hex(ticks(60)),
        hex(ticks(5)),
        hex(0)
    );
    let mut utf_16 = vec![0xFF, 0xFE];
    utf_16.extend(reg.encode_utf16().flat_map(u16::to_le_bytes));
    let log = read(&utf_16, &ZONE).unwrap();
    let expected = [
        access("Maker.App_8wekyb3d8bbwe", NOON, End::At(NOON + 60 * S)),
        access(r"C:\Program Files\call.exe", NOON + 5 * S, End::Open),
    ];
    assert_eq!(log.format, "ConsentStore (Windows)");
    assert_eq!(log.accesses, expected);
    let query = format!(
        "{root}\\Maker.App_8wekyb3d8bbwe\n    LastUsedTimeStart    REG_QWORD    {:#x}\n    \
         LastUsedTimeStop    REG_QWORD    {:#x}\n\n{root}\\NonPackaged\\C:#Program Files#call.exe\n    \
         LastUsedTimeStart    REG_QWORD    {:#x}\n    LastUsedTimeStop    REG_QWORD    0x0\n",
        ticks(0),
        ticks(60),
        ticks(5)
    );
    assert_eq!(accesses(&query).1, expected);
    let broken = query.replace("0x0", "soon");
    let e = read(broken.as_bytes(), &ZONE).unwrap_err();
    assert!(matches!(e, Error::Line { line: 7, .. }), "{e}");
}

#[test]
fn dumpsys_audio_gives_recordings_that_are_not_silenced() {
    let text = "\
RecordActivityMonitor dump time: 2:10:00 PM

Events log: recording activity received by AudioService
10-05 14:00:00:250 rec start riid:15 uid:10123 session:33 src:MIC not silenced pack:org.example.call
10-05 14:00:04:000 rec update riid:15 uid:10123 session:33 src:MIC silenced pack:org.example.call
10-05 14:00:06:000 rec update riid:15 uid:10123 session:33 src:MIC not silenced pack:org.example.call
10-05 14:00:09:000 rec stop riid:15 uid:10123 session:33 src:MIC not silenced pack:org.example.call
10-05 14:00:10:000 rec start riid:23 uid:10200 session:41 src:VOICE_COMMUNICATION pack:org.example.other
";
    let (format, got) = accesses(text);
    assert_eq!(format, "dumpsys audio (Android)");
    assert_eq!(
        got,
        [
            access("org.example.call", NOON + S / 4, End::At(NOON + 4 * S)),
            access("org.example.call", NOON + 6 * S, End::At(NOON + 9 * S)),
            access("org.example.other", NOON + 10 * S, End::Open)
        ]
    );
}

#[test]
fn dumpsys_appops_gives_the_last_uses() {
    let text = "\
Current AppOps Service state:
  Uid u0a121:
    state=cch
    Package org.example.call:
      COARSE_LOCATION (allow / switch FINE_LOCATION=allow):
        null=[
          Access: [top-s] 2026-10-05 14:05:00.000 (-1m0s0ms)
        ]
      RECORD_AUDIO (allow):
        null=[
          Access: [top-s] 2026-10-05 14:00:00.500 (-2h3m4s5ms) duration=+1m0s5ms
          Access: [bg-s] 2026-10-05 14:02:00.000 (-2h1m4s5ms)
          Reject: [cch-s]2026-10-01 10:00:00.000 (-4d2h0m0s0ms)
        ]
    Package org.example.other:
      RECORD_AUDIO (allow):
          Access: pers  = 2026-10-05 14:03:00.000 (-1h26m40s4ms)
          Running start at: +5s0ms
";
    let (format, got) = accesses(text);
    assert_eq!(format, "dumpsys appops (Android)");
    let lasted = End::At(NOON + S / 2 + 60_005_000_000);
    assert_eq!(
        got,
        [
            access("org.example.call", NOON + S / 2, lasted),
            access("org.example.call", NOON + 120 * S, End::Untold),
            access("org.example.other", NOON + 180 * S, End::Open)
        ]
    );
}

#[test]
fn a_year_that_is_left_out_is_the_nearest() {
    // Seen on the first of January, local time: what is of December was in the year before.
    let zone = Zone {
        east_s: 0,
        near_ns: 1_767_225_600 * S,
    };
    let text = "12-31 23:59:59:000 rec start riid:1 uid:1 session:1 src:MIC pack:a";
    let log = read(text.as_bytes(), &zone).unwrap();
    assert_eq!(log.accesses[0].began_ns, 1_767_225_599 * S);
}

#[test]
fn what_is_none_of_them_is_refused() {
    assert_eq!(read(b"", &ZONE), Err(Error::Unknown));
    assert_eq!(read(b"hello\n", &ZONE), Err(Error::Unknown));
    assert_eq!(read(b"ok\xFF", &ZONE), Err(Error::NotText { at: 2 }));
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(
        words in proptest::collection::vec(
            prop_oneof![
                Just("Package a:"), Just("RECORD_AUDIO (allow):"), Just("Access:"), Just("[x]"),
                Just("duration=+1m"), Just("duration=+ms"), Just("2026-13-01"), Just("25:61:00.1"),
                Just("\n"), Just(" "), Just("10-05 14:00:00:250 rec start riid:1"), Just("pack:é"),
                Just("rec stop"), Just("riid:1"), Just(" silenced"), Just("LastUsedTimeStart"),
                Just("ConsentStore\\microphone\\é"), Just("[HKEY_"), Just("]"), Just("REG_QWORD 0x1"),
                Just("hex(b):00,01"), Just("=hex(b):ff,ff,ff,ff,ff,ff,ff,ff"), Just("é"), Just("{\"type\":\"access\"}"),
                Just("Active activity attributions changed to [\"mic:"), Just("+0100"), Just("99999999999999999999d"),
            ],
            0..40,
        )
    ) {
        let _ = read(words.concat().as_bytes(), &ZONE);
    }
}
