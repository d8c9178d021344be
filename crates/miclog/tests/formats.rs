//! Samples made from what is known of each format (see its file); none was taken from a device.

use miclog::{Access, End, Error, Log, Zone, read};
use proptest::prelude::*;

const ZONE: Zone = Zone {
    east_s: 7_200,
    near_ns: NOON,
    taken_ns: None,
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
    // What is cut off at the end is one line less.
    let log = read(broken.as_bytes(), &ZONE).unwrap();
    assert_eq!(log.accesses, [access("a.b", NOON + S / 2, End::Open)]);
    assert_eq!(unread(&log), (1, 2));
    let e = read(broken.replace("timeStamp", "time").as_bytes(), &ZONE).unwrap_err();
    assert_eq!(e, Error::Unknown);
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
    let log = read(broken.as_bytes(), &ZONE).unwrap();
    let untold = access(r"C:\Program Files\call.exe", NOON + 5 * S, End::Untold);
    assert_eq!(log.accesses, [expected[0].clone(), untold]);
    assert_eq!(unread(&log), (1, 7));
    // Where nothing can be understood, there is nothing to be told.
    let e = read(broken.replace("0x", "x").as_bytes(), &ZONE).unwrap_err();
    assert!(matches!(e, Error::Line { line: 2, .. }), "{e}");
}

/// A key of the ConsentStore and its two times, as other tools write them.
#[test]
fn the_consent_store_is_read_in_every_form_of_its_times() {
    let ticks = |s: u64| (11_644_473_600 + NOON / S + s) * 10_000_000;
    let (start, stop) = (ticks(0), ticks(60));
    let comma = |n: u64| n.to_le_bytes().map(|b| format!("{b:02x}")).join(",");
    let bare = |n: u64| n.to_le_bytes().map(|b| format!("{b:02X}")).concat();
    let list = |n: u64| n.to_le_bytes().map(|b| b.to_string()).join(", ");
    let key = r"Software\Microsoft\Windows\CurrentVersion\CapabilityAccessManager\ConsentStore\microphone\NonPackaged\C:#Apps#call.exe";
    let reg = |root: &str, kind: &str| {
        format!(
            "[{root}\\{key}]\n\"LastUsedTimeStart\"={kind}:{}\n\"LastUsedTimeStop\"={kind}:{}\n",
            comma(start),
            comma(stop)
        )
    };
    let query = |key: &str, kind: &str, values: [String; 2]| {
        let [start, stop] = values;
        format!(
            "{key}\n    LastUsedTimeStart    {kind}    {start}\n    LastUsedTimeStop    {kind}    {stop}\n"
        )
    };
    let powershell = |values: [String; 2]| {
        let [start, stop] = values;
        let (path, rest) = key.split_at(40);
        format!(
            "\nLastUsedTimeStart : {start}\nLastUsedTimeStop  : {stop}\n\
             PSPath            : Microsoft.PowerShell.Core\\Registry::HKEY_CURRENT_USER\\{path}\n\
             \x20                   {rest}\nPSChildName       : C:#Apps#call.exe\n"
        )
    };
    let user = format!("HKEY_USERS\\S-1-5-21-1-2-3-1001\\{key}");
    let hex = |n: u64| format!("{n:#x}");
    let mut cut = reg("HKEY_CURRENT_USER", "hex");
    let comma_at = cut.rfind(',').unwrap();
    cut.insert_str(comma_at + 1, "\\\n  ");
    for text in [
        reg("HKEY_LOCAL_MACHINE", "hex"),
        // Hives that were loaded from a file, whose type is a device property's.
        reg("", "hex(11)"),
        reg("HKEY_LOCAL_MACHINE", "hex(b)")
            .to_uppercase()
            .replace("HEX(B)", "hex(b)"),
        cut,
        query(
            &format!("HKEY_CURRENT_USER\\{key}"),
            "REG_BINARY",
            [bare(start), bare(stop)],
        ),
        query(&user.to_lowercase(), "REG_QWORD", [hex(start), hex(stop)]),
        powershell([start.to_string(), stop.to_string()]),
        powershell([
            format!("{{{}}}", list(start)),
            format!("{{{}}}", list(stop)),
        ]),
    ] {
        let log = read(text.as_bytes(), &ZONE).unwrap_or_else(|e| panic!("{e}: {text}"));
        let [of] = &log.accesses[..] else {
            panic!("{:?}: {text}", log.accesses)
        };
        assert!(
            of.app.eq_ignore_ascii_case(r"C:\Apps\call.exe"),
            "{}",
            of.app
        );
        assert_eq!(
            (of.began_ns, of.ended),
            (NOON, End::At(NOON + 60 * S)),
            "{text}"
        );
        assert_eq!(
            (log.unread.is_none(), log.span),
            (true, Some((NOON, NOON + 60 * S)))
        );
    }
    // Another capability's times are not the microphone's.
    let camera = reg("HKEY_CURRENT_USER", "hex").replace("microphone", "webcam");
    let log = read(
        (camera + &reg("HKEY_CURRENT_USER", "hex")).as_bytes(),
        &ZONE,
    )
    .unwrap();
    assert_eq!((log.accesses.len(), log.unread.is_none()), (1, true));
    // Times whose key is named nowhere.
    let both = format!(
        "LastUsedTimeStart : {start}\n\n{}",
        reg("HKEY_CURRENT_USER", "hex")
    );
    assert_eq!(unread(&read(both.as_bytes(), &ZONE).unwrap()), (1, 1));
}

