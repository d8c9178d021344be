//! Dumps of browsers and of pages, in the forms that Chrome and rtcstats write.

use inspect::dump::{Dump, DumpError, DumpKind, Figures, TrackKind, figures, read, rows};
use serde_json::{Value, json};

/// Seconds that are told, each once.
const SECONDS: usize = 20;
/// From when on the microphone gives digital silence.
const SILENT_FROM: usize = 10;

fn level(second: usize) -> f64 {
    match second < SILENT_FROM {
        true => 0.1 + second as f64 / 100.0,
        false => 0.0,
    }
}

/// 4,000 bytes a second, and 500 in silence.
fn bytes(second: usize) -> u64 {
    (0..second)
        .map(|s| if s < SILENT_FROM { 4_000 } else { 500 })
        .sum()
}

const BEGAN_MS: u64 = 1_780_000_000_000;

/// A dump of `webrtc-internals`: with a series of times, or in the older form, evenly between two times.
fn internals(with_times: bool) -> Vec<u8> {
    let seconds = || 0..SECONDS;
    let series = |kind: &str, values: Vec<Value>| {
        let at = |second: u64| {
            let ms = (BEGAN_MS + second * 1_000) as i64;
            jiff::Timestamp::from_millisecond(ms).unwrap().to_string()
        };
        json!({
            "startTime": at(0), "endTime": at(SECONDS as u64 - 1), "statsType": kind,
            "values": serde_json::to_string(&values).unwrap(),
        })
    };
    let mut stats = serde_json::Map::new();
    let mut add = |id: &str, kind: &str, property: &str, values: Vec<Value>| {
        stats.insert(format!("{id}-{property}"), series(kind, values));
    };
    for (id, kind, property, values) in [
        (
            "SA1",
            "media-source",
            "audioLevel",
            seconds().map(|s| json!(level(s))).collect(),
        ),
        (
            "OT-1",
            "outbound-rtp",
            "bytesSent",
            seconds().map(|s| json!(bytes(s))).collect(),
        ),
        (
            "OT-1",
            "outbound-rtp",
            "[bytesSent_in_bits/s]",
            vec![json!(1); SECONDS],
        ),
        (
            "IT1",
            "inbound-rtp",
            "bytesReceived",
            seconds().map(|s| json!(s * 100)).collect(),
        ),
        (
            "IT1",
            "inbound-rtp",
            "audioLevel",
            vec![json!(0.5); SECONDS],
        ),
    ] {
        add(id, kind, property, values);
        add(id, kind, "kind", vec![json!("audio"); SECONDS]);
        if with_times {
            // One that was there before the first value of others.
            let times = (0..=SECONDS).map(|s| json!(BEGAN_MS as i64 + (s as i64 - 1) * 1_000));
            add(id, kind, "timestamp", times.collect());
        }
    }
    add("OT2", "outbound-rtp", "bytesSent", vec![json!(7); SECONDS]);
    add("OT2", "outbound-rtp", "kind", vec![json!("video"); SECONDS]);
    add(
        "CP1",
        "candidate-pair",
        "remoteCandidateId",
        vec![json!("RC1")],
    );
    add("CP1", "candidate-pair", "bytesSent", vec![json!(12_345)]);
    for (id, property, value) in [
        ("RC1", "address", json!("203.0.113.5")),
        ("RC1", "port", json!(50_000)),
        ("RC1", "protocol", json!("udp")),
        ("RC1", "candidateType", json!("relay")),
        ("RC2", "address", json!("")),
    ] {
        add(id, "remote-candidate", property, vec![value]);
    }
    let dump = json!({
        "UserAgent": "Mozilla/5.0 Chrome/149.0",
        "getUserMedia": [],
        "PeerConnections": { "23-4": {
            "url": "https://meet.example.org/room",
            "rtcConfiguration": "{ iceServers: [stun:stun.example.org:3478], iceTransportPolicy: all }",
            "updateLog": [],
            "stats": stats,
        }},
    });
    serde_json::to_vec(&dump).unwrap()
}