/// The other form of lines of the App Privacy Report's store, beside the documented one.
#[test]
fn the_app_privacy_report_has_two_forms_of_lines() {
    let access_line = r#"{"accessor":{"identifier":"a.b"},"category":"microphone","identifier":"1","kind":"intervalBegin","timeStamp":"2026-10-05T14:00:00+02:00","type":"access"}"#;
    let stream = r#"{"stream":"com.apple.privacy.accounting.stream.tcc","accessor":{"identifier":"c.d"},"tccService":"kTCCServiceMicrophone","identifier":"2","kind":"event","timestamp":"2026-10-05T14:00:03+02:00","version":3}"#;
    let camera = stream.replace("Microphone", "Camera");
    let other = r#"{"shape":"another","timestamp":"2026-10-05T14:00:09+02:00"}"#;
    let log = read(
        [access_line, stream, &camera, other].join("\n").as_bytes(),
        &ZONE,
    )
    .unwrap();
    let expected = [
        access("a.b", NOON, End::Open),
        access("c.d", NOON + 3 * S, End::Untold),
    ];
    assert_eq!(log.accesses, expected);
    assert_eq!(
        (unread(&log), log.span),
        ((1, 4), Some((NOON, NOON + 9 * S)))
    );
    // All lines of that form.
    assert_eq!(accesses(stream).1, expected[1..]);
}

/// Styles of `log show`, and what Console copies: tabs, and neither date nor process number.
#[test]
fn the_unified_log_is_read_in_every_style() {
    let changed = "Active activity attributions changed to";
    let expected = [access("org.example.call", NOON, End::At(NOON + 240 * S))];
    let list = r#"["mic:org.example.call"]"#;
    let compact = format!(
        "Timestamp               Ty Process[PID:TID]\n\
         2026-10-05 14:00:00.000 Df ControlCenter[641:1f2] [com.apple.controlcenter:sensor-indicators] {changed} {list}\n\
         2026-10-05 14:04:00.000 Df ControlCenter[641:1f2] [com.apple.controlcenter:sensor-indicators] {changed} []\n"
    );
    let log = read(compact.as_bytes(), &ZONE).unwrap();
    assert_eq!(
        (&log.accesses[..], log.is_local, log.is_undated),
        (&expected[..], true, false)
    );
    // Both forms of the line in one log.
    let console = format!(
        "default\t06:00:00.000000-0600\tControlCenter\tSorted active attributions from SystemStatus update: [[mic] A (very, odd) name (org.example.call), [cam] Other (org.example.other)]\n\
         default\t06:00:00.000000-0600\tControlCenter\t{changed} {list}\n\
         default\t06:00:00.100000-0600\tControlCenter\tRecent activity attributions changed to {list}\n\
         default\t06:04:00.000000-0600\tControlCenter\t{changed} []\n"
    );
    let log = read(console.as_bytes(), &ZONE).unwrap();
    assert_eq!(
        (&log.accesses[..], log.is_local, log.is_undated),
        (&expected[..], false, true)
    );
    let entry = |list: &str, time: &str| {
        let message = serde_json::to_string(&format!("{changed} {list}")).unwrap();
        format!(
            "{{\n  \"traceID\" : 4,\n  \"eventMessage\" : {message},\n  \"timestamp\" : \"2026-10-05 {time}-0030\"\n}}"
        )
    };
    let json = format!(
        "[{},{}]",
        entry(list, "11:30:00.0"),
        entry("[]", "11:34:00.0")
    );
    let log = read(json.as_bytes(), &ZONE).unwrap();
    assert_eq!(
        (&log.accesses[..], log.is_local, unread_of(&log)),
        (&expected[..], false, None)
    );
    // Cut in the second entry.
    let log = read(&json.as_bytes()[..json.len() - 9], &ZONE).unwrap();
    assert_eq!(log.accesses, [access("org.example.call", NOON, End::Open)]);
    assert_eq!(unread(&log), (1, 5));
    let e = read(format!("yesterday {changed} {list}").as_bytes(), &ZONE).unwrap_err();
    assert!(matches!(e, Error::Line { line: 1, .. }), "{e}");
}

fn unread_of(log: &Log) -> Option<(u64, usize)> {
    log.unread
        .as_ref()
        .map(|unread| (unread.lines, unread.first))
}