/// What rtcstats writes: in its third form with numbers for names, times from line to line, and only what changed.
fn rtcstats(third: bool) -> Vec<u8> {
    let mut lines = Vec::new();
    if third {
        lines.push("RTCStatsDump".to_owned());
        lines.push(json!({"fileFormat": 3, "userAgent": "Firefox", "url": "https://meet.example.org/room"}).to_string());
    } else {
        lines.push(
            json!({"userAgent": "Firefox", "url": "https://meet.example.org/room"}).to_string(),
        );
    }
    let servers = json!({"iceServers": [{"urls": ["stun:stun.example.org:3478"]}]});
    let t = |second: usize| match (third, second) {
        // The first is told from 1970 on.
        (true, 1..) => json!(1_000),
        _ => json!(BEGAN_MS + second as u64 * 1_000),
    };
    let made = if third { json!(39) } else { json!("create") };
    lines.push(json!([made, "PC_0", servers, t(0)]).to_string());
    let of_the_page = json!(["navigator.mediaDevices.getUserMedia", null, {"audio": true}, if third { json!(0) } else { t(0) }]);
    lines.push(of_the_page.to_string());
    for second in 0..SECONDS {
        let now = BEGAN_MS + second as u64 * 1_000;
        let mut delta = serde_json::Map::new();
        let name = |long: &str, short: &str| if third { short } else { long }.to_owned();
        delta.insert(name("timestamp", "t"), json!(now));
        let mut report =
            |id: &str, number: u64, kind: &str, properties: Vec<(&str, &str, Value)>| {
                let mut of = serde_json::Map::new();
                if second == 0 {
                    of.insert(
                        "type".into(),
                        if third { json!(number) } else { json!(kind) },
                    );
                    of.insert(name("kind", "11"), json!("audio"));
                }
                if !third {
                    of.insert("timestamp".into(), json!(0));
                }
                for (long, short, value) in properties {
                    of.insert(name(long, short), value);
                }
                delta.insert(id.to_owned(), Value::Object(of));
            };
        report(
            "1",
            12,
            "media-source",
            match second {
                // What is the same again is not written.
                s if s > SILENT_FROM => vec![],
                s => vec![("audioLevel", "57", json!(level(s)))],
            },
        );
        report(
            "2",
            2,
            "outbound-rtp",
            vec![("bytesSent", "80", json!(bytes(second)))],
        );
        if second == 0 {
            report(
                "3",
                8,
                "remote-candidate",
                vec![
                    ("address", "134", json!("203.0.113.5")),
                    ("port", "135", json!(50_000)),
                ],
            );
        }
        let method = if third { "g" } else { "getstats" };
        let t = if second == 0 && third {
            json!(0)
        } else {
            t(second)
        };
        lines.push(json!([method, "PC_0", delta, t]).to_string());
    }
    lines.join("\n").into_bytes()
}

/// The third form as Chromium's own page writes it: names written out, everything each time, and what is the page's
/// under a connection of its own.
fn rtcstats_of_chromium() -> Vec<u8> {
    let servers = json!({"iceServers": [{"urls": ["stun:stun.example.org:3478"]}]});
    let page = "https://meet.example.org/room";
    let mut lines = vec![
        "RTCStatsDump".to_owned(),
        json!({"fileFormat": 3}).to_string(),
        json!(["create", null, {"screen": {}}, BEGAN_MS]).to_string(),
        json!(["navigator.mediaDevices.getUserMedia", "10-0", {"audio": true}, "getUserMedia-1", page, 7.5])
            .to_string(),
        json!(["create", "10-1", servers, page, 3.25]).to_string(),
    ];
    for second in 0..SECONDS {
        let t = (BEGAN_MS + second as u64 * 1_000) as f64;
        let stats = json!({
            "SA1": {"id": "SA1", "type": "media-source", "kind": "audio", "timestamp": t, "audioLevel": level(second)},
            "OT1": {"id": "OT1", "type": "outbound-rtp", "kind": "audio", "timestamp": t, "bytesSent": bytes(second)},
            "RC1": {"type": "remote-candidate", "timestamp": t, "address": "203.0.113.5", "port": 50_000},
        });
        lines.push(json!(["getStats", "10-1", stats, 1_000.25]).to_string());
    }
    lines.join("\n").into_bytes()
}

fn dump(bytes: &[u8]) -> Dump {
    read(bytes).expect("it is told by its beginning").unwrap()
}

fn span(from: usize, to: usize) -> [f64; 2] {
    [from, to].map(|second| (BEGAN_MS + second as u64 * 1_000) as f64)
}