/// How many lines were not understood, and the first of them.
fn unread(log: &Log) -> (u64, usize) {
    unread_of(log).expect("some line was not understood")
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

/// As AOSP's RecordingActivityMonitor prints it since Android 10: what is active, then the last events.
#[test]
fn dumpsys_audio_names_what_runs_when_it_is_made() {
    let active = |riid: u32, is: bool, source: &str, silenced: bool, app: &str| {
        format!(
            "riid {riid}; active? {is}\n  session:{} -- source client={source}, dev={source} -- uid:10123 -- \
             patch:31 -- pack:{app} -- format client=1ch 16bit 48000Hz, dev=2ch 16bit 48000Hz -- \
             silenced:{silenced} -- effects client=, dev=\n",
            riid + 8
        )
    };
    let text = [
        "RecordActivityMonitor dump time: 14:10:49\n".to_owned(),
        active(15, true, "MIC", false, "org.example.long"),
        active(23, true, "VOICE_COMMUNICATION", true, "org.example.silent"),
        active(31, false, "MIC", false, "org.example.idle"),
        active(39, true, "REMOTE_SUBMIX", false, "org.example.cast"),
        active(47, true, "MIC", false, "org.example.call"),
        "\nEvents log: recording activity received by AudioService\n\
         10-05 14:00:00:000 rec update riid:55 uid:2000 session:63 src:REMOTE_SUBMIX not silenced pack:org.example.cast\n\
         10-05 14:01:00:000 rec stop riid:71 uid:10200 session:79 src:MIC not silenced pack:org.example.before\n\
         10-05 14:01:00:100 rec release riid:71 uid:10200 session:79 src:MIC not silenced pack:org.example.before\n\
         10-05 14:02:00:000 rec release riid:87 uid:10200 session:95 src:MIC not silenced pack:org.example.never\n\
         10-05 14:03:00:000 rec start riid:47 uid:10123 session:55 src:MIC not silenced pack:org.example.call\n\
         10-05 14:04:00:000 rec start riid:63 uid:10123 session:71 src:VOICE_CALL not silenced pack:org.example.recorder\n\
         10-05 14:05:00:000 rec stop riid:63 uid:10123 session:71 src:VOICE_CALL not silenced pack:org.example.recorder\n\
         10-05 14:06:00:000 rec pause riid:63 uid:10123\n"
            .to_owned(),
    ];
    let log = read(text.concat().as_bytes(), &ZONE).unwrap();
    let expected = [
        // Both began before the first event that is kept.
        access("org.example.before", NOON, End::At(NOON + 60 * S)),
        access("org.example.long", NOON, End::Open),
        access("org.example.call", NOON + 180 * S, End::Open),
        access(
            "org.example.recorder",
            NOON + 240 * S,
            End::At(NOON + 300 * S),
        ),
    ];
    assert_eq!(log.accesses, expected);
    let dumped = NOON + 649 * S;
    assert_eq!(
        (log.span, log.taken_ns),
        (Some((NOON, dumped)), Some(dumped))
    );
    assert_eq!(
        (unread(&log).0, log.is_local, log.is_undated),
        (1, true, false)
    );
    // Nothing but what runs: since when, nothing says, but that it is so now.
    let log = read(text[..2].concat().as_bytes(), &ZONE).unwrap();
    assert_eq!(
        log.accesses,
        [access("org.example.long", dumped, End::Open)]
    );
    assert!(log.is_undated);
    // A day later: the dump has no date.
    let night = "RecordActivityMonitor dump time: 12:05:00\u{202f}AM\n\
                 10-05 23:59:00:000 rec start riid:1 uid:1 session:2 src:MIC pack:a\n";
    let log = read(night.as_bytes(), &ZONE).unwrap();
    assert_eq!(log.taken_ns, Some(NOON + (9 * 3_600 + 59 * 60 + 360) * S));
}

/// Android 9 numbers no recordings; form from AOSP's source of that time.
#[test]
fn recordings_without_a_number_are_told_apart_by_their_session() {
    let text = "\
10-05 14:00:00:000 rec start uid:10116 session:877 src:MIC pack:org.example.call
10-05 14:00:30:000 rec start uid:10117 session:885 src:MIC pack:org.example.other
10-05 14:01:00:000 rec stop uid:10116 session:877 src:MIC pack:org.example.call
";
    let expected = [
        access("org.example.call", NOON, End::At(NOON + 60 * S)),
        access("org.example.other", NOON + 30 * S, End::Open),
    ];
    assert_eq!(accesses(text).1, expected);
}

/// Android 11 and later, and below the form of Android 10, whose lines go on.
#[test]
fn dumpsys_appops_tells_since_when_a_use_runs() {
    let text = "\
Current AppOps Service state:
  Uid u0a121:
    state=fg
    Package org.example.call:
      RECORD_AUDIO (allow):
        null=[
          Access: [top-s] 2026-10-05 14:00:00.000 (-10m0s0ms) duration=+10m0s0ms
          Access: [bg-s] 2024-10-05 14:00:00.000 (-730d0h10m0s0ms) duration=+5ms
          Running start at: +9m59s990ms
          startNesting=1
        ]
  Uid u0a122:
    Package org.example.third:
      RECORD_AUDIO (allow):
        null=[
          Running start at: +3m0s0ms
        ]
      VIBRATE (allow):
        null=[
          Access: [top-s] 2026-10-05 14:01:00.000 (-9m0s0ms) duration=+1m0s0ms
          Running start at: +1m0s0ms
        ]
      PHONE_CALL_MICROPHONE (allow):
        null=[
          Access: [top-s] 2026-10-05 14:05:00.000 (-5m0s0ms) duration=+1m0s0ms
        ]
    Package org.example.old:
      RECORD_AUDIO (allow): 
          Access: pers  = 2026-10-05 14:02:00.000 (-8m0s0ms)
                  fg    = 2026-10-05 14:03:00.000 (-7m0s0ms)
          duration=+2m0s0ms
";
    let log = read(text.as_bytes(), &ZONE).unwrap();
    const TWO_YEARS_S: u64 = 730 * 86_400;
    let long_ago = NOON - TWO_YEARS_S * S;
    let expected = [
        access("org.example.call", long_ago, End::At(long_ago + 5_000_000)),
        access("org.example.call", NOON, End::Open),
        access("org.example.old", NOON + 120 * S, End::Untold),
        access("org.example.old", NOON + 180 * S, End::At(NOON + 300 * S)),
        access("org.example.third", NOON + 300 * S, End::At(NOON + 360 * S)),
        access("org.example.third", NOON + 420 * S, End::Open),
    ];
    assert_eq!(log.accesses, expected);
    assert_eq!((log.taken_ns, log.unread), (Some(NOON + 600 * S), None));
    // Without any time, nothing says when the dump was made.
    let alone = "Package a:\nRECORD_AUDIO (allow):\nRunning start at: +3m0s0ms\n";
    let e = read(alone.as_bytes(), &ZONE).unwrap_err();
    assert!(matches!(e, Error::Line { line: 3, .. }), "{e}");
}

#[test]
fn appops_get_needs_to_know_when_it_was_taken() {
    let text = "Uid mode: RECORD_AUDIO: foreground\nRECORD_AUDIO: allow; time=+8m35s ago (running)\n\
                PHONE_CALL_MICROPHONE: allow; time=+3h35m9s40ms ago; duration=+8s75ms\n";
    assert_eq!(read(text.as_bytes(), &ZONE), Err(Error::NoDate));
    let zone = Zone {
        taken_ns: Some(NOON),
        ..ZONE
    };
    let log = read(text.as_bytes(), &zone).unwrap();
    let app = "the package that was asked for";
    let began_ns = NOON - 12_909_040_000_000;
    let expected = [
        access(app, began_ns, End::At(began_ns + 8_075_000_000)),
        access(app, NOON - 515 * S, End::Open),
    ];
    assert_eq!(
        (&log.accesses[..], log.taken_ns),
        (&expected[..], Some(NOON))
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
          Access: [top-s] 2026-10-05 14:05:00.000 (-1h58m4s505ms)
        ]
      RECORD_AUDIO (allow):
        null=[
          Access: [top-s] 2026-10-05 14:00:00.500 (-2h3m4s5ms) duration=+1m0s5ms
          Access: [bg-s] 2026-10-05 14:02:00.000 (-2h1m4s505ms)
          Reject: [cch-s]2026-10-01 10:00:00.000 (-4d2h0m0s0ms)
        ]
    Package org.example.other:
      RECORD_AUDIO (allow):
          Access: pers  = 2026-10-05 14:03:00.000 (-2h0m4s505ms)
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
            access("org.example.other", NOON + 180 * S, End::Untold),
            access("org.example.other", NOON + 7_379_505_000_000, End::Open)
        ]
    );
}

#[test]
fn a_year_that_is_left_out_is_the_nearest() {
    // Seen on the first of January, local time: what is of December was in the year before.
    let zone = Zone {
        east_s: 0,
        near_ns: 1_767_225_600 * S,
        taken_ns: None,
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
                Just("Running start at: +"), Just("(-5ms)"), Just("2026-10-05 14:00:00.5"), Just("RECORD_AUDIO: "),
                Just("allow; time=+"), Just(" ago"), Just("[{"), Just("Sorted active attributions from SystemStatus update: [[mic]"),
                Just("12:00:00.5"), Just("PSPath : "), Just("session:1 -- "), Just("riid 1; active? true"), Just("dump time: 1:é"),
                Just("RecordActivityMonitor dump time:"), Just("hex:"), Just("REG_BINARY é0000000"),
            ],
            0..40,
        )
    ) {
        let zone = Zone { taken_ns: Some(NOON), ..ZONE };
        let _ = read(words.concat().as_bytes(), &zone);
    }
}