#[test]
fn levels_and_rates_are_told_in_every_form() {
    for (bytes, kind) in [
        (internals(true), DumpKind::WebrtcInternals),
        (internals(false), DumpKind::WebrtcInternals),
        (rtcstats(true), DumpKind::Rtcstats),
        (rtcstats(false), DumpKind::Rtcstats),
        (rtcstats_of_chromium(), DumpKind::Rtcstats),
    ] {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let dump = dump(&bytes);
        assert_eq!((dump.kind, dump.unread), (kind, 0), "{text}");
        let told = dump.connections.iter().filter(|c| !c.tracks.is_empty());
        let [connection] = told.collect::<Vec<_>>()[..] else {
            panic!("{dump:?}");
        };
        assert_eq!(
            connection.page.as_deref(),
            Some("https://meet.example.org/room")
        );
        assert_eq!(connection.servers, ["stun:stun.example.org:3478"]);
        assert_eq!(connection.remotes[0].address, "203.0.113.5");
        assert_eq!(connection.remotes[0].port, 50_000);
        let of = |kind| {
            let mut tracks = connection.tracks.iter().filter(|t| t.kind == kind);
            let track = tracks.next().unwrap();
            assert_eq!(tracks.next(), None, "pictures are no sound");
            track
        };
        assert_eq!(connection.span_ms(), Some(span(0, SECONDS - 1)));
        let source = of(TrackKind::Source);
        let loud = figures(source, span(0, SILENT_FROM - 1));
        assert_eq!((loud.levels, loud.zero), (10, 0));
        assert_eq!(loud.level, Some([level(0), level(9)]));
        let muted = figures(source, span(SILENT_FROM, SECONDS));
        assert_eq!(
            (muted.levels, muted.zero, muted.level),
            (10, 10, Some([0.0, 0.0]))
        );
        let rate = |from, to| figures(of(TrackKind::Sent), span(from, to)).bits_per_s;
        assert_eq!(rate(0, SILENT_FROM), Some(32_000.0));
        assert_eq!(rate(SILENT_FROM, SECONDS), Some(4_000.0));
        assert_eq!(rate(3, 3), None);
        // A span with one time in it has a rate all the same.
        let within = span(12, 13).map(|ms| ms - 400.0);
        let rate = figures(of(TrackKind::Sent), within).bits_per_s;
        assert_eq!(rate, Some(4_000.0));
        let table = rows(connection, 2);
        // The second between the two halves is of the later one.
        let sent: Vec<_> = table.iter().map(|row| row.sent_bits_per_s).collect();
        assert_eq!(sent, [Some(32_000.0), Some(6_800.0)], "{table:?}");
        assert_eq!(table[1].source, Some(0.0));
    }
}

/// A counter that begins anew is no negative rate.
#[test]
fn a_stream_that_begins_anew_is_counted_on() {
    let mut track = dump(&rtcstats(true)).connections.remove(0).tracks.remove(1);
    for point in &mut track.bytes[5..] {
        point.value -= bytes(5) as f64;
    }
    let Figures { bits_per_s, .. } = figures(&track, span(0, SILENT_FROM));
    assert_eq!(bits_per_s, Some(32_000.0));
}

#[test]
fn what_ended_is_told_no_more() {
    let mut lines: Vec<String> = String::from_utf8(rtcstats(true))
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    lines.push(json!(["g", "PC_0", {"t": BEGAN_MS + 20_000, "1": null}, 1_000]).to_string());
    lines.push(
        json!(["g", "PC_0", {"t": BEGAN_MS + 21_000, "2": {"80": 99_999}}, 1_000]).to_string(),
    );
    let connection = dump(lines.join("\n").as_bytes()).connections.remove(0);
    let last = |n: usize| {
        connection.tracks[n]
            .levels
            .last()
            .or(connection.tracks[n].bytes.last())
            .unwrap()
            .t_ms
    };
    assert_eq!([last(0), last(1)], [span(19, 21)[0], span(19, 21)[1]]);
}

#[test]
fn what_is_damaged_is_told_with_its_place_and_what_is_cut_is_counted() {
    let whole = rtcstats(false);
    let cut = dump(&whole[..whole.len() - 9]);
    assert_eq!((cut.unread, cut.connections.len()), (1, 1));
    let mut damaged = whole.clone();
    let third = damaged
        .iter()
        .enumerate()
        .filter(|(_, b)| **b == b'\n')
        .nth(2)
        .unwrap()
        .0;
    damaged[third + 1] = b'x';
    let DumpError { place, .. } = read(&damaged).unwrap().unwrap_err();
    assert!(place.starts_with("line 4,"), "{place}");
    let of_internals = internals(true);
    let why = read(&of_internals[..of_internals.len() / 2])
        .unwrap()
        .unwrap_err();
    assert!(
        why.to_string().starts_with("webrtc-internals, line 1"),
        "{why}"
    );
    // A value that is no list is counted, and the others are read.
    let text = String::from_utf8(of_internals).unwrap();
    let odd = text.replacen("\"values\":\"[0.1,", "\"values\":\"(0.1,", 1);
    assert_ne!(odd, text);
    assert!(dump(odd.as_bytes()).unread >= 1);
}

#[test]
fn what_is_no_dump_is_not_taken_for_one() {
    for other in [
        &b""[..],
        b"hello",
        b"{}",
        b"[1,2,3,4]\n",
        b"{\"log\": {\"entries\": []}}",
        b"[\"a\", \"b\"]\n",
        b"\xD4\xC3\xB2\xA1",
    ] {
        assert!(read(other).is_none(), "{}", String::from_utf8_lossy(other));
    }
}
